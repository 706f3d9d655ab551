"""One self-contained HTML page: the chain as a picture, then as the terminal has it.

No network, no script needed (one small script, pinned in the page's own policy, filters).
Findings fold open to why, change and evidence. Light, dark and on paper.
"""

import inspect
import sys
from collections.abc import Iterator
from html import escape

from keten import plugs
from keten.model.alike import Alike, alike
from keten.model.check import Check
from keten.model.evidence import Link
from keten.model.finding import Change, Finding, Location, Severity, Verdict
from keten.model.plug import Report
from keten.model.result import Action, Result, Style
from keten.reports._page import CSS, SCRIPT, chain, policy

ACTIONS = 20
ALONE = 3
"""How many findings of one check and severity stand by themselves; more are under one heading."""
SHOWN = 200
"""How many of those under one heading have a line each; the JSON report has all."""
OPENED = 20
"""How many of those have all their text, so that the page stays light."""
WHOLE = 2000
"""The same, of what says something of its own each: what is known of packages."""


def write(result: Result, style: Style) -> Iterator[str]:
    """Yield the page."""
    del style
    title = ", ".join(target.name for target in result.targets)
    yield (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy()}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>keten: {_text(title)}</title><style>{CSS}</style></head><body><main>"
    )
    yield from _head(result, title)
    yield chain(result.links)
    yield from _actions(result)
    yield from _paths(result)
    yield from _unknown(result)
    yield from _findings(result)
    yield from _waived(result)
    yield from _evidence(result)
    yield f"</main><script>{SCRIPT}</script></body></html>\n"


def _head(result: Result, title: str) -> Iterator[str]:
    decision = result.decision
    word = {"denied": "fail", "unknown": "unknown", "allowed": "pass"}[decision.verdict]
    yield (
        f'<header><h1>{_text(title)}: <span class="{word}">{decision.verdict.upper()}</span></h1>'
        f"<p>Gate “{_text(decision.gate)}”: {_text(decision.reason)}.</p>"
    )
    facts = [f"judged on {result.now}", f"keten {result.keten}", f"policy {result.policy}"]
    facts += [f"{t.name} at {t.commit[:12]} ({t.branch or 'detached'})" for t in result.targets
              if t.commit]  # fmt: skip
    facts.append(f"advisories as of {result.as_of}" if result.data else "no advisories")
    yield f'<p class="soft">{_text(" · ".join(facts))}</p></header>'


def _actions(result: Result) -> Iterator[str]:
    if not result.actions:
        return
    yield '<h2 id="first">Do first</h2><ol class="first">'
    anchors = _anchors(result)
    for action in result.actions[:ACTIONS]:
        yield f"<li>{_action(action, anchors)}</li>"
    yield "</ol>"
    rest = len(result.actions) - ACTIONS
    if rest > 0:
        yield f'<p class="soft">and {rest} more.</p>'


def _action(action: Action, anchors: dict[str, str]) -> str:
    where = ""
    if action.location:
        where = f"<br><code>{_text(action.location.text)}</code>"
    first = action.findings[0] if action.findings else ""
    removes = f"removes {_text(action.why)}"
    if first in anchors:
        removes = f'<a href="#{anchors[first]}">{removes}</a>'
    proof = f'<br><span class="soft">{_text(action.proof)}</span>' if action.proof else ""
    return f"<strong>{_text(action.title)}</strong>: {removes}{where}{_diff(action.changes)}{proof}"


def _diff(changes: tuple[Change, ...]) -> str:
    lines = []
    for before, after in list(dict.fromkeys(change.lines() for change in changes))[:8]:
        lines += [f"- {before}"] if before else []
        lines += [f"+ {after}"] if after else []
    return f"<pre>{_text(chr(10).join(lines))}</pre>" if lines else ""


def _paths(result: Result) -> Iterator[str]:
    """Yield the picture of the attack paths, and each in words."""
    if not result.paths:
        return
    from keten.cluster.paths.picture import picture

    yield '<h2 id="paths">What an intruder could do</h2><div class="wide">'
    yield picture(result.paths)
    yield "</div><ol>"
    for path in result.paths:
        start, end = _text(path.points[0].name), _text(path.points[-1].name)
        steps = "".join(
            f"<li>{_text(step.text)}{' (assumed)' if step.assumed else ''}"
            f"{'' if step.sure else ' (not known for sure)'}{_place(step.location)}</li>"
            for step in path.steps
        )
        yield f"<li><strong>{start} to {end}</strong><ul>{steps}</ul></li>"
    yield "</ol>"


