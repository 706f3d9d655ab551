"""Checkouts of a pull request's head by a job that has the repository's rights."""

from collections.abc import Iterator

from msgspec import Struct

from keten.checks._shell import commands
from keten.checks.pipeline._expressions import expressions
from keten.checks.pipeline._github import filters, named, text_of
from keten.model.delivery import Job, Pipeline, Step
from keten.model.finding import Severity

EVENTS = ("pull_request_target", "workflow_run", "issue_comment")

_TOOLS = frozenset(
    [
        "npm",
        "npx",
        "yarn",
        "pnpm",
        "bun",
        "make",
        "gmake",
        "cmake",
        "ninja",
        "python",
        "python3",
        "pytest",
        "tox",
        "nox",
        "poetry",
        "uv",
        "pdm",
        "hatch",
        "pre-commit",
        "go",
        "cargo",
        "mvn",
        "mvnw",
        "gradle",
        "gradlew",
        "./gradlew",
        "bundle",
        "rake",
        "gem",
        "composer",
        "php",
        "bazel",
        "bazelisk",
        "docker",
        "docker-compose",
        "terraform",
        "tofu",
        "ansible-playbook",
        "helm",
        "just",
        "task",
        "mage",
        "sbt",
        "dotnet",
        "msbuild",
        "swift",
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
        "deno",
        "nix",
        "nix-build",
        "earthly",
        "dagger",
        "skaffold",
    ]
)
_SHELLS = frozenset({"bash", "sh", "zsh", "source", "."})
_HARMLESS = frozenset(
    {"version", "--version", "-v", "-V", "login", "pull", "install-hooks", "config"}
)
_HEAD = (
    ("github", "head_ref"),
    ("github", "event", "pull_request", "head"),
    ("github", "event", "pull_request", "merge_commit_sha"),
    ("github", "event", "workflow_run", "head_sha"),
    ("github", "event", "workflow_run", "head_branch"),
    ("github", "event", "workflow_run", "head_commit"),
    ("github", "event", "workflow_run", "head_repository"),
    ("github", "event", "workflow_run", "pull_requests"),
)
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
_GATES = (
    "author_association",
    "labels",
    "label.name",
    "github.actor",
    "user.login",
    "sender.login",
    "triggering_actor",
    "permission",
    "authorized",
    "allowed",
    "approved",
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
            conditions = f"{job.condition} && {step.condition}"
            what = _what(step)
            if not what or _only_same(conditions) or _ended(pipeline, conditions):
                continue
            event = _event(events, conditions)
            if event:
                runs = _runs(job.steps[index + 1 :], text_of(step.inputs.get("path")), step)
                severity = _severity(pipeline, job, conditions, event=event, runs=runs)
                yield Checkout(job, step, event, what, runs, severity)
                break


def _what(step: Step) -> str:
    if named(step, "actions/checkout"):
        for name in ("ref", "repository"):
            text = text_of(step.inputs.get(name))
            for one in expressions(text):
                for path in one.flows:
                    if any(path[: len(head)] == head for head in _HEAD):
                        return "the pull request's head"
            if "refs/pull/" in text and "${{" in text:
                return "the pull request"
        return ""
    if step.run and ("pr checkout" in step.run or "pull/" in step.run):
        for command in commands(step.run):
            words = command.words
            if words[:3] == ("gh", "pr", "checkout"):
                return "the pull request"
            if (
                words[:2] in (("git", "fetch"), ("git", "pull"))
                and any("pull/" in word and ("/head" in word or "/merge" in word) for word in words)
                and ("git checkout" in step.run or "git switch" in step.run or words[1] == "pull")
            ):
                return "the pull request"
    return ""


def _only_same(conditions: str) -> bool:
    """Return whether the job runs only for branches of the repository itself."""
    flat = " ".join(conditions.replace('"', "'").split())
    return "||" not in flat and any(text in flat for text in _SAME)


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
            program = one.program
            if (
                program in _TOOLS
                and not (set(one.args[:1]) & _HARMLESS)
                and one.args[:1] != ("-c",)
            ):
                return program
            if program in _SHELLS and one.args[:1] and not one.args[0].startswith(("-", "<", "/")):
                return one.args[0][:60]
            if one.words and one.words[0].startswith("./"):
                return one.words[0][:60]
    return ""


def _severity(pipeline: Pipeline, job: Job, conditions: str, *, event: str, runs: str) -> Severity:
    level = Severity.CRITICAL if runs else Severity.HIGH
    if any(gate in conditions for gate in _GATES) or job.environment:
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


def _secret(job: Job) -> bool:
    texts = [*job.env.values()]
    for step in job.steps:
        texts += [step.run, *step.env.values(), *step.inputs.values()]
    return any(isinstance(text, str) and "secrets." in text for text in texts)
