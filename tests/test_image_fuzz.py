"""Whatever an index, manifest, configuration or archive holds: an error that says so, soon."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from growing import Work, linear, spelled, works
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from image_builder import Entry, Index, docker_archive, image, oci_archive

from keten.errors import InputError, UsageError
from keten.formats.oci import decode, platforms
from keten.formats.oci import digest as digests
from keten.transport.image import layout
from keten.transport.image.auth import challenges
from keten.transport.image.open import kind_of, open_image

LAYERS: list[list[Entry]] = [[("etc/os-release", "file", b"ID=debian\n")]]
ONE = image(LAYERS)
REAL = (ONE.manifest, ONE.config, Index([ONE]).data)
DECODERS: tuple[Callable[[bytes], Any], ...] = (
    decode.decode,
    decode.layout_index,
    decode.configuration,
    lambda data: layout.pick(data, ""),
    lambda data: layout.pick(data, "example.com/app:1"),
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
_KEYS = (
    "schemaVersion", "mediaType", "manifests", "config", "layers", "annotations", "subject",
    "digest", "size", "urls", "platform", "os", "architecture", "variant", "rootfs", "diff_ids",
    "history", "created_by", "empty_layer", "Env", "Cmd", "ExposedPorts", "Labels", "Healthcheck",
    "artifactType", "data", "Layers",
)  # fmt: skip
_SHAPED = st.recursive(
    _JSON,
    lambda inner: (
        st.dictionaries(st.sampled_from(_KEYS), inner, max_size=6) | st.lists(inner, max_size=3)
    ),
    max_leaves=10,
)


def _challenged(text: str) -> None:
    challenges(text)
    challenges("Bearer " + text)


def _quiet(decoder: Callable[[bytes], Any], data: bytes) -> None:
    with contextlib.suppress(InputError):
        decoder(data)


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_bytes(data: bytes) -> None:
    for decoder in DECODERS:
        _quiet(decoder, data)


@settings(deadline=None)
@given(_SHAPED)
def test_shapes(value: Any) -> None:
    for decoder in DECODERS:
        _quiet(decoder, json.dumps(value).encode())


@settings(deadline=None)
@given(st.data())
def test_mutations(data: st.DataObject) -> None:
    real = bytearray(data.draw(st.sampled_from(REAL)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(real) - 1))
        cut = data.draw(st.integers(0, 30))
        real[at : at + cut] = data.draw(st.binary(max_size=10))
        real = real or bytearray(b"{")
    for decoder in DECODERS:
        _quiet(decoder, bytes(real))


def _all(data: bytes) -> None:
    for decoder in DECODERS:
        _quiet(decoder, data)


HOSTILE = works(_all, {
    "lists": (lambda n: b"[" * n, 1_000_000),
    "objects": (lambda n: b'{"a":' * n, 500_000),
    "escapes": (lambda n: b'"' + b"\\u0000" * n + b'"', 500_000),
    "digits": (lambda n: b'{"schemaVersion":' + b"9" * n + b"}", 1_000_000),
    "a size": (lambda n: b'{"config":{"size":' + b"9" * n + b'},"layers":[]}', 100_000),
    "layers": (lambda n: b'{"config":{},"layers":[' + b"{}," * n + b"{}]}", 300_000),
    "manifests": (lambda n: b'{"manifests":[' + b"{}," * n + b"{}]}", 300_000),
    "digests": (lambda n: b'{"rootfs":{"diff_ids":[' + b'"",' * n + b'""]}}', 300_000),
    "history": (lambda n: b'{"history":[' + b"{}," * n + b"{}]}", 300_000),
    "annotations": (
        lambda n: b'{"annotations":{' + b",".join(b'"%d":""' % i for i in range(n)) + b"}}",
        100_000,
    ),
}) | {
    f"challenges {unit}": Work(spelled(unit), _challenged, 500_000, 1.0)
    for unit in ('a="', "a ", "a=", "\\", ", ")
}  # fmt: skip


@pytest.mark.parametrize("data", [b'{"os":"\xff"}', b"\xef\xbb\xbf{}", b"NaN", b""])
def test_odd(data: bytes) -> None:
    _all(data)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(name: str) -> None:
    work = HOSTILE[name]
    work.do(work.make(work.size // 10))
    linear(work)


@settings(deadline=None)
@given(st.text(max_size=100))
def test_names(text: str) -> None:
    for take in (digests.parse, platforms.parse, kind_of):
        with contextlib.suppress(InputError, UsageError):
            take(text)
    challenges(text)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_archives(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "image.tar"
    style = data.draw(st.sampled_from(["legacy", "flat", "both", "oci"]))
    if style == "oci":
        oci_archive(path, {"latest": ONE})
    else:
        docker_archive(path, {"a/b:1": ONE}, style=style)
    real = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(real) - 1))
        match data.draw(st.sampled_from(["cut", "change", "drop"])):
            case "cut":
                del real[max(1, at) :]
            case "change":
                change = data.draw(st.binary(min_size=1, max_size=12))
                real[at : at + len(change)] = change
            case _:
                del real[at : at + data.draw(st.integers(1, 600))]
        real = real or bytearray(b"x")
    path.write_bytes(real)
    for prefix in ("", "docker-archive:", "oci-archive:", "tar:"):
        with (
            contextlib.suppress(InputError, UsageError, OSError),
            contextlib.closing(open_image(f"{prefix}{path}")) as found,
        ):
            for ref in found.layers:
                with found.layer(ref) as stream:
                    while stream.read(1 << 16):
                        pass
