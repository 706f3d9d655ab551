"""The list of packages that images of Azure Linux without a package manager have.

Lines that ``rpm -qa`` wrote when the image was made, fields between tabs: name, version-release,
time of installation and of building, vendor, epoch, size, architecture, epoch as a number,
source package.
"""

from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system._installed import MAX_PACKAGES, Installed
from keten.readers.system._rpm import add

_FIELDS = 10
_KEYS = "gpg-pubkey"


def read(source: Source) -> Facts:
    """Return the packages that the list names."""
    draft = Installed(source, ecosystem="rpm", by="system/rpm-manifest")
    lines = source.data.decode("utf-8", "replace").split("\n", MAX_PACKAGES)
    if len(lines) > MAX_PACKAGES:
        draft.problem(f"more than {MAX_PACKAGES:,} lines", MAX_PACKAGES)
        lines.pop()
    for number, line in enumerate(lines, 1):
        fields = line[:4000].rstrip("\r").split("\t")
        if not line.strip():
            continue
        version, dash, release = fields[1].rpartition("-") if len(fields) > 1 else ("", "", "")
        if len(fields) < _FIELDS or not dash:
            draft.problem("a line without the fields of a package", number)
            continue
        if fields[0] == _KEYS:
            continue
        epoch = int(fields[8][:9]) if fields[5] != "(none)" and fields[8].isdecimal() else None
        add(
            draft,
            fields[0],
            version,
            release,
            epoch=epoch,
            arch=_told(fields[7]),
            source=_told(fields[9]),
            supplier=_told(fields[4]),
            line=number,
        )
    return draft.facts()


def _told(text: str) -> str:
    return "" if text == "(none)" else text


READER = Reader(
    title="rpm packages of an image without a package manager",
    media_type="text/tab-separated-values",
    read=read,
    link=Link.IMAGE,
    ceiling=16 << 20,
    scope=Scope.SYSTEM,
    anchors=("var/lib/rpmmanifest/container-manifest-2",),
)
