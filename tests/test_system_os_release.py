"""Which operating system a root is: os-release, its forerunners, OSV's names, days of support."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from system_roots import Root

from keten.formats import os_release
from keten.model import support
from keten.model.image import System


def system(files: dict[str, str | bytes]) -> System | None:
    raw = {p: d.encode() if isinstance(d, str) else d for p, d in files.items()}
    nodes = Root(raw).facts("system/os-release").nodes
    assert len(nodes) <= 1
    if not nodes:
        return None
    assert isinstance(nodes[0], System)
    return nodes[0]


def found(files: dict[str, str | bytes]) -> System:
    node = system(files)
    assert node is not None
    return node


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("X=plain", "plain"),
        ('X="two words"', "two words"),
        ("X='a \"b\" \\n'", 'a "b" \\n'),
        (r'X="a \"b\" \$c \`d\` \\ \n"', 'a "b" $c `d` \\ \\n'),
        (r"X=a\ b", "a b"),
        ('X=a"b c"d', "ab cd"),
        ("X=first second", "first"),
        ("  X=indented  ", "indented"),
        ("X=", ""),
        ("X=1\nX=2", "2"),
        ("X=1\r\n", "1"),
    ],
)
def test_values_are_unquoted_as_the_shell_does(line: str, value: str) -> None:
    assert os_release.parse(line) == {"X": value}


@pytest.mark.parametrize("line", ["#X=1", "X", "=1", "1X=1", "X Y=1", "", "export X=1"])
def test_what_is_no_assignment_is_passed_over(line: str) -> None:
    assert os_release.parse(line) == {}


# ID, VERSION_ID, more lines; OSV's ecosystem, the last day of support for all.
RELEASES = [
    ("debian", "12", "", "Debian:12", "2028-06-30"),
    ("debian", "10", "", "Debian:10", "2024-06-30"),
    ("debian", "13", "", "Debian:13", "2030-06-30"),
    ("ubuntu", "22.04", "", "Ubuntu:22.04:LTS", "2027-06-01"),
    ("ubuntu", "24.10", "", "Ubuntu:24.10", "2025-07-10"),
    ("ubuntu", "20.04", "", "Ubuntu:20.04:LTS", "2025-05-29"),
    ("alpine", "3.19.1", "", "Alpine:v3.19", "2025-11-01"),
    ("alpine", "3.20.3", "", "Alpine:v3.20", "2026-04-01"),
    ("rocky", "9.3", "", "Rocky Linux:9", "2032-05-31"),
    ("almalinux", "8.9", "", "AlmaLinux:8", "2029-05-31"),
    ("wolfi", "20230201", "", "Wolfi", ""),
    ("chainguard", "20230214", "", "Chainguard", ""),
    ("minimos", "20241031", "", "MinimOS", ""),
    ("mageia", "8", "", "Mageia:8", "2023-11-30"),
    ("opensuse-leap", "15.5", "", "openSUSE:Leap 15.5", "2024-12-31"),
    ("opensuse-tumbleweed", "20240101", "", "openSUSE:Tumbleweed", ""),
    ("sles", "15.5", "", "SUSE:Linux Enterprise Server 15 SP5", "2024-12-31"),
    ("photon", "3.0", "", "Photon OS:3.0", "2024-03-01"),
    ("azurelinux", "3.0", "", "Azure Linux:3", ""),
    ("mariner", "2.0.20240101", "", "Azure Linux:2", "2025-07-31"),
    ("openEuler", "22.03", "", "openEuler:22.03-LTS", ""),
    ("amzn", "2023", "", "", "2029-06-30"),
    ("fedora", "39", "", "", "2024-11-26"),
    ("ol", "8.9", "", "", "2029-07-31"),
    ("centos", "9", 'NAME="CentOS Stream"', "", "2027-05-31"),
    ("centos", "8", 'NAME="CentOS Linux"', "", "2021-12-31"),
    ("arch", "", "BUILD_ID=rolling", "", ""),
    ("openwrt", "23.05.3", "", "", ""),
    ("gentoo", "2.14", "", "", ""),
]


@pytest.mark.parametrize(("distro", "version", "more", "osv", "end"), RELEASES)
def test_releases_have_osv_names_and_days_of_support(
    distro: str, version: str, more: str, osv: str, end: str
) -> None:
    node = found({"etc/os-release": f'ID="{distro}"\nVERSION_ID="{version}"\n{more}\n'})
    assert node.distro == distro.lower()
    assert node.osv == osv
    assert str(node.end or "") == end


def test_red_hat_has_the_ecosystem_of_its_main_stream() -> None:
    node = found({"etc/os-release": 'ID="rhel"\nVERSION_ID="8.6"\nCPE_NAME="cpe:/o:redhat:x:8"\n'})
    assert node.osv.startswith("Red Hat:enterprise_linux:8")
    assert (node.end, node.extended) == (date(2029, 5, 31), date(2032, 5, 31))


def test_centos_stream_8_is_not_centos_linux_8() -> None:
    stream = found({"etc/os-release": 'NAME="CentOS Stream"\nID=centos\nVERSION_ID=8\n'})
    assert stream.end == date(2024, 5, 31)


# The file, its text; ID, VERSION_ID, codename.
OLD = [
    ("etc/redhat-release", "CentOS release 6.10 (Final)\n", "centos", "6.10", "Final"),
    ("etc/centos-release", "CentOS Linux release 7.9.2009 (Core)\n", "centos", "7.9.2009", "Core"),
    ("etc/redhat-release", "Red Hat Enterprise Linux Server release 6.10 (Santiago)", "rhel",
     "6.10", "Santiago"),
    ("etc/redhat-release", "Fedora release 20 (Heisenbug)", "fedora", "20", "Heisenbug"),
    ("etc/oracle-release", "Oracle Linux Server release 6.10\n", "ol", "6.10", ""),
    ("etc/redhat-release", "Scientific Linux release 6.9 (Carbon)", "scientific", "6.9", "Carbon"),
    ("etc/system-release", "Amazon Linux AMI release 2018.03\n", "amzn", "2018.03", ""),
    ("etc/system-release", "Amazon Linux release 2 (Karoo)\n", "amzn", "2", "Karoo"),
    ("etc/photon-release", "VMware Photon OS 3.0\nPHOTON_BUILD_NUMBER=1\n", "photon", "3.0", ""),
    ("etc/SuSE-release", "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n",
     "sles", "11.4", ""),
    ("etc/SuSE-release", "openSUSE 13.1 (x86_64)\nVERSION = 13.1\n", "opensuse", "13.1", ""),
    ("etc/alpine-release", "3.10.4\n", "alpine", "3.10.4", ""),
    ("etc/debian_version", "7.11\n", "debian", "7", "wheezy"),
    ("etc/debian_version", "6.0.10\n", "debian", "6.0", "squeeze"),
    ("etc/debian_version", "trixie/sid\n", "debian", "", "trixie"),
    ("etc/lsb-release", "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=14.04\nDISTRIB_CODENAME=trusty\n",
     "ubuntu", "14.04", "trusty"),
    ("etc/openwrt_release", "DISTRIB_ID='OpenWrt'\nDISTRIB_RELEASE='19.07.8'\n", "openwrt",
     "19.07.8", ""),
    ("etc/arch-release", " ", "arch", "rolling", ""),
    ("etc/gentoo-release", "Gentoo Base System release 2.14\n", "gentoo", "2.14", ""),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "distro", "version", "codename"), OLD)
def test_release_files_of_old_images_stand_for_it(
    path: str, text: str, distro: str, version: str, codename: str
) -> None:
    node = found({path: text})
    assert (node.distro, node.release, node.codename) == (distro, version, codename)
    assert node.path == path


def test_the_first_file_that_says_something_counts() -> None:
    files: dict[str, str | bytes] = {
        "etc/os-release": "# nothing\n",
        "usr/lib/os-release": "ID=debian\nVERSION_ID=12\n",
        "etc/debian_version": "11.1\n",
    }
    assert found(files).path == "usr/lib/os-release"
    assert system({"etc/os-release": "\n", "etc/hostname": "x"}) is None


def test_oracle_is_not_taken_for_red_hat() -> None:
    node = found({
        "etc/redhat-release": "Red Hat Enterprise Linux Server release 6.10 (Santiago)\n",
        "etc/oracle-release": "Oracle Linux Server release 6.10\n",
    })  # fmt: skip
    assert node.distro == "ol"


def test_rolling_distributions_were_looked_at_and_unknown_ones_were_not() -> None:
    def looked(text: str) -> set[str]:
        facts = Root({"etc/os-release": text.encode()}).facts("system/os-release")
        return {item.need for item in facts.looked}

    assert "support" in looked("ID=wolfi\nVERSION_ID=20230201\n")
    assert "support" in looked("ID=debian\nVERSION_ID=12\n")
    assert "support" not in looked("ID=debian\n")
    assert "support" not in looked("ID=homemade\nVERSION_ID=1\n")


def test_every_row_of_support_is_in_order() -> None:
    distributions = {distro for distro, _ in support._table()}
    assert len(distributions) >= 15
    for (distro, version), row in support._table().items():
        days = [day for day in (row.general, row.free, row.paid) if day]
        assert days == sorted(days), (distro, version)
        assert days, (distro, version)


def test_a_release_of_suse_is_not_another_one() -> None:
    assert support.of("sles", "15.9") is None
    assert support.of("sles_sap", "15.5") == support.of("sles", "15.5")


@given(st.binary(max_size=2000))
def test_any_bytes_are_read(data: bytes) -> None:
    for path, _ in os_release.SOURCES:
        Root({path: data}).facts("system/os-release")


@given(st.text(alphabet="IDVERSON_=\"'\\ \n$a1.-", max_size=300))
def test_any_assignments_are_read(text: str) -> None:
    release = os_release.identify(Root({"etc/os-release": text.encode()}).read)
    assert release is None or release.distro
