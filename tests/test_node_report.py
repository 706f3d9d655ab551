"""The node script, really run over a made-up root, and what its report says."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from node_roots import LEAK, build, secret

from keten.errors import InputError
from keten.formats.control_plane import node_report
from keten.formats.control_plane.node_script import script
from keten.model.control_plane import (
    AuditPolicy,
    Component,
    Encryption,
    Kubeconfig,
    NodeFile,
)
from keten.testing.examples import facts_of

SHELLS = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)]
FUZZ = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def run(root: Path, shell: str = "sh") -> str:
    command = ["busybox", "sh"] if shell == "busybox" else [shell]
    done = subprocess.run(
        command, input=script(), env={"ROOT": str(root), "PATH": os.environ["PATH"]},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    build(tmp_path)
    return tmp_path


@pytest.mark.parametrize("shell", SHELLS)
def test_no_secret_is_printed(root: Path, shell: str) -> None:
    said = run(root, shell)

    assert LEAK not in said
    assert secret() not in said
    assert said.startswith("keten-node-report/1\n")
    assert said.endswith("end\n")


def test_nothing_on_the_node_is_changed(root: Path) -> None:
    before = {p: (p.lstat().st_mtime_ns, p.lstat().st_mode) for p in root.rglob("*")}

    run(root)

    assert before == {p: (p.lstat().st_mtime_ns, p.lstat().st_mode) for p in root.rglob("*")}


def test_the_report_is_read(root: Path) -> None:
    found = facts_of({"nodes/cp1.keten-node": run(root).encode()})
    components = {node.name: node for node in found.nodes if isinstance(node, Component)}
    files = {node.path: node for node in found.nodes if isinstance(node, NodeFile)}

    assert not found.problems
    assert set(components) == {"kube-apiserver", "kubelet", "etcd", "kube-scheduler"}
    assert components["kube-apiserver"].flag("authorization-mode") == "Node,RBAC"
    assert components["kube-apiserver"].flag("anonymous-auth") == ""
    assert components["kube-apiserver"].node == "cp1"
    assert components["kubelet"].config == {"readOnlyPort": 10255, "rotateCertificates": True}
    assert components["etcd"].flags == {"client-cert-auth": "true", "data-dir": "/var/lib/etcd"}
    assert components["kube-scheduler"].flag("bind-address") == "0.0.0.0"
    assert files["/etc/kubernetes/pki/ca.key"].mode == 0o640
    assert files["/etc/kubernetes/admin.conf"].role == "kubeconfig"
    assert files["/var/lib/etcd"].folder
    assert files["/var/lib/etcd"].mode == 0o755
    assert files["/var/lib/kubelet/pki/kubelet-client-current.pem"].role == "key"
    (encryption,) = (node for node in found.nodes if isinstance(node, Encryption))
    assert encryption.entries[0].providers[0].kind == "aescbc"
    assert [node for node in found.nodes if isinstance(node, AuditPolicy)]
    assert [node for node in found.nodes if isinstance(node, Kubeconfig)]


def test_a_report_that_was_cut_is_told(root: Path) -> None:
    cut = run(root).rpartition("end\n")[0].encode()

    (problem,) = facts_of({"cp1.keten-node": cut}).problems

    assert "ends in the middle" in problem.what


@FUZZ
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    for text in (data, b"keten-node-report/1\n" + data + b"\nend\n"):
        try:
            list(node_report.read(text, "a"))
        except InputError:
            continue


@FUZZ
@given(st.data())
def test_mutated_reports(data: st.DataObject) -> None:
    lines = _REPORT.splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at] = data.draw(
        st.sampled_from(
            [b"", b"|\xff\n", b"text x y\n", b"file a b\n", b"end\n", b"changed x /d\n"]
        )
    )
    data.draw(st.randoms()).shuffle(lines[1:])
    try:
        list(node_report.read(b"".join(lines), "a"))
    except InputError:
        return


_REPORT = b"""keten-node-report/1
host a
process 1 kubelet
|kubelet
|--config=/k
|--config-dir=/d
file kubelet-dropins drwxr-xr-x root root /d
changed 1600000000 /d
text kubelet-dropin /d/a.conf
|apiVersion: kubelet.config.k8s.io/v1beta1
|kind: KubeletConfiguration
|authentication: {anonymous: {enabled: null}}
text rancher-config /etc/rancher/k3s/config.yaml
|kubelet-arg: [v=2]
text rancher-config /etc/rancher/k3s/config.yaml.d/a.yaml
|kubelet-arg+: {a: b}
|1: 2
$ETCD_A=b
file kubeconfig -rw-r--r-- root root /etc/kubernetes/admin.conf
text kubeconfig /etc/kubernetes/admin.conf
|apiVersion: v1
|clusters: [{name: a, cluster: {server: b}}]
|users: [{name: a, user: {client-certificate-data: AAAA}}]
text kubelet-config /k
|kind: KubeletConfiguration
|apiVersion: kubelet.config.k8s.io/v1beta1
text certificate /c
|-----BEGIN CERTIFICATE-----
|AAAA
|-----END CERTIFICATE-----
end
"""
