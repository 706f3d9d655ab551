"""Where advisories came from: what each source covers, and as of when."""

from datetime import date

from msgspec import Struct

from keten.formats import osv

# An all.zip with fewer records than this is not the public one in whole. The figures are far
# below what the OSV bucket held in 2024.
LEAST: dict[str, int] = {
    "Alpine": 1000,
    "Debian": 10_000,
    "Go": 1000,
    "Maven": 2000,
    "NuGet": 300,
    "Packagist": 1000,
    "PyPI": 2000,
    "RubyGems": 500,
    "Ubuntu": 10_000,
    "crates.io": 500,
    "npm": 2000,
}
# Ecosystems in which malicious packages are reported by the thousand: data that names none
# of them there does not hold those reports.
MALICE = ("PyPI", "npm")


# A run may be replayed as of an earlier day; a date further ahead is a fault in the data.
MOST_AHEAD = 366


class Coverage(Struct, frozen=True, array_like=True):
    """What one source holds of one ecosystem (with its suffix); *malicious* MAL- records."""

    ecosystem: str
    records: int = 0
    complete: bool = False
    malicious: int = 0


class DataSource(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One import. *kind* is ``osv``, ``kev`` or ``epss``; *as_of* YYYY-MM-DD or "" (not known).

    *until* and *fault* are of the signed bundle that it came with, and never stored: the last
    day on which its signature holds, and what is wrong with it.

    *digest* is ``sha256:`` of the file, or of the sorted names and digests of a folder's files.
    """

    name: str
    kind: str = "osv"
    digest: str = ""
    as_of: str = ""
    records: int = 0
    withdrawn: int = 0
    unread: int = 0
    ecosystems: tuple[Coverage, ...] = ()
    until: str = ""
    fault: str = ""

    @property
    def complete(self) -> bool:
        """Return whether it holds all that is known of some ecosystem (records of others come
        along where one vulnerability is in several).
        """  # noqa: D205 one sentence
        return any(item.complete for item in self.ecosystems)


class Standing(Struct, frozen=True, cache_hash=True):
    """How far the database answers for an ecosystem: *reason* is "" where it does."""

    reason: str = ""
    as_of: str = ""
    malice: str = ""


def standing(
    sources: tuple[DataSource, ...], ecosystem: str, now: date, *, max_age_days: int
) -> Standing:
    """Return how far *sources* answer for *ecosystem* on the day *now*.

    *malice* is why nothing can be said of malicious packages; it is *reason* at least.
    """
    if not ecosystem:
        reason = "it is not known which ecosystem's advisories apply"
        return Standing(reason, "", reason)
    held = [
        (source.as_of, item)
        for source in sources
        for item in source.ecosystems
        if item.ecosystem == ecosystem
    ]
    if not held:
        reason = f"the database holds no advisories of {ecosystem}"
        return Standing(reason, "", reason)
    whole = [(as_of, item) for as_of, item in held if item.complete]
    if not whole:
        reason = f"the database holds only some records of {ecosystem}"
        return Standing(reason, max(as_of for as_of, _ in held), reason)
    as_of = max(as_of for as_of, _ in whole)
    reason = untrusted(sources, now) or stale(as_of, now, max_age_days)
    if reason:
        reason = f"the advisories of {ecosystem} {reason}"
    malice = reason
    if not malice and osv.base(ecosystem) in MALICE and not any(i.malicious for _, i in held):
        malice = f"the database holds no reports of malicious packages of {ecosystem}"
    return Standing(reason, as_of, malice)


def untrusted(sources: tuple[DataSource, ...], now: date) -> str:
    """Return what is wrong with the signed bundle that the data came with, or ""."""
    for source in sources:
        if source.fault:
            return source.fault
        if source.until and now > date.fromisoformat(source.until):
            return f"are of a bundle that expired on {source.until}: pull a newer one"
    return ""


def stale(as_of: str, now: date, max_age_days: int) -> str:
    """Return what is wrong with the age of data, or "" where it is fresh."""
    if not as_of:
        return "do not say as of when they are"
    days = (now - date.fromisoformat(as_of)).days
    if days > max_age_days:
        return f"are as of {as_of}, {days} days ago (at most {max_age_days})"
    if days < -MOST_AHEAD:
        return f"say that they are as of {as_of}, which can not be"
    return ""
