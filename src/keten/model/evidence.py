"""Where facts come from: bytes, places in them, and what could not be read."""

from enum import StrEnum

from msgspec import Struct


class Link(StrEnum):
    """The ten links of the chain, in order from the line of source to the pod."""

    SOURCE = "source"
    DEPENDENCIES = "dependencies"
    PIPELINE = "pipeline"
    BUILD = "build"
    IMAGE = "image"
    REGISTRY = "registry"
    ACCESS = "access"
    SECRETS = "secrets"
    DEPLOYMENT = "deployment"
    RUNTIME = "runtime"


class Origin(Struct, frozen=True, omit_defaults=True):
    """How bytes came to be here.

    *collector* is the plug's id, *locator* what it was pointed at, relative and free of the
    machine's own paths; *path* is relative to the target and uses ``/``.
    """

    collector: str
    locator: str
    path: str


class Evidence(Struct, frozen=True, omit_defaults=True):
    """Bytes that were looked at. *digest* is ``sha256:`` and lower-case hex, *size* in bytes."""

    digest: str
    media_type: str
    size: int
    origin: Origin


class Place(Struct, frozen=True, omit_defaults=True):
    """Where in its file a node stands. *line* and *column* are 1-based; 0 is not known.

    *fields* is MessagePack of ``{field path: line}``, such as
    ``spec.template.spec.containers[0].image``; see keten.graph.places.
    """

    node: str
    path: str
    line: int = 0
    column: int = 0
    fields: bytes = b""


class Problem(Struct, frozen=True, omit_defaults=True, order=True):
    """Something that could not be read or was not looked at: data, never a crash.

    *path* is relative to the target ("" is the target itself), *about* the ref of a node
    whose verdict this makes UNKNOWN and *need* which evidence it lacks, where they are known.
    """

    path: str
    what: str
    line: int = 0
    column: int = 0
    advice: str = ""
    link: Link = Link.SOURCE
    about: str = ""
    need: str = ""
