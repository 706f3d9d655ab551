"""CVSS vectors to scores: version 2, 3.0, 3.1 (this module) and 4.0 (keten.formats.cvss4).

The arithmetic is that of the specifications of FIRST: https://www.first.org/cvss/v2/guide
(3.2.1), https://www.first.org/cvss/v3.0/specification-document (8.1) and v3.1 (7.1, appendix
A). The score is that of all metric groups that the vector gives: environmental over temporal
over base.
"""

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal

from keten.errors import CeilingError, InputError
from keten.model.finding import Severity

MAX_VECTOR = 512

_W3: dict[str, dict[str, float]] = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "PR": {"N": 0.85, "L": 0.62, "H": 0.27},
    "UI": {"N": 0.85, "R": 0.62},
    "S": {"U": 0, "C": 1},
    "C": {"H": 0.56, "L": 0.22, "N": 0},
    "I": {"H": 0.56, "L": 0.22, "N": 0},
    "A": {"H": 0.56, "L": 0.22, "N": 0},
    "E": {"X": 1, "U": 0.91, "P": 0.94, "F": 0.97, "H": 1},
    "RL": {"X": 1, "O": 0.95, "T": 0.96, "W": 0.97, "U": 1},
    "RC": {"X": 1, "U": 0.92, "R": 0.96, "C": 1},
    "CR": {"X": 1, "L": 0.5, "M": 1, "H": 1.5},
    "IR": {"X": 1, "L": 0.5, "M": 1, "H": 1.5},
    "AR": {"X": 1, "L": 0.5, "M": 1, "H": 1.5},
}
_BASE3 = ("AV", "AC", "PR", "UI", "S", "C", "I", "A")
_ALLOWED3 = {metric: set(values) for metric, values in _W3.items()} | {
    f"M{metric}": {"X", *_W3[metric]} for metric in _BASE3
}
_PR_CHANGED = {"N": 0.85, "L": 0.68, "H": 0.5}

_W2: dict[str, dict[str, str]] = {
    "AV": {"L": "0.395", "A": "0.646", "N": "1"},
    "AC": {"H": "0.35", "M": "0.61", "L": "0.71"},
    "Au": {"M": "0.45", "S": "0.56", "N": "0.704"},
    "C": {"N": "0", "P": "0.275", "C": "0.66"},
    "I": {"N": "0", "P": "0.275", "C": "0.66"},
    "A": {"N": "0", "P": "0.275", "C": "0.66"},
    "E": {"U": "0.85", "POC": "0.9", "F": "0.95", "H": "1", "ND": "1"},
    "RL": {"OF": "0.87", "TF": "0.9", "W": "0.95", "U": "1", "ND": "1"},
    "RC": {"UC": "0.9", "UR": "0.95", "C": "1", "ND": "1"},
    "CDP": {"N": "0", "L": "0.1", "LM": "0.3", "MH": "0.4", "H": "0.5", "ND": "0"},
    "TD": {"N": "0", "L": "0.25", "M": "0.75", "H": "1", "ND": "1"},
    "CR": {"L": "0.5", "M": "1", "H": "1.51", "ND": "1"},
    "IR": {"L": "0.5", "M": "1", "H": "1.51", "ND": "1"},
    "AR": {"L": "0.5", "M": "1", "H": "1.51", "ND": "1"},
}
_BASE2 = ("AV", "AC", "Au", "C", "I", "A")
_TEMPORAL2 = ("E", "RL", "RC")
_ENVIRONMENT2 = ("CDP", "TD", "CR", "IR", "AR")

_RATINGS = (
    (9.0, Severity.CRITICAL),
    (7.0, Severity.HIGH),
    (4.0, Severity.MEDIUM),
    (0.1, Severity.LOW),
)


def score(vector: str) -> float:
    """Return the score, 0.0 to 10.0, of a CVSS vector; InputError where it is none."""
    if len(vector) > MAX_VECTOR:
        raise CeilingError(f"a CVSS vector of {len(vector)} characters")
    vector = vector.strip().strip("()").rstrip("/")
    head, _, rest = vector.partition("/")
    match head:
        case "CVSS:4.0":
            from keten.formats import cvss4

            return cvss4.score(metrics(rest, cvss4.VALUES, cvss4.BASE))
        case "CVSS:3.1" | "CVSS:3.0":
            return _score3(metrics(rest, _ALLOWED3, _BASE3), exact=head == "CVSS:3.1")
        case "CVSS:2.0":
            return _score2(metrics(rest, _W2, _BASE2))
        case _ if head.startswith("CVSS:"):
            raise InputError(f"unknown CVSS version {head!r}")
    return _score2(metrics(vector, _W2, _BASE2))


def rating(value: float) -> Severity:
    """Return the qualitative rating of a score (CVSS 3.1 section 5, 4.0 section 6)."""
    for least, severity in _RATINGS:
        if value >= least:
            return severity
    return Severity.INFO


