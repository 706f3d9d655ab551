"""Checkouts of a pull request's head by a job that has the repository's rights."""

from collections.abc import Iterator

from msgspec import Struct

from keten.checks._shell import Command, commands
from keten.checks.pipeline._expressions import expressions
from keten.checks.pipeline._github import filters, gated, named, text_of
from keten.model.delivery import Job, Pipeline, Step
from keten.model.finding import Severity

EVENTS = ("pull_request_target", "workflow_run", "issue_comment")

_ASKS = (
    "checkCollaborator",
    "getCollaboratorPermissionLevel",
    "get-user-teams-membership",
    "check-user-permission",
    "/collaborators/",
)
_TOOLS = frozenset(
    [
        "make",
        "gmake",
        "cmake",
        "ninja",
        "pytest",
        "tox",
        "nox",
        "pre-commit",
        "cargo",
        "mvn",
        "mvnw",
        "gradle",
        "gradlew",
        "rake",
        "bazel",
        "bazelisk",
        "just",
        "task",
        "mage",
        "sbt",
        "msbuild",
        "mix",
        "stack",
        "cabal",
        "eslint",
        "jest",
        "vitest",
        "tsc",
        "webpack",
        "vite",
        "rubocop",
        "phpunit",
        "meson",
        "earthly",
        "skaffold",
    ]
)
_PACKAGERS = frozenset(
    [
        "ci",
        "install",
        "i",
        "run",
        "run-script",
        "test",
        "t",
        "exec",
        "x",
        "build",
        "start",
        "pack",
        "publish",
    ]
)
_VERBS: dict[str, frozenset[str]] = {
    "npm": _PACKAGERS,
    "pnpm": _PACKAGERS,
    "yarn": _PACKAGERS,
    "bun": _PACKAGERS,
    "go": frozenset({"build", "test", "generate", "run", "vet", "install"}),
    "docker": frozenset({"build", "buildx", "compose", "bake"}),
    "pip": frozenset(),
    "poetry": frozenset({"install", "run", "build"}),
    "uv": frozenset({"run", "sync", "build"}),
    "bundle": frozenset({"install", "exec"}),
    "composer": frozenset({"install", "update", "run-script"}),
    "dotnet": frozenset({"build", "test", "run", "restore", "publish"}),
    "terraform": frozenset({"init", "plan", "apply"}),
    "swift": frozenset({"build", "test", "run"}),
    "deno": frozenset({"run", "task", "test"}),
}
_BARE = frozenset({"yarn", "composer", "bundle"})
_PYTHONS = frozenset({"python", "python3"})
_MODULES = frozenset({"pytest", "tox", "nox", "build", "unittest"})
_SHELLS = frozenset({"bash", "sh", "zsh", "source", "."})
_HARMLESS = frozenset({"version", "--version", "-v", "-V", "--help"})
_PULL = (
    ("github", "head_ref"),
    ("github", "event", "pull_request", "head"),
    ("github", "event", "pull_request", "merge_commit_sha"),
)
_RUN = (
    ("github", "event", "workflow_run", "head_sha"),
    ("github", "event", "workflow_run", "head_branch"),
    ("github", "event", "workflow_run", "head_commit"),
    ("github", "event", "workflow_run", "head_repository"),
    ("github", "event", "workflow_run", "pull_requests"),
)
_HEADS = {"pull_request_target": _PULL, "workflow_run": _RUN, "issue_comment": ()}
"""What names the stranger's commit under which event; elsewhere it is empty."""
_SAME = (
    "head.repo.full_name == github.repository",
    "github.repository == github.event.pull_request.head.repo.full_name",
    "head.repo.fork == false",
    "!github.event.pull_request.head.repo.fork",
    "head.repo.fork != true",
    "head_repository.full_name == github.repository",
    "head_repository.fork == false",
    "head.repo.owner.login == github.repository_owner",
    "workflow_run.event == 'push'",
    "workflow_run.event != 'pull_request'",
    "workflow_run.event == 'schedule'",
    "workflow_run.event == 'release'",
    "workflow_run.event == 'workflow_dispatch'",
    "pull_request.merged",
)


class Checkout(Struct, frozen=True):
    """A checkout: the *event* that strangers cause, *what* is checked out, what *runs* it."""

    job: Job
    step: Step
    event: str
    what: str
    runs: str
    severity: Severity


def untrusted(pipeline: Pipeline) -> Iterator[Checkout]:
    """Yield the first untrusted checkout of each job, for the worst event that reaches it."""
    events = [event for event in EVENTS if event in pipeline.triggers]
    if not events:
        return
    for job in pipeline.jobs:
        for index, step in enumerate(job.steps):
            conditions = f"({_bare(job.condition)}) && ({_bare(step.condition)})"
            found = _what(step)
            if not found or _only_same(conditions) or _ended(pipeline, conditions):
                continue
            event = _event([one for one in events if one in found], conditions)
            if event:
                runs = _runs(job.steps[index + 1 :], text_of(step.inputs.get("path")), step)
                severity = _severity(pipeline, job, step, event=event, runs=runs)
                yield Checkout(job, step, event, found[event], runs, severity)
                break


def _what(step: Step) -> dict[str, str]:
    """Return what a step checks out of a stranger's, by the event under which it does."""
    if named(step, "actions/checkout"):
        return _checked_out(step)
    if step.run and ("pr checkout" in step.run or "pull/" in step.run):
        moves = "git checkout" in step.run or "git switch" in step.run
        for command in commands(step.run):
            words = command.words
            fetched = words[:2] in (("git", "fetch"), ("git", "pull")) and any(
                "pull/" in word and ("/head" in word or "/merge" in word) for word in words
            )
            if words[:3] == ("gh", "pr", "checkout") or (fetched and (moves or words[1] == "pull")):
                return dict.fromkeys(EVENTS, "the pull request")
    return {}


