"""The reader of audit logs: what it takes, what it tells of, and that nothing makes it fall."""

import gzip
import io
import json
import tracemalloc
from typing import Any

import pytest
from growing import Work, linear
from hypothesis import given, settings
from hypothesis import strategies as st

from keten.cluster.rbac.requests import Identity, Request
from keten.cluster.rbac.seen import Seen, gather, requests
from keten.errors import CeilingError
from keten.formats import audit_log
from keten.formats.audit_log import Event, Log


def event(verb: str = "get", **more: Any) -> dict[str, Any]:
    made = {
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": "1",
        "stage": "ResponseComplete", "requestURI": "/api/v1/namespaces/shop/pods/web", "verb": verb,
        "user": {"username": "ann", "groups": ["system:authenticated", "dev"]},
        "objectRef": {
            "resource": "pods", "namespace": "shop", "name": "web", "apiVersion": "v1"
        },
        "responseStatus": {"metadata": {}, "code": 200},
        "annotations": {
            "authorization.k8s.io/decision": "allow",
            "authorization.k8s.io/reason": 'RBAC: allowed by RoleBinding "b/shop"',
        },
    }  # fmt: skip
    return {**made, **more}


def log(*events: dict[str, Any]) -> Log:
    return Log(io.BytesIO(b"".join(json.dumps(one).encode() + b"\n" for one in events)))


def asked(*events: dict[str, Any]) -> list[tuple[str, str]]:
    return [(who.user, str(what)) for one in log(*events) for who, what, _ in requests(one)]


def test_an_event_is_what_the_authorizer_was_asked() -> None:
    (found,) = list(log(event()))

    assert found.decision == "allow"
    assert found.code == 200
    assert list(requests(found)) == [
        (
            Identity("ann", ("dev", "system:authenticated")),
            Request("get", "", "pods", "", "shop", "web"),
            False,
        )
    ]


def test_other_stages_count_once_or_not_at_all() -> None:
    stages = ("RequestReceived", "ResponseStarted", "ResponseComplete", "Panic")
    seen: dict[Any, Seen] = {}
    gather(log(*(event(stage=stage) for stage in stages)), seen)

    assert [how.times for how in seen.values()] == [1]


def test_a_url_that_is_no_resource() -> None:
    assert asked(event(objectRef=None, requestURI="/healthz?verbose")) == [("ann", "get /healthz")]


def test_the_name_of_what_is_created_was_not_asked() -> None:
    created = event("create", requestURI="/api/v1/namespaces/shop/pods?dryRun=All")
    sub = event(
        "create",
        requestURI="/api/v1/namespaces/shop/pods/web/exec?command=sh",
        objectRef={"resource": "pods", "namespace": "shop", "name": "web", "subresource": "exec"},
    )

    assert asked(created, sub) == [
        ("ann", "create pods -n shop"),
        ("ann", "create pods/exec web -n shop"),
    ]


def test_what_an_apply_or_put_creates_was_asked_for_creation() -> None:
    for verb in ("patch", "update"):
        assert asked(event(verb, responseStatus={"code": 201})) == [
            ("ann", f"{verb} pods web -n shop"),
            ("ann", "create pods web -n shop"),
        ]


def test_who_acts_as_another_was_asked_for_the_right_to() -> None:
    as_user = event(impersonatedUser={
        "username": "bob", "groups": ["ops", "system:authenticated"], "uid": "7",
        "extra": {"scopes": ["view"]},
    })  # fmt: skip
    as_account = event(impersonatedUser={
        "username": "system:serviceaccount:shop:cart",
        "groups": ["system:serviceaccounts", "system:serviceaccounts:shop"],
    })  # fmt: skip

    assert asked(as_user) == [
        ("ann", "impersonate users bob"),
        ("ann", "impersonate groups ops"),
        ("ann", "impersonate uids.authentication.k8s.io 7"),
        ("ann", "impersonate userextras.authentication.k8s.io/scopes view"),
        ("bob", "get pods web -n shop"),
    ]
    assert asked(as_account) == [
        ("ann", "impersonate serviceaccounts cart -n shop"),
        ("system:serviceaccount:shop:cart", "get pods web -n shop"),
    ]


