"""Policies that were written out, judged by a real API server: its verdict must be ours."""

import json
import random
import time
from itertools import product
from typing import Any

import msgspec
import pytest
import yaml
from api_server import needs_server
from shared_data import SHARED, needs_shared
from test_podsecurity_server import Server, random_pod, server

from keten.cluster.admission.policies import Wanted, written
from keten.cluster.podsecurity.standard import Level, Pod, allows
from keten.config import Registries
from keten.errors import InputError
from keten.formats.reference import parse
from keten.model.pod import PodSpec
from keten.policy.places import image_permitted

_AT = "/apis/admissionregistration.k8s.io/v1/"
_PLURAL = {
    "ValidatingAdmissionPolicy": "validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "validatingadmissionpolicybindings",
}
_SPEC = {"containers": [{"name": "a", "image": "example.org/a:1"}]}


def pod(name: str, spec: dict[str, Any] | None = None, **meta: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, **meta},
        "spec": spec or _SPEC,
    }


def put(api: Server, wanted: Wanted) -> None:
    """Hand the written objects to the server and wait until they hold."""
    for value in written(wanted):
        status, answer = api.post(_AT + _PLURAL[value["kind"]], value)
        assert status == 201, answer
    probe = pod("probe", {**_SPEC, "hostPID": True, "hostNetwork": True})
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if api.post("/api/v1/namespaces/default/pods?dryRun=All", probe)[0] in (403, 422):
            time.sleep(0.5)  # the other policies were taken in the same breath
            return
        time.sleep(0.2)
    raise TimeoutError("the policy never held")


def remove(api: Server, wanted: Wanted) -> None:
    for value in written(wanted):
        api.delete(_AT + _PLURAL[value["kind"]] + "/" + value["metadata"]["name"])


def refused(api: Server, value: dict[str, Any], name: str) -> bool | None:
    """Return whether the policy *name* refuses; None where something else does."""
    status, answer = api.post("/api/v1/namespaces/default/pods?dryRun=All", value)
    if status == 201:
        return False
    if "ValidatingAdmissionPolicy" in answer.get("message", ""):
        assert name in answer["message"]
        return True
    return None


def judged(value: dict[str, Any], level: Level, version: str) -> bool:
    notes = value["metadata"].get("annotations") or {}
    return not allows(Pod(msgspec.convert(value["spec"], PodSpec), notes), level, version)


@pytest.mark.slow
@needs_server
@needs_shared
def test_what_is_written_refuses_what_we_refuse() -> None:
    assert SHARED is not None
    draw = random.Random(11)
    pods = [random_pod(draw, i) for i in range(120)]
    compared, wrong = 0, []
    with server() as api:
        for level, minor in product((Level.BASELINE, Level.RESTRICTED), (0, 8, 19, 25, 34, 37)):
            folder = SHARED / f"vectors/pod-security/{level}/v1.{minor}"
            cases = [yaml.safe_load(f.read_text()) for f in sorted(folder.rglob("*.yaml"))]
            assert cases
            name = f"pss-{level}-{minor}"
            wanted = Wanted(name=name, level=level, version=f"v1.{minor}")
            put(api, wanted)
            for value in (*cases, *pods):
                theirs = refused(api, value, name)
                if theirs is not None:
                    compared += 1
                    if theirs != judged(value, level, f"v1.{minor}"):
                        wrong.append((name, value["metadata"]["name"], theirs))
            remove(api, wanted)
            time.sleep(1.5)
    assert compared > 800
    assert not wrong, (len(wrong), wrong[:8])


