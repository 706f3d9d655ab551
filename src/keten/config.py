"""keten.toml as one frozen Config. Unknown keys are errors that name the nearest right one."""

import re
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct, field

from keten.errors import UsageError
from keten.model.evidence import Link
from keten.model.finding import Severity

FILE = "keten.toml"
BYTES = 1 << 20
"""The largest configuration that is read."""

WAIVERS = 5_000
"""The most waivers of one configuration."""
PARTS = 50
"""The most dots on one line outside of strings."""
_WAIVED = ("not_affected", "under_investigation", "affected")
_JUSTIFIED = (
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
)
_ATTESTED = ("npm", "pypi")
_UNLICENSED = ("unknown", "report", "ignore")
_STRING = rb"""\"[^"]*+\"|'[^']*+'"""


class Gate(Struct, frozen=True, rename="kebab"):
    """What denies. *fail_on*: a FAIL of that severity or worse; *unknown*: an UNKNOWN likewise.

    *links* overrides *fail_on* for a link. ``never`` lets everything through.
    """

    fail_on: str = "high"
    unknown: str = "high"
    links: dict[str, str] = {}


class Checks(Struct, frozen=True, rename="kebab"):
    """Which checks run. Patterns as in a shell, on ids. *severity* overrides a check's own."""

    only: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    severity: dict[str, str] = {}


class Paths(Struct, frozen=True, rename="kebab"):
    """*exclude*: shell patterns of paths that are not looked at; each is told in the output."""

    exclude: tuple[str, ...] = ()


class Signers(Struct, frozen=True, rename="kebab"):
    """Who may sign, as paths relative to keten.toml; *window*: how many commits are judged."""

    allowed_signers: str = ""
    keyring: str = ""
    window: int = 100


class Publisher(Struct, frozen=True, rename="kebab"):
    """Who signs for the packages *names* (patterns) of *ecosystem* (as in PURL).

    *issuer* is who vouched for the signer, *identity* a pattern on the certificate's name,
    *repository* the one that was built. The first publisher whose names match decides.
    """

    ecosystem: str
    names: tuple[str, ...]
    issuer: str
    identity: str = ""
    repository: str = ""


class Attestations(Struct, frozen=True, rename="kebab"):
    """What attestations of packages are held against, as paths relative to keten.toml.

    *trusted_root* is Sigstore's trusted_root.json, *npm_keys* the keys of the npm registry.
    """

    trusted_root: str = ""
    npm_keys: str = ""
    publisher: tuple[Publisher, ...] = ()


class Data(Struct, frozen=True, rename="kebab"):
    """The advisory database (default: the user's) and how old it may be, in days.

    *vex* are VEX files, as paths relative to keten.toml, that are taken at their word.
    *require_signed*: what is not of a signed bundle that holds says nothing; *root* is its
    publisher's root.json, as a path relative to keten.toml.
    """

    database: str = ""
    max_age_days: int = 7
    vex: tuple[str, ...] = ()
    require_signed: bool = False
    root: str = ""


class Rank(Struct, frozen=True, rename="kebab"):
    """Weights of what an action removes; see ``keten explain rank``."""

    critical: float = 40.0
    high: float = 10.0
    medium: float = 3.0
    low: float = 1.0
    info: float = 0.1
    exploited: float = 100.0
    proven: float = 5.0
    likely: float = 20.0
    reached: float = 5.0
    exposed: float = 5.0


class Waiver(Struct, frozen=True, rename="kebab"):
    """A finding somebody answers for: patterns on *check*, *subject* and *path*, or a fingerprint.

    There is no waiver without *reason*, *owner* and the last day it holds, *until*.
    *vulnerability* is a pattern on its id or aliases, *package* one on the package's purl or
    its name. *justification* and *status* are what ``keten vex`` says of it, in VEX's words.
    """

    reason: str
    owner: str
    until: date
    check: str = "*"
    subject: str = "*"
    path: str = "*"
    fingerprint: str = ""
    vulnerability: str = "*"
    package: str = "*"
    justification: str = ""
    status: str = ""


class Concluded(Struct, frozen=True, rename="kebab"):
    """What a person concluded: the *license* (an SPDX expression) of the package *purl*, and why.

    A purl without a version speaks of all versions.
    """

    purl: str
    license: str
    reason: str


