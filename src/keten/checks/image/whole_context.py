"""Whole build context is copied, and nothing is left out.

`COPY . .` without a .dockerignore takes along what lies around: `.git` with its history, `.env`
files, keys, local credentials. It ends in a layer that everyone who pulls the image can read.
"""

from collections.abc import Iterable

from keten.checks.image import _recipe as recipe
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Dockerfile
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation


def run(dockerfile: Dockerfile, _view: View) -> Iterable[Violation]:
    """Only stages that ship: what a builder has seen stays behind."""
    if dockerfile.ignored is not False:
        return
    final = tuple(f"stages[{index}]." for index, _ in recipe.chain(dockerfile))
    for at, _, one in recipe.instructions(dockerfile, "COPY", "ADD"):
        sources = (one.json or tuple(one.text.split()))[:-1]
        whole = any(source in (".", "./", "*", "/", "./*") for source in sources)
        if whole and at.startswith(final) and "from" not in one.flags and not one.heredocs:
            yield Violation(
                f"{one.word} takes the whole context, and there is no .dockerignore",
                at=at,
                key="context",
                change=Change(at, "", "a .dockerignore beside it"),
            )
            return


CHECK = Check(
    title="Whole build context is copied, and nothing is left out",
    subject=Dockerfile,
    severity=Severity.LOW,
    needs=("dockerfile",),
    fix=(
        "Write a .dockerignore that leaves out everything but what the build needs, or copy "
        "by name."
    ),
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=("cis-docker/4.10", "nsa-cisa/secrets", "owasp-cicd/6", "nis2/i", "pci-dss/8.6"),
    bad=Example(
        "Dockerfile",
        """\
FROM node:24-slim
COPY . /app
USER 10001
""",
    ),
    good=Example(
        "Dockerfile",
        """\
FROM node:24-slim
COPY package.json src /app/
USER 10001
""",
    ),
    run=run,
    refs=("https://docs.docker.com/build/concepts/context/#dockerignore-files",),
)