@pytest.mark.slow
@needs_server
def test_images_controllers_and_updates() -> None:
    wanted = Wanted(
        level=Level.BASELINE,
        registries=("registry.example", "docker.io/library"),
        digests=False,
        refuse_controllers=True,
    )
    with server() as api:
        put(api, wanted)
        spec = {"containers": [{"name": "a", "image": "someone/nginx"}]}
        assert refused(api, pod("a", spec), "keten-pods")
        template = {"metadata": {"labels": {"a": "b"}}, "spec": {**_SPEC, "hostPID": True}}
        deployment = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "d"},
            "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template},
        }
        status, answer = api.post(
            "/apis/apps/v1/namespaces/default/deployments?dryRun=All", deployment
        )
        assert status == 403
        assert "hostNamespaces" in answer["message"]
        assert api.post("/api/v1/namespaces/kube-system/pods?dryRun=All", pod("s"))[0] == 201
        remove(api, wanted)
        end = time.monotonic() + 30
        bad = pod("old", {**_SPEC, "hostPID": True}, finalizers=["example.org/f"])
        while time.monotonic() < end and api.post("/api/v1/namespaces/default/pods", bad)[0] != 201:
            time.sleep(0.2)
        put(api, wanted)
        patch = json.dumps({"metadata": {"finalizers": None}})
        status, _ = api.patch("/api/v1/namespaces/default/pods/old", patch)
        assert status == 200  # a pod that was there before can be let go


