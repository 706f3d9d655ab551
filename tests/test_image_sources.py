"""Layouts and archives are opened as they lie, and nothing of them is read that does not hold."""

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from image_builder import (
    DOCKER,
    OCI,
    Entry,
    Image,
    Index,
    build,
    compress,
    digest,
    docker_archive,
    encode,
    image,
    layout,
    oci_archive,
    tar,
)
from registry_server import SKOPEO, needs_skopeo
from shared_data import SHARED, needs_shared

from keten.errors import CeilingError, InputError, UsageError
from keten.formats.oci import decode, platforms
from keten.formats.oci.digest import differs
from keten.formats.oci.records import Descriptor, Platform
from keten.transport.image import archive
from keten.transport.image.open import Options, kind_of, open_image
from keten.transport.image.source import Opened

LAYERS: list[Sequence[Entry]] = [
    [("etc", "dir"), ("etc/os-release", "file", b"ID=debian\n"), ("bin", "symlink", "usr/bin")],
    [("etc/.wh.os-release", "file", b""), ("big", "file", b"0123456789" * 20_000)],
]
UMOCI = shutil.which("umoci")


@contextmanager
def opened(target: object, *, platform: str = "") -> Iterator[Opened]:
    with closing(open_image(str(target), options=Options(platform=platform))) as found:
        yield found


def blobs(found: Opened) -> list[bytes]:
    read = []
    for ref in found.layers:
        with found.layer(ref) as stream:
            read.append(b"".join(iter(lambda: stream.read(7777), b"")))
    return read


# What opens


@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
@pytest.mark.parametrize("kind", ["oci", "oci-archive"])
def test_a_layout_opens(tmp_path: Path, kind: str, compression: str) -> None:
    built = build(tmp_path / "image", LAYERS, kind=kind, compression=compression)

    for target in (built.path, f"{kind}:{built.path}", f"{kind}:{built.path}:latest",
                   f"{kind}:{built.path}@{built.manifest_digest}"):  # fmt: skip
        with opened(target) as found:
            assert found.name == str(target)
            assert found.manifest_digest == built.manifest_digest
            assert found.config_digest == built.config_digest
            assert not found.mismatches
            assert blobs(found) == [layer.data for layer in built.layers]
            assert [ref.diff_id for ref in found.layers] == [one.diff_id for one in built.layers]
            assert found.configuration.architecture == "amd64"


@pytest.mark.parametrize("packed", ["none", "gzip", "zstd"])
@pytest.mark.parametrize("style", ["legacy", "flat", "both"])
def test_a_docker_archive_opens(tmp_path: Path, style: str, packed: str) -> None:
    one, path = image(LAYERS), tmp_path / f"saved.tar.{packed}"
    docker_archive(path, {"example.com/app:1": one}, style=style, compression=packed)

    for target in (path, f"docker-archive:{path}", f"docker-archive:{path}:example.com/app:1"):
        with opened(target) as found:
            assert found.reference == "example.com/app:1"
            assert found.config_digest == one.config_digest
            assert blobs(found) == [layer.tar for layer in one.layers]
            assert bool(found.manifest_digest) == (style == "both" and target == path)


def test_a_repeated_layer_is_a_link_in_a_docker_archive(tmp_path: Path) -> None:
    base = LAYERS[0]
    small, large = image([base]), image([base, LAYERS[1], base])
    path = docker_archive(tmp_path / "two.tar", {"a/b:1": small, "a/b:2": large})

    with tarfile.open(path) as saved:
        assert any(member.issym() for member in saved)
    with opened(f"docker-archive:{path}:a/b:2") as found:
        assert blobs(found) == [layer.tar for layer in large.layers]
    with opened(f"docker-archive:{path}:@0") as found:
        assert found.config_digest == small.config_digest