class Licenses(Struct, frozen=True, rename="kebab"):
    """Which licences are permitted: see keten.policy.licensing.

    Entries are SPDX identifiers (with ``WITH`` an exception), ``category:NAME``, or
    ``text:WORDS`` for what is no SPDX identifier. *unknown* says what a package without a
    licence that can be judged is: ``unknown`` (the verdict), ``report`` (a finding) or
    ``ignore``.
    """

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    unknown: str = "unknown"
    package: tuple[Concluded, ...] = ()


class Index(Struct, frozen=True, rename="kebab"):
    """Where packages may come from: *names* (patterns) of *ecosystem* (as in PURL) from *hosts*.

    A host may be followed by the beginning of a path: ``pkgs.example/npm``. The first index
    whose names match decides.
    """

    ecosystem: str
    names: tuple[str, ...]
    hosts: tuple[str, ...]


class Registries(Struct, frozen=True, rename="kebab"):
    """Where packages and *images* may come from.

    An image is permitted below one of *images*: ``registry.example``, ``docker.io/library``.
    """

    images: tuple[str, ...] = ()
    index: tuple[Index, ...] = ()


class Sandbox(Struct, frozen=True, rename="kebab"):
    """Which pods run in a sandbox: *runtime_classes* are those permitted to them.

    Meant are pods in one of *namespaces* (patterns; none named is all) that have all *labels*.
    The first that means a pod decides.
    """

    runtime_classes: tuple[str, ...]
    namespaces: tuple[str, ...] = ()
    labels: dict[str, str] = {}


class Config(Struct, frozen=True, rename="kebab"):
    """The whole of keten.toml."""

    gate: Gate = Gate()
    checks: Checks = Checks()
    paths: Paths = Paths()
    source: Signers = Signers()
    advisories: Data = Data()
    rank: Rank = Rank()
    licenses: Licenses = Licenses()
    registries: Registries = Registries()
    attestations: Attestations = Attestations()
    sandbox: tuple[Sandbox, ...] = ()
    waiver: tuple[Waiver, ...] = field(default=())


class Policy(Struct, frozen=True):
    """A Config and where it came from: *name* is ``default`` or the file's name.

    *render*: the user asks for templates to be rendered with the tools at hand. *paths_up_to*:
    the most workloads of which attack paths are made. *vex* are keten.policy.vex.Source, that
    were named on the command line or in the file.
    """

    config: Config
    name: str
    digest: str
    folder: Path
    render: bool = False
    paths_up_to: int = 0
    vex: tuple[Any, ...] = ()


def load(path: Path | None, root: Path) -> Policy:
    """Return the policy in *path*, else in keten.toml of *root*, else the default.

    Raises UsageError for a file that can not be read, is no TOML, or says what keten does not
    know; it names the key and the nearest right one.
    """
    file = path or (root / FILE if (root / FILE).is_file() else None)
    if file is None:
        return Policy(Config(), "default", "", root)
    try:
        with file.open("rb") as handle:
            data = handle.read(BYTES + 1)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error
    if len(data) > BYTES:
        raise UsageError(f"{file}: more than {BYTES:,} bytes")
    return Policy(
        parse(data, file.name), file.name, f"sha256:{sha256(data).hexdigest()}", file.parent
    )


def parse(data: bytes, name: str = FILE) -> Config:
    """Return the Config that TOML *data* says."""
    import tomllib

    _short_keys(data, name)
    try:
        table = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:  # also what is no UTF-8, or too long a number
        raise UsageError(f"{name}: not TOML: {error}") from error
    _known(table, Config, name, "")
    try:
        config = msgspec.convert(table, Config)
    except msgspec.ValidationError as error:
        raise UsageError(f"{name}: {error}") from error
    _judge(config, name)
    return config


def _short_keys(data: bytes, name: str) -> None:
    """Refuse keys of very many parts: the time that tomllib takes grows with their square."""
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.count(b".") > PARTS and re.sub(_STRING, b"", line).count(b".") > PARTS:
            raise UsageError(f"{name}: line {number}: a key of more than {PARTS} parts")


def severity(word: str) -> Severity | None:
    """Return the severity that *word* spells; None for ``never``."""
    return None if word == "never" else Severity[word.upper()]


def nearest(word: str, known: list[str]) -> str:
    """Return ``; did you mean …?`` when something known is near, else what is known."""
    from difflib import get_close_matches

    close = get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(sorted(known))}"


