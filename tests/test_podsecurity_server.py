"""Pods judged by a real kube-apiserver's admission, and by us: the same checks must refuse."""

import http.client
import itertools
import json
import random
import re
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from api_server import needs_server, serving

from keten.cluster.podsecurity.controls import CONTROLS
from keten.cluster.podsecurity.standard import Level, Pod, breaches
from keten.model.pod import PodSpec

PODS = 500
MINORS = (0, 8, 18, 19, 22, 23, 24, 25, 27, 29, 30, 31, 32, 33, 34, 35, 36)
_WORDS = {  # what the server says of a check that refuses
    "allowPrivilegeEscalation": "allowPrivilegeEscalation != false",
    "appArmorProfile": "forbidden AppArmor profile",
    "capabilities_baseline": "non-default capabilities",
    "capabilities_restricted": "unrestricted capabilities",
    "hostNamespaces": "host namespaces",
    "hostPathVolumes": "hostPath volumes",
    "hostPorts": "hostPort",
    "hostProbesAndHostLifecycle": "probe or lifecycle host",
    "privileged": "privileged",
    "procMount": "procMount",
    "procMount_restricted": "procMount",
    "restrictedVolumes": "restricted volume types",
    "runAsNonRoot": "runAsNonRoot != true",
    "runAsUser": "runAsUser=0",
    "seLinuxOptions": "seLinuxOptions",
    "seccompProfile_baseline": "seccompProfile",
    "seccompProfile_restricted": "seccompProfile",
    "sysctls": "forbidden sysctls",
    "windowsHostProcess": "hostProcess",
}


