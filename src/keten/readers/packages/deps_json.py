"""``*.deps.json``: what a built .NET program was built with, and so what lies beside it."""

from msgspec.structs import replace

from keten.errors import InputError
from keten.formats import json_index
from keten.model.delivery import Package
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.packages import _libraries
from keten.readers.packages._draft import Draft


def read(source: Source) -> Facts:
    """Return the packages of one deps.json."""
    document = json_index.parse(source.data, depth=2)
    if not isinstance(document.value, dict) or "libraries" not in document.value:
        raise InputError("no deps.json: it has no libraries", line=1)
    draft = Draft(source, ecosystem="nuget", format="deps.json", lock=True)
    _libraries.take(draft, document, digest="sha512")
    facts = draft.facts()
    built = (
        replace(node, installed=True) if isinstance(node, Package) else node for node in facts.nodes
    )
    return replace(facts, nodes=tuple(built))


READER = Reader(
    title=".NET deps.json",
    media_type="application/json",
    read=read,
    link=Link.DEPENDENCIES,
    version=3,
    scope=Scope.BOTH,
    names=("*.deps.json",),
)
