"""The fast judgement of fields says what the slow one says, whatever stands in an object."""

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from keten.formats.kubernetes import judge
from keten.formats.kubernetes.accept import accepts
from keten.formats.kubernetes.schema import schema

POD = {
    "metadata": {"name": "a", "labels": {"a": "b"}, "creationTimestamp": "2026-01-02T03:04:05Z"},
    "spec": {
        "hostNetwork": False,
        "terminationGracePeriodSeconds": 30,
        "securityContext": {"supplementalGroups": [1, 2], "runAsUser": 1 << 40},
        "containers": [
            {
                "name": "main",
                "args": ["a", None],
                "resources": {"limits": {"cpu": "100m", "memory": 1.5}},
                "readinessProbe": {"httpGet": {"port": "http"}, "periodSeconds": 3},
                "env": [{"name": "A", "value": "1"}, None],
            },
        ],
    },
}
CRD = {
    "properties": {"a": {"type": "string", "default": [1, {"b": None}]}},
    "items": [{"type": "x"}],
    "additionalProperties": False,
    "dependencies": {"a": ["b"], "c": {"type": "y"}},
    "maximum": 1.5,
    "enum": [1, "a", None],
}
VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 1 << 31, 1 << 63, 1.5, "", "a", "10Mi", "2026-01-02T03:04:05Z", "YQ==",
     [], [None], ["a"], [1], [[]], {}, {"a": None}, {"a": "b"}, {"a": 1}, {"type": "x"}]
)  # fmt: skip


def both(value: Any, name: str) -> tuple[bool, bool]:
    types = schema().types
    slow = next(judge._fields(value, types[name], "", types), None) is None
    return accepts(name)(value), slow


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every (collection, key) of *value*."""
    items = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    found = [(value, key) for key, _ in items]
    for _, item in items:
        if isinstance(item, dict | list):
            found += places(item)
    return found


def test_whole_objects_are_accepted() -> None:
    assert both(POD, "Pod") == (True, True)
    assert both(CRD, "JSONSchemaProps") == (True, True)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([(POD, "Pod"), (CRD, "JSONSchemaProps")]), st.data())
def test_what_is_changed_is_judged_alike(start: tuple[Any, str], data: st.DataObject) -> None:
    value, name = copy.deepcopy(start[0]), start[1]
    for _ in range(data.draw(st.integers(1, 3))):
        into, key = data.draw(st.sampled_from(places(value)))
        if isinstance(into, dict) and data.draw(st.booleans()):
            key = data.draw(st.sampled_from(["nmae", "labels", "port", "image", "$ref", "not"]))
        into[key] = copy.deepcopy(data.draw(VALUES))
    fast, slow = both(value, name)
    assert fast == slow


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(sorted(schema().types)), st.data())
def test_each_field_of_each_type_takes_what_it_took(name: str, data: st.DataObject) -> None:
    fields = schema().types[name]
    if not fields:
        return
    value = {data.draw(st.sampled_from(sorted(fields))): data.draw(VALUES)}
    fast, slow = both(value, name)
    assert fast == slow
