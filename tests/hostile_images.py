"""Hostile images: each holds one good package in its first layer, and a bomb beside it.

What is good must be found whatever stands beside it: GOOD_PACKAGE, of which the advisory of
``bench/bad_input.py`` and of the tests says that it is vulnerable.
"""

# ruff: noqa: E501 an input is a line: broken up it would not be the input

import gzip
import hashlib
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from hostile_files import MB, Bad, Make

GOOD_PACKAGE = b"Metadata-Version: 2.1\nName: keten-good\nVersion: 1.0\n"
GOOD_PATH = "opt/app/lib/python3.12/site-packages/keten_good-1.0.dist-info/METADATA"
RELEASE = b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12"\n'
Chunks = Iterable[bytes]


def head(
    name: bytes, *, size: int = 0, kind: bytes = b"0", link: bytes = b"", mode: int = 0o644
) -> bytes:
    """Return one ustar header; names of at most 100 bytes."""
    made = bytearray(512)
    made[: len(name)] = name
    made[100:124] = b"%07o\0%07o\0%07o\0" % (mode, 0, 0)
    made[124:148] = (
        b"%011o\0" % size if size < 1 << 33 else b"\x80" + size.to_bytes(11, "big")
    ) + b"%011o\0" % 0
    made[156:157] = kind
    made[157 : 157 + len(link)] = link
    made[257:265] = b"ustar\x0000"
    made[148:156] = b" " * 8
    made[148:156] = b"%06o\0 " % sum(made)
    return bytes(made)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


def member(name: str | bytes, data: bytes = b"", **more: Any) -> bytes:
    """Return a member with its content; long names and links by GNU's headers."""
    raw = name if isinstance(name, bytes) else name.encode()
    link = more.pop("link", b"")
    made = b""
    for text, kind in ((raw, b"L"), (link, b"K")):
        if len(text) > 100:
            made += head(b"long", size=len(text), kind=kind) + padded(text)
    return made + head(raw[:100], size=len(data), link=link[:100], **more) + padded(data)


def good() -> bytes:
    return member("etc/os-release", RELEASE) + member(GOOD_PATH, GOOD_PACKAGE)


def _layer(blobs: Path, chunks: Chunks, *, packed: bool) -> tuple[dict[str, Any], str]:
    """Write one layer; return its descriptor and its diff ID."""
    diff, blob, size = hashlib.sha256(), hashlib.sha256(), 0
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    there = blobs / "new"
    with there.open("wb") as out:

        def put(data: bytes) -> None:
            nonlocal size
            size += len(data)
            blob.update(data)
            out.write(data)

        for chunk in chunks:
            diff.update(chunk)
            put(packer.compress(chunk) if packed else chunk)
        if packed:
            put(packer.flush())
    there.rename(blobs / blob.hexdigest())
    media = "application/vnd.oci.image.layer.v1.tar" + ("+gzip" if packed else "")
    return {
        "mediaType": media,
        "digest": f"sha256:{blob.hexdigest()}",
        "size": size,
    }, f"sha256:{diff.hexdigest()}"


def layout(
    at: Path, layers: Iterable[Chunks], *, packed: bool = True, repeat: int = 1, history: int = 0
) -> None:
    """Write an OCI layout to *at*: the good layer, then *layers*, the last one *repeat* times."""
    blobs = at / "blobs/sha256"
    blobs.mkdir(parents=True)
    made = [_layer(blobs, [good(), bytes(1024)], packed=True)]
    made += [_layer(blobs, layer, packed=packed) for layer in layers]
    made += made[-1:] * (repeat - 1)
    finish(at, made, history=history)


