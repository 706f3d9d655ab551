"""Actions that are alike become one: what has to be decided once is told once.

Ten thousand workloads that may run as root are one thing to do, at ten thousand places; the
findings of each stay. What is grave (HIGH and above) is told one by one, as each may have another
reason; so are packages and what a base image brings, which are grouped by what resolves them.
"""

from collections.abc import Sequence

from keten.model.finding import Change, Finding, Severity

ALONE = 5
"""How many actions of one kind are told one by one."""
CHANGES = 100
"""How many changes an action on many things tells; each finding holds its own."""
Key = tuple[str, ...]
Groups = dict[Key, list[Finding]]
_APART = ("dependencies/", "image/")
_JOINING = frozenset({"of", "in", "to", "for", "on", "from", "the", "container", "with"})


def gathered(groups: Groups) -> dict[Key, list[list[Finding]]]:
    """Return *groups*, those that are alike under one key.

    Advice (INFO) is gathered wherever it stands, of what is more only what there is many of.
    """
    kinds: dict[Key, list[Key]] = {}
    for key, found in groups.items():
        kinds.setdefault(_kind(key, found), []).append(key)
    made: dict[Key, list[list[Finding]]] = {}
    for kind, keys in kinds.items():
        if len(keys) > ALONE or kind[0] == "advice":
            made[kind] = [groups[key] for key in keys]
        else:
            made.update({key: [groups[key]] for key in keys})
    return made


def _kind(key: Key, found: Sequence[Finding]) -> Key:
    """Return what *found* has in common with others that are resolved alike."""
    worst = found[0].severity  # findings come worst first
    if worst is Severity.INFO:
        return "advice", found[0].check
    if worst >= Severity.HIGH or found[0].check.startswith(_APART):
        return key
    told = template(found)
    checks = () if told else sorted({finding.check for finding in found})
    return ("alike", worst.word, told, *checks)


def template(found: Sequence[Finding]) -> str:
    """Return what the changes of *found* are called, without the names of things; "" for various.

    ``Harden the security context of Deployment/web`` is ``Harden the security context``.
    """
    groups = dict.fromkeys(
        (finding.change.group if finding.change else "", finding.subject)
        for finding in found
        if finding.times == 1
    )
    told = {group for group, _ in groups}
    if len(told) == 1 and "/" not in (group := told.pop()):
        return _nameless(group, "")
    said = ""
    for group, subject in groups:
        one = _nameless(group, subject)
        if not one or (said and one != said):
            return ""
        said = one
    return said


def _nameless(group: str, subject: str) -> str:
    if not group:
        return ""
    names = set(subject.rpartition(":")[2].split("/"))
    words: list[str] = []
    for word in (*group.split(), "/"):
        if "/" not in word and word not in names:
            words.append(word)
            continue
        while words and words[-1] in _JOINING:
            words.pop()
    return " ".join(words) if len(words) > 1 else ""


def things(found: Sequence[Finding]) -> str:
    """Return what *found* are about, in words: ``285 workloads in 100 files``."""
    subjects = {finding.subject for finding in found if finding.times == 1}
    count = len(subjects) + sum(finding.times for finding in found if finding.times > 1)
    nouns = {subject.partition(" ")[0] for subject in subjects}
    noun = _NOUNS.get(nouns.pop(), "things") if len(nouns) == 1 else "things"
    files = len({finding.location.path for finding in found if finding.location})
    where = f" in {files:,} files" if files > 1 else ""
    return f"{count:,} {noun}{where}" if count > 1 else ""


_NOUNS = {
    "workload": "workloads", "role": "roles", "binding": "bindings", "namespace": "namespaces",
    "service": "services", "route": "routes", "netpol": "network policies",
    "serviceaccount": "service accounts", "pipeline": "pipelines", "resource": "resources",
    "configmap": "config maps", "secret": "secrets", "credential": "places", "image": "images",
    "dockerfile": "Dockerfiles", "webhook": "webhooks", "manifest": "manifests",
}  # fmt: skip


def changes(found: Sequence[Finding], *, many: bool) -> tuple[Change, ...]:
    """Return the changes of *found*, each once; of *many* things the first."""
    made = dict.fromkeys(finding.change for finding in found if finding.change)
    return tuple(made)[:CHANGES] if many else tuple(made)
