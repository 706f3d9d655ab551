"""Readers of installed packages on bytes from outside: they end, and raise only InputError."""

import io
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import pytest
from growing import Work, linear, repeated
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from installed_files import FILES, jar, lying, pom

from keten import plugs
from keten.errors import CeilingError, InputError
from keten.formats import gemspec
from keten.formats.archives import java_archive, zip  # noqa: A004 the format's name
from keten.model.delivery import Package
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.testing.examples import Memory

FUZZ = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
PIECES = [b"[", b"{", b'"', b"'", b"\n", b"]", b"}", b":", b"%q<", b"\x00", b"\xff", b"PK\1\2",
          b"PK\5\6", b"\n ", b"9" * 5000, b"Name: ", b"\xff\xff\xff\xff"]  # fmt: skip
BYTES = 256 << 20
_SRC = Path(__file__).parents[1] / "src"


def outcome(plug: str, data: bytes, path: str = "") -> Facts:
    """Return what a reader says of bytes, sifted where it sifts; no facts for InputError."""
    reader = plugs.load(Reader, plug)
    path = path or FILES[plug][0]
    try:
        if reader.sift is not None:
            data = reader.sift(data, path) if reader.sift_path else reader.sift(data)
        return reader.read(Source(path, data, Memory({path: data})))
    except InputError:
        return Facts()


@pytest.mark.parametrize("plug", FILES)
@FUZZ
@given(data=st.binary(max_size=300))
def test_any_bytes(plug: str, data: bytes) -> None:
    outcome(plug, data)


@pytest.mark.parametrize("plug", FILES)
@FUZZ
@given(choice=st.data())
def test_mutated_files(plug: str, choice: st.DataObject) -> None:
    data = bytearray(FILES[plug][1])
    for _ in range(choice.draw(st.integers(1, 4))):
        start = choice.draw(st.integers(0, len(data)))
        end = choice.draw(st.integers(start, min(len(data), start + 40)))
        data[start:end] = choice.draw(st.sampled_from(PIECES) | st.binary(max_size=8))

    facts = outcome(plug, bytes(data))

    msgspec.msgpack.encode(facts)
    assert all(node.purl.startswith("pkg:") for node in facts.nodes if isinstance(node, Package))


@FUZZ
@given(data=st.binary(max_size=200))
def test_any_sifted_bytes(data: bytes) -> None:
    try:
        java_archive.decode(data)
    except InputError:
        return


HUGE: dict[str, tuple[Callable[[int], bytes], int]] = {
    "a line": (repeated(b"a"), 5_000_000),
    "a header": (repeated(b"a", before=b"Name: "), 5_000_000),
    "continuations": (repeated(b" x\n", before=b"Name: a\n"), 500_000),
    "headers": (repeated(b"Requires-Dist: a\n"), 300_000),
    "quotes": (repeated(b'\\"', before=b'  s.licenses = ["'), 1_000_000),
    "literals": (repeated(b'"a", ', before=b"  s.authors = ["), 500_000),
    "opened": (repeated(b"["), 200_000),
    "objects": (repeated(b'{"a":'), 200_000),
    "brackets": (repeated(b"%q<"), 500_000),
    "terms": (repeated(b"{application,"), 200_000),
    "blanks": (repeated(b" ", after=b"{vsn"), 2_000_000),
    "settings": (repeated(b"package = "), 300_000),
    "ends": (repeated(b"PK\5\6"), 300_000),
    "directories": (repeated(b"PK\1\2"), 300_000),
}
HOSTILE = {
    f"{plug}: {case}": Work(make, partial(outcome, plug), size, 2)
    for plug in FILES
    for case, (make, size) in HUGE.items()
}


