"""Dumps that the real kubectl makes of a real API server say nothing that its snapshot does not."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from api_server import needs_server
from collecting import NOW, POLICY, read, take
from live_cluster import Live, live

from keten.formats.kubernetes.snapshot import Manifest
from keten.model.finding import Finding
from keten.model.kube import Object
from keten.model.result import Result
from keten.pipeline import flow, trees
from keten.pipeline.clusters import dumps

pytestmark = [needs_server, pytest.mark.slow]
Said = set[tuple[str, str, str]]
_TAKEN = {"deployment/missing-object"}  # which kinds are known differs


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live(tmp_path_factory.mktemp("live")) as found:
        yield found


@pytest.fixture(scope="module")
def whole(server: Live, tmp_path_factory: pytest.TempPathFactory) -> tuple[Manifest, Result]:
    """Return the snapshot that the dumps are held against."""
    folder = tmp_path_factory.mktemp("snapshot")
    manifest = take(server.admin(), folder)
    return manifest, read(folder)[1]


def scan(folder: Path) -> tuple[flow.Scanned, Result]:
    scanned = trees.collect(folder, POLICY, now=NOW, progress=lambda *_: None)
    return scanned, flow.judge(scanned, POLICY, database=None, now=NOW, progress=lambda *_: None)


def said(result: Result) -> Said:
    return {
        (item.check, _subject(item), item.message)
        for item in result.findings
        if not item.subject.startswith(("image ", "credential ", "cluster "))
    }


def _subject(item: Finding) -> str:
    return item.subject.partition(":")[2]


def objects(scanned: flow.Scanned) -> set[str]:
    return {n.id.partition(":")[2] for n in scanned.facts.nodes if isinstance(n, Object)}


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_kubectl_cluster_info_dump(
    server: Live, whole: tuple[Manifest, Result], tmp_path: Path, form: str
) -> None:
    """Lists of seven kinds for each namespace, the empty ones as ``items: null``; and logs."""
    words = ("cluster-info", "dump", "--all-namespaces", "-o", form)
    server.run(*words, "--output-directory", str(tmp_path))
    empty = '"items": null' if form == "json" else "items: null"
    assert empty in (tmp_path / "edge" / f"pods.{form}").read_text()

    scanned, result = scan(tmp_path)

    assert not [name for name in objects(scanned) if "List/" in name]
    assert "Deployment/shop/web" in objects(scanned)
    assert said(result) <= said(whole[1])
    assert len(said(result)) > 40
    told = {problem.what for problem in result.problems}
    assert any("no NetworkPolicy is in the dump" in what for what in told)
    assert not any("no ReplicationController" in what or "no DaemonSet" in what for what in told)


def test_kubectl_cluster_info_dump_into_one_file(
    server: Live, whole: tuple[Manifest, Result], tmp_path: Path
) -> None:
    """Printed, it is JSON after JSON with the logs of pods in between."""
    text = server.run("cluster-info", "dump", "--all-namespaces", "-o", "json")
    assert "==== START logs for container" in text
    text = text.replace("==== END logs", 'a log: line {"kind": "Pod"\n---\n==== END logs', 1)
    (tmp_path / "dump.json").write_text(text)

    scanned, result = scan(tmp_path)

    assert {"Deployment/shop/web", "Pod/shop/bare"} <= objects(scanned)
    assert said(result) <= said(whole[1])
    assert all("in the dump" in problem.what for problem in result.problems)


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_several_kinds_in_one_list(
    server: Live, whole: tuple[Manifest, Result], tmp_path: Path, form: str
) -> None:
    kinds = "pods,deploy,sts,ds,svc,netpol,roles,clusterroles,nodes,ns"
    (tmp_path / f"all.{form}").write_text(server.run("get", kinds, "-A", "-o", form))

    scanned, result = scan(tmp_path)

    assert "NetworkPolicy/shop/db" in objects(scanned)
    assert said(result) <= said(whole[1])
    assert len(said(result)) > 40


def must_gather(server: Live, manifest: Manifest, root: Path) -> Path:
    """Write what ``oc adm must-gather`` leaves: the layout of ``oc adm inspect``."""
    top = root / "must-gather.local.5421342344627712289"
    at = top / "quay-io-openshift-release-dev-ocp-v4-0-art-dev-sha256-0b1c2d"
    for item in manifest.listed:
        name = f"{item.plural}.{item.version}.{item.group}"
        group = item.group or "core"
        found = json.loads(server.run("get", name, "-A", "-o", "json"))["items"]
        by: dict[str, list[Any]] = {}
        for value in found:
            by.setdefault(value["metadata"].get("namespace", ""), []).append(value)
        for space, values in by.items():
            if item.plural == "namespaces":
                for value in values:
                    own = value["metadata"]["name"]
                    _write(at / "namespaces" / own / f"{own}.yaml", value)
            elif space:
                _list(at / "namespaces" / space / group / f"{item.plural}.yaml", values, item.kind)
            else:
                for value in values:
                    file = f"{value['metadata']['name'].replace(':', '-')}.yaml"
                    _write(at / "cluster-scoped-resources" / group / item.plural / file, value)
        for space in ("edge", "shop"):
            if space not in by and "" not in by and item.plural != "namespaces":
                _list(at / "namespaces" / space / group / f"{item.plural}.yaml", [], item.kind)
        for value in found if item.plural == "pods" else ():
            meta = value["metadata"]
            pod = at / "namespaces" / meta["namespace"] / "pods" / meta["name"]
            _write(pod / f"{meta['name']}.yaml", value)
            for log in ("current", "previous"):
                logs = pod / "web/web/logs"
                logs.mkdir(parents=True, exist_ok=True)
                (logs / f"{log}.log").write_text("apiVersion: v1\nkind: Pod {{ not: yaml\n")
    _oddities(top, at)
    return top


def _oddities(top: Path, at: Path) -> None:
    (top / "event-filter.html").write_text("<html>kind: Pod apiVersion: v1</html>")
    (top / "timestamp").write_text("2026-11-23 07:00:00 +0000 UTC\n")
    (at / "version").write_text("openshift/must-gather\n4.19.3\n")
    for name in ("host_service_logs/masters/kubelet_service.log", "gather-debug.log"):
        (at / name).parent.mkdir(parents=True, exist_ok=True)
        (at / name).write_text("Nov 23 07:00:00 kubelet: apiVersion kind\n" * 50)
    (at / "audit_logs/kube-apiserver").mkdir(parents=True)
    line = b'{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata"}\n'
    packed = at / "audit_logs/kube-apiserver/node-1-audit.log.gz"
    packed.write_bytes(gzip.compress(line * 9))
    (at / "etcd_info").mkdir()
    (at / "etcd_info/endpoint_health.json").write_text('[{"endpoint":"x","health":true}]')
    (at / "monitoring").mkdir()
    (at / "monitoring/status.stderr").write_text("")


def _write(file: Path, value: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("---\n" + yaml.safe_dump(value))


def _list(file: Path, values: list[Any], kind: str) -> None:
    version = values[0]["apiVersion"] if values else "v1"
    _write(file, {"apiVersion": version, "kind": f"{kind}List", "items": values, "metadata": {}})


def test_a_must_gather_folder(server: Live, whole: tuple[Manifest, Result], tmp_path: Path) -> None:
    manifest, full = whole
    scanned, result = scan(must_gather(server, manifest, tmp_path))

    assert [p for p in result.problems if "in the dump" not in p.what] == []
    assert said(result) <= said(full)
    missed = {item for item in said(full) - said(result) if item[0] not in _TAKEN}
    assert missed == set()
    assert "Deployment/shop/web" in objects(scanned)


def test_a_dump_that_is_cut_off_is_read_so_far_and_told(server: Live, tmp_path: Path) -> None:
    text = server.run("get", "deploy,sts,ds", "-A", "-o", "yaml")
    for number, cut in enumerate((text.index("kind: List\nmeta"), len(text) - 700)):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "all.yaml").write_text(text[:cut])

        scanned, result = scan(folder)

        assert "Deployment/shop/web" in objects(scanned)
        assert any("cut off" in problem.what for problem in result.problems)
        assert any("cut off" in item.why for item in result.unknown)


def test_long_lists_without_kinds_are_read_in_pieces(
    server: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in ``cluster-info dump``: the list says the kind, in YAML after all of its items."""
    server.run("cluster-info", "dump", "--all-namespaces", "-o", "yaml",
               "--output-directory", str(tmp_path / "a"))  # fmt: skip
    plain, _ = scan(tmp_path / "a")
    for name, value in (("LONG", 1000), ("ITEMS", 3)):
        monkeypatch.setattr(dumps, name, value)
    monkeypatch.setattr(trees, "LONG", 1000)

    divided, _ = scan(tmp_path / "a")

    assert any("deployments.yaml/0002.yaml" in n.id for n in divided.facts.nodes)
    assert objects(divided) == objects(plain)
