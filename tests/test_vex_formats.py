"""VEX documents: read as their specifications say, written so that they read back the same."""

import contextlib
import importlib.util
import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from keten.errors import InputError
from keten.formats.vex import csaf_writing, cyclonedx, openvex
from keten.formats.vex.document import (
    JUSTIFICATIONS,
    Document,
    Product,
    Statement,
    Status,
    moment,
)
from keten.formats.vex.reading import kind, read

AT = "2026-11-20T00:00:00Z"
IMAGE = "pkg:oci/shop@sha256%3Aabc?repository_url=registry.example/shop"
NS = "https://shop.example"


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


OPENVEX: dict[str, Any] = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "@id": "https://openvex.dev/docs/example/vex-9fb3463de1b57",
    "author": "Wolfi J Inkinson",
    "role": "Document Creator",
    "timestamp": "2023-01-08T18:02:03.647787998-06:00",
    "version": 1,
    "statements": [
        {
            "vulnerability": {"name": "CVE-2014-123456", "aliases": ["GHSA-aaaa-bbbb-cccc"]},
            "products": [
                {"@id": "pkg:apk/distro/git@2.39.0-r1?arch=armv7"},
                {
                    "@id": IMAGE,
                    "hashes": {"sha-256": "ABC"},
                    "subcomponents": [
                        {"@id": "pkg:npm/left-pad"},
                        {"identifiers": {"cpe23": "cpe:2.3:a:x:y:1:*:*:*:*:*:*:*"}},
                    ],
                },
            ],
            "status": "not_affected",
            "justification": "component_not_present",
            "timestamp": "2023-02-01T00:00:00Z",
        },
        {
            "vulnerability": "CVE-1",
            "products": ["pkg:npm/a"],
            "subcomponents": ["pkg:npm/b"],
            "status": "fixed",
        },
        {"vulnerability": {"name": "CVE-2"}, "status": "not_affected"},
        {"vulnerability": {"name": "CVE-3"}, "status": "perhaps"},
        {"vulnerability": {"name": "CVE-4"}, "status": "not_affected", "justification": "because"},
    ],
}


def test_openvex() -> None:
    found = read(encoded(OPENVEX))

    assert (found.format, found.author) == ("openvex 0.2.0", "Wolfi J Inkinson")
    first, second = found.statements
    assert first.names == ("CVE-2014-123456", "GHSA-aaaa-bbbb-cccc")
    assert first.at == "2023-02-01T00:00:00Z"
    assert first.products[1] == Product(
        (IMAGE,),
        ("sha256:abc",),
        parts=(Product(("pkg:npm/left-pad",)), Product(("cpe:2.3:a:x:y:1:*:*:*:*:*:*:*",))),
    )
    assert second.products == (Product(("pkg:npm/a",), parts=(Product(("pkg:npm/b",)),)),)
    assert second.at == OPENVEX["timestamp"], "a statement without a time has the document's"
    assert len(found.left_out) == 3
    assert "without a justification" in found.left_out[0]


