"""What was found in a target, as a bill of materials.

All that a match needs stands in the package URL, the version, the hashes and the licences,
which every tool keeps; what keten alone says (layer, file, owner) is said beside it. A package
of a language that one of the operating system brought tells so in its URL (``distro``,
``upstream``): its advisories are the distribution's.
"""

from collections.abc import Iterator, Sequence

from keten import __version__
from keten.errors import InputError
from keten.formats import purl
from keten.formats.sbom.identity import short
from keten.formats.sbom.records import INCOMPLETE, Component, Document, Listed, Relation
from keten.model.delivery import Image, Manifest, Package, Repo
from keten.model.evidence import Link, Problem
from keten.model.facts import Facts
from keten.model.image import System, SystemFile
from keten.model.result import Target

SUBJECT = "target"
LOCAL = (".", "/", "file:", "link:", "workspace:", "portal:", "path+", "path:")
"""How the source of a package begins that was never published."""
SYSTEMS = frozenset({"deb", "rpm", "apk", "alpm", "opkg"})
MOST_NAMED = 10
MAX_NOTES = 200
_REMOTE = ("git+", "http://", "https://", "ssh://", "hg+", "svn+", "bzr+")
_LINKS = frozenset({Link.DEPENDENCIES, Link.IMAGE})


def document(facts: Facts, target: Target, *, created: str) -> Document:
    """Return the bill of materials of a *target*; *created* is RFC 3339."""
    packages = list(listed(facts))
    byref = {package.ref: package for package in packages}
    refs = {package.ref: _ref(package) for package in packages}
    systems = [node for node in facts.nodes if isinstance(node, System)]
    notes = list(unknowns(packages, facts.problems))
    components = [_component(package, byref, refs) for package in packages]
    components += [_system(node) for node in systems]
    relations = {
        Relation(refs[edge.src], "requires", refs[edge.dst])
        for edge in facts.edges
        if edge.relation == "requires" and edge.src in refs and edge.dst in refs
    }
    # What nothing else asks for is there because the target itself wants it, or has it.
    wanted = {relation.dst for relation in relations}
    relations |= {
        Relation(SUBJECT, "requires", refs[package.ref])
        for package in packages
        if package.direct or refs[package.ref] not in wanted
    }
    owned = {Relation(refs[p.owner], "contains", refs[p.ref]) for p in packages if p.owner in refs}
    return Document(
        format="keten",
        version=__version__,
        name=target.name,
        created=created,
        tools=(f"keten {__version__}",),
        lifecycles=("pre-build" if target.kind == "tree" else "post-build",),
        subject=_subject(facts, target),
        components=sorted(components, key=lambda c: (c.name, c.version, c.ref)),
        relations=sorted({*relations, *owned}),
        files=sorted(set(_files(facts, packages))),
        completeness=((SUBJECT, "incomplete" if notes else "unknown"),),
        notes=tuple(notes),
    )


def listed(facts: Facts) -> Iterator[Package]:
    """Yield the packages to list: all but those without a version that a lockfile resolves."""
    packages = [node for node in facts.nodes if isinstance(node, Package)]
    resolved = {(p.ecosystem, p.name) for p in packages if p.version}
    for package in packages:
        if package.version or (package.ecosystem, package.name) not in resolved:
            yield package


def unknowns(packages: Sequence[Package], problems: Sequence[Problem]) -> Iterator[str]:
    """Yield what the list lacks, or may lack, in words."""
    loose = sorted({p.name for p in packages if not p.version})
    if loose:
        more = f" and {len(loose) - MOST_NAMED} more" if len(loose) > MOST_NAMED else ""
        named = ", ".join(loose[:MOST_NAMED])
        yield f"{INCOMPLETE}the versions that are installed of {named}{more}"
    told = sorted({(p.path, p.what) for p in problems if p.link in _LINKS})
    for path, what in told[:MAX_NOTES]:
        yield f"{INCOMPLETE}{path}: {what}"
    if len(told) > MAX_NOTES:
        yield f"{INCOMPLETE}{len(told) - MAX_NOTES} more inputs that could not be read"


def _ref(package: Package) -> str:
    return f"{package.name[:80]}@{package.version[:40]}:{short(package.id)}"


