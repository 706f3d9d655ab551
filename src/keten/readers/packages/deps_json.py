"""``*.deps.json``: what a built .NET program was built with."""

from keten.errors import InputError
from keten.formats import json_index
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages import _libraries
from keten.readers.packages._draft import Draft


def read(source: Source) -> Facts:
    """Return the packages of one deps.json."""
    document = json_index.parse(source.data, depth=2)
    if not isinstance(document.value, dict) or "libraries" not in document.value:
        raise InputError("no deps.json: it has no libraries", line=1)
    draft = Draft(source, ecosystem="nuget", format="deps.json", lock=True)
    _libraries.take(draft, document, digest="sha512")
    return draft.facts()


READER = Reader(
    title=".NET deps.json",
    media_type="application/json",
    read=read,
    link=Link.DEPENDENCIES,
    names=("*.deps.json",),
)