class Server:
    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        context = ssl._create_unverified_context()
        self._http = http.client.HTTPSConnection(parts.hostname or "", parts.port, context=context)
        self._headers = {"Authorization": f"Bearer {token}"}
        self.warnings: list[str] = []
        """What the last answer warned of."""

    def close(self) -> None:
        self._http.close()

    def post(self, path: str, value: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return self._ask("POST", path, json.dumps(value))

    def patch(self, path: str, patch: str) -> tuple[int, dict[str, Any]]:
        return self._ask("PATCH", path, patch, "application/merge-patch+json")

    def delete(self, path: str) -> tuple[int, dict[str, Any]]:
        return self._ask("DELETE", path, "")

    def _ask(
        self, verb: str, path: str, body: str, kind: str = "application/json"
    ) -> tuple[int, dict[str, Any]]:
        self._http.request(verb, path, body, {**self._headers, "Content-Type": kind})
        answer = self._http.getresponse()
        self.warnings = answer.headers.get_all("Warning") or []
        return answer.status, json.loads(answer.read())


@contextmanager
def server() -> Iterator[Server]:
    with serving() as kubectl:
        given = dict(a.removeprefix("--").split("=", 1) for a in kubectl[1:] if "=" in a)
        with closing(Server(given["server"], given["token"])) as made:
            yield made


def _odd(draw: random.Random, share: float) -> bool:
    return draw.random() < share


def _context(draw: random.Random, *, pod: bool) -> dict[str, Any]:
    """Return a security context that mostly fits, with something odd now and then."""
    made: dict[str, Any] = {}

    def maybe(name: str, values: list[Any], share: float = 0.45) -> None:
        if _odd(draw, share):
            made[name] = draw.choice(values)

    maybe("runAsNonRoot", [True, True, True, False])
    maybe("runAsUser", [0, 1000, 1000, 1000])
    maybe("runAsGroup", [0, 7], 0.1)
    fits, local = {"type": "RuntimeDefault"}, {"type": "Localhost", "localhostProfile": "a.json"}
    maybe("seccompProfile", [fits, fits, local, {"type": "Unconfined"}, None])
    maybe("appArmorProfile", [fits, local, {"type": "Unconfined"}, None], 0.12)
    types: list[dict[str, Any]] = [
        {"type": name}
        for name in ("container_t", "container_init_t", "container_kvm_t", "container_engine_t",
                     "spc_t", "Container_t", "")
    ]  # fmt: skip
    others: list[dict[str, Any]] = [
        {"user": "u"}, {"role": "r", "type": ""}, {"level": "s0:c1,c2"}, {},
        {"user": "", "role": ""},
    ]  # fmt: skip
    maybe("seLinuxOptions", [*types, *others], 0.15)
    if pod:
        maybe("supplementalGroups", [[0], [5]], 0.1)
        if _odd(draw, 0.3):
            made["sysctls"] = [
                {"name": name, "value": "1"} for name in draw.sample(_SYSCTLS, draw.randint(1, 2))
            ]
        return made
    if _odd(draw, 0.7):
        made["allowPrivilegeEscalation"] = _odd(draw, 0.1)
    if _odd(draw, 0.75):
        drop = draw.choice((["ALL"], ["ALL"], ["ALL"], ["KILL", "ALL"], ["NET_RAW"], ["all"], []))
        add = draw.choice(([], [], [], ["NET_BIND_SERVICE"], _CAPABILITIES))
        if add is _CAPABILITIES:
            add = draw.sample(_CAPABILITIES, draw.randint(1, 2))
        made["capabilities"] = draw.choice(
            (
                {"drop": drop, "add": add},
                {"drop": drop},
                {"add": add},
                {},
                {"drop": drop, "add": add},
            )
        )
    maybe("procMount", ["Default", "Unmasked"], 0.15)
    maybe("readOnlyRootFilesystem", [True, False], 0.1)
    if _odd(draw, 0.08):
        made["privileged"] = _odd(draw, 0.8)
        made.pop("allowPrivilegeEscalation", None)
    return made


_SYSCTLS = (
    "kernel.shm_rmid_forced", "kernel/shm_rmid_forced", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
    "net.core.somaxconn", "kernel.msgmax", "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start", "net.ipv4.tcp_syncookies",
    "net.ipv4.ip_local_port_range", "net/ipv4/ip_local_port_range",
)  # fmt: skip
_CAPABILITIES = (
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "SETFCAP",
    "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT", "NET_RAW", "SYS_ADMIN", "SYS_PTRACE", "ALL",
    "CAP_CHOWN", "chown", "NET_BIND_SERVICE", "net_bind_service", "AUDIT_READ", "",
)  # fmt: skip


def _handler(draw: random.Random) -> dict[str, Any]:
    host = draw.choice(({}, {"host": "10.0.0.1"}, {"host": ""}, {"host": "localhost"}))
    return draw.choice((
        {"httpGet": {"port": 80, **host}}, {"tcpSocket": {"port": 80, **host}},
        {"exec": {"command": ["a"]}},
    ))  # fmt: skip


def _container(draw: random.Random, name: str) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, "image": "example.org/a:1"}
    if _odd(draw, 0.85):
        made["securityContext"] = _context(draw, pod=False)
    elif _odd(draw, 0.3):
        made["securityContext"] = draw.choice((None, {}))
    if name.startswith("debug"):
        return made
    if _odd(draw, 0.15):
        port = draw.choice(({}, {"hostPort": 0}, {"hostPort": 80}))
        made["ports"] = [{"containerPort": 80, **port}]
    if name.startswith("init"):
        if _odd(draw, 0.5):
            return made
        made["restartPolicy"] = "Always"  # a sidecar: it may have probes and a life cycle
    for where in ("livenessProbe", "readinessProbe", "startupProbe"):
        if _odd(draw, 0.07):
            made[where] = _handler(draw)
    if _odd(draw, 0.1):
        made["lifecycle"] = {draw.choice(("postStart", "preStop")): _handler(draw)}
    return made


