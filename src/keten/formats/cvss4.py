"""The score of a CVSS 4.0 vector.

Method and figures: FIRST, Common Vulnerability Scoring System version 4.0, Specification
Document, section 8 and its tables 24 to 30 (https://www.first.org/cvss/v4.0/specification-document):
a vector falls into one of 270 sets of like vectors (MacroVector), whose score is known, and is
placed within it by its distance from the worst vector of the set.
"""

from fractions import Fraction
from itertools import product

BASE = ("AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA")
# Each metric's values from the worst on; the index is the severity level of section 8.
_LEVELS: dict[str, str] = {
    "AV": "NALP",
    "PR": "NLH",
    "UI": "NPA",
    "AC": "LH",
    "AT": "NP",
    "VC": "HLN",
    "VI": "HLN",
    "VA": "HLN",
    "SC": "SHLN",
    "SI": "SHLN",
    "SA": "SHLN",
    "CR": "HML",
    "IR": "HML",
    "AR": "HML",
}
VALUES: dict[str, object] = {
    **{name: set(levels) for name, levels in _LEVELS.items()},
    **{name: set("HLN") for name in ("SC", "SI", "SA")},
    **{name: set("XHML") for name in ("CR", "IR", "AR")},
    **{f"M{name}": {"X", *levels} for name, levels in _LEVELS.items() if name[1] != "R"},
    "MPR": set("XNLH"),
    "MSC": set("XHLN"),
    "E": set("XAPU"),
    "S": set("XNP"),
    "AU": set("XNY"),
    "R": set("XAUI"),
    "V": set("XDC"),
    "RE": set("XLMH"),
    "U": {"X", "Clear", "Green", "Amber", "Red"},
}

# A row: the levels of EQ1, EQ2, EQ3, then the scores in tenths for EQ4, EQ5, EQ6 counting up
# (EQ6 is always 1 where EQ3 is 2).
_TABLE = """
000 100 99 98 95 95 92 100 96 93 87 91 81 93 90 89 80 81 68
001 98 95 95 92 90 84 93 92 89 81 81 65 88 80 78 70 69 48
002 92 82 72 79 69 50 69 55 27
010 99 97 95 92 92 85 95 91 90 83 84 71 92 81 82 71 72 53
011 95 93 92 85 85 73 92 82 80 72 70 59 84 70 71 52 50 30
012 86 75 52 71 52 29 63 29 17
100 98 95 94 87 91 81 94 89 86 74 77 64 87 75 74 63 63 49
101 94 89 88 77 76 67 86 76 74 58 59 50 72 57 57 52 52 25
102 83 70 54 65 58 26 53 21 13
110 95 90 88 76 76 70 90 77 75 62 61 53 77 66 68 59 52 30
111 89 78 76 67 62 58 74 59 57 57 47 23 61 52 57 29 24 16
112 71 59 30 58 26 15 23 13 6
200 93 87 86 72 75 58 86 74 74 61 56 34 70 54 52 40 40 22
201 85 75 74 55 62 51 72 57 55 41 46 19 53 36 34 19 19 8
202 64 51 20 47 21 11 24 9 4
210 88 75 73 53 60 50 73 55 59 40 41 20 54 43 45 22 20 11
211 75 55 58 45 40 21 61 51 48 18 20 9 46 18 17 7 8 2
212 53 24 14 24 12 5 10 3 1
"""

# The worst vectors of each level (table 24 on), and how deep the level is, in steps.
_WORST1 = (
    ("AV:N PR:N UI:N",),
    ("AV:A PR:N UI:N", "AV:N PR:L UI:N", "AV:N PR:N UI:P"),
    ("AV:P PR:N UI:N", "AV:A PR:L UI:P"),
)
_WORST2 = (("AC:L AT:N",), ("AC:H AT:N", "AC:L AT:P"))
_WORST36 = {
    "00": ("VC:H VI:H VA:H CR:H IR:H AR:H",),
    "01": ("VC:H VI:H VA:L CR:M IR:M AR:H", "VC:H VI:H VA:H CR:M IR:M AR:M"),
    "10": ("VC:L VI:H VA:H CR:H IR:H AR:H", "VC:H VI:L VA:H CR:H IR:H AR:H"),
    "11": (
        "VC:L VI:H VA:L CR:H IR:M AR:H",
        "VC:L VI:H VA:H CR:H IR:M AR:M",
        "VC:H VI:L VA:H CR:M IR:H AR:M",
        "VC:H VI:L VA:L CR:M IR:H AR:H",
        "VC:L VI:L VA:H CR:H IR:H AR:M",
    ),
    "21": ("VC:L VI:L VA:L CR:H IR:H AR:H",),
}
_WORST4 = ("SC:H SI:S SA:S", "SC:H SI:H SA:H", "SC:L SI:L SA:L")
_DEPTH1, _DEPTH2, _DEPTH4 = (1, 4, 5), (1, 2), (6, 5, 4)
_DEPTH36 = {"00": 7, "01": 6, "10": 8, "11": 8, "21": 10}
# Where the joint set of EQ3 and EQ6 steps down to.
_BELOW36 = {"00": ("01", "10"), "01": ("11",), "10": ("11",), "11": ("21",), "21": ()}

