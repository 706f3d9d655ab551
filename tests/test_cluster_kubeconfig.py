"""Kubeconfig as kubectl reads it, credential plugins, proxies, and the account of a pod."""

import base64
import contextlib
import json
import os
import socket
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_api import Fake, said, serving
from hypothesis import given, settings
from hypothesis import strategies as st

from keten.errors import InputError, KetenError, NetworkError, UsageError
from keten.transport.kube import in_cluster, kubeconfig, plugin, proof
from keten.transport.kube.account import Account, Exec, Identity, Server, Variable
from keten.transport.kube.client import Client
from keten.transport.kube.proof import Proof

V1 = "client.authentication.k8s.io/v1"


@pytest.fixture(autouse=True)
def _nothing_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture
def fake() -> Iterator[Fake]:
    with serving() as found:
        yield found


def config(user: dict[str, Any] | None = None, name: str = "a", **cluster: Any) -> str:
    told = {"server": f"https://{name}.example.com:6443", **cluster}
    return json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": "x"}}],
        "clusters": [{"name": name, "cluster": told}],
        "users": [{"name": name, "user": user or {}}],
    })  # fmt: skip


def load(tmp_path: Path, text: str, context: str = "") -> Account:
    file = tmp_path / "config"
    file.write_text(text)
    return kubeconfig.load(str(file)).account(context)


def test_the_first_file_that_says_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text(config({"token": "one"}))
    again = json.loads(config({"token": "two", "username": "x"}, server="https://second"))
    more = json.loads(config({"token": "b"}, "b"))
    for part in ("contexts", "clusters", "users"):
        again[part] += more[part]
    again["current-context"] = "b"
    second.write_text(json.dumps(again))
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path}/none{os.pathsep}{os.pathsep}{first}:{second}")

    merged = kubeconfig.load()

    assert merged.current == "a"
    assert merged.contexts == ["a", "b"]
    mine = merged.account()
    assert (mine.identity.token, mine.identity.username) == ("one", "")
    assert mine.server.url == "https://a.example.com:6443"
    assert mine.namespace == "x"
    assert merged.account("b").identity.token == "b"


