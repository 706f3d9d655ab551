"""A git checkout as keten touches it: its files read by ourselves, its objects through git.

A repository's own configuration can run programs (fsmonitor, filters, gpg.program, hooks,
lazy fetches). So git never sees it: git runs once, on a repository that we make (our own
config, an empty environment), told only where the objects lie, and answers with bytes.
"""

import os
import stat
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from msgspec import Struct

from keten.errors import InputError
from keten.formats import git

if TYPE_CHECKING:  # imported on use: a target without history starts no process
    import subprocess

UPWARD = 40
"""How many folders above the target are asked for a ``.git``."""
SMALL = 4096
"""The largest HEAD, loose ref, ``.git`` or commondir file, in bytes."""
PACKED_BYTES = 128 << 20
"""The largest packed-refs, in bytes."""
SYMREFS = 5
"""How many symbolic refs are followed."""
LOOSE_REFS = 20_000
"""The most loose refs that are listed."""
MEMORY = 192 << 20
"""The most memory that git may take for what it inflates, in bytes; packs are mapped beside it."""
ANSWER = 1 << 20
"""The most bytes of one object that are taken in; what is longer is passed over."""


class Checkout(Struct, frozen=True):
    """Where a checkout lies.

    *root* is the working tree, *own* its git folder (of a worktree, its own part), *common*
    the folder with objects and refs, *algorithm* ``sha1`` or ``sha256``.
    """

    root: Path
    own: Path
    common: Path
    algorithm: str
    config: dict[str, str]


def find(target: Path) -> Checkout | None:
    """Return the checkout that *target* is in, or None; InputError where it can not be read."""
    folder = target.resolve()
    for _ in range(UPWARD):
        dot = folder / ".git"
        if os.path.lexists(dot):
            return _open(folder, dot)
        if folder.parent == folder:
            break
        folder = folder.parent
    return None


def _open(root: Path, dot: Path) -> Checkout:
    mode = dot.lstat().st_mode
    if stat.S_ISLNK(mode):
        raise InputError(".git is a symbolic link, which is not followed")
    own = dot if stat.S_ISDIR(mode) else _pointed(root, dot)
    common = own
    if named := _small(own / "commondir"):
        common = (own / named).resolve()
        if own.parent.parent.resolve() != common:
            raise InputError("the worktree's commondir is not the repository that it lies in")
    if not (common / "objects").is_dir() or _small(own / "HEAD") is None:
        raise InputError("there is a .git but no git repository in it")
    if (common / "objects").resolve().parent != common.resolve():
        raise InputError("the repository's objects folder is a symbolic link: not followed")
    values = git.config(read_small(common / "config", git.CONFIG_BYTES) or b"")
    if (store := values.get("extensions.refstorage", "files")) != "files":
        raise InputError(
            f"refs are stored as {store[:20]!r}, which keten can not read yet",
            advice="git refs migrate --ref-format=files",
        )
    algorithm = values.get("extensions.objectformat", "sha1")
    if algorithm not in ("sha1", "sha256"):
        raise InputError(f"objects are named by {algorithm[:20]!r}, which keten does not know")
    return Checkout(root, own, common, algorithm, values)


def _pointed(root: Path, dot: Path) -> Path:
    """Return where a ``.git`` file points, if what lies there points back.

    A linked worktree's folder holds ``gitdir``, the path of this very file; a submodule's
    config holds core.worktree. A folder that does neither was made to be pointed at by
    somebody else, and is not opened, unless it lies within the checkout itself.
    """
    text = _small(dot) or ""
    if not text.startswith("gitdir:"):
        raise InputError(".git is a file that is no pointer to a repository")
    own = (root / text.removeprefix("gitdir:").strip()).resolve()
    if own.is_relative_to(root):
        return own
    back = _small(own / "gitdir")
    if back and (own / back).resolve() == dot:
        return own
    values = git.config(read_small(own / "config", git.CONFIG_BYTES) or b"")
    tree = values.get("core.worktree")
    if tree and (own / tree).resolve() == root:
        return own
    raise InputError(
        ".git points to a folder that does not point back: not followed",
        advice="Scan the checkout where its repository lies (git worktree repair mends a move).",
    )


def read_small(path: Path, ceiling: int = SMALL) -> bytes | None:
    """Return a regular file's bytes, or None where there is none or it is too large."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_size > ceiling:
            return None
        return file.read(ceiling)


def _small(path: Path) -> str | None:
    data = read_small(path)
    return None if data is None else data.decode("utf-8", "surrogateescape").strip()


class Refs:
    """The refs of a checkout: loose files first, then packed-refs."""

    def __init__(self, checkout: Checkout) -> None:
        self._checkout = checkout
        data = read_small(checkout.common / "packed-refs", PACKED_BYTES)
        self._packed = git.packed_refs(data) if data else {}

    def head(self) -> tuple[str, str]:
        """Return HEAD's hash and branch; either "" where unborn or detached."""
        text = _small(self._checkout.own / "HEAD") or ""
        if not text.startswith("ref:"):
            return (text if git.is_hash(text) else ""), ""
        name = text.removeprefix("ref:").strip()
        return self.resolve(name), name.removeprefix("refs/heads/")

    def resolve(self, name: str) -> str:
        """Return the hash that a ref names, or ""."""
        for _ in range(SYMREFS):
            if not git.is_refname(name):
                return ""
            text = _small(self._checkout.common / name)
            if text is None:
                return self._packed.get(name, ("", ""))[0]
            if not text.startswith("ref:"):
                return text if git.is_hash(text) else ""
            name = text.removeprefix("ref:").strip()
        return ""

    def tags(self) -> dict[str, tuple[str, bool | None]]:
        """Return tag name to its hash and whether it is annotated (None: not known yet)."""
        prefix = "refs/tags/"
        found: dict[str, tuple[str, bool | None]] = {
            name.removeprefix(prefix): (value, bool(peeled))
            for name, (value, peeled) in self._packed.items()
            if name.startswith(prefix)
        }
        for name in self._loose(self._checkout.common / "refs" / "tags"):
            if value := self.resolve(prefix + name):
                found[name] = (value, None)
        return found

    def _loose(self, top: Path) -> list[str]:
        names: list[str] = []
        pending = [""]
        while pending and len(names) < LOOSE_REFS:
            folder = pending.pop()
            try:
                with os.scandir(top / folder) as entries:
                    for entry in entries:
                        name = f"{folder}{entry.name}"
                        if entry.is_dir(follow_symlinks=False) and name.count("/") < SYMREFS * 4:
                            pending.append(f"{name}/")
                        elif entry.is_file(follow_symlinks=False):
                            names.append(name)
            except OSError:
                continue
        return sorted(names)


