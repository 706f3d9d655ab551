"""The Pod Security Standards: versions, levels, defaults, and what namespaces could enforce."""

import string
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared_data import SHARED, needs_shared

from keten.cluster.podsecurity.controls import CONTROLS
from keten.cluster.podsecurity.namespaces import setting, standings
from keten.cluster.podsecurity.standard import (
    NEWEST,
    Level,
    Pod,
    allows,
    breaches,
    highest,
    minor_of,
)
from keten.errors import InputError
from keten.model.kube import Namespace, Workload
from keten.model.pod import PodSpec

GOOD: dict[str, Any] = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "a",
            "image": "example.org/a:1",
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            },
        }
    ],
}


def pod(*, annotations: dict[str, str] | None = None, **spec: Any) -> Pod:
    return Pod(msgspec.convert({**GOOD, **spec}, PodSpec), annotations or {})


def container(**fields: Any) -> dict[str, Any]:
    return {"containers": [{**GOOD["containers"][0], **fields}]}


def refused(judged: Pod, level: Level, version: str = "latest") -> dict[str, list[str]]:
    return {b.check: [f.at for f in b.faults] for b in breaches(judged, level, version)}


def test_a_hardened_pod_passes_every_version() -> None:
    for minor in range(NEWEST + 1):
        assert not refused(pod(), Level.RESTRICTED, f"v1.{minor}")
    assert highest(pod()) is Level.RESTRICTED


@pytest.mark.parametrize(
    ("spec", "level", "check", "refusing", "allowing"),
    [
        ({"hostNetwork": True}, "baseline", "hostNamespaces", "v1.0 latest", ""),
        ({"volumes": [{"name": "v", "nfs": {}}]}, "restricted", "restrictedVolumes", "v1.0", ""),
        ({"volumes": [{"name": "v", "nfs": {}}]}, "baseline", "", "", "v1.0 latest"),
        (
            {"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_rmem", "value": "1"}]}},
            "baseline",
            "sysctls",
            "v1.0 v1.31",
            "v1.32 latest",
        ),
        (
            container(securityContext={"seLinuxOptions": {"type": "container_engine_t"}}),
            "baseline",
            "seLinuxOptions",
            "v1.0 v1.30",
            "v1.31 latest",
        ),
        (
            container(livenessProbe={"httpGet": {"host": "10.0.0.1", "port": 80}}),
            "baseline",
            "hostProbesAndHostLifecycle",
            "v1.34 latest",
            "v1.33",
        ),
        (
            container(lifecycle={"preStop": {"tcpSocket": {"host": "10.0.0.1", "port": 80}}}),
            "baseline",
            "hostProbesAndHostLifecycle",
            "v1.34 latest",
            "v1.33",
        ),
        (
            {"securityContext": {"runAsUser": 0, "runAsNonRoot": True}},
            "restricted",
            "runAsUser",
            "v1.23",
            "v1.18",
        ),
        (
            {"hostUsers": False, "securityContext": {"seccompProfile": {"type": "Localhost"}}},
            "restricted",
            "runAsNonRoot",
            "v1.34",
            "v1.35",
        ),
        (
            {"hostUsers": False, **container(securityContext={"procMount": "Unmasked"})},
            "baseline",
            "procMount",
            "v1.34",
            "v1.35",
        ),
        (
            {"os": {"name": "windows"}, **container(securityContext=None)},
            "restricted",
            "allowPrivilegeEscalation",
            "v1.24",
            "v1.25 latest",
        ),
    ],
)
def test_a_check_holds_from_its_version_on(
    spec: dict[str, Any], level: str, check: str, refusing: str, allowing: str
) -> None:
    for version in refusing.split():
        assert check in refused(pod(**spec), Level(level), version), version
    for version in allowing.split():
        assert not refused(pod(**spec), Level(level), version), version


