"""rpm's database: made by rpm itself, loaded by Berkeley DB itself, and by hand in every kind."""

import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
import rpm_roots
from growing import Work, linear
from rpm_roots import package
from system_roots import Root, owned, packages, requires

from keten.errors import InputError
from keten.formats.rpmdb import installed
from keten.formats.rpmdb.installed import Database

ROCKY = b'NAME="Rocky Linux"\nID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.3"\n'
needs_rpm = pytest.mark.skipif(bool(rpm_roots.missing()), reason=rpm_roots.missing() or "rpm")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rpm_roots.build(tmp_path_factory.mktemp("rpm"))


def read(blobs: Sequence[bytes], folder: Path) -> Database:
    """Return what all kinds of database say, which must be the same."""
    said = {
        installed.read(rpm_roots.sqlite(blobs, folder / "rpmdb.sqlite")),
        installed.read(rpm_roots.ndb(blobs)),
        installed.read(rpm_roots.berkeley(blobs)),
        installed.read(rpm_roots.berkeley(blobs, order="big")),
        installed.read(rpm_roots.berkeley(blobs, size=512)),
    }
    assert len(said) == 1
    return said.pop()


@needs_rpm
def test_what_rpm_wrote_is_read_as_rpm_reads_it(real: Path) -> None:
    told = rpm_roots.query(
        real, "%{NAME}|%{EPOCH}|%{VERSION}|%{RELEASE}|%{ARCH}|%{SOURCERPM}|%{MODULARITYLABEL}\n"
    )
    data = (real / "var/lib/rpm/rpmdb.sqlite").read_bytes()
    found = installed.read(data)
    assert not found.problems
    assert sorted(told.split()) == sorted(
        "|".join((
            one.name, "(none)" if one.epoch is None else str(one.epoch), one.version, one.release,
            one.arch, one.source, one.module or "(none)",
        ))
        for one in found.packages
    )  # fmt: skip


@needs_rpm
def test_what_rpm_wrote_becomes_packages(real: Path) -> None:
    data = (real / "var/lib/rpm/rpmdb.sqlite").read_bytes()
    facts = Root({"var/lib/rpm/rpmdb.sqlite": data, "etc/os-release": ROCKY}).facts("system/rpm")
    found = packages(facts)
    assert not facts.problems
    assert found["alpha"].purl == (
        "pkg:rpm/rocky/alpha@1.2-3.el9?arch=x86_64&distro=rocky-9.3&epoch=2"
        "&rpmmod=alpha:stream:1:abc&upstream=alpha-1.2-3.el9.src.rpm"
    ).replace("x86_64", _arch(real))
    assert found["alpha"].version == "2:1.2-3.el9"
    assert found["alpha"].supplier == "Example"
    assert found["beta"].purl == (
        "pkg:rpm/rocky/beta@0.9~rc1-1?arch=noarch&distro=rocky-9.3&upstream=beta-0.9~rc1-1.src.rpm"
    )
    assert found["beta"].licenses == ("Apache-2.0",)
    # A name, a provision and a path.
    assert requires(facts) == {("beta", "alpha"), ("beta", "gamma")}
    assert owned(facts) == {
        "alpha": ("opt/alpha/a.txt", "opt/alpha/b.txt"),
        "beta-libs": ("usr/lib64/libbeta.so.1",),
        "gamma": ("opt/gamma/tool",),
    }


def _arch(root: Path) -> str:
    return dict(
        line.split("|") for line in rpm_roots.query(root, "%{NAME}|%{ARCH}\n").split()
    )["alpha"]  # fmt: skip


@needs_rpm
def test_every_kind_of_database_says_the_same(real: Path, tmp_path: Path) -> None:
    database = real / "var/lib/rpm/rpmdb.sqlite"
    assert read(rpm_roots.headers(database), tmp_path) == installed.read(database.read_bytes())


