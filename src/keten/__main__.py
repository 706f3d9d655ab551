"""Run keten as a module or as the command ``keten``."""

import os
import sys
from types import TracebackType

from keten.cli import main

BROKEN = 4  # keten.errors.Exit.BROKEN, which is not imported before it is needed


def run() -> None:
    """Run the command line and exit with its status."""
    sys.excepthook = broke
    sys.exit(main(sys.argv[1:]))


def broke(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Tell a fault of keten's own, and exit with a status that no verdict has."""
    sys.__excepthook__(kind, error, trace)
    print(
        "keten broke. This is a fault of keten: please report it with the above.", file=sys.stderr
    )
    sys.stderr.flush()
    os._exit(BROKEN)


if __name__ == "__main__":
    run()
