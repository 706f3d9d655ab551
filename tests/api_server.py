"""A real API server for slow tests: etcd and kube-apiserver on ports of their own.

The binaries are looked for in KETEN_PEERS (default ``~/.cache/keten-peers/bin``) and on PATH;
tools/peers builds them.
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
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

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


def port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def serving(
    *flags: str, accounts: bool = False, users: Mapping[str, str] = MappingProxyType({})
) -> Iterator[list[str]]:
    """Yield the kubectl command of a server that runs, with *flags* more, while the block does.

    With *accounts* each pod has a service account, as in every cluster; without a controller
    that makes them no pod would be let in. *users* are tokens and names that may log in, too.
    """
    with tempfile.TemporaryDirectory(prefix="keten-api-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        store, peer, own = port(), port(), port()
        token = os.urandom(16).hex()
        known = [f"{token},admin,u1,system:masters\n"]
        known += [f"{secret},{name},{name}\n" for secret, name in users.items()]
        (folder / "tokens.csv").write_text("".join(known))
        key = f"{folder}/sa.key"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        public = ["openssl", "rsa", "-in", key, "-pubout", "-out", f"{folder}/sa.pub"]
        subprocess.run(public, check=True, capture_output=True)
        at = f"http://127.0.0.1:{store}"
        near = f"http://127.0.0.1:{peer}"
        start(
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
        start(
            stack,
            folder / "api.log",
            [
                str(program("kube-apiserver")),
                f"--etcd-servers={at}",
                f"--cert-dir={folder}/certs",
                "--bind-address=127.0.0.1",
                f"--secure-port={own}",
                f"--service-account-key-file={folder}/sa.pub",
                f"--service-account-signing-key-file={key}",
                "--service-account-issuer=https://kubernetes.default.svc",
                f"--token-auth-file={folder}/tokens.csv",
                "--authorization-mode=RBAC",
                "--service-cluster-ip-range=10.96.0.0/16",
                "--allow-privileged=true",
                *(() if accounts else ("--disable-admission-plugins=ServiceAccount",)),
                *flags,
            ],
        )
        _wait(own, token, folder)
        yield [
            str(program("kubectl")),
            f"--server=https://127.0.0.1:{own}",
            "--insecure-skip-tls-verify",
            f"--token={token}",
            f"--cache-dir={folder}/cache",
        ]


def start(stack: contextlib.ExitStack, log: Path, command: list[str]) -> None:
    """Start a program that says what it does in *log*, and is ended with *stack*."""
    out = stack.enter_context(log.open("wb"))
    process = subprocess.Popen(command, stdout=out, stderr=out, cwd=log.parent)
    stack.callback(process.wait)
    stack.callback(process.terminate)


def _wait(at: int, token: str, folder: Path) -> None:
    context = ssl._create_unverified_context()
    url = f"https://127.0.0.1:{at}/api/v1/namespaces/default"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    end = time.monotonic() + READY
    while time.monotonic() < end:
        with contextlib.suppress(OSError), urllib.request.urlopen(request, context=context):
            return
        time.sleep(0.3)
    raise TimeoutError((folder / "api.log").read_text()[-2000:])
