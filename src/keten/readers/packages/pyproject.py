"""pyproject.toml: PEP 621, PEP 735 dependency groups, PEP 518 build requirements, and what
Poetry, uv and PDM keep in their tables.
"""  # noqa: D205 one sentence

from typing import Any

from keten.errors import InputError
from keten.formats import toml_lines
from keten.formats.toml_lines import Array, Table
from keten.formats.versions import requirement as pep508
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft

_UNSAFE = ("unsafe-best-match", "unsafe-first-match", "unsafe-any-match")


class _Project:
    def __init__(self, source: Source, root: Table) -> None:
        self.draft = Draft(source, ecosystem="pypi", format="pyproject.toml", lock=False)
        self.root = root
        self.tool = root.table("tool")
        self.sources = self.tool.table("uv").table("sources")
        self.names: list[str] = []

    def read(self) -> Facts:
        project, draft = self.root.table("project"), self.draft
        self.listed(project.get("dependencies"), needed=True)
        for extra in project.table("optional-dependencies").values():
            self.listed(extra, optional=True)
        for group in self.root.table("dependency-groups").values():
            self.listed(group, development=True)
        self.listed(self.tool.table("uv").get("dev-dependencies"), development=True)
        for group in self.tool.table("pdm").table("dev-dependencies").values():
            self.listed(group, development=True)
        self.listed(self.root.table("build-system").get("requires"), development=True)
        self.poetry(self.tool.table("poetry"))
        self.indexes()
        poetry = self.tool.table("poetry")
        draft.settings["dependencies"] = sorted(set(self.names))
        private = any(
            "Private ::" in text for text, _ in toml_lines.texts(project.get("classifiers"))
        )
        built = "build-system" in self.root
        draft.settings["application"] = bool(
            private
            or poetry.get("package-mode") is False
            or self.tool.table("uv").get("package") is False
            or (project and not built)
        )
        return draft.facts()

    def listed(
        self,
        items: Any,
        *,
        needed: bool = False,
        development: bool = False,
        optional: bool = False,
    ) -> None:
        for text, line in toml_lines.texts(items):
            try:
                found = pep508.parse(text)
            except InputError as error:
                self.draft.problem(error.what, line)
                continue
            if needed and not found.marker:
                self.names.append(found.name)
            source, version = pep508.source_of(found.url) if found.url else ("", "")
            self.draft.add(
                found.name,
                version,
                line=line,
                direct=True,
                development=development,
                optional=optional,
                constraint=found.constraint,
                source=source or self.uv_source(found.name),
            )

    def uv_source(self, name: str) -> str:
        for key, value in self.sources.items():
            if pep508.normalise(key) == name:
                one = value[0] if isinstance(value, Array) and value else value
                return _origin(one) if isinstance(one, Table) else ""
        return ""

    def poetry(self, poetry: Table) -> None:
        self.table(poetry.table("dependencies"), development=False)
        self.table(poetry.table("dev-dependencies"), development=True)
        groups = poetry.table("group")
        for name in groups:
            self.table(groups.table(name).table("dependencies"), development=name != "main")
        for source in poetry.tables("source"):
            extra = source.text("priority") in ("supplemental", "secondary")
            self.draft.note(
                "indexes",
                {"url": source.text("url"), "extra": extra or source.get("secondary") is True},
                source.at("url"),
            )

    def table(self, wanted: Table, *, development: bool) -> None:
        for name, value in wanted.items():
            if name == "python":
                continue
            for one in value if isinstance(value, Array) else [value]:
                constraint, origin, optional = one if isinstance(one, str) else "", "", False
                if isinstance(one, Table):
                    constraint, origin = one.text("version"), _origin(one)
                    optional = one.get("optional") is True
                always = isinstance(one, str) or not ("markers" in one or "python" in one)
                if always and not development and not optional:
                    self.names.append(pep508.normalise(name))
                self.draft.add(
                    pep508.normalise(name),
                    line=wanted.at(name),
                    direct=True,
                    development=development,
                    optional=optional,
                    constraint=constraint,
                    source=origin,
                )

    def indexes(self) -> None:
        uv, note = self.tool.table("uv"), self.draft.note
        for table in (uv, uv.table("pip")):
            unsafe = table.text("index-strategy") in _UNSAFE[:1]
            if table.text("index-url"):
                item = {"url": table.text("index-url"), "extra": False}
                note("indexes", item, table.at("index-url"))
            for url, line in toml_lines.texts(table.get("extra-index-url")):
                # uv takes the first index that has the name, unless it is told otherwise.
                note("indexes", {"url": url, "extra": unsafe}, line)
            for host, line in toml_lines.texts(table.get("allow-insecure-host")):
                note("trusted_hosts", host, line)
        for kind, tables in (
            ("uv", uv.tables("index")),
            ("pdm", self.tool.table("pdm").tables("source")),
        ):
            unsafe = kind == "uv" and uv.text("index-strategy") in _UNSAFE[:1]
            for item in tables:
                extra = unsafe and item.get("explicit") is not True
                note("indexes", {"url": item.text("url"), "extra": extra}, item.at("url"))
                if item.get("verify_ssl") is False:
                    note("trusted_hosts", item.text("url"), item.at("verify_ssl"))


def _origin(value: Table) -> str:
    if value.text("git"):
        ref = value.text("rev") or value.text("tag") or value.text("branch")
        return f"git+{value.text('git')}" + (f"#{ref}" if ref else "")
    if value.text("path") or value.text("file"):
        return f"path:{value.text('path') or value.text('file')}"
    return "path:." if value.get("workspace") is True else value.text("url")


def read(source: Source) -> Facts:
    """Return the requirements of one pyproject.toml."""
    root = toml_lines.parse(source.data)
    if not any(key in root for key in ("project", "tool", "dependency-groups", "build-system")):
        return Facts()
    return _Project(source, root).read()


READER = Reader(
    title="pyproject.toml",
    media_type="application/toml",
    read=read,
    link=Link.DEPENDENCIES,
    names=("pyproject.toml",),
)
