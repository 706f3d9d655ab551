"""Until when minor releases of Kubernetes get fixes, as the project published it.

Source: https://kubernetes.io/releases/ and its data files schedule.yaml and eol.yaml, read in
November 2026. The days of 1.35 to 1.37 are still to come and may be moved; of releases after
1.37 nothing is known here.
"""

from datetime import date

SKEW = 3
"""How many minor releases a kubelet may be older than its API server (two before 1.28)."""

_ENDS = """
2 2016-10-23
3 2016-11-01
4 2017-04-21
5 2017-10-01
6 2017-11-23
7 2018-04-04
8 2018-07-12
9 2018-09-29
10 2019-02-13
11 2019-05-01
12 2019-07-08
13 2019-10-15
14 2019-12-11
15 2020-05-06
16 2020-09-02
17 2021-01-13
18 2021-06-18
19 2021-10-28
20 2022-02-28
21 2022-06-28
22 2022-12-08
23 2023-02-28
24 2023-07-28
25 2023-10-28
26 2024-02-28
27 2024-07-16
28 2024-10-22
29 2025-02-28
30 2025-07-15
31 2025-11-11
32 2026-02-28
33 2026-06-28
34 2026-10-27
35 2027-02-28
36 2027-06-28
37 2027-10-28
"""


def ends(minor: int) -> date | None:
    """Return the last day of support of Kubernetes 1.*minor*; None where none is known."""
    for line in _ENDS.split("\n"):
        number, _, day = line.partition(" ")
        if number == str(minor):
            return date.fromisoformat(day)
    return None


def skew(minor: int) -> int:
    """Return how many minor releases a kubelet may be older than an API server 1.*minor*."""
    return SKEW if minor >= 28 else 2  # noqa: PLR2004 since Kubernetes 1.28


def minor_of(version: str) -> int:
    """Return the minor version that ``v1.30.2`` tells; 0 where it tells none."""
    parts = version.strip().removeprefix("v").split(".", 2)
    if len(parts) < 2 or parts[0] != "1":  # noqa: PLR2004 major and minor
        return 0
    digits = ""
    for char in parts[1][:3]:
        if not "0" <= char <= "9":
            break
        digits += char
    return int(digits) if digits else 0
