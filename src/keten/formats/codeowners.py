"""CODEOWNERS: who must review what, as GitHub, GitLab, Gitea and Forgejo read it.

Sources: docs.github.com "About code owners"; docs.gitlab.com "Code Owners syntax". Patterns
are those of gitignore(5) without negation and character ranges. GitLab lets a pattern without
a leading slash match at any depth; both readings count as a match here.
"""

from msgspec import Struct

from keten.errors import CeilingError

BYTES = 3 << 20
"""The largest file; GitHub passes over a larger one altogether."""
RULES = 20_000
"""The most rules."""
PATTERN = 1024
"""The longest pattern, in characters."""


class Rule(Struct, frozen=True):
    """One rule: *owners* empty means that nobody must review. *section* is GitLab's."""

    pattern: str
    owners: tuple[str, ...]
    line: int
    section: str = ""


class Parsed(Struct, frozen=True):
    """A CODEOWNERS file; *faults* are ``(line, what)`` of lines that the forge passes over."""

    rules: tuple[Rule, ...]
    faults: tuple[tuple[int, str], ...] = ()


def parse(data: bytes) -> Parsed:
    """Read a CODEOWNERS file; CeilingError where it is larger than a forge would read."""
    if len(data) > BYTES:
        raise CeilingError(f"a CODEOWNERS file of more than {BYTES:,} bytes")
    rules: list[Rule] = []
    faults: list[tuple[int, str]] = []
    section = ""
    inherited: tuple[str, ...] = ()
    for number, raw in enumerate(data.decode("utf-8-sig", "replace").split("\n"), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if len(rules) + len(faults) >= RULES:
            raise CeilingError(f"more than {RULES:,} rules in CODEOWNERS", line=number)
        if line.startswith(("[", "^[")) and "]" in line:
            section, _, rest = line.lstrip("^[").partition("]")
            if rest.startswith("["):
                rest = rest.partition("]")[2]
            inherited = _owners(rest.split())
            continue
        words = _words(line)
        pattern, named = words[0], [w for w in words[1:] if w]
        owners = _owners(named)
        if len(pattern) > PATTERN or pattern.startswith("!"):
            faults.append((number, f"pattern {pattern[:40]!r} is not one that a forge takes"))
            continue
        if wrong := [w for w in named if w not in owners]:
            faults.append((number, f"{wrong[0][:60]!r} is no owner: @user, @org/team or e-mail"))
            continue
        rules.append(Rule(pattern, owners or inherited, number, section))
    return Parsed(tuple(rules), tuple(faults))


def _words(line: str) -> list[str]:
    """Split at white space that no backslash escapes; a comment ends the line."""
    kept = line.replace("\\ ", "\0").replace("\\#", "\1")
    words = []
    for word in kept.split():
        if word.startswith("#"):
            break
        words.append(word.replace("\0", " ").replace("\1", "#"))
    return words or [""]


def _owners(words: list[str]) -> tuple[str, ...]:
    return tuple(w for w in words if (w.startswith("@") and len(w) > 1) or "@" in w[1:-1])


def owned(parsed: Parsed, path: str) -> bool:
    """Return whether somebody must review a change of *path*: the last rule of a section counts."""
    last: dict[str, Rule] = {}
    for rule in parsed.rules:
        if matches(rule.pattern, path):
            last[rule.section] = rule
    return any(rule.owners for rule in last.values())


def matches(pattern: str, path: str) -> bool:
    """Return whether *path* matches a pattern, anchored or at any depth."""
    whole = pattern.strip()
    if not whole:
        return False
    body = whole.strip("/")
    if not body:
        return True
    parts = [part for part in body.split("/") if part]
    if parts[-1] in ("*", "**") and whole.endswith("/"):
        return True
    open_end = parts[-1] != "*" or len(parts) == 1
    segments = path.split("/")
    if whole.startswith("/"):
        return _segments(parts, segments, open_end=open_end)
    return _segments(["**", *parts], segments, open_end=open_end)


def _segments(parts: list[str], segments: list[str], *, open_end: bool) -> bool:
    """Match folder by folder: the set of positions that the pattern may have come to."""
    reached = {0}
    for part in parts:
        if part == "**":
            reached = set(range(min(reached), len(segments) + 1)) if reached else reached
        else:
            reached = {at + 1 for at in reached if at < len(segments) and _one(part, segments[at])}
        if not reached:
            return False
    return len(segments) in reached or open_end


def _one(pattern: str, text: str) -> bool:
    """Match ``*`` and ``?`` within one folder or file name."""
    p = at = mark = 0
    star = -1
    while at < len(text):
        if p < len(pattern) and pattern[p] == "*":
            star, mark, p = p, at, p + 1
        elif p < len(pattern) and pattern[p] in ("?", text[at]):
            p, at = p + 1, at + 1
        elif star >= 0:
            mark += 1
            at, p = mark, star + 1
        else:
            return False
    return not pattern[p:].strip("*")