def test_a_hard_linked_layer_is_followed(tmp_path: Path) -> None:
    one = image([LAYERS[0]])
    name = f"{one.config_digest.partition(':')[2]}.json"
    listed = encode([{"Config": name, "RepoTags": None, "Layers": ["b/layer.tar"]}])
    path = tmp_path / "hard.tar"
    path.write_bytes(
        tar(
            [
                ("a/layer.tar", "file", one.layers[0].tar),
                ("b/layer.tar", "hardlink", "a/layer.tar"),
                (name, "file", one.config),
                ("manifest.json", "file", listed),
            ]
        )
    )

    with opened(path) as found:
        assert blobs(found) == [one.layers[0].tar]


def test_links_that_turn_in_a_circle_end(tmp_path: Path) -> None:
    path = tmp_path / "circle.tar"
    links = [("manifest.json", "symlink", "a"), ("a", "symlink", "manifest.json")]
    path.write_bytes(tar(links))

    with pytest.raises(InputError, match="link to a link"):
        open_image(str(path))


def test_a_docker_archive_with_a_layer_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "lack.tar"
    listed = encode([{"Config": "c.json", "RepoTags": None, "Layers": ["../../etc/passwd"]}])
    config = image([LAYERS[0]]).config
    path.write_bytes(tar([("c.json", "file", config), ("manifest.json", "file", listed)]))

    with pytest.raises(InputError, match="the archive has no"):
        open_image(str(path))


@pytest.mark.parametrize("packed", ["none", "gzip"])
def test_a_root_filesystem_in_a_tar_is_one_layer(tmp_path: Path, packed: str) -> None:
    plain = tar(LAYERS[0])
    path = tmp_path / "root.tar.gz"
    path.write_bytes(compress(plain, packed))

    with opened(path) as found:
        assert blobs(found) == [plain]
        assert (found.manifest_digest, found.config_digest) == ("", "")
        assert found.layers[0].diff_id == ""
    with opened(f"tar:{path}") as found:
        assert blobs(found) == [path.read_bytes()]


def test_the_same_layer_may_be_read_by_several_at_once(tmp_path: Path) -> None:
    built = build(tmp_path / "a.tar", LAYERS, kind="oci-archive")

    with opened(built.path) as found:
        ref = found.layers[1]
        with found.layer(ref) as one, found.layer(ref) as other:
            start = one.read(10)
            assert other.read() == built.layers[1].data
            assert start + one.read() == built.layers[1].data


# Which image of several


def test_names_choose(tmp_path: Path) -> None:
    one, two = image([LAYERS[0]]), image(LAYERS)
    path = layout(tmp_path / "two", {"v1": one, "example.com/app:v2": two})

    with pytest.raises(InputError, match=r"several images: example\.com/app:v2, v1"):
        open_image(str(path))
    with pytest.raises(InputError, match="no image 'v3'; there are: example"):
        open_image(f"oci:{path}:v3")
    with opened(f"oci:{path}:v1") as found:
        assert found.config_digest == one.config_digest
    for name in ("v2", "example.com/app:v2"):
        with opened(f"oci:{path}:{name}") as found:
            assert found.config_digest == two.config_digest
            assert found.reference == "example.com/app:v2"


def test_a_docker_archive_of_several_lists_them(tmp_path: Path) -> None:
    images = {"a/b:1": image([LAYERS[0]]), "a/b:2": image(LAYERS)}
    path = docker_archive(tmp_path / "two.tar", images)

    with pytest.raises(InputError, match="holds 2 images: a/b:1, a/b:2"):
        open_image(str(path))
    with pytest.raises(InputError, match="there are: a/b:1, a/b:2"):
        open_image(f"docker-archive:{path}:c")
    with opened(f"docker-archive:{path}:docker.io/a/b:2") as found:
        assert found.config_digest == images["a/b:2"].config_digest


