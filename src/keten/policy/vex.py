"""VEX applied: what somebody says of a vulnerability of what was scanned, weighed and told.

The file is named by the user: it is their word, and its digest is the evidence. A statement
speaks of a finding where it names the vulnerability (its id or an alias) and

- the package: by purl (a purl without a version means all versions, one without qualifiers
  all of them; one with ``arch=source`` is compared with the source package), by a hash; or
- the product that was scanned (the image by its digest or ``pkg:oci`` purl, the main module of
  a folder, the operating system by CPE), as a whole or, where it names parts, of that package.

Of several statements the newest counts; of two of one moment the graver. Not affected and
fixed take a finding away, visibly; the others are told with it.
"""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

from msgspec import Struct, structs

from keten.errors import InputError
from keten.formats import purl as purls
from keten.formats.distributions import source_of
from keten.formats.versions import vers
from keten.formats.vex.document import Document, Product, Statement, Status, moment
from keten.formats.vex.reading import read
from keten.model.delivery import Advisory, Image, Manifest, Package
from keten.model.facts import Facts
from keten.model.finding import Finding, Verdict
from keten.model.image import System
from keten.model.result import SetAside

CHECK = "dependencies/known-vulnerability"
MOST_NAMED = 3
_GRAVITY = (Status.NOT_AFFECTED, Status.FIXED, Status.UNDER_INVESTIGATION, Status.AFFECTED)
_AWAY = (Status.NOT_AFFECTED, Status.FIXED)
_SOURCES = frozenset({"source", "src"})
_SAME_VENDOR = {"rhel": "redhat", "redhat": "redhat"}
_SYSTEMS = {
    ("canonical", "ubuntu_linux"): "ubuntu",
    ("debian", "debian_linux"): "debian",
    ("redhat", "enterprise_linux"): "rhel",
    ("redhat", "enterprise_linux_eus"): "rhel",
    ("redhat", "rhel_eus"): "rhel",
    ("alpinelinux", "alpine_linux"): "alpine",
    ("suse", "sles"): "sles",
    ("opensuse", "leap"): "opensuse-leap",
}


class Source(Struct, frozen=True):
    """One VEX file: *name* as the user gave it, *digest* of its bytes."""

    name: str
    digest: str
    document: Document


class Applied(Struct, frozen=True):
    """The findings that stay (some annotated), those set aside, and what is to be said."""

    stay: list[Finding]
    aside: list[SetAside]
    notes: list[str]


def source(name: str, data: bytes) -> Source:
    """Return a VEX file as what it says; InputError where that can not be read."""
    return Source(name, f"sha256:{sha256(data).hexdigest()}", read(data))


def apply(
    findings: Sequence[Finding], facts: Facts, sources: Sequence[Source], now: date
) -> Applied:
    """Return what *sources* make of *findings* on the day *now*."""
    if not sources:
        return Applied(list(findings), [], [])
    judge = _Judge(facts, sources, now)
    stay: list[Finding] = []
    aside: list[SetAside] = []
    for finding in findings:
        told = judge.said(finding) if finding.check == CHECK else []
        if finding.verdict is not Verdict.FAIL or not told:
            stay.append(finding)
            continue
        number, statement = judge.newest(finding, told)
        by = sources[number]
        if statement.status in _AWAY:
            aside.append(_aside(finding, statement, by))
            judge.away[number] += 1
        else:
            why = "; ".join(filter(None, (finding.why, _annotation(statement, by))))
            stay.append(structs.replace(finding, why=why))
            judge.annotated[number] += 1
    return Applied(stay, aside, judge.notes())


def _aside(finding: Finding, statement: Statement, by: Source) -> SetAside:
    return SetAside(
        finding,
        status=str(statement.status),
        reason=statement.impact or statement.justification or "no reason is told",
        justification=statement.justification,
        author=by.document.author,
        at=statement.at or by.document.at,
        document=by.name,
        digest=by.digest,
    )


def _annotation(statement: Statement, by: Source) -> str:
    who = f" by {by.document.author}" if by.document.author else ""
    action = f": {statement.action}" if statement.action else ""
    word = str(statement.status).replace("_", " ")
    return f"VEX{who} ({by.name}, {statement.at[:10]}): {word}{action}"


