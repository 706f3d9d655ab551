"""What stands before the cluster: source, packages, pipelines, recipes, images, secrets."""

from datetime import date
from typing import Any

from msgspec import Struct

from keten.model.facts import Node
from keten.model.finding import Severity
from keten.model.image import Content


class Repo(Node, frozen=True, omit_defaults=True, tag="repo"):
    """The checkout that is scanned; id ``.``.

    *window* is how many commits back signatures were judged, *shallow* whether history ends
    early, *modified* the number of tracked files that differ from the index (None: not known),
    *signed* how many of the commits and tags that were read carry a signature of any kind.
    """

    head: str = ""
    branch: str = ""
    modified: int | None = None
    window: int = 0
    shallow: bool = False
    signed: int = 0


class Commit(Node, frozen=True, omit_defaults=True, tag="commit"):
    """A commit (id: its hash) or, with *tag_name*, an annotated tag (id: the tag object's).

    *signature* is ``none``, ``ssh``, ``openpgp`` or ``x509``; whether it holds is an edge
    ``signed-by`` (VERIFIED) to a Signer, and its absence after looking. *author* and
    *committer* are e-mail addresses, *when* the committer's time in seconds since 1970.
    *held*: the signature holds over the exact bytes (None: none, or it can not be judged);
    *fault* is what is wrong with one that does not, *doubt* why one that holds is no proof.
    """

    author: str = ""
    committer: str = ""
    when: int = 0
    subject: str = ""
    parents: tuple[str, ...] = ()
    signature: str = "none"
    fault: str = ""
    tag_name: str = ""
    held: bool | None = None
    doubt: str = ""


class Signer(Node, frozen=True, omit_defaults=True, tag="signer"):
    """Who can sign; id is the key's fingerprint. *principals* are the names it may sign as."""

    principals: tuple[str, ...] = ()


class File(Node, frozen=True, omit_defaults=True, tag="file"):
    """A file of the tree that has something to tell; id is its path.

    *traits* are words such as ``executable``, ``binary``, ``symlink-out``, ``bidi``.
    """

    traits: tuple[str, ...] = ()
    size: int = 0


class Package(Node, frozen=True, omit_defaults=True, tag="package"):
    """A package as one file names it; id is ``path#purl``.

    *version* is "" when the file gives only a range (*constraint*). *direct* None: the format
    does not say. *source* is where it is said to come from (a registry or git address, a
    path), *hashes* what pins its bytes (``sha256:...``, ``sha512:...``, ``h1:...``).

    Of what is installed: the *purl* has every qualifier that a match needs (``arch``,
    ``distro``, ``upstream`` the source package, ``epoch``, ``rpmmod``), so that an SBOM loses
    nothing. *licenses* are SPDX expressions, or as written; *supplier* who published it;
    *layer* the diff ID of the layer that brought it, *instruction* what made that layer,
    *based* whether that came with the base image (None: not known), *owner* the ref of the
    operating system's package that its files belong to, *size* what its files take, in bytes.
    *wants* are the names of packages that it asks for, as its ecosystem spells them, where its
    file can not say which copies.
    """

    ecosystem: str = ""
    name: str = ""
    version: str = ""
    purl: str = ""
    path: str = ""
    line: int = 0
    direct: bool | None = None
    development: bool = False
    optional: bool = False
    constraint: str = ""
    source: str = ""
    hashes: tuple[str, ...] = ()
    installed: bool = False
    licenses: tuple[str, ...] = ()
    supplier: str = ""
    layer: str = ""
    instruction: str = ""
    based: bool | None = None
    owner: str = ""
    wants: tuple[str, ...] = ()
    size: int = 0

    @property
    def identity(self) -> str:
        """Leave the version out: an upgrade that stays vulnerable is the same finding."""
        return f"{self.path}#{self.ecosystem}/{self.name}"


class Manifest(Node, frozen=True, omit_defaults=True, tag="manifest"):
    """A dependency manifest or lockfile; id is its path.

    *format* is the file format (``poetry.lock``), *lock* whether it pins exact versions,
    *hashed* whether every package that could carry a hash does (None: format has none),
    *settings* what it says of indexes, scripts, overrides.
    """

    ecosystem: str = ""
    format: str = ""
    lock: bool = False
    hashed: bool | None = None
    settings: dict[str, Any] = {}


