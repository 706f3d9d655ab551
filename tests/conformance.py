"""Run public conformance cases: ``python tests/conformance.py SUITE PATH``.

Names each case that fails with what was expected and what came, and closes with
``N passed, N failed``. Exit status: 0 all passed, 1 some failed, 2 no such suite, no such
path or no cases there. A suite is a module of ``tests/suites``.
"""

import importlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "src"), str(HERE)]


def main(arguments: list[str]) -> int:
    """Run one suite and return the exit status."""
    known = sorted(
        p.stem.replace("_", "-") for p in (HERE / "suites").glob("*.py") if p.stem != "__init__"
    )
    if len(arguments) != 2:
        return _wrong(f"usage: conformance.py SUITE PATH (suites: {', '.join(known)})")
    suite, path = arguments[0], Path(arguments[1])
    if suite not in known:
        return _wrong(f"there is no suite {suite!r}; there are {', '.join(known)}")
    if not path.exists():
        return _wrong(f"{path} does not exist")
    module = importlib.import_module(f"suites.{suite.replace('-', '_')}")
    passed = failed = 0
    try:
        for outcome in module.run(path):
            if outcome.passed:
                passed += 1
                continue
            failed += 1
            print(f"FAIL {outcome.name}\n  expected {outcome.expected}\n  got      {outcome.got}")
    except Exception as error:  # noqa: BLE001 - the cases behind it were not run
        failed += 1
        print(f"FAIL {suite}: the suite broke off: {type(error).__name__}: {error}")
    if not passed and not failed:
        return _wrong(f"no cases of {suite} under {path}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def _wrong(what: str) -> int:
    print(f"conformance: {what}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