class _Judge:
    """Which statements speak of which findings."""

    def __init__(self, facts: Facts, sources: Sequence[Source], now: date) -> None:
        self._sources = sources
        self._nodes = {n.ref: n for n in facts.nodes if isinstance(n, Package | Advisory)}
        self._target = _Target(facts)
        self._used: list[set[int]] = [set() for _ in sources]
        self._late = [0] * len(sources)
        self.away = [0] * len(sources)
        self.annotated = [0] * len(sources)
        self._conflicts: set[str] = set()
        self._by_name: dict[str, list[tuple[int, int, Statement]]] = {}
        for number, one in enumerate(sources):
            for place, statement in enumerate(one.document.statements):
                if statement.at[:10] > now.isoformat():
                    self._late[number] += 1
                    continue
                for name in statement.names:
                    self._by_name.setdefault(name, []).append((number, place, statement))

    def said(self, finding: Finding) -> list[tuple[int, Statement]]:
        """Return (number of the source, statement) of all that speak of *finding*."""
        package = self._nodes.get(finding.subject)
        advisory = next((self._nodes.get(ref) for ref in finding.about), None)
        if not isinstance(package, Package) or not isinstance(advisory, Advisory):
            return []
        found: dict[tuple[int, int], Statement] = {}
        for name in (advisory.vulnerability, *advisory.aliases):
            for number, place, statement in self._by_name.get(name, ()):
                if (number, place) not in found and self._about(statement, package):
                    found[number, place] = statement
                    self._used[number].add(place)
        return [(number, statement) for (number, _), statement in sorted(found.items())]

    def newest(self, finding: Finding, told: list[tuple[int, Statement]]) -> tuple[int, Statement]:
        """Return the newest of several statements; that they disagree is told."""
        best = max(told, key=lambda pair: (moment(pair[1].at), _GRAVITY.index(pair[1].status)))
        if len({statement.status for _, statement in told}) > 1:
            words = sorted(
                {
                    f"{statement.status} ({self._sources[number].name}, {statement.at[:10]})"
                    for number, statement in told
                }
            )
            self._conflicts.add(
                f"VEX disagrees on {finding.key} of {finding.subject.rpartition('#')[2]}: "
                f"{', '.join(words)}; {best[1].status} is newest and counts"
            )
        return best

    def _about(self, statement: Statement, package: Package) -> bool:
        for product in statement.products:
            if product.parts:
                whole = self._target.is_(product) or self._target.holds(product)
                if whole and any(names(part, package) for part in product.parts):
                    return True
            elif names(product, package) or self._target.is_(product):
                return True
        return False

    def notes(self) -> list[str]:
        """Return what is to be said of each source, and of where they disagree."""
        made = []
        for number, one in enumerate(self._sources):
            document = one.document
            who = document.author or "nobody named"
            head = f"VEX {one.name} ({document.format}, {who}, {document.at[:10]}, {one.digest}):"
            gone = self.away[number]
            noun = "finding" if gone == 1 else "findings"
            parts = [f"{gone} {noun} set aside, {self.annotated[number]} annotated"]
            unused = len(document.statements) - len(self._used[number]) - self._late[number]
            if unused:
                parts.append(f"{unused} of {len(document.statements)} statements match no finding")
            if self._late[number]:
                parts.append(f"{self._late[number]} are of a later day and not counted")
            if document.left_out:
                shown = ", ".join(document.left_out[:MOST_NAMED])
                more = len(document.left_out) - MOST_NAMED
                parts.append(f"left out: {shown}" + (f" and {more} more" if more > 0 else ""))
            made.append(f"{head} {'; '.join(parts)}")
        return [*made, *sorted(self._conflicts)]


