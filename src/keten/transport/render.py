"""Rendering with the user's own tool: kustomize, kubectl or helm, when the user asks for it.

The tool runs bounded in time and output, with an environment of its own (an empty HOME, no
proxy, no credentials, no kubeconfig) and no shell. What it prints is read as any manifest is.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from keten.errors import CeilingError, InputError

SECONDS = 60
BYTES = 64 << 20
SAID = 500  # characters of what a failed tool said that are told on

# What each tool is called with before the folder; the first program that is there is used.
_COMMANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "helm": (("helm", "template", "--include-crds", "release"),),
    "kustomize": (("kustomize", "build"), ("kubectl", "kustomize")),
}
_ADVICE = "Install it, or render elsewhere and scan what comes out."


KUBERNETES = 37
"""The minor version that charts are rendered for: helm's own default may be years old."""
TRIED = 12
_LOGGED = re.compile(r"^[A-Z]\d{4} [\d:.]+ +\d+ [\w.]+:\d+\] ", re.MULTILINE)
"""What kubectl begins a line with: the time and the process, which differ each time."""
_REFUSED = b"which is incompatible with Kubernetes"


def render(tool: str, folder: str, *, further: Sequence[str] = ()) -> bytes:
    """Return the manifests that *tool* (``helm``, ``kustomize``) makes of *folder*.

    *further* are arguments behind the folder. InputError where the tool is not there, fails or
    takes more than SECONDS; CeilingError beyond BYTES of output.
    """
    command = _command(tool)
    if tool != "helm":
        return _rendered([*command, str(Path(folder).absolute()), *further], folder)
    tried: list[int] = []
    pending = [KUBERNETES]
    while pending:
        minor = pending.pop()
        tried.append(minor)
        version = f"--kube-version=1.{minor}.0"
        try:
            return _rendered([*command, str(Path(folder).absolute()), version, *further], folder)
        except _VersionError as error:  # the chart's own kubeVersion asks for another
            if len(tried) == 1:
                pending = error.near()
    raise InputError(f"{tool} could not render {folder}: its kubeVersion names no Kubernetes known")


class _VersionError(Exception):
    """The chart is not for this version of Kubernetes."""

    def near(self) -> list[int]:
        """Return the minor versions at and beside those that helm names, the newest last."""
        named = {int(one) for one in re.findall(r"\b1\.(\d{1,3})\b", str(self))}
        return sorted({n + d for n in named for d in (-1, 0, 1) if n + d < KUBERNETES})[-TRIED:]


def _rendered(command: list[str], folder: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="keten-render-") as home:
        out, err = Path(home, "out"), Path(home, "err")
        with out.open("wb") as stdout, err.open("wb") as stderr:
            status = _run(command, home, stdout, stderr)
        if status:
            if _REFUSED in err.read_bytes()[:BYTES]:
                raise _VersionError(err.read_bytes()[:SAID].decode("utf-8", "replace"))
            said = _LOGGED.sub("", err.read_bytes()[:SAID].decode("utf-8", "replace"))
            said = " ".join(said.split())
            raise InputError(f"{Path(command[0]).name} could not render {folder}: {said}")
        if out.stat().st_size > BYTES:
            raise CeilingError(f"{Path(command[0]).name} wrote more than {BYTES} bytes")
        return out.read_bytes()


def _command(tool: str) -> list[str]:
    for command in _COMMANDS[tool]:
        if program := shutil.which(command[0]):
            return [program, *command[1:]]
    names = " or ".join(command[0] for command in _COMMANDS[tool])
    raise InputError(f"{names} is not installed", advice=_ADVICE)


def _run(command: list[str], home: str, stdout: object, stderr: object) -> int:
    try:
        done = subprocess.run(  # noqa: S603 the program is the user's, the folder one argument
            command,
            stdin=subprocess.DEVNULL,
            stdout=stdout,  # type: ignore[call-overload]
            stderr=stderr,
            cwd=home,
            env=_environment(home),
            timeout=SECONDS,
            check=False,
            preexec_fn=_limit if os.name == "posix" else None,
        )
    except subprocess.TimeoutExpired:
        raise InputError(f"{Path(command[0]).name} took more than {SECONDS} seconds") from None
    return int(done.returncode)


def _limit() -> None:
    """Let the kernel end a tool that writes on and on."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (BYTES + 1, BYTES + 1))


def _environment(home: str) -> dict[str, str]:
    """Return an environment in which the tool finds no credentials and no way out."""
    nowhere = "http://127.0.0.1:9"  # the discard port: what asks for the network fails at once
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": home,
        "TMPDIR": home,
        "HELM_CACHE_HOME": home,
        "HELM_CONFIG_HOME": home,
        "HELM_DATA_HOME": home,
        "HELM_NO_PLUGINS": "1",
        "HELM_PLUGINS": home,
        "KUBECONFIG": os.devnull,
        "HTTP_PROXY": nowhere,
        "HTTPS_PROXY": nowhere,
        "http_proxy": nowhere,  # what git's transport looks for
        "https_proxy": nowhere,
        "GIT_ALLOW_PROTOCOL": "http:https",  # no ssh, which heeds no proxy
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "LC_ALL": "C",
    }
