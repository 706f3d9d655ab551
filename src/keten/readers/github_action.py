"""GitHub actions (``action.yml``): composite, JavaScript and Docker.

An action is a Pipeline of system ``github-action`` with one job, ``runs``.
"""

from msgspec import msgpack

from keten.errors import InputError
from keten.formats import github_uses
from keten.model.delivery import Job
from keten.model.evidence import Link, Place, Problem
from keten.model.facts import Edge, Facts, Looked, Trust
from keten.model.plug import Reader, Source

CEILING = 4 << 20


def read(source: Source) -> Facts:
    """Return one action, the image it runs in, if any, and the actions it uses."""
    from keten.formats import reference
    from keten.formats.github_actions import Shape
    from keten.formats.yaml.documents import Dialect, load_all

    documents = list(load_all(source.data, Dialect.CORE))
    first = documents[0] if documents else None
    if first is None or not isinstance(first.value, dict) or "runs" not in first.value:
        return Facts()  # some other action.yml: the name is a common one
    shape = Shape(first.fields, source.data.decode("utf-8", "replace").split("\n"))
    node = shape.action(source.path, first.value)
    images = []
    for text in sorted(_images(node.jobs[0])):
        try:
            images.append(reference.parse(text))
        except InputError:
            continue
    actions = github_uses.used(node, first.fields, "github-action")
    runs = (
        Edge(node.ref, "runs-in", one.ref, Trust.OBSERVED, source.path, "github-action")
        for one in images
    )
    return Facts(
        nodes=(node, *images, *actions.nodes),
        edges=(*runs, *actions.edges),
        looked=(*(() if shape.faults else (Looked(node.ref, "pipeline"),)), *actions.looked),
        problems=tuple(
            Problem(
                source.path, what, line, advice="Mend the action so that GitHub would accept it.",
                link=Link.PIPELINE, about=node.ref, need="pipeline",
            )
            for what, line in shape.faults
        ),
        places=(
            Place(node.ref, source.path, first.line, 1, msgpack.encode(first.fields)),
            *actions.places,
        ),
    )  # fmt: skip


def _images(job: Job) -> set[str]:
    called = {s.uses.removeprefix("docker://") for s in job.steps if s.uses.startswith("docker://")}
    return {one for one in {job.image, *called} if one and "${{" not in one}


READER = Reader(
    title="GitHub actions",
    media_type="text/x-github-action",
    read=read,
    link=Link.PIPELINE,
    names=("action.yml", "action.yaml"),
    marks=(b"runs",),
    ceiling=CEILING,
    version=2,
)
