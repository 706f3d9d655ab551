"""Assemblies and single files of .NET: what each says it is, and hostile ones."""

import struct
from contextlib import suppress
from functools import cache

import dotnet_programs as made
import msgspec
import pytest
from executable_files import pe
from hypothesis import given, settings
from hypothesis import strategies as st

from keten import plugs
from keten.errors import CeilingError, InputError
from keten.formats.oci.tree import Tree
from keten.formats.programs import dotnet, dotnet_bundle
from keten.model.delivery import Manifest, Package
from keten.model.facts import Facts
from keten.model.image import Contents
from keten.model.plug import Reader, Source
from keten.pipeline.images.programs import explained
from keten.testing.examples import Memory

SAID = {"CompanyName": "Newtonsoft", "FileVersion": "13.0.3.27908",
        "ProductVersion": "13.0.3+0a2e291c0d9c0c7675d445703e51750363a549ef"}  # fmt: skip
DEPS = msgspec.json.format(
    msgspec.json.encode(
        {
            "targets": {
                ".NETCoreApp,Version=v8.0": {
                    "shop/1.0.0": {
                        "dependencies": {"Acme.Json": "2.0.1"}, "runtime": {"shop.dll": {}},
                    },
                    "Acme.Json/2.0.1": {
                        "runtime": {"lib/net8.0/Acme.Json.dll": {}},
                        "runtimeTargets": {"runtimes/linux-x64/native/libacme.so": {}},
                        "resources": {"lib/net8.0/de/Acme.Json.resources.dll": {"locale": "de"}},
                    },
                    "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.27": {
                        "runtime": {"System.Text.Json.dll": {}}, "native": {"libcoreclr.so": {}},
                    },
                }
            },
            "libraries": {
                "shop/1.0.0": {"type": "project"},
                "Acme.Json/2.0.1": {"type": "package", "sha512": "sha512-YWJj"},
                "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.27": {
                    "type": "runtimepack"
                },
            },
        }
    )
)  # fmt: skip
RUNTIME = "Microsoft.NETCore.App.Runtime.linux-x64"


def facts(reader: str, data: bytes, path: str) -> Facts:
    plug = plugs.load(Reader, reader)
    sifted = plug.sift(data) if plug.sift is not None else data
    return plug.read(Source(path, sifted, Memory({})))


def packages(found: Facts) -> dict[str, Package]:
    return {node.purl: node for node in found.nodes if isinstance(node, Package)}


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("large", [True, False])
def test_assembly(*, wide: bool, large: bool) -> None:
    data = made.assembly(
        "Newtonsoft.Json",
        version=(13, 0, 0, 0),
        said=SAID,
        wide=wide,
        large=large,
        rows={0x01: bytes(10 if large else 6) * 3},
    )

    (one,) = packages(facts("system/dotnet-assembly", data, "app/Newtonsoft.Json.dll")).values()

    assert one.purl == "pkg:nuget/Newtonsoft.Json@13.0.3"
    assert (one.source, one.supplier, one.installed) == ("assembly:13.0.0.0", "Newtonsoft", True)


def test_tables_with_more_than_65535_rows_have_wider_indices() -> None:
    # A CustomAttribute's parent is in one of 22 tables: five bits, so that 2,048 rows make it wide.
    narrow = {0x01: bytes(6) * 2047, 0x0C: b""}
    wide = {0x01: bytes(6) * 2048, 0x0C: bytes(8)}
    for rows in (narrow, wide):
        assert dotnet.assembly(made.assembly("X", rows=rows)) == dotnet.Assembly("X", "1.0.0.0")


@pytest.mark.parametrize(
    ("product", "file", "version"),
    [
        ("13.0.3", "13.0.3.1", "13.0.3"),
        ("8.0.0-preview.7.23375.6+65b696cf5e88ff6c4d1b5f9c6bd7a2ecd2a9d2d1", "8.0.23.37506",
         "8.0.0-preview.7.23375.6"),
        ("6.0.8.18111", "6.0.8.18111", "6.0.8.18111"),
        ("1.2.3.0", "1.2.3.0", "1.2.3"),
        ("", "2.1.0.0", "2.1.0"),
        (" ", "0.0.0.0", ""),
        ("4.6.26515.06 @BuiltBy: dlab-DDVSOWINAGE059", "4.6.26515.06", ""),
        ("1.0.0.0", "", "1.0.0"),
        ("0.0.0.0", "1.0", ""),
        ("1." * 9 + "1", "", ""),
        ("9" * 5000, "", ""),
    ],
)  # fmt: skip
def test_version(product: str, file: str, version: str) -> None:
    data = made.assembly("X", said={"FileVersion": file, "ProductVersion": product})

    (one,) = packages(facts("system/dotnet-assembly", data, "app/X.dll")).values()

    assert one.version == version


def test_what_is_no_package() -> None:
    others = [
        pe({".text": b"native"}),
        b"MZ a program of DOS",
        b"MZ",
        made.assembly("X", culture="de", said=SAID),
        made.assembly("X", more=("ReferenceAssemblyAttribute",), said=SAID),
        made.assembly("module", tables=False),
    ]
    assert not any(facts("system/dotnet-assembly", data, "a.dll").nodes for data in others)


