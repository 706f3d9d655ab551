"""Collections of a cluster compared: what one right less may change of a result, and what not."""

from datetime import date
from pathlib import Path

from keten import config, plugs
from keten.collectors import cluster
from keten.formats.kubernetes import snapshot
from keten.formats.kubernetes.listed import Row
from keten.graph.store import Graph, merge
from keten.model.check import Check
from keten.model.finding import Finding
from keten.model.result import Result
from keten.pipeline import flow
from keten.pipeline.clusters import scanning

NOW = date(2026, 11, 23)
POLICY = config.Policy(config.Config(), "default", "", Path())
TAKEN = "2026-11-23T00:00:00Z"
_BELOW = {"deployments": "ReplicaSet", "replicasets": "Pod", "cronjobs": "Job"}


def take(file: str, folder: Path, target: str = "k8s://", **more: object) -> snapshot.Manifest:
    """Take a snapshot of *target* by the kubeconfig *file*."""
    folder.mkdir(exist_ok=True)
    options = cluster.Options(TAKEN, file, **more)  # type: ignore[arg-type]
    return cluster.take(cluster.account_of(target, file), folder, options)


def read(folder: Path) -> tuple[flow.Scanned, Result]:
    """Scan a snapshot."""
    scanned = scanning.collect_snapshot(folder, POLICY, now=NOW, progress=lambda *_: None)
    result = flow.judge(scanned, POLICY, database=None, now=NOW, progress=lambda *_: None)
    return scanned, result


def honest(full: Result, scanned: flow.Scanned, result: Result, *rows: Row) -> None:
    """Refuse a *result* in which the lack of *rows* made a FAIL of *full* a PASS, or a new one."""
    more = flow.derived(scanned, POLICY, database=None, now=NOW)
    facts = merge([scanned.facts, *more])
    view = Graph(facts, NOW)
    nodes = {node.ref: node for node in facts.nodes}
    still = {(f.check, f.subject, f.fingerprint) for f in result.findings}
    unknown = {item.link for item in result.unknown}
    for finding in full.findings:
        if (finding.check, finding.subject, finding.fingerprint) in still:
            continue
        node = nodes.get(finding.subject)
        if node is not None:  # it is there, and not judged
            check = plugs.load(Check, finding.check)
            judged = check.applies is None or check.applies(node)
            assert not judged or view.lacking(node, check.needs), (rows, finding)
        assert finding.link in unknown, (rows, finding)
    before = {(f.check, f.subject) for f in full.findings}
    for finding in result.findings:
        _new(finding, before, rows)


def _new(finding: Finding, before: set[tuple[str, str]], rows: tuple[Row, ...]) -> None:
    """Refuse a finding that only the lack of a right makes: a false alarm, but for owners."""
    if (finding.check, finding.subject) in before:
        return
    below = [f":{_BELOW[row.plural]}/" for row in rows if row.plural in _BELOW]
    assert any(kind in finding.subject for kind in below), (rows, finding)
