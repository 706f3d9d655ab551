"""Ignore files of other scanners: .trivyignore, .trivyignore.yaml, .grype.yaml, osv-scanner.toml.

Each is read as what it says of vulnerabilities. What it says of other things (secrets,
licences), and a rule whose conditions keten can not ask for, is left out and told: a rule
must never cover more than it did where it comes from.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from msgspec import Struct

from keten.errors import CeilingError, InputError
from keten.formats.lazy_pattern import lazy

MAX_BYTES = 4 << 20
MAX_RULES = 20_000
MAX_TEXT = 500
NAMES = (".trivyignore", ".trivyignore.yaml", ".trivyignore.yml", ".grype.yaml", ".grype.yml",
         ".grype/config.yaml", "osv-scanner.toml")  # fmt: skip


class Rule(Struct, frozen=True, omit_defaults=True):
    """One rule: patterns as a waiver has them. *until* is its own end, None where it has none."""

    vulnerability: str = "*"
    package: str = "*"
    path: str = "*"
    reason: str = ""
    until: date | None = None
    line: int = 0


class Ignored(Struct, frozen=True):
    """What a file says, and what of it was left out and why (line, what)."""

    tool: str
    rules: tuple[Rule, ...] = ()
    left_out: tuple[tuple[int, str], ...] = ()


_SOURCES = (
    "CVE GHSA GO PYSEC RUSTSEC OSV MAL DSA DLA DEBIAN USN UBUNTU ALPINE RHSA ALSA RLSA ELSA SUSE "
    "openSUSE ALAS CGA TEMP HSEC RSEC BIT DRUPAL EEF GSD JLSEC KUBE MGASA OESA PHSA PSF V8 ASB "
    "SNYK NSWG OSEC MINI ECHO AZL"
)
_ID = lazy(rf"(?:{_SOURCES.replace(' ', '|')})-[A-Za-z0-9:._-]{{1,80}}")


def read(name: str, data: bytes) -> Ignored:
    """Return what the file *name* (its last part tells the format) says; InputError else."""
    if len(data) > MAX_BYTES:
        raise CeilingError(f"{len(data):,} bytes; at most {MAX_BYTES:,} are read")
    last = name.replace("\\", "/").rpartition("/")[2]
    how = _READERS.get(last)
    if how is None and name.endswith(".grype/config.yaml"):
        how = _grype
    if how is None:
        raise InputError(
            f"{last}: not the name of an ignore file", advice=f"Known are {', '.join(NAMES)}."
        )
    found = how(data)
    if len(found.rules) > MAX_RULES:
        raise CeilingError(f"more than {MAX_RULES:,} rules")
    return found


def literal(text: str) -> str:
    """Return *text* as a pattern that takes only it."""
    return re.sub(r"([*?\[])", r"[\1]", text)


def day(text: object) -> date | None:
    """Return the day of a date or time; None for what is none."""
    try:
        return date.fromisoformat(text[:10]) if isinstance(text, str) else None
    except ValueError:
        return None


def _short(text: object) -> str:
    return " ".join(text[:MAX_TEXT].split()) if isinstance(text, str) else ""


def _trivy_lines(data: bytes) -> Ignored:
    """Read .trivyignore: an id a line, ``exp:YYYY-MM-DD`` behind it; a comment above is why."""
    rules: list[Rule] = []
    left: list[tuple[int, str]] = []
    comment = ""
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        text, _, behind = line.partition("#")
        words = text.split()
        if not words:
            comment = _short(behind) if behind.strip() else ""
            continue
        if len(rules) > MAX_RULES:
            break
        name = words[0][:100]
        ends = [word[4:] for word in words[1:] if word.startswith("exp:")]
        if not _ID.fullmatch(name):
            left.append((number, f"{name}: not the id of a vulnerability"))
        elif ends and day(ends[0]) is None:
            left.append((number, f"{name}: {ends[0][:20]!r} is no day"))
        else:
            until = day(ends[0]) if ends else None
            rules.append(
                Rule(literal(name), reason=_short(behind) or comment, until=until, line=number)
            )
    return Ignored("Trivy", tuple(rules), tuple(left))


def _yaml(data: bytes) -> tuple[dict[str, Any], Callable[[str], int]]:
    from keten.formats.yaml.documents import Dialect, load_all

    document = next(iter(load_all(data, Dialect.CORE)), None)
    if document is None or document.value is None:
        return {}, lambda _: 0
    if not isinstance(document.value, dict):
        raise InputError("not a mapping", line=document.line)
    return document.value, lambda at: document.fields.get(at, 0)


def _trivy_yaml(data: bytes) -> Ignored:
    root, line = _yaml(data)
    rules: list[Rule] = []
    left: list[tuple[int, str]] = []
    for key, listed in root.items():
        for number, item in enumerate(listed if isinstance(listed, list) else ()):
            at = line(f"{key}[{number}]")
            name = str(item.get("id", ""))[:100] if isinstance(item, dict) else ""
            if key != "vulnerabilities":
                left.append((at, f"{name}: of {str(key)[:40]}, not a vulnerability"))
            elif not name:
                left.append((at, "no id"))
            elif item.get("expired_at") is not None and day(item["expired_at"]) is None:
                left.append((at, f"{name}: expired_at is no day"))
            else:
                rules += _scoped(item, name, at)
    return Ignored("Trivy", tuple(rules), tuple(left))


def _scoped(item: dict[str, Any], name: str, line: int) -> Iterator[Rule]:
    """Yield a rule for each purl and path that it is held to."""
    for purl in _texts(item.get("purls")) or ["*"]:
        # A purl without a version means all of them.
        whole = "@" in purl.partition("?")[0].rpartition("/")[2] or purl == "*"
        package = literal(purl) if whole else f"{literal(purl)}@*"
        for path in _texts(item.get("paths")) or ["*"]:
            yield Rule(
                literal(name),
                "*" if purl == "*" else package,
                path.replace("**/", "*").replace("**", "*"),
                _short(item.get("statement")),
                day(item.get("expired_at")),
                line,
            )


def _texts(value: object) -> list[str]:
    return [one[:1000] for one in value if isinstance(one, str)] if isinstance(value, list) else []


# Grype's package types as PURL types.
_TYPES = {
    "apk": "apk", "deb": "deb", "dotnet": "nuget", "gem": "gem", "go-module": "golang",
    "java-archive": "maven", "npm": "npm", "php-composer": "composer", "python": "pypi",
    "rpm": "rpm", "rust-crate": "cargo",
}  # fmt: skip
_VENDORED = frozenset({"apk", "deb", "rpm"})
"""PURL types whose namespace is a vendor that the name does not tell."""


def _pattern(kind: str, name: str, version: str) -> str:
    """Return the pattern of a package's purl (without qualifiers), or of its name and version."""
    if not kind:
        return f"{name or '*'}@{version or '*'}"
    if not name:
        return f"pkg:{kind}/*@{version or '*'}"
    if kind == "golang" and version[:1].isdigit():
        version = f"v{version}"  # as go.mod and purls have it
    between = "*/" if kind in _VENDORED else ""
    return f"pkg:{kind}/{between}{name.replace(':', '/')}@{version or '*'}"


