"""Judges of structure, placeholders and paths; the values are made at run time."""

import base64

import pytest

from keten.model.finding import Severity
from keten.secrets import engine, judges, paths, pem
from keten.secrets.placeholders import hollow
from keten.secrets.randomness import chosen, random_looking


@pytest.mark.parametrize(
    "value",
    [
        b"${TOKEN}",
        b"{{ token }}",
        b"<your-token>",
        b"xxxxxxxxxxxxxxxxxxxx",
        b"AKIAIOSFODNN7EXAMPLE",
        b"abcdefghijklmnop",
        b"aaaaaaaaaaaaaaaaaaaa",
        b"abc1abc1abc1abc1",
        b"changeme",
        b"",
    ],
)
def test_hollow(value: bytes) -> None:
    assert hollow(value)


@pytest.mark.parametrize("value", [b"8kd!Vw02xQ", b"q7GdT2mZp0Lw9RbN", b"Rt9wq2Lx"])
def test_not_hollow(value: bytes) -> None:
    assert not hollow(value, password=True)


def test_random_looking() -> None:
    assert random_looking(b"951bc382db9abad29c68634761dd6e19")
    assert not random_looking(b"some_function_name_here")
    assert not random_looking(b"SomeClassNameForSomething")
    assert not random_looking(b"sha256-" + b"q7GdT2mZp0Lw9RbN")
    assert not random_looking(b"https://a.example/q7GdT2mZp0Lw9RbN")


def test_chosen() -> None:
    assert chosen(b"8kd!Vw02xQ", quoted=True) >= 2
    assert not chosen(b"get_password", quoted=True)
    assert not chosen(b"Enter it now", quoted=True)
    assert not chosen(b"cms/sites/passwords#edit", quoted=True)


def test_age_checksum() -> None:
    public = "AGE-SECRET-KEY-1" + "GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"

    assert judges.age(public.encode()).proof == judges.HOLDS
    assert judges.age(public[:-1].encode() + b"L").proof == judges.FAILS


def test_aws_account() -> None:
    assert judges.aws_key(b"ASIA" + b"QNZGKIQY56JQ7WML").proof == "belongs to account 029608264753"


def test_basic_and_base64() -> None:
    assert judges.basic(base64.b64encode(b"ci:8kd!Vw02xQ")) is not None
    assert judges.basic(base64.b64encode(b"no colon here")) is None
    assert judges.basic(base64.b64encode(b"user:${PASSWORD}")) is None
    key = base64.b64encode(bytes(range(64)))
    told = judges.base64_of(64)(key)
    assert told is not None
    assert told.confidence == 90


def pem_of(kind: str, body: bytes) -> bytes:
    text = base64.encodebytes(body).decode()
    return f"-----BEGIN {kind}-----\n{text}-----END {kind}-----\n".encode()


def test_private_keys() -> None:
    der = b"\x30\x82\x01\x00" + bytes(range(256))
    kind = "RSA PRIV" + "ATE KEY"

    whole = pem.private_key(pem_of(kind, der))
    assert whole is not None
    assert whole.proof == "decodes to a key"
    cut = pem.private_key(pem_of(kind, der[:-30]))
    assert cut is not None
    assert cut.confidence < 50
    assert pem.private_key(pem_of(kind, b"short")) is None
    locked = pem.private_key(pem_of("ENCRYPTED PRIV" + "ATE KEY", der))
    assert locked is not None
    assert locked.proof == pem.ENCRYPTED
    assert pem.wrapped(base64.b64encode(pem_of(kind, der))) is not None
    assert pem.wrapped(base64.b64encode(pem_of("CERTIFICATE", der))) is None


def test_certificates_and_public_keys_are_no_secrets() -> None:
    der = b"\x30\x82\x01\x00" + bytes(range(256))
    for kind in ("CERTIFICATE", "PUBLIC KEY", "CERTIFICATE REQUEST"):
        assert not engine.find("a.pem", pem_of(kind, der)).nodes


