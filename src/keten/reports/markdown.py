"""Markdown that fits a pull-request comment: the worst first, one row for many alike."""

from collections.abc import Iterator

from keten.model.alike import Alike, alike
from keten.model.finding import Finding, Verdict
from keten.model.plug import Report
from keten.model.result import Action, Result, Style

CEILING = 60_000
"""Characters; GitHub refuses a comment of more than 65,536."""
ACTIONS = 10
UNKNOWN = 20
ALONE = 3
"""How many findings of one check and severity have a row each."""


def write(result: Result, style: Style) -> Iterator[str]:
    """Yield the comment; what no longer fits is counted."""
    del style
    size = 0
    for block in _blocks(result):
        size += len(block)
        yield block
    groups = alike(result.findings)
    told = 0
    if groups:
        yield "\n### Findings\n\n| severity | what | where | check |\n|---|---|---|---|\n"
    for group in groups:
        for row, count in _rows(group):
            if size + len(row) > CEILING:
                break
            size += len(row)
            told += count
            yield row
    rest = sum(group.count for group in groups) - told
    if rest:
        yield f"\n{rest} more findings are in the JSON and HTML reports.\n"


def _rows(group: Alike) -> Iterator[tuple[str, int]]:
    """Yield rows and how many findings each tells: of many alike one, with their number."""
    if len(group.findings) > ALONE and not group.apart:
        yield _row(group.first, f" (and {group.rest})"), group.count
        return
    for finding in group.findings:
        yield _row(finding), finding.times


def _blocks(result: Result) -> Iterator[str]:
    decision = result.decision
    head = ", ".join(_text(target.name) for target in result.targets)
    yield (
        f"## keten: {decision.verdict.upper()} ({head})\n\n"
        f"Gate `{decision.gate}`: {decision.reason}.\n\n"
    )
    names = " | ".join(str(link.name) for link in result.links)
    cells = " | ".join(
        f"**{link.cell()}**" if link.tone == "fail" else link.cell() for link in result.links
    )
    yield f"| {names} |\n|{'---|' * len(result.links)}\n| {cells} |\n"
    if result.actions:
        yield "\n### Do first\n\n"
    for number, action in enumerate(result.actions[:ACTIONS], 1):
        yield f"{number}. {_action(action)}\n"
    if len(result.actions) > ACTIONS:
        yield f"\n{len(result.actions) - ACTIONS} more actions.\n"
    path = result.worth_cutting
    if path:
        way = " → ".join(map(_text, path.places))
        yield f"\n### A path worth cutting\n\n{way}\n"
    if result.unknown:
        yield "\n### Not known (and therefore not passed)\n\n"
    for item in result.unknown[:UNKNOWN]:
        more = f" and {item.count - 1} more" if item.count > 1 else ""
        yield f"- **{item.link}** {_code(item.what)}{more}: {_text(item.why)}. {_text(item.how)}\n"
    if len(result.unknown) > UNKNOWN:
        yield f"- {len(result.unknown) - UNKNOWN} more causes\n"
    for note in result.notes:
        yield f"\nNote: {_text(note)}\n"
    data = f"as of {result.as_of}" if result.data else "none"
    yield f"\nJudged on {result.now}; advisories {data}.\n"


def _action(action: Action) -> str:
    where = ""
    if action.location:
        where = f" in {_code(action.location.text)}"
    return f"**{_text(action.title)}**{where}: removes {action.why}"


def _row(finding: Finding, more: str = "") -> str:
    where = finding.location.text if finding.location else finding.subject
    word = "error" if finding.verdict is Verdict.ERROR else finding.severity.word
    return f"| {word} | {_text(finding.message)}{more} | {_code(where)} | {finding.check} |\n"


def _text(text: str) -> str:
    """Return *text* so that no file's name or content becomes markup, a link or a mention."""
    clean = "".join(c if c.isprintable() else " " for c in text)
    for sign in "\\`*_{}[]#|~!":
        clean = clean.replace(sign, f"\\{sign}")
    clean = clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return clean.replace("@", "@\u200b").replace("://", ":\u200b//")


def _code(text: str) -> str:
    clean = "".join(c if c.isprintable() else " " for c in text)
    return f"`{clean.replace('`', chr(39)).replace('|', '¦')}`"


REPORT = Report(
    title="Markdown, for a pull-request comment", media_type="text/markdown", write=write
)
