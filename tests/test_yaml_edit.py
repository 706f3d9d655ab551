"""The editor of YAML: exact in its values, and nothing else of the text is touched."""

import contextlib
import json
import random
from typing import Any

import pytest
from growing import Work, linear
from hypothesis import given, settings
from hypothesis import strategies as st

from keten.errors import InputError
from keten.formats.yaml.documents import Dialect, load_all
from keten.formats.yaml.edit import Edit, Spot, edited, find, rewritten, steps
from keten.formats.yaml.fields import same, written

WORDS = ("web", "a b", "true", "no", "1", "1.5", "x: y", "# no", "{{ a }}"[1:], "é", "", "l\nm\n")
KEYS = ("name", "image", "args", "env", "securityContext", "a.b/c", "on", "yes sir", "7")


class Writer:
    """Writes a value as YAML in random styles, with a numbered comment wherever one may be."""

    def __init__(self, seed: int, *, flow_comments: bool = False) -> None:
        self._random = random.Random(seed)
        self._comments = 0
        self._flow_comments = flow_comments
        self.indented = self._random.random() < 0.5
        self.newline = self._random.choice(["\n", "\n", "\n", "\r\n"])
        self.step = self._random.choice([2, 2, 2, 4])

    @property
    def comments(self) -> list[str]:
        """Return the comments that were written, which come in the order of the text."""
        return [f"# c{i} it's {{x" for i in range(self._comments)]

    def document(self, value: Any) -> str:
        """Return the text."""
        rows = self._number(["%C", *self._lines(value, 0), "%C"])
        if self._random.random() < 0.2:
            rows = ["---", *rows]
        if self._random.random() < 0.1:
            rows += ["...", ""]
        text = self.newline.join(rows)
        if self._random.random() < 0.7:
            text += self.newline
        return "\ufeff" + text if self._random.random() < 0.1 else text

    def _number(self, rows: list[str]) -> list[str]:
        made = []
        for row in rows:
            if "%C" not in row:
                made.append(row)
                continue
            comment = self._random.random() < 0.3
            if row.strip() == "%C":
                if comment:
                    made.append(row.replace("%C", self._comment()))
                elif self._random.random() < 0.1:
                    made.append("")
                continue
            made.append(row.replace("%C", " " + self._comment() if comment else "").rstrip(" "))
        return made

    def _comment(self) -> str:
        self._comments += 1
        return self.comments[-1]

    def _lines(self, value: Any, column: int) -> list[str]:
        blank = " " * column
        rows: list[str] = []
        if isinstance(value, dict):
            for key, item in value.items():
                rows.append(f"{blank}%C")
                rows += self._entry(f"{blank}{self._key(key)}:", item, column, of_list=False)
            return rows
        for item in value:
            rows.append(f"{blank}%C")
            rows += self._entry(f"{blank}-", item, column, of_list=True)
        return rows

    def _entry(self, head: str, item: Any, column: int, *, of_list: bool) -> list[str]:
        if not isinstance(item, dict | list) or not item or self._random.random() < 0.2:
            return self._inline(head, item, column)
        if of_list:
            below = self._lines(item, column + 2)
            lead = next(i for i, row in enumerate(below) if row.strip() != "%C")
            if self._random.random() < 0.8:
                return [f"{head} {below[lead][column + 2 :]}", *below[lead + 1 :]]
            return [head + "%C", *below]
        deeper = self.step if isinstance(item, dict) or self.indented else 0
        return [head + "%C", *self._lines(item, column + deeper)]

    def _inline(self, head: str, item: Any, column: int) -> list[str]:
        if isinstance(item, str) and item.endswith("\n") and item.strip() and "\n" not in item[:1]:
            rows = [" " * (column + self.step) + row for row in item[:-1].split("\n")]
            return [f"{head} |%C", *rows]
        if item is None and self._random.random() < 0.7:
            return [head + "%C"]
        if item == "a b":
            return self._over_lines(head, " " * (column + self.step))
        return [f"{head} {self._flow(item)}%C"]

    def _over_lines(self, head: str, blank: str) -> list[str]:
        """Return a text over two lines, or with a head of its own, in one of YAML's ways."""
        ways = (
            [f"{head} a", f"{blank}b%C"],
            [f'{head} "a', f'{blank}b"%C'],
            [f"{head} 'a", f"{blank}b'%C"],
            [f"{head} >-%C", f"{blank}a", f"{blank}b"],
            [f"{head} |-%C", f"{blank}a b", "", ""],
            [f"{head} |2-%C", f"{blank}a b"] if self.step == 2 else [f"{head} a b%C"],
            [f"{head} !!str a b%C"],
            [f"{head} &anchor a b%C"],
            [f"{head} a b   %C", "", blank],
        )
        return list(self._random.choice(ways))

    def _flow(self, value: Any) -> str:
        if isinstance(value, dict):
            inner = ", ".join(f"{self._key(k)}: {self._flow(v)}" for k, v in value.items())
            return "{" + inner + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(self._flow, value)) + "]"
        if value == "web":
            return self._random.choice(["web", "'web'", '"web"'])
        return json.dumps(value)

    def _key(self, key: str) -> str:
        return (
            key if key in {"name", "image", "args", "env", "securityContext"} else json.dumps(key)
        )


