"""Reports over the example estate and over a made result with the odd corners."""

import json
import os
import re
import shutil
import xml.etree.ElementTree as ET
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from folder_scan import scan
from msgspec import structs

from keten import plugs
from keten.config import load
from keten.model.check import Check
from keten.model.evidence import Link
from keten.model.finding import Severity
from keten.model.plug import Report
from keten.model.result import AttackPath, LinkSummary, PathPoint, PathStep, Result, Style
from keten.reports.json import schema

ROOT = Path(__file__).parents[1]
PEERS = Path(os.environ.get("KETEN_PEERS", Path.home() / ".cache/keten-peers"))
SARIF = PEERS / "sarif-multitool/node_modules/@microsoft/sarif-multitool-linux/sarif-2.1.0.json"


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    at = tmp_path_factory.mktemp("estate") / "webshop"
    shutil.copytree(ROOT / "examples/webshop", at)
    (at / "broken.yaml").write_text("apiVersion: v1\nkind: Pod\nspec: [")
    text = '[[waiver]]\ncheck="access/*"\nreason="r"\nowner="o"\nuntil=2027-01-01\n'
    (at / "keten.toml").write_text(text)
    policy = load(None, at)
    return scan(at, policy, database=None, now=date(2026, 11, 22), progress=lambda *_: None)


def hostile(result: Result) -> Result:
    """Return a result whose words try to be markup and to steer a terminal."""
    word = "\x1b[2J<script>alert(1)</script> | `x` ]]> @everyone \u202e\x00 https://evil.example"
    first = structs.replace(result.findings[0], message=word)
    target = structs.replace(result.targets[0], name=word)
    return structs.replace(result, findings=(first, *result.findings[1:]), targets=(target,))


def written(name: str, result: Result, style: Style | None = None) -> str:
    return "".join(plugs.load(Report, name).write(result, style or Style()))


def test_json_is_as_published(result: Result) -> None:
    document = json.loads(written("json", result))

    jsonschema.validate(document, schema())
    assert document["waived"]
    assert [p["path"] for p in document["problems"] if p["path"] == "broken.yaml"]
    for finding in document["findings"]:
        assert finding["fingerprint"]
        assert finding["controls"]
        if finding["location"]:
            assert finding["evidence"][0]["digest"].startswith("sha256:")
            assert not Path(finding["location"]["path"]).is_absolute()


def test_fingerprints_are_each_one_of_a_kind(result: Result) -> None:
    prints = [f.fingerprint for f in result.findings]

    assert len(set(prints)) == len(prints)


@pytest.mark.skipif(not SARIF.exists(), reason="tools/peers sarif has not been run")
def test_sarif_is_valid(result: Result) -> None:
    official = json.loads(SARIF.read_text())

    for case in (result, hostile(result)):
        jsonschema.validate(json.loads(written("sarif", case)), official)


def test_sarif_has_what_github_reads(result: Result) -> None:
    (run,) = json.loads(written("sarif", result))["runs"]
    rules = run["tool"]["driver"]["rules"]

    for item in run["results"]:
        rule = rules[item["ruleIndex"]]
        assert rule["id"] == item["ruleId"]
        assert float(rule["properties"]["security-severity"]) > 0
        assert rule["help"]["markdown"]
        assert item["partialFingerprints"]["keten/v1"]
        region = item["locations"][0]["physicalLocation"]["region"]
        assert region["startLine"] >= 1
    assert [r for r in run["results"] if r.get("suppressions")], "the waived ones"
    assert run["invocations"][0]["toolExecutionNotifications"], "the unknown"


def test_junit_counts_unknown_as_error(result: Result) -> None:
    root = ET.fromstring(written("junit", result))

    assert int(root.get("failures", 0)) == len(root.findall(".//failure")) > 0
    assert int(root.get("errors", 0)) == len(root.findall(".//error")) > 0
    assert int(root.get("tests", 0)) == len(root.findall(".//testcase"))
    assert [e for e in root.findall(".//error") if "broken.yaml" not in (e.text or "")]


def test_junit_survives_what_xml_can_not_carry(result: Result) -> None:
    ET.fromstring(written("junit", hostile(result)))


