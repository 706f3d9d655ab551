"""Snaps that are unpacked in a filesystem: ``meta/snap.yaml``, ``snap/manifest.yaml``.

The first says what the snap is. The second is left by snapcraft and lists the packages of
Ubuntu that went into it (``primed-stage-packages``; of older ones each part's
``stage-packages``), with the release they are from; their source packages it does not name.
"""

from typing import Any

from keten.errors import InputError
from keten.formats.json_index import table, text
from keten.formats.lazy_pattern import lazy
from keten.model.delivery import Package
from keten.model.evidence import Link, Problem
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system import _language as language

CEILING = 8 << 20
MAX_PACKAGES = 20_000
_VERSION = lazy(r"(?m)^version:([^\n]{1,500})$")
_MANIFEST = "manifest.yaml"


def read(source: Source) -> Facts:
    """Return the snap, or the packages that its manifest lists."""
    from keten.formats.yaml import documents as yaml

    document = next(iter(yaml.load_all(source.data, yaml.Dialect.CORE)), None)
    root = document.value if document is not None else None
    if not isinstance(root, dict):
        raise InputError("no description of a snap: it is no mapping", line=1)
    if source.path.endswith(_MANIFEST):
        assert document is not None
        return _staged(source.path, root, document.fields)
    name, version = text(root.get("name")), _version(source.data, root.get("version"))
    if not name or not version:
        raise InputError("a snap without name or version", line=1)
    one = language.package(
        source.path,
        "generic",
        name,
        version,
        namespace="snap",
        qualifiers={"arch": _arch(root)},
        licenses=language.licenses([root.get("license")]),
    )
    return language.facts([one])


def _version(data: bytes, value: object) -> str:
    """Return the version as it is written: YAML makes a number of ``1.10`` that has lost its 0."""
    if isinstance(value, str):
        return value.strip()
    found = _VERSION.search(data.decode("utf-8", "replace"))
    return found[1].partition("#")[0].strip() if found else ""


def _staged(path: str, root: dict[str, Any], fields: dict[str, int]) -> Facts:
    """Return the packages that snapcraft put into the snap."""
    distro = text(root.get("snapcraft-os-release-id"))
    release = text(root.get("snapcraft-os-release-version-id"))
    qualifiers = {"arch": _arch(root), "distro": f"{distro}-{release}" if release else ""}
    packages: list[Package] = []
    problems: list[Problem] = []
    lines: list[int] = []
    for at, told in _listed(root):
        if len(packages) >= MAX_PACKAGES:
            raise InputError(f"a snap of more than {MAX_PACKAGES:,} packages")
        line = fields.get(at, 0)
        try:
            packages.append(_package(path, told, distro or "ubuntu", qualifiers))
        except InputError as error:
            problems.append(language.problem(path, error.what, line=line))
        else:
            lines.append(line)
    return language.facts(packages, problems=problems[:100], lines=lines)


def _package(path: str, told: str, vendor: str, qualifiers: dict[str, str]) -> Package:
    name, equal, version = told.partition("=")
    if not equal or not version:
        raise InputError(f"a staged package {told[:60]!r} without a version")
    return language.package(
        path, "deb", name.partition(":")[0], version, namespace=vendor, qualifiers=qualifiers
    )


def _listed(root: dict[str, Any]) -> list[tuple[str, str]]:
    """Return field path and text of each package that is in the snap."""
    key = "primed-stage-packages"
    primed = root.get(key)
    if isinstance(primed, list):
        return [(f"{key}[{n}]", item) for n, item in enumerate(primed) if isinstance(item, str)]
    return [
        (f"parts.{name}.stage-packages[{n}]", item)
        for name, part in table(root.get("parts")).items()
        if isinstance(staged := table(part).get("stage-packages"), list)
        for n, item in enumerate(staged)
        if isinstance(item, str)
    ]


def _arch(root: dict[str, Any]) -> str:
    found = root.get("architectures")
    first = found[0] if isinstance(found, list) and len(found) == 1 else ""
    return "" if first == "all" else text(first)


READER = Reader(
    title="Unpacked snap",
    media_type="application/yaml",
    read=read,
    link=Link.DEPENDENCIES,
    scope=Scope.SYSTEM,
    ceiling=CEILING,
    paths=("*/meta/snap.yaml", "meta/snap.yaml", "*/snap/manifest.yaml", "snap/manifest.yaml"),
)
