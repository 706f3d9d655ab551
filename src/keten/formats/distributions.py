"""Distributions: which of OSV's ecosystems speak of the packages of a release, and how.

Keyed by os-release's ID, as the ``distro`` qualifier of a package URL spells it
(``debian-12``, ``opensuse-leap-15.5``). Names of ecosystems are those of the OSV schema
(https://ossf.github.io/osv-schema/#defined-ecosystems). A distribution that is not here, or
has no row of ecosystems, has no advisories in OSV: what it holds can not be judged.
"""

from collections.abc import Callable
from functools import lru_cache

from msgspec import Struct

from keten.formats.lazy_pattern import lazy

MAX_DISTRO = 100


class Feed(Struct, frozen=True):
    """Who speaks of a release's packages.

    *ecosystems*: their fixes are for everyone. *paid*: (ecosystem, what it takes) whose fixes
    are only for those who pay. *streams*: of long-lived minor releases: what they fix is
    fixed, and what they do not says nothing. *binaries*: advisories name binary packages
    too. *why*: the reason where no ecosystem is known.
    """

    ecosystems: tuple[str, ...] = ()
    paid: tuple[tuple[str, str], ...] = ()
    streams: tuple[str, ...] = ()
    binaries: bool = False
    why: str = ""

    @property
    def main(self) -> str:
        """Return the ecosystem to name first, "" for none."""
        return self.ecosystems[0] if self.ecosystems else ""


# ID to the ecosystem and how many parts of the release it takes (0: it has no release).
_PLAIN: dict[str, tuple[str, int]] = {
    "almalinux": ("AlmaLinux:{}", 1),
    "alpaquita": ("Alpaquita:{}", 1),
    "azurelinux": ("Azure Linux:{}", 1),
    "bellsoft-hardened-containers": ("BellSoft Hardened Containers:{}", 1),
    "chainguard": ("Chainguard", 0),
    "echo": ("Echo", 0),
    "mageia": ("Mageia:{}", 1),
    "mariner": ("Azure Linux:{}", 1),
    "minimos": ("MinimOS", 0),
    "opensuse-leap": ("openSUSE:Leap {}", 2),
    "opensuse-tumbleweed": ("openSUSE:Tumbleweed", 0),
    "photon": ("Photon OS:{}", 2),
    "rocky": ("Rocky Linux:{}", 1),
    "wolfi": ("Wolfi", 0),
}
_NAMES = {
    "amzn": "Amazon Linux",
    "arch": "Arch Linux",
    "centos": "CentOS Stream",
    "fedora": "Fedora",
    "gentoo": "Gentoo",
    "ol": "Oracle Linux",
    "openwrt": "OpenWrt",
    "raspbian": "Raspbian",
}
"""Distributions that OSV has nothing of, as one calls them."""

_ALIASES = {
    "alma": "almalinux",
    "azure-linux": "azurelinux",
    "cbl-mariner": "mariner",
    "opensuse": "opensuse-leap",
    "opensuse.leap": "opensuse-leap",
    "opensuse.tumbleweed": "opensuse-tumbleweed",
    "oracle": "ol",
    "oraclelinux": "ol",
    "redhat": "rhel",
    "rockylinux": "rocky",
    "suse linux enterprise server": "sles",
    "suse.linux.enterprise.server": "sles",
}
_DEBIAN = {
    "buzz": "1.1", "rex": "1.2", "bo": "1.3", "hamm": "2.0", "slink": "2.1", "potato": "2.2",
    "woody": "3.0", "sarge": "3.1", "etch": "4.0", "lenny": "5.0", "squeeze": "6.0",
    "wheezy": "7", "jessie": "8", "stretch": "9", "buster": "10", "bullseye": "11",
    "bookworm": "12", "trixie": "13", "forky": "14", "duke": "15",
}  # fmt: skip
_UBUNTU = {
    "trusty": "14.04", "xenial": "16.04", "bionic": "18.04", "disco": "19.04", "eoan": "19.10",
    "focal": "20.04", "groovy": "20.10", "hirsute": "21.04", "impish": "21.10", "jammy": "22.04",
    "kinetic": "22.10", "lunar": "23.04", "mantic": "23.10", "noble": "24.04",
    "oracular": "24.10", "plucky": "25.04", "questing": "25.10", "resolute": "26.04",
}  # fmt: skip
_PRO = "Ubuntu Pro"
_LTSS = "SUSE LTSS"
# https://access.redhat.com/articles/cpe: the channels of a release, as CPEs name them.
_CHANNELS = (
    "baseos", "appstream", "crb", "highavailability", "nfv", "realtime", "resilientstorage",
    "sap", "sap_hana", "supplementary",
)  # fmt: skip
_EDITIONS = ("server", "workstation", "client", "computenode")
_LONG = ("rhel_eus", "rhel_e4s", "rhel_aus", "rhel_tus", "rhel_eus_long_life")
_UNIFIED = 10
"""From this release on the CPE of Red Hat's main stream names the minor release."""
_CHANNELLED = 8
_REBUILT = 7
"""The last CentOS whose packages are those of Red Hat."""
_MODULES = (
    "Basesystem", "Certifications", "Containers", "Desktop Applications", "Development Tools",
    "HPC", "Legacy", "Live Patching", "Public Cloud", "Python 3", "SAP Applications",
    "Server Applications", "Transactional Server", "Web and Scripting",
)  # fmt: skip
_RELEASE = lazy(r"[0-9][0-9A-Za-z._+~]*")
_ARCHES = lazy(r"\.(?:src|nosrc)\.rpm$|\.rpm$")
_LEADING = lazy(r"[0-9]+")