def _place(location: Location | None) -> str:
    if location is None:
        return ""
    return f" <code>{_text(location.text)}</code>"


def _unknown(result: Result) -> Iterator[str]:
    if not result.unknown:
        return
    yield (
        '<h2 id="unknown">Not known (and therefore not passed)</h2><table><thead><tr>'
        '<th scope="col">link</th><th scope="col">what</th><th scope="col">why</th>'
        '<th scope="col">how to know</th></tr></thead><tbody>'
    )
    for item in result.unknown:
        more = f" and {item.count - 1} more" if item.count > 1 else ""
        yield (
            f'<tr><td class="unknown">{item.link}</td>'
            f"<td><code>{_text(item.what)}</code>{more}</td>"
            f"<td>{_text(item.why)}</td><td>{_text(item.how)}</td></tr>"
        )
    yield "</tbody></table>"


def _findings(result: Result) -> Iterator[str]:
    if not result.findings:
        return
    groups = alike(result.findings)
    count = sum(group.count for group in groups)
    yield f'<h2 id="all">Findings ({count:,} of {len(groups)} kinds)</h2>'
    yield _filters(result)
    yield '<div id="findings">'
    digests = {item.origin.path: item.digest for item in result.evidence}
    for group in groups:
        yield from _group(group, digests)
    yield "</div>"


def _group(group: Alike, digests: dict[str, str]) -> Iterator[str]:
    """Yield the findings of a check, of many under one heading."""
    if len(group.findings) <= ALONE:
        for finding in group.findings:
            yield _finding(finding, digests, opened=True)
        return
    first = group.first
    files = f" in {group.files:,} files" if group.files > 1 else ""
    yield (
        f'<details class="kind" id="{_kind(first)}"><summary>{_word(first)} '
        f"{_text(plugs.load(Check, first.check).title)}: <strong>{group.count:,}</strong>{files}"
        f'<span class="where">{first.check}, first <code>{_where(first)}</code></span></summary>'
        f"<div>{_about(first)}"
    )
    opened, shown = (WHOLE, len(group.findings)) if group.apart else (OPENED, SHOWN)
    for number, finding in enumerate(group.findings[:shown]):
        yield _finding(finding, digests, opened=number < opened)
    rest = group.count - sum(finding.times for finding in group.findings[:shown])
    if rest:
        yield f'<p class="soft">{rest:,} more are in the JSON report.</p>'
    yield "</div></details>"


def _kind(finding: Finding) -> str:
    return f"k-{finding.check.replace('/', '-')}-{finding.severity.word}-{finding.verdict}"


def _anchors(result: Result) -> dict[str, str]:
    """Return what a link to a finding leads to: itself, or where it stands among its like."""
    made: dict[str, str] = {}
    for group in alike(result.findings):
        told = SHOWN if len(group.findings) > ALONE and not group.apart else len(group.findings)
        for number, finding in enumerate(group.findings):
            own = number < told
            made[finding.fingerprint] = f"f-{finding.fingerprint}" if own else _kind(finding)
    return made


def _filters(result: Result) -> str:
    severities = [s.word for s in sorted({f.severity for f in result.findings}, reverse=True)]
    present = {f.link for f in result.findings}
    links = [str(link) for link in Link if link in present]

    def options(words: list[str]) -> str:
        return '<option value="">all</option>' + "".join(f"<option>{w}</option>" for w in words)

    return (
        '<div class="filters" id="filters" hidden>'
        f'<label>severity <select id="severity">{options(severities)}</select></label>'
        f'<label>link <select id="link">{options(links)}</select></label>'
        '<label>holds <input id="text" type="search"></label>'
        '<span id="shown" class="soft" role="status"></span></div>'
    )


