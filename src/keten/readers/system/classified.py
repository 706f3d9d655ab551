"""Runtimes, servers and libraries that no package database knows, told by name and bytes.

What is built from source or copied into an image is in no database; it says its version
itself. Of a file that a package brought the package knows better: the pipeline drops what is
told here of it.
"""

from functools import cache

import msgspec

from keten.errors import InputError
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system._classifier import Classifier, glob, starred
from keten.readers.system._program import Program
from keten.readers.system._runtimes import RUNTIMES
from keten.readers.system._servers import SERVERS, TOOLS

CEILING = 1 << 30
"""The largest file that is looked at, in bytes; a browser has 250 MB."""
CLASSIFIERS: tuple[Classifier, ...] = (*RUNTIMES, *SERVERS, *TOOLS)
_MAGIC = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")


@cache
def _by_name() -> dict[str, list[Classifier]]:
    found: dict[str, list[Classifier]] = {}
    for classifier in CLASSIFIERS:
        for name in classifier.names:
            found.setdefault(name, []).append(classifier)
    return found


def _of(path: str) -> list[Classifier]:
    """Return the classifiers whose file *path* is."""
    known = _by_name().get(starred(path.rpartition("/")[2]), ())
    return [classifier for classifier in known if classifier.fits(path)]


def sift(data: bytes, path: str = "") -> bytes:
    """Keep the versions that the classifiers of *path*'s name found, by their ids.

    Nothing without a path: a program is known by its name first, and to ask every classifier
    of every file would take a hundred times as long.
    """
    binary = bytes(data[:4]).startswith(_MAGIC)
    name = path.rpartition("/")[2]
    found = {
        classifier.id: version
        for classifier in _of(path)
        if classifier.text != binary
        if (version := classifier.version(data, name))
    }
    return msgspec.msgpack.encode(found) if found else b""


def read(source: Source) -> Facts:
    """Return the program that one file is; no facts where no classifier is of its name."""
    if not source.data:
        return Facts()
    try:
        found = msgspec.msgpack.decode(source.data, type=dict[str, str])
    except msgspec.MsgspecError as error:
        raise InputError("no sifted classification") from error
    program = Program(source.path, by="system/classified", ecosystem="generic")
    folder, slash, name = source.path.rpartition("/")
    for classifier in _of(source.path):
        rather = classifier.rather
        if rather not in ("", name) and source.files.exists(f"{folder}{slash}{rather}"):
            break
        if version := found.get(classifier.id):
            program.add(
                classifier.type, classifier.product, version, namespace=classifier.namespace
            )
            break
    return program.facts()


READER = Reader(
    title="Program told by its own bytes",
    media_type="application/x-executable",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=CEILING,
    version=3,
    names=tuple(dict.fromkeys(glob(name) for c in CLASSIFIERS for name in c.names)),
    sift=sift,
    sift_path=True,
    scope=Scope.SYSTEM,
)
