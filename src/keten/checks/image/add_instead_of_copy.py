"""ADD is used where COPY would do.

ADD unpacks local archives and fetches addresses without being asked. Where only a file is meant
to be copied, a name that someone else chooses can make it do more.
"""

from collections.abc import Iterable

from keten.checks.image import _recipe as recipe
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Dockerfile
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation

_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tar.zst", ".gz",
             ".bz2", ".xz")  # fmt: skip


def run(dockerfile: Dockerfile, _view: View) -> Iterable[Violation]:
    """Leave archives, addresses, patterns and variables alone: they may be meant."""
    if recipe.aside(dockerfile):
        return
    for at, _, one in recipe.instructions(dockerfile, "ADD"):
        sources = (one.json or tuple(one.text.split()))[:-1]
        plain = [s for s in sources if not _special(s)]
        if sources and len(plain) == len(sources) and not one.heredocs:
            yield Violation(
                f"ADD copies {plain[0][:80]}",
                at=at,
                key=plain[0],
                change=Change(at, "ADD", "COPY", f"Replace ADD by COPY in {dockerfile.id}"),
            )


def _special(source: str) -> bool:
    return source.endswith(_ARCHIVES) or any(mark in source for mark in ("://", "$", "*", "git@"))


CHECK = Check(
    title="ADD is used where COPY would do",
    subject=Dockerfile,
    severity=Severity.INFO,
    needs=("dockerfile",),
    fix="Write COPY, which copies and does nothing else.",
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("cis-docker/4.9", "nis2/e", "pci-dss/2.2"),
    bad=Example(
        "Dockerfile",
        """\
FROM alpine:3.22
ADD app.py /app/
USER 10001
""",
    ),
    good=Example(
        "Dockerfile",
        """\
FROM alpine:3.22
COPY app.py /app/
USER 10001
""",
    ),
    run=run,
    refs=("https://docs.docker.com/build/building/best-practices/#add-or-copy",),
)
