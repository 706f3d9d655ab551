"""What an image or a root filesystem is: layers, configuration, operating system."""

from datetime import date

from msgspec import Struct

from keten.model.facts import Node


class Contents(Node, frozen=True, omit_defaults=True, tag="contents"):
    """The files that a package brought; id is the package's. *files* are paths from the root."""

    files: tuple[str, ...] = ()


class SystemFile(Node, frozen=True, omit_defaults=True, tag="system-file"):
    """A file of a root filesystem that has something to tell; id is its path from the root.

    *traits* are ``setuid``, ``setgid``, ``capabilities``, ``world-writable``, ``device``,
    ``unexplained`` (can be executed, and no package has it), ``shell``, ``package-manager``.
    *layer* is the diff ID it is from, *owner* the ref of the package that brought it.
    """

    traits: tuple[str, ...] = ()
    size: int = 0
    mode: int = 0
    uid: int = 0
    gid: int = 0
    layer: str = ""
    owner: str = ""


class System(Node, frozen=True, omit_defaults=True, tag="system"):
    """The operating system of a root filesystem; id ``.``.

    *distro* and *release* are os-release's ID and VERSION_ID (or what stands for them in an
    image that has none), *name* PRETTY_NAME, *codename* VERSION_CODENAME, *like* ID_LIKE.
    *osv* is OSV's ecosystem (``Debian:12``), "" where OSV has none. *end* is the last day on
    which everyone gets fixes (Debian's LTS counts), *extended* that of the longest that is sold.
    """

    distro: str = ""
    release: str = ""
    name: str = ""
    codename: str = ""
    like: tuple[str, ...] = ()
    osv: str = ""
    end: date | None = None
    extended: date | None = None
    path: str = ""


class Symbols(Node, frozen=True, omit_defaults=True, tag="symbols"):
    """The functions that are linked into one program; id is the program's path.

    *functions* maps each linked package to its functions, names sorted and separated by one
    space, spelled as OSV's ``ecosystem_specific.imports[].symbols`` are: of Go
    ``{"golang.org/x/net/http2": "Framer.ReadFrame NewFramer"}``, the key being ``imports[].path``
    (``main`` for the main package). A package that is no key is not linked, a name that is not
    in its text is not either, *complete* given: else the table of functions could not be read
    in full, and absence says nothing. The packages (``Package.path`` == id) say of what versions.
    """

    ecosystem: str = ""
    functions: dict[str, str] = {}
    complete: bool = False


class Layer(Struct, frozen=True, omit_defaults=True):
    """One layer. *diff_id* is the digest of the unpacked tar, *digest* that of the blob.

    *size* is the blob's, *unpacked* the tar's, in bytes; *instruction* the history's
    ``created_by``; *based*: it came with the base image (None: not known).
    """

    diff_id: str
    digest: str = ""
    media_type: str = ""
    size: int = 0
    unpacked: int = 0
    instruction: str = ""
    created: str = ""
    based: bool | None = None


class Mismatch(Struct, frozen=True, omit_defaults=True):
    """A blob that is not what it is called by: *what* it is (``layer 3``, ``configuration``),
    the digest that was *expected* and *by* whom, and the one that was *found*.
    """  # noqa: D205 one sentence

    what: str
    expected: str
    found: str
    by: str = ""


class Content(Struct, frozen=True, omit_defaults=True):
    """What an image is: its manifest and configuration, each checked against its digest.

    *manifest* and *config* are digests, *platform* ``os/architecture[/variant]``, *created*
    as written (RFC 3339), *history* every instruction, those that made no layer too. *base*
    names the base image where that is known, and *base_trust* is how: ``given`` (the user
    named it and its layers are the first of these), ``other`` (the user named it, and they are
    not), ``annotated`` or ``guessed``. *base_created* is when the given one was built. Of what
    is in *mismatches* nothing was read.
    """

    manifest: str = ""
    config: str = ""
    platform: str = ""
    created: str = ""
    user: str = ""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    folder: str = ""
    health: tuple[str, ...] | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    history: tuple[str, ...] = ()
    layers: tuple[Layer, ...] = ()
    size: int = 0
    base: str = ""
    base_digest: str = ""
    base_trust: str = ""
    base_created: str = ""
    mismatches: tuple[Mismatch, ...] = ()
