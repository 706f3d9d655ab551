"""``keten node``: the script that tells of a node, for a user to read and to run there."""

import argparse
import sys


def main(argv: list[str]) -> int:
    """Print the script; return 0."""
    from keten.formats.control_plane.node_script import script

    parser().parse_args(argv)
    sys.stdout.write(script())
    sys.stdout.flush()
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    return argparse.ArgumentParser(
        prog="keten node",
        description="Print a small shell script that tells of a node how the programs of "
        "Kubernetes were started, who may read and write their files, and what their "
        "configuration says. Read it, run it as root on the node (sh keten-node.sh > "
        "NAME.keten-node), and put what it prints beside the manifests that you scan. It "
        "changes nothing, sends nothing, and prints no private key, token or password.",
    )
