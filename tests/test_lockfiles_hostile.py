"""Package readers on bytes from outside: they end, and raise nothing but InputError."""

import tomllib
from collections.abc import Callable
from datetime import date, datetime, time
from functools import partial
from typing import Any

import msgspec
import pytest
from growing import Work, linear, repeated
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_lockfiles import GOLDEN, PLUGS, read, sections

from keten import plugs
from keten.errors import CeilingError, InputError
from keten.formats import json_index, toml_lines, xml_safe, yarn_lines
from keten.formats.versions import requirement
from keten.model.delivery import Package
from keten.model.evidence import Problem
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.testing.examples import Memory

FUZZ = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
SEEDS = {
    name: [
        sections(path.read_text())[0]
        for path in sorted(GOLDEN.glob(f"{name.partition('/')[2]}*.txt"))
    ]
    for name in PLUGS
}
PIECES = [b"[", b"{", b'"', b"'", b"\\", b"\n", b"]", b"}", b",", b":", b"=", b"#", b"@", b"\x00",
          b"\xff", b"<", b">", b"${", b"  ", b'"""', b"- ", b"&a", b"*a", b"9" * 5000]  # fmt: skip


def outcome(plug: str, path: str, data: bytes, beside: dict[str, bytes] | None = None) -> Facts:
    files = {path: data, **(beside or {})}
    try:
        return plugs.load(Reader, plug).read(Source(path, data, Memory(files)))
    except InputError as error:
        return Facts(problems=(Problem(path, error.what, error.line),))


@pytest.mark.parametrize("plug", PLUGS)
@FUZZ
@given(data=st.binary(max_size=300))
def test_any_bytes(plug: str, data: bytes) -> None:
    outcome(plug, next(iter(SEEDS[plug][0])), data)


@pytest.mark.parametrize("plug", PLUGS)
@FUZZ
@given(choice=st.data())
def test_mutated_files(plug: str, choice: st.DataObject) -> None:
    files = dict(choice.draw(st.sampled_from(SEEDS[plug])))
    path = next(iter(files))
    data = bytearray(files.pop(path))
    for _ in range(choice.draw(st.integers(1, 4))):
        start = choice.draw(st.integers(0, len(data)))
        end = choice.draw(st.integers(start, min(len(data), start + 40)))
        data[start:end] = choice.draw(st.sampled_from(PIECES) | st.binary(max_size=8))

    facts = outcome(plug, path, bytes(data), files)

    msgspec.msgpack.encode(facts)
    assert all(isinstance(n, Package) is False or n.purl.startswith("pkg:") for n in facts.nodes)


HUGE: dict[str, tuple[Callable[[int], bytes], int]] = {
    "a line": (repeated(b"a"), 5_000_000),
    "quotes": (repeated(b'\\"', before=b'"'), 200_000),
    "opened": (repeated(b"["), 100_000),
    "objects": (repeated(b'{"a":'), 100_000),
    "closed": (lambda n: b"[" * n + b"]" * n, 100_000),
    "tables": (lambda n: b"a = " + b"[" * n + b"]" * n, 100_000),
    "inline": (repeated(b"{b = ", before=b"a = "), 50_000),
    "dotted": (lambda n: b".".join([b"a"] * n) + b" = 1", 200_000),
    "elements": (repeated(b"<a>"), 100_000),
    "blanks": (repeated(b" ", after=b";"), 1_000_000),
    "colons": (repeated(b"a:"), 200_000),
    "lines": (repeated(b"\n", after=b"x"), 100_000),
    "commas": (repeated(b","), 200_000),
    "hashes": (repeated(b"--hash=sha256:aa ", before=b"a==1 "), 100_000),
    "brackets in quotes": (repeated(b"{[", before=b'{"a": "', after=b'"}'), 200_000),
    "indented": (lambda n: b"\n".join(b" " * i + b"a:" for i in range(n)), 2000),
    "comments": (repeated(b"/*"), 200_000),
    "continuations": (repeated(b"a\\\n"), 200_000),
}
HOSTILE = {
    f"{plug}: {shape}": Work(make, partial(outcome, plug, next(iter(SEEDS[plug][0]))), size)
    for plug in PLUGS
    for shape, (make, size) in HUGE.items()
}


