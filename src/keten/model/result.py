"""What a scan says: the value that every report writes.

Paths are relative to the target; there is no time in it but *now* and the data's dates.
"""

from msgspec import Struct

from keten.model.evidence import Evidence, Link, Problem
from keten.model.finding import Change, Finding, Location, Severity


class LinkSummary(Struct, frozen=True):
    """One link of the chain, summed up.

    *verdict* is ``fail``, ``unknown``, ``known`` (all it has, the baseline has), ``pass``, or
    ``none`` (nothing there to judge).

    The counts are verdicts of checks on things; *waived* are findings that a waiver covers,
    *known* those that the baseline has. *advice* are those of *failed* that are INFO.
    """

    name: Link
    verdict: str
    failed: int = 0
    unknown: int = 0
    passed: int = 0
    waived: int = 0
    known: int = 0
    advice: int = 0

    @property
    def tone(self) -> str:
        """Return the verdict as it is shown: where all that failed is advice, it is none."""
        if self.verdict != "fail" or self.failed > self.advice:
            return self.verdict
        return "unknown" if self.unknown else "none"

    def cell(self, unknown: str = "?") -> str:
        """Return the verdict in a few words: a colour never stands alone."""
        if self.verdict == "fail" and self.tone == "none":
            return f"info {self.advice}"
        match self.tone:
            case "fail":
                return f"FAIL {self.failed - self.advice}"
            case "unknown":
                return f"{unknown} {self.unknown}"
            case "known":
                return f"old {self.known}"
            case "pass" if self.waived:
                return f"waived {self.waived}"
            case "pass":
                return f"ok {self.passed}"
            case _:
                return "none"


class Action(Struct, frozen=True, omit_defaults=True):
    """One change and what it removes. *findings* are fingerprints, worst first.

    *rank* is the risk it removes (see keten.remedy.rank), *why* says how that adds up.
    *proof* says how the change was judged again, where it was.
    """

    title: str
    rank: float
    why: str
    links: tuple[Link, ...]
    findings: tuple[str, ...]
    location: Location | None = None
    changes: tuple[Change, ...] = ()
    command: str = ""
    proof: str = ""


class Unknown(Struct, frozen=True, omit_defaults=True):
    """What could not be judged, so is not passed. *count* things, of which *what* names some."""

    link: Link
    what: str
    why: str
    how: str
    severity: Severity
    count: int = 1
    checks: tuple[str, ...] = ()
    location: Location | None = None


class Waived(Struct, frozen=True):
    """A finding that somebody answers for until a day (ISO 8601).

    *status* and *justification* are what they say of it in VEX's words.
    """

    finding: Finding
    reason: str
    owner: str
    until: str
    status: str = ""
    justification: str = ""


class SetAside(Struct, frozen=True, omit_defaults=True):
    """A finding that a VEX statement takes away: who says so, when, why, in which document.

    *status* is ``not_affected`` or ``fixed``, *document* the file as it was named and *digest*
    of its bytes.
    """

    finding: Finding
    status: str
    reason: str
    justification: str = ""
    author: str = ""
    at: str = ""
    document: str = ""
    digest: str = ""


class DataSource(Struct, frozen=True, omit_defaults=True):
    """One source of the advisory data. *as_of* is its newest record's date (ISO 8601)."""

    name: str
    as_of: str
    digest: str
    records: int = 0
    ecosystems: tuple[str, ...] = ()
    complete: bool = False


class Bundle(Struct, frozen=True, omit_defaults=True):
    """All of the advisory data by one digest. *version* 0: it was made here, nobody signed it.

    *signers* are ids of the keys that signed it, *until* is when their word ends (RFC 3339).
    """

    digest: str
    version: int = 0
    signers: tuple[str, ...] = ()
    until: str = ""