def finish(at: Path, made: list[tuple[dict[str, Any], str]], *, history: int = 0) -> None:
    """Write configuration, manifest and index over layers that were written."""
    blobs = at / "blobs/sha256"

    def document(value: object, media: str) -> dict[str, Any]:
        data = json.dumps(value).encode()
        name = hashlib.sha256(data).hexdigest()
        (blobs / name).write_bytes(data)
        return {
            "mediaType": f"application/vnd.oci.image.{media}.v1+json",
            "digest": f"sha256:{name}",
            "size": len(data),
        }

    config = document({
        "architecture": "amd64", "os": "linux", "config": {"User": "1000"},
        "rootfs": {"type": "layers", "diff_ids": [diff for _, diff in made]},
        "history": [{"created_by": f"RUN {n}"} for n in range(history)],
    }, "config")  # fmt: skip
    manifest = document({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config, "layers": [one for one, _ in made],
    }, "manifest")  # fmt: skip
    index = {"schemaVersion": 2, "manifests": [manifest]}
    (at / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (at / "index.json").write_text(json.dumps(index))


def image(*layers: Callable[[], Chunks], **more: Any) -> Make:
    """Return what makes a layout of *layers* in the folder ``image``."""

    def make(at: Path) -> None:
        layout(at / "image", (layer() for layer in layers), **more)

    return make


def files(
    count: int,
    name: str,
    data: bytes | Callable[[], bytes] = b"",
    *,
    kind: bytes = b"0",
    link: bytes = b"",
) -> Callable[[], Chunks]:
    """Return what yields *count* members whose names have their number at ``{}``."""

    def made() -> Iterator[bytes]:
        nonlocal data
        data = data if isinstance(data, bytes) else data()
        before, after = (part.encode() for part in name.split("{}"))
        blank = bytearray(head(before, size=len(data), kind=kind, link=link))
        base = sum(blank) - sum(blank[148:156]) + 256 + sum(after)
        body = padded(data)
        parts: list[bytes] = []
        for number in range(count):
            digits = b"%d" % number
            end = len(before) + len(digits)
            header = blank.copy()
            header[len(before) : end] = digits
            header[end : end + len(after)] = after
            header[148:156] = b"%06o\0 " % (base + sum(digits))
            parts += (bytes(header), body)
            if len(parts) > 2000:
                yield b"".join(parts)
                parts.clear()
        yield b"".join(parts) + bytes(1024)

    return made


def one(made: Callable[[], bytes]) -> Callable[[], Chunks]:
    """Return what yields a layer of the members that *made* gives."""
    return lambda: [made(), bytes(1024)]


def bytes_of(name: str, size: int, unit: bytes, **more: Any) -> Callable[[], Chunks]:
    """Return what yields one member of *size* bytes of *unit*."""

    def made() -> Iterator[bytes]:
        block = (unit * (MB // len(unit) + 1))[:MB]
        yield head(name.encode(), size=size, **more)
        for at in range(0, size, MB):
            yield block[: min(MB, size - at)]
        yield bytes(-size % 512 + 1024)

    return made


def _sparse(name: str, size: int) -> bytes:
    """Return a member of *size* bytes that are all holes (pax 1.0)."""
    records = b""
    for key, value in (
        ("GNU.sparse.major", "1"),
        ("GNU.sparse.minor", "0"),
        ("GNU.sparse.name", name),
        ("GNU.sparse.realsize", str(size)),
    ):
        record = f" {key}={value}\n"
        length = len(record) + 2
        records += f"{length if len(str(length)) == 2 else length + 1}{record}".encode()
    data = padded(b"1\n%d\n0\n" % size)
    return (
        head(b"pax", size=len(records), kind=b"x")
        + padded(records)
        + head(name.encode(), size=len(data))
        + data
    )


def _pax(record: bytes, count: int) -> Callable[[], Chunks]:
    """Return what yields *count* pax headers that each say *record* of a file."""

    def made() -> Iterator[bytes]:
        unit = head(b"pax", size=len(record), kind=b"x") + padded(record) + head(b"f")
        for _ in range(0, count, 500):
            yield unit * 500
        yield bytes(1024)

    return made


def jar(entries: dict[str, bytes], *, packed: bool = True) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(
        out, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED, compresslevel=9
    ) as made:
        for name, data in entries.items():
            made.writestr(name, data)
    return out.getvalue()


def nested_jar(depth: int, *, packed: bool) -> bytes:
    made = jar({"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\nImplementation-Title: x\n"})
    for _ in range(depth):
        made = jar(
            {
                "META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\n",
                "lib/inner.jar": made,
                "lib/inner2.jar": made[:100],
            },
            packed=packed,
        )
    return made


def wide_jar() -> bytes:
    """Return a jar of ten jars of ten jars of ten jars, each with a manifest of 20 MB of blanks."""
    made = jar({"META-INF/MANIFEST.MF": b" " * 20 * MB})
    for _ in range(3):
        made = jar({f"lib/{n}.jar": made for n in range(10)})
    return made


def crowded_zip(count: int) -> bytes:
    """Return a zip whose directory lists *count* members that all lie at its start."""
    entry = b"PK\1\2" + struct.pack(
        "<HHHHHHIIIHHHHHII", 20, 20, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0
    )
    names = b"".join(entry + b"a%07d" % n for n in range(count))
    return (
        b"PK\3\4"
        + bytes(26)
        + names
        + b"PK\5\6"
        + struct.pack("<HHHHIIH", 0, 0, count & 0xFFFF, count & 0xFFFF, len(names), 30, 0)
    )


def overlapping_zip() -> bytes:
    """Return a jar whose 20,000 manifests and poms are all one stream of 10 MB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packer.compress(b"version=1\n" * MB) + packer.flush()
    local = (
        b"PK\3\4"
        + struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0, 0, len(data), 10 * MB, 5, 0)
        + b"a.jar"
        + data
    )
    central = b""
    for n in range(20_000):
        name = b"META-INF/maven/g/a%05d/pom.properties" % n
        central += (
            b"PK\1\2"
            + struct.pack(
                "<HHHHHHIIIHHHHHII",
                20,
                20,
                0,
                8,
                0,
                0,
                0,
                len(data),
                10 * MB,
                len(name),
                0,
                0,
                0,
                0,
                0,
                0,
            )
            + name
        )
    return (
        local
        + central
        + b"PK\5\6"
        + struct.pack("<HHHHIIH", 0, 0, 20_000, 20_000, len(central), len(local), 0)
    )


def packed_blob(data: Callable[[], Chunks], media: str = "tar+gzip") -> Make:
    """Return what makes an image whose second layer's blob is these bytes."""

    def make(at: Path) -> None:
        blobs = at / "image/blobs/sha256"
        blobs.mkdir(parents=True)
        first = _layer(blobs, [good(), bytes(1024)], packed=True)
        second, _ = _layer(blobs, data(), packed=False)
        second["mediaType"] = f"application/vnd.oci.image.layer.v1.{media}"
        finish(at / "image", [first, (second, "sha256:" + "0" * 64)])

    return make


def _zeros_gzip(count: int) -> Callable[[], Chunks]:
    return lambda: [gzip.compress(bytes(100 * MB), 9, mtime=0)] * count


def _zstd(window: int, blocks: int) -> Callable[[], Chunks]:
    """Return a frame with a window of 2**(10+window) bytes and blocks of one repeated byte."""

    def made() -> Iterator[bytes]:
        yield b"\x28\xb5\x2f\xfd\x00" + bytes((window << 3,))
        block = (128 * 1024 << 3 | 1 << 1).to_bytes(3, "little") + b"\0"
        yield block * blocks
        yield (1).to_bytes(3, "little")

    return made


def _xz() -> Chunks:
    import lzma

    return [lzma.compress(bytes(300 * MB), preset=1)] * 4


def _bzip2() -> Chunks:
    import bz2

    return [bz2.compress(bytes(100 * MB))] * 20


def _deep(names: int, size: int) -> Callable[[], Chunks]:
    """Return folders within folders, each made through a link to the one before, and files below."""

    def made() -> Iterator[bytes]:
        last = b""
        for number in range(names):
            folder = last + b"/" + b"d" * size if last else b"d" * size
            yield member(folder, kind=b"5", mode=0o755)
            link = b"l%d" % number
            yield member(link, kind=b"2", link=b"/" + folder)
            last = link
        yield from files(100_000, f"{last.decode()}/f{{}}.sh", b"")()

    return made


def _paths(count: int) -> Callable[[], Chunks]:
    """Return files that each lie in a folder of their own 2,000 deep."""
    return lambda: [
        *(member("a/" * 1000 + f"x{n}/" + "b/" * 1000 + "f") for n in range(count)),
        bytes(1024),
    ]


def _docker(at: Path) -> None:
    with (at / "image.tar").open("wb") as out:
        size = 200 * MB
        out.write(
            head(b"manifest.json", size=size) + b'[{"Config":"' + b"x" * (size - 12) + bytes(1024)
        )


def _many_manifests(at: Path) -> None:
    layout(at / "image", [])
    index = json.loads((at / "image/index.json").read_text())
    index["manifests"] *= 100_000
    (at / "image/index.json").write_text(json.dumps(index))


def _own_index(at: Path) -> None:
    """Make an index whose only manifest is an index, 100 times over."""
    layout(at / "image", [])
    blobs = at / "image/blobs/sha256"
    index = json.loads((at / "image/index.json").read_text())
    for _ in range(100):
        data = json.dumps(index).encode()
        name = hashlib.sha256(data).hexdigest()
        (blobs / name).write_bytes(data)
        index["manifests"] = [
            {
                "mediaType": "application/vnd.oci.image.index.v1+json",
                "digest": f"sha256:{name}",
                "size": len(data),
            }
        ]
    (at / "image/index.json").write_text(json.dumps(index))


def elf(shoff: int, count: int, size: int = 64) -> bytes:
    """Return an ELF header that claims *count* sections and segments at *shoff*."""
    return (
        b"\x7fELF\x02\x01\x01"
        + bytes(9)
        + struct.pack(
            "<HHIQQQIHHHHHH", 2, 62, 1, 0, shoff, shoff, 0, 64, 56, count, size, count, count - 1
        )
    )


def _lying_elves() -> Chunks:
    yield member("usr/bin/far", elf((1 << 64) - 1, 0xFFFF), mode=0o755)
    yield member("usr/bin/self", elf(0, 0xFFFF, 0) + bytes(100_000), mode=0o755)
    yield member("usr/bin/wide", elf(64, 0xFFFF) + b"\xff" * 8 * MB, mode=0o755)
    yield member(
        "usr/bin/go",
        elf(64, 3)
        + b"\xff Go buildinf:\x08\x02"
        + b"\xff" * 4096
        + b"\xff Go buildinf:\x08\x00"
        + b"\x01" * MB,
        mode=0o755,
    )
    for n in range(300):
        yield member(
            f"usr/local/bin/many{n}", elf(64, 0xFFFF) + bytes(range(256)) * 400, mode=0o755
        )
    yield bytes(1024)


CONTROL = [
    b"\x1b[31mred\x1b[0m",
    b"new\nline",
    b"\x1b]0;title\x07",
    b"\xe2\x80\xae\xe2\x80\x8brtl",
    b"\xff\xfe",
    b"\r\x08\x7f",
    b"n" * 4000,
    b"a/" * 3000,
]


def _control_names() -> Chunks:
    for name in CONTROL:
        for end in (b"/package.json", b"/x.dist-info/METADATA", b".jar", b"/.wh.x", b"/id_rsa"):
            yield member(b"odd/" + name + end, b"{ broken \x1b[31m", mode=0o4755)
    yield bytes(1024)


def _special() -> Chunks:
    kinds = {b"3": "char", b"4": "block", b"6": "pipe", b"7": "contiguous", b"Z": "unknown"}
    for kind, name in kinds.items():
        for path in (f"dev/{name}", f"lib/{name}/package.json", "var/lib/dpkg/status"):
            yield member(path, kind=kind)
    for number, target in enumerate(
        (b"/etc/shadow", b"../../../../../../etc/passwd", b"/proc/self/mem", b"/dev/zero")
    ):
        yield member(f"var/lib/dpkg/status.d/s{number}", kind=b"2", link=target)
        yield member(f"lib/h{number}.jar", kind=b"1", link=target)
    yield member("../../../../tmp/keten-out", b"out")
    yield member("/etc/../../x", b"out")
    yield bytes(1024)


def _loops() -> Chunks:
    yield member("etc/os-release", kind=b"2", link=b"../etc/os-release")
    yield member("usr/lib/os-release", kind=b"2", link=b"../../etc/os-release")
    yield member("var/lib/dpkg", kind=b"2", link=b"dpkg/dpkg/dpkg")
    for n in range(300):
        yield member(f"l{n}", kind=b"2", link=b"l%d/l%d" % (n + 1, n + 1))
    for n in range(2000):
        yield member(f"l0/f{n}/package.json", b"{}")
    yield member("loop", kind=b"2", link=b"/".join([b"."] * 2000) + b"/loop")
    yield from (member(f"loop/x{n}") for n in range(2000))
    yield bytes(1024)


_LICENSE = (
    b"Metadata-Version: 2.1\nName: big\nVersion: 1.0\nLicense-Expression: "
    + b"(" * 100_000
    + b"MIT"
    + b")" * 100_000
    + b"\n"
)
_DPKG = b"Package: p{}\nStatus: install ok installed\nVersion: 1.{}\nArchitecture: amd64\nDepends: p{} | q, r\n\n"


def _status(count: int) -> bytes:
    return b"".join(_DPKG.replace(b"{}", b"%d" % n) for n in range(count))


def _database(number: int) -> bytes:
    return member("var/lib/dpkg/status", _status(60_000) + b"#%d\n" % number)


def _module(number: int) -> bytes:
    return member(f"n/node_modules/a{number}/package.json", b'{"name":"a","version":"1"}')


def _kept(number: int, unit: bytes) -> Callable[[], Chunks]:
    """Return a layer that holds 60 files of 2 MB that a reader keeps whole."""

    def made() -> Iterator[bytes]:
        for n in range(60):
            data = (
                b'{"packages":[],"x":"'
                + (b"%d-%d" % (number, n))
                + unit * (2 * MB // len(unit))
                + b'"}'
            )
            yield member(f"srv/{number}/{n}/vendor/composer/installed.json", data)
        yield bytes(1024)

    return made


def _whiteouts() -> Make:
    return image(
        files(150_000, "w/{}"),
        files(150_000, "w/.wh.{}"),
        files(150_000, "w/x{}"),
        files(100_000, "w/.wh..wh..opq#{}"),
        lambda: [head(b"w/.wh..wh..opq") * 100_000, bytes(1024)],
    )


def _others(count: int) -> Make:
    """Return what makes an image of which every layer but the first is another than is said."""

    def make(at: Path) -> None:
        blobs = at / "image/blobs/sha256"
        blobs.mkdir(parents=True)
        first = _layer(blobs, [good(), bytes(1024)], packed=True)
        told, _ = _layer(blobs, files(400_000, "m/{}")(), packed=True)
        others = [(told, f"sha256:{n:064x}") for n in range(count)]
        finish(at / "image", [first, *others])

    return make


def _texts() -> Callable[[], Chunks]:
    """Return 400 texts of 1 MB that look like secrets all over."""
    line = (
        b"password = 'kJ8sdkfj3ksdfjk2x' AKIAIOSFODNN7 api_key: 0123456789abcdef0123456789abcdef\n"
    )
    return files(400, "etc/t{}.conf", lambda: (line * (MB // len(line) + 1))[: MB - 512])


def hostile_images() -> dict[str, Bad]:
    """Return them by name."""
    in_image = {
        "1,000,000 members": (image(files(1_000_000, "m/{}")), "layer 2"),
        "6 layers of 450,000 members": (image(*(files(450_000, f"m{n}/{{}}") for n in range(6))), "members"),
        "one layer 1,000 times": (image(files(400, "m/{}"), repeat=1000), ""),
        "one layer of 100,000 members 60 times": (image(files(100_000, "m/{}"), repeat=60), "members"),
        "1,024 layers": (image(files(1, "m{}"), repeat=1023), ""),
        "5,000 layers": (image(files(1, "m{}"), repeat=5000), "!"),
        "12 layers of which 120 MB are kept": (image(*(_kept(n, b"abcdefgh%d" % n) for n in range(12))), "kept"),
        "a sparse package database of 3 GB": (image(one(lambda: _sparse("var/lib/dpkg/status", 3 << 30))), "var/lib/dpkg/status"),
        "1,000 sparse files of 7 GB": (image(one(lambda: b"".join(_sparse(f"lib/{n}.jar", 7 << 30) for n in range(1000)))), "jar"),
        "a sparse file of 7 GB for every reader": (image(one(lambda: b"".join(_sparse(name, 7 << 30) for name in ("var/lib/rpm/rpmdb.sqlite", "var/lib/rpm/Packages", "lib/apk/db/installed", "a/package.json", "a.jar")))), ""),
        "a package database of one line of 60 MB": (image(bytes_of("var/lib/dpkg/status", 60 * MB, b"x")), ""),
        "a package database of 60 MB": (image(lambda: [member("var/lib/dpkg/status", _status(500_000)), bytes(1024)]), "var/lib/dpkg/status"),
        "a package database of 100,000 packages": (image(lambda: [member("var/lib/dpkg/status", _status(100_000)), bytes(1024)]), "var/lib/dpkg/status"),
        "100,000 package.json": (image(files(100_000, "n/node_modules/p{}/package.json", b'{"name":"left-pad","version":"1.0.0"}')), ""),
        "100,000 distinct package.json": (image(lambda: [*(member(f"n/node_modules/p{n}/package.json", b'{"name":"p%d","version":"1.0.0"}' % n) for n in range(100_000)), bytes(1024)]), ""),
        "400,000 lists of files": (image(files(400_000, "var/lib/dpkg/info/p{}.list", b"/usr/bin/x\n")), ""),
        "400,000 status.d": (image(files(400_000, "var/lib/dpkg/status.d/p{}", b"Package: a\nVersion: 1\nArchitecture: all\nStatus: install ok installed\n")), "layer 2"),
        "a list of 2,000,000 files": (image(bytes_of("var/lib/dpkg/info/p.list", 30 * MB, b"/usr/bin/abcde\n"), one(lambda: member("var/lib/dpkg/status", _status(3)))), ""),
        "jars 100 deep": (image(one(lambda: member("app/x.jar", nested_jar(100, packed=False)))), "app/x.jar"),
        "packed jars 100 deep": (image(one(lambda: member("app/x.jar", nested_jar(100, packed=True)))), "app/x.jar"),
        "a thousand jars in a jar": (image(one(lambda: member("app/x.jar", wide_jar()))), ""),
        "a jar of 300,000 members": (image(one(lambda: member("app/x.jar", crowded_zip(300_000)))), ""),
        "a jar of 60,000 members": (image(one(lambda: member("app/x.jar", crowded_zip(60_000)))), ""),
        "100 jars of 60,000 members": (image(files(100, "app/x{}.jar", lambda: crowded_zip(60_000))), ""),
        "a jar whose members are all one": (image(one(lambda: member("app/x.jar", overlapping_zip()))), "app/x.jar"),
        "links in a ring": (image(_loops), ""),
        "devices, links out of the root": (image(_special), ""),
        "ELF with lying headers": (image(_lying_elves), ""),
        "names with control characters": (image(_control_names), ""),
        "whiteouts": (_whiteouts(), ""),
        "folders as deep as can be": (image(_paths(20_000)), ""),
        "folders through links, long names": (image(_deep(2000, 200)), ""),
        "folders through links, short names": (image(_deep(2000, 1)), ""),
        "500,000 pax headers": (image(_pax(b"14 path=abcde\n"[:14], 500_000)), ""),
        "1,000,000 pax headers": (image(_pax(b"10 path=f\n", 1_000_000)), "layer 2"),
        "pax records of 1 MB": (image(_pax(b"1000000 x=" + b"y" * 999_989 + b"\n", 500)), ""),
        "30 MB of pax records each": (image(lambda: [head(b"p", size=MB, kind=b"x"), (b"6 a=b\n" * (MB // 6 + 1))[: MB // 6 * 6] + b"\n\n\n\n", head(b"f")]), ""),
        "100,000 lines of history": (image(history=100_000), "!"),
        "20,000 lines of history": (image(history=20_000), ""),
        "12 databases of 60,000 packages": (image(*(one(partial(_database, n)) for n in range(12))), ""),
        "1,000 layers below 20,000 packages": (image(*(one(partial(_module, n)) for n in range(1000)), files(20_000, "n/node_modules/p{}/package.json", b'{"name":"left-pad","version":"1.0.0"}')), ""),
        "40 layers of 400,000 members, all of another digest": (_others(40), "layer"),
        "an index of 100,000 manifests": (_many_manifests, "!"),
        "an index of indexes 100 deep": (_own_index, "!"),
        "10 GB of zeros as gzip": (packed_blob(_zeros_gzip(100)), "layer 2"),
        "200,000 gzip members": (packed_blob(lambda: [gzip.compress(b"", mtime=0) * 200_000]), "layer 2"),
        "zstd with a window of 2 GB": (packed_blob(_zstd(21, 100), "tar+zstd"), "layer 2"),
        "zstd of 13 GB with a window of 128 MB": (packed_blob(_zstd(17, 100_000), "tar+zstd"), "layer 2"),
        "xz of zeros": (packed_blob(_xz), "layer 2"),
        "bzip2 of zeros": (packed_blob(_bzip2), "layer 2"),
        "30 layers of 500 MB of zeros": (image(*(bytes_of(f"z{n}", 500 * MB, b"\0") for n in range(30))), "unpack"),
        "texts full of secrets": (image(_texts()), ""),
        "a licence of 100,000 parentheses": (image(one(lambda: member("l/site-packages/big-1.0.dist-info/METADATA", _LICENSE))), ""),
        "rpm database with lying sizes": (image(one(lambda: member("var/lib/rpm/rpmdb.sqlite", b"SQLite format 3\0\x02\x00\x01\x01\x00\x40\x20\x20" + b"\xff" * 60_000) + member("var/lib/rpm/Packages.db", b"RpmP\0\0\0\0\xff\xff\xff\x7f\xff\xff\xff\x7f" + b"\xff" * 60_000) + member("var/lib/rpm/Packages", bytes(12) + b"\x61\x15\x06\0\x09\0\0\0\0\2\0\0\0\x08\0\0" + b"\xff" * 60_000))), "var/lib/rpm"),
        "apk database of one line of 30 MB": (image(bytes_of("lib/apk/db/installed", 30 * MB, b"P:x")), ""),
        "apk database of 300,000 packages": (image(bytes_of("lib/apk/db/installed", 12 * MB, b"P:x\nV:1\nA:all\nF:a\nR:b\n\n")), ""),
    }  # fmt: skip
    made = {
        f"image: {name}": Bad(make, named, target="image")
        for name, (make, named) in in_image.items()
    }
    made["image: manifest.json of 200 MB"] = Bad(_docker, "!", target="docker-archive:{}/image.tar")
    return made
