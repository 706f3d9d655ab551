"""Where tests keep what would be a fault elsewhere."""

_FIXTURES = frozenset(
    {
        "testdata", "test-data", "fixtures", "__fixtures__", "test", "tests", "__tests__", "spec",
        "corpus", "samples", "vectors",
    }
)  # fmt: skip


def is_fixture(path: str) -> bool:
    """Return whether a file lies in a folder whose name says that tests read it."""
    return not _FIXTURES.isdisjoint(path.lower().split("/")[:-1])
