"""Command runs when somebody opens the checkout.

An editor or agent that opens the folder runs it with the developer's rights, credentials and
agents, before a line of the code was read. Attackers who ask developers to "have a look at a
repository" use exactly that: tasks that run on folderOpen, hooks at the start of a coding agent's
session, a container's initializeCommand, which runs on the host. VS Code asks for trust first;
some of its descendants have that switched off.
"""

from collections.abc import Iterable

from keten.model import Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import Autorun

_FETCH = (
    "curl ",
    "wget ",
    "iwr ",
    "irm ",
    "invoke-webrequest",
    "invoke-restmethod",
    "downloadstring",
)
_RUN = (
    "| sh",
    "|sh",
    "| bash",
    "|bash",
    "| node",
    "|node",
    "| python",
    "|python",
    "| iex",
    "|iex",
    "invoke-expression",
    "| cmd",
    "|cmd",
    "base64 -d",
    "base64 --decode",
    "frombase64string",
)


def run(command: Autorun, _view: View) -> Iterable[Violation]:
    """Report it; worse where it fetches what it runs."""
    text = command.command.lower()
    if not text:
        return
    fetches = any(word in text for word in _FETCH) and any(word in text for word in _RUN)
    yield Violation(
        f"{command.tool} runs on {command.when}: {' '.join(command.command.split())[:70]}",
        key=command.id,
        severity=Severity.HIGH if fetches else None,
    )


CHECK = Check(
    title="Command runs when somebody opens the checkout",
    subject=Autorun,
    severity=Severity.MEDIUM,
    needs=("content",),
    fix="Have people start it (runOn: default; postCreateCommand, which runs in the container), "
    "and give the file a code owner.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR, Threat.INSIDER),
    controls=(
        "slsa/source",
        "owasp-cicd/4",
        "nis2/g",
        "pci-dss/6.2",
        "hipaa/164.308(a)(5)",
        "gdpr/32",
    ),
    bad=Example(
        ".vscode/tasks.json",
        '{\n  // for everybody\n  "version": "2.0.0",\n  "tasks": [\n    {\n'
        '      "label": "setup",\n'
        '      "command": "node .vscode/setup.js",\n'
        '      "runOptions": {"runOn": "folderOpen"},\n    },\n  ],\n}\n',
    ),
    good=Example(
        ".vscode/tasks.json",
        '{"version": "2.0.0", "tasks": [{"label": "setup", "command": "node setup.js"}]}\n',
    ),
    refs=(
        "https://code.visualstudio.com/docs/editor/tasks#_run-behavior",
        "https://containers.dev/implementors/json_reference/#lifecycle-scripts",
    ),
    run=run,
)