class Page(HTMLParser):
    """Collects what a browser would load or run, and checks that tags close."""

    VOID = frozenset({"meta", "br", "input", "rect", "path", "link", "img", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.scripts = 0
        self.headers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        self.scripts += tag == "script"
        self.loads += [v or "" for k, v in attrs if k in {"src", "href"} and (v or "")[:1] != "#"]
        if tag == "th":
            self.headers.append(dict(attrs).get("scope") or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag, attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_is_whole_and_loads_nothing(result: Result) -> None:
    for case in (result, hostile(result)):
        page = Page()
        page.feed(written("html", case))

        assert page.open == []
        assert page.loads == []
        assert page.scripts == 1
        assert all(page.headers)


def test_html_of_a_thousand_findings_is_light(result: Result) -> None:
    many = tuple(
        structs.replace(result.findings[i % len(result.findings)], fingerprint=f"{i:020x}")
        for i in range(1000)
    )

    assert len(written("html", structs.replace(result, findings=many)).encode()) < 1 << 20


def test_markdown_fits_a_comment_and_mentions_nobody(result: Result) -> None:
    first = hostile(result).findings[0]
    kinds = tuple(structs.replace(first, check=f"made/up-{number}") for number in range(3000))
    text = written("markdown", structs.replace(hostile(result), findings=kinds))

    assert len(text) < 65_536
    assert "@everyone" not in text
    assert "<script" not in text
    assert re.search(r"\d+ more findings", text)


def many_alike(result: Result) -> Result:
    """Return a result of 30,000 findings of three checks."""
    found = sorted(result.findings, key=lambda f: f.check)
    names = sorted({f.check for f in found})[:3]
    firsts = [next(f for f in found if f.check == name) for name in names]
    many = tuple(
        structs.replace(first, fingerprint=f"{i:04x}{number:016x}", subject=f"workload {number}")
        for i, first in enumerate(firsts)
        for number in range(10_000)
    )
    action = structs.replace(result.actions[0], findings=tuple(f.fingerprint for f in many[9_990:]))
    return structs.replace(result, findings=many, actions=(action,))


def test_many_alike_are_told_together_and_none_is_lost(result: Result) -> None:
    many = many_alike(result)
    checks = sorted({f.check for f in many.findings})

    told = written("terminal", many)
    assert told.count("and 9,999 more like it") == len(checks)
    assert len(told.splitlines()) < 80
    assert written("markdown", many).count("(and 9,999 more like it)") == len(checks)

    page = written("html", many)
    assert len(page.encode()) < 3 << 20
    assert page.count("9,800 more are in the JSON report") == len(checks)
    anchors = set(re.findall(r'href="#([^"]+)"', page))
    assert anchors <= set(re.findall(r'id="([^"]+)"', page)), "each link leads somewhere"

    document = json.loads(written("json", many))
    assert len(document["findings"]) == len(many.findings)
    assert [(g["check"], g["findings"], g["subjects"]) for g in document["alike"]] == [
        (check, 10_000, 10_000) for check in checks
    ]

    runs = json.loads(written("sarif", many))["runs"]
    results = [item for run in runs for item in run["results"]]
    assert max(len(run["results"]) for run in runs) <= 25_000
    assert len({run["automationDetails"]["id"] for run in runs}) == len(runs) > 1
    assert {item["partialFingerprints"]["keten/v1"] for item in results} == {
        f.fingerprint for f in many.findings
    } | {w.finding.fingerprint for w in many.waived}
    for run in runs:
        rules = run["tool"]["driver"]["rules"]
        assert {rules[item["ruleIndex"]]["id"] == item["ruleId"] for item in run["results"]} == {
            True
        }


def test_what_is_known_of_packages_is_told_one_by_one(result: Result) -> None:
    """A vulnerability is not like another: nobody is told of one for all."""
    first = result.findings[0]
    many = tuple(
        structs.replace(
            first, subject=f"package a#pkg:pypi/p{n}", message=f"CVE {n}.", fingerprint=f"{n:020x}"
        )
        for n in range(300)
    )
    case = structs.replace(result, findings=many, actions=())

    assert "like it" not in written("terminal", case)
    assert "290 findings more of 1 kind" in written("terminal", case)
    for name in ("markdown", "html", "json", "sarif"):
        text = written(name, case)
        assert "like it" not in text
        assert not [n for n in range(300) if f"CVE {n}." not in text], name


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("everything", [False, True])
def test_terminal_fits_its_width(result: Result, width: int, *, everything: bool) -> None:
    style = Style(width=width, everything=everything)

    for line in written("terminal", result, style).splitlines():
        assert len(line) <= width or line.startswith("More: "), line


def test_terminal_is_not_steered(result: Result) -> None:
    text = written("terminal", hostile(result), Style(everything=True))

    assert "\x1b" not in text
    assert "\u202e" not in text


def test_terminal_without_colour_says_all_that_colour_says(result: Result) -> None:
    plain = written("terminal", result, Style())
    painted = written("terminal", result, Style(color=True))

    assert re.sub(r"\x1b\[[\d;]*m", "", painted) == plain
    assert painted != plain


def test_terminal_in_ascii(result: Result) -> None:
    assert written("terminal", hostile(result), Style(ascii=True, everything=True)).isascii()


def test_every_check_that_found_something_is_in_every_report(result: Result) -> None:
    found = {f.check for f in result.findings}
    assert found <= set(plugs.names(Check))

    for name in ("json", "sarif", "markdown", "html", "junit"):
        text = written(name, result)
        assert not [check for check in found if check not in text], name


def _way(*steps: PathStep, effort: int) -> AttackPath:
    points = (PathPoint("internet", "the Internet"), PathPoint("reach", "requests to a/web"))
    return AttackPath((*points, PathPoint("code", "code in a/web")), steps, effort)


def test_a_path_is_told_only_where_all_but_its_faults_is_known(result: Result) -> None:
    step, fault = PathStep("reaches"), PathStep("a fault", assumed=True)
    unsure = _way(PathStep("reaches", sure=False), fault, effort=1)
    known = _way(step, fault, effort=5)
    other = structs.replace(result, paths=(unsure,))
    both = structs.replace(result, paths=(unsure, _way(step, fault, effort=9), known))

    assert other.worth_cutting is None
    assert "A path worth cutting" not in written("terminal", other)
    assert both.worth_cutting == known
    said = written("terminal", both, Style(command="keten scan a b"))
    assert "      the Internet → a/web\n" in said
    assert "2 steps, if 1 fault nobody knows of yet can be used; keten paths a b --cut\n" in said
    assert "the Internet → a/web\n" in written("markdown", both)


def test_a_link_of_which_all_that_failed_is_advice_does_not_say_fail(result: Result) -> None:
    """What is not known is still said first."""
    made = {
        (3, 1, 0): ("FAIL 2", "fail"),
        (3, 3, 0): ("info 3", "none"),
        (3, 3, 7): ("? 7", "unknown"),
        (3, 0, 7): ("FAIL 3", "fail"),
    }
    for (failed, advice, unknown), told in made.items():
        link = LinkSummary(Link.ACCESS, "fail", failed, unknown, 1, advice=advice)
        assert (link.cell(), link.tone) == told
    for summary in result.links:
        mine = [f for f in result.findings if f.link is summary.name]
        assert summary.advice == sum(f.times for f in mine if f.severity is Severity.INFO)
