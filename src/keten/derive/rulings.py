"""What keten.toml says of licences, indexes, registries and sandboxes, held against the facts.

A check sees no configuration: what is not permitted becomes an edge (``denied-by``,
``misplaced-by``) to a Ruling that says why, and where it could be judged is told with Looked.
Where a section says nothing, nothing is derived and no check asks (docs/adr/0008).
"""

from collections.abc import Iterable, Iterator

from keten.config import Config
from keten.derive.sandboxes import judged
from keten.model.delivery import Image, Manifest, Package
from keten.model.evidence import Place
from keten.model.facts import Edge, Facts, Looked, Trust
from keten.model.rules import Rules, Ruling

LICENSES = "licenses"
UNLICENSED = "licenses.unknown"
INDEXES = "registries.index"
IMAGES = "registries.images"
SANDBOX = "sandbox"
DENIED = "denied-by"
MISPLACED = "misplaced-by"
_BY = "keten.toml"
_LOCAL = ("path:", "path+", "file:", "link:", "workspace:", "portal:", "bundled", ".", "/")
_DEFAULT = {"Cargo.lock": "crates.io", "poetry.lock": "pypi.org", "uv.lock": "pypi.org"}
"""Formats that name every index but this one."""
_USES = ("runs", "builds-from", "copies-from", "runs-in", "uses")


def derive(facts: Facts, config: Config) -> Facts:
    """Return the rules that there are, and what they say of the nodes of *facts*."""
    made = _Made()
    said = config.licenses
    if said.allow or said.deny or said.unknown == "report":
        _licenses(made, facts, config)
    if config.registries.index:
        _indexes(made, facts, config)
    if config.registries.images:
        _images(made, facts, config)
    if config.sandbox:
        made.rules.append(Rules(SANDBOX))
        for workload, found in judged(facts, config.sandbox):
            made.looked.append(Looked(workload.ref, "runtime-class"))
            if found is not None:
                made.deny(workload.ref, DENIED, SANDBOX, found.what, found.why, found.wanted)
    return made.facts()


class _Made:
    """The facts in the making."""

    def __init__(self) -> None:
        self.rules: list[Rules] = []
        self.rulings: dict[str, Ruling] = {}
        self.edges: list[Edge] = []
        self.looked: list[Looked] = []
        self.places: list[Place] = []

    def deny(self, ref: str, relation: str, section: str, what: str, why: str, wanted: str) -> None:  # noqa: PLR0917 the parts of one sentence
        """Say that *what* is not permitted of the node *ref*, and why."""
        ruling = Ruling(f"{section} {what} {why}", what, why, wanted)
        self.rulings[ruling.ref] = ruling
        self.edges.append(Edge(ref, relation, ruling.ref, Trust.OBSERVED, by=_BY))

    def facts(self) -> Facts:
        """Return what was found."""
        return Facts(
            nodes=(*self.rules, *self.rulings.values()),
            edges=tuple(self.edges),
            looked=tuple(self.looked),
            places=tuple(self.places),
        )


def _licenses(made: _Made, facts: Facts, config: Config) -> None:
    from keten.formats.licences import licenses as spdx
    from keten.policy import licensing

    rules = licensing.Rules(config.licenses)
    told = config.licenses.unknown == "unknown"
    used: dict[str, None] = {}
    seen: set[str] = set()
    for node in facts.nodes:
        if not isinstance(node, Package):
            continue
        said = rules.concluded(node.purl)
        if said is not None:
            seen.add(said.purl)
            used[f"{said.purl} is {said.license}: {said.reason}"] = None
        verdict = rules.judge((said.license,) if said else node.licenses)
        note = " (as a person concluded)" if said else ""
        for item in verdict.denied:
            made.deny(node.ref, DENIED, LICENSES, item.licence + note, item.why, "")
        lacking = bool(verdict.unknown or verdict.nothing) and not node.source.startswith(_LOCAL)
        if not (lacking and told) or verdict.denied:
            made.looked.append(Looked(node.ref, "license"))
        if lacking and config.licenses.unknown == "report":
            what = ", ".join(spdx.gather(verdict.unknown))
            made.deny(node.ref, DENIED, UNLICENSED, what, "no SPDX expression" if what else "", "")
    unused = sorted({item.purl for item in config.licenses.package} - seen)
    made.rules.append(Rules(LICENSES, tuple(sorted(used)), tuple(unused)))
    if config.licenses.unknown == "report":
        made.rules.append(Rules(UNLICENSED))


