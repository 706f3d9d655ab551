"""Packages of distributions: by source package, in the right release, stream and module."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from advisory_data import database, record, span
from hypothesis import given
from hypothesis import strategies as st

from keten.advisories.lookup import Answer, Lookup
from keten.advisories.questions import headers_only, question
from keten.derive import vulnerabilities
from keten.formats import distributions
from keten.model.delivery import Advisory, Package
from keten.model.facts import Facts, Looked
from keten.model.finding import Severity

NOW = date(2026, 11, 22)
CVE = "CVE-2024-1111"


def package(purl: str, **more: Any) -> Package:
    head = purl.partition("?")[0]
    name, _, version = head.rpartition("/")[2].partition("@")
    version = version.replace("%2B", "+").replace("%3A", ":").replace("%7E", "~")
    path = more.pop("path", "var/lib/packages")
    return Package(
        f"{path}#{purl}", name=name, version=version, purl=purl, path=path, installed=True, **more
    )


def ask(at: Path, purl: str, *records: dict[str, Any]) -> Answer:
    with database(at, *records) as opened:
        return Lookup(opened).answer(question(package(purl)))


def ids(answer: Answer) -> list[str]:
    return [item.cluster.id for item in answer.vulnerabilities]


@pytest.mark.parametrize(
    ("distro", "vendor", "main"),
    [
        ("debian-12", "debian", "Debian:12"),
        ("debian-12.5", "debian", "Debian:12"),
        ("bookworm", "debian", "Debian:12"),
        ("debian-trixie", "debian", "Debian:13"),
        ("debian", "debian", ""),
        ("debian-sid", "debian", ""),
        ("ubuntu-22.04", "ubuntu", "Ubuntu:22.04:LTS"),
        ("ubuntu-23.10", "ubuntu", "Ubuntu:23.10"),
        ("ubuntu-25.04", "ubuntu", "Ubuntu:25.04"),
        ("jammy", "ubuntu", "Ubuntu:22.04:LTS"),
        ("alpine-3.19.1", "alpine", "Alpine:v3.19"),
        ("3.20.0", "alpine", "Alpine:v3.20"),
        ("alpine-3.21.0_alpha20240807", "alpine", ""),
        ("wolfi-20230201", "wolfi", "Wolfi"),
        ("chainguard-20230214", "chainguard", "Chainguard"),
        ("rocky-9.3", "rocky", "Rocky Linux:9"),
        ("almalinux-8.9", "almalinux", "AlmaLinux:8"),
        ("alma-8.9", "alma", "AlmaLinux:8"),
        ("rhel-9.4", "redhat", "Red Hat:enterprise_linux:9::baseos"),
        ("redhat-7.9", "redhat", "Red Hat:enterprise_linux:7::server"),
        ("rhel-10.0", "redhat", "Red Hat:enterprise_linux:10.0"),
        ("centos-7", "centos", "Red Hat:enterprise_linux:7::server"),
        ("centos-9", "centos", ""),
        ("sles-15.5", "suse", "SUSE:Linux Enterprise Server 15 SP5"),
        ("sles-15", "suse", "SUSE:Linux Enterprise Server 15"),
        ("sle-micro-5.5", "suse", "SUSE:Linux Enterprise Micro 5.5"),
        ("opensuse-leap-15.5", "opensuse", "openSUSE:Leap 15.5"),
        ("opensuse-tumbleweed-20240801", "opensuse", "openSUSE:Tumbleweed"),
        ("mageia-9", "mageia", "Mageia:9"),
        ("openeuler-24.03", "openeuler", "openEuler:24.03-LTS"),
        ("azurelinux-3.0", "azurelinux", "Azure Linux:3"),
        ("mariner-2.0", "mariner", "Azure Linux:2"),
        ("photon-5.0", "photon", "Photon OS:5.0"),
        ("minimos-20241031", "minimos", "MinimOS"),
        ("fedora-39", "fedora", ""),
        ("amzn-2023", "amzn", ""),
        ("arch-rolling", "arch", ""),
        ("", "", ""),
        ("x" * 100_000, "", ""),
        ("-" * 5000, "y", ""),
    ],
)
def test_feeds(distro: str, vendor: str, main: str) -> None:
    found = distributions.feed(distro, vendor)

    assert found.main == main
    assert bool(found.why) is not bool(main)


def test_ubuntu_long_term_has_a_paid_feed() -> None:
    assert distributions.feed("ubuntu-22.04").paid == (("Ubuntu:Pro:22.04:LTS", "Ubuntu Pro"),)
    assert not distributions.feed("ubuntu-23.10").paid


def test_debian_is_asked_by_source_and_its_version() -> None:
    asked = question(package(
        "pkg:deb/debian/libblkid1@2.38.1-5%2Bb1?arch=amd64&distro=debian-12"
        "&upstream=util-linux%402.38.1-5"
    ))  # fmt: skip

    assert asked.names == (("util-linux", "2.38.1-5"),)
    assert asked.ecosystems == ("Debian:12",)


@pytest.mark.parametrize(
    ("purl", "names", "epochless"),
    [
        (
            (
                "pkg:rpm/rocky/bind-libs@9.16.23-14.el9?arch=x86_64&distro=rocky-9.3&epoch=32"
                "&upstream=bind-9.16.23-14.el9.src.rpm"
            ),
            (("bind", "32:9.16.23-14.el9"),),
            False,
        ),
        (
            (
                "pkg:rpm/redhat/bind-libs@9.16.23-14.el9?distro=rhel-9.3&epoch=32"
                "&upstream=bind-9.16.23-14.el9.src.rpm"
            ),
            (("bind", "32:9.16.23-14.el9"), ("bind-libs", "32:9.16.23-14.el9")),
            False,
        ),
        (
            (
                "pkg:rpm/rocky/perl-Errno@1.30-480.el9?distro=rocky-9.3"
                "&upstream=perl-5.32.1-480.el9.src.rpm"
            ),
            (("perl", "5.32.1-480.el9"),),
            True,
        ),
        ("pkg:rpm/rocky/x@1-1?distro=rocky-9&upstream=odd", (("x", "1-1"),), False),
        ("pkg:rpm/rocky/x@1-1?distro=rocky-9&epoch=(none)", (("x", "1-1"),), False),
    ],
)
def test_rpm_names(purl: str, names: tuple[tuple[str, str], ...], epochless: bool) -> None:  # noqa: FBT001 a column
    asked = question(package(purl))

    assert asked.names == names
    assert asked.epochless is epochless


def test_source_version_decides_and_is_told(tmp_path: Path) -> None:
    made = record("DEBIAN-CVE-2024-1111", "util-linux", *span("2.38.1-5+deb12u1"),
                  ecosystem="Debian:12", upstream=[CVE])  # fmt: skip
    purl = ("pkg:deb/debian/libblkid1@2.38.1-5%2Bb1?distro=debian-12"
            "&upstream=util-linux%402.38.1-5")  # fmt: skip
    answer = ask(tmp_path, purl, made)

    assert ids(answer) == [CVE]
    assert answer.vulnerabilities[0].fixed == ("2.38.1-5+deb12u1",)
    assert not ask(tmp_path / "b", purl.replace("debian-12", "debian-11"), made).vulnerabilities


def test_without_a_fix_is_still_affected_and_fixed_0_is_not(tmp_path: Path) -> None:
    purl = "pkg:deb/debian/foo@0~git1?distro=debian-12"
    never = record("DEBIAN-CVE-2024-1", "foo", *span("0"), ecosystem="Debian:12")
    still = record("DEBIAN-CVE-2024-2", "foo", {"introduced": "0"}, ecosystem="Debian:12")
    last = record("DEBIAN-CVE-2024-3", "foo", {"introduced": "0"}, {"last_affected": "0~git1"},
                  ecosystem="Debian:12")  # fmt: skip

    assert ids(ask(tmp_path, purl, never, still, last)) == [
        "DEBIAN-CVE-2024-2",
        "DEBIAN-CVE-2024-3",
    ]


def ubuntu(free: dict[str, str] | None, paid: dict[str, str] | None) -> dict[str, Any]:
    made = record("UBUNTU-CVE-2024-1111", "foo", {"introduced": "0"}, *((free,) if free else ()),
                  ecosystem="Ubuntu:22.04:LTS", upstream=[CVE])  # fmt: skip
    pro: dict[str, Any] = {"package": {"ecosystem": "Ubuntu:Pro:22.04:LTS", "name": "foo"}}
    if paid:
        pro["ranges"] = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, paid]}]
    made["affected"].append(pro)
    return made


def test_a_fix_of_ubuntu_pro_counts_where_it_is_installed_and_says_what_it_takes(
    tmp_path: Path,
) -> None:
    made = ubuntu(None, {"fixed": "1.0-1ubuntu1+esm1"})
    purl = "pkg:deb/ubuntu/foo@{}?distro=ubuntu-22.04"

    (found,) = ask(tmp_path / "a", purl.format("1.0-1"), made).vulnerabilities
    assert (found.fixed, found.paid) == (("1.0-1ubuntu1+esm1",), "Ubuntu Pro")
    assert not ask(tmp_path / "b", purl.format("1.0-1ubuntu1%2Besm1"), made).vulnerabilities


def test_a_fix_for_everyone_goes_before_one_that_is_paid(tmp_path: Path) -> None:
    made = ubuntu({"fixed": "1.0-1ubuntu2"}, {"fixed": "1.0-1ubuntu1+esm1"})

    (found,) = ask(tmp_path, "pkg:deb/ubuntu/foo@1.0-1?distro=ubuntu-22.04", made).vulnerabilities
    assert (found.fixed, found.paid) == (("1.0-1ubuntu2",), "")


def test_only_pro_speaks_of_an_old_release_and_a_bare_entry_says_nothing(tmp_path: Path) -> None:
    old = record("USN-1-1", "foo", *span("1.0-1ubuntu1+esm1"), ecosystem="Ubuntu:Pro:16.04:LTS")
    purl = "pkg:deb/ubuntu/foo@1.0-1?distro=ubuntu-16.04"

    assert ids(ask(tmp_path / "a", purl, old)) == ["USN-1-1"]
    bare = ubuntu({"fixed": "1.0-2"}, None)
    fixed = ask(tmp_path / "b", "pkg:deb/ubuntu/foo@1.0-2?distro=ubuntu-22.04", bare)
    assert fixed == Answer()


def rhel(name: str, fixed: str, stream: str, *cves: str) -> dict[str, Any]:
    return record(name, "kernel", *span(fixed), ecosystem=f"Red Hat:{stream}", upstream=list(cves))


def test_a_fix_of_a_long_lived_minor_release_counts(tmp_path: Path) -> None:
    main = rhel("RHSA-2024:1", "5.14.0-503.el9_5", "enterprise_linux:9::baseos", CVE, "CVE-2024-2")
    some = rhel("RHSA-2024:2", "5.14.0-427.40.1.el9_4", "rhel_eus:9.4::baseos", CVE)
    rest = rhel("RHSA-2024:3", "5.14.0-427.41.1.el9_4", "rhel_eus:9.4::baseos", "CVE-2024-2")
    purl = "pkg:rpm/redhat/kernel@5.14.0-427.{}.1.el9_4?distro=rhel-9.4"

    assert ids(ask(tmp_path / "a", purl.format(38), main)) == ["RHSA-2024:1"]
    assert ask(tmp_path / "b", purl.format(39), main, some, rest).vulnerabilities
    assert ask(tmp_path / "c", purl.format(40), main, some, rest).vulnerabilities
    assert not ask(tmp_path / "d", purl.format(41), main, some, rest).vulnerabilities
    alone = ask(tmp_path / "e", purl.format(39), some)
    assert not alone.vulnerabilities, "what a stream does not fix, it says nothing of"


def test_red_hat_names_binaries_too(tmp_path: Path) -> None:
    made = record("RHSA-2024:1", "bind-libs", *span("32:9.16.23-15.el9"),
                  ecosystem="Red Hat:enterprise_linux:9::appstream")  # fmt: skip
    purl = ("pkg:rpm/redhat/bind-libs@9.16.23-14.el9?distro=rhel-9.4&epoch=32"
            "&upstream=bind-9.16.23-14.el9.src.rpm")  # fmt: skip

    assert ids(ask(tmp_path, purl, made)) == ["RHSA-2024:1"]


def test_epochs_count_and_one_that_is_not_known_does_not(tmp_path: Path) -> None:
    made = record("RLSA-2024:1", "bind", *span("32:9.16.23-15.el9"), ecosystem="Rocky Linux:9")
    own = "pkg:rpm/rocky/bind@9.16.23-16.el9?distro=rocky-9{}"
    sub = ("pkg:rpm/rocky/python3-bind@1.0-{0}.el9?distro=rocky-9"
           "&upstream=bind-9.16.23-{0}.el9.src.rpm")  # fmt: skip

    assert not ask(tmp_path / "a", own.format("&epoch=32"), made).vulnerabilities
    assert ids(ask(tmp_path / "b", own.format(""), made)) == ["RLSA-2024:1"]
    assert not ask(tmp_path / "c", sub.format(16), made).vulnerabilities
    assert ids(ask(tmp_path / "d", sub.format(14), made)) == ["RLSA-2024:1"]


def nodejs(stream: str, fixed: str) -> dict[str, Any]:
    return record(f"RLSA-2024:{stream}", "nodejs", *span(fixed), ecosystem="Rocky Linux:8",
                  summary=f"Important: nodejs:{stream} security update")  # fmt: skip


def test_modules_are_compared_within_their_stream(tmp_path: Path) -> None:
    purl = "pkg:rpm/rocky/nodejs@{}?distro=rocky-8.9{}"
    built = "18.19.0-1.module%2Bel8.9.0%2B1%2Babc"
    new = nodejs("20", "20.11.1-1.module+el8.9.0+2+abc")
    own = nodejs("18", "18.19.1-1.module+el8.9.0+3+abc")
    label = "&rpmmod=nodejs%3A18%3A8090020240101%3Ae155f54d"
    plain = record("RLSA-2024:0", "nodejs", *span("21-1.el8"), ecosystem="Rocky Linux:8")

    assert ids(ask(tmp_path / "a", purl.format(built, label), new, own, plain)) == ["RLSA-2024:18"]
    assert ids(ask(tmp_path / "b", purl.format(built, ""), new, own, plain)) == ["RLSA-2024:18"]
    outside = ask(tmp_path / "c", purl.format("18.19.0-1.el8", ""), new, own, plain)
    assert ids(outside) == ["RLSA-2024:0"]


def test_a_purl_is_enough() -> None:
    assert question(package("pkg:npm/left-pad@1.0.0")).ecosystems == ("npm",)
    assert not question(package("pkg:generic/nginx@1.0.0")).ecosystems


def test_openeuler_service_pack_is_told_by_the_package() -> None:
    asked = question(package("pkg:rpm/openeuler/bash@5.1-1.oe2203sp3?distro=openeuler-22.03"))

    assert asked.ecosystems == ("openEuler:22.03-LTS-SP3",)


@pytest.mark.parametrize(
    ("purl", "only"),
    [
        ("pkg:deb/debian/linux-libc-dev@6.1.1-1?distro=debian-12&upstream=linux", True),
        ("pkg:deb/ubuntu/linux-headers-5.15.0-1@5.15?distro=ubuntu-22.04&upstream=linux", True),
        ("pkg:rpm/rocky/kernel-headers@5.14-1?distro=rocky-9&upstream=kernel-5.14-1.src.rpm", True),
        ("pkg:apk/alpine/linux-headers@6.6-r0?distro=alpine-3.20.0", True),
        ("pkg:deb/debian/linux-image-6.1.0-18-amd64@6.1?distro=debian-12&upstream=linux", False),
        ("pkg:apk/alpine/linux-pam@1.5-r0?distro=alpine-3.20.0", False),
        ("pkg:npm/kernel-headers@1.0", False),
    ],
)
def test_headers_are_no_kernel(purl: str, only: bool) -> None:  # noqa: FBT001 a column
    assert headers_only(package(purl)) is only


@given(
    st.sampled_from(["pkg:deb/", "pkg:rpm/rocky/", "pkg:apk/a/b@1?", "pkg:rpm/x@1?rpmmod=", ""]),
    st.text(max_size=80),
    st.text("0123456789.:-~^+el_module&?=%@/#", max_size=40),
)
def test_no_purl_breaks_it(head: str, text: str, version: str) -> None:
    made = Package("x", ecosystem="rpm", name="n", version=version, purl=head + text + version)
    asked = question(made)

    assert asked.names
    headers_only(made)


def test_long_purls_end_soon() -> None:
    for text in ("&" * 500_000, "a=" * 500_000, "%" * 500_000, "distro=" + "-" * 500_000):
        question(Package("x", name="n", version="1", purl=f"pkg:rpm/rocky/n@1?{text}"))


def derive(at: Path, *packages: Package, records: tuple[dict[str, Any], ...]) -> Facts:
    with database(at, *records, complete=("Debian",)) as opened:
        return vulnerabilities.derive(Facts(packages), opened, NOW, max_age_days=7)


def test_headers_and_unimportant_are_lowered_and_say_so(tmp_path: Path) -> None:
    score = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]
    kernel = record("DEBIAN-CVE-2024-1", "linux", {"introduced": "0"}, ecosystem="Debian:12",
                    severity=score)  # fmt: skip
    small = record("DEBIAN-CVE-2024-2", "tar", {"introduced": "0"}, ecosystem="Debian:12",
                   severity=score,
                   affected={"ecosystem_specific": {"urgency": "unimportant"}})  # fmt: skip
    facts = derive(
        tmp_path,
        package("pkg:deb/debian/linux-libc-dev@6.1.1-1?distro=debian-12&upstream=linux"),
        package("pkg:deb/debian/tar@1.34?distro=debian-12"),
        records=(kernel, small),
    )
    found = {n.vulnerability: n for n in facts.nodes if isinstance(n, Advisory)}

    assert found["DEBIAN-CVE-2024-1"].severity is Severity.INFO
    assert "headers" in found["DEBIAN-CVE-2024-1"].eased
    assert found["DEBIAN-CVE-2024-2"].severity is Severity.INFO
    assert found["DEBIAN-CVE-2024-2"].reasons[0].startswith("severity critical (CVSS 3.1 9.8")


def test_what_the_system_brought_is_judged_with_it(tmp_path: Path) -> None:
    system = package("pkg:deb/debian/python3-foo@1.0-1?distro=debian-12&upstream=foo")
    inner = package("pkg:pypi/foo@1.0", path="usr/lib/python3/dist-packages/foo.dist-info/METADATA",
                    ecosystem="PyPI", owner=system.ref)  # fmt: skip
    made = record("PYSEC-1", "foo", *span("2"))
    other = record("DEBIAN-CVE-2024-1", "bar", *span("2"), ecosystem="Debian:12")
    facts = derive(tmp_path, system, inner, records=(made, other))

    assert not [n for n in facts.nodes if isinstance(n, Advisory)]
    assert Looked(inner.ref, "advisories") in facts.looked
    lost = derive(tmp_path / "b", inner, records=(made, other))
    assert [n.vulnerability for n in lost.nodes if isinstance(n, Advisory)] == ["PYSEC-1"]


def test_a_distribution_without_advisories_is_told_once(tmp_path: Path) -> None:
    many = [package(f"pkg:rpm/fedora/p{n}@1-1?distro=fedora-39") for n in range(5)]
    facts = derive(
        tmp_path, *many, records=(record("D-1", "x", *span("1"), ecosystem="Debian:12"),)
    )

    told = {problem.what for problem in facts.problems}
    assert told == {"OSV has no advisories of Fedora"}
    assert len(facts.problems) == 2, "one for advisories, one for malicious packages"
    assert not facts.looked
