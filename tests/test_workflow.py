"""GitHub workflows and actions, and the expressions in them, are read in all their shapes."""

from contextlib import suppress

import pytest
from growing import linear, works
from hypothesis import given, settings
from hypothesis import strategies as st

from keten.checks.pipeline._expressions import bare, expressions
from keten.errors import InputError
from keten.model.delivery import Package, Pipeline
from keten.model.facts import Facts
from keten.model.plug import Source
from keten.readers.github_action import READER as ACTION
from keten.readers.github_workflow import READER as WORKFLOW
from keten.testing.examples import Memory

TEXT = """# a comment
name: ci
on:
  push: {branches: [main]}
  pull_request:
permissions: {contents: read}
env: {A: 1}
defaults: {run: {shell: bash}}
jobs:
  build-it:
    runs-on: [self-hosted, linux]
    container:
      image: node:22
      credentials: {username: a, password: "${{ secrets.P }}"}
      options: --cpus 1
    services:
      db: {image: "postgres:16"}
    strategy: {matrix: {os: [a, b]}}
    timeout-minutes: 5
    steps:
      - uses: actions/checkout@0123456789012345678901234567890123456789 # v4.2.2
        with: {persist-credentials: false}
      - run: |
          make
        if: ${{ always() }}
  call:
    uses: acme/ci/.github/workflows/x.yml@v1 # one
    secrets: inherit
"""


def read(text: str | bytes, path: str = ".github/workflows/ci.yml") -> Facts:
    data = text.encode() if isinstance(text, str) else text
    return WORKFLOW.read(Source(path, data, Memory({})))


def pipeline(facts: Facts) -> Pipeline:
    (node,) = (node for node in facts.nodes if isinstance(node, Pipeline))
    return node


def test_a_whole_workflow() -> None:
    facts = read(TEXT)
    node = pipeline(facts)
    build, call = node.jobs

    assert node.triggers == {"push": {"branches": ["main"]}, "pull_request": {}}
    assert node.permissions == {"contents": "read"}
    assert build.runner == ("self-hosted", "linux")
    assert (build.image, build.services) == ("node:22", ("postgres:16",))
    assert build.credentials[0]["at"] == "jobs.build-it.container.credentials"
    assert build.timeout == 5
    assert build.steps[0].comment == "v4.2.2"
    assert build.steps[0].inputs == {"persist-credentials": False}
    assert build.steps[1].run == "make\n"
    assert (call.uses, call.secrets) == ("acme/ci/.github/workflows/x.yml@v1", "inherit")
    assert {edge.dst for edge in facts.edges if edge.relation == "runs-in"} == {
        "image docker.io/library/node:22",
        "image docker.io/library/postgres:16",
    }
    assert [item.need for item in facts.looked if item.ref == node.ref] == ["pipeline"]


def test_the_actions_it_uses_are_packages() -> None:
    commit = "4f2d1c3b5a69788796a5b4c3d2e1f00112233445"
    facts = read(
        "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n"
        f"      - uses: Actions/Checkout@{commit} # v4.1.1\n"
        f"      - uses: acme/tool/sub@{commit} # pinned by hand\n"
        "      - uses: acme/tool/sub@v2\n"
        "      - uses: acme/tool/sub@v2\n"
        "      - uses: ./local\n"
        "      - uses: docker://alpine:3\n"
        "      - uses: acme/${{ matrix.x }}@v1\n"
        "  b:\n"
        f"    uses: acme/ci/.github/workflows/x.yml@{commit} # tag=v1.2\n"
    )
    found = [node for node in facts.nodes if isinstance(node, Package)]

    assert [(p.line, p.name, p.version, p.purl) for p in found] == [
        (6, "Actions/Checkout", "v4.1.1", "pkg:github/actions/checkout@v4.1.1"),
        (7, "acme/tool", commit, f"pkg:github/acme/tool@{commit}#sub"),
        (8, "acme/tool", "v2", "pkg:github/acme/tool@v2#sub"),
        (14, "acme/ci", "v1.2", "pkg:github/acme/ci@v1.2#.github/workflows/x.yml"),
    ]
    assert found[0].source == f"git+https://github.com/Actions/Checkout#{commit}"
    assert [edge.relation for edge in facts.edges].count("uses") == len(found)


@pytest.mark.parametrize(
    ("said", "triggers"),
    [
        ("push", {"push": {}}),
        ("[push, issues]", {"push": {}, "issues": {}}),
        ("{push: , schedule: [{cron: '1 1 * * *'}]}",
         {"push": {}, "schedule": [{"cron": "1 1 * * *"}]}),
    ],
)  # fmt: skip
def test_triggers(said: str, triggers: dict[str, object]) -> None:
    facts = read(f"on: {said}\njobs: {{a: {{runs-on: x}}}}\n")

    assert pipeline(facts).triggers == triggers
    assert facts.looked


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("on: push\n", "no jobs"),
        ("on: push\njobs: [a]\n", "jobs are a mapping"),
        ("jobs: {a: {runs-on: x}}\n", "on names no event"),
        ("on: push\njobs: {a: x}\n", "a job is a mapping"),
        ("on: push\njobs: {a: {runs-on: x, steps: {b: c}}}\n", "steps are a list"),
        ("on: push\njobs: {a: {runs-on: x, steps: [x]}}\n", "a step is a mapping"),
        ("on: push\npermissions: [x]\njobs: {a: {runs-on: x}}\n",
         "permissions are a word or a mapping"),
        ("- a\n", "a workflow is a mapping"),
    ],
)  # fmt: skip
def test_wrong_shapes_are_unknown(text: str, what: str) -> None:
    facts = read(text)

    assert what in {problem.what for problem in facts.problems}
    assert not facts.looked