def _multi() -> tuple[dict[str, Image], Index]:
    names = ("linux/amd64", "linux/arm64", "linux/arm/v6", "linux/arm/v7", "windows/amd64")
    images = {name: image([[(name, "file", b"")]], platform=name) for name in names}
    manifest = encode({"schemaVersion": 2, "config": {}, "layers": []})
    attestation = {
        "mediaType": f"{OCI}manifest.v1+json", "digest": digest(manifest), "size": len(manifest),
        "platform": {"os": "unknown", "architecture": "unknown"},
        "annotations": {"vnd.docker.reference.type": "attestation-manifest"},
    }  # fmt: skip
    files = {digest(manifest): manifest}
    return images, Index(list(images.values()), extra=[attestation], files=files)


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ("", "linux/amd64"), ("linux/amd64", "linux/amd64"), ("linux/x86_64", "linux/amd64"),
        ("linux/arm64", "linux/arm64"), ("linux/arm64/v8", "linux/arm64"),
        ("linux/aarch64", "linux/arm64"), ("linux/arm", "linux/arm/v7"),
        ("linux/arm/v7", "linux/arm/v7"), ("linux/arm/v6", "linux/arm/v6"),
        ("linux/arm64/v9", "linux/arm64"), ("linux/amd64/v3", "linux/amd64"),
        ("windows/amd64", "windows/amd64"),
    ],
)  # fmt: skip
def test_a_platform_chooses(tmp_path: Path, wanted: str, chosen: str) -> None:
    images, index = _multi()
    nested = Index([index], docker=True)
    path = layout(tmp_path / "multi", {"latest": nested})

    with opened(path, platform=wanted) as found:
        assert found.config_digest == images[chosen].config_digest
        assert found.index_digest == index.digest


def test_a_platform_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    images, index = _multi()
    path = layout(tmp_path / "multi", {"latest": index})

    with pytest.raises(InputError) as error:
        open_image(str(path), options=Options(platform="linux/s390x"))
    assert error.value.what == (
        "there is no image for linux/s390x; there are: " + ", ".join(sorted(images))
    )
    with pytest.raises(UsageError, match="not os/architecture"):
        open_image(str(path), options=Options(platform="amd64"))


def test_platforms_that_the_index_does_not_tell_are_looked_up(tmp_path: Path) -> None:
    images, index = _multi()
    for one in images.values():
        one.platform.clear()
    path = layout(tmp_path / "multi", {"latest": index})

    with opened(path, platform="linux/arm64") as found:
        assert found.config_digest == images["linux/arm64"].config_digest


def test_the_only_image_is_taken_whatever_its_platform(tmp_path: Path) -> None:
    only = image(LAYERS, platform="linux/riscv64")
    path = layout(tmp_path / "one", {"latest": Index([only], extra=_multi()[1].extra)})

    with opened(path) as found:
        assert found.config_digest == only.config_digest
    with pytest.raises(InputError, match="the image is for linux/riscv64, not for linux/amd64"):
        open_image(str(path), options=Options(platform="linux/amd64"))


def test_an_index_with_only_attestations_holds_no_image(tmp_path: Path) -> None:
    path = layout(tmp_path / "none", {"latest": Index([], extra=_multi()[1].extra)})

    with pytest.raises(InputError, match="holds no image"):
        open_image(str(path))


def test_indexes_in_indexes_are_bounded(tmp_path: Path) -> None:
    deep = Index([image(LAYERS)])
    for _ in range(8):
        deep = Index([deep])
    path = layout(tmp_path / "deep", {"latest": deep})

    with pytest.raises(CeilingError):
        open_image(str(path))


# What does not hold


def _tampered(path: Path, name: str, data: bytes) -> None:
    algorithm, value = name.split(":")
    (path / "blobs" / algorithm / value).write_bytes(data)


@pytest.mark.parametrize("what", ["index", "manifest", "configuration"])
@pytest.mark.parametrize("longer", [False, True])
def test_a_document_that_was_changed_is_a_mismatch_and_nothing_is_read(
    tmp_path: Path, what: str, *, longer: bool
) -> None:
    one = image(LAYERS)
    index = Index([one])
    path = layout(tmp_path / "image", {"latest": index})
    data, name = {
        "index": (index.data, index.digest),
        "manifest": (one.manifest, one.manifest_digest),
        "configuration": (one.config, one.config_digest),
    }[what]
    changed = data.replace(b'"', b" '", 1) if longer else data.replace(b"1970", b"1971")
    changed = changed.replace(b"application", b"applicatiom") if changed == data else changed
    _tampered(path, name, changed)

    with opened(path) as found:
        assert not found.layers
        (mismatch,) = found.mismatches
        assert (mismatch.what, mismatch.expected, mismatch.found) == (what, name, digest(changed))
        assert mismatch.by


