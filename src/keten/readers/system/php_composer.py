"""``vendor/composer/installed.json``: what Composer installed (version 1: a list, 2: a table)."""

from typing import Any

from keten.errors import InputError
from keten.formats import json_index
from keten.formats.json_index import strings, table, text
from keten.model.delivery import Package
from keten.model.evidence import Link, Problem
from keten.model.facts import Edge, Facts, Trust
from keten.model.plug import Reader, Scope, Source
from keten.readers.system import _language as language

MAX_PACKAGES = 50_000


def read(source: Source) -> Facts:
    """Return the packages that Composer says it installed; InputError where it is none of that."""
    document = json_index.parse(source.data, depth=3)
    root = document.value
    items = root if isinstance(root, list) else table(root).get("packages")
    at: tuple[str, ...] = () if isinstance(root, list) else ("packages",)
    if not isinstance(items, list):
        raise InputError("no installed.json of Composer: it lists no packages", line=1)
    names = table(root).get("dev-package-names")
    development = {name for name in names if isinstance(name, str)} if names else set()
    packages: list[Package] = []
    lines: list[int] = []
    problems: list[Problem] = []
    needs: dict[str, list[str]] = {}
    for number, item in enumerate(items[:MAX_PACKAGES]):
        line = document.line(*at, number)
        try:
            one = _package(source.path, table(item), development)
        except InputError as error:
            problems.append(language.problem(source.path, error.what, line=line))
            continue
        packages.append(one)
        lines.append(document.line(*at, number, "name") or line)
        needs[one.ref] = [name.lower() for name in table(table(item).get("require"))]
    by_name = {one.name: one.ref for one in packages}
    edges = [
        Edge(ref, "requires", by_name[name], Trust.OBSERVED, source.path, "system/php-composer")
        for ref, names in needs.items()
        for name in names
        if name in by_name and by_name[name] != ref
    ]
    return language.facts(packages, edges=edges, problems=problems, lines=lines)


def _package(path: str, item: dict[str, Any], development: set[str]) -> Package:
    name, version = text(item.get("name")).lower(), text(item.get("version"))
    if not name or not version:
        raise InputError("a package without name or version")
    origin, archive = strings(item.get("source")), strings(item.get("dist"))
    address = archive.get("url", "")
    if archive.get("type") == "path":
        address = f"path:{address}"
    elif not address and origin.get("url"):
        address = f"{origin.get('type', 'git')}+{origin['url']}#{origin.get('reference', '')}"
    digest = archive.get("shasum", "")
    licenses = item.get("license")
    authors = item.get("authors")
    author = table(authors[0]).get("name") if isinstance(authors, list) and authors else ""
    namespace, _, base = name.rpartition("/")
    return language.package(
        path,
        "composer",
        base,
        version,
        namespace=namespace,
        development=name in development,
        source=language.anonymous(address)[:2000],
        hashes=(f"sha1:{digest}",) if digest else (),
        licenses=language.licenses(licenses if isinstance(licenses, list) else [licenses]),
        supplier=language.line(author),
    )


READER = Reader(
    title="Installed packages of Composer",
    media_type="application/json",
    read=read,
    link=Link.DEPENDENCIES,
    scope=Scope.SYSTEM,
    paths=("*/composer/installed.json", "composer/installed.json"),
)
