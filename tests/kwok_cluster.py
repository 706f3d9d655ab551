"""A cluster that lives, without machines: a real control plane, and kwok for its nodes.

etcd, kube-apiserver, kube-controller-manager and kube-scheduler are the real ones; kwok makes
the nodes ready and the pods run. ``tools/peers kubernetes kwok`` builds what is not packaged.
"""

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from api_server import program, serving, start
from live_cluster import Live, Value

PROGRAMS = (
    "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kwok",
)  # fmt: skip
ABSENT = [name for name in PROGRAMS if program(name) is None]
needs_kwok = pytest.mark.skipif(bool(ABSENT), reason=f"not here (KETEN_PEERS): {', '.join(ABSENT)}")
USERS = ("system:kube-controller-manager", "system:kube-scheduler")
READY = 300.0  # seconds: other tests may run beside
STREAMS = "--feature-gates=WatchList=false"
"""kwok watches from version 0, which the server takes for a streamed list; these need etcd 3.5."""

# How what kwok plays goes on (its kind Stage). Node: becomes ready and stays so. Pod: is
# pulled and runs, that of a Job ends well, one that is deleted goes.
_WHEN = "{{ Now | Quote }}"
_CONDITIONS = f"""
conditions:
{{{{ range NodeConditions }}}}
- lastHeartbeatTime: {_WHEN}
  lastTransitionTime: {_WHEN}
  message: {{{{ .message | Quote }}}}
  reason: {{{{ .reason | Quote }}}}
  status: {{{{ .status | Quote }}}}
  type: {{{{ .type | Quote }}}}
{{{{ end }}}}
"""
_PULLED = (
    '{{ regexReplaceAll "(@|:[^:/]*$).*" .image "" }}@sha256:{{ sha256sum .image }}'  # as pulled
)
_RUNS = f"""
phase: Running
startTime: {_WHEN}
conditions:
{{{{ range list "Initialized" "Ready" "ContainersReady" }}}}
- lastTransitionTime: {_WHEN}
  status: "True"
  type: {{{{ . }}}}
{{{{ end }}}}
{{{{ with NodeIPsWith .spec.nodeName }}}}
hostIP: {{{{ index . 0 | Quote }}}}
{{{{ end }}}}
{{{{ $u := or .metadata.uid "" }}}}
{{{{ $own := or .spec.hostNetwork false }}}}
{{{{ with PodIPsWith .spec.nodeName $own $u .metadata.name .metadata.namespace }}}}
podIP: {{{{ index . 0 | Quote }}}}
podIPs:
{{{{ range . }}}}
- ip: {{{{ . | Quote }}}}
{{{{ end }}}}
{{{{ end }}}}
containerStatuses:
{{{{ range .spec.containers }}}}
- name: {{{{ .name | Quote }}}}
  image: {{{{ .image | Quote }}}}
  imageID: {_PULLED}
  ready: true
  restartCount: 0
  state: {{running: {{startedAt: {_WHEN}}}}}
{{{{ end }}}}
initContainerStatuses:
{{{{ range .spec.initContainers }}}}
- name: {{{{ .name | Quote }}}}
  image: {{{{ .image | Quote }}}}
  imageID: {_PULLED}
  ready: true
  restartCount: 0
  {{{{ if eq (or .restartPolicy "") "Always" }}}}
  started: true
  state: {{running: {{startedAt: {_WHEN}}}}}
  {{{{ else }}}}
  state: {{terminated: {{exitCode: 0, reason: Completed, startedAt: {_WHEN}, finishedAt: {_WHEN}}}}}
  {{{{ end }}}}
{{{{ end }}}}
"""
_ENDS = f"""
phase: Succeeded
containerStatuses:
{{{{ range .spec.containers }}}}
- name: {{{{ .name | Quote }}}}
  image: {{{{ .image | Quote }}}}
  imageID: {_PULLED}
  ready: false
  restartCount: 0
  state: {{terminated: {{exitCode: 0, reason: Completed, startedAt: {_WHEN}, finishedAt: {_WHEN}}}}}
{{{{ end }}}}
"""
_READY = '.status.conditions.[] | select( .type == "Ready" ) | .status'
_DELETED = ".metadata.deletionTimestamp"


