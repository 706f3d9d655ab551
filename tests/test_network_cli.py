"""``keten net``: what it prints, and its exit status; Hubble's flows, also broken ones."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from network_manifests import cilium, document, namespace, netpol, pod

from keten.cli import main
from keten.errors import InputError
from keten.formats import hubble

PODS = (
    namespace("shop")
    + namespace("data")
    + pod("shop/web", ports={"http": 8080})
    + pod("shop/api")
    + pod("data/db")
)
CLOSED = netpol(
    "data/db",
    """
podSelector: {matchLabels: {app: db}}
policyTypes: [Ingress, Egress]
ingress:
- from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: api}}}]
  ports: [{port: 5432}]
""",
)


def folder(tmp_path: Path, text: str, name: str = "k8s") -> str:
    made = tmp_path / name
    made.mkdir()
    (made / "all.yaml").write_text(text)
    return str(made)


def net(*words: str) -> int:
    return main(["net", *words, "--quiet"])


def test_reach_for_eyes_lines_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = folder(tmp_path, PODS + CLOSED)
    assert net("reach", target, "--to", "db") == 0
    out = capsys.readouterr().out
    assert out.startswith("3 workloads, 1 policy (selecting pods: 1)\n")
    assert "shop/api[Pod]\n  TCP 5432            data/db[Pod]\n" in out
    assert "shop/web" not in out
    assert net("reach", target, "--lines") == 0
    lines = capsys.readouterr().out.splitlines()
    assert "shop/api[Pod] => data/db[Pod] : TCP 5432" in lines
    assert "shop/web[Pod] => 0.0.0.0-255.255.255.255[External] : All Connections" in lines
    assert net("reach", target, "--json", "--from", "shop/web", "--to", "shop") == 0
    assert json.loads(capsys.readouterr().out) == {
        "connections": [
            {"src": "shop/web[Pod]", "dst": "shop/api[Pod]", "ports": "All Connections",
             "network": "pod-network"}
        ],
        "mutual_tls": [],
        "narrowed": [],
        "not_judged": [],
    }  # fmt: skip


def test_why_names_the_rules_and_their_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = folder(tmp_path, PODS + CLOSED)
    assert net("why", "api", "db", "5432", target) == 0
    out = capsys.readouterr().out
    assert "shop/api[Pod] => data/db[Pod] : TCP 5432: yes" in out
    assert "NetworkPolicy data/db spec.ingress[0]: allows it" in out
    written = (tmp_path / "k8s/all.yaml").read_text().splitlines()
    line = next(text.split(":")[-1] for text in out.splitlines() if "all.yaml:" in text)
    assert "from" in written[int(line) - 1] or "from" in written[int(line)]
    assert net("why", "web", "db", "5432", target) == 1
    assert "isolates these pods, and has no rule for this" in capsys.readouterr().out
    assert net("why", "api", "db", "UDP/5432", target) == 1
    assert net("why", "db", "internet", "443", target) == 1
    assert net("why", "web", "metadata", "80", target) == 0
    assert net("why", "10.0.0.1", "web", "http", target) == 0
    assert net("why", "internet", "db", "5432", target) == 1
    assert net("why", "web", "api.example.com", "443", target) == 0
    capsys.readouterr()
    assert net("why", "web", "db", "22", target, "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == "no"
    assert [side["verdict"] for side in found["networks"][0]["sides"]] == ["yes", "no"]


def test_why_takes_services_for_the_pods_behind_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ports = [{"name": "sql", "port": 80, "targetPort": 5432}]
    service = document("v1", "Service", "data/sql", {"selector": {"app": "db"}, "ports": ports})
    none = document("v1", "Service", "data/none", {"selector": {"app": "x"}, "ports": ports})
    target = folder(tmp_path, PODS + CLOSED + service + none)
    for name in ("svc/sql", "Service/sql", "data/svc/sql", "sql.data", "sql.data.svc",
                 "sql.data.svc.cluster.local"):  # fmt: skip
        for port in ("80", "sql"):
            assert net("why", "api", name, port, target) == 0
            head = "shop/api[Pod] => data/db[Pod] : TCP 5432: yes\n"
            assert capsys.readouterr().out.startswith(head)
    assert net("why", "api", "db", "80", target) == 1
    assert "note: port 80 of Service data/sql is TCP 5432 of these" in capsys.readouterr().out
    for name, port, told in (
        ("svc/none", "80", "Service data/none selects no workload"),
        ("svc/sql", "81", "Service data/sql has no port 81; it has 80"),
        ("svc/other", "80", "no workload 'svc/other'"),
    ):
        assert net("why", "api", name, port, target) == 2
        assert told in capsys.readouterr().err


def test_why_says_what_the_mesh_narrows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = {
        "selector": {"matchLabels": {"app": "db"}},
        "rules": [
            {"from": [{"source": {"principals": ["cluster.local/ns/shop/sa/api"]}}]},
            {"to": [{"operation": {"ports": ["9090"], "methods": ["GET"]}}]},
        ],
    }
    only = document("security.istio.io/v1", "AuthorizationPolicy", "data/only-api", spec)
    meshed = "".join(namespace(name, **{"istio-injection": "enabled"}) for name in ("shop", "data"))
    target = folder(
        tmp_path, meshed + pod("shop/web") + pod("shop/api", serviceAccountName="api")
        + pod("data/db") + only,
    )  # fmt: skip
    assert net("why", "api", "db", "5432", target) == 0
    out = capsys.readouterr().out
    assert "mesh at data/db[Pod]: yes\n  AuthorizationPolicy data/only-api spec.rules[0]" in out
    assert net("why", "web", "db", "5432", target) == 1
    out = capsys.readouterr().out
    assert "AuthorizationPolicy data/only-api spec: has no rule that allows it" in out
    assert net("why", "web", "db", "9090", target) == 0  # by the network; the rest is layer 7
    assert "mesh at data/db[Pod]: unknown" in capsys.readouterr().out
    assert net("why", "web", "db", "9090", target, "--json") == 0
    assert json.loads(capsys.readouterr().out)["mesh"]["verdict"] == "unknown"
    assert net("reach", target) == 0
    said = "data/db[Pod]  ALLOW by AuthorizationPolicy data/only-api; not judged: methods"
    assert said in capsys.readouterr().out


def test_hosts_are_matched_with_patterns(tmp_path: Path) -> None:
    spec = """
