"""How rpm packages are named in package URLs, as other tools name them too."""

from keten.readers.system._installed import Installed


def add(
    draft: Installed,
    name: str,
    version: str,
    release: str,
    *,
    epoch: int | None = None,
    arch: str = "",
    source: str = "",
    module: str = "",
    licenses: tuple[str, ...] = (),
    supplier: str = "",
    line: int = 0,
) -> str:
    """Take in a package: its epoch is a qualifier, and stands before the version that is shown."""
    full = f"{version}-{release}" if release else version
    more = {"epoch": "" if epoch is None else str(epoch), "rpmmod": module}
    return draft.add(
        name,
        full,
        line=line,
        arch=arch,
        upstream=source,
        more=more,
        vendor=_vendor(draft.vendor),
        shown=full if epoch is None else f"{epoch}:{full}",
        licenses=licenses,
        supplier=supplier,
    )


def _vendor(distro: str) -> str:
    if distro == "rhel":
        return "redhat"
    return "opensuse" if distro.startswith("opensuse") else distro
