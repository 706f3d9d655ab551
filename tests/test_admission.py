"""Policies written out: the same checks at the same versions, and nothing that can lock out."""

from base64 import b64encode
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from keten.cli import main
from keten.cluster.admission.lockout import ESSENTIAL, Admission
from keten.cluster.admission.parameters import stuck
from keten.cluster.admission.policies import Wanted, written
from keten.cluster.admission.trusted import MAX_BUNDLE, ends
from keten.cluster.podsecurity.cel import ASKS, EXPRESSIONS, expression
from keten.cluster.podsecurity.controls import CONTROLS
from keten.cluster.podsecurity.standard import Level
from keten.cluster.scopes import Scope
from keten.errors import InputError
from keten.model.kube import Cluster, Namespace, Resource, Service, Webhook


def test_every_check_is_written_and_changes_at_the_same_versions() -> None:
    assert {name: [first for first, _ in texts] for name, texts in EXPRESSIONS.items()} == {
        control.id: [first for first, _ in control.since] for control in CONTROLS
    }
    assert "tcp_rmem" not in expression("sysctls", 31)
    assert "tcp_rmem" in expression("sysctls", 32)


def test_nothing_wanted_is_nothing_written() -> None:
    assert written(Wanted()) == []
    with pytest.raises(InputError):
        written(Wanted(level=Level.BASELINE, version="newest"))


def test_system_namespaces_are_left_out_and_controllers_are_warned_of() -> None:
    made = written(Wanted(level=Level.RESTRICTED, registries=('a"b',)))
    bindings = {one["metadata"]["name"]: one["spec"] for one in made[1::2]}
    assert bindings["keten-pods"]["validationActions"] == ["Deny"]
    assert bindings["keten-controllers"]["validationActions"] == ["Warn", "Audit"]
    for spec in bindings.values():
        [term] = spec["matchResources"]["namespaceSelector"]["matchExpressions"]
        assert "kube-system" in term["values"]
    [said] = [
        one["expression"] for one in made[0]["spec"]["validations"] if "images" in one["expression"]
    ]
    assert '"a\\"b/"' in said


def test_what_is_only_warned_of_is_refused_nowhere() -> None:
    made = written(Wanted(level=Level.BASELINE, refuse_controllers=True, warn_only=True))
    assert {tuple(one["spec"]["validationActions"]) for one in made[1::2]} == {("Warn", "Audit")}
    assert set(ASKS) == set(EXPRESSIONS)


def test_the_command_writes_yaml_that_reads_back(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["admission", "policy", "--level", "restricted", "--exempt", "ci"]) == 0
    made = list(yaml.safe_load_all(capsys.readouterr().out))
    exempt = ("ci", "kube-node-lease", "kube-public", "kube-system")
    assert made == written(Wanted(level=Level.RESTRICTED, exempt=exempt))
    assert main(["admission", "policy"]) == 2


def _configuration(kind: str, name: str, *seconds: int) -> Webhook:
    rule = {"apiGroups": [""], "resources": ["pods"], "operations": ["CREATE"]}
    service = {"service": {"name": "s", "namespace": "n"}}
    items = tuple(
        {"name": f"{name}{i}", "clientConfig": service, "rules": [rule], "timeoutSeconds": s}
        for i, s in enumerate(seconds)
    )
    return Webhook(name, kind=f"{kind}WebhookConfiguration", name=name, webhooks=items)


def test_mutating_webhooks_are_waited_for_in_turn_and_validating_ones_at_once() -> None:
    admission = Admission(
        [_configuration("Validating", "v", 15, 10), _configuration("Mutating", "m", 3, 4)]
    )
    [wait] = admission.waits()
    assert wait.request.what == "make a pod of the system"
    assert wait.seconds == wait.summed == 3 + 4 + 15
    assert [hook.name for hook, _ in wait.hooks] == ["m0", "m1", "v0", "v1"]


