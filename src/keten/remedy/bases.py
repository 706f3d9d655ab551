"""What the base image brings: its packages are renewed with the base, not one by one.

Who builds on ``debian:12`` does not upgrade its openssl: they build again on a newer base. Which
layers came with the base the image's reading tells (``Package.based``); what it is called, how
that is known and how old it is stands in the image's content.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from keten.model.delivery import Image, Package
from keten.model.facts import Facts
from keten.model.finding import Change
from keten.remedy.upgrade import Upgrade

NAMED = 4
"""How many packages an action names."""


class Base(Struct, frozen=True):
    """One base image. *name* is "" where nothing tells it; *created* a day, "" if not known.

    *guessed*: that the packages are the base's follows from the image's history alone.
    """

    name: str = ""
    created: str = ""
    guessed: bool = False


def bases(facts: Facts) -> dict[str, Base]:
    """Return the base that each package (by its ref) came with; none for the image's own."""
    brought = [node.ref for node in facts.nodes if isinstance(node, Package) and node.based]
    if not brought:
        return {}
    found = [
        Base(
            content.base,
            content.base_created[:10] if content.base_trust == "given" else "",
            content.base_trust != "given",
        )
        for node in facts.nodes
        if isinstance(node, Image)
        and (content := node.content) is not None
        and content.base_trust in ("given", "guessed", "annotated")
    ]
    # Several images in one scan: whose base brought which package no fact says.
    base = found[0] if len(found) == 1 else Base(guessed=True)
    return dict.fromkeys(brought, base)


def renewal(base: Base, upgrades: Sequence[Upgrade]) -> tuple[str, tuple[Change, ...], str]:
    """Return title, changes and proof of taking a newer *base* for all of *upgrades*."""
    found = _distinct(upgrades)
    title = f"Build again on a newer {_called(base)}: it brings {_listed(found)}"
    changes = tuple(Change("", f"{name} {before}", after) for name, before, after in found)
    many = "each version was" if len(found) > 1 else "the version was"
    stay = sorted({name for one in upgrades for name in one.open})
    left = f", {len(stay)} of the vulnerabilities stay" if stay else ""
    proof = f"{many} looked up again{left}; whether a newer base has it a scan of that base tells"
    if base.guessed:
        proof += "; that the base brings it is guessed from the history: --base IMAGE makes sure"
    return title, changes, proof


def waiting(base: Base, upgrades: Sequence[Upgrade]) -> str:
    """Return the title for packages of *base* of which no fixed version is known."""
    return (
        f"Choose another base than this {_called(base)}, or waive: it brings "
        f"{_listed(_distinct(upgrades))}, and no fixed version is known"
    )


def replacement(upgrades: Sequence[Upgrade]) -> str:
    """Return the title for packages of which no fixed version is known."""
    found = _distinct(upgrades)
    named = f"{found[0][0]} {found[0][1]}" if len(found) == 1 else _listed(found)
    return f"Replace {named}, or waive: no fixed version is known"


def _called(base: Base) -> str:
    built = f" of {base.created}" if base.created else ""
    return f"base image{f' ({base.name}{built})' if base.name else built}"


def _distinct(upgrades: Iterable[Upgrade]) -> list[tuple[str, str, str]]:
    """Return name, version and goal of each package once, sorted."""
    return sorted({(one.name, one.before, one.after) for one in upgrades})


def _listed(found: Sequence[tuple[str, str, str]]) -> str:
    names = list(dict.fromkeys(name for name, _, _ in found))
    more = len(names) - NAMED
    if more > 1:
        return f"{', '.join(names[:NAMED])} and {more} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
