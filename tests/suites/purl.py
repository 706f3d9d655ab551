"""Cases of the PURL specification: ``*.json`` with tests of type parse, build and validate."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from keten.errors import InputError
from keten.formats import purl
from suites import Outcome, attempt, json_tests

REFUSED = "refused"


def run(path: Path) -> Iterator[Outcome]:
    """Run every test of every file under *path*."""
    yield from json_tests(path, _one)


def _one(name: str, test: dict[str, Any]) -> Outcome:
    title = f"{name} {test['test_type']} {json.dumps(test['input'])}"
    got = attempt(lambda: _ask(test["test_type"], test["input"]))
    if test.get("expected_failure"):
        return Outcome(title, REFUSED, got)
    expected = test.get("expected_output")
    if isinstance(expected, dict):
        return Outcome(title, attempt(lambda: str(_parts(expected))), got)
    return Outcome(title, str(expected), got)


def _ask(kind: str, given: Any) -> str:
    try:
        match kind:
            case "parse":
                return str(_parts_of(purl.parse(given)))
            case "build":
                return purl.build(_purl(given))
            case "validate":
                return purl.canonical(given)
    except InputError:
        return REFUSED
    return f"a test type that is not known: {kind}"


def _purl(given: dict[str, Any]) -> purl.Purl:
    return purl.Purl(
        type=given.get("type") or "",
        namespace=given.get("namespace") or "",
        name=given.get("name") or "",
        version=given.get("version") or "",
        qualifiers=tuple((given.get("qualifiers") or {}).items()),
        subpath=given.get("subpath") or "",
    )


def _parts(given: dict[str, Any]) -> list[Any]:
    return _parts_of(_purl(given))


def _parts_of(value: purl.Purl) -> list[Any]:
    return [
        value.type,
        value.namespace,
        value.name,
        value.version,
        sorted(value.qualifiers),
        value.subpath,
    ]
