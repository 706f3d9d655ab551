"""Environment variable holds a secret in plain text.

A password written into a manifest is known to everyone who can read the repository, the object
in the cluster or the process's environment, and stays in git's history after it is taken out.
Attackers search repositories for exactly these names.

The value is judged by its variable's name and shape and is never shown. Switches, paths,
addresses, names of other objects and references to other variables are not taken for secrets,
and neither are place-holders.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import called, each
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload

_ENDS = (
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "TOKEN",
    "APIKEY",
    "API_KEY",
    "SECRET_KEY",
    "ACCESS_KEY",
    "PRIVATE_KEY",
    "SECRET_ACCESS_KEY",
    "CREDENTIAL",
    "CREDENTIALS",
    "ENCRYPTION_KEY",
)
_NO_SECRETS = frozenset(
    {
        "true",
        "false",
        "yes",
        "no",
        "on",
        "off",
        "none",
        "null",
        "enabled",
        "disabled",
        "required",
        "optional",
        "changeit",
    }
)
_SWITCHES = (
    "ALLOW_",
    "DISABLE_",
    "ENABLE_",
    "USE_",
    "HAS_",
    "SKIP_",
    "REQUIRE_",
    "MAX_",
    "MIN_",
    "NUM_",
    "IS_",
)
_ELSEWHERE = (
    "/",
    "./",
    "$",
    "{",
    "<",
    "[",
    "%",
    "vault:",
    "secret:",
    "ref+",
    "arn:",
    "projects/",
    "file:",
    "op:",
    "sm:",
    "ssm:",
)
_LEAST = 4
_STAND_INS = (
    "placeholder",
    "replace",
    "your-",
    "your_",
    "example",
    "xxxx",
    "dummy",
    "insert-",
    "redacted",
    "todo",
    "****",
)


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each variable with the name of a secret and a literal value."""
    for path, container in each(workload):
        for i, variable in enumerate(container.env):
            if variable.value and _is_secret(variable.name.upper(), variable.value):
                group = f"Move secrets of {workload.title} out of its manifest"
                at = f"{path}.env[{i}].value"
                yield Violation(
                    f"{called(path, container)} has a secret in plain text: {variable.name}",
                    at,
                    key=f"{path}.env {variable.name}",
                    change=Change(at, "value: ...", "valueFrom: {secretKeyRef: ...}", group),
                )


def _is_secret(name: str, value: str) -> bool:
    name = name.replace("-", "_").replace(".", "_")
    if not any(name == end or name.endswith(f"_{end}") for end in _ENDS):
        return False
    if any(name.startswith(word) or f"_{word}" in name for word in _SWITCHES):
        return False
    if (
        len(value) < _LEAST
        or _is_stand_in(value)
        or value.lower() in _NO_SECRETS
        or (value.isdigit() and len(value) < 2 * _LEAST)
    ):
        return False
    return not _points_elsewhere(value)


def _is_stand_in(value: str) -> bool:
    """Return whether *value* is a word that a person or tool is to replace, such as API_KEY_VAL."""
    lowered = value.lower()
    if any(word in lowered for word in _STAND_INS):
        return True
    return "_" in value and value.isupper() and not any(c.isdigit() for c in value)


def _points_elsewhere(value: str) -> bool:
    """Return whether *value* is a reference, path, address or place-holder."""
    if value.startswith(_ELSEWHERE) or any(mark in value for mark in ("$(", "${", "{{")):
        return True
    return "://" in value and "@" not in value


CHECK = Check(
    title="Environment variable holds a secret in plain text",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.MEDIUM,
    fix="Put the value into a Secret and refer to it; change it, as it is known by now.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=(
        "nsa-cisa/secrets",
        "cis-kubernetes/5.4.1",
        "owasp-cicd/6",
        "nis2/i",
        "pci-dss/8.6",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/concepts/configuration/secret/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  env:
  - {name: DB_PASSWORD, value: correct-horse}
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  env:
  - name: DB_PASSWORD
    valueFrom:
      secretKeyRef: {name: db, key: password}
"""),
    run=run,
)
