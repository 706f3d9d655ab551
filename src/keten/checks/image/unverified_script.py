"""Build runs a script straight from the network.

`curl ... | sh` puts into the image whatever the server, or whoever took it over, sends at that
moment, and runs it as the build's user. Nothing in the image says what it was.
"""

from collections.abc import Iterable

from keten.checks._downloads import run_unverified
from keten.checks.image import _recipe as recipe
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Dockerfile
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(dockerfile: Dockerfile, _view: View) -> Iterable[Violation]:
    """Follow what each RUN downloads to where it is run."""
    for at, stage, one in recipe.instructions(dockerfile, "RUN"):
        if recipe.windows(stage):
            continue
        for script in recipe.scripts(one):
            for found in run_unverified(script):
                yield Violation(
                    f"{found.url[:80]} is {found.how}",
                    at=at,
                    key=found.url,
                    severity=Severity.HIGH if found.plain else None,
                )


CHECK = Check(
    title="Build runs a script straight from the network",
    subject=Dockerfile,
    severity=Severity.MEDIUM,
    needs=("dockerfile",),
    fix=(
        "Fetch a named version, check its checksum in the same RUN, and run it then; or "
        "install a package."
    ),
    threats=(Threat.SUPPLY_CHAIN,),
    controls=(
        "cis-docker/4.11",
        "slsa/dependencies",
        "owasp-cicd/3",
        "owasp-cicd/9",
        "nis2/d",
        "pci-dss/6.2",
    ),
    bad=Example(
        "Dockerfile",
        """\
FROM debian:trixie
RUN curl -fsSL https://get.example/install.sh | bash
USER 10001
""",
    ),
    good=Example(
        "Dockerfile",
        """\
FROM debian:trixie
RUN <<EOF
curl -fsSLo install.sh https://get.example/v1.2.3/install.sh
echo "0f2d0b8a0d6e3d5e4c7e1f5a7b9c1d3e5f70819a2b3c4d5e6f708192a3b4c5d6  install.sh" | sha256sum -c
bash install.sh
EOF
USER 10001
""",
    ),
    run=run,
    refs=("https://cwe.mitre.org/data/definitions/494.html",),
)
