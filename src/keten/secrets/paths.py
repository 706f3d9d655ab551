# ruff: noqa: PLR2004 character codes, and lengths that formats set
"""What a file's path and first bytes say of it: skip it, read it otherwise, weigh it less."""

import re
from functools import lru_cache

_SNIFF = 8192
_TEST = re.compile(
    r"(?:^|/)_?(?:tests?|mirage|testdata|__tests__|testing|test[-_]?(?:data|files|resources|fixtures|utils)"
    r"|fixtures?|__fixtures__|mocks?|__mocks__|stubs?|snapshots?|__snapshots__|specs?|e2e"
    r"|integration(?:[-_]?tests?)?|examples?|samples?|demos?|docs?|documentation|cypress|playwright"
    r"|node_modules|vendor|third_party|site-packages)(?:/|$)"
    r"|(?:^|/)(?:test_[^/]*|testing|test(?:utils?|helpers?|keys?|certs?|data)|[^/]*[_.-](?:tests?|spec|mock|example|sample|fixtures?))\.\w{1,12}$"
    r"|\.(?:md|mdx|markdown|rst|adoc|asciidoc|example|sample|template|tmpl|dist|snap|golden)$"
    r"|(?:^|/)(?:sample|example)s?[^/]*\.\w{1,12}$|(?:^|/)(?:readme|changelog|changes|contributing|history|news)[^/]*$|(?:test|tests|spec)\.\w{1,5}$",
    re.IGNORECASE,
)
_GENERATED = tuple(
    """
    package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock go.sum go.work.sum
    cargo.lock poetry.lock uv.lock pdm.lock pipfile.lock composer.lock gemfile.lock
    packages.lock.json podfile.lock mix.lock flake.lock .terraform.lock.hcl .min.js .min.css
    .min.mjs -min.js -min.css -min.mjs .map .svg .css .ipynb .po .pot .sum .patch .diff .csv .tsv
    .bundle.js .chunk.js gradle.lockfile verification-metadata.xml record .pem .crt
    """.split()  # noqa: SIM905 a list would take forty lines
)
_YARN = re.compile(r"(?:^|/)\.yarn/(?:releases|plugins|sdks)/.")
_SKIPPED = frozenset(
    [
        "png",
        "jpg",
        "jpeg",
        "gif",
        "webp",
        "ico",
        "bmp",
        "tif",
        "tiff",
        "woff",
        "woff2",
        "ttf",
        "otf",
        "eot",
        "mp3",
        "mp4",
        "mov",
        "avi",
        "webm",
        "ogg",
        "wav",
        "flac",
        "zip",
        "gz",
        "bz2",
        "xz",
        "zst",
        "tgz",
        "tar",
        "jar",
        "war",
        "ear",
        "whl",
        "egg",
        "gem",
        "nupkg",
        "rpm",
        "deb",
        "apk",
        "dmg",
        "iso",
        "exe",
        "dll",
        "so",
        "dylib",
        "a",
        "o",
        "lib",
        "class",
        "pyc",
        "pyo",
        "wasm",
        "pdf",
        "doc",
        "docx",
        "xls",
        "xlsx",
        "ppt",
        "pptx",
        "psd",
        "ai",
        "parquet",
        "avro",
        "npy",
        "npz",
        "h5",
        "pt",
        "onnx",
        "bin",
        "dat",
        "db",
        "sqlite",
        "sqlite3",
        "idx",
        "pack",
        "rlib",
        "rmeta",
    ]
)
TEST = "a test, example or documentation path"


@lru_cache(256)
def lowered(path: str) -> str:
    """Return why what is found at *path* weighs less, or the empty string."""
    return TEST if _TEST.search(path) else ""


def extension(path: str) -> bytes:
    """Return the lower-case extension without its dot; what ``.env.local`` has is ``env``."""
    name = path.rpartition("/")[2].lower()
    if name.startswith((".env", "env.")):
        return b"env"
    return name.rpartition(".")[2].encode(errors="replace") if "." in name else b""


def generated(path: str) -> bool:
    """Return whether a tool writes the file: its hashes are no secrets."""
    low = path.lower()
    return low.endswith(_GENERATED) or (".yarn/" in low and _YARN.search(low) is not None)


def skipped(path: str) -> bool:
    """Return whether the name says that there is no text in it."""
    return path.rpartition(".")[2].lower() in _SKIPPED


def strange(data: bytes) -> bool:
    """Return whether the bytes are not plainly text: they hold a NUL or a UTF-16 mark."""
    return b"\0" in data[:_SNIFF] or data[:2] in (b"\xff\xfe", b"\xfe\xff")


def text(data: bytes) -> bytes:
    """Return UTF-16 as UTF-8, and nothing for what is binary."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace").encode()
    head = data[:_SNIFF]
    if len(head) > 8 and head[1::2].count(0) > len(head) * 0.4 and not head[0::2].count(0):
        return data.decode("utf-16-le", "replace").encode()
    if len(head) > 8 and head[0::2].count(0) > len(head) * 0.4 and not head[1::2].count(0):
        return data.decode("utf-16-be", "replace").encode()
    return b""
