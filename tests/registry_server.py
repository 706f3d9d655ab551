"""A real registry for tests: Debian's docker-registry on a port of its own, TLS and users if told.

``served(folder)`` speaks plain HTTP; ``tls=True`` makes an authority and a certificate at test
time, ``users={"name": "password"}`` an htpasswd file.
"""

import base64
import contextlib
import datetime as dt
import ipaddress
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

PROGRAM = shutil.which("docker-registry")
SKOPEO = shutil.which("skopeo")
READY = 15.0
needs_registry = pytest.mark.skipif(PROGRAM is None, reason="docker-registry is not installed")
needs_skopeo = pytest.mark.skipif(SKOPEO is None, reason="skopeo is not installed")


@dataclass(frozen=True)
class Registry:
    """Where it listens (``localhost:PORT``) and, with TLS, the authority's file."""

    host: str
    ca: str
    storage: Path


def port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def served(
    folder: Path, *, tls: bool = False, users: Mapping[str, str] | None = None
) -> Iterator[Registry]:
    """Run a registry while the block does."""
    assert PROGRAM
    folder.mkdir(parents=True, exist_ok=True)
    at = f"localhost:{port()}"
    lines = [
        "version: 0.1",
        "log: {level: error, accesslog: {disabled: true}}",
        f"storage: {{filesystem: {{rootdirectory: {folder}/data}}, delete: {{enabled: true}}}}",
        "http:",
        f"  addr: 127.0.0.1:{at.rpartition(':')[2]}",
    ]
    ca = ""
    if tls:
        ca = certificates(folder)
        lines.append(f"  tls: {{certificate: {folder}/server.crt, key: {folder}/server.key}}")
    if users:
        file = folder / "htpasswd"
        for user, password in users.items():
            subprocess.run(
                ["htpasswd", "-Bb", *([] if file.exists() else ["-c"]), file, user, password],
                check=True, capture_output=True,
            )  # fmt: skip
        lines.append(f"auth: {{htpasswd: {{realm: test, path: {file}}}}}")
    config = folder / "config.yml"
    config.write_text("\n".join(lines) + "\n")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("REGISTRY_")}
    with (folder / "log").open("wb") as log:
        run = subprocess.Popen([PROGRAM, "serve", config], stdout=log, stderr=log, env=environment)
        try:
            _await(f"http{'s' if tls else ''}://{at}/v2/", ca, run, folder / "log")
            yield Registry(at, ca, folder / "data")
        finally:
            run.terminate()
            run.wait(10)


def _await(url: str, ca: str, run: subprocess.Popen[bytes], log: Path) -> None:
    import ssl

    context = ssl.create_default_context(cafile=ca) if ca else None
    ends = time.monotonic() + READY
    while time.monotonic() < ends and run.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1, context=context).close()
        except urllib.error.HTTPError as error:
            error.close()
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"the registry did not start: {log.read_text()[-2000:]}")


def certificates(folder: Path, name: str = "server") -> str:
    """Write NAME.crt and NAME.key for localhost, and ca.crt; return the latter's path."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    now = dt.datetime.now(dt.UTC)

    def made(
        subject: str, key: ec.EllipticCurvePrivateKey, issuer: str, *, authority: bool
    ) -> x509.CertificateBuilder:
        def called(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

        return (
            x509.CertificateBuilder()
            .subject_name(called(subject))
            .issuer_name(called(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )

    top, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    names = x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    )
    ca = made("test authority", top, "test authority", authority=True).sign(top, hashes.SHA256())
    server = (
        made("localhost", own, "test authority", authority=False)
        .add_extension(names, critical=False)
        .sign(top, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "ca.crt").write_bytes(ca.public_bytes(pem))
    (folder / f"{name}.crt").write_bytes(server.public_bytes(pem))
    (folder / f"{name}.key").write_bytes(
        own.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(folder / "ca.crt")


def docker_config(folder: Path, host: str, user: str, password: str) -> Path:
    """Write a config.json as ``docker login`` does; return its folder, for DOCKER_CONFIG."""
    folder.mkdir(parents=True, exist_ok=True)
    told = base64.b64encode(f"{user}:{password}".encode()).decode()
    (folder / "config.json").write_text(f'{{"auths": {{"{host}": {{"auth": "{told}"}}}}}}')
    return folder


def push(source: str, registry: Registry, name: str, *more: str) -> None:
    """Copy an image (in skopeo's spelling) into a registry."""
    assert SKOPEO
    target = f"docker://{registry.host}/{name}"
    options = ["-q", "--dest-tls-verify=false", *more]
    subprocess.run(
        [SKOPEO, "--insecure-policy", "copy", *options, source, target],
        check=True, capture_output=True,
    )  # fmt: skip