def _stage(name: str, kind: str, when: Sequence[tuple[str, str, str]], then: Value) -> Value:
    """Return a Stage: for objects of *kind* of which *when* (key, operator, value) holds."""
    asked = [
        {"key": key, "operator": operator, **({"values": [value]} if value else {})}
        for key, operator, value in when
    ]
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": name},
        "spec": {
            "resourceRef": {"apiGroup": "v1", "kind": kind},
            "selector": {"matchExpressions": asked},
            "next": then,
        },
    }


def stages() -> list[Value]:
    """Return how nodes and pods go on."""
    here = (_DELETED, "DoesNotExist", "")
    job = (".metadata.ownerReferences.[].kind", "In", "Job")
    return [
        _stage("node-ready", "Node", [(_READY, "NotIn", "True")], {"statusTemplate": _CONDITIONS}),
        _stage(
            "pod-runs", "Pod",
            [here, (".status.phase", "In", "Pending"), (_READY, "NotIn", "True")],
            {"statusTemplate": _RUNS},
        ),
        _stage(
            "pod-ends", "Pod", [here, (".status.phase", "In", "Running"), job],
            {"statusTemplate": _ENDS},
        ),
        _stage("pod-goes", "Pod", [(_DELETED, "Exists", "")], {"delete": True}),
    ]  # fmt: skip


def node(name: str, number: int, *, control: bool = False) -> Value:
    """Return a machine as a kubelet registers it."""
    role = {"node-role.kubernetes.io/control-plane": ""} if control else {}
    taint = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
    room = {"cpu": "64", "memory": "256Gi", "pods": "250", "ephemeral-storage": "500Gi"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {
                "kubernetes.io/hostname": name, "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64", **role,
                "topology.kubernetes.io/region": "west",
                "topology.kubernetes.io/zone": f"west-{number % 3}",
            },
        },
        "spec": {"taints": [taint]} if control else {},
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": f"10.240.{number // 250}.{number % 250 + 1}"},
                {"type": "Hostname", "address": name},
            ],
            "allocatable": room,
            "capacity": room,
            "nodeInfo": {
                "architecture": "amd64", "operatingSystem": "linux", "bootID": "",
                "machineID": "", "systemUUID": "", "kernelVersion": "6.12.48",
                "osImage": "Debian GNU/Linux 13 (trixie)", "kubeProxyVersion": "",
                "containerRuntimeVersion": "containerd://2.1.4", "kubeletVersion": "v1.36.3",
            },
        },
    }  # fmt: skip


@contextlib.contextmanager
def living(
    folder: Path,
    *flags: str,
    nodes: int = 4,
    parallel: int = 16,
    rate: int = 200,
    concurrent: int = 5,
) -> Iterator[Live]:
    """Yield a cluster of a control plane's node and *nodes* others, while the block runs.

    *flags* are more of kube-apiserver's; *parallel* is how many pods kwok moves on at a time,
    *rate* how many requests a second the controllers send, *concurrent* how many objects each
    of them has in hand.
    """
    secrets = {os.urandom(16).hex(): name for name in USERS}
    with (
        serving(STREAMS, *flags, accounts=True, users=secrets) as kubectl,
        contextlib.ExitStack() as stack,
    ):
        found = Live(kubectl, folder)
        files = {name: found.config(name, {"token": token}) for token, name in secrets.items()}
        rates = (f"--kube-api-qps={rate}", f"--kube-api-burst={2 * rate}")
        _controllers(stack, found, files, rates, concurrent)
        _kwok(stack, found, parallel)
        found.create([node("control-1", 0, control=True)])
        for at in range(0, nodes, 500):
            some = range(at, min(at + 500, nodes))
            found.create([node(f"node-{number + 1:04}", number + 1) for number in some])
        until(lambda: _ready(found) == nodes + 1, "the nodes are ready", every=1)
        yield found


