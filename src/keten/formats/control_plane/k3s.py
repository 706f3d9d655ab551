"""k3s's and RKE2's ``config.yaml``: the components they run, their own defaults put in.

Defaults as the projects' self-assessment guides print them (docs.k3s.io, CIS 1.12, k3s of May
2026; docs.rke2.io) and pkg/daemons of k3s. A component is told of only where a file configures
it. Files in ``config.yaml.d`` hold over ``config.yaml``, in lexical order; a key that ends in
``+`` adds to what was before it. An argument ``name+=value`` adds to a default, ``name-=value``
before it, any other takes its place (GetArgs in pkg/util/args.go).
"""

from collections.abc import Iterable, Iterator
from typing import Any

from keten.formats.control_plane import command_lines as lines
from keten.formats.control_plane.gathered import Found
from keten.model import control_plane as plane

_TLS = "/var/lib/rancher/{0}/server/tls"
_KEYS = {
    "kube-apiserver-arg": plane.API_SERVER,
    "kube-controller-manager-arg": plane.CONTROLLER,
    "kube-scheduler-arg": plane.SCHEDULER,
    "etcd-arg": plane.ETCD,
    "kubelet-arg": plane.KUBELET,
    "kube-proxy-arg": plane.PROXY,
}
_SERVER = ("cluster-init", "secrets-encryption")


def is_one(value: dict[str, Any]) -> bool:
    """Return whether a mapping configures k3s or RKE2: some key is one that only they have."""
    return any(key in value for key in (*_KEYS, *_SERVER))


def found(value: Any, fields: dict[str, int], path: str, line: int) -> Iterator[Found]:
    """Yield each component that the file configures."""
    product = "rke2" if "rke2" in path else "k3s"
    for key, name in _KEYS.items():
        server = name == plane.API_SERVER and any(value.get(item) for item in _SERVER)
        if key not in value and not server:
            continue
        given = value.get(key, [])
        words = [
            f"--{str(word).lstrip('-')}" for word in (given if isinstance(given, list) else [given])
        ]
        values, indexes = lines.flags(words[: lines.WORDS])
        at = {"": key} | {flag.rstrip("+-"): f"{key}[{i}]" for flag, i in indexes.items()}
        flags = _over(_defaults(name, product), values)
        if server and value.get("secrets-encryption") is True:
            flags.setdefault("encryption-provider-config", "(made by secrets-encryption)")
        if name == plane.KUBELET and value.get("protect-kernel-defaults") is True:
            flags.setdefault("protect-kernel-defaults", "true")
        node = plane.Component(
            f"{path}:{name}", name=name, path=path, origin=product, flags=flags, at=at
        )
        yield Found(node, fields, fields.get(key, line))


def merged(values: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return what several files say together, in the order in which they are read."""
    found: dict[str, Any] = {}
    for value in values:
        for key, item in value.items():
            name = str(key).removesuffix("+")
            if name != key and name in found:
                before = found[name]
                before = before if isinstance(before, list) else [before]
                found[name] = [*before, *(item if isinstance(item, list) else [item])]
            else:
                found[name] = item
    return found


def _over(defaults: dict[str, str], given: dict[str, str]) -> dict[str, str]:
    """Return the flags with what is *given* put over, behind or before *defaults*."""
    flags = dict(defaults)
    for word, value in given.items():
        name = word.rstrip("+-")
        first = defaults.get(name) if word != name else None
        parts = [value] if first is None else [first, value]
        flags[name] = ",".join(reversed(parts) if word.endswith("-") else parts)
    return flags


def _defaults(name: str, product: str) -> dict[str, str]:
    tls = _TLS.format(product)
    match name:
        case plane.API_SERVER:
            return {
                "anonymous-auth": "false",
                "authorization-mode": "Node,RBAC",
                "enable-admission-plugins": "NodeRestriction",
                "profiling": "false",
                "client-ca-file": f"{tls}/client-ca.crt",
                "kubelet-certificate-authority": f"{tls}/server-ca.crt",
                "kubelet-client-certificate": f"{tls}/client-kube-apiserver.crt",
                "kubelet-client-key": f"{tls}/client-kube-apiserver.key",
                "service-account-key-file": f"{tls}/service.key",
                "service-account-signing-key-file": f"{tls}/service.current.key",
                "tls-cert-file": f"{tls}/serving-kube-apiserver.crt",
                "tls-private-key-file": f"{tls}/serving-kube-apiserver.key",
                "etcd-servers": "https://127.0.0.1:2379",
                "etcd-cafile": f"{tls}/etcd/server-ca.crt",
                "etcd-certfile": f"{tls}/etcd/client.crt",
                "etcd-keyfile": f"{tls}/etcd/client.key",
            }
        case plane.CONTROLLER:
            return {
                "bind-address": "127.0.0.1",
                "profiling": "false",
                "use-service-account-credentials": "true",
                "root-ca-file": f"{tls}/server-ca.crt",
                "service-account-private-key-file": f"{tls}/service.current.key",
            }
        case plane.SCHEDULER:
            return {"bind-address": "127.0.0.1", "profiling": "false"}
        case plane.ETCD:
            return {
                "cert-file": f"{tls}/etcd/server-client.crt",
                "key-file": f"{tls}/etcd/server-client.key",
                "client-cert-auth": "true",
                "trusted-ca-file": f"{tls}/etcd/server-ca.crt",
                "peer-cert-file": f"{tls}/etcd/peer-server-client.crt",
                "peer-key-file": f"{tls}/etcd/peer-server-client.key",
                "peer-client-cert-auth": "true",
                "peer-trusted-ca-file": f"{tls}/etcd/peer-ca.crt",
            }
        case plane.KUBELET:
            agent = f"/var/lib/rancher/{product}/agent"
            return {
                "anonymous-auth": "false",
                "authorization-mode": "Webhook",
                "authentication-token-webhook": "true",
                "read-only-port": "0",
                "client-ca-file": f"{agent}/client-ca.crt",
                "tls-cert-file": f"{agent}/serving-kubelet.crt",
                "tls-private-key-file": f"{agent}/serving-kubelet.key",
                "rotate-certificates": "true",
            }
    return {"metrics-bind-address": "127.0.0.1:10249"}
