"""Attestations of packages that lie in a tree: PEP 740 beside a wheel or sdist, and npm's.

``shop-1.0-py3-none-any.whl.publish.attestation`` (and ``.slsa.attestation``) is one object,
``*.provenance`` the answer of an index (provenance object, with bundles of them), an npm
registry's answer is saved as ``*.attestations.json`` or ``attestations.json``, its document of
a package (packument), or of one version, as ``*.packument.json`` or ``packument.json``. The
file that a PEP 740 attestation stands beside is held against its digest, an npm package against
the locked hash. What npm signs with a key of its own names that key only.
"""

import binascii
from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import msgspec

from keten.errors import InputError, TrustError
from keten.model.delivery import Attestation
from keten.model.evidence import Link, Place
from keten.model.facts import Facts, Looked
from keten.model.plug import Reader, Source

CEILING = 16 << 20
MAX_ATTESTATIONS = 200
MAX_SIGNATURES = 5000
"""The most signatures of one document of a package: each version has one or two."""
_ONE = (".publish.attestation", ".slsa.attestation")
_INDEX = ".provenance"
_NAMED = 500
_FORGES = {"GitHub": "https://github.com/", "GitLab": "https://gitlab.com/"}


class _Found(msgspec.Struct, frozen=True):
    """An attestation, its format, and whom the index says to have published (a URL)."""

    format: str
    item: Any
    publisher: str = ""


def read(source: Source) -> Facts:
    """Return the attestations of one file; nothing of a file that only has such a name."""
    try:
        document = msgspec.json.decode(source.data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        if not source.path.endswith(_ONE):
            return Facts()  # other things are called so
        raise InputError("an attestation that is no JSON", line=1) from error
    nodes: list[Attestation] = []
    for number, found in enumerate(_all(document)):
        most = MAX_SIGNATURES if found.format == "npm-signature" else MAX_ATTESTATIONS
        if number >= most:
            raise InputError(f"more than {most:,} attestations in one file", line=1)
        nodes.append(_node(f"{source.path}#{number + 1}", source, found))
    broken = [node for node in nodes if node.fault]
    return Facts(
        nodes=tuple(nodes),
        looked=(
            *(Looked(node.ref, "content") for node in nodes),
            *(Looked(node.ref, need) for node in broken for need in ("issuer", "publisher")),
        ),
        places=tuple(Place(node.ref, source.path, 1, 1) for node in nodes),
    )  # fmt: skip


def _all(document: Any) -> Iterator[_Found]:
    """Yield each attestation."""
    table = document if isinstance(document, dict) else {}
    if "verification_material" in table:
        yield _Found("pep740", table)
    for group in _list(table.get("attestation_bundles")):
        for item in _list(group.get("attestations")) if isinstance(group, dict) else ():
            yield _Found("pep740", item, _publisher(group.get("publisher")))
    for item in _list(table.get("attestations")):
        if isinstance(item, dict) and "bundle" in item:
            yield _Found("npm", item["bundle"])
    yield from _signatures(table)


def _publisher(value: Any) -> str:
    """Return the repository of a publisher (PEP 740, "Provenance objects"), "" for others."""
    said = value if isinstance(value, dict) else {}
    forge, name = _FORGES.get(str(said.get("kind")), ""), said.get("repository")
    return f"{forge}{name}" if forge and isinstance(name, str) and len(name) < _NAMED else ""


def _signatures(table: dict[str, Any]) -> Iterator[_Found]:
    """Yield the signatures of packages in a packument, or in the document of one version."""
    versions, times = table.get("versions"), table.get("time")
    listed = versions.values() if isinstance(versions, dict) else (table,)
    for one in listed:
        dist = one.get("dist") if isinstance(one, dict) else None
        for item in _list(dist.get("signatures")) if isinstance(dist, dict) else ():
            version = one.get("version")
            said = {
                "name": one.get("name"),
                "version": version,
                "integrity": dist.get("integrity") if isinstance(dist, dict) else None,
                "keyid": item.get("keyid") if isinstance(item, dict) else None,
                "sig": item.get("sig") if isinstance(item, dict) else None,
            }
            if all(isinstance(text, str) and 0 < len(text) < _NAMED for text in said.values()):
                when = times.get(version) if isinstance(times, dict) else None
                said["time"] = when if isinstance(when, str) and len(when) < _NAMED else ""
                yield _Found("npm-signature", said)


def _node(name: str, source: Source, found: _Found) -> Attestation:
    from keten.trust import attestation as trust
    from keten.trust import sigstore_bundle

    if found.format == "npm-signature":
        return _signature(name, found.item)
    try:
        take = sigstore_bundle.pep740 if found.format == "pep740" else sigstore_bundle.read
        bundle = take(found.item)
        key = bundle.hint if found.format == "npm" and not bundle.certificate else ""
        said = trust.statement(bundle) if key else trust.verify(bundle)
        if found.publisher and said.repository:
            _published_by(found.publisher, said.repository)
    except TrustError as error:
        return Attestation(name, format=found.format, fault=error.what)
    return Attestation(
        name,
        format=found.format,
        predicate=said.predicate,
        subjects=tuple(f"{s.name} {s.algorithm}:{s.digest}" for s in said.subjects),
        identity=f"the key {key}" if key else said.identity,
        issuer=said.issuer,
        repository=said.repository,
        workflow=said.workflow,
        fault=_beside(source, said.subjects) if found.format == "pep740" else "",
        key=key,
        material=msgspec.json.encode(found.item),
    )


def _published_by(publisher: str, repository: str) -> None:
    """Raise TrustError where the index names another publisher than the certificate."""
    from keten.trust.attestation import same_repository

    if not same_repository(publisher, repository):
        raise TrustError(
            f"the index says that {publisher[:80]} published it, its certificate is of "
            f"{repository[:80]}"
        )


def _signature(name: str, said: dict[str, str]) -> Attestation:
    """Return a registry's signature of a package (npm, "ECDSA registry signatures")."""
    key, algorithm, digest = said["keyid"], *said["integrity"].partition("-")[::2]
    try:
        told = b64decode(digest, validate=True).hex()
    except (binascii.Error, ValueError):
        told = ""
    purl = f"pkg:npm/{quote(said['name'], safe='/')}@{quote(said['version'], safe='')}"
    return Attestation(
        name,
        format="npm-signature",
        subjects=(f"{purl} {algorithm}:{told}",),
        identity=f"the key {key}",
        fault="" if told else f"what is signed of {said['name'][:80]} is no hash",
        key=key,
        material=msgspec.json.encode(said),
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
        "*.attestations.json", "packument.json", "*.packument.json",
    ),
    ceiling=CEILING,
)  # fmt: skip
