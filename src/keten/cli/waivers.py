"""``keten waivers import``: ignore files of Trivy, Grype and OSV-Scanner as waivers.

What is printed goes into keten.toml. A waiver has a reason, an owner and an end: where the
file says none of these, the command line must.
"""

import argparse
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from keten.cli import printing
from keten.errors import InputError, UsageError
from keten.formats.ignored import MAX_BYTES, NAMES, Ignored, Rule, read

CHECK = "dependencies/known-vulnerability"


def main(argv: list[str]) -> int:
    """Print the waivers; return 0."""
    made = argparse.ArgumentParser(
        prog="keten waivers",
        description="Turn ignore files of other scanners into waivers for keten.toml.",
    )
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    imports = commands.add_parser(
        "import",
        help="print the waivers that ignore files come to",
        description=f"Print [[waiver]] tables of {', '.join(NAMES)}.",
    )
    imports.add_argument("files", nargs="+", type=Path, metavar="FILE")
    imports.add_argument("--owner", required=True, metavar="WHO", help="who answers for them")
    imports.add_argument(
        "--until", metavar="DAY", help="the last day of those that name none, YYYY-MM-DD"
    )
    imports.add_argument("--reason", default="", metavar="TEXT", help="of those that give none")
    arguments = made.parse_args(argv)
    until = _day(arguments.until)
    for file in arguments.files:
        found = _read(file)
        text = "\n".join(
            _table(rule, file, arguments.owner, until=until, reason=arguments.reason)
            for rule in found.rules
        )
        printing.write([f"# {len(found.rules)} rules of {found.tool} in {file.name}"])
        sys.stdout.write(f"{text}\n" if text else "")
        for line, what in found.left_out:
            where = f"{file}:{line}" if line else str(file)
            printing.problem(f"{where}: left out: {what}")
    return 0


def notes(target: Path) -> list[str]:
    """Return what is to be said of ignore files that stand in a scanned folder."""
    if not target.is_dir():
        return []
    there = [name for name in NAMES if (target / name).is_file()]
    if not there:
        return []
    word = "is an ignore file of another scanner" if len(there) == 1 else "are ignore files"
    files = " ".join(there)
    how = f"keten waivers import {files} --owner WHO --until DAY makes waivers of it"
    return [f"{', '.join(there)} {word}: keten does not follow it; {how}"]


def embedded(target: Path) -> list[str]:
    """Return what is to be said of an SBOM that holds VEX statements of its own."""
    if target.suffix != ".json" or not target.is_file():
        return []
    from keten.formats.vex.document import MAX_BYTES as MOST
    from keten.formats.vex.reading import kind

    if target.stat().st_size > MOST:
        return []
    data = target.read_bytes()
    if b'"analysis"' not in data or kind(data) != "cyclonedx":
        return []
    name = target.name
    return [f"{name} holds VEX statements: they count where you take its word, --vex {name}"]


def _read(file: Path) -> Ignored:
    try:
        with file.open("rb") as stream:
            return read(file.as_posix(), stream.read(MAX_BYTES + 1))
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error
    except InputError as error:
        where = f"{file}:{error.line}" if error.line else str(file)
        raise UsageError(f"{where}: {error.what}", advice=error.advice) from error


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise UsageError(f"--until {text}: not a day: {error}") from error


def _table(rule: Rule, file: Path, owner: str, *, until: date | None, reason: str) -> str:
    """Return a rule as a waiver; UsageError where something is missing that it must have."""
    end = rule.until or until
    told = rule.vulnerability if rule.vulnerability != "*" else rule.package
    if end is None:
        raise UsageError(
            f"{file}:{rule.line}: {told} has no end, and there is no waiver without one",
            advice="Give the last day of those without: --until YYYY-MM-DD",
        )
    why = rule.reason or reason
    if not why:
        raise UsageError(
            f"{file}:{rule.line}: {told} gives no reason, and there is no waiver without one",
            advice="Give the reason of those without: --reason TEXT",
        )
    return "\n".join(["[[waiver]]", *_lines(rule, why, owner, end), ""])


def _lines(rule: Rule, why: str, owner: str, end: date) -> Iterator[str]:
    yield f'check = "{CHECK}"'
    for key in ("vulnerability", "package", "path"):
        pattern = getattr(rule, key)
        if pattern != "*":
            yield f"{key} = {_quoted(pattern)}"
    yield f"reason = {_quoted(why)}"
    yield f"owner = {_quoted(owner)}"
    yield f"until = {end.isoformat()}"


def _quoted(text: str) -> str:
    """Return *text* as a basic string of TOML: JSON's escapes are TOML's, but for DEL."""
    import json

    return json.dumps(printing.plain(text), ensure_ascii=False).replace("\x7f", "\\u007f")
