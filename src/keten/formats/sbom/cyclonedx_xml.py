"""The XML form of CycloneDX, brought into the shape of its JSON form.

The two differ by rule (https://cyclonedx.org/docs/1.6/xml/): a list is an element around its
items, an attribute is a key, and a few keys are spelled otherwise.
"""

from typing import Any

import msgspec

from keten.errors import CeilingError, InputError
from keten.formats import xml_safe
from keten.formats.sbom.records import MAX_BYTES
from keten.formats.xml_safe import Element

MAX_TAGS = 600_000
"""The most tags of one document: each element takes some 300 bytes of memory."""

_LISTS = frozenset({
    "components", "services", "hashes", "licenses", "externalReferences", "properties",
    "compositions", "vulnerabilities", "annotations", "lifecycles", "authors", "occurrences",
    "ancestors", "descendants", "variants", "commits", "patches", "issues", "references",
    "ratings", "advisories", "affects", "versions", "responses", "subjects", "cwes", "tags",
    "identity", "methods",
})  # fmt: skip


def to_json(data: bytes) -> bytes:
    """Return the JSON form of XML *data*; InputError where it is no CycloneDX."""
    if len(data) > MAX_BYTES:
        raise CeilingError(f"{len(data):,} bytes is more than the {MAX_BYTES:,} that are read")
    if data.count(b"<") > MAX_TAGS:
        raise CeilingError(f"more than {MAX_TAGS:,} tags in one document")
    root = xml_safe.parse(data)
    space = next((v for k, v in root.attributes.items() if k.startswith("xmlns")
                  and v.startswith("http://cyclonedx.org/schema/bom/")), "")  # fmt: skip
    if root.tag != "bom" or not space:
        raise InputError("no CycloneDX document", line=root.line)
    bom: dict[str, Any] = {"bomFormat": "CycloneDX", "specVersion": space.rpartition("/")[2]}
    if "serialNumber" in root.attributes:
        bom["serialNumber"] = root.attributes["serialNumber"]
    for child in root.children:
        bom[child.tag] = _dependencies(child) if child.tag == "dependencies" else _value(child)
    return msgspec.json.encode(bom)


def _value(element: Element) -> Any:
    """Return what JSON has in the place of an element."""
    match element.tag:
        case "hash":
            return {"alg": element.attributes.get("alg", ""), "content": element.text}
        case "property":
            return {"name": element.attributes.get("name", ""), "value": element.text}
        case "expression" if not element.children:
            return {"expression": element.text}
        case "license" if element.children:
            return {"license": _fields(element)}
        case "tools":
            inner = [child for child in element.children if child.tag != "tool"]
            return _fields(element) if inner else [_fields(child) for child in element.children]
        case "assemblies" | "dependencies" | "subjects":
            return [child.attributes.get("ref", "") for child in element.children]
        case tag if tag in _LISTS:
            return [_value(child) for child in element.children]
    if not element.children and not _named(element):
        return element.text
    return _fields(element)


def _named(element: Element) -> dict[str, str]:
    return {
        key: value for key, value in element.attributes.items()
        if not key.startswith(("xmlns", "xsi:"))
    }  # fmt: skip


def _fields(element: Element) -> dict[str, Any]:
    made: dict[str, Any] = dict(_named(element))
    for child in element.children:
        value = _value(child)
        if child.tag in {"url", "contact"} and element.tag in {"supplier", "manufacturer"}:
            made.setdefault(child.tag, []).append(value)
        elif child.tag in made and child.tag not in element.attributes:
            former = made[child.tag]
            made[child.tag] = [*former, value] if isinstance(former, list) else [former, value]
        else:
            made[child.tag] = value
    if not element.children and element.text:
        made["content"] = element.text
    return made


def _dependencies(element: Element) -> list[dict[str, Any]]:
    return [
        {
            "ref": item.attributes.get("ref", ""),
            "dependsOn": [
                d.attributes.get("ref", "") for d in item.children if d.tag == "dependency"
            ],
            "provides": [d.attributes.get("ref", "") for d in item.children if d.tag == "provides"],
        }
        for item in element.children
    ]
