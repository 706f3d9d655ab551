"""Rights of the objects of one cluster."""

from collections.abc import Iterable

from keten.model.kube import Object


class Rights:
    """What the objects say together."""

    def __init__(self, objects: Iterable[Object]) -> None:
        self.objects = tuple(objects)
