"""Layers are read once, checked, bounded; whatever bytes come, nothing else is raised."""

import bz2
import contextlib
import gzip
import hashlib
import io
import json
import lzma
import os
import struct
import subprocess
import sys
import tarfile
import textwrap
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
import zstandard
from growing import Work
from hypothesis import given, settings
from hypothesis import strategies as st

from keten.errors import InputError
from keten.formats.archives.members import Member
from keten.formats.oci.records import Descriptor
from keten.formats.oci.tree import Tree
from keten.transport.image.layers import LayerRecord, read_layer, refetch
from keten.transport.image.room import Cost, Room
from keten.transport.image.source import LayerRef

# ruff: noqa: E501 a bomb is a line

SRC = Path(__file__).parents[1] / "src"


class All:
    """Wants every file whole."""

    def __init__(self) -> None:
        self.heads: dict[str, bytes] = {}

    def wants(self, path: str, size: int, mode: int, head: bytes) -> bool:
        assert (size >= 0, mode >= 0) == (True, True)
        self.heads[path] = head
        return True

    def take(self, path: str, data: Any) -> dict[str, bytes] | None:
        if path.endswith("bad"):
            raise InputError("it is bad")
        return {"all": bytes(data)}


class Small(io.RawIOBase):
    """A stream that gives few bytes at a time."""

    def __init__(self, data: bytes, most: int) -> None:
        self._data, self._most = io.BytesIO(data), most

    def read(self, size: int = -1) -> bytes:
        return self._data.read(min(size, self._most) if size > 0 else self._most)


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def ref(blob: bytes, tar: bytes) -> LayerRef:
    return LayerRef(3, Descriptor("", digest(blob), len(blob)), digest(tar))


def sample(form: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a tar with something of everything."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for name, data in (
            ("etc/os-release", b"ID=x\n"), ("empty", b""), ("é/" + "n" * 90 + "/" + "m" * 90, b"long"),
            ("big", Random(1).randbytes(700_000)), ("usr/bin/bad", b"\x7fELF" + b"x" * 5000),
        ):  # fmt: skip
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.uid = len(data), 0o4755, 70_000
            if form == tarfile.PAX_FORMAT:
                info.pax_headers = {"SCHILY.xattr.security.capability": "\1\2"}
            tar.addfile(info, io.BytesIO(data))
        for kind, name, target in (
            (tarfile.SYMTYPE, "l", "t" * (90 if form == tarfile.USTAR_FORMAT else 150)),
            (tarfile.LNKTYPE, "h", "/big"),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            tar.addfile(info)
    return out.getvalue()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "gzip, members": lambda data: b"".join(
        gzip.compress(data[at : at + 9000]) for at in range(0, len(data), 9000)
    ),
    "gzip, padded": lambda data: gzip.compress(data) + bytes(1000),
    "zstd": zstandard.compress,
    "zstd, frames": lambda data: (
        b"\x50\x2a\x4d\x18" + struct.pack("<I", 3) + b"abc" + zstandard.compress(data[:5000])
        + b"\x5f\x2a\x4d\x18" + struct.pack("<I", 0) + zstandard.compress(data[5000:])
    ),
    "xz": lzma.compress,
    "bzip2": bz2.compress,
}  # fmt: skip


@pytest.mark.parametrize("most", [97, 1 << 18])
@pytest.mark.parametrize("packer", PACKERS)
def test_every_packing_gives_the_same(packer: str, most: int) -> None:
    tar = sample()
    blob = PACKERS[packer](tar)
    want = All()
    record = read_layer(Small(blob, most), ref(blob, tar), want)
    assert (record.mismatches, record.complete, record.unpacked) == ((), True, len(tar))
    assert [(one.path, one.what) for one in record.problems] == [("usr/bin/bad", "it is bad")]
    found = list(record.members)
    assert [one.path for one in found[:3]] == [
        "etc/os-release",
        "empty",
        f"é/{'n' * 90}/{'m' * 90}",
    ]
    assert found[3] == Member("big", ord("f"), 0o4755, 70_000, 0, 700_000, capable=True)
    assert (found[5].target, found[6].target) == ("t" * 150, "big")
    assert record.kept[0] == {"all": b"ID=x\n"}
    assert record.kept[1] == {"all": b""}
    assert record.kept[3] == {"all": Random(1).randbytes(700_000)}
    assert want.heads["big"] == Random(1).randbytes(700_000)[:4096]
    stored = msgspec.msgpack.encode(record)
    assert msgspec.msgpack.decode(stored, type=LayerRecord) == record
    assert refetch(io.BytesIO(blob), ref(blob, tar), {2}) == {2: b"long"}


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_other_formats(form: int) -> None:
    tar = sample(form)
    record = read_layer(io.BytesIO(tar), ref(tar, tar), All())
    assert [one.path for one in record.members][2] == f"é/{'n' * 90}/{'m' * 90}"
    assert Tree([record.members]).resolve("h") == "h"


