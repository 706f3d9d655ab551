"""``keten checks``: the checks, by link."""

import argparse
from fnmatch import fnmatchcase

from keten import plugs
from keten.cli import printing
from keten.model.check import Check


def main(argv: list[str]) -> int:
    """List the checks; return 0."""
    made = argparse.ArgumentParser(prog="keten checks", description="List the checks.")
    made.add_argument("pattern", nargs="?", default="*", help="of ids, as in a shell")
    made.add_argument("--json", action="store_true", help="for programs, with all they say")
    arguments = made.parse_args(argv)
    names = [name for name in plugs.names(Check) if fnmatchcase(name, arguments.pattern)]
    if arguments.json:
        rows = [row(name, plugs.load(Check, name)) for name in names]
        printing.document(rows, indent=1)
        return 0
    for name in names:
        check = plugs.load(Check, name)
        print(f"{name:<42} {check.severity.word:<8} {check.title}")
    print(f"\n{len(names)} checks. All about one: keten explain CHECK")
    return 0


def row(name: str, check: Check) -> dict[str, object]:
    """Return what a program may want to know of a check."""
    return {
        "id": name,
        "title": check.title,
        "severity": check.severity.word,
        "subject": str(check.subject.__struct_config__.tag),
        "needs": check.needs,
        "threats": [str(threat) for threat in check.threats],
        "controls": check.controls,
        "fix": check.fix,
        "refs": check.refs,
    }
