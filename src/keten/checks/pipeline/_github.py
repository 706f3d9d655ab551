"""What the checks of GitHub workflows ask again and again."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from keten.model.delivery import Job, Pipeline, Step

FORK = frozenset({"pull_request", "pull_request_review", "pull_request_review_comment"})
"""Events that strangers cause, which get a read-only token and no secrets."""

_GATES = (
    "author_association",
    "labels",
    "label.name",
    "github.actor",
    "user.login",
    "sender.login",
    "triggering_actor",
    "permission",
    "maintainer",
    "member",
    "Member",
    "Maintainer",
    "Permission",
    "authorized",
    "allowed",
    "approved",
)
_SHA = (40, 64)
_HEX = frozenset("0123456789abcdef")
_OTHER_SHELLS = ("pwsh", "powershell", "cmd", "python", "node", "perl", "ruby")


class Action(Struct, frozen=True):
    """``owner/repo/path@ref``, lower case but for the ref."""

    owner: str
    repo: str
    path: str
    ref: str

    @property
    def name(self) -> str:
        """Return ``owner/repo``."""
        return f"{self.owner}/{self.repo}"

    @property
    def pinned(self) -> bool:
        """Return whether the ref is a commit."""
        return len(self.ref) in _SHA and set(self.ref) <= _HEX


def action(uses: str) -> Action | None:
    """Parse ``uses``; None for a local path, an image, or what holds an expression."""
    if uses.startswith((".", "docker://", "/")) or "${{" in uses:
        return None
    name, _, ref = uses.strip().partition("@")
    parts = name.removeprefix("https://github.com/").lower().split("/", 2)
    if len(parts) < 2 or "://" in name:  # noqa: PLR2004 owner and repo
        return None
    return Action(parts[0], parts[1], parts[2] if len(parts) > 2 else "", ref)  # noqa: PLR2004 path


def named(step: Step, *names: str) -> bool:
    """Return whether the step uses one of the actions *names* (``owner/repo[/path]``)."""
    if "/" not in step.uses:
        return False
    return step.uses.partition("@")[0].strip().lower() in names


def steps(pipeline: Pipeline) -> Iterator[tuple[Job, Step]]:
    """Yield every step with its job."""
    for job in pipeline.jobs:
        for step in job.steps:
            yield job, step


def label(job: Job, step: Step | None = None) -> str:
    """Name a job, or a step, as its author would find it."""
    where = "" if job.id == "runs" else f"job {job.id[:40]}"
    if step is None:
        return where or "the action"
    name = step.name or step.id
    if name and name.isprintable() and "${{" not in name:
        what = f"step {name[:40]!r}"
    else:
        what = f"step {int(step.at[step.at.rfind('[') + 1 : -1] or 0) + 1}" if (
            step.at.endswith("]")
        ) else "script"  # fmt: skip
    return f"{where}, {what}" if where else what


def workflow(pipeline: Pipeline) -> bool:
    """Return whether it is a GitHub workflow."""
    return pipeline.system == "github"


def github(pipeline: Pipeline) -> bool:
    """Return whether it is a GitHub workflow or action."""
    return pipeline.system != "gitlab"


def gitlab(pipeline: Pipeline) -> bool:
    """Return whether it is a GitLab pipeline."""
    return pipeline.system == "gitlab"


def gated(job: Job, step: Step) -> bool:
    """Return whether a person of the project is asked first: a label, a role, an environment."""
    conditions = f"{job.condition} {step.condition}"
    return bool(job.environment) or any(gate in conditions for gate in _GATES)


def text_of(value: Any) -> str:
    """Return an input's or a variable's value as text; "" for a mapping or list."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""


def posix(pipeline: Pipeline, job: Job, step: Step) -> bool:
    """Return whether the step's script is POSIX shell text."""
    shell = step.shell or _default(job.extra.get("defaults")) or _default(pipeline.defaults)
    if not shell:
        return not any("windows" in name.lower() for name in job.runner)
    return not shell.lower().startswith(_OTHER_SHELLS)


def _default(defaults: Any) -> str:
    if isinstance(defaults, dict):
        run = defaults.get("run", defaults)
        shell = run.get("shell") if isinstance(run, dict) else None
        return shell if isinstance(shell, str) else ""
    return ""


def filters(pipeline: Pipeline, event: str) -> dict[str, Any]:
    """Return the filters of a trigger, empty where there are none."""
    said = pipeline.triggers.get(event)
    return said if isinstance(said, dict) else {}
