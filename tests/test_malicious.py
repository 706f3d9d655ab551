"""Reports of malice reach what is locked and what is installed; names that look alike."""

from datetime import date
from pathlib import Path

from advisory_data import database, record
from hypothesis import given
from hypothesis import strategies as st

from keten.checks import _popular_names
from keten.checks.dependencies import lookalike_name
from keten.config import Config, Policy
from keten.model.delivery import Package
from keten.model.finding import Severity
from keten.model.result import Result
from keten.pipeline.targets import Access, named, scan
from keten.transport.image.open import Options

EVERY = record("MAL-2026-1", "evil-models", affected={"versions": []})
SOME = record("MAL-2026-2", "half-evil", affected={"versions": ["1.1"]})


def judged(target: str, at: Path) -> Result:
    return scan(
        named(target),
        Policy(Config(), "default", "", at),
        access=Access(Options(), cache=""),
        database=database(at / "data", EVERY, SOME).path,
        now=date(2026, 11, 23),
        progress=lambda *_: None,
    )


def told(result: Result) -> list[str]:
    check = "dependencies/malicious-package"
    assert all(f.severity is Severity.CRITICAL for f in result.findings if f.check == check)
    return sorted(f.message for f in result.findings if f.check == check)


def test_a_report_without_versions_is_of_all_of_them(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "requirements.txt").write_text("evil_models==0.0.1\nhalf-evil==1.0\nhalf.evil==1.1\n")

    assert told(judged(str(tree), tmp_path)) == [
        "evil-models 0.0.1 is malicious, says MAL-2026-1",
        "half-evil 1.1 is malicious, says MAL-2026-2",
    ]


def test_what_is_installed_is_held_against_the_reports(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\n')
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/env").write_text("")
    (root / "var/lib/dpkg").mkdir(parents=True)
    (root / "var/lib/dpkg/status").write_text("")
    for name, version in (("evil_models", "9.9"), ("half_evil", "1.0"), ("honest", "1.0")):
        info = root / f"usr/local/lib/python3.12/site-packages/{name}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")

    assert told(judged(str(root), tmp_path)) == ["evil_models 9.9 is malicious, says MAL-2026-1"]


def test_no_popular_name_looks_like_another() -> None:
    for table in (_popular_names.POPULAR, _popular_names.REAL):
        for ecosystem, names in table.items():
            wrong = [n for n in names.split() if lookalike_name._meant(ecosystem, n)]

            assert not wrong, ecosystem


@given(
    st.sampled_from(sorted(_popular_names.POPULAR)),
    st.text(max_size=2000) | st.integers(0, 100_000).map(lambda n: "a-" * n),
)
def test_any_name_is_taken(ecosystem: str, name: str) -> None:
    package = Package("x", ecosystem=ecosystem, name=name)

    assert isinstance(lookalike_name.applies(package), bool)
    assert isinstance(lookalike_name._meant(ecosystem, name), str)


@given(st.data())
def test_any_one_edit_is_seen(data: st.DataObject) -> None:
    known = lookalike_name._Known.of("npm")
    name = data.draw(st.sampled_from([n for n in known.popular if len(n) > 5]))
    at = data.draw(st.integers(0, len(name)))
    letter = data.draw(st.sampled_from("aqz"))
    changes = (
        name[:at] + letter + name[at:],
        name[:at] + name[at + 1 :],
        name[:at] + letter + name[at + 1 :],
        name[:at] + name[at : at + 2][::-1] + name[at + 2 :],
    )
    for change in changes:
        alike = change in known.names or not known.counts(change, name)

        assert alike or known.near(change)


def test_what_comes_from_an_own_index_has_an_own_name() -> None:
    own = Package("x", ecosystem="npm", name="expresss", source="https://npm.shop.example/expresss")

    assert not lookalike_name.applies(own)
