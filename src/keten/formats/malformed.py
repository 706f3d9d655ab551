"""What is said of a document that a decoder does not take."""


def why(error: Exception) -> str:
    """Return what a decoder found wrong, without the words of its machinery."""
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
