"""VEX applied to findings: which statements speak of which, which counts, and what is told."""

import json
from datetime import date
from typing import Any

import msgspec
import pytest
from growing import Work, linear

from keten.config import Rank, Waiver
from keten.formats.vex.document import Document, Product, Statement, Status
from keten.formats.vex.reading import read
from keten.model.delivery import Advisory, Image, Package
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.finding import Finding, Severity, Verdict
from keten.model.image import Content, System
from keten.policy import vex
from keten.policy.waivers import apply as waive
from keten.remedy.actions import actions, weights

NOW = date(2026, 11, 22)
DIGEST = "sha256:" + "ab" * 32
PURL = "pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc"


def facts(purl: str = PURL, *more: Any, **fields: Any) -> Facts:
    name, _, version = purl.partition("?")[0].rpartition("/")[2].partition("@")
    package = Package(f"db#{purl}", name=name, version=version, purl=purl, **fields)
    advisory = Advisory("CVE-2024-1#x/y@1", aliases=("GHSA-a",))
    return Facts((package, advisory, *more))


def finding(found: Facts) -> Finding:
    return Finding(
        check=vex.CHECK,
        verdict=Verdict.FAIL,
        severity=Severity.HIGH,
        link=Link.DEPENDENCIES,
        subject=found.nodes[0].ref,
        message="m",
        fingerprint="f",
        about=(found.nodes[1].ref,),
        key="CVE-2024-1",
    )


def said(*products: Product, name: str = "CVE-2024-1", **fields: Any) -> Statement:
    fields.setdefault("status", Status.NOT_AFFECTED)
    fields.setdefault("at", "2026-11-01T00:00:00Z")
    return Statement((name,), products=products, justification="component_not_present", **fields)


def apply(found: Facts, *statements: Statement, now: date = NOW) -> vex.Applied:
    source = vex.Source("v.json", "sha256:00", Document("openvex 0.2.0", statements=statements))
    return vex.apply([finding(found)], found, [source], now)


@pytest.mark.parametrize(
    ("ids", "speaks"),
    [
        (PURL, True),
        ("pkg:deb/debian/libc6@2.36-9", True),
        ("pkg:deb/debian/libc6", True),
        ("pkg:deb/debian/libc6?arch=amd64", True),
        ("pkg:deb/debian/libc6?arch=arm64", False),
        ("pkg:deb/debian/libc6@2.36-10", False),
        ("pkg:deb/ubuntu/libc6", False),
        ("pkg:deb/debian/glibc?arch=source", True),
        ("pkg:deb/debian/glibc@2.36-9?arch=source&distro=debian-12", True),
        ("pkg:deb/debian/glibc", False),
        ("pkg:rpm/debian/libc6", False),
        ("libc6", False),
        ("pkg:", False),
        ("", False),
    ],
)
def test_a_purl_means_what_it_says(ids: str, speaks: bool) -> None:  # noqa: FBT001 a column
    found = apply(facts(), said(Product((ids,))))

    assert bool(found.aside) is speaks
    assert len(found.stay) + len(found.aside) == 1


def test_an_alias_names_the_vulnerability_and_another_does_not() -> None:
    product = Product((PURL,))

    assert apply(facts(), said(product, name="GHSA-a")).aside
    assert not apply(facts(), said(product, name="CVE-2024-2")).aside


def test_hashes_and_ranges() -> None:
    found = facts(hashes=("sha256:11",))

    assert apply(found, said(Product(hashes=("sha256:11",)))).aside
    assert not apply(found, said(Product(hashes=("sha256:12",)))).aside
    named = ("pkg:deb/debian/libc6",)
    assert apply(found, said(Product(named, versions="vers:deb/<2.36-10"))).aside
    assert not apply(found, said(Product(named, versions="vers:deb/<2.36-9"))).aside
    assert not apply(found, said(Product(named, versions="vers:nonsense"))).aside


IMAGE = Image("registry.example/shop:1", registry="registry.example", repository="shop", tag="1",
              digest=DIGEST, content=Content(manifest=DIGEST, platform="linux/amd64"))  # fmt: skip


@pytest.mark.parametrize(
    ("name", "speaks"),
    [
        (f"pkg:oci/shop@{DIGEST}", True),
        (f"pkg:oci/anything@{DIGEST.replace(':', '%3A')}?repository_url=elsewhere", True),
        ("pkg:oci/shop", True),
        ("pkg:oci/shop?repository_url=registry.example/shop", True),
        ("pkg:oci/shop?tag=2", False),
        (f"pkg:oci/shop@sha256:{'cd' * 32}", False),
        (f"registry.example/shop@{DIGEST}", True),
        ("pkg:oci/cart", False),
    ],
)
def test_the_image_and_a_part_of_it(name: str, speaks: bool) -> None:  # noqa: FBT001 a column
    found = facts(PURL, IMAGE)
    part = Product(("pkg:deb/debian/libc6",))
    other = Product(("pkg:deb/debian/bash",))

    assert bool(apply(found, said(Product((name,)))).aside) is speaks
    assert bool(apply(found, said(Product((name,), parts=(other, part)))).aside) is speaks
    assert not apply(found, said(Product((name,), parts=(other,)))).aside


def test_a_product_that_was_not_scanned_says_nothing() -> None:
    part = Product(("pkg:deb/debian/libc6",))

    assert not apply(facts(), said(Product(("pkg:oci/shop",), parts=(part,)))).aside


