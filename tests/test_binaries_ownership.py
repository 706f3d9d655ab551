"""Who brought which file, and what nobody explains."""

import pytest
from growing import Work, linear

from keten.derive.ownership import Executable, ownership
from keten.model.delivery import Package
from keten.model.image import Contents

DB = "var/lib/dpkg/status"


def merged(folder: str) -> str:
    """Follow the links of a system whose bin, sbin and lib lie in usr."""
    first, slash, rest = folder.partition("/")
    return f"usr/{first}{slash}{rest}" if first in ("bin", "sbin", "lib") else folder


def contents(name: str, *files: str) -> Contents:
    return Contents(f"{DB}#pkg:deb/debian/{name}@1?arch=amd64", files=files)


def ref(name: str) -> str:
    return f"package {DB}#pkg:deb/debian/{name}@1?arch=amd64"


def package(path: str, kind: str, name: str) -> Package:
    return Package(
        f"{path}#pkg:{kind}/{name}@1",
        ecosystem=kind,
        name=name,
        version="1",
        path=path,
        installed=True,
    )


def missing(
    *paths: str, packages: tuple[Package, ...] = (), listed: tuple[Contents, ...] = ()
) -> list[str]:
    found = ownership([Executable(path) for path in paths], listed, packages, folder=merged)
    return list(found.unexplained)


def test_merged_usr() -> None:
    found = ownership(
        [Executable("usr/bin/ls"), Executable("usr/bin/mine"), Executable("usr/lib/x/tool")],
        [contents("coreutils", "bin/ls"), contents("x", "lib/x/tool", "usr/share/doc/x")],
        [],
        folder=merged,
    )
    assert found.files == {"usr/bin/ls": ref("coreutils"), "usr/lib/x/tool": ref("x")}
    assert found.unexplained == ("usr/bin/mine",)


def test_owner_of_language_packages() -> None:
    theirs = package("usr/lib/python3/dist-packages/six-1.egg-info/PKG-INFO", "pypi", "six")
    ours = package("usr/local/lib/python3.12/site-packages/x-1.dist-info/METADATA", "pypi", "x")
    inner = package("usr/share/java/a.jar!/lib/b.jar", "maven", "b")
    listed = contents("python3-six", "usr/lib/python3/dist-packages/six-1.egg-info/PKG-INFO",
                      "usr/share/java/a.jar")  # fmt: skip
    found = ownership([], [listed], [theirs, ours, inner], folder=merged)
    assert found.owners == {theirs.ref: ref("python3-six"), inner.ref: ref("python3-six")}


def test_diverted() -> None:
    found = ownership(
        [
            Executable("usr/bin/dash"),
            Executable("usr/bin/tool"),
            Executable("usr/bin/tool.distrib"),
        ],
        [contents("tool", "usr/bin/tool"), contents("other", "usr/bin/tool")],
        [],
        folder=merged,
        diverted={"usr/bin/tool": ("usr/bin/tool.distrib", "other")},
    )
    assert found.files["usr/bin/tool.distrib"] == ref("tool")
    assert found.files["usr/bin/tool"] == ref("other")
    assert found.unexplained == ("usr/bin/dash",)


def test_hard_links_are_one_file() -> None:
    links = [Executable(f"bin/{name}", same="i1") for name in ("[", "ash", "busybox")]
    found = ownership(links, [], [package("bin/busybox", "generic", "busybox")], folder=str)
    assert not found.unexplained
    assert ownership(links, [], [], folder=str).unexplained == ("bin/[",)


def test_programs_that_readers_explain() -> None:
    assert missing(
        "usr/bin/shop", "usr/bin/other", packages=(package("usr/bin/shop", "golang", "a"),)
    ) == ["usr/bin/other"]


@pytest.mark.parametrize(
    ("found", "explained", "not_explained"),
    [
        (package("usr/local/bin/python3.12", "generic", "python"),
         ("usr/local/bin/idle3.12", "usr/local/lib/python3.12/lib-dynload/_ssl.so"),
         ("usr/local/bin/app", "usr/local/lib/python3.12/site-packages/x/y.so", "usr/bin/pydoc3")),
        (package("usr/local/bin/ruby", "generic", "ruby"),
         ("usr/local/bin/irb", "usr/local/lib/ruby/3.3.0/x.rb"), ("usr/local/bin/rails",)),
        (package("usr/local/go/VERSION", "generic", "go"),
         ("usr/local/go/bin/go", "usr/local/go/pkg/tool/x"), ("usr/local/bin/go",)),
        (package("opt/java/release", "generic", "openjdk"), ("opt/java/bin/java",), ("opt/app",)),
        (package("srv/node_modules/esbuild/package.json", "npm", "esbuild"),
         ("srv/node_modules/esbuild/bin/esbuild",), ("srv/node_modules/other/bin/x", "srv/run")),
        (package("srv/node_modules/@a/b/package.json", "npm", "@a/b"),
         ("srv/node_modules/@a/b/x",), ("srv/node_modules/@a/c/x",)),
        (package("app/shop.deps.json", "nuget", "Newtonsoft.Json"), ("app/shop",), ("app/evil",)),
        (package("usr/lib/libstd-1234.so", "generic", "rust"),
         ("usr/bin/rustc",), ("usr/bin/evil",)),
        (package("bundle/ruby/3.3.0/specifications/puma-6.4.gemspec", "gem", "puma"),
         ("bundle/ruby/3.3.0/gems/puma-6.4/bin/puma", "bundle/ruby/3.3.0/bin/puma"),
         ("bundle/ruby/3.3.0/gems/other-1/bin/x",)),
    ],
)  # fmt: skip
def test_what_lies_beside(
    found: Package, explained: tuple[str, ...], not_explained: tuple[str, ...]
) -> None:
    told = missing(*explained, *not_explained, packages=(found,))
    assert told == sorted(not_explained)


def test_system_packages_own_nothing_of_themselves() -> None:
    dpkg = package(DB, "deb", "bash")
    assert not ownership([], [contents("bash", DB)], [dpkg], folder=str).owners


Many = tuple[list[Executable], list[Contents]]


def many(count: int) -> Many:
    """Return 66 programs of each of so many packages, and what these say they hold."""
    listed = [contents(f"p{i}", *(f"{'bin' if j % 2 else 'usr/lib'}/d{i}/f{j}" for j in range(70)))
              for i in range(count)]  # fmt: skip
    programs = [
        Executable(f"usr/{'bin' if j % 2 else 'lib'}/d{i}/f{j}")
        for i in range(count)
        for j in range(66)
    ]
    return programs, listed


def owned(given: Many) -> tuple[str, ...]:
    return tuple(ownership(*given, [], folder=merged).unexplained)


HOSTILE = {"packages": Work(many, owned, 300, 1.0)}


def test_owners_are_found_in_steps_by_their_number() -> None:
    linear(HOSTILE["packages"])
    assert not owned(many(30))
