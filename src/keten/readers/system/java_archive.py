"""Java archives: jar, war, ear, Jenkins' hpi and jpi, and what lies in them or is shaded in.

Coordinates are certain, and get a ``pkg:maven`` URL, where

- a pom.properties or pom.xml stands in the archive (of a shaded jar: one for each library);
- the manifest has Group-Id (Jenkins), or Implementation-Vendor-Id as Maven writes it, and the
  file is named as the artifact with the version that the manifest has;
- the name is one of formats.archives.java_groups and the archive has the folder that proves it.

Anything else is a guess from the file's name and the manifest: a ``pkg:generic`` URL that no
advisory is matched with, and ``guessed:`` in *source*. What lies within says where in *source*:
``nested:PATH`` or ``shaded:PATH``. An edge ``contains`` leads from an archive to what it holds.
"""

from collections.abc import Iterator

from keten.errors import InputError
from keten.formats.archives import java_archive
from keten.formats.archives.java_archive import ENDINGS, Archive, Pom
from keten.formats.lazy_pattern import lazy
from keten.model.delivery import Package
from keten.model.evidence import Link, Problem
from keten.model.facts import Edge, Facts, Trust
from keten.model.plug import Reader, Scope, Source
from keten.readers.system import _language as language

_BY = "system/java-archive"
_DIGIT = lazy(r"[-_]v?(?=[0-9])")
# A later part that begins with a word and goes on with a number: "1.2-api-2.17" begins at 2.17.
_LATER = lazy(
    r"-(?!(?:alpha|beta|b|m|rc|cr|sp|ga|pre|snapshot|jre|jdk|android)\b)[A-Za-z]\w*-v?[0-9]"
)
_GROUP = lazy(r"[a-zA-Z][\w-]*(?:\.[\w-]+)+")
_VERSION = lazy(r"v?[0-9][\w.+-]*")


def read(source: Source) -> Facts:
    """Return the packages in one archive."""
    found = java_archive.decode(source.data)
    reading = _Reading(source.path)
    for archive in found.archives:
        reading.take(archive)
    problems = [_problem(source.path, where, what) for where, what in found.problems]
    return language.facts(reading.packages, edges=reading.edges, problems=problems + reading.odd)


def _problem(path: str, where: str, what: str) -> Problem:
    text = f"{where.replace('!', ' in ')[:300]} {what}" if where else what
    return language.problem(path, text, advice="Unpack it, and scan what is in it.")


class _Reading:
    """The packages of one file as they are found: the own one of each archive by its path."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.packages: list[Package] = []
        self.edges: list[Edge] = []
        self.odd: list[Problem] = []
        self.own: dict[str, Package] = {}

    def take(self, archive: Archive) -> None:
        """Take in an archive: its own package first, then what is shaded into it."""
        name = (archive.path or self.path).rpartition("!")[2].rpartition("/")[2]
        stem, version = split(name)
        own = _own(archive, stem, version)
        main = self._main(archive, own, stem, version)
        if main is not None:
            self.own[archive.path] = main
            parent = self.own.get(archive.path.rpartition("!")[0]) if archive.path else None
            self._hold(parent, main)
        for pom in archive.poms:
            if pom is not own:
                where = f"shaded:{archive.path}".rstrip(":")
                shaded = self._add(pom, where, licenses=pom.licenses)
                self._hold(main, shaded)

    def _main(self, archive: Archive, own: Pom | None, stem: str, version: str) -> Package | None:
        said = archive.manifest
        where = f"nested:{archive.path}" if archive.path else ""
        vendor = said.get("implementation-vendor") or said.get("bundle-vendor", "")
        licenses = own.licenses if own else []
        if not licenses:
            licenses = list(_bundle_license(said.get("bundle-license", "")))
        if own is None:
            own = _certain(archive, stem, version)
        if own is None:
            where = f"guessed:{archive.path}".rstrip(":")
            own = Pom("", stem, version or _stated(said))
        return self._add(own, where, licenses=licenses, sha1=archive.sha1, vendor=vendor)

    def _add(
        self, pom: Pom, where: str, *, licenses: list[str], sha1: str = "", vendor: str = ""
    ) -> Package | None:
        kind = "maven" if pom.group else "generic"
        try:
            package = language.package(
                self.path,
                kind,
                pom.artifact,
                pom.version,
                namespace=pom.group,
                source=where,
                hashes=(f"sha1:{sha1}",) if sha1 else (),
                licenses=language.licenses(licenses),
                supplier=language.line(vendor),
            )
        except InputError as error:
            self.odd.append(_problem(self.path, where.partition(":")[2], f"names {error.what}"))
            return None
        if pom.group:
            package = _maven(package, pom)
        self.packages.append(package)
        return package

    def _hold(self, holder: Package | None, held: Package | None) -> None:
        if holder is not None and held is not None and holder.ref != held.ref:
            self.edges.append(
                Edge(holder.ref, "contains", held.ref, Trust.OBSERVED, self.path, _BY)
            )


def _maven(package: Package, pom: Pom) -> Package:
    """Name a package as Maven does, ``group:artifact``."""
    from msgspec.structs import replace

    return replace(package, name=f"{pom.group}:{pom.artifact}")


def split(file: str) -> tuple[str, str]:
    """Return name and version as a file's name tells them: ``log4j-core-2.17.1.jar``."""
    stem = file
    for ending in ENDINGS:
        if file.lower().endswith(ending):
            stem = file[: -len(ending)]
    for found in list(_DIGIT.finditer(stem[:300]))[:20]:
        if found.start() and not _LATER.search(stem, found.end()):
            return stem[: found.start()], stem[found.end() :]
    return stem, ""


