"""Templates, rendered by the user's own tool when the user asks for it, and read as manifests.

What a tool wrote stands at ``CHART!/rendered.yaml``: no such file exists, and being in a
"folder" of its own keeps it apart from the files it was made of.
"""

import posixpath
from collections.abc import Iterator

from msgspec import structs

from keten.errors import InputError
from keten.formats.helm_output import documents, pieces, without
from keten.model.delivery import Chart
from keten.model.facts import Facts
from keten.pipeline import charts
from keten.pipeline.read import Readers
from keten.transport.files import Tree
from keten.transport.overlay import Overlay
from keten.transport.render import render

FILE = "rendered.yaml"


def rendered(
    facts: Facts, tree: Tree, made: dict[str, bytes] | None = None
) -> tuple[Facts, list[Facts]]:
    """Return *facts* with what was rendered marked so, and the facts of each rendering.

    A chart that its tool could not render stays a problem, which then says why. *made* is given
    what the tools printed, by the chart's id.
    """
    readers = Readers()
    done: set[str] = set()
    why: dict[str, str] = {}
    advice: dict[str, str] = {}
    parts: list[Facts] = []
    read = {place.path for place in facts.places}
    laid = tree.laid_out() if isinstance(tree, Overlay) and any(_open(facts)) else tree.root
    for chart in _open(facts):
        folder = laid / posixpath.dirname(chart.id)
        told = posixpath.dirname(chart.id) or "."
        try:
            if chart.tool == "helm":
                data, lacks = charts.rendered(folder, laid)
            else:
                data, lacks = render(chart.tool, str(folder)), ()
        except InputError as error:
            why[chart.ref] = error.what.replace(str(folder), told)
            continue
        if lacks:
            names = ", ".join(lacks)
            why[chart.ref] = f"chart {told} is rendered without {names}: not in its charts/"
            advice[chart.ref] = f"helm dependency build {told}, then scan again."
        else:
            done.add(chart.ref)
        if made is not None:
            made[chart.id] = data
        data = _once(chart, data, tree, read)
        parts += readers.read(f"{chart.id}!/{FILE}", data, tree, size=len(data))
    problems = tuple(
        structs.replace(p, what=why[p.about], advice=advice.get(p.about, p.advice))
        if p.about in why
        else p
        for p in facts.problems
        if p.about not in done
    )
    nodes = tuple(
        structs.replace(n, rendered=True) if isinstance(n, Chart) and n.ref in done else n
        for n in facts.nodes
    )
    return structs.replace(facts, nodes=nodes, problems=problems), parts


def _once(chart: Chart, data: bytes, tree: Tree, read: set[str]) -> bytes:
    """Return *data* without what stands so in a file that is no template, and was *read*."""
    if chart.tool != "helm":
        return data
    folder = posixpath.dirname(chart.id)
    plain = []
    held: dict[str, frozenset[bytes]] = {}
    for piece in pieces(data):
        path = posixpath.join(folder, piece.source)
        if path not in read:
            continue
        if path not in held:
            held[path] = documents(tree.read(path) or b"")
        if data[piece.start : piece.end].split(b"\n", 2)[-1].strip() in held[path]:
            plain.append(piece)
    return without(data, plain)


def _open(facts: Facts) -> Iterator[Chart]:
    """Yield the charts that a problem says are not rendered."""
    about = {problem.about for problem in facts.problems}
    for node in facts.nodes:
        if isinstance(node, Chart) and not node.rendered and node.ref in about:
            yield node
