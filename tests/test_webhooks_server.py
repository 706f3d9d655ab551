"""Which webhooks a real API server asks, and how long it waits: what lock-out says beside it."""

import datetime as dt
import ipaddress
import json
import random
import ssl
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from api_server import needs_server
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from test_podsecurity_server import Server, server

from keten.cluster.admission.lockout import ESSENTIAL, REQUEST, Admission, Request, Sure, Wait
from keten.model.kube import Namespace, Webhook, Workload
from keten.model.pod import PodSpec

pytestmark = [pytest.mark.slow, needs_server]
HOOKS = 60
_CONFIGS = "/apis/admissionregistration.k8s.io/v1/"


class Asked:
    """A server of webhooks: ``/sleep…`` is never answered.

    *seen* are the paths it was asked at, with the operation, the resource and who asks for it.
    """

    def __init__(self, folder: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hook")])
        now = dt.datetime.now(dt.UTC)
        cert = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
                critical=False,
            )
            .sign(key, hashes.SHA256())
        )
        self.pem = cert.public_bytes(serialization.Encoding.PEM)
        both = folder / "hook.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        both.write_bytes(private + self.pem)
        self.seen: list[tuple[str, str, str, str]] = []
        self.over = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                path = self.path.partition("?")[0]
                said = body["request"]
                sub = said.get("subResource")
                resource = said["resource"]["resource"] + (f"/{sub}" if sub else "")
                outer.seen.append((path, said["operation"], resource, said["userInfo"]["username"]))
                if path.startswith("/sleep"):
                    outer.over.wait(60)
                    return
                answer = {
                    "apiVersion": "admission.k8s.io/v1",
                    "kind": "AdmissionReview",
                    "response": {"uid": body["request"]["uid"], "allowed": True},
                }
                data = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(both)
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True)

    def client(self, path: str) -> dict[str, str]:
        url = f"https://127.0.0.1:{self.http.server_port}{path}"
        return {"url": url, "caBundle": b64encode(self.pem).decode()}


@contextmanager
def answering(folder: Path) -> Iterator[Asked]:
    made = Asked(folder)
    thread = threading.Thread(target=made.http.serve_forever, daemon=True)
    thread.start()
    yield made
    made.over.set()
    made.http.shutdown()
    made.http.server_close()
    thread.join()


_SELECTORS: tuple[dict[str, Any], ...] = (
    {}, {}, {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
    {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "NotIn",
                           "values": ["kube-system"]}]},
    {"matchExpressions": [{"key": "team", "operator": "Exists"}]},
    {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]},
    {"matchLabels": {"team": "core"}},
)  # fmt: skip
_RESOURCES = (
    "*", "*/*", "pods", "pods/*", "pods/status", "pods/binding", "*/status", "*/binding",
    "nodes", "nodes/*", "leases", "leases/*", "tokenreviews", "subjectaccessreviews",
    "serviceaccounts", "serviceaccounts/*", "serviceaccounts/token", "*/token",
    "certificatesigningrequests", "deployments",
)  # fmt: skip
_GROUPS = ("", "*", "coordination.k8s.io", "authentication.k8s.io", "certificates.k8s.io",
           "authorization.k8s.io", "apps")  # fmt: skip


def random_hook(draw: random.Random, number: int, asked: Asked) -> dict[str, Any]:
    rule = {
        "apiGroups": ["*"] if draw.random() < 0.5 else draw.sample(_GROUPS, 1),
        "apiVersions": draw.choice((["*"], ["v1"])),
        "operations": draw.choice((["*"], ["CREATE"], ["UPDATE"], ["CREATE", "UPDATE"])),
        "resources": [draw.choice(_RESOURCES)],
        "scope": draw.choice(("*", "*", "*", "Cluster", "Namespaced")),
    }
    return {
        "name": f"h{number}.example.org",
        "clientConfig": asked.client(f"/h{number}"),
        "rules": [rule],
        "failurePolicy": "Ignore",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "namespaceSelector": draw.choice(_SELECTORS),
        "objectSelector": draw.choice(({}, {}, {}, {"matchLabels": {"app": "a"}})),
        "matchPolicy": draw.choice(("Exact", "Equivalent")),
        "timeoutSeconds": 10,
    }


