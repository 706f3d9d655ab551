"""What the base image brings is renewed with the base: one action for all of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from advisory_data import database, record, span
from image_builder import build

import keten
from keten.config import Rank
from keten.model.delivery import Image, Package
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.finding import Change, Finding, Location, Severity, Verdict
from keten.model.image import Content
from keten.model.result import Action
from keten.remedy.actions import VULNERABLE, actions
from keten.remedy.bases import Base, bases
from keten.remedy.upgrade import Upgrade

SOURCES = Path(keten.__file__).parents[1]
STATUS = "var/lib/dpkg/status"
NAME = "registry.example/debian:12"


def package(name: str, *, based: bool | None = True) -> Package:
    return Package(f"{STATUS}#pkg:deb/{name}@1", ecosystem="deb", name=name, version="1",
                   based=based)  # fmt: skip


def image(trust: str, base: str = "", base_created: str = "") -> Image:
    content = Content(base_trust=trust, base=base, base_created=base_created)
    return Image("app", content=content)


def upgrade(one: Package, after: str, *left: str) -> Upgrade:
    return Upgrade(one.ref, STATUS, 1, one.name, "1", after, (), left)


def finding(one: Package, after: str, *, check: str = VULNERABLE, key: str = "CVE-1") -> Finding:
    change = Change("version", "1", after, f"Upgrade {one.name}") if after else None
    return Finding(
        check=check, verdict=Verdict.FAIL, severity=Severity.HIGH, link=Link.DEPENDENCIES,
        subject=one.ref, message="m", fingerprint=f"{one.name}/{check}/{key}",
        location=Location(STATUS, 1), change=change, key=key,
    )  # fmt: skip


def made(
    found: list[Finding], planned: list[Upgrade], based: dict[str, Base]
) -> tuple[Action, ...]:
    return actions(
        found, Rank(), fix=lambda _: "Do what the check says. And more.",
        exploited=lambda _: False, upgrades={one.package: one for one in planned}, bases=based,
    )  # fmt: skip


def test_one_action_for_a_base() -> None:
    openssl, zlib, curl = package("openssl"), package("zlib"), package("curl", based=False)
    facts = Facts((image("given", base=NAME, base_created="2026-01-02T00:00:00Z"), openssl, zlib,
                   curl))  # fmt: skip
    planned = [upgrade(openssl, "2"), upgrade(zlib, "3", "CVE-9"), upgrade(curl, "4")]
    found = [finding(openssl, "2"), finding(openssl, "2", key="CVE-2"), finding(zlib, "3"),
             finding(curl, "4")]  # fmt: skip

    base, own = made(found, planned, bases(facts))

    assert base.title == (
        f"Build again on a newer base image ({NAME} of 2026-01-02): it brings openssl and zlib"
    )
    assert base.changes == (Change("", "openssl 1", "2"), Change("", "zlib 1", "3"))
    assert base.why == "3 high"
    assert base.proof == (
        "each version was looked up again, 1 of the vulnerabilities stay; whether a newer base "
        "has it a scan of that base tells"
    )
    assert own.title == "Upgrade curl 1 to 4"


def test_what_no_version_is_fixed_of_is_told_apart() -> None:
    some = [package(f"lib{n}") for n in range(7)]
    facts = Facts((image("guessed"), *some))
    planned = [upgrade(some[0], "2"), *(upgrade(one, "", "CVE-1") for one in some[1:])]
    found = [finding(one, "2" if one is some[0] else "") for one in some]

    rest, base = made(found, planned, bases(facts))

    assert rest.title == (
        "Choose another base than this base image, or waive: it brings lib1, lib2, lib3, lib4 "
        "and 2 more, and no fixed version is known"
    )
    assert rest.why == "6 high"
    assert base.title == "Build again on a newer base image: it brings lib0"
    assert base.proof.endswith("is guessed from the history: --base IMAGE makes sure")


def test_names_of_what_is_not_fixed_without_a_base() -> None:
    some = [package(name, based=None) for name in ("b", "a")]
    planned = [upgrade(one, "", "CVE-1") for one in some]

    (both,) = made([finding(one, "") for one in some], planned, bases(Facts(tuple(some))))
    (alone,) = made([finding(some[0], "")], planned, {})

    assert both.title == "Replace a and b, or waive: no fixed version is known"
    assert alone.title == "Replace b 1, or waive: no fixed version is known"


def test_another_check_of_the_same_package_is_no_upgrade() -> None:
    one = package("openssl")
    found = [finding(one, "2"), finding(one, "", check="dependencies/denied-license")]

    titles = {action.title for action in made(found, [upgrade(one, "2")], {one.ref: Base()})}

    assert titles == {
        "Build again on a newer base image: it brings openssl", "Do what the check says",
    }  # fmt: skip


def test_whose_base_it_is_nobody_guesses() -> None:
    one, own = package("a"), package("b", based=False)

    assert bases(Facts((own,))) == {}
    assert bases(Facts((image("other", base=NAME), one))) == {one.ref: Base(guessed=True)}
    two = Facts((image("given", base=NAME), Image("c", content=Content(base_trust="given")), one))
    assert bases(two) == {one.ref: Base(guessed=True)}
    assert bases(Facts((image("guessed", base=NAME), one))) == {one.ref: Base(NAME, guessed=True)}


def test_a_scan_of_an_image_says_so(tmp_path: Path) -> None:
    release = ("etc/os-release", "file", b'ID=debian\nVERSION_ID="12"\n')
    lower = stanza("openssl") + stanza("zlib")
    history = [
        {"created_by": "ADD file:1 in /"},
        {"created_by": 'CMD ["bash"]', "empty_layer": True},
        {"created_by": "RUN apt-get install -y curl"},
    ]
    built = build(
        tmp_path / "image",
        [[release, (STATUS, "file", lower)], [(STATUS, "file", lower + stanza("curl"))]],
        config={"history": history},
    )
    records = [
        record(f"CVE-2026-{number}", name, *span("2"), ecosystem="Debian:12")
        for number, name in enumerate(("openssl", "zlib", "curl"))
    ]
    database(tmp_path, *records, complete=("Debian:12",)).close()

    run = subprocess.run(
        [sys.executable, "-m", "keten", "scan", str(built.path), "--format", "json", "--quiet",
         "--db", str(tmp_path / "advisories.db"), "--no-cache"],
        capture_output=True, check=False, env={**os.environ, "PYTHONPATH": str(SOURCES)}
    )  # fmt: skip

    assert run.stdout, run.stderr
    titles = [action["title"] for action in json.loads(run.stdout)["actions"]]
    assert "Build again on a newer base image: it brings openssl and zlib" in titles
    assert "Upgrade curl 1 to 2" in titles
    assert not any("openssl" in title for title in titles if title.startswith("Upgrade"))


def stanza(name: str) -> bytes:
    return (
        f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n"
    ).encode()