_SCORES: dict[str, int] = {}


def score(given: dict[str, str]) -> float:
    """Return the score of the metrics of a vector that has all of BASE."""
    if not _SCORES:
        _SCORES.update(_load())
    m = _effective(given)
    if all(m[name] == "N" for name in BASE[5:]):
        return 0.0
    eq = _levels(m)
    value = _SCORES[eq]
    drops = _drops(eq, value, _distances(m, eq))
    mean = sum(drops, Fraction(0)) / len(drops) if drops else Fraction(0)
    tenths = max(Fraction(0), min(Fraction(100), value - mean))
    return int(tenths + Fraction(1, 2)) / 10


def _load() -> dict[str, int]:
    scores = {}
    for row in _TABLE.split("\n")[1:-1]:
        head, *values = row.split()
        last = "1" if head[2] == "2" else "01"
        for tail, value in zip(product("012", "012", last), values, strict=True):
            scores[head + "".join(tail)] = int(value)
    return scores


def _effective(given: dict[str, str]) -> dict[str, str]:
    """Put the modified metrics in, and the worst for what is not defined."""
    m = {name: given[name] for name in BASE}
    for name in BASE:
        if given.get(f"M{name}", "X") != "X":
            m[name] = given[f"M{name}"]
    for name, worst in (("E", "A"), ("CR", "H"), ("IR", "H"), ("AR", "H")):
        value = given.get(name, "X")
        m[name] = worst if value == "X" else value
    return m


def _levels(m: dict[str, str]) -> str:
    """Return the MacroVector: the levels of EQ1 to EQ6 (tables 24 to 29)."""
    open1 = [m["AV"] == "N", m["PR"] == "N", m["UI"] == "N"]
    eq1 = 0 if all(open1) else 1 if any(open1) and m["AV"] != "P" else 2
    eq2 = 0 if m["AC"] == "L" and m["AT"] == "N" else 1
    high = [m[name] == "H" for name in ("VC", "VI", "VA")]
    eq3 = 0 if high[0] and high[1] else 1 if any(high) else 2
    later = [m[name] for name in ("SC", "SI", "SA")]
    eq4 = 0 if "S" in later[1:] else 1 if "H" in later else 2
    eq5 = "APU".index(m["E"])
    asked = [m[name] == "H" for name in ("CR", "IR", "AR")]
    eq6 = 0 if any(a and b for a, b in zip(asked, high, strict=True)) else 1
    return f"{eq1}{eq2}{eq3}{eq4}{eq5}{eq6}"


def _distances(m: dict[str, str], eq: str) -> tuple[int, int, int, int]:
    """Return how many steps the vector stands below the worst of its set, in each EQ."""
    return (
        _below(m, _WORST1[int(eq[0])]),
        _below(m, _WORST2[int(eq[1])]),
        _below(m, _WORST36[eq[2] + eq[5]]),
        _below(m, (_WORST4[int(eq[3])],)),
    )


def _below(m: dict[str, str], worst: tuple[str, ...]) -> int:
    for vector in worst:
        steps = []
        for metric in vector.split():
            name, _, value = metric.partition(":")
            steps.append(_LEVELS[name].index(m[name]) - _LEVELS[name].index(value))
        if min(steps) >= 0:
            return sum(steps)
    return 0


def _drops(eq: str, value: int, steps: tuple[int, int, int, int]) -> list[Fraction]:
    """Return, for each EQ that has a lower level, its share of the way down to that level."""
    below = (
        ([_with(eq, 0)], steps[0], _DEPTH1[int(eq[0])]),
        ([_with(eq, 1)], steps[1], _DEPTH2[int(eq[1])]),
        (
            [f"{eq[:2]}{pair[0]}{eq[3:5]}{pair[1]}" for pair in _BELOW36[eq[2] + eq[5]]],
            steps[2],
            _DEPTH36[eq[2] + eq[5]],
        ),
        ([_with(eq, 3)], steps[3], _DEPTH4[int(eq[3])]),
        ([_with(eq, 4)], 0, 1),
    )
    drops = []
    for names, distance, depth in below:
        lower = [_SCORES[name] for name in names if name in _SCORES]
        if lower:
            drops.append(Fraction((value - max(lower)) * distance, depth))
    return drops


def _with(eq: str, place: int) -> str:
    return f"{eq[:place]}{int(eq[place]) + 1}{eq[place + 1 :]}"
