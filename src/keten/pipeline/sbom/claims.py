"""A bill of materials as facts: what it lists is claimed, what it does not say is not known."""

from collections.abc import Iterator, Mapping
from typing import Any

from keten.errors import InputError
from keten.formats import purl
from keten.formats.purl import Purl
from keten.formats.sbom.records import Component, Document
from keten.model.delivery import Package, Sbom
from keten.model.evidence import Evidence, Link, Place, Problem
from keten.model.facts import Edge, Facts, Looked, Trust
from keten.model.image import System
from keten.pipeline.sbom.inventory import LOCAL, MOST_NAMED, SYSTEMS
from keten.readers.sbom import node as bill

BY = "sbom"
_JOINED = {"maven": ":"}
_BARE = frozenset({"deb", "rpm", "apk", "alpm", "opkg", "generic", "oci", "docker"})
# What is listed beside software, and is no package where it has no package URL.
_OTHER = frozenset({"file", "container", "operating-system", "data", "device", "platform",
                    "cryptographic-asset", "machine-learning-model"})  # fmt: skip
_MEND = "Ask whoever made it for a complete one, or scan the thing itself."
_PLAIN = frozenset({"npm", "maven", "deb", "rpm", "apk", "golang", "pypi", "cargo", "gem"})


def facts(document: Document, path: str, evidence: tuple[Evidence, ...] = ()) -> Facts:
    """Return what *document*, which lies at *path*, claims: as ``merge`` would put it in order."""
    return _Reading(document, path).facts(evidence)


