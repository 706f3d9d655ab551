"""Dockerfiles and Containerfiles: the recipe of an image, stage by stage.

Field paths: ``arguments.NAME``, ``stages[0].base``, ``stages[0].instructions[3]``.
"""

import posixpath
from collections.abc import Iterator

from msgspec import msgpack

from keten.errors import InputError
from keten.model.delivery import Dockerfile, Instruction, Stage
from keten.model.evidence import Link, Place, Problem
from keten.model.facts import Edge, Facts, Looked, Trust
from keten.model.plug import Reader, Source

CEILING = 4 << 20
_BY = "dockerfile"
_TEMPLATE = (".j2", ".jinja", ".jinja2", ".tmpl", ".template", ".tpl", ".gotmpl", ".erb", ".in",
             ".hbs", ".mustache")  # fmt: skip
_OTHER = (".dockerignore", ".containerignore", ".md", ".rst", ".txt", ".py", ".go", ".js", ".ts",
          ".sh", ".json", ".yml", ".yaml", ".html", ".orig", ".rej", ".swp", ".pyc", ".rb",
          ".java", ".rs", ".lock", ".toml")  # fmt: skip


def read(source: Source) -> Facts:
    """Return one Dockerfile and the images it builds from."""
    from keten.formats import dockerfile

    path = source.path
    name = posixpath.basename(path).lower()
    if name.endswith(_OTHER):
        return Facts()
    if name.endswith(_TEMPLATE) and (b"{{" in source.data or b"{%" in source.data):
        advice = "Render it, and scan what comes out."
        return Facts(problems=(_problem(path, "a template, not rendered", advice=advice),))
    recipe = dockerfile.parse(source.data.decode("utf-8", "replace"))
    faults = [_problem(path, fault.what, line=fault.line) for fault in recipe.faults]
    node = Dockerfile(
        path,
        stages=recipe.stages,
        syntax=recipe.syntax,
        arguments=recipe.arguments,
        ignored=_ignored(source),
    )
    fields = {f"arguments.{name}": line for name, line in recipe.lines.items()}
    fields |= _lines(recipe.stages)
    images, edges = _images(node)
    return Facts(
        nodes=(node, *images),
        edges=tuple(edges),
        looked=() if faults else (Looked(node.ref, "dockerfile"),),
        problems=tuple(faults),
        places=(Place(node.ref, path, recipe.stages[0].line, 1, msgpack.encode(fields)),),
    )


def _problem(path: str, what: str, *, line: int = 0, advice: str = "") -> Problem:
    return Problem(
        path,
        what,
        line,
        advice=advice or "Mend the line so that docker build would accept it.",
        link=Link.IMAGE,
        about=f"dockerfile {path}",
        need="dockerfile",
    )


def _ignored(source: Source) -> bool:
    """Look where BuildKit would: beside the file under its name, or in a context above it."""
    if source.files.exists(f"{source.path}.dockerignore"):
        return True
    folder = posixpath.dirname(source.path)
    while True:
        for name in (".dockerignore", ".containerignore"):
            if source.files.exists(posixpath.join(folder, name)):
                return True
        if not folder:
            return False
        folder = posixpath.dirname(folder)


def _lines(stages: tuple[Stage, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for index, stage in enumerate(stages):
        found[f"stages[{index}]"] = stage.line
        found[f"stages[{index}].base"] = stage.line
        for number, one in enumerate(stage.instructions):
            found[f"stages[{index}].instructions[{number}]"] = one.line
    return found


def _images(node: Dockerfile) -> tuple[list[object], list[Edge]]:
    from keten.formats import reference

    images: dict[str, object] = {}
    edges: dict[tuple[str, str], Edge] = {}
    for relation, text in _named(node):
        try:
            image = reference.parse(text)
        except InputError:
            continue
        images[image.ref] = image
        edges[relation, image.ref] = Edge(
            node.ref, relation, image.ref, Trust.OBSERVED, evidence=node.id, by=_BY
        )
    return list(images.values()), list(edges.values())


def _named(node: Dockerfile) -> Iterator[tuple[str, str]]:
    """Yield each image that is named: to build from, or to copy from."""
    names: set[str] = set()
    for stage in node.stages:
        if stage.parent is None and stage.base.lower() != "scratch" and not stage.unresolved:
            yield "builds-from", stage.base
        for one in stage.instructions:
            for text in _copied(one):
                if text and not text.isdecimal() and text.lower() not in names and "$" not in text:
                    yield "copies-from", text
        if stage.name:
            names.add(stage.name)


def _copied(one: Instruction) -> Iterator[str]:
    if one.word == "COPY" and "from" in one.flags:
        yield one.flags["from"]
    elif one.word == "RUN" and "mount" in one.flags:
        for mount in one.flags["mount"].split("\n"):
            for part in mount.split(","):
                if part.startswith("from="):
                    yield part.removeprefix("from=")


READER = Reader(
    title="Dockerfiles and Containerfiles",
    media_type="text/x-dockerfile",
    read=read,
    link=Link.IMAGE,
    names=(
        "Dockerfile",
        "Containerfile",
        "dockerfile",
        "containerfile",
        "Dockerfile.*",
        "Containerfile.*",
        "*.dockerfile",
        "*.Dockerfile",
        "*.containerfile",
        "*.Containerfile",
    ),
    ceiling=CEILING,
)
