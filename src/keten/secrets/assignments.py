# ruff: noqa: PLR2004 character codes, and lengths that formats set
r"""Values that are secret because of what they are assigned to.

``password = "…"``, ``API_KEY: …``, ``--token …``, ``<add key="DbPassword" value="…"/>``,
``env('X_KEY', '…')``. What is assigned comes from the line before the operator; what the value
may be depends on the file: in a program an unquoted word is a variable, in a configuration file
it is the value. Vendors' named detectors are asked first, then the generic rules.
"""

import re
from functools import cache, lru_cache
from typing import Any

from msgspec import Struct

from keten.model.finding import Severity
from keten.model.plug import Detector, Match
from keten.secrets import catalogue
from keten.secrets.lazy import Lazy
from keten.secrets.placeholders import entropy, hollow
from keten.secrets.prefilter import latin1, plain
from keten.secrets.randomness import chosen, random_looking

_WORDS = (
    r"(?:passw(?:or)?d|passwort|passphrase|pass|pwd|secret|token|api[_.\-]?key|[a-z0-9]key"
    r"|[_.\-]key|credentials?|creds?|auth|private|access|license|unseal|webhook|dsn|[_\-]pat"
    r"|stream|reporter_id|_api|sid)"
)
GATES = (
    rf"(?i){_WORDS}[\w.\-]{{0,24}}\\{{0,3}}[\"'`]?[\])]{{0,2}}[ \t]{{0,16}}[=:]",
    rf"(?i){_WORDS}[\w.\-]{{0,24}}[\"'][ \t]{{0,4}},[ \t\r\n]{{0,8}}[\"']",
    rf"(?i){_WORDS}[\w.\-]{{0,24}}(?:\"[ \t]{{1,8}}value[ \t]{{0,2}}=|>)",
    r"(?i)-(?:password|passwd|token|secret|api-?key|access-?token|auth-?token|secret-?key)[ \t]",
    r"(?i)(?:password|postmark|datadog|slack|twilio|mailgun)[\"']?[ \t]{0,4}[:,][ \t]{0,4}[\"'`]",
)
REACH = 420
_BEFORE = 200
_LONG_LINE = 1_500
_LONGEST = 300
_OPEN = Lazy(rb"[=:>,(]{0,3}[ \t]{0,24}(?:(?:String|str|bytes|b64)\(|[@$rbuf]{0,2}(?=[\"'`]))?")
_NAMED = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-$"
_UNNAMED = bytes(set(range(256)) - set(_NAMED))
_ATTRIBUTE = Lazy(rb"\"\s{1,8}value\s{0,2}=$")
_LITERAL = Lazy(rb"[\w.\[\]()'\"\-:]{1,80}\s{0,3}(?:\|\||\?\?|or|,)\s{0,3}([\"'])")
# What every value of a program has behind the operator, all of the above in one: a quote.
_HOLDS = Lazy(
    rb"[=:>,(]{0,3}[ \t]{0,24}(?:(?:String|str|bytes|b64)\(|[@$rbuf]{0,2}(?=[\"'`\\]))?\\{0,3}"
    rb"(?:[\"'`]|[\w.\[\]()'\"\-:]{1,80}\s{0,3}(?:\|\||\?\?|or|,)\s{0,3}[\"'])"
)
_BARE = Lazy(rb"[^\s\"'`,;<>()\[\]{}&#|]{4,300}")
_NOT = Lazy(
    rb"(?:public|pub_?key|key_?id|kid|finger|hash|checksum|digest|cache|primary|foreign|partition"
    rb"|sort|token_?type|max_?tok|tokens$|tokeni[sz]|csrf|xsrf|nonce|sha\d|md5|etag|selector"
    rb"|url|uri$|endpoint|path|file|dir$|name|region|zone$|type$|length|size|expir|ttl|count"
    rb"|regex|pattern"
    rb"|format|label|title|hint|help|message|error|policy|field|column|param|class|icon|input"
    rb"|select|version|keyword|author|monkey|turkey|hotkey|shortcut|key_?code|keyframe|keypress"
    rb"|keydown|placeholder|description|ref$|key$[.]|algorithm|method|issuer|audience|scope"
    rb"|mode|enabled|required|valid|reset|forgot|change|confirm|rule|strength|min_?|max_?|prompt"
    rb"|provider|manager|handler|service$|route|link|button|text$|state|status|_at$|date|time"
    rb"|encoding|lang|locale|i18n|translation|sitekey|site_?key|publishable|bypass|compass|passed"
    rb"|passive|passage|passenger|passthrough|tokenizer|secretary|authority|(?:^|_)author"
    rb"|authentication$|annotation|redact|blanking|namespace|identifier|accept"
    rb"|non_?exist)"
)
_ENDS = Lazy(rb"secret|token$|password$|passwd$|api_?key$|secret_?key$")
_NEVER = Lazy(
    rb"forgot|reset|change|confirm|hash|label|hint|csrf|valid|public|name$|max_|min_"
    rb"|namespace|redact|blanking"
)
_STRONG = Lazy(
    rb"pass|pwd|secret|token|api.?key|app.?key|auth|priv|access.?key|cred|[_.\-a-z]key$"
    rb"|encryption.?key|_api$|license|webhook|pat$|key\d?$|stream"
)
_PASSWORD = Lazy(rb"pass(?:w|phrase|wd|$|_)|pwd|pass[a-z0-9]{0,8}$")
_USER = Lazy(
    rb"(?i)(?:user(?:_?name|_?id)?|login|email|account|uid)[\"']?"
    rb"\s{0,3}(?:=>|[=:])\s{0,3}[\"'`]?[\w@.+\-]{3,60}"
)
CODE = frozenset(
    b"py pyi js ts jsx tsx mjs cjs go java kt kts scala rb php c cc cpp cxx h hpp cs fs vb swift m "
    b"mm "
    b"rs lua pl pm r dart ex exs erl hrl clj cljs groovy gradle jl hs ml mli elm nim zig v sol vue "
    b"svelte html htm css scss less xhtml jsp asp aspx cshtml ejs hbs pug proto graphql sql "
    b"ipynb rst adoc po pot map svg".split()
)
_SHELLS = frozenset(b"sh bash zsh ps1 psm1 php pl pm kt kts groovy gradle dart env tf".split())
_DATA = frozenset(b"json jsonc json5 har xml xsd lock sum csv tsv".split())
_STRICT = (CODE | _DATA) - {b"xml"}  # a value has quotes there
_DIGEST = Lazy(rb"@sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})[\"']?$")
_TAG = Lazy(rb"[A-Za-z0-9_][\w.\-]{0,127}")
_QUOTES = b"\"'`"
_SHORTEST = 5


