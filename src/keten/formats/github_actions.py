"""GitHub Actions files as records: workflows and actions, in every shape the syntax allows.

References: https://docs.github.com/actions/reference/workflow-syntax-for-github-actions and
.../metadata-syntax-for-github-actions. Works on YAML already read, given as plain values.
"""

from collections.abc import Mapping
from typing import Any

from keten.errors import CeilingError
from keten.model.delivery import Job, Pipeline, Step

MAX_JOBS = 1000
MAX_STEPS = 5000
"""Of one job. GitHub's own ceilings are lower (256 jobs of a matrix, 1,000 steps)."""


class Shape:
    """Reads one file's value; what has a shape the syntax forbids is noted in *faults*.

    *fields* maps field paths to lines, *lines* are the file's lines (for comments).
    """

    def __init__(self, fields: Mapping[str, int], lines: list[str]) -> None:
        self.faults: list[tuple[str, int]] = []
        self._fields = fields
        self._lines = lines

    def workflow(self, path: str, value: Any) -> Pipeline:
        """Return the workflow; its faults say what could not be read."""
        top = self._map(value, "", "a workflow is a mapping")
        said = top.get("on")
        jobs = top.get("jobs")
        if jobs is None:
            self._fault("no jobs", "")
        jobs = self._map(jobs, "jobs", "jobs are a mapping")
        if len(jobs) > MAX_JOBS:
            raise CeilingError(f"more than {MAX_JOBS} jobs")
        return Pipeline(
            path,
            system="github",
            name=plain(top.get("name")),
            triggers=self._triggers(said),
            permissions=self._permissions(top.get("permissions"), "permissions"),
            env=_mapping(top.get("env")),
            defaults=_mapping(top.get("defaults")),
            concurrency=top.get("concurrency"),
            jobs=tuple(self._job(str(key), one) for key, one in jobs.items()),
        )

    def action(self, path: str, value: Any) -> Pipeline:
        """Return an action as a pipeline of one job, ``runs``."""
        top = self._map(value, "", "an action is a mapping")
        runs = self._map(top.get("runs"), "runs", "runs is a mapping")
        using = plain(runs.get("using"))
        if not using:
            self._fault("runs.using is missing", "runs")
        image = plain(runs.get("image")) if using.lower() == "docker" else ""
        extra = {k: v for k, v in runs.items() if k not in ("steps", "env", "image")}
        job = Job(
            "runs",
            "runs",
            image=image.removeprefix("docker://") if image.startswith("docker://") else "",
            env=_mapping(runs.get("env")),
            steps=self._steps(runs.get("steps"), "runs.steps"),
            extra=_keyed(extra),
        )
        return Pipeline(
            path,
            system="github-action",
            name=plain(top.get("name")),
            jobs=(job,),
            inputs=_mapping(top.get("inputs")),
        )

    def _triggers(self, said: Any) -> dict[str, Any]:
        match said:
            case str():
                return {said: {}}
            case list() if all(isinstance(one, str) for one in said):
                return {one: {} for one in said}
            case dict() if said:
                return {str(k): {} if v is None else v for k, v in said.items()}
            case _:
                self._fault("on names no event", "on")
                return {}

    def _permissions(self, said: Any, at: str) -> Any:
        match said:
            case None | str():
                return said
            case dict():
                return {str(k): plain(v) for k, v in said.items()}
            case _:
                self._fault("permissions are a word or a mapping", at)
                return None

    def _job(self, key: str, said: Any) -> Job:
        at = below("jobs", key)
        one = self._map(said, at, "a job is a mapping")
        uses = plain(one.get("uses"))
        if not uses and "runs-on" not in one and "steps" not in one:
            self._fault(f"job {key} has neither runs-on nor uses", at)
        images, credentials, extra = self._images(one, at)
        timeout = one.get("timeout-minutes")
        needs = one.get("needs")
        return Job(
            key,
            at,
            name=plain(one.get("name")),
            needs=_words(needs),
            condition=plain(one.get("if")),
            permissions=self._permissions(one.get("permissions"), f"{at}.permissions"),
            runner=_runner(one.get("runs-on")),
            image=images[0],
            services=tuple(images[1:]),
            credentials=tuple(credentials),
            uses=uses,
            inputs=_mapping(one.get("with")),
            secrets=one.get("secrets"),
            environment=_environment(one.get("environment")),
            env=_mapping(one.get("env")),
            strategy=_mapping(one.get("strategy")),
            steps=self._steps(one.get("steps"), f"{at}.steps"),
            timeout=float(timeout) if isinstance(timeout, int | float) else None,
            continue_on_error=one.get("continue-on-error"),
            extra={**extra, **self._comment(f"{at}.uses"), **_defaults(one)},
        )

    def _images(
        self, job: dict[str, Any], at: str
    ) -> tuple[list[str], list[dict[str, Any]], dict[str, Any]]:
        """Return the container's and the services' images, their credentials, and the rest."""
        extra: dict[str, Any] = {}
        credentials: list[dict[str, Any]] = []
        held = [("container", job.get("container"))]
        services = job.get("services")
        if isinstance(services, dict):
            held += [(below("services", str(name)), one) for name, one in services.items()]
            extra["services"] = [str(name) for name in services]
        images: list[str] = []
        for where, one in held:
            spec = _mapping(one)
            images.append(plain(one if isinstance(one, str) else spec.get("image")))
            if isinstance(spec.get("credentials"), dict):
                found = _keyed(spec["credentials"])
                credentials.append({"at": f"{at}.{where}.credentials", **found})
            if isinstance(spec.get("options"), str):
                extra[f"{where}.options"] = spec["options"]
        return images, credentials, extra

    def _steps(self, said: Any, at: str) -> tuple[Step, ...]:
        if said is None:
            return ()
        if not isinstance(said, list):
            self._fault("steps are a list", at)
            return ()
        if len(said) > MAX_STEPS:
            raise CeilingError(f"more than {MAX_STEPS} steps in a job")
        return tuple(self._step(one, f"{at}[{index}]") for index, one in enumerate(said))

    def _step(self, said: Any, at: str) -> Step:
        one = self._map(said, at, "a step is a mapping")
        if one and not ("run" in one or "uses" in one):
            self._fault("a step has run or uses", at)
        return Step(
            at,
            id=plain(one.get("id")),
            name=plain(one.get("name")),
            uses=plain(one.get("uses")),
            run=plain(one.get("run")),
            shell=plain(one.get("shell")),
            condition=plain(one.get("if")),
            inputs=_mapping(one.get("with")),
            env=_mapping(one.get("env")),
            comment=self._comment(f"{at}.uses").get("comment", ""),
        )

    def _comment(self, at: str) -> dict[str, str]:
        """Return the comment behind a value: ``uses: a/b@1f2e # v4``."""
        line = self._fields.get(at, 0)
        if not 0 < line <= len(self._lines):
            return {}
        _, mark, comment = self._lines[line - 1][:1000].partition(" #")
        return {"comment": comment.strip()} if mark else {}

    def _map(self, said: Any, at: str, what: str) -> dict[str, Any]:
        if isinstance(said, dict):
            return said
        if said is not None or not at or at.startswith("runs"):
            self._fault(what, at)
        return {}

    def _fault(self, what: str, at: str) -> None:
        self.faults.append((what, self._fields.get(at, 0)))


