"""Each reader of packages against files of its format and what must be read of them.

``tests/golden/packages/PLUG.txt`` (and ``PLUG@VARIANT.txt``) holds sections: ``-- file: PATH --``
(the first is read, the others stand beside it) and ``-- facts --``, one line a package, edge,
setting and problem. With KETEN_GOLDEN=write the last section is written anew, to be read before
it is committed.
"""

import os
import re
from pathlib import Path

import msgspec
import pytest

from keten import plugs
from keten.model.delivery import Manifest, Package
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.testing.examples import Memory

GOLDEN = Path(__file__).parent / "golden" / "packages"
PLUGS = [name for name in plugs.names(Reader) if name.startswith("packages/")]
_SECTION = re.compile(r"^-- (file: (.+)|facts) --\n", re.MULTILINE)


def sections(text: str) -> tuple[dict[str, bytes], str]:
    parts = _SECTION.split(text)[1:]
    files = {p: body.encode() for p, body in zip(parts[1::3], parts[2::3], strict=True) if p}
    return files, parts[-1] if parts[-3] == "facts" else ""


def read(plug: str, files: dict[str, bytes]) -> Facts:
    path = next(iter(files))
    return plugs.load(Reader, plug).read(Source(path, files[path], Memory(files)))


def told(facts: Facts) -> str:
    lines: list[str] = []
    at = {place.node: (place.line, place.column) for place in facts.places}
    for node in facts.nodes:
        if isinstance(node, Manifest):
            lines.append(f"manifest {node.format} lock={node.lock} hashed={node.hashed}")
            lines += [
                f"  {key} {msgspec.json.encode(value).decode()}"
                for key, value in sorted(node.settings.items())
            ]
        elif isinstance(node, Package):
            line, column = at[node.ref]
            assert line == node.line
            direct = {True: "direct", False: "transitive", None: "unknown"}[node.direct]
            words = [f"{line}:{column}", node.purl, direct]
            words += ["development"] * node.development + ["optional"] * node.optional
            words += [f"constraint {node.constraint!r}"] * bool(node.constraint)
            words += [f"from {node.source}"] * bool(node.source)
            words += [h[:20] for h in node.hashes]
            lines.append(" ".join(words))
    for edge in facts.edges:
        if edge.relation == "requires":
            src, dst = (ref.partition("#")[2] for ref in (edge.src, edge.dst))
            lines.append(f"{src} -> {dst} {edge.trust.name.lower()}")
    lines += [f"problem {p.line}:{p.column} {p.what}" for p in facts.problems]
    return "\n".join(lines) + "\n"


def test_every_reader_has_a_golden_file() -> None:
    have = {f"packages/{path.stem.partition('@')[0]}" for path in GOLDEN.glob("*.txt")}

    assert have == set(PLUGS)


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.txt")))
def test_reads(name: str) -> None:
    golden = GOLDEN / f"{name}.txt"
    text = golden.read_text()
    files, expected = sections(text)

    got = told(read(f"packages/{name.partition('@')[0]}", files))

    if os.environ.get("KETEN_GOLDEN") == "write":
        golden.write_text(text.partition("-- facts --\n")[0] + "-- facts --\n" + got)
    else:
        assert got == expected
