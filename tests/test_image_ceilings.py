"""What the files of one layer, and the archives of one image, may take together."""

import io
import zipfile

import pytest

from keten.errors import CeilingError
from keten.formats.archives import java_archive
from keten.model.plug import Effort, Scope
from keten.pipeline.images import picker
from keten.pipeline.images.picker import Picker
from keten.pipeline.read import Readers
from keten.transport.image.layers import FullError

NODE = "system/node-package"


def jar(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, b"x")
    return out.getvalue()


def offer(one: Picker, path: str, data: bytes) -> dict[str, bytes] | None:
    """Do with a file what the walk over a layer does."""
    return one.take(path, data) if one.wants(path, len(data), 0o644, data[:4096]) else None


def test_a_layer_ends_where_a_reader_has_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only files of which something is kept count; the reader and the number are named."""
    monkeypatch.setattr(picker, "FILES", 2)
    one = Picker(Readers(Scope.SYSTEM), secrets=False)
    package = b'{"name": "a", "version": "1.0.0", "scripts": {"x": "y"}}'
    for n in range(5):
        assert offer(one, f"n/node_modules/a/{n}/package.json", package) is None
        assert offer(one, f"n/node_modules/m{n}/package.json", b'{"type": "module"}') is None
    for n in range(2):
        kept = offer(one, f"n/node_modules/p{n}/package.json", package)
        assert kept is not None
        assert b'"1.0.0"' in kept[NODE]
        assert b"scripts" not in kept[NODE]
    with pytest.raises(FullError, match=f"2 files for {NODE}"):
        offer(one, "n/node_modules/p3/package.json", package)


def test_archives_of_an_image_share_their_effort() -> None:
    """What one layer's archives took, the next one's can not; what was refused is told."""
    readers = Readers(Scope.SYSTEM)
    efforts: dict[str, Effort] = {"system/java-archive": java_archive.Effort(entries=5)}
    kept: dict[str, bytes] | None = None
    for layer, alone in enumerate((True, False)):
        one = Picker(readers, secrets=False, efforts=efforts)
        kept = offer(one, f"l{layer}.jar", jar("a/A.class", "b/B.class", "c/C.class"))
        assert kept is not None
        assert ("system/java-archive" in kept) is alone
        assert one.alone is alone
    assert kept is not None
    assert b"entries" in kept[picker.FAULT + "system/java-archive"]
    small = offer(one, "small.jar", jar("a/A.class"))
    assert small is not None
    assert "system/java-archive" in small


def test_archives_unpack_so_much_together() -> None:
    effort = java_archive.Effort(unpacked=3 << 20)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("lib/a.jar", jar("x") + bytes(2 << 20))
    found = java_archive.decode(java_archive.sift(out.getvalue(), effort))
    assert not any("MiB in the Java" in what for _, what in found.problems)
    found = java_archive.decode(java_archive.sift(out.getvalue(), effort))
    assert any("MiB in the Java" in what for _, what in found.problems)
    assert effort.met
    with pytest.raises(CeilingError):
        java_archive.sift(jar("a"), java_archive.Effort(entries=0))


@pytest.mark.parametrize("path", ["opt/app.jar", "n/package.json", "usr/lib/x.so", "A/METADATA"])
def test_the_sieve_lets_through_what_readers_want(path: str) -> None:
    """What the ends of names tell at once is what each reader's own patterns tell."""
    from fnmatch import fnmatchcase

    readers = Readers(Scope.SYSTEM)
    paths = [path, *(glob.replace("*", "q").replace("[0-9]", "3") for _, reader in readers.all
                     for glob in (*reader.names, *reader.paths))]  # fmt: skip
    for one in paths:
        name = one.rpartition("/")[2]
        wanted = {
            plug
            for plug, reader in readers.all
            if any(fnmatchcase(name, glob) for glob in reader.names)
            or any(fnmatchcase(one, glob) for glob in reader.paths)
        }
        assert {plug for plug, _ in readers.wanted(one)} == wanted, one
