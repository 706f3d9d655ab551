"""kubeadm's configuration: the control plane that it makes, its own defaults put in.

``extraArgs`` is a mapping up to v1beta3 and a list of name and value since v1beta4. Defaults as
in kubeadm of Kubernetes 1.36 (app/phases/controlplane, app/phases/etcd, app/componentconfigs).
"""

from collections.abc import Iterator
from typing import Any

from keten.formats.control_plane import command_lines as lines
from keten.formats.control_plane.gathered import Found, items, mapping, text
from keten.model import control_plane as plane
from keten.model.kubernetes_releases import minor_of

GROUP = "kubeadm.k8s.io/"
_PKI = "/etc/kubernetes/pki"


def found(value: Any, fields: dict[str, int], path: str, line: int) -> Iterator[Found]:
    """Yield the components of a ClusterConfiguration, the kubelet of an Init- or Join-."""
    kind = text(value.get("kind"))
    if kind == "ClusterConfiguration":
        yield from _cluster(value, fields, path, line)
    elif kind in ("InitConfiguration", "JoinConfiguration"):
        registration = mapping(value.get("nodeRegistration"))
        values, at = arguments(
            registration.get("kubeletExtraArgs"), "nodeRegistration.kubeletExtraArgs"
        )
        if values:
            node = plane.Component(
                f"{path}:{plane.KUBELET}", name=plane.KUBELET, path=path, origin="kubeadm",
                flags=values, at=at, config=kubelet({}),
            )  # fmt: skip
            yield Found(node, fields, line)


def _cluster(
    value: dict[str, Any], fields: dict[str, int], path: str, line: int
) -> Iterator[Found]:
    pki = text(value.get("certificatesDir")) or _PKI
    version = text(value.get("kubernetesVersion"))
    etcd = mapping(value.get("etcd"))
    external = mapping(etcd.get("external"))
    parts = [
        (plane.API_SERVER, "apiServer", _api_server(pki, external, etcd)),
        (plane.CONTROLLER, "controllerManager", _controller(pki)),
        (plane.SCHEDULER, "scheduler", {"bind-address": "127.0.0.1"}),
    ]
    if not external:
        parts.append((plane.ETCD, "etcd.local", _etcd(f"{pki}/etcd")))
    for name, field, defaults in parts:
        section = value
        for key in field.split("."):
            section = mapping(section.get(key))
        values, at = arguments(section.get("extraArgs"), f"{field}.extraArgs")
        if name == plane.API_SERVER and "authorization-config" in values:
            defaults.pop("authorization-mode", None)
        life = value.get("certificateValidityPeriod") if name == plane.CONTROLLER else None
        node = plane.Component(
            f"{path}:{name}", name=name, path=path, origin="kubeadm", flags=defaults | values,
            at=at, config={"certificateValidityPeriod": life} if isinstance(life, str) else None,
            version=version if name != plane.ETCD else "",
            minor=minor_of(version) if name != plane.ETCD else 0,
        )  # fmt: skip
        yield Found(node, fields, fields.get(field.partition(".")[0], line))


def arguments(value: Any, field: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return extraArgs as flags and their field paths."""
    from keten.formats.yaml.documents import step

    values: dict[str, str] = {}
    at = {"": field}
    if isinstance(value, dict):
        for key, given in list(value.items())[: lines.WORDS]:
            name = str(key).lstrip("-").replace("_", "-")
            values[name] = _said(given)
            at[name] = field + step(str(key))
    for i, entry in enumerate(items(value)[: lines.WORDS]):
        name = text(mapping(entry).get("name")).lstrip("-").replace("_", "-")
        if name:
            lines.put(values, name, _said(mapping(entry).get("value")))
            at[name] = f"{field}[{i}].value"
    return values, at


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)[: lines.LONG] if isinstance(value, str | int | float) else ""


def _api_server(pki: str, external: dict[str, Any], etcd: dict[str, Any]) -> dict[str, str]:
    found = {
        "enable-admission-plugins": "NodeRestriction",
        "service-account-key-file": f"{pki}/sa.pub",
        "service-account-signing-key-file": f"{pki}/sa.key",
        "service-account-issuer": "https://kubernetes.default.svc",
        "client-ca-file": f"{pki}/ca.crt",
        "tls-cert-file": f"{pki}/apiserver.crt",
        "tls-private-key-file": f"{pki}/apiserver.key",
        "kubelet-client-certificate": f"{pki}/apiserver-kubelet-client.crt",
        "kubelet-client-key": f"{pki}/apiserver-kubelet-client.key",
        "enable-bootstrap-token-auth": "true",
        "allow-privileged": "true",
        "authorization-mode": "Node,RBAC",
        "requestheader-client-ca-file": f"{pki}/front-proxy-ca.crt",
    }
    if external:
        urls = [url for url in items(external.get("endpoints")) if isinstance(url, str)]
        found["etcd-servers"] = ",".join(urls)
        for flag, key in (
            ("etcd-cafile", "caFile"), ("etcd-certfile", "certFile"), ("etcd-keyfile", "keyFile"),
        ):  # fmt: skip
            if external.get(key):
                found[flag] = text(external[key])
        return found
    local, _ = arguments(mapping(etcd.get("local")).get("extraArgs"), "")
    found["etcd-servers"] = local.get("advertise-client-urls") or "https://127.0.0.1:2379"
    found["etcd-cafile"] = f"{pki}/etcd/ca.crt"
    found["etcd-certfile"] = f"{pki}/apiserver-etcd-client.crt"
    found["etcd-keyfile"] = f"{pki}/apiserver-etcd-client.key"
    return found


def _controller(pki: str) -> dict[str, str]:
    return {
        "bind-address": "127.0.0.1",
        "client-ca-file": f"{pki}/ca.crt",
        "root-ca-file": f"{pki}/ca.crt",
        "service-account-private-key-file": f"{pki}/sa.key",
        "cluster-signing-cert-file": f"{pki}/ca.crt",
        "cluster-signing-key-file": f"{pki}/ca.key",
        "use-service-account-credentials": "true",
    }


def _etcd(pki: str) -> dict[str, str]:
    return {
        "cert-file": f"{pki}/server.crt",
        "key-file": f"{pki}/server.key",
        "client-cert-auth": "true",
        "trusted-ca-file": f"{pki}/ca.crt",
        "peer-cert-file": f"{pki}/peer.crt",
        "peer-key-file": f"{pki}/peer.key",
        "peer-client-cert-auth": "true",
        "peer-trusted-ca-file": f"{pki}/ca.crt",
        "data-dir": "/var/lib/etcd",
        "listen-metrics-urls": "http://127.0.0.1:2381",
    }


def kubelet(config: dict[str, Any]) -> dict[str, Any]:
    """Return a kubelet's configuration with what kubeadm puts in."""
    authentication = mapping(config.get("authentication"))
    x509 = {"clientCAFile": f"{_PKI}/ca.crt"} | mapping(authentication.get("x509"))
    return config | {
        "authentication": authentication | {"x509": x509},
        "rotateCertificates": True,
    }