class _Reading:
    """One document while it becomes facts."""

    def __init__(self, document: Document, path: str) -> None:
        self.document = document
        self.path = path
        self.parsed = [(c, _parse(c.purls[0]) if c.purls else None) for c in _software(document)]
        self.system = self._system()
        self.refs: dict[str, str] = {}
        self.owners: dict[str, str] = {}
        self.packages: dict[str, Package] = {}
        self.loose: list[str] = []

    def facts(self, evidence: tuple[Evidence, ...]) -> Facts:
        """Return nodes, edges, places and what is missing."""
        for component, found in self.parsed:
            self._take(component, found)
        # In order from here on: what is sorted later is then sorted at once.
        packages = [self.packages[ref] for ref in sorted(self.packages)]
        if self.owners or any(package.owner for package in packages):
            packages = [self._owned(package) for package in packages]
        node = bill(self.document, self.path)
        refs = [package.ref for package in packages]
        places = [Place(ref, p.path, p.line) for ref, p in zip(refs, packages, strict=True)]
        places.append(Place(node.ref, self.path))
        looked = [] if self.document.faults else [Looked(ref, "lockfile") for ref in refs]
        extra: list[System] = []
        if self.system is not None:
            extra.append(self.system)
            places.append(Place(self.system.ref, self.path))
            looked.append(Looked(self.system.ref, "installed"))
            if self.system.end:
                looked.append(Looked(self.system.ref, "support"))
        return Facts(
            nodes=(*packages, node, *extra),
            edges=tuple(self._edges(node, refs)),
            looked=tuple(looked),
            problems=tuple(sorted(set(self._problems()))),
            places=tuple(places),
            evidence=evidence,
        )

    def _take(self, component: Component, found: Purl | None) -> None:
        """Take in one component; copies at one place are one package."""
        own = component.own
        if self.system is not None and self._is_system(component):
            return
        if found is None and (component.type in _OTHER or _is_file(component)):
            return
        ecosystem = found.type if found else own.get("ecosystem", "")
        version = component.version or (found.version if found else "")
        source = (own.get("source") if own else "") or component.source or _source(found)
        if ecosystem == "generic" and found is not None and source.startswith(LOCAL):
            ecosystem = own.get("ecosystem", ecosystem)
        name = (own.get("name") if own else "") or _name(component, found)
        if not version:
            self.loose.append(name)
        where = (component.paths[0].lstrip("/") if component.paths else "") or self.path
        url = self._address(component, found) if found is not None else ""
        ref = f"{where}#{url or f'{name}@{version}'}"
        self.refs[component.ref] = f"package {ref}"
        if ref in self.packages:
            return
        installed = ecosystem in SYSTEMS
        if found is not None and not installed and "upstream=" in component.purls[0]:
            self.owners[ref] = dict(found.qualifiers).get("upstream", "")
        more = _more(own) if own else {}
        if component.scope == "development":
            more["development"] = True
        if component.scope == "optional" or (own and own.get("optional") == "true"):
            more["optional"] = True
        if installed or (own and own.get("installed") == "true"):
            more["installed"] = True
        if supplier := component.supplier or component.author:
            more["supplier"] = supplier
        self.packages[ref] = Package(
            ref,
            ecosystem=ecosystem,
            name=name,
            version=version,
            purl=url,
            path=where,
            source=source,
            hashes=component.hashes,
            licenses=component.licenses,
            **more,
        )

    def _owned(self, package: Package) -> Package:
        """Return *package* with the ref of the operating system's package that brought it."""
        owner = self.refs.get(package.owner, "")
        if not owner and package.id in self.owners:
            owner = self._by_name().get(self.owners[package.id], "")
        if owner == package.owner:
            return package
        from msgspec import structs

        return structs.replace(package, owner=owner)

    def _by_name(self) -> dict[str, str]:
        """Return the operating system's packages by name."""
        if not hasattr(self, "_named"):
            self._named: dict[str, str] = {}
            for package in self.packages.values():
                if package.ecosystem in SYSTEMS:
                    self._named.setdefault(package.name, package.ref)
        return self._named

    def _address(self, component: Component, found: Purl) -> str:
        """Return the package URL, with what other parts of the document say it lacks."""
        written, own = component.purls[0], component.own
        if own.get("purl", "").startswith("pkg:"):
            return own["purl"]
        if found.type not in SYSTEMS or ("distro=" in written and not own.get("upstream")):
            return written
        more = dict(found.qualifiers)
        if self.system is not None and "distro" not in more and self.system.release:
            more["distro"] = f"{self.system.distro}-{self.system.release}"
        if own.get("upstream") and "upstream" not in more:
            more["upstream"] = own["upstream"]
        if len(more) == len(found.qualifiers):
            return written
        return purl.make(
            found.type, found.namespace, found.name, found.version, more, found.subpath
        )

    def _system(self) -> System | None:
        for component in self.document.components:
            if component.type == "operating-system" and component.name:
                return _release(component)
        # A tool that converts may lose the type: the packages' URLs tell the distribution.
        said = {
            value
            for _, found in self.parsed
            if found is not None and found.type in SYSTEMS
            for key, value in found.qualifiers
            if key == "distro"
        }
        said.discard("")
        if len(said) == 1:
            name, dash, version = said.pop().rpartition("-")
            if dash:
                return _release(Component(ref="", name=name, version=version))
        return None

    def _is_system(self, component: Component) -> bool:
        assert self.system is not None
        if component.type == "operating-system":
            return True
        alike = component.name == self.system.distro and component.version == self.system.release
        return alike and not component.purls

    def _edges(self, node: Sbom, packages: list[str]) -> list[Edge]:
        """Return the edges in their order: all of one package, by name, then the document's."""
        claimed, path = Trust.CLAIMED, self.path
        named = self.refs.get
        required: dict[str, list[str]] = {}
        for relation in self.document.relations:
            if relation.kind == "requires":
                src, dst = named(relation.src), named(relation.dst)
                if src and dst and src != dst:
                    if src in required:
                        required[src].append(dst)
                    else:
                        required[src] = [dst]
        made = [
            Edge(src, "requires", dst, claimed, path, BY)
            for src in packages
            if src in required
            for dst in sorted(set(required[src]))
        ]
        about = node.ref
        made += [Edge(about, "declares", ref, claimed, path, BY) for ref in packages]
        return made

    def _problems(self) -> Iterator[Problem]:
        for fault in self.document.faults:
            yield self._problem(fault)
        if self.loose:
            names = sorted(set(self.loose))
            more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
            named = ", ".join(names[:MOST_NAMED])
            yield self._problem(f"no version is told of {named}{more}")
        if not self.packages:
            yield self._problem("no software is listed")
        if self.system is None and any(p and p.type in SYSTEMS for _, p in self.parsed):
            yield self._problem("packages of an operating system are listed, and not of which")
        if any(aggregate.startswith("incomplete") for _, aggregate in self.document.completeness):
            notes = self.document.notes
            yield self._problem(
                f"it says of itself that it is incomplete{f': {notes[0]}' if notes else ''}"
            )

    def _problem(self, what: str) -> Problem:
        return Problem(self.path, what, advice=_MEND, link=Link.DEPENDENCIES, need="packages")