_VOLUMES: tuple[dict[str, Any], ...] = (
    {}, {"emptyDir": {}}, {"emptyDir": None}, {"configMap": {"name": "c"}},
    {"csi": {"driver": "d"}},
    {"projected": {"sources": []}}, {"image": {"reference": "example.org/a:1"}},
    {"persistentVolumeClaim": {"claimName": "p"}}, {"secret": {"secretName": "s"}},
    {"downwardAPI": {"items": []}},
    {"ephemeral": {"volumeClaimTemplate": {"spec": {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}}},
    {"hostPath": {"path": "/a"}}, {"hostPath": {"path": "/a", "type": ""}},
    {"nfs": {"server": "s", "path": "/p"}}, {"iscsi": {
        "targetPortal": "10.0.0.1:3260", "iqn": "iqn.2001-04.com.example:storage", "lun": 0}},
    {"gcePersistentDisk": {"pdName": "p"}}, {"awsElasticBlockStore": {"volumeID": "v"}},
    {"gitRepo": {"repository": "https://example.org/r"}}, {"cephfs": {"monitors": ["m"]}},
    {"glusterfs": {"endpoints": "e", "path": "p"}}, {"rbd": {"monitors": ["m"], "image": "i"}},
    {"flexVolume": {"driver": "d/d"}}, {"cinder": {"volumeID": "v"}},
    {"flocker": {"datasetName": "d"}}, {"fc": {"targetWWNs": ["w"], "lun": 1}},
    {"azureFile": {"secretName": "s", "shareName": "s"}}, {"vsphereVolume": {"volumePath": "v"}},
    {"quobyte": {"registry": "r:1", "volume": "v"}}, {"storageos": {"volumeName": "v"}},
    {"azureDisk": {"diskName": "d", "diskURI": "https://a.example/d.vhd"}},
    {"portworxVolume": {"volumeID": "v"}}, {"photonPersistentDisk": {"pdID": "p"}},
    {"scaleIO": {"gateway": "g", "system": "s", "secretRef": {"name": "s"}, "volumeName": "v"}},
)  # fmt: skip


def random_pod(draw: random.Random, number: int) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "containers": [_container(draw, f"c{i}") for i in range(draw.randint(1, 2))]
    }
    if _odd(draw, 0.3):
        spec["initContainers"] = [_container(draw, "init")]
    if _odd(draw, 0.8):
        spec["securityContext"] = _context(draw, pod=True)
    if _odd(draw, 0.4):
        few = (draw.choice(_VOLUMES[:11]), draw.choice(_VOLUMES))
        spec["volumes"] = [
            {"name": f"v{i}", **kind} for i, kind in enumerate(few[: draw.randint(1, 2)])
        ]
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if _odd(draw, 0.04):
            spec[name] = _odd(draw, 0.8)
    if _odd(draw, 0.3):
        spec["hostUsers"] = _odd(draw, 0.3)
    if _odd(draw, 0.1):
        spec["os"] = {"name": "linux"}
    elif _odd(draw, 0.03):
        _host_process(draw, spec)
    for container in (*spec["containers"], *spec.get("initContainers", ())):
        if (container.get("securityContext") or {}).get("procMount") == "Unmasked":
            spec["hostUsers"] = False  # or validation refuses it
    if _odd(draw, 0.15):
        spec = _windows(draw, spec)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"p{number}", "annotations": _notes(draw)},
        "spec": spec,
    }


def _notes(draw: random.Random) -> dict[str, str]:
    """Return annotations, of which some are judged."""
    notes = {}
    values = ("runtime/default", "docker/default", "localhost/x", "localhost/", "localhost",
              "unconfined", "", "RuntimeDefault")  # fmt: skip
    seccomp, armour = (
        "seccomp.security.alpha.kubernetes.io/",
        "apparmor.security.beta.kubernetes.io",
    )
    keys = (f"{seccomp}pod", *(f"container.{seccomp}{name}" for name in ("c0", "init", "nobody")),
            f"{seccomp}pods")  # fmt: skip
    if _odd(draw, 0.2):
        notes[draw.choice(keys)] = draw.choice(values)
    if _odd(draw, 0.12):
        notes[f"container.{armour}/{draw.choice(('c0', 'c0', 'init', 'nobody'))}"] = draw.choice(
            values
        )
    return notes


def _host_process(draw: random.Random, spec: dict[str, Any]) -> None:
    """Let the pod say that it is a process of its Windows node: in one place, or in each."""
    spec["hostNetwork"] = True
    options = {"windowsOptions": {"hostProcess": _odd(draw, 0.7)}}
    if _odd(draw, 0.5):
        spec["securityContext"] = {**(spec.get("securityContext") or {}), **options}
        return
    for container in (*spec["containers"], *spec.get("initContainers", ())):
        container["securityContext"] = {**(container.get("securityContext") or {}), **options}


def _windows(draw: random.Random, spec: dict[str, Any]) -> dict[str, Any]:
    """Return the pod without what validation refuses for Windows."""
    for name in ("hostPID", "hostIPC", "hostUsers", "hostNetwork", "os"):
        spec.pop(name, None)
    for holder in (spec, *spec["containers"], *spec.get("initContainers", ())):
        context = holder.get("securityContext")
        if context is not None:
            kept = context.get("runAsNonRoot")
            holder["securityContext"] = {} if kept is None else {"runAsNonRoot": kept}
    spec["os"] = {"name": "windows"}
    if _odd(draw, 0.3):
        _host_process(draw, spec)
    return spec