class Found(Struct, frozen=True):
    """What is assigned: which detector says so, where the value stands, how sure."""

    detector: str
    title: str
    kind: str
    severity: Severity
    start: int
    end: int
    match: Match


class Value(Struct, frozen=True):
    """A value as written: its bytes' span, the quote around it (empty: none), its name."""

    start: int
    end: int
    quote: bytes
    text: bytes
    name: bytes
    line: bytes


def look(data: bytes, end: int, *, extension: bytes) -> Found | None:
    """Judge the assignment whose operator ends at *end*; None if it holds no secret."""
    value = read(data, end, extension=extension)
    if value is None or len(value.text) < _SHORTEST or hollow(value.text, weak=True):
        return None
    known, silent = _vendor(value)
    if known is not None:
        return known
    if silent or not _strong(value.name):
        return None
    return _generic(data, value, extension=extension)


def read(data: bytes, end: int, *, extension: bytes) -> Value | None:
    """Return the value that stands behind the operator, or None if there is no literal."""
    behind = end - (data[end - 1] in _QUOTES)
    if extension in _STRICT and _HOLDS.match(data, behind, end + 200) is None:
        return None
    start = data.rfind(b"\n", max(0, end - _BEFORE), end) + 1
    if not start and end > _LONG_LINE and data.rfind(b"\n", end - _LONG_LINE, end) < 0:
        return None  # a line of a minified file
    before = data[max(start, end - _BEFORE) : end]
    if b"value" in before[-8:]:
        tail = _ATTRIBUTE.search(before)
        if tail is not None:
            before = before[: tail.start()]
    name = _name(before[-90:])
    if not name or _ends_badly(name):
        return None
    opened = _OPEN.match(data, behind, end + 40)
    at = opened.end() if opened else end
    slashes = 0
    while data[at : at + 1] == b"\\" and slashes < 3:
        at, slashes = at + 1, slashes + 1
    quote = data[at : at + 1]
    if quote in (b'"', b"'", b"`") and quote:
        closed = _close(data, at, slashes)
        if closed is None or not _argument(data, before, closed + 1):
            return None
        span = (at + 1, closed)
    else:
        if slashes:
            return None
        other = _unquoted(data, at, extension)
        if other is None:
            return None
        span, quote = other
    text = data[span[0] : span[1]]
    if _image(data, behind, text, quote):
        return None
    inner = text.strip(b"\"'")
    span = (span[0] + text.find(inner), span[0] + text.find(inner) + len(inner))
    return Value(span[0], span[1], quote, inner, name, before.lower())