def metrics(text: str, allowed: Mapping[str, object], mandatory: tuple[str, ...]) -> dict[str, str]:
    """Return the metrics of a vector without its prefix; InputError where one is wrong."""
    found: dict[str, str] = {}
    for part in text.split("/"):
        name, _, value = part.partition(":")
        values = allowed.get(name)
        if values is None or value not in values:  # type: ignore[operator]
            raise InputError(f"not a CVSS metric: {part[:40]!r}")
        if name in found:
            raise InputError(f"the CVSS metric {name} stands twice")
        found[name] = value
    missing = [name for name in mandatory if name not in found]
    if missing:
        raise InputError(f"the CVSS vector lacks {', '.join(missing)}")
    return found


def _score3(m: dict[str, str], *, exact: bool) -> float:
    up = _roundup if exact else _roundup_30
    temporal = _W3["E"][m.get("E", "X")] * _W3["RL"][m.get("RL", "X")]
    temporal *= _W3["RC"][m.get("RC", "X")]
    if not any(m[name] != "X" for name in m if name[0] == "M" or name[1:] == "R"):
        return up(_base3(m, up) * temporal)
    changed = {name: m[name] if m.get(f"M{name}", "X") == "X" else m[f"M{name}"] for name in _BASE3}
    return up(_modified3(changed, m, up=up, exact=exact) * temporal)


def _exploitability(m: dict[str, str]) -> float:
    privileges = (_PR_CHANGED if m["S"] == "C" else _W3["PR"])[m["PR"]]
    return 8.22 * _W3["AV"][m["AV"]] * _W3["AC"][m["AC"]] * privileges * _W3["UI"][m["UI"]]


def _base3(m: dict[str, str], up: Callable[[float], float]) -> float:
    lost = 1 - (1 - _W3["C"][m["C"]]) * (1 - _W3["I"][m["I"]]) * (1 - _W3["A"][m["A"]])
    wide = m["S"] == "C"
    impact = 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15 if wide else 6.42 * lost
    if impact <= 0:
        return 0.0
    return up(min((1.08 if wide else 1) * (impact + _exploitability(m)), 10))


def _modified3(
    m: dict[str, str], given: dict[str, str], *, up: Callable[[float], float], exact: bool
) -> float:
    kept = 1.0
    for name in "CIA":
        kept *= 1 - _W3[f"{name}R"][given.get(f"{name}R", "X")] * _W3[name][m[name]]
    lost = min(1 - kept, 0.915)
    wide = m["S"] == "C"
    if not wide:
        impact = 6.42 * lost
    elif exact:
        impact = 7.52 * (lost - 0.029) - 3.25 * (lost * 0.9731 - 0.02) ** 13
    else:
        impact = 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15
    if impact <= 0:
        return 0.0
    return up(min((1.08 if wide else 1) * (impact + _exploitability(m)), 10))


def _roundup(value: float) -> float:
    """Round up as CVSS 3.1 appendix A does, free of floating point's dust."""
    whole = round(value * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else (whole // 10_000 + 1) / 10


def _roundup_30(value: float) -> float:
    """Round up as CVSS 3.0 says: the smallest number of one decimal that is not less."""
    tenths = Decimal(repr(round(value, 9))) * 10
    whole = int(tenths)
    return (whole if whole == tenths else whole + 1) / 10


def _score2(m: dict[str, str]) -> float:
    weight = {name: Decimal(_W2[name][m.get(name, "ND")]) for name in (*_TEMPORAL2, *_ENVIRONMENT2)}
    weight |= {name: Decimal(_W2[name][m[name]]) for name in _BASE2}
    if all(m.get(name, "ND") == "ND" for name in _ENVIRONMENT2):
        return float(_temporal2(_base2(weight, adjusted=False), weight))
    changed = _temporal2(_base2(weight, adjusted=True), weight)
    return max(0.0, float(_tenth((changed + (10 - changed) * weight["CDP"]) * weight["TD"])))


def _base2(weight: dict[str, Decimal], *, adjusted: bool) -> Decimal:
    kept = Decimal(1)
    for name in "CIA":
        kept *= 1 - weight[name] * (weight[f"{name}R"] if adjusted else 1)
    impact = Decimal("10.41") * (1 - kept)
    if adjusted:
        impact = min(Decimal(10), impact)
    if impact == 0:
        return Decimal(0)
    exploitability = 20 * weight["AV"] * weight["AC"] * weight["Au"]
    whole = Decimal("0.6") * impact + Decimal("0.4") * exploitability - Decimal("1.5")
    return _tenth(whole * Decimal("1.176"))


def _temporal2(base: Decimal, weight: dict[str, Decimal]) -> Decimal:
    return _tenth(base * weight["E"] * weight["RL"] * weight["RC"])


def _tenth(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
