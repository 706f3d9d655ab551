"""Files that a deps.json of .NET lists: assemblies and native libraries, by their packages.

They lie beside it, flat or below ``runtimes/`` and a folder for each language, whatever their
path in the package was.
"""

from keten.errors import CeilingError, InputError
from keten.formats import json_index, purl
from keten.formats.json_index import table
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system._installed import contents
from keten.readers.system._language import within

MAX_FILES = 200_000
_KINDS = ("runtime", "native", "resources", "runtimeTargets")


def read(source: Source) -> Facts:
    """Return the files of each library; nothing for a file that is no deps.json."""
    try:
        root = json_index.parse(source.data, depth=0).value
    except InputError:
        return Facts()  # packages/deps-json says so
    folder = source.path.rpartition("/")[0]
    found: dict[str, set[str]] = {}
    count = 0
    for target in table(table(root).get("targets")).values():
        for key, item in table(target).items():
            paths = [path for kind in _KINDS for path in table(table(item).get(kind))]
            count += len(paths)
            if count > MAX_FILES:
                raise CeilingError(f"a deps.json of more than {MAX_FILES:,} files")
            name, _, version = key.partition("/")
            try:
                url = purl.make("nuget", "", name, version)
            except InputError:
                continue  # packages/deps-json says so
            files = found.setdefault(f"{source.path}#{url}", set())
            for path in paths:
                flat = path.rpartition("/")[2]
                files.update(filter(None, (within(folder, path), within(folder, flat))))
    return contents(found)


READER = Reader(
    title="Files of .NET packages",
    media_type="application/json",
    read=read,
    link=Link.DEPENDENCIES,
    scope=Scope.SYSTEM,
    names=("*.deps.json",),
)
