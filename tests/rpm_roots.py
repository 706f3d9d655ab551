"""Roots with rpm databases: made by rpm itself where it is there, and by hand for every kind.

``build`` needs rpmbuild and rpm of the system. The writers of headers and of the three kinds of
database take no tool, so that they can be as large or as broken as a test wants.
"""

import shutil
import sqlite3
import subprocess
import zlib
from collections.abc import Sequence
from pathlib import Path
from struct import pack

SPECS = {
    "alpha": """\
Name: alpha
Version: 1.2
Release: 3.el9
Epoch: 2
Summary: the first
License: GPLv2+ and MIT
Vendor: Example
Provides: virtual-thing = 1
Modularitylabel: alpha:stream:1:abc
%description
first
%install
mkdir -p %{buildroot}/opt/alpha/empty
echo a > %{buildroot}/opt/alpha/a.txt
echo b > %{buildroot}/opt/alpha/b.txt
%files
/opt/alpha
""",
    "beta": """\
Name: beta
Version: 0.9~rc1
Release: 1
Summary: the second
License: Apache-2.0
Requires: alpha >= 1
Requires: virtual-thing
Requires: /opt/gamma/tool
BuildArch: noarch
%description
second
%files
%package libs
Summary: its libraries
%description libs
more
%install
mkdir -p %{buildroot}/usr/lib64
echo c > %{buildroot}/usr/lib64/libbeta.so.1
%files libs
/usr/lib64/libbeta.so.1
""",
    "gamma": """\
Name: gamma
Version: 20240101
Release: 7%{?dist}
Summary: the third
License: BSD
%description
third
%install
mkdir -p %{buildroot}/opt/gamma
echo d > %{buildroot}/opt/gamma/tool
%files
/opt/gamma/tool
""",
}
TOOLS = ("rpm", "rpmbuild")


def missing() -> str:
    """Return why ``build`` can not work here, "" where it can."""
    lacking = [tool for tool in TOOLS if shutil.which(tool) is None]
    return f"no {', '.join(lacking)} on this machine" if lacking else ""


def build(folder: Path) -> Path:
    """Build the packages, install them into a root, and return the root (a SQLite database)."""
    top, root = folder / "build", folder / "root"
    for name, text in SPECS.items():
        spec = folder / f"{name}.spec"
        spec.write_text(text)
        _run(
            "rpmbuild", "-bb", "--quiet", "--nodeps",
            "--define", f"_topdir {top}", "--define", "dist .el9",
            "--define", "_build_id_links none", "--define", f"_tmppath {folder}", str(spec),
        )  # fmt: skip
    (root / "var/lib/rpm").mkdir(parents=True)
    packages = sorted(str(path) for path in top.rglob("*.rpm"))
    _run(
        "rpm", "--root", str(root), "--dbpath", "/var/lib/rpm", "--define", "_db_backend sqlite",
        "-i", "--nodeps", "--noscripts", "--justdb", "--ignorearch", "--nosignature", *packages,
    )  # fmt: skip
    return root


def query(root: Path, text: str, *options: str) -> str:
    """Return what rpm itself says of a root's packages."""
    return _run(
        "rpm", "--root", str(root), "--dbpath", "/var/lib/rpm", *options, "-qa", "--qf", text
    )


def headers(database: Path) -> list[bytes]:
    """Return the header blobs of a SQLite database, read by the library."""
    with sqlite3.connect(database) as connection:
        rows = connection.execute("SELECT blob FROM Packages ORDER BY hnum").fetchall()
    connection.close()
    return [row[0] for row in rows]


def header(entries: Sequence[tuple[int, int, int, bytes]]) -> bytes:
    """Return a header blob of (tag, type, count, data)."""
    index, data = b"", b""
    for tag, kind, count, value in sorted(entries, key=lambda entry: entry[0]):
        width = {3: 2, 4: 4}.get(kind, 1)
        data += bytes(-len(data) % width)
        index += pack(">IIII", tag, kind, len(data), count)
        data += value
    return pack(">II", len(entries), len(data)) + index + data


