"""Go and Rust programs, ELF notes: read from files made by hand, and hostile ones."""

import json
import shutil
import tracemalloc
from contextlib import suppress
from functools import cache, partial
from mmap import mmap
from pathlib import Path

import executable_files as made
import pytest
from growing import Work
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keten import plugs
from keten.errors import InputError
from keten.formats.programs import cargo_auditable, elf, executable, go_buildinfo
from keten.model.delivery import Manifest, Package
from keten.model.facts import Facts
from keten.model.image import Symbols
from keten.model.plug import Reader, Source
from keten.testing.examples import Memory

MODULES = (
    "path\texample.org/shop/cmd/shop\n"
    "mod\texample.org/shop\tv1.4.2\th1:main=\n"
    "dep\tgolang.org/x/net\tv0.17.0\th1:net=\n"
    "dep\tgopkg.in/yaml.v3\tv3.0.1\th1:yaml=\n"
    "dep\texample.org/old\tv1.0.0\n"
    "=>\texample.org/new\tv1.1.0\th1:new=\n"
    "dep\texample.org/local\tv0.0.0\n"
    "=>\t./staging/local\t(devel)\t\n"
    "build\t-buildmode=exe\n"
    'build\t-ldflags="-s -w -X main.version=v9"\n'
    "build\tCGO_ENABLED=0\n"
    "build\tvcs.modified=true\n"
)
NAMES = (
    "net/http.(*Client).Do",
    "net/http.(*Client).Do.func1",
    "golang.org/x/net/http2.(*Framer).ReadFrame",
    "golang.org/x/net/http2.NewFramer.func2.1",
    "golang.org/x/net/http2.(*Framer).Close-fm",
    "gopkg.in/yaml%2ev3.(*Decoder).Decode",
    "example.org/shop/store.Sorted[...]",
    "example.org/shop/store.(*Tree[...]).Put",
    "example.org/other/thing.Do",
    "main.main",
    "type:.eq.[2]string",
    "go:buildid",
)


def facts(
    reader: str, data: bytes, path: str = "usr/bin/shop", files: Memory | None = None
) -> Facts:
    plug = plugs.load(Reader, reader)
    assert plug.sift is not None
    return plug.read(Source(path, plug.sift(data), files or Memory({})))


def packages(found: Facts) -> dict[str, Package]:
    return {node.purl: node for node in found.nodes if isinstance(node, Package)}


def symbols(found: Facts) -> Symbols:
    (node,) = [node for node in found.nodes if isinstance(node, Symbols)]
    return node


def go(version: str = "go1.22.3", text: str = MODULES, table: bytes | None = None) -> bytes:
    return made.elf(
        {
            ".text": b"\x90" * 64,
            ".gopclntab": made.pclntab(NAMES) if table is None else table,
            ".go.buildinfo": made.buildinfo(version, text),
        }
    )


def test_go_modules() -> None:
    found = facts("system/go-binary", go())
    assert sorted(packages(found)) == [
        "pkg:golang/example.org/local",
        "pkg:golang/example.org/new@v1.1.0",
        "pkg:golang/example.org/shop@v1.4.2",
        "pkg:golang/golang.org/x/net@v0.17.0",
        "pkg:golang/gopkg.in/yaml.v3@v3.0.1",
        "pkg:golang/stdlib@1.22.3",
    ]
    new = packages(found)["pkg:golang/example.org/new@v1.1.0"]
    assert (new.source, new.hashes, new.installed) == (
        "replaces example.org/old",
        ("h1:new=",),
        True,
    )
    assert packages(found)["pkg:golang/example.org/local"].source == "./staging/local"
    (manifest,) = [node for node in found.nodes if isinstance(node, Manifest)]
    assert manifest.settings["build"] == {
        "-buildmode": "exe",
        "-ldflags": "-s -w -X main.version=v9",
        "CGO_ENABLED": "0",
        "vcs.modified": "true",
    }
    assert not found.problems
    main = "package usr/bin/shop#pkg:golang/example.org/shop@v1.4.2"
    required = {edge.dst for edge in found.edges if edge.src == main}
    assert len(required) == 5


