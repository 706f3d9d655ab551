"""What an image was judged to be, kept: a second scan does not judge again what is the same.

A result follows from the facts of the image, the policy (waivers and VEX files are of it), the
advisory database, the day, the fingerprints that a baseline has, and the code of keten: all of
these are in its key. The database is told by what the file system says of its file, as stored
layers are; the rest by the bytes, those of the publisher's root that policy names among them.
Whoever lets judging ask something else (a file, the environment) puts that into the key, or sees
to it in ``told`` that such a result is not kept.
"""

from collections.abc import Iterable
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from keten.advisories import state
from keten.config import Policy
from keten.errors import DataError
from keten.model.delivery import Attestation
from keten.model.facts import Facts
from keten.model.result import Result
from keten.pipeline.cache import Cache, key
from keten.pipeline.images.versions import whole


def stamp(database: Path | None) -> str:
    """Return what tells which advisories are asked, "" where nothing does.

    It is to be asked before the database is opened: what is put in its place meanwhile is
    another one.
    """
    return "none" if database is None else state.stamp(database)


def name(
    image: str, policy: Policy, advisories: str, *, now: date, known: Iterable[str], cache: Cache
) -> str:
    """Return the key of a result; "" where something has no name, so that nothing is kept.

    *image* is the identity of the image, *advisories* the stamp of the database.
    """
    if not image or not advisories:
        return ""
    try:
        root = _root(policy)
        rules = msgspec.json.encode(policy, enc_hook=_plain, order="deterministic").decode()
    except (NotImplementedError, DataError):  # it holds what has no bytes to be told by
        return ""
    return key(
        "result", whole(cache), image, rules, root, advisories, now.isoformat(), sorted(known)
    )


def _root(policy: Policy) -> str:
    """Return the digest of the root that signatures of the database are held against, if any."""
    said = policy.config.advisories
    data = state.read(policy.folder / said.root) if said.require_signed and said.root else None
    return "" if data is None else sha256(data).hexdigest()


def told(facts: Facts) -> bool:
    """Return whether a result follows from what is in its key.

    Attestations are held against keys and roots that are read when they are judged.
    """
    return not any(isinstance(node, Attestation) for node in facts.nodes)


def get(cache: Cache, named: str) -> Result | None:
    """Return the result that is kept under a key."""
    data = cache.get(named) if named else None
    try:
        return msgspec.msgpack.decode(data, type=Result) if data else None
    except msgspec.MsgspecError:
        return None


def put(cache: Cache, named: str, result: Result, digests: Iterable[str] = ()) -> None:
    """Keep a result, and that it is of the image with these *digests*."""
    if named:
        cache.put(named, msgspec.msgpack.encode(result))
        for digest in digests:
            if digest:
                cache.put(_of(digest), named.encode())
        cache.trim()


def of_image(cache: Cache, digest: str) -> Result | None:
    """Return the last result that is kept of the image with a digest, by whatever policy.

    *digest* is that of its manifest, of the index it was chosen from, or of its configuration.
    What it does not tell is not known to be absent: its policy may not have asked.
    """
    named = cache.get(_of(digest))
    return None if named is None else get(cache, named.decode("ascii", "replace"))


def _of(digest: str) -> str:
    return key("result of", digest)


def _plain(value: Any) -> str:
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError
