"""Attestations of packages that lie in a tree: PEP 740 beside a wheel or sdist, and npm's.

``shop-1.0-py3-none-any.whl.publish.attestation`` (and ``.slsa.attestation``) is one object,
``*.provenance`` the answer of an index (provenance object, with bundles of them), an npm
registry's answer is saved as ``*.attestations.json`` or ``attestations.json``. The file that a
PEP 740 attestation stands beside is held against its digest, an npm package against the locked
hash. npm signs that it published a package with a key of its own, which the answer only names.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import msgspec

from keten.errors import InputError, TrustError
from keten.model.delivery import Attestation
from keten.model.evidence import Link, Place
from keten.model.facts import Facts, Looked
from keten.model.plug import Reader, Source

CEILING = 16 << 20
MAX_ATTESTATIONS = 200
_ONE = (".publish.attestation", ".slsa.attestation")
_INDEX = ".provenance"


def read(source: Source) -> Facts:
    """Return the attestations of one file; nothing of a file that only has such a name."""
    try:
        document = msgspec.json.decode(source.data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        if not source.path.endswith(_ONE):
            return Facts()  # other things are called so
        raise InputError("an attestation that is no JSON", line=1) from error
    nodes: list[Attestation] = []
    for number, (format, item) in enumerate(_all(document)):  # noqa: A001 the field's name
        if number >= MAX_ATTESTATIONS:
            raise InputError(f"more than {MAX_ATTESTATIONS} attestations in one file", line=1)
        nodes.append(_node(f"{source.path}#{number + 1}", source, format, item))
    broken = [node for node in nodes if node.fault]
    return Facts(
        nodes=tuple(nodes),
        looked=(
            *(Looked(node.ref, "content") for node in nodes),
            *(Looked(node.ref, "issuer") for node in broken),
        ),
        places=tuple(Place(node.ref, source.path, 1, 1) for node in nodes),
    )  # fmt: skip


def _all(document: Any) -> Iterator[tuple[str, Any]]:
    """Yield each attestation and its format."""
    table = document if isinstance(document, dict) else {}
    if "verification_material" in table:
        yield "pep740", table
    for group in _list(table.get("attestation_bundles")):
        for item in _list(group.get("attestations")) if isinstance(group, dict) else ():
            yield "pep740", item
    for item in _list(table.get("attestations")):
        if isinstance(item, dict) and "bundle" in item:
            yield "npm", item["bundle"]


def _node(name: str, source: Source, format: str, item: Any) -> Attestation:  # noqa: A002 the field's name
    from keten.trust import attestation as trust

    try:
        key = trust.hint(item) if format == "npm" else ""
        if key:
            return Attestation(name, format=format, identity=f"the key {key}")
        envelope = trust.pep740(item) if format == "pep740" else trust.bundle(item)
        said = trust.verify(envelope)
    except TrustError as error:
        return Attestation(name, format=format, fault=error.what)
    return Attestation(
        name,
        format=format,
        predicate=said.predicate,
        subjects=tuple(f"{s.name} {s.algorithm}:{s.digest}" for s in said.subjects),
        identity=said.identity,
        issuer=said.issuer,
        repository=said.repository,
        workflow=said.workflow,
        fault=_beside(source, said.subjects) if format == "pep740" else "",
    )


def _beside(source: Source, subjects: tuple[Any, ...]) -> str:
    """Return what is wrong between the subjects and the file that the attestation stands by."""
    ending = next((end for end in (*_ONE, _INDEX) if source.path.endswith(end)), "")
    path = source.path.removesuffix(ending) if ending else ""
    data = source.files.read(path) if path else None
    if data is None:
        return ""
    # PEP 740, "Attestation verification": one subject, the distribution's name and SHA-256.
    digest, name = sha256(data).hexdigest(), path.rpartition("/")[2]
    if any(s.algorithm == "sha256" and s.digest == digest for s in subjects):
        return ""
    told = ", ".join(s.digest[:12] for s in subjects if s.algorithm == "sha256") or "no SHA-256"
    return f"it attests {told[:60]}, the file {name[:60]} beside it is {digest[:12]}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


READER = Reader(
    title="Attestations of packages (PEP 740, npm)",
    media_type="application/json",
    read=read,
    link=Link.DEPENDENCIES,
    names=(
        "*.publish.attestation", "*.slsa.attestation", "*.provenance", "attestations.json",
        "*.attestations.json",
    ),
    ceiling=CEILING,
)  # fmt: skip