def _image(data: bytes, behind: int, text: bytes, quote: bytes) -> bool:
    """Return whether *text* ends the reference of an image: its digest, or the tag of a path.

    ``image: example.com/secret-store:0a1b2c…`` assigns nothing to a secret.
    """
    if _DIGEST.search(text):
        return True
    if quote or data[behind - 1 : behind] != b":" or not _TAG.fullmatch(text):
        return False
    path = data[max(0, behind - 90) : behind - 1]
    return path[len(path.rstrip(_NAMED)) - 1 : len(path.rstrip(_NAMED))] == b"/"


def _name(before: bytes) -> bytes:
    """Return the last name in *before*, lower case, behind at most 24 other characters."""
    least = max(0, len(before) - 24)
    head = before[: least + len(before[least:].rstrip(_UNNAMED))]
    return head[len(head.rstrip(_NAMED)) :].lower()


def _argument(data: bytes, before: bytes, end: int) -> bool:
    """Return whether a name and value behind a comma are the arguments of one call.

    In any other list the one says nothing of the other.
    """
    names = before.rstrip(b" \t\r\n\"'`")
    if not names.endswith(b","):
        return True
    called = names[:-1].rstrip(b" \t\"'").rstrip(_NAMED).rstrip(b" \t\"'")
    return called.endswith(b"(") and data[end : end + 4].lstrip().startswith(b")")


def _close(data: bytes, at: int, slashes: int) -> int | None:
    quote = b"\\" * slashes + data[at : at + 1]
    end = data.find(quote, at + 1, at + 1 + REACH)
    if end < 0 or data.find(b"\n", at + 1, end) >= 0:
        return None
    tail = data[end + len(quote) : end + len(quote) + 8].lstrip(b" \t")[:1]
    return None if tail in (b"+", b".", b"%") and tail else end


def _unquoted(data: bytes, at: int, extension: bytes) -> tuple[tuple[int, int], bytes] | None:
    """Return the span of a bare value, or of the literal that a variable falls back on."""
    literal = _LITERAL.match(data, at, at + 120)
    if literal is not None:
        end = data.find(literal.group(1), literal.end(), literal.end() + REACH)
        if end > 0 and data.find(b"\n", literal.end(), end) < 0:
            return (literal.end(), end), literal.group(1)
    if extension in _STRICT:
        return None
    bare = _BARE.match(data, at, at + REACH)
    if (
        bare is None
        or bare.end() - at >= _LONGEST
        or data[bare.end() : bare.end() + 1] in (b"(", b"[", b"{")
    ):
        return None
    text = bare.group().rstrip(b".:\\")
    return (at, at + len(text)), b""


@cache
def _names() -> tuple[Any, tuple[Detector, ...]]:
    import re2

    many = re2.Set.SearchSet(latin1())
    for detector in catalogue.named():
        many.Add("|".join(_first(detector.names)).encode())
    many.Compile()
    return many, catalogue.named()


def _first(names: str) -> list[str]:
    """Return the alternatives of a pattern up to their first gap: a set of gaps is too large."""
    parts, depth, start = [], 0, 0
    for at, char in enumerate(names):
        depth += (char == "(") - (char == ")")
        if char == "|" and not depth:
            parts.append(names[start:at])
            start = at + 1
    parts.append(names[start:])
    return [
        part.split(".{")[0]
        if part.split(".{")[0].count("(") == part.split(".{")[0].count(")")
        else part
        for part in parts
    ]