endpointSelector: {}
egress: [{toFQDNs: [{matchPattern: "*.example.com"}], toPorts: [{ports: [{port: "443"}]}]}]
"""
    target = folder(tmp_path, PODS + cilium("shop/out", spec))
    assert net("why", "web", "www.example.com", "443", target) == 0
    assert net("why", "web", "www.example.com", "80", target) == 1
    assert net("why", "web", "a.www.example.com", "443", target) == 1
    assert net("why", "web", "example.com", "443", target) == 1


def test_why_says_unknown_where_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calico = document("projectcalico.org/v3", "NetworkPolicy", "shop/x", {"selector": "all()"})
    target = folder(tmp_path, PODS + calico)
    assert net("why", "web", "api", "80", target) == 3
    out, error = capsys.readouterr()
    assert "unknown" in out
    assert "not judged: NetworkPolicy shop/x: policies of projectcalico.org are not read" in error
    assert net("reach", target, "--from", "web", "--to", "api") == 0
    assert "perhaps all ports" in capsys.readouterr().out


def test_what_is_asked_wrongly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = folder(tmp_path, PODS + pod("data/web"))
    for words, told in (
        (("why", "web", "db", "80", target), "web is several workloads: data/web[Pod], shop/web"),
        (("why", "wbe", "db", "80", target), "no workload 'wbe' in the target"),
        (("why", "api", "db", "99999", target), "99999 is no port"),
        (("why", "10.0.0.1", "10.0.0.2", "80", target), "neither A nor B is a workload"),
        (("why", "api", target), "usage: keten net why A B PORT [TARGET]"),
        (("propose", target, "--flows", str(tmp_path / "none")), "No such file"),
    ):
        assert net(*words) == 2
        assert told in capsys.readouterr().err
    empty = folder(tmp_path, namespace("shop"), "empty")
    assert net("reach", empty) == 2
    assert "no workloads there" in capsys.readouterr().err


def test_diff_tells_what_opened_and_what_closed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = folder(tmp_path, PODS + CLOSED, "old")
    wider = CLOSED.replace("port: 5432", "port: 5432\n      endPort: 5433")
    new = folder(tmp_path, PODS + wider, "new")
    assert net("diff", old, new) == 0
    out = capsys.readouterr().out
    assert out == (
        "+ shop/api[Pod] => data/db[Pod] : TCP 5433\n\n"
        "1 connection opened or widened, 0 closed or narrowed\n"
    )
    assert net("diff", old, new, "--fail-on-new") == 1
    assert net("diff", new, old, "--fail-on-new") == 0
    assert net("diff", old, old, "--fail-on-new") == 0
    open_ = folder(tmp_path, PODS, "open")
    capsys.readouterr()
    assert net("diff", old, open_) == 0
    out = capsys.readouterr().out
    assert "+ data/db[Pod] => any address : all ports\n" in out
    assert "+ any address => data/db[Pod] : all ports\n" in out
    assert net("diff", old, open_, "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) == 6


def test_exposed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    balancer = document("v1", "Service", "shop/web", {
        "type": "LoadBalancer", "selector": {"app": "web"},
        "ports": [{"port": 80, "targetPort": "http"}]})  # fmt: skip
    target = folder(tmp_path, PODS + CLOSED + balancer)
    assert net("exposed", target) == 0
    out = capsys.readouterr().out
    assert "  shop/web[Pod]  TCP 8080\n      by Service shop/web  all.yaml:" in out
    assert "2 of 3 workloads may reach the metadata address 169.254.169.254" in out
    assert net("exposed", target, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [item["workload"] for item in found["to_metadata"]] == ["shop/api[Pod]", "shop/web[Pod]"]


def flow(src: object, dst: object, **more: object) -> str:
    """Return one line of Hubble's."""
    tcp = {"source_port": 40000, "destination_port": 5432, "flags": {"SYN": True}}
    made = {"verdict": "FORWARDED", "IP": {"source": "10.0.0.1", "destination": "10.0.0.2"},
            "l4": {"TCP": tcp}, "source": src, "destination": dst, **more}  # fmt: skip
    return json.dumps({"flow": made}) + "\n"


