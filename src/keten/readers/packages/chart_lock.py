"""Chart.lock and requirements.lock of Helm: the charts that a chart brings along.

Their ``digest`` is of what was asked for, not of any chart.
"""

from keten.errors import InputError
from keten.formats.json_index import table, text
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._documents import Yaml
from keten.readers.packages._draft import Draft


def read(source: Source) -> Facts:
    """Return the charts of one lockfile."""
    file = Yaml(source.data)
    items = file.value.get("dependencies")
    if not isinstance(items, list | None) or "generated" not in file.value:
        raise InputError("no lockfile of Helm: it has no dependencies", line=1)
    draft = Draft(source, ecosystem="helm", format="Chart.lock", lock=True)
    draft.settings["digest"] = text(file.value.get("digest"))
    for index, item in enumerate(items or ()):
        one = table(item)
        line = file.at("dependencies", index)
        name, repository = text(one.get("name")), text(one.get("repository"))
        version = file.text(one.get("version"), "dependencies", index, "version")
        if not name or not version:
            draft.problem("a chart without name or version", line)
        elif not repository or repository.startswith("file:"):
            path = repository.removeprefix("file:").removeprefix("//")
            draft.note("members", {"name": name, "path": path or f"charts/{name}"}, line)
        else:
            draft.add(
                name,
                version,
                line=line,
                direct=True,
                source=repository,
                qualifiers={"repository_url": repository if "://" in repository else ""},
            )
    return draft.facts()


READER = Reader(
    title="Helm lockfile",
    media_type="application/yaml",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("Chart.lock", "requirements.lock"),
    marks=(b"generated:", b"dependencies:"),
)