def test_what_does_not_match_counts_for_nothing() -> None:
    tar = sample()
    blob = gzip.compress(tar)
    right = ref(blob, tar)
    for wrong, what in (
        (LayerRef(3, Descriptor("", digest(b""), len(blob)), digest(tar)), digest(blob)),
        (LayerRef(3, Descriptor("", digest(blob), 7), digest(tar)), f"{len(blob)} bytes"),
        (LayerRef(3, right.descriptor, digest(b"")), digest(tar)),
    ):
        record = read_layer(io.BytesIO(blob), wrong, All())
        assert [one.found for one in record.mismatches] == [what]
        assert (record.members.count, record.kept, record.complete) == (0, {}, False)
        with pytest.raises(InputError, match="changed"):
            refetch(io.BytesIO(blob), wrong, {0})


def test_another_algorithm() -> None:
    tar = sample()
    said = "sha512:" + hashlib.sha512(tar).hexdigest()
    right = LayerRef(0, Descriptor("", said, len(tar)), digest(tar))
    assert read_layer(io.BytesIO(tar), right, All()).mismatches == ()


@pytest.mark.parametrize("packer", ["plain", "gzip", "zstd"])
def test_a_layer_that_breaks_off(packer: str) -> None:
    tar = sample()
    blob = PACKERS[packer](tar)[:9000]
    record = read_layer(io.BytesIO(blob), LayerRef(1, Descriptor(), ""), All())
    assert not record.complete
    assert "layer 2 can not be read to its end" in record.problems[-1].what
    assert record.members.count == (0 if packer == "zstd" else 4)  # zstd: not even a block


def test_errors_of_the_stream_go_through() -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:  # noqa: ARG002 as the stream's
            raise OSError("the line is cut")

    with pytest.raises(OSError, match="cut"):
        read_layer(Broken(), LayerRef(0, Descriptor(), ""), All())


def test_sparse_files_of_gnu_tar(tmp_path: Path) -> None:
    with (tmp_path / "holes").open("wb") as out:
        for at in (0, 300_000, 1_000_000):
            out.seek(at)
            out.write(b"data" * 1024)
        out.truncate(2_000_000)
    (tmp_path / "after").write_bytes(b"after")
    whole = (tmp_path / "holes").read_bytes()
    for form in (
        ["--format=gnu"],
        *(["--format=pax", f"--sparse-version={v}"] for v in ("0.0", "0.1", "1.0")),
    ):
        tar = subprocess.run(
            ["tar", "-C", str(tmp_path), "--sparse", *form, "-cf", "-", "holes", "after"],
            check=True, capture_output=True,
        ).stdout  # fmt: skip
        assert len(tar) < 100_000
        want = All()
        record = read_layer(io.BytesIO(tar), LayerRef(0, Descriptor(), ""), want)
        assert record.problems == ()
        assert [(one.path, one.size) for one in record.members] == [
            ("holes", len(whole)),
            ("after", 5),
        ]
        assert record.kept[0]["all"] == whole
        assert record.kept[1]["all"] == b"after"
        assert want.heads["holes"] == whole[:4096]


def test_odd_headers() -> None:
    def header(name: bytes, size: bytes, flag: bytes = b"0", rest: bytes = b"") -> bytes:
        block = bytearray(512)
        block[: len(name)] = name
        block[100:124] = b"0000644\x000000000\x000000000\x00"
        block[124 : 124 + len(size)] = size
        block[148:156] = b" " * 8
        block[156:157] = flag
        block[257 : 257 + len(rest)] = rest
        block[148:156] = b"%06o\0 " % sum(block)
        return bytes(block)

    tar = (
        header(b"old/", b"0", b"\0") + header(b"v7", b"5", b"\0") + b"12345".ljust(512, b"\0")
        + header(b"binary", b"\x80" + (3).to_bytes(11, "big")) + b"abc".ljust(512, b"\0")
        + header(b"\xff\xfe", b"0") + header(b"n", b"0", b"0", b"ustar\x0000" + bytes(80) + b"prefix")
        + header(b"globally", b"20", b"g") + b"20 path=nowhere\n".ljust(512, b"\0")
        + header(b"last", b"0") + bytes(1024) + b"not looked at" * 100
    )  # fmt: skip
    record = read_layer(io.BytesIO(tar), LayerRef(0, Descriptor(), ""), All())
    assert [(one.path, chr(one.kind), one.size) for one in record.members] == [
        ("old", "d", 0), ("v7", "f", 5), ("binary", "f", 3), ("\\xff\\xfe", "f", 0),
        ("prefix/n", "f", 0), ("last", "f", 0),
    ]  # fmt: skip
    assert record.complete


