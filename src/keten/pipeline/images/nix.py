"""Packages of Nix and Guix in an image: the folders of the store, by their names.

Images that dockerTools or ``guix pack`` make carry the store and no database of it.
"""

from collections.abc import Iterator, Sequence

from keten.errors import InputError
from keten.formats import nix_store
from keten.formats.oci.tree import Tree
from keten.graph.store import merge
from keten.model.delivery import Package
from keten.model.evidence import Link, Place, Problem
from keten.model.facts import Facts, Looked
from keten.model.image import Layer
from keten.pipeline.images.attribution import stamp

MAX_PACKAGES = 60_000


def added(facts: Facts, tree: Tree, layers: Sequence[Layer]) -> Facts:
    """Return *facts* with the packages of each store; the same where there is none."""
    parts = [facts, *_found(tree, layers)]
    return merge(parts) if len(parts) > 1 else facts


def _found(tree: Tree, layers: Sequence[Layer]) -> Iterator[Facts]:
    left = MAX_PACKAGES
    for store in nix_store.STORES:
        kind = store.partition("/")[0].replace("gnu", "guix")
        for base in tree.names(store) or ():
            path = f"{store}/{base}"
            found = nix_store.parse(base)
            if found is None or tree.names(path) is None:
                continue  # a file: a script, a source
            if not left:
                what = f"more than {MAX_PACKAGES:,} packages: the others are left out"
                problem = Problem(store, what, link=Link.DEPENDENCIES, need="installed")
                yield Facts(problems=(problem,))
                return
            left -= 1
            entry = tree.entry(path)
            layer = layers[entry.layer] if layers and entry and entry.layer >= 0 else None
            yield stamp(_package(path, kind, found), layer)


def _package(path: str, kind: str, found: nix_store.StorePath) -> Facts:
    from keten.formats import purl

    qualifiers = {"output": found.output, "outputhash": found.digest}
    try:
        url = purl.make(kind, "", found.name, found.version, qualifiers)
    except InputError:
        return Facts()  # the pattern of a store path lets no such name through
    package = Package(
        f"{path}#{url}",
        ecosystem=kind,
        name=found.name,
        version=found.version,
        purl=url,
        path=path,
        installed=True,
    )
    return Facts(
        nodes=(package,),
        looked=(Looked(package.ref, "lockfile"),),
        places=(Place(package.ref, path),),
    )