@lru_cache(maxsize=256)
def feed(distro: str, vendor: str = "") -> Feed:
    """Return who speaks of a release; *distro* as in a purl's qualifier, *vendor* its namespace."""
    kind, release = split(distro[:MAX_DISTRO], vendor[:MAX_DISTRO])
    if kind in _PLAIN:
        pattern, parts = _PLAIN[kind]
        if parts and not release:
            return Feed(why=f"it is not known which release of {kind} it is")
        ecosystem = pattern.format(".".join(release.split(".")[:parts]))
        return Feed((ecosystem,), binaries=kind == "almalinux")
    make = _MADE.get(kind)
    if make is not None:
        return make(release)
    if not kind:
        return Feed(why="it is not known which distribution it is of")
    return Feed(why=f"OSV has no advisories of {_NAMES.get(kind, kind)}")


def split(distro: str, vendor: str = "") -> tuple[str, str]:
    """Return os-release's ID and VERSION_ID from a ``distro`` qualifier, "" for what is not said.

    ``debian-12``, ``sle-micro-5.5``, ``jammy``, ``3.19.1`` (with the *vendor*), ``debian``.
    """
    text = distro.strip().lower().removesuffix("-rolling")
    head, dash, tail = text.rpartition("-")
    if dash and (_RELEASE.fullmatch(tail.removeprefix("v")) or tail in {*_DEBIAN, *_UBUNTU}):
        kind, release = head, tail.removeprefix("v")
    elif _RELEASE.fullmatch(text.removeprefix("v")):
        kind, release = vendor.lower(), text.removeprefix("v")
    elif text in _DEBIAN or text in _UBUNTU:
        kind, release = ("debian" if text in _DEBIAN else "ubuntu"), text
    else:
        kind, release = text or vendor.lower(), ""
    kind = _ALIASES.get(kind, kind)
    if kind == "debian":
        release = _DEBIAN.get(release, release)
    elif kind == "ubuntu":
        release = _UBUNTU.get(release, release)
    return kind, release


def source_of(kind: str, name: str, version: str, upstream: str) -> tuple[str, str]:
    """Return name and version of the source package that *upstream* tells."""
    if not upstream:
        return name, version
    if kind == "rpm":
        parts = _ARCHES.sub("", upstream).rsplit("-", 2)
        if len(parts) == 3 and all(parts):  # noqa: PLR2004 name, version, release
            return parts[0], f"{parts[1]}-{parts[2]}"
        return name, version
    source, _, other = upstream.partition("@")
    return source or name, other or version


def subscription(kind: str, version: str) -> tuple[str, ...]:
    """Return further variants of Ubuntu that a *version* itself tells of (``…+Fips1``)."""
    if kind.startswith("Ubuntu:") and "fips" in version.lower():
        release = kind.removeprefix("Ubuntu:")
        return (f"Ubuntu:Pro:FIPS-updates:{release}", f"Ubuntu:Pro:FIPS:{release}")
    return ()


def _debian(release: str) -> Feed:
    major = _LEADING.match(release)
    if major is None:
        return Feed(why="OSV has no advisories of Debian unstable, or of a release not named")
    return Feed((f"Debian:{major[0]}",))


def _ubuntu(release: str) -> Feed:
    parts = release.split(".")[:2]
    if len(parts) < 2 or not (parts[0].isdigit() and parts[1].isdigit()):  # noqa: PLR2004 26.04
        return Feed(why="it is not known which release of Ubuntu it is")
    name = ".".join(parts)
    if parts[1] == "04" and int(parts[0][:4]) % 2 == 0:
        name += ":LTS"
        return Feed((f"Ubuntu:{name}",), paid=((f"Ubuntu:Pro:{name}", _PRO),))
    return Feed((f"Ubuntu:{name}",))


