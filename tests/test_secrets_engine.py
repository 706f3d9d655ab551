"""The secrets engine: recall by detector, the same findings by both engines, no leaks."""

import random
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from growing import Work, linear, repeated
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keten.model.plug import Detector
from keten.secrets import assignments, catalogue, engine, heads, judges, prefilter

ALL = catalogue.detectors()
TOKENS = catalogue.tokens()
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


class Maker:
    """Makes a random text that a pattern matches: a walk over its parsed form."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def make(self, pattern: str) -> str:
        return self._items(re._parser.parse(pattern))  # type: ignore[attr-defined]

    def _items(self, items: Any) -> str:
        return "".join(self._item(str(operation), value) for operation, value in items)

    def _item(self, operation: str, value: Any) -> str:
        match operation:
            case "LITERAL":
                return chr(value)
            case "NOT_LITERAL":
                return self._letter()
            case "ANY":
                return self._letter()
            case "IN":
                return self._class(value)
            case "BRANCH":
                return self._items(self.random.choice(value[1]))
            case "SUBPATTERN":
                return self._items(value[3])
            case "MAX_REPEAT" | "MIN_REPEAT":
                low, high, inner = value
                times = low if operation == "MIN_REPEAT" else self._times(low, int(high))
                return "".join(self._items(inner) for _ in range(times))
            case _:
                return ""

    def _times(self, low: int, high: int) -> int:
        return self.random.randint(low, min(high, low + 8))

    def _letter(self) -> str:
        return self.random.choice("abcdefghkmnprstuvwxyzABCDEFGHKMNPRSTUVWXYZ23456789")

    def _class(self, items: Any) -> str:
        choices: list[int] = []
        for operation, value in items:
            match str(operation):
                case "NEGATE":
                    return self._outside(items)
                case "LITERAL":
                    choices.append(value)
                case "RANGE":
                    choices += range(value[0], value[1] + 1)
                case _ if "SPACE" in str(value):
                    choices += [32]
                case _ if "DIGIT" in str(value):
                    choices += range(48, 58)
                case _:
                    choices += [ord(self._letter()) for _ in range(20)]
        return chr(self.random.choice(choices))

    def _outside(self, items: Any) -> str:
        regex = re.compile("".join(["[", *self._spelled(items), "]"]))
        letters = [chr(code) for code in range(32, 127) if regex.fullmatch(chr(code))]
        usual = [letter for letter in letters if letter.isalnum()]
        return self.random.choice(usual or letters)

    def _spelled(self, items: Any) -> list[str]:
        parts = []
        for operation, value in items:
            match str(operation):
                case "NEGATE":
                    parts.append("^")
                case "LITERAL":
                    parts.append(re.escape(chr(value)))
                case "RANGE":
                    parts.append(f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}")
                case _:
                    parts.append(
                        {"CATEGORY_WORD": r"\w", "CATEGORY_SPACE": r"\s"}.get(str(value), r"\d")
                    )
        return parts


def sample(detector: Detector, seed: int) -> bytes:
    return Maker(seed).make(detector.pattern).encode("latin-1")


def signed(seed: int) -> bytes:
    """Return a token in GitHub's form whose checksum holds."""
    import zlib

    maker = Maker(seed)
    body = "".join(maker._letter() for _ in range(30)).encode()
    return b"gh" + b"p_" + body + judges.base62(zlib.crc32(body))


def test_detectors_are_many_and_sound() -> None:
    ids = [detector.id for detector in ALL]

    assert len(ids) >= 150
    assert len(ids) == len(set(ids))
    for detector in ALL:
        prefilter.pattern(detector.pattern)
        assert detector.title
        assert re.fullmatch(r"[a-z0-9-]+", detector.id), detector.id


@pytest.mark.parametrize("detector", TOKENS, ids=lambda d: d.id)
def test_heads_are_selective(detector: Detector) -> None:
    for head in heads.heads(detector):
        plain = re.sub(r"\[[^\]]*\](?:\{\d+(?:,\d*)?\})?|\\[bdws]|\{\d+(?:,\d*)?\}", "", head)
        letters = re.sub(r"\(\?i:|[()?:]", "", plain)
        width = heads.width(head)

        assert len(letters) >= 2 or width >= 12 or not width, head
        assert width or detector.back, f"a head of varying width needs *back*: {head}"


@pytest.mark.parametrize("detector", TOKENS, ids=lambda d: d.id)
def test_made_at_random_is_found(detector: Detector) -> None:
    """A text of the detector's own form is found at its place, unless it is refused as hollow."""
    found = tried = 0
    for seed in range(12):
        text = sample(detector, seed)
        match = prefilter.pattern(detector.pattern).search(text)
        if match is None:
            continue
        group = 1 if prefilter.pattern(detector.pattern).groups else 0
        value = match.group(group) or match.group()
        if detector.judge is not None and detector.judge(value) is None:
            continue
        tried += 1
        facts = engine.find("app.conf", b"x y\n" + text + b"\n", identifiers=True)
        found += any(place.line >= 2 for place in facts.places)
        for node in facts.nodes:
            assert value.decode("latin-1") not in msgspec.json.encode(node).decode()
    assert found >= tried * 0.6, f"{found} of {tried}"


