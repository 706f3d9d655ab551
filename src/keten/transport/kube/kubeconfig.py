"""Kubeconfig files as kubectl reads them (k8s.io/client-go/tools/clientcmd).

``KUBECONFIG`` is a list of files; of entries of one name, and of ``current-context``, the
first file's holds, whole. A file that is not there is passed over, unless it was named itself.
Relative paths in a file are from its folder; data in the file hold over files it names.
"""

import base64
import binascii
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from keten.errors import InputError, UsageError
from keten.transport.kube.account import Account, Exec, Identity, Server

BYTES = 8 << 20
"""The largest kubeconfig, certificate or key, in bytes."""
FILES = 64
"""The most files that KUBECONFIG may name."""
_FOR_PLUGINS = "client.authentication.k8s.io/exec"
_WAYS = "KUBECONFIG, ~/.kube/config or --kubeconfig"


class _Extension(Struct, frozen=True):
    name: str = ""
    extension: Any = None


class _Cluster(Struct, frozen=True, rename="kebab"):
    server: str = ""
    certificate_authority: str = ""
    certificate_authority_data: str = ""
    tls_server_name: str = ""
    insecure_skip_tls_verify: bool = False
    proxy_url: str = ""
    disable_compression: bool = False
    extensions: tuple[_Extension, ...] | None = None


class _Provider(Struct, frozen=True):
    name: str = ""
    config: dict[str, Any] | None = None


class _User(Struct, frozen=True, rename="kebab"):
    token: str = ""
    token_file: str = field(default="", name="tokenFile")
    username: str = ""
    password: str = ""
    client_certificate: str = ""
    client_certificate_data: str = ""
    client_key: str = ""
    client_key_data: str = ""
    exec: dict[str, Any] | None = None
    auth_provider: _Provider | None = None
    as_user: str = field(default="", name="as")
    as_uid: str = ""
    as_groups: tuple[str, ...] | None = None
    as_user_extra: dict[str, tuple[str, ...]] | None = None


class _Context(Struct, frozen=True):
    cluster: str = ""
    user: str = ""
    namespace: str = ""


class _Entry(Struct):
    """What is in force of one name, and the folder that its paths are from."""

    value: Any
    folder: Path


class Config:
    """Kubeconfig files, merged."""

    def __init__(self, files: list[Path], *, named: bool) -> None:
        self.current = ""
        self._entries: dict[str, dict[str, _Entry]] = {"clusters": {}, "users": {}, "contexts": {}}
        self.found: list[Path] = []
        for file in files:
            if not file.exists() and not named:
                continue
            self._add(file)

    def _add(self, file: Path) -> None:
        document = _document(file)
        self.found.append(file)
        current = document.get("current-context")
        if not self.current and isinstance(current, str):
            self.current = current
        for kind, known in self._entries.items():
            for item in document.get(kind) or ():
                match item:
                    case {"name": str(name)}:
                        value = item.get(kind.removesuffix("s")) or {}
                        known.setdefault(name, _Entry(value, file.absolute().parent))
                    case _:
                        raise InputError(f"{file}: an entry of {kind} has no name")

    @property
    def contexts(self) -> list[str]:
        """Return the names of the contexts, sorted."""
        return sorted(self._entries["contexts"])

    def account(self, context: str = "") -> Account:
        """Return how the cluster of *context* (the current one for "") is reached."""
        name = context or self.current
        if not name:
            raise UsageError("kubeconfig has no current context", advice=self._known())
        found = self._take("contexts", name, _Context)
        if found is None:
            raise UsageError(f"kubeconfig has no context {name!r}", advice=self._known())
        told, _ = found
        cluster = self._take("clusters", told.cluster, _Cluster)
        if cluster is None:
            raise UsageError(f"context {name!r} names the cluster {told.cluster!r}: there is none")
        user = self._take("users", told.user, _User)
        if user is None and told.user:
            raise UsageError(f"context {name!r} names the user {told.user!r}: there is none")
        server = _server(*cluster)
        identity = _identity(*user) if user else Identity()
        notes = (_UNCHECKED,) if server.insecure else ()
        return Account(server, identity, name, told.namespace, notes)

    def _known(self) -> str:
        if not self.found:
            return f"No kubeconfig was found: {_WAYS}."
        return f"It has: {', '.join(self.contexts) or 'none'}. Name one: k8s://CONTEXT."

    def _take(self, kind: str, name: str, form: Any) -> tuple[Any, Path] | None:
        entry = self._entries[kind].get(name)
        if entry is None:
            return None
        value = {k: v for k, v in entry.value.items() if v is not None} if isinstance(
            entry.value, dict
        ) else entry.value  # fmt: skip
        try:
            return msgspec.convert(value, form), entry.folder
        except msgspec.ValidationError as error:
            raise InputError(f"kubeconfig: {kind} {name!r}: {error}") from error


_UNCHECKED = (
    "the API server's certificate was not checked (insecure-skip-tls-verify): "
    "whoever sits on the way can answer in its place"
)


def load(explicit: str = "") -> Config:
    """Return what the named file says, else what KUBECONFIG or ~/.kube/config say."""
    if explicit:
        return Config([Path(explicit)], named=True)
    told = os.environ.get("KUBECONFIG", "")
    files = [Path(part) for part in dict.fromkeys(told.split(os.pathsep)) if part]
    if len(files) > FILES:
        raise UsageError(f"KUBECONFIG names {len(files)} files; at most {FILES} are read")
    return Config(files or [Path("~/.kube/config").expanduser()], named=False)


