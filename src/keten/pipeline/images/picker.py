"""Which files of a layer are kept while it streams by, and what of them.

A file that a reader wants is sifted at once where the reader sifts, else kept whole; texts are
searched for secrets. All of it depends on the layer alone, so it can be kept by its digest.
"""

from collections.abc import Callable, Collection, Mapping
from fnmatch import translate
from functools import cache
from hashlib import sha256
from mmap import MADV_DONTNEED, mmap
from re import compile as pattern
from types import MappingProxyType
from typing import Any

from keten.graph.store import merge
from keten.model.evidence import Evidence, Link, Origin, Problem
from keten.model.facts import Facts
from keten.model.plug import Effort, Reader
from keten.pipeline.read import Readers, sift
from keten.transport.image.layers import FullError

Match = Callable[[str], object]
WHOLE = ""
"""The key of a file that is kept whole."""
FAULT = "!"
"""Before the id of a reader that could not sift: its problems."""
DIGEST = "#"
"""The key of a kept file's digest and size."""

FILES = 25_000
"""The most files of one layer, and of one image, that are kept for one reader.

Each is a package, or a part of what tells of one. The largest images have some 3,000 packages of
a distribution (two files each), 5,000 of Python (three each), 20,000 installed package.json.
"""

TEXT = 1 << 20
"""The largest text that is searched for secrets, in bytes."""
BATCH = 4 << 20
"""Texts are searched so many bytes at a time."""
CREDENTIALS = 1000
"""After so many credentials, or texts too full of candidates, no more of a layer is searched."""

NOT_SEARCHED = (
    "usr/share/doc/", "usr/share/man/", "usr/share/locale/", "usr/share/info/",
    "usr/share/zoneinfo/", "usr/share/licenses/", "usr/share/i18n/", "usr/share/perl",
    "usr/share/icons/", "usr/share/bash-completion/", "usr/share/vim/", "usr/share/X11/",
    "usr/share/fonts/", "usr/share/mime/", "usr/share/common-licenses/", "usr/share/nodejs/",
    "usr/include/", "var/lib/dpkg/", "var/lib/apt/", "lib/apk/", "usr/lib/apk/", "usr/lib/locale/",
    "var/lib/rpm/", "usr/lib/sysimage/", "usr/lib/firmware/", "usr/lib/modules/",
    "usr/lib/x86_64-linux-gnu/", "usr/lib/aarch64-linux-gnu/",
    # Languages with their own tests and examples, from the distribution or built from source.
    "usr/lib/python2", "usr/lib/python3", "usr/lib64/python3", "usr/local/lib/python2",
    "usr/local/lib/python3", "usr/lib/ruby/", "usr/local/lib/ruby/", "usr/share/ruby/",
    "usr/lib/perl", "usr/local/lib/perl5/", "usr/lib/go", "usr/share/go", "usr/local/go/",
    "usr/lib/jvm/", "usr/lib/R/", "usr/local/lib/R/", "usr/local/include/",
)  # fmt: skip
"""What distributions and languages bring, and nobody writes a secret to."""
DEPENDENCIES = ("/node_modules/", "/site-packages/", "/dist-packages/", "/gems/", "/go/pkg/mod/",
    "/.cargo/registry/", "/.m2/repository/")  # fmt: skip
"""Packages of others, which are published for all to read."""


MANY = "Find out who made so much of it; what it brings is not known."
_HEAVY = 100
"""How many credentials a text counts that was not judged to its end."""


def too_many(name: str) -> str:
    """Return what is said of files that are too many for the reader *name*."""
    return f"it has more than {FILES:,} files for {name}: no further one is read"


def _enough(path: str) -> Problem:
    return Problem(
        path,
        f"{CREDENTIALS:,} credentials, or what looks like them: no text of the layer behind it is "
        "searched for more",
        link=Link.SECRETS,
        need="content",
        advice="Take what is found out of the layer, or exclude test data from the image.",
    )


