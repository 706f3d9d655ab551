"""GitHub Actions workflows, also as Gitea and Forgejo run them.

Field paths are those of the file: ``jobs.build.steps[2].uses``.
"""

import posixpath

from msgspec import msgpack

from keten.errors import InputError
from keten.formats import github_uses
from keten.model.delivery import Pipeline
from keten.model.evidence import Link, Place, Problem
from keten.model.facts import Edge, Facts, Looked, Trust
from keten.model.plug import Reader, Source

CEILING = 4 << 20
FOLDERS = (".github/workflows", ".gitea/workflows", ".forgejo/workflows")
_BY = "github-workflow"


def read(source: Source) -> Facts:
    """Return one workflow, the images its jobs run in and the actions they use."""
    from keten.formats import reference
    from keten.formats.github_actions import Shape
    from keten.formats.yaml.documents import Dialect, load_all

    if not posixpath.dirname(source.path).endswith(FOLDERS):
        return Facts()
    documents = list(load_all(source.data, Dialect.CORE))
    if not documents:
        raise InputError("an empty workflow", advice="Remove the file, or give it jobs.")
    first = documents[0]
    shape = Shape(first.fields, source.data.decode("utf-8", "replace").split("\n"))
    node = shape.workflow(source.path, first.value)
    faults = list(shape.faults)
    if len(documents) > 1:
        faults.append(("a workflow is one YAML document", documents[1].line))
    images = []
    edges = []
    for text in sorted(_images(node)):
        try:
            image = reference.parse(text)
        except InputError:
            continue
        images.append(image)
        edges.append(
            Edge(node.ref, "runs-in", image.ref, Trust.OBSERVED, evidence=source.path, by=_BY)
        )
    actions = github_uses.used(node, first.fields, _BY)
    return Facts(
        nodes=(node, *images, *actions.nodes),
        edges=(*edges, *actions.edges),
        looked=(*(() if faults else (Looked(node.ref, "pipeline"),)), *actions.looked),
        problems=tuple(
            Problem(
                source.path, what, line,
                advice="Mend the workflow so that GitHub would accept it.",
                link=Link.PIPELINE, about=node.ref, need="pipeline",
            )
            for what, line in faults
        ),
        places=(
            Place(node.ref, source.path, first.line, 1, msgpack.encode(first.fields)),
            *actions.places,
        ),
    )  # fmt: skip


def _images(node: Pipeline) -> set[str]:
    found: set[str] = set()
    for job in node.jobs:
        found.update((job.image, *job.services))
        found.update(
            step.uses.removeprefix("docker://")
            for step in job.steps
            if step.uses.startswith("docker://")
        )
    return {one for one in found if one and "${{" not in one}


READER = Reader(
    title="GitHub Actions workflows",
    media_type="text/x-github-workflow",
    read=read,
    link=Link.PIPELINE,
    paths=tuple(
        f"{lead}{folder}/*.{end}"
        for folder in FOLDERS
        for lead in ("", "*/")
        for end in ("yml", "yaml")
    ),
    ceiling=CEILING,
    version=2,
)
