"""A result is taken from the cache where all is the same that it follows from, and only there."""

import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from advisory_data import database, record, span
from image_builder import build

from keten import plugs
from keten.cluster.paths.weak import of_kept
from keten.config import Checks, Config, Data, Policy, Waiver
from keten.errors import DataError
from keten.model.delivery import Attestation
from keten.model.facts import Facts
from keten.model.plug import Report
from keten.model.result import Result, Style
from keten.pipeline import flow, targets
from keten.pipeline.cache import Cache
from keten.pipeline.images import kept
from keten.policy import vex

NOW = date(2026, 11, 23)
FLAW = record(
    "DSA-1", "sh", *span("2.0"), ecosystem="Debian:12",
    severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
)  # fmt: skip
OTHER = record("DSA-2", "sh", *span("3.0"), ecosystem="Debian:12")
STATUS = (
    "Package: sh\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0\n"
    "Description: a shell\n\n"
)
LAYERS = [
    [
        ("etc/os-release", "file", 'ID=debian\nVERSION_ID="12"\n'),
        ("var/lib/dpkg/status", "file", STATUS),
    ]
]


class Scans:
    """Scans of one image, and how often something had to be judged."""

    def __init__(self, at: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = at
        self.image = build(at / "image", LAYERS).path
        self.asked: dict[str, Any] = {
            "policy": Policy(Config(), "default", "", at),
            "database": self.database(FLAW),
            "now": NOW,
            "known": frozenset(),
        }
        self.judged = 0
        work = flow.judge

        def judge(*given: Any, **named: Any) -> Result:
            self.judged += 1
            return work(*given, **named)

        monkeypatch.setattr(flow, "judge", judge)

    def database(self, *records: dict[str, Any]) -> Path:
        with database(self.at / "data", *records, complete=("Debian:12",)) as made:
            return made.path

    def scan(self, **changed: Any) -> Result:
        asked = self.asked | changed
        return targets.scan(
            targets.named(str(self.image)),
            asked.pop("policy"),
            access=targets.Access(cache=str(self.at / "cache")),
            progress=lambda *_: None,
            **asked,
        )

    def with_config(self, **fields: Any) -> Policy:
        return Policy(Config(**fields), "keten.toml", "", self.at)


@pytest.fixture
def scans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scans:
    return Scans(tmp_path, monkeypatch)


def written(result: Result) -> dict[str, str]:
    style = Style(width=100, everything=True)
    return {
        name: "".join(plugs.load(Report, name).write(result, style)) for name in plugs.names(Report)
    }


def test_what_is_the_same_is_not_judged_again_and_every_report_has_the_same_bytes(
    scans: Scans,
) -> None:
    first, second = scans.scan(), scans.scan()

    assert any("DSA-1" in finding.message for finding in first.findings)
    assert scans.judged == 1
    assert second == first
    assert written(second) == written(first)


def test_it_is_found_by_the_images_digest_with_what_attack_paths_take(scans: Scans) -> None:
    result = scans.scan()
    cache = Cache(scans.at / "cache")
    found = kept.of_image(cache, result.targets[0].digest)
    assert found == result
    [weakness] = of_kept(result, "kept")
    assert (weakness.package, weakness.fixed, weakness.source) == ("sh 1.0", "2.0", "kept")
    assert kept.of_image(cache, f"sha256:{'0' * 64}") is None


def waived(scans: Scans) -> dict[str, Any]:
    waiver = Waiver("seen", "me", NOW, check="dependencies/*")
    return {"policy": scans.with_config(waiver=(waiver,))}


def with_vex(scans: Scans) -> dict[str, Any]:
    document = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://example.org/vex/1",
        "author": "us",
        "timestamp": "2026-11-20T00:00:00Z",
        "version": 1,
        "statements": [
            {
                "vulnerability": {"name": "DSA-1"},
                "products": [{"@id": "pkg:deb/debian/sh@1.0"}],
                "status": "not_affected",
                "justification": "component_not_present",
            }
        ],
    }
    said = vex.source("said.json", msgspec.json.encode(document))
    return {"policy": Policy(Config(), "default", "", scans.at, vex=(said,))}


def with_other_data(scans: Scans) -> dict[str, Any]:
    before = scans.asked["database"].stat()
    path = scans.database(FLAW, OTHER)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return {"database": path}


