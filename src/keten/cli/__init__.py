"""The command line: a table of names, and an import of the one that was asked for."""

import sys

COMMANDS = {
    "scan": "judge a folder, checkout, image, SBOM or cluster: what to do first",
    "fix": "fix findings in their files: a diff, proved by judging again",
    "explain": "tell all about one check, one finding, or how actions are ranked",
    "checks": "list the checks",
    "diff": "tell what changed between two targets or results, and why",
    "inspect": "tell what an image is: its start, base, layers, packages, files",
    "sbom": "write a bill of materials, or judge how complete one is",
    "licenses": "list the licences of packages, and what policy says of them",
    "vex": "write as VEX what is known of a target's vulnerabilities",
    "waivers": "turn ignore files of Trivy, Grype, OSV-Scanner into waivers",
    "snapshot": "write down what a live cluster holds, to scan it elsewhere",
    "pss": "tell which Pod Security level each namespace could enforce",
    "rbac": "who may do what: who-can, of, dangers, unused, least",
    "net": "who reaches whom: reach, why, diff, exposed, propose",
    "paths": "list the ways an intruder has, and the changes that end them",
    "operators": "tell how far operators and add-ons reach: rights, webhooks, APIs",
    "admission": "write policy out for the API server; what webhooks can lock",
    "audit": "tell which requests an audit policy of the API server records",
    "node": "print the script that tells of a node, to be read and run there",
    "db": "the advisory data: import, update, sign, pull, verify, status",
    "graph": "print the facts of a target, in the form cases are written in",
}

USAGE = """keten shows, proves and guards the supply chain of what runs on Kubernetes.

usage: keten COMMAND ...

commands:
{commands}

options:
  -h, --help     print this, or with a command what it takes
  --version      print the version

exit status: 0 allowed, 1 denied, 2 wrong usage, 3 could not decide,
4 keten broke
"""


def main(argv: list[str]) -> int:
    """Run a command; return its exit status (keten.errors.Exit)."""
    match argv:
        case [name, *rest] if name in COMMANDS:
            return _run(name, rest)
        case ["--version"]:
            from keten import __version__

            print(f"keten {__version__}")
            return 0
        case ["--help" | "-h"]:
            print(usage(), end="")
            return 0
        case []:
            print(usage(), end="", file=sys.stderr)
            return 2
        case [word, *_]:
            from keten.config import nearest

            hint = nearest(word, list(COMMANDS))
            print(f"keten: no command {word!r}{hint}", file=sys.stderr)
            return 2
    return 2


def usage() -> str:
    """Return what ``keten --help`` prints."""
    width = max(map(len, COMMANDS))
    rows = (f"  {name:<{width}}  {what}" for name, what in COMMANDS.items())
    return USAGE.format(commands="\n".join(rows))


def _run(name: str, argv: list[str]) -> int:
    from importlib import import_module

    from keten.errors import KetenError

    try:
        _lean()
        _plain()
        command = import_module(f"keten.cli.{name}")
        return int(command.main(argv))
    except KetenError as error:
        from keten.cli import printing

        printing.problem(error.what, error.advice)
        return int(error.exit)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        print("keten: interrupted", file=sys.stderr)
        return 130


def _plain() -> None:
    """Let argparse speak English, as keten does, and look for no translations on the disk."""
    import argparse

    setattr(argparse, "_", str)  # noqa: B010 its own, which no type knows


def _lean() -> None:
    """Import msgspec without typing_extensions, where that happens to be installed.

    msgspec takes names from it that typing has as well, and it takes inspect, ast and
    tokenize: a tenth of a scan whose answer is in the cache.
    """
    if "typing_extensions" in sys.modules or "msgspec" in sys.modules:
        return
    sys.modules["typing_extensions"] = None  # type: ignore[assignment]  # as if it were not there
    try:
        import msgspec  # noqa: F401 it is imported, that is all
    finally:
        del sys.modules["typing_extensions"]