class Advisory(Node, frozen=True, omit_defaults=True, tag="advisory"):
    """A vulnerability of one version of a package; id is ``CVE-...#ecosystem/name@version``.

    The first part is the preferred id of an alias cluster (CVE, else GHSA, else its own).
    *fixed* are later versions free of it, in order; *upgrade* the smallest version free of
    all that is known of the package, else of most. *informational* is the kind of an advisory
    that tells of no vulnerability (``unmaintained``). *epss* is the probability that it is
    exploited within 30 days. *paid* is what the fix takes (``Ubuntu Pro``) where there is none
    for everyone; *judged* the source package and its version where these were compared and
    not the package's own. *eased* says why *severity* is lower than what the advisories say,
    *reasons* why it is what it is, in the order of their weight; *reached* are the affected
    functions that are linked into the program (id then ends with its path).
    """

    aliases: tuple[str, ...] = ()
    summary: str = ""
    severity: Severity | None = None
    score: float | None = None
    vector: str = ""
    exploited: bool = False
    fixed: tuple[str, ...] = ()
    malicious: bool = False
    published: date | None = None
    source: str = ""
    upgrade: str = ""
    epss: float | None = None
    informational: str = ""
    paid: str = ""
    judged: str = ""
    eased: str = ""
    reasons: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()
    exposed: bool = False

    @property
    def vulnerability(self) -> str:
        """Return the preferred id alone."""
        return self.id.partition("#")[0]

    @property
    def identity(self) -> str:
        """Leave the package's version out."""
        return self.id.rpartition("@")[0] or self.id


class Step(Struct, frozen=True, omit_defaults=True):
    """One step of a job. *at* is its field path.

    *uses* is what it calls (an action, a template), *run* shell text, *shell* its shell,
    *inputs* the ``with`` values as written, *env* likewise.
    """

    at: str
    id: str = ""
    name: str = ""
    uses: str = ""
    run: str = ""
    shell: str = ""
    condition: str = ""
    inputs: dict[str, Any] = {}
    env: dict[str, Any] = {}
    comment: str = ""


class Job(Struct, frozen=True, omit_defaults=True):
    """One job. *permissions* is None when the file does not say (see Pipeline.permissions).

    *runner* are the runner's labels or tags, *image* the container it runs in, *services*
    images beside it, *uses* a reusable workflow it calls, *secrets* ``inherit`` or a mapping.
    """

    id: str
    at: str
    name: str = ""
    needs: tuple[str, ...] = ()
    condition: str = ""
    permissions: Any = None
    runner: tuple[str, ...] = ()
    image: str = ""
    services: tuple[str, ...] = ()
    credentials: tuple[dict[str, Any], ...] = ()
    uses: str = ""
    inputs: dict[str, Any] = {}
    secrets: Any = None
    environment: str = ""
    env: dict[str, Any] = {}
    strategy: dict[str, Any] = {}
    steps: tuple[Step, ...] = ()
    timeout: float | None = None
    continue_on_error: Any = None
    rules: tuple[dict[str, Any], ...] = ()
    extra: dict[str, Any] = {}


class Pipeline(Node, frozen=True, omit_defaults=True, tag="pipeline"):
    """A CI definition; id is its path. *system* is ``github``, ``github-action`` or ``gitlab``.

    *triggers* maps an event to its filters as written; *includes* are the files, templates
    or projects it pulls in, as written, with their field paths.
    """

    system: str = ""
    name: str = ""
    triggers: dict[str, Any] = {}
    permissions: Any = None
    env: dict[str, Any] = {}
    defaults: dict[str, Any] = {}
    concurrency: Any = None
    jobs: tuple[Job, ...] = ()
    includes: tuple[dict[str, Any], ...] = ()
    inputs: dict[str, Any] = {}