@cache
def _shape(pattern: str) -> Any:
    import re2

    return re2.compile(f"(?:{pattern})".encode(), latin1())


def _vendor(value: Value) -> tuple[Found | None, bool]:
    """Ask the named detectors; the flag says that a strict one's shape did not fit."""
    many, all_named = _names()
    silent = False
    if len(value.text) < 8:
        return None, False
    for number in sorted(many.Match(value.line) or ()):
        detector = all_named[number]
        if plain(detector.names).search(value.line) is None:
            continue
        if _shape(detector.pattern).fullmatch(value.text) is None:
            silent = silent or detector.strict
            continue
        if entropy(value.text) < detector.entropy or hollow(value.text):
            continue
        if not _mixed(value.text) and detector.kind != "password":
            continue
        match = detector.judge(value.text) if detector.judge else Match(70, "name and form fit")
        if match is not None:
            kind, severity = detector.kind, detector.severity
            found = Found(
                detector.id, detector.title, kind, severity, value.start, value.end, match
            )
            return found, False
    return None, silent


@lru_cache(8192)
def _strong(name: bytes) -> bool:
    return _STRONG.search(name) is not None


@lru_cache(8192)
def _ends_badly(name: bytes) -> bool:
    found = _NOT.search(name)
    return found is not None and (_NEVER.search(name) is not None or _ENDS.search(name) is None)


def _mixed(text: bytes) -> bool:
    """Return whether letters and digits, or both cases, mix as in what is made at random."""
    digits = sum(48 <= char <= 57 for char in text)
    lower = sum(97 <= char <= 122 for char in text)
    upper = sum(65 <= char <= 90 for char in text)
    return (
        (digits > 0 and digits < len(text))
        or (lower > 3 and upper > 3 and len(text) > 15)
        or len(text) == digits > 15
    )


def _generic(data: bytes, value: Value, *, extension: bytes) -> Found | None:
    password = _PASSWORD.search(value.name) is not None
    if not password and data[value.start - 5 : value.start].count(b"=") > 1:
        return None  # a comparison
    if hollow(value.text, password=password):
        return None
    if random_looking(value.text, strict=extension in CODE and not value.quote):
        kind = "password" if password else "generic"
        title = "Password" if password else "Secret key or token"
        return _found(f"generic-{kind}", title, kind, Severity.MEDIUM, value=value, sure=55)
    if not password and b"secret" not in value.name:
        return None
    if re.search(rb"\$[A-Za-z_]", value.text) and (not value.quote or extension in _SHELLS):
        return None  # a variable is put in there
    sure = chosen(value.text, quoted=bool(value.quote))
    if not sure:
        if not _plain(data, value, extension):
            return None
    elif _same(value, sure):
        return None
    severity = Severity.MEDIUM if sure > 1 else Severity.LOW
    return _found(
        "generic-password", "Password", "password", severity, value=value, sure=35 + 10 * sure
    )


def _found(
    name: str, title: str, kind: str, severity: Severity, *, value: Value, sure: int
) -> Found:
    return Found(name, title, kind, severity, value.start, value.end, Match(sure))


def _plain(data: bytes, value: Value, extension: bytes) -> bool:
    """Return whether a word is a password after all, by the place it stands in.

    That is in a configuration file, bare, as an environment variable's value, or beside a
    literal user name.
    """
    if extension in CODE | _DATA or len(value.text) < 5 or not value.text.isascii():
        return False
    if not re.fullmatch(rb"[\w-]+", value.text) or (value.quote and b"_" in value.text):
        return False
    if not value.quote and re.search(
        rb"[A-Z]_?PASS(?:WORD|WD)?=$", data[value.start - 12 : value.start]
    ):
        return value.text.lower() not in value.name and not re.search(rb"[_-]pass", value.text)
    return _USER.search(data[max(0, value.start - 240) : value.start]) is not None


def _same(value: Value, sure: int) -> bool:
    """Return whether the value only repeats its name, as in tables of texts and columns."""
    text = re.sub(rb"[^a-z0-9]", b"", value.text.lower())
    name = re.sub(rb"[^a-z0-9]", b"", value.name)
    return text in name or (sure < 2 and len(name) > 5 and name in text)
