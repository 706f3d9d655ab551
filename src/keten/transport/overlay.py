"""A tree of files some of which are said to hold something else: nothing is written to it."""

import tempfile
import weakref
from collections.abc import Mapping
from pathlib import Path

from keten.errors import CeilingError
from keten.transport.files import BYTES, Entry, Tree, leads_out

LAID = 512 << 20
"""The most bytes of a tree that is laid out as files, for a tool that takes a folder."""


class Overlay(Tree):
    """*tree* with other bytes at the paths of *changed*, which are files of it."""

    def __init__(self, tree: Tree, changed: Mapping[str, bytes]) -> None:
        self.__dict__.update(tree.__dict__)
        self.entries = [
            Entry(e.path, len(changed[e.path]), e.mode) if e.path in changed else e
            for e in tree.entries
        ]
        self._changed = dict(changed)
        self._under = tree
        self._laid: Path | None = None

    def open(self, path: str, ceiling: int = BYTES) -> bytes:
        """See Tree."""
        if path in self._changed:
            return self._changed[path][:ceiling]
        return self._under.open(path, ceiling)

    def laid_out(self) -> Path:
        """Return a folder with the tree's files and inner links; CeilingError beyond LAID.

        It goes with the tree.
        """
        if self._laid is not None:
            return self._laid
        if sum(entry.size for entry in self.entries) > LAID:
            raise CeilingError(f"more than {LAID} bytes would have to be copied to render them")
        kept = tempfile.TemporaryDirectory(prefix="keten-fix-")
        weakref.finalize(self, kept.cleanup)
        self._laid = Path(kept.name)
        for entry in self.entries:
            file = self._laid / entry.path
            try:
                data = self.open(entry.path)
            except OSError:
                continue  # told where it is read
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        for path, to in self.links.items():
            if not leads_out(path, to):
                link = self._laid / path
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(to)
        return self._laid
