"""``keten licenses``: which licences the packages of a target stand under, and how many each."""

import argparse
import gc
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from keten.cli import arguments as common
from keten.cli import printing
from keten.config import Policy
from keten.model.delivery import Package

if TYPE_CHECKING:
    from keten.policy.licensing import Judgement

LONGEST = 60
"""A licence that is longer than so many characters is cut in the table."""
SHOWN = 20
"""How many packages without a licence the table names; JSON and --all name every one."""


class Row(Struct, frozen=True, omit_defaults=True):
    """A licence as packages tell it: *category* as far as known, *denied* why policy says no."""

    license: str
    packages: tuple[str, ...]
    category: str = ""
    denied: str = ""
    concluded: bool = False


def main(argv: list[str]) -> int:
    """Print the table; 1 where policy denies a licence."""
    arguments = parser().parse_args(argv)
    gc.disable()  # frozen records make no cycles
    target = common.target(arguments.target)
    policy = common.policy(target.folder, arguments)
    scanned = common.collected(arguments, target, policy, now=common.day(arguments.now))
    packages = [node for node in scanned.facts.nodes if isinstance(node, Package)]
    rows = sorted(
        table(packages, policy), key=lambda r: (not r.license, -len(r.packages), r.license)
    )
    if arguments.json:
        printing.document({"licenses": rows})
    else:
        printing.write(printed(rows, everything=arguments.all))
    sys.stdout.flush()
    return 1 if any(row.denied for row in rows) else 0


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    made = argparse.ArgumentParser(
        prog="keten licenses",
        description="List the licences of a target's packages, the most frequent first, and "
        "what policy says of each. Exit status 1 where policy denies one.",
    )
    common.takes(made)
    made.add_argument("--json", action="store_true", help="write JSON")
    made.add_argument("--all", action="store_true", help="name every package without a licence")
    made.add_argument("--quiet", action="store_true", help="no progress")
    common.add(made)
    common.images(made)
    return made


def table(packages: Iterable[Package], policy: Policy) -> list[Row]:
    """Return a row for each licence; a package that several bind is counted under each."""
    from keten.policy import licensing

    rules = licensing.Rules(policy.config.licenses, policy.name)
    found: dict[tuple[str, bool], dict[str, None]] = {}
    for package in packages:
        said = rules.concluded(package.purl)
        label = f"{package.name} {package.version}".rstrip() or package.id
        for text in licensing.binding((said.license,) if said else package.licenses or ("",)):
            name = "" if rules.judge((text,)).nothing else text
            found.setdefault((name, bool(said)), {})[label] = None
    return [
        Row(name, tuple(sorted(labels)), _category(name), _denied(rules.judge((name,))), concluded)
        for (name, concluded), labels in found.items()
    ]


def _denied(verdict: "Judgement") -> str:
    return "; ".join(f"{item.licence} {item.why}" for item in verdict.denied)


def printed(rows: list[Row], *, everything: bool) -> Iterator[str]:
    """Yield the lines of the table."""
    if not rows:
        yield "no packages"
        return
    for row in rows:
        name = row.license or "no licence told"
        name = name if len(name) <= LONGEST else f"{name[: LONGEST - 3]}..."
        kind = f"  {row.category}" if row.category else ""
        note = "  (concluded by a person)" if row.concluded else ""
        denied = f"  DENIED {row.denied}" if row.denied else ""
        yield f"{len(row.packages):6}  {name}{kind}{note}{denied}"
        if not row.license or row.denied:
            shown = row.packages if everything or row.denied else row.packages[:SHOWN]
            yield from (f"        - {label}" for label in shown)
            if len(row.packages) > len(shown):
                yield f"        and {len(row.packages) - len(shown)} more: --all names them"


def _category(name: str) -> str:
    """Return the one category of all licences in *name*; "" where they differ or have none."""
    from keten.formats.licences import license_categories, licenses

    found = licenses.parse(name) if name else None
    if found is None:
        return ""
    kinds = {license_categories.category(one.id, one.exception) for one in licenses.licences(found)}
    return kinds.pop() if len(kinds) == 1 else ""