def test_a_size_that_does_not_hold_is_a_mismatch(tmp_path: Path) -> None:
    one = image(LAYERS)
    manifest = json.loads(one.manifest)
    manifest["config"]["size"] += 1
    wrong = Image(one.media_type, encode(manifest), one.config, one.layers, one.platform)
    path = layout(tmp_path / "image", {"latest": wrong})

    with opened(path) as found:
        (mismatch,) = found.mismatches
    assert mismatch.expected == f"{one.config_digest} of {len(one.config) + 1} bytes"
    assert mismatch.found == f"{one.config_digest} of {len(one.config)} bytes"


@pytest.mark.parametrize("style", ["legacy", "both"])
def test_a_configuration_that_is_not_what_it_is_called_by(tmp_path: Path, style: str) -> None:
    one = image(LAYERS)
    path = docker_archive(tmp_path / "saved.tar", {"a/b:1": one}, style=style)
    path.write_bytes(path.read_bytes().replace(b'"amd64"', b'"arm64"'))

    with opened(f"docker-archive:{path}") as found:
        assert not found.layers
        assert [m.expected for m in found.mismatches] == [one.config_digest]


def test_sha512_is_checked() -> None:
    data = b"{}"
    name = "sha512:" + hashlib.sha512(data).hexdigest()

    assert differs(data, Descriptor("", name, 2)) is None
    assert differs(b"[]", Descriptor("", name, 2)) is not None
    with pytest.raises(InputError, match="no digest that can be checked"):
        differs(data, Descriptor("", "md5:" + "0" * 32, 2))


def test_layers_and_diff_ids_that_do_not_pair(tmp_path: Path) -> None:
    built = build(tmp_path / "image", LAYERS, config={"rootfs": {"type": "layers", "diff_ids": []}})

    with pytest.raises(InputError, match="2 layers and the configuration 0 diff IDs"):
        open_image(str(built.path))


def test_the_two_indexes_of_an_archive_must_agree(tmp_path: Path) -> None:
    one, other = image(LAYERS), image([LAYERS[0]])
    path = docker_archive(tmp_path / "both.tar", {"a/b:1": one}, style="both")
    hexed = other.config_digest.partition(":")[2]
    listed = [{"Config": f"blobs/sha256/{hexed}", "RepoTags": ["a/b:1"], "Layers": ["l"]}]
    with tarfile.open(path, "a") as saved:
        for name, data in (
            (f"blobs/sha256/{hexed}", other.config), ("l", other.layers[0].tar),
        ):  # fmt: skip
            info = tarfile.TarInfo(name)
            info.size = len(data)
            saved.addfile(info, io.BytesIO(data))
    path.write_bytes(_replaced(path, "manifest.json", encode(listed)))

    with pytest.raises(InputError, match="tell of different images"):
        open_image(str(path))
    with opened(f"docker-archive:{path}") as found:
        assert found.config_digest == other.config_digest
    with opened(f"oci-archive:{path}") as found:
        assert found.config_digest == one.config_digest


def _replaced(path: Path, name: str, data: bytes) -> bytes:
    with tarfile.open(path) as saved:
        entries: list[tuple[Any, ...]] = []
        for member in saved:
            file = saved.extractfile(member)
            content = data if member.name == name else file.read() if file else b""
            entries.append((member.name, "file", content))
    return tar(entries)


def test_a_name_that_is_twice_in_an_archive_with_two_contents(tmp_path: Path) -> None:
    one = image([LAYERS[0]])
    path = docker_archive(tmp_path / "saved.tar", {"a/b:1": one})
    with tarfile.open(path, "a") as saved:
        saved.addfile(_sized("manifest.json", 2), io.BytesIO(b"[]"))

    with pytest.raises(InputError, match=r"two different manifest\.json"):
        open_image(str(path))