def _checked_out(step: Step) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in ("ref", "repository"):
        text = text_of(step.inputs.get(name))
        flows = [path for one in expressions(text) for path in one.flows]
        for event, heads in _HEADS.items():
            if any(path[: len(head)] == head for path in flows for head in heads):
                found[event] = "the pull request's head"
        if "refs/pull/" in text and flows:
            comment = any("issue" in path for path in flows)
            run = any("workflow_run" in path for path in flows)
            event = "issue_comment" if comment else "workflow_run" if run else EVENTS[0]
            found.setdefault(event, "the pull request")
    return found


def _only_same(conditions: str) -> bool:
    """Return whether the job runs only for branches of the repository itself."""
    flat = " ".join(conditions.replace('"', "'").split())
    sides = [side[1:-1] for side in _conjuncts(flat) for side in [side.strip()]]
    parts = [part for side in sides for part in _conjuncts(side)]
    return any("||" not in part and any(text in part for text in _SAME) for part in parts)


def _bare(condition: str) -> str:
    text = condition.strip()
    inner = text[3:-2] if text.startswith("${{") and text.endswith("}}") else text
    return inner.strip()


def _conjuncts(text: str) -> list[str]:
    """Split at ``&&`` outside parentheses; with an ``||`` there, nothing must hold."""
    found: list[str] = []
    depth = start = 0
    for at, char in enumerate(text):
        if char in "({":
            depth += 1
        elif char in ")}":
            depth -= 1
        elif depth <= 0 and text.startswith("||", at):
            return []
        elif depth <= 0 and text.startswith("&&", at):
            found.append(text[start:at])
            start = at + 2
    return [*found, text[start:]]


def _ended(pipeline: Pipeline, conditions: str) -> bool:
    """Return whether it runs only once the pull request is closed: it was merged, or is gone."""
    types = filters(pipeline, "pull_request_target").get("types")
    return types in (["closed"], "closed") and "merged" in conditions


def _event(events: list[str], conditions: str) -> str:
    """Return the first event that the conditions let through."""
    said = [event for event in events if f"event_name == '{event}'" in conditions]
    if said:
        return said[0]
    if "event_name == '" in conditions and "||" not in conditions:
        return ""
    rest = [event for event in events if f"event_name != '{event}'" not in conditions]
    return rest[0] if rest else ""


def _runs(steps: tuple[Step, ...], path: str, checkout: Step) -> str:
    """Name the first thing that runs code or configuration of what was checked out."""
    return runs_tree((checkout, *steps) if checkout.run else steps, path)


def runs_tree(steps: tuple[Step, ...], path: str = "") -> str:
    """Name the first thing in *steps* that runs what lies in *path*; "" if nothing does."""
    for step in steps:
        if step.uses.startswith("./") and not path:
            return step.uses[:60]
        if named(step, "pre-commit/action") and not path:
            return "pre-commit"
        inside = (
            not path or path in text_of(step.inputs.get("working-directory")) or path in step.run
        )
        if not step.run or not inside:
            continue
        for one in commands(step.run):
            if ran := _executes(one):
                return ran
    return ""


def _executes(one: Command) -> str:
    """Name what a command runs of the tree it stands in; "" if it is not sure to."""
    program, args = one.program, one.args
    first = args[0] if args else ""
    if program in _VERBS:
        return program if first in _VERBS[program] or (program in _BARE and not args) else ""
    if program in _PYTHONS:
        script = first.endswith(".py") and not first.startswith("/")
        module = first == "-m" and args[1:2] and args[1] in _MODULES
        return f"{program} {first}"[:60] if script else program if module else ""
    if program in _TOOLS:
        return "" if first in _HARMLESS else program
    if program in _SHELLS and first and not first.startswith(("-", "<", "/", "$", "~")):
        return first[:60]
    return one.words[0][:60] if one.words and one.words[0].startswith("./") else ""


def _severity(pipeline: Pipeline, job: Job, step: Step, *, event: str, runs: str) -> Severity:
    level = Severity.CRITICAL if runs else Severity.HIGH
    answered = event == "issue_comment" and ".outputs." in f"{job.condition}{step.condition}"
    if gated(job, step) or answered or _asks_who(job, step):
        level = Severity.MEDIUM
    said = job.permissions if job.permissions is not None else pipeline.permissions
    reads = said == "read-all" or (
        isinstance(said, dict) and not any(value == "write" for value in said.values())
    )
    if reads and not _secret(job) and "secrets" not in str(pipeline.env):
        level = min(level, Severity.MEDIUM)
    if event != "pull_request_target":
        level = min(level, Severity.HIGH)
    if event == "workflow_run" and (filters(pipeline, event).get("branches")):
        level = min(level, Severity.MEDIUM)
    return level


def _asks_who(job: Job, step: Step) -> bool:
    """Return whether a step before asks whether the one who caused the run may write."""
    for one in job.steps:
        if one is step:
            return False
        text = f"{one.run}{text_of(one.inputs.get('script'))}{one.uses}"
        if any(word in text for word in _ASKS):
            return True
    return False


def _secret(job: Job) -> bool:
    texts = [*job.env.values()]
    for step in job.steps:
        texts += [step.run, *step.env.values(), *step.inputs.values()]
    return any(isinstance(text, str) and "secrets." in text for text in texts)
