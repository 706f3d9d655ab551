"""Hostile bills of materials and statements: the good package stands beside each bomb."""

# ruff: noqa: E501 an input is a line: broken up it would not be the input

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hostile_files import MB, Bad, Make, file
from hostile_images import GOOD_PACKAGE, head, member

PURL = "pkg:pypi/keten-good@1.0"
GOOD_COMPONENT = {
    "type": "library",
    "bom-ref": "good",
    "name": "keten-good",
    "version": "1.0",
    "purl": PURL,
}


def _components(count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "type": "library",
            "bom-ref": f"r{n}",
            "name": f"p{n}",
            "version": "1",
            "purl": f"pkg:pypi/p{n}@1",
            **more,
        }
        for n in range(count)
    ]


def cyclonedx(*components: dict[str, Any], **more: Any) -> str:
    return json.dumps(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "version": 1,
            "components": [GOOD_COMPONENT, *components],
            **more,
        }
    )


def _nested(depth: int) -> str:
    """Return a document whose last component holds others *depth* deep."""
    open_one = '{"type":"library","name":"n{}","version":"1","components":['
    inner = "".join(open_one.replace("{}", str(n)) for n in range(depth))
    return cyclonedx()[:-2] + "," + inner + "]}" * depth + "]}"


def _xml(inner: str) -> str:
    return f'<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.5" version="1"><components><component type="library"><name>keten-good</name><version>1.0</version><purl>{PURL}</purl></component>{inner}</components></bom>'


def spdx(*packages: dict[str, Any], **more: Any) -> str:
    good = {
        "SPDXID": "SPDXRef-good",
        "name": "keten-good",
        "versionInfo": "1.0",
        "downloadLocation": "NOASSERTION",
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": PURL,
            }
        ],
    }
    return json.dumps(
        {
            "spdxVersion": "SPDX-2.3",
            "SPDXID": "SPDXRef-DOCUMENT",
            "name": "x",
            "dataLicense": "CC0-1.0",
            "documentNamespace": "https://a.example/x",
            "creationInfo": {"created": "2024-01-01T00:00:00Z", "creators": ["Tool: x"]},
            "packages": [good, *packages],
            **more,
        }
    )


def _ring(count: int) -> list[dict[str, Any]]:
    return [
        {
            "spdxElementId": f"SPDXRef-{n}",
            "relationshipType": "CONTAINS",
            "relatedSpdxElement": f"SPDXRef-{(n + 1) % count}",
        }
        for n in range(count)
    ]


def _spdx_packages(count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "SPDXID": f"SPDXRef-{n}",
            "name": f"p{n}",
            "versionInfo": "1",
            "downloadLocation": "NOASSERTION",
            **more,
        }
        for n in range(count)
    ]


def _dense(count: int) -> str:
    """Return components that each depend on all the others."""
    refs = [f"r{n}" for n in range(count)]
    return cyclonedx(
        *_components(count), dependencies=[{"ref": ref, "dependsOn": refs} for ref in refs]
    )


TAGS = f"SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\nSPDXID: SPDXRef-DOCUMENT\nDocumentName: x\n\nPackageName: keten-good\nSPDXID: SPDXRef-good\nPackageVersion: 1.0\nExternalRef: PACKAGE-MANAGER purl {PURL}\n\n"
DEEP_LICENSE = "(" * 100_000 + "MIT" + ")" * 100_000


