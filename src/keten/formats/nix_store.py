"""Names in the store of Nix and Guix: ``HASH-NAME-VERSION[-OUTPUT]`` (Nix manual, Store Path).

Where name ends and version begins is as Nix itself has it (builtins.parseDrvName): at the first
dash that no letter follows. An output other than ``out`` is a word behind the version.
"""

from msgspec import Struct

from keten.formats.lazy_pattern import lazy

STORES = ("nix/store", "gnu/store")
MAX_NAME = 211
"""The longest name behind the hash that Nix makes, in characters."""
_PATH = lazy(r"([0-9abcdfghijklmnpqrsvwxyz]{32})-([0-9A-Za-z+\-._?=]{1,211})")
_DASH = lazy(r"-(?=[^A-Za-z])")
_OUTPUTS = frozenset({
    "bin", "data", "debug", "dev", "devdoc", "devman", "dist", "doc", "getent", "info", "lib",
    "libgcc", "man", "modules", "mount", "out", "py", "static", "terminfo", "tools",
})  # fmt: skip
_SOURCES = (".drv", ".patch", ".diff", ".tar", ".zip", ".gem", ".crate", ".lock", ".json", ".src",
            ".gz", ".xz", ".bz2", ".tgz", ".whl", ".jar", ".nix", ".sh")  # fmt: skip


class StorePath(Struct, frozen=True):
    """One store path: *digest* as in its name, *output* "" for ``out``."""

    digest: str
    name: str
    version: str
    output: str = ""


def parse(base: str) -> StorePath | None:
    """Return what the name of a folder in the store says; None for what has no version.

    Sources and scripts have one too, now and then: what ends as a file is none either.
    """
    found = _PATH.fullmatch(base)
    if found is None or base.endswith(_SOURCES):
        return None
    dash = _DASH.search(found[2])
    if dash is None or not dash.start():
        return None
    name, version = found[2][: dash.start()], found[2][dash.end() :]
    head, slash, output = version.rpartition("-")
    if not slash or output not in _OUTPUTS:
        head, output = version, ""
    if not head or not any(char.isdigit() for char in head):
        return None
    return StorePath(found[1], name, head, "" if output == "out" else output)
