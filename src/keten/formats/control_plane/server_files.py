"""Files of the API server: encryption at rest, audit policy, admission, authentication.

Specifications: apiserver.config.k8s.io/v1, audit.k8s.io/v1 (validation as in its Go code),
pod-security.admission.config.k8s.io/v1.
"""

import posixpath
from collections.abc import Container, Iterator
from typing import Any

from keten.errors import InputError
from keten.formats.control_plane.gathered import Found, below, items, mapping, text, texts
from keten.model import control_plane as plane

RULES = 5_000
"""The most rules of an audit policy, entries and providers of an encryption configuration."""
LEVELS = ("None", "Metadata", "Request", "RequestResponse")
STAGES = ("RequestReceived", "ResponseStarted", "ResponseComplete", "Panic")
_PROVIDERS = ("aescbc", "aesgcm", "secretbox", "identity", "kms")
_CONFIGS = frozenset({
    "AdmissionConfiguration", "PodSecurityConfiguration", "AuthenticationConfiguration",
    "AuthorizationConfiguration",
})  # fmt: skip
_POD_SECURITY = "PodSecurityConfiguration"
_INLINE = "Scan that file too, or put it under configuration."
_MEND = "Mend the file so that the API server starts with it."


def encryption(
    value: dict[str, Any], fields: dict[str, int], path: str, line: int
) -> Iterator[Found]:
    """Yield the encryption configuration that a document is, if it is one; keys are not kept."""
    kind, version = text(value.get("kind")), text(value.get("apiVersion"))
    if kind not in ("EncryptionConfiguration", "EncryptionConfig"):
        return
    if kind == "EncryptionConfiguration" and not version.startswith("apiserver.config.k8s.io/"):
        return
    entries = tuple(_entry(mapping(item)) for item in items(value.get("resources"))[:RULES])
    node = plane.Encryption(path, path=path, entries=entries)
    whole = bool(entries) and all(entry.providers for entry in entries)
    why = "the API server would refuse this encryption configuration: a list in it is empty"
    yield Found(node, fields, line, whole, why, _MEND)


def _entry(value: dict[str, Any]) -> plane.Encrypted:
    providers = []
    for item in items(value.get("providers"))[:RULES]:
        for kind in _PROVIDERS:
            if kind in mapping(item):
                providers.append(_provider(kind, mapping(item[kind])))
                break
    return plane.Encrypted(texts(value.get("resources"))[:RULES], tuple(providers))


def _provider(kind: str, value: dict[str, Any]) -> plane.Provider:
    keys = [mapping(key) for key in items(value.get("keys"))[:RULES]]
    bits = tuple(sorted({_bits(text(key.get("secret"))) for key in keys}))
    api = (text(value.get("apiVersion")) or "v1") if kind == "kms" else ""
    return plane.Provider(kind, len(keys), api, text(value.get("name"))[:200], bits)


def _bits(secret: str) -> int:
    """Return the size of a key; 0 for what is no key (a placeholder)."""
    import base64
    import binascii

    try:
        return len(base64.b64decode(secret[:4096], validate=True)) * 8
    except (binascii.Error, ValueError):
        return 0


def audit_policy(
    value: dict[str, Any], fields: dict[str, int], path: str, line: int
) -> Iterator[Found]:
    """Yield the audit policy that a document is, if it is one."""
    if value.get("kind") != "Policy" or not text(value.get("apiVersion")).startswith(
        "audit.k8s.io/"
    ):
        return
    why = refused(value)
    rules = tuple(_rule(mapping(item)) for item in items(value.get("rules"))[:RULES])
    node = plane.AuditPolicy(
        path, path=path, rules=rules, omit_stages=texts(value.get("omitStages"))
    )
    yield Found(node, fields, line, not why, why, _MEND)


def refused(value: dict[str, Any]) -> str:
    """Return why the API server would refuse an audit policy, "" where it would take it."""
    rules = items(value.get("rules"))
    if not rules:
        return "the audit policy has no rules: the API server does not start with it"
    if len(rules) > RULES:
        return f"the audit policy has more than {RULES} rules"
    for i, rule in enumerate(map(mapping, rules)):
        said = _refused_rule(rule)
        if said:
            return f"the API server would refuse the audit policy: rules[{i}] {said}"
    wrong = [stage for stage in texts(value.get("omitStages")) if stage not in STAGES]
    return f"the API server would refuse the audit policy: no stage {wrong[0]!r}" if wrong else ""


