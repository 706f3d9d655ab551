"""When support of distributions and languages ended, as their projects published it.

Sources: the projects' own release pages, as https://endoflife.date collects them. Long-term support
that comes with the project counts (Debian LTS); what is sold (Ubuntu Pro, ELTS) does not. Where
only a month is published, its last day is taken.
"""

from datetime import date

_DEBIAN = {
    "wheezy": date(2018, 5, 31),
    "jessie": date(2020, 6, 30),
    "stretch": date(2022, 6, 30),
    "buster": date(2024, 6, 30),
    "bullseye": date(2026, 8, 31),
    "bookworm": date(2028, 6, 30),
}
_DEBIAN_NUMBER = {"7": "wheezy", "8": "jessie", "9": "stretch", "10": "buster", "11": "bullseye",
                  "12": "bookworm"}  # fmt: skip
_UBUNTU = {
    "14.04": date(2019, 4, 25), "trusty": date(2019, 4, 25),
    "16.04": date(2021, 4, 30), "xenial": date(2021, 4, 30),
    "18.04": date(2023, 5, 31), "bionic": date(2023, 5, 31),
    "20.04": date(2025, 5, 31), "focal": date(2025, 5, 31),
    "18.10": date(2019, 7, 18), "19.04": date(2020, 1, 23), "19.10": date(2020, 7, 17),
    "20.10": date(2021, 7, 22),
    "21.04": date(2022, 1, 20), "21.10": date(2022, 7, 14), "22.10": date(2023, 7, 20),
    "23.04": date(2024, 1, 25), "23.10": date(2024, 7, 11), "24.10": date(2025, 7, 10),
    "25.04": date(2026, 1, 15), "25.10": date(2026, 7, 31),
}  # fmt: skip
_ALPINE = {
    "3.3": date(2017, 11, 1), "3.4": date(2018, 5, 1), "3.5": date(2018, 11, 1),
    "3.6": date(2019, 5, 1), "3.7": date(2019, 11, 1), "3.8": date(2020, 5, 1),
    "3.9": date(2020, 11, 1), "3.10": date(2021, 5, 1), "3.11": date(2021, 11, 1),
    "3.12": date(2022, 5, 1), "3.13": date(2022, 11, 1), "3.14": date(2023, 5, 1),
    "3.15": date(2023, 11, 1), "3.16": date(2024, 5, 23), "3.17": date(2024, 11, 22),
    "3.18": date(2025, 5, 9), "3.19": date(2025, 11, 1), "3.20": date(2026, 4, 1),
    "3.21": date(2026, 11, 1), "3.22": date(2027, 5, 1),
    "3.23": date(2027, 11, 1),
}  # fmt: skip
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
    "centos": {
        "6": date(2020, 11, 30), "7": date(2024, 6, 30), "8": date(2021, 12, 31),
        "centos7": date(2024, 6, 30), "centos8": date(2021, 12, 31),
    },
}  # fmt: skip


def ended(repository: str, tag: str) -> tuple[str, date] | None:
    """Return what of an image is the first to end, and when; None where nothing is known."""
    found = [one for one in (_itself(repository, tag), _under(tag)) if one]
    return min(found, key=lambda one: one[1], default=None)


def _itself(repository: str, tag: str) -> tuple[str, date] | None:
    version = tag.partition("-")[0].lower()
    if repository == "debian":
        name = _DEBIAN_NUMBER.get(version.partition(".")[0], version)
        return (f"Debian {name}", _DEBIAN[name]) if name in _DEBIAN else None
    table = {"ubuntu": _UBUNTU, "alpine": _ALPINE}.get(repository) or _OTHERS.get(repository)
    if table is None:
        return None
    for key in (version, ".".join(version.split(".")[:2]), version.partition(".")[0]):
        if key in table:
            return f"{repository} {key}", table[key]
    return None


def _under(tag: str) -> tuple[str, date] | None:
    """``3.12-slim-buster``, ``22-alpine3.18``: the distribution below a language."""
    for part in tag.lower().split("-")[1:]:
        if part in _DEBIAN:
            return f"Debian {part}", _DEBIAN[part]
        version = part.removeprefix("alpine")
        if part.startswith("alpine") and version in _ALPINE:
            return f"Alpine {version}", _ALPINE[version]
        if part in ("focal", "bionic", "xenial"):
            return f"Ubuntu {part}", _UBUNTU[part]
    return None
