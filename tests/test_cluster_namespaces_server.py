"""Accounts without rights over a whole cluster, beside a real API server: some namespaces only."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_server import needs_server
from collecting import honest, read, take
from live_cluster import Live, Value, live, space

from keten.cli.snapshot import main
from keten.errors import Exit, UsageError
from keten.formats.kubernetes.grants import role
from keten.formats.kubernetes.listed import ROWS, Row, rows
from keten.formats.yaml.documents import Dialect, load_all

pytestmark = [needs_server, pytest.mark.slow]
SPACES = ("edge", "shop")
BOTH = "k8s://live/shop,edge"
OF_NAMESPACES = [row for row in ROWS if row.namespaced]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live(tmp_path_factory.mktemp("live")) as found:
        found.create([space("closed")])
        yield found


def narrow(server: Live, name: str, without: Row | None = None) -> str:
    """Return a kubeconfig of an account with the printed Roles, less one right in ``shop``."""
    made: list[Value] = [
        {
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": "keten"},
        }
    ]  # fmt: skip
    text = role(namespaces=SPACES, to=f"keten/{name}")
    for document in (d.value for d in load_all(text.encode(), Dialect.KUBERNETES)):
        document["metadata"]["name"] += f"-{name}"
        if document["kind"] == "RoleBinding":
            document["roleRef"]["name"] += f"-{name}"
        elif without is not None and document["metadata"]["namespace"] == "shop":
            for rule in document["rules"]:
                if rule["apiGroups"] == [without.group]:
                    rule["resources"] = [r for r in rule["resources"] if r != without.plural]
            document["rules"] = [rule for rule in document["rules"] if rule["resources"]]
        made.append(document)
    server.create(made)
    return server.config(name, {"token": server.account(name)})


def waiting(server: Live, name: str, *, resource: str = "pods") -> None:
    """Wait until the authorizer knows of the rights."""
    who = f"system:serviceaccount:keten:{name}"
    for _ in range(100):
        command = [*server.kubectl, "auth", "can-i", "list", resource, "-n", "edge", f"--as={who}"]
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return
    raise AssertionError(f"{name} may still not list {resource}")


@pytest.fixture(scope="module")
def tenant(server: Live) -> str:
    """Return a kubeconfig of an account with the printed Roles and nothing else."""
    file = narrow(server, "tenant")
    waiting(server, "tenant", resource="secrets")
    return file


def test_named_namespaces_are_listed_whole_with_the_printed_roles(
    server: Live, tenant: str, tmp_path: Path
) -> None:
    mine = take(tenant, tmp_path / "mine", BOTH)
    whole = take(server.admin(), tmp_path / "whole", BOTH)

    known = rows()
    within = [item for item in mine.listed if item.namespaces]
    assert all(item.namespaces == SPACES for item in within)
    assert {(item.group, item.plural) for item in within} >= {
        ("", "pods"), ("", "secrets"), ("", "namespaces"), ("apps", "deployments"),
    }  # fmt: skip
    assert mine.namespaces == SPACES
    assert mine.failed == ()
    assert all(not known[item.group, item.plural].namespaced for item in mine.denied)
    assert [item.files for item in within] == [i.files for i in whole.listed if i.namespaces]
    assert whole.denied == ()
    text = b"".join(p.read_bytes() for p in sorted((tmp_path / "mine/core/v1").iterdir()))
    assert b'"namespace":"shop"' in text
    assert b'"namespace":"closed"' not in text
    assert b"the value itself" not in text


def test_a_scan_of_named_namespaces_is_honest(server: Live, tenant: str, tmp_path: Path) -> None:
    """Against the whole cluster: nothing became a PASS, and nothing is found that is not so."""
    take(server.admin(), tmp_path / "whole")
    _, full = read(tmp_path / "whole")
    for name, file in (("tenant", tenant), ("admin", server.admin())):
        take(file, tmp_path / name, BOTH)
        scanned, result = read(tmp_path / name)
        assert len(result.findings) > 20
        honest(full, scanned, result)
        told = [problem.what for problem in result.problems]
        assert any("edge, shop only, as asked" in what for what in told)
        roles = "list clusterroles.rbac.authorization.k8s.io at cluster scope: forbidden"
        assert (roles in told) == (name == "tenant")
        assert any("only, as asked" in item.why for item in result.unknown)


def test_what_names_a_secret_is_known_where_secrets_were_listed(
    tenant: str, tmp_path: Path
) -> None:
    take(tenant, tmp_path / "s", BOTH)
    _, result = read(tmp_path / "s")

    lost = {f.subject for f in result.findings if f.check == "deployment/missing-object"}
    assert any("/lost" in subject for subject in lost)
    assert not any("lost-class" in subject for subject in lost)  # classes are of the cluster


def test_without_a_namespace_the_contexts_own_is_listed(
    server: Live, tenant: str, tmp_path: Path
) -> None:
    other = server.config("nowhere", {"token": server.account("tenant")})
    assert take(other, tmp_path / "none").listed == ()  # of "default", as kubectl would ask
    text = Path(tenant).read_text().replace('"user": "u"}', '"user": "u", "namespace": "shop"}')
    file = tmp_path / "own.kubeconfig"
    file.write_text(text)

    manifest = take(str(file), tmp_path / "own")

    assert {item.namespaces for item in manifest.listed} == {("shop",)}
    assert "list pods at cluster scope" in {item.right for item in manifest.denied}
    take(server.admin(), tmp_path / "whole")
    _, full = read(tmp_path / "whole")
    scanned, result = read(tmp_path / "own")
    honest(full, scanned, result)
    whats = [problem.what for problem in result.problems]
    assert any("list cronjobs.batch, daemonsets.apps" in what for what in whats)
    assert any(what.endswith("forbidden; listed in the namespace shop only") for what in whats)


def test_namespaces_that_may_be_listed_are_looked_into(
    server: Live, tenant: str, tmp_path: Path
) -> None:
    """With the right to list namespaces and nothing more at cluster scope."""
    assert tenant
    rule = {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list"]}
    subject = {"kind": "ServiceAccount", "name": "tenant", "namespace": "keten"}
    api = "rbac.authorization.k8s.io"
    name = {"name": "only-namespaces"}
    server.create([
        {"apiVersion": f"{api}/v1", "kind": "ClusterRole", "metadata": name, "rules": [rule]},
        {"apiVersion": f"{api}/v1", "kind": "ClusterRoleBinding", "metadata": name,
         "roleRef": {"apiGroup": api, "kind": "ClusterRole", **name}, "subjects": [subject]},
    ])  # fmt: skip
    server.wait("tenant", "namespaces")
    try:
        file = server.config("some", {"token": server.account("tenant")})
        manifest = take(file, tmp_path / "s")
    finally:
        server.run("delete", "clusterrolebinding", "only-namespaces")

    by = {item.plural: item.namespaces for item in manifest.listed}
    assert by["namespaces"] == ()
    assert by["pods"] == by["secrets"] == SPACES
    take(server.admin(), tmp_path / "whole")
    _, full = read(tmp_path / "whole")
    scanned, result = read(tmp_path / "s")
    honest(full, scanned, result)


def test_removing_any_right_in_a_namespace_never_turns_a_fail_into_a_pass(
    server: Live, tenant: str, tmp_path: Path
) -> None:
    first = take(tenant, tmp_path / "first", BOTH)
    names = {(item.group, item.plural) for item in first.listed}
    mine = [row for row in [*OF_NAMESPACES, rows()["", "namespaces"]]
            if (row.group, row.plural) in names]  # fmt: skip
    assert len(mine) > 20
    files = {row: narrow(server, f"less-{number}", row) for number, row in enumerate(mine)}
    take(tenant, tmp_path / "all", BOTH)
    _, full = read(tmp_path / "all")
    assert full.decision.exit == Exit.DENIED
    for number, (row, file) in enumerate(files.items()):
        waiting(server, f"less-{number}", resource="secrets")
        waiting(server, f"less-{number}")
        folder = tmp_path / str(number)
        manifest = take(file, folder, BOTH)
        right = row.within("shop")
        assert {item.right for item in manifest.denied if _IN in item.right} == {right}
        scanned, result = read(folder)
        assert f"{right}: forbidden" in [p.what for p in result.problems], row
        assert result.decision.exit in (Exit.DENIED, Exit.UNKNOWN), row
        assert any(f"{right}: forbidden" in item.why for item in result.unknown), row
        honest(full, scanned, result, row)


_IN = " in namespace "


def test_a_namespace_that_is_not_there_is_told(server: Live, tenant: str, tmp_path: Path) -> None:
    """Its lists would be empty, and that would pass."""
    with pytest.raises(UsageError, match="no namespace 'shopp'"):
        take(server.admin(), tmp_path / "a", "k8s://live/shopp")

    manifest = take(tenant, tmp_path / "b", "k8s://live/shopp")
    assert "get namespaces in namespace shopp" in {item.right for item in manifest.denied}
    assert all(not item.namespaces for item in manifest.listed)
    _, result = read(tmp_path / "b")
    assert result.decision.exit == Exit.UNKNOWN


def test_the_printed_roles_are_taken_by_the_server(
    server: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["k8s:///shop,edge", "--role", "--to", "group:team shop", "--resource",
             "certificates.cert-manager.io"]  # fmt: skip
    main(words)
    text = capsys.readouterr().out
    server.run("apply", "--dry-run=server", "-f", "-", stdin=text)
    documents = [d.value for d in load_all(text.encode(), Dialect.KUBERNETES)]
    assert [(d["kind"], d["metadata"]["namespace"]) for d in documents] == [
        (kind, where) for where in ("edge", "shop") for kind in ("Role", "RoleBinding") * 2
    ]
    granted = {
        (group, resource, verb)
        for d in documents if d["kind"] == "Role"
        for rule in d["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }  # fmt: skip
    assert granted == {
        *((row.group, row.plural, "list") for row in OF_NAMESPACES),
        ("", "namespaces", "get"), ("cert-manager.io", "certificates", "list"),
    }  # fmt: skip
