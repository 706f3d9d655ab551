"""Bills of materials read: the odd corners of each format, what is damaged, what is hostile."""

import json
import random
import tracemalloc
from typing import Any

import pytest
from growing import linear, works
from hypothesis import given
from hypothesis import strategies as st

from keten.errors import CeilingError, InputError
from keten.formats.sbom import cyclonedx_out, detect, spdx3_out, spdx_out
from keten.formats.sbom.records import MAX_NESTING, Component, Document, Listed, Relation
from keten.graph.store import merge
from keten.model.delivery import Package
from keten.model.image import System
from keten.pipeline.sbom import claims

WRITERS = {
    "cyclonedx-1.6": cyclonedx_out.write,
    "cyclonedx-1.7": lambda document: cyclonedx_out.write(document, version="1.7"),
    "spdx-2.3": spdx_out.write,
    "spdx-3.0.1": spdx3_out.write,
}


def cyclonedx(*components: Any, version: str = "1.6", **more: Any) -> bytes:
    body = {"bomFormat": "CycloneDX", "specVersion": version, "components": components, **more}
    return json.dumps(body).encode()


def spdx(*packages: Any, version: str = "2.3", **more: Any) -> bytes:
    body = {"spdxVersion": f"SPDX-{version}", "SPDXID": "SPDXRef-DOCUMENT", "packages": packages}
    return json.dumps({**body, **more}).encode()


def packages(data: bytes) -> list[Package]:
    facts = claims.facts(detect.read(data), "x.json")
    return [node for node in facts.nodes if isinstance(node, Package)]


def problems(data: bytes) -> list[str]:
    return [p.what for p in claims.facts(detect.read(data), "x.json").problems]


