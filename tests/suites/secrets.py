"""Example strings that a secret scanner must and must not find: ``positive/negative*.jsonl``.

Each line is ``{"rule": ..., "text": ...}``. The text is searched as a file of no known kind
would be. Rules of public suites also cover what is no secret but names an account, a bucket
or a client, so the engine is asked for identifiers as well; a scan does not report them.
A negative case says that one rule must not match; where the same text is a positive case of
another rule, a scanner as a whole has to find it, and that is what is expected.
What was found is named by detector, never by value.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from keten.secrets import engine
from suites import Outcome, files

FOUND, NOTHING = "found", "nothing"


def run(path: Path) -> Iterator[Outcome]:
    """Search every text of every file under *path*; a file's name says what is expected."""
    cases = [
        (file.name, number, json.loads(line))
        for file in files(path, ".jsonl")
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
    ]
    wanted = {case["text"] for name, _, case in cases if "negative" not in name}
    for name, number, case in cases:
        expected = FOUND if case["text"] in wanted else NOTHING
        facts = engine.find("case", case["text"].encode(), identifiers=True)
        names = sorted({node.detector for node in facts.nodes})
        got = expected if names and expected == FOUND else ", ".join(names) or NOTHING
        yield Outcome(f"{name}:{number} {case['rule']}", expected, got)
