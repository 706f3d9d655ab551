"""A real API server for slow tests: etcd and kube-apiserver on ports of their own.

The binaries are looked for in KETEN_PEERS (default ``~/.cache/keten-peers/bin``) and on PATH;
tests/slow says how they are built.
"""

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

PEERS = Path(os.environ.get("KETEN_PEERS", "~/.cache/keten-peers/bin")).expanduser()
READY = 60.0  # seconds


def program(name: str) -> str | None:
    """Return the path of a peer program, or None."""
    return shutil.which(name, path=f"{PEERS}{os.pathsep}{os.environ.get('PATH', '')}")


ABSENT = [name for name in ("etcd", "kube-apiserver", "kubectl") if program(name) is None]
needs_server = pytest.mark.skipif(
    bool(ABSENT), reason=f"not here (KETEN_PEERS): {', '.join(ABSENT)}"
)


def _port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def serving(*flags: str) -> Iterator[list[str]]:
    """Yield the kubectl command of a server that runs, with *flags* more, while the block does."""
    with tempfile.TemporaryDirectory(prefix="keten-api-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        store, peer, port = _port(), _port(), _port()
        token = os.urandom(16).hex()
        (folder / "tokens.csv").write_text(f"{token},admin,u1,system:masters\n")
        key = f"{folder}/sa.key"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        public = ["openssl", "rsa", "-in", key, "-pubout", "-out", f"{folder}/sa.pub"]
        subprocess.run(public, check=True, capture_output=True)
        at = f"http://127.0.0.1:{store}"
        near = f"http://127.0.0.1:{peer}"
        _start(
            stack,
            folder / "etcd.log",
            [
                str(program("etcd")),
                f"--data-dir={folder}/etcd",
                f"--listen-client-urls={at}",
                f"--advertise-client-urls={at}",
                f"--listen-peer-urls={near}",
                f"--initial-advertise-peer-urls={near}",
                f"--initial-cluster=default={near}",
            ],
        )
        _start(
            stack,
            folder / "api.log",
            [
                str(program("kube-apiserver")),
                f"--etcd-servers={at}",
                f"--cert-dir={folder}/certs",
                "--bind-address=127.0.0.1",
                f"--secure-port={port}",
                f"--service-account-key-file={folder}/sa.pub",
                f"--service-account-signing-key-file={key}",
                "--service-account-issuer=https://kubernetes.default.svc",
                f"--token-auth-file={folder}/tokens.csv",
                "--authorization-mode=RBAC",
                "--service-cluster-ip-range=10.96.0.0/16",
                "--allow-privileged=true",
                "--disable-admission-plugins=ServiceAccount",
                *flags,
            ],
        )
        _wait(port, token, folder)
        yield [
            str(program("kubectl")),
            f"--server=https://127.0.0.1:{port}",
            "--insecure-skip-tls-verify",
            f"--token={token}",
            f"--cache-dir={folder}/cache",
        ]


def _start(stack: contextlib.ExitStack, log: Path, command: list[str]) -> None:
    out = stack.enter_context(log.open("wb"))
    process = subprocess.Popen(command, stdout=out, stderr=out, cwd=log.parent)
    stack.callback(process.wait)
    stack.callback(process.terminate)


def _wait(port: int, token: str, folder: Path) -> None:
    context = ssl._create_unverified_context()
    url = f"https://127.0.0.1:{port}/api/v1/namespaces/default"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    end = time.monotonic() + READY
    while time.monotonic() < end:
        with contextlib.suppress(OSError), urllib.request.urlopen(request, context=context):
            return
        time.sleep(0.3)
    raise TimeoutError((folder / "api.log").read_text()[-2000:])
