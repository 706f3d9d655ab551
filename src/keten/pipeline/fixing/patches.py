"""What a patch of a kustomization says of one field: strategic merges, and JSON patches.

Source: kubectl.docs.kubernetes.io/references/kustomize/kustomization/patches; RFC 6902.
"""

from typing import Any

from msgspec import Struct, structs

from keten.errors import InputError
from keten.formats.yaml.edit import Edit
from keten.formats.yaml.fields import Steps, at, steps, written
from keten.model.kube import Object, Workload

PATTERN = 500
"""The longest pattern of a target, in characters."""
_REPLACES = ("replace", "delete")


class Wanted(Struct, frozen=True):
    """The field *path* of an object, with a name for each item of a list.

    *names* are what the object may be called where one looks; *spaces* the namespaces, None
    for any; *items* which of the steps name an item; *steps* the path with numbers. *image* is that
    of the container in which the field stands.
    """

    kind: str
    names: frozenset[str]
    spaces: frozenset[str] | None
    labels: dict[str, str]
    path: tuple[str, ...]
    items: frozenset[int]
    steps: Steps
    image: str = ""

    def below(self, overlay: dict[str, Any]) -> "Wanted":
        """Return what is wanted among the things that *overlay* is made of."""
        prefix, suffix = (str(overlay.get(f"name{end}") or "") for end in ("Prefix", "Suffix"))
        bare = {name.removeprefix(prefix).removesuffix(suffix) or name for name in self.names}
        spaces = None if overlay.get("namespace") else self.spaces
        return structs.replace(self, names=self.names | bare, spaces=spaces)


def wanted(item: Object, edit: Edit) -> Wanted:
    """Return what *edit* of *item* is about; InputError where an item of a list has no name."""
    named: dict[str, str] = {}
    images: dict[str, str] = {}
    if isinstance(item, Workload):
        for where, container in item.pod.all_containers():
            named[f"{item.pod_path}.{where}"] = container.name
            images[f"{item.pod_path}.{where}.image"] = container.image
    path: list[str] = []
    items: set[int] = set()
    found = steps(edit.at)
    for i, step in enumerate(found):
        if isinstance(step, int):
            step = named.get(written(found[: i + 1]), "")  # noqa: PLW2901 by name from here on
            if not step:
                raise InputError("it stands in a list whose items have no names")
            items.add(i)
        path.append(step)
    names, spaces = frozenset({item.name}), frozenset({item.namespace, ""})
    return Wanted(
        item.kind, names, spaces, item.labels, tuple(path), frozenset(items), found,
        images.get(edit.at, ""),
    )  # fmt: skip


def matches(value: Any, want: Wanted) -> bool:
    """Return whether *value* is the object, or a patch that names it."""
    meta = value.get("metadata") if isinstance(value, dict) else None
    said = meta if isinstance(meta, dict) else {}
    name, space = said.get("name"), said.get("namespace") or ""
    inside = want.spaces is None or space in want.spaces
    return bool(value) and value.get("kind") == want.kind and name in want.names and inside


def aims(target: Any, want: Wanted) -> bool:
    """Return whether the *target* of a patch selects the object; names are patterns."""
    if not isinstance(target, dict):
        return False
    if not _fits(target.get("kind"), {want.kind}) or not _fits(target.get("name"), want.names):
        return False
    if want.spaces is not None and not _fits(target.get("namespace"), want.spaces):
        return False
    labels = target.get("labelSelector")
    if not isinstance(labels, str):
        return True
    pairs = [part.partition("=") for part in labels.split(",")]
    if any(not sign or key.endswith("!") or "(" in value for key, sign, value in pairs):
        return True  # more than equality: rendering tells
    plain = {key.strip(): value.removeprefix("=").strip() for key, _, value in pairs}
    return all(want.labels.get(key) == value for key, value in plain.items())