_GOOD: dict[str, Any] = {
    "restartPolicy": "Always",
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
_AT_KIND = {
    "ReplicationController": "/api/v1/namespaces/default/replicationcontrollers",
    "PodTemplate": "/api/v1/namespaces/default/podtemplates",
    "Deployment": "/apis/apps/v1/namespaces/default/deployments",
    "DaemonSet": "/apis/apps/v1/namespaces/default/daemonsets",
    "StatefulSet": "/apis/apps/v1/namespaces/default/statefulsets",
    "ReplicaSet": "/apis/apps/v1/namespaces/default/replicasets",
    "Job": "/apis/batch/v1/namespaces/default/jobs",
    "CronJob": "/apis/batch/v1/namespaces/default/cronjobs",
}


def controller(kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    """Return a controller of pods of *spec*, with what its kind must have."""
    group = {"ReplicationController": "", "PodTemplate": "", "Job": "batch/", "CronJob": "batch/"}
    labels = {"app": "a"}
    job = kind in ("Job", "CronJob")
    template = {
        "metadata": {} if job else {"labels": labels},
        "spec": {**spec, "restartPolicy": "Never"} if job else spec,
    }
    inner: dict[str, Any] = {"template": template}
    if kind == "ReplicationController":
        inner["selector"] = labels
    elif not job:
        inner["selector"] = {"matchLabels": labels}
    if kind == "CronJob":
        inner = {"schedule": "* * * * *", "jobTemplate": {"spec": inner}}
    if kind == "StatefulSet":
        inner["serviceName"] = "a"
    made = {"apiVersion": f"{group.get(kind, 'apps/')}v1", "kind": kind, "metadata": {"name": "c"}}
    return {**made, **({"template": template} if kind == "PodTemplate" else {"spec": inner})}


@pytest.mark.slow
@needs_server
def test_every_kind_that_makes_pods() -> None:
    """Pod Security admission warns of controllers; these policies warn, too, or refuse."""
    bad = {**_GOOD, "hostPID": True}
    with server() as api:
        for refuse in (False, True):
            wanted = Wanted(level=Level.RESTRICTED, refuse_controllers=refuse)
            put(api, wanted)
            for kind, path in _AT_KIND.items():
                end, said = time.monotonic() + 30, ""
                while time.monotonic() < end and "hostNamespaces: hostNetwork, hostPID" not in said:
                    status, answer = api.post(f"{path}?dryRun=All", controller(kind, bad))
                    said = " ".join((*api.warnings, str(answer.get("message"))))
                assert status == (403 if refuse else 201), (kind, answer)
                assert "hostNamespaces: hostNetwork, hostPID and hostIPC" in said, kind
                status, answer = api.post(f"{path}?dryRun=All", controller(kind, _GOOD))
                assert (status, api.warnings) == (201, []), (kind, answer)
            remove(api, wanted)
            time.sleep(1.5)


@pytest.mark.slow
@needs_server
def test_nothing_is_refused_while_only_warned() -> None:
    wanted = Wanted(level=Level.BASELINE, warn_only=True, refuse_controllers=True)
    bad = pod("a", {**_GOOD, "hostPID": True})
    with server() as api:
        for value in written(wanted):
            assert api.post(_AT + _PLURAL[value["kind"]], value)[0] == 201
        end = time.monotonic() + 30
        status = 0
        while time.monotonic() < end and not api.warnings:
            status, _ = api.post("/api/v1/namespaces/default/pods?dryRun=All", bad)
            assert status == 201
        assert "hostNamespaces" in api.warnings[0]


@pytest.mark.slow
@needs_server
def test_a_pod_of_before_may_change_as_pod_security_lets_it() -> None:
    """As Pod Security admission: new images and containers are judged, nothing else is."""
    wanted = Wanted(level=Level.BASELINE)
    gated = {**_SPEC, "hostPID": True, "schedulingGates": [{"name": "example.org/g"}]}
    at = "/api/v1/namespaces/default/pods/"
    with server() as api:
        assert api.post(at[:-1], pod("old", gated))[0] == 201
        assert api.post(at[:-1], pod("good", _GOOD))[0] == 201
        put(api, wanted)
        for spec, status in (
            ({"tolerations": [{"key": "a", "operator": "Exists"}]}, 200),
            ({"activeDeadlineSeconds": 9}, 200),
            ({"schedulingGates": None}, 200),
            ({"containers": [{"name": "a", "image": "example.org/a:2"}]}, 403),
        ):
            found, answer = api.patch(f"{at}old?dryRun=All", json.dumps({"spec": spec}))
            assert found == status, answer
        for context, status in (({}, 200), ({"privileged": True}, 403)):
            debug = {"name": "d", "image": "example.org/d:1", "securityContext": context}
            found, answer = api.patch(
                f"{at}good/ephemeralcontainers?dryRun=All",
                json.dumps({"spec": {"ephemeralContainers": [debug]}}),
            )
            assert found == status, answer


@pytest.mark.slow
@needs_server
def test_the_cost_of_the_largest_pods_is_within_the_servers_budget() -> None:
    """A pod of as many containers as etcd takes is judged, not refused for the price of it."""
    places = tuple(f"registry-{i}.example/team" for i in range(20))
    wanted = Wanted(level=Level.RESTRICTED, registries=places, digests=True)
    context = _GOOD["containers"][0]["securityContext"]
    image = f"{places[-1]}/a@sha256:{'a' * 64}"
    probe = {"httpGet": {"port": 80}}
    some = [
        {
            "name": f"c{i}", "image": image, "securityContext": context, "livenessProbe": probe,
            "ports": [{"containerPort": 1 + j} for j in range(3)],
        }
        for i in range(1000)
    ]  # fmt: skip
    volumes = [{"name": f"v{i}", "emptyDir": {}} for i in range(1000)]
    notes = {f"container.apparmor.security.beta.kubernetes.io/c{i}": "" for i in range(100)}
    large = {**_GOOD, "containers": some, "volumes": volumes}
    with server() as api:
        put(api, wanted)
        for value, fits in (
            (pod("large", large), True),
            (pod("noted", {**large, "containers": some[:200]}, annotations=notes), True),
            (
                pod(
                    "bad", {**large, "containers": [*some, {**some[0], "name": "x", "image": "a"}]}
                ),
                False,
            ),
        ):
            status, answer = api.post("/api/v1/namespaces/default/pods?dryRun=All", value)
            said = str(answer.get("message"))[-600:]
            assert "cost" not in said.lower(), said
            assert "budget" not in said.lower(), said
            assert status == (201 if fits else 403), said


@pytest.mark.slow
@needs_server
def test_policies_whose_parameters_are_missing_refuse_all() -> None:
    """What runtime/policy-refuses-all says is what the server does."""
    meta = {"metadata": {"name": "p"}}
    group = {"apiVersion": "admissionregistration.k8s.io/v1"}
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"]}
    policy: dict[str, Any] = {
        **group, **meta, "kind": "ValidatingAdmissionPolicy",
        "spec": {
            "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
            "matchConstraints": {"resourceRules": [{**rule, "resources": ["pods"]}]},
            "validations": [{"expression": "params.data.allow == 'yes'"}],
        },
    }  # fmt: skip
    unserved = {"apiVersion": "rules.example/v1", "kind": "ReplicaLimit"}
    there = {"name": "limit", "namespace": "default"}
    cases: tuple[tuple[dict[str, Any], list[str], dict[str, Any] | None, bool], ...] = (
        ({}, ["Warn"], {**there, "parameterNotFoundAction": "Deny"}, True),
        ({}, ["Deny"], {**there, "parameterNotFoundAction": "Allow"}, False),
        ({"paramKind": unserved}, ["Warn"], {**there, "parameterNotFoundAction": "Allow"}, True),
        ({}, ["Deny"], None, True),
        ({}, ["Warn"], None, False),
        ({"failurePolicy": "Ignore"}, ["Deny"], None, False),
    )
    with server() as api:
        for change, actions, ref, refuses in cases:
            binding: dict[str, Any] = {
                **group, **meta, "kind": "ValidatingAdmissionPolicyBinding",
                "spec": {"policyName": "p", "validationActions": actions},
            }  # fmt: skip
            if ref:
                binding["spec"]["paramRef"] = ref
            value = {**policy, "spec": {**policy["spec"], **change}}
            for one in (value, binding):
                assert api.post(_AT + _PLURAL[one["kind"]], one)[0] == 201
            time.sleep(2.5)  # until it holds, and until what is not served was looked for
            status, answer = api.post("/api/v1/namespaces/default/pods?dryRun=All", pod("a"))
            message = (change, actions, ref, answer.get("message"))
            assert status in ((403, 422) if refuses else (201,)), message
            for one in (binding, value):
                api.delete(_AT + _PLURAL[one["kind"]] + "/p")
            time.sleep(1.5)


@pytest.mark.slow
@needs_server
def test_images_lie_where_keten_reads_them_to_lie() -> None:
    """The registries permitted: verdicts on references beside those of the scan's own check."""
    draw = random.Random(3)
    hosts = (
        "", "docker.io/", "index.docker.io/", "registry.example/", "registry.example:5000/",
        "registry.example.evil.example/", "localhost/", "localhost:5000/", "Registry/",
    )  # fmt: skip
    paths = ("nginx", "library/nginx", "team/web", "team/web/x", "teams/web", "librarys/nginx")
    ends = ("", ":1", f"@sha256:{'a' * 64}", f":1@sha256:{'b' * 64}")
    images = [h + p + e for h in hosts for p in paths for e in ends]
    wrong, compared = [], 0
    with server() as api:
        for places in (
            ("registry.example", "docker.io/library"),
            ("registry.example:5000/team", "Index.docker.io/library/nginx", "localhost"),
            ("docker.io", "registry.example/team/web/"),
        ):
            wanted = Wanted(level=Level.BASELINE, registries=places)
            put(api, wanted)
            for image in draw.sample(images, 120):
                try:
                    read = parse(image)
                except InputError:
                    continue
                spec = {"containers": [{"name": "a", "image": image}]}
                theirs = refused(api, pod("a", spec), "keten-pods")
                compared += 1
                if theirs is image_permitted(read, Registries(images=places)):
                    wrong.append((places, image, theirs))
            remove(api, wanted)
            time.sleep(1.5)
    assert compared > 300
    assert not wrong, wrong[:10]
