"""``keten scan``: judge targets and write the result."""

import argparse
import gc
import os
import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from msgspec import structs

from keten import plugs
from keten.cli import arguments as common
from keten.cli.progress import Bar
from keten.errors import UsageError
from keten.model.plug import Report
from keten.model.result import Result, Style

BASELINE = 128 << 20
"""The largest result that --only-new takes, in bytes."""
FINDINGS = 500_000
"""The most findings of such a result."""
QUICK = 2_000
"""Workloads up to which a result has the attack paths unasked (half a second)."""


def main(argv: list[str]) -> int:
    """Scan; return the exit status of the decision."""
    arguments = parser().parse_args(argv)
    gc.disable()  # frozen records make no cycles, and walking a million of them finds none
    from keten.pipeline.targets import scan

    wanted = list(outputs(arguments))
    now = common.day(arguments.now)
    known = fingerprints(arguments.only_new) if arguments.only_new else frozenset()
    results: list[Result] = []
    access = common.access(arguments)
    for name in arguments.targets:
        target = common.target(name)
        policy = common.policy(target.folder, arguments)
        every = arguments.paths or any(form == "html" for form, _ in wanted)
        policy = structs.replace(policy, paths_up_to=sys.maxsize if every else QUICK)
        database = common.data(arguments, policy)
        with Bar(sys.stderr, shown=not arguments.quiet) as bar:
            results.append(
                scan(
                    target,
                    policy,
                    access=access,
                    database=database,
                    now=now,
                    progress=bar.tell,
                    known=known,
                )
            )
    result = told(joined(results), arguments)
    for name, file in wanted:
        write(name, file, result, arguments)
    return result.decision.exit


def joined(results: Sequence[Result]) -> Result:
    """Return one result for all targets."""
    if len(results) == 1:
        return results[0]
    from keten.pipeline.several import join

    return join(results)


def told(result: Result, arguments: argparse.Namespace) -> Result:
    """Return a result with what is to be said of files beside or in what was scanned."""
    places = [path for path in map(Path, arguments.targets) if path.exists()]
    if not places:
        return result
    from keten.cli.waivers import embedded, notes

    named = {path.resolve() for path in arguments.vex}
    said = [note for place in places for note in notes(place)]
    said += [n for place in places if place.resolve() not in named for n in embedded(place)]
    return structs.replace(result, notes=(*result.notes, *said)) if said else result


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    made = argparse.ArgumentParser(
        prog="keten scan",
        description="Judge directories, git checkouts, images, clusters: the chain, what to do "
        "first, findings.",
        formatter_class=common.Formatter,
    )
    made.add_argument(
        "targets",
        nargs="*",
        default=["."],
        metavar="TARGET",
        help="a directory (default: here), a file, or an image: a reference, an OCI layout, an "
        "archive, the folder of a root filesystem; a live cluster: k8s://CONTEXT, or a snapshot",
    )
    formats = plugs.names(Report)
    made.add_argument("--format", choices=formats, default="terminal", help="default: terminal")
    made.add_argument("--output", metavar="FILE", help="write there (default: standard output)")
    made.add_argument(
        "--report", action="append", default=[], metavar="FORMAT=FILE", help="also write this"
    )
    made.add_argument("--fail-on", choices=common.SEVERITIES, help="deny at this severity")
    made.add_argument(
        "--only-new", metavar="BASELINE", help="a JSON result: what it holds is not shown again"
    )
    made.add_argument("--show", choices=("first", "all"), default="first", help="how many findings")
    made.add_argument(
        "--paths",
        action="store_true",
        help="also the attack paths of large clusters (the HTML report has them in any case)",
    )
    made.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    made.add_argument("--quiet", action="store_true", help="no progress")
    common.add(made)
    common.images(made)
    common.add_vex(made)
    return made


def outputs(arguments: argparse.Namespace) -> Iterable[tuple[str, str]]:
    """Yield (format, file) for all that is to be written; file "" is standard output."""
    yield arguments.format, arguments.output or ""
    for item in arguments.report:
        name, equals, file = item.partition("=")
        if not equals or name not in plugs.names(Report):
            known = ", ".join(plugs.names(Report))
            raise UsageError(f"--report {item}: write FORMAT=FILE, FORMAT one of {known}")
        yield name, file


def write(name: str, file: str, result: Result, arguments: argparse.Namespace) -> None:
    """Write one report."""
    report = plugs.load(Report, name)
    if not file:
        sys.stdout.writelines(report.write(result, style(sys.stdout, arguments)))
        sys.stdout.flush()
        return
    try:
        with Path(file).open("w", encoding="utf-8") as stream:
            stream.writelines(report.write(result, style(stream, arguments)))
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error


def style(stream: TextIO, arguments: argparse.Namespace) -> Style:
    """Return how to write to *stream*: NO_COLOR, --color, the locale and the width decide."""
    terminal = stream.isatty()
    color = arguments.color == "always" or (
        arguments.color == "auto" and terminal and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
    )  # fmt: skip
    width = min(os.get_terminal_size(stream.fileno()).columns, 120) if terminal else 80
    encoding = (stream.encoding or "").lower().replace("-", "")
    return Style(
        width=max(width, 60),
        color=color,
        ascii=not encoding.startswith("utf"),
        everything=arguments.show == "all",
        command="keten scan " + shlex.join(arguments.targets),
    )


def fingerprints(file: str) -> frozenset[str]:
    """Return the fingerprints of the findings in a JSON result."""
    import msgspec

    from keten.model.result import Baseline

    data = _bounded(file)
    try:
        baseline = msgspec.json.decode(data, type=Baseline)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise UsageError(
            f"--only-new {file}: not a result of keten: {error}",
            advice="Write one with keten scan TARGET --format json --output FILE.",
        ) from error
    return frozenset(finding.fingerprint for finding in baseline.findings)


def _bounded(file: str) -> bytes:
    """Return the bytes of a baseline; UsageError for what is no file or beyond the ceilings."""
    path = Path(file)
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"--only-new {file}: not a file")
        with path.open("rb") as stream:
            data = stream.read(BASELINE + 1)
    except OSError as error:
        raise UsageError(f"--only-new {file}: {error.strerror}") from error
    if len(data) > BASELINE:
        raise UsageError(f"--only-new {file}: more than {BASELINE:,} bytes")
    if data.count(b'"fingerprint"') > FINDINGS:
        raise UsageError(f"--only-new {file}: more than {FINDINGS:,} findings")
    return data
