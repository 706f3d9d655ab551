"""Templates, rendered by the user's own tool when the user asks for it, and read as manifests.

What a tool wrote stands at ``CHART!/rendered.yaml``: no such file exists, and being in a
"folder" of its own keeps it apart from the files it was made of.
"""

import posixpath
from collections.abc import Iterator

from msgspec import structs

from keten.errors import InputError
from keten.model.delivery import Chart
from keten.model.facts import Facts
from keten.pipeline.read import Readers
from keten.transport.files import Tree
from keten.transport.overlay import Overlay
from keten.transport.render import render

FILE = "rendered.yaml"


def rendered(facts: Facts, tree: Tree) -> tuple[Facts, list[Facts]]:
    """Return *facts* with what was rendered marked so, and the facts of each rendering.

    A chart that its tool could not render stays a problem, which then says why.
    """
    readers = Readers()
    done: set[str] = set()
    why: dict[str, str] = {}
    parts: list[Facts] = []
    laid = tree.laid_out() if isinstance(tree, Overlay) and any(_open(facts)) else tree.root
    for chart in _open(facts):
        folder = laid / posixpath.dirname(chart.id)
        try:
            data = render(chart.tool, str(folder))
        except InputError as error:
            why[chart.ref] = error.what.replace(str(folder), posixpath.dirname(chart.id) or ".")
            continue
        done.add(chart.ref)
        parts += readers.read(f"{chart.id}!/{FILE}", data, tree, size=len(data))
    problems = tuple(
        structs.replace(p, what=why[p.about]) if p.about in why else p
        for p in facts.problems
        if p.about not in done
    )
    nodes = tuple(
        structs.replace(n, rendered=True) if isinstance(n, Chart) and n.ref in done else n
        for n in facts.nodes
    )
    return structs.replace(facts, nodes=nodes, problems=problems), parts


def _open(facts: Facts) -> Iterator[Chart]:
    """Yield the charts that a problem says are not rendered."""
    about = {problem.about for problem in facts.problems}
    for node in facts.nodes:
        if isinstance(node, Chart) and not node.rendered and node.ref in about:
            yield node
