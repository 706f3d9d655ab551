"""Pods judged by a real kube-apiserver's admission, and by us: the same checks must refuse."""

import http.client
import itertools
import json
import random
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
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
        return answer.status, json.loads(answer.read())


@contextmanager
def server() -> Iterator[Server]:
    with serving() as kubectl:
        given = dict(a.removeprefix("--").split("=", 1) for a in kubectl[1:] if "=" in a)
        made = Server(given["server"], given["token"])
        yield made
        made.close()


def _context(draw: random.Random, *, pod: bool) -> dict[str, Any]:
    """Return a security context that mostly fits, with something odd now and then."""
    made: dict[str, Any] = {}

    def maybe(name: str, values: list[Any]) -> None:
        if draw.random() < 0.45:
            made[name] = draw.choice(values)

    maybe("runAsNonRoot", [True, True, True, False])
    maybe("runAsUser", [0, 1000, 1000, 1000])
    maybe(
        "seccompProfile",
        [
            {"type": "RuntimeDefault"},
            {"type": "RuntimeDefault"},
            {"type": "Localhost", "localhostProfile": "a.json"},
            {"type": "Unconfined"},
        ],
    )
    if draw.random() < 0.2:
        maybe(
            "appArmorProfile",
            [
                {"type": "RuntimeDefault"},
                {"type": "Unconfined"},
                {"type": "Localhost", "localhostProfile": "x"},
            ],
        )
    if draw.random() < 0.3:
        maybe(
            "seLinuxOptions",
            [
                {"type": "container_t"},
                {"type": "container_engine_t"},
                {"type": "spc_t"},
                {"user": "u"},
                {"role": "r", "type": ""},
            ],
        )
    if pod:
        if draw.random() < 0.3:
            names = sorted({
                "kernel.shm_rmid_forced", "net.ipv4.ip_local_reserved_ports",
                "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout",
                "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
                "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem", "net.core.somaxconn", "kernel.msgmax",
                "net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start",
                "net.ipv4.tcp_syncookies", "net.ipv4.ip_local_port_range",
            })  # fmt: skip
            made["sysctls"] = [
                {"name": name, "value": "1"} for name in draw.sample(names, draw.randint(1, 2))
            ]
        return made
    if draw.random() < 0.7:
        made["allowPrivilegeEscalation"] = draw.random() < 0.1
    if draw.random() < 0.7:
        drop = draw.choice((["ALL"], ["ALL"], ["ALL"], ["NET_RAW"], ["all"], []))
        add = draw.choice(([], [], ["NET_BIND_SERVICE"], ["CHOWN"], ["SYS_ADMIN"], ["NET_RAW"]))
        made["capabilities"] = {"drop": drop, "add": add}
    if draw.random() < 0.2:
        made["procMount"] = draw.choice(("Default", "Unmasked"))
    if draw.random() < 0.08:
        made["privileged"] = draw.random() < 0.8
        made.pop("allowPrivilegeEscalation", None)
    return made


def _container(draw: random.Random, name: str) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, "image": "example.org/a:1"}
    if draw.random() < 0.85:
        made["securityContext"] = _context(draw, pod=False)
    if draw.random() < 0.15:
        made["ports"] = [{"containerPort": 80, "hostPort": draw.choice((0, 80))}]
    if draw.random() < 0.15 and not name.startswith("init"):
        way = draw.choice(("httpGet", "tcpSocket"))
        host = draw.choice(({}, {"host": "10.0.0.1"}, {"host": ""}))
        where = draw.choice(("livenessProbe", "readinessProbe", "startupProbe"))
        made[where] = {way: {"port": 80, **host}}
    return made


_VOLUMES: tuple[dict[str, Any], ...] = (
    {"emptyDir": {}},
    {"hostPath": {"path": "/a"}},
    {"configMap": {"name": "c"}},
    {"nfs": {"server": "s", "path": "/p"}},
    {"csi": {"driver": "d"}},
    {"projected": {"sources": []}},
    {"image": {"reference": "example.org/a:1"}},
    {"persistentVolumeClaim": {"claimName": "p"}},
)


