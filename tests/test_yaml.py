"""YAML as Kubernetes and as CI systems read it: values, lines, ceilings, splitting."""

import contextlib
import math
from functools import partial
from typing import Any

import pytest
import yaml as pyyaml
from growing import Work, linear, repeated, works
from hypothesis import given, settings
from hypothesis import strategies as st

from keten.errors import CeilingError, InputError
from keten.formats.yaml import json_text as yaml_json
from keten.formats.yaml import scalars
from keten.formats.yaml.documents import Dialect, Document, load_all
from keten.formats.yaml.nodes import Mapping, Scalar, Sequence, compose
from keten.formats.yaml.stream import split

KUBERNETES, CORE = Dialect.KUBERNETES, Dialect.CORE


def load(text: str | bytes, dialect: Dialect = KUBERNETES) -> list[Document]:
    return list(load_all(text.encode() if isinstance(text, str) else text, dialect))


def one(text: str | bytes, dialect: Dialect = KUBERNETES) -> Any:
    (document,) = load(text, dialect)
    return document.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("On", True),
        ("y", True),
        ("tRuE", "tRuE"),
        ("N", False),
        ("~", None),
        ("017", 15),
        ("0o17", 15),
        ("08", 8),
        ("0x1F", 31),
        ("-0b11", -3),
        ("1_000", 1000),
        ("_1", "_1"),
        ("1e3", 1000),
        ("1000.0", 1000),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e21", 1e21),
        ("1e400", "1e400"),
        ("12:30", "12:30"),
        ("2024-01-01", "2024-01-01"),
        ("18446744073709551615", 18446744073709551615),
        ("18446744073709551616", 18446744073709552000),
        ("0xFFFFFFFFFFFFFFFFFF", "0xFFFFFFFFFFFFFFFFFF"),
        ("1" * 100_000, "1" * 100_000),
        ("!!str 12", "12"),
        ('!!bool "yes"', True),
        ("!!int '12'", 12),
        ("!!float 12", 12),
        ("!!binary aGk=", "hi"),
        ("!foo 12", "12"),
        ("! yes", "yes"),
        ('"yes"', "yes"),
        ("|\n  yes", "yes\n"),
    ],
)
def test_scalars_are_what_the_api_server_sees(text: str, value: object) -> None:
    got = one(f"a: {text}\n")["a"]
    assert (got, type(got)) == (value, type(value)) or (got == value and isinstance(got, int))


@pytest.mark.parametrize(
    "text",
    ["!!bool 1", "!!int 1.0", "!!null foo", "!!float foo", "!!binary '?'", ".inf", ".nan",
     "!!timestamp foo", "*gone", "[", "'", "{{ .Values.x }}", "a: b"],
)  # fmt: skip
def test_what_sigs_yaml_refuses_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(InputError) as caught:
        load(f"x: 1\na: {text}\n")
    assert caught.value.line in {2, 3}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("yes", "true"),
        ("1", "1"),
        ("0x10", "16"),
        ("1.5", "1.5"),
        ("1e3", "1000"),
        ("1e6", "1e+06"),
        ("1e-5", "1e-05"),
        (".inf", ".inf"),
        ("-.Inf", "-.inf"),
        (".NaN", ".nan"),
        ("2024-01-01", "2024-01-01"),
        ("08", "8"),
        ("-0.0", "-0"),
        ("! yes", "yes"),
        ("0.1", "0.1"),
        ('"yes"', "yes"),
        ("!!str yes", "yes"),
        ("!!float 1000000", "1e+06"),
    ],
)
def test_keys_are_spelled_from_their_value(text: str, key: str) -> None:
    assert list(one(f"{text}: x\n")) == [key]


@pytest.mark.parametrize("text", ["~", "null", "[a]", "{a: b}", "18446744073709551615"])
def test_keys_that_json_has_not_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        load(f"? {text}\n: x\n")


def test_core_reads_on_as_text_and_keys_as_written() -> None:
    assert one("on: yes\n1: true\n0x10: 0o17\nTrue: 017\n", CORE) == {
        "on": "yes",
        "1": True,
        "0x10": 15,
        "True": 17,
    }


def test_every_field_has_its_line() -> None:
    text = (
        "# c\nmetadata:\n  labels:\n    app.kubernetes.io/name: x\n"
        'spec:\n  list:\n  - a: 1\n    b: {c: [1,\n 2]}\n  "q\\"\\\\": 1\n'
    )
    (document,) = load(text)
    assert document.line == 2
    assert document.fields == {
        "metadata": 2,
        "metadata.labels": 3,
        'metadata.labels["app.kubernetes.io/name"]': 4,
        "spec": 5,
        "spec.list": 6,
        "spec.list[0]": 7,
        "spec.list[0].a": 7,
        "spec.list[0].b": 8,
        "spec.list[0].b.c": 8,
        "spec.list[0].b.c[0]": 8,
        "spec.list[0].b.c[1]": 9,
        'spec["q\\"\\\\"]': 10,
    }


