"""Dockerfiles are read as BuildKit reads them, and whatever else they are, in bounded time."""

from contextlib import suppress

import pytest
from growing import linear, works
from hypothesis import given, settings
from hypothesis import strategies as st

from keten.checks import _shell
from keten.checks._downloads import run_unverified
from keten.errors import CeilingError, InputError
from keten.formats import dockerfile
from keten.model.facts import Facts
from keten.model.plug import Source
from keten.readers.dockerfile import READER
from keten.testing.examples import Memory

RECIPE = """# syntax=docker/dockerfile:1
# escape=\\
# a comment
ARG V=3.12
ARG T=${V:-x}-slim
FROM --platform=$BUILDPLATFORM python:${T} AS Build
RUN --mount=type=cache,target=/x --mount=type=bind,from=alpine:3 apt-get update && \\
   # comment

   apt-get install -y curl
COPY <<EOF /a
hello
EOF
RUN <<-'X' cat
\ta
\tX
FROM build
COPY --from=build /a /b
CMD ["a", "b"]
FROM $FOO
"""


def read(text: str, path: str = "Dockerfile", *beside: str) -> Facts:
    return READER.read(Source(path, text.encode(), Memory(dict.fromkeys(beside, b""))))


def test_stages_arguments_and_continuations() -> None:
    recipe = dockerfile.parse(RECIPE)

    assert recipe.syntax == "docker/dockerfile:1"
    assert recipe.arguments == {"V": "3.12", "T": "3.12-slim"}
    assert [s.base for s in recipe.stages] == ["python:3.12-slim", "build", "$FOO"]
    assert [s.name for s in recipe.stages] == ["build", "", ""]
    assert [s.parent for s in recipe.stages] == [None, 0, None]
    assert [s.unresolved for s in recipe.stages] == [False, False, True]
    first = recipe.stages[0].instructions[0]
    assert first.text.split() == ["apt-get", "update", "&&", "apt-get", "install", "-y", "curl"]
    assert first.flags["mount"].split("\n") == ["type=cache,target=/x", "type=bind,from=alpine:3"]
    assert recipe.stages[1].instructions[1].json == ("a", "b")
    assert not recipe.faults


def test_here_documents() -> None:
    recipe = dockerfile.parse(RECIPE)

    assert recipe.stages[0].instructions[1].heredocs == ("hello\n",)
    assert recipe.stages[0].instructions[2].heredocs == ("a\n",)
    assert [i.line for i in recipe.stages[1].instructions] == [18, 19]


@pytest.mark.parametrize(
    ("text", "value", "known"),
    [
        ("$x", "1", True),
        ("${x}-${x}", "1-1", True),
        ("${y:-d}", "d", True),
        ("${e:-d}", "d", True),
        ("${e-d}", "", True),
        ("${x:+a}${y:+b}", "a", True),
        ("${y:-${x}}", "1", True),
        (r"\$x", "$x", True),
        ("$y", "$y", False),
        ("${y:?no}", "${y:?no}", False),
        ("${x#1}", "${x#1}", False),
        ("${x", "${x", False),
    ],
)
def test_substitution(text: str, value: str, known: bool) -> None:  # noqa: FBT001 a parameter
    assert dockerfile.expand(text, {"x": "1", "e": ""}) == (value, known)


def test_escape_directive_of_windows() -> None:
    text = "# escape=`\nFROM nanoserver\nRUN dir `\n  c:\\\nRUN x\n"
    recipe = dockerfile.parse(text)

    assert [i.text for i in recipe.stages[0].instructions] == ["dir   c:\\", "x"]


def test_images_and_edges() -> None:
    facts = read("FROM alpine:3 AS a\nCOPY --from=busybox:1 /x /\nCOPY --from=0 /y /\nFROM a\n")

    assert {(e.relation, e.dst) for e in facts.edges} == {
        ("builds-from", "image docker.io/library/alpine:3"),
        ("copies-from", "image docker.io/library/busybox:1"),
    }
    assert [item.need for item in facts.looked] == ["dockerfile"]


