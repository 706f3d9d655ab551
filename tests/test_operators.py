"""The third parties of a cluster: who serves, tends and holds what."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from network_manifests import objects

from keten.cli.operators import rules
from keten.cluster.definitions import By
from keten.cluster.estates import Cluster, gather
from keten.cluster.holdings import Reach
from keten.cluster.operators import Image, Loose, Party, ThirdParties, Trust, trust
from keten.model import kube
from keten.model.kube import Object, Resource

NO_LISTS = kube.Cluster(".", path="keten-snapshot.json")


def deployment(name: str, space: str = "shop", **pod: Any) -> dict[str, Any]:
    labels = {"app": name}
    spec = {"containers": [{"name": "c", "image": f"registry.example/{name}:1"}], **pod}
    template = {"metadata": {"labels": labels}, "spec": spec}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, **({"namespace": space} if space else {})},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }  # fmt: skip


def service(name: str, app: str, space: str = "shop") -> dict[str, Any]:
    return {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": space},
        "spec": {"selector": {"app": app}, "ports": [{"port": 443}]},
    }  # fmt: skip


def granted(name: str, *rules: dict[str, Any], subject: dict[str, Any] | None = None) -> list[Any]:
    """Return a ClusterRole, and what binds it to the service account *name* of shop."""
    group = "rbac.authorization.k8s.io"
    to = subject or {"kind": "ServiceAccount", "name": name, "namespace": "shop"}
    return [
        {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": {"name": name},
         "rules": list(rules)},
        {"apiVersion": f"{group}/v1", "kind": "ClusterRoleBinding", "metadata": {"name": name},
         "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": name}, "subjects": [to]},
    ]  # fmt: skip


def rule(group: str, resources: list[str], verbs: list[str]) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": resources, "verbs": verbs}


def definition(plural: str = "tills", service: str = "", **meta: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "group": "pay.example", "scope": "Namespaced",
        "names": {"kind": plural[:-1].capitalize(), "plural": plural},
        "versions": [{"name": "v1", "served": True, "storage": True,
                      "schema": {"openAPIV3Schema": {"type": "object"}}}],
    }  # fmt: skip
    if service:
        client = {"service": {"name": service, "namespace": "shop"}}
        webhook = {"clientConfig": client, "conversionReviewVersions": ["v1"]}
        spec["conversion"] = {"strategy": "Webhook", "webhook": webhook}
    return {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.pay.example", **meta}, "spec": spec,
    }  # fmt: skip


def read(*values: dict[str, Any]) -> list[Object]:
    return objects(yaml.safe_dump_all(values))


def judged(*values: dict[str, Any], cluster: kube.Cluster | None = None) -> ThirdParties:
    told = [cluster] if cluster else []
    (one,) = gather([*read(*values), *told]).clusters
    assert isinstance(one, Cluster)
    return ThirdParties(one)


def found(*values: dict[str, Any]) -> tuple[dict[str, Party], Loose]:
    parties, loose = judged(*values).found
    return {party.workload.name: party for party in parties}, loose


WATCH = ["get", "list", "watch", "update"]


def test_who_writes_the_status_of_objects_tends_them() -> None:
    parties, loose = found(
        definition(),
        deployment("operator", serviceAccountName="operator"),
        deployment("portal", serviceAccountName="portal"),
        *granted("operator", rule("pay.example", ["tills", "tills/status"], WATCH)),
        *granted("portal", rule("pay.example", ["tills"], WATCH)),
    )
    assert set(parties) == {"operator"}
    (pair,) = parties["operator"].definitions
    assert (pair[0].name, pair[1]) == ("tills.pay.example", By.RIGHTS)
    assert not loose.definitions


def test_rights_over_every_group_tell_nothing() -> None:
    parties, loose = found(
        definition(),
        deployment("admin", serviceAccountName="admin"),
        *granted("admin", rule("*", ["*"], ["*"])),
    )
    assert parties["admin"].definitions == ()
    assert [one.name for one in loose.definitions] == ["tills.pay.example"]


def test_writing_without_watching_is_not_tending() -> None:
    parties, loose = found(
        definition(),
        deployment("job", serviceAccountName="job"),
        *granted("job", rule("pay.example", ["tills"], ["patch", "update"])),
    )
    assert not parties
    assert len(loose.definitions) == 1


def test_who_converts_tends_before_all_others() -> None:
    parties, _ = found(
        definition(service="hook"),
        service("hook", "converter"),
        deployment("converter"),
        deployment("operator", serviceAccountName="operator"),
        *granted("operator", rule("pay.example", ["*"], ["*"])),
    )
    assert parties["converter"].definitions[0][1] is By.CONVERSION
    assert "operator" not in parties


@pytest.mark.parametrize("twice", [False, True])
def test_a_release_tells_one_workload_and_no_more(*, twice: bool) -> None:
    labels = {"app.kubernetes.io/part-of": "pay"}
    values = [definition(labels=labels)]
    for name in ("one", "two")[: 2 if twice else 1]:
        made = deployment(name)
        made["metadata"]["labels"] = labels
        values.append(made)
    parties, loose = found(*values)
    assert set(parties) == (set() if twice else {"one"})
    assert len(loose.definitions) == int(twice)


def test_what_no_cluster_listed_is_not_counted_as_none() -> None:
    till = {
        "apiVersion": "pay.example/v1", "kind": "Till", "spec": {"n": 1},
        "metadata": {"name": "a", "namespace": "shop"},
    }  # fmt: skip
    crd = definition()
    assert judged(crd).definitions[0].count == 0
    assert judged(crd, till).definitions[0].count == 1
    assert judged(crd, cluster=NO_LISTS).definitions[0].count is None
    assert judged(crd, till, cluster=NO_LISTS).definitions[0].count == 1
    listed = structs.replace(NO_LISTS, listed={"tills.pay.example": 0})
    assert judged(crd, cluster=listed).definitions[0].count == 0


def test_what_could_not_be_listed_is_said() -> None:
    right = "list apiservices.apiregistration.k8s.io at cluster scope"
    denied = structs.replace(NO_LISTS, denied=(right,), failed=("list services at cluster scope",))
    parties = judged(deployment("web"), cluster=denied)
    assert parties.unknown == {
        "aggregated APIs": (right,),
        "who answers": ("list services at cluster scope",),
        "the Internet": ("list services at cluster scope",),
    }
    assert judged(deployment("web")).unknown == {}


def test_live_pods_are_of_their_owner_with_the_digests_they_run() -> None:
    digest = f"sha256:{'a' * 64}"
    app = deployment("agent", serviceAccountName="agent")
    app["metadata"]["uid"] = "1"
    pod = {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "agent-x", "namespace": "shop", "uid": "2", "labels": {"app": "agent"},
                     "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment",
                                          "name": "agent", "uid": "1", "controller": True}]},
        "spec": app["spec"]["template"]["spec"],
        "status": {"containerStatuses": [{"name": "c", "imageID": f"registry.example/a@{digest}"}]},
    }  # fmt: skip
    parties, _ = found(app, pod, *granted("agent", rule("", ["secrets"], ["get", "list"])))
    (party,) = parties.values()
    assert party.title == "shop/agent[Deployment]"
    assert party.images == (Image("registry.example/agent:1", fixed=False, runs=(digest,)),)


def test_reach_is_of_namespaces_and_not_of_what_everybody_may() -> None:
    everybody = {"kind": "Group", "name": "system:authenticated",
                 "apiGroup": "rbac.authorization.k8s.io"}  # fmt: skip
    parties, _ = found(
        deployment("agent", serviceAccountName="agent", automountServiceAccountToken=False),
        *granted("agent", rule("", ["nodes"], ["delete"]), rule("", ["secrets"], ["list"])),
        *granted("all", rule("", ["pods"], ["delete"]), subject=everybody),
    )
    held = parties["agent"].held
    assert held.reach == Reach(reads=("",), changes=())
    assert not held.mounted


def test_an_account_whose_namespace_no_file_says_is_the_one_that_is_bound() -> None:
    parties, _ = found(
        deployment("agent", space="", serviceAccountName="agent"),
        *granted("agent", rule("", ["secrets"], ["list"])),
    )
    assert parties["agent"].held.identity.user == "system:serviceaccount:shop:agent"


def test_who_answers_webhooks_and_aggregated_apis_is_a_party() -> None:
    hook = {
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "guard"},
        "webhooks": [
            {"name": name, "sideEffects": "None", "admissionReviewVersions": ["v1"],
             "clientConfig": {"service": {"name": to, "namespace": "shop"}},
             "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["UPDATE"],
                        "resources": ["nodes/status"]}]}
            for name, to in (("a.example", "guard"), ("b.example", "gone"))
        ],
    }  # fmt: skip
    api = {
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
        "metadata": {"name": "v1.pay.example"},
        "spec": {"group": "pay.example", "version": "v1", "groupPriorityMinimum": 1,
                 "versionPriority": 1, "service": {"name": "guard", "namespace": "shop"}},
    }  # fmt: skip
    parties = judged(hook, api, service("guard", "guard"), deployment("guard"))
    (party,), loose = parties.found
    assert [one.name for one in party.hooks] == ["a.example"]
    assert [one.name for one in party.apis] == ["pay.example/v1"]
    assert parties.essential(party.hooks[0]) == ("report a node's status",)
    assert [one.name for one in loose.hooks] == ["b.example"]


@pytest.mark.parametrize(
    ("spec", "annotations", "expected"),
    [
        ({"insecureSkipTLSVerify": True, "caBundle": "QQ=="}, {}, Trust.NONE),
        ({"caBundle": "QQ=="}, {}, Trust.BUNDLE),
        ({}, {"cert-manager.io/inject-ca-from": "a/b"}, Trust.INJECTED),
        ({}, {}, Trust.ROOTS),
    ],
)
def test_trust(spec: dict[str, Any], annotations: dict[str, str], expected: Trust) -> None:
    item = Resource("a:APIService/-/x", kind="APIService", spec=spec, annotations=annotations)
    assert trust(item) is expected


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 99) | st.sampled_from(["shop", "guard", "*", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([
                "clientConfig", "service", "name", "namespace", "rules", "apiGroups", "resources",
                "operations", "conversion", "strategy", "webhook", "names", "kind", "url",
                "group", "version", "versions", "caBundle", "insecureSkipTLSVerify",
            ]),
            inner, max_size=5,
        )
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["service", "conversion", "names", "group"]), _JSON), _JSON)
def test_whatever_a_server_accepted_is_told(spec: dict[str, Any], hook: Any) -> None:
    hooks = (hook,) if isinstance(hook, dict) else ()
    items = [
        Resource("a:APIService/-/x", kind="APIService", name="x", path="a", spec=spec),
        Resource("a:CustomResourceDefinition/-/x.y", kind="CustomResourceDefinition", name="x.y",
                 path="a", spec=spec),
        kube.Webhook("a:W/-/x", kind="MutatingWebhookConfiguration", name="x", path="a",
                     webhooks=hooks),
        *read(service("guard", "guard"), deployment("guard")),
    ]  # fmt: skip
    (cluster,) = gather(items).clusters
    parties = ThirdParties(cluster)
    told, loose = parties.found
    served = sum(len(party.hooks) for party in told) + len(loose.hooks)
    assert served == len(hooks)
    for party in told:
        assert all(isinstance(rules(one), list) for one in party.hooks)