@pytest.mark.parametrize("version", ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"])
def test_every_version_of_cyclonedx_is_read(version: str) -> None:
    data = cyclonedx({"type": "library", "name": "a", "purl": "pkg:npm/a@1"}, version=version)

    assert [(p.name, p.version) for p in packages(data)] == [("a", "1")]


def test_a_version_that_is_not_known_is_refused() -> None:
    with pytest.raises(InputError, match=r"1\.9"):
        detect.read(cyclonedx(version="1.9"))
    with pytest.raises(InputError, match=r"3\.7|no bill"):
        detect.read(spdx(version="3.7"))


def test_nested_components_are_all_read() -> None:
    inner = {"type": "library", "name": "c", "version": "3", "purl": "pkg:npm/c@3"}
    middle = {"type": "library", "name": "b", "version": "2", "components": [inner]}
    document = detect.read(cyclonedx({"type": "application", "name": "a", "components": [middle]}))

    assert [(c.name, c.parent) for c in document.components] == [
        ("a", ""),
        ("b", "a#1"),
        ("c", "b#1"),
    ]
    assert Relation("a#1", "contains", "b#1") in document.relations


def test_one_that_is_damaged_does_not_take_the_others_along() -> None:
    data = cyclonedx({"name": "a", "version": 7}, {"name": "b", "purl": "pkg:npm/b@1"}, {})
    document = detect.read(data)

    assert [c.name for c in document.components] == ["b"]
    assert [f.split()[0] for f in document.faults] == ["components[0]", "components[2]"]
    assert any("components[0] can not be read" in what for what in problems(data))


def test_references_that_are_given_twice_are_told_and_kept_apart() -> None:
    twice = {"bom-ref": "x", "type": "library", "purl": "pkg:npm/a@1", "name": "a"}
    document = detect.read(cyclonedx(twice, {**twice, "name": "b", "purl": "pkg:npm/b@1"}))

    assert [c.ref for c in document.components] == ["x", "x#2"]
    assert "is given to several components" in document.faults[0]


def test_package_urls_in_several_places() -> None:
    link = {"type": "other", "url": "pkg:npm/b@2"}
    data = cyclonedx(
        {"name": "b", "type": "library", "version": "2", "externalReferences": [link]},
        {"name": "c", "type": "library", "purl": "pkg:npm/c@1", "externalReferences": [link]},
    )

    assert [c.purls for c in detect.read(data).components] == [
        ("pkg:npm/b@2",), ("pkg:npm/c@1", "pkg:npm/b@2"),
    ]  # fmt: skip
    assert [(p.ecosystem, p.name) for p in packages(data)] == [("npm", "b"), ("npm", "c")]


def test_what_the_document_does_not_say_is_a_problem_and_no_pass() -> None:
    data = cyclonedx(
        {"name": "loose", "type": "library", "purl": "pkg:npm/loose"},
        {
            "name": "libc6",
            "type": "library",
            "version": "2.36",
            "purl": "pkg:deb/debian/libc6@2.36",
        },
        compositions=[{"aggregate": "incomplete", "assemblies": []}],
    )
    told = problems(data)

    assert "no version is told of loose" in told
    assert "packages of an operating system are listed, and not of which" in told
    assert "it says of itself that it is incomplete" in told
    assert problems(cyclonedx()) == ["no software is listed"]


def test_the_operating_system_completes_package_urls() -> None:
    data = cyclonedx(
        {"type": "operating-system", "name": "debian", "version": "12"},
        {
            "name": "libc6",
            "type": "library",
            "version": "2.36",
            "purl": "pkg:deb/debian/libc6@2.36",
        },
    )
    document = claims.facts(detect.read(data), "x")
    (system,) = [node for node in document.nodes if isinstance(node, System)]

    assert (system.distro, system.release, system.osv) == ("debian", "12", "Debian:12")
    assert [p.purl for p in packages(data)] == ["pkg:deb/debian/libc6@2.36?distro=debian-12"]


def test_the_source_package_that_trivy_tells_in_properties() -> None:
    said = {"SrcName": "glibc", "SrcVersion": "2.36", "SrcRelease": "9", "SrcEpoch": "1"}
    properties = [{"name": f"aquasecurity:trivy:{k}", "value": v} for k, v in said.items()]
    data = cyclonedx({
        "name": "libc6", "type": "library", "version": "2.36-9", "properties": properties,
        "purl": "pkg:deb/debian/libc6@2.36-9?distro=debian-12.5",
    })  # fmt: skip

    assert packages(data)[0].purl.endswith("&upstream=glibc%401:2.36-9")


def test_names_keep_the_letters_that_package_urls_fold() -> None:
    data = cyclonedx(
        {"name": "github.com/BurntSushi/toml", "type": "library", "version": "v1.3.0",
         "purl": "pkg:golang/github.com/burntsushi/toml@v1.3.0"},
        {"name": "core", "group": "@babel", "type": "library", "version": "7.0.0",
         "purl": "pkg:npm/%40babel/core@7.0.0"},
        {"name": "log4j-core", "group": "org.apache", "type": "library", "version": "2",
         "purl": "pkg:maven/org.apache/log4j-core@2"},
        {"name": "Whatever", "type": "library", "purl": "pkg:pypi/Foo_Bar@1"},
    )  # fmt: skip

    assert {p.name for p in packages(data)} == {
        "github.com/BurntSushi/toml", "@babel/core", "org.apache:log4j-core", "foo-bar",
    }  # fmt: skip


def test_licences_suppliers_hashes_and_scope_of_cyclonedx() -> None:
    (package,) = packages(cyclonedx({
        "name": "a", "type": "library", "version": "1", "purl": "pkg:npm/a@1", "scope": "excluded",
        "licenses": [{"license": {"id": "MIT"}}, {"license": {"name": "Shop's own"}}],
        "supplier": {"name": "Shop", "contact": [{"email": "a@shop.example"}]},
        "hashes": [{"alg": "SHA-256", "content": "AB" * 32}, {"alg": "SHA3-512", "content": "00"}],
    }))  # fmt: skip

    assert package.licenses == ("MIT", "Shop's own")
    assert package.supplier == "Shop <a@shop.example>"
    assert package.hashes == (f"sha256:{'ab' * 32}", "sha3-512:00")
    assert package.development


def test_what_only_the_format_knows_is_kept_as_written() -> None:
    pedigree = {"patches": [{"type": "backport"}]}
    document = detect.read(cyclonedx(
        {"name": "a", "type": "library", "pedigree": pedigree,
         "properties": [{"name": "x:y", "value": "z"}]},
        vulnerabilities=[{"id": "CVE-1"}],
    ))  # fmt: skip
    again = json.loads(cyclonedx_out.write(document))

    assert json.loads(document.vulnerabilities) == [{"id": "CVE-1"}]
    assert again["components"][0]["pedigree"] == pedigree
    assert again["components"][0]["properties"] == [{"name": "x:y", "value": "z"}]
    assert again["vulnerabilities"] == [{"id": "CVE-1"}]


XML = b"""<?xml version="1.0"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.5" serialNumber="urn:uuid:1" version="1">
 <metadata><timestamp>2026-01-01T00:00:00Z</timestamp>
  <tools><tool><vendor>v</vendor><name>maker</name><version>2</version></tool></tools>
  <component type="application" bom-ref="app"><name>shop</name></component></metadata>
 <components><component type="library" bom-ref="a"><group>org.x</group><name>a</name>
  <version>1</version><scope>optional</scope><hashes><hash alg="SHA-1">00ff</hash></hashes>
  <licenses><expression>MIT OR Apache-2.0</expression></licenses>
  <purl>pkg:maven/org.x/a@1</purl>
  <components><component type="library"><name>b</name><version>2</version></component></components>
  <evidence><occurrences><occurrence><location>lib/a.jar</location></occurrence></occurrences>
  </evidence></component></components>
 <dependencies><dependency ref="app"><dependency ref="a"/></dependency></dependencies>
</bom>"""


def test_cyclonedx_in_xml() -> None:
    document = detect.read(XML)
    first, second = document.components

    assert (document.version, document.encoding, document.tools) == ("1.5", "xml", ("maker 2",))
    assert (first.group, first.scope, first.hashes) == ("org.x", "optional", ("sha1:00ff",))
    assert first.licenses == ("MIT OR Apache-2.0",)
    assert first.paths == ("lib/a.jar",)
    assert second.parent == "a"
    assert Relation("app", "requires", "a") in document.relations


TAGS = b"""SPDXVersion: SPDX-2.2
DataLicense: CC0-1.0
DocumentName: shop
Creator: Tool: maker-2.1
Creator: Organization: Shop (a@shop.example)
Created: 2026-01-01T00:00:00Z
CreatorComment: <text>two
lines</text>
## a comment
PackageName: a
SPDXID: SPDXRef-a
PackageVersion: 1
PackageSupplier: Organization: Maker ()
PackageLicenseDeclared: LicenseRef-1 AND MIT
PackageChecksum: SHA256: 00ff
ExternalRef: PACKAGE-MANAGER purl pkg:npm/a@1
PackageName: b
SPDXID: SPDXRef-b
PackageLicenseDeclared: NOASSERTION
LicenseID: LicenseRef-1
LicenseName: Shop's own
ExtractedText: <text>do
as you like</text>
Relationship: SPDXRef-b DEPENDENCY_OF SPDXRef-a
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-a
Relationship: SPDXRef-b DEV_DEPENDENCY_OF SPDXRef-a
"""


def test_spdx_as_tags() -> None:
    document = detect.read(TAGS)
    subject, (other,) = document.subject, document.components

    assert (document.version, document.encoding, document.tools) == (
        "2.2",
        "tag-value",
        ("maker 2.1",),
    )
    assert document.authors == ("Shop <a@shop.example>",)
    assert subject is not None
    assert (subject.name, subject.supplier, subject.purls) == ("a", "Maker", ("pkg:npm/a@1",))
    assert subject.licenses == ("Shop's own", "MIT")
    assert subject.hashes == ("sha256:00ff",)
    assert other.scope == "development"
    assert Relation("SPDXRef-a", "requires", "SPDXRef-b") in document.relations


def test_text_that_does_not_end() -> None:
    with pytest.raises(InputError, match="does not end"):
        detect.read(b"SPDXVersion: SPDX-2.3\nPackageComment: <text>a\nb")


def test_spdx_3_with_elements_in_place_of_their_names() -> None:
    graph = [
        {"type": "CreationInfo", "@id": "_:c", "created": "2026-01-01T00:00:00Z",
         "createdBy": [{"spdxId": "urn:o"}], "createdUsing": "urn:t"},
        {"type": "Organization", "spdxId": "urn:o", "name": "Shop"},
        {"type": "Tool", "spdxId": "urn:t", "name": "maker 1"},
        {"type": "SpdxDocument", "spdxId": "urn:d", "name": "shop", "rootElement": ["urn:r"]},
        {"type": "software_Package", "spdxId": "urn:r", "name": "root"},
        {"type": "software_Package", "spdxId": "urn:a", "name": "a", "suppliedBy": "urn:o",
         "software_packageVersion": "1", "externalIdentifier": [
             {"externalIdentifierType": "packageUrl", "identifier": "pkg:npm/a@1"}]},
        {"type": "simplelicensing_LicenseExpression", "spdxId": "urn:l",
         "simplelicensing_licenseExpression": "MIT"},
        {"type": "Relationship", "spdxId": "urn:1", "from": {"spdxId": "urn:a"}, "to": "urn:l",
         "relationshipType": "hasConcludedLicense"},
        {"type": "LifecycleScopedRelationship", "spdxId": "urn:2", "from": "urn:r",
         "to": ["urn:a"], "relationshipType": "dependsOn", "scope": "development"},
    ]  # fmt: skip
    context = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
    document = detect.read(json.dumps({"@context": context, "@graph": graph}).encode())
    (component,) = document.components

    assert document.subject is not None
    assert (document.subject.name, document.tools, document.authors) == (
        "root",
        ("maker 1",),
        ("Shop",),
    )
    assert (component.purls, component.licenses, component.supplier) == (
        ("pkg:npm/a@1",), ("MIT",), "Shop",
    )  # fmt: skip
    assert component.scope == "development"
    assert Relation("urn:r", "requires", "urn:a") in document.relations


def test_what_is_known_and_not_read_says_so() -> None:
    with pytest.raises(InputError, match="SPDX RDF"):
        detect.read(b'<rdf:RDF xmlns:spdx="http://spdx.org/rdf/terms#"></rdf:RDF>')
    with pytest.raises(InputError, match="SPDX YAML"):
        detect.read(b"spdxVersion: SPDX-2.3\nname: a\n")
    with pytest.raises(InputError, match="no bill of materials"):
        detect.read(b'{"name": "package.json"}')


# Hostile documents.


def deep(levels: int) -> bytes:
    head = '{"name":"n","type":"library","purl":"pkg:npm/n@%d","components":['
    body = "".join(head % number for number in range(levels)) + "]}" * levels
    return b'{"bomFormat":"CycloneDX","specVersion":"1.6","components":[' + body.encode() + b"]}"


def test_a_hundred_levels_deep_is_told_and_the_rest_read() -> None:
    document = detect.read(deep(100))

    assert len(document.components) == MAX_NESTING
    assert "nested deeper" in document.faults[-1]


def _told(data: bytes) -> str:
    """Read a bill of materials; return what is said where it is refused."""
    try:
        claims.facts(detect.read(data), "x")
    except InputError as error:
        return error.what
    return ""


HOSTILE = works(_told, {
    "components in components": (deep, 100_000),
    "lists": (lambda n: cyclonedx()[:-2] + b"[" * n, 1_000_000),
    "empty components": (lambda n: cyclonedx()[:-3] + b"{}," * n + b"{}]}", 2_000_000),
    "tags": (lambda n: b"SPDXVersion: SPDX-2.3\n" + b"A: b\n" * n, 2_000_000),
    "a name": (lambda n: spdx()[:-3] + b'{"name":"' + b"a" * n + b'"}]}', 5_000_000),
    "elements in elements": (lambda n: XML[:140] + b"<a>" * n, 100_000),
    "names": (
        lambda n: XML.replace(b"<name>b</name>", b"<name>b</name>" * n), 400_000,
    ),
    "a purl": (
        lambda n: cyclonedx({"name": "a", "type": "library", "purl": "pkg:npm/" + "a/" * n}),
        2_000_000,
    ),
    "digits": (
        lambda n: cyclonedx({"name": "a", "type": "library", "version": "9" * n,
                             "licenses": [{"expression": "(" * (n // 5)}]}),
        5_000_000,
    ),
})  # fmt: skip
READ = {"a purl", "digits"}
"""What is no more than long: it is read, and its bombs are left out."""


@pytest.mark.parametrize("name", HOSTILE)
def test_bombs_are_refused_in_little_memory(name: str) -> None:
    work = HOSTILE[name]
    data = work.make(work.size)
    tracemalloc.start()
    said = _told(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert len(said) < 500
    assert bool(said) == (name not in READ)
    assert peak < 256 << 20
    linear(work)


def test_too_many_objects_are_a_ceiling() -> None:
    with pytest.raises(CeilingError):
        detect.read(cyclonedx()[:-3] + b"[{}," * 1 + b"{}," * 1_600_000 + b"{}]}")


# Property: what is written is read again as it was.

_TEXT = st.text("abcXYZ019.-_/:@#<>&\"'%+()ü€", min_size=1, max_size=12)
_WORD = st.text("abcdefgh", min_size=1, max_size=8)
_HASH = st.builds(lambda n: f"sha256:{n:064x}", st.integers(0, 1 << 200))


@st.composite
def documents(draw: st.DrawFn) -> Document:
    refs = draw(st.lists(_WORD, unique=True, max_size=6))
    components = [
        Component(
            ref=ref,
            name=draw(_TEXT),
            version=draw(_TEXT),
            purls=draw(st.sampled_from([(), (f"pkg:npm/{ref}@1",)])),
            hashes=tuple(draw(st.lists(_HASH, unique=True, max_size=2))),
            licenses=draw(st.sampled_from([
                (), ("MIT",), ("MIT", "Apache-2.0"), ("MIT OR ISC", "Zlib"), ("Do as you like",),
                ("GPL-2.0-only WITH Classpath-exception-2.0",), ("MIT", "My own (2)"),
            ])),
            supplier=draw(st.sampled_from(["", "Shop", "Shop <a@shop.example>"])),
            scope=draw(st.sampled_from(["", "development", "optional"])),
            own=draw(st.dictionaries(_WORD.map(lambda w: f"x-{w}"), _TEXT, max_size=2)),
        )
        for ref in refs
    ]  # fmt: skip
    pairs = st.tuples(st.sampled_from(refs), st.sampled_from(refs)) if refs else st.nothing()
    edges = draw(st.lists(pairs, max_size=6)) if refs else []
    return Document(
        format="keten", version="1", name="shop", created="2026-11-22T00:00:00Z",
        tools=("keten 1.0",), subject=Component(ref="target", name="shop", type="application"),
        components=components,
        relations=sorted({Relation(a, "requires", b) for a, b in edges if a != b}),
        files=[Listed("a/b", (f"sha256:{7:064x}",))],
    )  # fmt: skip


def essence(document: Document) -> tuple[Any, ...]:
    names = {c.ref: f"{c.name}{c.version}{c.purls}" for c in document.components}
    return (
        sorted(
            (c.name, c.version, c.purls, c.hashes, c.licenses, c.supplier, c.scope,
             sorted(c.own.items()))
            for c in document.components
        ),
        sorted({
            (names[r.src], names[r.dst]) for r in document.relations
            if r.kind == "requires" and r.src in names and r.dst in names
        }),
        [(f.path, f.hashes) for f in document.files],
        document.subject.name if document.subject else "",
        document.tools, document.created,
    )  # fmt: skip


@given(documents())
def test_what_is_written_is_read_again(document: Document) -> None:
    for name, write in WRITERS.items():
        data = write(document)
        again = detect.read(data)
        assert not again.faults, name
        assert essence(again) == essence(document), name
        assert write(document) == data, name


# Fuzz: whatever the bytes, only InputError.

_SEEDS = [
    XML, TAGS, deep(5),
    *(w(Document(format="keten", version="1", name="s", created="2026-11-22T00:00:00Z",
                 subject=Component(ref="t", name="s"),
                 components=[Component(ref="a", name="a", version="1", purls=("pkg:npm/a@1",),
                                       licenses=("x y",), own={"path": "p"})],
                 relations=[Relation("t", "requires", "a")], notes=("n",)))
      for w in WRITERS.values()),
    json.dumps({"artifacts": [{"id": "1", "name": "a", "version": "1", "purl": "pkg:npm/a@1",
                               "locations": [{"path": "/x"}], "licenses": [{"value": "MIT"}]}],
                "artifactRelationships": [{"parent": "1", "child": "1", "type": "contains"}],
                "distro": {"id": "debian", "versionID": "12"}}).encode(),
]  # fmt: skip


def attempt(data: bytes) -> None:
    try:
        document = detect.read(data)
    except InputError:
        return
    claims.facts(document, "x")
    for write in WRITERS.values():
        write(document)


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    attempt(data)
    for head in (
        b'{"bomFormat":"CycloneDX"',
        b'{"spdxVersion":"SPDX-2.3"',
        b"SPDXVersion: SPDX-2.3\n",
    ):
        attempt(head + data)


def test_a_part_that_is_no_utf8_is_a_fault_and_not_written() -> None:
    part = b'[{"name":"a","va\xf1ue":"b"}]'
    data = b'{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"name":"a","properties":'
    document = detect.read(data + part + b"}]}")
    assert [c.name for c in document.components] == ["a"]
    assert not document.components[0].raw
    assert len(document.faults) == 1
    attempt(data + part + b"}]}")


def test_facts_are_as_merging_puts_them() -> None:
    for seed in _SEEDS:
        found = claims.facts(detect.read(seed), "x")
        assert merge([found]) == found


def test_a_wrong_component_does_not_take_the_others_with_it() -> None:
    head = b'{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"name":"a"},{"name":5},'
    document = detect.read(
        head + b'{"name":"b","components":[7,{"name":"c"}]}],"dependencies":[9]}'
    )
    assert [c.name for c in document.components] == ["a", "b", "c"]
    told = ("components[1]", "components[2].components[0]", "dependencies[0]")
    assert [f.partition(" ")[0] for f in document.faults] == list(told)


@given(st.sampled_from(_SEEDS), st.integers(0, 1 << 30))
def test_mutated_documents(seed: bytes, number: int) -> None:
    dice = random.Random(number)
    data = bytearray(seed)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(data))
        match dice.randrange(4):
            case 0:
                data[at] = dice.randrange(256)
            case 1:
                del data[at : at + dice.randrange(40)]
            case 2:
                data[at:at] = dice.choice([b"null", b"[]", b"{}", b'"', b"-1e99", b"\xff", b"</"])
            case _:
                data[at:at] = data[at : at + 60]
        if not data:
            break
    attempt(bytes(data))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda x: st.lists(x, max_size=3) | st.dictionaries(st.sampled_from([
        "name", "purl", "components", "licenses", "type", "spdxId", "to", "from", "packages",
        "externalRefs", "license", "bom-ref", "hashes", "dependsOn", "ref", "properties",
    ]), x, max_size=4), max_leaves=12,
)  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "components",
                "metadata",
                "dependencies",
                "packages",
                "relationships",
                "@graph",
                "artifacts",
                "compositions",
                "annotations",
                "files",
            ]
        ),
        _JSON,
    )
)
def test_any_shape(body: dict[str, Any]) -> None:  # fmt: skip
    context = {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}
    heads: list[dict[str, Any]] = [
        {"bomFormat": "CycloneDX", "specVersion": "1.6"}, {"spdxVersion": "SPDX-2.3"}, context,
        {"artifactRelationships": []},
    ]  # fmt: skip
    for head in heads:
        attempt(json.dumps({**head, **body}).encode())
