"""``keten sbom``: write a bill of materials of a target, or judge how good one is."""

import argparse
import gc
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from keten.cli import arguments as common
from keten.errors import UsageError

if TYPE_CHECKING:
    from keten.formats.sbom.records import Document

FORMATS = {
    "cyclonedx": "cyclonedx-1.6",
    "cyclonedx-1.6": "cyclonedx-1.6",
    "cyclonedx-1.7": "cyclonedx-1.7",
    "spdx": "spdx-2.3",
    "spdx-2.3": "spdx-2.3",
    "spdx-3": "spdx-3.0.1",
    "spdx-3.0.1": "spdx-3.0.1",
}


def main(argv: list[str]) -> int:
    """Write one, or with ``check`` as the first word judge one; return the exit status."""
    if argv[:1] == ["check"]:
        from keten.cli import sbom_check

        return sbom_check.main(argv[1:])
    arguments = parser().parse_args(argv)
    gc.disable()  # frozen records make no cycles, and walking a million of them finds none
    now = common.day(arguments.now)
    document = _document(arguments, now)
    if arguments.author:
        from msgspec import structs

        document = structs.replace(document, authors=tuple(arguments.author))
    data = written(document, arguments.format)
    if not arguments.output:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return 0
    try:
        Path(arguments.output).write_bytes(data)
    except OSError as error:
        raise UsageError(f"{arguments.output}: {error.strerror}") from error
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    made = argparse.ArgumentParser(
        prog="keten sbom",
        description="Write a bill of materials (SBOM) of an image, directory, root filesystem or "
        "SBOM. The same target gives the same bytes.",
        epilog="keten sbom check FILE tells how complete a bill of materials is: see "
        "keten sbom check --help.",
    )
    common.takes(made)
    made.add_argument(
        "--format",
        choices=FORMATS,
        default="cyclonedx",
        metavar="FORMAT",
        help=f"{', '.join(FORMATS)} (default: cyclonedx)",
    )
    made.add_argument("--output", metavar="FILE", help="write there (default: standard output)")
    made.add_argument(
        "--author", action="append", default=[], metavar="WHO",
        help='who answers for it: "Name <address>"',
    )  # fmt: skip
    made.add_argument("--quiet", action="store_true", help="no progress")
    common.add(made)
    common.images(made)
    return made


def written(document: "Document", name: str) -> bytes:
    """Return the bytes of *document* in a format."""
    from keten.formats.sbom import cyclonedx_out, spdx3_out, spdx_out

    match FORMATS[name]:
        case "spdx-2.3":
            return spdx_out.write(document)
        case "spdx-3.0.1":
            return spdx3_out.write(document)
        case other:
            return cyclonedx_out.write(document, version=other.removeprefix("cyclonedx-"))


def _document(arguments: argparse.Namespace, now: date) -> "Document":
    """Return what to write: of a bill of materials all that it says, else what was found."""
    from keten.pipeline.sbom import inventory, scanning

    created = f"{now.isoformat()}T00:00:00Z"
    target = common.target(arguments.target)
    if target.kind == "sbom":
        from msgspec import structs

        from keten import __version__

        document, _ = scanning.load(target.name)
        tools = dict.fromkeys((*document.tools, f"keten {__version__}"))
        return structs.replace(document, created=created, tools=tuple(tools))
    policy = common.policy(target.folder, arguments)
    scanned = common.collected(arguments, target, policy, now=now)
    return inventory.document(scanned.facts, scanned.target, created=created)