class Picker:
    """See ``keten.transport.image.layers.Picker``. One for each layer.

    *efforts* are what the readers may still take for all layers of the image, by their ids.
    """

    def __init__(
        self, readers: Readers, *, secrets: bool, efforts: dict[str, Effort] | None = None
    ) -> None:
        self._readers = readers
        self._secrets = secrets
        self._anchored = Anchored(readers)
        self._plan: tuple[tuple[str, Reader], ...] = ()
        self._text = False
        self._texts: list[tuple[str, bytes]] = []
        self._waiting = 0
        self._found: list[Facts] = []
        self.searched = self._told = 0
        self.programs: dict[str, str] = {}
        self._files: dict[str, int] = {}
        self._efforts = {} if efforts is None else efforts
        for name, reader in readers.all:
            if reader.effort is not None and name not in self._efforts:
                self._efforts[name] = reader.effort()

    @property
    def alone(self) -> bool:
        """Whether all that is kept depends on this layer alone."""
        return not any(effort.met for effort in self._efforts.values())

    def wants(self, path: str, size: int, mode: int, head: bytes) -> bool:
        """Return whether the whole file is needed; remember for whom."""
        if mode & 0o111 and (head[:4] == b"\x7fELF" or head[:2] == b"#!"):
            self.programs[path] = "elf" if head[0] == 0x7F else "script"  # noqa: PLR2004 ELF
        plan = self._readers.wanted(path, head[:16])
        if self._anchored.some(path):
            plan = self._anchored.join(path, plan)
        self._plan = plan
        self._text = 0 < size <= TEXT and self._secrets and text(path, head)
        return bool(plan) or self._text

    def take(self, path: str, data: Any) -> dict[str, bytes] | None:
        """Return what is kept of a file; *data* is bytes-like and is not kept."""
        if self._text:
            self._search(path, bytes(data))
        kept = pieces(path, data, self._plan, self._efforts) if self._plan else None
        if kept:
            self._count(kept)
        return kept

    def _count(self, kept: dict[str, bytes]) -> None:
        """Count a file for each reader for which something was kept of it. FullError."""
        for name, reader in self._plan:
            if (name if reader.sift else WHOLE) in kept or FAULT + name in kept:
                count = self._files[name] = self._files.get(name, 0) + 1
                if count > FILES:
                    raise FullError(too_many(name), advice=MANY)

    def secrets(self) -> Facts:
        """Return what was found in the layer's texts."""
        self._flush()
        nodes = tuple(node for facts in self._found for node in facts.nodes)
        return Facts(
            nodes=nodes,
            places=tuple(place for facts in self._found for place in facts.places),
            problems=tuple(problem for facts in self._found for problem in facts.problems),
            evidence=tuple(item for facts in self._found for item in facts.evidence),
        )

    def _search(self, path: str, data: bytes) -> None:
        self.searched += 1
        self._texts.append((path, data))
        self._waiting += len(data)
        if self._waiting >= BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._texts:
            from keten.secrets import engine

            found = engine.scan(self._texts)
            self._told += len(found.nodes) + len(found.problems) * _HEAVY
            if self._told >= CREDENTIALS:
                last = self._texts[-1][0]
                found = merge([found, Facts(problems=(_enough(last),))])
                self._secrets = False
            holding = {node.path for node in found.nodes}
            kept = tuple(evidence(p, d, "text/plain") for p, d in self._texts if p in holding)
            self._found += [found, Facts(evidence=kept)]
            self._texts, self._waiting = [], 0


class Anchored:
    """The readers that find their file by its path from the root."""

    def __init__(self, readers: Readers) -> None:
        self._exact: dict[str, list[tuple[str, Reader]]] = {}
        self._globs: dict[str, list[tuple[Match, tuple[str, Reader]]]] = {}
        for plug in readers.all:
            for anchor in plug[1].anchors:
                folder, _, last = anchor.rpartition("/")
                if any(sign in last for sign in "*?["):
                    self._globs.setdefault(folder, []).append((compiled(last), plug))
                else:
                    self._exact.setdefault(anchor, []).append(plug)

    def some(self, path: str) -> bool:
        """Return whether any reader is anchored at *path*."""
        return path in self._exact or path.rpartition("/")[0] in self._globs

    def join(
        self, path: str, plan: tuple[tuple[str, Reader], ...]
    ) -> tuple[tuple[str, Reader], ...]:
        """Return *plan* with the readers that are anchored at *path*."""
        folder, _, last = path.rpartition("/")
        more = list(self._exact.get(path, ()))
        more += [plug for match, plug in self._globs.get(folder, ()) if match(last)]
        return plan + tuple(plug for plug in more if plug not in plan)


@cache
def compiled(glob: str) -> Match:
    """Return what tells whether a name matches *glob*, as fnmatch reads it."""
    return pattern(translate(glob)).match


def pieces(
    path: str,
    data: Any,
    plan: Collection[tuple[str, Reader]],
    efforts: Mapping[str, Effort] = MappingProxyType({}),
) -> dict[str, bytes] | None:
    """Return what the readers of *plan* need of a file: sifted bytes, or the whole."""
    kept: dict[str, bytes] = {}
    size = len(data)
    for name, reader in plan:
        if size > reader.ceiling:
            what = f"{size:,} bytes is more than the {reader.ceiling:,} that {name} reads"
            kept[FAULT + name] = what.encode()
        elif reader.sift is None:
            if all(mark in data for mark in reader.marks):
                kept[WHOLE] = bytes(data)
        else:
            made = sift(name, reader, path, data, effort=efforts.get(name))
            if isinstance(made, Facts):
                kept[FAULT + name] = made.problems[0].what.encode()
            elif made:
                kept[name] = bytes(made)
    if not kept:
        return None
    if all(size > reader.ceiling for _, reader in plan):
        return kept  # nothing was read of it, so nobody asks for its digest
    kept[DIGEST] = _digest(data) + size.to_bytes(8, "little")
    return kept


def _digest(data: Any) -> bytes:
    """Return the SHA-256 of a file; of one that is mapped no more stays in memory than a step."""
    if not isinstance(data, mmap):
        return sha256(data).digest()
    made = sha256()
    with memoryview(data) as whole:
        for at in range(0, len(data), BATCH):
            made.update(whole[at : at + BATCH])
            if hasattr(data, "madvise"):
                data.madvise(MADV_DONTNEED, at, min(BATCH, len(data) - at))
    return made.digest()


def evidence(path: str, data: bytes, media_type: str) -> Evidence:
    """Return the record of a file's bytes."""
    digest = f"sha256:{sha256(data).hexdigest()}"
    return Evidence(digest, media_type, len(data), Origin("image", ".", path))


def text(path: str, head: bytes) -> bool:
    """Return whether a file is a text that is searched for secrets."""
    if b"\0" in head or not head or path.startswith(NOT_SEARCHED):
        return False
    return not any(folder in f"/{path}" for folder in DEPENDENCIES)