def test_values_of_secret_manifests_are_decoded() -> None:
    value = base64.b64encode(b"8kd!Vw02xQ").decode()
    text = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\ndata:\n  password: {value}\n"
    (node,) = engine.find("a.yaml", text.encode()).nodes

    assert (node.line, node.detector) == (5, "generic-password")
    assert "base64" in node.proof
    (other,) = engine.find("a.yaml", text.replace("Secret", "ConfigMap").encode()).nodes
    assert not other.proof, "a ConfigMap's values are taken as they stand"
    hollow_one = text.replace(value, base64.b64encode(b"changeme").decode())
    assert not engine.find("a.yaml", hollow_one.encode()).nodes


def test_test_paths_weigh_less_and_say_so() -> None:
    der = b"\x30\x82\x01\x00" + bytes(range(256))
    key = pem_of("RSA PRIV" + "ATE KEY", der)
    (live,) = engine.find("tls/server.key", key).nodes
    (test,) = engine.find("tests/server.key", key).nodes

    assert live.severity is Severity.HIGH
    assert test.severity is Severity.LOW
    assert test.lowered == paths.TEST
    assert not live.lowered


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "password = get_password()\n"),
        ("a.js", "const c = {apiKey: process.env.API_KEY}\n"),
        ("a.ts", "password: string;\n"),
        ("a.go", 'password := os.Getenv("PASSWORD")\n'),
        ("a.json", '"forgot_password": "Passwort vergessen?"\n'),
        ("package-lock.json", '"integrity": "sha512-q7GdT2mZp0Lw9RbNq7GdT2mZp0Lw9RbN=="\n'),
        ("a.yaml", "secretName: web-tls-2024\ntokenPath: /var/run/token1\n"),
        ("a.env", "PASSWORD=${DB_PASSWORD}\nTOKEN=$(cat /run/token)\n"),
        ("a.env", "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n"),
        ("a.tf", "password = var.db_password\n"),
        ("a.yaml", "password: '{{ vault.password1 }}'\n"),
    ],
)
def test_false_alarms(path: str, text: str) -> None:
    assert not engine.find(path, text.encode()).nodes


@pytest.mark.parametrize(
    "line",
    [
        b"def session(user=None, password=None, verify_ssl=True):",
        b"git.status(cwd, user=user, password=password, encoding=encoding)",
        b"    self.__auth = package.module.LoadAuthentication(self.opts)",
        b'options.extend(["PasswordAuthentication=yes", "PubkeyAuthentication=yes"])',
        b"  secretNamespace: k3d-helm-cluster-2b",
        b'EventsAnnotationKey = "tekton.example.dev/v1beta1CloudEvents"',
        b'SECRET_REDACTED_VALUE = "__VALUE_e5362baf-c777-4d57-a609-6eaf1f9e87f6"',
        b"uri: amqp://my_user:my_password@rabbit.internal",
        b"SPDX-License-Identifier: CAL-1.0-Combined-Work-Exception",
        b'nonExistentKey = "F35C28E1-7035-40BB-B865-6BED9E3A1B28"',
    ],
)
def test_programs_hold_no_secret(line: bytes) -> None:
    found = engine.find("app/settings.py", line + b"\n").nodes
    assert not [node for node in found if getattr(node, "severity", 0) > Severity.INFO]


def test_libpq_string_is_found() -> None:
    value = "q7GdT2mZ" + "p0Lw9RbN"
    text = f'connect("host=db.internal port=5432 user=shop password={value} dbname=shop")\n'
    assert [n.detector for n in engine.find("app/db.py", text.encode()).nodes] == ["dsn-keywords"]


def test_words_before_it_weigh() -> None:
    token = "hvs" + ".2OCsZxZA6Z9lChbt0janOOZI"
    plain, told = (
        engine.find("src/a.js", f"{before} '{token}'\n".encode()).nodes[0].severity
        for before in ("token:", "hint: e.g.")
    )
    assert plain > told == Severity.LOW


def test_in_a_comment_weighs_less() -> None:
    value = "8kd!Vw02" + "xQ7p"
    plain, told = (
        engine.find("a.conf", f"{before}password = '{value}'\n".encode()).nodes[0].severity
        for before in ("", "# ")
    )
    assert told < plain


