"""pom.xml of Maven: https://maven.apache.org/pom.html.

Properties, dependency management and parents are followed as far as they stand in the tree. A
version that comes from outside it (a parent or a bill of materials in a repository) stays
open: the package has no version, and its constraint is the text that stands there.
"""

from keten.errors import InputError
from keten.formats import xml_safe
from keten.formats.lazy_pattern import lazy
from keten.formats.xml_safe import Element
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft

MAX_PARENTS = 20
MAX_ROUNDS = 10
MAX_TEXT = 1 << 17
_VARIABLE = lazy(r"\$\{([^{}$]*+)\}")
_EXACT = lazy(r"\[([^\[\](),]++)\]")
_OPEN = lazy(r"[\[(,]|\$\{|(?:LATEST|RELEASE)\Z")
_PARTS = ("groupId", "artifactId", "version")


class _Model:
    """A POM and its parents, the nearest first."""

    def __init__(self, source: Source, root: Element) -> None:
        self.chain = [root, *_parents(source, root)]
        self.complete = self.chain[-1].find("parent") is None
        self.properties: dict[str, str] = {}
        for pom in reversed(self.chain):
            for element in pom.every("properties"):
                self.properties.update({item.tag: item.text for item in element.children})
        for prefix in ("project.", "pom.", ""):
            for part in _PARTS:
                self.properties.setdefault(prefix + part, self.own(part))
                parent = root.read("parent", part)
                self.properties.setdefault(f"{prefix}parent.{part}", parent)
        self.managed: dict[tuple[str, str], tuple[str, str]] = {}
        for pom in self.chain:
            for item in pom.every("dependencyManagement", "dependencies", "dependency"):
                key = (self.fill(item.read("groupId")), self.fill(item.read("artifactId")))
                self.managed.setdefault(key, (item.read("version"), item.read("scope")))

    def own(self, part: str) -> str:
        """Return the project's own coordinate; group and version may come from the parent."""
        for pom in self.chain:
            if pom.read(part):
                return pom.read(part)
        return self.chain[-1].read("parent", part) if part != "artifactId" else ""

    def fill(self, text: str) -> str:
        """Put properties in, again while there are some; a cycle ends after a few rounds."""
        for _ in range(MAX_ROUNDS):
            if "${" not in text:
                return text
            filled = _VARIABLE.sub(lambda m: self.properties.get(m.group(1)) or m.group(), text)
            if filled == text or len(filled) > MAX_TEXT:
                return text
            text = filled
        return text


def _parents(source: Source, root: Element) -> list[Element]:
    """Return the parents that stand in the tree, as ``relativePath`` leads to them."""
    found: list[Element] = []
    seen = {source.path}
    path, pom = source.path, root
    while len(found) < MAX_PARENTS:
        parent = pom.find("parent")
        relative = parent.find("relativePath") if parent is not None else None
        if parent is None or (relative is not None and not relative.text):
            break
        where = _join(path, relative.text if relative is not None else "../pom.xml")
        data = None if where is None or where in seen else source.files.read(where)
        if data is None or where is None:
            break
        seen.add(where)
        try:
            above = xml_safe.parse(data)
        except InputError:
            break  # its own reader says so
        if above.read("artifactId") != parent.read("artifactId"):
            break  # Maven too would then look for it in a repository
        found.append(above)
        path, pom = where, above
    return found


def _join(path: str, relative: str) -> str | None:
    steps = path.split("/")[:-1]
    for step in relative.replace("\\", "/").split("/"):
        if step == "..":
            if not steps:
                return None
            steps.pop()
        elif step not in ("", "."):
            steps.append(step)
    where = "/".join(steps)
    return where if where.endswith(".xml") else f"{where}/pom.xml".lstrip("/")


def read(source: Source) -> Facts:
    """Return the dependencies of one pom.xml."""
    root = xml_safe.parse(source.data)
    if root.tag != "project":
        raise InputError(f"no POM: its root is {root.tag[:40]!r}", line=root.line)
    model = _Model(source, root)
    draft = Draft(source, ecosystem="maven", format="pom.xml", lock=False)
    for item in root.every("dependencies", "dependency"):
        _dependency(draft, model, item, profile="")
    for profile in root.every("profiles", "profile"):
        draft.note("profiles", profile.read("id"), profile.line)
        for item in profile.every("dependencies", "dependency"):
            _dependency(draft, model, item, profile=profile.read("id"))
    for item in root.every("dependencyManagement", "dependencies", "dependency"):
        if item.read("scope") == "import":
            parts = [model.fill(item.read(part)) for part in _PARTS]
            draft.note("boms", ":".join(parts), item.line)
    _repositories(draft, model, root)
    draft.settings["parent"] = ":".join(root.read("parent", part) for part in _PARTS).strip(":")
    draft.settings["parents_complete"] = model.complete
    return draft.facts()


def _dependency(draft: Draft, model: _Model, item: Element, *, profile: str) -> None:
    group, artifact = model.fill(item.read("groupId")), model.fill(item.read("artifactId"))
    if not group or not artifact:
        draft.problem("a dependency without groupId or artifactId", item.line, item.column)
        return
    managed = model.managed.get((group, artifact), ("", ""))
    written = model.fill(item.read("version") or managed[0])
    exact = _EXACT.fullmatch(written)
    version = exact.group(1) if exact else written
    if _OPEN.match(version) or "${" in version:
        version = ""
    if "${" in group or "${" in artifact:
        draft.note("unresolved", f"{group}:{artifact}", item.line)
        return
    scope = item.read("scope") or managed[1]
    path = model.fill(item.read("systemPath"))
    if not version:
        draft.note("unresolved", f"{group}:{artifact}", item.line)
    draft.add(
        f"{group}:{artifact}",
        version,
        line=item.line,
        column=item.column,
        direct=True,
        development=scope == "test",
        optional=item.read("optional") == "true" or bool(profile),
        constraint="" if version else written,
        source=f"path:{path}" if scope == "system" else "",
    )


def _repositories(draft: Draft, model: _Model, root: Element) -> None:
    places = [root, *root.every("profiles", "profile")]
    for place in places:
        for group, kind in (
            ("repositories", "repository"),
            ("pluginRepositories", "pluginRepository"),
        ):
            for item in place.every(group, kind):
                url = item.find("url")
                if url is not None and url.text:
                    draft.note("indexes", {"url": model.fill(url.text), "extra": False}, url.line)


READER = Reader(
    title="Maven POM",
    media_type="application/xml",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("pom.xml", "*.pom"),
)