def test_json_and_yaml_give_the_same_lines() -> None:
    text = '{"a": [1.0, {"b":\n "x,]}"}, []],\n"c d": {"e": null, "f": {}},\n"g": "\\u00e9"}'
    (document,) = load(text)
    (other,) = load("# no JSON\n---\n" + text)
    assert document.value == other.value
    assert {path: line + 2 for path, line in document.fields.items()} == other.fields


def test_long_json_gives_the_line_of_the_object_only() -> None:
    data = b'\n{"a": "' + b"x" * yaml_json.LINED + b'"}'
    (document,) = load_all(data, KUBERNETES)
    assert (document.line, document.fields) == (2, {})


def test_a_merge_overrides_what_stands_before_it_in_kubernetes_only() -> None:
    text = "a: &a {x: 1, w: 1}\nb: {x: 2, <<: *a, w: 3}\nc: {<<: [{x: 5}, {x: 6, z: 6}]}\n"
    assert one(text)["b"] == {"x": 1, "w": 3}
    assert one(text, CORE)["b"] == {"x": 2, "w": 3}
    assert one(text)["c"] == one(text, CORE)["c"] == {"x": 5, "z": 6}
    with pytest.raises(InputError):
        load("a: {<<: foo}")


def test_the_last_of_repeated_keys_holds_and_is_told() -> None:
    for dialect in Dialect:
        (document,) = load("a: {b: 1}\na:\n  c: 2\n", dialect)
        assert document.value == {"a": {"c": 2}}
        assert document.duplicates == (("a", 2),)


def test_repeated_keys_are_told_where_merges_are_and_where_not() -> None:
    base = "b: &b {a: 0, c: 0}\nm:\n"
    (document,) = load(base + "  a: 1\n  <<: *b\n  c: 2\n  a: 3\n  a: 4\n")
    assert document.duplicates == (("m.a", 6), ("m.a", 7))
    assert document.value["m"] == {"a": 4, "c": 2}
    (document,) = load(base + "  <<: {a: 1, a: 2}\n  a: {x: 1, x: 2}\n", CORE)
    assert document.duplicates == (("m.a.x", 4), ("m.a", 3))
    assert document.value["m"] == {"a": {"x": 2}}


def test_the_composer_is_lent_our_nodes_and_gives_them_back() -> None:
    (root,) = compose(b"a: [b]\n")
    assert (type(root), type(root.value[0][0]), type(root.value[0][1])) == (
        Mapping,
        Scalar,
        Sequence,
    )
    with pytest.raises(InputError):
        list(compose(b"a: ]\n"))
    loader = pyyaml.CSafeLoader("a: [1, yes]\n")
    assert type(loader.get_single_node()) is pyyaml.MappingNode
    assert pyyaml.load("a: [1, yes]\n", Loader=pyyaml.CSafeLoader) == {"a": [1, True]}


def test_the_paths_of_long_lists_and_deep_keys_are_whole_beyond_what_is_remembered() -> None:
    for count in (3, 200, 2, 65, 64):
        (document,) = load("a:\n" + "".join(f"- b: {i}\n" for i in range(count)))
        wanted = {"a": 1}
        for i in range(count):
            wanted |= {f"a[{i}]": i + 2, f"a[{i}].b": i + 2}
        assert document.fields == wanted
    long = "k" * 400
    for _ in range(2):
        (document,) = load(f"{long}: {{{long}: {{c: 1}}}}\n")
        assert list(document.fields) == [long, f"{long}.{long}", f"{long}.{long}.c"]


def test_an_anchor_may_be_defined_twice() -> None:
    text = "a: &x 1\nb: *x\nc: &x 2\nd: *x\n---\ne: 1\n"
    for dialect in Dialect:
        assert [d.value for d in load(text, dialect)] == [
            {"a": 1, "b": 1, "c": 2, "d": 2},
            {"e": 1},
        ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a\n---\nb\n", [("a\n", 0), ("b\n", 2)]),
        ("---\na\n", [("a\n", 1)]),
        ("--- # c\na\n---\t\r\nb", [("a\n", 1), ("b\n", 3)]),
        ("# c\n---\na", [("# c\n", 0), ("a\n", 2)]),
        ("---\n---\n\na", [("\na\n", 2)]),
        ("x: |\n---\ny", [("x: |\n", 0), ("y\n", 2)]),
        (" ---\na", [(" ---\na\n", 0)]),
        ('{"a":1}\n---\nb: 1\n', [('{"a":1}', 0), ("b: 1\n", 2)]),
        ('{"a":1}{"b":\n2} {}', [('{"a":1}', 0), ('{"b":\n2}', 0), (" {}", 1)]),
        ("{a: 1}\n---\nb", [("{a: 1}\n", 0), ("b\n", 2)]),
    ],
)
def test_streams_are_split_as_kubectl_does(text: str, parts: list[tuple[str, int]]) -> None:
    assert [(p.data.decode(), p.before) for p in split(text.encode())] == parts


