"""Lockfiles in YAML: their first document, the lines of its fields, and text as it is written."""

from typing import Any

from keten.errors import InputError
from keten.formats.json_index import table
from keten.formats.lazy_pattern import lazy

_PLAIN = lazy(r"(?:-\s+)*[^:]+:\s+([0-9][0-9A-Za-z._+-]*+)\s*(?:#.*)?")


class Yaml:
    """One document. ``at`` tells the line of a field path, ``text`` the text of a scalar."""

    def __init__(self, data: bytes) -> None:
        from keten.formats.yaml import documents as yaml

        document = next(iter(yaml.load_all(data, yaml.Dialect.CORE)), None)
        if document is None or not isinstance(document.value, dict):
            raise InputError("no mapping of YAML", line=1)
        self.value: dict[str, Any] = document.value
        self._fields = document.fields
        self._step = yaml.step
        self._data = data
        self._lines: list[bytes] | None = None

    def at(self, *path: str | int) -> int:
        """Return the line of a field or element, 0 where there is none."""
        return self._fields.get(self._joined(path), 0)

    def table(self, key: str) -> dict[str, Any]:
        """Return the mapping under a key of the root, or an empty one."""
        return table(self.value.get(key))

    def text(self, value: Any, *path: str | int) -> str:
        """Return text; a number (``1.10``) as the file spells it, not as YAML counts it."""
        if isinstance(value, str):
            return value
        if not isinstance(value, int | float) or isinstance(value, bool):
            return ""
        if self._lines is None:
            self._lines = self._data.split(b"\n")
        line = self.at(*path)
        raw = self._lines[line - 1] if 0 < line <= len(self._lines) else b""
        found = _PLAIN.fullmatch(raw[:1000].decode("utf-8", "replace").strip())
        return found.group(1) if found else str(value)

    def _joined(self, path: tuple[str | int, ...]) -> str:
        parts = [f"[{one}]" if isinstance(one, int) else self._step(one) for one in path]
        return "".join(parts).removeprefix(".")
