"""Audit logs as clouds and collectors hand them out: the same events must come out."""

import gzip
import io
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from growing import Work, linear
from hypothesis import given, settings
from hypothesis import strategies as st
from test_rbac_audit import event

from keten.cluster.rbac.seen import requests
from keten.errors import CeilingError
from keten.formats import audit_log
from keten.formats.audit_log import Log
from keten.formats.audit_wrapped import LogEntry, unwrap

ONE, TWO = event("get", auditID="1"), event("list", auditID="2")


def text(value: Any) -> str:
    return json.dumps(value)


def cloudwatch(*events: dict[str, Any]) -> dict[str, Any]:
    """Return what a subscription of CloudWatch Logs hands on."""
    return {
        "messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "/aws/eks/shop/cluster",
        "logStream": "kube-apiserver-audit-1", "subscriptionFilters": ["all"],
        "logEvents": [{"id": str(i), "timestamp": i, "message": text(e)}
                      for i, e in enumerate(events)],
    }  # fmt: skip


def azure(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationName": "Microsoft.ContainerService/managedClusters/diagnosticLogs/Read",
        "category": "kube-audit", "resourceId": "/SUBSCRIPTIONS/1", "time": "2026-01-01T00:00:00Z",
        "properties": {"log": text(one) + "\n", "stream": "stdout", "pod": "kube-apiserver-1"},
    }  # fmt: skip


WRAPPED: dict[str, bytes] = {
    "aws logs filter-log-events": json.dumps(
        {
            "events": [
                {"logStreamName": "a", "timestamp": 1, "message": text(e), "eventId": "1"}
                for e in (ONE, TWO)
            ],
            "searchedLogStreams": [],
        },
        indent=4,
    ).encode(),
    "CloudWatch subscription": text(cloudwatch(ONE, TWO)).encode(),
    "Firehose, one after another": (text(cloudwatch(ONE)) + text(cloudwatch(TWO))).encode(),
    "Firehose, zipped": gzip.compress(text(cloudwatch(ONE)).encode())
    + gzip.compress(text(cloudwatch(TWO)).encode()),
    "export to S3": "".join(f"2026-01-01T00:00:00.000Z {text(e)}\n" for e in (ONE, TWO)).encode(),
    "Logs Insights": json.dumps(
        {
            "results": [
                [{"field": "@timestamp", "value": "1"}, {"field": "@message", "value": text(e)}]
                for e in (ONE, TWO)
            ],
            "status": "Complete",
        },
        indent=2,
    ).encode(),
    "Azure storage account": "\n".join(text(azure(e)) for e in (ONE, TWO)).encode(),
    "Azure event hub": text({"records": [azure(ONE), azure(TWO)]}).encode(),
    "Azure Log Analytics": text(
        [{"Category": "kube-audit", "log_s": text(e)} for e in (ONE, TWO)]
    ).encode(),
    "Docker": "\n".join(
        text({"log": text(e) + "\n", "stream": "stdout", "time": "2026"}) for e in (ONE, TWO)
    ).encode(),
    "CRI": "".join(f"2026-01-01T00:00:00Z stdout F {text(e)}\n" for e in (ONE, TWO)).encode(),
    "oc adm node-logs": "".join(f"master-0.example.org {text(e)}\n" for e in (ONE, TWO)).encode(),
    "jq .": "".join(json.dumps(e, indent=2) + "\n" for e in (ONE, TWO)).encode(),
    "jq -s .": json.dumps([ONE, TWO], indent=2).encode(),
    "an audit webhook's batch": text(
        {"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [ONE, TWO]}
    ).encode(),
    "a byte order mark": b"\xef\xbb\xbf" + f"{text(ONE)}\n{text(TWO)}\n".encode(),
    "Windows lines": f"{text(ONE)}\r\n{text(TWO)}\r\n".encode(),
}


@pytest.mark.parametrize("how", WRAPPED)
def test_the_events_within(how: str) -> None:
    found = Log(io.BytesIO(WRAPPED[how]))

    assert [(e.audit_id, e.verb) for e in found] == [("1", "get"), ("2", "list")]
    assert (found.events, found.skipped) == (2, 0)


def gke(verb: str, resource: str, user: str = "ann@example.org", **more: Any) -> dict[str, Any]:
    payload = {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog", "serviceName": "k8s.io",
        "methodName": f"io.k8s.core.v1.pods.{verb}", "resourceName": resource,
        "authenticationInfo": {"principalEmail": user}, "status": {},
    }  # fmt: skip
    labels = {
        "authorization.k8s.io/decision": "allow",
        "authorization.k8s.io/reason": 'RBAC: allowed by ClusterRoleBinding "b"',
    }
    return {"insertId": "1", "protoPayload": {**payload, **more}, "labels": labels}


@pytest.mark.parametrize(
    ("entry", "asked"),
    [
        (gke("get", "core/v1/namespaces/shop/pods/web"), "get pods web -n shop"),
        (gke("list", "core/v1/namespaces/shop/pods"), "list pods -n shop"),
        (gke("create", "core/v1/namespaces/shop/pods/web"), "create pods -n shop"),
        (gke("create", "core/v1/namespaces/shop/pods/web/exec"), "create pods/exec web -n shop"),
        (gke("list", "core/v1/nodes"), "list nodes"),
        (gke("get", "core/v1/namespaces/shop"), "get namespaces shop -n shop"),
        (gke("list", "core/v1/namespaces"), "list namespaces"),
        (
            gke("patch", "apps/v1/namespaces/shop/deployments/web/scale"),
            "patch deployments.apps/scale web -n shop",
        ),
        (
            gke("delete", "rbac.authorization.k8s.io/v1/clusterroles/x"),
            "delete clusterroles.rbac.authorization.k8s.io x",
        ),
    ],
)
def test_what_an_entry_of_cloud_logging_says(entry: dict[str, Any], asked: str) -> None:
    [found] = list(Log(io.BytesIO(json.dumps([entry], indent=2).encode())))
    [(who, what, _)] = list(requests(found))

    assert str(what) == asked
    assert (who.user, who.groups) == ("ann@example.org", ("system:authenticated",))
    assert found.decision == "allow"
    assert found.reason.startswith("RBAC")


def test_accounts_and_refusals_of_cloud_logging() -> None:
    user = "system:serviceaccount:shop:cart"
    entry = gke("get", "core/v1/namespaces/shop/pods/a", user, status={"code": 7, "message": "no"})
    del entry["labels"]
    [found] = list(Log(io.BytesIO(json.dumps(entry).encode())))
    [(who, _, _)] = list(requests(found))

    assert found.decision == "forbid"
    assert who.groups == (
        "system:authenticated", "system:serviceaccounts", "system:serviceaccounts:shop",
    )  # fmt: skip


def test_other_entries_and_other_logs_are_no_events() -> None:
    other = gke("get", "core/v1/pods", serviceName="container.googleapis.com")
    assert not list(Log(io.BytesIO(json.dumps(other).encode())))
    plain = cloudwatch(ONE)
    plain["logEvents"].insert(0, {"id": "9", "timestamp": 1, "message": "I0101 server.go:1] up"})
    found = Log(io.BytesIO(json.dumps(plain).encode()))
    assert len(list(found)) == 1  # what is wrong with one takes nothing else along
    assert found.skipped == 1
    found = Log(io.BytesIO(b'{"kind":"Pod"}\n{"a":[1]}\n'))
    assert not list(found)
    assert found.skipped == 2


def test_a_line_that_is_cut_off_is_told() -> None:
    whole = f"{text(ONE)}\n{text(TWO)}\n".encode()
    for cut in (len(whole) - 2, len(whole) - 40):
        found = Log(io.BytesIO(whole[:cut]))
        assert len(list(found)) == 1
        assert [(fault.line, "not an audit event" in fault.what) for fault in found.faults] == [
            (2, True)
        ]


def test_a_document_has_a_ceiling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_log, "MAX_DOCUMENT", 1_000)
    with pytest.raises(CeilingError):
        list(Log(io.BytesIO(json.dumps([ONE, TWO] * 9, indent=2).encode())))


