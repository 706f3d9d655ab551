"""Which bill of materials bytes are, and reading it, whatever its format."""

from collections.abc import Callable

from keten.errors import InputError
from keten.formats.lazy_pattern import lazy
from keten.formats.sbom.records import Document

WINDOW = 1 << 16
"""How many bytes at the beginning are looked at: tools write what it is first."""

_CYCLONEDX = lazy(rb'"bomFormat"\s*:\s*"CycloneDX"')
_SPDX = lazy(rb'"spdxVersion"\s*:\s*"SPDX-2')
_SPDX3 = lazy(rb'"@context"\s*:\s*\[?\s*"https://spdx\.org/rdf/3')
_SYFT = lazy(rb'anchore/syft/main/schema/json|"artifactRelationships"')
_XML = lazy(rb'<bom[^>]+xmlns\s*=\s*["\']http://cyclonedx\.org/schema/bom/')
_TAGS = lazy(rb"(?:\A|\n)SPDXVersion:\s*SPDX-2")
_RDF = lazy(rb"<rdf:RDF[^>]+spdx")
_YAML = lazy(rb"(?:\A|\n)[\"']?spdxVersion[\"']?:\s*[\"']?SPDX-2")


def kind(data: bytes) -> str:
    """Return ``cyclonedx``, ``cyclonedx-xml``, ``spdx``, ``spdx-tags``, ``spdx-3``, ``syft``.

    ``spdx-rdf`` and ``spdx-yaml`` are known and not read; "" is no bill of materials.
    """
    head = data[:WINDOW].removeprefix(b"\xef\xbb\xbf")
    start = head.lstrip()[:1]
    if start == b"{":
        # What says it may stand at the end: a tool that sorts its keys puts it anywhere.
        for name, pattern in (
            ("cyclonedx", _CYCLONEDX), ("spdx", _SPDX), ("spdx-3", _SPDX3), ("syft", _SYFT)
        ):  # fmt: skip
            if pattern.search(head) or pattern.search(data[-WINDOW:]):
                return name
        return ""
    if start == b"<":
        return "cyclonedx-xml" if _XML.search(head) else "spdx-rdf" if _RDF.search(head) else ""
    if _TAGS.search(head):
        return "spdx-tags"
    return "spdx-yaml" if _YAML.search(head) else ""


def read(data: bytes) -> Document:
    """Return the bill of materials in *data*; InputError for what is none or is not read."""
    found = kind(data)
    reader = _READERS.get(found)
    if reader is not None:
        return reader(data)
    if found:
        raise InputError(
            f"{found.replace('-', ' ').upper()} is not read",
            advice="Convert it to SPDX JSON or tag-value, or to CycloneDX.",
        )
    raise InputError(
        "no bill of materials that is known",
        advice="CycloneDX (JSON, XML), SPDX 2 (JSON, tag-value), SPDX 3 (JSON-LD) and Syft's "
        "JSON are read.",
    )


def _cyclonedx(data: bytes) -> Document:
    from keten.formats.sbom import cyclonedx

    return cyclonedx.parse(data)


def _cyclonedx_xml(data: bytes) -> Document:
    from keten.formats.sbom import cyclonedx, cyclonedx_xml

    return cyclonedx.parse(cyclonedx_xml.to_json(data), encoding="xml")


def _spdx(data: bytes) -> Document:
    from keten.formats.sbom import spdx

    return spdx.parse(data)


def _spdx_tags(data: bytes) -> Document:
    from keten.formats.sbom import spdx, spdx_tags

    return spdx.parse(spdx_tags.to_json(data), encoding="tag-value")


def _spdx3(data: bytes) -> Document:
    from keten.formats.sbom import spdx3

    return spdx3.parse(data)


def _syft(data: bytes) -> Document:
    from keten.formats.sbom import syft

    return syft.parse(data)


READ = frozenset({"cyclonedx", "cyclonedx-xml", "spdx", "spdx-tags", "spdx-3", "syft"})
"""The kinds that are read."""
_READERS: dict[str, Callable[[bytes], Document]] = {
    "cyclonedx": _cyclonedx,
    "cyclonedx-xml": _cyclonedx_xml,
    "spdx": _spdx,
    "spdx-tags": _spdx_tags,
    "spdx-3": _spdx3,
    "syft": _syft,
}