def test_go_functions() -> None:
    node = symbols(facts("system/go-binary", go()))
    assert node.complete
    assert node.functions == {
        "example.org/shop/store": "Sorted Tree.Put",
        "golang.org/x/net/http2": "Framer.Close Framer.ReadFrame NewFramer",
        "gopkg.in/yaml.v3": "Decoder.Decode",
        "main": "main",
        "net/http": "Client.Do",
    }


@pytest.mark.parametrize(
    "table",
    [
        made.pclntab(NAMES, magic=0xFFFFFFF0),
        made.pclntab(NAMES, magic=0xFFFFFFFA),
        made.pclntab12(NAMES),
    ],
    ids=["1.18", "1.16", "1.2"],
)
def test_go_older_tables(table: bytes) -> None:
    assert symbols(facts("system/go-binary", go(table=table))) == symbols(
        facts("system/go-binary", go())
    )


def test_go_without_section_headers() -> None:
    data = made.elf(
        {"data": made.buildinfo("go1.21.0", MODULES), "table": made.pclntab(NAMES)}, headers=False
    )
    found = facts("system/go-binary", data)
    assert "pkg:golang/stdlib@1.21.0" in packages(found)
    assert symbols(found).functions["net/http"] == "Client.Do"


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("big", [True, False])
def test_go_pointers(*, wide: bool, big: bool) -> None:
    """Before Go 1.18 the header points at two string headers."""
    width, order = (8 if wide else 4), "big" if big else "little"

    def number(value: int) -> bytes:
        return value.to_bytes(width, order)  # type: ignore[arg-type]

    text = made.framed(MODULES)
    blank = bytes(32)
    data = made.elf(
        {".go.buildinfo": blank, "s": b"S" * 64, "v": b"go1.17.13", "m": text}, wide=wide, big=big
    )
    spans = {span.name: span for span in executable.layout(data).sections}
    strings = spans["s"].address
    head = (
        made.MAGIC + bytes((width, int(big))) + number(strings) + number(strings + 2 * width)
    ).ljust(32, b"\0")
    places = (
        number(spans["v"].address) + number(9) + number(spans["m"].address) + number(len(text))
    ).ljust(64, b"S")
    data = made.elf(
        {".go.buildinfo": head, "s": places, "v": b"go1.17.13", "m": text}, wide=wide, big=big
    )
    found = packages(facts("system/go-binary", data))
    assert "pkg:golang/stdlib@1.17.13" in found
    assert "pkg:golang/golang.org/x/net@v0.17.0" in found


@pytest.mark.parametrize("make", [made.pe, made.macho])
def test_go_elsewhere(make: type) -> None:
    data = make(
        {
            "__go_buildinfo"[:8] if make is made.pe else "__go_buildinfo": made.buildinfo(
                "go1.22.0", MODULES
            )
        }
    )
    assert "pkg:golang/stdlib@1.22.0" in packages(facts("system/go-binary", data))


@pytest.mark.parametrize(
    ("version", "purl"),
    [
        ("go1.22.3", "pkg:golang/stdlib@1.22.3"),
        ("go1.21", "pkg:golang/stdlib@1.21"),
        ("go1.21rc2", "pkg:golang/stdlib@1.21.0-rc.2"),
        ("go1.20.12 X:strictfipsruntime", "pkg:golang/stdlib@1.20.12"),
        ("go1.19.6b7", "pkg:golang/stdlib@1.19.6"),
        ("go1.22.3-google", "pkg:golang/stdlib@1.22.3"),
        ("devel go1.23-abcdef Thu Jan 1", "pkg:golang/stdlib"),
    ],
)
def test_go_release(version: str, purl: str) -> None:
    found = facts("system/go-binary", go(version))
    assert purl in packages(found)
    assert bool(found.problems) == (purl == "pkg:golang/stdlib")