def csaf(version: str = "2.0") -> dict[str, Any]:
    helper: dict[str, Any] = {"purl": "pkg:rpm/redhat/bash@5.1?arch=src"}
    if version == "2.1":
        helper = {"purls": [helper["purl"]]}
    return {
        "document": {
            "category": "csaf_vex",
            "csaf_version": version,
            "title": "x",
            "publisher": {"category": "vendor", "name": "Red Hat", "namespace": NS},
            "tracking": {"id": "cve-2024-1", "version": "3", "current_release_date": AT},
        },
        "product_tree": {
            "branches": [
                {
                    "category": "vendor",
                    "name": "Red Hat",
                    "branches": [
                        {
                            "category": "product_name",
                            "name": "RHEL 9",
                            "product": {
                                "product_id": "rhel9",
                                "name": "RHEL 9",
                                "product_identification_helper": {
                                    "cpe": "cpe:/o:redhat:enterprise_linux:9"
                                },
                            },
                        },
                        {
                            "category": "product_version",
                            "name": "bash",
                            "product": {
                                "product_id": "bash",
                                "name": "bash",
                                "product_identification_helper": helper,
                            },
                        },
                        {
                            "category": "product_version_range",
                            "name": "vers:rpm/<2",
                            "product": {
                                "product_id": "old",
                                "name": "old",
                                "product_identification_helper": {
                                    "purl": "pkg:rpm/redhat/zlib",
                                    "hashes": [
                                        {
                                            "filename": "f",
                                            "file_hashes": [{"algorithm": "sha256", "value": "AB"}],
                                        }
                                    ],
                                },
                            },
                        },
                    ],
                }
            ],
            "full_product_names": [{"product_id": "bare", "name": "nothing else"}],
            "relationships": [
                {
                    "category": "default_component_of",
                    "product_reference": "bash",
                    "relates_to_product_reference": "rhel9",
                    "full_product_name": {"product_id": "rhel9:bash", "name": "bash of RHEL 9"},
                }
            ],
            "product_groups": [{"group_id": "g", "product_ids": ["rhel9:bash", "old"]}],
        },
        "vulnerabilities": [
            {
                "cve": "CVE-2024-1",
                "ids": [{"system_name": "Red Hat", "text": "RHSA-1"}],
                "product_status": {
                    "known_not_affected": ["rhel9:bash", "old", "bare"],
                    "known_affected": ["rhel9"],
                    "fixed": ["bash"],
                    "under_investigation": ["nowhere"],
                },
                "flags": [
                    {
                        "label": "vulnerable_code_not_present",
                        "group_ids": ["g"],
                        "date": "2026-11-21T00:00:00Z",
                    }
                ],
                "threats": [
                    {"category": "impact", "details": "not  built", "product_ids": ["rhel9:bash"]},
                    {"category": "exploit_status", "details": "none"},
                ],
                "remediations": [
                    {"category": "vendor_fix", "details": "update", "product_ids": ["rhel9"]}
                ],
            }
        ],
    }


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_csaf(version: str) -> None:
    found = read(encoded(csaf(version)))

    assert (found.format, found.author, found.version) == (f"csaf {version}", "Red Hat", "3")
    by = {(item.status, item.impact): item for item in found.statements}
    part = by[Status.NOT_AFFECTED, "not built"]
    assert part.names == ("CVE-2024-1", "RHSA-1")
    assert part.justification == "vulnerable_code_not_present"
    assert part.at == "2026-11-21T00:00:00Z", "a flag's date is the statement's"
    bash = Product(("pkg:rpm/redhat/bash@5.1?arch=src",))
    assert part.products == (Product(("cpe:/o:redhat:enterprise_linux:9",), parts=(bash,)),)
    old = by[Status.NOT_AFFECTED, ""]
    assert old.products == (Product(("pkg:rpm/redhat/zlib",), ("sha256:ab",), "vers:rpm/<2"),)
    assert by[Status.AFFECTED, ""].action == "update"
    assert by[Status.FIXED, ""].products == (bash,)
    assert len(found.left_out) == 2, "no flag and no impact; no such product"


CYCLONEDX: dict[str, Any] = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "version": 2,
    "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
    "metadata": {
        "timestamp": AT,
        "authors": [{"name": "Ann"}],
        "component": {"bom-ref": "app", "type": "application", "name": "app"},
    },
    "components": [
        {
            "bom-ref": "c1",
            "purl": "pkg:npm/a@1",
            "components": [
                {
                    "bom-ref": "c2",
                    "purl": "pkg:npm/b",
                    "hashes": [{"alg": "SHA-256", "content": "AB"}],
                }
            ],
        }
    ],
    "vulnerabilities": [
        {
            "id": "CVE-1",
            "references": [{"id": "GHSA-x", "source": {"name": "GitHub"}}],
            "analysis": {
                "state": "not_affected",
                "justification": "code_not_reachable",
                "detail": "never called",
            },
            "affects": [
                {"ref": "c1"},
                {"ref": "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/2#c2"},
                {"ref": "urn:cdx:11111111-395b-41f5-a30f-a58921a69b79/1#pkg%3Anpm%2Fz%401"},
            ],
        },
        {
            "id": "CVE-2",
            "analysis": {"state": "in_triage"},
            "affects": [{"ref": "pkg:npm/direct@2"}],
        },
        {
            "id": "CVE-3",
            "analysis": {"state": "exploitable", "response": ["update"]},
            "affects": [
                {
                    "ref": "c2",
                    "versions": [
                        {"version": "1.2", "status": "affected"},
                        {"range": "vers:npm/<3", "status": "affected"},
                        {"version": "9", "status": "unaffected"},
                    ],
                }
            ],
        },
        {"id": "CVE-4", "analysis": {"state": "resolved_with_pedigree"}, "affects": []},
        {"id": "CVE-5", "affects": [{"ref": "c1"}]},
        {"id": "CVE-6", "analysis": {"state": "odd"}},
    ],
}


