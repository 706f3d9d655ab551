"""GitLab CI files as one pipeline: includes, extends, defaults and references resolved.

Reference: https://docs.gitlab.com/ci/yaml/. Only files of the tree are followed.
"""

import posixpath
from collections.abc import Callable
from typing import Any

from keten.errors import CeilingError, InputError
from keten.formats.github_actions import below, plain
from keten.formats.yaml.documents import Dialect, load_all
from keten.model.delivery import Job, Pipeline, Step

MAX_FILES = 150
"""GitLab's own default ceiling on included files."""
MAX_JOBS = 2000
MAX_EXTENDS = 11
"""Levels of extends, GitLab's own ceiling."""
MAX_REFERENCES = 20
"""Levels of lists and references in a script; GitLab follows ten references."""
MAX_VISITS = 200_000
"""Script entries of all jobs, after references are put in."""
MAX_LINES = 20_000
"""Lines of one job's script after references are put in."""

_NOT_JOBS = frozenset(
    [
        "after_script",
        "before_script",
        "cache",
        "default",
        "image",
        "include",
        "pages:deploy",
        "services",
        "spec",
        "stages",
        "types",
        "variables",
        "workflow",
    ]
)
_DEFAULTS = ("after_script", "artifacts", "before_script", "cache", "hooks", "id_tokens", "image",
             "interruptible", "retry", "services", "tags", "timeout")  # fmt: skip
_KINDS = ("local", "remote", "project", "template", "component")
_KEPT = ("allow_failure", "artifacts", "cache", "id_tokens", "trigger", "stage", "extends", "only",
         "except", "when", "secrets", "dependencies", "inherit", "release", "coverage")  # fmt: skip

Fault = tuple[str, int]


