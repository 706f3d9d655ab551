"""What a file's bytes tell, who owns it, its submodules, and what runs when it is opened."""

import contextlib
from types import ModuleType

import pytest
from growing import Work, linear, repeated
from hypothesis import given, settings
from hypothesis import strategies as st

from keten.errors import InputError
from keten.formats import codeowners
from keten.formats.content import line_of, traits
from keten.model.facts import Facts
from keten.model.plug import Source
from keten.readers import autorun, gitmodules
from keten.readers import codeowners as owners_reader
from keten.testing.examples import Memory


def read(reader: ModuleType, path: str, text: str) -> Facts:
    facts: Facts = reader.READER.read(Source(path, text.encode(), Memory({})))
    return facts


HIDDEN = "".join(chr(0xE0100 + byte) for byte in b"evil")
ENGLAND = "\U0001f3f4" + "".join(chr(0xE0000 + ord(c)) for c in "gbeng") + "\U000e007f"


@pytest.mark.parametrize(("path", "text", "expected"), [
    ("a.c", "int a; /* \u202e } \u2066if (admin)\u2069 \u2066 begin */\n", ("bidi",)),
    ("a.js", "var c = /[\u200b-\u200f\u202a-\u202e\u2060]/\n", ()),
    ("a.js", 'bmp:"\u2060-\u2064\u2066-\u206f\\ufeff"\n', ()),
    ("a.js", "var c = 1 /* \u202a-\u202e } if (admin) */\n", ("bidi",)),
    ("a.py", "access = 'user\u202e \u2066# check\u2069 \u2066'\n", ("bidi",)),
    ("a.py", "name = '\u202b\u05d0\u05d1\u202c'\n", ()),
    ("a.py", "name = '\u2067\u05d0\u05d1\u2069'\n", ()),
    ("he.po", 'msgstr "\u202b\u05d0\u05d1"\n', ()),
    ("README.md", "\u202b\u05d0\u05d1\n", ()),
    ("a.js", "const { timeout,\u3164} = req.query;\n", ("invisible",)),
    ("a.js", "send('hello \u3164 world');\n", ()),
    ("a.js", "// \u3164 \n", ()),
    ("a.js", "const ad\u200dmin = 1;\n", ("invisible",)),
    ("a.js", "const t = 'ad\u200dmin';\n", ()),
    ("a.js", f"eval(decode('{HIDDEN}'));\n", ("hidden-data",)),
    ("README.md", f"a{HIDDEN}b\n", ("hidden-data",)),
    ("README.md", f"{ENGLAND}{ENGLAND} flags, \u2764\ufe0f hearts\ufe0f\n", ()),
    ("a.py", "# “quotes” — dashes … and e\u0301\n", ()),
])  # fmt: skip
def test_deceptive_text(path: str, text: str, expected: tuple[str, ...]) -> None:
    assert traits(path, text.encode()) == expected