def _refused_rule(rule: dict[str, Any]) -> str:
    level = rule.get("level")
    if level not in LEVELS:
        return f"has no level {level!r}" if level else "has no level"
    wrong = [stage for stage in texts(rule.get("omitStages")) if stage not in STAGES]
    if wrong:
        return f"omits a stage that there is not: {wrong[0]!r}"
    urls = texts(rule.get("nonResourceURLs"))
    if urls and (items(rule.get("resources")) or items(rule.get("namespaces"))):
        return "has resources or namespaces beside nonResourceURLs"
    for url in urls:
        if url != "*" and (not url.startswith("/") or "*" in url[:-1]):
            return f"has a path that is none: {url[:80]!r}"
    for group in map(mapping, items(rule.get("resources"))):
        name = text(group.get("group"))
        if name not in ("", "*") and ("/" in name or name != name.lower()):
            return f"has a group that is none: {name[:80]!r}"
        if group.get("resourceNames") and not group.get("resources"):
            return "has resourceNames without resources"
    return ""


def _rule(value: dict[str, Any]) -> plane.AuditRule:
    groups = tuple(
        plane.Group(
            text(group.get("group")), texts(group.get("resources")),
            texts(group.get("resourceNames")),
        )
        for group in map(mapping, items(value.get("resources"))[:RULES])
    )  # fmt: skip
    return plane.AuditRule(
        text(value.get("level")),
        texts(value.get("users")),
        texts(value.get("userGroups")),
        texts(value.get("verbs")),
        groups,
        texts(value.get("namespaces")),
        texts(value.get("nonResourceURLs")),
        texts(value.get("omitStages")),
    )


def configuration(
    value: dict[str, Any],
    fields: dict[str, int],
    path: str,
    line: int,
    *,
    beside: Container[str] = (),
) -> Iterator[Found]:
    """Yield the configuration file that a document is, and Pod Security's inside of one.

    *beside* are the files that are read beside it: what stands in another is not known here.
    """
    kind, version = text(value.get("kind")), text(value.get("apiVersion"))
    if kind not in _CONFIGS or ".k8s.io/" not in version:
        return
    spec = {key: item for key, item in value.items() if key not in ("kind", "apiVersion")}
    yield Found(plane.ServerConfig(f"{path}:{kind}", kind, path, spec), fields, line)
    if kind != "AdmissionConfiguration":
        return
    for i, plugin in enumerate(map(mapping, items(value.get("plugins"))[:RULES])):
        inner = mapping(plugin.get("configuration"))
        prefix = f"plugins[{i}].configuration"
        elsewhere = text(plugin.get("path"))
        if plugin.get("name") == "PodSecurity" and elsewhere and not inner:
            where = posixpath.join(posixpath.dirname(path.rpartition(":")[2]), elsewhere)
            if where not in beside:
                node = plane.ServerConfig(f"{path}:{_POD_SECURITY}", _POD_SECURITY, path)
                why = f"the configuration of PodSecurity stands in {elsewhere[:120]}"
                at = fields.get(f"plugins[{i}].path", line)
                yield Found(node, {}, at, whole=False, why=why, advice=_INLINE)
        if inner.get("kind") != _POD_SECURITY:
            continue
        kept = {key: item for key, item in inner.items() if key not in ("kind", "apiVersion")}
        node = plane.ServerConfig(f"{path}:{_POD_SECURITY}", _POD_SECURITY, path, kept)
        near = below(fields, prefix)
        yield Found(node, near, fields.get(prefix, line))


def policy_of(data: bytes, path: str) -> plane.AuditPolicy:
    """Return the audit policy in *data*; InputError where the API server would not take it."""
    from keten.formats.control_plane.gathered import documents

    for document in documents(data, strict=True):
        for found in audit_policy(document.value, document.fields, path, document.line):
            if not found.whole:
                raise InputError(found.why, line=found.line, advice=found.advice)
            node: plane.AuditPolicy = found.node
            return node
    raise InputError("no audit policy (kind Policy of audit.k8s.io) in this file")