_ASKED = frozenset({"vulnerability", "reason", "package", "include-aliases"})
_OF_PACKAGE = frozenset({"name", "version", "type", "location"})


def _grype(data: bytes) -> Ignored:
    root, line = _yaml(data)
    rules: list[Rule] = []
    left: list[tuple[int, str]] = []
    listed = root.get("ignore")
    for number, item in enumerate(listed if isinstance(listed, list) else ()):
        at = line(f"ignore[{number}]")
        if not isinstance(item, dict):
            left.append((at, "no rule"))
            continue
        told = item.get("package")
        package = told if isinstance(told, dict) else {}
        more = sorted(
            {str(k) for k, v in item.items() if v and k not in _ASKED}
            | {f"package.{k}" for k, v in package.items() if v and k not in _OF_PACKAGE}
        )
        name = str(item.get("vulnerability") or "")[:100]
        if more:
            left.append((at, f"{name or 'a rule'}: keten can not ask for {', '.join(more)[:200]}"))
        elif not name and not package:
            left.append((at, "a rule that says nothing"))
        else:
            rules.append(_grype_rule(item, package, name, at))
    return Ignored("Grype", tuple(rules), tuple(left))


def _grype_rule(item: dict[str, Any], package: dict[str, Any], name: str, line: int) -> Rule:
    called = literal(str(package.get("name") or "")[:300]) or "*"
    called = called.replace(".[*]", "*")  # Grype takes a regular expression here
    version = literal(str(package.get("version") or "")[:300])
    kind = str(package.get("type") or "")
    plain = called == "*" and not version and not kind
    pattern = "*" if plain else _pattern(_TYPES.get(kind, kind[:40]), called, version)
    where = str(package.get("location") or "").lstrip("/")[:1000]
    return Rule(
        literal(name) if name else "*",
        pattern,
        where.replace("**/", "*").replace("**", "*") or "*",
        _short(item.get("reason")),
        None,
        line,
    )


def _osv(data: bytes) -> Ignored:
    from keten.formats import toml_lines

    root = toml_lines.parse(data)
    rules: list[Rule] = []
    left: list[tuple[int, str]] = []
    for item in root.tables("IgnoredVulns"):
        name, until = item.text("id")[:100], item.get("ignoreUntil")
        if not name:
            left.append((item.line, "no id"))
        elif until is not None and day(until) is None:
            left.append((item.line, f"{name}: ignoreUntil is no day"))
        else:
            rules.append(Rule(literal(name), reason=_short(item.get("reason")), until=day(until),
                              line=item.line))  # fmt: skip
    for item in root.tables("PackageOverrides"):
        found = _override(item)
        if isinstance(found, str):
            left.append((item.line, found))
        else:
            rules.append(found)
    return Ignored("OSV-Scanner", tuple(rules), tuple(left))


def _override(item: Any) -> Rule | str:
    name = item.text("name")[:300]
    told = name or "an override"
    ignored = item.get("ignore") is True or item.table("vulnerability").get("ignore") is True
    if not ignored:
        return f"{told}: ignores no vulnerability"
    if item.text("group"):
        return f"{told}: keten can not ask for a group"
    until = item.get("effectiveUntil")
    if until is not None and day(until) is None:
        return f"{told}: effectiveUntil is no day"
    version, ecosystem = item.text("version")[:300], item.text("ecosystem")
    if not (name or ecosystem):
        return f"{told}: names neither a package nor an ecosystem"
    kind = ""
    if ecosystem:
        from keten.formats import osv

        kind = osv.PURL_TYPES.get(osv.base(ecosystem), "")
        if not kind:
            return f"{told}: keten does not know the ecosystem {ecosystem[:40]}"
    pattern = _pattern(kind, literal(name), literal(version))
    return Rule("*", pattern, reason=_short(item.get("reason")), until=day(until), line=item.line)


_READERS: dict[str, Callable[[bytes], Ignored]] = {
    ".trivyignore": _trivy_lines,
    ".trivyignore.yaml": _trivy_yaml,
    ".trivyignore.yml": _trivy_yaml,
    ".grype.yaml": _grype,
    ".grype.yml": _grype,
    "osv-scanner.toml": _osv,
}