def below(at: str, key: str) -> str:
    """Return the field path of *key* in the mapping at *at*, as yaml.documents writes it."""
    if key.isascii() and key.replace("-", "_").isidentifier() and key[0] != "-":
        return f"{at}.{key}" if at else key
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'{at}["{escaped}"]'


def plain(value: Any) -> str:
    """Return a scalar as GitHub would turn it into text; "" for what is none."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case _:
            return ""


def _mapping(value: Any) -> dict[str, Any]:
    """Return a mapping with text keys; a whole-value expression becomes ``{"": text}``."""
    if isinstance(value, dict):
        return _keyed(value)
    return {"": value} if isinstance(value, str) and value else {}


def _keyed(value: dict[Any, Any]) -> dict[str, Any]:
    return {str(k): v for k, v in value.items()}


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(plain(one) for one in value)
    return (plain(value),) if plain(value) else ()


def _runner(value: Any) -> tuple[str, ...]:
    if isinstance(value, dict):
        group = plain(value.get("group"))
        return (*_words(value.get("labels")), *((f"group:{group}",) if group else ()))
    return _words(value)


def _environment(value: Any) -> str:
    return plain(value.get("name")) if isinstance(value, dict) else plain(value)


def _defaults(job: dict[str, Any]) -> dict[str, Any]:
    return {"defaults": job["defaults"]} if isinstance(job.get("defaults"), dict) else {}
