"""Is a version affected? The evaluation of the OSV schema, over an ecosystem's own order.

https://ossf.github.io/osv-schema/#evaluation, with four things that it leaves open:

- a range whose versions can not be ordered, and a record that names only git commits, is
  neither a yes nor a no but a `Doubt`;
- a record of malicious code that names no versions means all of them; another record that
  names none is a doubt;
- ``fixed: 0`` says that no version is affected, also where some order before "0" (``0~rc1``);
- a Go record whose versions fit no module version says "all versions" in ``ranges`` and what
  is meant in ``custom_ranges``: a released version is judged by these.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from keten.advisories.records import Entry, order
from keten.errors import InputError
from keten.formats import osv
from keten.formats.lazy_pattern import lazy
from keten.formats.versions import semver

MAX_VERSION = 1000
_TAG = lazy(r"v?(\d{1,9}(?:\.\d{1,9}){0,3}(?:[-+][0-9A-Za-z.-]{1,80})?)")
_LAST = ("999999999", "999999999")
_GO = lazy(r"(?:go|v)?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(?:-?(rc|beta)\.?(\d{1,9}))?")
_PSEUDO = lazy(r"\d{14}-[0-9a-f]{12}(?:\+|$)")
_PLAIN = 3
_GO_OWN = ("stdlib", "toolchain")


class Doubt(Struct, frozen=True):
    """Neither yes nor no, and why."""

    why: str


class Order:
    """The order of one ecosystem's versions; keys are made once."""

    def __init__(self, ecosystem: str) -> None:
        kind = osv.PURL_TYPES.get(osv.base(ecosystem), "")
        plug = order(kind)
        self._native = plug.key if plug else None
        self._keys: dict[tuple[str, str], Any] = {}
        self.events: dict[Sequence[str], list[tuple[str, Any]]] = {}

    def key(self, version: str, kind: str = "E") -> Any:
        """Return the key of *version* in a range of *kind*; InputError where it has none."""
        at = (kind, version)
        found = self._keys.get(at)
        if found is None:
            found = self._keys[at] = self._make(version, kind)
        if isinstance(found, InputError):
            raise InputError(found.what)
        return found

    def _make(self, version: str, kind: str) -> Any:
        make = semver.key if kind == "S" else self._native
        if make is None:
            return InputError("keten does not know the order of its versions")
        if len(version) > MAX_VERSION:
            return InputError(f"a version of {len(version)} characters")
        if kind == "S" and not version[:1].isdecimal():
            return InputError("it is no semantic version")
        try:
            return make(version)
        except InputError as error:
            return error


def canonical(ecosystem: str, name: str, version: str) -> str:
    """Return *version* as OSV spells it: Go's without "v" and "go", and with three parts.

    An action's tag of one or two parts (``v4``) moves along and stands for the last of them all.
    """
    if ecosystem == "GitHub Actions":
        found = _TAG.fullmatch(version)
        return ".".join([found.group(1), *_LAST[found.group(1).count(".") :]]) if found else version
    if ecosystem != "Go" or len(version) > MAX_VERSION:
        return version
    if name in _GO_OWN:
        found = _GO.fullmatch(version.split(" ", 1)[0])
        if found:
            major, minor, patch, stage, number = found.groups()
            tail = f"-{stage}.{number}" if stage else ""
            return f"{major}.{minor}.{patch or 0}{tail}"
    return version.removeprefix("v")


def affected(version: str, entry: Entry, order: Order, *, malicious: bool) -> bool | Doubt:
    """Return whether *entry* says that *version* (canonical) is affected."""
    if version in entry.versions:
        return True
    ranges = [found for found in entry.ranges if found[0] != "G"]
    if not ranges:
        return _unranged(entry, malicious=malicious)
    if entry.custom and all(_open(found) for found in ranges) and not _PSEUDO.search(version):
        ranges = list(entry.custom)
    doubt: Doubt | None = None
    for found in ranges:
        try:
            if _open(found) or _within(version, found, order):
                return True
        except InputError as error:
            doubt = doubt or Doubt(error.what)
    return doubt or False


def _unranged(entry: Entry, *, malicious: bool) -> bool | Doubt:
    if entry.versions:
        return False
    if malicious:
        return True
    if entry.ranges:
        return Doubt("it names only git commits")
    return Doubt("it names no versions")


def _open(found: Sequence[str]) -> bool:
    """Return whether a range is every version there is: such a one needs no order."""
    return len(found) == 2 and found[1] == "i0"  # noqa: PLR2004 its type and one event


def _within(version: str, found: Sequence[str], order: Order) -> bool:
    """Evaluate one range (IncludedInRanges and BeforeLimits of the specification)."""
    kind = found[0]
    key = order.key(version, kind)
    if len(found) == _PLAIN and found[1] == "i0" and found[2][0] == "f":
        if found[2] == "f0":
            return False
        return bool(key < order.key(found[2][1:], kind))  # most are this; the rest is general
    limits = [event[1:] for event in found[1:] if event[0] == "l"]
    if limits and not any(limit == "*" or key < order.key(limit, kind) for limit in limits):
        return False
    inside = False
    events = order.events.get(found)
    if events is None:
        events = order.events[found] = _events(found[1:], kind, order)
    for event, bound in events:
        if event == "i":
            inside = inside or bound is None or key >= bound
        elif bound is None or (key >= bound if event == "f" else key > bound):
            inside = False
    return inside


def _events(events: Sequence[str], kind: str, order: Order) -> list[tuple[str, Any]]:
    """Return the events in the order of their versions; "0" is before every version.

    At one version, what ends comes before what begins anew, else an affected version would
    be told free.
    """
    first: list[tuple[str, Any]] = []
    rest: list[tuple[Any, int, str]] = []
    for event in events:
        letter, version = event[0], event[1:]
        if version == "0" and letter in "if":
            first.append((letter, None))
        elif letter != "l":
            rest.append((order.key(version, kind), "fia".index(letter), letter))
    rest.sort(key=_Sorted)
    first.sort(reverse=True)  # at "0" what begins comes first: it is before every version
    return first + [(letter, key) for key, _, letter in rest]


class _Sorted:
    """Sort events by key, then by what they do; keys need only ``<``."""

    __slots__ = ("item",)

    def __init__(self, item: tuple[Any, int, str]) -> None:
        self.item = item

    def __lt__(self, other: "_Sorted") -> bool:
        mine, theirs = self.item, other.item
        if mine[0] < theirs[0]:
            return True
        return not theirs[0] < mine[0] and mine[1] < theirs[1]


def fixes(entry: Entry) -> tuple[str, ...]:
    """Return the versions that *entry* calls fixed."""
    ranges = entry.ranges if not entry.custom else (*entry.ranges, *entry.custom)
    return tuple(
        event[1:] for found in ranges if found[0] != "G" for event in found[1:] if event[0] == "f"
    )
