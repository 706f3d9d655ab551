"""Run keten as a module or as the command ``keten``."""

import sys

from keten.cli import main


def run() -> None:
    """Run the command line and exit with its status."""
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