def _alpine(release: str) -> Feed:
    parts = release.split(".")
    if "edge" in release or "_alpha" in release or len(parts) < 2:  # noqa: PLR2004 3.20
        return Feed(why="OSV has no advisories of Alpine edge, or of a release not named")
    return Feed((f"Alpine:v{parts[0]}.{parts[1]}",))


def _rhel(release: str) -> Feed:
    major, _, rest = release.partition(".")
    minor = rest.partition(".")[0]
    if not major.isdigit():
        return Feed(why="it is not known which release of Red Hat Enterprise Linux it is")
    base = f"Red Hat:enterprise_linux:{major}"
    if int(major[:4]) >= _UNIFIED:
        plain = tuple(f"{base}.{number}" for number in range(11))
        kept = tuple(f"Red Hat:enterprise_linux_eus:{major}.{n}" for n in (minor,) if n)
        return Feed(plain, streams=kept, binaries=True)
    names = _CHANNELS if int(major[:4]) >= _CHANNELLED else _EDITIONS
    channels = (*(f"{base}::{name}" for name in names), base)
    extended = ((f"Red Hat:rhel_els:{major}", "Red Hat ELS"),)
    streams = tuple(
        f"Red Hat:{stream}:{major}.{minor}{tail}"
        for stream in (_LONG if minor else ())
        for tail in ("", *(f"::{name}" for name in _CHANNELS[:6]))
    )
    return Feed(channels, paid=extended, streams=streams, binaries=True)


def _centos(release: str) -> Feed:
    major = release.partition(".")[0]
    if major.isdigit() and int(major[:4]) <= _REBUILT:
        return _rhel(major)
    return Feed(why="OSV has no advisories of CentOS Stream")


def _suse(product: str) -> Callable[[str], Feed]:
    def make(release: str) -> Feed:
        major, _, pack = release.partition(".")
        if not major.isdigit():
            return Feed(why="it is not known which release of SUSE Linux Enterprise it is")
        name = f"{major} SP{pack}" if pack and pack != "0" else major
        free = [f"SUSE:Linux Enterprise {product} {name}"]
        free += [f"SUSE:Linux Enterprise Module for {module} {name}" for module in _MODULES]
        tails = ("-LTSS", "-ESPOS", "-BCL", "-LTSS Extended Security")
        paid = [(f"SUSE:Linux Enterprise Server {name}{tail}", _LTSS) for tail in tails]
        paid.append((f"SUSE:Linux Enterprise Server LTSS Extended Security {name}", _LTSS))
        return Feed(tuple(free), paid=tuple(paid))

    return make


def _micro(release: str) -> Feed:
    if not release:
        return Feed(why="it is not known which release of SUSE Linux Micro it is")
    return Feed((f"SUSE:Linux Enterprise Micro {release}", f"SUSE:Linux Micro {release}"))


def _euler(release: str) -> Feed:
    """Return the releases without a service pack; which one it is, its packages tell."""
    if not release:
        return Feed(why="it is not known which release of openEuler it is")
    name, _, pack = release.upper().partition("SP")
    base = ".".join(name.split(".")[:2]).partition("-")[0].strip(" (")
    tail = f"-SP{pack[:1]}" if pack else ""
    return Feed((f"openEuler:{base}-LTS{tail}", f"openEuler:{base}"))


_EULER = lazy(r"\.oe(\d\d)(\d\d)(?:sp(\d))?(?:\.|$)")


def by_release(ecosystems: tuple[str, ...], version: str) -> tuple[str, ...]:
    """Return *ecosystems* with what an openEuler package's own release says (``.oe2203sp3``)."""
    if not ecosystems or not ecosystems[0].startswith("openEuler:"):
        return ecosystems
    found = _EULER.search(version)
    if found is None or found[3] is None:
        return ecosystems
    return (f"openEuler:{found[1]}.{found[2]}-LTS-SP{found[3]}",)


_MADE: dict[str, Callable[[str], Feed]] = {
    "alpine": _alpine,
    "centos": _centos,
    "debian": _debian,
    "openeuler": _euler,
    "rhel": _rhel,
    "sl-micro": _micro,
    "sle-micro": _micro,
    "sle_hpc": _suse("High Performance Computing"),
    "sled": _suse("Desktop"),
    "sles": _suse("Server"),
    "sles_sap": _suse("Server for SAP Applications"),
    "suse": _suse("Server"),
    "ubuntu": _ubuntu,
}
