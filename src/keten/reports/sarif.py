"""SARIF 2.1.0, as GitHub and GitLab read it.

Source: OASIS SARIF 2.1.0 (sections in comments) and GitHub's list of supported properties.
Unknowns and problems are notifications of the invocation (3.20.21): they are no results, and
a viewer that drops them would otherwise show a clean run.
"""

import inspect
import sys
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from keten import plugs
from keten.model.check import Check
from keten.model.finding import Finding, Location, Severity, Verdict
from keten.model.plug import Report
from keten.model.result import Result, SetAside, Style, Unknown

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
ROOT = "%SRCROOT%"
MOST = 25_000
"""Results of a run; GitHub refuses a file with more in one."""

# 3.27.10 level, and the score that GitHub shows (over 9.0 critical, 7.0 high, 4.0 medium).
LEVELS = {
    Severity.CRITICAL: ("error", "9.5"),
    Severity.HIGH: ("error", "8.0"),
    Severity.MEDIUM: ("warning", "5.5"),
    Severity.LOW: ("note", "2.5"),
    Severity.INFO: ("note", "0.5"),
}


def write(result: Result, style: Style) -> Iterator[str]:
    """Yield the log, indented, with a line feed at its end."""
    del style
    yield msgspec.json.format(msgspec.json.encode(log(result)), indent=1).decode()
    yield "\n"


def log(result: Result) -> dict[str, Any]:
    """Return the SARIF log: one run, or several where one would hold too many results."""
    found = [
        *((f, "") for f in result.findings),
        *((w.finding, f"{w.reason} ({w.owner}, until {w.until})") for w in result.waived),
        *((s.finding, _said(s)) for s in result.set_aside),
    ]
    parts = [found[i : i + MOST] for i in range(0, len(found), MOST)] or [found]
    runs = [_run(result, part) for part in parts]
    for number, run in enumerate(runs, 1):
        if len(runs) > 1:  # 3.17.3; GitHub takes what stands before the last slash
            run["automationDetails"] = {"id": f"keten-{number}/"}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": runs}


def _run(result: Result, found: Sequence[tuple[Finding, str]]) -> dict[str, Any]:
    names = sorted({finding.check for finding, _ in found})
    index = {name: number for number, name in enumerate(names)}
    return {
        "tool": {"driver": _driver(names, result)},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of what was scanned."}}},
        "invocations": [_invocation(result)],
        "artifacts": [
            _artifact(item.origin.path, item.digest, item.size) for item in result.evidence
        ],
        "results": [_result(finding, answered, index) for finding, answered in found],
        "properties": {
            "now": result.now,
            "decision": result.decision.verdict,
            "data": [{"name": d.name, "asOf": d.as_of, "digest": d.digest} for d in result.data],
        },
    }


def _driver(names: Sequence[str], result: Result) -> dict[str, Any]:
    return {
        "name": "keten",
        "semanticVersion": result.keten,
        "rules": [_rule(name, plugs.load(Check, name)) for name in names],
    }


def _rule(name: str, check: Check) -> dict[str, Any]:
    doc = inspect.getdoc(sys.modules[check.run.__module__]) or ""
    why = " ".join(doc.partition("\n\n")[2].split())
    level, score = LEVELS[check.severity]
    markdown = (
        f"{why}\n\n**Fix**: {check.fix}\n\nBad:\n\n```\n{check.bad.text.strip()}\n```\n\n"
        f"Good:\n\n```\n{check.good.text.strip()}\n```\n"
    )
    return {
        "id": name,
        "name": "".join(word.capitalize() for word in name.replace("/", "-").split("-")),
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": f"{check.title}. {why}"[:1000]},
        "help": {"text": f"{why}\n\nFix: {check.fix}", "markdown": markdown},
        "defaultConfiguration": {"level": level},
        "properties": {
            "tags": ["security", *sorted(check.controls)][:20],
            "security-severity": score,
            "precision": "high",
        },
    }


def _said(item: SetAside) -> str:
    """Return in a line what a VEX statement says, who says so, when and where."""
    who = " ".join(filter(None, (item.author, item.at[:10])))
    where = f"{item.document} {item.digest}"
    return f"VEX: {item.status.replace('_', ' ')}: {item.reason} ({who}, {where})"


def _result(finding: Finding, answered: str, index: dict[str, int]) -> dict[str, Any]:
    """Return a finding; *answered* is what somebody says in answer to it, "" for nobody."""
    level, score = LEVELS[finding.severity]
    made: dict[str, Any] = {
        "ruleId": finding.check,
        "ruleIndex": index[finding.check],
        "level": level,
        "message": {"text": finding.message},
        "locations": [_location(finding.location, finding.subject)],
        "partialFingerprints": {"keten/v1": finding.fingerprint},
        "properties": {"security-severity": score, "link": finding.link},
    }
    if finding.verdict is Verdict.ERROR:
        made["properties"]["error"] = True
    if finding.times > 1:
        made["occurrenceCount"] = finding.times
    if finding.why:
        made["properties"]["why"] = finding.why
    if answered:  # 3.35: suppressed by a person's decision, kept outside the code
        made["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": answered}
        ]
    return made


def _location(where: Location | None, subject: str) -> dict[str, Any]:
    """Return a location; what has no file is placed at the root, as GitHub asks for one."""
    path = where.path if where else "."
    region = {"startLine": where.line if where and where.line else 1}
    if where and where.column:
        region["startColumn"] = where.column
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(path), "uriBaseId": ROOT},
            "region": region,
        },
        "logicalLocations": [{"fullyQualifiedName": subject}],
    }


def _artifact(path: str, digest: str, size: int) -> dict[str, Any]:
    return {
        "location": {"uri": quote(path), "uriBaseId": ROOT},
        "length": size,
        "hashes": {"sha-256": digest.removeprefix("sha256:")},
    }


def _invocation(result: Result) -> dict[str, Any]:
    return {
        "executionSuccessful": True,
        "exitCode": result.decision.exit,
        "exitCodeDescription": f"{result.decision.verdict}: {result.decision.reason}",
        "toolExecutionNotifications": [_notification(item) for item in result.unknown],
    }


def _notification(item: Unknown) -> dict[str, Any]:
    made: dict[str, Any] = {
        "level": "warning",
        "message": {"text": f"not known: {item.link}: {item.what}: {item.why}. {item.how}"},
    }
    if item.location:
        made["locations"] = [_location(item.location, item.what)]
    return made


REPORT = Report(
    title="SARIF 2.1.0, for GitHub, GitLab and editors",
    media_type="application/sarif+json",
    write=write,
)
