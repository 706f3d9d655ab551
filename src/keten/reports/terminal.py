"""The terminal: where the chain breaks, what to do first, what is not known, how sure."""

from collections.abc import Iterator, Sequence
from textwrap import shorten, wrap

from keten.model.alike import Alike, alike
from keten.model.evidence import Link
from keten.model.finding import Change, Finding, Severity, Verdict
from keten.model.plug import Report
from keten.model.result import Action, Result, Style, Unknown

FIRST = 5
"""Actions and unknowns that are shown before "and n more"."""
CHANGES = 3
"""Changes of an action that are shown."""
SOME = 10
"""Kinds of findings shown without ``--show all``."""
ALONE = 2
"""How many findings of one check and severity are shown one by one."""

_IMAGES = ("image", "rootfs")
SHORT = {Link.DEPENDENCIES: "deps", Link.DEPLOYMENT: "deploy"}
COLORS = {
    "fail": "31;1", "unknown": "33", "pass": "32", "known": "2", "none": "2",
    "critical": "35;1", "high": "31;1",
    "medium": "33", "low": "36", "info": "2", "title": "1", "dim": "2",
}  # fmt: skip


class _Pen:
    """Writes words in colour or plain, and signs in Unicode or ASCII."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.dot, self.arrow, self.dash = ("-", "->", "--") if style.ascii else ("·", "→", "─")

    def paint(self, text: str, name: str) -> str:
        if not self.style.color or name not in COLORS:
            return self.clean(text)
        return f"\x1b[{COLORS[name]}m{self.clean(text)}\x1b[0m"

    def clean(self, text: str) -> str:
        """Return *text* without control characters: a file's name must not steer a terminal."""
        safe = "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)
        return safe.encode("ascii", "backslashreplace").decode() if self.style.ascii else safe

    def fit(self, text: str, width: int) -> str:
        return shorten(self.clean(text), max(width, 8), placeholder=" ...")

    def cut(self, text: str, width: int) -> str:
        text = self.clean(text)
        return text if len(text) <= width else "..." + text[len(text) - width + 3 :]


def write(result: Result, style: Style) -> Iterator[str]:
    """Yield the report's lines."""
    pen = _Pen(style)
    for part in (_head, _chain, _actions, _path, _unknown, _findings, _aside, _notes, _decision):
        lines = list(part(result, pen))
        if lines:
            yield "\n".join(lines) + "\n\n" if part is not _decision else "\n".join(lines) + "\n"


def _head(result: Result, pen: _Pen) -> Iterator[str]:
    names, size = [], 0
    for target in result.targets:
        name = pen.paint(target.name, "title")
        size += len(target.name) + 2
        if target.commit:
            state = {None: "", 0: ", clean"}.get(target.modified, f", {target.modified} modified")
            name += f" at {target.commit[:7]} ({pen.clean(target.branch or 'detached')}{state})"
        names.append(name)
    data = f"advisories as of {result.as_of}" if result.data else "no advisories"
    if result.bundle and result.bundle.version:
        digest = result.bundle.digest.partition(":")[2][:8]
        data += f", bundle {result.bundle.version} ({digest})"
    policy = "default policy" if result.policy == "default" else f"policy {result.policy}"
    between = f" {pen.dot} "
    if size + len(data) + len(policy) + 2 * len(between) <= pen.style.width + 2:
        yield between.join([", ".join(names), data, policy])
    else:
        yield ", ".join(names)
        yield f"  {data}{between}{policy}"


def _chain(result: Result, pen: _Pen) -> Iterator[str]:
    cells = [(SHORT.get(s.name, str(s.name)), s.cell(), s.tone) for s in result.links]
    for row, gap in _rows(cells, pen.style.width):
        widths = [max(len(name), len(cell)) for name, cell, _ in row]
        names = gap.join(name.ljust(w) for (name, _, _), w in zip(row, widths, strict=True))
        yield gap + pen.paint(names.rstrip(), "dim")
        yield (
            gap
            + gap.join(
                pen.paint(cell, verdict) + " " * (w - len(cell))
                for (_, cell, verdict), w in zip(row, widths, strict=True)
            ).rstrip()
        )


_Cells = list[tuple[str, str, str]]


def _rows(cells: _Cells, width: int) -> Iterator[tuple[_Cells, str]]:
    """Yield the strip as one row where it fits, else as two halves, each with its gap."""
    words = sum(max(len(name), len(cell)) for name, cell, _ in cells)
    for gap in ("  ", " "):
        if words + len(cells) * len(gap) <= width:
            yield cells, gap
            return
    half = len(cells) // 2
    yield cells[:half], "  "
    yield cells[half:], "  "


