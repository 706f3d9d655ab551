"""GitLab pipelines: includes, extends, defaults and references take effect, within ceilings."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keten.errors import CeilingError, InputError
from keten.formats import gitlab_ci
from keten.model.delivery import Job, Pipeline
from keten.model.facts import Facts
from keten.model.plug import Source
from keten.readers.gitlab_ci import READER
from keten.testing.examples import Memory

TEXT = """
include:
  - local: /ci/a.yml
  - https://ci.example/y.yml
  - {project: g/p, file: /a.yml}
default:
  image: {name: "alpine:3", entrypoint: [""]}
  before_script: [prepare]
variables: {A: {value: b, description: c}, N: 1}
.template: {script: [a, b], tags: [x], variables: {X: 1, Y: 2}}
build:
  extends: .template
  variables: {Y: 3}
  script:
    - !reference [.setup, script]
    - [x, y]
test:
  inherit: {default: [image]}
  image: "node:22"
  services: ["postgres:16", {name: "docker:27-dind"}]
  script: z
  rules: [{if: $CI}]
"""


def read(text: str | bytes, **files: str) -> Facts:
    data = text.encode() if isinstance(text, str) else text
    beside = {f"{name.replace('__', '/')}.yml": content.encode() for name, content in files.items()}
    return READER.read(Source(".gitlab-ci.yml", data, Memory(beside)))


def jobs(facts: Facts) -> dict[str, Job]:
    (node,) = (node for node in facts.nodes if isinstance(node, Pipeline))
    return {job.id: job for job in node.jobs}


def test_a_whole_pipeline() -> None:
    facts = read(TEXT, ci__a=".setup: {script: [from a]}\nlint: {script: lint}\n")
    found = jobs(facts)

    assert list(found) == ["lint", "build", "test"]
    assert found["lint"].at == "include[0]"
    assert found["build"].image == "alpine:3"
    assert found["build"].runner == ("x",)
    assert found["build"].env == {"X": 1, "Y": 3}
    assert [(s.id, s.run) for s in found["build"].steps] == [
        ("before_script", "prepare"),
        ("script", "from a\nx\ny"),
    ]
    assert found["test"].services == ("postgres:16", "docker:27-dind")
    assert [s.id for s in found["test"].steps] == ["script"]
    assert found["test"].rules == ({"if": "$CI"},)
    (node,) = (node for node in facts.nodes if isinstance(node, Pipeline))
    assert node.env == {"A": "b", "N": 1}
    assert [min(set(one) - {"at"}) for one in node.includes] == ["local", "remote", "file"]
    assert facts.looked
    assert not facts.problems


@pytest.mark.parametrize(
    ("text", "files", "what"),
    [
        ("include: /.gitlab-ci.yml\n", {}, "includes .gitlab-ci.yml, which includes it"),
        ("include: a.yml\n", {"a": "include: b.yml\n", "b": "include: /a.yml\n"},
         "b.yml includes a.yml, which includes it"),
        ("include: /gone.yml\n", {}, "included file 'gone.yml' is not there"),
        ("include: ../../etc/passwd\n", {}, "leaves the project"),
        ("include: {local: 'ci/*.yml'}\n", {}, "is a pattern"),
        ("include: [{what: x}]\n", {}, "an include names no file"),
        ("a: {extends: b}\nb: {extends: a}\n", {}, "extends itself"),
        ("a: {extends: .gone, script: x}\n", {}, "which is not there"),
        (".a: {script: [!reference [.a, script]]}\nb: {script: !reference [.a, script]}\n", {},
         "a script is nested, or refers, deeper"),
        ("a: text\n", {}, "job 'a' is no mapping"),
        ("include: a.yml\n", {"a": "[]\n"}, "included a.yml"),
    ],
)  # fmt: skip
def test_what_can_not_be_read_is_unknown(text: str, files: dict[str, str], what: str) -> None:
    facts = read(text, **files)

    assert any(what in problem.what for problem in facts.problems), facts.problems
    assert not facts.looked


def test_the_header_is_not_the_pipeline() -> None:
    found = jobs(read("spec: {inputs: {x: {default: y}}}\n---\na: {script: x}\n"))

    assert list(found) == ["a"]


def test_ceilings() -> None:
    files = {f"f{n}": f"include: [f{n + 1}.yml, f{n + 1}.yml]\n" for n in range(60)}
    with pytest.raises(CeilingError, match="included files"):
        read("include: f0.yml\n", **files)
    wide = "".join(
        f".r{n}: {{script: [{', '.join([f'!reference [.r{n + 1}, script]'] * 9)}]}}\n"
        for n in range(9)
    )
    with pytest.raises(CeilingError, match="a script of more than"):
        read(wide + "a: {script: [!reference [.r0, script]]}\n")
    deep = "".join(f".e{n}: {{extends: [.e{n + 1}, .e{n + 1}, .e{n + 1}]}}\n" for n in range(40))
    with suppress(InputError):
        read(deep + "a: {extends: .e0, script: x}\n")
    with pytest.raises(CeilingError, match="jobs"):
        read("".join(f"j{n}: {{script: x}}\n" for n in range(gitlab_ci.MAX_JOBS + 1)))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_fuzz_bytes(data: bytes) -> None:
    with suppress(InputError):
        read(data)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(TEXT)), st.integers(0, 60), st.text(max_size=20))
def test_fuzz_mutated(at: int, cut: int, put: str) -> None:
    with suppress(InputError):
        read((TEXT[:at] + put + TEXT[at + cut :]).encode("utf-8", "surrogatepass"), ci__a=TEXT)
