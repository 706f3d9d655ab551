"""nginx: three numbers; an odd second one is the mainline, an even one a stable branch."""

import re

from keten.errors import InputError
from keten.formats.versions.semver import key
from keten.model.plug import Ecosystem

_CLAUSE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})*)\s*(?:(\+)|-\s*([0-9]{1,9}(?:\.[0-9]{1,9})*))?")


def native(text: str) -> tuple[tuple[str, str], ...]:
    """Return the constraints of a list as nginx's advisories give it.

    ``1.4.1+`` means that and all later of its branch if the branch is stable, and all later
    versions if it is the mainline; ``0.7.52-0.8.39`` has both ends in it; ``all`` is all.
    """
    if text.strip() in {"all", "*"}:
        return (("*", ""),)
    found: list[tuple[str, str]] = []
    for clause in filter(None, map(str.strip, text.split(","))):
        match = _CLAUSE.fullmatch(clause)
        if match is None:
            raise InputError(f"{clause[:60]!r} is no range as nginx writes it")
        version, later, last = match.groups()
        numbers = [*map(int, version.split(".")), 0][:2]
        if last:
            found += ((">=", version), ("<=", last))
        elif not later:
            found.append(("=", version))
        elif numbers[1] % 2:
            found.append((">=", version))
        else:
            found += ((">=", version), ("<", f"{numbers[0]}.{numbers[1] + 1}.0"))
    return tuple(found)


ECOSYSTEM = Ecosystem(
    title="nginx",
    purl_type="generic",
    osv="",
    key=key,
    normalise=str.strip,
    vers=("nginx",),
    native=native,
)