def test_what_can_not_be_built_is_unknown() -> None:
    facts = read("FROM a\nCOPPY x y\nRUN <<EOF\nnever closed\n")

    assert not facts.looked
    assert [p.what for p in facts.problems] == [
        "unknown instruction 'COPPY'",
        "here-document 'EOF' is not closed",
    ]
    assert [p.line for p in facts.problems] == [2, 3]


def test_not_recipes() -> None:
    assert read("x", "Dockerfile.md") == Facts()
    assert read("*", "web.Dockerfile.dockerignore") == Facts()
    assert [p.what for p in read("FROM {{ x }}\n", "Dockerfile.j2").problems] == [
        "a template, not rendered"
    ]
    with pytest.raises(InputError, match="no FROM"):
        read("RUN x\n")


@pytest.mark.parametrize(
    ("path", "beside", "ignored"),
    [
        ("a/Dockerfile", (), False),
        ("a/Dockerfile", (".dockerignore",), True),
        ("a/Dockerfile", ("a/Dockerfile.dockerignore",), True),
        ("Dockerfile", ("a/.dockerignore",), False),
    ],
)
def test_ignore_files(path: str, beside: tuple[str, ...], ignored: bool) -> None:  # noqa: FBT001
    (node,) = (n for n in read("FROM scratch\n", path, *beside).nodes if n.id == path)

    assert node.ignored is ignored


def test_ceilings() -> None:
    with pytest.raises(CeilingError):
        dockerfile.parse("FROM a\n" + "RUN x\n" * (dockerfile.MAX_INSTRUCTIONS + 1))
    doubling = "ARG a0=xxxxxxxxxx\n" + "".join(
        f"ARG a{n}=$a{n - 1}$a{n - 1}\n" for n in range(1, 60)
    )
    recipe = dockerfile.parse(doubling + "FROM $a59\n")
    assert recipe.stages[0].unresolved


def _judged(text: str) -> list[str]:
    """Ask all that is asked of each instruction; return their words."""
    words = []
    for stage in dockerfile.parse(text).stages:
        for one in stage.instructions:
            list(run_unverified(one.text))
            _shell.commands(one.text)
            words.append(one.word)
    return words


HOSTILE = works(_judged, {
    "a line": (lambda n: "FROM a\nRUN " + "x" * n, 3_000_000),
    "lines that go on": (lambda n: "FROM a\n" + "RUN x \\\n" * n, 200_000),
    "here-documents": (lambda n: "FROM a\nRUN " + "<<A " * n, 100_000),
    "variables": (lambda n: "FROM " + "${a:-" * n, 100_000),
    "substitutions": (lambda n: "FROM a\nRUN " + "$(" * n, 300_000),
    "backquotes": (lambda n: "FROM a\nRUN " + "`" * n, 300_000),
    "pipelines": (lambda n: "FROM a\nRUN " + "curl x | " * n, 50_000),
    "flags": (lambda n: "FROM a\nCOPY " + "--x=y " * n, 20_000),
    "lists": (lambda n: "FROM a\nCMD " + "[" * n, 300_000),
})  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_large_input_takes_steps_by_its_size(name: str) -> None:
    linear(HOSTILE[name])
    work = HOSTILE[name]
    assert len(_judged(work.make(work.size // 10))) == (name != "variables")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_fuzz_bytes(data: bytes) -> None:
    with suppress(InputError):
        READER.read(Source("Dockerfile", data, Memory({})))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(RECIPE)), st.integers(0, 40), st.text(max_size=20))
def test_fuzz_mutated(at: int, cut: int, put: str) -> None:
    text = RECIPE[:at] + put + RECIPE[at + cut :]
    with suppress(InputError):
        for stage in dockerfile.parse(text).stages:
            for one in stage.instructions:
                _shell.commands(one.text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab $(){}`'\"\\|&;<>#\n=-curlsh/:.", max_size=200))
def test_fuzz_shell(script: str) -> None:
    assert all(isinstance(word, str) for one in _shell.commands(script) for word in one.words)
    list(run_unverified("curl " + script))
