"""Long lists of ``kubectl get -o json`` and ``-o yaml``, read in pieces.

A dump of a large cluster is one file of hundreds of megabytes. It is divided, without ever
holding it, into files of a few hundred objects that the workers share: of ``dump.json`` these
are told as ``dump.json/0001.json`` and so on, with lines of their own.
"""

import mmap
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from keten.formats.kubernetes.snapshot import ITEMS
from keten.transport.files import BYTES, Entry, Tree

LONG = 8 << 20
"""A list of more bytes is divided (keten.pipeline.trees.LONG)."""
MOST = 4 << 30
"""The largest that is, in bytes."""
PIECE = 2 << 20
_HEAD = 4096
_NAMES = (".json", ".yaml", ".yml")
_SAYS = (b"apiVersion:", b"kind:")
_MANAGED = b"managedFields"


class _Envelope(Struct, rename="camel"):
    api_version: str
    kind: str
    items: list[msgspec.Raw]


class Divided(Tree):
    """A tree in which long lists are folders of pieces, which are removed with it."""

    def __init__(self, tree: Tree, folder: Path) -> None:
        self.__dict__.update(tree.__dict__)
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._pieces: dict[str, Path] = {}

    def divide(self, entry: Entry, pieces: Iterator[Path]) -> bool:
        """Put *pieces* in the place of *entry*; return whether there were any."""
        made = []
        for number, piece in enumerate(pieces, 1):
            name = f"{entry.path}/{number:04}{piece.suffix}"
            self._pieces[name] = piece
            self._known.add(name)
            made.append(Entry(name, piece.stat().st_size, entry.mode))
        if made:
            self.entries.remove(entry)
            self.entries += made
        return bool(made)

    def open(self, path: str, ceiling: int = BYTES) -> bytes:
        """See Tree."""
        piece = self._pieces.get(path)
        if piece is None:
            return super().open(path, ceiling)
        with piece.open("rb") as stream:
            return stream.read(ceiling)


def divided(tree: Tree) -> Tree:
    """Return *tree* with its long lists in pieces; itself where it has none."""
    long = [e for e in tree.entries if LONG < e.size <= MOST and e.path.endswith(_NAMES)]
    if not long:
        return tree
    kept = Path(tempfile.mkdtemp(prefix="keten-dump-"))
    made = Divided(tree, kept)
    some = False
    for number, entry in enumerate(long):
        try:
            head = tree.open(entry.path, _HEAD)
        except OSError:
            continue  # told where it is read
        how = _way(head)
        if how is not None:
            folder = kept / str(number)
            folder.mkdir()
            some |= made.divide(entry, how(tree.root / entry.path, folder))
    made.entries.sort()
    return made if some else tree


def _way(head: bytes) -> Callable[[Path, Path], Iterator[Path]] | None:
    if head.lstrip()[:1] == b"{" and b'"items"' in head:
        return _json
    lines = head.split(b"\n")
    return _yaml if b"items:" in lines[:3] and any(_begins(line) for line in lines) else None


def _json(file: Path, folder: Path) -> Iterator[Path]:
    """Write the items of a List in JSON, as bytes, a few hundred a file."""
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            found = msgspec.json.decode(data, type=_Envelope)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, BufferError):
            return
        head = msgspec.json.encode({"apiVersion": found.api_version, "kind": found.kind})
        begin, end = head[:-1] + b',"items":[\n', b"\n]}\n"
        batch: list[bytes] = []
        size = count = 0
        items = found.items
        items.reverse()
        while items:
            item = _unmanaged(bytes(items.pop()))
            if batch and (len(batch) >= ITEMS or size + len(item) > PIECE):
                count += 1
                yield _written(folder, count, ".json", begin + b",\n".join(batch) + end)
                batch, size = [], 0
            batch.append(item)
            size += len(item)
        if batch:
            yield _written(folder, count + 1, ".json", begin + b",\n".join(batch) + end)


def _unmanaged(item: bytes) -> bytes:
    """Return an object without what says who set which field: a third of it, and no fact."""
    if _MANAGED not in item:
        return item
    try:
        value = msgspec.json.decode(item)
        value["metadata"].pop("managedFields", None)
    except (msgspec.MsgspecError, RecursionError, KeyError, TypeError, AttributeError):
        return item  # told where it is read
    return msgspec.json.encode(value)


def _yaml(file: Path, folder: Path) -> Iterator[Path]:
    """Write the items of a List in YAML as kubectl prints it: ``- `` begins a line for each."""
    head, tail = _around(file)
    begin = head + b"items:\n"
    batch: list[bytes] = []
    size = objects = count = 0
    inside = False
    kept = _Kept()
    with file.open("rb") as stream:
        while line := stream.readline(BYTES):
            if _begins(line):
                inside = True
                if batch and (objects >= ITEMS or size > PIECE):
                    count += 1
                    yield _written(folder, count, ".yaml", begin + b"".join(batch) + tail)
                    batch, size, objects = [], 0, 0
                objects += 1
            elif line[:1] not in b" \n\r#":
                inside = False
            if inside and kept.keeps(line):
                batch.append(line)
                size += len(line)
    if batch:
        yield _written(folder, count + 1, ".yaml", begin + b"".join(batch) + tail)


class _Kept:
    """Which lines of an item stay: not those that say who set which field, as in ``_unmanaged``."""

    def __init__(self) -> None:
        self._meta = self._managed = False

    def keeps(self, line: bytes) -> bool:
        """Return whether *line*, the next one of kubectl's YAML, stays."""
        if line[:2] == b"- " or (line[:2] == b"  " and line[2:3] not in b" -#\n\r"):
            self._meta = line[2:12] == b"metadata:\n"
            self._managed = False
        elif self._meta and line[:4] == b"    " and line[4:5] not in b" -#\n\r":
            self._managed = line[4:18] == b"managedFields:"
        return not self._managed


def _around(file: Path) -> tuple[bytes, bytes]:
    """Return the lines before and after the items that say what they are.

    The kind may follow the items (keys are sorted); the items of ``PodList`` may not say theirs.
    Where it is not there the file is cut off, and so are the pieces.
    """
    with file.open("rb") as stream:
        head = stream.read(_HEAD)
        stream.seek(max(0, file.stat().st_size - _HEAD))
        tail = stream.read(_HEAD)
    lines = head.splitlines(keepends=True)
    before = [line for line in lines[: _items_at(lines)] if line.startswith(_SAYS)]
    after = [line for line in tail.splitlines(keepends=True) if line.startswith(_SAYS[1])]
    if any(line.startswith(_SAYS[1]) for line in before):
        return b"".join(before), b""
    return b"".join(before), after[-1].rstrip(b"\r\n") + b"\n" if after else b""


def _items_at(lines: list[bytes]) -> int:
    return next((n for n, line in enumerate(lines) if line.startswith(b"items:")), 0)


def _begins(line: bytes) -> bool:
    return line.startswith(b"- ")


def _written(folder: Path, number: int, suffix: str, data: bytes) -> Path:
    file = folder / f"{number:04}{suffix}"
    file.write_bytes(data)
    return file
