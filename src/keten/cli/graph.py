"""``keten graph dump``: the facts of a target, in the text form that cases are written in."""

import argparse
import sys

from keten.cli import arguments as common


def main(argv: list[str]) -> int:
    """Print facts; return 0."""
    made = argparse.ArgumentParser(
        prog="keten graph", description="Print facts in the form that cases are written in."
    )
    made.add_argument("what", choices=("dump",), help="all facts of the target")
    common.takes(made)
    common.add(made)
    common.images(made)
    arguments = made.parse_args(argv)
    from keten.graph.store import merge
    from keten.graph.text import dump
    from keten.pipeline.flow import derived
    from keten.pipeline.targets import collect

    now = common.day(arguments.now)
    target = common.target(arguments.target)
    policy = common.policy(target.folder, arguments)
    database = common.database(arguments, policy)
    scanned = collect(
        target,
        policy,
        access=common.access(arguments),
        now=now,
        progress=lambda *_: None,
        every=True,
    )
    everything = merge([scanned.facts, *derived(scanned, policy, database=database, now=now)])
    sys.stdout.write(dump(everything))
    return 0
