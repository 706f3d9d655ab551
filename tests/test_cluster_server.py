"""Live collection beside a real API server: every way to log in, least rights, pages.

The programs are those of tests/api_server.py.
"""

import base64
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_server import needs_server
from collecting import NOW, POLICY, TAKEN, honest, read, take
from live_cluster import RBAC, Live, Value, live

import keten as keten_package
from keten.collectors import cluster
from keten.errors import Exit, NetworkError, UsageError
from keten.formats.kubernetes.grants import role
from keten.formats.kubernetes.listed import ROWS, Row
from keten.formats.yaml.documents import Dialect, load_all
from keten.pipeline import flow, trees
from keten.transport.kube import in_cluster

pytestmark = [needs_server, pytest.mark.slow]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live(tmp_path_factory.mktemp("live")) as found:
        yield found


def roles(server: Live, *, without: Row | None = None, name: str = "keten") -> None:
    """Create a service account that has the shipped roles, less one right."""
    documents = [d.value for d in load_all(role().encode(), Dialect.KUBERNETES)]
    account = {
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": "keten"},
    }  # fmt: skip
    made: list[Value] = [account]
    for document in documents:
        title = f"{document['metadata']['name']}-{name}"
        document["metadata"]["name"] = title
        if without is not None:
            for rule in document["rules"]:
                if rule["apiGroups"] == [without.group]:
                    rule["resources"] = [r for r in rule["resources"] if r != without.plural]
            document["rules"] = [rule for rule in document["rules"] if rule["resources"]]
        made.append(document)
        made.append({
            "apiVersion": RBAC, "kind": "ClusterRoleBinding", "metadata": {"name": title},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                        "name": title},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": "keten"}],
        })  # fmt: skip
    server.create(made)


@pytest.fixture(scope="module")
def keten(server: Live) -> str:
    """Return a kubeconfig of an account with exactly the shipped roles."""
    roles(server)
    server.wait("keten", "pods")
    server.wait("keten", "secrets")
    return server.config("keten", {"token": server.account("keten")})


def test_with_exactly_the_shipped_roles_a_collection_is_whole(
    server: Live, keten: str, tmp_path: Path
) -> None:
    mine = take(keten, tmp_path / "mine")
    whole = take(server.admin(), tmp_path / "whole")

    assert mine.denied == mine.failed == ()
    assert [(item.plural, item.count) for item in mine.listed] == [
        (item.plural, item.count) for item in whole.listed
    ]
    assert {item.plural for item in mine.listed} >= {"pods", "secrets", "httproutes"}
    assert "rollouts.argoproj.io" in mine.absent


def test_no_value_of_a_secret_or_config_map_is_kept(server: Live, tmp_path: Path) -> None:
    take(server.admin(), tmp_path / "s")

    text = b"".join(p.read_bytes() for p in sorted((tmp_path / "s").rglob("*.json")))
    value = base64.b64encode(b"the value itself")
    assert b"the value itself" not in text
    assert value not in text
    assert b'"name":"lasting"' in text
    assert b"kubernetes.io/service-account-token" in text
    assert b'"settings":""' in text


def test_pages_of_two_make_the_same_bytes(server: Live, tmp_path: Path) -> None:
    for limit in (1, 2, 500):
        take(server.admin(), tmp_path / str(limit), limit=limit)

    def files(name: str) -> dict[str, bytes]:
        folder = tmp_path / name
        return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.json")}

    assert files("1") == files("2") == files("500")


def test_a_live_scan_says_what_its_snapshot_says(server: Live, tmp_path: Path) -> None:
    file = server.admin()
    source = str(Path(keten_package.__file__).parents[1])
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1795392000", "PYTHONPATH": source}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "keten", *words], env=environment, cwd=tmp_path,
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    asked = ["--format", "json", "--now", "2026-11-23"]
    direct = run("scan", "k8s://live", "--kubeconfig", file, *asked)
    results = [json.loads(direct.stdout)]
    for to in ("folder", "file.tar", "file.tgz"):
        taken = run("snapshot", "k8s://live", "--kubeconfig", file, "-o", to)
        assert taken.returncode == 0, taken.stderr
        results.append(json.loads(run("scan", to, *asked).stdout))

    first, *others = results
    assert direct.returncode == Exit.DENIED
    assert len(first["findings"]) > 10
    for other in others:
        for part in ("findings", "unknown", "actions", "checks", "links", "problems"):
            assert other[part] == first[part], part