def test_yaml_as_kubectl_writes_it(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        """
apiVersion: v1
clusters:
- cluster:
    insecure-skip-tls-verify: true
    server: https://10.0.0.1:6443/k8s/clusters/c-1/
    tls-server-name: api.example.com
    proxy-url: socks5://localhost:1080
    disable-compression: true
  name: prod
contexts:
- context: {cluster: prod, user: me}
  name: me@prod
current-context: me@prod
kind: Config
preferences: {}
users:
- name: me
  user: {token: abc, as: jane, as-groups: [dev, ops], as-uid: "7",
         as-user-extra: {reason: [audit], "a/b": [c]}}
""",
    )

    assert found.server == Server(
        "https://10.0.0.1:6443/k8s/clusters/c-1", None, "api.example.com", insecure=True,
        proxy="socks5://localhost:1080", compressed=False,
    )  # fmt: skip
    assert found.identity.headers == (
        ("Impersonate-User", "jane"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-Group", "dev"),
        ("Impersonate-Group", "ops"),
        ("Impersonate-Extra-a%2Fb", "c"),
        ("Impersonate-Extra-reason", "audit"),
    )
    assert "was not checked" in found.notes[0]


def test_files_are_from_the_folder_of_the_config_and_data_holds(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_bytes(b"authority")
    (tmp_path / "me.crt").write_bytes(b"certificate")
    data = base64.b64encode(b"key in it").decode()
    user = {"client-certificate": "me.crt", "client-key": "no.key", "client-key-data": data,
            "tokenFile": "token"}  # fmt: skip

    found = load(tmp_path, config(user, **{"certificate-authority": "ca.crt"}))

    assert found.server.authority == b"authority"
    assert found.identity.certificate == b"certificate"
    assert found.identity.key == b"key in it"
    assert found.identity.token_file == tmp_path / "token"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no current context"),
        ("kind: Deployment", "no kubeconfig"),
        ("clusters: 1", "clusters is no list"),
        ("clusters: [1]", "has no name"),
        ("contexts: [{name: a, context: {cluster: b}}]\ncurrent-context: a", "there is none"),
        ("contexts: [{name: a, context: {cluster: 1}}]\ncurrent-context: a", "Expected `str`"),
        ("a: [", "config"),
        (config({"as-groups": ["x"]}), "need as"),
        (config({"client-key-data": "!"}), "not base64"),
        (config({"client-certificate": "none", "client-key": "no"}), "none"),
        (config({"client-certificate-data": "YQ=="}), "without its client-key"),
        (config({"token": "a", "username": "b"}), "one only"),
        (config({"auth-provider": {"name": "gcp"}}), "not supported"),
        (config({"auth-provider": {"name": "gcp"}, "exec": {"command": "x"}}), "one only"),
        (config({"auth-provider": {"name": "oidc"}}), "no id-token"),
        (config({"exec": {"command": 1}}), "exec"),
    ],
)
def test_what_is_wrong_with_a_config_is_told(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(KetenError) as raised:
        load(tmp_path, text)
    assert what in raised.value.what


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        kubeconfig.load(str(tmp_path / "none"))
    assert kubeconfig.load().found == []
    with pytest.raises(UsageError) as raised:
        kubeconfig.load().account()
    assert "No kubeconfig was found" in raised.value.advice


def test_the_token_of_oidc_that_stands_in_the_file(tmp_path: Path) -> None:
    user = {"auth-provider": {"name": "oidc", "config": {"id-token": "abc"}}}

    assert load(tmp_path, config(user)).identity.token == "abc"


def web_token(**claims: Any) -> str:
    told = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{told}.c2ln"


def test_a_token_of_oidc_that_ended_is_told(tmp_path: Path) -> None:
    """It is not renewed: that may end the refresh token that the file holds."""
    for token, holds in (
        (web_token(exp=time.time() + 60), True),
        (web_token(exp=1_700_000_000), False),
        (web_token(), True),
        (web_token(exp="never"), True),
        ("a.b.c", True),
        (web_token(exp=1e300), True),
    ):
        text = config({"auth-provider": {"name": "oidc", "config": {"id-token": token}}})
        if holds:
            assert load(tmp_path, text).identity.token == token
            continue
        with pytest.raises(InputError, match="ended on 2023-11-14 22:13 UTC") as raised:
            load(tmp_path, text)
        assert "kubelogin" in raised.value.advice


@pytest.mark.parametrize(
    ("name", "way"), [("gcp", "gke-gcloud-auth-plugin"), ("azure", "kubelogin convert-kubeconfig")]
)
def test_the_way_out_of_an_old_provider_is_told(tmp_path: Path, name: str, way: str) -> None:
    with pytest.raises(InputError) as raised:
        load(tmp_path, config({"auth-provider": {"name": name}}))
    assert way in raised.value.advice


def test_what_the_cluster_has_for_plugins_is_handed_on(tmp_path: Path) -> None:
    told = tmp_path / "told"
    body = f"open({str(told)!r}, 'w').write(os.environ['KUBERNETES_EXEC_INFO'])"
    user = {"exec": {
        "apiVersion": V1, "command": program(tmp_path, f"{body}\n{answer(token='t')}"),
        "interactiveMode": "Never", "provideClusterInfo": True,
    }}  # fmt: skip
    extensions = [
        {"name": "other", "extension": {"x": 1}},
        {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "a", "n": [1]}},
    ]
    found = load(tmp_path, config(user, extensions=extensions))

    assert Proof(found).headers() == [("Authorization", "Bearer t")]
    spec = json.loads(told.read_text())["spec"]
    assert spec["cluster"]["config"] == {"audience": "a", "n": [1]}


def test_a_config_may_come_through_a_pipe(tmp_path: Path) -> None:
    """As ``--kubeconfig <(vault read ...)`` makes one."""
    pipe_of = tmp_path / "pipe"
    os.mkfifo(pipe_of)
    text = config({"token": "t"})
    threading.Thread(target=lambda: pipe_of.write_text(text), daemon=True).start()

    assert kubeconfig.load(str(pipe_of)).account().identity.token == "t"


