"""Pipeline includes jobs that someone else can change.

An include from another project without a ref follows that project's default branch; a remote
include follows whoever controls the server. Their jobs run with this project's variables and
token.
"""

from collections.abc import Iterable

from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation

_COMMIT = (40, 64)


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Judge projects by their ref, components by their version, addresses by their hash."""
    group = f"Pin what {pipeline.id} includes"
    for one in pipeline.includes:
        at = str(one.get("at", ""))
        if "project" in one:
            ref = str(one.get("ref") or "")
            name = str(one["project"])[:80]
            if not ref:
                yield Violation(f"include of project {name} names no ref", at=at, key=name,
                                change=Change(f"{at}.ref", "", "<a commit>", group))  # fmt: skip
            elif not _commit(ref) and "$" not in ref:
                yield Violation(f"include of project {name} follows {ref[:40]}", at=at, key=name,
                                severity=Severity.LOW,
                                change=Change(f"{at}.ref", ref, "<a commit>", group))  # fmt: skip
        elif "component" in one:
            name, _, version = str(one["component"]).rpartition("@")
            if not name or version in ("~latest", "main", "master"):
                yield Violation(
                    f"component {(name or version)[:80]} follows {version[:40]}", at=at, key=name,
                    change=Change(at, version, "<a release or commit>", group),
                )  # fmt: skip
        elif "remote" in one and not one.get("integrity"):
            address = str(one["remote"])
            if any(_commit(part) for part in address.split("/")):
                continue
            plain = address.startswith("http://")
            yield Violation(
                f"remote include {address[:80]} has no integrity hash", at=at, key=address,
                severity=Severity.HIGH if plain else None,
                change=Change(f"{at}.integrity", "", "sha256-<hash>", group),
            )  # fmt: skip


def _commit(ref: str) -> bool:
    return len(ref) in _COMMIT and set(ref) <= set("0123456789abcdef")


CHECK = Check(
    title="Pipeline includes jobs that someone else can change",
    subject=Pipeline,
    severity=Severity.MEDIUM,
    needs=("pipeline",),
    fix=(
        "Name a commit in ref: for projects and components; copy remote files into a project "
        "of your own, or give integrity:."
    ),
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("owasp-cicd/3", "owasp-cicd/8", "slsa/dependencies", "nis2/d", "pci-dss/6.3.2"),
    bad=Example(
        ".gitlab-ci.yml",
        """\
include:
  - project: platform/ci
    file: /build.yml
build:
  script: make
""",
    ),
    good=Example(
        ".gitlab-ci.yml",
        """\
include:
  - project: platform/ci
    file: /build.yml
    ref: 24d32ffd492484c1d75e0c0b894501ddb9d30d62
build:
  script: make
""",
    ),
    run=run,
    refs=("https://docs.gitlab.com/ci/yaml/#include",),
    applies=gh.gitlab,
)
