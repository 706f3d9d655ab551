"""Rendering with the user's own tool: kustomize, kubectl or helm, when the user asks for it.

The tool runs bounded in time and output, with an environment of its own (an empty HOME, no
proxy, no credentials, no kubeconfig) and no shell. What it prints is read as any manifest is.
"""

import os
import shutil
import subprocess
import tempfile
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


def render(tool: str, folder: str) -> bytes:
    """Return the manifests that *tool* (``helm``, ``kustomize``) makes of *folder*.

    InputError where the tool is not there, fails or takes more than SECONDS; CeilingError
    beyond BYTES of output.
    """
    command = _command(tool)
    with tempfile.TemporaryDirectory(prefix="keten-render-") as home:
        out, err = Path(home, "out"), Path(home, "err")
        with out.open("wb") as stdout, err.open("wb") as stderr:
            status = _run([*command, str(Path(folder).absolute())], home, stdout, stderr)
        if status:
            said = err.read_bytes()[:SAID].decode("utf-8", "replace").strip()
            raise InputError(f"{command[0]} could not render {folder}: {said}")
        if out.stat().st_size > BYTES:
            raise CeilingError(f"{command[0]} wrote more than {BYTES} bytes")
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
        raise InputError(f"{command[0]} took more than {SECONDS} seconds") from None
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
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "LC_ALL": "C",
    }
