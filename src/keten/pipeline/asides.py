"""What stands aside of what is deployed: tests, examples and documentation (docs/adr/0005).

A privileged pod that a test suite starts, or that a tutorial shows, is real and seldom matters.
What is found there stays a finding, weighs less and says why.
"""

from functools import lru_cache

from keten.model.evidence import Link
from keten.model.finding import Severity

SAID = "a test or example path"

_ASIDE = frozenset({
    "tests", "testdata", "test-data", "test_data", "testfiles", "test-files", "test_files",
    "test-fixtures", "test_fixtures", "testutil", "testutils", "test-resources", "testcases",
    "__tests__", "fixture", "fixtures", "__fixtures__", "mocks", "__mocks__", "e2e-tests",
    "integration-test", "integration-tests", "integration_test", "integration_tests", "unittests",
    "example", "examples", "sample", "samples", "demos", "doc", "docs", "documentation",
    "tutorial", "tutorials",
})  # fmt: skip
# Below one of _DEPLOYED these name an environment, which is deployed: overlays/test.
_PERHAPS = frozenset({"test", "testing", "demo", "e2e", "integration"})
_DEPLOYED = frozenset({
    "overlay", "overlays", "env", "envs", "environment", "environments", "cluster", "clusters",
    "stage", "stages", "deploy", "deployment", "deployments", "k8s", "kubernetes", "kustomize",
    "helm", "chart", "charts", "gitops", "argocd", "flux", "apps", "infra", "infrastructure",
    "manifest", "manifests", "values", "ops", "operations", "platform", "tenants", "namespaces",
})  # fmt: skip
# Text that deceives, and code that is there to harm, harm from a test as well; secrets have
# weights of their own (secrets/paths.py).
_ANYWHERE = frozenset({Link.SOURCE, Link.SECRETS})
_IN_FULL = frozenset({"dependencies/malicious-package"})


@lru_cache(4096)
def is_aside(path: str) -> bool:
    """Return whether a folder on *path*, relative to the target, is one of tests or examples.

    Folders below ``.github`` and its like are the machinery that builds, whatever their names.
    """
    deployed = False
    for folder in path.lower().split("/")[:-1]:
        if folder.startswith(".") and len(folder) > 1:
            return False
        bare = folder.lstrip("_")  # _testdata: Go's tools pass it over
        if {folder, bare} & _ASIDE or (bare in _PERHAPS and not deployed):
            return True
        deployed = deployed or folder in _DEPLOYED
    return False


def eased(severity: Severity, link: Link, path: str, *, check: str = "") -> Severity:
    """Return *severity* as it weighs at *path*: LOW at most aside, and INFO for MEDIUM and LOW."""
    if link in _ANYWHERE or check in _IN_FULL or not severity or not is_aside(path):
        return severity
    return Severity.LOW if severity >= Severity.HIGH else Severity.INFO
