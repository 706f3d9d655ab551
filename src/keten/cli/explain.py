"""``keten explain``: all about one check, one finding, or how actions are ranked."""

import argparse
import inspect
import sys
from pathlib import Path
from textwrap import indent, wrap

from keten import plugs
from keten.cli import arguments as common
from keten.cli import printing
from keten.config import Rank, nearest
from keten.errors import UsageError
from keten.model.check import Check
from keten.model.controls import CONTROLS, FRAMEWORKS
from keten.model.finding import Finding
from keten.model.needs import NEEDS
from keten.model.result import Result

WIDTH = 80
AROUND = 2
"""Lines of the file shown before and after the one that matters."""
FINGERPRINT = 6
"""The fewest digits of a fingerprint that name a finding."""


def main(argv: list[str]) -> int:
    """Explain; return 0."""
    made = argparse.ArgumentParser(
        prog="keten explain",
        description="Tell all about one check (image/root-user), one finding (its fingerprint, "
        "found by scanning TARGET), or `rank`: how actions are ranked.",
    )
    made.add_argument("what", metavar="CHECK|FINGERPRINT|rank")
    common.takes(made)
    common.add(made)
    common.images(made)
    common.add_vex(made)
    arguments = made.parse_args(argv)
    known = plugs.names(Check)
    if arguments.what in known:
        text = of_check(arguments.what)
    elif arguments.what == "rank":
        text = of_rank(common.policy(Path(arguments.target), arguments).config.rank)
    elif len(arguments.what) >= FINGERPRINT and set(arguments.what) <= set("0123456789abcdef"):
        text = of_fingerprint(arguments)
    else:
        hint = nearest(arguments.what, [*known, "rank"])[:300]
        raise UsageError(f"no check or fingerprint {arguments.what!r}{hint}")
    printing.write(text.removesuffix("\n").split("\n"))
    return 0


def of_check(name: str) -> str:
    """Return a check's page as text."""
    check = plugs.load(Check, name)
    doc = inspect.getdoc(sys.modules[check.run.__module__]) or ""
    why = doc.partition("\n\n")[2]
    parts = [f"{name} ({check.severity.word})", check.title, *_paragraphs(why)]
    parts.append(f"Threat source: {', '.join(check.threats)}")
    parts.append(_wrapped(f"Fix: {check.fix}"))
    parts.append(f"Bad ({check.bad.path}):\n{indent(check.bad.text.strip(chr(10)), '    ')}")
    parts.append(f"Good ({check.good.path}):\n{indent(check.good.text.strip(chr(10)), '    ')}")
    parts.append("Serves:\n" + _controls(check))
    parts.append("Needs:\n" + "\n".join(f"  {n}: {NEEDS[n].what}" for n in check.needs))
    if check.refs:
        parts.append("See:\n" + "\n".join(f"  {ref}" for ref in check.refs))
    return "\n\n".join(parts) + "\n"


def of_fingerprint(arguments: argparse.Namespace) -> str:
    """Return all about one finding of the target, found by judging it again."""
    from keten.pipeline.targets import scan

    now = common.day(arguments.now)
    target = common.target(arguments.target)
    policy = common.policy(target.folder, arguments)
    database = common.data(arguments, policy)
    result = scan(
        target,
        policy,
        access=common.access(arguments),
        database=database,
        now=now,
        progress=lambda *_: None,
    )
    every = [*result.findings, *(item.finding for item in result.waived)]
    every += [item.finding for item in result.set_aside]
    found = [f for f in every if f.fingerprint.startswith(arguments.what)]
    if not found:
        raise UsageError(
            f"no finding {arguments.what} in {arguments.target}",
            advice="It may be mended. Fingerprints are in keten scan TARGET --format json.",
        )
    root = Path(arguments.target) if result.targets[0].kind == "tree" else None
    return "\n".join(of_finding(f, result, root) for f in found)


