"""The API client and the lister within bounds: against a server that limps, lies and leads away."""

import gzip
import json
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_api import Answer, Fake, cluster, named, said, serving
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keten.collectors.cluster import Options, take
from keten.errors import CeilingError, InputError, KetenError, NetworkError, UsageError
from keten.formats.kubernetes import snapshot
from keten.transport.kube import client as clients
from keten.transport.kube import lists
from keten.transport.kube.account import Account, Identity, Server
from keten.transport.kube.client import Client
from keten.transport.kube.discovery import Served, discover, rank

PODS = Served("", "v1", "pods", "Pod", namespaced=True)
TAKEN = "2026-11-23T00:00:00Z"


@pytest.fixture
def fake() -> Iterator[Fake]:
    with serving() as found:
        yield found


def account(fake: Fake, **identity: Any) -> Account:
    return Account(Server(fake.url), Identity(**identity), "test")


def asking(fake: Fake, waits: list[float] | None = None, **identity: Any) -> Client:
    told = waits if waits is not None else []
    return Client(account(fake, **identity), wait=told.append)


def listed(fake: Fake, **more: Any) -> list[str]:
    with asking(fake) as client:
        names: list[str] = []
        for page in lists.pages(client, PODS, **more):
            if page.first:
                names.clear()
            names += [json.loads(item)["metadata"]["name"] for item in page.items]
        return names


def paged(count: int, expire: int = -1) -> Any:
    """Return a route of *count* pods by pages; the token for page *expire* is gone, once."""
    gone = [expire]

    def route(query: dict[str, str], _: dict[str, str]) -> Answer:
        at, limit = int(query.get("continue", "0")), int(query["limit"])
        if at and at // limit == gone[0]:
            gone[0] = -1
            return said({"reason": "Expired", "message": "too old resource version"}, 410)
        items = [named(f"p{n:03}") for n in range(at, min(at + limit, count))]
        token = str(at + limit) if at + limit < count else ""
        return said({"kind": "PodList", "metadata": {"continue": token}, "items": items})

    return route


def test_a_list_comes_by_pages_on_one_connection(fake: Fake) -> None:
    fake.on("/api/v1/pods", paged(7))

    assert listed(fake, limit=2) == [f"p{n:03}" for n in range(7)]
    assert [query.get("continue") for _, query, _ in fake.asked] == [None, "2", "4", "6"]


def test_a_list_that_the_server_forgot_begins_anew(fake: Fake, tmp_path: Path) -> None:
    cluster(fake, pods=[])
    fake.on("/api/v1/pods", paged(7, expire=2))

    manifest = take(account(fake), tmp_path, Options(TAKEN, limit=2))

    assert manifest.listed[0].count == 7
    held = json.loads((tmp_path / "core/v1/pods.0001.json").read_bytes())
    assert [item["metadata"]["name"] for item in held["items"]] == [f"p{n:03}" for n in range(7)]


def test_a_list_that_is_forgotten_again_and_again_is_told(fake: Fake, tmp_path: Path) -> None:
    cluster(fake, pods=[])
    first = said({"kind": "PodList", "metadata": {"continue": "x"}, "items": [named("a")]})
    fake.on(
        "/api/v1/pods", lambda q, _: said({"message": "gone"}, 410) if "continue" in q else first
    )

    manifest = take(account(fake), tmp_path, Options(TAKEN))

    assert [item.right for item in manifest.failed] == ["list pods at cluster scope"]
    assert manifest.listed == ()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_in_trouble_is_asked_again_as_late_as_it_says(fake: Fake, status: int) -> None:
    answers = [said({}, status, Retry_After="3"), said({}, status), said({"kind": "PodList"})]
    fake.on("/api/v1/pods", lambda *_: answers.pop(0))
    waits: list[float] = []
    with asking(fake, waits) as client:
        assert next(lists.pages(client, PODS)).items == []

    assert waits == [3.0, 1.0]


def test_no_server_makes_us_wait_for_long(fake: Fake) -> None:
    fake.on("/x", said({"message": "busy"}, 429, Retry_After="86400"))
    waits: list[float] = []
    with asking(fake, waits) as client, pytest.raises(NetworkError, match="429 after 5 tries"):
        client.get("/x")

    assert waits == [clients.MOST_WAIT] * 4