@pytest.mark.parametrize(
    ("stamped", "flags", "version"),
    [
        ("v1.2.3", "", "v1.2.3"),
        ("v1.2.3+dirty", "", "v1.2.3"),
        ("v0.0.0-20240101000000-0123456789ab", "", ""),
        ("v1.2.4-0.20240101000000-0123456789ab", "", ""),
        ("v2.0.0+incompatible", "", "v2.0.0+incompatible"),
        ("(devel)", "", ""),
        ("(devel)", "-X main.version=1.5.0", "v1.5.0"),
        ("(devel)", "-X 'example.org/shop/internal/version.Version=v1.5.0'", "v1.5.0"),
        ("(devel)", "-X main.version=v1.5.0-3-gabcdef1", ""),
        ("(devel)", "-X main.version=v1.5.0 -X main.Version=v1.6.0", ""),
        ("(devel)", "-X example.org/other.Version=v1.5.0", ""),
        ("(devel)", "-X main.goVersion=1.22.0", ""),
        ("(devel)", "-X main.version=dev", ""),
    ],
)
def test_go_main_version(stamped: str, flags: str, version: str) -> None:
    text = f"path\tx\nmod\texample.org/shop\t{stamped}\n"
    text += f"build\t-ldflags={json.dumps(flags)}\n" if flags else ""
    (main,) = [p for p in packages(facts("system/go-binary", go(text=text))).values() if p.direct]
    assert main.version == version


def test_go_functions_of_a_replaced_module_go_by_its_new_name() -> None:
    table = made.pclntab(["example.org/old/deep.Do", "example.org/local/x.Do"])
    assert symbols(facts("system/go-binary", go(table=table))).functions == {
        "example.org/local/x": "Do",
        "example.org/new/deep": "Do",
    }


def test_go_functions_that_were_inlined_are_not_known_before_1_16() -> None:
    assert not symbols(facts("system/go-binary", go("go1.15.15"))).complete


def test_go_before_modules() -> None:
    """Built in GOPATH mode: no module is named, the forge's repository is."""
    text = "path\tgithub.com/docker/cli/cmd/docker\n"
    flags = 'build\t-ldflags=" -X \\"github.com/docker/cli/cli/version.Version=28.2.2\\""\n'
    assert "pkg:golang/github.com/docker/cli@v28.2.2" in packages(
        facts("system/go-binary", go(text=text + flags))
    )
    assert sorted(packages(facts("system/go-binary", go(text="path\tcmd/vet\n")))) == [
        "pkg:golang/stdlib@1.22.3"
    ]


def test_go_without_functions_says_so() -> None:
    found = facts("system/go-binary", go(table=b"nothing"))
    assert not symbols(found).complete
    assert "which functions are linked is not known" in found.problems[0].what
    assert "pkg:golang/stdlib@1.22.3" in packages(found)


def test_no_go() -> None:
    plug = plugs.load(Reader, "system/go-binary")
    assert plug.sift is not None
    for data in (
        b"",
        b"\x7fELF",
        made.elf({".text": b"x"}),
        b"MZ",
        made.pe({"a": b"x"}),
        made.macho({}),
    ):
        assert plug.sift(data) == b""
    assert plug.read(Source("x", b"", Memory({}))) == Facts()


def test_every_buffer() -> None:
    data = go()
    plug = plugs.load(Reader, "system/go-binary")
    assert plug.sift is not None
    expected = plug.sift(data)
    assert expected
    with mmap(-1, len(data)) as pages:
        pages.write(data)
        assert plug.sift(pages) == expected
    assert plug.sift(memoryview(data)) == expected
    assert plug.sift(memoryview(b"x" + data)[1:]) == expected
    assert plug.sift(bytearray(data)) == expected