@pytest.mark.parametrize("text", ["a\n--- b\nc", "a\n----\nb", '{}{}{"a"'])
def test_streams_that_kubectl_does_not_split(text: str) -> None:
    with pytest.raises(InputError) as caught:
        list(split(text.encode()))
    assert caught.value.line in {1, 2}


def test_what_comes_before_an_error_is_read() -> None:
    documents = load_all(b"a: 1\n---\nb: [\n---\nc: 1\n", KUBERNETES)
    assert next(documents).value == {"a": 1}
    with pytest.raises(InputError) as caught:
        next(documents)
    assert caught.value.line == 4


DEEP = 100_000


def _read(data: bytes) -> None:
    for dialect in Dialect:
        with contextlib.suppress(InputError):
            for _ in load_all(data, dialect):
                pass


DEPTHS = works(
    _read,
    {
        "lists": (repeated(b"["), DEEP),
        "items": (repeated(b"- "), DEEP),
        "keys": (repeated(b"? "), DEEP),
        "mappings": (repeated(b"{a: "), DEEP),
        "objects": (repeated(b'{"a":'), DEEP),
        "closed": (lambda n: b"[" * n + b"]" * n, 20_000),
        "indented": (lambda n: b"\n".join(b" " * i + b"a:" for i in range(n)), 3_000),
        "indented items": (lambda n: b"\n".join(b" " * i + b"-" for i in range(n)), 1_500),
    },
)


@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize("name", DEPTHS)
def test_depth_ends_at_a_ceiling(name: str, dialect: Dialect) -> None:
    work = DEPTHS[name]
    with pytest.raises(InputError):
        list(load_all(work.make(work.size), dialect))


def _bomb(step: bytes, most: int = 40) -> bytes:
    lines = [b"a0: &a0 {k: v}\n"]
    lines += [step.replace(b"N", b"%d" % i).replace(b"M", b"%d" % (i - 1)) for i in range(1, most)]
    return b"".join(lines)


ALIASES = (
    b"aN: &aN [*aM, *aM]\n", b"aN: &aN {k: *aM, k: *aM}\n", b"aN: &aN {<<: [*aM, *aM]}\n",
)  # fmt: skip


@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize("step", ALIASES)
def test_an_alias_bomb_ends_at_a_ceiling(step: bytes, dialect: Dialect) -> None:
    with pytest.raises(CeilingError):
        list(load_all(_bomb(step), dialect))


@pytest.mark.parametrize("text", ["&a [*a]", "&a {b: *a}", "&a {<<: *a}"])
def test_a_value_that_contains_itself_is_refused(text: str) -> None:
    for dialect in Dialect:
        with pytest.raises(InputError):
            load(text, dialect)


HOSTILE = DEPTHS | {
    f"aliases {number}": Work(partial(_bomb, step), _read, 40)
    for number, step in enumerate(ALIASES)
} | works(_read, {
    "a line": (repeated(b"x"), 5_000_000),
    "escapes": (repeated(b"\\", before=b'"'), 5_000_000),
    "documents": (repeated(b"---\na\n"), 50_000),
    "JSON values": (repeated(b"{}"), 50_000),
    "JSON texts": (repeated(b'{"a":"\xc3\xa4"}'), 30_000),
    "keys without values": (repeated(b"a:\n"), 50_000),
    "anchors": (repeated(b"b: &a [x]\n", before=b"a: &a [x]\n"), 30_000),
})  # fmt: skip


@pytest.mark.parametrize("name", [name for name in HOSTILE if "aliases" not in name])
def test_long_input_takes_steps_by_its_size(name: str) -> None:
    linear(HOSTILE[name])


def test_floats_have_the_keys_of_strconv() -> None:
    assert [scalars.key(text) for text in ("1.0", "100000.0", "3.4028235e38", "1e39")] == [
        "1",
        "100000",
        "3.4028235e+38",
        ".inf",
    ]


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).filter(
        lambda f: not f.is_integer() or abs(f) >= 1e21
    )
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(PLAIN)
def test_what_pyyaml_writes_is_read_back(value: object) -> None:
    text = pyyaml.safe_dump(value, allow_unicode=True, default_style='"').encode()
    if value is None or b"---" in text:
        return
    # "!!int "1"" and the like: every scalar is quoted, and typed by its tag.
    assert [d.value for d in load_all(b"# c\n" + text, KUBERNETES)] == [value]


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text("-:{}[]&*!?|>'\"#%@` \n\tab01<~,", max_size=80))
def test_any_bytes_are_read_or_refused(data: bytes | str) -> None:
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    for dialect in Dialect:
        try:
            for document in load_all(raw, dialect):
                assert document.value is not None
                assert all(line >= document.line for line in document.fields.values())
        except InputError:
            continue


@settings(deadline=None)
@given(st.text("+-.0123456789_eExXoObBaAfFnNiI:", max_size=14))
def test_any_scalar_is_read(text: str) -> None:
    value = scalars.kubernetes(text)
    if isinstance(value, float) and math.isfinite(value):
        assert not value.is_integer() or abs(value) >= 1e21
    scalars.core(text)
