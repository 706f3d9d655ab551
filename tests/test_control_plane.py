"""How the control plane is configured: what the readers make of files as they are found."""

# ruff: noqa: E501 command lines and documents stand as they are found

import base64
import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from growing import Work, linear
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keten import plugs
from keten.errors import InputError
from keten.formats.control_plane import command_lines
from keten.model.control_plane import (
    Certificate,
    Component,
    Encryption,
    Kubeconfig,
    ManagedCluster,
    ServerConfig,
)
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.testing.examples import Memory, facts_of

FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
READERS = (
    "component-pods", "kubeadm-config", "kubelet-config", "k3s-config", "encryption-config",
    "audit-policy", "server-config", "kubeconfig", "node-certificate", "managed-cluster",
    "node-report",
)  # fmt: skip


def components(facts: Facts) -> dict[str, Component]:
    return {node.name: node for node in facts.nodes if isinstance(node, Component)}


def pod(command: list[str], **more: Any) -> bytes:
    container = {"name": "a", "image": "registry.k8s.io/a:v1", "command": command} | more
    return json.dumps({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "kube-system"},
        "spec": {"containers": [container]},
    }).encode()  # fmt: skip


@pytest.mark.parametrize(
    ("words", "name", "flags"),
    [
        (["kube-apiserver", "--profiling", "--v=2"], "kube-apiserver", {"profiling": "true", "v": "2"}),
        (["/usr/bin/kube-scheduler", "--bind-address", "::1"], "kube-scheduler", {"bind-address": "::1"}),
        (["kube-apiserver", "--anonymous_auth=false"], "kube-apiserver", {"anonymous-auth": "false"}),
        (["hyperkube", "apiserver", "--v=1"], "kube-apiserver", {"v": "1"}),
        (["/hyperkube", "kubelet", "--v=1"], "kubelet", {"v": "1"}),
        (["/go-runner", "--log-file=/a", "/usr/local/bin/kube-proxy", "--v=2"], "kube-proxy", {"v": "2"}),
        (["/bin/sh", "-c", "exec /usr/bin/kube-apiserver --a=b 1>>/var/log/x 2>&1"], "kube-apiserver", {"a": "b"}),
        (["etcd", "-data-dir=/d", "--client-cert-auth"], "etcd", {"data-dir": "/d", "client-cert-auth": "true"}),
        (
            ["kube-apiserver", "--feature-gates=A=true", "--feature-gates=B=false", "--v=1", "--v=3"],
            "kube-apiserver",
            {"feature-gates": "A=true,B=false", "v": "3"},
        ),
        (["kube-apiserver", "--", "--v=1"], "kube-apiserver", {}),
    ],
)  # fmt: skip
def test_command_lines(words: list[str], name: str, flags: dict[str, str]) -> None:
    found = command_lines.program(words)

    assert found is not None
    assert found.name == name
    assert command_lines.flags(found.words, single=name == "etcd")[0] == flags


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nginx"],
        ["sh", "-c", "ps | grep kube-apiserver"],
        ["sh", "-c", "'"],
        ["x", "kube-apiserver"],
    ],
)
def test_other_command_lines(words: list[str]) -> None:
    assert command_lines.program(words) is None


def test_what_a_shell_puts_in_leaves_flags_unknown() -> None:
    data = pod(["/bin/sh", "-c", "kube-apiserver --a=$(cat /x) --b=$(NODE)"])
    facts = facts_of({"a.json": data})

    assert components(facts)["kube-apiserver"].flags["b"] == "$(NODE)"
    assert [p.need for p in facts.problems] == ["flags"]
    assert not [item for item in facts.looked if item.need == "flags"]


def test_a_flag_knows_its_line() -> None:
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n"
        "    image: registry.k8s.io/kube-apiserver:v1.31.4\n    command:\n    - kube-apiserver\n"
        "    args:\n    - --v=2\n    - --profiling=false\n"
    )
    facts = facts_of({"a.yaml": text.encode()})
    node = components(facts)["kube-apiserver"]

    assert node.at["profiling"] == "spec.containers[0].args[1]"
    assert node.minor == 31
    from keten.graph.places import Places

    found = Places(facts.places).find(node, node.at["profiling"])
    assert found is not None
    assert found.line == 12


