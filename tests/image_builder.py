r"""Small container images made by a test: layers, configuration, manifest, layout or archive.

The same call gives the same bytes. ``build`` is the short way; ``image``, ``layout``,
``oci_archive`` and ``docker_archive`` are its parts, for several images or wrong ones.

    built = build(tmp_path / "image", [[("etc/os-release", "file", b"ID=debian\n")]])
    built.path, built.manifest_digest, built.config_digest, built.layers[0].digest
"""

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Entry = tuple[Any, ...]
"""path, kind[, content[, attributes]]: *kind* is file, dir, symlink, hardlink, fifo, char, block;
*content* the bytes (or str) of a file, or where a link points; *attributes* are set on TarInfo
(``{"mode": 0o4755, "uid": 1, "pax_headers": {...}}``)."""
Layer = Sequence[Entry] | bytes
"""Entries, or the bytes of the (uncompressed) tar itself."""

OCI = "application/vnd.oci.image."
DOCKER = "application/vnd.docker."
_SUFFIX = {"gzip": "+gzip", "zstd": "+zstd", "none": ""}
_KINDS = {
    "file": tarfile.REGTYPE, "dir": tarfile.DIRTYPE, "symlink": tarfile.SYMTYPE,
    "hardlink": tarfile.LNKTYPE, "fifo": tarfile.FIFOTYPE, "char": tarfile.CHRTYPE,
    "block": tarfile.BLKTYPE,
}  # fmt: skip


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def encode(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def tar(entries: Sequence[Entry]) -> bytes:
    """Return the tar of *entries*, in their order, dated 0, owned by root."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, kind, *rest in entries:
            content: Any = rest[0] if rest else b""
            info = tarfile.TarInfo(path)
            info.type = _KINDS[kind]
            info.mode = 0o755 if kind == "dir" else 0o644
            if kind in ("symlink", "hardlink"):
                info.linkname = content
                data = b""
            else:
                data = content.encode() if isinstance(content, str) else content
            info.size = len(data) if kind == "file" else 0
            for name, value in (rest[1] if len(rest) > 1 else {}).items():
                setattr(info, name, value)
            archive.addfile(info, io.BytesIO(data) if kind == "file" else None)
    return out.getvalue()


def compress(data: bytes, how: str) -> bytes:
    """Compress as gzip (dated 0), zstd (stored blocks where the program is not here) or none."""
    match how:
        case "gzip":
            return gzip.compress(data, 6, mtime=0)
        case "zstd":
            if program := shutil.which("zstd"):
                run = subprocess.run([program, "-qc"], input=data, capture_output=True, check=True)
                return run.stdout
            return _stored_zstd(data)
        case "none":
            return data
    raise ValueError(how)


def _stored_zstd(data: bytes) -> bytes:
    """Return a zstd frame of raw blocks (RFC 8878, 3.1.1)."""
    out = bytearray(b"\x28\xb5\x2f\xfd\xa0" + len(data).to_bytes(4, "little"))
    blocks = [data[at : at + 65536] for at in range(0, len(data), 65536)] or [b""]
    for number, block in enumerate(blocks):
        last = number == len(blocks) - 1
        out += (len(block) << 3 | last).to_bytes(3, "little") + block
    return bytes(out)


@dataclass(frozen=True)
class Blob:
    """A layer: *data* as it is stored, *tar* unpacked; their digests."""

    media_type: str
    data: bytes
    tar: bytes
    digest: str
    diff_id: str


@dataclass(frozen=True)
class Image:
    """An image in memory."""

    media_type: str
    manifest: bytes
    config: bytes
    layers: tuple[Blob, ...]
    platform: dict[str, str]

    @property
    def manifest_digest(self) -> str:
        return digest(self.manifest)

    @property
    def config_digest(self) -> str:
        return digest(self.config)

    def descriptor(self, **more: Any) -> dict[str, Any]:
        return {
            "mediaType": self.media_type, "digest": self.manifest_digest,
            "size": len(self.manifest), "platform": self.platform, **more,
        }  # fmt: skip

    def blobs(self) -> dict[str, bytes]:
        return {
            self.manifest_digest: self.manifest,
            self.config_digest: self.config,
            **{layer.digest: layer.data for layer in self.layers},
        }


@dataclass(frozen=True)
class Index:
    """An index in memory: of images and other indexes."""

    members: Sequence["Image | Index"]
    extra: Sequence[dict[str, Any]] = ()
    docker: bool = False
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def media_type(self) -> str:
        if self.docker:
            return f"{DOCKER}distribution.manifest.list.v2+json"
        return f"{OCI}index.v1+json"

    @property
    def data(self) -> bytes:
        members = [member.descriptor() for member in self.members]
        return encode(
            {
                "schemaVersion": 2, "mediaType": self.media_type,
                "manifests": [*members, *self.extra],
            }
        )  # fmt: skip

    @property
    def digest(self) -> str:
        return digest(self.data)

    def descriptor(self, **more: Any) -> dict[str, Any]:
        media, size = self.media_type, len(self.data)
        return {"mediaType": media, "digest": self.digest, "size": size, **more}

    def blobs(self) -> dict[str, bytes]:
        found = {self.digest: self.data, **self.files}
        for member in self.members:
            found |= member.blobs()
        return found


def image(
    layers: Sequence[Layer],
    *,
    compression: str | Sequence[str] = "gzip",
    config: Mapping[str, Any] | None = None,
    platform: str = "linux/amd64",
    annotations: Mapping[str, str] | None = None,
    docker: bool = False,
) -> Image:
    """Make an image; *config* is merged over a minimal configuration."""
    ways = [compression] * len(layers) if isinstance(compression, str) else compression
    made = []
    for content, how in zip(layers, ways, strict=True):
        data = content if isinstance(content, bytes) else tar(content)
        stored = compress(data, how)
        media = f"{OCI}layer.v1.tar{_SUFFIX[how]}"
        if docker:
            media = f"{DOCKER}image.rootfs.diff.tar" + (".gzip" if how == "gzip" else "")
        made.append(Blob(media, stored, data, digest(stored), digest(data)))
    parts = platform.split("/")
    named = dict(zip(("os", "architecture", "variant"), parts, strict=False))
    configuration = encode(
        {
            "created": "1970-01-01T00:00:00Z", **named,
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [one.diff_id for one in made]},
            "history": [
                {"created": "1970-01-01T00:00:00Z", "created_by": f"layer {number}"}
                for number in range(len(made))
            ],
            **(config or {}),
        }
    )  # fmt: skip
    media = f"{DOCKER}distribution.manifest.v2+json" if docker else f"{OCI}manifest.v1+json"
    of_config = f"{DOCKER}container.image.v1+json" if docker else f"{OCI}config.v1+json"
    manifest: dict[str, Any] = {
        "schemaVersion": 2, "mediaType": media,
        "config": {
            "mediaType": of_config, "digest": digest(configuration), "size": len(configuration),
        },
        "layers": [
            {"mediaType": one.media_type, "digest": one.digest, "size": len(one.data)}
            for one in made
        ],
    }  # fmt: skip
    if annotations:
        manifest["annotations"] = dict(annotations)
    return Image(media, encode(manifest), configuration, tuple(made), named)


def index_json(images: Mapping[str, Image | Index]) -> bytes:
    """Return a layout's index.json; a name of "" gives an image without a name.

    A full name (``example.com/app:1``) is written as containerd and Docker 25 write it.
    """
    return encode(
        {
            "schemaVersion": 2,
            "manifests": [
                one.descriptor(annotations=_named(name)) if name else one.descriptor()
                for name, one in images.items()
            ],
        }
    )


def _named(name: str) -> dict[str, str]:
    reference = "org.opencontainers.image.ref.name"
    if "/" not in name:
        return {reference: name}
    return {"io.containerd.image.name": name, reference: name.rpartition(":")[2]}


def layout(to: Path, images: Mapping[str, Image | Index]) -> Path:
    """Write an OCI layout: a folder."""
    for name, data in _layout_files(images).items():
        path = to / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return to


def oci_archive(
    to: Path, images: Mapping[str, Image | Index], *, compression: str = "none"
) -> Path:
    """Write an OCI layout in a tar."""
    entries = [(name, "file", data) for name, data in _layout_files(images).items()]
    to.write_bytes(compress(tar(entries), compression))
    return to


def _layout_files(images: Mapping[str, Image | Index]) -> dict[str, bytes]:
    files = {
        "oci-layout": encode({"imageLayoutVersion": "1.0.0"}),
        "index.json": index_json(images),
    }
    for one in images.values():
        for name, data in one.blobs().items():
            files[f"blobs/{name.replace(':', '/')}"] = data
    return files


def docker_archive(
    to: Path, images: Mapping[str, Image], *, compression: str = "none", style: str = "legacy"
) -> Path:
    """Write what ``docker save`` writes.

    *style*: ``legacy`` (a folder per layer, repeated ones as symbolic links, Docker before 25),
    ``flat`` (``<diff id>.tar``, as skopeo and podman), ``both`` (Docker 25 and later: an OCI
    layout whose blobs manifest.json names too).
    """
    entries: list[Entry] = []
    manifests: list[dict[str, Any]] = []
    seen: dict[str, str] = {}
    for number, (name, one) in enumerate(images.items()):
        hexed = one.config_digest.partition(":")[2]
        config = f"blobs/sha256/{hexed}" if style == "both" else f"{hexed}.json"
        paths = []
        for at, layer in enumerate(one.layers):
            key = layer.diff_id.partition(":")[2]
            match style:
                case "legacy":
                    path = f"{number:02x}{at:062x}/layer.tar"
                case "flat":
                    path = f"{key}.tar"
                case _:
                    path = f"blobs/sha256/{key}"
            paths.append(path)
            if style == "legacy":
                entries.append((path.partition("/")[0], "dir"))
            if key not in seen:
                entries.append((path, "file", layer.tar))
            elif seen[key] != path:
                entries.append((path, "symlink", f"../{seen[key]}"))
            seen.setdefault(key, path)
        entries.append((config, "file", one.config))
        manifests.append({"Config": config, "RepoTags": [name] if name else None, "Layers": paths})
    entries.append(("manifest.json", "file", encode(manifests)))
    if style == "both":
        stored = {name: _uncompressed(one) for name, one in images.items()}
        known = {entry[0] for entry in entries}
        entries += [
            (name, "file", data)
            for name, data in _layout_files(stored).items()
            if name not in known
        ]
    to.write_bytes(compress(tar(entries), compression))
    return to


def _uncompressed(one: Image) -> Image:
    """Return *one* with its layers stored as tars: what Docker 25 saves."""
    manifest = json.loads(one.manifest)
    layers = tuple(
        Blob(f"{OCI}layer.v1.tar", layer.tar, layer.tar, layer.diff_id, layer.diff_id)
        for layer in one.layers
    )
    manifest["layers"] = [
        {"mediaType": layer.media_type, "digest": layer.digest, "size": len(layer.data)}
        for layer in layers
    ]
    return Image(one.media_type, encode(manifest), one.config, layers, one.platform)


@dataclass(frozen=True)
class Built:
    """What ``build`` wrote, and where."""

    path: Path
    image: Image

    @property
    def manifest_digest(self) -> str:
        return self.image.manifest_digest

    @property
    def config_digest(self) -> str:
        return self.image.config_digest

    @property
    def layers(self) -> tuple[Blob, ...]:
        return self.image.layers


def build(
    to: Path,
    layers: Sequence[Layer],
    *,
    kind: str = "oci",
    tag: str = "latest",
    compression: str | Sequence[str] = "gzip",
    config: Mapping[str, Any] | None = None,
    platform: str = "linux/amd64",
    annotations: Mapping[str, str] | None = None,
    docker: bool = False,
) -> Built:
    """Make one image and write it to *to* as *kind*: oci, oci-archive or docker-archive."""
    one = image(
        layers,
        compression=compression, config=config, platform=platform, annotations=annotations,
        docker=docker,
    )  # fmt: skip
    match kind:
        case "oci":
            layout(to, {tag: one})
        case "oci-archive":
            oci_archive(to, {tag: one})
        case "docker-archive":
            docker_archive(to, {f"example.com/app:{tag}": one})
        case _:
            raise ValueError(kind)
    return Built(to, one)
