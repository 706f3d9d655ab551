"""Where the value of an object's field stands: its own file, or what it is rendered from."""

from msgspec import Struct

from keten.errors import InputError
from keten.formats.yaml.edit import Edit, Spot
from keten.model.delivery import Chart
from keten.model.kube import Object
from keten.pipeline.fixing.seen import RENDERED, Seen


class Target(Struct, frozen=True):
    """An edit of the object at *spot* of the file *path*, which is *also* that node."""

    path: str
    spot: Spot
    edit: Edit
    also: str = ""


def target(seen: Seen, item: Object, edit: Edit, *, careful: bool = False) -> Target:
    """Return where *edit* of *item* is to be made; InputError where that is not certain.

    *careful*: what is rendered by helm is rendered with that edit alone, and refused where it
    brings more.
    """
    place = seen.places.get(item.ref)
    if place is None or RENDERED not in place.path:
        path, found = seen.found(item)
        return Target(path, found.spot, edit)
    source = place.path.partition(RENDERED)[0]
    chart = next((n for n in seen.facts.nodes if isinstance(n, Chart) and n.id == source), None)
    if chart is None:
        raise InputError("what it is rendered from is not known")
    if chart.tool == "kustomize":
        from keten.pipeline.fixing.kustomize import origin

        path, spot, moved = origin(seen, chart, item, edit)
    else:
        from keten.pipeline.fixing import helm

        path, spot, moved = helm.origin(seen, chart, item, edit, careful=careful)
    line = next((one.line for one in seen.files.objects(path) if one.spot == spot), 0)
    also = [p.node for p in seen.facts.places if p.path == path and p.line == line]
    refs = [ref for ref in also if seen.object(ref)]
    return Target(path, spot, moved, refs[0] if refs else "")
