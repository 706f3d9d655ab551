"""Versions of actions that published advisories name. Facts only; the source is the id."""

from collections.abc import Iterable

from msgspec import Struct

from keten.model.finding import Severity


class Known(Struct, frozen=True):
    """An advisory: versions from *first* to before *fixed*, and *commits* that are malicious."""

    id: str
    what: str
    fixed: str
    first: str = "0"
    severity: Severity = Severity.HIGH
    commits: tuple[str, ...] = ()
    moved: bool = False
    """Only tags were moved: who had pinned a commit of before was not touched."""

    def affects(self, version: str) -> bool:
        """Return whether a version is in the range for sure.

        A tag like ``v4`` moves along: it counts only when the fix has a higher major number.
        """
        parts = _numbers(version)
        if not parts:
            return False
        first, fixed = _numbers(self.first), _numbers(self.fixed)
        size = len(fixed)
        if len(parts) < size:  # v4 may be any 4.x by now
            return parts < fixed[: len(parts)] and parts >= first[: len(parts)]
        return first <= parts < fixed


def reported(name: str, version: str, source: str, ids: Iterable[str]) -> bool:
    """Return whether pipeline/compromised-action tells of one of *ids* for an action.

    *version* is its tag, or the one behind its commit; *source* where it is pinned to a commit.
    """
    commit = source.rpartition("#")[2] if source.startswith("git+") else ""
    return any(
        known.id in ids
        and (commit in known.commits or (known.affects(version) and not (known.moved and commit)))
        for known in KNOWN.get(name.lower(), ())
    )


def _numbers(version: str) -> tuple[int, ...]:
    text = version.strip().lower().removeprefix("v")
    parts = text.split(".")[:4]
    if not all(part.isdecimal() and part.isascii() and len(part) < 9 for part in parts):  # noqa: PLR2004
        return ()
    return tuple(int(part) for part in parts)


KNOWN: dict[str, tuple[Known, ...]] = {
    "tj-actions/changed-files": (
        Known(
            "CVE-2025-30066", "tags moved to code that printed secrets", "46.0.1",
            severity=Severity.MEDIUM, moved=True,
            commits=("0e58ed8671d6b60d0890c21b07f8835ace038e67",),
        ),
        Known("CVE-2023-51664", "command injection through file names", "41.0.0"),
    ),
    "reviewdog/action-setup": (
        Known(
            "CVE-2025-30154", "tag v1 moved to code that printed secrets", "0",
            commits=("f0d342d24037bb11d26b9bd8496e0808ba32e9ec",),
        ),
    ),
    "aquasecurity/trivy-action": (
        Known("CVE-2026-33634", "tags moved to code that stole secrets", "0.35.0",
              severity=Severity.MEDIUM, moved=True),
    ),
    "aquasecurity/setup-trivy": (
        Known("CVE-2026-33634", "tags moved to code that stole secrets", "0.2.6",
              severity=Severity.MEDIUM, moved=True),
    ),
    "actions/download-artifact": (
        Known("CVE-2024-42471", "artifact may write outside its folder", "4.1.3", first="4.0.0"),
    ),
    "tj-actions/branch-names": (
        Known("CVE-2023-49291", "command injection through branch names", "7.0.7"),
    ),
    "tj-actions/verify-changed-files": (
        Known("CVE-2023-52137", "command injection through file names", "17.0.0"),
    ),
    "rlespinasse/github-slug-action": (
        Known("CVE-2023-27581", "command injection through branch names", "4.4.1", first="4.0.0"),
    ),
    "hashicorp/vault-action": (
        Known("CVE-2021-32074", "secrets in the log are not masked", "2.2.0"),
    ),
    "embano1/wip": (Known("CVE-2023-30623", "command injection through titles", "2.0.0"),),
    "atlassian/gajira-create": (Known("CVE-2020-14188", "code injection", "2.0.1"),),
}  # fmt: skip
