"""A publisher's keys: a folder of PEM files by role, and the roots that name them.

``ROLE-NUMBER.pem``  private keys: ``root-1.pem``, ``targets-1.pem``, ``snapshot-1.pem``,
                     ``timestamp-1.pem``; files made by openssl are taken as they are
``N.root.json``      every root so far; ``root.json`` is the last of them, to be given to users
``version``          the number of the last bundle
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from keten.advisories import state
from keten.errors import InputError, TrustError, UsageError
from keten.formats import tuf
from keten.formats.tuf import ROLES, Root
from keten.trust import tuf_signing
from keten.trust.tuf import Trusted

if TYPE_CHECKING:
    from keten.trust.tuf_signing import Private

ROOT_DAYS = 365
MAX_PEM = 1 << 16
MAX_KEYS = 64
_PEM = re.compile(r"(root|targets|snapshot|timestamp)(?:-\d{1,4})?\.pem")
_ROOT = re.compile(r"(\d{1,6})\.root\.json")


class Plan(Struct, frozen=True):
    """Which keys to have: *roots* of the role root, of which *threshold* must sign."""

    roots: int = 1
    threshold: int = 1
    days: int = ROOT_DAYS


class Keys:
    """The keys in a folder; *password* opens those that are encrypted."""

    def __init__(self, folder: Path, password: bytes | None = None) -> None:
        self.folder = folder
        self._password = password

    def private(self, role: str) -> "list[Private]":
        """Return the private keys of a role that are here."""
        return [self._load(path) for path in self._pems(role)]

    def roots(self) -> list[bytes]:
        """Return every root so far, in order, checked; UsageError where there is none."""
        found = {}
        for path in self.folder.iterdir() if self.folder.is_dir() else ():
            match = _ROOT.fullmatch(path.name)
            if match:
                found[int(match[1])] = state.read(path) or b""
        if not found:
            raise UsageError(
                f"{self.folder}: there is no root.json of a publisher",
                advice=f"keten db keys --to {self.folder} makes keys and root.",
            )
        if sorted(found) != list(range(min(found), max(found) + 1)):
            raise UsageError(f"{self.folder}: a root between the first and the last is missing")
        return [found[number] for number in sorted(found)]

    def root(self) -> Root:
        """Return the last root."""
        return tuf.typed(tuf.read(self.roots()[-1], "root.json"), Root, "root.json")

    def create(self, plan: Plan, now: datetime) -> Root:
        """Make what keys are missing, and the first root."""
        if not 1 <= plan.threshold <= plan.roots <= MAX_KEYS:
            raise UsageError("--threshold is at least 1 and at most the number of root keys")
        if any(self.folder.glob("*.root.json")):
            raise UsageError(
                f"{self.folder} has a root already",
                advice="keten db keys --rotate ROLE puts a new key in the place of an old one.",
            )
        for role in ROLES:
            for number in range(1, (plan.roots if role == "root" else 1) + 1):
                if len(self._pems(role)) < number:
                    self._make(role, number)
        keys: dict[str, Any] = {}
        roles: dict[str, Any] = {}
        for role in ROLES:
            public = dict(tuf_signing.public(key) for key in self.private(role))
            keys |= public
            threshold = plan.threshold if role == "root" else 1
            roles[role] = {"keyids": sorted(public), "threshold": threshold}
        return self._publish(1, keys, roles, now + timedelta(days=plan.days))

    def rotate(self, role: str, now: datetime, days: int = ROOT_DAYS) -> Root:
        """Put a new key in the place of each of a role's that are here; the old become ``.old``.

        The new root is signed by the old root keys and, where these change, the new. Keys that
        are not in the folder stay.
        """
        signed = tuf.read(self.roots()[-1], "root.json").signed
        roles = {name: dict(found) for name, found in signed["roles"].items()}
        keys = dict(signed["keys"])
        old = self._pems(role)
        signers = self.private("root")
        gone = {tuf_signing.public(key)[0] for key in self.private(role)}
        last = max((int(p.stem.partition("-")[2] or 1) for p in old), default=0)
        new = [self._load(self._make(role, last + n)) for n in range(1, max(1, len(old)) + 1)]
        public = dict(tuf_signing.public(key) for key in new)
        keys |= public
        roles[role]["keyids"] = sorted({*roles[role]["keyids"], *public} - gone)
        used = {found for item in roles.values() for found in item["keyids"]}
        keys = {found: item for found, item in keys.items() if found in used}
        version, ends = signed["version"] + 1, now + timedelta(days=days)
        signers += new if role == "root" else []
        made = self._publish(version, keys, roles, ends, signers)
        for path in old:
            path.rename(path.with_name(f"{path.name}.old"))
        return made

    def prolong(self, now: datetime, days: int = ROOT_DAYS) -> Root:
        """Write the next root: the same keys, a later end."""
        signed = tuf.read(self.roots()[-1], "root.json").signed
        ends = now + timedelta(days=days)
        return self._publish(signed["version"] + 1, signed["keys"], signed["roles"], ends)

    def _publish(
        self,
        version: int,
        keys: dict[str, Any],
        roles: dict[str, Any],
        ends: datetime,
        signers: "Sequence[Private] | None" = None,
    ) -> Root:
        signed = {
            "_type": "root",
            "spec_version": tuf_signing.SPECIFICATION,
            "version": version,
            "expires": stamp(ends),
            "consistent_snapshot": True,
            "keys": keys,
            "roles": roles,
        }
        data = tuf_signing.sign(signed, signers or self.private("root"))
        earlier = self.roots() if version > 1 else []
        try:
            if earlier:
                Trusted(earlier[-1], ends).renew(data)
            else:
                Trusted(data, ends)
        except TrustError as error:
            raise TrustError(
                error.what, advice=f"Put enough root keys (root-*.pem) into {self.folder}."
            ) from error
        state.write(self.folder / f"{version}.root.json", data)
        state.write(self.folder / "root.json", data)
        return self.root()

    def _pems(self, role: str) -> list[Path]:
        found = self.folder.glob(f"{role}*.pem") if self.folder.is_dir() else ()
        return sorted(path for path in found if _PEM.fullmatch(path.name))

    def _make(self, role: str, number: int) -> Path:
        import os

        path = self.folder / f"{role}-{number}.pem"
        self.folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(tuf_signing.fresh(self._password))
        return path

    def _load(self, path: Path) -> "Private":
        with path.open("rb") as file:
            data = file.read(MAX_PEM)
        password = self._password if b"ENCRYPTED" in data else None
        return tuf_signing.load(data, password, path.name)


def stamp(when: datetime) -> str:
    """Return a time as metadata has it."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def counted(folder: Path) -> int:
    """Return the number of the last bundle, 0 before the first."""
    data = state.read(folder / "version") or b"0"
    text = data.decode("ascii", "replace").strip()
    if not text.isdecimal() or len(text) > 9:  # noqa: PLR2004 a billion bundles
        raise InputError(f"{folder}/version is no number")
    return int(text)


def count(folder: Path, version: int) -> None:
    """Keep the number of the last bundle."""
    state.write(folder / "version", f"{version}\n".encode())
