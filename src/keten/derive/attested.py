"""Which locked packages an npm attestation speaks of, and whether the locked hash is the attested.

A tarball of npm has one SHA-512, in its attestations and in a lockfile alike: another one for
the same name and version is another package. Of PyPI a version has many files, and a lockfile
need not name them all, so that nothing follows from a hash it lacks.
"""

import binascii
from base64 import b64decode

from keten.errors import InputError
from keten.model.delivery import Attestation, Package
from keten.model.facts import Edge, Facts, Looked, Trust

ATTESTS = "attests"
CONTRADICTS = "contradicts"
_BY = "derive/attested"
_SHA512 = "sha512:"
_HEX = 128


def derive(facts: Facts) -> Facts:
    """Return an edge for each attestation and package of one name and version."""
    attestations = [
        node
        for node in facts.nodes
        if isinstance(node, Attestation) and node.format == "npm" and not node.fault
    ]
    if not attestations:
        return Facts()
    packages: dict[str, list[Package]] = {}
    for node in facts.nodes:
        if isinstance(node, Package) and node.ecosystem == "npm" and node.version:
            packages.setdefault(node.purl.partition("?")[0], []).append(node)
    edges: list[Edge] = []
    looked: list[Looked] = []
    for one in attestations:
        for name, digests in _subjects(one).items():
            for package in packages.get(name, ()):
                locked = _locked(package)
                if not locked:
                    continue
                if locked & digests:
                    edges.append(Edge(one.ref, ATTESTS, package.ref, Trust.CLAIMED, by=_BY))
                    continue
                edges.append(Edge(one.ref, CONTRADICTS, package.ref, Trust.OBSERVED, by=_BY))
                looked.append(Looked(one.ref, "issuer"))
    return Facts(edges=tuple(edges), looked=tuple(looked))


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