@pytest.mark.parametrize("plug", PLUGS)
def test_any_shape_takes_steps_by_its_size(plug: str) -> None:
    for shape in HUGE:
        work = HOSTILE[f"{plug}: {shape}"]
        work.do(work.make(work.size // 10))
        linear(work)


LONG = "9" * 100_000
POM = """<project><dependencies><dependency>
<groupId>g</groupId><artifactId>a</artifactId><version>%</version>
</dependency></dependencies></project>"""

CHART = """dependencies:
- name: a
  repository: https://charts.example
  version: %
generated: now
"""


@pytest.mark.parametrize(
    ("plug", "path", "text"),
    [
        ("packages/requirements", "requirements.txt", "a==%\n"),
        ("packages/poetry-lock", "poetry.lock", '[[package]]\nname = "a"\nversion = "%"\n'),
        (
            "packages/package-lock",
            "package-lock.json",
            '{"lockfileVersion":3,"packages":{"node_modules/a":{"version":"%"}}}',
        ),
        ("packages/yarn-lock", "yarn.lock", 'a@1:\n  version "%"\n'),
        (
            "packages/go-sum",
            "go.sum",
            "a.example/b v% h1:TuBL49tXwgrFYWhqrNgrUNEY92u81SPhu7sTdzQEiWY=\n",
        ),
        ("packages/pom", "pom.xml", POM),
        ("packages/mix-lock", "mix.lock", '%{"a": {:hex, :a, "%"}}'),
        ("packages/rebar-lock", "rebar.lock", '[{<<"a">>,{pkg,<<"a">>,<<"%">>},0}].'),
        (
            "packages/pubspec-lock",
            "pubspec.lock",
            'packages:\n  a:\n    source: hosted\n    version: "%"\n',
        ),
        ("packages/podfile-lock", "Podfile.lock", "PODS:\n  - a (%)\n"),
        ("packages/conan-lock", "conan.lock", '{"requires":["a/%"]}'),
        ("packages/deno-lock", "deno.lock", '{"version":"4","npm":{"a@%":{}}}'),
        ("packages/cabal-freeze", "cabal.project.freeze", "constraints: any.a ==%\n"),
        ("packages/chart-lock", "Chart.lock", CHART),
        ("packages/conda-environment", "environment.yml", "dependencies:\n- a==%\n"),
        ("packages/opam-lock", "a.opam.locked", 'depends: ["a" {= "%"}]'),
        (
            "packages/terraform-lock",
            ".terraform.lock.hcl",
            'provider "a/b/c" {\n  version = "%"\n}\n',
        ),
    ],
)
def test_a_version_of_100_000_digits(plug: str, path: str, text: str) -> None:
    facts = outcome(plug, path, text.replace("%", LONG).replace(f"{LONG}{{", "%{").encode())

    assert not facts.problems
    assert all(node.version == LONG for node in facts.nodes if isinstance(node, Package))


def test_entities_that_double_are_refused_at_once() -> None:
    lines = ["<!DOCTYPE p [", '<!ENTITY a0 "ha">']
    lines += [f'<!ENTITY a{n} "&a{n - 1};&a{n - 1};">' for n in range(1, 100)]
    bomb = "\n".join([*lines, "]>", "<project>&a99;</project>"]).encode()

    with pytest.raises(InputError, match="entities") as caught:
        xml_safe.parse(bomb)

    assert 0 < caught.value.line <= 2


def test_a_requirements_file_that_includes_itself() -> None:
    facts = read("packages/requirements", {"a/requirements.txt": b"-r ./requirements.txt\nb==1\n"})

    assert [(p.line, p.what) for p in facts.problems] == [(1, "the file includes itself")]
    assert len(facts.nodes) == 2
    assert not any(item.ref.startswith("manifest") for item in facts.looked)


def test_poms_that_are_each_others_parents() -> None:
    pom = (
        "<project><artifactId>a</artifactId><parent><artifactId>a</artifactId>{}</parent></project>"
    )
    one = pom.format("<relativePath>b/pom.xml</relativePath>").encode()
    two = pom.format("<relativePath>../pom.xml</relativePath>").encode()

    facts = read("packages/pom", {"pom.xml": one, "b/pom.xml": two})

    assert len(facts.nodes) == 1


def test_a_password_in_an_address_is_not_kept() -> None:
    word = "hunter" + "2"
    files = {"requirements.txt": f"-i https://u:{word}@x/\na @ https://{word}@h/a.whl\n".encode()}

    facts = read("packages/requirements", files)

    assert word.encode() not in msgspec.msgpack.encode(facts)


# The parsers below the readers, against others of their kind.

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=20,
)


def paths(value: Any, limit: int) -> list[tuple[str | int, ...]]:
    if limit == 0 or not isinstance(value, dict | list):
        return []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found: list[tuple[str | int, ...]] = []
    for key, item in items:
        found += [(key,), *((key, *rest) for rest in paths(item, limit - 1))]
    return found


@FUZZ
@given(value=st.dictionaries(st.text(max_size=4), JSON, max_size=4), depth=st.integers(1, 5))
def test_json_places(value: dict[str, Any], depth: int) -> None:
    data = msgspec.json.format(msgspec.json.encode(value), indent=1)
    lines = data.decode().split("\n")

    document = json_index.parse(data, depth=depth)

    assert document.value == value
    seen = set()
    for path in paths(value, depth):
        line, column = document.at(*path)
        assert (line, column) not in seen
        seen.add((line, column))
        if isinstance(path[-1], str):
            rest = lines[line - 1].encode()[column - 1 :]
            assert rest.startswith(msgspec.json.encode(path[-1]))


TOML = st.text(alphabet="ab.=[]{}\"'#,\n\\ 01eu-_:T+x", max_size=60)


@settings(max_examples=300, deadline=None)
@given(text=TOML)
def test_toml_agrees_with_tomllib(text: str) -> None:
    try:
        expected = plain(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValueError):
        with pytest.raises(InputError):
            toml_lines.parse(text.encode())
        return
    assert plain(toml_lines.parse(text.encode())) == expected


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float) and value != value:  # noqa: PLR0124 not a number
        return "nan"
    return "when" if isinstance(value, date | time | datetime) else value


