"""Kubernetes objects in YAML and JSON, as the API server would take them.

Whole objects only: a Helm template, a kustomize patch or another tool's file that merely has
``apiVersion`` and ``kind`` says nothing here.
"""

import posixpath
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from keten.errors import InputError
from keten.model.delivery import Image
from keten.model.evidence import Link, Place, Problem
from keten.model.facts import Edge, Facts, Looked, Trust
from keten.model.kube import Workload
from keten.model.plug import Reader, Source

OBJECTS = 100_000  # of one file
BROKEN = 100  # documents of one file that are no YAML, told one by one
SHOWN = 5  # refusals of one object that become problems

LONG = 1 << 20  # of a List of more bytes only the objects have lines; JSON is read by objects
SNAPSHOT = "keten-snapshot.json"  # formats.kubernetes.snapshot.NAME, which few files need
_ITEM = re.compile(r"items\[(\d+)\]\.?(.*)", re.DOTALL)
_ONE_A_LINE = b'"items":[\n{'  # each object on a line, as keten writes lists: its line says it all
_HEAD = 256
_VERSION = re.compile(r"v[0-9]+((alpha|beta)[0-9]+)?")
_WRONG = "wrong type"
_MEND = "Mend the file so that the API server accepts it."
_RENDER = "Render it and scan what comes out."
# Groups and kinds of files that tools read and no API server is given.
_NO_SERVER = {
    "kubeadm.k8s.io", "kubelet.config.k8s.io", "kubeproxy.config.k8s.io", "audit.k8s.io",
    "apiserver.config.k8s.io", "kustomize.config.k8s.io", "kind.x-k8s.io", "k3d.io",
    "client.authentication.k8s.io", "kubescheduler.config.k8s.io", "admission.k8s.io",
    "pod-security.admission.config.k8s.io", "imagepolicy.k8s.io", "apiserver.k8s.io",
    "kubecontrollermanager.config.k8s.io", "cloudcontrollermanager.config.k8s.io",
    "controller-runtime.sigs.k8s.io", "config.karmada.io", "config.kubernetes.io",
    "abac.authorization.kubernetes.io", "eksctl.io", "cli.config.x-k8s.io",
    "kubectl.config.k8s.io", "krew.googlecontainertools.github.com", "cosign.sigstore.dev",
}  # fmt: skip


def read(source: Source) -> Facts:
    """Return the objects of one file."""
    from keten.formats.kubernetes.templates import role

    if role(source) != "object":
        return Facts()
    from keten.formats.yaml.documents import uncollected

    with uncollected():
        return _Reading(source).facts()