_SPEC = {"containers": [{"name": "a", "image": "example.org/a:1"}]}


def _prepare(api: Server) -> None:
    """Make what the requests are about."""
    patch = json.dumps({"metadata": {"labels": {"team": "core"}}})
    for _ in range(100):
        if api.patch("/api/v1/namespaces/kube-system", patch)[0] == 200:
            break
        time.sleep(0.3)
    else:
        pytest.fail("the server made no namespace kube-system")
    at = "/api/v1/namespaces/kube-system"
    for path, value in (
        ("/api/v1/nodes", {"kind": "Node", "apiVersion": "v1", "metadata": {"name": "n1"}}),
        (f"{at}/pods", _pod("p")),
        (f"{at}/serviceaccounts",
         {"kind": "ServiceAccount", "apiVersion": "v1", "metadata": {"name": "x"}}),
        *((f"/apis/coordination.k8s.io/v1/namespaces/{space}/leases", _LEASE)
          for space in ("kube-system", "kube-node-lease")),
    ):  # fmt: skip
        status, answer = api.post(path, value)
        assert status == 201, answer


_LEASE = {
    "kind": "Lease",
    "apiVersion": "coordination.k8s.io/v1",
    "metadata": {"name": "l"},
    "spec": {"holderIdentity": "a"},
}


def _pod(name: str) -> dict[str, Any]:
    meta = {"name": name, "labels": {"app": "a"}}
    return {"kind": "Pod", "apiVersion": "v1", "metadata": meta, "spec": _SPEC}


def _signing() -> dict[str, Any]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "jane")])
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return {
        "kind": "CertificateSigningRequest",
        "apiVersion": "certificates.k8s.io/v1",
        "metadata": {"name": "c"},
        "spec": {
            "request": b64encode(made.public_bytes(serialization.Encoding.PEM)).decode(),
            "signerName": "kubernetes.io/kube-apiserver-client",
            "usages": ["client auth"],
        },
    }


def _make(api: Server, request: Request) -> None:
    """Make *request* as the cluster's own parts make it."""
    dry, at = "?dryRun=All", f"/api/v1/namespaces/{request.namespace}"
    lease = f"/apis/coordination.k8s.io/v1/namespaces/{request.namespace}/leases/l{dry}"
    status = json.dumps({"status": {"phase": "Running"}})
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview"}
    access = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview"}
    bind = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p"}}
    node = {"kind": "Node", "apiVersion": "v1", "metadata": {"name": "n2"}}
    match request.resource:
        case "nodes":
            found = api.post(f"/api/v1/nodes{dry}", node)
        case "nodes/status":
            body = json.dumps({"status": {"nodeInfo": {"kernelVersion": "6"}}})
            found = api.patch(f"/api/v1/nodes/n1/status{dry}", body)
        case "leases":
            found = api.patch(lease, json.dumps({"spec": {"holderIdentity": "b"}}))
        case "certificatesigningrequests":
            found = api.post(f"/apis/certificates.k8s.io/v1/{request.resource}{dry}", _signing())
        case "tokenreviews":
            path = "/apis/authentication.k8s.io/v1/tokenreviews"
            found = api.post(path, {**review, "spec": {"token": "x"}})
        case "subjectaccessreviews":
            path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
            asks = {"user": "a", "nonResourceAttributes": {"path": "/", "verb": "get"}}
            found = api.post(path, {**access, "spec": asks})
        case "serviceaccounts/token":
            token = {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "spec": {}}
            found = api.post(f"{at}/serviceaccounts/x/token", token)
        case "pods":
            found = api.post(f"{at}/pods{dry}", _pod("q"))
        case "pods/binding":
            target = {"target": {"kind": "Node", "name": "n1"}}
            found = api.post(f"{at}/pods/p/binding{dry}", {**bind, **target})
        case _:
            found = api.patch(f"{at}/pods/p/status{dry}", status)
    assert found[0] in (200, 201), (request, found[1])


