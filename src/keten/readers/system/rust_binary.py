"""Rust programs built with ``cargo auditable``: their crates, and which requires which.

Crates that only the build needed are not in the program: they are told as of development, and
as not installed.
"""

from keten.formats.programs import cargo_auditable, executable
from keten.model.delivery import Package
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system._program import Program

CEILING = 512 << 20
"""The largest program that is read, in bytes."""
_SOURCES = {
    "crates.io": "",
    "registry+https://github.com/rust-lang/crates.io-index": "",
    "local": "path:.",
}


def sift(data: bytes) -> bytes:
    """Keep the section of cargo-auditable; nothing where there is none."""
    return next(filter(None, map(cargo_auditable.section, executable.parts(data))), b"")


def read(source: Source) -> Facts:
    """Return the crates of one Rust program; no facts of what was built without the tool."""
    if not source.data:
        return Facts()
    crates = cargo_auditable.crates(source.data)
    program = Program(source.path, by="system/rust-binary", ecosystem="cargo")
    roots = {at for crate in crates if crate.root for at in crate.dependencies}
    packages: list[Package | None] = []
    main = ""
    for number, crate in enumerate(crates):
        package = program.add(
            "cargo",
            crate.name,
            crate.version,
            source=_SOURCES.get(crate.source, crate.source),
            direct=crate.root or number in roots,
            development=crate.kind == "build",
            installed=crate.kind != "build",
        )
        packages.append(package)
        if crate.root and package is not None:
            main = f"{crate.name} {crate.version}"
    for crate, package in zip(crates, packages, strict=True):
        for at in crate.dependencies:
            other = packages[at] if 0 <= at < len(packages) else None
            if package is not None and other is not None:
                program.require(package, other)
            elif other is None:
                program.problem(f"{crate.name[:60]} requires crate {at}, which is not listed")
    return program.facts(program.manifest("cargo-auditable", {"crate": main}))


READER = Reader(
    title="Rust program",
    media_type="application/x-executable",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=CEILING,
    magic=(*executable.MAGIC, *executable.FAT),
    version=2,
    sift=sift,
    scope=Scope.SYSTEM,
)