@needs_rpm
@pytest.mark.skipif(shutil.which("db5.3_load") is None, reason="no db5.3_load on this machine")
@pytest.mark.parametrize("order", [1234, 4321])
def test_what_berkeley_db_wrote_is_read(real: Path, tmp_path: Path, order: int) -> None:
    database = real / "var/lib/rpm/rpmdb.sqlite"
    blobs = rpm_roots.headers(database)
    data = rpm_roots.loaded(blobs, tmp_path / "Packages", order=order)
    assert installed.read(data) == installed.read(database.read_bytes())


@needs_rpm
@pytest.mark.skipif(shutil.which("db5.3_load") is None, reason="no db5.3_load on this machine")
def test_rpm_reads_the_berkeley_db_that_the_test_makes(real: Path, tmp_path: Path) -> None:
    folder = tmp_path / "var/lib/rpm"
    folder.mkdir(parents=True)
    rpm_roots.loaded(rpm_roots.headers(real / "var/lib/rpm/rpmdb.sqlite"), folder / "Packages")
    told = rpm_roots.query(tmp_path, "%{NAME}\n", "--define", "_db_backend bdb_ro")
    assert sorted(told.split()) == ["alpha", "beta", "beta-libs", "gamma"]


def test_headers_of_every_length_are_read(tmp_path: Path) -> None:
    blobs = [
        package(f"p{size}", files=[("/usr/", "x" * size), ("/", f"y{size}")])
        for size in (1, 10, 100, 1000, 3000, 4000, 4096, 5000, 20_000, 300_000)
    ]
    found = read(blobs, tmp_path)
    assert not found.problems
    assert {one.name: one.files for one in found.packages} == {
        f"p{size}": (f"usr/{'x' * size}", f"y{size}")
        for size in (1, 10, 100, 1000, 3000, 4000, 4096, 5000, 20_000, 300_000)
    }


def test_many_packages_need_pages_between_root_and_leaves(tmp_path: Path) -> None:
    blobs = [package(f"p{number:04}") for number in range(3000)]
    found = read(blobs, tmp_path)
    assert [one.name for one in found.packages] == [f"p{number:04}" for number in range(3000)]


def test_keys_that_rpm_trusts_are_no_packages(tmp_path: Path) -> None:
    found = read([package("gpg-pubkey", version="8483c65d"), package("bash")], tmp_path)
    assert [one.name for one in found.packages] == ["bash"]


def test_a_broken_header_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    broken = [b"", b"\xff" * 100, rpm_roots.header([(1000, 6, 1, b"nothing-more\0")])]
    found = read([package("a"), *broken, package("b")], tmp_path)
    assert [one.name for one in found.packages] == ["a", "b"]
    assert len(found.problems) == 3


def test_an_old_list_of_files_is_read(tmp_path: Path) -> None:
    blob = package("old", more=[(1027, 8, 2, b"/usr/bin/a\0/etc/b\0")])
    (one,) = read([blob], tmp_path).packages
    assert one.files == ("usr/bin/a", "etc/b")


def test_an_epoch_of_zero_is_said(tmp_path: Path) -> None:
    blob = package("e", more=[(1003, 4, 1, b"\0\0\0\0")])
    data = rpm_roots.sqlite([blob], tmp_path / "x")
    facts = Root({"var/lib/rpm/rpmdb.sqlite": data, "etc/os-release": ROCKY}).facts("system/rpm")
    (node,) = packages(facts).values()
    assert "&epoch=0&" in node.purl
    assert node.version == "0:1-1"