def _document(file: Path) -> dict[str, Any]:
    from keten.formats.yaml.documents import Dialect, load_all

    data = bounded(file)
    try:
        first = next(load_all(data, Dialect.KUBERNETES), None)
    except InputError as error:
        raise InputError(f"{file}: {error.what}", line=error.line, advice=error.advice) from error
    value = first.value if first is not None else {}
    if not isinstance(value, dict) or value.get("kind", "Config") != "Config":
        raise InputError(f"{file}: no kubeconfig (kind: Config)")
    for kind in ("clusters", "users", "contexts"):
        if not isinstance(value.get(kind) or [], list):
            raise InputError(f"{file}: {kind} is no list")
    return value


def bounded(file: Path) -> bytes:
    """Return the bytes of a file that the user's configuration names; InputError else."""
    try:
        if file.is_dir():
            raise InputError(f"{file}: not a file")
        with file.open("rb") as stream:
            data = stream.read(BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"{file}: {why}") from error
    if len(data) > BYTES:
        raise InputError(f"{file}: more than {BYTES:,} bytes")
    return data


def _server(told: _Cluster, folder: Path) -> Server:
    return Server(
        url=told.server.rstrip("/"),
        authority=_pem(
            told.certificate_authority_data,
            told.certificate_authority,
            folder,
            what="certificate-authority",
        ),
        name=told.tls_server_name,
        insecure=told.insecure_skip_tls_verify,
        proxy=told.proxy_url,
        compressed=not told.disable_compression,
        config=next((e.extension for e in told.extensions or () if e.name == _FOR_PLUGINS), None),
    )


def _identity(told: _User, folder: Path) -> Identity:
    if told.token and (told.username or told.password):
        raise InputError("kubeconfig: a token and a name and password: one only is allowed")
    if (told.client_certificate or told.client_certificate_data) and not (
        told.client_key or told.client_key_data
    ):
        raise InputError("kubeconfig: a client-certificate without its client-key")
    certificate = _pem(
        told.client_certificate_data, told.client_certificate, folder, what="client-certificate"
    )
    key = _pem(told.client_key_data, told.client_key, folder, what="client-key")
    return Identity(
        token=told.token or _legacy(told),
        token_file=folder / told.token_file if told.token_file else None,
        username=told.username,
        password=told.password,
        certificate=certificate or b"",
        key=key or b"",
        plugin=_plugin(told.exec, folder) if told.exec else None,
        headers=tuple(_impersonated(told)),
    )


def _legacy(told: _User) -> str:
    """Return the token of an ``auth-provider`` of the past: that of oidc stands in the file.

    It is not renewed here: the issuer may give a new refresh token with it, and whoever does
    not write that into the kubeconfig locks its user out.
    """
    if told.auth_provider is None:
        return ""
    name, config = told.auth_provider.name, told.auth_provider.config or {}
    if told.exec:
        raise InputError("kubeconfig: auth-provider and exec are both given: one only is allowed")
    if name != "oidc":
        raise InputError(
            f"kubeconfig: the auth-provider {name!r} is not supported",
            advice=_INSTEAD.get(name, "Use a credential plugin (exec) instead."),
        )
    token = config.get("id-token")
    if not isinstance(token, str) or not token:
        raise InputError("kubeconfig: the auth-provider oidc has no id-token", advice=_RENEW)
    ends = _ends(token)
    if ends is not None and ends <= time.time():
        when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(ends))
        raise InputError(
            f"kubeconfig: the id-token of the auth-provider oidc ended on {when}", advice=_RENEW
        )
    return token


_RENEW = (
    "Have kubectl renew it (kubectl get --raw /version), or log in by a credential plugin: "
    "kubelogin (kubectl oidc-login)."
)
_GONE = "Kubernetes removed it in 1.26."
_INSTEAD = {
    "gcp": f"{_GONE} Install gke-gcloud-auth-plugin, then: "
    "gcloud container clusters get-credentials CLUSTER.",
    "azure": f"{_GONE} Install kubelogin, then: kubelogin convert-kubeconfig.",
}


def _ends(token: str) -> float | None:
    """Return when a JSON Web Token ends, None where it does not say."""
    part = token.split(".")[1:2]
    try:
        said = base64.urlsafe_b64decode(part[0] + "=" * (-len(part[0]) % 4)) if part else b""
        ends = msgspec.json.decode(said, type=_Claims).exp
    except (binascii.Error, ValueError, RecursionError):
        return None
    return ends if ends is not None and 0 <= ends < _YEAR_10000 else None


_YEAR_10000 = 253_402_300_800


class _Claims(Struct):
    exp: float | None = None


def _plugin(value: dict[str, Any], folder: Path) -> Exec:
    try:
        told = msgspec.convert({k: v for k, v in value.items() if v is not None}, Exec)
    except msgspec.ValidationError as error:
        raise InputError(f"kubeconfig: exec: {error}") from error
    return msgspec.structs.replace(told, folder=folder)


def _impersonated(told: _User) -> Iterator[tuple[str, str]]:
    """Yield the headers of impersonation (Kubernetes: user impersonation)."""
    if told.as_user:
        yield "Impersonate-User", told.as_user
    elif told.as_uid or told.as_groups or told.as_user_extra:
        raise InputError("kubeconfig: as-groups, as-uid and as-user-extra need as")
    if told.as_uid:
        yield "Impersonate-Uid", told.as_uid
    for group in told.as_groups or ():
        yield "Impersonate-Group", group
    for key, values in sorted((told.as_user_extra or {}).items()):
        from urllib.parse import quote

        for value in values:
            yield f"Impersonate-Extra-{quote(key, safe='')}", value


def _pem(data: str, file: str, folder: Path, *, what: str) -> bytes | None:
    if data:
        try:
            return base64.b64decode("".join(data.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise InputError(f"kubeconfig: {what}-data is not base64") from error
    return bounded(folder / file) if file else None