def test_an_operating_system_by_its_cpe() -> None:
    purl = "pkg:rpm/redhat/bash@5.1-1?distro=rhel-9.4"
    found = facts(purl, System(".", distro="rhel", release="9.4"))
    part = Product(("pkg:rpm/redhat/bash",))

    for cpe in ("cpe:/o:redhat:enterprise_linux:9", "cpe:2.3:o:redhat:enterprise_linux:9:*:*:*"):
        assert apply(found, said(Product((cpe,), parts=(part,)))).aside
    assert not apply(
        found, said(Product(("cpe:/o:redhat:enterprise_linux:8",), parts=(part,)))
    ).aside
    assert not apply(found, said(Product(("cpe:/o",), parts=(part,)))).aside


def test_affected_and_in_triage_annotate() -> None:
    for status in (Status.AFFECTED, Status.UNDER_INVESTIGATION):
        found = apply(facts(), said(Product((PURL,)), status=status, action="update"))
        (stays,) = found.stay
        assert "update" in stays.why
        assert str(status).replace("_", " ") in stays.why


def test_the_newest_counts_the_graver_at_one_moment_and_disagreement_is_told() -> None:
    product = Product((PURL,))
    old = said(product, at="2026-10-01T00:00:00Z")
    new = said(product, at="2026-11-01T00:00:00+01:00", status=Status.AFFECTED)
    same = said(product, at="2026-10-31T23:00:00Z", status=Status.FIXED)

    assert apply(facts(), old, new).stay
    assert apply(facts(), new, same).stay
    found = apply(facts(), old, new)
    assert any("VEX disagrees on CVE-2024-1" in note for note in found.notes)
    assert apply(facts(), said(product, at=""), said(product)).aside


def test_what_is_of_a_later_day_does_not_count() -> None:
    later = said(Product((PURL,)), at="2026-11-23T00:00:00Z")
    found = apply(facts(), later)

    assert found.stay
    assert "1 are of a later day" in found.notes[0]
    assert apply(facts(), later, now=date(2026, 11, 23)).aside


def test_who_when_and_why_are_kept() -> None:
    data = json.dumps({
        "@context": "https://openvex.dev/ns/v0.2.0", "author": "Ann", "version": 1,
        "timestamp": "2026-11-01T00:00:00Z",
        "statements": [{"vulnerability": {"name": "CVE-2024-1"}, "products": [{"@id": PURL}],
                        "status": "not_affected", "impact_statement": "never called"}],
    }).encode()  # fmt: skip
    source = vex.source("v.json", data)
    found = facts()
    (aside,) = vex.apply([finding(found)], found, [source], NOW).aside

    assert (aside.author, aside.at, aside.reason) == (
        "Ann", "2026-11-01T00:00:00Z", "never called"
    )  # fmt: skip
    assert aside.digest == source.digest
    assert len(source.digest) == len("sha256:") + 64
    assert read(data).statements


def test_a_waiver_may_name_a_vulnerability_and_a_package() -> None:
    found = facts()
    names = lambda _: (("CVE-2024-1", "GHSA-a"), (PURL, "pkg:deb/debian/libc6@2.36-9", "libc6"))  # noqa: E731 a table

    def waived(**fields: str) -> bool:
        waiver = Waiver("r", "o", date(2027, 1, 1), **fields)
        _, gone, _ = waive([finding(found)], [waiver], NOW, names=names)
        return bool(gone)

    assert waived(vulnerability="GHSA-*")
    assert waived(vulnerability="CVE-2024-1", package="libc6")
    assert waived(package="pkg:deb/*/libc6@*")
    assert not waived(vulnerability="CVE-2024-2")
    assert not waived(vulnerability="CVE-2024-1", package="bash")


def test_likely_reached_and_exposed_weigh_more() -> None:
    found = facts()
    plain = finding(found)
    advisory = Advisory("CVE-2024-1#x/y@1", epss=0.5, reached=("a.B",), exposed=True)
    rank = Rank()
    (made,) = actions(
        [plain], rank, fix=lambda _: "Upgrade.", exploited=lambda _: False, upgrades={},
        more=weights([advisory], rank),
    )  # fmt: skip

    assert made.rank == rank.high + rank.likely + rank.reached + rank.exposed


Many = tuple[list[Finding], Facts, list[vex.Source]]


def many(count: int) -> Many:
    """Return findings, and twice as many statements, one of which is of one of them."""
    packages = [
        Package(f"db#{n}", name=f"p{n}", version="1", purl=f"pkg:npm/p{n}@1") for n in range(count)
    ]
    advisory = Advisory("CVE-2024-1#x/y@1")
    known = Facts((*packages, advisory))
    first = finding(facts())
    findings = [
        msgspec.structs.replace(first, subject=p.ref, about=(advisory.ref,)) for p in packages
    ]
    statements = tuple(
        said(Product((f"pkg:npm/q{n}@1",)), name=f"CVE-2023-{n}") for n in range(2 * count)
    )
    source = vex.Source(
        "v", "d", Document("x", statements=(*statements, said(Product(("pkg:npm/p7@1",)))))
    )
    return findings, known, [source]


def judge(given: Many) -> object:
    """Apply the statements to the findings."""
    return vex.apply(*given, NOW)


HOSTILE = {"statements": Work(many, judge, 5000, 2)}


def test_statements_are_applied_in_steps_by_their_number() -> None:
    linear(HOSTILE["statements"], part=50)
    assert len(vex.apply(*many(5000), NOW).aside) == 1
