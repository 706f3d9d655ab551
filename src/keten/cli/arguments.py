"""What several commands take: targets, the day, the policy, the database."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs

from keten import config
from keten.advisories.location import find
from keten.errors import InputError, UsageError
from keten.model.finding import Severity

if TYPE_CHECKING:
    from keten.advisories.database import Database
    from keten.pipeline.flow import Scanned
    from keten.pipeline.targets import Access, Named
    from keten.policy.vex import Source

CLUSTERS = "TARGET: manifests, a dump or snapshot of a cluster, or k8s://CONTEXT (default: here)"
SEVERITIES = (*(s.word for s in Severity), "never")


class Formatter(argparse.HelpFormatter):
    """argparse's own, told the width: to ask for it, it imports what unpacks archives."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    """Return how wide a terminal is, as shutil.get_terminal_size does."""
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return int(told)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns if sys.__stdout__ else 80
    except (OSError, ValueError):
        return 80


def takes(parser: argparse.ArgumentParser, what: str = "what keten scan takes") -> None:
    """Add the target that a command takes: here, where none is named."""
    parser.add_argument(
        "target", nargs="?", default=".", metavar="TARGET", help=f"{what} (default: here)"
    )


def _judging(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--policy", type=Path, metavar="FILE", help="instead of TARGET/keten.toml")
    parser.add_argument(
        "--now", metavar="DAY", help="judge as on this day, YYYY-MM-DD (default: today)"
    )
    parser.add_argument(
        "--render",
        action="store_true",
        help="render Helm charts and Kustomize overlays with your helm, kustomize or kubectl",
    )


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options that decide what is judged, and how."""
    _judging(parser)
    parser.add_argument("--db", type=Path, metavar="FILE", help="the advisory database")
    parser.add_argument(
        "--check", action="append", default=[], metavar="ID", help="only these checks (patterns)"
    )


def add_vex(parser: argparse.ArgumentParser) -> None:
    """Add the option that names VEX files."""
    parser.add_argument(
        "--vex", action="append", default=[], type=Path, metavar="FILE",
        help="what somebody says of vulnerabilities: OpenVEX, CSAF or CycloneDX; taken at its word",
    )  # fmt: skip


def vex(named: Sequence[Path], found: config.Policy) -> "tuple[Source, ...]":
    """Return the VEX files of the command line and of keten.toml; UsageError for a bad one."""
    from keten.formats.vex.document import MAX_BYTES
    from keten.policy.vex import source

    files = [*named, *(found.folder / path for path in found.config.advisories.vex)]
    made = []
    for file in files:
        try:
            with file.open("rb") as stream:
                made.append(source(file.name, stream.read(MAX_BYTES + 1)))
        except OSError as error:
            raise UsageError(f"--vex {file}: {error.strerror}") from error
        except InputError as error:
            raise UsageError(f"--vex {file}: {error.what}", advice=error.advice) from error
    return tuple(made)


def images(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how images and clusters are reached."""
    parser.add_argument("--platform", default="", metavar="OS/ARCH", help="which of an index")
    parser.add_argument("--base", default="", metavar="IMAGE", help="what the image is built on")
    parser.add_argument(
        "--plain-http", action="append", default=[], metavar="HOST", help="a registry without TLS"
    )
    parser.add_argument(
        "--mirror", action="append", default=[], metavar="REGISTRY=HOST", help="asked first"
    )
    parser.add_argument("--no-cache", action="store_true", help="read every layer anew")
    _reached(parser)


def objects(parser: argparse.ArgumentParser) -> None:
    """Add what is asked of clusters alone: no image is looked into, and no check asked."""
    _judging(parser)
    _reached(parser)
    parser.add_argument("--json", action="store_true", help="write JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.set_defaults(
        check=[], db=None, platform="", base="", plain_http=[], mirror=[], no_cache=False
    )


def words(arguments: argparse.Namespace, command: str, actions: Mapping[str, str]) -> list[str]:
    """Return the words after an action; the target is here (".") where none is named.

    *actions* are what each takes: ``A B PORT [TARGET] --option``. UsageError for other counts.
    """
    given: list[str] = list(arguments.words)
    taken = actions[arguments.action]
    usage = taken.partition(" --")[0].split()
    if len(given) == len(usage) - 1 and usage[-1].startswith("["):
        given.append(".")
    if len(given) != len(usage):
        raise UsageError(f"usage: keten {command} {arguments.action} {taken}")
    return given


def _reached(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ca", default="", metavar="FILE", help="certificates to trust, too")
    parser.add_argument(
        "--kubeconfig", default="", metavar="FILE", help="for k8s://: instead of KUBECONFIG"
    )


def access(arguments: argparse.Namespace) -> "Access":
    """Return how images and clusters are reached."""
    from keten.pipeline.targets import Access
    from keten.transport.image.open import Options

    return Access(
        Options(
            platform=arguments.platform,
            ca=arguments.ca,
            plain_http=tuple(arguments.plain_http),
            mirrors=tuple(arguments.mirror),
        ),
        base=arguments.base,
        cache="" if arguments.no_cache else None,
        kubeconfig=arguments.kubeconfig,
    )


def collected(
    arguments: argparse.Namespace, named: "Named", found: config.Policy, *, now: date
) -> "Scanned":
    """Return all facts of a target, with a bar meanwhile unless --quiet."""
    from keten.cli.progress import Bar
    from keten.pipeline.targets import collect

    with Bar(sys.stderr, shown=not arguments.quiet) as bar:
        return collect(
            named,
            found,
            access=access(arguments),
            now=now,
            progress=bar.tell,
            every=True,
        )


def target(name: str) -> "Named":
    """Tell what a target is."""
    from keten.pipeline.targets import named

    return named(name)


def day(text: str | None) -> date:
    """Return the one day of this run: *text*, else SOURCE_DATE_EPOCH, else today (UTC)."""
    if text is None:
        epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
        moment = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)
        return moment.date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--now {text}: not a day: {error}") from error


def policy(root: Path, arguments: argparse.Namespace) -> config.Policy:
    """Return the policy for a target, with what the command line overrides."""
    found = config.load(arguments.policy, root if root.is_dir() else root.parent)
    changed = found.config
    _origins(found)
    fail_on = getattr(arguments, "fail_on", None)
    if fail_on:
        gate = structs.replace(changed.gate, fail_on=fail_on, unknown=fail_on, links={})
        changed = structs.replace(changed, gate=gate)
    if arguments.check:
        checks = structs.replace(changed.checks, only=tuple(arguments.check))
        changed = structs.replace(changed, checks=checks)
    named = getattr(arguments, "vex", [])
    said = vex(named, found) if named or changed.advisories.vex else ()
    return structs.replace(found, config=changed, render=arguments.render, vex=said)


def _origins(found: config.Policy) -> None:
    """Refuse, before anything is read, rules on licences and indexes that mean nothing."""
    said = found.config
    if said.licenses != config.Licenses():
        from keten.policy import licensing

        licensing.Rules(said.licenses, found.name)
    if said.registries.index:
        from keten.policy import places

        places.check(said.registries, found.name)


def database(arguments: argparse.Namespace, found: config.Policy) -> "Database | None":
    """Return the advisory database that was named or is the user's; None where there is none."""
    from keten.pipeline.flow import opened

    return opened(data(arguments, found))


def data(arguments: argparse.Namespace, found: config.Policy) -> Path | None:
    """Return the file of that database, whether or not it can be used."""
    named = found.config.advisories.database
    return find(arguments.db or (found.folder / named if named else None))