class _Reading:
    """The facts of one file, as they gather."""

    def __init__(self, source: Source) -> None:
        self._path = source.path
        self._data = source.data
        self._nodes: list[Any] = []
        self._edges: list[Edge] = []
        self._looked: list[Looked] = []
        self._problems: list[Problem] = []
        self._places: list[Place] = []
        self._images: dict[str, Image] = {}
        self._texts: dict[str, Image] = {}
        self._ids: dict[str, int] = {}
        self._template = b"{{" in source.data
        folder = posixpath.dirname(posixpath.dirname(posixpath.dirname(source.path)))
        self._taken = source.files.exists(posixpath.join(folder, SNAPSHOT))
        self._others: list[tuple[str, int]] = []  # documents that are no objects, and why
        self._broken: list[tuple[Problem, bool]] = []  # no YAML; whether meant to be an object

    def facts(self) -> Facts:
        """Read every document; one that is broken does not hide the others."""
        from keten.formats.kubernetes.listing import but_last, without_logs
        from keten.formats.yaml.documents import load_part
        from keten.formats.yaml.stream import split

        try:
            for part in () if self._listed() else split(without_logs(self._data)):
                try:
                    document = load_part(part)
                except InputError as error:
                    self._fault(error, meant=_concerns(part.data))
                    document = but_last(part)
                if document is not None:
                    self._document(document)
        except InputError as error:
            self._fault(error, meant=True)
        self._problems += (problem for problem, meant in self._broken if meant or self._nodes)
        self._strangers()
        return Facts(
            nodes=(*self._nodes, *self._images.values()),
            edges=tuple(self._edges),
            looked=tuple(self._looked),
            problems=tuple(self._problems),
            places=tuple(self._places),
        )

    def _listed(self) -> bool:
        """Read a long List in JSON, object by object; return whether it was one."""
        from keten.formats.kubernetes.listing import listing

        lined = self._taken or _ONE_A_LINE in self._data[:_HEAD]
        if len(self._data) <= LONG and not lined:
            return False
        found = listing(self._data)
        if found is None or not _is_object({"apiVersion": found.api_version, "kind": found.kind}):
            return False
        head = {"apiVersion": found.api_version, "kind": found.kind}
        for item in found:
            for value in _typed(item.value, head):
                self._object(value, {}, item.line, listed=True)
        self._tell(head, empty=not found.items)
        return True

    def _tell(self, head: dict[str, Any], *, empty: bool) -> None:
        """Tell that a List of one kind is here, though it may be empty (see derive/collected)."""
        kind = str(head["kind"]).removesuffix("List")
        if kind and (empty or any(node.uid for node in self._nodes)):
            self._looked.append(Looked(f"list {self._path}", kind))

    def _document(self, document: Any) -> None:
        from keten.formats.kubernetes.listing import CUT_OFF, is_cut_off

        value, fields = document.value, document.fields
        if is_cut_off(value):
            self._problem(CUT_OFF, document.line, "Take the dump anew.")
            value = {**value, "kind": "List"}
        if not isinstance(value, dict) or not _is_object(value):
            self._others.append((_lacks(value), document.line))
            return
        if not _is_list(value):
            self._object(value, fields, document.line)
            return
        for i, item, lines in _items(value, fields):
            if isinstance(item, dict) and _is_object(item):
                line = fields.get(f"items[{i}]", document.line)
                if _is_list(item):  # a list in a list, as kubectl flattens it
                    for j, inner, below in _items(item, lines):
                        if isinstance(inner, dict) and _is_object(inner):
                            self._object(inner, below, lines.get(f"items[{j}]", line), listed=True)
                else:
                    self._object(item, lines, line, listed=True)
        self._tell(value, empty=not value["items"])

    def _object(
        self, value: dict[str, Any], fields: dict[str, int], line: int, *, listed: bool = False
    ) -> None:
        from keten.formats.kubernetes.judge import refusals
        from keten.formats.kubernetes.objects import node

        if len(self._nodes) >= OBJECTS:
            raise InputError(f"more than {OBJECTS} objects in one file", line=line)
        if listed and (self._taken or _is_live(value)):
            refused = (
                []
                if _as_known(value)
                else [refusal for refusal in refusals(value) if refusal.what.startswith(_WRONG)]
            )
        else:
            refused = list(refusals(value))
        if refused and _has_no_pod(value):  # a piece of a workload: there is nothing to judge
            what = f"the API server would refuse this: {refused[0].what}"
            self._problem(what, _line(fields, refused[0].at) or line, _MEND)
            return
        made = node(value, self._id(value), self._path, clean=not refused)
        ref = made.ref
        self._nodes.append(made)
        long = listed and len(self._data) > LONG  # a dump: only the objects have lines
        packed = msgspec.msgpack.encode(fields) if fields and not long else b""
        self._places.append(Place(ref, self._path, line, fields=packed))
        if refused:
            for refusal in refused[:SHOWN]:
                where = _line(fields, refusal.at) or line
                what = f"the API server would refuse this: {refusal.what}"
                if not refusal.gone:  # an older server takes it; a check says what to write now
                    self._problem(what, where, _MEND, about=ref, need="manifest")
        if all(refusal.gone for refusal in refused):
            self._looked.append(Looked(ref, "manifest"))
        if isinstance(made, Workload):
            self._runs(made)

    def _runs(self, workload: Workload) -> None:
        ref = workload.ref
        seen: set[str] = set()
        for _, container in workload.pod.all_containers():
            image = self._image(container.image)
            if image is not None and image.id not in seen:
                seen.add(image.id)
                self._images.setdefault(image.id, image)
                edge = Edge(ref, "runs", image.ref, Trust.OBSERVED, self._path, "k8s")
                self._edges.append(edge)

    def _image(self, text: str) -> Image | None:
        from keten.formats import reference

        text = text.strip()
        if not text:
            return None
        if text not in self._texts:
            try:
                self._texts[text] = reference.parse(text)
            except InputError:  # the API server takes any text; a placeholder, mostly
                self._texts[text] = Image(text[:LONGEST], template=True)
        return self._texts[text]

    def _id(self, value: dict[str, Any]) -> str:
        from keten.formats.kubernetes.objects import name_of

        meta = value.get("metadata")
        meta = meta if isinstance(meta, dict) else {}
        namespace = meta.get("namespace")
        space = namespace if isinstance(namespace, str) and namespace else "-"
        key = f"{self._path}:{value['kind']}/{space}/{name_of(meta) or '-'}"
        count = self._ids[key] = self._ids.get(key, 0) + 1
        return key if count == 1 else f"{key}~{count}"

    def _strangers(self) -> None:
        """Tell of documents that are no objects: among objects, kubectl stops at one."""
        told = [(what, line) for what, line in self._others if what or self._nodes]
        for what, line in told[:BROKEN]:
            what = what or "a document that is no object"  # noqa: PLW2901
            self._problem(f"the API server would refuse this: {what}", line, _MEND)
        if len(told) > BROKEN:
            what = f"{len(told)} documents are no objects: the first {BROKEN} are told"
            self._problem(what, told[BROKEN][1], _MEND)

    def _fault(self, error: InputError, *, meant: bool) -> None:
        """Note what is no YAML; it is told where it was *meant* to be an object or is among some.

        The error itself is not kept: with its traceback it holds all that was read.
        """
        what, advice = error.what, error.advice or _MEND
        if self._template:
            what, advice = f"a template that is not rendered ({what})", _RENDER
        if len(self._broken) == BROKEN:
            what = f"more than {BROKEN} documents are not YAML: the others are not told"
        if len(self._broken) <= BROKEN:
            column = 0 if self._template else error.column
            problem = Problem(self._path, what, error.line, column, advice, Link.DEPLOYMENT)
            self._broken.append((problem, meant))

    def _problem(
        self,
        what: str,
        line: int,
        advice: str,
        *,
        column: int = 0,
        about: str = "",
        need: str = "",
    ) -> None:
        link = Link.DEPLOYMENT
        self._problems.append(
            Problem(self._path, what, line, column, advice, link, about=about, need=need)
        )


