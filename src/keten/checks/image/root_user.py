"""Image runs as root.

A process that is taken over as root in its container has every file and tool of the container
at hand, and many known ways out of a container begin there. Unless the pod says otherwise, the
image's user is the one that counts.
"""

from collections.abc import Iterable

from keten.checks.image import _recipe as recipe
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Dockerfile, Stage
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation

_ROOT = frozenset({"root", "0", "0:0", "root:root", "0:root", "root:0"})
_STARTS_AS_ROOT = frozenset(
    [
        "alpine",
        "debian",
        "ubuntu",
        "centos",
        "fedora",
        "amazonlinux",
        "rockylinux",
        "almalinux",
        "oraclelinux",
        "busybox",
        "buildpack-deps",
        "bash",
        "python",
        "node",
        "golang",
        "ruby",
        "php",
        "openjdk",
        "eclipse-temurin",
        "amazoncorretto",
        "maven",
        "gradle",
        "rust",
        "nginx",
        "httpd",
        "tomcat",
        "perl",
        "elixir",
        "erlang",
        "swift",
        "dart",
        "clojure",
        "haskell",
        "julia",
        "r-base",
        "archlinux",
        "photon",
        "opensuse/leap",
        "opensuse/tumbleweed",
        "pypy",
        "caddy",
        "mcr.microsoft.com/dotnet/aspnet",
        "mcr.microsoft.com/dotnet/runtime",
        "mcr.microsoft.com/dotnet/sdk",
        "registry.access.redhat.com/ubi8/ubi",
        "registry.access.redhat.com/ubi9/ubi",
        "registry.access.redhat.com/ubi8/ubi-minimal",
        "registry.access.redhat.com/ubi9/ubi-minimal",
        "registry.access.redhat.com/ubi8",
        "registry.access.redhat.com/ubi9",
        "public.ecr.aws/docker/library/alpine",
        "public.ecr.aws/docker/library/python",
        "public.ecr.aws/docker/library/node",
        "public.ecr.aws/amazonlinux/amazonlinux",
    ]
)
_DROPS = ("gosu", "su-exec", "setpriv", "chpst", "s6-setuidgid", "runuser")


def run(dockerfile: Dockerfile, _view: View) -> Iterable[Violation]:
    """Judge the final stage: its last USER, else that of what it builds on.

    Low where the file's name says that the image is built on or in: that one has the last USER.
    """
    stages = recipe.chain(dockerfile)
    if any(recipe.windows(stage) for _, stage in stages) or not _runs(stages):
        return
    low = recipe.aside(dockerfile) or recipe.builds(dockerfile)
    severity = Severity.LOW if low else None
    group = "Run the image as a user other than root"
    for index, stage in stages:
        for number in range(len(stage.instructions) - 1, -1, -1):
            one = stage.instructions[number]
            if one.word != "USER":
                continue
            at = f"stages[{index}].instructions[{number}]"
            if one.text.strip().lower() in _ROOT and not _drops(stages):
                yield Violation(
                    f"the image's last USER is {one.text.strip()}",
                    at=at,
                    severity=severity,
                    change=Change(at, f"USER {one.text.strip()}", "USER 10001", group),
                )
            return
    index, stage = stages[-1]
    if _root_base(stage) and not _drops(stages):
        at = f"stages[{len(dockerfile.stages) - 1}]"
        yield Violation(
            f"there is no USER, and {stage.base[:80]} starts as root",
            at=at,
            key="no USER",
            severity=severity,
            change=Change(at, "", "USER 10001", group),
        )


def _root_base(stage: Stage) -> bool:
    repository, tag, _ = recipe.split(stage.base)
    if stage.unresolved or "nonroot" in tag or "rootless" in tag or "chiseled" in tag:
        return False
    distroless = repository.startswith("gcr.io/distroless/")
    return repository == "scratch" or distroless or repository in _STARTS_AS_ROOT


def _runs(stages: list[tuple[int, Stage]]) -> bool:
    """Return whether the image is there to run: scratch without a command is an export."""
    if stages[-1][1].base.lower() != "scratch":
        return True
    return any(
        one.word in ("CMD", "ENTRYPOINT") for _, stage in stages for one in stage.instructions
    )


def _drops(stages: list[tuple[int, Stage]]) -> bool:
    """Return whether the image carries a tool with which an entry point gives up root."""
    return any(
        word in one.text for _, stage in stages for one in stage.instructions for word in _DROPS
    )


CHECK = Check(
    title="Image runs as root",
    subject=Dockerfile,
    severity=Severity.MEDIUM,
    needs=("dockerfile",),
    fix=(
        "Create a user in the Dockerfile and end with USER and its number (USER 10001), or "
        "start from a nonroot base."
    ),
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/non-root", "cis-docker/4.1", "nis2/e", "pci-dss/2.2"),
    bad=Example(
        "Dockerfile",
        """\
FROM python:3.13-slim
COPY app.py /app/
CMD ["python", "/app/app.py"]
""",
    ),
    good=Example(
        "Dockerfile",
        """\
FROM python:3.13-slim
COPY app.py /app/
USER 10001
CMD ["python", "/app/app.py"]
""",
    ),
    run=run,
    refs=("https://docs.docker.com/build/building/best-practices/#user",),
)