def package(
    name: str,
    *,
    version: str = "1",
    release: str = "1",
    requires: Sequence[str] = (),
    files: Sequence[tuple[str, str]] = (),
    more: Sequence[tuple[int, int, int, bytes]] = (),
) -> bytes:
    """Return the header of a package; *files* are pairs of folder (with ``/``) and name."""
    entries = [
        (1000, 6, 1, _text(name)), (1001, 6, 1, _text(version)), (1002, 6, 1, _text(release)),
        (1022, 6, 1, _text("x86_64")), (1014, 6, 1, _text("MIT")),
        (1044, 6, 1, _text(f"{name}-{version}-{release}.src.rpm")),
        (1047, 8, 1, _text(name)), *more,
    ]  # fmt: skip
    if requires:
        entries.append((1049, 8, len(requires), b"".join(map(_text, requires))))
    if files:
        folders = sorted({folder for folder, _ in files})
        entries += [
            (1116, 4, len(files), b"".join(pack(">I", folders.index(f)) for f, _ in files)),
            (1117, 8, len(files), b"".join(_text(n) for _, n in files)),
            (1118, 8, len(folders), b"".join(map(_text, folders))),
            (1030, 3, len(files), pack(">H", 0o100644) * len(files)),
        ]
    return header(entries)


def sqlite(blobs: Sequence[bytes], path: Path) -> bytes:
    """Return a SQLite database with the blobs, written by the library."""
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute(
        "CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)"
    )
    connection.execute("CREATE TABLE Name (key TEXT NOT NULL, hnum INTEGER)")
    connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(blob,) for blob in blobs])
    connection.commit()
    connection.close()
    return path.read_bytes()


def ndb(blobs: Sequence[bytes]) -> bytes:
    """Return a Packages.db as rpmpkg.c lays it out."""
    pages = -(-(2 + len(blobs)) // 256)
    slots = pack("<4sIIIIIII", b"RpmP", 0, 1, pages, len(blobs) + 1, 0, 0, 0)
    body = b""
    for number, blob in enumerate(blobs, 1):
        offset = pages * 256 + len(body) // 16
        size = -(-(16 + len(blob) + 12) // 16) * 16
        head = pack("<4sIII", b"BlbS", number, 1, len(blob))
        held = head + blob + bytes(size - 28 - len(blob))
        held += pack("<II4s", zlib.adler32(held), len(blob), b"BlbE")
        slots += pack("<4sIII", b"Slot", number, offset, size // 16)
        body += held
    # Slots that are free have the mark too.
    slots += pack("<4sIII", b"Slot", 0, 0, 0) * (pages * 256 - len(slots) // 16)
    return slots + body


def berkeley(blobs: Sequence[bytes], *, order: str = "little", size: int = 4096) -> bytes:
    """Return a hash table with the blobs: one pair a page, long values on overflow pages."""
    sign = "<" if order == "little" else ">"
    pages: list[bytes] = []
    for number, blob in enumerate(blobs, 1):
        here = len(pages) + 1
        parts = [blob[at : at + size - 26] for at in range(0, len(blob), size - 26)]
        key = b"\x01" + pack(f"{sign}I", number)
        value = pack(f"{sign}BxxxII", 3, here + 1, len(blob))
        first = size - len(key)
        second = first - len(value)
        head = pack(f"{sign}8xIIIHHBB", here, 0, 0, 2, second, 0, 13)
        page = head + pack(f"{sign}HH", first, second)
        pages.append(page + bytes(second - len(page)) + value + key)
        for n, part in enumerate(parts, 1):
            following = here + n + 1 if n < len(parts) else 0
            head = pack(f"{sign}8xIIIHHBB", here + n, 0, following, 1, len(part), 0, 7)
            pages.append((head + part).ljust(size, b"\0"))
    meta = pack(f"{sign}8xIIIIBBBxII", 0, 0x061561, 9, size, 0, 8, 0, 0, len(pages))
    return meta.ljust(size, b"\0") + b"".join(pages)


def loaded(blobs: Sequence[bytes], path: Path, *, order: int = 1234) -> bytes:
    """Return a hash table that Berkeley DB's own ``db5.3_load`` wrote (*order* 1234 or 4321)."""
    sign = "<" if order == 1234 else ">"
    lines = ["VERSION=3", "format=bytevalue", "type=hash", f"db_lorder={order}",
             "db_pagesize=4096", "HEADER=END"]  # fmt: skip
    for number, blob in [(0, pack(f"{sign}I", len(blobs))), *enumerate(blobs, 1)]:
        lines += [f" {pack(f'{sign}I', number).hex()}", f" {blob.hex()}"]
    lines.append("DATA=END\n")
    path.unlink(missing_ok=True)
    subprocess.run(
        ["db5.3_load", str(path)], input="\n".join(lines), text=True, check=True,
        capture_output=True, timeout=60,
    )  # fmt: skip
    return path.read_bytes()


def _text(text: str) -> bytes:
    return text.encode() + b"\0"


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