class Target(Struct, frozen=True, omit_defaults=True):
    """What was scanned. *files* and *bytes* were looked at; *passed_over* was not, and why.

    *kind* is ``tree``, ``image``, ``rootfs`` or ``sbom``; of an image *digest* is its manifest's
    (or else its configuration's), and *platform* the one that was chosen. *searched* is how
    many files were searched for secrets (None: all).
    """

    name: str
    commit: str = ""
    branch: str = ""
    modified: int | None = None
    files: int = 0
    bytes: int = 0
    passed_over: tuple[tuple[str, str], ...] = ()
    kind: str = "tree"
    digest: str = ""
    platform: str = ""
    searched: int | None = None


class Tally(Struct, frozen=True):
    """How often a check gave each verdict."""

    check: str
    passed: int
    failed: int
    unknown: int
    errors: int


class Decision(Struct, frozen=True):
    """``allowed``, ``denied`` or ``unknown``; the gate that decided, and the exit status."""

    verdict: str
    gate: str
    reason: str
    exit: int


class PathPoint(Struct, frozen=True):
    """Where an intruder stands: *kind* as ``keten.cluster.paths.terms`` has it, and its name."""

    kind: str
    name: str


class PathStep(Struct, frozen=True, omit_defaults=True):
    """A step that leads to the next point. *sure* and *assumed* as of a path's own steps.

    *label* is what it goes by, in a few words for a picture.
    """

    text: str
    location: Location | None = None
    sure: bool = True
    assumed: bool = False
    label: str = ""


class AttackPath(Struct, frozen=True, omit_defaults=True):
    """A way an intruder has: one more point than steps, the weakest way has the least *effort*.

    *sure* is false where a step is not known to be open, or assumes a fault.
    """

    points: tuple[PathPoint, ...]
    steps: tuple[PathStep, ...]
    effort: int
    sure: bool = True

    @property
    def places(self) -> tuple[str, ...]:
        """Return the names of the points but for those that are only the way to the next."""
        stood = (point for point in self.points if point.kind not in {"reach", "inside"})
        return tuple(point.name.removeprefix("code in ") for point in stood)

    @property
    def faults(self) -> int:
        """Return how many of the steps assume a fault that nobody knows of yet."""
        return sum(step.assumed for step in self.steps)


class Result(Struct, frozen=True, kw_only=True):
    """All of it. *policy* is ``keten.toml`` or ``default``, with its digest."""

    schema: str
    keten: str
    now: str
    targets: tuple[Target, ...]
    data: tuple[DataSource, ...]
    policy: str
    policy_digest: str
    links: tuple[LinkSummary, ...]
    actions: tuple[Action, ...]
    findings: tuple[Finding, ...]
    waived: tuple[Waived, ...]
    unknown: tuple[Unknown, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    checks: tuple[Tally, ...]
    decision: Decision
    bundle: Bundle | None = None
    packages: tuple[str, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    paths: tuple[AttackPath, ...] = ()

    @property
    def as_of(self) -> str:
        """Return the date of the oldest data (ISO 8601); a source that has none counts last."""
        return min((d.as_of for d in self.data if d.as_of), default="an unknown day")

    @property
    def worth_cutting(self) -> AttackPath | None:
        """Return the weakest path of which all is known but the faults that it assumes."""
        known = (p for p in self.paths if all(step.sure or step.assumed for step in p.steps))
        return min(known, key=lambda path: path.effort, default=None)


class Style(Struct, frozen=True):
    """How a report for eyes is written; machine formats ignore it.

    *width* in columns; *everything*: all findings, not only the first; *command* is the
    command line that made the result, for what a reader may type next.
    """

    width: int = 80
    color: bool = False
    ascii: bool = False
    everything: bool = False
    command: str = "keten scan ."


class Known(Struct, frozen=True):
    """A finding of an earlier result, as far as it matters."""

    fingerprint: str


class Baseline(Struct, frozen=True):
    """An earlier result, as far as it matters."""

    schema: str
    findings: tuple[Known, ...]
