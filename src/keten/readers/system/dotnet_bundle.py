"""A .NET program published as a single file: the deps.json that it carries."""

from msgspec.structs import replace

from keten import plugs
from keten.errors import InputError
from keten.formats.programs import dotnet_bundle, executable
from keten.model.delivery import Package
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source

CEILING = 1 << 30
"""The largest program that is read, in bytes."""


def sift(data: bytes) -> bytes:
    """Keep the deps.json of a bundle; nothing of any other program."""
    found = dotnet_bundle.deps(data)
    if found == b"":
        raise InputError(
            "a .NET program in one file that does not say what it was built with",
            advice="Build it without GenerateDependencyFile=false.",
        )
    return found or b""


def read(source: Source) -> Facts:
    """Return the packages of one program; they stand in the program, on no line of their own."""
    if not source.data:
        return Facts()
    facts = plugs.load(Reader, "packages/deps-json").read(source)
    places = tuple(replace(place, line=0, column=0, fields=b"") for place in facts.places)
    problems = tuple(replace(problem, line=0, column=0) for problem in facts.problems)
    nodes = tuple(replace(n, line=0) if isinstance(n, Package) else n for n in facts.nodes)
    return replace(facts, nodes=nodes, places=places, problems=problems)


READER = Reader(
    title=".NET program in a single file",
    media_type="application/x-executable",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=CEILING,
    magic=executable.MAGIC,
    sift=sift,
    scope=Scope.SYSTEM,
)
