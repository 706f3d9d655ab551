"""What the checks of files on nodes share: who may do what with one, and an example of each."""

from collections.abc import Callable, Iterator

from keten.model.check import Example
from keten.model.control_plane import NodeFile
from keten.model.finding import Change, Severity, Violation

WRITABLE = 0o022
"""Bits that let others than the owner write."""


def of(*roles: str) -> Callable[[NodeFile], bool]:
    """Return the question whether a file is one of these roles."""

    def applies(file: NodeFile) -> bool:
        return file.role in roles

    return applies


def wider(file: NodeFile, most: int, severity: Severity) -> Iterator[Violation]:
    """Yield that a file may be read or written by more than *most* allows.

    It weighs *severity* where others may write it or everybody read it, else one less.
    """
    extra = file.mode & ~most & 0o777
    if not extra:
        return
    grave = extra & (WRITABLE | 0o004)
    yield Violation(
        f"{told(file)} has mode {file.mode:o}, more than {most:o}",
        key=file.path,
        severity=severity if grave else Severity(max(severity - 1, Severity.LOW)),
        change=Change("", f"{file.mode:o}", f"{most:o}", f"Close the files of {_host(file)}"),
    )


def owned(file: NodeFile, owners: tuple[str, ...], groups: tuple[str, ...]) -> Iterator[Violation]:
    """Yield that a file is not owned by one of *owners* and *groups* (names or numbers)."""
    if file.owner in owners and file.group in groups:
        return
    yield Violation(
        f"{told(file)} belongs to {file.owner[:32]}:{file.group[:32]}",
        key=file.path,
        change=Change(
            "",
            f"{file.owner}:{file.group}",
            f"{owners[0]}:{groups[0]}",
            f"Close the files of {_host(file)}",
        ),
    )


def told(file: NodeFile) -> str:
    """Return how messages name a file."""
    return f"{file.path} on {file.node}" if file.node else file.path


def _host(file: NodeFile) -> str:
    return f"node {file.node}" if file.node else "the node"


def report(*files: str, changed: str = "") -> Example:
    """Return a report of a node with *files*, each as ``ROLE MODE OWNER GROUP PATH``.

    *changed* is when they were last written, in seconds since 1970.
    """
    lines = "".join(f"file {file}\n" for file in files)
    if changed:
        lines += "".join(f"changed {changed} {file.split(' ', 4)[-1]}\n" for file in files)
    return Example("cp1.keten-node", f"keten-node-report/1\nhost cp1\n{lines}end\n")


def encryption(changed: str) -> Example:
    """Return a report of a node whose keys of encryption at rest were written at *changed*."""
    path = "/etc/kubernetes/encryption.yaml"
    text = """\
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - aescbc: {keys: [{name: one, secret: "(left out)"}]}
  - identity: {}
"""
    quoted = "".join(f"|{line}\n" for line in text.splitlines())
    return Example(
        "cp1.keten-node",
        "keten-node-report/1\nhost cp1\n"
        f"file server-config -rw------- root root {path}\nchanged {changed} {path}\n"
        f"text server-config {path}\n{quoted}end\n",
    )