def shallow(checkout: Checkout) -> frozenset[str]:
    """Return the commits where history was cut off."""
    data = read_small(checkout.common / "shallow", git.CONFIG_BYTES) or b""
    return frozenset(line for line in data.decode("ascii", "replace").split() if git.is_hash(line))


class Objects:
    """One ``git cat-file --batch``, asked by hash, in a repository of our own making."""

    def __init__(self, checkout: Checkout) -> None:
        self._checkout = checkout
        self._stack = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def read(self, name: str) -> tuple[str, bytes] | None:
        """Return the type and bytes of an object, or None where it is missing or too large."""
        if not git.is_hash(name):
            return None
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(name.encode() + b"\n")
            process.stdin.flush()
        except OSError:
            raise InputError("git ended before it had answered") from None
        head = process.stdout.readline(SMALL).split()
        if not head:
            raise InputError("git ended before it had answered")
        if len(head) != 3 or not head[2].isdigit():  # noqa: PLR2004 name, type, size
            return None
        size = int(head[2])
        if size > ANSWER:
            _pass_over(process.stdout, size + 1)
            return None
        data = process.stdout.read(size)
        process.stdout.read(1)
        return head[1].decode("ascii", "replace"), data

    def _start(self) -> "subprocess.Popen[bytes]":
        import shutil
        import subprocess
        import tempfile

        program = shutil.which("git")
        if program is None or not os.path.isabs(program):  # noqa: PTH117 never a path in the target
            raise InputError(
                "git is not installed, so commits and tags were not read",
                advice="Install git, or scan where it is installed.",
            )
        home = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="keten-git-")))
        objects = _bare(home, self._checkout)
        process = subprocess.Popen(  # noqa: S603 our own arguments and environment
            [program, "--no-replace-objects", "cat-file", "--batch"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            cwd=home, env=environment(home, objects), close_fds=True,
        )  # fmt: skip
        self._stack.callback(_end, process)
        _bound(process.pid)
        self._process = process
        return process


def environment(home: Path, objects: Path) -> dict[str, str]:
    """Return all that git is told: nothing of the user's or the repository's configuration."""
    return {
        "PATH": os.defpath,
        "HOME": str(home),
        "LC_ALL": "C",
        "GIT_DIR": str(home / "git"),
        "GIT_OBJECT_DIRECTORY": str(objects),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_ALLOW_PROTOCOL": "",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }


def _bare(home: Path, checkout: Checkout) -> Path:
    """Make the repository that git is shown; return where it is to look for objects.

    ``objects/info/alternates`` or a symbolic link would lead git to folders outside of the
    repository: then git sees a folder of links to the repository's own packs and loose objects.
    """
    own = home / "git"
    (own / "refs").mkdir(parents=True)
    (own / "HEAD").write_text("ref: refs/heads/none\n")
    (own / "objects").mkdir()
    form = "\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n"
    cache = "[core]\n\tdeltaBaseCacheLimit = 32m\n"
    (own / "config").write_text(f"[core]\n{form}\tobjectformat = {checkout.algorithm}\n{cache}")
    objects = checkout.common / "objects"
    with os.scandir(objects) as entries:
        linked = any(entry.is_symlink() for entry in entries)
    if not linked and not os.path.lexists(objects / "info" / "alternates"):
        return objects
    for name in ("pack", *(f"{i:02x}" for i in range(256))):
        if (objects / name).is_dir() and not (objects / name).is_symlink():
            (own / "objects" / name).symlink_to(objects / name)
    return own / "objects"


def _bound(pid: int) -> None:
    """Let git end, not the machine, when an object inflates to gigabytes (where Linux can)."""
    import resource

    if limit := getattr(resource, "prlimit", None):
        limit(pid, resource.RLIMIT_DATA, (MEMORY, MEMORY))


def _pass_over(stream: IO[bytes], size: int) -> None:
    while size > 0 and (part := stream.read(min(size, ANSWER))):
        size -= len(part)


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None:
        process.stdin.close()
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def tracked(checkout: Checkout) -> tuple[git.IndexEntry, ...] | None:
    """Return the index's entries, or None where there is no index; InputError as its parser."""
    data = read_small(checkout.own / "index", git.INDEX_BYTES)
    return None if data is None else git.index(data, algorithm=checkout.algorithm)
