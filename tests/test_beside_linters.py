"""docs/beside-linters.md: each check of the three linters is answered, by checks that there are."""

import re
from pathlib import Path

from keten import plugs
from keten.model.check import Check

PAGE = (Path(__file__).parents[1] / "docs/beside-linters.md").read_text()
CHECKS = set(plugs.names(Check))
LEAST = {"Polaris": 44, "kube-linter": 63, "kube-score": 20}


def rows(section: str) -> list[tuple[str, str]]:
    body = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^\| (.+?) \| (.+) \|$", body, re.MULTILINE)
    return [row for row in found if row[0] not in ("what", section)]


def named(text: str) -> set[str]:
    return set(re.findall(r"`([a-z]+/[a-z0-9-]+)`", text))


def test_every_check_that_is_named_exists() -> None:
    assert named(PAGE) <= CHECKS, named(PAGE) - CHECKS


def test_every_row_is_answered() -> None:
    for section, least in LEAST.items():
        found = rows(section)
        assert len(found) >= least, section
        assert len({name for name, _ in found}) == len(found), section
        for name, answer in found:
            assert named(answer) or answer.startswith(("not ours, because", "the reader")), name


def test_the_reader_refuses_what_it_is_said_to() -> None:
    from keten.testing.examples import facts_of

    deployment = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: %s}}
    spec:
      %s
      containers:
      - {name: web, image: "i:1"}
"""
    for text, word in (
        (deployment % ("wbe", "restartPolicy: Always"), "'app'"),  # mismatching-selector
        (deployment % ("-web", "restartPolicy: Always"), "'-web'"),  # label-values
        (deployment % ("web", "restart: Always"), "restart"),  # schema-validation
    ):
        problems = facts_of({"a.yaml": text.encode()}).problems
        assert any(word in problem.what for problem in problems), (word, problems)
