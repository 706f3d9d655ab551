"""A real API server in trouble: revisions that are compacted away, an API service that is down."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_server import needs_server, serving
from collecting import read, take
from live_cluster import Live, Value, space

from keten.collectors import cluster
from keten.errors import Exit
from keten.transport.kube import lists
from keten.transport.kube.client import Client
from keten.transport.kube.discovery import Served

pytestmark = [needs_server, pytest.mark.slow]
MAPS = Served("", "v1", "configmaps", "ConfigMap", namespaced=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Yield a server that forgets each revision within two seconds, and has none in memory."""
    folder = tmp_path_factory.mktemp("live")
    with serving("--etcd-compaction-interval=1s", "--watch-cache=false") as kubectl:
        found = Live(kubectl, folder)
        time.sleep(1)
        found.create([space("shop")])
        yield found


def config_map(name: str, value: str = "") -> Value:
    meta = {"name": name, "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"a": value}}


def test_a_list_whose_revision_is_compacted_amid_its_pages_begins_anew(server: Live) -> None:
    server.create([config_map(f"c{number:02}") for number in range(20)])
    account = cluster.account_of("k8s://", server.admin())
    held: list[bytes] = []
    firsts = []
    with Client(account) as client:
        for number, page in enumerate(lists.pages(client, MAPS, namespace="shop", limit=3)):
            if page.first:
                firsts.append(number)
                held.clear()
            held += page.items
            if number == 1:  # the continue token is of a revision that goes now
                for change in range(6):
                    server.create([config_map("c00", str(change))])
                    time.sleep(1)

    assert firsts == [0, 2]
    assert len(held) == 20
    assert b'"a":"5"' in held[0]


def test_an_api_service_that_is_down_leaves_its_resources_unknown(
    server: Live, tmp_path: Path
) -> None:
    """Discovery tells its group without resources: that is not absent, and nothing waits for it."""
    service = {"name": "gone", "namespace": "shop"}
    spec = {
        "group": "policy.linkerd.io", "version": "v1beta3", "groupPriorityMinimum": 100,
        "versionPriority": 10, "insecureSkipTLSVerify": True, "service": service,
    }  # fmt: skip
    server.create([
        {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
         "metadata": {"name": "v1beta3.policy.linkerd.io"}, "spec": spec},
    ])  # fmt: skip
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        manifest = take(server.admin(), tmp_path / str(time.monotonic_ns()))
        if "policy.linkerd.io" in manifest.groups:
            break

    right = "list servers.policy.linkerd.io at cluster scope"
    assert right in {item.right for item in manifest.failed}
    assert not any(name.endswith("policy.linkerd.io") for name in manifest.absent)
    assert any(item.plural == "pods" for item in manifest.listed)
    take(server.admin(), tmp_path / "s")
    _, result = read(tmp_path / "s")
    assert any(right in item.why for item in result.unknown)
    assert result.decision.exit in (Exit.UNKNOWN, Exit.DENIED)