def test_of_a_list_of_a_live_cluster() -> None:
    items = [
        {
            "metadata": {"name": f"etcd-{node}", "namespace": "kube-system"},
            "spec": {"nodeName": node, "containers": [
                {"name": "etcd", "image": "registry.k8s.io/etcd:3.5.1-0",
                 "command": ["etcd", "--client-cert-auth=true"]}]},
        }
        for node in ("a", "b")
    ]  # fmt: skip
    listed = {"apiVersion": "v1", "kind": "PodList", "items": items}
    found = facts_of({"core/v1/pods.0001.json": json.dumps(listed).encode()})
    nodes = sorted(node.node for node in found.nodes if isinstance(node, Component))

    assert nodes == ["a", "b"]


def test_what_a_cloud_runs_in_the_cluster_is_its_own() -> None:
    value = json.loads(pod(["kube-proxy", "--metrics-bind-address=0.0.0.0:10249"]))
    value["metadata"]["labels"] = {"eks.amazonaws.com/component": "kube-proxy"}
    facts = facts_of({"a.json": json.dumps(value).encode()})

    assert components(facts)["kube-proxy"].provider == "eks"


@pytest.mark.parametrize("listed", [True, False])
def test_kubeadm(*, listed: bool) -> None:
    given = {"anonymous-auth": "false", "audit-log-maxage": "30"}
    extra: Any = [{"name": k, "value": v} for k, v in given.items()] if listed else given
    value = {
        "apiVersion": f"kubeadm.k8s.io/v1beta{4 if listed else 3}", "kind": "ClusterConfiguration",
        "kubernetesVersion": "v1.32.1", "apiServer": {"extraArgs": extra},
        "etcd": {"external": {"endpoints": ["http://10.0.0.1:2379"]}},
    }  # fmt: skip
    found = components(facts_of({"a.yaml": json.dumps(value).encode()}))

    assert set(found) == {"kube-apiserver", "kube-controller-manager", "kube-scheduler"}
    assert found["kube-apiserver"].flag("anonymous-auth") == "false"
    assert found["kube-apiserver"].words("authorization-mode") == ("Node", "RBAC")
    assert found["kube-apiserver"].flag("etcd-servers") == "http://10.0.0.1:2379"
    assert found["kube-apiserver"].flag("etcd-cafile") == ""
    assert found["kube-apiserver"].minor == 32


def test_the_config_maps_of_kubeadm() -> None:
    inner = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.33.0\n"
    kubelet = (
        "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nreadOnlyPort: 1\n"
    )
    maps = [
        {"apiVersion": "v1", "kind": "ConfigMap",
         "metadata": {"name": name, "namespace": "kube-system"}, "data": data}
        for name, data in (
            ("kubeadm-config", {"ClusterConfiguration": inner}),
            ("kubelet-config", {"kubelet": kubelet}),
            ("other", {"kubelet": kubelet}),
        )
    ]  # fmt: skip
    value = {"apiVersion": "v1", "kind": "ConfigMapList", "items": maps}
    found = components(facts_of({"maps.json": json.dumps(value).encode()}))

    assert found["kube-apiserver"].minor == 33
    assert found["kubelet"].config == {"readOnlyPort": 1}


def test_configz() -> None:
    value = {"kubeletconfig": {"port": 10250, "staticPodURLHeader": {"Authorization": ["x"]}}}
    facts = facts_of({"configz/node-1.json": json.dumps(value).encode()})
    (node,) = components(facts).values()

    assert (node.origin, node.node) == ("configz", "node-1")
    assert node.config == {"port": 10250}


def test_k3s() -> None:
    text = b'kube-apiserver-arg:\n- "anonymous-auth=true"\nsecrets-encryption: true\nkubelet-arg: read-only-port=1\n'
    found = components(facts_of({"etc/rancher/k3s/config.yaml": text}))

    assert found["kube-apiserver"].flag("anonymous-auth") == "true"
    assert found["kube-apiserver"].flag("profiling") == "false"
    assert found["kube-apiserver"].flag("encryption-provider-config")
    assert found["kubelet"].flag("read-only-port") == "1"


def test_encryption_keeps_no_key() -> None:
    secret = base64.b64encode(bytes(range(32))).decode()
    text = (
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n"
        f"- resources: [secrets]\n  providers:\n  - aesgcm:\n      keys: [{{name: a, secret: {secret}}}]\n"
    )
    facts = facts_of({"e.yaml": text.encode()})
    (node,) = (node for node in facts.nodes if isinstance(node, Encryption))

    assert node.entries[0].providers[0].bits == (256,)
    assert secret not in repr(node)


