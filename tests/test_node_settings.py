"""What holds for a node's programs: flags, files and drop-ins put together, as they do it."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from node_roots import LEAK, build, process, write
from test_control_plane import certificate

from keten.formats.control_plane import dropins, k3s
from keten.formats.control_plane.node_script import script
from keten.formats.control_plane.node_settings import Node
from keten.formats.control_plane.node_settings import settings as hold
from keten.model.control_plane import (
    Component,
    Encryption,
    Kubeconfig,
    NodeFile,
    ServerConfig,
)
from keten.model.facts import Facts
from keten.testing.examples import facts_of

HEAD = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
SCHEDULER = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
PROXY = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
SHELLS = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)]


def node(texts: dict[str, str], *folders: str) -> Node:
    return Node({path: text.encode() for path, text in texts.items()}, frozenset(folders))


def report(root: Path, shell: str = "sh") -> str:
    command = ["busybox", "sh"] if shell == "busybox" else [shell]
    done = subprocess.run(
        command, input=script(), env={"ROOT": str(root), "PATH": os.environ["PATH"]},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def component(facts: Facts, name: str) -> Component:
    (found,) = (n for n in facts.nodes if isinstance(n, Component) and n.name == name)
    return found


def test_the_example_of_the_documentation() -> None:
    """Kubelet Configuration Directory Merging: structures, lists, maps."""
    base = {
        "port": 20250, "serializeImagePulls": False, "address": "192.168.0.1",
        "authorization": {"mode": "Webhook", "webhook": {
            "cacheAuthorizedTTL": "5m", "cacheUnauthorizedTTL": "30s"}},
        "clusterDNS": ["192.168.0.9", "192.168.0.8"],
        "featureGates": {"AllAlpha": False, "MemoryQoS": True},
    }  # fmt: skip
    patch = {
        "authorization": {"mode": "AlwaysAllow", "webhook": {"cacheAuthorizedTTL": "8m"}},
        "address": "192.168.0.8", "clusterDNS": ["192.168.0.2"],
        "featureGates": {"MemoryQoS": False, "KubeletTracing": True},
    }  # fmt: skip

    assert dropins.merged(base, [patch]) == {
        "port": 20250, "serializeImagePulls": False, "address": "192.168.0.8",
        "authorization": {"mode": "AlwaysAllow", "webhook": {
            "cacheAuthorizedTTL": "8m", "cacheUnauthorizedTTL": "30s"}},
        "clusterDNS": ["192.168.0.2"],
        "featureGates": {"AllAlpha": False, "MemoryQoS": False, "KubeletTracing": True},
    }  # fmt: skip


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text("ab", max_size=2),
    lambda inner: (
        st.dictionaries(st.sampled_from("abc"), inner, max_size=3) | st.lists(inner, max_size=2)
    ),
    max_leaves=12,
)
MAPPINGS = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7386, section 2, word for word."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge_patch(result.get(name), value)
    return result


@settings(deadline=None)
@given(MAPPINGS, MAPPINGS)
def test_merging_is_that_of_rfc_7386(base: dict[str, Any], patch: dict[str, Any]) -> None:
    before = json.dumps([base, patch])

    assert dropins.merged(base, [patch]) == merge_patch(base, patch)
    assert json.dumps([base, patch]) == before


def test_the_order_is_that_of_a_walk() -> None:
    """filepath.WalkDir: a folder's entries by name, and into a folder where its name stands."""
    paths = ["/d/b.conf", "/d/a/z.conf", "/d/a.conf", "/d/10.conf", "/d/9.conf", "/d/b/x.txt", "/e"]

    assert dropins.below("/d/", paths) == [
        "/d/10.conf", "/d/9.conf", "/d/a/z.conf", "/d/a.conf", "/d/b.conf",
    ]  # fmt: skip


def test_drop_ins_hold_over_the_file_and_flags_over_both() -> None:
    texts = {
        "/k/config.yaml": HEAD + "readOnlyPort: 0\nauthentication: {anonymous: {enabled: false}}\n",
        "/k/d/10-a.conf": HEAD + "readOnlyPort: 10255\neventRecordQPS: 5\n",
        "/k/d/20-b.conf": HEAD + "authentication: {anonymous: {enabled: true}}\n",
        "/k/d/30-c.conf.off": HEAD + "eventRecordQPS: 9\n",
    }
    flags = {"config": "/k/config.yaml", "config-dir": "/k/d", "event-qps": "0"}
    held = hold("kubelet", flags, node(texts, "/k/d"))

    assert not held.lacks
    assert held.flags == flags
    assert held.config == {
        "readOnlyPort": 10255, "eventRecordQPS": 5,
        "authentication": {"anonymous": {"enabled": True}},
    }  # fmt: skip


