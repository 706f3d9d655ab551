"""Exact changes as edits of a file, and what they may ask of the program that runs there."""

from typing import Any

from keten.errors import InputError
from keten.formats.yaml.documents import Dialect, load_all
from keten.formats.yaml.fields import Edit, steps
from keten.model.finding import Change

CAUTIONS = {
    "readOnlyRootFilesystem": "the program must write to volumes only (an emptyDir for /tmp)",
    "runAsNonRoot": "the image must name a user by number that is not root",
    "runAsUser": "the image's files must be readable to that user, its volumes writable",
    "drop": "a program that needs a capability must be given it by name (add)",
    "allowPrivilegeEscalation": "setuid programs (sudo, ping) no longer gain rights",
    "automountServiceAccountToken": "a program that calls the API server needs it",
    "seccompProfile": "system calls that the runtime's profile bars fail",
    "hostNetwork": "what is reached by the node's address must be reached by a Service",
    "hostPID": "an agent that watches the node's processes no longer sees them",
    "hostIPC": "what shares memory with the node's processes no longer does",
    "hostPort": "what is reached by the node's port must be reached by a Service",
    "privileged": "a program that works on the node's devices no longer can",
    "add": "a program that uses the capability fails",
}
"""By the last key of a field, what a change there may ask of the program. No proof is of this."""


def edit_of(change: Change) -> Edit | None:
    """Return *change* as an edit; None where it is not exact."""
    if not change.exact or not change.field:
        return None
    if not change.after:
        return Edit(change.field, remove=True)
    value = value_of(change.after)
    last = steps(change.field)[-1]
    if isinstance(value, dict) and list(value) == [last]:
        value = value[last]
    return Edit(change.field, value)


def value_of(text: str) -> Any:
    """Return what *text* is as YAML; InputError for what is none."""
    document = next(load_all(text.encode(), Dialect.KUBERNETES), None)
    if document is None:
        raise InputError("a change without a value")
    return document.value


def caution(edit: Edit) -> str:
    """Return what an edit may ask of the program, "" where nothing is known."""
    for one in reversed(steps(edit.at)):
        if isinstance(one, str):
            return CAUTIONS.get(one, "")
    return ""
