"""The tag-value form of SPDX 2, brought into the shape of its JSON form.

https://spdx.github.io/spdx-spec/v2.3/conformance/: a tag, a colon and a value on a line; a
value of several lines stands in <text>...</text>. ``PackageName``, ``FileName``,
``SnippetSPDXID`` and ``LicenseID`` begin something new; a ``Relationship`` stands anywhere.
"""

from typing import Any

import msgspec

from keten.errors import CeilingError, InputError
from keten.formats.sbom.records import MAX_BYTES, MAX_OBJECTS

_DOCUMENT = {"SPDXVersion": "spdxVersion", "DocumentNamespace": "documentNamespace",
             "DocumentName": "name", "DataLicense": "dataLicense"}  # fmt: skip
_PACKAGE = {
    "PackageVersion": "versionInfo", "PackageSupplier": "supplier",
    "PackageOriginator": "originator", "PackageDownloadLocation": "downloadLocation",
    "PackageLicenseConcluded": "licenseConcluded", "PackageLicenseDeclared": "licenseDeclared",
    "PackageCopyrightText": "copyrightText", "PrimaryPackagePurpose": "primaryPackagePurpose",
    "PackageSourceInfo": "sourceInfo", "PackageDescription": "description",
    "PackageSummary": "summary", "PackageFileName": "packageFileName",
    "PackageHomePage": "homepage", "PackageComment": "comment",
}  # fmt: skip
_RELATIONSHIP_PARTS = 3
_REFERENCE_PARTS = 3


class _Reading:
    """The document in the making: what the last tags began is where the next belong."""

    def __init__(self) -> None:
        self.root: dict[str, Any] = {
            "creationInfo": {"creators": []}, "packages": [], "files": [], "relationships": [],
            "annotations": [], "hasExtractedLicensingInfos": [],
        }  # fmt: skip
        self.here: dict[str, Any] = self.root
        self.note: dict[str, Any] = {}

    def take(self, tag: str, value: str) -> None:
        """Take in one tag."""
        root = self.root
        match tag:
            case "PackageName":
                self.here = {"name": value}
                root["packages"].append(self.here)
            case "FileName":
                self.here = {"fileName": value}
                root["files"].append(self.here)
            case "SnippetSPDXID":
                self.here = {}
            case "LicenseID":
                self.here = {"licenseId": value}
                root["hasExtractedLicensingInfos"].append(self.here)
            case "LicenseName":
                self.here["name"] = value
            case "SPDXID":
                self.here["SPDXID"] = value
            case "Creator":
                root["creationInfo"]["creators"].append(value)
            case "Created":
                root["creationInfo"]["created"] = value
            case "CreatorComment":
                root["creationInfo"]["comment"] = value
            case "Relationship":
                self.relationship(value)
            case "Annotator":
                self.note = {"annotator": value}
                root["annotations"].append(self.note)
            case "AnnotationComment":
                self.note["comment"] = value
            case "SPDXREF":
                self.note["about"] = value
            case _:
                self.field(tag, value)

    def field(self, tag: str, value: str) -> None:
        """Take in a tag of the document or of the package or file that is open."""
        if tag in _DOCUMENT:
            self.root[_DOCUMENT[tag]] = value
        elif tag in _PACKAGE:
            self.here[_PACKAGE[tag]] = value
        elif tag in {"PackageChecksum", "FileChecksum"}:
            name, _, digest = value.partition(":")
            pair = {"algorithm": name.strip(), "checksumValue": digest.strip()}
            self.here.setdefault("checksums", []).append(pair)
        elif tag == "ExternalRef":
            parts = value.split(None, 2)
            if len(parts) == _REFERENCE_PARTS:
                link = {"referenceType": parts[1], "referenceLocator": parts[2]}
                self.here.setdefault("externalRefs", []).append(link)

    def relationship(self, value: str) -> None:
        """Take in ``A TYPE B``."""
        parts = value.split()
        if len(parts) == _RELATIONSHIP_PARTS:
            src, kind, dst = parts
            self.root["relationships"].append(
                {"spdxElementId": src, "relationshipType": kind, "relatedSpdxElement": dst}
            )

    def done(self) -> dict[str, Any]:
        """Return the document, each annotation with the package that it is about."""
        packages = {p.get("SPDXID"): p for p in self.root["packages"]}
        left: list[dict[str, str]] = []
        for note in self.root["annotations"]:
            package = packages.get(note.get("about"))
            where = left if package is None else package.setdefault("annotations", [])
            where.append({"comment": note.get("comment", "")})
        self.root["annotations"] = left
        return self.root


def to_json(data: bytes) -> bytes:
    """Return the JSON form of tag-value *data*; InputError where it is none."""
    if len(data) > MAX_BYTES:
        raise CeilingError(f"{len(data):,} bytes is more than the {MAX_BYTES:,} that are read")
    if data.count(b"\n") > MAX_OBJECTS:
        raise CeilingError(f"more than {MAX_OBJECTS:,} lines in one document")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = data.count(b"\n", 0, error.start) + 1
        raise InputError("text that is not UTF-8", line=at) from error
    reading = _Reading()
    lines = enumerate(text.split("\n"), 1)
    for number, line in lines:
        tag, colon, value = line.partition(":")
        if not colon or tag.startswith("#") or not tag.strip():
            continue
        value = value.strip()
        if value.startswith("<text>"):
            value = _long(value.removeprefix("<text>"), lines, number)
        reading.take(tag.strip(), value)
    return msgspec.json.encode(reading.done())


def _long(first: str, lines: Any, number: int) -> str:
    """Return a value up to ``</text>``, which may be many lines below."""
    if "</text>" in first:
        return first.partition("</text>")[0]
    parts = [first]
    for _, line in lines:
        if "</text>" in line:
            parts.append(line.partition("</text>")[0])
            return "\n".join(parts)
        parts.append(line)
    raise InputError("a <text> that does not end", line=number)
