"""``keten sbom check``: how complete a bill of materials is, by profile."""

import argparse
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from keten.cli import printing
from keten.errors import Exit

if TYPE_CHECKING:
    from keten.formats.sbom.records import Document
    from keten.pipeline.sbom.quality import Element, Score

WIDTH = 80
_NAMES = 26
_BEST = 100


def main(argv: list[str]) -> int:
    """Judge; return 1 where a score is below --min, or where a part could not be read 3."""
    arguments = parser().parse_args(argv)
    from keten.pipeline.sbom import quality, scanning

    document, _ = scanning.load(arguments.file)
    scores = quality.judge(document, arguments.profile or list(quality.PROFILES))
    if arguments.json:
        _json(document, scores)
    else:
        printing.write(text(document, scores))
    if min(score.score for score in scores) < arguments.min:
        return Exit.DENIED
    return Exit.UNKNOWN if document.faults and arguments.min else Exit.ALLOWED


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    made = argparse.ArgumentParser(
        prog="keten sbom check",
        description="Tell how complete a bill of materials is: which elements of a profile it "
        "has, which components lack them, and a score from 0 to 100.",
    )
    made.add_argument("file", metavar="FILE", help="CycloneDX, SPDX or Syft JSON")
    made.add_argument(
        "--profile",
        action="append",
        choices=("ntia", "cisa-2025", "bsi"),
        help="NTIA 2021, CISA 2025 (draft) or BSI TR-03183-2 (default: all)",
    )
    made.add_argument(
        "--min", type=_percent, default=0, metavar="SCORE", help="exit with 1 below this score"
    )
    made.add_argument("--json", action="store_true", help="write JSON")
    return made


def _percent(text: str) -> int:
    if not (text.isdecimal() and len(text) <= len("100") and int(text) <= _BEST):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to {_BEST}")
    return int(text)


def text(document: "Document", scores: "Sequence[Score]") -> Iterator[str]:
    """Yield the lines of the report for eyes, each at most 80 columns wide."""
    name = {"cyclonedx": "CycloneDX", "spdx": "SPDX", "syft": "Syft JSON"}[document.format]
    about = document.subject.name if document.subject else document.name
    of = f" of {about}" if about else ""
    count = len(document.components)
    yield f"{name} {document.version}, {count} component{'s' * (count != 1)}{of}"[:WIDTH]
    for score in scores:
        yield ""
        yield f"{score.title:<{WIDTH - 16}}{score.score:>6} of 100  {score.grade}"
        for element in score.elements:
            yield from _rows(element)
    for fault in document.faults[:10]:
        yield ""
        yield from wrap(f"not read: {fault}", WIDTH, subsequent_indent="  ")


def _rows(element: "Element") -> Iterator[str]:
    mark = "ok" if element.had == element.of else "no" if not element.had else "part"
    count = "" if element.of == 1 else f"{element.had} of {element.of}"
    if mark == "ok":
        yield f" {mark:<5} {element.name:<{_NAMES}} {count:>15}".rstrip()
        return
    yield f" {mark:<5} {element.name:<{_NAMES}} {count:>15}".rstrip()
    lacking = ""
    if element.of > 1:
        more = element.of - element.had - len(element.lacking)
        tail = f" and {more} more" if more > 0 else ""
        lacking = f" Not yet: {', '.join(element.lacking)}{tail}"
    indent = " " * 7
    yield from wrap(element.how + lacking, WIDTH, initial_indent=indent, subsequent_indent=indent)


def _json(document: "Document", scores: "Sequence[Score]") -> None:

    found = {
        "format": document.format,
        "version": document.version,
        "about": document.subject.name if document.subject else document.name,
        "components": len(document.components),
        "profiles": scores,
        "faults": document.faults,
    }
    printing.document(found, indent=1)