def _said(message: str) -> set[str]:
    """Return the reasons in the server's refusal, without their details in parentheses."""
    _, _, rest = message.partition(": ")
    while True:
        shorter = re.sub(r"\([^()]*\)", "", rest)
        if shorter == rest:
            break
        rest = shorter
    reasons = {part.strip() for part in rest.split(",")}
    return {
        re.sub(r"^forbidden AppArmor profiles?$", "forbidden AppArmor profile", r) for r in reasons
    }


_GOOD: dict[str, Any] = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "c0",
            "image": "example.org/a:1",
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            },
        }
    ],
}
_RUNNING: tuple[dict[str, Any], ...] = ({}, {"hostUsers": False}, {"securityContext": {}})
"""What the pods that run already say beside: not every level and version admits each."""


def _space(api: Server, level: Level, minor: int) -> str:
    """Make a namespace that enforces *level* at v1.*minor*; return its name."""
    labels = {
        "pod-security.kubernetes.io/enforce": str(level),
        "pod-security.kubernetes.io/enforce-version": f"v1.{minor}",
    }
    name = f"{level}-{minor}"
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    status, _ = api.post("/api/v1/namespaces", space)
    assert status == 201
    return name


def _differ(pod: dict[str, Any], space: str, status: int, message: str) -> set[str] | None:
    """Return the reasons that only the server or only we give; None where it did not judge."""
    if status not in (200, 201, 403) or (status == 403 and "PodSecurity" not in message):
        return None  # refused for another reason: by validation
    spec = msgspec.convert(pod["spec"], PodSpec)
    level, _, minor = space.partition("-")
    found = breaches(Pod(spec, pod["metadata"].get("annotations", {})), Level(level), f"v1.{minor}")
    theirs = _said(message.partition("violates PodSecurity")[2]) if status == 403 else set()
    return {_WORDS[breach.check] for breach in found} ^ theirs


@pytest.mark.slow
@needs_server
def test_the_same_checks_refuse_as_in_the_real_admission_controller() -> None:
    assert {control.id for control in CONTROLS} == set(_WORDS)
    draw = random.Random(5)
    pods = [random_pod(draw, i) for i in range(PODS)]
    compared, wrong = 0, []
    with server() as api:
        for level, minor in itertools.product((Level.BASELINE, Level.RESTRICTED), MINORS):
            name = _space(api, level, minor)
            for pod in pods:
                status, answer = api.post(f"/api/v1/namespaces/{name}/pods?dryRun=All", pod)
                message = answer.get("message", "")
                differ = _differ(pod, name, status, message)
                compared += differ is not None
                if differ:
                    wrong.append((name, pod["metadata"]["name"], differ, message))
    assert compared > 5000
    assert not wrong, (len(wrong), wrong[:: max(1, len(wrong) // 5)])


@pytest.mark.slow
@needs_server
def test_containers_added_to_a_running_pod_are_judged_with_it() -> None:
    draw = random.Random(6)
    added = [_container(draw, f"debug{i}") for i in range(40)]
    compared, wrong = 0, []
    with server() as api:
        for level, minor in itertools.product(
            (Level.BASELINE, Level.RESTRICTED), (0, 18, 22, 24, 30, 34, 36)
        ):
            name = _space(api, level, minor)
            for i, more in enumerate(_RUNNING):
                pod = {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "metadata": {"name": f"p{i}"},
                    "spec": {**_GOOD, **more},
                }
                status, _ = api.post(f"/api/v1/namespaces/{name}/pods", pod)
                for container in added if status == 201 else ():
                    debugged = {"ephemeralContainers": [container]}
                    status, answer = api.patch(
                        f"/api/v1/namespaces/{name}/pods/p{i}/ephemeralcontainers?dryRun=All",
                        json.dumps({"spec": debugged}),
                    )
                    whole = {**pod, "spec": {**_GOOD, **more, **debugged}}
                    message = answer.get("message", "")
                    differ = _differ(whole, name, status, message)
                    compared += differ is not None
                    if differ:
                        wrong.append((name, container, differ, message))
    assert compared > 800
    assert not wrong, (len(wrong), wrong[:: max(1, len(wrong) // 5)])