def _bills() -> dict[str, tuple[str, Callable[[], str | bytes], str]]:
    return {
        "components 100 deep": ("x.cdx.json", lambda: _nested(100), "x.cdx.json"),
        "components 100,000 deep": ("x.cdx.json", lambda: _nested(100_000), "!"),
        "a package URL of 1 MB": ("x.cdx.json", lambda: cyclonedx({"type": "library", "name": "a", "purl": "pkg:pypi/" + "a" * MB + "@1"}, {"type": "library", "name": "a", "purl": "pkg:pypi/" + "%41/" * 300_000}), ""),
        "qualifiers of 1 MB": ("x.cdx.json", lambda: cyclonedx({"type": "library", "name": "a", "purl": "pkg:deb/debian/a@1?" + "&".join(f"k{n}=v" for n in range(150_000))}), ""),
        "licences of 100,000 parentheses": ("x.cdx.json", lambda: cyclonedx(*_components(50, licenses=[{"expression": DEEP_LICENSE}])), ""),
        "a licence of 100,000 choices": ("x.cdx.json", lambda: cyclonedx(*_components(20, licenses=[{"expression": "MIT OR " * 100_000 + "MIT"}])), ""),
        "10,000 licences each": ("x.cdx.json", lambda: cyclonedx(*_components(50, licenses=[{"license": {"id": "MIT"}}] * 10_000)), ""),
        "150,000 components": ("x.cdx.json", lambda: cyclonedx(*_components(150_000)), "!"),
        "70,000 components": ("x.cdx.json", lambda: cyclonedx(*_components(70_000)), ""),
        "70,000 components of one reference": ("x.cdx.json", lambda: cyclonedx(*({**one, "bom-ref": "r"} for one in _components(70_000))), "x.cdx.json"),
        "70,000 components of one package": ("x.cdx.json", lambda: cyclonedx(*({**one, "purl": "pkg:pypi/p@1", "name": "p"} for one in _components(70_000))), ""),
        "1,000 components that depend on all": ("x.cdx.json", lambda: _dense(1000), ""),
        "a version of 100,000 digits": ("x.cdx.json", lambda: cyclonedx(*_components(10, version="9" * 100_000, purl="pkg:pypi/keten-good@" + "9" * 100_000)), ""),
        "100,000 properties": ("x.cdx.json", lambda: cyclonedx(*_components(3, properties=[{"name": f"syft:{n}", "value": "x"} for n in range(100_000)])), ""),
        "control characters": ("x.cdx.json", lambda: cyclonedx({"type": "library", "name": "\x1b[31m\r\n\u202e", "version": "\x1b]0;x\x07", "purl": "pkg:pypi/%1b%5b31m@1%0a"}), ""),
        "XML: components 100 deep": ("x.cdx.xml", lambda: _xml("<component><name>a</name><components>" * 100 + "</components></component>" * 100), "x.cdx.xml"),
        "XML: elements 100,000 deep": ("x.cdx.xml", lambda: _xml("<a>" * 100_000), "!"),
        "XML: entities that double": ("x.cdx.xml", lambda: '<!DOCTYPE p [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + _xml("<component><name>&b;</name></component>")[21:], "!"),
        "XML: 600,000 tags": ("x.cdx.xml", lambda: _xml("<a/>" * 700_000), "!"),
        "SPDX: relations in a ring": ("x.spdx.json", lambda: spdx(*_spdx_packages(50_000), relationships=_ring(50_000)), ""),
        "SPDX: 300,000 relations to nothing": ("x.spdx.json", lambda: spdx(relationships=_ring(300_000)), ""),
        "SPDX: 300,000 files": ("x.spdx.json", lambda: spdx(files=[{"SPDXID": f"SPDXRef-f{n}", "fileName": f"/a/{n}"} for n in range(300_000)]), ""),
        "SPDX: licences of 100,000 parentheses": ("x.spdx.json", lambda: spdx(*_spdx_packages(50, licenseConcluded=DEEP_LICENSE, licenseDeclared=DEEP_LICENSE)), ""),
        "SPDX: 100,000 levels": ("x.spdx.json", lambda: spdx()[:-1] + ',"x":' + "[" * 100_000, "!"),
        "SPDX: 70 MB": ("x.spdx.json", lambda: spdx(comment="x" * 70 * MB), "!"),
        "SPDX: 60 MB": ("x.spdx.json", lambda: spdx(comment="x" * 60 * MB), ""),
        "SPDX: tags, a text of 30 MB": ("x.spdx", lambda: TAGS + "PackageComment: <text>" + "x\n" * 15 * MB, "!"),
        "SPDX: tags, a line of 60 MB": ("x.spdx", lambda: TAGS + "x" * 60 * MB, ""),
        "SPDX: tags, 1,500,000 lines": ("x.spdx", lambda: TAGS + "Relationship: SPDXRef-a CONTAINS SPDXRef-b\n" * 1_500_000, "!"),
        "SPDX 3: elements in a ring": ("x.spdx3.json", lambda: json.dumps({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [
            {"type": "SpdxDocument", "spdxId": "u:d", "rootElement": ["u:good"], "creationInfo": "_:c"}, {"type": "CreationInfo", "@id": "_:c", "created": "2024-01-01T00:00:00Z", "specVersion": "3.0.1"},
            {"type": "software_Package", "spdxId": "u:good", "name": "keten-good", "software_packageVersion": "1.0", "software_packageUrl": PURL},
            *({"type": "Relationship", "spdxId": f"u:r{n}", "from": f"u:{n % 300}", "to": [f"u:{n % 299}"] * 20, "relationshipType": "contains"} for n in range(30_000))]}), ""),
        "Syft: 50,000 relations to nothing": ("x.syft.json", lambda: json.dumps({"schema": {"version": "16.0.0", "url": "https://raw.githubusercontent.com/anchore/syft/main/schema/json/schema-16.0.0.json"}, "descriptor": {"name": "syft", "version": "1"}, "source": {"type": "image"}, "distro": {}, "artifacts": [{"id": "g", "name": "keten-good", "version": "1.0", "type": "python", "purl": PURL, "locations": [], "licenses": []}], "artifactRelationships": [{"parent": "x", "child": "y", "type": "contains"}] * 50_000}), ""),
    }  # fmt: skip


def _statement(name: str, text: Callable[[], str]) -> Make:
    def make(at: Path) -> None:
        file("good.cdx.json", cyclonedx(*_components(2000)))(at)
        file(name, text)(at)

    return make


def openvex(statements: list[dict[str, Any]]) -> str:
    return json.dumps(
        {
            "@context": "https://openvex.dev/ns/v0.2.0",
            "@id": "https://a.example/1",
            "author": "a",
            "timestamp": "2024-01-01T00:00:00Z",
            "version": 1,
            "statements": statements,
        }
    )


def csaf(tree: str, statuses: str = '{"known_affected": ["p"]}') -> str:
    return f'{{"document": {{"category": "csaf_vex", "csaf_version": "2.0", "title": "t", "publisher": {{"category": "vendor", "name": "n", "namespace": "https://a.example"}}, "tracking": {{"id": "1", "status": "final", "version": "1", "initial_release_date": "2024-01-01T00:00:00Z", "current_release_date": "2024-01-01T00:00:00Z", "revision_history": []}}}}, "product_tree": {tree}, "vulnerabilities": [{{"cve": "CVE-2024-1", "product_status": {statuses}}}]}}'


def _branches(depth: int) -> str:
    return (
        '{"branches": [{"category": "vendor", "name": "n", "branches": [' * 1
        + '{"category": "product_name", "name": "n", "branches": [' * depth
        + "]}" * depth
        + "]}]}"
    )


def _relationships(count: int) -> str:
    """Return products that are each part of the one before, twice."""
    made = [
        {
            "category": "default_component_of",
            "product_reference": f"p{n}",
            "relates_to_product_reference": f"p{n}",
            "full_product_name": {"product_id": f"p{n + 1}", "name": "x"},
        }
        for n in range(count)
    ]
    return json.dumps(
        {
            "full_product_names": [
                {"product_id": "p0", "name": "x", "product_identification_helper": {"purl": PURL}}
            ],
            "relationships": made,
        }
    )


def _statements() -> dict[str, tuple[str, Callable[[], str], str]]:
    one = {
        "vulnerability": {"name": "CVE-2024-1"},
        "products": [{"@id": PURL}],
        "status": "under_investigation",
    }
    return {
        "OpenVEX: 100,000 statements": ("x.json", lambda: openvex([one] * 100_000), ""),
        "OpenVEX: 100,000 products": (
            "x.json",
            lambda: openvex(
                [{**one, "products": [{"@id": f"pkg:pypi/p{n}@1"} for n in range(100_000)]}]
            ),
            "",
        ),
        "OpenVEX: 2,000 aliases of 2,000": (
            "x.json",
            lambda: openvex(
                [
                    {
                        **one,
                        "vulnerability": {
                            "name": f"CVE-2024-{n}",
                            "aliases": [f"CVE-2024-{n + m}" for m in range(200)],
                        },
                    }
                    for n in range(2000)
                ]
            ),
            "",
        ),
        "OpenVEX: 100,000 levels": (
            "x.json",
            lambda: openvex([])[:-1] + ',"x":' + "[" * 100_000,
            "!",
        ),
        "CSAF: a product tree 100 deep": ("x.json", lambda: csaf(_branches(100)), "?"),
        "CSAF: a product tree 100,000 deep": ("x.json", lambda: csaf(_branches(100_000)), "!"),
        "CSAF: products that double": (
            "x.json",
            lambda: csaf(_relationships(5000), '{"known_not_affected": ["p5000", "p4999"]}'),
            "?",
        ),
        "CSAF: 1,000,000 statuses": (
            "x.json",
            lambda: csaf(_relationships(1), json.dumps({"known_not_affected": ["p1"] * 1_000_000})),
            "?",
        ),
    }


def _root(at: Path) -> None:
    """Make a root filesystem of links, pipes and sparse files under the names of databases."""
    import os

    for path, data in (
        ("etc/os-release", b"ID=debian\nVERSION_ID=12\n"),
        ("opt/site-packages/keten_good-1.0.dist-info/METADATA", GOOD_PACKAGE),
        ("bin/sh", b"#!"),
    ):
        file(f"root/{path}", data)(at)
    root = at / "root"
    for folder in ("var/lib/dpkg/info", "var/lib/rpm", "lib/apk/db", "usr/lib", "usr/bin"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    with (root / "var/lib/dpkg/status").open("wb") as out:
        out.truncate(3 << 30)
    os.mkfifo(root / "lib/apk/db/installed")
    (root / "var/lib/rpm/rpmdb.sqlite").symlink_to("/dev/zero")
    (root / "var/lib/rpm/Packages").symlink_to("../../../../../../../../../etc/passwd")
    (root / "usr/lib/loop").symlink_to(".")
    (root / "usr/bin/a.jar").symlink_to("a.jar")
    for n in range(20):
        with (root / f"usr/lib/{n}.jar").open("wb") as out:
            out.truncate(100 * MB)


def _archive(name: str, inner: Callable[[], bytes]) -> Make:
    def make(at: Path) -> None:
        with (at / name).open("wb") as out:
            out.write(
                member("etc/os-release", b"ID=debian\nVERSION_ID=12\n")
                + member("opt/site-packages/keten_good-1.0.dist-info/METADATA", GOOD_PACKAGE)
            )
            out.write(inner() + bytes(1024))

    return make


def hostile_bills() -> dict[str, Bad]:
    """Return them by name."""
    made = {}
    for name, (path, text, named) in _bills().items():
        made[f"sbom: {name}"] = Bad(file(path, text), named, target=f"sbom:{{}}/{path}")
    for name, (path, text, named) in _statements().items():
        made[f"vex: {name}"] = Bad(
            _statement(path, text),
            named,
            arguments=("--vex", f"{{}}/{path}"),
            target="sbom:{}/good.cdx.json",
        )
    made["root: links, pipes, sparse files"] = Bad(_root, "var/lib/dpkg/status", target="root")
    made["tar: 300,000 members"] = Bad(
        _archive("x.tar", lambda: b"".join(head(b"m/%d" % n) for n in range(300_000))),
        "",
        target="tar:{}/x.tar",
    )
    return made