def _finding(finding: Finding, digests: dict[str, str], *, opened: bool) -> str:
    head = (
        f'<details class="one" id="f-{finding.fingerprint}" '
        f'data-severity="{finding.severity.word}" data-link="{finding.link}"><summary>'
        f"{_word(finding)} {_text(finding.message)}"
        f'<span class="where"><code>{_where(finding)}</code> '
        f"{finding.check}</span></summary>"
    )
    return f"{head}<div>{_detail(finding, digests) if opened else ''}</div></details>"


def _word(finding: Finding) -> str:
    word = "error" if finding.verdict is Verdict.ERROR else finding.severity.word
    return f'<span class="word {finding.severity.word}">{word}</span>'


def _about(finding: Finding) -> str:
    """Return why a check asks, and what to do."""
    check = plugs.load(Check, finding.check)
    why = (inspect.getdoc(sys.modules[check.run.__module__]) or "").partition("\n\n")[2]
    first = why.partition("\n\n")[0]
    return f"<p>{_text(' '.join(first.split()))}</p><p><strong>Fix:</strong> {_text(check.fix)}</p>"


def _detail(finding: Finding, digests: dict[str, str]) -> str:
    check = plugs.load(Check, finding.check)
    path = finding.location.path if finding.location else ""
    digest = f"<p>Evidence: <code>{digests[path]}</code></p>" if path in digests else ""
    about = f"<p>About: {_text(', '.join(finding.about))}</p>" if finding.about else ""
    if finding.why:
        about += f"<p>{_text(finding.why[0].upper() + finding.why[1:])}.</p>"
    return (
        f"{_about(finding)}"
        f"{_diff((finding.change,)) if finding.change else ''}{about}{digest}"
        f'<p class="soft">Serves: {_text(", ".join(check.controls))}. Fingerprint '
        f"<code>{finding.fingerprint}</code>.</p>"
    )


def _waived(result: Result) -> Iterator[str]:
    if result.waived:
        yield (
            f'<h2 id="waived">Waived ({len(result.waived)})</h2><table><thead><tr>'
            '<th scope="col">finding</th><th scope="col">reason</th><th scope="col">owner</th>'
            '<th scope="col">until</th></tr></thead><tbody>'
        )
        for item in result.waived:
            cells = (item.finding.message, item.reason, item.owner, item.until)
            yield "<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in cells) + "</tr>"
        yield "</tbody></table>"
    yield from _aside(result)
    for note in result.notes:
        yield f"<p>{_text(note)}</p>"


def _aside(result: Result) -> Iterator[str]:
    if not result.set_aside:
        return
    heads = ("finding", "status", "reason", "who", "when", "document")
    yield (
        f'<h2 id="vex">Set aside by VEX ({len(result.set_aside)})</h2><table><thead><tr>'
        + "".join(f'<th scope="col">{head}</th>' for head in heads)
        + "</tr></thead><tbody>"
    )
    for item in result.set_aside:
        document = f"{item.document} {item.digest}"
        status = item.status.replace("_", " ")
        cells = (item.finding.message, status, item.reason, item.author, item.at[:10], document)
        yield "<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in cells) + "</tr>"
    yield "</tbody></table>"


def _evidence(result: Result) -> Iterator[str]:
    yield (
        '<h2 id="data">What this rests on</h2><table><thead><tr><th scope="col">source</th>'
        '<th scope="col">as of</th><th scope="col">digest</th></tr></thead><tbody>'
    )
    for data in result.data:
        yield (
            f"<tr><td>{_text(data.name)}</td><td>{_text(data.as_of)}</td>"
            f"<td><code>{_text(data.digest)}</code></td></tr>"
        )
    for target in result.targets:
        looked = f"{target.files:,} files, {target.bytes:,} bytes"
        yield f"<tr><td>{_text(target.name)}</td><td>{looked}</td><td></td></tr>"
    by = {
        s: sum(1 for f in result.findings if f.severity is s)
        for s in sorted(Severity, reverse=True)
    }
    words = ", ".join(f"{count} {severity.word}" for severity, count in by.items() if count)
    checked = sum(t.passed + t.failed for t in result.checks)
    yield f"</tbody></table><p>{checked:,} verdicts; {words or 'no findings'}.</p>"


def _where(finding: Finding) -> str:
    return _text(finding.subject if finding.location is None else finding.location.text)


def _text(text: str) -> str:
    return escape("".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text))


REPORT = Report(title="One self-contained HTML page", media_type="text/html", write=write)
