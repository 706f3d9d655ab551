"""A bundle in an OCI registry: one artifact, a layer for each file, its path as its title.

OCI image-spec 1.1, "Guidelines for Artifact Usage"; the annotation is that of ``oras``.
The registry is believed nothing: what makes a file count is its signature, as anywhere else.
"""

from pathlib import Path

import msgspec

from keten.advisories.bundle_paths import NAME
from keten.errors import CeilingError, InputError, NetworkError, UsageError
from keten.formats import reference
from keten.formats.oci import decode
from keten.formats.oci.records import Descriptor, Manifest
from keten.transport.image.exchange import Access
from keten.transport.image.registry import Client

ARTIFACT = "application/vnd.keten.advisories.v1"
MAX_FILES = 2000
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_EMPTY = "application/vnd.oci.empty.v1+json"
_FILE = "application/vnd.keten.advisories.file.v1"
_TITLE = "org.opencontainers.image.title"


class Registry:
    """A bundle under a reference, asked for when the first file is."""

    def __init__(self, name: str, access: Access | None = None) -> None:
        self._image = reference.parse(name)
        if not self._image.registry:
            raise UsageError(f"oci://{name}: no reference to a registry")
        self._client = Client(self._image.registry, access)
        self._files: dict[str, Descriptor] | None = None

    def get(self, path: str, most: int) -> bytes | None:
        """Return a small file."""
        found = self._listed().get(path)
        if found is None:
            return None
        if found.size > most:
            raise CeilingError(f"{path} has {found.size} bytes; at most {most} are taken")
        return self._client.get_blob(self._image.repository, found, most)

    def bring(self, path: str, to: Path, most: int) -> bool:
        """Download a file."""
        found = self._listed().get(path)
        if found is None:
            return False
        if found.size > most:
            raise CeilingError(f"{path} has {found.size} bytes; at most {most} are taken")
        to.parent.mkdir(parents=True, exist_ok=True)
        with (
            self._client.blob(self._image.repository, found.digest) as answer,
            to.open("wb") as file,
        ):
            for chunk in answer.body(most):
                file.write(chunk)
        return True

    def put(self, files: dict[str, bytes | Path]) -> str:
        """Upload a bundle's files and then what lists them; return its digest."""
        repository = self._image.repository
        layers = []
        for path in sorted(files):
            data = files[path]
            data = data if isinstance(data, bytes) else data.read_bytes()
            made = self._client.put_blob(repository, data, _FILE)
            layers.append(msgspec.structs.replace(made, annotations={_TITLE: path}))
        config = self._client.put_blob(repository, b"{}", _EMPTY)
        manifest = Manifest(_MANIFEST, config, tuple(layers), artifact_type=ARTIFACT)
        text = msgspec.json.encode({"schemaVersion": 2, **msgspec.to_builtins(manifest)})
        return self._client.put_manifest(repository, self._image.tag, text, _MANIFEST)

    def _listed(self) -> dict[str, Descriptor]:
        if self._files is None:
            got = self._client.get_manifest(
                self._image.repository, self._image.digest or self._image.tag
            )
            found = decode.decode(got.data, got.media_type)
            if not isinstance(found, Manifest) or found.artifact_type != ARTIFACT:
                raise InputError(f"{self._image.ref} is no advisory bundle")
            if len(found.layers) > MAX_FILES:
                raise CeilingError(f"{self._image.ref} holds more than {MAX_FILES} files")
            named = ((layer.annotations.get(_TITLE, ""), layer) for layer in found.layers)
            self._files = {path: layer for path, layer in named if NAME.fullmatch(path)}
            if not self._files:
                raise NetworkError(f"{self._image.ref} holds no file of a bundle")
        return self._files