def test_against_tarfile_and_its_signed_sums() -> None:
    block = bytearray(sample(tarfile.GNU_FORMAT)[:512])
    block[0:2] = b"\xc3\xa9"
    block[148:156] = b" " * 8
    signed = sum(byte - 256 if byte > 127 else byte for byte in block)
    block[148:156] = b"%06o\0 " % signed
    tar = bytes(block) + bytes(1536)
    record = read_layer(io.BytesIO(tar), LayerRef(0, Descriptor(), ""), All())
    assert [one.path for one in record.members] == ["éc/os-release"]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_the_bytes(data: st.DataObject) -> None:
    tar = bytearray(data.draw(st.sampled_from(FUZZED)))
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(tar) - 1))
        if data.draw(st.booleans()):
            piece = data.draw(st.binary(max_size=12))
            tar[at : at + len(piece)] = piece
        else:
            del tar[at : at + data.draw(st.integers(1, 600))]
        if not tar:
            break
    for start in range(0, len(tar) - 511, 512):  # make the sums hold, so that more is reached
        if tar[start + 257 : start + 262] == b"ustar":
            tar[start + 148 : start + 156] = b" " * 8
            tar[start + 148 : start + 156] = b"%06o\0 " % sum(tar[start : start + 512])
    blob = PACKERS[data.draw(st.sampled_from(("plain", "gzip", "zstd")))](bytes(tar))
    if data.draw(st.booleans()):
        blob = blob[: data.draw(st.integers(0, len(blob)))]
    record = read_layer(io.BytesIO(blob), LayerRef(0, Descriptor(), ""), All())
    assert record.complete or record.problems
    for _ in Tree([record.members]):
        pass


@given(
    st.binary(max_size=3000),
    st.sampled_from((b"", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"BZh9", b"\xfd7zXZ\0")),
)
def test_no_layer_at_all(data: bytes, head: bytes) -> None:
    record = read_layer(io.BytesIO(head + data), LayerRef(0, Descriptor(), ""), All())
    assert record.complete or record.problems


def _sparse_samples() -> tuple[bytes, ...]:
    records = b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n24 GNU.sparse.name=file\n28 GNU.sparse.realsize=900\n"
    head = bytearray(sample(tarfile.USTAR_FORMAT)[:512])

    def block(name: bytes, size: int, flag: bytes) -> bytes:
        one = bytearray(head)
        one[:100] = name.ljust(100, b"\0")
        one[124:136] = b"%011o\0" % size
        one[156:157] = flag
        one[148:156] = b" " * 8
        one[148:156] = b"%06o\0 " % sum(one)
        return bytes(one)

    body = b"1\n10\n5\n".ljust(512, b"\0") + b"12345".ljust(512, b"\0")
    return (
        block(b"x", len(records), b"x") + records.ljust(512, b"\0") + block(b"s", 517, b"0") + body,
    )


FUZZED = (
    sample(tarfile.PAX_FORMAT)[:20_000], sample(tarfile.GNU_FORMAT)[:9_000], *_sparse_samples(),
)  # fmt: skip