def _controllers(
    stack: contextlib.ExitStack,
    found: Live,
    files: dict[str, str],
    rates: Sequence[str],
    concurrent: int,
) -> None:
    state = Path(found.state)
    log = found.folder
    told = ("--leader-elect=false", "--secure-port=0", *rates)
    start(stack, log / "controller-manager.log", [
        str(program("kube-controller-manager")), *told,
        f"--kubeconfig={files[USERS[0]]}",
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={state}/sa.key",
        f"--root-ca-file={state}/certs/apiserver.crt",
        "--allocate-node-cidrs=true",
        "--cluster-cidr=10.0.0.0/12",
        "--node-cidr-mask-size=24",
        "--node-monitor-grace-period=900s",  # a busy machine is no dead node
        "--service-cluster-ip-range=10.96.0.0/16",
        f"--concurrent-deployment-syncs={concurrent}",
        f"--concurrent-replicaset-syncs={concurrent}",
        f"--concurrent-serviceaccount-token-syncs={concurrent}",
    ])  # fmt: skip
    start(stack, log / "scheduler.log", [
        str(program("kube-scheduler")), *told, f"--kubeconfig={files[USERS[1]]}",
    ])  # fmt: skip


def _kwok(stack: contextlib.ExitStack, found: Live, parallel: int) -> None:
    options = {
        "apiVersion": "config.kwok.x-k8s.io/v1alpha1",
        "kind": "KwokConfiguration",
        "options": {
            "manageAllNodes": True,
            "cidr": "10.0.0.0/24",
            "podPlayStageParallelism": parallel,
            "nodePlayStageParallelism": parallel,
            "nodeLeaseParallelism": parallel,
            "nodeLeaseDurationSeconds": 800,  # renewed after a quarter of it
        },
    }
    file = found.folder / "kwok.yaml"
    file.write_text("\n---\n".join(json.dumps(one) for one in (options, *stages())))
    command = [
        str(program("kwok")), f"--kubeconfig={found.admin()}", f"--config={file}", "-v=WARN",
    ]  # fmt: skip
    start(stack, found.folder / "kwok.log", command)


def _ready(found: Live) -> int:
    path = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}'
    return found.run("get", "nodes", "-o", f"jsonpath={path}").split().count("True")


def until(holds: Callable[[], object], what: str, *, every: float = 0.5) -> None:
    """Wait until something holds, at most READY seconds."""
    ends = time.monotonic() + READY
    while not holds():
        assert time.monotonic() < ends, f"not so after {READY:.0f} s: {what}"
        time.sleep(every)


def rest(found: Live) -> None:
    """Wait until each controller has the pods it wants, and each pod runs or has ended."""
    ends = time.monotonic() + READY
    while why := _restless(found):
        assert time.monotonic() < ends, f"no rest after {READY:.0f} s: {why}"
        time.sleep(0.5)


def _restless(found: Live) -> str:
    """Return what is not yet as it is wanted, "" where all is."""
    for item in (i for plural in ("deployments", "statefulsets", "daemonsets")
                 for i in _items(found, plural)):  # fmt: skip
        status, meta = item.get("status", {}), item["metadata"]
        title = f"{item['kind']}/{meta['namespace']}/{meta['name']}: {status}"
        if status.get("observedGeneration") != meta["generation"]:
            return title
        if item["kind"] == "DaemonSet":
            want, have = status["desiredNumberScheduled"], status.get("numberReady", 0)
        else:
            want, have = item["spec"].get("replicas", 1), status.get("readyReplicas", 0)
        if want != have:
            return title
    for pod in _items(found, "pods"):
        phase, meta = pod.get("status", {}).get("phase"), pod["metadata"]
        if phase not in ("Running", "Succeeded") or "deletionTimestamp" in meta:
            return f"Pod/{meta['namespace']}/{meta['name']}: {phase}"
    return ""


def _items(found: Live, plural: str) -> list[Value]:
    items: list[Value] = json.loads(found.run("get", plural, "-A", "-o", "json"))["items"]
    return items
