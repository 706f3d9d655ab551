"""Which operating system a root filesystem is: os-release(5), and what stood there before it.

``identify`` asks for files by their paths from the root, best first: os-release, then the
release files that distributions of before 2013, and some minimal images, have instead.
"""

from collections.abc import Callable, Iterator

from msgspec import Struct

from keten.formats.lazy_pattern import lazy

MAX_BYTES = 64 << 10
MAX_VALUE = 500
MAX_LIKE = 20

Read = Callable[[str], bytes | None]

_KEY = lazy(r"[A-Za-z_][A-Za-z0-9_]*")
_ID = lazy(r"[a-z0-9][a-z0-9._-]*")
_RELEASE = lazy(r"(?P<name>.{2,80}?)\s+(?:release\s+)?v?(?P<version>[0-9][0-9A-Za-z.]*)")
_NUMBER = lazy(r"[0-9]+(?:\.[0-9]+)*")
_SERVICE_PACK = lazy(r"(?m)^PATCHLEVEL\s*=\s*([0-9]{1,3})\s*$")
_BRACKETS = lazy(r"\(([A-Za-z][A-Za-z ]*)\)")

# How a release file begins, in lower case, and the ID that its makers' os-release has today.
_NAMES = (
    ("centos stream", "centos"), ("centos", "centos"), ("red hat enterprise linux", "rhel"),
    ("red hat linux", "rhl"), ("fedora", "fedora"), ("oracle", "ol"), ("enterprise linux", "ol"),
    ("almalinux", "almalinux"), ("rocky", "rocky"), ("scientific", "scientific"),
    ("amazon linux", "amzn"), ("vmware photon", "photon"), ("cbl-mariner", "mariner"),
    ("microsoft azure linux", "azurelinux"), ("azure linux", "azurelinux"),
    ("suse linux enterprise desktop", "sled"), ("suse linux enterprise", "sles"),
    ("opensuse", "opensuse"), ("mageia", "mageia"), ("mandriva", "mandriva"),
    ("openeuler", "openeuler"), ("virtuozzo", "virtuozzo"), ("cloudlinux", "cloudlinux"),
    ("eurolinux", "eurolinux"), ("xenserver", "xenenterprise"), ("anolis", "anolis"),
    ("alinux", "alinux"), ("tencentos", "tencentos"), ("opencloudos", "opencloudos"),
    ("kylin", "kylin"), ("asianux", "asianux"), ("miracle", "miraclelinux"),
)  # fmt: skip
_LIKE = {
    "centos": ("rhel", "fedora"), "ol": ("fedora",), "scientific": ("rhel", "fedora"),
    "almalinux": ("rhel", "centos", "fedora"), "rocky": ("rhel", "centos", "fedora"),
    "rhel": ("fedora",), "ubuntu": ("debian",), "sles": ("suse",), "sled": ("suse",),
    "opensuse": ("suse",), "amzn": ("rhel", "fedora"), "openwrt": ("lede",),
}  # fmt: skip


class Release(Struct, frozen=True):
    """What a root filesystem says it is; *path* is the file that says so.

    *distro* is ID, *version* VERSION_ID, *build* BUILD_ID, *like* ID_LIKE, *cpe* CPE_NAME.
    """

    path: str
    distro: str
    version: str = ""
    build: str = ""
    name: str = ""
    codename: str = ""
    like: tuple[str, ...] = ()
    cpe: str = ""

    @property
    def qualifier(self) -> str:
        """Return the ``distro`` qualifier of package URLs: ``debian-12``, ``arch-rolling``."""
        return "-".join(filter(None, (self.distro, self.version or self.build)))


def identify(read: Read) -> Release | None:
    """Return what the files that *read* gives say; None where none of them says anything."""
    for path, parser in SOURCES:
        data = read(path)
        if data:
            found = parser(path, data[:MAX_BYTES].decode("utf-8", "replace"))
            if found is not None:
                return found
    return None


def parse(text: str) -> dict[str, str]:
    """Return the assignments of an os-release file, unquoted; the last of a name counts.

    What is no assignment is passed over, as every reader of the file does.
    """
    found: dict[str, str] = {}
    for line in text[:MAX_BYTES].split("\n"):
        key, equals, value = line.strip().partition("=")
        if equals and _KEY.fullmatch(key):
            found[key] = "".join(_unquoted(value.strip()))[:MAX_VALUE]
    return found


def _unquoted(value: str) -> Iterator[str]:
    """Yield the characters of a shell word: quotes taken off, escapes resolved."""
    quote = ""
    escaped = False
    for char in value:
        if escaped:
            escaped = False
            # Between double quotes a backslash stands for itself but before these.
            if quote and char not in '$"\\`':
                yield "\\"
            yield char
        elif char == "\\" and quote != "'":
            escaped = True
        elif quote:
            if char == quote:
                quote = ""
            else:
                yield char
        elif char in "'\"":
            quote = char
        elif char.isspace():
            return  # the word ends; the shell would run what follows
        else:
            yield char