class _Target:
    """What was scanned, under the names that a product may have."""

    def __init__(self, facts: Facts) -> None:
        self._digests: set[str] = set()
        self._purls: list[purls.Purl] = []
        self._systems: list[System] = []
        self._packages = [n for n in facts.nodes if isinstance(n, Package)]
        self._held: dict[Product, bool] = {}
        for node in facts.nodes:
            if isinstance(node, Image) and node.content is not None:
                self._image(node)
            elif isinstance(node, System):
                self._systems.append(node)
            elif isinstance(node, Manifest) and node.settings.get("module"):
                self._main("golang", str(node.settings["module"]))

    def _image(self, image: Image) -> None:
        content = image.content
        assert content is not None
        digests = {one for one in (image.digest, content.manifest, content.config) if one}
        self._digests |= digests
        name = image.repository.rpartition("/")[2]
        if name:
            where = "/".join(filter(None, (image.registry, image.repository)))
            more = {"repository_url": where, "tag": image.tag}
            more["arch"] = content.platform.partition("/")[2].partition("/")[0]
            qualifiers = tuple(sorted((k, v) for k, v in more.items() if v))
            for version in sorted(digests) or [""]:
                self._purls.append(purls.Purl("oci", name.lower(), "", version, qualifiers))

    def _main(self, kind: str, name: str) -> None:
        road, _, last = name.rpartition("/")
        self._purls.append(purls.parse(purls.make(kind, road, last), lenient=True))

    def is_(self, product: Product) -> bool:
        """Return whether *product* is what was scanned."""
        if not self._digests.isdisjoint(product.hashes):
            return True
        return any(self._named(name) for name in product.ids)

    def _named(self, name: str) -> bool:
        if name.startswith("cpe:"):
            return any(_runs(name, system) for system in self._systems)
        asked = _parsed(name)
        if asked is None:
            return any(name.endswith(digest) for digest in self._digests)
        if asked.type == "oci" and asked.version.startswith("sha256:"):
            return asked.version in self._digests
        return any(_covers(asked, mine) for mine in self._purls)

    def holds(self, product: Product) -> bool:
        """Return whether *product* is one of the packages that were found."""
        found = self._held.get(product)
        if found is None:
            bare = Product(product.ids, product.hashes, product.versions)
            found = self._held[product] = any(names(bare, one) for one in self._packages)
        return found


def names(product: Product, package: Package) -> bool:
    """Return whether *product*, its parts aside, is *package*."""
    if not set(product.hashes).isdisjoint(package.hashes):
        return _in(product, package)
    mine = _spellings(package.purl)
    for name in product.ids:
        asked = _parsed(name)
        if asked is None:
            continue
        source = dict(asked.qualifiers).get("arch") in _SOURCES
        if any(_covers(asked, one) for one in (mine[1:] if source else mine[:1])):
            return _in(product, package)
    return False


def _in(product: Product, package: Package) -> bool:
    if not product.versions:
        return True
    try:
        return vers.contains(product.versions, package.version)
    except InputError:
        return False


@lru_cache(maxsize=65536)
def _parsed(text: str) -> purls.Purl | None:
    if not text.startswith("pkg:"):
        return None
    try:
        return purls.parse(text, lenient=True)
    except InputError:
        return None


@lru_cache(maxsize=65536)
def _spellings(text: str) -> tuple[purls.Purl, ...]:
    """Return the purl of a package, and that of its source package where it has one."""
    own = _parsed(text)
    if own is None:
        return ()
    told = dict(own.qualifiers)
    if own.type not in {"deb", "rpm", "apk"}:
        return (own,)
    name, version = source_of(own.type, own.name, own.version, unquote(told.get("upstream", "")))
    kept = tuple((k, v) for k, v in own.qualifiers if k not in {"arch", "upstream"})
    sources = [
        structs.replace(own, name=name, version=version, qualifiers=(("arch", word), *kept))
        for word in sorted(_SOURCES)
    ]
    return (own, *sources)


def _covers(asked: purls.Purl, mine: purls.Purl) -> bool:
    """Return whether *asked* means *mine*: what it does not say, it does not ask for."""
    if (asked.type, asked.name) != (mine.type, mine.name):
        return False
    if _vendor(asked.namespace) != _vendor(mine.namespace):
        return False
    told: dict[str, Any] = dict(mine.qualifiers)
    if asked.version and asked.version != mine.version:
        epoch = told.get("epoch", "")
        if not epoch or asked.version != f"{epoch}:{mine.version}":
            return False
    if asked.subpath and asked.subpath != mine.subpath:
        return False
    return all(told.get(key) == value for key, value in asked.qualifiers)


def _vendor(namespace: str) -> str:
    return _SAME_VENDOR.get(namespace, namespace)


def _runs(cpe: str, system: System) -> bool:
    """Return whether a CPE of an operating system (2.2 or 2.3) is *system*."""
    parts = cpe.removeprefix("cpe:2.3:").removeprefix("cpe:/").split(":")
    if len(parts) < 3:  # noqa: PLR2004 part, vendor, product
        return False
    if _SYSTEMS.get((parts[1], parts[2])) != system.distro:
        return False
    version = unquote(parts[3]) if len(parts) > 3 else ""  # noqa: PLR2004 the version
    if version in ("", "*", "-"):
        return True
    return system.release == version or system.release.startswith(f"{version}.")
