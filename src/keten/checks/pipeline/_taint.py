"""Which contexts of a workflow hold text that a stranger, or a caller, chooses.

The list of fields is GitHub's own ("Secure use reference", untrusted input) and the webhook
events' schemas: names, titles, bodies, messages, branch names. Numbers, hashes, logins and the
names of repositories can not carry shell syntax and are not in it.
"""

from keten.checks.pipeline._expressions import Expression, expressions
from keten.checks.pipeline._github import FORK, action, filters, text_of
from keten.model.delivery import Job, Pipeline, Step
from keten.model.finding import Severity

_PERSON = ("name", "email")
_COMMIT = (("message",), *(("author", p) for p in _PERSON), *(("committer", p) for p in _PERSON))
_HEAD = (("ref",), ("label",), ("repo", "default_branch"), ("repo", "description"),
         ("repo", "homepage"))  # fmt: skip
_ISSUES = frozenset({"issues", "issue_comment"})
_PULLS = frozenset({*FORK, "pull_request_target"})

_FIELDS: dict[str, tuple[frozenset[str], tuple[tuple[str, ...], ...]]] = {
    "issue": (_ISSUES, (("title",), ("body",))),
    "pull_request": (_PULLS, (("title",), ("body",), *(("head", *one) for one in _HEAD))),
    "comment": (
        frozenset({"issue_comment", "discussion_comment", "commit_comment",
                   "pull_request_review_comment"}),
        (("body",),),
    ),
    "review": (frozenset({"pull_request_review"}), (("body",),)),
    "discussion": (frozenset({"discussion", "discussion_comment"}), (("title",), ("body",))),
    "pages": (frozenset({"gollum"}), (("*", "page_name"), ("*", "title"))),
    "commits": (frozenset({"push"}), tuple(("*", *one) for one in _COMMIT)),
    "head_commit": (frozenset({"push"}), _COMMIT),
    "workflow_run": (
        frozenset({"workflow_run"}),
        (("head_branch",), ("display_title",), *(("head_commit", *one) for one in _COMMIT),
         ("head_repository", "description"), ("pull_requests", "*", "head", "ref")),
    ),
}  # fmt: skip

_OUTPUTS: dict[str, tuple[str, ...]] = {
    "tj-actions/changed-files": (),
    "tj-actions/branch-names": ("head_ref_branch", "current_branch"),
    "jitterbit/get-changed-files": (),
    "trilom/file-changes-action": (),
    "masesgroup/retrieve-changed-files": (),
    "xt0rted/pull-request-comment-branch": ("head_ref",),
    "alessbell/pull-request-comment-branch": ("head_ref",),
    "gotson/pull-request-comment-branch": ("head_ref",),
    "khan/pull-request-comment-trigger": ("comment_body",),
    "potiuk/get-workflow-origin": ("sourceheadbranch",),
    "amannn/action-semantic-pull-request": ("error_message",),
}
"""Actions whose outputs are a stranger's text (file names, branches); () stands for all."""


class Source:
    """Judges the contexts of one pipeline."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._events = frozenset(pipeline.triggers)

    def judge(self, path: tuple[str, ...], job: Job, step: Step, *, whole: bool) -> Severity | None:
        """Return how bad it is when the text of *path* is taken as code; None: harmless.

        *whole*: an object comes out with all its fields (toJSON), not as the word ``Object``.
        """
        match path:
            case ("github",) | ("github", "event"):
                if not whole:
                    return None
                return self._severity(_ISSUES | _PULLS | {"workflow_run", "push", "discussion"})
            case ("github", "head_ref"):
                return self._severity(_PULLS)
            case ("github", "event", "inputs", name) | ("inputs", name):
                return self._input(name)
            case ("github", "event", "client_payload", *_):
                return Severity.LOW
            case ("github", "event", kind, *rest) if kind in _FIELDS:
                events, fields = _FIELDS[kind]
                return self._severity(events) if _within(tuple(rest), fields, whole=whole) else None
            case ("env", name):
                return self._variable(name, job, step)
            case ("steps", name, "outputs", output):
                return self._output(name, output, job)
            case _:
                return None

    def _severity(self, carriers: frozenset[str]) -> Severity | None:
        if self._pipeline.system == "github-action":
            return Severity.MEDIUM
        live = self._events & carriers
        if live - FORK - {"push", "gollum"}:
            return Severity.HIGH
        if live & {"push", "gollum"} or "workflow_call" in self._events:
            return Severity.MEDIUM
        return Severity.LOW if live else None

    def _input(self, name: str) -> Severity | None:
        """Judge an input: only free text can do harm, and a caller may pass on a stranger's."""
        if self._pipeline.system == "github-action":
            published = self._pipeline.id in ("action.yml", "action.yaml")
            return Severity.LOW if published else Severity.INFO
        worst = None
        for event in ("workflow_call", "workflow_dispatch"):
            inputs = filters(self._pipeline, event).get("inputs")
            spec = next(
                (v for k, v in inputs.items() if str(k).lower() == name), None
            ) if isinstance(inputs, dict) else None  # fmt: skip
            kind = spec.get("type", "string") if isinstance(spec, dict) else "string"
            if isinstance(inputs, dict) and kind == "string" and worst is None:
                declared = any(str(k).lower() == name for k in inputs)
                worst = Severity.INFO if declared else None
        return worst

    def _variable(self, name: str, job: Job, step: Step) -> Severity | None:
        for env in (step.env, job.env, self._pipeline.env):
            for key, value in env.items():
                if key.lower() == name:
                    return self.worst(expressions(text_of(value)), job, Step(step.at))
        return None

    def worst(self, found: tuple[Expression, ...], job: Job, step: Step) -> Severity | None:
        """Return the worst of all that flows out of *found*; variables of variables are not."""
        judged = [
            self.judge(path, job, step, whole="tojson" in one.calls)
            for one in found
            for path in one.flows
            if path[0] != "env"
        ]
        return max((one for one in judged if one is not None), default=None)

    def _output(self, name: str, output: str, job: Job) -> Severity | None:
        for step in job.steps:
            if step.id.lower() == name and (used := action(step.uses)):
                outputs = _OUTPUTS.get(used.name)
                counts = output.endswith(("_count", "any_changed", "any_modified", "any_deleted",
                                          "only_changed", "only_modified"))  # fmt: skip
                if outputs is not None and (output in outputs or (not outputs and not counts)):
                    return self._severity(_PULLS | _ISSUES | {"push"})
        return None


def _within(path: tuple[str, ...], fields: tuple[tuple[str, ...], ...], *, whole: bool) -> bool:
    """Return whether *path* is one of *fields*, or with *whole* an object that holds one."""
    return any(
        (len(path) == len(field) or (whole and len(path) < len(field)))
        and all(a == b or "*" in (a, b) for a, b in zip(path, field, strict=False))
        for field in fields
    )


def spelled(path: tuple[str, ...]) -> str:
    """Write a context as in a file."""
    return ".".join(path).replace(".*", "[*]")