def _sized(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    return info


# What is no image


def _with(tmp_path: Path, manifest: dict[str, Any]) -> Path:
    one = image(LAYERS)
    value = {**json.loads(one.manifest), **manifest}
    value = {name: each for name, each in value.items() if each is not ...}
    kind = value.get("mediaType", "")
    media = kind if isinstance(kind, str) else ""
    made = Image(media, encode(value), one.config, one.layers, {})
    return layout(tmp_path / "image", {"": made})


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"schemaVersion": 1}, "manifest of schema 1"),
        ({"mediaType": f"{DOCKER}distribution.manifest.v1+prettyjws"}, "manifest of schema 1"),
        ({"artifactType": "application/vnd.example.sbom"}, "an OCI artifact of type"),
        ({"config": {"mediaType": "application/vnd.cncf.helm.config.v1+json",
                     "digest": digest(b"{}"), "size": 2}}, "of type application/vnd.cncf"),
        ({"manifests": []}, "index and a manifest at once"),
        ({"Layers": []}, "'Layers' for 'layers': ambiguous"),
        ({"layers": 3}, "malformed"),
        ({"layers": ..., "config": ...}, "neither an image index nor an image manifest"),
    ],
)  # fmt: skip
def test_what_is_no_image_is_refused(tmp_path: Path, changed: dict[str, Any], told: str) -> None:
    path = _with(tmp_path, changed)

    with pytest.raises(InputError, match=told):
        open_image(str(path))


def test_an_index_that_is_called_a_manifest_is_refused(tmp_path: Path) -> None:
    index = Index([image(LAYERS)])
    path = layout(tmp_path / "image", {"latest": index})
    listed = json.loads((path / "index.json").read_bytes())
    listed["manifests"][0]["mediaType"] = f"{OCI}manifest.v1+json"
    (path / "index.json").write_bytes(encode(listed))

    with pytest.raises(InputError, match="of another kind: ambiguous"):
        open_image(str(path))


def test_a_foreign_layer_is_not_fetched(tmp_path: Path) -> None:
    one = image(LAYERS)
    manifest = json.loads(one.manifest)
    manifest["layers"][1]["urls"] = ["https://example.com/layer"]
    manifest["layers"][1]["mediaType"] = f"{OCI}layer.nondistributable.v1.tar+gzip"
    made = Image(one.media_type, encode(manifest), one.config, one.layers, one.platform)
    path = layout(tmp_path / "image", {"latest": made})
    (path / "blobs" / made.layers[1].digest.replace(":", "/")).unlink()

    with opened(path) as found:
        with pytest.raises(InputError, match="layer 2 is kept elsewhere"):
            found.layer(found.layers[1])
        with found.layer(found.layers[0]) as stream:
            assert stream.read() == one.layers[0].data


def test_null_is_absent() -> None:
    found = decode.decode(
        b'{"schemaVersion":2,"annotations":null,"config":{"urls":null,"digest":"x"},"layers":null}'
    )

    assert not found.annotations
    configuration = decode.configuration(
        b'{"os":"linux","config":{"Env":null,"Cmd":["a"]},"rootfs":{"diff_ids":null},"history":null}'
    )
    assert configuration.config is not None
    assert configuration.config.cmd == ("a",)


# Out of bounds


def test_links_in_a_layout_lead_nowhere(tmp_path: Path) -> None:
    built = build(tmp_path / "image", LAYERS)
    blob = built.path / "blobs" / built.config_digest.replace(":", "/")
    blob.unlink()
    blob.symlink_to("/etc/passwd")
    with pytest.raises(InputError, match="can not be opened"):
        open_image(str(built.path))

    (built.path / "blobs").rename(tmp_path / "elsewhere")
    (built.path / "blobs").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="not followed"):
        open_image(str(built.path))


