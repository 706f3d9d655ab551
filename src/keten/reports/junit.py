"""JUnit XML: a test suite per link, a test case per check; unknown is an error, not a pass."""

from collections import defaultdict
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from keten.model.evidence import Link
from keten.model.finding import Finding, Verdict
from keten.model.plug import Report
from keten.model.result import Result, Style, Tally, Unknown

_ALLOWED = {"\t", "\n", "\r"}


def write(result: Result, style: Style) -> Iterator[str]:
    """Yield the document; all of what one check found is one failure's text."""
    del style
    found: dict[str, list[Finding]] = defaultdict(list)
    for finding in result.findings:
        found[finding.check].append(finding)
    suites = [_suite(link, result, found) for link in Link]
    tests = sum(suite[0] for suite in suites)
    failures = sum(suite[1] for suite in suites)
    errors = sum(suite[2] for suite in suites)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<testsuites name="keten" tests="{tests}" failures="{failures}" errors="{errors}">\n'
    for *_, lines in suites:
        yield from lines
    yield "</testsuites>\n"


def _suite(
    link: Link, result: Result, found: dict[str, list[Finding]]
) -> tuple[int, int, int, list[str]]:
    tallies = [t for t in result.checks if t.check.partition("/")[0] == link]
    unknown: dict[str, list[Unknown]] = defaultdict(list)
    unread = []
    for item in result.unknown:
        if item.link is link and not item.checks:
            unread.append(item)
        for check in item.checks:
            unknown[check].append(item)
    cases = [_case(link, tally, found[tally.check], unknown[tally.check]) for tally in tallies]
    cases += [_unread(link, item) for item in unread]
    failures = sum(kind == "failure" for kind, _ in cases)
    errors = sum(kind == "error" for kind, _ in cases)
    head = (
        f'  <testsuite name={quoteattr(str(link))} tests="{len(cases)}" '
        f'failures="{failures}" errors="{errors}">\n'
    )
    lines = [head, _properties(result), *(text for _, text in cases), "  </testsuite>\n"]
    lines = lines if cases else []
    return len(cases), failures, errors, lines


def _properties(result: Result) -> str:
    as_of = result.as_of if result.data else "none"
    rows = (("now", result.now), ("advisories as of", as_of), ("policy", result.policy))
    inner = "".join(f"<property name={_attribute(n)} value={_attribute(v)}/>" for n, v in rows)
    return f"    <properties>{inner}</properties>\n"


def _case(
    link: Link, tally: Tally, found: list[Finding], unknown: list[Unknown]
) -> tuple[str, str]:
    head = f"    <testcase classname={_attribute(str(link))} name={_attribute(tally.check)}"
    failed = [f for f in found if f.verdict is Verdict.FAIL]
    broken = [f for f in found if f.verdict is Verdict.ERROR]
    if failed:
        text = "\n".join(f"{f.severity.word}: {_where(f)}: {f.message}" for f in failed)
        message = f"{len(failed)} found"
        return "failure", _body(head, "failure", message, text)
    if broken or unknown:
        text = "\n".join(
            [f"{f.subject}: {f.message}" for f in broken] + [f"{u.what}: {u.why}" for u in unknown]
        )
        return "error", _body(head, "error", "not known", text)
    return "pass", f"{head}/>\n"


def _unread(link: Link, item: Unknown) -> tuple[str, str]:
    head = f"    <testcase classname={_attribute(str(link))} name={_attribute(item.what)}"
    return "error", _body(head, "error", "not known", f"{item.why}. {item.how}")


def _body(head: str, kind: str, message: str, text: str) -> str:
    return (
        f"{head}>\n      <{kind} message={_attribute(message)}>{escape(_clean(text))}</{kind}>\n"
        "    </testcase>\n"
    )


def _where(finding: Finding) -> str:
    return finding.subject if finding.location is None else finding.location.text


def _attribute(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    """Return *text* without what XML 1.0 can not carry (section 2.2)."""
    return "".join(c if c.isprintable() or c in _ALLOWED else f"\\x{ord(c):02x}" for c in text)


REPORT = Report(
    title="JUnit XML, for CI systems that show tests", media_type="application/xml", write=write
)
