"""What a file's bytes alone tell: programs by their first bytes, characters that deceive.

The search is of bytes, and only where a file holds other than ASCII: a plain file costs one
pass at memory speed. Characters: CVE-2021-42574 (bidirectional controls, Unicode UAX 9),
tag characters and variation selectors that carry hidden bytes, letters that show as nothing.
"""

import re
from functools import cache

TEXT = 8192
"""How many bytes are searched for a zero byte, which text has none of."""

PROGRAMS = frozenset(
    {"elf", "pe", "mach-o", "java-class", "java-archive", "python-bytecode", "dex"}
)
"""The traits that say that a file is a program in machine or byte code."""
DECEPTIVE = frozenset({"bidi", "hidden-data", "invisible"})
"""The traits that say that a text is not what it looks like."""

_CODE = frozenset(
    """
    ada adb ads asm awk bash bat bicep c cc cfg cjs clj cljs cmake cmd coffee cpp cs cshtml css cts
    cu cue cxx d dart do el elm erl ex exs f90 fish fs fsx go gradle groovy h hcl hh hpp hs htm
    html hxx inc ini java jl js json jsonc jsonnet jsp jsx kt kts libsonnet lisp lua m mjs mk ml
    mli mm mts nim nix nomad php pl pm proto ps1 psm1 py pyi pyx r rake rb rego rkt rs s sass scala
    scm scss sh sol sql star svelte swift tcl tf tfvars tmpl toml ts tsx v vb vhd vue xml yaml yml
    zig zsh
    """.split()  # noqa: SIM905 a list would take a hundred lines
)
_NAMES = frozenset(
    "Containerfile Dockerfile Gemfile Jenkinsfile Justfile Makefile Rakefile Vagrantfile".split()  # noqa: SIM905 as above
)
_MACH = (b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe")
_JAVA = ("jar", "war", "ear", "aar")
_CONTROLS = tuple(chr(point).encode() for point in (*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_ISOLATES, _EMBEDS = "\u2066\u2067\u2068", "\u202a\u202b\u202d\u202e"


def traits(path: str, data: bytes, mode: int = 0) -> tuple[str, ...]:
    """Return what is to be told of a file: words of PROGRAMS, DECEPTIVE, or ``setuid``.

    *data* may be the beginning of the file; *mode* are its permission bits.
    """
    found = [word for word in (_program(path, data),) if word]
    if mode & 0o6000:
        found.append("setuid")
    if not found and not data.isascii() and b"\0" not in data[:TEXT]:
        found += (word for word in sorted(DECEPTIVE) if line_of(word, path, data))
    return tuple(found)


def line_of(trait: str, path: str, data: bytes) -> int:
    """Return the line (1-based) where a text first shows a *trait* of DECEPTIVE, or 0."""
    at = -1
    if trait == "hidden-data":
        at = _hidden(data)
    elif is_code(path):
        at = _bidi(data) if trait == "bidi" else _invisible(data)
    return data.count(b"\n", 0, at) + 1 if at >= 0 else 0


def is_code(path: str) -> bool:
    """Return whether a file's name says that a program or a tool reads it, not only people."""
    name = path.rpartition("/")[2]
    stem, dot, ending = name.rpartition(".")
    return (bool(dot) and ending.lower() in _CODE) or name in _NAMES or stem in _NAMES


def _program(path: str, data: bytes) -> str:
    head = data[:4]
    ending = path.rpartition(".")[2].lower()
    if head == b"\x7fELF":
        return "elf"
    if head[:2] == b"MZ":
        at = int.from_bytes(data[60:64], "little")
        return "pe" if data[at : at + 4] == b"PE\0\0" else ""
    if head in _MACH:
        return "mach-o"
    if head == b"\xca\xfe\xba\xbe":
        # A Java class has its major version (45 and up) where a fat Mach-O counts its parts.
        return "java-class" if int.from_bytes(data[6:8], "big") >= 45 else "mach-o"  # noqa: PLR2004
    if head == b"dex\n":
        return "dex"
    if head == b"PK\x03\x04" and ending in _JAVA:
        return "java-archive"
    if ending == "pyc" and data[2:4] == b"\r\n":
        return "python-bytecode"
    return ""


@cache
def _pattern(name: str) -> re.Pattern[bytes]:
    """Compile on use: most scans meet none of these."""
    return re.compile(
        {
            "bidi": rb"\xe2(?:\x80[\xaa-\xae]|\x81[\xa6-\xa9])",
            # U+202A-U+202E or U+2066-U+206F among other ranges: of a regular expression.
            "range": rb"(?<=[\x80-\xff\[^])"
            rb"\xe2(?:\x80\xaa-\xe2\x80\xae|\x81\xa6-\xe2\x81[\xa9\xaf])(?=[\]\\\x80-\xff])",
            "hidden": rb"(?:\xf3\xa0[\x80-\x87][\x80-\xbf]|\xef\xb8[\x80-\x8f]){4}",
            "filler": rb"(?<=[\s,{(\[;=.])(?:\xe3\x85\xa4|\xef\xbe\xa0|\xe1\x85[\x9f\xa0])"
            rb"(?=[\s,})\];=.:(])",
            "joiner": rb"(?<=[A-Za-z0-9_$])\xe2\x80[\x8c\x8d](?=[A-Za-z0-9_$])",
        }[name]
    )


def _bidi(data: bytes) -> int:
    """Return where a line leaves a bidirectional control open, which reorders what follows."""
    if not any(control in data for control in _CONTROLS):
        return -1
    end = -1
    for found in _pattern("bidi").finditer(data):
        if found.start() < end:
            continue
        start = data.rfind(b"\n", 0, found.start()) + 1
        end = data.find(b"\n", found.start())
        end = len(data) if end < 0 else end
        line = _pattern("range").sub(b"", data[start:end])
        if _open(line.decode("utf-8", "replace")):
            return found.start()
    return -1


def _open(line: str) -> bool:
    """Return whether a control is not closed within the line (UAX 9, X1 to X8)."""
    stack: list[str] = []
    for char in line:
        if char in _ISOLATES or char in _EMBEDS:
            stack.append(char)
        elif char == "\u202c" and stack and stack[-1] in _EMBEDS:
            stack.pop()
        elif char == "\u2069":
            while stack and stack[-1] in _EMBEDS:
                stack.pop()
            if stack:
                stack.pop()
    return bool(stack)


def _hidden(data: bytes) -> int:
    """Return where characters that show as nothing follow one another: bytes are hidden there.

    Flags of regions (U+1F3F4 and tags) are the one proper use of tag characters in a row.
    """
    if b"\xf3\xa0" not in data and b"\xef\xb8" not in data:
        return -1
    for found in _pattern("hidden").finditer(data):
        # A flag is U+1F3F4, up to six tags and the cancel tag; none begins further back.
        if b"\xf0\x9f\x8f\xb4" not in data[max(0, found.start() - 16) : found.start()]:
            return found.start()
    return -1


def _invisible(data: bytes) -> int:
    """Return where an identifier is, or holds, a letter that shows as nothing."""
    fillers = (b"\xe3\x85\xa4", b"\xef\xbe\xa0", b"\xe1\x85\x9f", b"\xe1\x85\xa0")
    names = ["filler"] if any(filler in data for filler in fillers) else []
    names += ["joiner"] if b"\xe2\x80\x8c" in data or b"\xe2\x80\x8d" in data else []
    for name in names:
        for found in _pattern(name).finditer(data):
            if not _quoted(data, found.start()):
                return found.start()
    return -1


def _quoted(data: bytes, at: int) -> bool:
    """Return whether a place is within quotes or a comment of its line, as far as one line shows.

    Looks back at most 1,000 bytes: a longer line is minified, and there the answer is yes.
    """
    start = max(0, at - 1000)
    line = data[start:at].rpartition(b"\n")
    if not line[1] and start:
        return True
    before = line[2]
    if any(mark in before for mark in (b"//", b"#", b"/*", b"<!--", b"--")):
        return True
    if before.lstrip().startswith(b"*"):
        return True
    return any(before.count(quote) % 2 for quote in (b'"', b"'", b"`"))
