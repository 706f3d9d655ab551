"""An estate that is damaged at random: keten says what it sees and never breaks.

Bytes and lines of real files are changed, and values of real manifests are given other types;
then every reader and every check looks at them. Neither may break.
"""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keten import plugs
from keten.graph.places import Places
from keten.graph.store import Graph
from keten.model.check import Check
from keten.model.finding import Verdict
from keten.pipeline.judge import judge_all, select
from keten.testing.cases import TODAY
from keten.testing.examples import facts_of

WEBSHOP = Path(__file__).parents[1] / "examples" / "webshop"
FUZZ = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
ODD: tuple[Any, ...] = (
    None, 1, -1, 1.5, True, "", "x", [], {}, [None], {"a": None}, [[]], "9" * 5000,
    {"name": 1}, [{"name": None}], 10**30,
)  # fmt: skip


def estate() -> dict[str, bytes]:
    return {
        path.relative_to(WEBSHOP).as_posix(): path.read_bytes()
        for path in sorted(WEBSHOP.rglob("*"))
        if path.is_file()
    }


def examples() -> list[tuple[str, bytes]]:
    checks = (plugs.load(Check, name) for name in plugs.names(Check))
    return [(e.path, e.text.encode()) for check in checks for e in (check.bad, check.good)]


ESTATE = estate()
EXAMPLES = examples()


def places_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        items = list(value.items())
    else:
        items = list(enumerate(value)) if isinstance(value, list) else []
    return found + [place for key, item in items for place in places_in(item, (*path, key))]


def retyped(data: bytes, choice: st.DataObject) -> bytes:
    """Return YAML or JSON with a few values of another type."""
    try:
        documents = list(yaml.safe_load_all(data))
    except yaml.YAMLError:
        return data
    for _ in range(choice.draw(st.integers(1, 3))):
        places = places_in(documents)
        if not places:
            break
        *above, last = choice.draw(st.sampled_from(places))
        parent: Any = documents
        for step in above:
            parent = parent[step]
        old = parent[last]
        parent[last] = deepcopy(choice.draw(st.sampled_from([*ODD, [old], {"name": old}])))
    return yaml.safe_dump_all(documents).encode()


def damaged(data: bytes, choice: st.DataObject) -> bytes:
    """Return bytes with some changed, cut off, swapped or repeated."""
    lines = data.split(b"\n")
    for _ in range(choice.draw(st.integers(1, 4))):
        one, other = (choice.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        match choice.draw(st.integers(0, 3)):
            case 0:
                lines[one], lines[other] = lines[other], lines[one]
            case 1:
                lines.insert(other, lines[one])
            case 2:
                at = choice.draw(st.integers(0, len(lines[one])))
                lines[one] = (
                    lines[one][:at] + choice.draw(st.binary(max_size=2)) + lines[one][at + 1 :]
                )
            case _:
                del lines[max(one, 1) :]
    return b"\n".join(lines)


def broken(files: dict[str, bytes]) -> list[str]:
    """Return what readers and checks say of their own faults."""
    facts = facts_of(files)
    checks = select(lambda _: True, of={type(node) for node in facts.nodes})
    judged = judge_all(facts.nodes, checks, Graph(facts, TODAY), Places(facts.places))
    said = [problem.what for problem in facts.problems if "broke on this file" in problem.what]
    return said + [f"{f.check}: {f.message}" for f in judged.findings if f.verdict is Verdict.ERROR]


@FUZZ
@given(choice=st.data())
def test_a_damaged_estate(choice: st.DataObject) -> None:
    files = dict(ESTATE)
    for path in choice.draw(st.lists(st.sampled_from(sorted(files)), min_size=1, max_size=6)):
        change = retyped if path.endswith((".yaml", ".yml")) else damaged
        files[path] = choice.draw(st.sampled_from([change, damaged]))(files[path], choice)

    assert not broken(files)


@FUZZ
@given(choice=st.data())
def test_damaged_examples_of_checks(choice: st.DataObject) -> None:
    files = {}
    for i, at in enumerate(choice.draw(st.lists(st.integers(0, len(EXAMPLES) - 1), max_size=8))):
        path, data = EXAMPLES[at]
        change = retyped if path.endswith((".yaml", ".yml", ".json")) else damaged
        files[path if path not in files else f"d{i}/{path}"] = change(data, choice)

    assert not broken(files)


@pytest.mark.parametrize("kind", [[], {}, 1, None])
def test_a_kind_that_is_no_text(kind: Any) -> None:
    value = {"kind": kind, "apiVersion": "", "metadata": {}, "spec": {}}

    assert not broken({"pod.yaml": yaml.safe_dump(value).encode()})
