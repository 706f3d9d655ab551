"""A target as it was judged, with the bytes of its files: as they are, or as edited so far."""

import posixpath
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from keten.config import Policy
from keten.errors import InputError
from keten.formats.yaml.edit import Found, objects
from keten.model.delivery import Chart
from keten.model.evidence import Place
from keten.model.facts import Facts, Node
from keten.model.kube import Object
from keten.model.result import Result
from keten.pipeline import charts, flow, trees
from keten.pipeline.flow import Progress
from keten.transport.files import Tree

RENDERED = "!/"
"""What stands in the path of a file that a tool made of a chart."""


class Seen:
    """One judgement of a target. *made* is what was rendered, by the chart's id."""

    def __init__(
        self,
        facts: Facts,
        result: Result,
        files: "Bytes",
        made: Mapping[str, bytes],
        kept: dict[str, Any],
    ) -> None:
        self.facts = facts
        self.made = made
        self._kept = kept
        self._benches: dict[str, Any] = {}
        self.result = result
        self.files = files
        self.nodes: dict[str, Node] = {node.ref: node for node in facts.nodes}
        self.places: dict[str, Place] = {}
        for place in facts.places:
            self.places.setdefault(place.node, place)

    def kept(self, chart: Chart, make: Callable[[], Any]) -> Any:
        """Return what *make* tells of a chart; it is asked once, whatever is edited since."""
        if chart.id not in self._kept:
            self._kept[chart.id] = make()
        return self._kept[chart.id]

    def bench(self, chart: Chart, make: Callable[[], Any]) -> Any:
        """Return what *make* lays out to try edits of a chart on, as it is now."""
        if chart.id not in self._benches:
            self._benches[chart.id] = make()
        return self._benches[chart.id]

    def again(self, chart: str) -> bytes:
        """Return what helm makes of a chart of the disk once more; nothing where it does not."""
        node = next((n for n in self.facts.nodes if isinstance(n, Chart) and n.id == chart), None)
        if node is None or node.tool != "helm":
            return b""
        try:
            root = self.files.tree.root
            return charts.rendered(root / posixpath.dirname(chart), root)[0]
        except InputError:
            return b""

    def object(self, ref: str) -> Object | None:
        """Return the object of Kubernetes that *ref* names."""
        node = self.nodes.get(ref)
        return node if isinstance(node, Object) else None

    def found(self, item: Object) -> tuple[str, Found]:
        """Return the file in which *item* stands and where; InputError where that is not sure."""
        place = self.places.get(item.ref)
        if place is None:
            raise InputError("where it stands is not known")
        return place.path, self.files.object(place.path, item.kind, item.name, place.line)


class Bytes:
    """The files of a tree, of which some are *changed*. What was read is kept."""

    def __init__(self, tree: Tree, changed: Mapping[str, bytes]) -> None:
        self.tree = tree
        self.changed = dict(changed)
        self._original: dict[str, bytes] = {}
        self._objects: dict[str, list[Found]] = {}
        self._named: dict[str, dict[tuple[str, str], list[Found]]] = {}

    def original(self, path: str) -> bytes:
        """Return what the file holds on the disk; InputError where it can not be read."""
        if path not in self._original:
            try:
                self._original[path] = self.tree.open(path)
            except OSError as error:
                raise InputError(f"{path} can not be read: {error.strerror or error}") from error
        return self._original[path]

    def read(self, path: str) -> bytes:
        """Return what the file holds, with what was edited so far."""
        return self.changed[path] if path in self.changed else self.original(path)

    def objects(self, path: str) -> list[Found]:
        """Return the objects of a file."""
        if path not in self._objects:
            self._objects[path] = objects(self.read(path))
        return self._objects[path]

    def object(self, path: str, kind: str, name: str, line: int = 0) -> Found:
        """Return one object of a file; InputError where there is none or which is not sure."""
        if path not in self._named:
            named = self._named[path] = {}
            for one in self.objects(path):
                named.setdefault(_named(one), []).append(one)
        found = self._named[path].get((kind, name), [])
        if len(found) > 1 and line:
            found = [one for one in found if one.line == line]
        if len(found) != 1:
            what = "is there more than once" if found else "was not found"
            raise InputError(f"{kind}/{name} {what} in {path}")
        return found[0]


def _named(found: Found) -> tuple[str, str]:
    """Return kind and name, as keten.model.kube has them."""
    meta = found.value.get("metadata")
    said = meta if isinstance(meta, dict) else {}
    return str(found.value.get("kind")), str(said.get("name") or said.get("generateName") or "")


class Looker:
    """Judges a target again and again, with other bytes in some of its files."""

    def __init__(
        self, root: Path, policy: Policy, *, database: Path | None, now: date, progress: Progress
    ) -> None:
        self.root = root
        self._policy = policy
        self._database = flow.opened(database)
        self._now = now
        self._progress = progress
        self._kept: dict[str, Any] = {}
        self.tree = Tree(
            root,
            exclude=policy.config.paths.exclude,
            tracked=trees.tracked_folders(root),
        )

    def look(self, changed: Mapping[str, bytes]) -> Seen:
        """Return the target as it is judged when files hold *changed*."""
        policy, now, progress = self._policy, self._now, self._progress
        made: dict[str, bytes] = {}
        scanned = trees.collect(
            self.root, policy, now=now, progress=progress, every=True, changed=changed, made=made
        )
        result = flow.judge(scanned, policy, database=self._database, now=now, progress=progress)
        return Seen(scanned.facts, result, Bytes(self.tree, changed), made, self._kept)