def test_constrained_impersonation_takes_other_rights() -> None:
    def constrained(verb: str, name: str) -> dict[str, Any]:
        how = {"impersonationConstraint": verb}
        return event(impersonatedUser={"username": name}, authenticationMetadata=how)

    assert asked(constrained("impersonate:user-info", "bob"))[:-1] == [
        ("ann", "impersonate:user-info users.authentication.k8s.io bob"),
        ("ann", "impersonate-on:user-info:get pods web -n shop"),
    ]
    node = asked(constrained("impersonate:arbitrary-node", "system:node:n1"))
    assert node[0] == ("ann", "impersonate:arbitrary-node nodes.authentication.k8s.io n1")
    found = asked(constrained("impersonate:serviceaccount", "system:serviceaccount:shop:cart"))
    assert found[0][1].startswith("impersonate:serviceaccount serviceaccounts.authentication")


def test_lists_of_events() -> None:
    found = log({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [event(), event()]})

    assert len(list(found)) == 2


def test_gzip_and_several_members() -> None:
    one = gzip.compress(json.dumps(event()).encode() + b"\n")

    assert len(list(Log(io.BytesIO(one + one)))) == 2


def test_bad_lines_are_told_and_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_log, "MAX_LINE", 5_000)
    good = json.dumps(event()).encode()
    lines = [
        good, b"{", b"[]", b'{"kind": "Pod"}', b"\xff\xfe", b"x" * 6_000, b"", good,
        b'{"kind":"Event","stage":"ResponseComplete","user":' + b"[" * 2_000,
        b'{"kind":"Event","verb":7}', good,
    ]  # fmt: skip
    found = Log(io.BytesIO(b"\n".join(lines)))

    assert len(list(found)) == 3
    assert [fault.line for fault in found.faults] == [2, 3, 4, 5, 6, 9, 10]
    assert found.skipped == 7


def test_deep_nesting_is_a_bad_line() -> None:
    for deep in (b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000):
        found = Log(io.BytesIO(b'{"kind":"Event","x":' + deep + b"}\n"))

        assert not list(found)
        assert found.skipped == 1


@pytest.mark.parametrize("cut", [1, 3, 20, 60, -1, -9])
def test_a_gzip_stream_that_is_cut_or_damaged_is_told(cut: int) -> None:
    whole = gzip.compress(
        b"".join(json.dumps(event(auditID=str(i))).encode() + b"\n" for i in range(50))
    )
    found = Log(io.BytesIO(whole[:cut]))
    list(found)

    assert found.skipped >= 1


def test_faults_are_counted_and_few_are_told() -> None:
    found = Log(io.BytesIO(b"x\n" * 1_000))
    list(found)

    assert found.skipped == 1_000
    assert len(found.faults) == audit_log.MAX_FAULTS


def test_ceilings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_log, "MAX_BYTES", 100_000)
    with pytest.raises(CeilingError):
        list(Log(io.BytesIO(gzip.compress(b"\n" * 3_000_000))))

    from keten.cluster.rbac import seen

    monkeypatch.setattr(seen, "MAX_SEEN", 3)
    ref = {"resource": "pods", "namespace": "shop"}
    many = [event(objectRef={**ref, "name": str(i)}) for i in range(5)]
    with pytest.raises(CeilingError):
        gather(log(*many), {})


def long_line(count: int) -> bytes:
    return b"x" * count + b"\n" + json.dumps(event()).encode()


HOSTILE = {
    "a line": Work(long_line, lambda data: list(Log(io.BytesIO(data))), 40 << 20, 2.0),
    "lines": Work(lambda n: b"\n" * n, lambda data: list(Log(io.BytesIO(data))), 1 << 20, 2.0),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_log_takes_steps_by_its_size(name: str) -> None:
    linear(HOSTILE[name])


def test_one_long_line_takes_no_memory() -> None:
    data = long_line(40 << 20)
    tracemalloc.start()
    found = Log(io.BytesIO(data))

    assert len(list(found)) == 1
    assert found.faults[0].what.startswith("longer than")
    assert tracemalloc.get_traced_memory()[1] < 16 << 20
    tracemalloc.stop()


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_make_it_fall(data: bytes) -> None:
    for start in (b"", b"\x1f\x8b\x08", b'{"kind":"Event",'):
        list(Log(io.BytesIO(start + data)))


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(event())), _VALUES)
def test_no_value_makes_it_fall(field: str, value: Any) -> None:
    for one in log(event(**{field: value}), event()):
        assert isinstance(one, Event)
        list(requests(one))