def test_pod_security_inside_of_an_admission_configuration() -> None:
    text = (
        "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n"
        "- name: PodSecurity\n  configuration:\n"
        "    apiVersion: pod-security.admission.config.k8s.io/v1\n"
        "    kind: PodSecurityConfiguration\n    defaults: {enforce: baseline}\n"
    )
    facts = facts_of({"a.yaml": text.encode()})
    kinds = {node.kind: node.spec for node in facts.nodes if isinstance(node, ServerConfig)}

    assert kinds["PodSecurityConfiguration"] == {"defaults": {"enforce": "baseline"}}


def certificate(days: int, organization: str = "system:masters") -> tuple[bytes, bytes]:
    """Return a certificate that it signs itself, and its key, both PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, "admin"),
        ]
    )
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
        .not_valid_before(begins).not_valid_after(begins + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("kubernetes")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return made.public_bytes(serialization.Encoding.PEM), private


def test_certificates_and_kubeconfigs_tell_only_what_is_public() -> None:
    public, private = certificate(365)
    value = {
        "apiVersion": "v1", "kind": "Config", "contexts": [],
        "clusters": [{"name": "k", "cluster": {"server": "https://k", "insecure-skip-tls-verify": True}}],
        "users": [{"name": "admin", "user": {
            "client-certificate-data": base64.b64encode(public).decode(),
            "client-key-data": base64.b64encode(private).decode(), "token": "t0ken"}}],
    }  # fmt: skip
    facts = facts_of(
        {
            "admin.kubeconfig": json.dumps(value).encode(),
            "etc/kubernetes/pki/admin.crt": public + private,
        }
    )
    (login,) = next(n for n in facts.nodes if isinstance(n, Kubeconfig)).logins
    found = [node for node in facts.nodes if isinstance(node, Certificate)]

    assert login.organizations == ("system:masters",)
    assert login.until == "2027-01-01"
    assert len(found) == 2
    assert {(node.key, node.bits, node.ends) for node in found} == {("EC", 256, "2027-01-01")}
    assert found[0].names == ("kubernetes",)
    mine = repr([node for node in facts.nodes if isinstance(node, Kubeconfig | Certificate)])
    assert "t0ken" not in mine
    assert base64.b64encode(private).decode()[40:80] not in mine


def test_a_bundle_of_authorities_is_nobodys_to_renew() -> None:
    public, _ = certificate(10)
    facts = facts_of({"pki/ca.crt": public * 30})

    assert not [node for node in facts.nodes if isinstance(node, Certificate)]


def managed(value: Any) -> ManagedCluster:
    facts = facts_of({"cluster.json": json.dumps(value).encode()})
    (node,) = (node for node in facts.nodes if isinstance(node, ManagedCluster))
    return node


def test_eks() -> None:
    node = managed({"cluster": {
        "name": "shop", "arn": "arn:aws:eks:x", "version": "1.27",
        "resourcesVpcConfig": {"endpointPublicAccess": True, "publicAccessCidrs": ["0.0.0.0/0"]},
        "logging": {"clusterLogging": [{"types": ["api", "audit"], "enabled": True},
                                       {"types": ["scheduler"], "enabled": False}]},
        "accessConfig": {"authenticationMode": "API_AND_CONFIG_MAP"}}})  # fmt: skip

    assert (node.provider, node.minor, node.public, node.ranges) == ("eks", 27, True, ())
    assert node.logs == ("api", "audit")
    assert node.local_accounts is True
    assert node.encryption is False
    assert node.network_policy is None


def test_gke() -> None:
    node = managed({
        "name": "shop", "currentMasterVersion": "1.33.1-gke.7", "legacyAbac": {"enabled": True},
        "masterAuthorizedNetworksConfig": {"enabled": True, "cidrBlocks": [{"cidrBlock": "192.0.2.0/24"}]},
        "networkConfig": {"datapathProvider": "ADVANCED_DATAPATH"},
        "nodePools": [{"management": {"autoUpgrade": True}}, {"management": {}}]})  # fmt: skip

    assert (node.minor, node.rbac, node.ranges) == (33, False, ("192.0.2.0/24",))
    assert node.network_policy is True
    assert node.auto_upgrade is False
    assert node.workload_identity is False


def test_aks() -> None:
    node = managed([{
        "name": "shop", "type": "Microsoft.ContainerService/ManagedClusters", "enableRbac": True,
        "kubernetesVersion": "1.34", "disableLocalAccounts": True,
        "apiServerAccessProfile": {"enablePrivateCluster": True},
        "networkProfile": {"networkPolicy": "none"}}])  # fmt: skip

    assert (node.public, node.rbac, node.local_accounts) == (False, True, False)
    assert node.network_policy is False


@pytest.mark.parametrize("name", READERS)
@FUZZ
@given(st.data())
def test_readers_take_anything(name: str, data: st.DataObject) -> None:
    reader = plugs.load(Reader, name)
    seed = data.draw(st.sampled_from(SEEDS))
    cut = bytearray(seed)
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(cut) - 1))
        cut[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.sampled_from([b"", b"[", b"{", b"null", b"1e9", b"- ", b": ", b'"', b"\xff", b"\n"])
        )
        cut = cut or bytearray(b"x")
    with contextlib.suppress(InputError):
        reader.read(Source("a/config.yaml", bytes(cut), Memory({})))


SEEDS = [
    pod(["kube-apiserver", "--v=2"], env=[{"name": "ETCD_A", "value": "b"}]),
    (
        b"apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\napiServer:\n  extraArgs:\n"
        b"  - {name: v, value: '2'}\netcd: {local: {extraArgs: {a: b}}}\n"
    ),
    b"apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfeatureGates: {A: true}\n",
    b"kube-apiserver-arg: [v=2]\netcd-arg: a=b\nsecrets-encryption: true\n",
    (
        b"apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n"
        b"- resources: [secrets]\n  providers:\n  - aescbc: {keys: [{name: a, secret: AAAA}]}\n"
    ),
    b"apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: None\n  resources: [{group: a}]\n",
    (
        b"apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n- name: a\n"
        b"  configuration: {kind: PodSecurityConfiguration}\n"
    ),
    (
        b"apiVersion: v1\nkind: Config\nclusters: [{name: a, cluster: {server: b}}]\n"
        b"users: [{name: a, user: {client-certificate-data: AAAA}}]\ncontexts: []\n"
    ),
    b"-----BEGIN CERTIFICATE-----\nMIIBAAAA\n-----END CERTIFICATE-----\n",
    b'{"cluster": {"name": "a", "arn": "b", "resourcesVpcConfig": {"publicAccessCidrs": ["a"]}}}',
    b'{"name": "a", "currentMasterVersion": "1.2", "nodePools": [{"management": {}}]}',
    b"keten-node-report/1\nprocess 1 kubelet\n|kubelet\n|--v=2\nend\n",
]


def lists(count: int) -> dict[str, bytes]:
    """Return the lists of a live cluster: what is sought stands last of so many."""
    plain = {"metadata": {"name": "web", "labels": {"a": "x" * 1000}}, "spec": {"containers": []}}
    api = json.loads(pod(["kube-apiserver", "--v=2"]))
    listed = {"apiVersion": "v1", "kind": "PodList", "items": [*[plain] * count, api]}
    config = {"metadata": {"name": "kubelet-config", "namespace": "kube-system"}}
    config["data"] = {"kubelet": "kind: KubeletConfiguration\nreadOnlyPort: 1\n"}
    maps = {"apiVersion": "v1", "kind": "ConfigMapList", "items": [*[plain] * count, config]}
    return {"pods.json": json.dumps(listed).encode(), "maps.json": json.dumps(maps).encode()}


HOSTILE = {"lists of a live cluster": Work(lists, facts_of, 1500, 10)}


def test_a_long_list_of_a_live_cluster() -> None:
    linear(HOSTILE["lists of a live cluster"], part=50)
    assert set(components(facts_of(lists(300)))) == {"kube-apiserver", "kubelet"}


def test_the_etcd_of_an_application_is_not_the_clusters() -> None:
    value = json.loads(pod(["etcd", "--listen-client-urls=http://0.0.0.0:2379"]))
    value["metadata"]["namespace"] = "shop"

    assert not components(facts_of({"a.json": json.dumps(value).encode()}))


def test_a_proxy_with_a_configuration_file_is_told_of_by_that() -> None:
    facts = facts_of({"a.json": pod(["kube-proxy", "--config=/var/lib/kube-proxy/config.conf"])})

    assert not components(facts)
    assert not facts.problems


def test_a_scheduler_with_a_configuration_file_is_not_known_in_full() -> None:
    facts = facts_of({"a.json": pod(["kube-scheduler", "--config=/etc/kubernetes/s.yaml"])})

    assert [problem.need for problem in facts.problems] == ["flags"]
    assert not [item for item in facts.looked if item.need == "flags"]
