"""VEX that keten writes: what is found is affected, what is waived is what its waiver says."""

from datetime import date

import pytest

from keten.formats.vex.document import Document, Status
from keten.formats.vex.reading import read
from keten.model.delivery import Advisory, Image, Manifest, Package
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.finding import Change, Finding, Severity, Verdict
from keten.model.image import Content
from keten.model.result import Decision, Result, SetAside, Waived
from keten.pipeline.statements import document, target

NOW = date(2026, 11, 22)
DIGEST = "sha256:" + "ab" * 32
PACKAGE = Package("db#pkg:npm/a@1", name="a", version="1", purl="pkg:npm/a@1")
ADVISORIES = [Advisory(f"CVE-2024-{n}#npm/a@1", aliases=(f"GHSA-{n}",)) for n in range(1, 7)]
IMAGE = Image("registry.example/shop/web:1", registry="registry.example", repository="shop/web",
              tag="1", digest=DIGEST, content=Content(manifest=DIGEST))  # fmt: skip
FACTS = Facts((PACKAGE, *ADVISORIES, IMAGE))


def finding(number: int, change: Change | None = None) -> Finding:
    return Finding(
        check="dependencies/known-vulnerability",
        verdict=Verdict.FAIL,
        severity=Severity.HIGH,
        link=Link.DEPENDENCIES,
        subject=PACKAGE.ref,
        message="m",
        fingerprint=str(number),
        about=(ADVISORIES[number - 1].ref,),
        change=change,
    )


def result() -> Result:
    return Result(
        schema="s", keten="k", now="2026-11-22", targets=(), data=(), policy="default",
        policy_digest="", links=(), actions=(), unknown=(), problems=(), notes=(), evidence=(),
        checks=(), decision=Decision("denied", "high", "", 1),
        findings=(
            finding(1, Change("version", "1", "2", group="Upgrade a")),
            finding(2),
        ),
        waived=(
            Waived(finding(3), "not called", "me", "2027-01-01", "", "component_not_present"),
            Waived(finding(4), "we look", "me", "2027-01-01"),
            Waived(finding(5), "we live with it", "me", "2027-01-01", "affected"),
        ),
        set_aside=(SetAside(finding(6), "fixed", "patched", author="Ann", at="2026-11-01"),),
    )  # fmt: skip


def made(kind: str = "openvex", facts: Facts = FACTS, **more: str) -> Document:
    return document(result(), facts, kind, author="Me", now=NOW, **more)


def test_each_says_what_is_so() -> None:
    by = {item.names[0]: item for item in made().statements}

    assert by["CVE-2024-1"].names == ("CVE-2024-1", "GHSA-1")
    assert (by["CVE-2024-1"].status, by["CVE-2024-1"].action) == (
        Status.AFFECTED, "Upgrade a from 1 to 2."
    )  # fmt: skip
    assert by["CVE-2024-2"].action.startswith("No fixed version is known")
    assert by["CVE-2024-3"].status is Status.NOT_AFFECTED
    assert by["CVE-2024-3"].justification == "component_not_present"
    assert by["CVE-2024-4"].status is Status.UNDER_INVESTIGATION
    assert by["CVE-2024-5"].status is Status.AFFECTED
    assert by["CVE-2024-5"].action == "we live with it (me, until 2027-01-01)"
    assert (by["CVE-2024-6"].status, by["CVE-2024-6"].impact) == (
        Status.FIXED, "patched (Ann, 2026-11-01)"
    )  # fmt: skip


def test_the_image_is_the_product_and_the_package_its_part() -> None:
    (product,) = made().statements[0].products

    assert product.hashes == (DIGEST,)
    assert product.ids == (
        f"pkg:oci/web@{DIGEST}?repository_url=registry.example%2Fshop%2Fweb&tag=1",
    )
    assert product.parts[0].ids == ("pkg:npm/a@1",)


def test_other_products() -> None:
    named = made(product="pkg:npm/app@3").statements[0].products[0]
    assert named.ids == ("pkg:npm/app@3",)
    manifest = Manifest("go.mod", settings={"module": "example.org/app"})
    main = target(Facts((manifest,)))
    assert main is not None
    assert main.ids == ("pkg:golang/example.org/app",)
    bare = made(facts=Facts((PACKAGE, *ADVISORIES))).statements[0].products[0]
    assert bare.ids == ("pkg:npm/a@1",)


@pytest.mark.parametrize("kind", ["openvex", "csaf", "cyclonedx"])
def test_what_is_written_reads_back(kind: str) -> None:
    from keten.formats.vex import csaf_writing, cyclonedx, openvex

    said = made(kind)
    data = {
        "openvex": openvex.write,
        "csaf": lambda d: csaf_writing.write(d, namespace="https://me.example"),
        "cyclonedx": cyclonedx.write,
    }[kind](said)

    back = read(data)
    assert back.left_out == ()
    assert back.id == said.id
    told = {(s.names, s.status, s.impact, s.action, s.products) for s in back.statements}
    assert told == {(s.names, s.status, s.impact, s.action, s.products) for s in said.statements}


def test_the_same_result_gives_the_same_bytes() -> None:
    from keten.formats.vex import openvex

    assert openvex.write(made()) == openvex.write(made())
    assert made().id != made(product="pkg:npm/app").id