def test_restricted_asks_the_stricter_check_instead_of_the_weaker() -> None:
    judged = pod(volumes=[{"name": "v", "hostPath": {"path": "/"}}])
    assert list(refused(judged, Level.BASELINE)) == ["hostPathVolumes"]
    assert list(refused(judged, Level.RESTRICTED)) == ["restrictedVolumes"]
    unconfined = pod(securityContext={"seccompProfile": {"type": "Unconfined"}})
    assert "seccompProfile_baseline" in refused(unconfined, Level.BASELINE)
    assert "seccompProfile_baseline" not in refused(unconfined, Level.RESTRICTED)


def test_in_the_nodes_network_every_port_is_a_host_port() -> None:
    ports = container(ports=[{"containerPort": 8080}])
    assert "hostPorts" not in refused(pod(**ports), Level.BASELINE)
    found = refused(pod(annotations=None, hostNetwork=True, **ports), Level.BASELINE)
    assert found["hostPorts"] == ["spec.containers[0].ports[0].hostPort"]


def test_annotations_are_judged_as_long_as_they_held() -> None:
    noted = pod(annotations={"seccomp.security.alpha.kubernetes.io/pod": "unconfined"})
    assert list(refused(noted, Level.RESTRICTED, "v1.18")) == ["seccompProfile_baseline"]
    assert not refused(noted, Level.RESTRICTED, "v1.19")
    armour = pod(annotations={"container.apparmor.security.beta.kubernetes.io/a": "unconfined"})
    assert list(refused(armour, Level.BASELINE)) == ["appArmorProfile"]


def test_ephemeral_and_init_containers_are_judged() -> None:
    for where in ("initContainers", "ephemeralContainers"):
        added = {"name": "b", "image": "b", "securityContext": {"privileged": True}}
        spec: dict[str, Any] = {where: [added]}
        found = refused(pod(**spec), Level.BASELINE)
        assert found == {"privileged": [f"spec.{where}[0].securityContext.privileged"]}


def test_versions() -> None:
    assert minor_of("latest") == minor_of("v1.9999") == NEWEST
    assert minor_of("v1.0") == 0
    for wrong in ("1.2", "v2.0", "v1.01", "v1", "v1.-1", "newest", "v1.1 "):
        with pytest.raises(InputError, match="no version"):
            minor_of(wrong)


_CONTEXT = st.fixed_dictionaries(
    {},
    optional={
        "privileged": st.booleans(),
        "allowPrivilegeEscalation": st.booleans(),
        "runAsNonRoot": st.booleans(),
        "runAsUser": st.sampled_from([0, 1]),
        "procMount": st.sampled_from(["Default", "Unmasked"]),
        "capabilities": st.fixed_dictionaries(
            {
                "add": st.lists(st.sampled_from(["CHOWN", "NET_RAW", "NET_BIND_SERVICE"])),
                "drop": st.lists(st.sampled_from(["ALL", "all", "NET_RAW"])),
            }
        ),
        "seccompProfile": st.fixed_dictionaries(
            {"type": st.sampled_from(["RuntimeDefault", "Localhost", "Unconfined"])}
        ),
    },
)
_SPEC = st.fixed_dictionaries(
    {
        "containers": st.lists(
            st.fixed_dictionaries(
                {"name": st.text(string.ascii_lowercase, min_size=1, max_size=3)},
                optional={"securityContext": _CONTEXT},
            ),
            min_size=1,
            max_size=3,
        )
    },
    optional={
        "securityContext": _CONTEXT,
        "hostPID": st.booleans(),
        "hostUsers": st.booleans(),
        "os": st.sampled_from([{"name": "linux"}, {"name": "windows"}]),
        "volumes": st.lists(
            st.sampled_from([{"name": "v", "hostPath": {"path": "/"}}, {"name": "w", "nfs": {}}])
        ),
    },
)


