"""``keten vex``: write what keten and the waivers say of a target's vulnerabilities."""

import argparse
import gc
import sys
from pathlib import Path

from keten.cli import arguments as common
from keten.cli import printing
from keten.cli.progress import Bar
from keten.errors import UsageError
from keten.formats.vex.document import Document
from keten.policy.vex import CHECK

FORMATS = ("openvex", "csaf", "cyclonedx")


def main(argv: list[str]) -> int:
    """Write the VEX of a target; return 0."""
    arguments = parser().parse_args(argv)
    if arguments.format == "csaf" and not arguments.namespace:
        raise UsageError(
            "CSAF asks for an address under the publisher's control",
            advice="--namespace https://your.example",
        )
    gc.disable()  # frozen records make no cycles
    from keten.graph.store import merge
    from keten.pipeline import flow, targets
    from keten.pipeline.statements import document

    now = common.day(arguments.now)
    target = common.target(arguments.target)
    policy = common.policy(target.folder, arguments)
    database = common.database(arguments, policy)
    access = common.access(arguments)
    with Bar(sys.stderr, shown=not arguments.quiet) as bar:
        scanned = targets.collect(target, policy, access=access, now=now, progress=bar.tell)
        facts = merge([scanned.facts, *flow.derived(scanned, policy, database=database, now=now)])
        result = flow.judge(scanned, policy, database=database, now=now, progress=bar.tell)
    for unknown in result.unknown:
        if unknown.link == "dependencies" and (CHECK in unknown.checks or not unknown.checks):
            printing.problem(f"not judged: {unknown.what}: {unknown.why}")
    made = document(
        result,
        facts,
        arguments.format,
        author=arguments.author,
        now=now,
        product=arguments.product,
    )
    write(encode(made, arguments), arguments.output)
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    made = argparse.ArgumentParser(
        prog="keten vex",
        description="Write VEX of a target: waived findings as their waivers say, those that "
        "others' VEX took away as they are, everything else as affected with what to do.",
    )
    common.takes(made)
    made.add_argument("--format", choices=FORMATS, default="openvex", help="default: openvex")
    made.add_argument("--author", required=True, metavar="NAME", help="who says so")
    made.add_argument("--namespace", default="", metavar="URL", help="the publisher's (CSAF)")
    made.add_argument("--product", default="", metavar="PURL", help="instead of what was scanned")
    made.add_argument("--output", metavar="FILE", help="write there (default: standard output)")
    made.add_argument("--quiet", action="store_true", help="no progress")
    common.add(made)
    common.images(made)
    common.add_vex(made)
    return made


def encode(made: Document, arguments: argparse.Namespace) -> bytes:
    """Return a document in the format that was asked for."""
    match arguments.format:
        case "csaf":
            from keten.formats.vex import csaf_writing

            return csaf_writing.write(made, namespace=arguments.namespace)
        case "cyclonedx":
            from keten.formats.vex import cyclonedx

            return cyclonedx.write(made)
        case _:
            from keten.formats.vex import openvex

            return openvex.write(made)


def write(data: bytes, file: str | None) -> None:
    """Write to *file*, or to standard output."""
    if file is None:
        sys.stdout.write(data.decode())
        sys.stdout.flush()
        return
    try:
        Path(file).write_bytes(data)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error