def with_bundle(scans: Scans) -> dict[str, Any]:
    path: Path = scans.asked["database"]
    state = path.with_name(f"{path.name}.state")
    state.mkdir()
    installed = {"content": "sha256:0", "version": 3, "signers": ["a"], "until": "2026-12-01"}
    (state / "installed.json").write_bytes(msgspec.json.encode(installed))
    return {}


CHANGES: dict[str, Callable[[Scans], dict[str, Any]]] = {
    "the day": lambda _: {"now": NOW + timedelta(days=1)},
    "a waiver": waived,
    "the choice of checks": lambda s: {
        "policy": s.with_config(checks=Checks(disable=("dependencies/known-vulnerability",)))
    },
    "a VEX statement": with_vex,
    "the advisories": with_other_data,
    "the signed bundle they are of": with_bundle,
    "no advisories": lambda _: {"database": None},
    "a baseline": lambda s: {"known": frozenset({s.scan().findings[0].fingerprint})},
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_is_judged(scans: Scans, change: str) -> None:
    first = scans.scan()
    changed = CHANGES[change](scans)

    second = scans.scan(**changed)
    third = scans.scan(**changed)

    assert scans.judged == 2
    assert second != first
    assert third == second
    fresh = targets.scan(
        targets.named(str(scans.image)),
        changed.get("policy", scans.asked["policy"]),
        access=targets.Access(cache=""),
        progress=lambda *_: None,
        **{k: v for k, v in (scans.asked | changed).items() if k != "policy"},
    )
    assert written(third) == written(fresh)


def test_what_other_code_judged_is_judged_again(
    scans: Scans, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans.scan()
    monkeypatch.setattr(kept, "whole", lambda _: "of another keten")

    scans.scan()

    assert scans.judged == 2


def test_a_layer_that_was_written_again_is_checked_again(scans: Scans) -> None:
    first = scans.scan()
    layer = max((scans.image / "blobs/sha256").iterdir(), key=lambda path: path.stat().st_size)
    data = layer.read_bytes()
    layer.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))

    second = scans.scan()

    assert scans.judged == 2
    assert second != first
    assert second.decision.verdict != "allowed"


def test_a_database_that_is_gone_is_told(scans: Scans) -> None:
    scans.scan()
    scans.asked["database"].unlink()

    with pytest.raises(DataError, match="no such advisory database"):
        scans.scan()


def test_what_is_kept_and_is_no_result_is_judged_again(
    scans: Scans, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = scans.scan()
    with monkeypatch.context() as broken:
        broken.setattr(msgspec.msgpack, "decode", _refused(msgspec.msgpack.decode))
        second = scans.scan()

    assert scans.judged == 2
    assert second == first


def _refused(decode: Callable[..., Any]) -> Callable[..., Any]:
    def work(data: bytes, **named: Any) -> Any:
        if named.get("type") is Result:
            raise msgspec.ValidationError("not a result")
        return decode(data, **named)

    return work


def test_what_has_no_bytes_to_be_told_by_is_not_kept(tmp_path: Path) -> None:
    def name(policy: Policy) -> str:
        return kept.name("image", policy, "none", now=NOW, known=(), cache=Cache(tmp_path))

    assert name(Policy(Config(), "default", "", tmp_path))
    assert not name(Policy(Config(), "default", "", tmp_path, vex=(object(),)))


def test_the_root_that_signatures_are_held_against_is_in_the_key(tmp_path: Path) -> None:
    def name(*, signed: bool) -> str:
        config = Config(advisories=Data(require_signed=signed, root="root.json"))
        policy = Policy(config, "keten.toml", "", tmp_path)
        return kept.name("image", policy, "none", now=NOW, known=(), cache=Cache(tmp_path))

    absent = name(signed=True)
    (tmp_path / "root.json").write_text("{}")
    one, free = name(signed=True), name(signed=False)
    (tmp_path / "root.json").write_text("[]")
    assert len({absent, one, name(signed=True)}) == 3
    assert name(signed=False) == free
    (tmp_path / "root.json").unlink()
    (tmp_path / "root.json").mkdir()
    assert not name(signed=True)


def test_what_is_held_against_files_of_its_own_is_not_kept() -> None:
    claim = Attestation("a#1")
    assert kept.told(Facts())
    assert not kept.told(Facts((claim,)))
