"""Command line holds a secret in plain text.

What stands in command or args is in the repository, in the object that everyone with the right to
read pods reads, and in the process list of the node: any process that sees it, and every log of
processes, has the password.

Judged by the option's name and the value's shape, which is never shown. References to variables,
paths and place-holders are not taken for secrets.
"""

from collections.abc import Iterator
from functools import lru_cache

from keten.checks._examples import deployment
from keten.checks._pods import called, each
from keten.checks._secret_names import holds_secret
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each option with the name of a secret and a literal value."""
    for path, container in each(workload):
        for key, words in (("command", container.command), ("args", container.args)):
            for i, word in enumerate(words):
                if not word.startswith("-") or len(word) > _MOST:
                    continue
                name, equals, value = word.lstrip("-").partition("=")
                if not equals:
                    value = words[i + 1] if i + 1 < len(words) else ""
                if value[:1] in ("", "-", "/", "$") or not _secret(name, value):
                    continue
                at = f"{path}.{key}[{i}]"
                yield Violation(
                    f"{called(path, container)} has a secret on its command line: --{name}",
                    at,
                    key=f"{path} --{name}",
                    change=Change(
                        at, f"--{name}", "", f"Move secrets of {workload.title} out of its manifest"
                    ),
                )


_MOST = 4096
_NO_SECRETS = ("initial-cluster-token",)
_OF_OBJECTS = frozenset("abcdefghijklmnopqrstuvwxyz-./")


@lru_cache(2048)
def _secret(name: str, value: str) -> bool:
    if name in _NO_SECRETS or not holds_secret(name, value):
        return False
    # --ca-secret=webhook-server-cert names an object
    return "passw" in name.lower() or not _OF_OBJECTS.issuperset(value)


CHECK = Check(
    title="Command line holds a secret in plain text",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.MEDIUM,
    fix="Keep it in a Secret mounted as a file, and give the option for a file.",
    threats=(
        Threat.ACTOR,
        Threat.INSIDER,
    ),
    controls=(
        "nsa-cisa/secrets",
        "cis-kubernetes/5.4.1",
        "nis2/h",
        "pci-dss/8.6",
        "gdpr/32",
        "nis2/i",
    ),
    refs=("https://kubernetes.io/docs/concepts/configuration/secret/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  args: ["--db-user=shop", "--db-password=Tr0ub4dor7x"]
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  args: ["--db-user=shop", "--db-password=$(DB_PASSWORD)", "--token-file=/etc/web/token"]
"""),
    run=run,
)