def _actions(result: Result, pen: _Pen) -> Iterator[str]:
    if not result.actions:
        return
    shown = result.actions[:FIRST]
    head = "Do first"
    yield pen.paint(head, "title") + "removes".rjust(pen.style.width - len(head))
    for number, action in enumerate(shown, 1):
        yield from _action(number, action, pen)
    rest = result.actions[FIRST:]
    if rest:
        count = sum(len(action.findings) for action in rest)
        yield f"    and {_many(len(rest), 'action')} more, for {_many(count, 'finding')}"


def _action(number: int, action: Action, pen: _Pen) -> Iterator[str]:
    width = pen.style.width
    removes = action.why
    first, *more = wrap(pen.clean(action.title), width - 4 - len(removes) - 2) or [""]
    yield f"{number:>2}  {first}{removes.rjust(width - 4 - len(first))}"
    for line in more:
        yield f"    {line}"
    if action.location:
        where = action.location
        yield pen.paint("      " + pen.cut(where.text, width - 6), "dim")
    told = dict.fromkeys(_change(change, pen) for change in action.changes)
    told.pop("", None)
    for text in list(told)[:CHANGES]:
        yield "      " + pen.fit(text, width - 6)
    if len(told) > CHANGES:
        yield f"      and {len(told) - CHANGES} more changes"


def _change(change: Change, pen: _Pen) -> str:
    """Return a change as one would read it; the same at many places reads the same."""
    before, after = change.lines()
    if not before:
        return f"+ {after}" if after else ""
    return f"{before} {pen.arrow} {change.after or '(remove)'}"


def _path(result: Result, pen: _Pen) -> Iterator[str]:
    path = result.worth_cutting
    if path is None:
        return
    yield pen.paint("A path worth cutting", "title")
    way = pen.clean(f" {pen.arrow} ".join(path.places))
    for line in wrap(way, pen.style.width - 6, break_on_hyphens=False):
        yield "      " + line
    told = _many(len(path.steps), "step")
    if path.faults:
        told += f", if {_many(path.faults, 'fault')} nobody knows of yet can be used"
    target = pen.style.command.partition(" scan ")[2] or "."
    hint = f"keten paths {target} --cut"
    fits = len(told) + 2 + len(hint) <= pen.style.width - 6
    for line in [f"{told}; {hint}"] if fits else [told, hint]:
        yield "      " + pen.paint(line, "dim")


def _unknown(result: Result, pen: _Pen) -> Iterator[str]:
    if not result.unknown:
        return
    yield pen.paint("Not known (and therefore not passed)", "title")
    shown = result.unknown if pen.style.everything else result.unknown[:FIRST]
    for item in shown:
        yield from _one_unknown(item, pen)
    rest = len(result.unknown) - len(shown)
    if rest:
        yield f"    and {_many(rest, 'cause')} more: --show all"


def _one_unknown(item: Unknown, pen: _Pen) -> Iterator[str]:
    name = SHORT.get(item.link, str(item.link))
    where = item.location.text if item.location else item.what
    if item.count > 1:
        where = f"{where} and {item.count - 1} more"
    indent = 14
    yield f"    {pen.paint(name.ljust(9), 'unknown')} {pen.cut(where, pen.style.width - indent)}"
    for text in (item.why, item.how):
        for line in wrap(pen.clean(text), pen.style.width - indent):
            yield " " * indent + line


def _findings(result: Result, pen: _Pen) -> Iterator[str]:
    found = result.findings
    if not found:
        return
    if pen.style.everything:
        yield pen.paint("Findings", "title")
        for finding in found:
            yield from _finding(finding, pen)
        return
    groups = alike(found)
    serious = [group for group in groups if group.first.severity > Severity.INFO]
    entries = [entry for group in serious for entry in _entries(group)]
    shown = entries[:SOME]
    if shown:
        folded = any(more for _, more, _ in shown)
        yield pen.paint("Findings, one of each kind" if folded else "Findings", "title")
    for finding, more, _ in shown:
        yield from _finding(finding, pen)
        if more:
            yield " " * 10 + pen.paint(f"and {more}", "dim")
    rest = sum(count for *_, count in entries[SOME:])
    if rest:
        kinds = {(finding.check, finding.severity) for finding, *_ in entries[SOME:]}
        yield f"    and {_many(rest, 'finding')} more of {_many(len(kinds), 'kind')}: --show all"
    yield from _advice([group for group in groups if group not in serious], pen)


def _entries(group: Alike) -> Iterator[tuple[Finding, str, int]]:
    """Yield findings to show, what of their like is not shown, and how many that is in all."""
    if group.apart or len(group.findings) <= ALONE:
        for finding in group.findings:
            yield finding, "", finding.times
    else:
        yield group.first, group.rest, group.count