def end(namespace: str, name: str) -> dict[str, object]:
    return {"namespace": namespace, "pod_name": name, "labels": [f"k8s:app={name}"],
            "workloads": [{"kind": "Pod", "name": name}]}  # fmt: skip


WORLD = {"identity": 2, "labels": ["reserved:world"]}


def test_propose_from_flows_and_apply(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = folder(tmp_path, PODS)
    flows = tmp_path / "flows.json"
    flows.write_text(
        flow(end("shop", "api"), end("data", "db"))
        + flow(end("data", "db"), end("shop", "api"), is_reply=True)
        + flow(end("shop", "web"), end("data", "db"), verdict="DROPPED")
        + flow(end("shop", "web"), WORLD, IP={"source": "10.0.0.1", "destination": "192.0.2.7"})
        + "\n"
    )
    assert net("propose", target, "--flows", str(flows)) == 0
    out, error = capsys.readouterr()
    assert "proved: with them, exactly these connections and DNS are open" in error
    manifests = list(yaml.safe_load_all(out))
    names = {(m["metadata"]["namespace"], m["metadata"]["name"]) for m in manifests}
    assert names == {
        ("data", "default-deny"), ("data", "default-allow-dns"), ("data", "allow-db"),
        ("shop", "default-deny"), ("shop", "default-allow-dns"), ("shop", "allow-api"),
        ("shop", "allow-web"),
    }  # fmt: skip
    applied = folder(tmp_path, PODS + out, "applied")
    assert net("why", "api", "db", "5432", applied) == 0
    assert net("why", "web", "db", "5432", applied) == 1
    assert net("why", "web", "192.0.2.7", "5432", applied) == 0
    assert net("why", "web", "192.0.2.8", "5432", applied) == 1
    capsys.readouterr()
    output = tmp_path / "made.yaml"
    assert net("propose", target, "--flows", str(flows), "--output", str(output)) == 0
    assert output.read_text() == out
    assert not capsys.readouterr().out


def test_propose_tells_what_is_open_besides(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = folder(tmp_path, PODS + netpol("data/open", "{podSelector: {}, ingress: [{}]}"))
    assert net("propose", target, "--json") == 3
    found = json.loads(capsys.readouterr().out)
    assert found["further"]
    assert not found["missing"]


def test_flows_that_are_none() -> None:
    with pytest.raises(InputError):
        list(hubble.read([b"{"]))
    with pytest.raises(InputError):
        list(hubble.read([b"[1]"]))
    with pytest.raises(InputError):
        list(hubble.read([b"[" * 100_000]))
    with pytest.raises(InputError):
        list(hubble.read([b" " * (hubble.LONGEST + 1)]))
    assert list(hubble.read([b"{}", b"", b'{"flow": 7}'])) == []


@given(st.lists(st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(("flow", "verdict", "l4", "TCP", "source", "labels", "IP", "workloads",
                         "destination", "destination_port", "FORWARDED")), inner),
    max_leaves=12).map(lambda value: json.dumps(value).encode())))  # fmt: skip
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_else_is_raised(lines: list[bytes]) -> None:
    try:
        for found in hubble.read(lines):
            assert 0 < found.port < 1 << 16
    except InputError:
        pass