def test_nothing_of_an_identity_is_printed() -> None:
    word = "s3cr" + "et"
    identity = Identity(token=word, password=word, key=word.encode())

    assert word not in repr(identity)
    assert word not in repr(Account(Server("https://x"), identity))
    assert word not in repr(plugin.Status(token=word))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_change_of_a_config_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    text = bytearray(config({"token": "x", "exec": None}).encode())
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=4))
    file = tmp_path_factory.mktemp("k") / "config"
    file.write_bytes(bytes(text))
    with contextlib.suppress(InputError, UsageError):
        kubeconfig.load(str(file)).account()


# Proof


def headers(**identity: Any) -> list[tuple[str, str]]:
    return Proof(Account(Server("https://x"), Identity(**identity))).headers()


def test_a_token_file_is_read_again_and_holds_over_the_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    file.write_text("one\n")
    mine = Proof(Account(Server("https://x"), Identity(token="old", token_file=file)))
    assert mine.headers() == [("Authorization", "Bearer one")]
    file.write_text("two")
    assert mine.headers() == [("Authorization", "Bearer one")]  # not yet
    monkeypatch.setattr(proof, "REREAD", 0.0)
    assert mine.headers() == [("Authorization", "Bearer two")]
    file.unlink()
    assert mine.headers() == [("Authorization", "Bearer two")]  # the last that was read


def test_a_token_file_that_is_not_there() -> None:
    assert headers(token="x", token_file=Path("/none")) == [("Authorization", "Bearer x")]
    with pytest.raises(InputError, match="no token"):
        headers(token_file=Path("/none"))


def test_basic_and_no_credentials() -> None:
    pair = base64.b64encode(b"me:word").decode()
    assert headers(username="me", password="word") == [("Authorization", f"Basic {pair}")]
    assert headers() == []


# Plugins


def program(tmp_path: Path, body: str) -> str:
    file = tmp_path / "login"
    file.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n{body}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return str(file)


def answer(**status: Any) -> str:
    told = {"apiVersion": V1, "kind": "ExecCredential", "status": status}
    return f"print({json.dumps(json.dumps(told))})"


def asked(command: str, **more: Any) -> plugin.Status:
    told = Exec(command, **{"api_version": V1, "interactive_mode": "Never", **more})
    return plugin.ask(told, Server("https://x", b"pem", "n", insecure=False))


def test_a_plugin_gets_its_arguments_environment_and_the_cluster(tmp_path: Path) -> None:
    told = tmp_path / "told"
    body = (
        f"open({str(told)!r}, 'w').write(json.dumps([sys.argv[1:], os.environ['A'],"
        f" os.environ['KUBERNETES_EXEC_INFO']]))\n{answer(token='t')}"
    )
    found = asked(
        program(tmp_path, body), args=("x", "$(y)"), env=(Variable("A", "b c"),),
        provide_cluster_info=True,
    )  # fmt: skip

    assert found.token == "t"
    arguments, value, information = json.loads(told.read_text())
    assert (arguments, value) == (["x", "$(y)"], "b c")
    assert json.loads(information) == {
        "kind": "ExecCredential", "apiVersion": V1,
        "spec": {"interactive": False, "cluster": {
            "server": "https://x", "tls-server-name": "n",
            "certificate-authority-data": base64.b64encode(b"pem").decode(),
        }},
    }  # fmt: skip


def test_a_plugin_may_say_much(tmp_path: Path) -> None:
    body = f"sys.stderr.write('x' * (5 << 20)); sys.stderr.flush()\n{answer(token='t')}"

    assert asked(program(tmp_path, body)).token == "t"


def test_a_plugin_is_found_beside_the_config(tmp_path: Path) -> None:
    program(tmp_path, answer(token="t"))

    assert asked("./login", folder=tmp_path).token == "t"
    with pytest.raises(InputError, match="not here"):
        asked("./none", folder=tmp_path, install_hint="Get it\nthere")


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("sys.stderr.write('log in first'); sys.exit(3)", "ended with 3: log in first"),
        ("print('no json')", "no ExecCredential"),
        ("print('{}')", "no ExecCredential"),
        (answer(), "neither token nor certificate"),
        (answer(clientCertificateData="x"), "without key"),
        ("print(json.dumps({'apiVersion': 'v1', 'kind': 'ExecCredential'}))", "was asked for"),
        ("sys.stdout.write('x' * (3 << 20))", "more than"),
    ],
)
def test_a_plugin_that_gives_nothing_is_told(tmp_path: Path, body: str, what: str) -> None:
    with pytest.raises((InputError, NetworkError), match=what):
        asked(program(tmp_path, body))