CRATES = json.dumps(
    {
        "packages": [
            {"name": "serde", "version": "1.0.0", "source": "crates.io"},
            {"name": "cc", "version": "1.0.1", "source": "crates.io", "kind": "build"},
            {
                "name": "shop",
                "version": "0.1.0",
                "source": "local",
                "dependencies": [0, 1, 3],
                "root": True,
            },
            {"name": "fork", "version": "2.0.0", "source": "git", "dependencies": [0]},
        ]
    }
)


@pytest.mark.parametrize("make", [made.elf, made.pe, made.macho])
def test_rust_crates(make: type) -> None:
    found = facts("system/rust-binary", make({".dep-v0": made.auditable(CRATES)}))
    crates = packages(found)
    assert sorted(crates) == [
        "pkg:cargo/cc@1.0.1",
        "pkg:cargo/fork@2.0.0",
        "pkg:cargo/serde@1.0.0",
        "pkg:cargo/shop@0.1.0",
    ]
    assert crates["pkg:cargo/cc@1.0.1"].development
    assert [crate.name for crate in crates.values() if not crate.installed] == ["cc"]
    assert crates["pkg:cargo/fork@2.0.0"].source == "git"
    assert crates["pkg:cargo/shop@0.1.0"].source == "path:."
    required = sorted((e.src[-12:], e.dst[-12:]) for e in found.edges if e.relation == "requires")
    assert len(required) == 4
    assert not found.problems


@pytest.mark.parametrize("wide", [True, False])
def test_of_several_architectures(*, wide: bool) -> None:
    """A Mach-O file with a program for each of two; the first says nothing."""
    program = made.macho({"__go_buildinfo": made.buildinfo("go1.22.0", MODULES)})
    crates = made.macho({".dep-v0": made.auditable(CRATES)})
    data = made.fat(made.macho({"__data": b"x"}), program, crates, wide=wide)

    assert "pkg:golang/stdlib@1.22.0" in packages(facts("system/go-binary", data))
    assert "pkg:cargo/serde@1.0.0" in packages(facts("system/rust-binary", data))
    for reader in ("system/go-binary", "system/rust-binary"):
        assert data.startswith(plugs.load(Reader, reader).magic)


def test_a_class_of_java_is_no_program() -> None:
    data = b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(100)
    assert not data.startswith(plugs.load(Reader, "system/go-binary").magic)
    assert list(executable.parts(data)) == [data]
    cut = made.fat(b"x" * 100)[:40]
    assert list(executable.parts(cut)) == []


def test_packed_with_upx() -> None:
    plain = made.elf({".text": b"\x90" * 64}, headers=False)
    for data in (plain.replace(b"\x90" * 4, b"UPX!", 1), plain + bytes(2000) + b"UPX!" + bytes(32)):
        found = facts("system/packed-program", data)
        assert [problem.path for problem in found.problems] == ["usr/bin/shop"]
        assert "packed with UPX" in found.problems[0].what
    others = (plain, made.elf({".rodata": b"UPX!"}), b"UPX!", b"\x7fELF")
    assert not any(facts("system/packed-program", data).problems for data in others)


@pytest.mark.parametrize(
    "packed",
    [b"no zlib", made.auditable("[]"), made.auditable("{"), made.auditable(CRATES)[:-8],
     made.auditable(" " * (9 << 20)), made.auditable("[" * 100_000)],
)  # fmt: skip
def test_rust_damaged(packed: bytes) -> None:
    with pytest.raises(InputError):
        cargo_auditable.crates(packed)


NOTE = made.note(
    b"FDO", 0xCAFE1A7E,
    b'{"type":"rpm","os":"fedora","osVersion":"39","name":"bash","version":"5.2-1.fc39",'
    b'"architecture":"x86_64"}\0',
)  # fmt: skip


