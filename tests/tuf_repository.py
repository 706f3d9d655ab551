"""A TUF repository in memory that can be attacked: sign anything with any key, serve anything.

After python-tuf's repository simulator: the roles are plain dictionaries that a test changes
before they are signed.
"""

import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keten.advisories.pull import FULL
from keten.trust import tuf_signing

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER, PAST = "2026-12-01T00:00:00Z", "2026-11-20T00:00:00Z"
ROLES = ("root", "targets", "snapshot", "timestamp")


def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


class Repository:
    """The files of one repository: an Origin. *asked* is every path that was asked for."""

    def __init__(self, database: Path, content: str) -> None:
        self.keys = {role: [key()] for role in ROLES}
        self.thresholds = dict.fromkeys(ROLES, 1)
        self.expires = dict.fromkeys(ROLES, LATER)
        self.versions = dict.fromkeys(ROLES, 0)
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.change: dict[str, Callable[[dict[str, Any]], None]] = {}
        self.root()
        self.publish(database, content)

    def root(self, *, signers: list[Ed25519PrivateKey] | None = None) -> bytes:
        """Publish the next root; by default signed by the keys that it names."""
        self.versions["root"] += 1
        public = {
            role: dict(tuf_signing.public(one) for one in keys) for role, keys in self.keys.items()
        }
        body = self.body(
            "root",
            consistent_snapshot=True,
            keys={name: found for keys in public.values() for name, found in keys.items()},
            roles={
                role: {"keyids": sorted(public[role]), "threshold": self.thresholds[role]}
                for role in ROLES
            },
        )
        data = tuf_signing.sign(body, signers or self.keys["root"])
        self.files[f"metadata/{self.versions['root']}.root.json"] = data
        return data

    def publish(self, database: Path, content: str) -> None:
        """Publish the next version of the data."""
        packer = zlib.compressobj(6, zlib.DEFLATED, 31)
        raw = database.read_bytes()
        data = packer.compress(raw) + packer.flush()
        digest = sha256(data).hexdigest()
        self.target = {
            "length": len(data),
            "hashes": {"sha256": digest},
            "custom": {"content": content, "size": len(raw)},
        }
        self.files[f"targets/{digest}.{FULL}"] = data
        self.sign()

    def sign(self, *roles: str) -> None:
        """Write these roles anew (by default all), each with the next version."""
        for role in roles or ("targets", "snapshot", "timestamp"):
            self.versions[role] += 1
            {"targets": self._targets, "snapshot": self._snapshot}.get(role, self._timestamp)()

    def body(self, role: str, **more: Any) -> dict[str, Any]:
        made = {
            "_type": role,
            "spec_version": "1.0.34",
            "version": self.versions[role],
            "expires": self.expires[role],
            **more,
        }
        if role in self.change:
            self.change[role](made)
        return made

    def _targets(self) -> None:
        self._put("targets", self.body("targets", targets={FULL: self.target}))

    def _snapshot(self) -> None:
        self._put("snapshot", self.body("snapshot", meta={"targets.json": self._told("targets")}))

    def _timestamp(self) -> None:
        meta = {"snapshot.json": self._told("snapshot")}
        self._put("timestamp", self.body("timestamp", meta=meta))

    def _put(self, role: str, body: dict[str, Any]) -> None:
        prefix = "" if role == "timestamp" else f"{self.versions[role]}."
        data = tuf_signing.sign(body, self.keys[role])
        self.files[f"metadata/{prefix}{role}.json"] = data

    def _told(self, role: str) -> dict[str, Any]:
        version = self.versions[role]
        data = self.files[f"metadata/{version}.{role}.json"]
        hashes = {"sha256": sha256(data).hexdigest()}
        return {"version": version, "length": len(data), "hashes": hashes}

    def get(self, path: str, most: int) -> bytes | None:
        """Serve a small file, bounded as an origin must."""
        self.asked.append(path)
        data = self.files.get(path)
        if data is not None and len(data) > most:
            from keten.errors import CeilingError

            raise CeilingError(f"{path} has more than {most} bytes")
        return data

    def bring(self, path: str, to: Path, most: int) -> bool:
        """Serve a target."""
        data = self.get(path, most)
        if data is None:
            return False
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(data)
        return True

    def write(self, folder: Path) -> Path:
        """Write all of it as a folder that others can read."""
        for path, data in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        return folder