@pytest.mark.parametrize("who", ["os.getpid()", "subprocess.Popen(['sleep', '600']).pid"])
def test_a_plugin_that_does_not_end_is_ended_with_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    monkeypatch.setattr(plugin, "SECONDS", 2.0)
    told = tmp_path / "pid"
    wait = "time.sleep(600)" if "getpid" in who else ""
    body = f"import subprocess\nopen({str(told)!r}, 'w').write(str({who}))\n{wait}"
    with pytest.raises(NetworkError, match="took more than"):
        asked(program(tmp_path, body))
    assert ended(told.read_text())


def ended(process: str) -> bool:
    """Say whether a process is no more, or waits for nothing but to be counted as dead."""
    for _ in range(600):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state in "ZX":
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize(
    "more",
    [
        {"api_version": "client.authentication.k8s.io/v1alpha1"},
        {"interactive_mode": ""},
        {"interactive_mode": "Sometimes"},
        {"interactive_mode": "Always"},
        {"command": ""},
    ],
)
def test_a_plugin_that_asks_for_what_is_not(tmp_path: Path, more: dict[str, str]) -> None:
    told = {"command": program(tmp_path, answer(token="t")), **more}
    with pytest.raises(InputError):
        asked(**told)


def test_a_plugin_is_asked_once_until_its_token_ends(tmp_path: Path, fake: Fake) -> None:
    count = tmp_path / "count"
    body = (
        f"n = len(open({str(count)!r}, 'a+').read()); f = open({str(count)!r}, 'a');"
        "f.write('x'); f.close(); n = os.path.getsize(" + repr(str(count)) + ")\n"
        "print(json.dumps({'apiVersion': '" + V1 + "', 'kind': 'ExecCredential', 'status': "
        "{'token': f't{n}', 'expirationTimestamp': "
        "'2001-01-01T00:00:00Z' if n == 1 else '2999-01-01T00:00:00Z'}}))"
    )
    told = Exec(program(tmp_path, body), V1, interactive_mode="Never")
    fake.on("/x", said({}))
    with Client(Account(Server(fake.url), Identity(plugin=told))) as client:
        for _ in range(4):
            client.get("/x")

    tokens = [headers["authorization"] for _, _, headers in fake.asked]
    assert tokens == ["Bearer t1", "Bearer t2", "Bearer t2", "Bearer t2"]


def test_a_plugin_is_asked_anew_where_its_token_is_refused(tmp_path: Path, fake: Fake) -> None:
    count = tmp_path / "count"
    body = (
        f"f = open({str(count)!r}, 'a'); f.write('x'); f.close()\n"
        f"n = os.path.getsize({str(count)!r})\n"
        "print(json.dumps({'apiVersion': '" + V1 + "', 'kind': 'ExecCredential', "
        "'status': {'token': f't{n}'}}))"
    )
    told = Exec(program(tmp_path, body), V1, interactive_mode="Never")
    fake.on("/x", lambda _, h: said({}, 200 if h["authorization"] == "Bearer t2" else 401))
    with Client(Account(Server(fake.url), Identity(plugin=told))) as client:
        assert client.get("/x").status == 200


# Proxies


def relay(answers: Callable[[socket.socket], None]) -> tuple[str, threading.Thread]:
    listener = socket.create_server(("127.0.0.1", 0))

    def work() -> None:
        with listener:
            sock, _ = listener.accept()
            with sock:
                answers(sock)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return f"127.0.0.1:{listener.getsockname()[1]}", thread


def pipe(one: socket.socket, other: socket.socket) -> None:
    def copy(a: socket.socket, b: socket.socket) -> None:
        try:
            while data := a.recv(65536):
                b.sendall(data)
        except OSError:
            pass

    threading.Thread(target=copy, args=(other, one), daemon=True).start()
    copy(one, other)