def test_a_webhook_that_is_asked_again_counts_twice_and_no_request_waits_for_ever() -> None:
    made = _configuration("Mutating", "m", 9, 10)
    again = {**made.webhooks[0], "reinvocationPolicy": "IfNeeded"}
    [wait] = Admission([msgspec.structs.replace(made, webhooks=(again, made.webhooks[1]))]).waits()
    assert wait.summed == 9 + 9 + 10
    [wait] = Admission([_configuration("Mutating", "m", 30, 30)]).waits()
    assert (wait.summed, wait.seconds) == (60, 34)


@pytest.mark.parametrize(
    ("rule", "asked"),
    [
        ("pods", {"pods"}),
        ("pods/*", {"pods", "pods/binding", "pods/status"}),
        ("*", {"pods", "nodes", "leases", "tokenreviews", "subjectaccessreviews"}),
        ("*/status", {"pods/status", "nodes/status"}),
        ("*/token", {"serviceaccounts/token"}),
        ("serviceaccounts", set()),
        ("*/*", {request.resource for request in ESSENTIAL}),
    ],
)
def test_resources_of_rules(rule: str, asked: set[str]) -> None:
    """As apiserver's webhook/predicates/rules splits them: ``pods/*`` is ``pods`` too."""
    said = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": [rule]}
    hook = {"name": "a.example", "clientConfig": {"url": "https://a.example"}, "rules": [said]}
    item = Webhook("w", kind="ValidatingWebhookConfiguration", name="w", webhooks=(hook,))
    found = {wait.request.resource for wait in Admission([item]).waits()}
    if rule == "*":
        found.discard("certificatesigningrequests")
    assert found == asked


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 99) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["apiGroups", "resources", "operations", "service", "name", "namespace", "caBundle",
                 "url", "matchLabels", "matchExpressions", "key", "operator", "values", "scope",
                 "apiVersion", "kind", "expression", "parameterNotFoundAction"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)  # fmt: skip
_HOOK = st.dictionaries(
    st.sampled_from(
        ["name", "rules", "clientConfig", "namespaceSelector", "objectSelector", "matchConditions",
         "timeoutSeconds", "failurePolicy", "reinvocationPolicy", "matchPolicy"]
    ),
    _JSON,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(_HOOK, max_size=3), _JSON)
def test_no_webhook_makes_it_fall(hooks: list[dict[str, Any]], labels: Any) -> None:
    item = Webhook("w", kind="MutatingWebhookConfiguration", name="w", webhooks=tuple(hooks))
    space = Namespace("n", kind="Namespace", name="n", labels={"a": str(labels)[:9]})
    admission = Admission([item, space, Service("s", kind="Service", name="s", namespace="n")])
    for wait in admission.waits():
        assert 0 <= wait.seconds <= 34 or wait.summed < 0
    for hook in admission.hooks:
        list(admission.own(hook))
        admission.silent(hook)
        ends(hook.raw.get("clientConfig"))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.text(max_size=30))
def test_no_bundle_makes_it_fall(data: bytes, text: str) -> None:
    pem = b"-----BEGIN CERTIFICATE-----\n" + b64encode(data) + b"\n-----END CERTIFICATE-----\n"
    for said in (text, b64encode(data).decode(), b64encode(pem).decode(), b64encode(pem * 2)[:99]):
        ends({"caBundle": said})
    assert ends({"caBundle": "A" * (MAX_BUNDLE + 4)}) is None


_SPEC = st.dictionaries(
    st.sampled_from(
        ["policyName", "paramRef", "paramKind", "failurePolicy", "validations", "mutations",
         "variables", "matchConditions", "validationActions"]
    ),
    _JSON,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(_SPEC, _SPEC, _JSON)
def test_no_policy_makes_it_fall(policy: dict[str, Any], ref: dict[str, Any], kind: Any) -> None:
    said = Resource(
        "p", kind="ValidatingAdmissionPolicy", name="p", spec={**policy, "paramKind": kind}
    )
    spec = {**ref, "policyName": "p"}
    binding = Resource("b", kind="ValidatingAdmissionPolicyBinding", name="b", spec=spec)
    for cluster in (None, Cluster("c", groups={"": ("v1",)}, listed={"configmaps": 1})):
        stuck(binding, Scope("", (said, binding), whole=True, cluster=cluster))
