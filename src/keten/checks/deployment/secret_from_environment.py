"""Secret reaches the container through its environment.

Environment variables are inherited by every child process, printed by crash reports and debug
pages, and readable in /proc. A file is read by the one who opens it, and follows when the
secret is rotated. For information: it is common and no fault by itself.

One finding names all secrets of the workload that come this way.
"""

from collections.abc import Iterator
from typing import Any

from keten.checks._examples import deployment
from keten.checks._pods import each, listed
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report the secrets a workload reads into its environment."""
    names: dict[str, str] = {}
    for path, container in each(workload):
        for i, variable in enumerate(container.env):
            _add(names, (variable.value_from or {}).get("secretKeyRef"), f"{path}.env[{i}]")
        for i, source in enumerate(container.env_from):
            _add(names, source.get("secretRef"), f"{path}.envFrom[{i}]")
    if names:
        at = next(iter(names.values()))
        group = f"Mount the secrets of {workload.title} as files"
        yield Violation(
            f"{listed(list(names), 'secret')} reach the environment"
            if len(names) > 1
            else f"secret {next(iter(names))} reaches the environment",
            at,
            key="environment",
            change=Change(at, "", "a volume of the secret", group),
        )


def _add(names: dict[str, str], ref: Any, at: str) -> None:
    if isinstance(ref, dict) and isinstance(ref.get("name"), str):
        names.setdefault(ref["name"], at)


CHECK = Check(
    title="Secret reaches the container through its environment",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.INFO,
    fix="Mount the secret as a file, or read it from a secret store at run time.",
    controls=("nsa-cisa/secrets", "cis-kubernetes/5.4.1", "nis2/i"),
    refs=("https://kubernetes.io/docs/concepts/security/secrets-good-practices/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  env:
  - name: DB_PASSWORD
    valueFrom:
      secretKeyRef: {name: db, key: password}
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  volumeMounts:
  - {name: db, mountPath: /run/db, readOnly: true}
volumes:
- name: db
  secret: {secretName: db}
"""),
    run=run,
)