def values(depth: int = 4) -> st.SearchStrategy[Any]:
    """Return values of JSON."""
    leaf = st.one_of(
        st.none(), st.booleans(), st.integers(-5, 70000), st.sampled_from(WORDS),
        st.floats(allow_nan=False, allow_infinity=False, width=16),
    )  # fmt: skip
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
            st.lists(inner, max_size=4),
        ),
        max_leaves=5 * depth,
    )


objects = st.dictionaries(st.sampled_from(KEYS), values(), min_size=1, max_size=5).map(
    lambda value: {"kind": "x", **value}
)


def mutated(value: Any, chance: random.Random, fresh: Any) -> Any:
    """Return *value* with something of it changed, added or removed, here or deeper."""
    if isinstance(value, dict) and value:
        kind = chance.random()
        key = chance.choice([key for key in value if key != "kind"] or ["other"])
        if kind < 0.5:
            return {**value, key: mutated(value.get(key), chance, fresh)}
        if kind < 0.75:
            return {**value, f"new{chance.randint(0, 3)}": fresh}
        return {k: v for k, v in value.items() if k != key}
    if isinstance(value, list) and value:
        kind, i = chance.random(), chance.randrange(len(value))
        if kind < 0.5:
            return [*value[:i], mutated(value[i], chance, fresh), *value[i + 1 :]]
        if kind < 0.75:
            return [*value[:i], fresh, *value[i:]] if chance.random() < 0.5 else [*value, fresh]
        return [*value[:i], *value[i + 1 :]]
    return fresh


def value_of(data: bytes) -> Any:
    """Return the value of the first document, as Kubernetes reads it."""
    return next(load_all(data, Dialect.KUBERNETES)).value


class TestProperty:
    """Random texts, random changes."""

    refused = 0
    made = 0

    @settings(max_examples=400, deadline=None)
    @given(objects, values(2), st.integers(0, 2**32))
    def test_exact(self, value: Any, fresh: Any, seed: int) -> None:
        writer = Writer(seed)
        text = writer.document(value)
        data = text.encode()
        old = value_of(data)
        new = old
        chance = random.Random(seed)
        for _ in range(chance.randint(1, 3)):
            new = mutated(new, chance, fresh)
        TestProperty.made += 1
        try:
            made = rewritten(data, {0: new})
        except InputError:
            TestProperty.refused += 1
            return
        assert same(value_of(made), new)
        assert [one for one in writer.comments if one in made.decode()] == writer.comments
        assert (b"\r\n" in made) <= (b"\r\n" in data)
        assert made.startswith(b"\xef\xbb\xbf") == data.startswith(b"\xef\xbb\xbf")

    def test_few_are_refused(self) -> None:
        if not self.made:
            pytest.skip("the random texts were not tried in this run")
        assert self.refused <= self.made * 0.05


def edit(text: str, *edits: Edit, spot: Spot | None = None) -> str:
    """Return *text* edited."""
    return edited(text.encode(), {spot or Spot(0): edits}).decode()


