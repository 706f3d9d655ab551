"""``keten db update``: renew the database from a server laid out like OSV's bucket."""

import argparse
import sys

from keten.cli import printing
from keten.cli.db_bundle import client, network
from keten.cli.db_imports import report
from keten.cli.progress import Bar
from keten.errors import Exit, UsageError


def add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", shared: argparse.ArgumentParser
) -> None:
    """Add the command to ``keten db``."""
    update = commands.add_parser(
        "update",
        parents=[shared],
        help="renew what the database has, or what is named, from a server",
        description="Renew what the database has, or what is named, from a server. The only "
        "command, with pull, that uses the network. What can not be renewed stays as it was; "
        "the exit status is then 3.",
    )
    update.add_argument(
        "--from",
        dest="base",
        default="",
        metavar="URL",
        help="laid out like the OSV bucket (default: the last one, or the public one)",
    )
    update.add_argument(
        "--ecosystem",
        action="append",
        default=[],
        metavar="NAME",
        help="as OSV names it (npm, Debian, Ubuntu:24.04:LTS); all: every one of the server",
    )
    update.add_argument(
        "--for",
        action="append",
        default=[],
        dest="targets",
        metavar="TARGET",
        help="the ecosystems of the packages of this directory",
    )
    for name, what in (("kev", "CISA's exploited vulnerabilities"), ("epss", "EPSS")):
        update.add_argument(
            f"--{name}", nargs="?", const="default", default="", metavar="URL", help=f"also {what}"
        )
    network(update)


def run(args: argparse.Namespace) -> Exit:
    """Renew; tell what came and what did not."""
    from keten.advisories import state, update
    from keten.advisories.location import default_path

    database = args.db or default_path()
    http = client(args)
    had = update.held(database)
    base = (args.base or had.base).rstrip("/")
    named = _named(args, base)
    wanted = update.Wanted(
        base,
        named or had.ecosystems,
        {"default": update.KEV, "": had.kev}.get(args.kev, args.kev),
        {"default": update.EPSS, "": had.epss}.get(args.epss, args.epss),
    )
    if not wanted.ecosystems and not wanted.kev and not wanted.epss:
        raise UsageError(
            "the database is empty, and no ecosystem is named",
            advice="keten db update --ecosystem npm …, or --for TARGET for what a project uses.",
        )
    for url in (wanted.base, wanted.kev, wanted.epss):
        if url:
            http.allowed(url)
    with state.locked(database), Bar(sys.stderr, shown=not args.quiet) as bar:
        done = update.run(database, wanted, http, bar.tell)
    report(done.imported)
    for name in done.same:
        print(f"{name}: as it was")
    for failure in done.failed:
        printing.problem(f"{failure.name} was not renewed: {failure.what}", failure.advice)
    return Exit.UNKNOWN if done.failed else Exit.ALLOWED


def _named(args: argparse.Namespace, base: str) -> tuple[str, ...]:
    """Return the ecosystems that the user names, by their names or by what uses them."""
    from keten.advisories import update

    names = set(args.ecosystem)
    if "all" in names:
        return update.listed(base, client(args))
    for target in args.targets:
        names |= _used(target)
    return tuple(sorted(names))


def _used(target: str) -> set[str]:
    """Return the ecosystems of a target's packages."""
    from datetime import UTC, datetime
    from pathlib import Path

    from keten import config
    from keten.advisories.questions import ecosystem_of
    from keten.formats import osv
    from keten.model.delivery import Package
    from keten.pipeline.trees import collect

    root = Path(target)
    if not root.exists():
        raise UsageError(f"{target}: no such file or folder")
    policy = config.load(None, root if root.is_dir() else root.parent)
    today = datetime.now(UTC).date()
    found = collect(root, policy, now=today, progress=lambda *_: None, every=True)
    packages = (node for node in found.facts.nodes if isinstance(node, Package))
    names = {osv.base(ecosystem_of(package)) for package in packages}
    return {name for name in names if name in osv.PURL_TYPES}
