"""Dangerous rights used against a real API server: with all that the table asks for, and with less.

Each attack is a request that an identity of few rights makes. It must succeed with the rights
that the danger asks for and fail without any one of them: so the table's conditions are the
server's, not folklore.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from api_server import needs_server, serving
from rbac_objects import API, bind, read, role, rule
from rbac_server import RBAC, Server

from keten.cluster.rbac.dangers import danger
from keten.cluster.rbac.requests import account
from keten.cluster.rbac.rights import Rights
from keten.cluster.rbac.risks import Risks

pytestmark = [pytest.mark.slow, needs_server]
Attack = Callable[[Server, str], int]
ALL = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
MERGE = {"Content-Type": "application/merge-patch+json"}
MALLORY = {"kind": "ServiceAccount", "name": "mallory", "namespace": "shop"}
CERTS = "certificates.k8s.io"
CLIENT = "kubernetes.io/kube-apiserver-client"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as kubectl, contextlib.closing(Server(kubectl)) as one:
        one.namespace("shop")
        for name in ("mallory", "other"):
            path = "/api/v1/namespaces/shop/serviceaccounts"
            one.ask("POST", path, {"metadata": {"name": name}})
        one.create(role("ClusterRole", "victim"))
        one.create(role("Role", "victim", namespace="shop"))
        yield one


def widen(path: str) -> Attack:
    def run(server: Server, token: str) -> int:
        server.ask("PATCH", f"{RBAC}/{path}", {"rules": []}, headers=MERGE)
        patch = {"rules": [ALL]}
        return server.ask("PATCH", f"{RBAC}/{path}", patch, token=token, headers=MERGE)[0]

    return run


def grant(kind: str, folder: str) -> Attack:
    def run(server: Server, token: str) -> int:
        server.ask("DELETE", f"{RBAC}/{folder}/mine")
        ref = {"apiGroup": API, "kind": "ClusterRole", "name": "cluster-admin"}
        body = {"metadata": {"name": "mine"}, "roleRef": ref, "subjects": [MALLORY]}
        head = {"apiVersion": f"{API}/v1", "kind": kind}
        status = server.ask("POST", f"{RBAC}/{folder}", {**head, **body}, token=token)[0]
        server.ask("DELETE", f"{RBAC}/{folder}/mine")
        return status

    return run


def act(who: str, path: str, *groups: str) -> Attack:
    """Return an attack that acts as another; what that other may not is fine, 403 apart."""

    def run(server: Server, token: str) -> int:
        headers = {"Impersonate-User": who}
        if groups:
            headers["Impersonate-Group"] = groups[0]
        return server.ask("GET", path, token=token, headers=headers)[0]

    return run


def post(path: str, body: dict[str, Any]) -> Attack:
    return lambda server, token: server.ask("POST", path, body, token=token)[0]


def relabel(server: Server, token: str) -> int:
    labels = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}}
    return server.ask("PATCH", "/api/v1/namespaces/shop", labels, token=token, headers=MERGE)[0]


def approve(server: Server, token: str) -> int:
    path = f"/apis/{CERTS}/v1/certificatesigningrequests"
    server.ask("DELETE", f"{path}/mine")
    spec = {"request": _request(), "signerName": CLIENT, "usages": ["client auth"]}
    head = {"apiVersion": f"{CERTS}/v1", "kind": "CertificateSigningRequest"}
    status, made = server.ask(
        "POST", path, {**head, "metadata": {"name": "mine"}, "spec": spec}, token=token
    )
    if status != 201:
        return status
    fine = {"type": "Approved", "status": "True", "reason": "x", "message": "x"}
    made["status"] = {"conditions": [fine]}
    return server.ask("PUT", f"{path}/mine/approval", made, token=token)[0]


def _request() -> str:
    import base64

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "system:kube-controller-manager")])
    key = ec.generate_private_key(ec.SECP256R1())
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return base64.b64encode(made.public_bytes(serialization.Encoding.PEM)).decode()


def remove(server: Server, token: str) -> int:
    path = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
    return server.ask("DELETE", path, token=token)[0]


PODS = "/api/v1/namespaces/shop/pods?dryRun=All"
JOINS = "/api/v1/namespaces/kube-system/secrets?dryRun=All"
BOOTSTRAP = {
    "metadata": {"name": "bootstrap-token-abcdef"}, "type": "bootstrap.kubernetes.io/token"
}  # fmt: skip
ROOT: dict[str, Any] = {"name": "c", "image": "i", "securityContext": {"privileged": True}}
POD = {
    "metadata": {"name": "p"},
    "spec": {"serviceAccountName": "other", "hostPID": True, "containers": [ROOT]},
}
TOKEN = "/api/v1/namespaces/shop/serviceaccounts/other/token"
OTHER = "system:serviceaccount:shop:other"
ATTACKS: list[tuple[str, str, list[dict[str, Any]], Attack]] = [
    (
        "escalate-cluster",
        "",
        [rule("escalate", "clusterroles", API), rule("patch get", "clusterroles", API)],
        widen("clusterroles/victim"),
    ),
    (
        "escalate-role",
        "shop",
        [rule("escalate", "roles", API), rule("patch get", "roles", API)],
        widen("namespaces/shop/roles/victim"),
    ),
    (
        "bind-cluster",
        "",
        [
            rule("bind", "clusterroles", API, "cluster-admin"),
            rule("create", "clusterrolebindings", API),
        ],
        grant("ClusterRoleBinding", "clusterrolebindings"),
    ),
    (
        "bind-role",
        "shop",
        [rule("bind", "clusterroles", API), rule("create", "rolebindings", API)],
        grant("RoleBinding", "namespaces/shop/rolebindings"),
    ),
    (
        "impersonate-group",
        "",
        [
            rule("impersonate", "groups", "", "system:masters"),
            rule("impersonate", "users", "", "ann"),
        ],
        act("ann", "/api/v1/secrets", "system:masters"),
    ),
    (
        "impersonate-user",
        "",
        [rule("impersonate", "users")],
        act("system:kube-controller-manager", "/api/v1/secrets"),
    ),
    (
        "impersonate-account",
        "shop",
        [rule("impersonate", "serviceaccounts")],
        act(OTHER, "/version"),
    ),
    ("token-create", "shop", [rule("create", "serviceaccounts/token")], post(TOKEN, {"spec": {}})),
    ("namespace-write", "shop", [rule("patch", "namespaces")], relabel),
    (
        "csr-make",
        "",
        [
            rule("create", "certificatesigningrequests", CERTS),
            rule("update", "certificatesigningrequests/approval", CERTS),
            rule("approve", "signers", CERTS, CLIENT),
        ],
        approve,
    ),
    ("pod-create", "shop", [rule("create", "pods")], post(PODS, POD)),
    ("node-join", "kube-system", [rule("create", "secrets")], post(JOINS, BOOTSTRAP)),
    (
        "guards-off",
        "",
        [rule("deletecollection", "validatingadmissionpolicies", "admissionregistration.k8s.io")],
        remove,
    ),
]


@pytest.mark.parametrize(("name", "space", "rules", "attack"), ATTACKS, ids=lambda a: str(a)[:24])
def test_an_attack_takes_what_the_table_says(
    name: str, space: str, rules: list[dict[str, Any]], attack: Attack, server: Server
) -> None:
    kind = "Role" if space else "ClusterRole"
    path = "/api/v1/namespaces/shop/serviceaccounts/mallory/token"
    token = str(server.ask("POST", path, {"spec": {}})[1]["status"]["token"])
    for left in (None, *range(len(rules))):
        held = [one for i, one in enumerate(rules) if i != left]
        made = [
            role(kind, "x", *held, **({"namespace": space} if space else {})),
            bind(f"{kind}/x", MALLORY, namespace=space, name="x"),
        ]
        for item in made:
            server.create(item)
        server.settle()
        status = attack(server, token)
        found = Risks(Rights(read(made), assume=False)).of(account("shop", "mallory"))
        for item in made:
            server.delete(item)
        server.settle()

        assert (status in (200, 201)) == (left is None), (name, left, status)
        assert (name in {risk.danger.id for risk in found}) == (left is None)
        assert status in (200, 201, 403)
    assert danger(name).how
