"""Which resources an entry of an encryption configuration is for."""

from keten.model.control_plane import Encrypted


def holds(entry: Encrypted, resource: str) -> bool:
    """Return whether an entry matches a *resource* of the core group, by name or wildcard."""
    return any(name in (resource, f"{resource}.", "*.", "*.*") for name in entry.resources)