def _typed(value: Any, head: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the object *value* of the list *head*, or those of the list that it is itself."""
    kind = str(head["kind"]).removesuffix("List")
    if not isinstance(value, dict):
        return
    if kind and not value.get("kind") and not value.get("apiVersion"):
        value = {**value, "kind": kind, "apiVersion": head["apiVersion"]}
    if not _is_object(value):
        return
    if not _is_list(value):
        yield value
        return
    for item in value["items"] or ():
        if isinstance(item, dict) and _is_object(item):
            yield item


def _as_known(value: dict[str, Any]) -> bool:
    """Return whether what a server gave out is of the types we know.

    What it gave out it has taken: a field that we do not know is newer than we are.
    """
    from keten.formats.kubernetes.accept import accepts
    from keten.formats.kubernetes.schema import schema

    served = schema().kinds.get(f"{value['apiVersion']}/{value['kind']}")
    return served is None or bool(accepts(served)(value))


def _is_live(value: dict[str, Any]) -> bool:
    """Return whether an API server gave the object out: it has an identity and a version there."""
    meta = value.get("metadata")
    return isinstance(meta, dict) and bool(meta.get("uid")) and bool(meta.get("resourceVersion"))


LONGEST = 512  # characters of an image's text that is no reference


def _is_object(value: dict[str, Any]) -> bool:
    """Return whether *value* means to be an object for an API server."""
    version, kind = value.get("apiVersion"), value.get("kind")
    if not isinstance(version, str) or not isinstance(kind, str) or not kind:
        return False
    from keten.formats.kubernetes.schema import applied, gone, groups

    if not applied(version, kind):
        return False
    group, slash, number = version.rpartition("/")
    if not slash:
        return _core(version, kind)
    if group in _NO_SERVER or "/" in group:
        return False
    if group in groups() or gone(version, kind):
        return True
    return "." in group and _VERSION.fullmatch(number) is not None


def _has_no_pod(value: dict[str, Any]) -> bool:
    from keten.formats.kubernetes.rules import PODS, at

    path = PODS.get(value["kind"])
    return path is not None and not isinstance(at(value, path), dict)


def _lacks(value: Any) -> str:
    """Return what an object that is almost one lacks, "" where it is nothing of the kind."""
    if not isinstance(value, dict) or not isinstance(value.get("metadata"), dict):
        return ""
    from keten.formats.kubernetes.rules import PODS

    version, kind = value.get("apiVersion"), value.get("kind")
    if (
        not version
        and isinstance(kind, str)
        and kind in PODS
        and isinstance(value.get("spec"), dict)
    ):
        return "apiVersion is not set"
    if not kind and isinstance(version, str) and _is_object({"apiVersion": version, "kind": "Pod"}):
        return "kind is not set"
    return ""


def _core(version: str, kind: str) -> bool:
    from keten.formats.kubernetes.schema import schema

    if version == "v1":
        return kind not in {"Config", "List"} or kind == "List"
    return _VERSION.fullmatch(version) is not None and f"v1/{kind}" in schema().kinds


def _is_list(value: dict[str, Any]) -> bool:
    """Return whether *value* is a List; Go writes an empty one as null."""
    return str(value["kind"]).endswith("List") and isinstance(value.get("items", 0), list | None)


def _items(
    value: dict[str, Any], fields: dict[str, int]
) -> Iterator[tuple[int, Any, dict[str, int]]]:
    """Yield a list's items, each with its own lines; type and version come from the list."""
    split: dict[int, dict[str, int]] = {}
    for path, line in fields.items():
        found = _ITEM.fullmatch(path)
        if found and found[2]:
            split.setdefault(int(found[1]), {})[found[2]] = line
    kind = str(value["kind"]).removesuffix("List")
    for i, item in enumerate(value["items"] or ()):
        if isinstance(item, dict) and kind and not item.get("kind") and not item.get("apiVersion"):
            item = {**item, "kind": kind, "apiVersion": value["apiVersion"]}  # noqa: PLW2901
        yield i, item, split.get(i, {})


def _concerns(data: bytes) -> bool:
    """Return whether a broken document was to be an object at all."""
    return b"apiVersion" in data and b"kind" in data


def _line(fields: dict[str, int], path: str) -> int:
    """Return the line of *path* or of the nearest field above it."""
    while path:
        if (line := fields.get(path)) is not None:
            return line
        cut = max(path.rfind("."), path.rfind("["))
        path = path[: max(cut, 0)]
    return 0


READER = Reader(
    title="Kubernetes objects",
    media_type="application/yaml",
    read=read,
    link=Link.DEPLOYMENT,
    names=("*.yaml", "*.yml", "*.json"),
    marks=(b"apiVersion", b"kind"),
)