def of_finding(finding: Finding, result: Result, root: Path | None) -> str:
    """Return what was seen, why it matters, how sure it is, what to do, how to say no."""
    check = plugs.load(Check, finding.check)
    doc = inspect.getdoc(sys.modules[check.run.__module__]) or ""
    parts = [f"{finding.severity.word}: {finding.check}", _wrapped(finding.message)]
    if finding.location:
        parts.append(_seen(finding, root))
    parts += ["Why it matters", *_paragraphs(doc.partition("\n\n")[2])]
    if finding.why:
        parts.append(_wrapped(f"{finding.why[0].upper()}{finding.why[1:]}."))
    parts.append(_sure(finding, result))
    parts.append(_wrapped(f"What to do: {check.fix}") + _change(finding))
    parts.append("Serves:\n" + _controls(check))
    until = result.now[:4] + "-12-31" if not result.now.endswith("12-31") else result.now
    parts.append(
        "To say no, in keten.toml, with an end:\n"
        "    [[waiver]]\n"
        f'    fingerprint = "{finding.fingerprint}"\n'
        f'    check = "{finding.check}"\n'
        '    reason = "..."\n'
        '    owner = "..."\n'
        f"    until = {until}"
    )
    return "\n\n".join(parts) + "\n"


def of_rank(rank: Rank) -> str:
    """Return how actions are ranked, with the weights in force."""
    return (
        _wrapped(
            "An action's rank is the sum of the weights of the findings it removes, and a weight "
            "more for each that is known to be exploited, likely to be (EPSS of 10 % or more), "
            "whose function is linked into a program, or whose image something exposes. However "
            "many there are, low and info together weigh less than one medium. An action at many "
            "places ranks as the best of its edits. The weights are policy: [rank] in keten.toml."
        )
        + f"\n\n    critical {rank.critical:g}, high {rank.high:g}, medium {rank.medium:g}, "
        f"low {rank.low:g}, info {rank.info:g}\n    exploited +{rank.exploited:g}, likely "
        f"+{rank.likely:g}, reached +{rank.reached:g}, exposed +{rank.exposed:g}\n"
    )


def _seen(finding: Finding, root: Path | None) -> str:
    where = finding.location
    assert where is not None
    head = where.text
    if where.thing:
        return f"{head}\n  {finding.field}" if finding.field else head
    if root is None or not where.line or finding.check.startswith("secrets/"):
        return head  # the lines of a secret hold the secret
    file = root / where.path if root.is_dir() else root
    try:
        lines = file.read_text("utf-8", "replace").splitlines()
    except OSError:
        return head
    first = max(0, where.line - 1 - AROUND)
    shown = [
        f"  {'>' if number == where.line else ' '} {number:>4}  {text[: WIDTH - 12]}"
        for number, text in enumerate(lines[first : where.line + AROUND], first + 1)
    ]
    return "\n".join([head, *shown])


def _sure(finding: Finding, result: Result) -> str:
    path = finding.location.path if finding.location else ""
    digests = [item.digest for item in result.evidence if item.origin.path == path]
    lines = ["How sure: observed, not guessed; judged again it comes out the same."]
    lines += [f"  file {path} {digest}" for digest in digests]
    if finding.about:
        lines += [f"  about {', '.join(finding.about)}"]
        lines += [f"  data {d.name} as of {d.as_of} {d.digest[:19]}..." for d in result.data]
    return "\n".join(lines)


def _change(finding: Finding) -> str:
    change = finding.change
    if change is None or not (change.before or change.after):
        return ""
    before, after = change.lines()
    minus = f"\n    - {before}" if before else ""
    plus = f"\n    + {after}" if after else ""
    return minus + plus


def _controls(check: Check) -> str:
    rows = []
    for key in check.controls:
        framework, _, control = key.partition("/")
        rows.append(f"  {FRAMEWORKS[framework]} {control}: {CONTROLS[key]}")
    return "\n".join(_wrapped(row, "    ") for row in rows)


def _paragraphs(text: str) -> list[str]:
    return [_wrapped(" ".join(part.split())) for part in text.split("\n\n") if part.strip()]


def _wrapped(text: str, hang: str = "") -> str:
    return "\n".join(wrap(text, WIDTH, subsequent_indent=hang))
