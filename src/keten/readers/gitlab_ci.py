"""GitLab CI: ``.gitlab-ci.yml`` with what it includes from the same tree, as it takes effect.

``extends``, ``default``, ``!reference`` and local ``include`` are resolved, within ceilings; what
comes from elsewhere (remote, project, template, component) is listed and not guessed at. Field
paths are those of the file itself: ``build.script``; a job from an included file has the path of
its include. Reference: https://docs.gitlab.com/ci/yaml/.
"""

from keten.errors import InputError
from keten.model.evidence import Link, Place, Problem
from keten.model.facts import Edge, Facts, Looked, Trust
from keten.model.plug import Reader, Source

CEILING = 4 << 20


def read(source: Source) -> Facts:
    """Return one pipeline and the images its jobs run in."""
    from msgspec import msgpack

    from keten.formats import reference
    from keten.formats.gitlab_ci import Files, pipeline

    files = Files(source.files.read)
    node, fields, faults = pipeline(source.path, source.data, files)
    named = {job.image for job in node.jobs} | {one for job in node.jobs for one in job.services}
    images = []
    for text in sorted(named):
        try:
            if text and "$" not in text:
                images.append(reference.parse(text))
        except InputError:
            continue
    return Facts(
        nodes=(node, *images),
        edges=tuple(
            Edge(node.ref, "runs-in", one.ref, Trust.OBSERVED, source.path, "gitlab-ci")
            for one in images
        ),
        looked=() if faults else (Looked(node.ref, "pipeline"),),
        problems=tuple(
            Problem(
                source.path,
                what,
                line,
                advice="Mend the file so that GitLab's CI lint accepts it.",
                link=Link.PIPELINE,
                about=node.ref,
                need="pipeline",
            )
            for what, line in faults
        ),
        places=(Place(node.ref, source.path, 1, 1, msgpack.encode(fields)),),
    )


READER = Reader(
    title="GitLab CI pipelines",
    media_type="text/x-gitlab-ci",
    read=read,
    link=Link.PIPELINE,
    names=(".gitlab-ci.yml", ".gitlab-ci.yaml"),
    ceiling=CEILING,
)
