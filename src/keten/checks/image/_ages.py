"""When support of base images ended: of distributions see keten.model.support, of languages here.

Source for the languages: the projects' own release pages, as https://endoflife.date collects
them. Support that comes with a distribution for everyone counts (Debian LTS); what is sold (Ubuntu
Pro, ELTS) does not.
"""

from datetime import date

from keten.model import support

_DISTRIBUTIONS = {
    "almalinux": ("almalinux", "AlmaLinux"), "alpine": ("alpine", "Alpine"),
    "amazonlinux": ("amzn", "Amazon Linux"), "centos": ("centos", "centos"),
    "debian": ("debian", "Debian"), "fedora": ("fedora", "Fedora"),
    "opensuse/leap": ("opensuse-leap", "openSUSE Leap"), "oraclelinux": ("ol", "Oracle Linux"),
    "photon": ("photon", "Photon OS"), "rockylinux": ("rocky", "Rocky Linux"),
    "ubuntu": ("ubuntu", "ubuntu"),
}  # fmt: skip
_UNDER = ("focal", "bionic", "xenial", "jammy", "noble")
_OTHERS: dict[str, dict[str, date]] = {
    "python": {
        "2": date(2020, 1, 1), "2.7": date(2020, 1, 1), "3.4": date(2019, 3, 18),
        "3.5": date(2020, 9, 30),
        "3.6": date(2021, 12, 23), "3.7": date(2023, 6, 27), "3.8": date(2024, 10, 7),
        "3.9": date(2025, 10, 31), "3.10": date(2026, 10, 31),
    },
    "node": {
        "4": date(2018, 4, 30), "6": date(2019, 4, 30), "8": date(2019, 12, 31),
        "9": date(2018, 6, 30), "11": date(2019, 6, 1), "13": date(2020, 6, 1),
        "10": date(2021, 4, 30), "12": date(2022, 4, 30),
        "14": date(2023, 4, 30), "15": date(2021, 6, 1), "16": date(2023, 9, 11),
        "17": date(2022, 6, 1), "18": date(2025, 4, 30), "19": date(2023, 6, 1),
        "20": date(2026, 4, 30), "21": date(2024, 6, 1), "23": date(2025, 6, 1),
        "25": date(2026, 6, 1), "22": date(2027, 4, 30), "24": date(2028, 4, 30),
    },
    "ruby": {
        "2.3": date(2019, 3, 31), "2.4": date(2020, 3, 31), "2.5": date(2021, 4, 5),
        "2.6": date(2022, 4, 12), "2.7": date(2023, 3, 31),
        "3.0": date(2024, 4, 23), "3.1": date(2025, 3, 26), "3.2": date(2026, 3, 31),
        "3.3": date(2027, 3, 31),
    },
    "php": {
        "5.6": date(2018, 12, 31), "7.0": date(2019, 1, 10), "7.1": date(2019, 12, 1),
        "7.2": date(2020, 11, 30), "7.3": date(2021, 12, 6), "7.4": date(2022, 11, 28),
        "8.0": date(2023, 11, 26), "8.1": date(2025, 12, 31),
        "8.2": date(2026, 12, 31),
    },
    "golang": {
        "1.15": date(2021, 8, 16), "1.16": date(2022, 3, 15), "1.17": date(2022, 8, 2),
        "1.18": date(2023, 2, 1), "1.19": date(2023, 8, 8), "1.20": date(2024, 2, 6),
        "1.21": date(2024, 8, 13), "1.22": date(2025, 2, 11), "1.23": date(2025, 8, 12),
        "1.24": date(2026, 2, 10),
    },
    "postgres": {
        "9.5": date(2021, 2, 11), "9.6": date(2021, 11, 11), "10": date(2022, 11, 10),
        "11": date(2023, 11, 9), "12": date(2024, 11, 21),
        "13": date(2025, 11, 13), "14": date(2026, 11, 12), "15": date(2027, 11, 11),
    },
}  # fmt: skip


def ended(repository: str, tag: str) -> tuple[str, date] | None:
    """Return what of an image is the first to end, and when; None where nothing is known."""
    found = [one for one in (_itself(repository, tag), _under(tag)) if one]
    return min(found, key=lambda one: one[1], default=None)


def _itself(repository: str, tag: str) -> tuple[str, date] | None:
    version = tag.partition("-")[0].lower()
    if repository in _DISTRIBUTIONS:
        distro, name = _DISTRIBUTIONS[repository]
        return _release(distro, name, version)
    table = _OTHERS.get(repository)
    if table is None:
        return None
    for key in (version, ".".join(version.split(".")[:2]), version.partition(".")[0]):
        if key in table:
            return f"{repository} {key}", table[key]
    return None


def _release(distro: str, name: str, version: str) -> tuple[str, date] | None:
    """Return the last day on which everyone gets fixes; *version* is a number or a codename."""
    if distro == "centos" and version.startswith("stream"):
        distro, version = "centos-stream", version.removeprefix("stream")
    version = version.removeprefix("centos")
    row = support.of(distro, version) or support.releases(distro).get(version)
    if row is None or row.for_all is None:
        return None
    told = row.codename if distro == "debian" else _shortest(distro, version)
    return f"{name} {told or version}", row.for_all


def _shortest(distro: str, version: str) -> str:
    """``3.19.1`` is told as ``3.19``: that is what ends."""
    parts = version.split(".")
    known = (".".join(parts[:n]) for n in range(1, len(parts)))
    return next((short for short in known if support.of(distro, short)), version)


def _under(tag: str) -> tuple[str, date] | None:
    """``3.12-slim-buster``, ``22-alpine3.18``: the distribution below a language."""
    for part in tag.lower().split("-")[1:]:
        if part in support.releases("debian"):
            return _release("debian", "Debian", part)
        version = part.removeprefix("alpine")
        if part.startswith("alpine") and version and support.of("alpine", version):
            return _release("alpine", "Alpine", version)
        if part in _UNDER:
            return _release("ubuntu", "Ubuntu", part)
    return None
