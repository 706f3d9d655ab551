"""What attestations of packages prove, and which locked packages they speak of.

A tarball of npm has one SHA-512, in its attestations and in a lockfile alike: another one for
the same name and version is another package. Of PyPI a version has many files, and a lockfile
need not name them all, so that nothing follows from a hash it lacks.

Where keten.toml names a trusted root, or the registry's keys, each attestation is held against
it; what does not hold becomes an edge ``refuted-by`` to a Ruling that says which step. Where it
names publishers, one that is signed by another is ``misattributed-by`` such a Ruling. An
attestation is signed (VERIFIED) by whom it proves and keten.toml names.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from keten.config import Publisher
from keten.errors import InputError, TrustError
from keten.model.delivery import Attestation, Package, Signer
from keten.model.facts import Edge, Facts, Looked, Trust
from keten.model.rules import Ruling

if TYPE_CHECKING:
    from keten.trust.npm_keys import Key
    from keten.trust.trusted_root import TrustedRoot

ATTESTS = "attests"
CONTRADICTS = "contradicts"
REFUTED = "refuted-by"
MISATTRIBUTED = "misattributed-by"
SIGNED = "signed-by"
_BY = "derive/attested"
_SHA512 = "sha512:"
_HEX = 128
_NPM = ("npm", "npm-signature")
_SEPARATORS = re.compile(r"[-_.]+")
_MOST = 1000
"""The most characters of a file's name that a package's is taken from."""


class Anchors(Struct, frozen=True):
    """What attestations are held against: what keten.toml names, read, and by which digests."""

    root: "TrustedRoot | None" = None
    keys: "tuple[Key, ...]" = ()
    publishers: tuple[Publisher, ...] = ()
    root_digest: str = ""
    keys_digest: str = ""


class _Verdict(Struct, frozen=True):
    """What holding one against the anchors gave: *proven* None where there was nothing to."""

    proven: bool | None = None
    fault: str = ""
    named: bool = False
    other: str = ""

    @property
    def trust(self) -> Trust:
        """Return how far what it says is believed."""
        good = self.proven is True and self.named and not self.other
        return Trust.VERIFIED if good else Trust.CLAIMED


def derive(facts: Facts, anchors: Anchors) -> Facts:
    """Return what *anchors* prove, and an edge for each attestation and package it speaks of."""
    nodes: list[Ruling | Signer] = []
    edges: list[Edge] = []
    looked: list[Looked] = []
    packages = _packages(facts)
    for one in facts.nodes:
        if not isinstance(one, Attestation) or one.fault:
            continue
        verdict = _judge(one, anchors)
        against = anchors.keys_digest if one.key else anchors.root_digest
        for relation, why in ((REFUTED, verdict.fault), (MISATTRIBUTED, verdict.other)):
            if why:
                ruling = Ruling(f"{relation} {one.id}", why=why)
                nodes.append(ruling)
                edges.append(Edge(one.ref, relation, ruling.ref, Trust.OBSERVED, against, _BY))
        if verdict.proven:
            signer = Signer(one.identity, (one.issuer,) if one.issuer else ())
            nodes.append(signer)
            trust = max(verdict.trust, Trust.OBSERVED)
            edges.append(Edge(one.ref, SIGNED, signer.ref, trust, against, _BY))
        contradicts = False
        for edge in _related(one, packages, verdict.trust):
            edges.append(edge)
            contradicts |= edge.relation == CONTRADICTS
        wrong = contradicts or verdict.fault or verdict.other
        if wrong or verdict.proven:
            looked.append(Looked(one.ref, "issuer"))
        if wrong or verdict.named:
            looked.append(Looked(one.ref, "publisher"))
    return Facts(nodes=tuple(nodes), edges=tuple(edges), looked=tuple(looked))


def _judge(one: Attestation, anchors: Anchors) -> _Verdict:
    """Return what *anchors* say of an attestation."""
    try:
        if one.key:
            return _by_key(one, anchors)
        named, other = _expected(one, anchors.publishers)
        if anchors.root is None:
            return _Verdict(named=named, other=other)
        _prove(one, anchors.root)
    except TrustError as error:
        return _Verdict(proven=False, fault=error.what)
    return _Verdict(proven=True, named=named, other=other)


def _prove(one: Attestation, root: "TrustedRoot") -> None:
    """Raise TrustError unless the certificate's signature is proven under *root*."""
    from keten.trust import sigstore, sigstore_bundle

    take = sigstore_bundle.pep740 if one.format == "pep740" else sigstore_bundle.read
    sigstore.prove(take(msgspec.json.decode(one.material)), root)