def _component(package: Package, byref: dict[str, Package], refs: dict[str, str]) -> Component:
    own = {
        "path": package.path,
        "line": str(package.line or ""),
        "layer": package.layer,
        "instruction": package.instruction,
        "based": _word(package.based),
        "owner": refs.get(package.owner, ""),
        "installed": "true" if package.installed else "",
        "direct": _word(package.direct),
        "optional": "true" if package.optional else "",
        "constraint": package.constraint,
        "wants": " ".join(package.wants),
        "source": "" if package.source.startswith(_REMOTE) else package.source,
    }
    url = address(package, byref.get(package.owner))
    if not url.startswith(f"pkg:{package.ecosystem}/"):
        own |= {"ecosystem": package.ecosystem, "name": package.name}
    own["purl"] = package.purl if url != package.purl else ""
    group, name = _grouped(package)
    scope = "development" if package.development else "optional" if package.optional else ""
    return Component(
        ref=refs[package.ref],
        group=group,
        name=name,
        version=package.version,
        purls=(url,) if url else (),
        hashes=package.hashes,
        licenses=package.licenses,
        supplier=package.supplier,
        source=package.source if package.source.startswith(_REMOTE) else "",
        scope=scope,
        paths=(package.path,) if package.path else (),
        own={key: value for key, value in own.items() if value},
    )


def _word(value: bool | None) -> str:  # noqa: FBT001 one of three words
    return "" if value is None else str(value).lower()


def _grouped(package: Package) -> tuple[str, str]:
    """Return group and name as CycloneDX has them: of Maven, and of scoped packages of npm."""
    if package.ecosystem == "maven" and ":" in package.name:
        group, _, name = package.name.partition(":")
        return group, name
    if package.ecosystem == "npm" and package.name.startswith("@") and "/" in package.name:
        group, _, name = package.name.partition("/")
        return group, name
    return "", package.name


def address(package: Package, owner: Package | None) -> str:
    """Return the package URL that says all a match needs, to whoever reads it."""
    if not package.purl:
        return ""
    try:
        parts = purl.parse(package.purl, lenient=True)
        more = dict(parts.qualifiers)
        if package.source.startswith(LOCAL):
            # It was never published: who matches by type and name must not take it for one.
            more = {"download_url": f"file:{package.source.partition(':')[2] or package.source}"}
            name = package.name.replace(":", "/")
            return purl.make("generic", "", name, package.version, more)
        if owner is not None and package.ecosystem not in SYSTEMS:
            distro = dict(purl.parse(owner.purl, lenient=True).qualifiers).get("distro", "")
            more |= {"distro": distro, "upstream": owner.name}
        if package.source.startswith("git+"):
            more.setdefault("vcs_url", package.source)
        if more == dict(parts.qualifiers):
            return package.purl
        return purl.make(
            parts.type, parts.namespace, parts.name, parts.version, more, parts.subpath
        )
    except InputError:
        return package.purl


def _system(node: System) -> Component:
    own = {"codename": node.codename, "like": " ".join(node.like), "path": node.path}
    return Component(
        ref=f"os:{node.distro}-{node.release}",
        type="operating-system",
        name=node.distro,
        version=node.release,
        description=node.name,
        paths=(node.path,) if node.path else (),
        own={key: value for key, value in own.items() if value},
    )


def _subject(facts: Facts, target: Target) -> Component:
    for node in facts.nodes:
        if isinstance(node, Image) and node.content is not None:
            return _image(node)
    repo = next((node for node in facts.nodes if isinstance(node, Repo)), None)
    own = {"commit": repo.head, "branch": repo.branch} if repo else {}
    return Component(
        ref=SUBJECT,
        type="application",
        name=target.name or "target",
        version=repo.head if repo else "",
        own={key: value for key, value in own.items() if value},
    )


def _image(node: Image) -> Component:
    content = node.content
    assert content is not None
    own = {
        "platform": content.platform,
        "config": content.config,
        "base": content.base,
        "base-digest": content.base_digest,
    }
    for number, layer in enumerate(content.layers):
        own[f"layer.{number:03}"] = f"{layer.diff_id} {layer.instruction}".strip()
    digest = content.manifest or node.digest
    return Component(
        ref=SUBJECT,
        type="container",
        name=f"{node.registry}/{node.repository}".strip("/") or node.id,
        version=node.tag or digest,
        purls=tuple(filter(None, (_oci(node, digest),))),
        hashes=(digest,) if digest else (),
        own={key: value for key, value in own.items() if value},
    )


def _oci(node: Image, digest: str) -> str:
    if not node.repository or not digest:
        return ""
    more = {
        "repository_url": f"{node.registry}/{node.repository}".strip("/"),
        "tag": node.tag,
        "arch": (node.content.platform if node.content else "").partition("/")[2],
    }
    return purl.make("oci", "", node.repository.rpartition("/")[2], digest, more)


def _files(facts: Facts, packages: Sequence[Package]) -> Iterator[Listed]:
    """Yield the files that packages were read from, and those of a root that stand out."""
    told = {package.path for package in packages}
    told |= {node.id for node in facts.nodes if isinstance(node, Manifest)}
    for item in facts.evidence:
        if item.origin.path in told:
            yield Listed(item.origin.path, (item.digest,))
    seen = {item.origin.path for item in facts.evidence}
    for node in facts.nodes:
        if isinstance(node, SystemFile) and node.id not in seen:
            yield Listed(node.id)
