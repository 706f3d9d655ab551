"""Images in registries: a real one, and one that misbehaves."""

import base64
import json
import os
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from fake_registry import Answer, fake
from image_builder import OCI, Entry, Image, Index, build, digest, encode, image
from registry_server import (
    Registry,
    certificates,
    docker_config,
    needs_registry,
    needs_skopeo,
    push,
    served,
)
from shared_data import SHARED, needs_shared

from keten.errors import InputError, KetenError, NetworkError, UsageError
from keten.formats.oci.records import Descriptor
from keten.transport.image import credentials, exchange, remote
from keten.transport.image.auth import Challenge, challenges
from keten.transport.image.exchange import Access
from keten.transport.image.open import Options, open_image
from keten.transport.image.registry import Client
from keten.transport.image.source import Opened

LAYERS: list[list[Entry]] = [
    [("etc", "dir"), ("etc/os-release", "file", b"ID=debian\n")],
    [("noise", "file", bytes(range(256)) * 2000)],
]
ONE = image(LAYERS)
BIG = image(LAYERS, compression="none")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME",
                 "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture(name="waits")
def _waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nothing sleeps; how long it would have is told."""
    told: list[float] = []
    monkeypatch.setattr(
        Options, "access", lambda self: Access(self.ca, self.plain_http, wait=told.append)
    )
    return told


def read(found: Opened) -> list[bytes]:
    parts = []
    for ref in found.layers:
        with found.layer(ref) as stream:
            parts.append(b"".join(iter(lambda: stream.read(10_000), b"")))
    return parts


def check(target: str, one: Image, options: Options | None = None) -> None:
    with closing(open_image(target, options=options)) as found:
        assert found.mismatches == ()
        assert found.manifest_digest == one.manifest_digest
        assert found.config_digest == one.config_digest
        assert read(found) == [layer.data for layer in one.layers]


# A real registry


@pytest.fixture(scope="module", name="plain")
def _plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with served(tmp_path_factory.mktemp("plain")) as registry:
        yield registry


@needs_registry
@needs_skopeo
def test_an_image_by_tag_and_by_digest(plain: Registry, tmp_path: Path) -> None:
    built = build(tmp_path / "image", LAYERS)
    push(f"oci:{built.path}:latest", plain, "team/app:1")

    name = f"{plain.host}/team/app"
    for target in (f"{name}:1", f"docker://{name}:1", f"registry:{name}@{built.manifest_digest}",
                   f"{name}:1@{built.manifest_digest}"):  # fmt: skip
        check(target, built.image)
    with closing(open_image(f"{name}:1")) as found:
        assert found.reference == f"{name}:1"
        assert all(found.stamp(ref) == "" for ref in found.layers)


@needs_registry
@needs_skopeo
@needs_shared
def test_a_real_image(plain: Registry, tmp_path: Path) -> None:
    import gzip

    assert SHARED
    saved = tmp_path / "saved.tar"
    saved.write_bytes(gzip.decompress((SHARED / "data/images/alpine-310.tar.gz").read_bytes()))
    push(f"docker-archive:{saved}", plain, "library/alpine:3.10", "--format=v2s2")

    with (
        closing(open_image(str(saved))) as local,
        closing(open_image(f"{plain.host}/library/alpine:3.10")) as found,
    ):
        assert found.config_digest == local.config_digest
        assert [digest(data) for data in read(found)] == [
            ref.descriptor.digest for ref in found.layers
        ]


@needs_registry
@needs_skopeo
def test_a_platform_of_an_index(plain: Registry, tmp_path: Path) -> None:
    from image_builder import layout

    images = [image(LAYERS, platform=name) for name in ("linux/amd64", "linux/arm64")]
    index = Index(images)
    layout(tmp_path / "multi", {"latest": index})
    push(f"oci:{tmp_path}/multi:latest", plain, "team/multi:1", "--all")

    check(f"{plain.host}/team/multi:1", images[0])
    check(f"{plain.host}/team/multi:1", images[1], Options(platform="linux/arm64"))
    with pytest.raises(InputError, match="there are: linux/amd64, linux/arm64"):
        open_image(f"{plain.host}/team/multi:1", options=Options(platform="linux/386"))


@needs_registry
@needs_skopeo
def test_tls_and_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = build(tmp_path / "image", LAYERS)
    with served(tmp_path / "registry", tls=True, users={"ann": "right"}) as registry:
        push(f"oci:{built.path}:latest", registry, "app:1", "--dest-creds=ann:right")
        target, trusted = f"{registry.host}/app:1", Options(ca=registry.ca)

        with pytest.raises(NetworkError, match="certificate is not trusted") as untrusted:
            open_image(target)
        assert "--ca" in untrusted.value.advice
        with pytest.raises(NetworkError, match="wants to know who asks") as unknown:
            open_image(target, options=trusted)
        assert (unknown.value.status, "docker login" in unknown.value.advice) == (401, True)

        monkeypatch.setenv(
            "DOCKER_CONFIG", str(docker_config(tmp_path / "wrong", registry.host, "ann", "no"))
        )
        with pytest.raises(NetworkError, match=r"does not take the credential of .*wrong") as bad:
            open_image(target, options=trusted)
        assert "no" not in bad.value.what.split()
        monkeypatch.setenv(
            "DOCKER_CONFIG", str(docker_config(tmp_path / "right", registry.host, "ann", "right"))
        )
        check(target, built.image, trusted)
        monkeypatch.setenv("SSL_CERT_FILE", registry.ca)
        check(target, built.image)


@needs_registry
def test_an_artifact_goes_up_and_comes_down(plain: Registry) -> None:
    client = Client(plain.host)
    data = os.urandom(2_000_000)
    blob = client.put_blob("team/advisories", data, "application/vnd.example.bundle")
    empty = client.put_blob("team/advisories", b"{}", "application/vnd.oci.empty.v1+json")
    described = [
        {"mediaType": each.media_type, "digest": each.digest, "size": each.size}
        for each in (empty, blob)
    ]
    manifest = encode(
        {
            "schemaVersion": 2, "mediaType": f"{OCI}manifest.v1+json",
            "artifactType": "application/vnd.example.advisories",
            "config": described[0], "layers": described[1:],
        }
    )  # fmt: skip

    name = client.put_manifest("team/advisories", "v1", manifest, f"{OCI}manifest.v1+json")

    assert client.put_blob("team/advisories", data).digest == blob.digest
    for reference in ("v1", name):
        got = client.get_manifest("team/advisories", reference)
        assert (got.data, got.digest) == (manifest, name)
    assert client.get_blob("team/advisories", blob, len(data)) == data
    assert client.tags("team/advisories") == ["v1"]
    with pytest.raises(KetenError):
        client.get_blob("team/advisories", blob, 1000)
    with pytest.raises(NetworkError) as error:
        client.get_manifest("team/advisories", "v2")
    assert error.value.status == 404
    assert error.value.what.startswith(
        f"{plain.host} has no such thing: team/advisories:v2 (MANIFEST_UNKNOWN: manifest unknown"
    )
    with pytest.raises(InputError, match="no container image"):
        open_image(f"{plain.host}/team/advisories:v1")


@needs_registry
def test_referrers_by_the_fallback_tag(plain: Registry) -> None:
    client = Client(plain.host)
    subject = digest(b"subject")
    listed = encode(
        {
            "schemaVersion": 2, "mediaType": f"{OCI}index.v1+json",
            "manifests": [
                {"mediaType": f"{OCI}manifest.v1+json", "digest": digest(kind.encode()), "size": 1,
                 "artifactType": kind}
                for kind in ("example/signature", "example/sbom")
            ],
        }
    )  # fmt: skip
    assert client.referrers("team/app", subject) == ()
    # The registry would ask for the members of an index: those are uploaded as blobs here.
    for kind in ("example/signature", "example/sbom"):
        config = {"mediaType": kind, "digest": digest(b"{}"), "size": 2}
        made = encode({"schemaVersion": 2, "config": config, "layers": []})
        client.put_blob("team/app", b"{}")
        client.put_manifest("team/app", digest(made), made, f"{OCI}manifest.v1+json")
        listed = listed.replace(digest(kind.encode()).encode(), digest(made).encode())
        listed = listed.replace(b'"size":1}', f'"size":{len(made)}}}'.encode(), 1)
    client.put_manifest("team/app", subject.replace(":", "-"), listed, f"{OCI}index.v1+json")

    assert {one.artifact_type for one in client.referrers("team/app", subject)} == {
        "example/signature", "example/sbom",
    }  # fmt: skip
    (one,) = client.referrers("team/app", subject, "example/sbom")
    assert client.get_manifest("team/app", one.digest).digest == one.digest


# Proof


def test_a_token_is_got_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake() as registry:
        registry.hold("team/app", ONE, "1")
        registry.token = "made-for-you"
        registry.challenge = (
            f'Bearer realm="http://{registry.host}/token?x=1",service="a registry",'
            'scope="repository:other:push"'
        )
        registry.answers["GET", "/token"] = Answer(
            body=encode({"token": "made-for-you", "expires_in": 300})
        )
        folder = docker_config(tmp_path / "docker", registry.host, "ann", "secret")
        monkeypatch.setenv("DOCKER_CONFIG", str(folder))

        check(f"{registry.host}/team/app:1", ONE)

        (asked,) = registry.told("GET", "/token")
        assert parse_qs(asked.query) == {
            "x": ["1"], "service": ["a registry"], "scope": ["repository:team/app:pull"],
        }  # fmt: skip
        assert base64.b64decode(asked.headers["authorization"].split()[1]) == b"ann:secret"
        sent = [one.headers.get("authorization", "") for one in registry.asked[3:]]
        assert set(sent) == {"Bearer made-for-you"}


def test_an_identity_token_is_exchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake() as registry:
        registry.hold("app", ONE, "1")
        registry.token = "fresh"
        registry.challenge = f'Bearer realm="http://{registry.host}/token",service="s"'
        registry.answers["POST", "/token"] = Answer(body=encode({"access_token": "fresh"}))
        file = tmp_path / "auth.json"
        file.write_text(json.dumps({"auths": {registry.host: {"identitytoken": "mine"}}}))
        monkeypatch.setenv("REGISTRY_AUTH_FILE", str(file))

        check(f"{registry.host}/app:1", ONE)

        (asked,) = registry.told("POST", "/token")
        assert parse_qs(asked.body.decode()) == {
            "grant_type": ["refresh_token"], "refresh_token": ["mine"], "client_id": ["keten"],
            "service": ["s"], "scope": ["repository:app:pull"],
        }  # fmt: skip


def test_no_token_is_got_from_elsewhere_without_tls() -> None:
    with fake() as registry, fake(name="127.0.0.1") as elsewhere:
        registry.hold("app", ONE, "1")
        registry.token = "x"
        registry.challenge = f'Bearer realm="http://{elsewhere.host}/token"'

        with pytest.raises(InputError, match="without TLS: refused"):
            open_image(f"{registry.host}/app:1")
        assert not elsewhere.asked


def test_a_token_server_that_refuses() -> None:
    with fake() as registry:
        registry.token = "x"
        registry.challenge = f'Bearer realm="http://{registry.host}/token"'
        registry.answers["GET", "/token"] = Answer(403)

        with pytest.raises(NetworkError, match="gave no token for repository:app:pull") as error:
            open_image(f"{registry.host}/app:1")
        assert error.value.status == 403


def test_challenges() -> None:
    assert challenges('Basic realm="a \\"b\\"", Bearer realm="https://x/?a=1,2",service=s') == [
        Challenge("basic", {"realm": 'a "b"'}),
        Challenge("bearer", {"realm": "https://x/?a=1,2", "service": "s"}),
    ]
    assert challenges("") == []
    assert challenges("Negotiate") == [Challenge("negotiate", {})]
    assert len(challenges("a b" * 100_000)) < 10_000


def test_credentials_are_not_sent_along_a_redirect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake() as registry, fake(name="127.0.0.1") as storage:
        registry.hold("app", ONE, "1")
        registry.token = "secret-token"
        registry.challenge = f'Bearer realm="http://{registry.host}/token"'
        registry.answers["GET", "/token"] = Answer(body=encode({"token": "secret-token"}))
        for name, data in ONE.blobs().items():
            place = f"http://{storage.host}/store/{name}?signature=1"
            registry.answers["GET", f"/v2/app/blobs/{name}"] = Answer(
                307, headers={"Location": place}
            )
            storage.answers["GET", f"/store/{name}"] = Answer(body=data)
        monkeypatch.setenv(
            "DOCKER_CONFIG", str(docker_config(tmp_path / "d", registry.host, "u", "p"))
        )

        check(f"{registry.host}/app:1", ONE)

        assert len(storage.asked) == 3
        assert not any("authorization" in one.headers for one in storage.asked)
        assert any("authorization" in one.headers for one in registry.asked)


def test_no_redirect_from_tls_to_none(tmp_path: Path) -> None:
    ca = certificates(tmp_path)
    with fake(tls=tmp_path) as registry, fake() as storage:
        registry.hold("app", ONE, "1")
        name = ONE.config_digest
        registry.answers["GET", f"/v2/app/blobs/{name}"] = Answer(
            302, headers={"Location": f"http://{storage.host}/x"}
        )

        with pytest.raises(NetworkError, match=r"redirects to .*: not encrypted"):
            open_image(f"{registry.host}/app:1", options=Options(ca=ca))
        assert not storage.asked


def test_certificates_lie_where_docker_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    certificates(tmp_path)
    monkeypatch.setattr(exchange, "_CERTIFICATES", (str(tmp_path / "certs.d"),))
    with fake(tls=tmp_path, known=tmp_path / "ca.crt") as registry:
        registry.hold("app", ONE, "1")
        folder = tmp_path / "certs.d" / registry.host
        folder.mkdir(parents=True)
        (folder / "ca.crt").write_bytes((tmp_path / "ca.crt").read_bytes())
        with pytest.raises(NetworkError):
            open_image(f"{registry.host}/app:1")
        waits.clear()
        (folder / "client.cert").write_bytes((tmp_path / "server.crt").read_bytes())
        (folder / "client.key").write_bytes((tmp_path / "server.key").read_bytes())

        check(f"{registry.host}/app:1", ONE)
    assert waits == []


def test_redirects_end(waits: list[float]) -> None:
    with fake() as registry:
        registry.answers["HEAD", "/v2/app/manifests/1"] = Answer(
            302, headers={"Location": "/v2/app/manifests/1"}
        )
        with pytest.raises(NetworkError, match="redirects more than 5 times"):
            open_image(f"{registry.host}/app:1")
    assert waits == []


# What goes wrong on the way


def test_a_limit_is_waited_for(waits: list[float]) -> None:
    with fake() as registry:
        registry.hold("app", ONE, "1")
        key = "GET", f"/v2/app/manifests/{ONE.manifest_digest}"
        fine = registry.answers[key]
        assert isinstance(fine, Answer)
        registry.answers[key] = [
            Answer(429, headers={"Retry-After": "7"}), Answer(503),
            Answer(429, headers={"Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"}), fine,
        ]  # fmt: skip

        check(f"{registry.host}/app:1", ONE)

    assert waits == [7.0, 2.0, exchange.MOST_WAIT]


def test_a_limit_that_stays_is_told(waits: list[float]) -> None:
    with fake() as registry:
        told = encode({"errors": [{"code": "TOOMANYREQUESTS", "message": "slow\x1b[31m down"}]})
        registry.hold("app", ONE, "1")
        registry.answers["GET", f"/v2/app/blobs/{ONE.config_digest}"] = Answer(429, told)

        with pytest.raises(NetworkError, match=r"asked too often: .*slow \[31m down") as error:
            open_image(f"{registry.host}/app:1")

    assert "mirror" in error.value.advice
    assert waits == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("ranges", [True, False])
def test_a_blob_that_breaks_off_is_resumed(waits: list[float], *, ranges: bool) -> None:
    with fake() as registry:
        registry.hold("app", BIG, "1")
        layer = BIG.layers[1]
        key = "GET", f"/v2/app/blobs/{layer.digest}"
        whole = Answer(body=layer.data, ranges=ranges)
        registry.answers[key] = [
            Answer(body=layer.data, cut=200_000), Answer(body=layer.data, cut=100, ranges=ranges),
            whole,
        ]  # fmt: skip

        check(f"{registry.host}/app:1", BIG)

        asked = [one.headers.get("range", "") for one in registry.told(*key)]
    assert asked[0] == ""
    assert all(one.startswith("bytes=") for one in asked[1:])
    assert waits == [1.0, 2.0]


def test_a_blob_that_always_breaks_off_ends(waits: list[float]) -> None:
    with fake() as registry:
        registry.hold("app", BIG, "1")
        layer = BIG.layers[1]
        registry.answers["GET", f"/v2/app/blobs/{layer.digest}"] = Answer(body=layer.data, cut=0)

        with pytest.raises(InputError, match=f"of {len(layer.data)} bytes came"):
            check(f"{registry.host}/app:1", BIG)
    assert len(waits) == remote.RESUMES


def test_a_blob_that_is_longer_than_told_is_not_taken() -> None:
    with fake() as registry:
        registry.hold("app", BIG, "1")
        layer = BIG.layers[1]
        key = "GET", f"/v2/app/blobs/{layer.digest}"
        registry.answers[key] = Answer(body=layer.data + b"x")

        with pytest.raises(InputError, match="at most"):
            check(f"{registry.host}/app:1", BIG)


def test_a_blob_that_is_not_there(waits: list[float]) -> None:
    with fake() as registry:
        registry.hold("app", ONE, "1")
        del registry.answers["GET", f"/v2/app/blobs/{ONE.layers[0].digest}"]

        found = open_image(f"{registry.host}/app:1")
        with pytest.raises(InputError, match="has no such thing"):
            found.layer(found.layers[0])
        found.close()
    assert waits == []


def test_a_manifest_has_a_ceiling() -> None:
    with fake() as registry:
        registry.hold("app", ONE, "1")
        registry.answers["GET", f"/v2/app/manifests/{ONE.manifest_digest}"] = Answer(
            body=b" " * (5 << 20)
        )

        with pytest.raises(InputError, match="at most"):
            open_image(f"{registry.host}/app:1")


# What does not hold


@pytest.mark.parametrize("what", ["manifest", "configuration"])
def test_what_was_changed_is_a_mismatch(what: str) -> None:
    with fake() as registry:
        registry.hold("app", ONE, "1")
        if what == "manifest":
            data, name = ONE.manifest.replace(b"gzip", b"zstd"), ONE.manifest_digest
            registry.answers["GET", f"/v2/app/manifests/{name}"] = Answer(body=data)
        else:
            data, name = ONE.config.replace(b"amd64", b"arm64"), ONE.config_digest
            registry.answers["GET", f"/v2/app/blobs/{name}"] = Answer(body=data)

        for target in (f"{registry.host}/app:1", f"{registry.host}/app@{ONE.manifest_digest}"):
            with closing(open_image(target)) as found:
                assert not found.layers
                (mismatch,) = found.mismatches
                assert (mismatch.what, mismatch.expected, mismatch.found) == (
                    what, name, digest(data),
                )  # fmt: skip
                assert mismatch.by


@pytest.mark.parametrize("honest", [True, False])
def test_a_registry_that_answers_get_alone(*, honest: bool) -> None:
    with fake() as registry:
        registry.hold("app", ONE, "1")
        registry.answers["HEAD", "/v2/app/manifests/1"] = Answer(405)
        told = ONE.manifest_digest if honest else digest(b"another")
        registry.answers["GET", "/v2/app/manifests/1"] = Answer(
            body=ONE.manifest, headers={"Docker-Content-Digest": told}
        )
        if honest:
            check(f"{registry.host}/app:1", ONE)
            return
        with closing(open_image(f"{registry.host}/app:1")) as found:
            (mismatch,) = found.mismatches
        assert (mismatch.expected, mismatch.found) == (told, ONE.manifest_digest)


# Mirrors


def test_mirrors_come_first() -> None:
    with fake() as registry, fake() as empty, fake() as mirror:
        registry.hold("team/app", ONE, "1")
        mirror.hold("cache/team/app", ONE, "1")
        told = (f"{registry.host}={empty.host}", f"{registry.host}={mirror.host}/cache")

        check(f"{registry.host}/team/app:1", ONE, Options(mirrors=told))

        assert empty.asked
        assert not registry.asked


def test_a_blob_that_a_mirror_lacks_is_got_from_the_registry() -> None:
    with fake() as registry, fake() as mirror:
        registry.hold("app", ONE, "1")
        mirror.hold("app", ONE, "1")
        del mirror.answers["GET", f"/v2/app/blobs/{ONE.layers[1].digest}"]

        check(f"{registry.host}/app:1", ONE, Options(mirrors=(f"{registry.host}={mirror.host}",)))


def test_mirrors_are_spelled() -> None:
    told = ["hub.example.com", "docker.io=https://a.example:5000/x/y", "quay.io=b.example"]

    assert remote.mirrored("docker.io", told) == [
        ("hub.example.com", ""), ("a.example:5000", "/x/y"),
    ]  # fmt: skip
    with pytest.raises(UsageError):
        remote.mirrored("docker.io", ["a=b=c"])


# Lists


def test_tags_and_referrers_come_in_pages() -> None:
    with fake() as registry:
        subject = digest(b"x")
        pages = [
            Answer(body=encode({"tags": ["a"]}),
                   headers={"Link": "</v2/app/tags/list?last=a>; rel=next"}),
            Answer(body=encode({"tags": ["b"]})),
        ]  # fmt: skip
        registry.answers["GET", "/v2/app/tags/list"] = list(pages)
        kinds = [
            {"mediaType": f"{OCI}manifest.v1+json", "digest": subject, "size": 1, "artifactType": k}
            for k in ("a/b", "c/d")
        ]
        registry.answers["GET", f"/v2/app/referrers/{subject}"] = Answer(
            body=encode({"schemaVersion": 2, "manifests": kinds})
        )
        client = Client(registry.host)

        assert client.tags("app") == ["a", "b"]
        assert [one.artifact_type for one in client.referrers("app", subject)] == ["a/b", "c/d"]
        assert [one.artifact_type for one in client.referrers("app", subject, "c/d")] == ["c/d"]
        assert registry.told("GET", f"/v2/app/referrers/{subject}")[-1].query == (
            "artifactType=c%2Fd"
        )


def test_a_list_that_leads_elsewhere_is_not_followed() -> None:
    with fake() as registry, fake() as elsewhere:
        registry.answers["GET", "/v2/app/tags/list"] = Answer(
            body=encode({"tags": ["a"]}),
            headers={"Link": f'<http://{elsewhere.host}/v2/app/tags/list>; rel="next"'},
        )
        with pytest.raises(InputError, match="elsewhere"):
            Client(registry.host).tags("app")
        assert not elsewhere.asked


def test_an_endless_list_ends() -> None:
    with fake() as registry:
        registry.answers["GET", "/v2/app/tags/list"] = Answer(
            body=encode({"tags": ["a"]}), headers={"Link": '</v2/app/tags/list>; rel="next"'}
        )
        assert len(Client(registry.host).tags("app")) == 100


# Credentials


def _config(folder: Path, value: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(value))
    return folder


def _auth(user: str, secret: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{secret}".encode()).decode()}


def test_credentials_are_found_by_registry_and_by_repository(tmp_path: Path) -> None:
    value = {
        "auths": {
            "https://index.docker.io/v1/": _auth("hub", "1"),
            "example.com": _auth("all", "2"),
            "example.com/team": _auth("team", "3"),
            "https://old.example.com/v2/": _auth("old", "4"),
            "plain.example.com": {"username": "plain", "password": "5"},
            "token.example.com": {"identitytoken": "6"},
        }
    }
    told = {"DOCKER_CONFIG": str(_config(tmp_path / "docker", value))}

    def found(registry: str, repository: str = "a/b") -> tuple[str, str, str] | None:
        one = credentials.find(registry, repository, told)
        return (one.user, one.secret, one.identity) if one else None

    assert found("docker.io") == ("hub", "1", "")
    assert found("example.com") == ("all", "2", "")
    assert found("example.com", "team/app") == ("team", "3", "")
    assert found("old.example.com") == ("old", "4", "")
    assert found("plain.example.com") == ("plain", "5", "")
    assert found("token.example.com") == ("", "", "6")
    assert found("example.com.evil.example") is None
    assert "2" not in repr(credentials.find("example.com", "a", told)).replace(str(tmp_path), "")


def test_the_files_in_their_order(tmp_path: Path) -> None:
    told = {
        "REGISTRY_AUTH_FILE": "/a/auth.json", "DOCKER_CONFIG": "/b", "XDG_RUNTIME_DIR": "/run/u",
        "HOME": "/home/u",
    }  # fmt: skip
    assert [str(one) for one in credentials.files(told)] == [
        "/a/auth.json", "/b/config.json", "/run/u/containers/auth.json",
        "/home/u/.config/containers/auth.json",
    ]  # fmt: skip
    del told["DOCKER_CONFIG"]
    assert "/home/u/.docker/config.json" in [str(one) for one in credentials.files(told)]
    assert credentials.find("example.com", "a", {"HOME": str(tmp_path)}) is None


def _helper(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    file = folder / f"docker-credential-{name}"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def test_a_helper_is_asked(tmp_path: Path) -> None:
    answer = '{"ServerURL":"x","Username":"by-helper","Secret":"\'"$server"\'"}'
    _helper(tmp_path / "bin", "one", f"read -r server; test \"$1\" = get && echo '{answer}'")
    _helper(tmp_path / "bin", "none", "echo credentials not found in native keychain; exit 1")
    _helper(tmp_path / "bin", "id", 'echo \'{"Username":"<token>","Secret":"identity"}\'')
    _helper(tmp_path / "bin", "bad", "echo it broke >&2; exit 1")
    value = {
        "auths": {"file.example": _auth("by-file", "1"), "none.example": _auth("by-file", "2")},
        "credHelpers": {"id.example": "id", "none.example": "none", "bad.example": "bad",
                        "way.example": "../bin/one", "gone.example": "gone"},
        "credsStore": "one",
    }  # fmt: skip
    told = {
        "DOCKER_CONFIG": str(_config(tmp_path / "docker", value)),
        "PATH": f"{tmp_path}/bin:/usr/bin:/bin",
    }

    def found(registry: str) -> tuple[str, str, str] | None:
        one = credentials.find(registry, "a", told)
        return (one.user, one.secret, one.identity) if one else None

    assert found("store.example") == ("by-helper", "store.example", "")
    assert found("docker.io") == ("by-helper", "https://index.docker.io/v1/", "")
    assert found("id.example") == ("", "", "identity")
    assert found("none.example") == ("by-file", "2", "")
    with pytest.raises(InputError, match=r"failed for bad\.example: it broke"):
        found("bad.example")
    with pytest.raises(InputError, match="no name of a credential helper"):
        found("way.example")
    with pytest.raises(InputError, match="docker-credential-gone is not on PATH"):
        found("gone.example")


def test_no_helper_from_a_relative_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _helper(tmp_path / "bin", "one", f"touch {tmp_path}/ran")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InputError, match="is not on PATH"):
        credentials.ask("one", "x", {"PATH": "bin::."})
    assert not (tmp_path / "ran").exists()


def test_a_helper_has_a_time_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "HELPER_SECONDS", 0.2)
    _helper(tmp_path / "bin", "slow", "exec sleep 20")

    with pytest.raises(InputError, match="did not answer"):
        credentials.ask("slow", "x", {"PATH": f"{tmp_path}/bin:/usr/bin:/bin"})


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"auths": 1}', '{"auths": {"example.com": {"auth": "%%%"}}}']
)
def test_a_malformed_file_of_credentials_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)

    with pytest.raises(InputError):
        credentials.find("example.com", "a", {"DOCKER_CONFIG": str(tmp_path)})


# Nothing without need


def test_a_name_that_is_not_there(waits: list[float]) -> None:
    with pytest.raises(NetworkError, match="can not be resolved"):
        open_image("nowhere.invalid/app:1")
    with pytest.raises(UsageError, match="no file or folder sorce"):
        open_image("sorce", options=Options(mirrors=("nowhere.invalid",), ca="/dev/null"))
    assert waits == []


def test_a_foreign_host_is_not_asked_without_tls() -> None:
    client = exchange.Exchange("example.com:5000", Access())

    assert client.url("x").startswith("https://")
    named = exchange.Exchange("example.com:5000", Access(plain_http=("example.com:5000",)))
    assert named.url("x") == "http://example.com:5000/v2/x"
    assert exchange.Exchange("docker.io", Access()).url("x") == (
        "https://registry-1.docker.io/v2/x"
    )


def test_uploads_go_where_they_are_told() -> None:
    with fake() as registry:
        name = digest(b"data")
        registry.answers["POST", "/v2/app/blobs/uploads/"] = Answer(
            202, headers={"Location": "/upload/1?state=2"}
        )
        registry.answers["PUT", "/upload/1"] = Answer(201)

        made = Client(registry.host).put_blob("app", b"data", "a/b")

        assert made == Descriptor("a/b", name, 4)
        (asked,) = registry.told("PUT", "/upload/1")
        assert (parse_qs(asked.query), asked.body) == ({"state": ["2"], "digest": [name]}, b"data")