def test_toml_tells_lines() -> None:
    root = toml_lines.parse(b'a = 1\n[[t]]\nx = [\n "p",\n "q",\n]\n\n[[t]]\ny.z = {k = 2}\n')

    assert root.at("a") == 1
    assert [table.line for table in root.tables("t")] == [2, 8]
    assert toml_lines.texts(root["t"][0]["x"]) == [("p", 4), ("q", 5)]
    assert root["t"][1].table("y").at("z") == 9


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,3})?", fullmatch=True)
VERSIONS = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,2}((a|b|rc)[0-9])?", fullmatch=True)
CLAUSES = st.lists(
    st.tuples(st.sampled_from(["==", ">=", "<", "!=", "~=", "==="]), VERSIONS), max_size=3
)


@FUZZ
@given(name=NAMES, extras=st.lists(NAMES, max_size=2), clauses=CLAUSES, url=st.booleans())
def test_requirement_survives_print_and_parse(
    name: str, extras: list[str], clauses: list[tuple[str, str]], *, url: bool
) -> None:
    made = requirement.Requirement(
        name,
        tuple(extras),
        () if url else tuple(clauses),
        url="https://files.example.com/a.zip" if url else "",
        marker='python_version < "3"',
    )

    assert requirement.parse(str(made)) == made


@FUZZ
@given(entries=st.dictionaries(NAMES, st.tuples(VERSIONS, st.lists(NAMES, max_size=3)), min_size=1))
def test_yarn_survives_print_and_parse(entries: dict[str, tuple[str, list[str]]]) -> None:
    text = "# yarn lockfile v1\n"
    for name, (version, needs) in entries.items():
        text += f'\n"@s/{name}@^1", {name}@^2:\n  version "{version}"\n'
        text += "  dependencies:\n" * bool(needs)
        text += "".join(f'    {need} "^1"\n' for need in dict.fromkeys(needs))

    root, faults = yarn_lines.parse(text)

    assert not faults
    found = {}
    for key, block in root.items():
        assert isinstance(block, yarn_lines.Block)
        scoped, name = (yarn_lines.split(pattern)[0] for pattern in yarn_lines.patterns(key))
        assert scoped == f"@s/{name}"
        found[name] = (block.text("version"), list(block.block("dependencies")))
    assert found == {
        name: (version, list(dict.fromkeys(n))) for name, (version, n) in entries.items()
    }


@FUZZ
@given(gems=st.dictionaries(NAMES, st.tuples(VERSIONS, st.lists(NAMES, max_size=2)), min_size=1))
def test_gemfile_lock_survives_print_and_parse(gems: dict[str, tuple[str, list[str]]]) -> None:
    text = "GEM\n  remote: https://rubygems.org/\n  specs:\n"
    for name, (version, needs) in gems.items():
        text += f"    {name} ({version})\n" + "".join(f"      {need} (>= 1)\n" for need in needs)
    first = next(iter(gems))
    text += f"\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  {first}\n"

    facts = read("packages/gemfile-lock", {"Gemfile.lock": text.encode()})

    assert not facts.problems
    found = {n.name: (n.version, n.direct) for n in facts.nodes if isinstance(n, Package)}
    assert found == {name: (version, name == first) for name, (version, _) in gems.items()}
    edges = {e for e in facts.edges if e.relation == "requires"}
    wanted = {
        (n, need) for n, (_, needs) in gems.items() for need in needs if need in gems and need != n
    }
    assert len(edges) == len(wanted)


def test_depth_is_bounded() -> None:
    deep = b'{"a":' * 300 + b"1" + b"}" * 300

    with pytest.raises(CeilingError):
        json_index.parse(deep, depth=1000)


@pytest.mark.parametrize(
    ("plug", "path", "begin"),
    [("packages/go-mod", "go.mod", "module m\n"), ("packages/go-work", "go.work", "")],
)
def test_a_quote_without_its_end_is_one_word(plug: str, path: str, begin: str) -> None:
    """It was once looked for from each quote on: a line of 40 KB took 7 s."""
    facts = outcome(plug, path, f'{begin}go 1.22\nreplace "{chr(92)}"'.encode() + b'\\"' * 30_000)

    assert facts.nodes