def test_abridged_key_is_none() -> None:
    body = base64.b64encode(bytes(range(7, 130))).decode()
    lines = [body[i : i + 60] for i in range(0, len(body), 60)]
    begin, end = (
        "-----BEGIN PGP PRIVATE " + "KEY BLOCK-----",
        "-----END PGP PRIVATE " + "KEY BLOCK-----",
    )
    whole = "\n".join([begin, "", *lines, end, ""])
    short = "\n".join([begin, "", *lines, ".", ".", *lines, end, ""])
    assert pem.private_key(whole.encode()).confidence == 70  # type: ignore[union-attr]
    assert pem.private_key(short.encode()).confidence <= engine.EXAMPLE  # type: ignore[union-attr]


def test_key_of_a_shared_document_is_none() -> None:
    address = "https://docs.google.com/presentation/d/1MAwB/edit?usp=sharing&resourcekey=0-JY7-"
    found = engine.find("notes.md", (address + "QhCrWJrzFgsFbJGROg\n").encode()).nodes
    assert {node.severity for node in found} <= {Severity.INFO}


def test_fixture_tokens_weigh_two_steps_less() -> None:
    pair = base64.b64encode(b"docker:" + b"v8kd!Vw02xQ").decode()
    line = '{"docker.io": {"auth": "' + pair + '"}}\n'
    shipped, fixture = (
        engine.find(path, line.encode()).nodes[0].severity
        for path in ("deploy/config.json", "pkg/auth_test.go")
    )
    assert shipped > fixture == Severity.LOW


def test_transcripts_and_tests_of_rust_are_fixtures() -> None:
    token = "hvs" + ".2OCsZxZA6Z9lChbt0janOOZI"
    line = f"      $ vault login {token}\n"
    assert engine.find("cmd/login.go", line.encode()).nodes[0].severity == Severity.LOW
    for path, before in (("src/a.rs", "#[cfg(test)]\nmod t {\n"), ("src/integration/a.rs", "")):
        found = engine.find(path, f'{before}const T: &str = "{token}";\n'.encode()).nodes
        plain = engine.find("src/a.rs", f'const T: &str = "{token}";\n'.encode()).nodes
        assert found[0].severity < plain[0].severity


def test_the_text_of_a_pattern_is_no_sshpass_password() -> None:
    """Behind ``sshpass -p`` at the end of a program's string there stands its comma."""
    assert not engine.find("a.py", b'    heads=("sshpass -p",),\n').nodes
    assert not engine.find("a.py", b"x = ['sshpass -p'];  # y\n").nodes
    assert engine.find("a.sh", b"sshpass " + b"-p 'Kr8!vanq' ssh web\n").nodes


def test_a_colour_is_no_password() -> None:
    for colour in (b"#fec", b"#feca", b"#fecaca", b"#FECACA80"):
        assert not engine.find("a.py", b'fill = {"secret": "' + colour + b'"}\n').nodes
    assert engine.find("a.yaml", b"db:\n  user: web\n  pass" + b'word: "#Kr8!vanq7"\n').nodes


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('mysql -u root --{0}="$P" -e exit', 0),
        ('mysql -u root --{0}="{{{{ P }}}}" --host db', 0),
        ("mysql -uroot -p{1} shop", 1),
        ("mysql -p{1} shop", 1),
        ("mysqldump --host db --{0}={1} shop", 1),
    ],
)  # fmt: skip
def test_the_p_of_a_long_option_brings_no_password(line: str, found: int) -> None:
    text = line.format("pass" + "word", "Kw8" + "vTq2Lx9")
    assert len(engine.find("run.sh", text.encode()).nodes) == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("image: r.example/ingress/kube-webhook-certgen:v2022-gd32f@sha256:{0}{0}", 0),
        ("webhookImage: 'acme/webhook@sha256:{0}{0}'", 0),
        ("image: acme/secret-store:{0}", 0),
        ("FROM ghcr.io/acme/token:{0}", 0),
        ("secret_token: {0}", 1),
        ("secret_token:{0}", 1),
    ],
)
def test_the_digest_and_tag_of_an_image_are_no_secret(line: str, found: int) -> None:
    """Whoever pins an image by digest is not to be told of a key in it."""
    text = line.format("9b2d74c1e8f04a6b" + "8d33c5f1a7e2096b")
    assert len(engine.find("a.yaml", f"{text}\n".encode()).nodes) == found
