"""Repositories made at test time with the real git, ssh-keygen and gpg."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
needs_ssh = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed"
)
needs_gpg = pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed")


def environment(home: Path, **more: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "TZ": "UTC",
        "LC_ALL": "C",
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@x.org",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@x.org",
        **more,
    }


class Maker:
    """A repository, and the commands that make its history."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.root = folder / "repo"
        self.home = folder / "home"
        self.home.mkdir(parents=True, exist_ok=True)
        self.root.mkdir()
        self.clock = 1_700_000_000
        self.git("init", "-q", "-b", "main", *options)

    def git(self, *words: str, **more: str) -> str:
        return self.feed(b"", *words, **more)

    def feed(self, stdin: bytes, *words: str, **more: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.root, env=environment(self.home, **more), input=stdin,
            capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    def commit(self, text: str, *options: str, email: str = "a@x.org", when: int = 0) -> str:
        self.clock += 60
        (self.root / "file.txt").write_text(text)
        self.git("add", "-A")
        date = f"{when or self.clock} +0000"
        self.git(
            "commit", "-q", "-m", text, *options, GIT_AUTHOR_DATE=date, GIT_COMMITTER_DATE=date,
            GIT_AUTHOR_EMAIL=email, GIT_COMMITTER_EMAIL=email,
        )  # fmt: skip
        return self.git("rev-parse", "HEAD")

    def write_object(self, kind: str, data: bytes) -> str:
        return self.feed(data, "hash-object", "-t", kind, "-w", "--stdin", "--literally")

    def sign_with_ssh(self, key: Path, allowed: Path | None = None) -> None:
        self.git("config", "gpg.format", "ssh")
        self.git("config", "user.signingkey", str(key))
        if allowed:
            self.git("config", "gpg.ssh.allowedSignersFile", str(allowed))


def ssh_key(folder: Path, name: str, kind: str = "ed25519", *options: str) -> Path:
    key = folder / name
    subprocess.run(
        ["ssh-keygen", "-q", "-t", kind, *options, "-N", "", "-C", name, "-f", str(key)],
        check=True, capture_output=True,
    )  # fmt: skip
    return key


def public(key: Path) -> str:
    return key.with_name(key.name + ".pub").read_text().strip()


class Gpg:
    """A throw-away GnuPG home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir(mode=0o700)

    def run(self, *words: str, stdin: bytes = b"") -> bytes:
        done = subprocess.run(
            ["gpg", "--batch", "--pinentry-mode", "loopback", "--passphrase", "", *words],
            env={**os.environ, "GNUPGHOME": str(self.home), "LC_ALL": "C"}, input=stdin,
            capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def key(self, name: str, algorithm: str = "ed25519", *, when: str = "") -> str:
        clock = ("--faked-system-time", when) if when else ()
        self.run(*clock, "--quick-gen-key", name, algorithm, "sign", "0")
        return self.fingerprint(name)

    def fingerprint(self, name: str) -> str:
        lines = self.run("--list-keys", "--with-colons", name).decode().split("\n")
        return next(line.split(":")[9] for line in lines if line.startswith("fpr"))

    def close(self) -> None:
        subprocess.run(
            ["gpgconf", "--kill", "all"], env={**os.environ, "GNUPGHOME": str(self.home)},
            check=False, capture_output=True,
        )  # fmt: skip