@pytest.mark.parametrize("plug", FILES)
def test_what_is_huge_takes_steps_by_its_size(plug: str) -> None:
    for case in HUGE:
        work = HOSTILE[f"{plug}: {case}"]
        work.do(work.make(work.size // 10))
        linear(work)


def problems(data: bytes) -> list[str]:
    return [what for _, what in java_archive.decode(java_archive.sift(data)).problems]


def nested(depth: int, inner: bytes = b"") -> bytes:
    data = inner or jar(pom("org.x", "deep", "1"))
    for level in range(depth):
        data = jar({f"level{level}.jar": data})
    return data


def zeros(size: int) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file,
        file.open("META-INF/MANIFEST.MF", "w", force_zip64=True) as entry,
    ):
        entry.write(b"Manifest-Version: 1.0\r\nImplementation-Version: 1.0\r\n")
        for _ in range(size >> 20):
            entry.write(b"\r\n" + bytes(1 << 20)[2:])
    return out.getvalue()


def test_archives_nested_too_deep() -> None:
    found = java_archive.decode(java_archive.sift(nested(100)))

    assert len(found.archives) == java_archive.MAX_DEPTH + 1
    assert [what for _, what in found.problems] == ["archives nested deeper than 8 are not read"]
    assert not problems(nested(java_archive.MAX_DEPTH))


def test_a_manifest_of_100_mb_is_read_at_its_head() -> None:
    found = java_archive.decode(java_archive.sift(zeros(100 << 20)))

    assert found.archives[0].manifest == {"implementation-version": "1.0"}


@pytest.mark.parametrize("size", [1, 10_000_000, 0xFFFFFFF0])
def test_sizes_that_lie(size: int) -> None:
    data = lying("META-INF/maven/a/b/pom.properties", b"groupId=a" * 50_000, size=size)

    assert len(problems(data)) == 1


def test_a_bomb_within() -> None:
    assert "200 to 1" in problems(jar({"a.jar": bytes(80 << 20)}))[0]
    assert "held" in problems(jar({"a.jar": bytes(java_archive.MAX_HELD + 1)}))[0]


def test_encrypted_and_unknown_entries() -> None:
    data = bytearray(jar(pom("a", "b", "1")))
    at = data.index(b"PK\1\2")
    data[at + 8] |= 1
    assert "encrypted" in problems(bytes(data))[0]
    data[at + 8] = 0
    data[at + 10] = 99
    assert "method 99" in problems(bytes(data))[0]


def test_too_many_entries() -> None:
    data = bytearray(jar({"a": b""}))
    at = data.index(b"PK\5\6")
    data[at + 8 : at + 12] = b"\xfe\xff\xfe\xff"
    with pytest.raises(InputError):
        java_archive.sift(bytes(data))
    with pytest.raises(CeilingError):
        list(zip.members(bytes(data), limit=1000))


def test_what_stands_before_an_archive() -> None:
    plain = jar(pom("a", "b", "1"))

    for data in (b"#!/bin/sh\nexec java -jar $0\n" + plain, plain):
        found = java_archive.decode(java_archive.sift(data))
        assert [one.artifact for one in found.archives[0].poms] == ["b"]


def test_entries_of_more_than_32_bits() -> None:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w") as file,
        file.open("META-INF/maven/a/b/pom.properties", "w", force_zip64=True) as entry,
    ):
        entry.write(pom("a", "b", "1").popitem()[1])
    found = java_archive.decode(java_archive.sift(out.getvalue()))

    assert [one.artifact for one in found.archives[0].poms] == ["b"]


def many(count: int) -> bytes:
    one = jar(pom("a", "b", "1"), packed=False)
    return jar({f"lib/{number}.jar": one for number in range(count)})


def dense(parts: int = 3000) -> bytes:
    """Return an archive whose parts are packed as closely as is still let through."""
    noise = random.Random(1).randbytes(300 * parts)
    pad = b"".join(noise[at : at + 300] + bytes(29_700) for at in range(0, len(noise), 300))
    one = jar({**pom("a", "b", "1"), "x.bin": pad}, packed=False)
    return jar({f"{number}.jar": one for number in range(9)})


BOMBS: dict[str, Callable[[], bytes]] = {
    "nested": lambda: nested(100),
    "manifest": lambda: zeros(100 << 20),
    "zeros": lambda: jar({f"{number}.jar": bytes(30 << 20) for number in range(10)}),
    "dense": dense,
    "archives": lambda: many(6000),
    "wide and deep": lambda: nested(7, jar({f"{number}.jar": nested(3) for number in range(300)})),
}
_RUN = """
import sys
from keten.errors import InputError
from keten.formats.archives import java_archive
data = open(sys.argv[1], "rb").read()
try:
    found = java_archive.decode(java_archive.sift(data))
    said = len(found.problems)
except InputError as error:
    said = 1
# VmHWM is this program's own peak; getrusage tells that of who started it where it was more.
(peak,) = (line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak) << 10, said)
"""


def _bomb(name: str, _count: int) -> bytes:
    return BOMBS[name]()


HOSTILE |= {
    f"archive: {name}": Work(partial(_bomb, name), partial(outcome, "system/java-archive"), 1)
    for name in BOMBS
}


def test_what_is_unpacked_has_a_ceiling(monkeypatch: pytest.MonkeyPatch) -> None:
    data = dense(200)  # 54 MB
    assert not problems(data)
    monkeypatch.setattr(java_archive, "MAX_UNPACKED", 40 << 20)
    assert set(problems(data)) == {"more than 40 MiB unpacked from one file"}


@pytest.mark.parametrize(
    "name",
    [pytest.param(b, marks=pytest.mark.slow if b == "dense" else ()) for b in BOMBS],
)
def test_bombs(name: str, tmp_path: Path) -> None:
    file = tmp_path / "bomb.jar"
    file.write_bytes(BOMBS[name]())

    run = subprocess.run(
        [sys.executable, "-c", _RUN, str(file)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(_SRC)},
    )

    memory, said = run.stdout.split()
    assert int(memory) < BYTES
    assert int(said) or name == "manifest"


def test_a_gem_whose_lines_do_not_end() -> None:
    assert gemspec.parse(b"# stub: a 1 ruby lib\n" + b"x" * 100_000).name == "a"