class TestForms:
    """What a person would have written."""

    def test_first_key_of_an_item_goes(self) -> None:
        text = "a:\n- name: x # why\n  # how\n  image: y\n"
        assert edit(text, Edit("a[0].name", remove=True)) == ("a:\n- # why\n  # how\n  image: y\n")

    def test_parents_are_made_after_the_last_entry(self) -> None:
        text = "spec:\n    a: 1 # one\n\n# next\nkind: x"
        assert edit(text, Edit("spec.b.c", to=True), Edit("d", "x: y")) == (
            'spec:\n    a: 1 # one\n    b:\n        c: true\n\n# next\nkind: x\nd: "x: y"'
        )  # fmt: skip

    def test_null_and_empty(self) -> None:
        text = "a:\nb: # todo\nc: {}\nd: ~\ne: []\n"
        made = edit(text, *(Edit(f"{k}.x", 1) for k in "abcd"), Edit("e[0]", "z"))
        assert made == (
            "a:\n  x: 1\nb: # todo\n  x: 1\nc:\n  x: 1\nd:\n  x: 1\ne:\n- z\n"
        )  # fmt: skip

    def test_flow_stays_flow(self) -> None:
        text = "a: {b: [x, 'y']} # c\n"
        assert edit(text, Edit("a.b[2]", "z"), Edit("a.c", None)) == (
            "a: {b: [x, 'y', z], c: null} # c\n"
        )
        assert edit(text, Edit("a.b[0]", remove=True)) == "a: {b: ['y']} # c\n"

    def test_quotes_are_kept(self) -> None:
        text = "a: 'x' # 1\nb: \"x\"\nc: x\n"
        assert edit(text, *(Edit(k, "it's") for k in "abc")) == (
            "a: 'it''s' # 1\nb: \"it's\"\nc: \"it's\"\n"
        )

    def test_lines_of_a_block_are_kept(self) -> None:
        text = "a:\n- patch: |- # p\n    x: 1\n    # in the text\n    y: 2\n  b: 1\n"
        made = edit(text, Edit("a[0].patch", "x: 1\n# in the text\ny: 3"))
        assert made == text.replace("y: 2", "y: 3")

    def test_indented_lists(self) -> None:
        text = "a:\n  - b\nc: {}\n"
        assert edit(text, Edit("c.d", ["x", "z"])) == "a:\n  - b\nc:\n  d:\n    - x\n    - z\n"

    def test_the_last_entry_that_goes_leaves_an_empty_mapping(self) -> None:
        text = "a:\n  # why\n  b: 1 # one\nc: 2\n"
        assert edit(text, Edit("a.b", remove=True)) == "a: {}\n  # why\n  # one\nc: 2\n"

    def test_several_documents(self) -> None:
        text = "--- # one\na: 1\n---\n# two\nb:\n  c: 1\n--- \nd: 1"
        made = edit(text, Edit("b.d", 2), spot=Spot(1))
        assert made == text.replace("c: 1\n", "c: 1\n  d: 2\n")

    def test_json(self) -> None:
        value = {"kind": "List", "items": [{"a": {"b": 1}}, {"a": {}}]}
        for indent in (2, 4, None):
            text = json.dumps(value, indent=indent)
            made = edit(text, Edit("c.d", [1]), Edit("a.c", "é"), spot=Spot(0, "items[0]"))
            wanted = {
                "kind": "List",
                "items": [{"a": {"b": 1, "c": "é"}, "c": {"d": [1]}}, {"a": {}}],
            }
            assert made == json.dumps(wanted, indent=indent, ensure_ascii=False)
        assert edit('{"a":1}', Edit("b", to=True)) == '{"a":1,"b":true}'

    def test_json_that_is_read_as_yaml(self) -> None:
        """A list is no object, but what reads it may take JSON alone."""
        text = '[\n  {"a": {"b": 1}, "c": {}}\n]\n'
        made = edit(text, Edit("[0].a.d", {"e": "x"}), Edit("[0].c.f", to=True))
        assert made == '[\n  {"a": {"b": 1, "d": {"e": "x"}}, "c": {"f": true}}\n]\n'
        assert json.loads(made)
        text = 'x: {"a": 1}\nz: {a: 1}\n'
        assert edit(text, Edit("x.b", "c"), Edit("z.b", "c")) == (
            'x: {"a": 1, "b": "c"}\nz: {a: 1, b: c}\n'
        )

    def test_line_ends(self) -> None:
        text = "\ufeffa:\r\n  b: 1 # c\r\n"
        assert edit(text, Edit("a.c.d", 1)) == text + "  c:\r\n    d: 1\r\n"