def random_pod(draw: random.Random, number: int) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "containers": [_container(draw, f"c{i}") for i in range(draw.randint(1, 2))]
    }
    if draw.random() < 0.3:
        spec["initContainers"] = [_container(draw, "init")]
    if draw.random() < 0.8:
        spec["securityContext"] = _context(draw, pod=True)
    if draw.random() < 0.3:
        kinds = draw.sample(_VOLUMES, draw.randint(1, 2))
        spec["volumes"] = [{"name": f"v{i}", **kind} for i, kind in enumerate(kinds)]
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if draw.random() < 0.03:
            spec[name] = True
    if draw.random() < 0.3:
        spec["hostUsers"] = draw.random() < 0.3
    for container in (*spec["containers"], *spec.get("initContainers", ())):
        if container.get("securityContext", {}).get("procMount") == "Unmasked":
            spec["hostUsers"] = False  # or validation refuses it
    if draw.random() < 0.15:
        return _windows(draw, spec, number)
    notes = {}
    if draw.random() < 0.15:
        value = draw.choice(("runtime/default", "unconfined", "localhost/x", "docker/default"))
        where = draw.choice(("pod", "c0"))
        prefix = "seccomp.security.alpha.kubernetes.io/"
        notes[f"{prefix}pod" if where == "pod" else f"container.{prefix}c0"] = value
    if draw.random() < 0.1:
        notes["container.apparmor.security.beta.kubernetes.io/c0"] = draw.choice(
            ("runtime/default", "unconfined", "localhost/x")
        )
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"p{number}", "annotations": notes},
        "spec": spec,
    }


def _windows(draw: random.Random, spec: dict[str, Any], number: int) -> dict[str, Any]:
    """Return the pod without what validation refuses for Windows."""
    for name in ("hostPID", "hostIPC", "hostUsers", "hostNetwork"):
        spec.pop(name, None)
    for holder in (spec, *spec["containers"], *spec.get("initContainers", ())):
        holder.pop("ports", None)
        if "securityContext" in holder:
            kept = holder["securityContext"].get("runAsNonRoot")
            holder["securityContext"] = {} if kept is None else {"runAsNonRoot": kept}
    spec["os"] = {"name": "windows"}
    if draw.random() < 0.3:
        spec["hostNetwork"] = True
        spec.setdefault("securityContext", {})["windowsOptions"] = {"hostProcess": True}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"p{number}", "annotations": {}},
        "spec": spec,
    }


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


@pytest.mark.slow
@needs_server
def test_the_same_checks_refuse_as_in_the_real_admission_controller() -> None:
    assert {control.id for control in CONTROLS} == set(_WORDS)
    draw = random.Random(5)
    pods = [random_pod(draw, i) for i in range(PODS)]
    compared, wrong = 0, []
    with server() as api:
        for level, minor in itertools.product((Level.BASELINE, Level.RESTRICTED), MINORS):
            labels = {
                "pod-security.kubernetes.io/enforce": str(level),
                "pod-security.kubernetes.io/enforce-version": f"v1.{minor}",
            }
            name = f"{level}-{minor}"
            space = {"apiVersion": "v1", "kind": "Namespace"}
            status, _ = api.post(
                "/api/v1/namespaces", {**space, "metadata": {"name": name, "labels": labels}}
            )
            assert status == 201
            for pod in pods:
                status, answer = api.post(f"/api/v1/namespaces/{name}/pods?dryRun=All", pod)
                message = answer.get("message", "")
                if status not in (201, 403) or (status == 403 and "PodSecurity" not in message):
                    continue  # refused for another reason: by validation
                spec = msgspec.convert(pod["spec"], PodSpec)
                found = breaches(Pod(spec, pod["metadata"]["annotations"]), level, f"v1.{minor}")
                ours = {_WORDS[breach.check] for breach in found}
                theirs = (
                    _said(message.partition("violates PodSecurity")[2]) if status == 403 else set()
                )
                compared += 1
                if ours != theirs:
                    wrong.append((name, pod["metadata"]["name"], ours ^ theirs, message))
    assert compared > 5000
    assert not wrong, (len(wrong), wrong[:: max(1, len(wrong) // 5)])
