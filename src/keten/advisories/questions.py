"""What to ask the database about a package: under which names, versions and ecosystems.

A package of a distribution is asked for as the distribution's advisories name it: by its
source package, in the release that the purl's ``distro`` tells; Red Hat's and AlmaLinux's name
binary packages too. All of it is taken from the purl, so that an SBOM answers as the image does.
"""

from functools import lru_cache
from urllib.parse import unquote

from msgspec import Struct, structs

from keten.formats import distributions, osv
from keten.formats.lazy_pattern import lazy
from keten.model.delivery import Package

MAX_PURL = 4096
_DISTROS = frozenset({"apk", "deb", "rpm"})
_BY_TYPE = {kind: name for name, kind in osv.PURL_TYPES.items() if kind not in _DISTROS}
_MODULE = lazy(r"\.module[+_]")
_NO_EPOCH = frozenset({"", "0", "(none)"})
# Packages that hold only headers, or what builds modules against them: no kernel runs from them.
_HEADERS = frozenset({"headers", "kbuild", "devel", "source"})
_HEADER_NAMES = ("linux-libc-dev", "linux-glibc-devel", "linux-api-headers")
_KERNELS = ("linux", "kernel")


class Question(Struct, frozen=True, cache_hash=True):
    """One question. *names* are (name, version); the first is the one that fixes are told of.

    *ecosystems*, *paid* and *streams* as in distributions.Feed. *module*: of an rpm, whether
    it is built as part of a module, and of which stream (``nodejs:18``; "" where not known);
    None: not an rpm, or not of a module. *epochless*: the epoch of the version is not known.
    *why*: the reason why there is nothing to ask.
    """

    ecosystems: tuple[str, ...]
    names: tuple[tuple[str, str], ...]
    paid: tuple[tuple[str, str], ...] = ()
    streams: tuple[str, ...] = ()
    module: str | None = None
    epochless: bool = False
    why: str = ""

    @property
    def ecosystem(self) -> str:
        """Return the ecosystem to name, "" where none is known."""
        return self.ecosystems[0] if self.ecosystems else ""

    @property
    def version(self) -> str:
        """Return the version that fixes are compared with."""
        return self.names[0][1]


def question(package: Package) -> Question:
    """Return what to ask about *package*; its ecosystems are empty where that is not known."""
    return _question(package.ecosystem, package.name, package.version, package.purl)


def at(asked: Question, version: str) -> Question:
    """Return the same question of another version."""
    return structs.replace(asked, names=tuple((name, version) for name, _ in asked.names))


def ecosystem_of(package: Package) -> str:
    """Return the OSV ecosystem of a package, "" where it is not known.

    Packages of a distribution need its release, which the purl's ``distro`` qualifier tells.
    """
    purl = package.purl
    if of_distribution(package):
        return question(package).ecosystem
    return _told(package.ecosystem or (purl[4 : purl.find("/")] if purl[:4] == "pkg:" else ""))


def of_distribution(package: Package) -> bool:
    """Return whether a package is one of an operating system, by its purl."""
    return package.purl.startswith(("pkg:deb/", "pkg:rpm/", "pkg:apk/"))


def headers_only(package: Package) -> bool:
    """Return whether a package of the kernel's source holds only its headers or sources."""
    if not package.name.startswith(_KERNELS) or not of_distribution(package):
        return False
    source = question(package).names[0][0]
    parts = package.name.split("-")
    named = package.name.startswith(_HEADER_NAMES) or not _HEADERS.isdisjoint(parts)
    return named and source.split("-")[0] in _KERNELS


@lru_cache(maxsize=65536)
def _question(ecosystem: str, name: str, version: str, purl: str) -> Question:
    kind = purl[4 : purl.find("/")] if purl.startswith("pkg:") else ""
    if kind in _DISTROS:
        return _installed(kind, name, version, purl)
    return Question((told,) if (told := _told(ecosystem or kind)) else (), ((name, version),))


@lru_cache(maxsize=1024)
def _told(ecosystem: str) -> str:
    """Return OSV's name of an ecosystem that is OSV's own, or a PURL type."""
    base = osv.base(ecosystem)
    if base in osv.PURL_TYPES and (osv.PURL_TYPES[base] not in _DISTROS or ":" in ecosystem):
        return ecosystem
    return _BY_TYPE.get(ecosystem, "")


def _installed(kind: str, name: str, version: str, purl: str) -> Question:
    head, _, query = purl[:MAX_PURL].partition("?")
    told = dict(pair.partition("=")[::2] for pair in query.partition("#")[0].split("&"))
    road = head.split("/")
    vendor = unquote(road[1]) if len(road) > 2 else ""  # noqa: PLR2004 pkg:deb, debian, name
    feed = distributions.feed(unquote(told.get("distro", "")), vendor)
    source, source_version = distributions.source_of(
        kind, name, version, unquote(told.get("upstream", ""))
    )
    if kind == "rpm":
        return _rpm(feed, (name, version), (source, source_version), told)
    release = feed.main
    more = distributions.subscription(release, version)
    return Question(
        feed.ecosystems,
        ((source, source_version),),
        paid=(*feed.paid, *((one, "Ubuntu Pro with FIPS") for one in more)),
        why=feed.why,
    )


def _rpm(
    feed: distributions.Feed,
    binary: tuple[str, str],
    source: tuple[str, str],
    told: dict[str, str],
) -> Question:
    epoch = unquote(told.get("epoch", ""))
    bare = binary[1].rpartition(":")[2]
    if ":" in binary[1]:
        epoch = binary[1].partition(":")[0]
    if epoch in _NO_EPOCH or not epoch.isdigit():
        epoch = ""
    prefix = f"{epoch}:" if epoch else ""
    differs = source[1].rpartition(":")[2] != bare
    # The epoch is the binary's; a source of another version may have another one.
    as_source = (source[0], source[1] if differs else prefix + bare)
    names = [as_source]
    if feed.binaries and binary[0] != source[0]:
        names.append((binary[0], prefix + bare))
    label = unquote(told.get("rpmmod", ""))
    module: str | None = None
    if label or _MODULE.search(bare):
        module = ":".join(label.split(":")[:2])
    return Question(
        distributions.by_release(feed.ecosystems, bare),
        tuple(names),
        paid=feed.paid,
        streams=feed.streams,
        module=module,
        epochless=differs and ":" not in source[1],
        why=feed.why,
    )
