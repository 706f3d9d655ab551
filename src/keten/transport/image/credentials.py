"""Who the user is at a registry: what ``docker login`` and ``podman login`` left behind.

Files, in this order: REGISTRY_AUTH_FILE; DOCKER_CONFIG/config.json; containers' auth.json
(XDG_RUNTIME_DIR, then ~/.config); ~/.docker/config.json. In each, a helper program that is
named for the registry comes first, then what the file itself holds. The formats are Docker's
config.json and containers-auth.json(5); helpers speak docker-credential-helpers' protocol.
"""

import base64
import binascii
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from keten.errors import InputError
from keten.transport.image import slices

FILE_BYTES = 1 << 20
"""The largest file of credentials, in bytes."""
HELPER_BYTES = 1 << 20
"""The most bytes that a helper may answer."""
HELPER_SECONDS = 30.0
"""How long a helper may take: it may ask a cloud."""
HUB = "docker.io"
HUB_KEYS = ("docker.io", "https://index.docker.io/v1/", "index.docker.io", "registry-1.docker.io")
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_TOKEN = "<token>"


class Credential(Struct, frozen=True):
    """A *user* with *secret*, or an *identity* token; *told*: where it was found."""

    user: str = ""
    secret: str = ""
    identity: str = ""
    told: str = ""

    def __repr__(self) -> str:
        return f"Credential({self.told})"


class _Login(Struct, frozen=True):
    auth: str = ""
    username: str = ""
    password: str = ""
    identitytoken: str = ""


class _Config(Struct, frozen=True, rename="camel"):
    auths: dict[str, _Login | None] | None = None
    cred_helpers: dict[str, str] | None = None
    creds_store: str | None = None


class _Answer(Struct, frozen=True, rename="pascal"):
    username: str = ""
    secret: str = ""


def find(
    registry: str, repository: str, environment: Mapping[str, str] | None = None
) -> Credential | None:
    """Return the user's credential for a repository, None where there is none.

    InputError where a file that ought to have it can not be read, or its helper fails.
    """
    told = os.environ if environment is None else environment
    for path in files(told):
        config = _read(path)
        if config is not None and (found := _look(config, registry, repository, path, told)):
            return found
    return None


def files(environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield where credentials may be, the most special first."""
    home = Path(environment["HOME"]) if environment.get("HOME") else None
    if path := environment.get("REGISTRY_AUTH_FILE"):
        yield Path(path)
    if folder := environment.get("DOCKER_CONFIG"):
        yield Path(folder) / "config.json"
    if folder := environment.get("XDG_RUNTIME_DIR"):
        yield Path(folder) / "containers/auth.json"
    if folder := environment.get("XDG_CONFIG_HOME"):
        yield Path(folder) / "containers/auth.json"
    elif home:
        yield home / ".config/containers/auth.json"
    if home and not environment.get("DOCKER_CONFIG"):
        yield home / ".docker/config.json"


def _read(path: Path) -> _Config | None:
    try:
        if not path.is_file():
            return None
        descriptor, found = slices.open_regular(path, follow=True)
    except OSError:
        return None
    with slices.Slice(descriptor, 0, 0, owned=True):
        data = slices.read_whole(descriptor, 0, found.st_size, FILE_BYTES)
    try:
        return msgspec.json.decode(data, type=_Config)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # The error of msgspec tells types and paths, never values.
        raise InputError(
            f"{path} is malformed: {error}", advice="Mend it, or log in to the registry again."
        ) from error


def _look(
    config: _Config, registry: str, repository: str, path: Path, environment: Mapping[str, str]
) -> Credential | None:
    keys = HUB_KEYS if registry == HUB else (registry,)
    helpers = config.cred_helpers or {}
    named = next((helpers[key] for key in keys if helpers.get(key)), "")
    for helper in filter(None, (named, "" if named else config.creds_store)):
        # Docker keeps the Hub under its old address; containers under its name.
        for key in HUB_KEYS[1::-1] if registry == HUB else keys:
            if found := ask(helper, key, environment):
                return found
    logins = {_plain(name): login for name, login in (config.auths or {}).items() if login}
    parts = f"{registry}/{repository}".split("/")
    wanted = ["/".join(parts[:end]) for end in range(len(parts), 0, -1)]
    for name in (*wanted, *(_plain(key) for key in keys)):
        if (login := logins.get(name)) and (found := _login(login, path)):
            return found
    return None


def _plain(name: str) -> str:
    """Return a key of ``auths`` without scheme and old API's path."""
    rest = name.removeprefix("https://").removeprefix("http://").rstrip("/")
    for old in ("/v1", "/v2"):
        rest = rest.removesuffix(old)
    return rest


def _login(login: _Login, path: Path) -> Credential | None:
    told = str(path)
    if login.identitytoken:
        return Credential(identity=login.identitytoken, told=told)
    if login.auth:
        try:
            text = base64.b64decode(login.auth, validate=True).decode()
        except (binascii.Error, ValueError) as error:
            raise InputError(f"{path} holds an auth that is no base64") from error
        user, colon, secret = text.partition(":")
        if colon and user == _TOKEN:
            return Credential(identity=secret.rstrip("\0"), told=told)
        return Credential(user, secret.rstrip("\0"), told=told) if colon else None
    return Credential(login.username, login.password, told=told) if login.username else None


def ask(helper: str, server: str, environment: Mapping[str, str]) -> Credential | None:
    """Ask ``docker-credential-HELPER`` for a server; None where it knows none."""
    import subprocess

    if not _HELPER.fullmatch(helper):
        raise InputError(f"{helper[:60]!r} is no name of a credential helper")
    name = f"docker-credential-{helper}"
    program = _program(name, environment)
    if program is None:
        raise InputError(
            f"the credential helper {name} is not on PATH",
            advice="Install it, or take it out of Docker's config.json.",
        )
    try:
        run = subprocess.run(  # noqa: S603 the user's own configuration names it
            [program, "get"],
            input=server.encode(), capture_output=True, timeout=HELPER_SECONDS, check=False,
            env=dict(environment), cwd="/",
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise InputError(f"{name} did not answer within {HELPER_SECONDS:.0f} s") from error
    except OSError as error:
        raise InputError(f"{name} can not be run: {error.strerror}") from error
    if run.returncode:
        said = (run.stdout + run.stderr)[:2000].decode("utf-8", "replace").strip()
        if "not found" in said or "no credentials" in said.lower():
            return None
        plain = "".join(c if c.isprintable() else " " for c in said[:200])
        raise InputError(f"{name} failed for {server}: {plain}")
    if len(run.stdout) > HELPER_BYTES:
        raise InputError(f"{name} answered more than {HELPER_BYTES >> 20} MiB")
    try:
        answer = msgspec.json.decode(run.stdout, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{name} gave an answer that is not the protocol's") from error
    if answer.username == _TOKEN:
        return Credential(identity=answer.secret, told=name)
    return Credential(answer.username, answer.secret, told=name) if answer.secret else None


def _program(name: str, environment: Mapping[str, str]) -> str | None:
    """Find a program on PATH, never in a folder relative to where we are: that may be a target."""
    for folder in environment.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder, name)  # noqa: PTH118 as the system does
        if os.path.isabs(folder) and os.path.isfile(path) and os.access(path, os.X_OK):  # noqa: PTH113, PTH117
            return path
    return None