def _own(archive: Archive, stem: str, version: str) -> Pom | None:
    """Return the pom that is the archive's own; None where it has none, or only others'."""
    named = [pom for pom in archive.poms if _named(pom, stem, version)]
    if named:
        # The longest name fits best: "a" and "a-b" both begin "a-b-1.0".
        return max(named, key=lambda pom: (len(pom.artifact), pom.group))
    if len(archive.poms) != 1:
        return None
    (pom,) = archive.poms
    said = archive.manifest
    names = {said.get("implementation-title"), said.get("short-name"), said.get("extension-name")}
    stated = _stated(said)
    return pom if pom.artifact in names or not stated or stated == pom.version else None


def _named(pom: Pom, stem: str, version: str) -> bool:
    if pom.artifact == stem:
        return not version or version.startswith(pom.version) or pom.version.startswith(version)
    whole = f"{stem}-{version}"
    return whole == f"{pom.artifact}-{pom.version}" or whole.startswith(
        f"{pom.artifact}-{pom.version}-"
    )


def _certain(archive: Archive, stem: str, version: str) -> Pom | None:
    """Return coordinates that follow without a pom; None where they would be a guess."""
    from keten.formats.archives import java_groups

    said = archive.manifest
    group = said.get("group-id", "")
    if group and said.get("short-name") and said.get("plugin-version"):
        return Pom(group, said["short-name"], said["plugin-version"].partition(" ")[0])
    stated = _stated(said)
    number = version or stated
    vendor = said.get("implementation-vendor-id", "")
    if stated and stated == version and _GROUP.fullmatch(vendor) and _artifact(said, stem):
        return Pom(vendor, stem, stated)
    proofs = set(archive.folders)
    if said.get("automatic-module-name") == stem.replace("-", "."):
        proofs.add(java_groups.MODULE)
    group = java_groups.group(stem, number, proofs) if number else ""
    return Pom(group, stem, number) if group else None


def _artifact(said: dict[str, str], stem: str) -> bool:
    """Return whether the manifest names the artifact as the file does."""
    return stem in {said.get("implementation-title"), said.get("bundle-symbolicname")}


def _stated(said: dict[str, str]) -> str:
    """Return the version that the manifest states, or ""."""
    for key in ("implementation-version", "plugin-version", "bundle-version"):
        text = said.get(key, "").partition(" ")[0]
        if _VERSION.fullmatch(text):
            return text
    return ""


def _bundle_license(text: str) -> Iterator[str]:
    """Yield the licences of OSGi's Bundle-License: ``name;link=...``, separated by commas."""
    from keten.formats.licences.licenses import parse

    if text and parse(text) is not None:
        yield text
        return
    for part in text.split(",")[:10]:
        name = part.partition(";")[0].strip().strip('"')
        if name and name != "<<EXTERNAL>>":
            yield name


READER = Reader(
    title="Java archive",
    media_type="application/java-archive",
    read=read,
    link=Link.DEPENDENCIES,
    scope=Scope.BOTH,
    ceiling=512 << 20,
    names=tuple(f"*{ending}" for ending in ENDINGS),
    sift=java_archive.sift,
    effort=java_archive.Effort,
)
