"""Cargo.toml: what a crate or workspace asks for."""

from typing import Any

from keten.formats import toml_lines
from keten.formats.toml_lines import Table
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft

_KINDS = {"dependencies": False, "dev-dependencies": True, "build-dependencies": True}


def read(source: Source) -> Facts:
    """Return the requirements of one Cargo.toml, those for single platforms among them."""
    root = toml_lines.parse(source.data)
    draft = Draft(source, ecosystem="cargo", format="Cargo.toml", lock=False)
    needed: list[str] = []
    targets = root.table("target")
    for table in [root, *(targets.table(name) for name in targets)]:
        for kind, development in _KINDS.items():
            needed += _take(draft, table.table(kind), development=development)
    _take(draft, root.table("workspace").table("dependencies"), development=False)
    for section in ("patch", "replace"):
        for name, line in root.table(section).lines.items():
            draft.note("patches", name, line)
    folder = source.path.removesuffix("Cargo.toml")
    settings = draft.settings
    settings["dependencies"] = sorted(set(needed))
    settings["workspace"] = "workspace" in root
    settings["application"] = "bin" in root or source.files.exists(f"{folder}src/main.rs")
    return draft.facts()


def _take(draft: Draft, items: Table, *, development: bool) -> list[str]:
    needed = []
    for name, value in items.items():
        constraint, origin = _wanted(value)
        real = value.text("package") if isinstance(value, Table) else ""
        local = isinstance(value, Table) and value.get("workspace") is True
        if local:
            continue  # the workspace's own table says what it is
        draft.add(
            real or name,
            line=items.at(name),
            direct=True,
            development=development,
            optional=isinstance(value, Table) and value.get("optional") is True,
            constraint=constraint,
            source=origin,
        )
        if not development and not origin.startswith("path:"):
            needed.append(real or name)
    return needed


def _wanted(value: Any) -> tuple[str, str]:
    if isinstance(value, str):
        return value, ""
    if not isinstance(value, Table):
        return "", ""
    constraint = value.text("version")
    if value.text("git"):
        ref = value.text("rev") or value.text("tag") or value.text("branch")
        return constraint, f"git+{value.text('git')}" + (f"#{ref}" if ref else "")
    if value.text("path"):
        return constraint, f"path:{value.text('path')}"
    return constraint, value.text("registry-index")


READER = Reader(
    title="Cargo.toml",
    media_type="application/toml",
    read=read,
    link=Link.DEPENDENCIES,
    names=("Cargo.toml",),
)