def _fits(pattern: Any, texts: frozenset[str] | set[str]) -> bool:
    if pattern is None or pattern == "":
        return True
    if not isinstance(pattern, str) or len(pattern) > PATTERN:
        return False
    if pattern in texts:
        return True
    import re2

    try:
        return any(re2.fullmatch(pattern, text) for text in texts)
    except re2.error:
        return False


def sets(value: Any, want: Wanted, target: Any) -> bool:
    """Return whether the strategic merge *value* is for the object and says the field."""
    if not _for(value, want, target):
        return False
    try:
        path = indexed(value, want)
    except InputError:
        path = []
    above = at(value, path[:-1]) if path else None
    if isinstance(above, dict) and path[-1] in above:
        return True
    return any(
        isinstance(part := at(value, path[:length]), dict) and part.get("$patch") in _REPLACES
        for length in range(len(path))
    )


def holds(value: Any, want: Wanted, target: Any) -> bool:
    """Return whether the patch brings the item of a list in which the field stands."""
    if not want.items or not _for(value, want, target):
        return False
    try:
        indexed(value, want)
    except InputError:
        return False
    return True


def _for(value: Any, want: Wanted, target: Any) -> bool:
    if not isinstance(value, dict):
        return False
    if target is None:
        return matches(value, want)
    # With a target the patch need not name anything.
    return value.get("kind") in (None, want.kind) and aims(target, want)


def moved(value: Any, want: Wanted, edit: Edit) -> Edit:
    """Return *edit* as it is in *value*; InputError where an item is not there."""
    return Edit(written(indexed(value, want)), edit.to, edit.remove)


def indexed(value: Any, want: Wanted) -> list[str | int]:
    """Return the path in *value*: names of items become their numbers there."""
    path: list[str | int] = []
    for i, step in enumerate(want.path):
        if i not in want.items:
            path.append(step)
            continue
        held = at(value, path)
        items = held if isinstance(held, list) else []
        names = [one.get("name") if isinstance(one, dict) else None for one in items]
        if names.count(step) != 1:
            raise InputError(f"{written(path)} has no item {step}")
        path.append(names.index(step))
    return path


def ordered(orders: Any, want: Wanted, target: Any, edit: Edit) -> Edit | None:
    """Return the edit of a JSON patch by which it writes what *edit* says; None if it does not.

    InputError where the field is taken out, moved or copied, or is part of a larger value.
    """
    if not isinstance(orders, list) or not aims(target, want):
        return None
    for number in reversed(range(len(orders))):
        order = orders[number]
        if not isinstance(order, dict) or not isinstance(order.get("path"), str):
            continue
        path = _pointer(order["path"])
        if not _along(path, order.get("value"), want):
            continue
        if order.get("op") not in ("add", "replace"):
            raise InputError(f"a JSON patch does {order.get('op')} {order['path']} there")
        rest = want.steps[len(path) :]
        if len(path) > len(want.steps) or (edit.remove and not rest):
            raise InputError(f"a JSON patch sets {order['path']}, which is part of it")
        if not rest:
            return Edit(written((number, "value")), edit.to)
        if edit.remove and at(order.get("value"), rest) is None:
            continue
        return Edit(written((number, "value", *rest)), edit.to, edit.remove)
    return None


def _pointer(text: str) -> list[str]:
    """Return the tokens of a JSON pointer (RFC 6901)."""
    return [one.replace("~1", "/").replace("~0", "~") for one in text.split("/")[1:]]


def _along(path: list[str], value: Any, want: Wanted) -> bool:
    """Return whether *path* leads to the field, or to what it stands in or is made of."""
    if not path:
        return False
    for i, (token, step) in enumerate(zip(path, want.steps, strict=False)):
        if isinstance(step, str):
            if token != step:
                return False
        elif token == "-":
            name = value.get("name") if isinstance(value, dict) else None
            if i != len(path) - 1 or name != want.path[i]:
                return False
        elif token != str(step):
            return False
    return True
