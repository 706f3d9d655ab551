"""Write the generated pages; --check only compares.

docs/checks/ from the checks and their cases, docs/checks.md their index, docs/controls.md
the frameworks they serve, docs/kubernetes-controls.md the rows of the Kubernetes lists,
docs/commands.md from the command line, docs/result.schema.json from the result's types.
"""

import inspect
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import msgspec

from keten import plugs
from keten.cli import COMMANDS
from keten.model.check import Check
from keten.model.controls import CONTROLS, FRAMEWORKS
from keten.model.kubernetes_rows import AUTOMATED, CIS, GUIDE, Row, responsible
from keten.model.needs import NEEDS
from keten.reports.json import schema

ROOT = Path(__file__).parents[1]
MARK = "<!-- Written by tools/docs.py; edit the code. -->"
LANGUAGES = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".toml": "toml", ".txt": "text"}


def pages() -> dict[str, str]:
    """Return every generated page by its path below the root."""
    checks = {name: plugs.load(Check, name) for name in plugs.names(Check)}
    made = {f"docs/checks/{name}.md": check_page(name, check) for name, check in checks.items()}
    made["docs/checks.md"] = index(checks)
    made["docs/controls.md"] = controls(checks)
    made["docs/kubernetes-controls.md"] = kubernetes()
    made["docs/commands.md"] = commands()
    text = msgspec.json.format(msgspec.json.encode(schema())).decode()
    made["docs/result.schema.json"] = f"{text}\n"
    return made


def check_page(name: str, check: Check) -> str:
    """Return one check's page."""
    doc = inspect.getdoc(sys.modules[check.run.__module__]) or ""
    cases = (ROOT / f"tests/checks/{name}.txt").read_text().strip()
    serves = "\n".join(
        f"- {FRAMEWORKS[key.partition('/')[0]]} {key.partition('/')[2]}: {CONTROLS[key]}"
        for key in check.controls
    )
    needs = "\n".join(f"- `{need}`: {NEEDS[need].what}" for need in check.needs)
    refs = (
        "\n## See\n\n" + "\n".join(f"- <{ref}>" for ref in check.refs) + "\n" if check.refs else ""
    )
    return (
        f"{MARK}\n# {name}\n\n{check.title}. Severity: {check.severity.word}. "
        f"Subject: {check.subject.__struct_config__.tag}. "
        f"Threat source: {', '.join(check.threats)}.\n\n"
        f"## Why\n\n{doc.partition(chr(10) * 2)[2]}\n\n## Fix\n\n{check.fix}\n\n"
        f"## Bad\n\n{example(check.bad.path, masked(name, check.bad.text))}\n"
        f"## Good\n\n{example(check.good.path, check.good.text)}\n"
        f"## Needs\n\n{needs}\n\nWithout it the verdict is UNKNOWN.\n\n## Serves\n\n{serves}\n"
        f"{refs}\n"
        f"## Cases\n\n````text\n{cases}\n````\n"
    )


def masked(name: str, text: str) -> str:
    """Return an example; of a secret, only its beginning: a page is no place for one."""
    if not name.startswith("secrets/"):
        return text
    return re.sub(r"[A-Za-z0-9+/=_.-]{12,}", lambda found: f"{found[0][:4]}…", text)


def example(path: str, text: str) -> str:
    """Return a file as Markdown."""
    language = "console" if path == "$" else LANGUAGES.get(Path(path).suffix, "text")
    head = "" if path == "$" else f"`{path}`\n\n"
    return f"{head}````{language}\n{text.strip(chr(10))}\n````\n"