def _by_key(one: Attestation, anchors: Anchors) -> _Verdict:
    """Return what the registry's keys say; with a trusted root, its log entry has to hold too.

    keten.toml names the keys, and so whose they are.
    """
    from keten.trust import members, npm_keys, sigstore, sigstore_bundle

    if not anchors.keys:
        return _Verdict()
    document = msgspec.json.decode(one.material)
    times: tuple[int, ...] = ()
    if one.format == "npm-signature":
        known = npm_keys.find(anchors.keys, one.key, "npm:signatures")
        signature = members.octets(document["sig"], "signature", sigstore_bundle.SMALL)
        npm_keys.package(
            document["name"], document["version"], document["integrity"],
            signature=signature, key=known[0].key,
        )  # fmt: skip
        when = members.moment(document["time"], "time of the version")
        times = () if when is None else (when,)
    else:
        known = npm_keys.find(anchors.keys, one.key, "npm:attestations")
        bundle = sigstore_bundle.read(document)
        npm_keys.envelope(bundle, known[0].key)
        if anchors.root is not None:
            times = sigstore.prove(bundle, anchors.root, key=known[0].key).times
    for when in times:
        npm_keys.used(known, when)
    # A key that has an end proves nothing where nobody says when it signed.
    timely = bool(times) or any(key.span.end is None for key in known)
    return _Verdict(proven=timely or None, named=timely)


def _expected(one: Attestation, publishers: Sequence[Publisher]) -> tuple[bool, str]:
    """Return whether keten.toml names who signs for every package, and who signed instead."""
    named = False
    for number, (ecosystem, name) in enumerate(sorted(set(_names(one)))):
        rule = next(
            (
                rule
                for rule in publishers
                if rule.ecosystem == ecosystem and any(fnmatchcase(name, g) for g in rule.names)
            ),
            None,
        )
        other = _other(one, name, rule) if rule else ""
        if other:
            return True, other
        named = rule is not None and (named or not number)
    return named, ""


def _other(one: Attestation, name: str, rule: Publisher) -> str:
    """Return who signed for the package *name* instead of whom *rule* names, "" where it did."""
    from keten.trust.attestation import same_repository

    if rule.issuer != one.issuer:
        return f"{name}: {one.issuer[:80] or 'nobody'} vouches for it, not {rule.issuer}"
    if rule.identity and not fnmatchcase(one.identity, rule.identity):
        return f"{name}: signed by {one.identity[:120]}, not {rule.identity}"
    if rule.repository and not same_repository(rule.repository, one.repository):
        built = one.repository[:80] or "no repository that is told"
        return f"{name}: built from {built}, not {rule.repository}"
    return ""


def _names(one: Attestation) -> Iterator[tuple[str, str]]:
    """Yield (ecosystem, name) of each package that is attested."""
    for subject in one.subjects:
        name = subject.rpartition(" ")[0][:_MOST]
        if one.format == "pep740":
            # A wheel's name ends at the first hyphen, that of an sdist at the last.
            wheel = name.endswith(".whl")
            part = name.partition("-")[0] if wheel else name.rpartition("-")[0]
            if part:
                yield "pypi", _SEPARATORS.sub("-", part).lower()
        elif name.startswith("pkg:npm/"):
            yield "npm", _plain(name)


def _plain(name: str) -> str:
    from urllib.parse import unquote

    return unquote(name.removeprefix("pkg:npm/").rpartition("@")[0])


def _packages(facts: Facts) -> dict[str, list[Package]]:
    """Return the packages of npm by package URL, where there are attestations of such."""
    found: dict[str, list[Package]] = {}
    if not any(isinstance(node, Attestation) and node.format in _NPM for node in facts.nodes):
        return found
    for node in facts.nodes:
        if isinstance(node, Package) and node.ecosystem == "npm" and node.version:
            found.setdefault(node.purl.partition("?")[0], []).append(node)
    return found


def _related(one: Attestation, packages: dict[str, list[Package]], trust: Trust) -> Iterator[Edge]:
    """Yield an edge to each package of the name and version that is attested."""
    for name, digests in _subjects(one).items() if one.format in _NPM else ():
        for package in packages.get(name, ()):
            locked = _locked(package)
            if locked & digests:
                yield Edge(one.ref, ATTESTS, package.ref, trust, by=_BY)
            elif locked:
                yield Edge(one.ref, CONTRADICTS, package.ref, Trust.OBSERVED, by=_BY)


def _subjects(attestation: Attestation) -> dict[str, set[str]]:
    """Return the SHA-512 of each npm package that is attested, by its package URL."""
    from keten.formats import purl

    found: dict[str, set[str]] = {}
    for subject in attestation.subjects:
        name, _, digest = subject.rpartition(" ")
        if name.startswith("pkg:npm/") and digest.startswith(_SHA512):
            try:
                bare = purl.canonical(name).partition("?")[0]
            except InputError:
                continue  # a name that is none speaks of no package here
            found.setdefault(bare, set()).add(digest.removeprefix(_SHA512))
    return found


def _locked(package: Package) -> set[str]:
    """Return the SHA-512 of a locked package, in hex."""
    found = set()
    for text in package.hashes:
        if text.startswith(_SHA512):
            try:
                found.add(b64decode(text.removeprefix(_SHA512), validate=True).hex())
            except (binascii.Error, ValueError):
                continue
    return {digest for digest in found if len(digest) == _HEX}  # another is none, pins nothing