@pytest.mark.parametrize("seed", range(8))
def test_checksum_holds_and_breaks(seed: int) -> None:
    token = signed(seed)
    (good,) = engine.find("a.env", b"T=" + token + b"\n").nodes
    broken = token[:-1] + (b"a" if token[-1:] != b"a" else b"b")
    (bad,) = engine.find("a.env", b"T=" + broken + b"\n").nodes

    assert good.proof == judges.HOLDS
    assert good.shape == "ghp_…, 40 characters"
    assert bad.proof == judges.FAILS
    assert bad.confidence < 50 < good.confidence
    assert bad.severity < good.severity


@QUICK
@given(st.binary(max_size=3000), st.sampled_from(["a.py", "a.yaml", "b", "x/.env", "k.pem"]))
def test_any_bytes(data: bytes, path: str) -> None:
    engine.find(path, data)


@QUICK
@given(st.data())
def test_spliced_bytes(data: st.DataObject) -> None:
    """Pieces of real forms, cut anywhere and joined with anything, never raise."""
    pieces = []
    for _ in range(data.draw(st.integers(1, 6))):
        detector = data.draw(st.sampled_from(TOKENS))
        text = sample(detector, data.draw(st.integers(0, 50)))
        cut = data.draw(st.integers(0, len(text)))
        pieces += [text[:cut], data.draw(st.binary(max_size=12))]
    whole = b"".join(pieces)

    assert engine.find("a.txt", whole) == engine.find("a.txt", whole, fallback=True)


def test_both_engines_say_the_same() -> None:
    texts = [sample(detector, seed) for seed in range(3) for detector in TOKENS]
    data = b"\n".join(texts)

    assert engine.find("a.env", data[:200_000]) == engine.find(
        "a.env", data[:200_000], fallback=True
    )
    for text in texts:
        assert engine.find("a.env", text) == engine.find("a.env", text, fallback=True)


def test_a_batch_is_the_files_one_by_one() -> None:
    files = [(f"d/{i}.env", b"T=" + signed(i) + b"\n") for i in range(5)]
    batch = engine.scan(files)

    assert [node.id for node in batch.nodes] == [f"d/{i}.env#github-pat#1" for i in range(5)]


def test_place_of_the_value() -> None:
    facts = engine.find("a.env", b"# one\nA=1\nTOKEN=" + signed(1) + b"\n")

    assert [(p.line, p.column) for p in facts.places] == [(3, 7)]


HOSTILE = {
    unit.decode(): Work(
        repeated(unit), lambda data: engine.find("a.txt", data), 5_000_000 // len(unit), 12
    )
    for unit in (b"a", b"password=", b"eyJ", b"-----BEGIN ", b"http://a:b", b"\\", b'key="')
}


@pytest.mark.parametrize("name", HOSTILE)
def test_one_long_line_takes_steps_by_its_size(name: str) -> None:
    work = HOSTILE[name]
    linear(work, part=1000)

    assert not engine.find("a.txt", work.make(work.size // 5)).nodes


def test_chunks_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "CHUNK", 4000)
    monkeypatch.setattr(engine, "OVERLAP", 400)
    token = signed(3)
    for at in (3400, 3590, 3990, 4000, 7300):
        data = b"x = 1\n" * (at // 6) + b"T=" + token + b"\n" + b"y = 2\n" * 900
        facts = engine.find("a.env", data)

        assert [n.detector for n in facts.nodes] == ["github-pat"], at


def test_too_large_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "FILE_CEILING", 100)
    facts = engine.find("a.env", b"T=" + signed(3) + b"\n" + b"z" * 200)

    assert len(facts.nodes) == 1
    assert "larger" in facts.problems[0].what
    assert facts.problems[0].need == "content"


def test_utf16_and_binary() -> None:
    line = "T=" + signed(3).decode() + "\n"

    assert engine.find("a.txt", line.encode("utf-16")).nodes
    assert engine.find("a.txt", line.encode("utf-16-le")).nodes
    assert not engine.find("a.txt", b"\0\1\2" * 10 + line.encode()).nodes
    assert not engine.find("a.png", line.encode()).nodes


def test_database_is_kept_checked_and_rebuilt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("hyperscan")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def one(digest: str) -> prefilter.Finder:
        return prefilter.finder(lambda: ((0, "ab[0-9]{3}"), (1, "xyz")), digest)[0]

    assert one("d1")(b"-ab123-xyz-")[0] == [(0, 6), (1, 10)]
    (kept,) = (tmp_path / "keten").iterdir()
    assert one("d1")(b"ab123")[0] == [(0, 5)]
    raw = kept.read_bytes()
    kept.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    assert prefilter._read(kept) is None
    assert one("d1")(b"ab123")[0] == [(0, 5)]
    assert kept.read_bytes() == raw
    kept.chmod(0o666)
    assert prefilter._read(kept) is None, "others may write it"


def test_folder_that_can_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("hyperscan")
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))

    assert prefilter.finder(lambda: ((0, "abc"),), "d2")[0](b"abc")[0] == [(0, 3)]


def test_gates_end_where_they_should() -> None:
    gates = tuple(enumerate(assignments.GATES))
    find, _ = prefilter.finder(lambda: gates, "gates")
    back, _ = prefilter.finder(lambda: gates, "gates", fallback=True)
    for text in (b'password = "x"', b"API_KEY: y", b"'a_token', 'z'", b"--token abc", b"secret=>1"):
        assert find(text)[0]
        assert {end for _, end in find(text)[0]} == {end for _, end in back(text)[0]}