@pytest.mark.parametrize(("path", "data", "expected"), [
    ("tool", b"\x7fELF\2\1\1", ("elf",)),
    ("a.exe", b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0", ("pe",)),
    ("a.txt", b"MZ is a word", ()),
    ("tool", b"\xcf\xfa\xed\xfe\7\0\0\1", ("mach-o",)),
    ("tool", b"\xca\xfe\xba\xbe\0\0\0\2", ("mach-o",)),
    ("A.class", b"\xca\xfe\xba\xbe\0\0\0\x41", ("java-class",)),
    ("a.jar", b"PK\3\4rest", ("java-archive",)),
    ("a.zip", b"PK\3\4rest", ()),
    ("a.pyc", b"\xa7\x0d\x0d\x0a", ("python-bytecode",)),
    ("logo.png", b"\x89PNG\r\n\x1a\n\0\xe2\x80\xae", ()),
])  # fmt: skip
def test_programs(path: str, data: bytes, expected: tuple[str, ...]) -> None:
    assert traits(path, data) == expected


def test_line_and_mode() -> None:
    assert line_of("bidi", "a.c", "one\ntwo\n\u202e\n".encode()) == 3
    assert traits("run", b"#!/bin/sh\n", 0o4755) == ("setuid",)


HOSTILE = {
    ascii(unit[:2]): Work(
        repeated(unit.encode()),
        lambda data: traits("a.js", data),
        5_000_000 // len(unit.encode()),
    )
    for unit in ("\u202e", "\u202e\n", HIDDEN, "\u3164 ", "a\u200d", "\u2069")
}


@pytest.mark.parametrize(
    ("name", "expected"),
    list(
        zip(
            HOSTILE,
            [("bidi",), ("bidi",), ("hidden-data",), ("invisible",), ("invisible",), ()],
            strict=True,
        )
    ),
)
def test_large_files_take_steps_by_their_size(name: str, expected: tuple[str, ...]) -> None:
    work = HOSTILE[name]
    linear(work)
    assert traits("a.js", work.make(work.size // 10)) == expected


@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda t: t.encode()))
@settings(max_examples=300, deadline=None)
def test_any_bytes(data: bytes) -> None:
    for path in ("a.js", "a.pyc", "README.md"):
        assert set(traits(path, data)) <= {
            "elf", "pe", "mach-o", "java-class", "python-bytecode", "dex", "bidi", "hidden-data",
            "invisible",
        }  # fmt: skip
    with contextlib.suppress(InputError):
        codeowners.owned(codeowners.parse(data), "CODEOWNERS")
    for reader, path in ((autorun, ".vscode/tasks.json"), (gitmodules, ".gitmodules")):
        with contextlib.suppress(InputError):
            reader.READER.read(Source(path, data, Memory({})))


@pytest.mark.parametrize(("pattern", "path", "expected"), [
    ("*", "a/b.c", True),
    ("*.js", "src/a.js", True),
    ("*.js", "src/a.jsx", False),
    ("/docs/", "docs/a/b.md", True),
    ("/docs/", "src/docs/a.md", False),
    ("docs/", "src/docs/a.md", True),
    ("docs/*", "docs/a.md", True),
    ("docs/*", "docs/b/a.md", False),
    ("/apps/**/web", "apps/a/b/web/x", True),
    ("**/logs", "build/logs/a.log", True),
    ("/.github/", ".github/CODEOWNERS", True),
    (".github", ".github/CODEOWNERS", True),
    ("CODEOWNERS", ".github/CODEOWNERS", True),
    ("/CODEOWNERS", ".github/CODEOWNERS", False),
    ("/.github/workflows/*.yml", ".github/workflows/a.yml", True),
    ("?at", "cat", True),
    ("*a*a*a*a*a*b", "a" * 400, False),
])  # fmt: skip
def test_owner_patterns(pattern: str, path: str, expected: bool) -> None:  # noqa: FBT001 a table
    assert codeowners.matches(pattern, path) is expected


def test_codeowners_rules_sections_and_faults() -> None:
    text = (
        "# comment\n* @a/all a@x.org # trailing\n/docs/\\ a/ @b\n/src/ developers\n!x @a\n"
        "/.github/\n[Release][2] @r/team\n/deploy/\n"
    )
    (node,) = read(owners_reader, ".github/CODEOWNERS", text).nodes

    assert [(r.pattern, r.owners) for r in node.rules] == [
        ("*", ("@a/all", "a@x.org")), ("/docs/ a/", ("@b",)), ("/.github/", ()),
        ("/deploy/", ("@r/team",)),
    ]  # fmt: skip
    assert (node.itself, node.workflows) == (False, False)
    assert [fault[:6] for fault in node.faults] == ["line 4", "line 5"]


def test_submodules_with_lines() -> None:
    text = '[submodule "a.b/c"]\n\tpath = "x y"\n\turl = ../c ; comment\n[other]\n\tx = 1\n'
    facts = read(gitmodules, ".gitmodules", text)

    (node,) = facts.nodes
    assert (node.name, node.path, node.url) == ("a.b/c", "x y", "../c")
    assert facts.places[0].line == 1


COMMENTED = """// c
{"tasks": [/* c */ {"label": "a//b", "command": "x", "args": ["-y", {"value": "z"}], // c
 "runOptions": {"runOn": "folderOpen",},},],}"""


@pytest.mark.parametrize(("path", "text", "expected"), [
    (".vscode/tasks.json",
     COMMENTED, ["VS Code: x -y z"]),
    (".vscode/tasks.json", '{"tasks": [{"command": "x"}]}', [": "]),
    ("a.code-workspace",
     '{"tasks": {"tasks": [{"script": "w", "runOptions": {"runOn": "folderOpen"}}]}}',
     ["VS Code: w"]),
    (".devcontainer/devcontainer.json", '{"initializeCommand": ["sh", "x"]}',
     ["devcontainer: sh x"]),
    (".devcontainer/devcontainer.json", '{"postCreateCommand": "x"}', [": "]),
    (".claude/settings.json",
     '{"hooks": {"SessionStart": [{"hooks": [{"type": "command", "command": "run"}]}]}}',
     ["Claude Code: run"]),
])  # fmt: skip
def test_what_runs_on_open(path: str, text: str, expected: list[str]) -> None:
    assert [f"{n.tool}: {n.command}" for n in read(autorun, path, text).nodes] == expected
