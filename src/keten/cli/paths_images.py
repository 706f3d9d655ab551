"""What is known of the images of a cluster: results that were handed over, and kept ones.

An image that was scanned on this machine is known by the digest that a pod runs or names; a tag
says nothing of what lies there today. Nothing is fetched.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from keten.cluster.estates import Cluster
from keten.cluster.paths import weak
from keten.cluster.paths.terms import Weakness
from keten.errors import InputError, UsageError
from keten.pipeline.cache import Cache, default_folder

_DIGEST = "sha256:"


class Images:
    """The vulnerabilities that are known of images. *kept*: also of scans kept on this machine."""

    def __init__(self, files: Sequence[Path], *, kept: bool) -> None:
        self._given: dict[str, tuple[Weakness, ...]] = {}
        for file in files:
            try:
                data = file.read_bytes()
            except OSError as error:
                raise UsageError(f"--images {file}: {error.strerror}") from error
            self._given.update(weak.of_result(data, file.name, names))
        self._cache = Cache(default_folder() if kept else None)
        self._found: dict[str, tuple[Weakness, ...] | None] = {}
        self.unknown: set[str] = set()
        """The images of which nothing is known, by their names."""

    def of(self, cluster: Cluster) -> dict[str, tuple[Weakness, ...]]:
        """Return what is known of the images of each workload, by its ref."""
        called = weak.images(cluster.objects, names)
        known = dict(self._given)
        for those in called.values():
            for keys in those:
                given = [key for key in keys if key in known]
                for key in () if given else filter(_is_digest, keys):
                    found = self._look(key)
                    if found is not None:
                        known[key] = found
                if not any(key in known for key in keys):
                    self.unknown.add(keys[-1] if keys else "")
        return weak.by_workload(called, known)

    def _look(self, digest: str) -> tuple[Weakness, ...] | None:
        if digest not in self._found:
            from keten.pipeline.images import kept

            result = kept.of_image(self._cache, digest)
            self._found[digest] = None
            if result is not None:
                source = f"scan of {digest[:19]}, kept {result.now}"
                self._found[digest] = weak.of_kept(result, source)
        return self._found[digest]


def _is_digest(text: str) -> bool:
    return text.startswith(_DIGEST)


def names(image: str) -> Iterable[str]:
    """Return what the image that *image* refers to is known by: name and tag, digest."""
    return tuple(_names(image))


def _names(image: str) -> Iterator[str]:
    from keten.formats import reference

    try:
        parsed = reference.parse(image)
    except InputError:
        return
    if parsed.template:
        return
    if parsed.digest:
        yield parsed.digest
    if parsed.tag:
        yield f"{parsed.registry}/{parsed.repository}:{parsed.tag}"
