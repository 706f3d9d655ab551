"""Advisories for tests: OSV records as they would come, zips and databases of them."""

import json
import zipfile
from pathlib import Path
from typing import Any

from keten.advisories import imports
from keten.advisories.database import Database


def record(name: str, package: str, *events: dict[str, str], **more: Any) -> dict[str, Any]:
    """Return a record of one package; keyword arguments go into the record, or the affected."""
    ecosystem = more.pop("ecosystem", "PyPI")
    kind = "SEMVER" if ecosystem in ("Go", "npm", "crates.io") else "ECOSYSTEM"
    affected: dict[str, Any] = {"package": {"ecosystem": ecosystem, "name": package}}
    if events:
        affected["ranges"] = [{"type": more.pop("type", kind), "events": list(events)}]
    affected.update(more.pop("affected", {}))
    return {
        "schema_version": "1.7.0",
        "id": name,
        "modified": more.pop("modified", "2026-11-20T10:00:00Z"),
        "affected": [affected],
        **more,
    }


def span(fixed: str, introduced: str = "0") -> tuple[dict[str, str], dict[str, str]]:
    """Return the two events of a range."""
    return {"introduced": introduced}, {"fixed": fixed}


def folder(path: Path, *records: dict[str, Any]) -> Path:
    """Write records as files; return the folder."""
    path.mkdir(parents=True, exist_ok=True)
    for item in records:
        (path / f"{item['id']}.json").write_text(json.dumps(item))
    return path


def bucket(path: Path, ecosystem: str, *records: dict[str, Any], extra: bytes = b"") -> Path:
    """Write ``<Ecosystem>/all.zip`` below *path*; *extra* is one more entry, as it is."""
    file = path / ecosystem / "all.zip"
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for item in records:
            made.writestr(
                zipfile.ZipInfo(f"{item['id']}.json"), json.dumps(item), zipfile.ZIP_DEFLATED
            )
        if extra:
            made.writestr(zipfile.ZipInfo("extra.json"), extra, zipfile.ZIP_DEFLATED)
    return file


def database(at: Path, *records: dict[str, Any], complete: tuple[str, ...] = ("PyPI",)) -> Database:
    """Return a database of records, held to be all of *complete*."""
    source = folder(at / "records", *records)
    imports.run([source], at / "advisories.db", imports.Claim(complete=complete))
    return Database(at / "advisories.db")