def test_removing_any_right_never_turns_a_fail_into_a_pass(server: Live, tmp_path: Path) -> None:
    """Over every right of the role: what was FAIL is FAIL, or not known, and never allowed."""
    served = take(server.admin(), tmp_path / "first")
    names = {(item.group, item.plural) for item in served.listed}
    rows = [row for row in ROWS if (row.group, row.plural) in names]
    assert len(rows) > 35
    accounts = {row: f"less-{number}" for number, row in enumerate(rows)}
    for row, name in accounts.items():
        roles(server, without=row, name=name)
    take(server.admin(), tmp_path / "all")
    _, full = read(tmp_path / "all")
    assert full.decision.exit == Exit.DENIED
    for row, name in accounts.items():
        server.wait(name, "secrets" if row.plural != "secrets" else "pods")
        file = server.config(name, {"token": server.account(name)})
        folder = tmp_path / name
        manifest = take(file, folder)
        assert [item.right for item in manifest.denied] == [row.right]
        scanned, result = read(folder)
        told = [p.what for p in result.problems]
        assert f"{row.right}: forbidden" in told
        assert result.decision.exit in (Exit.DENIED, Exit.UNKNOWN), row
        assert any(f"{row.right}: forbidden" in item.why for item in result.unknown), row
        honest(full, scanned, result, row)


def test_a_server_that_does_not_tell_what_it_serves_is_asked_for_everything(
    server: Live, keten: str, tmp_path: Path
) -> None:
    """Without system:discovery: every list is tried in the version that keten knows."""
    binding = "clusterrolebinding/system:discovery"
    for name in (binding, "clusterrolebinding/system:basic-user"):
        server.run("annotate", name, "rbac.authorization.kubernetes.io/autoupdate=false",
                   "--overwrite")  # fmt: skip
    before = json.loads(server.run("get", binding, "-o", "json"))
    server.run("delete", binding)
    try:
        for _ in range(50):
            manifest = take(keten, tmp_path / "x")
            if manifest.denied:
                break
        assert {item.right for item in manifest.denied} >= {"get /api", "get /apis"}
        assert {item.plural for item in manifest.listed} >= {"pods", "networkpolicies"}
        _, result = read(tmp_path / "x")
        assert result.decision.exit != Exit.ALLOWED
    finally:
        for name in ("resourceVersion", "uid", "creationTimestamp", "managedFields"):
            before["metadata"].pop(name, None)
        server.create([before])


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_dump_of_everything_says_what_the_snapshot_says(
    server: Live, tmp_path: Path, form: str
) -> None:
    """``kubectl get -A`` of each resource into a file, empty lists too; and all in one file."""
    manifest = take(server.admin(), tmp_path / "snapshot")
    resources = [f"{item.plural}.{item.version}.{item.group}" for item in manifest.listed]
    (tmp_path / "each").mkdir()
    (tmp_path / "one").mkdir()
    for name in resources:
        text = server.run("get", name, "-A", "-o", form)
        (tmp_path / "each" / f"{name}.{form}").write_text(text)
    whole = server.run("get", ",".join(resources), "-A", "-o", form)
    (tmp_path / "one" / f"all.{form}").write_text(whole)

    def said(folder: str) -> set[tuple[str, str, str]]:
        scanned = trees.collect(tmp_path / folder, POLICY, now=NOW, progress=lambda *_: None)
        result = flow.judge(scanned, POLICY, database=None, now=NOW, progress=lambda *_: None)
        gone = [item for item in result.unknown if "deployment/missing-object" in item.checks]
        assert bool(gone) == (folder != "snapshot")
        return {
            (f.check, f.subject.partition(":")[2], f.message)
            for f in result.findings
            if not f.subject.startswith(("image ", "credential ", "cluster "))
        }

    expected = said("snapshot")
    assert len(expected) > 20
    # Of a kind that the cluster has none of a dump says nothing: what names one is not known.
    open_still = {
        item
        for item in expected
        if item[0] == "deployment/missing-object" and item[1].endswith(("lost-class", "lost-claim"))
    }
    assert len(open_still) == 2
    assert said("each") == expected - open_still
    assert said("one") == expected - open_still


# Ways to log in


def logged_in(file: str, tmp_path: Path) -> bool:
    manifest = take(file, tmp_path / "in")
    return any(item.plural == "pods" and item.count for item in manifest.listed)