class Instruction(Struct, frozen=True, omit_defaults=True):
    """One Dockerfile instruction: *word* upper-case, *text* its argument with continuations
    joined, *flags* the ``--name=value`` options, *json* the exec form's words.
    """  # noqa: D205 one sentence

    word: str
    line: int
    text: str = ""
    flags: dict[str, str] = {}
    json: tuple[str, ...] | None = None
    heredocs: tuple[str, ...] = ()


class Stage(Struct, frozen=True, omit_defaults=True):
    """A build stage. *base* is the FROM argument with build arguments put in where known.

    *parent* is the index of the earlier stage it builds on, or None for an image.
    """

    base: str
    line: int
    name: str = ""
    parent: int | None = None
    platform: str = ""
    instructions: tuple[Instruction, ...] = ()
    unresolved: bool = False


class Dockerfile(Node, frozen=True, omit_defaults=True, tag="dockerfile"):
    """A Dockerfile or Containerfile; id is its path.

    *ignored* is whether a .dockerignore stands where one would be read.
    """

    stages: tuple[Stage, ...] = ()
    syntax: str = ""
    arguments: dict[str, str] = {}
    ignored: bool | None = None


class Image(Node, frozen=True, omit_defaults=True, tag="image"):
    """A container image by the reference that names it (id), normalised.

    *registry*, *repository*, *tag* and *digest* are its parts; *template* marks a reference
    that still holds a variable. *content* is there where the image itself was read.
    """

    registry: str = ""
    repository: str = ""
    tag: str = ""
    digest: str = ""
    template: bool = False
    content: Content | None = None

    @property
    def identity(self) -> str:
        """Return its reference; of the image that was read ".": its tag and place may change."""
        return self.id if self.content is None else "."


class Credential(Node, frozen=True, omit_defaults=True, tag="credential"):
    """Something that looks like a live secret; id is ``path#detector#ordinal``.

    The value is never kept. *shape* is its length and first characters up to the vendor's
    fixed prefix (``ghp_… 40 characters``); *confidence* 0-100; *proof* says what was checked
    offline (``checksum holds``). *kind* as in Detector. *lowered* says why the severity is a
    step below the detector's (``a test or documentation path``). In an image *layer* is the
    diff ID of the layer it is in, *instruction* what made that layer, *deleted* that a later
    layer hides the file: whoever pulls the image has it all the same.
    """

    path: str = ""
    detector: str = ""
    title: str = ""
    shape: str = ""
    proof: str = ""
    confidence: int = 50
    line: int = 0
    severity: Severity = Severity.HIGH
    kind: str = "token"
    lowered: str = ""
    layer: str = ""
    deleted: bool = False
    instruction: str = ""


class Chart(Node, frozen=True, omit_defaults=True, tag="chart"):
    """A Helm chart, Kustomization or other template that was (not) rendered; id is its path."""

    tool: str = ""
    rendered: bool = False
    spec: dict[str, Any] = {}


class Sbom(Node, frozen=True, omit_defaults=True, tag="sbom"):
    """A bill of materials that lies there; id is its path. What it lists is only claimed.

    *format* is ``CycloneDX 1.6``, *about* what it is of, *components* how many it lists,
    *created* as written (RFC 3339), *tools* what made it (``syft 1.18.1``).
    """

    format: str = ""
    about: str = ""
    components: int = 0
    created: str = ""
    tools: tuple[str, ...] = ()


class Attestation(Node, frozen=True, omit_defaults=True, tag="attestation"):
    """A signed statement about packages that lies there; id is ``path#number``.

    *format* is ``pep740``, ``npm``, or ``npm-signature`` (a registry's, of a package);
    *predicate* the type of what is stated; *subjects* what it is stated of, as ``name
    algorithm:hex``. *identity*, *issuer*, *repository* and *workflow* are who signed by the
    certificate's own word, *key* names the key where there is no certificate. *fault* is what
    does not hold: signature, form, or the digest of the file beside it. *material* is the
    document as JSON, to be held against a trusted root.
    """

    format: str = ""
    predicate: str = ""
    subjects: tuple[str, ...] = ()
    identity: str = ""
    issuer: str = ""
    repository: str = ""
    workflow: str = ""
    fault: str = ""
    key: str = ""
    material: bytes = b""