def test_only_the_folder_that_is_run() -> None:
    assert read(TEXT, ".github/workflows/old/ci.yml") == Facts()
    assert read(TEXT, "web/.forgejo/workflows/ci.yml").nodes


def test_actions() -> None:
    text = b"runs:\n  using: composite\n  steps:\n  - run: make ${{ inputs.x }}\n    shell: bash\n"
    facts = ACTION.read(Source("a/action.yml", text, Memory({})))
    node = pipeline(facts)

    assert (node.system, node.jobs[0].steps[0].at) == ("github-action", "runs.steps[0]")
    docker = b"runs: {using: docker, image: 'docker://alpine:3'}\n"
    (edge,) = ACTION.read(Source("action.yml", docker, Memory({}))).edges
    assert edge.dst == "image docker.io/library/alpine:3"
    assert ACTION.read(Source("action.yml", b"a: runs\n", Memory({}))) == Facts()


def flows(text: str) -> set[str]:
    return {".".join(path) for one in expressions(text) for path in one.flows}


@pytest.mark.parametrize(
    ("text", "out"),
    [
        ("${{ github.event['pull_request'].HEAD['ref'] }}", {"github.event.pull_request.head.ref"}),
        ("${{ a.b && c.d || e.f }}", {"c.d", "e.f"}),
        ("${{ a.b == 'x' && 'y' || 'z' }}", set()),
        ("${{ !a.b }}${{ contains(a.b, c.d) }}", set()),
        ("${{ format('{0} }} ''{1}''', a.b, c.d) }}", {"a.b", "c.d"}),
        ("${{ fromJSON(a.b).c }}", {"a.b"}),
        ("${{ a.*.b }} ${{ a[0].b }} ${{ a[x.y].b }}", {"a.*.b"}),
        ("${{ (a.b || 'c') }}", {"a.b"}),
        ("${{ a.b", set()),
        ("no expression", set()),
    ],
)
def test_what_comes_out(text: str, out: set[str]) -> None:
    assert flows(text) == out


def test_unsound_expressions_keep_what_they_use() -> None:
    (one,) = expressions("${{ github.head_ref + 1 }}")

    assert not one.sound
    assert one.uses == (("github", "head_ref"),)
    assert not bare("(" * 100).sound


HOSTILE = works(
    expressions,
    {
        "opened": (lambda n: "${{'" * n, 100_000),
        "brackets": (lambda n: "${{ " + "(" * n + " }}", 100_000),
        "or": (lambda n: "${{ " + "a||" * n + "b }}", 6_000),
        "many": (lambda n: "${{a}}" * n, 50_000),
        "fields": (lambda n: "${{ " + "a." * n + "b }}", 10_000),
        "not": (lambda n: "${{ " + "!" * n + "a }}", 20_000),
    },
)


@pytest.mark.parametrize("name", HOSTILE)
def test_large_expressions_take_steps_by_their_size(name: str) -> None:
    linear(HOSTILE[name])


@pytest.mark.parametrize(
    ("name", "sound"),
    [("opened", []), ("brackets", [False]), ("or", [True]), ("many", [True] * 50_000),
     ("fields", [True]), ("not", [True])],
)  # fmt: skip
def test_large_expressions_are_read_or_unsound(name: str, sound: list[bool]) -> None:
    work = HOSTILE[name]
    assert [found.sound for found in expressions(work.make(work.size))] == sound


def test_ceilings() -> None:
    many = "on: push\njobs:\n" + "".join(f"  j{n}: {{runs-on: x}}\n" for n in range(1001))
    with pytest.raises(InputError, match="more than 1000 jobs"):
        read(many)
    steps = "on: push\njobs: {a: {runs-on: x, steps: [" + "{run: x}," * 5001 + "]}}\n"
    with pytest.raises(InputError, match="more than 5000 steps"):
        read(steps)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_fuzz_bytes(data: bytes) -> None:
    for reader, path in ((WORKFLOW, ".github/workflows/a.yml"), (ACTION, "action.yml")):
        with suppress(InputError):
            reader.read(Source(path, data, Memory({})))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(TEXT)), st.integers(0, 60), st.text(max_size=20))
def test_fuzz_mutated(at: int, cut: int, put: str) -> None:
    with suppress(InputError):
        read((TEXT[:at] + put + TEXT[at + cut :]).encode("utf-8", "surrogatepass"))


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab.()[]*'!=&|, ${}0x", max_size=120))
def test_fuzz_expressions(text: str) -> None:
    expressions("${{ " + text + " }}")
    bare(text)
