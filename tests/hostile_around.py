"""What is hostile around the files: a repository, a policy, a baseline, a database."""

# ruff: noqa: E501 an input is a line: broken up it would not be the input

import os
import zlib
from collections.abc import Callable
from pathlib import Path

from hostile_files import GOOD, MB, Bad, Data, Make, file


def new_git(at: Path) -> Path:
    own = at / ".git"
    for name in ("objects/pack", "objects/info", "refs/heads", "refs/tags"):
        (own / name).mkdir(parents=True)
    (own / "HEAD").write_text("ref: refs/heads/main\n")
    (own / "config").write_text("[core]\n\trepositoryformatversion = 0\n")
    return own


def git_garbage(at: Path) -> None:
    """Make a .git of garbage: HEAD, index, config, refs, packs."""
    own = new_git(at)
    junk = bytes(range(256)) * 400
    for name in ("HEAD", "index", "config", "packed-refs", "shallow"):
        (own / name).write_bytes(junk)


def git_pack(at: Path) -> None:
    """Make a repository whose pack and index of packs are garbage."""
    own = new_git(at)
    name = "1" * 40
    (own / "refs/heads/main").write_text(name + "\n")
    for end, magic in ((".pack", b"PACK\0\0\0\2\xff\xff\xff\xff"), (".idx", b"\xfftOc\0\0\0\2")):
        (own / f"objects/pack/pack-{name}{end}").write_bytes(magic + bytes(range(256)) * 4000)
    (own / "index").write_bytes(b"DIRC\0\0\0\2\xff\xff\xff\xff" + bytes(1000))


