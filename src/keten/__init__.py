"""keten: what runs in your cluster, where it came from, and whether to believe it."""

__version__ = "0.1.0"
