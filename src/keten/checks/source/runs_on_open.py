"""Command runs when somebody opens the checkout.

An editor or agent that opens the folder runs it with the developer's rights and credentials,
before a line of the code was read. Attackers who ask developers to look at a repository, as a
test for a job for example, use exactly that: tasks that run on folderOpen, hooks at the start
of a coding agent's session, a dev container's initializeCommand, which runs on the host. VS
Code asks first whether the folder is trusted; some editors made from it do not.
"""

from collections.abc import Iterable

from keten.model import Check, Example, Severity, Threat, View, Violation
from keten.model.checkout import Autorun

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
    controls=("slsa/source", "nis2/e", "pci-dss/6.2"),
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
