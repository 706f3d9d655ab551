"""Hold attestations against the trusted root, keys and publishers that keten.toml names.

The files are read only where there are attestations.
"""

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from keten.config import Policy
from keten.errors import InputError, UsageError
from keten.model.delivery import Attestation
from keten.model.facts import Facts

if TYPE_CHECKING:
    from keten.derive.attested import Anchors

SECTION = "attestations"


def proven(facts: Facts, policy: Policy) -> Facts:
    """Return what the attestations in *facts* prove; nothing where there are none."""
    if not any(isinstance(node, Attestation) for node in facts.nodes):
        return Facts()
    from keten.derive import attested

    return attested.derive(facts, anchors(policy))


def anchors(policy: Policy) -> "Anchors":
    """Return what the files say that policy names; UsageError where one can not be used."""
    from keten.derive.attested import Anchors
    from keten.trust import npm_keys, trusted_root

    said = policy.config.attestations
    root = None
    keys: tuple[npm_keys.Key, ...] = ()
    digests = ["", ""]
    try:
        if said.trusted_root:
            data = _read(policy.folder / said.trusted_root, "trusted-root", trusted_root.BYTES)
            root, digests[0] = trusted_root.read(data, said.trusted_root), _digest(data)
        if said.npm_keys:
            data = _read(policy.folder / said.npm_keys, "npm-keys", npm_keys.BYTES)
            keys, digests[1] = npm_keys.read(data, said.npm_keys), _digest(data)
    except InputError as error:
        raise UsageError(f"{policy.name}: {error.what}", advice=error.advice) from error
    return Anchors(root, keys, said.publisher, *digests)


def _digest(data: bytes) -> str:
    return f"sha256:{sha256(data).hexdigest()}"


def _read(path: Path, key: str, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise UsageError(f"{SECTION}.{key}: {path}: {error.strerror}") from error
