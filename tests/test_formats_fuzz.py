"""Parsers of formats, each by its name, on any bytes and on mutated documents.

They end soon and raise only InputError, of which CeilingError is one.
"""

import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from growing import Work, linear, repeated
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keten.errors import CeilingError, InputError
from keten.formats import beam_terms, php_serialized
from keten.formats.sbom import cyclonedx, cyclonedx_xml, spdx, spdx3, spdx_tags, syft

FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
CYCLONEDX_XML = b"""<?xml version="1.0"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.5" serialNumber="urn:uuid:1" version="1">
<metadata><timestamp>2026-01-01T00:00:00Z</timestamp><tools><tool><name>t</name></tool></tools>
<component type="application" bom-ref="a"><name>a</name></component></metadata>
<components><component type="library" bom-ref="b"><group>g</group><name>b</name>
<version>1</version><hashes><hash alg="SHA-256">00ff</hash></hashes>
<licenses><license><id>MIT</id></license></licenses><purl>pkg:npm/b@1</purl>
<properties><property name="x:path">y</property></properties></component></components>
<dependencies><dependency ref="a"><dependency ref="b"/></dependency></dependencies></bom>"""
SPDX_3 = b"""{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [
{"type": "CreationInfo", "@id": "_:c", "created": "2026-01-01T00:00:00Z", "createdBy": ["x"]},
{"type": "SpdxDocument", "spdxId": "d", "rootElement": ["p"], "creationInfo": "_:c"},
{"type": "software_Package", "spdxId": "p", "name": "a", "software_packageVersion": "1",
"verifiedUsing": [{"type": "Hash", "algorithm": "sha256", "hashValue": "00"}],
"externalIdentifier": [{"externalIdentifierType": "packageUrl", "identifier": "pkg:npm/a@1"}]},
{"type": "Relationship", "from": "p", "to": ["q"], "relationshipType": "dependsOn"},
{"type": "software_Package", "spdxId": "q", "name": "b", "suppliedBy": {"name": "s"}}]}"""
SPDX_TAGS = b"""SPDXVersion: SPDX-2.3
SPDXID: SPDXRef-DOCUMENT
DocumentName: a
Creator: Tool: t-1
Created: 2026-01-01T00:00:00Z
PackageName: a
SPDXID: SPDXRef-a
PackageVersion: 1
PackageChecksum: SHA256: 00ff
PackageComment: <text>two
lines</text>
ExternalRef: PACKAGE-MANAGER purl pkg:npm/a@1
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-a
"""
SYFT = b"""{"artifacts": [{"id": "1", "name": "a", "version": "1", "purl": "pkg:npm/a@1",
"locations": [{"path": "/a", "layerID": "sha256:0"}], "licenses": [{"value": "MIT AND ISC"}],
"cpes": [{"cpe": "cpe:2.3:a:a:a:1:*:*:*:*:*:*:*"}]}, {"id": "2", "name": "b"}],
"artifactRelationships": [{"parent": "1", "child": "2", "type": "dependency-of"}],
"source": {"id": "s", "name": "n", "type": "image"}, "distro": {"id": "debian"},
"descriptor": {"name": "syft", "version": "1"}, "schema": {"version": "16"}}"""
PHP = b'a:2:{s:4:"name";a:2:{i:0;s:1:"a";i:1;d:1.5;}s:1:"v";a:1:{s:1:"x";b:1;}}'
MIX = b'%{"a": {:hex, :a, "1.0.0", "00", [:mix], [{:b, "~> 1.0", [optional: true]}], "hexpm"},}'
REBAR = b'{"1.2.0",[{<<"a">>,{pkg,<<"a">>,<<"1.0.0">>},0}]}.\n[{pkg_hash,[{<<"a">>,<<"00">>}]}].'


def _terms(*, elixir: bool) -> Callable[[bytes], Any]:
    return lambda data: beam_terms.parse(data.decode("utf-8", "replace"), elixir=elixir)


PARSERS: dict[str, tuple[Callable[[bytes], Any], bytes]] = {
    "sbom/cyclonedx_xml": (
        lambda data: cyclonedx.parse(cyclonedx_xml.to_json(data), encoding="xml"), CYCLONEDX_XML,
    ),
    "sbom/spdx3": (spdx3.parse, SPDX_3),
    "sbom/spdx_tags": (
        lambda data: spdx.parse(spdx_tags.to_json(data), encoding="tag-value"), SPDX_TAGS,
    ),
    "sbom/syft": (syft.parse, SYFT),
    "php_serialized": (php_serialized.decode, PHP),
    "beam_terms, Elixir": (_terms(elixir=True), MIX),
    "beam_terms, Erlang": (_terms(elixir=False), REBAR),
}  # fmt: skip
PIECES = (
    b"null", b"[]", b"{}", b'"', b"-1e99", b"\xff", b"</", b"<text>", b"{" * 500, b"[" * 500,
    b"9" * 5000, b"\x00", b"a:99999999999:{", b"<a>" * 500, b"<<", b"%{", b"\\u0000", b"Created: ",
)  # fmt: skip


def attempt(name: str, data: bytes) -> None:
    try:
        PARSERS[name][0](data)
    except InputError:
        return


@pytest.mark.parametrize("name", PARSERS)
def test_the_document_itself_is_read(name: str) -> None:
    parse, data = PARSERS[name]
    assert parse(data)


@pytest.mark.parametrize("name", PARSERS)
@FUZZ
@given(data=st.binary(max_size=300))
def test_any_bytes(name: str, data: bytes) -> None:
    attempt(name, data)


@pytest.mark.parametrize("name", PARSERS)
@FUZZ
@given(number=st.integers(0, 1 << 30))
def test_mutated_documents(name: str, number: int) -> None:
    dice = random.Random(number)
    data = bytearray(PARSERS[name][1])
    for _ in range(dice.randint(1, 5)):
        at = dice.randrange(len(data) + 1)
        match dice.randrange(3):
            case 0:
                data[at : at + 1] = bytes([dice.randrange(256)])
            case 1:
                del data[at : at + dice.randrange(40)]
            case _:
                data[at:at] = dice.choice(PIECES)
    attempt(name, bytes(data))


MUCH = (b"{", b"[", b'"', b"9", b"<a>", b"<text>\n", b"a:1:{i:0;", b"<<", b"%{", b"A: b\n")
HOSTILE = {
    f"{name}: {piece.decode()!r}{' after' if begin else ''}": Work(
        repeated(piece, before=begin), partial(attempt, name), 100_000
    )
    for name, (_, whole) in PARSERS.items()
    for piece in MUCH
    for begin in (b"", whole.rstrip(b"}].\n"))
}
"""Much of one thing, alone and after a document that goes on."""


@pytest.mark.parametrize("name", PARSERS)
def test_much_of_one_thing_takes_steps_by_its_size(name: str) -> None:
    for case, work in HOSTILE.items():
        if case.startswith(f"{name}: "):
            work.do(work.make(work.size // 10))
            linear(work)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("php_serialized", b"a:1:{i:0;" * (php_serialized.MAX_DEPTH + 2)),
        ("beam_terms, Elixir", b"[" * (beam_terms.MAX_DEPTH + 2)),
        ("beam_terms, Erlang", b"[" * (beam_terms.MAX_DEPTH + 2)),
    ],
)
def test_what_is_nested_too_deeply_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(CeilingError):
        PARSERS[name][0](data)