def _advice(groups: Sequence[Alike], pen: _Pen) -> Iterator[str]:
    """Yield a line for each check that advises: what is INFO fails nothing."""
    if not groups:
        return
    yield pen.paint("Advice (info), by check", "title")
    groups = sorted(groups, key=lambda group: (-group.count, group.first.check))
    shown = groups[:SOME]
    width = max(len(f"{group.count:,}") for group in shown)
    for group in shown:
        where = f", in {group.files:,} files" if group.files > 1 else ""
        text = f"{group.count:,}".rjust(width) + f"  {group.first.check}{where}"
        yield "    " + pen.cut(text, pen.style.width - 4)
    rest = groups[len(shown) :]
    if rest:
        count = sum(group.count for group in rest)
        yield f"    and {_many(count, 'finding')} more of {_many(len(rest), 'check')}"


def _finding(finding: Finding, pen: _Pen) -> Iterator[str]:
    width, indent = pen.style.width, 10
    word = "ERROR" if finding.verdict is Verdict.ERROR else finding.severity.word
    lines = wrap(pen.clean(finding.message), width - indent) or [""]
    yield f"{pen.paint(word.ljust(8), finding.severity.word)}  {lines[0]}"
    for line in lines[1:]:
        yield " " * indent + line
    for line in wrap(pen.clean(finding.why), width - indent):
        yield " " * indent + pen.paint(line, "dim")
    where = finding.location.text if finding.location else finding.subject
    tail = [finding.check]
    if len(where) + 2 + len(finding.check) <= width - indent:
        tail = [f"{where}  {finding.check}"]
    else:
        tail.insert(0, pen.cut(where, width - indent))
    for line in tail:
        yield " " * indent + pen.paint(line, "dim")


def _aside(result: Result, pen: _Pen) -> Iterator[str]:
    if not result.set_aside:
        return
    yield pen.paint("Set aside by VEX", "title")
    shown = result.set_aside if pen.style.everything else result.set_aside[:FIRST]
    for item in shown:
        finding = item.finding
        package = finding.subject.rpartition("#")[2].partition("?")[0]
        yield f"    {pen.cut(f'{finding.key or finding.message}: {package}', pen.style.width - 4)}"
        who = " ".join(filter(None, (item.author, item.at[:10])))
        text = f"{item.status.replace('_', ' ')}: {item.reason} ({who}, {item.document})"
        for line in wrap(pen.clean(text), pen.style.width - 14):
            yield " " * 14 + line
    rest = len(result.set_aside) - len(shown)
    if rest:
        yield f"    and {rest} more: --show all"


def _notes(result: Result, pen: _Pen) -> Iterator[str]:
    for note in result.notes:
        yield from wrap(pen.clean(f"Note: {note}"), pen.style.width, subsequent_indent="  ")
    for target in result.targets:
        if target.passed_over:
            names = ", ".join(path for path, _ in target.passed_over[:4])
            more = len(target.passed_over) - 4
            tail = f" and {more} more" if more > 0 else ""
            why = "Not looked into (filled by tools or excluded)"
            if target.kind in _IMAGES:
                why = f"Of the {target.kind} not searched for secrets"
            yield from wrap(
                pen.clean(f"{why}: {names}{tail}"),
                pen.style.width, subsequent_indent="  ",
            )  # fmt: skip


def _decision(result: Result, pen: _Pen) -> Iterator[str]:
    by = []
    for severity in sorted(Severity, reverse=True):
        count = sum(f.times for f in result.findings if f.severity is severity)
        if count:
            by.append(f"{count} {severity.word}")
    text = _many(sum(f.times for f in result.findings), "finding") + (
        f" ({', '.join(by)})" if by else ""
    )
    if result.waived:
        text += f", {len(result.waived)} waived until {min(w.until for w in result.waived)}"
    if result.set_aside:
        text += f", {len(result.set_aside)} set aside by VEX"
    if result.unknown:
        text += f", {_many(len(result.unknown), 'thing')} not known"
    yield from wrap(text, pen.style.width)
    decision = result.decision
    word = {"denied": "fail", "unknown": "unknown", "allowed": "pass"}[decision.verdict]
    verdict = pen.paint(decision.verdict.upper(), word)
    yield f'{verdict} by gate "{decision.gate}": {decision.reason}.'
    if result.findings:
        hint, other = f"More: {pen.style.command} --show all", "keten explain CHECK or FINGERPRINT"
        if len(hint) + 2 + len(other) <= pen.style.width:
            hint, other = f"{hint}; {other}", ""
        yield pen.paint(hint, "dim")
        if other:
            yield pen.paint(f"      {other}", "dim")


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


REPORT = Report(title="Text for a terminal", media_type="text/plain", write=write)