@given(_SPEC, st.integers(0, NEWEST))
def test_what_restricted_takes_baseline_takes(spec: dict[str, Any], minor: int) -> None:
    judged = Pod(msgspec.convert(spec, PodSpec), {})
    version = f"v1.{minor}"
    if allows(judged, Level.RESTRICTED, version):
        assert allows(judged, Level.BASELINE, version)
    for level in Level:
        assert allows(judged, level, version) == (not breaches(judged, level, version))
    best = highest(judged, version)
    assert allows(judged, best, version)


def test_what_labels_say() -> None:
    label = "pod-security.kubernetes.io/"
    assert setting({}, "enforce").level is None
    said = setting({label + "enforce": "baseline", label + "enforce-version": "v1.30"}, "enforce")
    assert (said.level, said.version, said.wrong) == (Level.BASELINE, "v1.30", ())
    wrong = setting({label + "enforce": "Baseline", label + "enforce-version": "1.30"}, "enforce")
    assert (wrong.level, wrong.version) == (Level.RESTRICTED, "latest")
    assert len(wrong.wrong) == 2
    assert setting({label + "enforce-version": ""}, "enforce").wrong


def test_who_enforces_is_warned_of_as_much_and_what_is_misspelt_warns_of_nothing() -> None:
    label = "pod-security.kubernetes.io/"
    enforced = {label + "enforce": "baseline", label + "enforce-version": "v1.30"}
    said = setting(enforced, "warn")
    assert (said.level, said.version) == (Level.BASELINE, "v1.30")
    assert setting(enforced, "audit").level is None
    said = setting({**enforced, label + "warn-version": "v1.31"}, "warn")
    assert (said.level, said.version) == (Level.BASELINE, "v1.31")
    said = setting({**enforced, label + "warn": "restricted"}, "warn")
    assert (said.level, said.version) == (Level.RESTRICTED, "latest")
    for mode in ("warn", "audit"):
        said = setting({**enforced, label + mode: "strict"}, mode)
        assert (said.level, len(said.wrong)) == (Level.PRIVILEGED, 1)
    assert setting({label + "enforce": "strict"}, "warn").level is None


def test_a_volume_of_no_kind_is_an_empty_one() -> None:
    for volume in ({"name": "v"}, {"name": "v", "hostPath": None}):
        assert not refused(pod(volumes=[volume]), Level.RESTRICTED)
    assert refused(pod(volumes=[{"name": "v", "rbd": {}}]), Level.RESTRICTED)


def _workload(name: str, *, owner: str = "", **spec: Any) -> Workload:
    kind, _, plain = name.partition("/")
    made = pod(**spec)
    return Workload(name, kind=kind, name=plain, namespace="shop", pod=made.spec, owner=owner)


def test_a_namespace_could_enforce_what_its_weakest_workload_passes() -> None:
    label = "pod-security.kubernetes.io/enforce"
    space = Namespace("n", kind="Namespace", name="shop", labels={label: "restricted"})
    web = _workload("Deployment/web")
    agent = _workload("DaemonSet/agent", hostPID=True)
    its_pod = _workload("Pod/agent-x", owner="DaemonSet/agent", hostPID=True)
    [standing] = standings([space, web, agent, its_pod])
    assert standing.possible is Level.PRIVILEGED
    assert [o.workload.name for o in standing.obstacles[Level.BASELINE]] == ["agent"]
    assert [o.workload.name for o in standing.refused] == ["agent"]
    [alone] = standings([space, web])
    assert alone.possible is Level.RESTRICTED
    assert not alone.refused


@needs_shared
def test_the_public_fixtures() -> None:
    from suites import pod_security

    assert SHARED is not None
    outcomes = list(pod_security.run(SHARED / "vectors/pod-security"))
    assert len(outcomes) > 200
    assert not [o for o in outcomes if not o.passed]


def test_every_check_has_an_id_of_its_own_and_rising_versions() -> None:
    ids = [control.id for control in CONTROLS]
    assert len(set(ids)) == len(ids)
    for control in CONTROLS:
        firsts = [first for first, _ in control.since]
        assert firsts == sorted(set(firsts))
        assert not control.instead or control.instead in ids
