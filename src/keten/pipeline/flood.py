"""A flood: of like findings in one file the first are told one by one, the rest are counted.

A file of 4 MB can hold 28,000 privileged pods. Nobody reads so many findings, and each takes
memory in every stage and in every report. What is counted still fails: see ``findings``. What is
known of packages is no flood (an image may have thousands of vulnerabilities, each of its own):
it is told in full.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any

from msgspec import Struct

from keten.model.finding import Finding, Location, Severity, Verdict
from keten.pipeline.choosing import link_of

MOST = 1_000
"""How many findings of one check, verdict and severity in one file are told one by one."""
Key = tuple[str, Verdict, Severity, str]
"""Check, verdict, severity, path."""


class Rest(Struct, frozen=True, order=True):
    """Findings that are not told one by one: *times* of them. *digest* says which they are."""

    check: str
    verdict: Verdict
    severity: Severity
    path: str
    times: int
    digest: str


class Flood:
    """Counts the findings of one judging, in which each file is judged whole."""

    def __init__(self) -> None:
        self._told: dict[Key, int] = {}
        self._rest: dict[Key, Any] = {}
        self._times: dict[Key, int] = {}

    def over(self, key: Key, identity: str) -> bool:
        """Return whether a finding is one too many; *identity* tells it from others of *key*."""
        told = self._told.get(key, 0)
        if told < MOST:
            self._told[key] = told + 1
            return False
        made = self._rest.get(key)
        if made is None:
            made = self._rest[key] = blake2b(digest_size=10)
        made.update(identity.encode("utf-8", "backslashreplace") + b"\n")
        self._times[key] = self._times.get(key, 0) + 1
        return True

    def rests(self) -> list[Rest]:
        """Return what was too many."""
        return [Rest(*key, self._times[key], made.hexdigest()) for key, made in self._rest.items()]


def findings(rests: Iterable[Rest]) -> Iterator[Finding]:
    """Yield a finding for what is not told one by one of one check, severity and file.

    Its fingerprint is of all that it stands for: a baseline knows it while they are the same,
    and where one of them is another, or one more, it is new.
    """
    found: dict[Key, list[Rest]] = {}
    for rest in sorted(rests):
        found.setdefault((rest.check, rest.verdict, rest.severity, rest.path), []).append(rest)
    for (check, verdict, severity, path), some in found.items():
        times = sum(rest.times for rest in some)
        parts = (check, verdict, severity.word, path, str(times), *(rest.digest for rest in some))
        told = "\0".join(parts).encode("utf-8", "backslashreplace")
        yield Finding(
            check=check,
            verdict=verdict,
            severity=severity,
            link=link_of(check),
            subject=f"file {path}",
            message=f"{times:,} more like these in this file: each counts, none is told by itself",
            fingerprint=blake2b(told, digest_size=10).hexdigest(),
            location=Location(path),
            times=times,
        )
