"""Findings of one check at one severity, told together."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from keten.model.finding import Finding, Severity, Verdict


class Alike(Struct, frozen=True):
    """Findings of one check, verdict and severity, as they come. There is at least one."""

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """Return the one that is shown for all."""
        return self.findings[0]

    @property
    def apart(self) -> bool:
        """Return whether each says something of its own: what is known of a package does."""
        return self.first.subject.startswith("package ")

    @property
    def count(self) -> int:
        """Return how many findings these stand for."""
        return sum(finding.times for finding in self.findings)

    @property
    def subjects(self) -> int:
        """Return how many things they are about."""
        return len({f.subject for f in self.findings if f.times == 1}) + sum(
            f.times for f in self.findings if f.times > 1
        )

    @property
    def files(self) -> int:
        """Return in how many files they are."""
        return len({f.location.path for f in self.findings if f.location})

    @property
    def rest(self) -> str:
        """Return how many there are beside the first and where: ``9 more like it in 4 files``."""
        files = self.files
        where = f", in {files:,} files" if files > 1 else ""
        return f"{self.count - 1:,} more like it{where}"


def alike(findings: Iterable[Finding]) -> Sequence[Alike]:
    """Return *findings* by check, verdict and severity, in the order of the first of each."""
    found: dict[tuple[str, Verdict, Severity], list[Finding]] = {}
    for finding in findings:
        found.setdefault((finding.check, finding.verdict, finding.severity), []).append(finding)
    return [Alike(tuple(those)) for those in found.values()]