def test_a_token_and_a_token_file_log_in(server: Live, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(server.token + "\n")
    file = server.config("file", {"tokenFile": str(tmp_path / "token")})

    assert logged_in(file, tmp_path)


def test_a_client_certificate_logs_in(server: Live, tmp_path: Path) -> None:
    at = server.folder
    subprocess.run(
        ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/O=system:masters/CN=me",
         "-keyout", f"{at}/me.key", "-out", f"{at}/me.csr"], check=True, capture_output=True,
    )  # fmt: skip
    extension = at / "ext"
    extension.write_text("extendedKeyUsage=clientAuth\n")
    subprocess.run(
        ["openssl", "x509", "-req", "-in", f"{at}/me.csr", "-CA", f"{at}/ca.crt", "-CAkey",
         f"{at}/ca.key", "-days", "2", "-extfile", str(extension), "-out", f"{at}/me.crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    files = server.config("cert", {"client-certificate": "me.crt", "client-key": "me.key"})
    data = server.config("data", {
        f"client-{what}-data": base64.b64encode((at / f"me.{end}").read_bytes()).decode()
        for what, end in (("certificate", "crt"), ("key", "key"))
    })  # fmt: skip

    assert logged_in(files, tmp_path)
    (tmp_path / "two").mkdir()
    assert logged_in(data, tmp_path / "two")


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_a_credential_plugin_logs_in(server: Live, tmp_path: Path, version: str) -> None:
    program = tmp_path / "plugin"
    group = f"client.authentication.k8s.io/{version}"
    program.write_text(
        f"#!{sys.executable}\n"
        "import json, os, sys\n"
        "told = json.loads(os.environ['KUBERNETES_EXEC_INFO'])\n"
        f"assert told['apiVersion'] == '{group}' and told['spec']['interactive'] is False\n"
        "assert told['spec']['cluster']['server'].startswith('https://')\n"
        "assert sys.argv[1:] == ['get', 'token'] and os.environ['MORE'] == 'yes'\n"
        f"print(json.dumps({{'apiVersion': '{group}', 'kind': 'ExecCredential',\n"
        f"  'status': {{'token': '{server.token}'}}}}))\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    file = server.config(f"exec-{version}", {"exec": {
        "apiVersion": group, "command": str(program), "args": ["get", "token"],
        "env": [{"name": "MORE", "value": "yes"}], "interactiveMode": "Never",
        "provideClusterInfo": True,
    }})  # fmt: skip

    assert logged_in(file, tmp_path)


def test_who_is_impersonated_decides(server: Live, keten: str, tmp_path: Path) -> None:
    nobody = server.config("nobody", {"token": server.token, "as": "jane"})
    mine = server.config("as", {
        "token": server.token, "as": "system:serviceaccount:keten:keten",
        "as-groups": ["system:serviceaccounts", "system:authenticated"],
    })  # fmt: skip
    masters = server.config(
        "masters", {"token": server.token, "as": "jane", "as-groups": ["system:masters"]}
    )

    assert {item.plural for item in take(nobody, tmp_path / "a").denied} >= {"pods", "secrets"}
    assert take(mine, tmp_path / "b").denied == ()
    assert logged_in(masters, tmp_path)
    assert keten


def test_the_account_of_a_pod_logs_in(
    server: Live, keten: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from urllib.parse import urlsplit

    at = urlsplit(server.url)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", str(at.hostname))
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(at.port))
    (tmp_path / "token").write_text(server.account("keten"))
    (tmp_path / "ca.crt").write_bytes(server.authority)
    (tmp_path / "namespace").write_text("keten")
    account = in_cluster.account(tmp_path)
    (tmp_path / "out").mkdir()

    manifest = cluster.take(account, tmp_path / "out", cluster.Options(TAKEN))

    assert manifest.denied == ()
    assert account.namespace == "keten"
    assert keten


def test_what_is_wrong_is_told(server: Live, tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="does not know who asks"):
        take(server.config("bad", {"token": "no-such-token"}), tmp_path / "a")
    basic = take(server.config("basic", {"username": "a", "password": "b"}), tmp_path / "b")
    assert {item.plural for item in basic.denied} >= {"pods", "secrets"}  # nobody: anonymous
    other = base64.b64encode((server.folder / "ca.crt").read_bytes()).decode()
    wrong = server.config("wrong", {"token": "x"}, **{"certificate-authority-data": other})
    with pytest.raises(NetworkError, match=r"certificate"):
        take(wrong, tmp_path / "c")
    named = server.config("name", {"token": server.token}, **{"tls-server-name": "other.example"})
    with pytest.raises(NetworkError, match=r"other\.example|[Hh]ostname|IP"):
        take(named, tmp_path / "d")
    with pytest.raises(UsageError, match="no context 'nope'"):
        cluster.account_of("k8s://nope", server.admin())


def test_an_unchecked_certificate_is_told(server: Live, tmp_path: Path) -> None:
    file = server.config("open", {"token": server.token})
    text = json.loads(Path(file).read_text())
    told = text["clusters"][0]["cluster"]
    del told["certificate-authority-data"]
    told["insecure-skip-tls-verify"] = True
    Path(file).write_text(json.dumps(text))

    take(file, tmp_path / "s")
    _, result = read(tmp_path / "s")

    assert any("was not checked" in problem.what for problem in result.problems)


def test_the_role_is_what_the_table_says() -> None:
    documents = [d.value for d in load_all(role().encode(), Dialect.KUBERNETES)]
    granted = {
        (group, resource, verb)
        for document in documents
        for rule in document["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }

    assert granted == {(row.group, row.plural, "list") for row in ROWS}