def _more(own: Mapping[str, str]) -> dict[str, Any]:
    """Return what only keten's own properties tell of a package."""
    return {
        "line": int(own["line"]) if own.get("line", "")[:9].isdecimal() else 0,
        "direct": _truth(own.get("direct")),
        "constraint": own.get("constraint", ""),
        "layer": own.get("layer", ""),
        "instruction": own.get("instruction", ""),
        "based": _truth(own.get("based")),
        "owner": own.get("owner", ""),
        "wants": tuple(own.get("wants", "").split()),
    }


def _software(document: Document) -> Iterator[Component]:
    """Yield what may be packages: of the subject only a published one, that is no image."""
    subject = document.subject
    if subject is not None and subject.purls and subject.version and subject.type not in _OTHER:
        yield subject
    yield from document.components


def _is_file(component: Component) -> bool:
    """Return whether it is a lockfile or the like, which tools list by name among the rest."""
    return (
        not component.version and not component.cpes and not {"/", "."}.isdisjoint(component.name)
    )


def _parse(text: str) -> Purl | None:
    try:
        return _quick(text) or purl.parse(text, lenient=True)
    except InputError:
        return None


def _quick(text: str) -> Purl | None:
    """Return the parts of a plain package URL that its type's rules would leave as it is."""
    head, _, query = text.partition("?")
    if "%" in head:
        head = head.replace("%2B", "+").replace("%3A", ":").replace("pkg:npm/%40", "pkg:npm/@")
    kind, _, path = head[4:].partition("/")
    if kind not in _PLAIN or not (kind == "maven" or head.islower()) or "#" in text:
        return None
    if "%" in query or "%" in path:
        return None
    path, at, version = path.rpartition("@")
    namespace, _, name = path.rpartition("/")
    if not at or not name or "/" in version or "//" in path or not head.startswith("pkg:"):
        return None
    if kind == "pypi" and ("_" in name or "." in name or "--" in name or namespace):
        return None
    pairs: list[tuple[str, str]] = []
    for pair in query.split("&") if query else ():
        key, _, value = pair.partition("=")
        if not value or not key.islower():
            return None
        pairs.append((key, value))
    return Purl(kind, name, namespace, version, tuple(sorted(pairs)))


def _name(component: Component, found: Purl | None) -> str:
    """Return the name as its ecosystem spells it: package URLs of some types fold its letters."""
    if found is None:
        joint = "/" if component.group else ""
        return f"{component.group}{joint}{component.name}"
    whole = found.name
    if found.namespace and found.type not in _BARE:
        whole = f"{found.namespace}{_JOINED.get(found.type, '/')}{found.name}"
    if whole == component.name:
        return whole
    joined = f"{component.group}{_JOINED.get(found.type, '/')}{component.name}"
    if whole == joined:
        return whole
    written = (component.name, joined)
    return next((text for text in written if text.lower() == whole.lower()), whole)


def _source(found: Purl | None) -> str:
    """Return where the package URL says it is from: ``file:`` of what was never published."""
    if found is not None and found.type == "generic":
        url = dict(found.qualifiers).get("download_url", "")
        return url if url.startswith("file:") else ""
    return ""


def _truth(word: str | None) -> bool | None:
    return {"true": True, "false": False}.get(word or "")


def _release(component: Component) -> System:
    from keten.formats.os_release import Release
    from keten.readers.system.os_release import system

    return system(
        Release(
            path=next(iter(component.paths), "").lstrip("/"),
            distro=component.name.lower(),
            version=component.version,
            name=component.description or component.name,
            codename=component.own.get("codename", ""),
            like=tuple(component.own.get("like", "").split()),
        )
    )