# Each bomb runs alone, so that its memory is its own. It writes ``blob``.
BOMBS = {
    "gzip of zeros": "import zlib; c = zlib.compressobj(9, 8, 31); z = bytes(1 << 20)\n"
    "out.write(b''.join(c.compress(z) for _ in range(many(1200))) + c.flush())",
    "gzip of an endless file": "import zlib; c = zlib.compressobj(9, 8, 31); z = bytes(1 << 20)\n"
    "out.write(c.compress(member('f', size=8 << 30)) + b''.join(c.compress(z) for _ in range(many(1200))) + c.flush())",
    "zstd of zeros": "import zstandard; c = zstandard.ZstdCompressor(1).compressobj(); z = bytes(1 << 20)\n"
    "out.write(b''.join(c.compress(z) for _ in range(many(1200))) + c.flush())",
    "a million members": "import zlib; c = zlib.compressobj(1, 8, 31)\n"
    "for n in range(many(600_000)): out.write(c.compress(member(f'd{n % 1000}/f{n}')))\nout.write(c.flush())",
    "a million folders": "import zlib; c = zlib.compressobj(1, 8, 31)\n"
    "for n in range(many(600_000)): out.write(c.compress(member(f'd{n}', kind=b'5')))\nout.write(c.flush())",
    "a million gzip members": "import gzip; out.write(gzip.compress(b'') * many(1_000_000))",
    "pax records": "r = b'5 a=\\n' * 200_000\n"
    "for n in range(many(60)): out.write(member('x', kind=b'x', size=len(r)) + r + bytes(-len(r) % 512) + member(f'f{n}'))",
    "a pax header of 4 GB": "out.write(member('x', kind=b'x', size=4 << 30) + bytes(1 << 20))",
    "a file that lies about its size": "out.write(member('f', size=(1 << 33) - 1) + bytes(1 << 20))",
    "a sparse file of 7 TB": "r = b''\n"
    "for k, v in (('major', 1), ('minor', 0), ('name', 'f'), ('realsize', 7 << 40)):\n"
    "    t = f' GNU.sparse.{k}={v}\\n'; r += f'{len(t) + 2}{t}'.encode()\n"
    "out.write(member('x', kind=b'x', size=len(r)) + r.ljust(512, b'\\0') + member('f', size=512) + b'0\\n'.ljust(512, b'\\0') + member('g'))",
    "links in a circle": "for n in range(many(30_000)): out.write(member(f'l{n}', kind=b'2', link=f'l{(n + 1) % many(30_000)}') + member(f'l{n}/f'))",
    "links that grow": "out.write(member('a', kind=b'2', link='b/' * 49))\n"
    "for n in range(many(250)): out.write(member('b', kind=b'2', link='c/../' * 19))\n"
    "for n in range(many(100_000)): out.write(member('q', kind=b'2', link=f'{n}') + member(f'a/{n}'))",
    "hard links out of the root": "for n in range(many(1000)): out.write(member(f'h{n}', kind=b'1', link='../' * 30 + 'etc/passwd'))",
    "devices": "for n in range(many(1000)): out.write(member(f'd{n}', kind=b'34'[n % 2:n % 2 + 1]))",
    "deep folders": "out.write(member('d', kind=b'5'))\n"
    "for n in range(many(200_000)): out.write(member('l', kind=b'2', link='l2') + member('a/' * 45 + 'f'))",
    "whiteouts of all": "for n in range(many(2000)): out.write(member(f'f{n}'))\n"
    "for n in range(many(20_000)): out.write(member('.wh..wh..opq'))",
}  # fmt: skip
MEMBER = """
def member(name, kind=b'0', size=0, link=''):
    b = bytearray(512)
    b[:len(name)] = name.encode()
    b[100:124] = b'0000644\\0' b'0000000\\0' b'0000000\\0'
    b[124:136] = b'%011o\\0' % size if size < 1 << 33 else b'\\x80' + size.to_bytes(11, 'big')
    b[148:157] = b' ' * 8 + kind
    b[157:157 + len(link)] = link.encode()
    b[257:265] = b'ustar\\x0000'
    b[148:156] = b'%06o\\0 ' % sum(b)
    return bytes(b)
"""
RUN = """
import json, sys
from keten.errors import InputError
from keten.formats.oci.records import Descriptor
from keten.formats.oci.tree import Tree
from keten.transport.image.layers import read_layer
from keten.transport.image.source import LayerRef
class All:
    def wants(self, path, size, mode, head): return True
    def take(self, path, data): return {'': bytes(data[:100])}
with open(sys.argv[1], 'rb', buffering=0) as blob:
    record = read_layer(blob, LayerRef(0, Descriptor(), ''), All())
problems = [one.what for one in record.problems]
try:
    tree = Tree([record.members])
    problems += [one.why for one in tree.refused]
except InputError as error:
    problems.append(error.what)
(peak,) = (x.split()[1] for x in open('/proc/self/status') if x.startswith('VmHWM'))
print(json.dumps([int(peak) >> 10, record.members.count, problems[:3]]))
"""
# Read in full within the bars: where a path lies behind links is looked up once and remembered.
HARMLESS = {"devices", "whiteouts of all", "deep folders", "links that grow"}