@pytest.mark.parametrize(
    ("release", "start"),
    [
        (b"ID=rhel\nVERSION_ID=8.6\n", "pkg:rpm/redhat/bash@1-1?arch=x86_64&distro=rhel-8.6&"),
        (b"ID=opensuse-leap\nVERSION_ID=15.5\n",
         "pkg:rpm/opensuse/bash@1-1?arch=x86_64&distro=opensuse-leap-15.5&"),
        (b"ID=sles\nVERSION_ID=15.5\n", "pkg:rpm/sles/bash@1-1?arch=x86_64&distro=sles-15.5&"),
        (b"ID=fedora\nVERSION_ID=39\n", "pkg:rpm/fedora/bash@1-1?arch=x86_64&distro=fedora-39&"),
        (b"ID=amzn\nVERSION_ID=2\n", "pkg:rpm/amzn/bash@1-1?arch=x86_64&distro=amzn-2&"),
    ],
)  # fmt: skip
def test_namespaces_are_those_of_other_tools(release: bytes, start: str) -> None:
    data = rpm_roots.ndb([package("bash")])
    for path in ("var/lib/rpm/Packages.db", "usr/lib/sysimage/rpm/Packages.db"):
        (node,) = packages(
            Root({path: data, "etc/os-release": release}).facts("system/rpm")
        ).values()
        assert node.purl.startswith(start)
        assert node.path == path


def test_changes_that_are_not_in_the_database_yet_are_told() -> None:
    log = b"\x37\x7f\x06\x82" + bytes(100)
    facts = Root({"var/lib/rpm/rpmdb.sqlite-wal": log}).facts("system/rpm")
    assert "not read" in facts.problems[0].what
    assert not Root({"var/lib/rpm/rpmdb.sqlite-wal": b""}).facts("system/rpm").problems


@pytest.mark.parametrize("data", [b"x", b"x" * 5000, b"SQLite format 3\0", b"RpmP" + bytes(20)])
def test_what_is_no_database_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        installed.read(data)


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    connection = sqlite3.connect(path)
    connection.execute("CREATE VIEW Packages AS SELECT 1")
    connection.commit()
    connection.close()
    with pytest.raises(InputError, match="without a table Packages"):
        installed.read(path.read_bytes())


def many(count: int) -> bytes:
    """Return a database of so many packages that need each other, of 40 files each."""
    blobs = [
        package(
            f"package-{number}",
            requires=[f"package-{(number * 7 + other) % count}" for other in range(30)],
            files=[(f"/usr/share/p{number}/{other % 5}/", f"f{other}") for other in range(40)],
        )
        for number in range(count)
    ]
    with tempfile.TemporaryDirectory() as folder:
        return rpm_roots.sqlite(blobs, Path(folder) / "x")


HOSTILE = {"packages": Work(many, installed.sift, 5000, 3.0)}


def test_packages_are_sifted_in_steps_by_their_number() -> None:
    linear(HOSTILE["packages"])
    assert len(installed.restore(installed.sift(many(1000))).packages) == 1000


MANIFEST = """\
gpg-pubkey\t3135ce90-5e6fda74\t1\t1\t(none)\t(none)\t0\t(none)\t0\t(none)
glibc\t2.35-3.cm2\t1\t1\tMicrosoft\t(none)\t100\tx86_64\t0\tglibc-2.35-3.cm2.src.rpm
mariner-release\t2.0-12.cm2\t1\t1\tMicrosoft\t1\t5\tnoarch\t1\tmariner-release-2.0-12.cm2.src.rpm
broken line
"""


def test_the_list_of_an_image_without_rpm() -> None:
    facts = Root({
        "var/lib/rpmmanifest/container-manifest-2": MANIFEST.encode(),
        "etc/os-release": b"ID=mariner\nVERSION_ID=2.0.20220426\n",
    }).facts("system/rpm-manifest")  # fmt: skip
    found = packages(facts)
    assert found["glibc"].purl == (
        "pkg:rpm/mariner/glibc@2.35-3.cm2?arch=x86_64&distro=mariner-2.0.20220426"
        "&upstream=glibc-2.35-3.cm2.src.rpm"
    )
    assert found["mariner-release"].version == "1:2.0-12.cm2"
    assert found["glibc"].line == 2
    assert [problem.line for problem in facts.problems] == [4]
    assert set(found) == {"glibc", "mariner-release"}
