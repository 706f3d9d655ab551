"""Why a vulnerability weighs what it weighs: rated, exploited, likely, fixed, linked, exposed."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from advisory_data import database, folder, record, span

from keten.advisories import imports
from keten.advisories.cluster import Cluster, Hit
from keten.advisories.database import Database
from keten.advisories.records import Rating, Row
from keten.derive import priority, vulnerabilities
from keten.derive.priority import Known, Reach, weigh
from keten.model.delivery import Advisory, Image, Package
from keten.model.facts import Edge, Facts, Trust
from keten.model.finding import Severity
from keten.model.image import Content, Symbols

NOW = date(2026, 11, 22)
PATH = "usr/bin/serve"
NET = "golang.org/x/net"


def go(path: str = PATH) -> Package:
    return Package(f"{path}#pkg:golang/{NET}@v0.17.0", ecosystem="Go", name=NET, version="v0.17.0",
                   purl=f"pkg:golang/{NET}@v0.17.0", path=path, installed=True)  # fmt: skip


def http2(*listed: dict[str, Any]) -> dict[str, Any]:
    score = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}]
    specific: dict[str, Any] = {"imports": list(listed)} if listed else {}
    return record("GO-2024-1", NET, *span("0.23.0"), ecosystem="Go", severity=score,
                  aliases=["CVE-2024-1"], affected={"ecosystem_specific": specific})  # fmt: skip


FRAMES = {"path": f"{NET}/http2", "symbols": ["Framer.ReadFrame", "NewFramer"]}


def advisory(at: Path, *nodes: Any, made: dict[str, Any]) -> Advisory:
    with database(at, made, complete=("Go",)) as opened:
        facts = vulnerabilities.derive(Facts(nodes), opened, NOW, max_age_days=9999)
    (found,) = (node for node in facts.nodes if isinstance(node, Advisory))
    return found


def linked(functions: dict[str, str], *, complete: bool = True) -> Symbols:
    return Symbols(PATH, ecosystem="Go", functions=functions, complete=complete)


def test_a_linked_function_is_named(tmp_path: Path) -> None:
    node = linked({f"{NET}/http2": "Framer.ReadFrame Other"})
    found = advisory(tmp_path, go(), node, made=http2(FRAMES))

    assert found.reached == (f"{NET}/http2.Framer.ReadFrame",)
    assert found.severity is Severity.HIGH
    assert any(reason.startswith("linked into the program") for reason in found.reasons)
    assert found.id.endswith(f" in {PATH}")
    assert found.vulnerability == "CVE-2024-1"


def test_what_is_not_linked_is_lowered_and_says_so(tmp_path: Path) -> None:
    found = advisory(tmp_path, go(), linked({f"{NET}/html": "Parse"}), made=http2(FRAMES))

    assert found.severity is Severity.LOW
    assert found.eased == "no affected function is linked into the program"
    assert found.reasons[-1] == f"lowered: {found.eased}"


@pytest.mark.parametrize(
    ("node", "made"),
    [
        (linked({f"{NET}/html": "Parse"}, complete=False), http2(FRAMES)),
        (linked({f"{NET}/html": "Parse"}), http2()),
        (Symbols("usr/bin/other", functions={}, complete=True), http2(FRAMES)),
    ],
    ids=["table not whole", "advisory names no functions", "another program"],
)
def test_what_is_not_known_stays(tmp_path: Path, node: Symbols, made: dict[str, Any]) -> None:
    found = advisory(tmp_path, go(), node, made=made)

    assert found.severity is Severity.HIGH
    assert not found.eased
    assert not found.reached


def test_a_package_without_functions_counts_where_it_is_linked(tmp_path: Path) -> None:
    whole = {"path": f"{NET}/http2"}

    found = advisory(tmp_path / "a", go(), linked({f"{NET}/http2": "X"}), made=http2(whole))
    assert found.reached == (f"{NET}/http2",)
    found = advisory(tmp_path / "b", go(), linked({}), made=http2(whole))
    assert found.severity is Severity.LOW


def test_two_programs_are_told_apart(tmp_path: Path) -> None:
    other = "usr/bin/other"
    nodes = (go(), go(other), linked({f"{NET}/http2": "NewFramer"}),
             Symbols(other, functions={}, complete=True))  # fmt: skip
    with database(tmp_path, http2(FRAMES), complete=("Go",)) as opened:
        facts = vulnerabilities.derive(Facts(nodes), opened, NOW, max_age_days=9999)

    found = {node.ref: node for node in facts.nodes if isinstance(node, Advisory)}
    weighs = {e.src: found[e.dst].severity for e in facts.edges}
    assert weighs == {go().ref: Severity.HIGH, go(other).ref: Severity.LOW}


def cluster(rating: Rating = Rating(3, 75, "CVSS:3.1/AV:N"), urgency: str = "") -> Cluster:  # noqa: B008 frozen
    return Cluster("CVE-1", (Hit(Row("GHSA-1"), rating, urgency=urgency),), ("CVE-1",))


@pytest.mark.parametrize(
    ("known", "reasons"),
    [
        (Known(cluster=cluster()), ("severity high (CVSS 3.1 7.5 of GHSA-1)", "no fix known")),
        (
            Known(cluster=cluster(Rating(2, 50, "AV:N/AC:L/Au:N/C:P/I:N/A:N")), fix="2"),
            ("severity medium (CVSS 2 5.0 of GHSA-1)", "fix at hand"),
        ),
        (
            Known(cluster=cluster(Rating(1)), fix="2", paid="Ubuntu Pro"),
            ("severity low (in a word of GHSA-1)", "fix only for Ubuntu Pro"),
        ),
        (
            Known(cluster=cluster(Rating()), exploited="2024-01-01", epss=0.945),
            (
                "severity not known, counted as medium",
                "known to be exploited since 2024-01-01 (CISA KEV)",
                "likely to be exploited within 30 days (EPSS 94.5 %)",
                "no fix known",
            ),
        ),
        (
            Known(cluster=cluster(urgency="end-of-life"), epss=0.0004, exposed="route web"),
            (
                "severity high (CVSS 3.1 7.5 of GHSA-1)",
                "not likely to be exploited within 30 days (EPSS 0.04 %)",
                "no fix: the release no longer gets any for it",
                "exposed by route web",
            ),
        ),
    ],
)
def test_reasons(known: Known, reasons: tuple[str, ...]) -> None:
    assert weigh(known).reasons == reasons


def test_malice_is_never_lowered() -> None:
    known = Known(cluster=cluster(), malicious=True, headers=True, reach=Reach(absent=True))

    assert weigh(known).severity is Severity.CRITICAL
    assert not weigh(known).eased


def test_what_exposes_the_image_is_named() -> None:
    image = Image("shop", content=Content())
    edges = (
        Edge("workload w", "runs", image.ref, Trust.OBSERVED),
        Edge("service s", "selects", "workload w", Trust.OBSERVED),
        Edge("route r", "exposes", "service s", Trust.OBSERVED),
    )

    assert priority.exposure(Facts((image,), edges=edges)) == "route r"
    assert not priority.exposure(Facts((image,), edges=edges[:2]))
    assert not priority.exposure(Facts((Image("shop"),), edges=edges))


def test_imports_survive_the_database(tmp_path: Path) -> None:
    source = folder(tmp_path / "r", http2({**FRAMES, "goos": ["windows"]}, {"path": 7}, {"x": 1}))
    imports.run([source], tmp_path / "a.db", imports.Claim(complete=("Go",)))
    with Database(tmp_path / "a.db") as opened:
        (entry,) = opened.entries("Go", NET)

    assert entry.imports == (
        (f"{NET}/http2", ("Framer.ReadFrame", "NewFramer"), ("windows",)),
    )  # fmt: skip