def blob(bomb: str, percent: int) -> bytes:
    """Return a bomb, or a part of it."""
    out = io.BytesIO()
    names = {"out": out, "many": lambda count: count * percent // 100}
    exec(MEMBER + textwrap.dedent(BOMBS[bomb]), names)
    return out.getvalue()


def _merged(data: bytes) -> None:
    record = read_layer(io.BytesIO(data), LayerRef(0, Descriptor(), ""), All())
    with contextlib.suppress(InputError):
        Tree([record.members])


HOSTILE = {bomb: Work(partial(blob, bomb), _merged, 100, 10) for bomb in BOMBS}
QUICK = {"pax records", "links in a circle", "hard links out of the root", "devices"}


@pytest.mark.parametrize(
    "bomb", [pytest.param(b, marks=() if b in QUICK else pytest.mark.slow) for b in BOMBS]
)
def test_bombs(tmp_path: Path, bomb: str) -> None:
    (tmp_path / "blob").write_bytes(blob(bomb, 20 if bomb == "pax records" else 100))
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path / "blob")],
        check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(SRC)},
    )  # fmt: skip
    memory, members, problems = json.loads(done.stdout)
    assert memory < 256, (memory, members, problems)
    assert problems or bomb in HARMLESS


def test_the_ratio_spares_what_is_small() -> None:
    blob = gzip.compress(bytes(50_000_000))
    ref = LayerRef(0, Descriptor("", "", len(blob)), digest(b""))
    record = read_layer(io.BytesIO(blob), ref, All(), Room(free=1 << 20))
    assert "more than a layer may" in record.problems[0].what
    assert record.mismatches == ()


def test_past_a_ceiling_the_blob_is_still_hashed() -> None:
    """What a manifest says of a blob is checked to its end, though no more of it is unpacked."""
    blob = gzip.compress(tarfile.TarInfo("f").tobuf() * 100_000, mtime=0)
    for said, wrong in ((digest(blob), 0), (digest(b"another"), 1)):
        ref = LayerRef(0, Descriptor("", said, len(blob)), digest(b"another"))
        record = read_layer(io.BytesIO(blob), ref, All(), Room(members=4000))
        assert (record.digest, record.size) == (digest(blob), len(blob))
        assert len(record.mismatches) == wrong
        assert record.members.count == (0 if wrong else 4097)
        assert not record.complete
        assert record.cost.members == 4097


def test_a_layer_that_is_another_costs_what_it_took() -> None:
    """Nothing of it counts, but it was walked: else a thousand of them would be free."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for number in range(10):
            made.addfile(tarfile.TarInfo(f"f{number}"))
    tar = out.getvalue()
    ref = LayerRef(0, Descriptor("", digest(b"another"), len(tar)), "")
    record = read_layer(io.BytesIO(tar), ref, All())
    assert record.members.count == 0
    room = Room()
    room.spend(record)
    assert room.members == Room().members - 10
    assert room.held < Room().held


def test_layers_share_their_room() -> None:
    """What one layer takes the next has no more; most of what is left, never all of it."""
    room = Room()
    one = LayerRecord("", 10, "", 300 << 20, cost=Cost(1, 70 << 20, 70 << 20))
    assert room.fits(one)
    room.spend(one)
    assert not room.fits(one)
    assert room.share.kept < (96 - 70) << 20
    assert room.free < 213 << 20
    room.spend(LayerRecord("", 1 << 20, "", 20 << 20))
    assert room.free < 213 << 20  # what its size allows is not given to others


class First(All):
    """Keeps the first byte of each file."""

    def take(self, path: str, data: Any) -> dict[str, bytes]:
        return {path[:1]: bytes(data[:1])}


def test_holes_are_not_read_without_end() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for number in range(3):
            info = tarfile.TarInfo(f"h{number}")
            data = b"1\n0\n0\n".ljust(512, b"\0")
            info.size = len(data)
            info.pax_headers = {
                "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": info.name,
                "GNU.sparse.realsize": str(100 << 20),
            }  # fmt: skip
            made.addfile(info, io.BytesIO(data))
    data = out.getvalue()
    record = read_layer(io.BytesIO(data), LayerRef(0, Descriptor("", "", len(data)), ""), First())
    assert [p.path for p in record.problems] == ["h1", "h2"]
    assert {p.need for p in record.problems} == {"installed"}
