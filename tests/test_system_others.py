"""What pacman, opkg and portage say is installed."""

import pytest
from system_roots import Root, owned, packages, requires

from keten.errors import InputError

ARCH = b'NAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\n'
DESC = b"""\
%NAME%
zstd

%VERSION%
1:1.5.2-7

%BASE%
zstd-base

%ARCH%
x86_64

%LICENSE%
BSD-3-Clause
GPL2

%PACKAGER%
Somebody <a@example.org>

%DEPENDS%
glibc
"""
FILES = b"%FILES%\nusr/\nusr/bin/\nusr/bin/zstd\nusr/bin/a b\n\n%BACKUP%\netc/x\tabc\n"


def test_pacman() -> None:
    root = Root({
        "var/lib/pacman/local/zstd-1:1.5.2-7/desc": DESC,
        "var/lib/pacman/local/zstd-1:1.5.2-7/files": FILES,
        "var/lib/pacman/local/ALPM_DB_VERSION": b"9\n",
        "etc/os-release": ARCH,
    })  # fmt: skip
    facts = root.facts("system/pacman")
    (node,) = packages(facts).values()
    assert node.purl == (
        "pkg:alpm/arch/zstd@1:1.5.2-7?arch=x86_64&distro=arch-rolling&upstream=zstd-base"
    )
    assert node.licenses == ("BSD-3-Clause", "GPL-2.0-only")
    assert node.supplier == "Somebody <a@example.org>"
    assert owned(facts) == {"zstd": ("usr/bin/a b", "usr/bin/zstd")}


def test_a_package_of_pacman_without_a_name_is_told() -> None:
    facts = Root({"var/lib/pacman/local/x-1/desc": b"%VERSION%\n1\n"}).facts("system/pacman")
    assert not facts.nodes
    assert "without a name" in facts.problems[0].what


STATUS = """\
Package: busybox
Version: 1.36.1-1
Depends: libc, missing
Status: install user installed
Architecture: x86_64
Conffiles:
 /etc/profile 0123

Package: libc
Version: 1.2.4-4
Provides: musl
Status: install hold installed
Architecture: x86_64

Package: removed
Version: 1
Status: deinstall user not-installed

Package: app
Version: 2
Depends: musl (>= 1)
Status: install ok installed
Architecture: all
"""
CONTROL = b"Package: busybox\nVersion: 1.36.1-1\nLicense: GPL-2.0\nSource: package/utils/busybox\n"


@pytest.mark.parametrize("folder", ["usr/lib/opkg", "var/lib/opkg"])
def test_opkg(folder: str) -> None:
    root = Root({
        f"{folder}/status": STATUS.encode(),
        f"{folder}/info/busybox.list": b"/bin/busybox\n/bin/sh\t0120777\tbusybox\n",
        f"{folder}/info/busybox.control": CONTROL,
        "etc/os-release": b'ID="openwrt"\nVERSION_ID="23.05.3"\n',
    })  # fmt: skip
    facts = root.facts("system/opkg")
    found = packages(facts)
    assert set(found) == {"busybox", "libc", "app"}
    assert found["busybox"].purl == (
        "pkg:opkg/openwrt/busybox@1.36.1-1?arch=x86_64&distro=openwrt-23.05.3"
    )
    assert found["busybox"].licenses == ("GPL-2.0-only",)
    assert requires(facts) == {("busybox", "libc"), ("app", "libc")}
    assert owned(facts) == {"busybox": ("bin/busybox", "bin/sh")}


def test_portage() -> None:
    folder = "var/db/pkg/app-containers/skopeo-1.5.1-r2"
    root = Root({
        f"{folder}/CONTENTS": b"dir /usr\nobj /usr/bin/a b 376c02bd3b22804df8fdfdc895e7dbfb 1649\n"
        b"sym /usr/bin/c -> a b 1649\nfif /x\nobj broken\n",
        f"{folder}/LICENSE": b"Apache-2.0 MIT\n",
        "var/db/pkg/dev-libs/lib-a-2_rc1/CONTENTS": b"",
        "var/db/pkg/dev-libs/lib-a-2_rc1/LICENSE": b"|| ( MIT Apache-2.0 )\n",
        "var/db/pkg/dev-libs/broken/CONTENTS": b"",
        "etc/os-release": b"ID=gentoo\nVERSION_ID=2.14\n",
    })  # fmt: skip
    facts = root.facts("system/portage")
    found = packages(facts)
    assert found["app-containers/skopeo"].purl == "pkg:ebuild/app-containers/skopeo@1.5.1-r2"
    assert found["app-containers/skopeo"].licenses == ("Apache-2.0", "MIT")
    assert found["dev-libs/lib-a"].version == "2_rc1"
    assert found["dev-libs/lib-a"].licenses == ("|| ( MIT Apache-2.0 )",)
    assert owned(facts) == {"skopeo": ("usr/bin/a b", "usr/bin/c")}
    assert "broken" in facts.problems[0].what


INVENTORY = b"""{"Content": [
  {"Name": "glibc", "Publisher": "Bottlerocket", "Version": "2.40", "Release": "1.abc.br1",
   "Epoch": "1", "Architecture": "x86_64", "InstalledTime": "2025-01-01T00:00:00Z"},
  {"Name": "bash", "Version": "5.2", "Release": "2.br1", "Epoch": "0", "Architecture": "x86_64"},
  {"Name": "", "Version": "5.2"}
]}"""


def test_bottlerocket() -> None:
    root = Root({
        "usr/share/bottlerocket/application-inventory.json": INVENTORY,
        "etc/os-release": b"ID=bottlerocket\nVERSION_ID=1.30.0\n",
    })  # fmt: skip
    facts = root.facts("system/bottlerocket")
    found = packages(facts)
    assert found["glibc"].purl == (
        "pkg:rpm/bottlerocket/glibc@2.40-1.abc.br1?arch=x86_64&distro=bottlerocket-1.30.0&epoch=1"
    )
    assert found["bash"].version == "5.2-2.br1"
    assert len(facts.problems) == 1


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"Content": 1}', b"[" * 100_000, b"\xff"])
def test_what_is_no_inventory_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        Root({"usr/share/bottlerocket/application-inventory.json": data}).facts(
            "system/bottlerocket"
        )