def test_the_webhooks_that_are_asked(tmp_path: Path) -> None:
    draw = random.Random(8)
    with answering(tmp_path) as asked, server() as api:
        _prepare(api)
        made: list[dict[str, Any]] = []
        for number in range(HOOKS):
            hook = random_hook(draw, number, asked)
            config = {
                "apiVersion": "admissionregistration.k8s.io/v1",
                "kind": "ValidatingWebhookConfiguration",
                "metadata": {"name": f"c{number:03}"},
                "webhooks": [hook],
            }
            status, answer = api.post(f"{_CONFIGS}validatingwebhookconfigurations", config)
            assert status == 201, answer
            made.append(hook)
        time.sleep(4)  # until all of them hold
        labels = {"kube-system": {"team": "core"}, "kube-node-lease": {}}
        objects = [
            *(Namespace(n, kind="Namespace", name=n, labels=said) for n, said in labels.items()),
            Workload("p", kind="Pod", name="p", namespace="kube-system", pod=PodSpec(),
                     pod_labels={"app": "a"}),
            Webhook("w", kind="ValidatingWebhookConfiguration", name="w", webhooks=tuple(made)),
        ]  # fmt: skip
        admission = Admission(objects)
        wrong, sure, perhaps = [], 0, 0
        for request in ESSENTIAL:
            asked.seen.clear()
            _make(api, request)
            mine = (request.operation, request.resource, "admin")  # the server's own are others
            seen = {path for path, *what in asked.seen if tuple(what) == mine}
            for number, known in enumerate(admission.hooks):
                ours = admission.asked(known, request)
                theirs = f"/h{number}" in seen
                perhaps += ours is Sure.PERHAPS
                sure += ours is not Sure.PERHAPS and theirs
                if ours is not Sure.PERHAPS and (ours is Sure.YES) != theirs:
                    wrong.append((request.what, ours, known.raw))
    assert sure > 40
    assert perhaps < len(ESSENTIAL) * HOOKS / 4
    assert not wrong, (len(wrong), wrong[:3])


@pytest.mark.parametrize(
    ("kind", "seconds", "takes", "status"),
    [
        ("Mutating", (2, 3), 5, 201),
        ("Validating", (2, 3), 3, 201),
        ("Mutating", (30, 30), REQUEST, 504),
    ],
)
def test_how_long_it_waits(
    tmp_path: Path, kind: str, seconds: tuple[int, ...], takes: int, status: int
) -> None:
    """All of them fail open: what they do not answer in time passes, but not for ever."""
    with answering(tmp_path) as asked, server() as api:
        rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"]}
        hooks: list[dict[str, Any]] = [
            {
                "name": f"h{i}.example.org",
                "clientConfig": asked.client(f"/sleep{i}"),
                "rules": [{**rule, "resources": ["configmaps"]}],
                "failurePolicy": "Ignore",
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
                "timeoutSeconds": long,
            }
            for i, long in enumerate(seconds)
        ]
        config = {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": f"{kind}WebhookConfiguration",
            "metadata": {"name": "w"},
            "webhooks": hooks,
        }
        made, answer = api.post(f"{_CONFIGS}{kind.lower()}webhookconfigurations", config)
        assert made == 201, answer
        time.sleep(3)
        start = time.monotonic()
        value = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}
        found, answer = api.post("/api/v1/namespaces/default/configmaps", value)
        took = time.monotonic() - start
        assert found == status, answer
        assert takes - 0.5 <= took < takes + 4
    item = Webhook("w", kind=f"{kind}WebhookConfiguration", name="w", webhooks=tuple(hooks))
    request = Request("make a config map", "CREATE", "", "configmaps", "default")
    admission = Admission([item])
    assert {admission.asked(hook, request) for hook in admission.hooks} == {Sure.YES}
    assert Wait(request, tuple((hook, Sure.YES) for hook in admission.hooks)).seconds == takes