def test_elf_note() -> None:
    data = made.elf({".note.gnu": made.note(b"GNU", 3, b"1234"), ".note.package": NOTE},
                    notes=[".note.gnu", ".note.package"])  # fmt: skip
    purl = "pkg:rpm/fedora/bash@5.2-1.fc39?arch=x86_64&distro=fedora-39"
    assert list(packages(facts("system/elf-notes", data))) == [purl]
    known = Memory({"var/lib/rpm/rpmdb.sqlite": b""})
    assert not facts("system/elf-notes", data, files=known).nodes
    assert not facts("system/elf-notes", made.elf({".text": b""})).nodes


@cache
def _real() -> bytes:
    """Return a small program of this machine, b"" where there is none in ELF."""
    for name in ("true", "cat", "sleep"):
        path = shutil.which(name)
        data = Path(path).read_bytes() if path else b""
        if data.startswith(b"\x7fELF") and len(data) < 1 << 20:
            return data
    return b""


def test_elf_of_this_machine() -> None:
    with pytest.raises(InputError):
        elf.needed(b"\x7fELF")
    assert elf.needed(made.elf({".text": b"x"})) == ()
    if not _real():
        pytest.skip("no ELF program here")
    assert any(name.startswith(("libc.", "ld-")) for name in elf.needed(_real()))
    assert elf.has(_real(), b".dynamic")
    assert not elf.has(_real(), b".go.buildinfo")
    assert any(item.name == b"GNU" for item in elf.notes(_real()))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 2000), st.sampled_from([b"\0", b"\xff" * 4, b"\xff" * 8, b"\x01"])
        ),
        min_size=1,
        max_size=8,
    ),
    st.booleans(),
)
def test_mutated_program_of_this_machine(edits: list[tuple[int, bytes]], end: bool) -> None:  # noqa: FBT001 hypothesis
    data = bytearray(_real())
    for at, text in edits:
        place = len(data) - 1 - at if end else at
        if 0 <= place < len(data):
            data[place : place + len(text)] = text
    _survives(bytes(data))


# --- hostile ---

READERS = (
    "system/go-binary", "system/rust-binary", "system/elf-notes", "system/classified",
    "system/packed-program", "system/dotnet-bundle",
)  # fmt: skip
REAL = (
    go(),
    made.elf({".dep-v0": made.auditable(CRATES), ".note.package": NOTE}, notes=[".note.package"]),
    made.elf({"data": made.buildinfo("go1.21.0", MODULES)}, headers=False),
    made.elf({".go.buildinfo": made.buildinfo("go1.21.0", MODULES)}, wide=False, big=True),
    made.pe({".data": made.buildinfo("go1.22.0", MODULES)}),
    made.macho({"__go_buildinfo": made.buildinfo("go1.22.0", MODULES)}),
    go(table=made.pclntab12(NAMES)),
    made.fat(made.macho({"__go_buildinfo": made.buildinfo("go1.22.0", MODULES)}), wide=True),
)


def _survives(data: bytes) -> None:
    for name in READERS:
        plug = plugs.load(Reader, name)
        assert plug.sift is not None
        with suppress(InputError):
            path = "usr/bin/python3.11"
            sifted = plug.sift(data, path) if plug.sift_path else plug.sift(data)
            plug.read(Source(path, sifted, Memory({})))
    for ask in (elf.layout, elf.notes, elf.needed, executable.layout):
        with suppress(InputError):
            ask(data)


