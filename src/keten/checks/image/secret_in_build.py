"""Secret is written into the image.

What ENV and ARG hold stays in the image's configuration and history: `docker history` shows it to
everyone who may pull the image, and no later layer removes it.
"""

import re
from collections.abc import Iterable

from keten.checks._secret_names import holds_secret, secret_name, strong
from keten.checks.image import _recipe as recipe
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Dockerfile, Stage
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation

_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")


def run(dockerfile: Dockerfile, _view: View) -> Iterable[Violation]:
    """Look at literal values, and at secrets that are handed in as build arguments."""
    low = Severity.LOW if recipe.aside(dockerfile) else None
    for name, value in sorted(dockerfile.arguments.items()):
        if holds_secret(name, value):
            yield _said("ARG", name, f"arguments.{name}", low or _grade(value))
    for index, stage in enumerate(dockerfile.stages):
        used = _used(stage)
        for number, one in enumerate(stage.instructions):
            if one.word in ("ENV", "ARG"):
                at = f"stages[{index}].instructions[{number}]"
                for name, said in _pairs(one.text, legacy=one.word == "ENV"):
                    if said is not None and holds_secret(name, said):
                        yield _said(one.word, name, at, low or _grade(said))
                    elif one.word == "ARG" and not said and secret_name(name):
                        yield from _handed_in(used, name, number, at)


def _handed_in(
    used: dict[str, tuple[int, str]], name: str, number: int, at: str
) -> Iterable[Violation]:
    last, where = used.get(name, (-1, ""))
    if last > number:
        yield Violation(
            f"ARG {name} is used by {where}, and stays in the history",
            at=at,
            key=name,
            severity=Severity.MEDIUM,
            change=Change(at, f"ARG {name}", "RUN --mount=type=secret,..."),
        )


def _grade(value: str) -> Severity:
    return Severity.HIGH if strong(value) else Severity.MEDIUM


def _said(word: str, name: str, at: str, severity: Severity) -> Violation:
    return Violation(
        f"{word} {name} holds a value",
        at=at,
        key=name,
        severity=severity,
        change=Change(at, f"{word} {name}", ""),
    )


def _used(stage: Stage) -> dict[str, tuple[int, str]]:
    """Return for each variable where the stage uses it last, and the instruction's word."""
    found: dict[str, tuple[int, str]] = {}
    for number, one in enumerate(stage.instructions):
        if one.word in ("RUN", "ENV"):
            for text in (one.text, *one.heredocs):
                for name in _VARIABLE.findall(text):
                    found[name] = (number, one.word)
    return found


def _pairs(text: str, *, legacy: bool) -> list[tuple[str, str | None]]:
    """Split ``a=b c="d e"``; ``ENV a b`` is the old form of one pair."""
    first = text.split(None, 1)
    if legacy and first and "=" not in first[0]:
        return [(first[0], first[1] if len(first) > 1 else None)]
    return [
        (word.partition("=")[0], word.partition("=")[2].strip("\"'") if "=" in word else None)
        for word in _words(text)
    ]


def _words(text: str) -> list[str]:
    found, quote, start = [], "", 0
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in " \t":
            found.append(text[start:at])
            start = at + 1
    return [word for word in [*found, text[start:]] if word]


CHECK = Check(
    title="Secret is written into the image",
    subject=Dockerfile,
    severity=Severity.HIGH,
    needs=("dockerfile",),
    fix=(
        "Use RUN --mount=type=secret for what the build needs, and hand the rest to the "
        "container when it runs; change what stood here."
    ),
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=(
        "cis-docker/4.10",
        "nsa-cisa/secrets",
        "owasp-cicd/6",
        "nis2/i",
        "pci-dss/8.6",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    bad=Example(
        "Dockerfile",
        """\
FROM node:24-slim
ENV NPM_TOKEN=8f2k1-xyzzy-plugh-77
RUN npm ci
USER 10001
""",
    ),
    good=Example(
        "Dockerfile",
        """\
FROM node:24-slim
RUN --mount=type=secret,id=npm,env=NPM_TOKEN npm ci
USER 10001
""",
    ),
    run=run,
    refs=("https://docs.docker.com/build/building/secrets/",),
)
