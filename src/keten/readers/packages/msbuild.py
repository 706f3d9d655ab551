"""MSBuild projects of .NET: PackageReference, and Directory.Packages.props.

A version is a least version, and NuGet takes the least that fits: what stands there is what a
restore gets, unless another package asks for more. Ranges and ``*`` stay open.
"""

from keten.errors import InputError
from keten.formats import xml_safe
from keten.formats.lazy_pattern import lazy
from keten.formats.xml_safe import Element
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft

MAX_ROUNDS = 10
MAX_TEXT = 1 << 17
MAX_FOLDERS = 64
_PROPERTY = lazy(r"\$\(([A-Za-z_][A-Za-z0-9_.-]*+)\)")
_EXACT = lazy(r"\[([^\[\](),]++)\]")
_OPEN = lazy(r"[\[\](),*]|\$\(")
_REFERENCES = {"PackageReference", "GlobalPackageReference", "PackageVersion", "PackageDownload"}


class _Project:
    def __init__(self, source: Source, root: Element) -> None:
        self.draft = Draft(source, ecosystem="nuget", format="msbuild", lock=False)
        self.root = root
        self.properties = _properties(root)
        self.central: dict[str, str] = {}
        self.central_only = source.path.rpartition("/")[2] == "Directory.Packages.props"
        if not self.central_only:
            self.look_up(source)

    def look_up(self, source: Source) -> None:
        """Take the versions of the nearest Directory.Packages.props above."""
        folder = source.path.rpartition("/")[0]
        for _ in range(MAX_FOLDERS):
            data = source.files.read(f"{folder}/Directory.Packages.props".lstrip("/"))
            if data is not None:
                break
            if not folder:
                return
            folder = folder.rpartition("/")[0]
        else:
            return
        try:
            above = xml_safe.parse(data)
        except InputError:
            return  # its own reader says so
        for name, value in _properties(above).items():
            self.properties.setdefault(name, value)
        for item in above.every("ItemGroup", "PackageVersion"):
            self.central[item.attributes.get("Include", "").lower()] = _value(item, "Version")

    def fill(self, text: str) -> str:
        for _ in range(MAX_ROUNDS):
            if "$(" not in text:
                return text
            filled = _PROPERTY.sub(
                lambda m: self.properties.get(m.group(1).lower()) or m.group(), text
            )
            if filled == text or len(filled) > MAX_TEXT:
                return text
            text = filled
        return text

    def read(self) -> Facts:
        for group in self.groups():
            for item in group.children:
                if item.tag in _REFERENCES:
                    self.reference(item)
        sources = self.properties.get("restoresources", "")
        for url in sources.split(";"):
            if url.strip().startswith("http"):
                self.draft.note("indexes", {"url": url.strip(), "extra": False}, 1)
        locked = self.properties.get("restorepackageswithlockfile", "").lower() == "true"
        self.draft.settings["locks"] = locked
        return self.draft.facts()

    def groups(self) -> list[Element]:
        """Return the item groups, those inside Choose/When and targets as well."""
        found: list[Element] = []
        waiting = [self.root]
        while waiting:
            for child in waiting.pop().children:
                if child.tag == "ItemGroup":
                    found.append(child)
                elif child.tag in ("Choose", "When", "Otherwise", "Target"):
                    waiting.append(child)
        return sorted(found, key=lambda group: group.line)

    def reference(self, item: Element) -> None:
        names = item.attributes.get("Include", "") or item.attributes.get("Update", "")
        assets = _value(item, "PrivateAssets").lower()
        for part in names.split(";"):
            name = self.fill(part.strip())
            if not name or "$(" in name or "@(" in name:
                if name or not item.attributes.get("Remove"):
                    self.draft.note("unresolved", name or item.tag, item.line)
                continue
            written = _value(item, "VersionOverride") or _value(item, "Version")
            written = self.fill(written or self.central.get(name.lower(), "")).strip()
            exact = _EXACT.fullmatch(written)
            version = exact.group(1).strip() if exact else written
            if _OPEN.search(version):
                version = ""
            self.draft.add(
                name,
                version,
                line=item.line,
                column=item.column,
                direct=None if self.central_only else True,
                development=assets == "all",
                constraint="" if version else written,
            )


def _properties(root: Element) -> dict[str, str]:
    return {
        item.tag.lower(): item.text
        for group in root.every("PropertyGroup")
        for item in group.children
    }


def _value(item: Element, name: str) -> str:
    """Return metadata, which may be an attribute or an element of its own."""
    return item.attributes.get(name, "") or item.read(name)


def read(source: Source) -> Facts:
    """Return the package references of one project or props file."""
    root = xml_safe.parse(source.data)
    if root.tag != "Project":
        raise InputError(f"no MSBuild project: its root is {root.tag[:40]!r}", line=root.line)
    return _Project(source, root).read()


READER = Reader(
    title="MSBuild project",
    media_type="application/xml",
    read=read,
    link=Link.DEPENDENCIES,
    names=(
        "*.csproj", "*.fsproj", "*.vbproj",
        "Directory.Packages.props", "Directory.Build.props", "Directory.Build.targets",
    ),
    marks=(b"Package",),
)  # fmt: skip