@pytest.mark.parametrize(
    ("text", "change", "why"),
    [
        ("a: &x {b: 1}\nc: *x\n", Edit("a.b", 2), "anchor &x is used elsewhere"),
        ("a: &x {b: 1}\nc: *x\n", Edit("c.b", 2), "alias *x"),
        ("a: {b: &x 1}\nc: *x\n", Edit("a", remove=True), "anchor &x is used elsewhere"),
        ("x: &x {b: 1}\nc:\n  <<: *x\n", Edit("c.d", 2), "merge key"),
        ("a: 1\na: 2\n", Edit("a", 3), "more than once"),
        ("a: '{{ .Values.x }}'\n", Edit("a", 3), "template"),
        ("? a\n: b: 1\n", Edit("a", 3), "question mark"),
        ("a: [1]\n", Edit("a.b", 3), "no mapping"),
        ("a: [1]\n", Edit("a[3]", 3), "1 items"),
        ("a: 1\n", Edit("b", remove=True), "not there"),
    ],
)
def test_refused(text: str, change: Edit, why: str) -> None:
    """What can not be edited without guessing is not edited."""
    with pytest.raises(InputError, match=why.replace("*", r"\*")):
        edit(text, change)


def test_an_anchor_that_nothing_uses_is_no_hindrance() -> None:
    """It is shared with nothing."""
    assert edit("a: &x\n  b: 1\n", Edit("a.c", 2)) == "a: &x\n  b: 1\n  c: 2\n"


def test_find() -> None:
    """An object is found by what it is, in a list too, and by its line among its like."""
    data = b"kind: A\n---\nkind: List\nitems:\n- kind: B\n- kind: B\n"
    assert find(data, lambda v: v.get("kind") == "A") == Spot(0)
    assert find(data, lambda v: v.get("kind") == "B") is None
    assert find(data, lambda v: v.get("kind") == "B", line=6) == Spot(1, "items[1]")


@given(st.lists(st.one_of(st.integers(0, 9), st.text(min_size=1)), min_size=1))
def test_paths(path: list[Any]) -> None:
    """What is written is read back."""
    if isinstance(path[0], str):
        assert list(steps(written(path))) == path


@settings(max_examples=300)
@given(st.binary(max_size=200), st.sampled_from(["a", "kind.b", "x[0]", '["q w"].e[1]']))
def test_any_bytes(data: bytes, path: str) -> None:
    """Arbitrary bytes are edited or refused, never more."""
    for change in (Edit(path, {"z": [1]}), Edit(path, remove=True)):
        with contextlib.suppress(InputError):
            edited(data, {Spot(0): [change]})


_SAMPLE = (
    "# a\nkind: x # b\nitems:\n- a: {b: [1, 'c']}\n  d: |\n    e # f\n- &g h\n"
    "...\n--- # i\nj: !k l\n"
)


@settings(max_examples=400)
@given(
    st.integers(0, len(_SAMPLE)),
    st.integers(0, 12),
    st.text(" -:#&*?|>{}[]'\"\n\r\t!%@x<", max_size=4),
)
def test_mutated(at: int, cut: int, text: str) -> None:
    """A file with something off is edited as exactly, or refused."""
    data = (_SAMPLE[:at] + text + _SAMPLE[at + cut :]).encode()
    for changes in (
        [Edit("kind", "y"), Edit("n.m", [1])],
        [Edit("items[0].a.b[2]", 1)],
        [Edit("items[0]", remove=True)],
    ):
        with contextlib.suppress(InputError):
            edited(data, {Spot(0): changes})


def _many(count: int) -> tuple[bytes, list[Edit]]:
    """Return a list of so many rows, and an edit for each hundredth."""
    rows = "".join(f"- name: a{i} # c\n  b: {{}}\n" for i in range(count))
    edits = [Edit(f"items[{i}].b.c", to=True) for i in range(0, count, 100)]
    return f"items:\n{rows}".encode(), edits


def _edit(given: tuple[bytes, list[Edit]]) -> bytes:
    return edited(given[0], {Spot(0): given[1]})


HOSTILE = {"rows": Work(_many, _edit, 20_000)}


def test_what_is_large_takes_steps_by_its_size() -> None:
    linear(HOSTILE["rows"])
    assert _edit(_many(2_000)).count(b"c: true") == 20


def test_what_is_deep_is_refused() -> None:
    with pytest.raises(InputError):
        _edit((b"a: " + b"[" * 100_000, [Edit("b", 1)]))