def test_cyclonedx() -> None:
    found = read(encoded(CYCLONEDX))

    one, two, three, four = found.statements
    assert (found.format, found.author) == ("cyclonedx 1.5", "Ann")
    assert one.names == ("CVE-1", "GHSA-x")
    assert one.justification == "vulnerable_code_not_in_execute_path"
    assert [item.ids for item in one.products] == [
        ("pkg:npm/a@1",),
        ("pkg:npm/b",),
        ("pkg:npm/z@1",),
    ]
    assert (two.status, two.products) == (
        Status.UNDER_INVESTIGATION,
        (Product(("pkg:npm/direct@2",)),),
    )
    assert three.products == (
        Product(("pkg:npm/b@1.2",), ("sha256:ab",)),
        Product(("pkg:npm/b",), ("sha256:ab",), "vers:npm/<3"),
    )
    assert (three.action, four.status) == ("update", Status.FIXED)
    assert found.left_out == ("CVE-6: 'odd' is no state",)


def test_an_image_is_what_its_own_vex_is_of() -> None:
    made = {**CYCLONEDX, "metadata": {"component": {"bom-ref": "i", "purl": IMAGE}}}
    statement = read(encoded(made)).statements[1]

    assert statement.products == (Product((IMAGE,), parts=(Product(("pkg:npm/direct@2",)),)),)


WORDS = st.text("abcdefgh ", min_size=1, max_size=20).map(lambda t: " ".join(t.split()) or "x")
PURLS = st.builds(
    "pkg:{}/{}@{}".format,
    st.sampled_from(["npm", "pypi", "deb/debian"]),
    st.sampled_from(["a", "b", "left-pad"]),
    st.integers(0, 9),
)


@st.composite
def statements(draw: st.DrawFn) -> tuple[Statement, ...]:
    made = []
    for number in draw(st.lists(st.integers(1, 99), unique=True, max_size=5)):
        status = draw(st.sampled_from(list(Status)))
        parts = draw(st.lists(PURLS, unique=True, min_size=1, max_size=4))
        whole = draw(st.booleans())
        products = tuple(
            Product((IMAGE,), ("sha256:" + "ab" * 32,), parts=(Product((one,)),))
            if whole
            else Product((one,))
            for one in sorted(parts)
        )
        away = status is Status.NOT_AFFECTED
        made.append(
            Statement(
                (f"CVE-2024-{number:04}", *draw(st.sampled_from([(), ("GHSA-x",)]))),
                status,
                products,
                at=AT,
                justification=draw(st.sampled_from(JUSTIFICATIONS)) if away else "",
                impact=draw(WORDS) if away or draw(st.booleans()) else "",
                action=draw(WORDS) if status is Status.AFFECTED else "",
            )
        )
    return tuple(made)


UUID = "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79"


@settings(max_examples=200, deadline=None)
@given(statements())
def test_openvex_reads_back(said: tuple[Statement, ...]) -> None:
    made = Document("openvex 0.2.0", UUID, "Ann", AT, "1", said)

    assert read(openvex.write(made)) == made


@settings(max_examples=200, deadline=None)
@given(statements())
def test_csaf_reads_back(said: tuple[Statement, ...]) -> None:
    made = Document("csaf 2.0", UUID, "Ann", AT, "1", said)

    assert read(csaf_writing.write(made, namespace=NS)) == made