def test_a_digest_is_no_way_out_of_the_layout(tmp_path: Path) -> None:
    path = layout(tmp_path / "image", {"latest": image(LAYERS)})
    listed = json.loads((path / "index.json").read_bytes())
    listed["manifests"][0]["digest"] = "sha256:../../../etc/passwd"
    (path / "index.json").write_bytes(encode(listed))

    with pytest.raises(InputError, match="no digest that can be checked"):
        open_image(str(path))


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert kind_of(str(tmp_path / "pipe")) is None
    with pytest.raises(InputError, match="no regular file"):
        open_image(f"docker-archive:{tmp_path}/pipe")


def test_documents_have_a_ceiling(tmp_path: Path) -> None:
    built = build(tmp_path / "image", LAYERS, config={"author": "x" * decode.CONFIG_BYTES})
    with pytest.raises(CeilingError, match="more than 8 MiB"):
        open_image(str(built.path))

    (built.path / "index.json").write_bytes(b" " * (decode.BYTES + 1))
    with pytest.raises(CeilingError):
        open_image(str(built.path))


def test_depth_has_a_ceiling() -> None:
    for data in (b"[" * 100_000, b'{"a":' * 100_000, b'{"config":' + b"[" * 50_000):
        with pytest.raises(InputError):
            decode.decode(data)


def test_a_compressed_archive_has_a_ceiling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "UNPACKED", 1 << 20)
    path = tmp_path / "bomb.tar.gz"
    path.write_bytes(gzip.compress(tar([("zeros", "file", bytes(2 << 20))])))

    with pytest.raises(CeilingError, match="unpacks to more than"):
        open_image(str(path))


def test_the_members_of_an_archive_have_a_ceiling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "LISTED", 100)
    path = tmp_path / "many.tar"
    path.write_bytes(tar([(f"link{n}", "symlink", "x") for n in range(101)]))

    with pytest.raises(CeilingError) as error:
        open_image(str(path))
    assert "tar:FILE" in error.value.advice
    with opened(f"tar:{path}") as found:
        assert blobs(found) == [path.read_bytes()]