def test_a_redirect_is_not_followed_and_credentials_stay(fake: Fake) -> None:
    with serving() as other:
        for status in (301, 302, 307, 308):
            fake.on("/api/v1/pods", said({}, status, Location=f"{other.url}/api/v1/pods"))
            with (
                asking(fake, token="a-token-of-mine") as client,
                pytest.raises(NetworkError, match="not followed"),
            ):
                client.get("/api/v1/pods")
        assert other.asked == []
    assert fake.asked[0][2]["authorization"] == "Bearer a-token-of-mine"


def test_pages_without_an_end_are_told(fake: Fake) -> None:
    same = said({"kind": "PodList", "metadata": {"continue": "x"}, "items": [named("a")]})
    fake.on("/api/v1/pods", same)
    with pytest.raises(InputError, match="no end"):
        listed(fake)


def test_ever_new_pages_end(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGES", 20)
    fake.on(
        "/api/v1/pods",
        lambda *_: said({"kind": "PodList", "metadata": {"continue": str(time.monotonic_ns())}}),
    )
    with pytest.raises(InputError, match="no end"):
        listed(fake)
    assert len(fake.asked) == 20


def test_a_page_too_big_is_asked_for_in_smaller_ones(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients.Client.get, "__kwdefaults__", {
        **(clients.Client.get.__kwdefaults__ or {}), "most": 2000,
    })  # fmt: skip
    fake.on("/api/v1/pods", paged(60))

    assert len(listed(fake, limit=60)) == 60
    assert min(int(query["limit"]) for _, query, _ in fake.asked) < 60


def test_a_bomb_ends_at_the_ceiling(fake: Fake) -> None:
    bomb = gzip.compress(b" " * (8 << 20), 9)
    fake.on("/x", (200, {"Content-Encoding": "gzip"}, bomb))
    with asking(fake) as client, pytest.raises(CeilingError):
        client.get("/x", most=1 << 20)


def test_compressed_answers_are_asked_for_and_read(fake: Fake) -> None:
    fake.on("/x", (200, {"Content-Encoding": "gzip"}, gzip.compress(b'{"a": 1}')))
    with asking(fake) as client:
        assert client.get("/x").body == b'{"a": 1}'
    assert fake.asked[0][2]["accept-encoding"] == "gzip"
    with Client(Account(Server(fake.url, compressed=False), Identity())) as client:
        client.get("/x")
    assert fake.asked[1][2]["accept-encoding"] == "identity"


def test_an_answer_that_is_cut_off_is_no_answer(fake: Fake) -> None:
    short = gzip.compress(b'{"kind": "PodList"}')[:-9]
    fake.on("/x", (200, {"Content-Encoding": "gzip"}, short))
    fake.on("/y", (200, {"Content-Encoding": "br"}, b"x"))
    with asking(fake) as client:
        with pytest.raises(NetworkError, match="cut off"):
            client.get("/x")
        with pytest.raises(NetworkError, match="not asked for"):
            client.get("/y")


def test_a_connection_that_the_server_closed_is_opened_again(fake: Fake) -> None:
    fake.on("/x", said({"a": 1}, Connection="close"))
    with asking(fake) as client:
        for _ in range(3):
            assert client.get("/x").status == 200


def test_a_token_that_ended_is_read_again(fake: Fake, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old")
    fake.on(
        "/x",
        lambda _, headers: said({}) if headers["authorization"] == "Bearer new" else said({}, 401),
    )
    with asking(fake, token_file=file) as client:
        with pytest.raises(NetworkError, match="does not know who asks"):
            client.get("/x")
        file.write_text("new\n")
        assert client.get("/x").status == 200


def test_what_is_sent_holds_no_line_break(fake: Fake) -> None:
    with asking(fake, token="a\nX-Other: b") as client, pytest.raises(KetenError):
        client.get("/x")
    assert fake.asked == []


def test_credentials_go_over_tls_only() -> None:
    with pytest.raises(UsageError, match="not encrypted"):
        Client(Account(Server("http://cluster.example.com:8080"), Identity()))


def test_secrets_are_asked_for_as_a_table_and_values_are_not_kept(
    fake: Fake, tmp_path: Path
) -> None:
    cluster(fake, secrets=[])
    applied = "kubectl.kubernetes.io/last-applied-configuration"
    row = {
        "cells": ["db", "Opaque", 2, "1d"],
        "object": {"metadata": {**named("db")["metadata"], "annotations": {applied: "VALUE"}}},
    }
    columns = [{"name": name} for name in ("Name", "Type", "Data", "Age")]
    fake.on("/api/v1/secrets", said({"kind": "Table", "columnDefinitions": columns, "rows": [row]}))

    take(account(fake), tmp_path, Options(TAKEN))

    data = (tmp_path / "core/v1/secrets.0001.json").read_bytes()
    assert b'"type":"Opaque"' in data
    assert b"VALUE" not in data
    assert "as=Table" in fake.asked[-1][2]["accept"]


def test_a_server_that_sends_values_all_the_same_is_not_copied(fake: Fake, tmp_path: Path) -> None:
    whole = {**named("db"), "type": "Opaque", "data": {"password": "VkFMVUU="}}
    cluster(fake, secrets=[whole])

    take(account(fake), tmp_path, Options(TAKEN))

    data = (tmp_path / "core/v1/secrets.0001.json").read_bytes()
    assert b"VkFMVUU" not in data
    assert b'"password":""' in data


def test_discovery_one_by_one_where_the_server_is_old(fake: Fake) -> None:
    fake.on("/version", said({"gitVersion": "v1.24.0"}))
    fake.on("/api", said({"kind": "APIVersions", "versions": ["v1"]}))
    group = {"name": "apps", "versions": [{"groupVersion": "apps/v1", "version": "v1"}]}
    down = {"name": "metrics.k8s.io", "versions": [{"version": "v1beta1"}]}
    fake.on("/apis", said({"kind": "APIGroupList", "groups": [group, down]}))
    pods = {"name": "pods", "kind": "Pod", "namespaced": True, "verbs": ["get", "list"]}
    below = {"name": "pods/log", "kind": "Pod", "namespaced": True, "verbs": ["get"]}
    fake.on("/api/v1", said({"resources": [pods, below]}))
    fake.on("/apis/apps/v1", said({"resources": []}))
    with asking(fake) as client:
        found = discover(client)

    assert [item.plural for item in found.resources] == ["pods"]
    assert found.groups == {"": ("v1",), "apps": ("v1",), "metrics.k8s.io": ("v1beta1",)}
    assert found.stale == ("metrics.k8s.io/v1beta1",)


def test_a_group_whose_server_is_down_is_not_known(fake: Fake, tmp_path: Path) -> None:
    cluster(fake, pods=[])
    down = [
        {"metadata": {"name": name}, "versions": [{"version": "v1", "freshness": "Stale"}]}
        for name in ("apps", "metrics.k8s.io")
    ]
    fake.on("/apis", said({"kind": "APIGroupDiscoveryList", "items": down}))

    manifest = take(account(fake), tmp_path, Options(TAKEN))

    rights = {item.right for item in manifest.failed}
    assert "list deployments.apps at cluster scope" in rights
    assert all(".apps " in right for right in rights)
    assert not any(name.endswith(".apps") for name in manifest.absent)


def test_a_list_that_fails_is_told_and_the_rest_goes_on(fake: Fake, tmp_path: Path) -> None:
    cluster(fake, pods=[named("a")], services=[named("b")])
    fake.on("/api/v1/pods", said({"message": "etcd\nis\x00 away"}, 418))

    manifest = take(account(fake), tmp_path, Options(TAKEN))

    assert [item.plural for item in manifest.listed] == ["services"]
    (missed,) = manifest.failed
    assert missed.right == "list pods at cluster scope"
    assert "status 418: etcd is? away" in missed.why


def test_kubelets_are_asked_only_where_the_user_says_so(fake: Fake, tmp_path: Path) -> None:
    nodes = [{"metadata": {"name": name}} for name in ("n1", "n2", "n3")]
    cluster(fake, nodes=nodes)
    config = {"kubeletconfig": {"authentication": {"anonymous": {"enabled": False}}}}
    fake.on("/api/v1/nodes/n1/proxy/configz", said(config))
    fake.on("/api/v1/nodes/n2/proxy/configz", said({"no": "config"}))
    fake.on("/api/v1/nodes/n3/proxy/configz", said({}, 403))
    for name, asked in (("a", False), ("b", True)):
        (tmp_path / name).mkdir()
        manifest = take(account(fake), tmp_path / name, Options(TAKEN, configz=asked))
        assert len(manifest.configz) == asked
    told = json.loads((tmp_path / "b/configz/n1.json").read_bytes())
    assert told["kind"] == "KubeletConfiguration"
    assert told["authentication"] == config["kubeletconfig"]["authentication"]
    assert [item.right for item in manifest.denied] == ["get nodes/proxy at cluster scope"]
    assert [item.right for item in manifest.failed] == ["configz of node n2"]


@pytest.mark.parametrize(
    ("version", "node", "name"),
    [
        ("v1.36.3-eks-1234", {}, "EKS"),
        ("v1.35.1-gke.100", {}, "GKE"),
        ("v1.33.0+k3s1", {}, "k3s"),
        ("v1.36.3", {"labels": {"kubernetes.azure.com/cluster": "x"}}, "AKS"),
        ("v1.36.3", {"annotations": {"kubeadm.alpha.kubernetes.io/cri-socket": "x"}}, "kubeadm"),
        ("v1.36.3", {"labels": [1], "annotations": None}, "unknown"),
    ],
)
def test_whose_kubernetes_it_is_is_guessed(
    fake: Fake, tmp_path: Path, version: str, node: dict[str, Any], name: str
) -> None:
    cluster(fake, nodes=[{"metadata": {"name": "n", **node}}])
    fake.on("/version", said({"gitVersion": version}))

    assert take(account(fake), tmp_path, Options(TAKEN)).provider == name


def test_names_that_are_none_become_no_path(fake: Fake, tmp_path: Path) -> None:
    cluster(fake, pods=[named("a")])
    evil = {
        "metadata": {"name": "../../etc"},
        "versions": [{"version": "v1", "resources": [{"resource": "../x", "verbs": ["list"]}]}],
    }
    fake.on("/apis", said({"kind": "APIGroupDiscoveryList", "items": [evil]}))

    manifest = take(account(fake), tmp_path, Options(TAKEN))

    assert sorted(manifest.groups) == [""]
    assert all(".." not in path for path in fake.paths())


@pytest.mark.parametrize(
    ("better", "than"),
    [("v2", "v1"), ("v1", "v1beta1"), ("v1beta2", "v1beta1"), ("v1beta1", "v2alpha1")],
)
def test_versions_are_ranked_as_kubernetes_does(better: str, than: str) -> None:
    assert rank(better) > rank(than)


def test_lists_come_out_in_order_and_in_pieces(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "ITEMS", 3)
    items = [named(f"p{n}", space) for n in (3, 1, 2) for space in ("b", "a")]
    cluster(fake, pods=items)

    manifest = take(account(fake), tmp_path, Options(TAKEN))

    names = []
    for file in manifest.listed[0].files:
        held = json.loads((tmp_path / file.path).read_bytes())
        names += [(i["metadata"]["namespace"], i["metadata"]["name"]) for i in held["items"]]
    assert names == [(space, f"p{n}") for space in ("a", "b") for n in (1, 2, 3)]
    assert len(manifest.listed[0].files) == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(
        st.sampled_from(
            ["kind", "items", "metadata", "continue", "name", "versions", "groups", "resources",
             "resource", "verbs", "rows", "cells", "object", "columnDefinitions", "namespace"]
        ), below, max_size=6,
    ),
    max_leaves=20,
)  # fmt: skip
DEEP = b'{"kind":"PodList","items":[' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"]}"


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=st.one_of(st.binary(max_size=200), JSON.map(lambda v: json.dumps(v).encode())))
def test_whatever_a_server_answers_is_an_error_or_data(
    fake: Fake, tmp_path_factory: pytest.TempPathFactory, body: bytes
) -> None:
    cluster(fake, pods=[], secrets=[])
    for path in ("/api/v1/pods", "/api/v1/secrets"):
        fake.on(path, (200, {}, body))
    manifest = take(account(fake), tmp_path_factory.mktemp("x"), Options(TAKEN))
    told = {item.plural for item in manifest.listed} | {item.plural for item in manifest.failed}
    assert told == {"pods", "secrets"}
    for path in ("/version", "/api", "/apis"):
        fake.on(path, (200, {}, body))
        try:
            with asking(fake) as client:
                discover(client)
        except (InputError, NetworkError):
            pass


def test_json_a_hundred_thousand_deep_is_an_error(fake: Fake, tmp_path: Path) -> None:
    cluster(fake, pods=[])
    fake.on("/api/v1/pods", (200, {}, DEEP))

    manifest = take(account(fake), tmp_path, Options(TAKEN))

    assert [item.plural for item in manifest.failed] == ["pods"]


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=300))
def test_a_manifest_is_read_or_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        snapshot.parse(data)


def test_deflate_without_gzip_is_refused(fake: Fake) -> None:
    fake.on("/x", (200, {"Content-Encoding": "gzip"}, zlib.compress(b"{}")))
    with asking(fake) as client, pytest.raises(NetworkError, match="no gzip"):
        client.get("/x")
