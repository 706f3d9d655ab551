"""Shipped for those who write plugs: facts from text, and a way to run cases.

``facts`` reads what ``keten graph dump`` prints; ``keten.testing.cases`` judges it;
``keten.testing.examples`` reads files in memory with the real readers.
"""

from keten.graph.text import parse as facts

__all__ = ["facts"]