@pytest.mark.parametrize("cut", [10, 300, 700, 5000])
def test_an_archive_that_was_cut_off(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "cut.tar"
    build(path, LAYERS, kind="docker-archive")
    path.write_bytes(path.read_bytes()[:cut])

    with pytest.raises(InputError):
        open_image(f"docker-archive:{path}")


# What a target is


def test_what_a_target_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    build(tmp_path / "layout", LAYERS)
    build(tmp_path / "saved.tar", LAYERS, kind="docker-archive")
    (tmp_path / "saved.tar.gz").write_bytes(gzip.compress((tmp_path / "saved.tar").read_bytes()))
    (tmp_path / "notes.gz").write_bytes(gzip.compress(b"notes"))
    (tmp_path / "root/etc").mkdir(parents=True)
    (tmp_path / "root/etc/os-release").write_text("ID=alpine\n")
    (tmp_path / "root/bin").mkdir()
    (tmp_path / "project").mkdir()
    (tmp_path / "nginx").mkdir()

    assert {
        target: kind_of(target)
        for target in (
            "layout", "saved.tar", "saved.tar.gz", "notes.gz", "root", "project", "nginx",
            "alpine", "team/app", "ghcr.io/a", "alpine:3.19",
            "example.com/a/b@sha256:" + "0" * 64, "registry:2",
            "registry:example.com/a", "docker://alpine", "oci:layout:x", "oci-archive:f",
            "docker-archive:f:a/b:1", "tar:f", "./missing", "../missing", "/missing", "Missing Dir",
            "image:$TAG", "missing/", "",
        )
    } == {
        "layout": "oci", "saved.tar": "archive", "saved.tar.gz": "archive", "notes.gz": None,
        "root": "rootfs", "project": None, "nginx": None,
        "alpine": None, "team/app": None, "alpine:3.19": "reference", "ghcr.io/a": "reference",
        "example.com/a/b@sha256:" + "0" * 64: "reference", "registry:2": "reference",
        "registry:example.com/a": "registry", "docker://alpine": "registry",
        "oci:layout:x": "oci", "oci-archive:f": "oci-archive",
        "docker-archive:f:a/b:1": "docker-archive", "tar:f": "tar", "./missing": None,
        "../missing": None, "/missing": None, "Missing Dir": None, "image:$TAG": None,
        "missing/": None, "": None,
    }  # fmt: skip


def test_what_can_not_be_opened_says_why(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()

    with pytest.raises(InputError, match="neither an OCI layout nor an archive"):
        open_image(str(tmp_path / "project"))
    with pytest.raises(UsageError, match="no file or folder"):
        open_image("./missing")
    with pytest.raises(InputError, match="no file or folder"):
        open_image("oci-archive:missing.tar:latest")


def test_variants_run_older_ones() -> None:
    assert platforms.suits(Platform("linux", "arm", "v6"), platforms.parse("linux/arm/v7"))
    assert not platforms.suits(Platform("linux", "arm", "v7"), platforms.parse("linux/arm/v6"))


# As others write them


@needs_shared
@needs_skopeo
@pytest.mark.parametrize("name", ["alpine-310", "alpine-311"])
def test_what_skopeo_writes_is_the_same_image(tmp_path: Path, name: str) -> None:
    assert SHARED
    saved = SHARED / f"data/images/{name}.tar.gz"
    with opened(saved) as found:
        expected, tars = found.config_digest, blobs(found)
        assert [digest(one) for one in tars] == [ref.diff_id for ref in found.layers]
    plain = tmp_path / "saved.tar"
    plain.write_bytes(gzip.decompress(saved.read_bytes()))

    for target in (f"oci:{tmp_path}/oci:it", f"oci-archive:{tmp_path}/oci.tar:it",
                   f"docker-archive:{tmp_path}/docker.tar:alpine:it"):  # fmt: skip
        _skopeo(f"docker-archive:{plain}", target)
        for spelled in (target, target.split(":")[1]):
            with opened(spelled) as found:
                assert not found.mismatches
                assert found.manifest.layers[0].size > 0
                if target.startswith("docker-archive"):
                    assert found.config_digest == expected
                    assert blobs(found) == tars
                else:
                    assert [ref.diff_id for ref in found.layers] == [digest(one) for one in tars]
                    assert [digest(one) for one in blobs(found)] == [
                        ref.descriptor.digest for ref in found.layers
                    ]


@needs_skopeo
def test_what_skopeo_copies_has_the_same_configuration(tmp_path: Path) -> None:
    built = build(tmp_path / "image", LAYERS)

    for target in (f"oci:{tmp_path}/o:it", f"oci-archive:{tmp_path}/o.tar:it"):
        _skopeo(f"oci:{built.path}:latest", target)
        with opened(target) as found:
            assert found.config_digest == built.config_digest
            assert found.manifest_digest == built.manifest_digest


def _skopeo(source: str, target: str) -> None:
    assert SKOPEO
    subprocess.run(
        [SKOPEO, "--insecure-policy", "copy", "-q", source, target], check=True, capture_output=True
    )


@pytest.mark.skipif(UMOCI is None, reason="umoci is not installed")
def test_what_umoci_writes_opens(tmp_path: Path) -> None:
    assert UMOCI
    at = f"{tmp_path}/made"
    (tmp_path / "file").write_text("x")
    for arguments in (
        ["init", "--layout", at],
        ["new", "--image", f"{at}:first"],
        ["insert", "--rootless", "--image", f"{at}:first", f"{tmp_path}/file", "/file"],
        ["config", "--image", f"{at}:first", "--config.user", "1000"],
    ):
        subprocess.run([UMOCI, *arguments], check=True, capture_output=True)

    with opened(at) as found:
        assert found.configuration.config is not None
        assert found.configuration.config.user == "1000"
        assert [digest(one) for one in blobs(found)] == [
            ref.descriptor.digest for ref in found.layers
        ]


def test_an_oci_archive_in_gzip(tmp_path: Path) -> None:
    one = image(LAYERS)
    path = oci_archive(tmp_path / "image.tar.gz", {"latest": one}, compression="gzip")

    with opened(path) as found:
        assert blobs(found) == [layer.data for layer in one.layers]
