"""Lists of a server in trouble, and accounts that may see little: what is asked, what is told."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fake_api import Answer, Fake, cluster, named, said, serving

from keten.collectors.cluster import Options, account_of, namespaces_of, take, within
from keten.errors import NetworkError, UsageError
from keten.formats.kubernetes.grants import role
from keten.transport.kube import client as clients
from keten.transport.kube import lists, taking
from keten.transport.kube.account import Account, Identity, Server
from keten.transport.kube.client import Client
from keten.transport.kube.discovery import Served

PODS = Served("", "v1", "pods", "Pod", namespaced=True)
TAKEN = "2026-11-23T00:00:00Z"
NO = said({"kind": "Status", "message": "may not"}, 403)


@pytest.fixture
def fake() -> Iterator[Fake]:
    with serving() as found:
        yield found


def account(fake: Fake, **more: Any) -> Account:
    return Account(Server(fake.url), Identity(), "test", **more)


def asking(fake: Fake, waits: list[float] | None = None) -> Client:
    return Client(account(fake), wait=(waits if waits is not None else []).append)


def listed(fake: Fake, **more: Any) -> list[str]:
    with asking(fake) as client:
        found = list(lists.pages(client, PODS, **more))
    last = max(number for number, page in enumerate(found) if page.first)
    return [json.loads(item)["metadata"]["name"] for page in found[last:] for item in page.items]


# Pages


def test_a_list_that_begins_anew_comes_in_larger_pages(fake: Fake) -> None:
    """A server that forgets after three pages never gives seven of them."""
    served = [0]

    def route(query: dict[str, str], _: dict[str, str]) -> Answer:
        at, limit = int(query.get("continue", "0")), int(query["limit"])
        served[0] = served[0] + 1 if at else 1
        if served[0] > 3:
            return said({"reason": "Expired", "message": "too old resource version"}, 410)
        items = [named(f"p{n:02}") for n in range(at, min(at + limit, 14))]
        meta = {"continue": str(at + limit)} if at + limit < 14 else {}
        return said({"kind": "PodList", "metadata": meta, "items": items})

    fake.on("/api/v1/pods", route)

    assert listed(fake, limit=2) == [f"p{n:02}" for n in range(14)]
    assert {int(query["limit"]) for _, query, _ in fake.asked} == {2, 8}


def test_pages_that_were_too_big_do_not_grow_again(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients.Client.get, "__kwdefaults__", {
        **(clients.Client.get.__kwdefaults__ or {}), "most": 2000,
    })  # fmt: skip
    gone = [True]

    def route(query: dict[str, str], _: dict[str, str]) -> Answer:
        at, limit = int(query.get("continue", "0")), int(query["limit"])
        if at and gone.pop() if gone else False:
            return said({"message": "too old"}, 410)
        items = [named(f"p{n:02}") for n in range(at, min(at + limit, 60))]
        meta = {"continue": str(at + limit)} if at + limit < 60 else {}
        return said({"kind": "PodList", "metadata": meta, "items": items})

    fake.on("/api/v1/pods", route)

    assert len(listed(fake, limit=60)) == 60
    assert [int(q["limit"]) for _, q, _ in fake.asked][:2] == [60, 15]
    assert {int(q["limit"]) for _, q, _ in fake.asked[1:]} == {15}


def test_a_list_that_ends_though_objects_remain_is_not_whole(fake: Fake, tmp_path: Path) -> None:
    cluster(fake, pods=[named("a")])
    short = {"kind": "PodList", "metadata": {"remainingItemCount": 7}, "items": [named("a")]}
    fake.on("/api/v1/pods", said(short))

    manifest = take(account(fake), tmp_path, Options(TAKEN))

    assert manifest.listed == ()
    assert "7 objects remain" in manifest.failed[0].why


def test_a_server_that_queues_us_is_waited_for(fake: Fake) -> None:
    """API Priority and Fairness: 429 with Retry-After, nine times, then the answer."""
    answers = [said({"message": "too many requests"}, 429, Retry_After="1")] * 9
    answers.append(said({"kind": "PodList", "items": [named("a")]}))
    fake.on("/api/v1/pods", lambda *_: answers.pop(0))
    waits: list[float] = []
    with asking(fake, waits) as client:
        assert len(next(lists.pages(client, PODS)).items) == 1

    assert waits == [1.0, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0, 8.0]


def test_a_page_that_breaks_off_is_asked_for_again(fake: Fake) -> None:
    whole = said({"kind": "PodList", "items": [named("a"), named("b")]})
    broken = (200, {"Content-Length": str(len(whole[2])), "Connection": "close"}, whole[2][:40])
    answers = [broken, broken, whole]
    fake.on("/api/v1/pods", lambda *_: answers.pop(0))

    assert listed(fake) == ["a", "b"]


def test_a_list_that_always_breaks_off_is_that_lists_trouble_alone(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster(fake, pods=[], services=[named("b")])
    monkeypatch.setattr(clients, "BACK_OFF", 0.0)
    fake.on("/api/v1/pods", (200, {"Content-Length": "9000", "Connection": "close"}, b'{"kin'))

    manifest = take(account(fake), tmp_path, Options(TAKEN))

    assert [item.plural for item in manifest.listed] == ["services"]
    assert [item.plural for item in manifest.failed] == ["pods"]


def test_a_server_that_is_gone_is_an_error(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "BACK_OFF", 0.0)
    for path in ("/api/v1/pods", "/version"):
        fake.on(path, (200, {"Content-Length": "9000", "Connection": "close"}, b"{"))
    with asking(fake) as client, pytest.raises(NetworkError):
        lists.whole(client, PODS, lambda _: None)


# Namespaces


def spaced(fake: Fake, *, see: dict[str, list[str]], names: list[str] | None = None) -> None:
    """Let nothing be listed at cluster scope but, where given, *names* of namespaces.

    *see* are the plurals that may be listed in a namespace.
    """
    cluster(fake, pods=[], services=[], secrets=[], nodes=[])
    kinds = {"pods": "Pod", "services": "Service", "secrets": "Secret"}
    told = json.loads(fake.routes["/api"]({}, {})[2])
    told["items"][0]["versions"][0]["resources"].append({
        "resource": "namespaces", "responseKind": {"kind": "Namespace"}, "scope": "Cluster",
        "verbs": ["list"],
    })  # fmt: skip
    fake.on("/api", said(told))
    items = [{"metadata": {"name": name, "uid": name}} for name in names or ()]
    spaces = said({"kind": "NamespaceList", "items": items})
    fake.on("/api/v1/namespaces", NO if names is None else spaces)
    fake.on("/api/v1/nodes", NO)
    for plural, kind in kinds.items():
        fake.on(f"/api/v1/{plural}", NO)
        for space in {*(names or ()), *see, "default"}:
            made = said({"kind": f"{kind}List", "items": [named(f"{plural}-1", space)]})
            path = f"/api/v1/namespaces/{space}/{plural}"
            fake.on(path, made if plural in see.get(space, ()) else NO)
    for space in see:
        fake.on(f"/api/v1/namespaces/{space}", said({"metadata": {"name": space, "uid": space}}))


def tried(fake: Fake) -> set[str]:
    """Return the namespaces in which something was asked for."""
    parts = [path.split("/") for path in fake.paths() if path.startswith("/api/v1/namespaces/")]
    return {part[4] for part in parts}


def test_the_contexts_own_namespace_is_the_way_without_rights(fake: Fake, tmp_path: Path) -> None:
    spaced(fake, see={"shop": ["pods", "secrets"]})

    manifest = take(account(fake, namespace="shop"), tmp_path, Options(TAKEN))

    assert {item.plural: item.namespaces for item in manifest.listed} == {
        "namespaces": ("shop",), "pods": ("shop",), "secrets": ("shop",),
    }  # fmt: skip
    rights = [item.right for item in manifest.denied]
    assert "list pods at cluster scope" in rights
    assert "list services at cluster scope" in rights
    assert "list services in namespace shop" not in rights  # of no namespace: told once
    assert tried(fake) == {"shop"}


def test_one_that_is_denied_in_one_of_several_is_told_there(fake: Fake, tmp_path: Path) -> None:
    spaced(fake, see={"a": ["pods", "services"], "b": ["pods"]}, names=["a", "b", "c"])

    manifest = take(account(fake), tmp_path, Options(TAKEN))

    by = {item.plural: item.namespaces for item in manifest.listed}
    assert by == {"namespaces": (), "pods": ("a", "b"), "services": ("a",)}
    assert [item.right for item in manifest.denied if "in namespace" in item.right] == [
        "list services in namespace b"
    ]


def test_secrets_alone_are_asked_for_nowhere_else(fake: Fake, tmp_path: Path) -> None:
    """Their right is often withheld on purpose: no thousand refusals in the audit log for that."""
    cluster(fake, pods=[named("a")], secrets=[])
    fake.on("/api/v1/secrets", NO)

    manifest = take(account(fake, namespace="shop"), tmp_path, Options(TAKEN))

    assert [item.right for item in manifest.denied] == ["list secrets at cluster scope"]
    assert tried(fake) == set()


def test_namespaces_that_show_nothing_are_not_all_tried(fake: Fake, tmp_path: Path) -> None:
    names = [f"n{number:03}" for number in range(200)]
    spaced(fake, see={}, names=names)

    take(account(fake), tmp_path, Options(TAKEN))

    assert taking.CLOSED <= len(tried(fake)) < taking.CLOSED + taking.PARALLEL
    assert not any(path.endswith("/secrets") and "namespaces" in path for path in fake.paths())


def test_the_projects_of_openshift_are_the_accounts_own(fake: Fake, tmp_path: Path) -> None:
    spaced(fake, see={"mine": ["pods"]})
    served = [{
        "resource": "projects", "responseKind": {"kind": "Project"}, "scope": "Cluster",
        "verbs": ["list"],
    }]  # fmt: skip
    group = {
        "metadata": {"name": "project.openshift.io"},
        "versions": [{"version": "v1", "resources": served}],
    }
    fake.on("/apis", said({"kind": "APIGroupDiscoveryList", "items": [group]}))
    projects = {"kind": "ProjectList", "items": [{"metadata": {"name": "mine"}}]}
    fake.on("/apis/project.openshift.io/v1/projects", said(projects))

    manifest = take(account(fake), tmp_path, Options(TAKEN))

    assert {item.namespaces for item in manifest.listed} == {("mine",)}
    assert tried(fake) == {"default", "mine"}


def test_a_list_that_fails_in_one_namespace_leaves_the_others_whole(
    fake: Fake, tmp_path: Path
) -> None:
    spaced(fake, see={"a": ["pods"], "b": ["pods"]})
    half = {"kind": "PodList", "metadata": {"continue": "x"}, "items": [named("half", "a")]}
    fake.on(
        "/api/v1/namespaces/a/pods",
        lambda query, _: said({}, 418) if "continue" in query else said(half),
    )

    manifest = take(within(account(fake), ["a", "b"]), tmp_path, Options(TAKEN))

    (pods,) = (item for item in manifest.listed if item.plural == "pods")
    assert (pods.namespaces, pods.count) == (("b",), 1)
    assert b"half" not in (tmp_path / pods.files[0].path).read_bytes()
    assert "list pods in namespace a" in {item.right for item in manifest.failed}


@pytest.mark.parametrize(
    "target", ["k8s://c/A", "k8s://c/", "k8s:///a,,b", "k8s://c/a.b", "k8s://c/.."]
)
def test_what_can_be_no_namespace_is_told(target: str) -> None:
    with pytest.raises(UsageError, match="can not be the name of a namespace"):
        namespaces_of(target)


def test_a_context_of_the_whole_name_comes_first(tmp_path: Path) -> None:
    names = ("prod", "prod/shop", "arn:aws:eks:eu-west-1:1:cluster/prod")
    told = {
        "kind": "Config", "current-context": "prod",
        "contexts": [{"name": name, "context": {"cluster": "c"}} for name in names],
        "clusters": [{"name": "c", "cluster": {"server": "https://x.example.com"}}],
    }  # fmt: skip
    file = tmp_path / "config"
    file.write_text(json.dumps(told))

    def reached(target: str) -> tuple[str, tuple[str, ...]]:
        found = account_of(f"k8s://{target}", str(file))
        return found.context, found.only

    assert reached("prod") == reached("") == ("prod", ())
    assert reached("prod/shop") == ("prod/shop", ())
    assert reached("prod/shop/web,api") == ("prod/shop", ("api", "web"))
    assert reached("prod/web") == reached("/web") == ("prod", ("web",))
    assert reached(names[2]) == (names[2], ())
    assert reached(f"{names[2]}/web") == (names[2], ("web",))
    with pytest.raises(UsageError, match="no context 'nope'"):
        reached("nope/web")


def test_targets_name_namespaces() -> None:
    assert namespaces_of("k8s://prod") == namespaces_of("k8s://") == ()
    assert namespaces_of("k8s:///b,a,b") == ("a", "b")
    assert namespaces_of("k8s://arn:aws:eks:x:1:cluster/prod/shop") == ("shop",)


# More than is known


def test_further_resources_are_listed_and_what_is_left_aside_is_named(
    fake: Fake, tmp_path: Path
) -> None:
    cluster(fake, pods=[named("a")])
    kinds = (
        ("certificates", "Certificate", "cert-manager.io"),
        ("issuers", "Issuer", "cert-manager.io"),
        ("widgets", "Widget", "example.com"),
    )
    groups: dict[str, list[dict[str, Any]]] = {}
    for plural, kind, group in kinds:
        groups.setdefault(group, []).append({
            "resource": plural, "responseKind": {"kind": kind}, "scope": "Namespaced",
            "verbs": ["get", "list"],
        })  # fmt: skip
    items = [
        {"metadata": {"name": name}, "versions": [{"version": "v1", "resources": served}]}
        for name, served in groups.items()
    ]
    fake.on("/apis", said({"kind": "APIGroupDiscoveryList", "items": items}))
    fake.on("/apis/cert-manager.io/v1/certificates", said({
        "kind": "CertificateList", "items": [named("tls")],
    }))  # fmt: skip
    asked = ("certificates.cert-manager.io", "gone.example.com", "pods", "deployments.apps")

    manifest = take(account(fake), tmp_path, Options(TAKEN, further=asked))

    assert manifest.aside == ("issuers.cert-manager.io", "widgets.example.com")
    assert {item.plural for item in manifest.listed} == {"pods", "certificates"}
    assert (tmp_path / "cert-manager.io/v1/certificates.0001.json").is_file()
    assert "gone.example.com" in manifest.absent
    assert manifest.failed == ()


def test_whom_the_server_does_not_know_is_told(fake: Fake, tmp_path: Path) -> None:
    cluster(fake, pods=[])
    text = 'pods is forbidden: User "system:anonymous" cannot list resource "pods"'
    fake.on("/api/v1/pods", said({"message": text}, 403))
    known = msgspec.structs.replace(account(fake), identity=Identity(username="a", password="b"))

    for name in ("a", "b"):
        (tmp_path / name).mkdir()

    assert "since Kubernetes 1.19" in take(known, tmp_path / "a", Options(TAKEN)).notes[0]
    assert take(account(fake), tmp_path / "b", Options(TAKEN)).notes == ()


@pytest.mark.parametrize("to", ["", "a", "user:", "group:a\nb", "A/b", "a/b/c"])
def test_nobody_is_bound_who_is_none(to: str) -> None:
    if not to:
        assert "Binding" not in role()
        return
    with pytest.raises(UsageError, match="nobody"):
        role(to=to)
