"""opkg's database: what is installed on OpenWrt and other small systems.

``status`` has dpkg's form; licences stand in ``info/NAME.control``, files in ``info/NAME.list``.
"""

from keten.formats import deb822
from keten.formats.licences import licenses
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system._installed import Installed, contents

MAX_DEPENDENCIES = 500
MAX_FILES = 1_000_000
_FOLDERS = ("usr/lib/opkg", "var/lib/opkg", "opt/lib/opkg")
_FIELDS = (
    "Package", "Status", "Version", "Architecture", "Maintainer", "Depends", "Provides",
    "License", "SourceName",
)  # fmt: skip
_THERE = frozenset({"installed", "unpacked"})


def read(source: Source) -> Facts:
    """Return the packages that are installed, their files and what each requires."""
    if not source.path.endswith("/status"):
        return Facts()
    folder = source.path.removesuffix("/status")
    draft = Installed(source, ecosystem="opkg", by="system/opkg", fallback="openwrt")
    found: list[tuple[str, dict[str, str]]] = []
    for line, fields in deb822.stanzas(source.data, _FIELDS):
        if (fields.get("status", "installed").split() or [""])[-1] not in _THERE:
            continue
        name = fields.get("package", "")
        origin = fields.get("sourcename", "")
        key = draft.add(
            name,
            fields.get("version", ""),
            line=line,
            arch=fields.get("architecture", ""),
            upstream=origin if origin != name else "",
            licenses=licenses.gather((_license(source, folder, fields),)),
            supplier=fields.get("maintainer", ""),
        )
        if key:
            found.append((key, fields))
    _edges(draft, found)
    facts = draft.facts()
    files = contents({key: _files(source, folder, fields) for key, fields in found})
    return Facts(
        nodes=facts.nodes + files.nodes,
        edges=facts.edges,
        looked=facts.looked,
        problems=facts.problems,
        places=facts.places,
    )


def _edges(draft: Installed, found: list[tuple[str, dict[str, str]]]) -> None:
    providers: dict[str, str] = {}
    for key, fields in found:
        for name in _names(fields.get("provides", "")):
            providers.setdefault(name, key)
    providers |= {fields["package"]: key for key, fields in found}
    for key, fields in found:
        for name in _names(fields.get("depends", "")):
            if name in providers:
                draft.require(key, providers[name])


def _names(text: str) -> list[str]:
    parts = text.split(",")[:MAX_DEPENDENCIES]
    return [words[0] for part in parts if (words := part.replace("(", " ").split())]


def _license(source: Source, folder: str, fields: dict[str, str]) -> str:
    if "license" in fields or "/" in fields.get("package", ""):
        return fields.get("license", "")
    data = source.files.read(f"{folder}/info/{fields.get('package', '')}.control")
    for _, control in deb822.stanzas(data or b"", ("Package", "License")):
        return control.get("license", "")
    return ""


def _files(source: Source, folder: str, fields: dict[str, str]) -> list[str]:
    name = fields["package"]
    data = None if "/" in name else source.files.read(f"{folder}/info/{name}.list")
    lines = (data or b"").decode("utf-8", "replace").split("\n", MAX_FILES)[:MAX_FILES]
    # A line may go on with the file's mode and, of a link, where it leads.
    return [path for line in lines if (path := line.partition("\t")[0].strip().lstrip("/"))]


READER = Reader(
    title="opkg packages that are installed",
    media_type="text/plain",
    read=read,
    link=Link.IMAGE,
    scope=Scope.SYSTEM,
    anchors=tuple(
        f"{folder}/{name}"
        for folder in _FOLDERS
        for name in ("status", "info/*.list", "info/*.control")
    ),
)
