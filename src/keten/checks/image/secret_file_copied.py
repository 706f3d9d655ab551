"""File of credentials is copied into the image.

Everyone who may pull the image can take the file out of its layer, even when a later layer
deletes it. A study of 2023 found secrets in 8.5 per cent of 337,171 images of public
registries: 52,107 private keys and 3,158 API keys and tokens.
"""

from collections.abc import Iterable

from keten.checks.image import _recipe as recipe
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Dockerfile
from keten.model.facts import View
from keten.model.finding import Severity, Violation

_FILES = frozenset({"id_rsa", "id_ed25519", "id_ecdsa", "id_dsa", ".netrc", ".git-credentials",
                    ".pypirc", ".aws", ".ssh", ".kube", ".env", ".dockercfg",
                    ".vault-token"})  # fmt: skip
_PATHS = (".aws/credentials", ".kube/config", ".docker/config.json", "gcloud/credentials.db")


def run(dockerfile: Dockerfile, _view: View) -> Iterable[Violation]:
    """Judge what comes from the build's context by its name."""
    for at, _, one in recipe.instructions(dockerfile, "COPY", "ADD"):
        if "from" in one.flags:
            continue
        for source in (one.json or tuple(one.text.split()))[:-1]:
            path = source.rstrip("/")
            name = path.rpartition("/")[2]
            if name in _FILES or path.endswith(_PATHS):
                yield Violation(
                    f"{one.word} puts {source[:80]} into the image",
                    at=at,
                    key=path,
                    severity=Severity.MEDIUM if name == ".env" else None,
                )


CHECK = Check(
    title="File of credentials is copied into the image",
    subject=Dockerfile,
    severity=Severity.HIGH,
    needs=("dockerfile",),
    fix=(
        "Mount it for the one command that needs it (RUN --mount=type=secret or type=ssh), "
        "and list it in .dockerignore."
    ),
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=(
        "cis-docker/4.10",
        "nsa-cisa/secrets",
        "owasp-cicd/6",
        "nis2/i",
        "pci-dss/8.6",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    bad=Example(
        "Dockerfile",
        """\
FROM alpine:3.22
COPY id_rsa /root/.ssh/id_rsa
RUN git clone git@git.example:shop/web
USER 10001
""",
    ),
    good=Example(
        "Dockerfile",
        """\
FROM alpine:3.22
RUN --mount=type=ssh git clone git@git.example:shop/web
USER 10001
""",
    ),
    run=run,
    refs=(
        "https://docs.docker.com/build/building/secrets/",
        "https://www.mdahlmanns.de/publication/2023-dahlmanns-docker/",
    ),
)