@settings(max_examples=200, deadline=None)
@given(statements())
def test_cyclonedx_reads_back(said: tuple[Statement, ...]) -> None:
    """A justification that CycloneDX has no word for comes back as the nearest it has."""
    wholes = {product.parts != () for item in said for product in item.products}
    if len(wholes) > 1:
        return  # one document is of one product
    words = {
        "component_not_present": "vulnerable_code_not_present",
        "vulnerable_code_cannot_be_controlled_by_adversary": "vulnerable_code_not_in_execute_path",
    }
    near = tuple(
        msgspec.structs.replace(
            item, justification=words.get(item.justification, item.justification)
        )
        for item in said
    )
    made = Document("cyclonedx 1.6", UUID, "Ann", AT, "1", near)

    assert read(cyclonedx.write(made)) == made


def schemas(package: str, folder: str) -> dict[str, Any]:
    """Return the JSON schemas in an installed package, by the last part of their ids."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        pytest.skip(f"{package}, which has the schema, is not installed")
    found = {}
    for file in sorted((Path(spec.submodule_search_locations[0]) / folder).glob("*.json")):
        schema = json.loads(file.read_text())
        found[schema.get("$id", file.name)] = schema
    return found


def validator(listed: dict[str, Any], name: str) -> Any:
    """Return a validator of the schema whose id holds *name*, with the others at hand."""
    resources = [
        (key, Resource.from_contents(schema, default_specification=DRAFT7))
        for key, schema in listed.items()
    ]
    schema = next(schema for key, schema in listed.items() if name in key)
    made = jsonschema.validators.validator_for(schema)
    return made(schema, registry=Registry().with_resources(resources))


@settings(max_examples=30, deadline=None)
@given(statements())
def test_cyclonedx_is_valid(said: tuple[Statement, ...]) -> None:
    check = validator(schemas("cyclonedx", "schema/_res"), "bom-1.6.")
    written = cyclonedx.write(Document("cyclonedx 1.6", UUID, "Ann", AT, "1", said))

    assert [error.message for error in check.iter_errors(json.loads(written))] == []


@settings(max_examples=30, deadline=None)
@given(statements())
def test_csaf_is_valid(said: tuple[Statement, ...]) -> None:
    check = validator(schemas("csaf_lib", "verification/schemas"), "csaf")
    written = csaf_writing.write(Document("csaf 2.0", UUID, "Ann", AT, "1", said), namespace=NS)
    faults = [error.message for error in check.iter_errors(json.loads(written))]

    assert faults == []


def test_kinds_are_told_by_what_comes_first() -> None:
    assert kind(b'{"bomFormat": "CycloneDX", "x": {"csaf_version": "2.0"}}') == "cyclonedx"
    assert not kind(b"{}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "2026-11-20",
        "2026-13-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_times_never_fail(text: str) -> None:
    assert moment(text) <= moment("9999-12-31T23:59:59Z")


SEEDS = [encoded(OPENVEX), encoded(csaf()), encoded(csaf("2.1")), encoded(CYCLONEDX)]


@settings(max_examples=300, deadline=2000)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.tuples(st.sampled_from(SEEDS), st.integers(0, 3000), st.binary(max_size=20)).map(
            lambda t: t[0][: t[1]] + t[2] + t[0][t[1] + len(t[2]) :]
        ),
    )
)
def test_no_bytes_break_it(data: bytes) -> None:
    with contextlib.suppress(InputError):
        read(data)


@pytest.mark.parametrize(
    "data",
    [
        b'{"bomFormat": "CycloneDX", "components": ' + b'[{"components": ' * 100_000,
        b'{"document": {"csaf_version": "2.0"}, "product_tree": {"branches": '
        + b'[{"branches": ' * 300
        + b"[]"
        + b"}]" * 300
        + b"}}",
        b'{"@context": "https://openvex.dev/ns", "statements": ' + b"[" * 100_000,
    ],
)
def test_depth_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        read(data)
