"""What everybody may have is no find: keys that a distribution publishes, and one of its own."""

from hashlib import blake2b

import pytest

from keten import plugs
from keten.model.check import Check
from keten.model.delivery import Credential
from keten.model.finding import Severity
from keten.secrets import engine, published

VALUE = "kd7Lo3dMFG" + "dGla2P1za9QxbT"
TEXT = f'export GOOGLE_DEFAULT_CLIENT_SECRET="{VALUE}"\n'.encode()


def found(text: bytes) -> Credential:
    (node,) = engine.find("etc/chromium.d/apikeys", text).nodes
    assert isinstance(node, Credential)
    return node


def test_a_published_value_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(TEXT).severity >= Severity.MEDIUM

    digest = blake2b(VALUE.encode(), digest_size=16).hexdigest()
    monkeypatch.setattr(published, "_KNOWN", {digest: "published by its owner"})

    assert (found(TEXT).severity, found(TEXT).lowered) == (Severity.INFO, "published by its owner")
    assert found(TEXT.replace(b"za9Q", b"zb9Q")).severity >= Severity.MEDIUM
    assert published.published(VALUE.encode() * 1000) == ""


@pytest.mark.parametrize(
    ("path", "layer", "severity"),
    [
        ("etc/ssl/private/ssl-cert-snakeoil.key", "sha256:aa", Severity.LOW),
        ("etc/ssl/private/ssl-cert-snakeoil.key", "", Severity.LOW),
        ("etc/ssl/private/server.key", "sha256:aa", Severity.HIGH),
    ],
)
def test_the_key_of_ssl_cert_weighs_little(path: str, layer: str, severity: Severity) -> None:
    check = plugs.load(Check, "secrets/private-key-in-file")
    key = Credential(f"{path}#private-key#1", path=path, title="Private key", kind="key",
                     severity=Severity.HIGH, layer=layer)  # fmt: skip

    (violation,) = check.run(key, None)  # type: ignore[arg-type]  # asks nothing of the graph

    assert violation.severity is severity
