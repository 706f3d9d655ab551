"""Which layer brought a package.

A file that tells of one package is the package's: its layer is the file's. A database that
tells of many is written anew by each layer that installs something: then what the layers below
said of it decides, and a package is from the lowest layer since when it is there unchanged.
"""

from collections.abc import Callable, Mapping, Sequence

from msgspec import structs

from keten.model.delivery import Package
from keten.model.facts import Facts
from keten.model.image import Layer

VERSIONS = 128
"""The most earlier versions of one database that are read."""


def stamp(facts: Facts, layer: Layer | None) -> Facts:
    """Return *facts* with each package stamped as brought by *layer*."""
    if layer is None:
        return facts
    return replaced(facts, lambda _: layer)


def replaced(facts: Facts, layer_of: Callable[[Package], Layer | None]) -> Facts:
    """Return *facts* with each package stamped with the layer that *layer_of* tells."""
    nodes = []
    for node in facts.nodes:
        layer = layer_of(node) if isinstance(node, Package) else None
        if layer is not None:
            node = structs.replace(  # noqa: PLW2901 the stamped one
                node,
                layer=layer.diff_id,
                instruction=layer.instruction,
                based=layer.based,
            )
        nodes.append(node)
    return structs.replace(facts, nodes=tuple(nodes))


def since(
    facts: Facts,
    layers: Sequence[Layer],
    number: int,
    *,
    earlier: Mapping[int, Callable[[], Facts]],
) -> Facts:
    """Return *facts*, read from layer *number*, with each package's own layer.

    *earlier* has what lower layers said in the same place, by their numbers.
    """
    numbers = sorted((n for n in earlier if n < number), reverse=True)[:VERSIONS]
    if not numbers:
        return stamp(facts, layers[number])
    waiting = {node.purl for node in facts.nodes if isinstance(node, Package)}
    found: dict[str, int] = dict.fromkeys(waiting, number)
    for lower in numbers:
        if not waiting:
            break
        there = {node.purl for node in earlier[lower]().nodes if isinstance(node, Package)}
        waiting &= there
        found.update(dict.fromkeys(waiting, lower))
    return replaced(facts, lambda package: layers[found[package.purl]])