def test_without_a_file_drop_ins_lie_over_what_flags_begin_with() -> None:
    texts = {"/d/00.conf": HEAD + "authentication: {webhook: {enabled: true}}\n"}
    config = hold("kubelet", {"config-dir": "/d"}, node(texts, "/d")).config

    assert config is not None
    assert config["authentication"] == {
        "anonymous": {"enabled": True},
        "webhook": {"enabled": True},
    }
    assert config["authorization"] == {"mode": "AlwaysAllow"}
    assert config["readOnlyPort"] == 10255


@pytest.mark.parametrize(
    ("flags", "texts", "folders", "lacks"),
    [
        ({"config": "/c"}, {}, (), "its configuration file /c is not in the report"),
        ({"config-dir": "/d"}, {"/d/a.conf": HEAD}, (), "the drop-ins in /d are not"),
        ({"config-dir": "/d"}, {"/d/a.conf": "port: 1\n"}, ("/d",), "its drop-in /d/a.conf"),
        ({"config-dir": "/d"}, {"/d/a.conf": HEAD + "a: [\n"}, ("/d",), "its drop-in /d/a.conf"),
        (
            {"config-dir": "/d"},
            {"/d/a.conf": HEAD.replace("v1beta1", "v2")},
            ("/d",),
            "its drop-in /d/a.conf",
        ),
    ],
)
def test_what_is_not_had_is_told(
    flags: dict[str, str], texts: dict[str, str], folders: tuple[str, ...], lacks: str
) -> None:
    assert hold("kubelet", flags, node(texts, *folders)).lacks.startswith(lacks)


def test_a_scheduler_takes_profiling_from_its_file_only() -> None:
    flags = {"config": "/s", "profiling": "false", "bind-address": "::1", "leader-elect": "true"}
    held = hold("kube-scheduler", flags, node({"/s": SCHEDULER + "enableProfiling: true\n"}))

    assert held.config == {"enableProfiling": True}
    assert set(held.flags) == {"config", "bind-address", "leader-elect"}


def test_a_proxy_takes_all_but_its_name_from_its_file() -> None:
    flags = {"config": "/p", "metrics-bind-address": "0.0.0.0:1", "hostname-override": "a"}
    held = hold("kube-proxy", flags, node({"/p": PROXY + "mode: nftables\n"}))

    assert held.config == {"mode": "nftables"}
    assert held.flags == {"config": "/p", "hostname-override": "a"}


