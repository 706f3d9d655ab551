"""What is worked out for many at once says what it would say one by one."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from keten import plugs
from keten.graph.places import Places
from keten.graph.store import Graph
from keten.model.check import Check
from keten.model.delivery import Package
from keten.model.evidence import Link, Place, Problem
from keten.model.facts import Edge, Facts, Looked, Trust
from keten.pipeline.judge import Checks, findings_of, judge_all
from keten.pipeline.unknowns import gather
from keten.remedy.upgrade import Chains

VULNERABLE, MALICIOUS = "dependencies/known-vulnerability", "dependencies/malicious-package"
NUMBERS = st.integers(0, 9)


def slow(package: Package, nodes: dict[str, Package], edges: list[Edge]) -> tuple[str, ...]:
    """Walk up from *package* alone: the nearest that is direct, of equals the first by refs."""
    ways: list[tuple[str, ...]] = [] if package.direct else [(package.ref,)]
    for _ in range(len(nodes)):
        ways = sorted(
            (*way, edge.src) for way in ways for edge in edges if edge.dst == way[-1]
            if edge.src not in way
        )  # fmt: skip
        found = next((way for way in ways if nodes[way[-1]].direct), None)
        if found:
            return tuple(nodes[ref].name for ref in reversed(found[1:]))
    return ()


@given(
    st.lists(st.sampled_from([True, False, None]), min_size=1, max_size=7),
    st.lists(st.tuples(NUMBERS, NUMBERS), max_size=10),
)
def test_chains_are_those_that_a_walk_from_each_package_finds(
    direct: list[bool | None], pairs: list[tuple[int, int]]
) -> None:
    packages = [Package(f"{i}", name=f"n{i}", direct=told) for i, told in enumerate(direct)]
    refs = [package.ref for package in packages]
    edges = [
        Edge(refs[a % len(refs)], "requires", refs[b % len(refs)], Trust.CLAIMED) for a, b in pairs
    ]
    nodes = dict(zip(refs, packages, strict=True))

    chains = Chains(nodes, edges)

    assert [chains.through(p) for p in packages] == [slow(p, nodes, edges) for p in packages]


@given(
    st.lists(st.tuples(NUMBERS, NUMBERS, st.booleans()), max_size=12),
    st.lists(st.tuples(NUMBERS, st.sampled_from(["", "advisories"]), st.booleans()), max_size=5),
)
def test_what_lacks_evidence_is_told_alike_together_and_one_by_one(
    named: list[tuple[int, int, bool]], troubles: list[tuple[int, str, bool]]
) -> None:
    packages = {
        f"p{name}": Package(f"p{name}", ecosystem="npm", name=f"p{name}", version="1")
        for name, _, _ in named
    }
    places = [Place(f"package p{name}", f"tests/{path}" if path % 2 else f"{path}")
              for name, path, _ in named]  # fmt: skip
    looked = [Looked(f"package p{name}", "advisories") for name, _, whole in named if whole]
    problems = [
        Problem(f"{n}", f"why {n}", about=f"package p{n}" if one else "", need=need,
                link=Link.DEPENDENCIES)
        for n, need, one in troubles
    ]  # fmt: skip
    facts = Facts(tuple(packages.values()), looked=tuple(looked))
    checks: Checks = {
        Package: [(name, plugs.load(Check, name)) for name in (VULNERABLE, MALICIOUS)]
    }

    judged = judge_all(facts.nodes, checks, Graph(facts, date(2026, 11, 23)), Places(places))
    single = [finding for lack in judged.lacks for finding in findings_of(lack)]
    single.sort(key=lambda finding: finding.order)

    assert gather([], problems, judged.lacks) == gather(single, problems)
    assert sum(tally[2] for tally in judged.tallies.values()) == len(single)
