"""What the checks of Dockerfiles ask again and again."""

from collections.abc import Iterator

from keten.checks._shell import Command, commands
from keten.model.delivery import Dockerfile, Instruction, Stage

_ASIDE = frozenset(
    [
        ".github",
        ".circleci",
        ".ci",
        "ci",
        "dev",
        "devenv",
        "test",
        "tests",
        "testdata",
        "testing",
        "e2e",
        "fixtures",
        "fixture",
        "example",
        "examples",
        "samples",
        "sample",
        "demo",
        "demos",
        ".devcontainer",
        "devcontainer",
        "hack",
        "bench",
        "benchmark",
        "benchmarks",
        "docs",
        "integration",
    ]
)
_SHELLS = frozenset({"sh", "bash", "/bin/sh", "/bin/bash", "ash", "/bin/ash", "zsh"})


_BUILDS = frozenset(
    ["base", "build", "builder", "binary", "dev", "development", "debug", "test", "ci", "gitpod"]
)


def aside(recipe: Dockerfile) -> bool:
    """Return whether the file stands among tests or examples: its image hardly ships."""
    return any(part.lower() in _ASIDE for part in recipe.id.split("/")[:-1])


def builds(recipe: Dockerfile) -> bool:
    """Return whether the name says that others build on or in it: Dockerfile.base, .builder."""
    name = recipe.id.lower().rpartition("/")[2]
    return not _BUILDS.isdisjoint(name.replace("-", ".").replace("_", ".").split("."))


def instructions(recipe: Dockerfile, *names: str) -> Iterator[tuple[str, Stage, Instruction]]:
    """Yield the instructions of the given words with their field path and stage."""
    for index, stage in enumerate(recipe.stages):
        for number, one in enumerate(stage.instructions):
            if one.word in names:
                yield f"stages[{index}].instructions[{number}]", stage, one


def scripts(one: Instruction) -> Iterator[str]:
    """Yield the shell text that an instruction runs."""
    if one.json is not None:
        if len(one.json) > 2 and one.json[0] in _SHELLS and one.json[1].startswith("-"):  # noqa: PLR2004 sh -c x
            yield one.json[2]
    elif one.heredocs and one.text.startswith("<<") and len(one.text.split()) == 1:
        if not one.heredocs[0].startswith("#!") or "sh" in one.heredocs[0].split("\n", 1)[0]:
            yield one.heredocs[0]
    else:
        yield one.text


def ran(recipe: Dockerfile) -> Iterator[tuple[str, Command]]:
    """Yield every command of every RUN with its instruction's field path."""
    for at, stage, one in instructions(recipe, "RUN"):
        if not windows(stage):
            for script in scripts(one):
                for command in commands(script):
                    yield at, command


def windows(stage: Stage) -> bool:
    """Return whether a stage is of Windows, or speaks PowerShell."""
    if "windows" in stage.platform or "nanoserver" in stage.base or "servercore" in stage.base:
        return True
    return any(
        one.word == "SHELL" and ("powershell" in one.text.lower() or "cmd" in one.text.lower())
        for one in stage.instructions
    )


def chain(recipe: Dockerfile) -> list[tuple[int, Stage]]:
    """Return the final stage and those it builds on, last first."""
    found: list[tuple[int, Stage]] = []
    index: int | None = len(recipe.stages) - 1
    while index is not None and 0 <= index < len(recipe.stages):
        found.append((index, recipe.stages[index]))
        parent = recipe.stages[index].parent
        index = parent if parent is not None and parent < index else None
    return found


def split(base: str) -> tuple[str, str, str]:
    """Return the repository (without the hub's own names), the tag and the digest of an image."""
    name, _, digest = base.partition("@")
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        repository, tag = name, ""
    for lead in ("docker.io/", "index.docker.io/", "registry-1.docker.io/"):
        repository = repository.removeprefix(lead)
    return repository.removeprefix("library/").lower(), tag, digest
