"""Release is built from a cache that other jobs fill.

Caches are shared between the workflows of a repository. Whoever gets code to run in any
workflow of the default branch can leave a poisoned entry, which the release job unpacks and
publishes.

In December 2024 releases of ultralytics on PyPI got a coin miner this way. On 11 May 2026 84
versions of 42 TanStack packages were published to npm with valid provenance after a pull
request had poisoned the release job's cache: the signature said who built them, not from what.
"""

from collections.abc import Iterable

from keten.checks._shell import commands
from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline, Step
from keten.model.facts import View
from keten.model.finding import Severity, Violation

_CACHES = (
    "actions/cache",
    "actions/cache/restore",
    "swatinem/rust-cache",
    "mozilla-actions/sccache-action",
)
_OPTIONAL = {
    "actions/setup-node": "cache",
    "actions/setup-python": "cache",
    "actions/setup-java": "cache",
    "actions/setup-dotnet": "cache",
}
_PUBLISHERS = (
    "pypa/gh-action-pypi-publish", "softprops/action-gh-release", "goreleaser/goreleaser-action",
    "js-devtools/npm-publish", "ncipollo/release-action", "actions/create-release",
    "rubygems/release-gem", "actions/attest-build-provenance", "actions/attest",
)  # fmt: skip
_COMMANDS = (("npm", "publish"), ("yarn", "publish"), ("pnpm", "publish"), ("cargo", "publish"),
             ("twine", "upload"), ("gem", "push"), ("uv", "publish"), ("poetry", "publish"),
             ("gh", "release"))  # fmt: skip


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Report a cache in a job that itself publishes, in a workflow that is there to release."""
    if not _releases(pipeline):
        return
    for job in pipeline.jobs:
        publishes = any(_publishes(step) for step in job.steps)
        for step in job.steps if publishes else ():
            if _caches(step):
                name = step.uses.partition("@")[0]
                yield Violation(
                    f"{gh.label(job)} publishes what {name} may have restored",
                    at=step.at,
                    key=f"{job.id}/{name}",
                )
                break


def _releases(pipeline: Pipeline) -> bool:
    """Return whether a release or a tag starts the workflow."""
    push = pipeline.triggers.get("push")
    tags = isinstance(push, dict) and "tags" in push and "branches" not in push
    return tags or "release" in pipeline.triggers


def _publishes(step: Step) -> bool:
    if gh.named(step, *_PUBLISHERS):
        return True
    if gh.named(step, "docker/build-push-action"):
        return gh.text_of(step.inputs.get("push")).lower() == "true"
    return bool(step.run) and any(
        one.words[:2] in _COMMANDS and "--dry-run" not in one.words for one in commands(step.run)
    )


def _caches(step: Step) -> bool:
    if gh.named(step, *_CACHES):
        only = gh.text_of(step.inputs.get("lookup-only")).lower() == "true"
        return not only and "${{" not in step.condition
    name = step.uses.partition("@")[0].lower()
    if name in _OPTIONAL:
        value = gh.text_of(step.inputs.get(_OPTIONAL[name])).lower()
        return value not in ("", "false") and "${{" not in value
    if name == "actions/setup-go":
        return gh.text_of(step.inputs.get("cache")).lower() == "true"
    if name == "docker/build-push-action":
        return "type=gha" in gh.text_of(step.inputs.get("cache-from"))
    return False


CHECK = Check(
    title="Release is built from a cache that other jobs fill",
    subject=Pipeline,
    severity=Severity.MEDIUM,
    needs=("pipeline",),
    fix=(
        "Build releases without caches: leave the cache step out of release jobs, or turn it "
        "off there."
    ),
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("slsa/build-l3", "owasp-cicd/4", "owasp-cicd/9", "nis2/e", "pci-dss/6.2"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on:
  release:
    types: [published]
permissions:
  contents: read
jobs:
  publish:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/cache@v4
        with:
          path: ~/.cargo
          key: cargo
      - run: cargo publish
""",
    ),
    good=Example(
        ".github/workflows/ci.yml",
        """\
on:
  release:
    types: [published]
permissions:
  contents: read
jobs:
  publish:
    runs-on: ubuntu-24.04
    steps:
      - run: cargo publish
""",
    ),
    run=run,
    applies=gh.workflow,
    refs=(
        "https://adnanthekhan.com/2024/05/06/the-monsters-in-your-build-cache-github-actions-cache-poisoning/",
    ),
)