def git_refs(at: Path) -> None:
    """Make 50 MB of packed refs."""
    own = new_git(at)
    lines = (f"{i:040x} refs/tags/v{i}\n" for i in range(50 * MB // 59))
    (own / "packed-refs").write_text(
        "# pack-refs with: peeled fully-peeled sorted \n" + "".join(lines)
    )


def git_bomb(size: int) -> Make:
    """Return what makes a head commit that is *size* MB of blanks when it is inflated."""

    def make(at: Path) -> None:
        own = new_git(at)
        name = "2" * 40
        (own / "refs/heads/main").write_text(name + "\n")
        (own / f"objects/{name[:2]}").mkdir()
        packer = zlib.compressobj(9)
        with (own / f"objects/{name[:2]}/{name[2:]}").open("wb") as out:
            out.write(packer.compress(f"commit {size * MB}\0".encode()))
            for _ in range(size):
                out.write(packer.compress(b" " * MB))
            out.write(packer.flush())

    return make


def git_alternates(at: Path) -> None:
    """Make alternates that lead to themselves and to /."""
    own = new_git(at)
    (own / "refs/heads/main").write_text("3" * 40 + "\n")
    (own / "objects/info/alternates").write_text(f"{own}/objects\n/\n../objects\n" * 1000)
    (own / "refs/heads/loop").write_text("ref: refs/heads/loop\n")
    (own / "HEAD").write_text("ref: refs/heads/loop\n")


def git_index(at: Path) -> None:
    """Make an index of 40 MB of entries, with names that lead out."""
    own = new_git(at)
    entry = (
        bytes(24)
        + (0o100644).to_bytes(4, "big")
        + bytes(12)
        + b"\x11" * 20
        + (14).to_bytes(2, "big")
        + b"../../etc/a.md"
    )
    entry += bytes(8 - len(entry) % 8)
    count = 40 * MB // len(entry)
    (own / "index").write_bytes(
        b"DIRC\0\0\0\2" + count.to_bytes(4, "big") + entry * count + bytes(20)
    )


def git_dot_file(to: str) -> Make:
    """Return what makes ``.git`` a file that points to *to*."""
    return file(".git", f"gitdir: {to}\n")


def git_special(at: Path) -> None:
    """Make a .git whose parts are pipes."""
    own = new_git(at)
    (own / "HEAD").unlink()
    for name in ("HEAD", "index", "packed-refs", "shallow", "refs/heads/main"):
        os.mkfifo(own / name)


def _config(text: Data) -> Bad:
    return Bad(file("keten.toml", text))


def _baseline(data: bytes | Callable[[], bytes]) -> Bad:
    def make(at: Path) -> None:
        (at.parent / "base.json").write_bytes(data if isinstance(data, bytes) else data())

    return Bad(make, arguments=("--only-new", "{}/../base.json"))


def _database(data: bytes) -> Bad:
    def make(at: Path) -> None:
        file("requirements.txt", "django==2.0\n")(at)
        (at.parent / "bad.db").write_bytes(data)

    return Bad(make, arguments=("--db", "{}/../bad.db"))


def _baseline_pipe(at: Path) -> None:
    os.mkfifo(at.parent / "base.pipe")


def _database_pipe(at: Path) -> None:
    os.mkfifo(at.parent / "db.pipe")


def _waivers() -> str:
    one = '[[waiver]]\nreason = "r"\nowner = "o"\nuntil = 2099-01-01\npath = "*a*b*c*d{}*"\n'
    return "".join(one.replace("{}", str(i)) for i in range(5_000))


def around() -> dict[str, Bad]:
    """Return what is hostile around the files: policy, baseline, database."""
    return {
        "keten.toml: 2 MB": _config(lambda: "# " + "x" * 2_000_000),
        "keten.toml: deep": _config(lambda: "a = " + "[" * 100_000),
        "keten.toml: dotted": _config(lambda: ".".join(["a"] * 400_000) + " = 1"),
        "keten.toml: tables": _config(lambda: "".join(f"[a{i}.b.c]\n" for i in range(70_000))),
        "keten.toml: digits": _config(lambda: f"[source]\nwindow = {'9' * 900_000}\n"),
        "keten.toml: float digits": _config(lambda: f"[rank]\nhigh = 1e{'9' * 900_000}\n"),
        "keten.toml: a device": _config('[source]\nallowed-signers = "/dev/zero"\n'),
        "keten.toml: a pipe": Bad(_pipe_signers),
        "keten.toml: database /dev/zero": _config('[advisories]\ndatabase = "/dev/zero"\n'),
        "keten.toml: patterns": _config(lambda: f"[paths]\nexclude = ['{'*a' * 100_000}']\n"),
        "keten.toml: many patterns": _config(lambda: "[paths]\nexclude = [" + "'x*y', " * 60_000 + "]\n"),
        "keten.toml: 5,000 waivers": Bad(_many_waivers),
        "keten.toml: types": _config("gate = 1\nchecks = 'x'\npaths = [1]\nwaiver = {a = 1}\n"),
        "keten.toml: infinity": _config("[rank]\nhigh = inf\ncritical = nan\nlow = -inf\n"),
        "baseline: deep": _baseline(b'{"findings":' + b"[" * 100_000),
        "baseline: ignored deep": _baseline(b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        "baseline: 200 MB": _baseline(lambda: b'{"findings":[' + b'{"fingerprint":"a"},' * 10_000_000 + b'{"fingerprint":"b"}]}'),
        "baseline: garbage": _baseline(bytes(range(256)) * 1000),
        "baseline: a pipe": Bad(_baseline_pipe, arguments=("--only-new", "{}/../base.pipe")),
        "keten.toml: 10,000 waivers": Bad(file("keten.toml", lambda: _waivers() + _waivers())),
        "database: garbage": _database(bytes(range(256)) * 4000),
        "database: header only": _database(b"SQLite format 3\0" + bytes(4096)),
        "database: empty": _database(b""),
        "database: a pipe": Bad(_database_pipe, arguments=("--db", "{}/../db.pipe")),
    }  # fmt: skip


def _pipe_signers(at: Path) -> None:
    os.mkfifo(at / "signers")
    file("keten.toml", '[source]\nallowed-signers = "signers"\n')(at)


def _many_waivers(at: Path) -> None:
    file("keten.toml", _waivers())(at)
    for i in range(300):
        file(f"pods/abcabcabcabc{i}.yaml", GOOD.replace("good", f"p{i}"))(at)
