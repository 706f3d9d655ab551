"""``keten db build, export, pull, verify, keys``: the database as one signed, versioned bundle."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from keten.cli import printing
from keten.cli.db_imports import claim, report
from keten.cli.progress import Bar
from keten.errors import Exit, UsageError

if TYPE_CHECKING:
    from keten.transport.http import Client
    from keten.transport.image.exchange import Access

ROLES = ("root", "targets", "snapshot", "timestamp")
COMMANDS = ("build", "export", "pull", "verify", "keys")


def add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", shared: argparse.ArgumentParser
) -> None:
    """Add the commands to ``keten db``."""
    build = commands.add_parser("build", help="make a database of sources, and of nothing else")
    build.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="what to import")
    build.add_argument("--to", required=True, type=Path, metavar="FILE", help="the database")
    build.add_argument(
        "--complete", default="", metavar="ECOSYSTEM,…", help="as of keten db import"
    )
    build.add_argument("--as-of", default="", metavar="DATE", help="as of keten db import")
    export = commands.add_parser("export", parents=[shared], help="sign the database and write it")
    export.add_argument(
        "--to", required=True, metavar="DIR|FILE.tar|oci://REF", help="where to write the bundle"
    )
    source = export.add_mutually_exclusive_group(required=True)
    source.add_argument("--keys", type=Path, metavar="DIR", help="sign with these keys")
    source.add_argument("--from", dest="source", type=Path, metavar="DIR", help="only copy")
    export.add_argument(
        "--days", type=int, default=8, metavar="N", help="how long it is fresh (default 8)"
    )
    network(export)
    pull = commands.add_parser("pull", parents=[shared], help="bring a signed database, if newer")
    pull.add_argument("source", metavar="FROM", help="DIR, FILE.tar, https://… or oci://REF")
    pull.add_argument("--root", type=Path, metavar="FILE", help="whom to trust; the first time")
    network(pull)
    verify = commands.add_parser(
        "verify", parents=[shared], help="prove again, offline, that it is what was signed"
    )
    verify.add_argument("--json", action="store_true", help="write JSON")
    keys = commands.add_parser("keys", help="make, rotate or prolong a publisher's keys")
    keys.add_argument("--to", required=True, type=Path, metavar="DIR", help="where they are")
    keys.add_argument("--roots", type=int, default=1, metavar="N", help="root keys (default 1)")
    keys.add_argument(
        "--threshold", type=int, default=1, metavar="N", help="how many of them must sign"
    )
    keys.add_argument("--rotate", choices=ROLES, help="a new key in the place of this role's")
    keys.add_argument("--prolong", action="store_true", help="the same keys, for longer")
    keys.add_argument(
        "--days", type=int, default=365, metavar="N", help="how long the root holds (default 365)"
    )
    for one in (export, keys):
        one.add_argument(
            "--passphrase-file", type=Path, metavar="FILE", help="opens encrypted keys"
        )
    for one in (export, pull, verify, keys):
        one.add_argument("--now", default="", metavar="TIME", help="as if it were this UTC time")


def network(parser: argparse.ArgumentParser) -> None:
    """Add what says how to speak to servers."""
    parser.add_argument("--ca", type=Path, metavar="FILE", help="certificates to trust (PEM)")
    parser.add_argument("--insecure", action="store_true", help="take http:// too")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def client(args: argparse.Namespace) -> "Client":
    """Return what speaks to servers."""
    from keten.transport.http import Client, Rules

    return Client(Rules(insecure=args.insecure, authorities=args.ca))


def run(args: argparse.Namespace) -> Exit:
    """Run one of COMMANDS."""
    match args.command:
        case "build":
            return _build(args)
        case "export":
            return _export(args)
        case "pull":
            return _pull(args)
        case "verify":
            return _verify(args)
        case _:
            return _keys(args)


def _build(args: argparse.Namespace) -> Exit:
    from keten.advisories import imports
    from keten.advisories.database import Database

    if args.to.exists():
        raise UsageError(f"{args.to} exists", advice="keten db import adds to a database.")
    report(imports.run(args.paths, args.to, claim(args)))
    with Database(args.to) as made:
        print(f"{args.to} has {args.to.stat().st_size / 1e6:.1f} MB, content {made.content}")
    return Exit.ALLOWED


def _export(args: argparse.Namespace) -> Exit:
    from keten.advisories import publish
    from keten.advisories.location import default_path
    from keten.advisories.signing_keys import Keys

    if args.source is not None:
        keep = publish.is_folder(args.to) or args.to.startswith("oci://")
        files = publish.collected(args.source, deltas=keep)
        publish.deliver(files, args.to, _access(args, args.to))
        print(f"{args.to}: {len(files)} files of {args.source}")
        return Exit.ALLOWED
    keys = Keys(args.keys, _passphrase(args))
    done = publish.release(args.db or default_path(), keys, args.to, now=_now(args), days=args.days)
    step = f", delta {done.delta / 1e6:.3f} MB" if done.delta else ""
    print(
        f"{args.to}: version {done.version}, {done.size / 1e6:.1f} MB{step}, fresh to {done.until}"
    )
    print(f"content {done.content}")
    return Exit.ALLOWED


def _pull(args: argparse.Namespace) -> Exit:
    from keten.advisories import origins, state
    from keten.advisories.location import default_path
    from keten.advisories.pull import pull

    root = None
    if args.root is not None:
        if not args.root.is_file():
            raise UsageError(f"{args.root}: no such file")
        root = args.root.read_bytes()
    database = args.db or default_path()
    with state.locked(database), Bar(sys.stderr, shown=not args.quiet) as bar:
        origin = origins.find(
            args.source,
            client(args),
            _access(args, args.source),
            tell=lambda done, whole: bar.tell("bundle", done, whole),
        )
        done = pull(origin, database, root=root, now=_now(args))
    ways = {"full": "the whole", "delta": "a delta", "": "nothing new"}
    size = f", {done.bytes / 1e6:.3f} MB" if done.bytes else ""
    print(f"{database}: version {done.bundle.version}: {ways[done.way]}{size}")
    print(f"content {done.bundle.content}")
    print(f"signed by {', '.join(k[:12] for k in done.bundle.signers)}, to {done.bundle.until}")
    return Exit.ALLOWED


def _access(args: argparse.Namespace, name: str) -> "Access | None":
    """Return how the registry in a name is asked, None where it names none."""
    if not name.startswith("oci://"):
        return None
    from keten.transport.image.exchange import Access

    host = name.removeprefix("oci://").partition("/")[0]
    return Access(str(args.ca or ""), (host,) if args.insecure else ())


def _verify(args: argparse.Namespace) -> Exit:

    from keten.advisories.location import default_path
    from keten.advisories.pull import replay

    database = args.db or default_path()
    found = replay(database, _now(args))
    if args.json:
        printing.document(found)
    else:
        print(f"{database} is version {found.version}, as it was signed")
        print(f"content {found.content}")
        print(f"signed by {', '.join(k[:12] for k in found.signers)}, to {found.until}")
    return Exit.ALLOWED


def _keys(args: argparse.Namespace) -> Exit:
    from keten.advisories.signing_keys import Keys, Plan

    keys = Keys(args.to, _passphrase(args))
    now = _now(args)
    if args.rotate:
        root = keys.rotate(args.rotate, now, args.days)
    elif args.prolong:
        root = keys.prolong(now, args.days)
    else:
        root = keys.create(Plan(args.roots, args.threshold, args.days), now)
    print(f"{args.to / 'root.json'}: version {root.version}, holds to {root.expires}")
    for role in ROLES:
        found = root.roles[role]
        named = ", ".join(key[:12] for key in found.keyids)
        print(f"  {role:<10} {found.threshold} of {len(found.keyids)}: {named}")
    if not args.passphrase_file:
        print("keten: the private keys are not encrypted (--passphrase-file)", file=sys.stderr)
    return Exit.ALLOWED


def _passphrase(args: argparse.Namespace) -> bytes | None:
    if args.passphrase_file is None:
        return None
    found: bytes = args.passphrase_file.read_bytes().rstrip(b"\r\n")
    if not found:
        raise UsageError(f"{args.passphrase_file} is empty")
    return found


def _now(args: argparse.Namespace) -> datetime:
    """Return the time to judge by: the clock's, unless the user names one."""
    if not args.now:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(args.now)
    except ValueError:
        raise UsageError(f"--now {args.now}: a time is written YYYY-MM-DD[THH:MM:SS]") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
