"""The VERS type ``datetime``: RFC 3339 timestamps (section 5.6), ordered by their instant."""

import re

from keten.formats.versions.order import clean, refuse
from keten.model.plug import Ecosystem

_STAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]+))?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_LONG, _SHORT = (1, 3, 5, 7, 8, 10, 12), 30


def key(version: str) -> tuple[int, str]:
    """Return seconds since the year 0 in UTC, and the digits of the fraction."""
    match = _STAMP.fullmatch(clean(version))
    if match is None:
        raise refuse(version, "datetime (RFC 3339)")
    year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
    fraction, sign, off_hour, off_minute = match.groups()[6:]
    if not (1 <= month <= 12 and 1 <= day <= _days(year, month) and hour < 24):  # noqa: PLR2004
        raise refuse(version, "datetime: there is no such day or hour")
    if minute > 59 or second > 60:  # noqa: PLR2004 - a leap second is the sixtieth
        raise refuse(version, "datetime: there is no such minute or second")
    offset = 0
    if sign:
        offset = int(off_hour) * 3600 + int(off_minute) * 60
        offset = -offset if sign == "-" else offset
    seconds = ((_day(year, month, day) * 24 + hour) * 60 + minute) * 60 + second - offset
    return seconds, (fraction or "").rstrip("0")


def _days(year: int, month: int) -> int:
    if month == 2:  # noqa: PLR2004 - February
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 31 if month in _LONG else _SHORT


def _day(year: int, month: int, day: int) -> int:
    """Count days in the Gregorian calendar, from a start that does not matter."""
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400
    return days + sum(_days(year, m) for m in range(1, month)) + day


ECOSYSTEM = Ecosystem(
    title="datetime",
    purl_type="generic",
    osv="",
    key=key,
    normalise=str.strip,
    vers=("datetime",),
)