def index(checks: dict[str, Check]) -> str:
    """Return the list of checks, by link."""
    links: dict[str, list[str]] = defaultdict(list)
    for name, check in checks.items():
        row = f"| [{name}](checks/{name}.md) | {check.severity.word} | {check.title} |"
        links[name.partition("/")[0]].append(row)
    parts = [f"{MARK}\n# The checks\n\n{len(checks)} checks. `keten explain CHECK` prints a page."]
    for link, rows in links.items():
        table = "\n".join(rows)
        parts.append(f"## {link}\n\n| check | severity | what is wrong |\n|---|---|---|\n{table}")
    return "\n\n".join(parts) + "\n"


def controls(checks: dict[str, Check]) -> str:
    """Return which checks serve which control; a control that none serves is told."""
    serving: dict[str, list[str]] = defaultdict(list)
    for name, check in checks.items():
        for key in check.controls:
            serving[key].append(f"[{name}](checks/{name}.md)")
    parts = [f"{MARK}\n# Frameworks\n\nWhich checks give evidence for which control."]
    for framework, title in FRAMEWORKS.items():
        rows = [
            f"| {key.partition('/')[2]} | {words} | {', '.join(serving[key]) or 'none yet'} |"
            for key, words in CONTROLS.items()
            if key.startswith(f"{framework}/")
        ]
        table = "\n".join(rows)
        parts.append(f"## {title}\n\n| control | what it asks | checks |\n|---|---|---|\n{table}")
    return "\n\n".join(parts) + "\n"


def kubernetes() -> str:
    """Return how far each row of the Kubernetes control lists is answered, and by what."""
    head = (
        f"{MARK}\n# Kubernetes controls\n\nEach row of the lists is answered by checks "
        "(automated), by some of what it takes (partly), by a person (manual), or is no question "
        "of configuration (not ours). The last column says whose it is on AKS, EKS and GKE: what "
        "is the provider's is not applicable there, and neither fails nor passes."
    )
    parts = [head]
    for title, rows in (("NSA/CISA Kubernetes Hardening Guide", GUIDE), ("CIS Benchmark", CIS)):
        count = sum(row.state == AUTOMATED for row in rows)
        table = "\n".join(map(kubernetes_row, rows))
        parts.append(
            f"## {title}\n\n{count} of {len(rows)} rows are automated.\n\n"
            f"| row | what it asks | state | checks | managed |\n|---|---|---|---|---|\n{table}"
        )
    return "\n\n".join(parts) + "\n"


def kubernetes_row(row: Row) -> str:
    """Return one row of the table."""
    checks = ", ".join(f"[{name}](checks/{name}.md)" for name in row.checks)
    state = f"{row.state}: {row.note}" if row.note else row.state
    whose, why = responsible(row.key)
    return f"| {row.key} | {row.asks} | {state} | {checks} | {whose}{f': {why}' if why else ''} |"


def commands() -> str:
    """Return what every command says of itself."""
    parts = [f"{MARK}\n# The commands", f"````text\n{helped()}````"]
    parts += [f"## keten {name}\n\n````text\n{helped(name)}````" for name in COMMANDS]
    return "\n\n".join(parts) + "\n"


def helped(*command: str) -> str:
    """Return the help of a command, as wide as a page."""
    environment = {**os.environ, "COLUMNS": "80", "PYTHONPATH": str(ROOT / "src")}
    run = subprocess.run(
        [sys.executable, "-m", "keten", *command, "--help"],
        check=True, capture_output=True, text=True, env=environment,
    )  # fmt: skip
    return run.stdout


def main() -> int:
    """Write the pages, or with --check say which are stale; pages of nothing are stale too."""
    made = pages()
    written = {str(p.relative_to(ROOT)) for p in (ROOT / "docs/checks").rglob("*.md")}
    stale = sorted(written - made.keys())
    for path, text in made.items():
        file = ROOT / path
        if file.exists() and file.read_text() == text:
            continue
        stale.append(path)
        if "--check" not in sys.argv:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    if "--check" not in sys.argv:
        for path in written - made.keys():
            (ROOT / path).unlink()
        return 0
    for path in stale:
        print(f"stale: {path}: run make docs")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