def test_wrappers_end() -> None:
    data = text(ONE)
    for _ in range(9):
        data = text({"log": data})
    assert not list(unwrap(data.encode()))
    for deep in (
        '{"records":[' * 40_000,
        '{"log":' * 40_000,
        "[" * 90_000,
        '{"a":1}' + "[" * 9_999,
    ):
        found = Log(io.BytesIO(deep.encode()))
        assert not list(found)
        assert found.skipped >= 1


HOSTILE: dict[str, Callable[[int], bytes]] = {
    "one after another": lambda n: b'{"log":"{}"}' * n,
    "records": lambda n: b'{"records":[' + b'{"log":"x"},' * n + b"{}]}",
    "no end": lambda n: b'{"a":1}' * n + b"{",
    "a document": lambda n: b"[\n" + b"{},\n" * n + b"{}]",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_wrapper_takes_steps_by_its_size(name: str) -> None:
    linear(Work(HOSTILE[name], lambda data: list(Log(io.BytesIO(data))), 100_000, 4.0))


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["kind", "log", "message", "properties", "records", "events", "results", "field",
                 "protoPayload", "resourceName", "status", "labels", "value", "user"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(_VALUES, st.sampled_from(sorted(WRAPPED)), st.integers(0, 400), st.binary(max_size=6))
def test_no_value_makes_it_fall(value: Any, how: str, at: int, put: bytes) -> None:
    list(Log(io.BytesIO(json.dumps(value).encode())))
    list(Log(io.BytesIO(json.dumps({"log": json.dumps(value)}).encode())))
    data = WRAPPED[how]
    list(Log(io.BytesIO(data[:at] + put + data[at + 3 :])))


def test_an_entry_is_decoded_as_it_is() -> None:
    entry = msgspec.convert(gke("get", "pods"), LogEntry)
    assert entry.event() is None  # no group and version before it