def test_a_socks_proxy_is_gone_through(fake: Fake) -> None:
    fake.on("/x", said({"a": 1}))
    port = int(fake.url.rpartition(":")[2])
    seen: list[bytes] = []

    def socks(sock: socket.socket) -> None:
        assert sock.recv(3) == b"\x05\x01\x02"
        sock.sendall(b"\x05\x02")
        assert sock.recv(64) == b"\x01\x02me\x04w:rd"
        sock.sendall(b"\x01\x00")
        seen.append(sock.recv(512))
        sock.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        with socket.create_connection(("127.0.0.1", port)) as to:
            pipe(sock, to)

    proxy, _ = relay(socks)
    server = Server(f"http://localhost:{port}", proxy=f"socks5://me:w%3Ard@{proxy}")
    with Client(Account(server, Identity())) as client:
        assert client.get("/x").status == 200

    assert seen == [b"\x05\x01\x00\x03\x09localhost" + port.to_bytes(2, "big")]


def test_an_http_proxy_makes_a_tunnel(fake: Fake) -> None:
    fake.on("/x", said({"a": 1}))
    port = int(fake.url.rpartition(":")[2])
    seen: list[bytes] = []

    def tunnel(sock: socket.socket) -> None:
        seen.append(sock.recv(4096))
        sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", port)) as to:
            pipe(sock, to)

    proxy, _ = relay(tunnel)
    server = Server(f"http://localhost:{port}", proxy=f"http://me:word@{proxy}")
    with Client(Account(server, Identity(token="mine"))) as client:
        assert client.get("/x").status == 200

    assert seen[0].startswith(f"CONNECT localhost:{port} ".encode())
    assert b"Proxy-Authorization: Basic " + base64.b64encode(b"me:word") in seen[0]
    assert b"mine" not in seen[0]


@pytest.mark.parametrize("said_back", [b"\x05\xff", b"\x04\x00", b"", b"\x05\x00\x05\x05\x00\x01"])
def test_a_socks_proxy_that_refuses_is_told(said_back: bytes) -> None:
    def socks(sock: socket.socket) -> None:
        sock.recv(3)
        sock.sendall(said_back)

    addresses = [relay(socks)[0] for _ in range(1)]
    server = Server("https://x.example.com", proxy=f"socks5://{addresses[0]}")
    with (
        Client(Account(server, Identity()), wait=lambda _: None) as client,
        pytest.raises(NetworkError),
    ):
        client.get("/x")


@pytest.mark.parametrize("proxy", ["ftp://p", "http://p:port", "socks5://"])
def test_other_proxies_are_refused(proxy: str) -> None:
    server = Server("https://x.example.com", proxy=proxy)
    with Client(Account(server, Identity())) as client, pytest.raises(UsageError):
        client.get("/x")


@pytest.mark.parametrize("url", ["", "x", "ftp://x", "https://", "https://u:p@x", "https://x:y"])
def test_servers_that_are_none(url: str) -> None:
    with pytest.raises(UsageError):
        Client(Account(Server(url), Identity()))


@pytest.mark.parametrize("pem", [b"x", b"\xff", b"-----BEGIN CERTIFICATE-----\nx\n"])
def test_authorities_and_keys_that_are_none(pem: bytes) -> None:
    with (
        Client(Account(Server("https://127.0.0.1:1", pem), Identity())) as client,
        pytest.raises(InputError),
    ):
        client.get("/x")
    shown = Identity(certificate=b"x", key=b"y")
    with (
        Client(Account(Server("https://127.0.0.1:1"), shown)) as client,
        pytest.raises(InputError, match="can not be used"),
    ):
        client.get("/x")


def test_outside_of_a_cluster_there_is_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(UsageError, match="not in a cluster"):
        in_cluster.account()


def test_a_pod_of_ipv6_finds_its_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    (tmp_path / "token").write_text("t")

    found = in_cluster.account(tmp_path)

    assert found.server.url == "https://[fd00::1]:443"
    assert found.identity.token_file == tmp_path / "token"
