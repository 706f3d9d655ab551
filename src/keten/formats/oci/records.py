"""Index, manifest and configuration of an image, typed.

OCI image-spec 1.1 (image-index.md, manifest.md, config.md, descriptor.md) and Docker's
``application/vnd.docker.distribution.manifest.list.v2+json``, ``...manifest.v2+json``, which
have the same shape. Only what keten asks for is decoded.
"""

from typing import Any

from msgspec import Struct


class Platform(Struct, frozen=True, omit_defaults=True):
    """For what an image is built: ``linux``, ``arm64``, ``v8``."""

    os: str = ""
    architecture: str = ""
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(filter(None, (self.os, self.architecture, self.variant)))


class Descriptor(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What points to a blob: its *media_type*, *digest* (``sha256:...``) and *size* in bytes.

    *size* is -1 where nothing says it (docker-archives).
    """

    media_type: str = ""
    digest: str = ""
    size: int = -1
    urls: tuple[str, ...] = ()
    annotations: dict[str, str] = {}
    platform: Platform | None = None
    artifact_type: str = ""


class Index(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """An image index or manifest list."""

    media_type: str = ""
    manifests: tuple[Descriptor, ...] = ()
    annotations: dict[str, str] = {}
    subject: Descriptor | None = None
    artifact_type: str = ""


class Manifest(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """An image manifest."""

    media_type: str = ""
    config: Descriptor = Descriptor()
    layers: tuple[Descriptor, ...] = ()
    annotations: dict[str, str] = {}
    subject: Descriptor | None = None
    artifact_type: str = ""


class Execution(Struct, frozen=True, omit_defaults=True, rename="pascal"):
    """The ``config`` of an image configuration: how it is run. ``null`` stands for absent."""

    user: str | None = None
    exposed_ports: dict[str, Any] | None = None
    env: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    volumes: dict[str, Any] | None = None
    working_dir: str | None = None
    labels: dict[str, str] | None = None
    stop_signal: str | None = None
    healthcheck: dict[str, Any] | None = None
    on_build: tuple[str, ...] | None = None
    shell: tuple[str, ...] | None = None


class History(Struct, frozen=True, omit_defaults=True):
    """One instruction; *empty_layer*: it made none."""

    created: str | None = None
    created_by: str | None = None
    comment: str | None = None
    author: str | None = None
    empty_layer: bool | None = None


class Layers(Struct, frozen=True, omit_defaults=True):
    """The diff IDs (digests of the unpacked tars), the lowest layer first."""

    type: str = ""
    diff_ids: tuple[str, ...] | None = None


class Configuration(Struct, frozen=True, omit_defaults=True):
    """An image configuration."""

    created: str | None = None
    author: str | None = None
    architecture: str = ""
    os: str = ""
    variant: str = ""
    config: Execution | None = None
    rootfs: Layers = Layers()
    history: tuple[History, ...] | None = None
