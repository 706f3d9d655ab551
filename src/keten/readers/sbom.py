"""A bill of materials that lies in a tree: told as evidence of what somebody claims.

What it lists is not taken for packages of the tree, whose own lockfiles tell them: they would
be there twice. Named as a target (``keten scan sbom:FILE``) it is read in full.
"""

from keten.formats.sbom import detect
from keten.formats.sbom.records import MAX_BYTES, Document
from keten.model.delivery import Sbom
from keten.model.evidence import Link, Place, Problem
from keten.model.facts import Facts, Looked
from keten.model.plug import Reader, Source

_FORMATS = {"cyclonedx": "CycloneDX", "spdx": "SPDX", "syft": "Syft JSON"}
_MOST = 5


def read(source: Source) -> Facts:
    """Return the document's node; nothing of a file that only has such a name."""
    if detect.kind(source.data) not in detect.READ:
        return Facts()
    document = detect.read(source.data)
    found = node(document, source.path)
    problems = tuple(
        Problem(
            source.path, fault, link=Link.DEPENDENCIES, about=found.ref, need="content",
            advice="Write it again with the tool that made it.",
        )
        for fault in document.faults[:_MOST]
    )  # fmt: skip
    return Facts(
        nodes=(found,),
        looked=() if problems else (Looked(found.ref, "content"),),
        problems=problems,
        places=(Place(found.ref, source.path, 1, 1),),
    )


def node(document: Document, path: str) -> Sbom:
    """Return the node of a document that lies at *path*."""
    return Sbom(
        path,
        format=f"{_FORMATS.get(document.format, document.format)} {document.version}",
        about=document.subject.name if document.subject else document.name,
        components=len(document.components),
        created=document.created,
        tools=document.tools,
    )


READER = Reader(
    title="Bill of materials (SBOM)",
    media_type="application/vnd.cyclonedx+json",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=MAX_BYTES,
    names=(
        "*.cdx.json", "*.cdx.xml", "*.spdx.json", "*.spdx", "*.sbom.json", "*-sbom.json",
        "*.syft.json", "bom.json", "bom.xml", "sbom.json", "sbom.xml",
    ),
)  # fmt: skip
