"""The rights that a collection takes, as YAML: those of the one table and no more.

ClusterRoles for a whole cluster; for an account of some namespaces a Role in each of them.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from keten.errors import UsageError
from keten.formats.kubernetes.listed import ROWS, SECRETS, Row
from keten.model.evidence import Link

_ACCOUNT = re.compile(r"([a-z0-9][-a-z0-9]*)[/:]([a-z0-9][-a-z0-9.]*)", re.ASCII)
_API = "rbac.authorization.k8s.io"
_PLAIN, _SECRETS_ROLE, _CONFIGZ = (
    "keten-snapshot",
    "keten-snapshot-secrets",
    "keten-snapshot-configz",
)


def role(
    *,
    configz: bool = False,
    namespaces: Sequence[str] = (),
    further: Sequence[str] = (),
    to: str = "",
) -> str:
    """Return the roles that a collection takes, and their bindings where *to* says to whom.

    *namespaces*: Roles in these instead of ClusterRoles. *further* are resources that are asked
    for beside keten's own, *to* is ``NAMESPACE/SERVICEACCOUNT``, ``user:NAME`` or
    ``group:NAME``. UsageError for a *to* that is none of them.
    """
    rows = [*ROWS, *_rows(further)]
    subject = _subject(to) if to else ()
    documents: list[str] = []
    for space in namespaces or ("",):
        mine = [row for row in rows if row.namespaced or not space]
        documents += _document(_PLAIN, space, _NARROW if space else _WHOLE, _rules(mine, space))
        documents += _bound(_PLAIN, space, subject)
        rule = ('""', [SECRETS], "list")
        documents += _document(_SECRETS_ROLE, space, _APART, _yaml([rule]))
        documents += _bound(_SECRETS_ROLE, space, subject)
    if configz:
        rule = ('""', ["nodes/proxy"], "get")
        documents += _document(_CONFIGZ, "", _PROXY, _yaml([rule]))
        documents += _bound(_CONFIGZ, "", subject)
    return "---\n".join(f"{document}\n" for document in documents)


def _rows(further: Sequence[str]) -> Iterator[Row]:
    known = {row.name for row in ROWS}
    for text in further:
        plural, _, group = text.partition(".")
        if text not in known:
            yield Row(group, plural, "", "", links=(Link.DEPLOYMENT,))


def _rules(rows: Iterable[Row], space: str) -> list[str]:
    groups: dict[str, set[str]] = {}
    for row in rows:
        if row.plural != SECRETS or row.group:
            groups.setdefault(row.group, set()).add(row.plural)
    rules = [(f'"{group}"', sorted(groups[group]), "list") for group in sorted(groups)]
    if space:
        rules.append(('""', ["namespaces"], "get"))
    return _yaml(rules)


def _yaml(rules: Iterable[tuple[str, list[str], str]]) -> list[str]:
    lines = ["rules:"]
    for group, plurals, verb in rules:
        lines += [f"  - apiGroups: [{group}]", "    resources:"]
        lines += [f"      - {plural}" for plural in plurals]
        lines.append(f'    verbs: ["{verb}"]')
    return lines


def _document(name: str, space: str, why: str, rules: list[str]) -> list[str]:
    kind = "Role" if space else "ClusterRole"
    head = [f"apiVersion: {_API}/v1", f"kind: {kind}", *_metadata(name, space)]
    return ["\n".join([*why.splitlines(), *head, *rules])]


def _metadata(name: str, space: str) -> list[str]:
    return ["metadata:", f"  name: {name}", *([f"  namespace: {space}"] if space else [])]


def _bound(name: str, space: str, subject: Sequence[str]) -> list[str]:
    """Return the binding of a role, nothing where nobody was named."""
    if not subject:
        return []
    kind = "Role" if space else "ClusterRole"
    lines = [
        f"apiVersion: {_API}/v1", f"kind: {kind}Binding", *_metadata(name, space),
        "roleRef:", f"  apiGroup: {_API}", f"  kind: {kind}", f"  name: {name}",
        "subjects:", *subject,
    ]  # fmt: skip
    return ["\n".join(lines)]


def _subject(to: str) -> Sequence[str]:
    kind, _, name = to.partition(":")
    if kind in ("user", "group") and name and name.isprintable():
        quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return (f"  - kind: {kind.title()}", f"    apiGroup: {_API}", f"    name: {quoted}")
    account = _ACCOUNT.fullmatch(to)
    if account is None:
        raise UsageError(
            f"--to {to}: nobody",
            advice="NAMESPACE/SERVICEACCOUNT, user:NAME or group:NAME.",
        )
    return (
        "  - kind: ServiceAccount", f'    namespace: "{account[1]}"', f'    name: "{account[2]}"',
    )  # fmt: skip


_WHOLE = """\
# What `keten snapshot` and `keten scan k8s://CONTEXT` need, and no more. Written by
# `keten snapshot --role`. Discovery (/api, /apis, /version) is granted to whoever is logged
# in by the ClusterRoles system:discovery and system:public-info-viewer of Kubernetes."""
_NARROW = """\
# What `keten snapshot` and `keten scan k8s://CONTEXT/NAMESPACE` need, and no more. Written by
# `keten snapshot k8s:///NAMESPACE --role`. What is of no namespace (nodes, cluster roles,
# webhooks) stays unseen, and what depends on it UNKNOWN. Who applies it has to hold these
# rights, or to be a cluster administrator; groups that the cluster does not serve can go."""
_APART = """\
# Apart, because who may list Secrets may also read their values. keten asks for a table
# (name, type, number of keys): values are not sent to it. Leave this role unbound if you
# will: what depends on it is then UNKNOWN."""
_PROXY = """\
# For --configz only. Who may proxy to nodes may do anything on them that the kubelet can:
# bind it for the time of the collection, or copy the kubelets' configuration files instead."""
