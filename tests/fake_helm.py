"""A small stand-in for helm: enough of its template language for the tests, and no more.

It knows ``{{ .Values.a }}``, ``toYaml``, ``nindent``, ``quote``, ``with`` and ``if``.
"""

import re
import sys
from pathlib import Path
from typing import Any

import yaml

ACTION = re.compile(r"\{\{(-?) *(.*?) *(-?)\}\}")


def value(text: str, dot: Any, root: Any) -> Any:
    """Return what a pipeline's first part is."""
    found = root if text.startswith(".Values") else dot
    for name in text.split(".")[2 if text.startswith(".Values") else 1 :]:
        if name:
            found = (found or {}).get(name)
    return found


def said(text: str, dot: Any, root: Any) -> str:
    """Return what an action prints."""
    first, *filters = [part.strip() for part in text.split("|")]
    words = first.split()
    found = value(words[-1], dot, root)
    if words[0] == "toYaml":
        found = yaml.safe_dump(found, sort_keys=False).rstrip("\n")
    elif isinstance(found, bool):
        found = str(found).lower()
    for name in filters:
        if name.startswith("nindent"):
            blank = " " * int(name.split()[1])
            found = "\n" + "\n".join(blank + line for line in str(found).split("\n"))
        elif name == "quote":
            found = f'"{found}"'
    return "" if found is None else str(found)


def rendered(text: str, root: Any) -> str:
    """Return a template with its actions carried out, line by line."""
    out: list[str] = []
    scopes: list[tuple[bool, Any]] = [(True, None)]
    for line in text.split("\n"):
        only = ACTION.fullmatch(line.strip())
        word = only[2].split(" ")[0] if only else ""
        if only and word in {"with", "if"}:
            found = value(only[2].split()[1], scopes[-1][1], root)
            dot = found if word == "with" else scopes[-1][1]
            scopes.append((scopes[-1][0] and bool(found), dot))
        elif word == "end":
            scopes.pop()
        elif scopes[-1][0]:
            dot = scopes[-1][1]
            made = ACTION.sub(lambda m: said(m[2], dot, root), line)  # noqa: B023 used at once
            out.append(made.lstrip("\n ") if made.strip() and only and "\n" not in made else made)
    return "\n".join(row for row in "\n".join(out).split("\n") if row.strip())


def main(folder: Path) -> None:
    """Print what the templates of a chart make."""
    values = yaml.safe_load((folder / "values.yaml").read_text()) or {}
    for file in sorted((folder / "templates").glob("*.yaml")):
        print(f"---\n# Source: {file.name}\n{rendered(file.read_text(), values)}")


if __name__ == "__main__":
    main(Path(sys.argv[-1]))
