"""Databases of what is installed that lie, go round in circles or never end."""

import random
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from struct import pack, pack_into

import pytest
import rpm_roots
from growing import linear, repeated, works
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rpm_roots import package
from system_roots import Root

from keten.errors import CeilingError, InputError
from keten.formats import apk_database, deb822
from keten.formats.licences import debian_copyright
from keten.formats.rpmdb import header as tags
from keten.formats.rpmdb import installed, ndb, sqlite
from keten.formats.rpmdb.header import Header

MEGABYTES = 256


@contextmanager
def bounded() -> Iterator[None]:
    """Fail unless what is inside is done without much memory."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < MEGABYTES


def tried(work: Callable[[], object]) -> str:
    """Return how a hostile file was refused, "" where it was read."""
    with bounded():
        try:
            work()
        except InputError as error:
            return error.what
    return ""


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    blobs = [package(f"p{n}", files=[("/usr/", "x" * 50 * n)], requires=["p1"]) for n in range(40)]
    folder = tmp_path_factory.mktemp("rpm")
    return {
        "sqlite": rpm_roots.sqlite(blobs, folder / "x"),
        "ndb": rpm_roots.ndb(blobs),
        "berkeley": rpm_roots.berkeley(blobs, size=512),
        "berkeley-big": rpm_roots.berkeley(blobs, order="big"),
    }


KINDS = ("sqlite", "ndb", "berkeley", "berkeley-big")


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 1 << 32))
def test_damaged_databases_end_and_say_so(
    databases: dict[str, bytes], kind: str, seed: int
) -> None:
    chance = random.Random(seed)
    data = bytearray(databases[kind])
    for _ in range(chance.choice((1, 3, 20, 200))):
        # Half of the damage goes where lengths and places stand.
        most = len(data) if chance.random() < 0.5 else 600
        data[chance.randrange(most)] = chance.choice(
            (0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256))
        )
    cut = bytes(data[: chance.randrange(len(data))]) if chance.random() < 0.2 else bytes(data)
    try:
        found = installed.restore(installed.sift(cut)) if cut else None
        assert found is None or len(found.packages) <= 400
    except InputError:
        pass


@given(st.binary(max_size=4000))
def test_any_bytes_after_a_magic(data: bytes) -> None:
    berkeley = bytearray(data.ljust(600, b"\0"))
    pack_into("<I", berkeley, 12, 0x061561)
    pack_into("<I", berkeley, 20, 512)
    berkeley[24:27] = b"\0\x08\0"
    for start in (sqlite.MAGIC, sqlite.MAGIC + b"\x02\0\x01\x01\0", ndb.MAGIC + bytes(8), b""):
        for whole in (start + data, bytes(berkeley)):
            try:
                installed.sift(whole)
            except InputError:
                continue


@given(st.binary(max_size=600))
def test_any_header(data: bytes) -> None:
    for blob in (data, pack(">II", 3, 200) + data.ljust(248, b"\0")):
        try:
            found = Header(blob)
            for tag in (tags.NAME, tags.LICENSE):
                found.text(tag)
            for tag in (tags.PROVIDES, tags.BASE_NAMES):
                found.texts(tag)
            found.numbers(tags.EPOCH)
            found.files(most=10_000)
        except InputError:
            continue


def test_pages_of_sqlite_that_go_round(databases: dict[str, bytes]) -> None:
    data = bytearray(databases["sqlite"])
    size = int.from_bytes(data[16:18], "big")
    # Every page but the first becomes an inner page whose children are itself.
    for page in range(size, len(data), size):
        data[page : page + 12] = pack(">BHHHBI", 5, 0, 200, 0, 0, page // size + 1)
        for cell in range(200):
            pack_into(">H", data, page + 12 + 2 * cell, 500)
        data[page + 500 : page + 504] = pack(">I", page // size + 1)
    assert "its own parent" in tried(lambda: installed.read(bytes(data)))


def test_overflow_of_sqlite_that_goes_round() -> None:
    # One leaf with rows of 60 MB whose overflow is one page that names itself.
    size = 512
    pages = 120_000
    data = bytearray(size * pages)
    data[:16] = sqlite.MAGIC
    pack_into(">H", data, 16, size)
    schema = _record(b"table", b"Packages", b"Packages", 2, b"CREATE TABLE Packages")
    _leaf(data, 0, 100, [bytes([len(schema), 1]) + schema])
    length = 0x1D << 21
    here = 39 + (length - 39) % 508
    row = b"\x9d\x80\x80\x00\x01" + bytes(here if here <= 477 else 39) + pack(">I", 3)
    _leaf(data, size, 0, [row] * 2)
    pack_into(">I", data, size * 2, 3)
    with bounded():
        found = installed.read(bytes(data))
    assert not found.packages
    assert any("circle" in what for what in found.problems)


def _record(*values: bytes | int) -> bytes:
    kinds = bytes(1 if isinstance(v, int) else 13 + 2 * len(v) for v in values)
    body = b"".join(bytes([v]) if isinstance(v, int) else v for v in values)
    return bytes([len(kinds) + 1]) + kinds + body


def _leaf(data: bytearray, page: int, at: int, cells: list[bytes]) -> None:
    pack_into(">BHHHB", data, page + at, 13, 0, len(cells), 0, 0)
    end = 512
    for number, cell in enumerate(cells):
        end -= len(cell)
        data[page + end : page + end + len(cell)] = cell
        pack_into(">H", data, page + at + 8 + 2 * number, end)


def test_overflow_of_berkeley_db_that_goes_round(databases: dict[str, bytes]) -> None:
    data = bytearray(databases["berkeley"])
    for page in range(512, len(data), 512):
        if data[page + 25] == 7:
            pack_into("<I", data, page + 16, page // 512)  # its next page is itself
            pack_into("<H", data, page + 22, 0)  # and it brings nothing
    with bounded():
        found = installed.read(bytes(data))
    assert not found.packages
    assert any("circle" in what for what in found.problems)


def test_values_of_berkeley_db_that_share_their_pages() -> None:
    blob = package("p", files=[("/", "x" * 3_000_000)])
    data = bytearray(rpm_roots.berkeley([blob]))
    page = data[4096:8192]
    # A thousand pages whose values are all the one long chain.
    found = None
    with bounded():
        found = installed.read(bytes(data) + bytes(page) * 1000)
    assert len(found.packages) == 2  # as many as the file has room for
    assert found.problems


def test_slots_of_ndb_out_of_range() -> None:
    blobs = [package(f"p{n}") for n in range(5)]
    data = bytearray(rpm_roots.ndb(blobs))
    pack_into("<III", data, 32 + 4, 1, 0xFFFFFFF0, 1)
    pack_into("<III", data, 48 + 4, 2, 256, 0)
    pack_into("<III", data, 64 + 4, 9, 256, 20)
    found = installed.read(bytes(data))
    assert len(found.packages) == 2
    assert len(found.problems) == 3
    pack_into("<III", data, 32 + 4, 1, 256, 0xFFFFFFF0)
    assert "share" in tried(lambda: installed.read(bytes(data)))
    pack_into("<I", data, 12, 0xFFFFFFFF)
    assert "pages of slots" in tried(lambda: installed.read(bytes(data)))


def test_slots_of_ndb_that_all_name_one_package() -> None:
    data = bytearray(rpm_roots.ndb([package("p", files=[("/", "x" * 1_000_000)])]))
    slot = bytes(data[32:48])
    data[32:4096] = slot * 254
    assert "share" in tried(lambda: installed.read(bytes(data)))


@pytest.mark.parametrize(
    ("entries", "size"), [(0xFFFFFFFF, 16), (0x10000, 16), (1, 0xFFFFFFFF), (0, 16), (5, 16)]
)
def test_headers_that_say_they_are_huge(entries: int, size: int) -> None:
    assert tried(lambda: Header(pack(">II", entries, size) + bytes(40)))


@pytest.mark.parametrize("count", [2, 0xFFFF, 999_999, 0xFFFFFFFF])
def test_arrays_that_say_they_are_long(count: int) -> None:
    blob = rpm_roots.header([(1117, 8, count, b"a\0"), (1116, 4, count, bytes(4))])
    found = Header(blob)
    assert tried(lambda: found.texts(tags.BASE_NAMES))
    assert tried(lambda: found.numbers(tags.DIR_INDEXES))


def test_short_names_in_one_endless_folder() -> None:
    # A header of 3 MB whose paths, written out, are a terabyte.
    names = 250_000
    blob = package("p", more=[
        (1117, 8, names, b"x\0" * names), (1116, 4, names, bytes(4 * names)),
        (1118, 8, 1, b"/" + b"y" * 1_000_000 + b"\0"),
    ])  # fmt: skip
    with bounded():
        found = installed.read(rpm_roots.ndb([package("a", files=[("/", "a")]), blob]))
    assert [one.name for one in found.packages] == ["a", "p"]
    assert "more files" in found.problems[0]


def test_headers_of_nothing_but_empty_names() -> None:
    names = 400_000
    blob = package("p", more=[
        (1117, 8, names, b"\0" * names), (1116, 4, names, bytes(4 * names)), (1118, 8, 1, b"/\0"),
    ])  # fmt: skip
    data = rpm_roots.ndb([blob] * 20)
    with bounded():
        found = installed.read(data)
    assert len(found.packages) == 20
    assert any("more files" in what for what in found.problems)


def test_a_status_file_of_sixty_megabytes() -> None:
    one = b"Package: p%07d\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n\n"
    with bounded():
        count = sum(1 for _ in deb822.stanzas(
            b"".join(one % n for n in range(150_000)) + b"X: y\n" * 10_000_000, ("Package",)
        ))  # fmt: skip
    assert count == 150_000


MB = 1 << 20
HEAD = b"Package: a\nVersion: 1\n"


def dpkg(data: bytes) -> None:
    files = {"var/lib/dpkg/status": data, "etc/os-release": b"ID=debian\nVERSION_ID=12\n"}
    for name in ("system/dpkg", "system/dpkg-files"):
        tried(lambda name=name: Root(files).facts(name))  # type: ignore[misc]


STANZAS = works(dpkg, {
    "dpkg: a dependency": (repeated(b"x", before=HEAD + b"Depends: ", after=b"\n"), 5 * MB),
    "dpkg: dependencies": (repeated(b"a, ", before=HEAD + b"Depends: ", after=b"\n"), 2 * MB),
    "dpkg: choices": (repeated(b"a | ", before=HEAD + b"Depends: ", after=b"\n"), 2 * MB),
    "dpkg: lines": (repeated(b" a,\n", before=HEAD + b"Depends:\n"), 2 * MB),
    "dpkg: brackets": (repeated(b"(", before=HEAD + b"Depends: "), 5 * MB),
    "dpkg: digits": (repeated(b"9", before=b"Package: a\nVersion: ", after=b"\n"), 5 * MB),
    "dpkg: a source": (repeated(b" (", before=HEAD + b"Source: ", after=b"\n"), 2 * MB),
    "dpkg: fields": (repeated(b"version: 1\n", before=b"package: a\n"), MB),
    "dpkg: blanks": (repeated(b" \n"), 20 * MB),
    "dpkg: empty lines": (repeated(b"\n"), 60 * MB),
    "dpkg: colons": (repeated(b":"), 60 * MB),
})  # fmt: skip


@pytest.mark.parametrize("name", STANZAS)
def test_stanzas_that_never_end(name: str) -> None:
    work = STANZAS[name]
    work.do(work.make(work.size // 10))
    linear(work, part=1000)


def test_too_many_stanzas_are_refused() -> None:
    with pytest.raises(CeilingError):
        list(deb822.stanzas(b"Package: a\n\n" * 200_001, ("Package",)))
    with pytest.raises(CeilingError):
        list(apk_database.stanzas(b"P:a\n\n" * 100_001))


def apk(data: bytes) -> None:
    files = {"lib/apk/db/installed": data, "etc/os-release": b"ID=alpine\nVERSION_ID=3.19\n"}
    for name in ("system/apk", "system/apk-files"):
        tried(lambda name=name: Root(files).facts(name))  # type: ignore[misc]


APK = works(apk, {
    "apk: a dependency": (repeated(b"x", before=b"P:a\nV:1\nD:"), 5 * MB),
    "apk: dependencies": (repeated(b"x ", before=b"P:a\nV:1\nD:"), 2 * MB),
    "apk: equals": (repeated(b"=", before=b"P:a\nV:1\nD:/"), 5 * MB),
    "apk: files of a long folder": (
        lambda n: b"P:a\nV:1\nF:" + b"x/" * (2 * n) + b"\nR:y" * n, MB,
    ),
    "apk: files": (repeated(b"\nR:y", before=b"P:a\nV:1\nD:/x\nF:x"), 10 * MB),
    "apk: brackets": (repeated(b"(", before=b"P:a\nV:1\nL:"), 5 * MB),
    "apk: empty lines": (repeated(b"\n"), 60 * MB),
    "apk: a name": (repeated(b"P:"), 20 * MB),
})  # fmt: skip


@pytest.mark.parametrize("name", APK)
def test_apk_databases_that_never_end(name: str) -> None:
    work = APK[name]
    work.do(work.make(work.size // 10))
    linear(work, part=1000)


def files_of_a_package(data: bytes) -> None:
    status = b"Package: a\nStatus: install ok installed\nVersion: 1\n"
    tried(
        lambda: Root({
            "var/lib/dpkg/status": status, "var/lib/dpkg/info/a.list": data,
        }).facts("system/dpkg-files")
    )  # fmt: skip


LISTS = works(files_of_a_package, {
    "files: short names": (repeated(b"/a\n"), 16 * MB),
    "files: slashes": (repeated(b"/"), 20 * MB),
    "files: a name": (repeated(b"x"), 20 * MB),
})  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_lists_of_files_that_never_end(name: str) -> None:
    work = LISTS[name]
    work.do(work.make(work.size // 10))
    linear(work, part=1000)


COPYRIGHT = works(debian_copyright.licenses, {
    "copyright: a licence": (repeated(b"License: ", before=b"Format: 1\n"), MB),
    "copyright: licences": (repeated(b"License: a or b and (c)\n", before=b"Format: 1\n"), 300_000),
    "copyright: blanks": (repeated(b" ", before=b"License:"), 5 * MB),
    "copyright: files": (repeated(b"/usr/share/common-licenses/"), 200_000),
})  # fmt: skip
HOSTILE = STANZAS | APK | LISTS | COPYRIGHT


@pytest.mark.parametrize("name", COPYRIGHT)
def test_copyright_files_that_never_end(name: str) -> None:
    work = COPYRIGHT[name]
    with bounded():
        found = debian_copyright.licenses(work.make(work.size))
    assert len(found) <= debian_copyright.MAX_LICENSES
    linear(work)


WORDS = st.sampled_from([
    b"Package: ", b"Status: install ok installed", b"Version: ", b"Depends: ", b"Provides: ",
    b"Source: ", b"\n", b"\n\n", b" ", b"|", b",", b"(", b")", b"a", b"1", b"\xff", b"P:", b"V:",
    b"F:", b"R:", b"D:", b"p:", b"o:", b"/", b"%NAME%\n", b"%VERSION%\n", b"obj ", b"sym ",
    b" -> ", b"\t", b"\r\n", b"\0",
])  # fmt: skip


@settings(suppress_health_check=list(HealthCheck))
@given(st.lists(WORDS, max_size=60).map(b"".join))
def test_any_words_of_any_text_database(data: bytes) -> None:
    folder = "var/db/pkg/app-misc/foo-1.0-r1"
    files = {
        "etc/os-release": data,
        "var/lib/dpkg/status": data,
        "var/lib/dpkg/status.d/a": data,
        "var/lib/dpkg/info/a.list": data,
        "lib/apk/db/installed": data,
        "usr/lib/opkg/status": data,
        "usr/lib/opkg/info/a.list": data,
        "usr/lib/opkg/info/a.control": data,
        "var/lib/pacman/local/a-1/desc": data,
        "var/lib/pacman/local/a-1/files": data,
        f"{folder}/CONTENTS": data,
        f"{folder}/LICENSE": data,
        "var/lib/rpmmanifest/container-manifest-2": data,
        "usr/share/doc/a/copyright": data,
    }
    root = Root(files)
    for name in (
        "os-release", "dpkg", "dpkg-files", "dpkg-copyright", "apk", "apk-files", "opkg", "pacman",
        "portage", "rpm-manifest",
    ):  # fmt: skip
        try:
            root.facts(f"system/{name}")
        except InputError:
            continue