@given(st.binary(max_size=300), st.sampled_from((b"", *executable.MAGIC)))
def test_any_bytes(data: bytes, magic: bytes) -> None:
    _survives(magic + data)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.sampled_from(REAL),
    st.lists(
        st.tuples(
            st.one_of(st.integers(0, 400), st.integers(0, 4000), st.integers(-900, -1)),
            st.sampled_from([b"\0", b"\xff", b"\xff" * 4, b"\xff" * 8, b"\0" * 8, b"\x7f", b"\x01",
                             b"\x00\x00\x00\x80", b"\xff\xff\xff\x7f", b"\xff" * 7 + b"\x7f"]),
        ),
        min_size=1, max_size=6,
    ),
    st.integers(0, 4000),
)  # fmt: skip
def test_mutated_files(data: bytes, edits: list[tuple[int, bytes]], cut: int) -> None:
    changed = bytearray(data)
    for at, text in edits:
        place = at % len(changed)
        changed[place : place + len(text)] = text
    _survives(bytes(changed[: len(changed) - cut // 8] if cut % 3 == 0 else changed))


@cache
def _lying() -> dict[str, bytes]:
    big = bytearray(go() + b"\0" * (2 << 20))
    many = bytearray(big)
    many[60:62] = b"\xff\xff"  # section headers
    many[56:58] = b"\xff\xff"  # program headers
    huge = bytearray(big)
    sections = int.from_bytes(huge[40:48], "little")
    for index in range(1, 5):
        at = sections + index * 64
        huge[at + 32 : at + 40] = b"\xff\xff\xff\xff\xff\xff\xff\x7f"  # sizes
    extended = bytearray(big)
    extended[60:62] = b"\0\0"
    extended[sections + 32 : sections + 40] = (1 << 60).to_bytes(8, "little")
    text = made.counted(b"go1.22") + b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f" + b"x" * (2 << 20)
    head = (made.MAGIC + bytes((8, 2))).ljust(32, b"\0")
    crowd = made.elf({"d": (made.MAGIC + b"xx") * (1 << 17)}, headers=False)
    names = made.elf({".gopclntab": made.pclntab([f"net/http.F{i}" for i in range(200_000)]),
                      ".go.buildinfo": made.buildinfo("go1.22.3", MODULES)})  # fmt: skip
    count = bytearray(made.pclntab12(NAMES))
    count[8:16] = (1 << 40).to_bytes(8, "little")
    return {
        "counts": bytes(many),
        "sizes": bytes(huge),
        "extended": bytes(extended),
        "varint": made.elf({".go.buildinfo": head + text}),
        "magics": crowd,
        "functions": names,
        "function count": go(table=bytes(count)),
        "brackets": go(
            table=made.pclntab(["a.b" + "[" * 1_000_000, "net/http.X" + "(*" * 500_000])
        ),
        "lines": go(text="dep\ta\n" * 49_000),
        "tabs": go(text="dep\t" + "\t" * 2_000_000 + "\n"),
        "flags": go(text="mod\ta\t(devel)\nbuild\t-ldflags=" + "-X " * 700_000 + "\n"),
        "bomb": made.elf({".dep-v0": made.auditable(" " * (100 << 20))}),
        "anchors": b"\x7fELF" + b"\x003." * 700_000,
        "prefix": b"\x7fELF" + b"\x003.11." * 500_000,
    }


def _lie(name: str, _count: int) -> bytes:
    return _lying()[name]


LYING = (
    "anchors", "bomb", "brackets", "counts", "extended", "flags", "function count", "functions",
    "lines", "magics", "prefix", "sizes", "tabs", "varint",
)  # fmt: skip
HOSTILE = {name: Work(partial(_lie, name), _survives, 1) for name in LYING}


@pytest.mark.parametrize("name", LYING)
def test_lying_headers_cost_little(name: str) -> None:
    assert _lying().keys() == set(LYING)
    data = _lying()[name]
    _survives(data)
    if name not in ("bomb", "functions", "sizes", "varint"):
        return  # tracing memory is slow, and these are the ones that ask for it
    tracemalloc.start()
    _survives(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 256 << 20


def test_go_ceiling_of_modules() -> None:
    with pytest.raises(InputError):
        go_buildinfo.parse("\n" * 60_000)


def test_a_replacement_of_what_was_not_read_is_a_fault() -> None:
    for first in ("dep\tbroken", "mod\tbroken"):
        build = go_buildinfo.parse(f"{first}\n=>\texample.org/new\tv1.1.0\th1:new=\n")
        assert build.modules == ()
        assert build.main is None
        assert len(build.faults) == 2