def test_without_a_resource_the_version_is_not_known() -> None:
    (one,) = packages(facts("system/dotnet-assembly", made.assembly("X"), "app/X.dll")).values()
    assert one.purl == "pkg:nuget/X"


def test_what_a_deps_json_lists_is_told_once() -> None:
    path = "app/shop.deps.json"
    parts = [facts("packages/deps-json", DEPS, path), facts("system/dotnet-files", DEPS, path)]
    for name in ("shop", "Acme.Json", "System.Text.Json", "Plugin"):
        data = made.assembly(name, said={"ProductVersion": "1.0.0"})
        parts.append(facts("system/dotnet-assembly", data, f"app/{name}.dll"))
    whole = Facts(
        nodes=tuple(node for part in parts for node in part.nodes),
        looked=tuple(item for part in parts for item in part.looked),
    )

    found = explained(whole, Tree([]), [], ())

    assert sorted(packages(found)) == [
        "pkg:nuget/Acme.Json@2.0.1",
        f"pkg:nuget/{RUNTIME}@8.0.27",
        "pkg:nuget/Plugin@1.0.0",
    ]
    assert not any(isinstance(node, Contents) for node in found.nodes)
    refs = {node.ref for node in found.nodes}
    assert {item.ref for item in found.looked} <= refs


def test_files_of_packages() -> None:
    found = facts("system/dotnet-files", DEPS, "app/shop.deps.json")
    files = {node.id.partition("#")[2]: node.files for node in found.nodes
             if isinstance(node, Contents)}  # fmt: skip

    assert "app/runtimes/linux-x64/native/libacme.so" in files["pkg:nuget/Acme.Json@2.0.1"]
    assert "app/Acme.Json.dll" in files["pkg:nuget/Acme.Json@2.0.1"]
    assert not facts("system/dotnet-files", b"[", "x.deps.json").nodes


def test_single_file() -> None:
    found = facts("system/dotnet-bundle", made.bundle(DEPS), "app/shop")

    assert sorted(packages(found)) == ["pkg:nuget/Acme.Json@2.0.1", f"pkg:nuget/{RUNTIME}@8.0.27"]
    assert all(package.installed and not package.line for package in packages(found).values())
    assert any(isinstance(node, Manifest) and node.id == "app/shop" for node in found.nodes)
    assert not any(place.line for place in found.places)


def test_single_file_that_says_nothing() -> None:
    with pytest.raises(InputError, match="does not say"):
        facts("system/dotnet-bundle", made.bundle(b""), "app/shop")
    with pytest.raises(InputError, match=r"\.NET Core 3"):
        facts("system/dotnet-bundle", made.bundle(DEPS, major=1), "app/shop")


def test_a_host_without_a_bundle_is_no_single_file() -> None:
    data = made.bundle(DEPS).replace(dotnet_bundle.MARK, bytes(32))
    assert dotnet_bundle.deps(data) is None
    at = made.bundle(DEPS).index(dotnet_bundle.MARK)
    data = made.bundle(DEPS)
    assert dotnet_bundle.deps(data[: at - 8] + bytes(8) + data[at:]) is None
    for place in (1 << 62, (1 << 64) - 1, len(data) - 3):
        far = data[: at - 8] + struct.pack("<Q", place) + data[at:]
        with pytest.raises(InputError):
            dotnet_bundle.deps(far)


@cache
def _hosts() -> tuple[bytes, ...]:
    return (
        made.assembly("Newtonsoft.Json", said=SAID, rows={0x01: bytes(6) * 9}),
        made.assembly("X", said=SAID, wide=False, large=True),
        made.bundle(DEPS),
    )


@given(
    st.integers(0, 2),
    st.lists(st.tuples(st.integers(0, 8000), st.binary(min_size=1, max_size=8)), max_size=6),
    st.integers(0, 8000),
)
@settings(max_examples=400, deadline=None)
def test_mutated(which: int, edits: list[tuple[int, bytes]], cut: int) -> None:
    data = bytearray(_hosts()[which])
    for at, new in edits:
        data[at % len(data) : at % len(data) + len(new)] = new
    for changed in (bytes(data), bytes(data[:cut])):
        _survives(changed)


@given(st.binary(max_size=400))
def test_arbitrary(data: bytes) -> None:
    _survives(data)
    _survives(b"MZ" + data)


def _survives(data: bytes) -> None:
    for reader in ("system/dotnet-assembly", "system/dotnet-bundle"):
        with suppress(InputError, CeilingError):
            facts(reader, data, "a/b.dll")
    with suppress(InputError, CeilingError):
        facts("system/dotnet-files", data, "a/b.deps.json")


def test_claims_of_size_cost_nothing() -> None:
    data = bytearray(made.assembly("X", said=SAID))
    at = data.index(b"BSJB")
    stream = at + struct.unpack_from("<I", data, at + 32)[0]
    struct.pack_into("<I", data, stream + 24, 0xFFFFFFFF)  # the rows of Module
    with pytest.raises(InputError, match="beyond its end"):
        dotnet.assembly(bytes(data))