def _known(table: dict[str, Any], kind: Any, name: str, at: str) -> None:
    hints = get_type_hints(kind)
    fields = {f.encode_name: hints[f.name] for f in msgspec.structs.fields(kind)}
    for key, value in table.items():
        where = f"{at}.{key}" if at else key
        if key not in fields:
            raise UsageError(f"{name}: unknown key {where!r}{nearest(key, list(fields))}")
        inner = fields[key]
        if get_origin(inner) is tuple:
            inner = get_args(inner)[0]
        if isinstance(inner, type) and issubclass(inner, Struct):
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, dict):
                    _known(item, inner, name, where)


def _judge(config: Config, name: str) -> None:
    words = [s.word for s in Severity] + ["never"]
    gates = [("gate.fail-on", config.gate.fail_on), ("gate.unknown", config.gate.unknown)]
    for link, word in config.gate.links.items():
        if link not in set(Link):
            known = nearest(link, [str(item) for item in Link])
            raise UsageError(f"{name}: gate.links: no link {link!r}{known}")
        gates.append((f"gate.links.{link}", word))
    gates += [(f"checks.severity.{key}", word) for key, word in config.checks.severity.items()]
    for where, word in gates:
        if word not in words:
            raise UsageError(f"{name}: {where}: {word!r} is no severity{nearest(word, words)}")
    if len(config.waiver) > WAIVERS:
        raise UsageError(f"{name}: more than {WAIVERS:,} waivers")
    for number, waiver in enumerate(config.waiver, 1):
        if not waiver.reason.strip() or not waiver.owner.strip():
            raise UsageError(f"{name}: waiver {number}: reason and owner must say something")
        _scoped(waiver, f"{name}: waiver {number}")
    _origins(config, name)
    _publishers(config, name)
    _signed(config, name)


def _origins(config: Config, name: str) -> None:
    """Hold what is said of licences, indexes and registries to what can be meant."""
    word = config.licenses.unknown
    if word not in _UNLICENSED:
        known = nearest(word, list(_UNLICENSED))
        raise UsageError(f"{name}: licenses.unknown: {word!r}{known}")
    for number, said in enumerate(config.licenses.package, 1):
        if not said.reason.strip():
            raise UsageError(f"{name}: licenses.package {number}: reason must say something")
    for number, sandbox in enumerate(config.sandbox, 1):
        if not sandbox.runtime_classes or not (sandbox.namespaces or sandbox.labels):
            what = "name runtime-classes, and namespaces or labels"
            raise UsageError(f"{name}: sandbox {number}: {what}")
    for number, index in enumerate(config.registries.index, 1):
        if not index.names or not index.hosts:
            raise UsageError(f"{name}: registries.index {number}: name names and hosts")
    hosts = [host for index in config.registries.index for host in index.hosts]
    for place in (*config.registries.images, *hosts):
        if "://" in place or not place.strip("/"):
            raise UsageError(f"{name}: registries: {place!r} is no host: leave the scheme out")


def _signed(config: Config, name: str) -> None:
    if config.advisories.root and not config.advisories.require_signed:
        raise UsageError(f"{name}: advisories.root says nothing without require-signed = true")


def _publishers(config: Config, name: str) -> None:
    for number, said in enumerate(config.attestations.publisher, 1):
        where = f"{name}: attestations.publisher {number}"
        if said.ecosystem not in _ATTESTED:
            known = nearest(said.ecosystem, list(_ATTESTED))
            raise UsageError(f"{where}: ecosystem {said.ecosystem!r}{known}")
        if not said.names or not said.issuer or not (said.identity or said.repository):
            raise UsageError(f"{where}: needs names, an issuer, and an identity or a repository")


def _scoped(waiver: Waiver, where: str) -> None:
    patterns = (waiver.check, waiver.subject, waiver.path, waiver.vulnerability, waiver.package)
    if not waiver.fingerprint and set(patterns) == {"*"}:
        raise UsageError(
            f"{where}: name a check, subject, path or fingerprint, or a vulnerability or package"
        )
    if waiver.status not in ("", *_WAIVED):
        raise UsageError(
            f"{where}: status {waiver.status!r}{nearest(waiver.status, list(_WAIVED))}"
        )
    if waiver.justification not in ("", *_JUSTIFIED):
        known = nearest(waiver.justification, list(_JUSTIFIED))
        raise UsageError(f"{where}: justification {waiver.justification!r}{known}")
    if waiver.status == "not_affected" and not waiver.justification:
        raise UsageError(f"{where}: not_affected needs a justification")
