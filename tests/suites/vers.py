"""Cases of the VERS specification: ``*.json`` with tests of six types."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from keten.errors import InputError
from keten.formats.versions import vers
from suites import Outcome, attempt, json_tests

REFUSED = "refused"


def run(path: Path) -> Iterator[Outcome]:
    """Run every test of every file under *path*."""
    yield from json_tests(path, _one)


def _one(name: str, test: dict[str, Any]) -> Outcome:
    title = f"{name} {test['test_type']} {json.dumps(test['input'])}"
    got = attempt(lambda: _ask(test["test_type"], test["input"]))
    if test.get("test_type") == "comparison":
        got = attempt(lambda: _spelled(got, test))
    expected = REFUSED if test.get("expected_failure") else test.get("expected_output")
    return Outcome(title, str(_plain(expected)), got)


def _spelled(got: str, test: dict[str, Any]) -> str:
    """Return *got* in the expected spelling where only letter case differs, and not for the order.

    Some cases give the sorted versions in the canonical case of their ecosystem.
    """
    expected = test["expected_output"]
    key = vers.order(test["input"]["input_scheme"])
    given = sorted(test["input"]["versions"], key=key)
    same = got.lower() == str(expected).lower() and str(given) == got
    if same and all(key(a) == key(b) for a, b in zip(given, expected, strict=True)):
        return str(expected)
    return got


def _plain(expected: Any) -> Any:
    if isinstance(expected, dict):
        return _components(expected)
    return expected


def _components(given: dict[str, Any]) -> list[Any]:
    """Return type and constraints, which the schema has named in two ways."""
    scheme = given.get("type", given.get("scheme"))
    constraints = given["constraints"] if "constraints" in given else given["version_constraints"]
    return [scheme, [[comparator or "=", version] for comparator, version in constraints]]


def _ask(kind: str, given: Any) -> str:
    try:
        match kind:
            case "comparison":
                return str(sorted(given["versions"], key=vers.order(given["input_scheme"])))
            case "equality":
                first, *others = map(vers.order(given["input_scheme"]), given["versions"])
                return str(all(other == first for other in others))
            case "parse":
                read = vers.parse(given)
                return str([read.scheme, list(map(list, read.constraints))])
            case "build":
                scheme, constraints = _components(given)
                return vers.build(scheme, map(tuple, constraints))
            case "validate" | "roundtrip":
                return vers.canonical(given)
            case "containment":
                return str(vers.contains(given["vers"], given["version"]))
            case "from_native":
                return vers.from_native(given["scheme"], given["native_range"])
    except InputError:
        return REFUSED
    return f"a test type that is not known: {kind}"
