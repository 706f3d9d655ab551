"""packages.config of NuGet: exact versions, direct and transitive alike."""

from keten.errors import InputError
from keten.formats import xml_safe
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft


def read(source: Source) -> Facts:
    """Return the packages of one packages.config."""
    root = xml_safe.parse(source.data)
    if root.tag != "packages":
        raise InputError(f"no packages.config: its root is {root.tag[:40]!r}", line=root.line)
    draft = Draft(source, ecosystem="nuget", format="packages.config", lock=True)
    for item in root.every("package"):
        name, version = item.attributes.get("id", ""), item.attributes.get("version", "")
        if not name or not version:
            draft.problem("a package without id or version", item.line, item.column)
            continue
        draft.add(
            name,
            version,
            line=item.line,
            column=item.column,
            development=item.attributes.get("developmentDependency", "").lower() == "true",
        )
    return draft.facts()


READER = Reader(
    title="NuGet packages.config",
    media_type="application/xml",
    read=read,
    link=Link.DEPENDENCIES,
    names=("packages.config", "packages.*.config"),
)