def _os_release(path: str, text: str) -> Release | None:
    fields = parse(text)
    name = fields.get("PRETTY_NAME") or fields.get("NAME", "")
    distro = _spelled(fields.get("ID", "")) or _called(name)
    if not distro:
        return None
    return Release(
        path,
        distro,
        version=_spelled(fields.get("VERSION_ID", "")),
        build=_spelled(fields.get("BUILD_ID", "")),
        name=name,
        codename=fields.get("VERSION_CODENAME") or fields.get("UBUNTU_CODENAME", ""),
        like=tuple(filter(None, map(_spelled, fields.get("ID_LIKE", "").split()[:MAX_LIKE]))),
        cpe=fields.get("CPE_NAME", ""),
    )


def _lsb_release(path: str, text: str) -> Release | None:
    fields = parse(text)
    distro = _spelled(fields.get("DISTRIB_ID", ""))
    if not distro:
        return None
    return Release(
        path,
        distro,
        version=_spelled(fields.get("DISTRIB_RELEASE", "")),
        name=fields.get("DISTRIB_DESCRIPTION", ""),
        codename=fields.get("DISTRIB_CODENAME", ""),
        like=_LIKE.get(distro, ()),
    )


def _vendor_release(path: str, text: str) -> Release | None:
    """Read ``CentOS release 6.10 (Final)`` and its like."""
    line = text.strip().partition("\n")[0][:MAX_VALUE].strip()
    found = _RELEASE.match(line)
    if found is None:
        return None
    distro = _called(found["name"])
    if not distro:
        return None
    version = found["version"].rstrip(".")
    if distro in {"sles", "sled"} and (pack := _SERVICE_PACK.search(text)) and pack[1] != "0":
        version += f".{int(pack[1])}"
    codename = _BRACKETS.search(line)
    return Release(
        path,
        distro,
        version=version,
        name=line,
        codename=codename[1] if codename else "",
        like=_LIKE.get(distro, ()),
    )


def _alpine_release(path: str, text: str) -> Release | None:
    version = text.strip()
    if not _NUMBER.match(version):
        return None
    version = version.split()[0][:40]
    return Release(path, "alpine", version=version, name=f"Alpine Linux {version}")


def _debian_version(path: str, text: str) -> Release | None:
    """Read ``7.11`` or, of what is not released yet, ``wheezy/sid``."""
    version = text.strip()[:40]
    if _NUMBER.fullmatch(version):
        major, _, minor = version.partition(".")
        # Releases had two parts until Debian 6, and the third was the update.
        release = major if int(major[:4]) > 6 else f"{major}.{minor.partition('.')[0] or 0}"  # noqa: PLR2004 above
        return Release(path, "debian", version=release, name=f"Debian GNU/Linux {version}")
    name, slash, _ = version.partition("/")
    if slash and name.isalpha():
        return Release(path, "debian", name=f"Debian GNU/Linux {version}", codename=name)
    return None


def _arch_release(path: str, text: str) -> Release:  # noqa: ARG001 the file is empty
    return Release(path, "arch", build="rolling", name="Arch Linux")


def _arch(path: str, text: str) -> Release | None:
    return _vendor_release(path, text) or _arch_release(path, text)


def _gentoo_release(path: str, text: str) -> Release | None:
    line = text.strip().partition("\n")[0][:MAX_VALUE]
    if not line.lower().startswith("gentoo"):
        return None
    version = _NUMBER.search(line)
    return Release(path, "gentoo", version=version[0] if version else "", name=line)


def _called(name: str) -> str:
    low = name.lower()
    return next((distro for start, distro in _NAMES if low.startswith(start)), "")


def _spelled(text: str) -> str:
    """Return an ID or version as os-release(5) allows it, "" for what it does not."""
    text = text.strip().lower().replace(" ", "-")[:100]
    return text if _ID.fullmatch(text) else ""


SOURCES: tuple[tuple[str, Callable[[str, str], Release | None]], ...] = (
    ("etc/os-release", _os_release),
    ("usr/lib/os-release", _os_release),
    ("etc/initrd-release", _os_release),
    ("etc/alpine-release", _alpine_release),
    ("etc/oracle-release", _vendor_release),
    ("etc/centos-release", _vendor_release),
    ("etc/almalinux-release", _vendor_release),
    ("etc/rocky-release", _vendor_release),
    ("etc/fedora-release", _vendor_release),
    ("etc/redhat-release", _vendor_release),
    ("etc/photon-release", _vendor_release),
    ("etc/mariner-release", _vendor_release),
    ("etc/SuSE-release", _vendor_release),
    ("etc/mageia-release", _vendor_release),
    ("etc/openEuler-release", _vendor_release),
    ("etc/openwrt_release", _lsb_release),
    ("etc/lsb-release", _lsb_release),
    ("etc/system-release", _vendor_release),
    ("etc/gentoo-release", _gentoo_release),
    ("etc/debian_version", _debian_version),
    ("etc/arch-release", _arch),
)
"""The files that tell, and how each is read; the first that says something counts.

A distribution's own file stands before those that its relatives have too: Oracle Linux has
``redhat-release`` as well, Ubuntu ``debian_version``.
"""