def _indexes(made: _Made, facts: Facts, config: Config) -> None:
    from keten.policy import places

    named = {host.partition("/")[0].lower() for i in config.registries.index for host in i.hosts}
    made.rules.append(Rules(INDEXES, hosts=tuple(sorted(named))))
    owners = _manifests(facts)
    nodes = [node for node in facts.nodes if isinstance(node, Package)]
    locked = {(p.ecosystem, p.name) for p in nodes if (m := owners.get(p.ref)) and m.lock}
    for package in nodes:
        index = None if package.installed else places.index_of(config.registries, package)
        manifest = owners.get(package.ref)
        found = None if index is None else list(_from(package, manifest))
        again = manifest is not None and not manifest.lock
        if not found:
            local = package.source.startswith(_LOCAL)
            if index is None or local or (again and (package.ecosystem, package.name) in locked):
                made.looked.append(Looked(package.ref, "index"))
            continue
        made.looked.append(Looked(package.ref, "index"))
        assert index is not None
        for place in found:
            if not places.permitted(place, index.hosts):
                host, wanted = place.partition("/")[0], " or ".join(index.hosts)
                why = f"{', '.join(index.names)} of {index.ecosystem} come from {wanted}"
                made.deny(package.ref, MISPLACED, INDEXES, host, why, wanted)


def _manifests(facts: Facts) -> dict[str, Manifest]:
    """Return the manifest or lockfile that names a package, by the package's ref."""
    known = {node.ref: node for node in facts.nodes if isinstance(node, Manifest)}
    return {
        edge.dst: known[edge.src]
        for edge in facts.edges
        if edge.relation == "declares" and edge.src in known
    }


def _from(package: Package, manifest: Manifest | None) -> Iterator[str]:
    """Yield where *package* comes from, or may: its own address, else the indexes of its file."""
    from keten.policy import places

    if package.source:
        place = places.place_of(package.source)
        if place:
            yield place
        return
    if manifest is None:
        return
    indexes = manifest.settings.get("indexes")
    found: dict[str, None] = {}
    for item in indexes if isinstance(indexes, list | tuple) else ():
        place = places.place_of(str(item.get("url", ""))) if isinstance(item, dict) else ""
        if place:
            found[place] = None
    if not found and manifest.format in _DEFAULT:
        found[_DEFAULT[manifest.format]] = None
    yield from found


def _images(made: _Made, facts: Facts, config: Config) -> None:
    from keten.policy import places

    made.rules.append(Rules(IMAGES))
    users = _users(edge for edge in facts.edges if edge.relation in _USES)
    standing = {place.node: place for place in facts.places}
    for image in facts.nodes:
        if not isinstance(image, Image):
            continue
        used = sorted(users.get(image.ref, ()))
        where = next((standing[ref] for ref in used if ref in standing), None)
        if where is not None and image.ref not in standing:
            made.places.append(Place(image.ref, where.path, where.line, where.column))
        if image.template:
            continue
        made.looked.append(Looked(image.ref, "reference"))
        if used and not places.image_permitted(image, config.registries):
            wanted = ", ".join(config.registries.images)
            what = image.registry or "no registry"
            made.deny(image.ref, MISPLACED, IMAGES, what, f"permitted are {wanted}", wanted)


def _users(edges: Iterable[Edge]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for edge in edges:
        found.setdefault(edge.dst, []).append(edge.src)
    return found
