"""Media types of images (OCI image-spec 1.1, media-types.md; Docker image manifest v2)."""

_OCI = "application/vnd.oci.image."
_DOCKER = "application/vnd.docker."

OCI_INDEX = f"{_OCI}index.v1+json"
OCI_MANIFEST = f"{_OCI}manifest.v1+json"
OCI_CONFIG = f"{_OCI}config.v1+json"
OCI_LAYER = f"{_OCI}layer.v1.tar"
DOCKER_INDEX = f"{_DOCKER}distribution.manifest.list.v2+json"
DOCKER_MANIFEST = f"{_DOCKER}distribution.manifest.v2+json"
DOCKER_CONFIG = f"{_DOCKER}container.image.v1+json"
DOCKER_LAYER = f"{_DOCKER}image.rootfs.diff.tar"

INDEXES = frozenset({OCI_INDEX, DOCKER_INDEX})
MANIFESTS = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
SCHEMA_1 = frozenset(
    {f"{_DOCKER}distribution.manifest.v1+json", f"{_DOCKER}distribution.manifest.v1+prettyjws"}
)
IMAGES = frozenset(
    {
        OCI_CONFIG, DOCKER_CONFIG,
        # What old clients wrote (distribution#1621): an image all the same.
        "", "application/octet-stream", "application/json", "text/html",
    }
)  # fmt: skip
"""Types of a configuration that make a manifest one of an image."""
ACCEPTED = (OCI_INDEX, OCI_MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST)
"""What a registry is asked for, in this order."""


def plain(media_type: str) -> str:
    """Return a media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()
