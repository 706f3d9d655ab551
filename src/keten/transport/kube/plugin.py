"""Credential plugins: the program that a kubeconfig asks for a token or a certificate.

Source: client.authentication.k8s.io v1 and v1beta1 (KEP-541). The program is named by the
user's own kubeconfig and runs as kubectl runs it: with the user's environment, for it must
find the user's cloud credentials, without a shell, bounded in time and output. It runs only
for a cluster that the user named, and never for what a scanned file says.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from keten.errors import InputError, NetworkError
from keten.transport.kube.account import Exec, Server

SECONDS = 60.0
"""How long a plugin may take that asks the user nothing."""
ASKING_SECONDS = 300.0
"""How long one that may ask."""
BYTES = 1 << 20
"""The most that it may print."""
SAID = 300  # characters of what a failed plugin said that are told on
_GROUP = "client.authentication.k8s.io/"
_VERSIONS = ("v1", "v1beta1")
_MODES = ("", "Never", "IfAvailable", "Always")


class Status(Struct, frozen=True, rename="camel"):
    """What a plugin gives: a token, or a certificate with its key (PEM)."""

    token: str | None = None
    client_certificate_data: str | None = None
    client_key_data: str | None = None
    expiration_timestamp: str | None = None

    def __repr__(self) -> str:
        return f"Status(until={self.expiration_timestamp})"


class _Credential(Struct, frozen=True, rename="camel"):
    api_version: str
    kind: str
    status: Status | None = None


def ask(plugin: Exec, server: Server) -> Status:
    """Run *plugin* and return what it gives; NetworkError where it gives nothing."""
    interactive = _interactive(plugin)
    command = _command(plugin)
    environment = dict(os.environ)
    environment.update({item.name: item.value for item in plugin.env or () if item.name})
    environment["KUBERNETES_EXEC_INFO"] = _information(plugin, server, interactive=interactive)
    out, said, code = _run(command, environment, interactive=interactive)
    name = Path(plugin.command).name
    if code:
        shown = said[:SAID].decode("utf-8", "replace").strip()
        raise NetworkError(
            f"the credential plugin {name} ended with {code}{f': {shown}' if shown else ''}",
            advice="Run it yourself, or log in anew.",
        )
    return _answer(out, plugin, name)


def _interactive(plugin: Exec) -> bool:
    if not plugin.api_version.startswith(_GROUP) or (
        plugin.api_version.removeprefix(_GROUP) not in _VERSIONS
    ):
        raise InputError(
            f"kubeconfig: exec: apiVersion {plugin.api_version!r} is not supported",
            advice=f"Plugins speak {_GROUP}v1 or v1beta1.",
        )
    mode = plugin.interactive_mode
    if mode not in _MODES or (not mode and plugin.api_version.endswith("/v1")):
        raise InputError(f"kubeconfig: exec: interactiveMode {mode!r} is none")
    terminal = sys.stdin is not None and sys.stdin.isatty()
    if mode == "Always" and not terminal:
        raise InputError("the credential plugin wants a terminal, and there is none")
    return terminal and mode != "Never"


def _command(plugin: Exec) -> list[str]:
    if not plugin.command:
        raise InputError("kubeconfig: exec: no command")
    name = plugin.command
    if os.sep in name:
        program = str(plugin.folder / name)
        found = program if os.access(program, os.X_OK) else None
    else:
        found = shutil.which(name)
    if found is None:
        raise InputError(
            f"the credential plugin {name} is not here",
            advice=" ".join(plugin.install_hint[:SAID].split()) or "Install it.",
        )
    return [found, *(plugin.args or ())]


def _information(plugin: Exec, server: Server, *, interactive: bool) -> str:
    spec: dict[str, Any] = {"interactive": interactive}
    if plugin.provide_cluster_info:
        told: dict[str, Any] = {"server": server.url}
        if server.name:
            told["tls-server-name"] = server.name
        if server.insecure:
            told["insecure-skip-tls-verify"] = True
        if server.authority is not None:
            import base64

            told["certificate-authority-data"] = base64.b64encode(server.authority).decode()
        if server.proxy:
            told["proxy-url"] = server.proxy
        if not server.compressed:
            told["disable-compression"] = True
        if server.config is not None:
            told["config"] = server.config
        spec["cluster"] = told
    made = {"kind": "ExecCredential", "apiVersion": plugin.api_version, "spec": spec}
    return msgspec.json.encode(made).decode()


def _run(
    command: list[str], environment: dict[str, str], *, interactive: bool
) -> tuple[bytes, bytes, int]:
    """Return what the program printed, what it said on standard error, and its status."""
    try:
        process = subprocess.Popen(  # noqa: S603 the user's own kubeconfig names it; no shell
            command,
            stdin=None if interactive else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if interactive else subprocess.PIPE,
            env=environment,
            start_new_session=not interactive,  # so that what it starts ends with it
        )
    except OSError as error:
        raise InputError(f"{command[0]}: can not be run: {error.strerror or error}") from error
    seconds = ASKING_SECONDS if interactive else SECONDS
    late = threading.Event()

    def end() -> None:
        late.set()
        _kill(process, group=not interactive)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    said: list[bytes] = []
    drain = threading.Thread(target=_drain, args=(process.stderr, said), daemon=True)
    drain.start()
    try:
        out = _upto(process.stdout)
        if len(out) > BYTES:
            raise InputError(f"{command[0]}: printed more than {BYTES:,} bytes")
        code = process.wait()
    finally:
        timer.cancel()
        if process.poll() is None:
            _kill(process, group=not interactive)
            process.wait()
        drain.join(1.0)
        for stream in (process.stdout, process.stderr):
            if stream is not None and not drain.is_alive():
                stream.close()
    if late.is_set():
        raise NetworkError(f"the credential plugin {command[0]} took more than {seconds:g} s")
    return out, said[0] if said else b"", code


def _kill(process: subprocess.Popen[bytes], *, group: bool) -> None:
    """End a plugin, and with *group* all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if group and hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _upto(stream: Any) -> bytes:
    """Return what comes, at most a byte more than allowed."""
    if stream is None:
        return b""
    data: bytes = stream.read(BYTES + 1)
    return data


def _drain(stream: Any, said: list[bytes]) -> None:
    """Keep the beginning of what comes, and let the program say the rest to nobody."""
    said.append(_upto(stream))
    while stream is not None and stream.read(BYTES):
        pass


def _answer(out: bytes, plugin: Exec, name: str) -> Status:
    try:
        told = msgspec.json.decode(out, type=_Credential)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"the credential plugin {name} printed no ExecCredential") from error
    if told.kind != "ExecCredential" or told.api_version != plugin.api_version:
        raise InputError(
            f"the credential plugin {name} answered with {told.api_version} {told.kind}; "
            f"{plugin.api_version} ExecCredential was asked for"
        )
    status = told.status
    if status is None or not (status.token or status.client_certificate_data):
        raise InputError(f"the credential plugin {name} gave neither token nor certificate")
    if bool(status.client_certificate_data) != bool(status.client_key_data):
        raise InputError(f"the credential plugin {name} gave a certificate without key, or no")
    return status