def test_files_of_the_api_server() -> None:
    head = "apiVersion: apiserver.config.k8s.io/v1\nkind: "
    texts = {"/n": head + "AuthenticationConfiguration\nanonymous: {enabled: false}\n"}
    flags = {"authentication-config": "/n", "authorization-config": "/z"}
    held = hold("kube-apiserver", flags, node(texts))
    made = Component("a", name="kube-apiserver", flags=held.flags, config=held.config)

    assert made.said("authentication-config") == {"anonymous": {"enabled": False}}
    assert made.said("authorization-config") == {}
    assert made.unread


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a node whose kubelet has drop-ins, whose proxy and scheduler have files."""
    build(tmp_path)
    process(
        tmp_path, 102, "/usr/bin/kubelet", "--config=/var/lib/kubelet/config.yaml",
        "--config-dir", "/etc/kubernetes/kubelet.conf.d/",
    )  # fmt: skip
    process(tmp_path, 105, "kube-scheduler", "--config=/etc/kubernetes/s.yaml", "--profiling=false")
    folder = "etc/kubernetes/kubelet.conf.d"
    write(tmp_path, f"{folder}/20 last.conf", HEAD + "readOnlyPort: 0\n")
    write(
        tmp_path, f"{folder}/10.conf",
        HEAD + "staticPodURLHeader:\n  Authorization:\n  - Bearer " + LEAK
        + "\n  X-Own: [" + LEAK + "]\nreadOnlyPort: 10255\nserverTLSBootstrap: true\n",
    )  # fmt: skip
    write(tmp_path, f"{folder}/README", LEAK)
    write(tmp_path, "etc/kubernetes/s.yaml", SCHEDULER + "leaderElection: {leaderElect: true}\n")
    return tmp_path


@pytest.mark.parametrize("shell", SHELLS)
def test_drop_ins_of_a_node(root: Path, shell: str) -> None:
    said = report(root, shell)
    found = facts_of({"cp1.keten-node": said.encode()})

    assert LEAK not in said
    assert not found.problems
    assert component(found, "kubelet").config == {
        "readOnlyPort": 0, "rotateCertificates": True, "serverTLSBootstrap": True,
    }  # fmt: skip
    scheduler = component(found, "kube-scheduler")
    assert scheduler.config == {"leaderElection": {"leaderElect": True}}
    assert "profiling" not in scheduler.flags


def test_what_an_admission_configuration_has_elsewhere(root: Path) -> None:
    process(root, 101, "kube-apiserver", "--admission-control-config-file=/etc/kubernetes/a.yaml")
    head = "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n"
    text = f"{head}- name: PodSecurity\n  path: pod/security.yaml\n"
    write(root, "etc/kubernetes/a.yaml", text)
    lacking = facts_of({"cp1.keten-node": report(root).encode()})
    write(
        root, "etc/kubernetes/pod/security.yaml",
        "apiVersion: pod-security.admission.config.k8s.io/v1\nkind: PodSecurityConfiguration\n"
        "defaults: {enforce: baseline}\n",
    )  # fmt: skip
    found = facts_of({"cp1.keten-node": report(root).encode()})
    kinds = {n.kind: n.spec for n in found.nodes if isinstance(n, ServerConfig)}

    assert [p.what for p in lacking.problems] == [
        "the configuration of PodSecurity stands in pod/security.yaml"
    ]
    assert not found.problems
    assert kinds["PodSecurityConfiguration"] == {"defaults": {"enforce": "baseline"}}
    assert [p.about for p in facts_of({"a.yaml": text.encode()}).problems] == [
        "serverconfig a.yaml:PodSecurityConfiguration"
    ]


def test_days_and_logins_by_certificate(root: Path) -> None:
    key = root / "etc/kubernetes/pki/sa.key"
    write(root, "etc/kubernetes/pki/sa.key", LEAK)
    for path in (key, root / "etc/kubernetes/encryption.yaml"):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    public, _ = certificate(365)
    write(root, "opt/admin.crt", public.decode())
    write(
        root, "etc/kubernetes/scheduler.conf",
        "apiVersion: v1\nkind: Config\nclusters: []\nusers:\n- name: s\n  user:\n"
        "    client-certificate: /opt/admin.crt\n    client-key: /opt/b.key\n",
    )  # fmt: skip
    found = facts_of({"cp1.keten-node": report(root).encode()})
    files = {n.path: n for n in found.nodes if isinstance(n, NodeFile)}
    logins = [one for n in found.nodes if isinstance(n, Kubeconfig) for one in n.logins]
    (encryption,) = (n for n in found.nodes if isinstance(n, Encryption))

    assert files["/etc/kubernetes/pki/sa.key"].changed == "2020-09-13"
    assert files["/etc/kubernetes/encryption.yaml"].role == "key"
    assert encryption.changed == "2020-09-13"
    assert [one.until for one in logins if one.name == "s"] == ["2027-01-01"]
    assert [one.organizations for one in logins if one.name == "s"] == [("system:masters",)]


K3S = "etc/rancher/k3s"
"""Where k3s is configured."""


def test_k3s_and_its_parts(tmp_path: Path) -> None:
    write(tmp_path, "proc/sys/kernel/hostname", "edge\n")
    write(
        tmp_path, f"{K3S}/config.yaml",
        f"agent-token: {LEAK}\ndatastore-endpoint: mysql://root:{LEAK}@tcp(db)/k\n"
        "kube-apiserver-arg: [enable-admission-plugins+=EventRateLimit, anonymous-auth=true]\n"
        "kubelet-arg: [event-qps=0]\n",
    )  # fmt: skip
    write(tmp_path, f"{K3S}/config.yaml.d/10.yaml", "kubelet-arg: [v=2]\n")
    write(tmp_path, f"{K3S}/config.yaml.d/20.yaml", "kubelet-arg+: [seccomp-default=true]\n")
    agent = "var/lib/rancher/k3s/agent"
    write(
        tmp_path, f"{agent}/etc/kubelet.conf.d/00-k3s-defaults.conf",
        HEAD + "authentication: {anonymous: {enabled: false}}\nauthorization: {mode: Webhook}\n",
    )  # fmt: skip
    write(tmp_path, f"{agent}/serving-kubelet.key", LEAK)
    write(tmp_path, "var/lib/rancher/k3s/server/token", LEAK, mode=0o644)
    said = report(tmp_path)
    found = facts_of({"edge.keten-node": said.encode()})

    assert LEAK not in said
    assert not found.problems
    kubelet, server = component(found, "kubelet"), component(found, "kube-apiserver")
    assert kubelet.flags["v"] == "2"
    assert kubelet.flags["seccomp-default"] == "true"
    assert "event-qps" not in kubelet.flags
    assert "anonymous-auth" not in kubelet.flags
    assert kubelet.config is not None
    assert kubelet.config["authentication"] == {
        "anonymous": {"enabled": False}, "webhook": {"enabled": False},
    }  # fmt: skip
    assert kubelet.node == "edge"
    assert server.words("enable-admission-plugins") == ("NodeRestriction", "EventRateLimit")
    assert server.flag("anonymous-auth") == "true"
    files = {n.path: (n.role, n.mode) for n in found.nodes if isinstance(n, NodeFile)}
    assert files["/var/lib/rancher/k3s/server/token"] == ("key", 0o644)
    assert f"/{agent}/serving-kubelet.key" in files


def test_files_of_k3s_follow_one_another() -> None:
    """docs.k3s.io, Multiple Config Files."""
    files: list[dict[str, Any]] = [
        {"token": "boop", "node-label": ["foo=bar", "bar=baz"]},
        {"write-kubeconfig-mode": 600, "node-taint": ["alice=bob:NoExecute"]},
        {
            "write-kubeconfig-mode": 777, "node-label": ["other=what", "foo=three"],
            "node-taint+": ["charlie=delta:NoSchedule"],
        },
    ]  # fmt: skip

    assert k3s.merged(files) == {
        "write-kubeconfig-mode": 777, "token": "boop", "node-label": ["other=what", "foo=three"],
        "node-taint": ["alice=bob:NoExecute", "charlie=delta:NoSchedule"],
    }  # fmt: skip


def test_certificates_that_programs_and_kubeconfigs_name(root: Path) -> None:
    pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    for path in ("opt/a.crt", "opt/b.pem", "opt/c.crt"):
        write(root, path, pem)
    process(root, 106, "kube-controller-manager", "--tls-cert-file=/opt/a.crt")
    write(
        root, "etc/kubernetes/scheduler.conf",
        "apiVersion: v1\nkind: Config\nclusters: []\nusers:\n- name: s\n  user:\n"
        "    client-certificate: /opt/b.pem\n    client-key: /opt/b.key\n",
    )  # fmt: skip
    said = report(root)

    assert "text certificate /opt/a.crt\n" in said
    assert "text certificate /opt/b.pem\n" in said
    assert "/opt/c.crt" not in said


FLOW = (
    '{kind: Config, users: [{name: a, user: {token: "%s", client-key-data: %s}}, '
    '{password: "a,%s"}]}'
)
STATIC = (
    '{\n  "kind": "KubeletConfiguration",\n  "staticPodURLHeader": {\n    "Authorization": [\n'
    '      "%s"\n    ]\n  },\n  "port": 1,\n  "x": {"y": 2}\n}\n'
)


@pytest.mark.parametrize("shell", SHELLS)
def test_no_secret_in_one_line_or_in_json_is_printed(root: Path, shell: str) -> None:
    write(root, "etc/kubernetes/admin.conf", FLOW % (LEAK, LEAK, LEAK))
    write(root, "etc/kubernetes/kubelet/config.json", STATIC % LEAK)
    write(root, "etc/kubernetes/kubelet/kubelet-config.json", json.dumps(json.loads(STATIC % LEAK)))
    said = report(root, shell)

    assert LEAK not in said
    quoted = said.partition("text kubelet-config /etc/kubernetes/kubelet/config.json\n")[2]
    lines = [line[1:] for line in quoted.partition("\ntext ")[0].split("\n") if line[:1] == "|"]
    assert json.loads("\n".join(lines)) == {
        "kind": "KubeletConfiguration", "staticPodURLHeader": {}, "port": 1, "x": {"y": 2},
    }  # fmt: skip


def test_a_drop_in_in_a_tree_says_a_part_only() -> None:
    facts = facts_of({"etc/kubelet.conf.d/10.conf": (HEAD + "readOnlyPort: 1\n").encode()})

    assert [p.need for p in facts.problems] == ["flags"]
    assert not [item for item in facts.looked if item.need == "flags"]


def test_a_schedulers_file_in_a_tree() -> None:
    facts = facts_of({"s.yaml": (SCHEDULER + "enableProfiling: false\n").encode()})

    assert component(facts, "kube-scheduler").config == {"enableProfiling": False}
    assert not facts.problems
