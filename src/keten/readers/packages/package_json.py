"""package.json: what a project of npm, Yarn, pnpm or Bun asks for."""

from typing import Any

from keten.errors import InputError
from keten.formats import json_index
from keten.formats.json_index import Document, strings, table, text
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, anonymous

_KEYS = ("dependencies", "optionalDependencies", "devDependencies", "peerDependencies")
_LIFECYCLE = ("preinstall", "install", "postinstall", "prepare")
_HOSTS = {
    "github": "https://github.com/", "gitlab": "https://gitlab.com/",
    "bitbucket": "https://bitbucket.org/", "gist": "https://gist.github.com/",
}  # fmt: skip
_LOCAL = ("file:", "link:", "portal:", "workspace:", "catalog:", "./", "../", "/", "~/")


def read(source: Source) -> Facts:
    """Return the requirements of one package.json; those of installed packages say nothing."""
    if "node_modules/" in source.path:
        return Facts()
    document = json_index.parse(source.data, depth=2)
    if not isinstance(document.value, dict):
        raise InputError("no package.json: not an object", line=1)
    root: dict[str, Any] = document.value
    draft = Draft(source, ecosystem="npm", format="package.json", lock=False)
    wanted: dict[str, dict[str, str]] = {}
    for key in _KEYS:
        if key in root:
            wanted[key] = _wanted(draft, document, key)
    settings = draft.settings
    settings["wanted"] = wanted
    settings["private"] = root.get("private") is True
    settings["published"] = any(key in root for key in ("publishConfig", "files", "exports", "bin"))
    settings["workspaces"] = bool(root.get("workspaces"))
    settings["package_manager"] = text(root.get("packageManager"))
    scripts = strings(root.get("scripts"))
    settings["lifecycle"] = [name for name in _LIFECYCLE if name in scripts]
    return draft.facts()


def _wanted(draft: Draft, document: Document, key: str) -> dict[str, str]:
    items = document.value[key]
    if not isinstance(items, dict):
        if not isinstance(items, list) or items:
            draft.problem(f"{key} is no object", document.line(key))
        return {}
    meta = table(document.value.get("peerDependenciesMeta"))
    for name, spec in items.items():
        line, column = document.at(key, name)
        if not isinstance(spec, str):
            draft.problem(f"what {name[:80]!r} asks for is no text", line, column)
            continue
        optional = key == "optionalDependencies" or table(meta.get(name)).get("optional") is True
        origin = _origin(spec)
        real, constraint = _alias(name, spec)
        if key == "peerDependencies" and name in table(document.value.get("devDependencies")):
            continue
        draft.add(
            real,
            line=line,
            column=column,
            direct=True,
            development=key == "devDependencies",
            optional=optional,
            constraint="" if origin else constraint,
            source=origin,
        )
    return {name: anonymous(spec) for name, spec in strings(items).items()}


def _alias(name: str, spec: str) -> tuple[str, str]:
    if spec.startswith("npm:"):
        real, _, constraint = spec[4:].rpartition("@")
        return (real, constraint) if real else (spec[4:], "")
    return name, spec


def _origin(spec: str) -> str:
    """Return where a specifier that is no version points, "" for one that is."""
    if spec.startswith(_LOCAL):
        return f"path:{spec.partition(':')[2] or spec}"
    scheme, colon, rest = spec.partition(":")
    if colon and scheme in _HOSTS:
        return f"git+{_HOSTS[scheme]}{rest}"
    if spec.startswith(("git+", "git://", "git@", "ssh://")):
        return spec if spec.startswith("git+") else f"git+{spec}"
    if spec.startswith(("http://", "https://")):
        return f"git+{spec}" if spec.partition("#")[0].endswith(".git") else spec
    owner, slash, repository = spec.partition("/")
    if slash and owner and repository and not colon and " " not in spec and owner[0] not in "@.~":
        return f"git+https://github.com/{spec}"
    return ""


READER = Reader(
    title="package.json",
    media_type="application/json",
    read=read,
    link=Link.DEPENDENCIES,
    names=("package.json",),
)
