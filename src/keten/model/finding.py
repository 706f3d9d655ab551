"""Findings: what one check says of one node."""

from enum import IntEnum, StrEnum

from msgspec import Struct

from keten.model.evidence import Link


class Severity(IntEnum):
    """How bad it is when it is so."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """Return the lower-case name, as configuration and output spell it."""
        return self.name.lower()


class Verdict(StrEnum):
    """UNKNOWN is never PASS: what was not looked at was not found good."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"
    ERROR = "error"


class Location(Struct, frozen=True, omit_defaults=True, order=True):
    """A place to open: *path* relative to the target, *line* and *column* 1-based, 0 unknown.

    *thing* is what stands there, where nobody opens the file: the object of a cluster's list.
    """

    path: str
    line: int = 0
    column: int = 0
    thing: str = ""

    @property
    def text(self) -> str:
        """Return how it is told: the thing, or else ``path:line``."""
        return self.thing or (f"{self.path}:{self.line}" if self.line else self.path)


class Change(Struct, frozen=True, omit_defaults=True, order=True):
    """What would resolve a violation: at *field*, *before* becomes *after*.

    *before* and *after* are short texts as one would write them in the file; *after* empty
    means remove. Changes with the same *group* (and file) are made together, as one action.

    *exact*: *after*, read as YAML, is just what is to stand at *field* (or under its key), so
    that keten fix can write it; *field* is then a path as keten.formats.yaml reads them.
    """

    field: str = ""
    before: str = ""
    after: str = ""
    group: str = ""
    exact: bool = False

    def lines(self) -> tuple[str, str]:
        """Return (before, after) as one would read them, each under its key; "" is nothing."""
        leaf = self.field.rpartition(".")[2]
        key = leaf.partition("[")[0]
        if self.field.endswith('"]'):
            leaf = key = self.field[self.field.rfind('["') + 2 : -2]

        def under(text: str) -> str:
            if not text or not key or text.startswith((f"{key}:", f"{leaf}:")):
                return text
            return f"{key}: {text}"

        return under(self.before), under(self.after)


class Violation(Struct, frozen=True, omit_defaults=True):
    """What a check reports: only what was seen.

    *at* is the field path in the subject's file, where a line is known for it. *key* keeps
    two violations of one check on one subject apart across runs when *at* does not (an
    advisory id, say). *severity* overrides the check's, for data that bring their own;
    *why* says in a line how it came about.
    """

    message: str
    at: str = ""
    key: str = ""
    severity: Severity | None = None
    change: Change | None = None
    about: tuple[str, ...] = ()
    why: str = ""


class Finding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A check's verdict on one node. Only the pipeline makes these.

    *subject* is the node's ref, *evidence* the digests of the files it rests on, *fingerprint*
    hex that stays the same while lines move; *about* names further refs (an advisory), *why*
    says how the severity came about, *key* is the violation's (a vulnerability's id). *times* is
    how many it stands for: more than one where a file holds a flood of them.
    """

    check: str
    verdict: Verdict
    severity: Severity
    link: Link
    subject: str
    message: str
    fingerprint: str
    location: Location | None = None
    field: str = ""
    evidence: tuple[str, ...] = ()
    change: Change | None = None
    about: tuple[str, ...] = ()
    why: str = ""
    key: str = ""
    times: int = 1

    @property
    def order(self) -> tuple[object, ...]:
        """Return the sort key of reports: the worst first, then by place."""
        where = self.location or Location("")
        return (-self.severity, where, self.check, self.subject, self.field, self.fingerprint)