class Files:
    """The tree's files, counted: no more than the ceiling are opened."""

    def __init__(self, read: Callable[[str], bytes | None]) -> None:
        self._read = read
        self._opened = 0

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, None where there is none; CeilingError for too many."""
        self._opened += 1
        if self._opened > MAX_FILES:
            raise CeilingError(f"more than {MAX_FILES} included files")
        return self._read(path)


def pipeline(path: str, data: bytes, files: Files) -> tuple[Pipeline, dict[str, int], list[Fault]]:
    """Return the pipeline, its lines, and what of it could not be read."""
    reading = _Reading(files)
    top, fields = _load(data)
    whole = reading.with_includes(path, top, fields)
    builder = _Builder(whole, fields, reading)
    jobs = builder.jobs()
    inputs = _spec(data)
    return (
        Pipeline(
            path,
            system="gitlab",
            name=plain(_map(whole.get("workflow")).get("name")),
            triggers={"workflow": whole["workflow"]} if _map(whole.get("workflow")) else {},
            env=_variables(whole.get("variables")),
            defaults=_map(whole.get("default")),
            jobs=tuple(jobs),
            includes=tuple(reading.includes),
            inputs=inputs,
        ),
        fields,
        reading.faults,
    )


def _load(data: bytes) -> tuple[dict[str, Any], dict[str, int]]:
    """Return the last document: a first one may be the header, ``spec:``."""
    documents = list(load_all(data, Dialect.CORE))
    if not documents:
        raise InputError("an empty pipeline", advice="Remove the file, or give it jobs.")
    last = documents[-1]
    if not isinstance(last.value, dict):
        raise InputError("a pipeline is a mapping", line=last.line)
    return {str(k): v for k, v in last.value.items()}, dict(last.fields)


def _spec(data: bytes) -> dict[str, Any]:
    documents = list(load_all(data, Dialect.CORE))
    first = documents[0].value if len(documents) > 1 else None
    spec = _map(first).get("spec")
    return _map(_map(spec).get("inputs"))


class _Reading:
    """Follows local includes; keeps what else is included, and what went wrong."""

    def __init__(self, files: Files) -> None:
        self.faults: list[Fault] = []
        self.includes: list[dict[str, Any]] = []
        self.foreign: dict[str, str] = {}
        self._files = files
        self._root = ""

    def with_includes(
        self, path: str, top: dict[str, Any], fields: dict[str, int]
    ) -> dict[str, Any]:
        """Return *top* merged over everything it includes from the tree."""
        self._root = posixpath.dirname(path)
        return self._follow(top, fields, (path,), at="")

    def _follow(
        self, top: dict[str, Any], fields: dict[str, int], chain: tuple[str, ...], *, at: str
    ) -> dict[str, Any]:
        """Merge over its includes the file that *chain* ends in; *at* is the first include."""
        merged: dict[str, Any] = {}
        said = top.get("include")
        entries = said if isinstance(said, list) else [] if said is None else [said]
        for number, entry in enumerate(entries):
            here = at or (f"include[{number}]" if isinstance(said, list) else "include")
            line = 0 if at else fields.get(here, 0)
            for one in self._entry(entry, here, line):
                if "local" in one:
                    part = self._local(str(one["local"]), chain, at=here, line=line)
                    merged = _merge(merged, part)
                else:
                    self.includes.append(one)
        for key in top:
            if at:
                self.foreign.setdefault(key, at)
            else:
                self.foreign.pop(key, None)
        return _merge(merged, {k: v for k, v in top.items() if k != "include"})

    def _entry(self, entry: Any, at: str, line: int) -> list[dict[str, Any]]:
        if isinstance(entry, str):
            kind = "remote" if entry.startswith(("http://", "https://")) else "local"
            return [{"at": at, kind: entry}]
        if isinstance(entry, dict) and any(kind in entry for kind in _KINDS):
            kept = {str(k): v for k, v in entry.items() if k != "rules"}
            if isinstance(kept.get("local"), list):
                return [{"at": at, "local": str(one)} for one in kept["local"]]
            return [{"at": at, **kept}]
        if not (isinstance(entry, dict) and "artifact" in entry):
            self.faults.append(("an include names no file", line))
        return (
            [{"at": at, **{str(k): v for k, v in entry.items()}}] if isinstance(entry, dict) else []
        )

    def _local(self, name: str, chain: tuple[str, ...], *, at: str, line: int) -> dict[str, Any]:
        self.includes.append({"at": at, "local": name})
        if "$" in name or "*" in name:
            self.faults.append((f"include {name[:80]!r} is not followed: it is a pattern", line))
            return {}
        target = posixpath.normpath(posixpath.join(self._root, name.lstrip("/")))
        if target.startswith(".."):
            self.faults.append((f"include {name[:80]!r} leaves the project", line))
            return {}
        if target in chain:
            self.faults.append((f"{chain[-1]} includes {target}, which includes it", line))
            return {}
        data = self._files.read(target)
        if data is None:
            self.faults.append((f"included file {target[:120]!r} is not there", line))
            return {}
        try:
            inner, fields = _load(data)
        except CeilingError:
            raise
        except InputError as error:
            self.faults.append((f"included {target}: {error.what}", line))
            return {}
        return self._follow(inner, fields, (*chain, target), at=at)


class _Builder:
    """Makes jobs of the merged file."""

    def __init__(self, whole: dict[str, Any], fields: dict[str, int], reading: _Reading) -> None:
        self._whole = whole
        self._fields = fields
        self._reading = reading
        self._done: dict[str, dict[str, Any]] = {}
        self._visits = 0
        self._default = {k: whole[k] for k in _DEFAULTS if k in whole}
        self._origins = dict.fromkeys(self._default, "")
        said = _map(whole.get("default"))
        self._default |= {k: v for k, v in said.items() if k in _DEFAULTS}
        self._origins |= dict.fromkeys(said, "default")

    def jobs(self) -> list[Job]:
        """Return the jobs that run: hidden ones (``.name``) are templates only."""
        names = [
            name
            for name, said in self._whole.items()
            if name not in _NOT_JOBS and not name.startswith(".") and isinstance(said, dict)
        ]
        if len(names) > MAX_JOBS:
            raise CeilingError(f"more than {MAX_JOBS} jobs")
        for name, said in self._whole.items():
            if name not in _NOT_JOBS and not isinstance(said, dict) and not name.startswith("."):
                self._fault(f"job {name[:60]!r} is no mapping", name)
        return [self._job(name) for name in names]

    def _fault(self, what: str, name: str) -> None:
        self._reading.faults.append((what, self._fields.get(below("", name), 0)))

    def _effective(self, name: str) -> dict[str, Any]:
        said = self._extended(name, (name,))
        inherit = _map(said.get("inherit")).get("default", True)
        for key, value in self._default.items():
            wanted = inherit is True or (isinstance(inherit, list) and key in inherit)
            if wanted and key not in said:
                said[key] = value
        return said

    def _extended(self, name: str, chain: tuple[str, ...]) -> dict[str, Any]:
        if name in self._done:
            return dict(self._done[name])
        own = _map(self._whole.get(name))
        parents = own.get("extends")
        merged: dict[str, Any] = {}
        said = parents if isinstance(parents, list) else [parents] if parents else []
        for parent in map(str, said):
            if parent in chain or len(chain) > MAX_EXTENDS:
                self._fault(f"{name[:60]} extends itself through {parent[:60]}", name)
            elif parent in self._whole:
                merged = _merge(merged, self._extended(parent, (*chain, parent)))
            elif not self._elsewhere():
                self._fault(f"{name[:60]} extends {parent[:60]}, which is not there", name)
        self._done[name] = _merge(merged, own)
        return dict(self._done[name])

    def _elsewhere(self) -> bool:
        """Return whether something is included that was not read."""
        return any("local" not in one for one in self._reading.includes)

    def _job(self, name: str) -> Job:
        said = self._effective(name)
        at = self._reading.foreign.get(name) or below("", name)
        images, credentials = _images(said, at)
        names = list(said["services"]) if isinstance(said.get("services"), list) else []
        rules = said.get("rules")
        steps = [
            Step(self._at(name, part, at), id=part, name=part, run=text)
            for part in ("before_script", "script", "after_script")
            if (text := "\n".join(self._script(said.get(part), 0, [])))
        ]
        return Job(
            name,
            at,
            needs=tuple(_needs(said.get("needs"))),
            runner=tuple(map(plain, said["tags"])) if isinstance(said.get("tags"), list) else (),
            image=images[0],
            services=tuple(images[1:]),
            credentials=tuple(credentials),
            environment=plain(_map(said.get("environment")).get("name"))
            or plain(said.get("environment")),
            env=_variables(said.get("variables")),
            strategy=_map(said.get("parallel")),
            steps=tuple(steps),
            rules=tuple(one for one in rules if isinstance(one, dict))
            if isinstance(rules, list)
            else (),
            extra={
                **{key: said[key] for key in _KEPT if key in said},
                **({"service_count": len(names)} if names else {}),
            },
        )

    def _at(self, name: str, part: str, at: str) -> str:
        """Return where a script stands: in the job, or in what is the default for all."""
        if part in self._own(name) or part not in self._origins:
            return f"{at}.{part}"
        return below(self._origins[part], part)

    def _own(self, name: str) -> dict[str, Any]:
        return self._extended(name, (name,))

    def _script(self, said: Any, depth: int, lines: list[str]) -> list[str]:
        """Flatten a script; ``!reference [job, script]`` arrives as a list of two names."""
        self._visits += 1
        if len(lines) > MAX_LINES or self._visits > MAX_VISITS:
            raise CeilingError(f"a script of more than {MAX_LINES} lines")
        if isinstance(said, list):
            if depth > MAX_REFERENCES:
                fault = (f"a script is nested, or refers, deeper than {MAX_REFERENCES} levels", 0)
                if fault not in self._reading.faults:
                    self._reading.faults.append(fault)
                return lines
            target = self._reference(said)
            if target is not None:
                return self._script(target, depth + 1, lines)
            for one in said:
                self._script(one, depth + 1, lines)
        elif said is not None and not isinstance(said, dict):
            lines.append(plain(said))
        return lines

    def _reference(self, said: list[Any]) -> Any:
        if len(said) < 2 or not all(isinstance(one, str) for one in said):  # noqa: PLR2004 a path
            return None
        here: Any = self._whole
        for key in said:
            if not isinstance(here, dict) or key not in here:
                return None
            here = here[key]
        return here


def _merge(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Merge as GitLab merges: mappings deeply, everything else replaced. Two levels suffice."""
    merged = dict(under)
    for key, value in over.items():
        before = merged.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            inner = dict(before)
            for name, one in value.items():
                old = inner.get(name)
                both = isinstance(old, dict) and isinstance(one, dict)
                inner[name] = {**_map(old), **one} if both else one
            merged[key] = inner
        else:
            merged[key] = value
    return merged


def _images(said: dict[str, Any], at: str) -> tuple[list[str], list[dict[str, Any]]]:
    services = said.get("services")
    held = [("image", said.get("image"))]
    if isinstance(services, list):
        held += [(f"services[{number}]", one) for number, one in enumerate(services)]
    images: list[str] = []
    credentials: list[dict[str, Any]] = []
    for where, one in held:
        images.append(plain(_map(one).get("name")) if isinstance(one, dict) else plain(one))
        variables = _map(_map(one).get("variables"))
        if variables:
            credentials.append({"at": f"{at}.{where}.variables", **variables})
    return images, credentials


def _variables(said: Any) -> dict[str, Any]:
    """Return variables as name and value; ``{value: x, description: y}`` gives x."""
    return {str(k): v.get("value", "") if isinstance(v, dict) else v for k, v in _map(said).items()}


def _needs(said: Any) -> list[str]:
    if not isinstance(said, list):
        return []
    return [plain(_map(one).get("job")) if isinstance(one, dict) else plain(one) for one in said]


def _map(value: Any) -> dict[str, Any]:
    return {str(k): v for k, v in value.items()} if isinstance(value, dict) else {}
