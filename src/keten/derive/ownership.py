"""Who brought which file: owners of language packages, and executables that nobody explains.

Pure: the tree is told as lists and a function that follows its links. What the operating
system's packages list is compared by where it really lies (``/bin/ls`` is ``usr/bin/ls`` where
``bin`` is a link to ``usr/bin``), and what was diverted by where it was diverted to.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from msgspec import Struct

from keten.model.delivery import Package
from keten.model.image import Contents

SYSTEM_TYPES = frozenset({"deb", "apk", "rpm", "alpm", "opkg", "ebuild", "portage"})
"""Types of packages that bring files of a root filesystem."""


class Executable(Struct, frozen=True, order=True):
    """A regular file that can be executed; *path* from the root, without a leading ``/``.

    *script*: it begins with ``#!``. *same* is equal for all names of one file (hard links).
    """

    path: str
    script: bool = False
    same: str = ""


class Ownership(Struct, frozen=True):
    """The answer.

    *owners*: ref of a package of a language or a program -> ref of the operating system's
    package that its file belongs to. *files*: path of an executable -> ref of the package that
    explains it. *unexplained*: paths, sorted; of several names of one file the first.
    """

    owners: dict[str, str]
    files: dict[str, str]
    unexplained: tuple[str, ...]


def ownership(
    executables: Iterable[Executable],
    contents: Iterable[Contents],
    packages: Iterable[Package],
    *,
    folder: Callable[[str], str],
    diverted: Mapping[str, tuple[str, str]] | None = None,
) -> Ownership:
    """Return who owns what.

    *folder* returns where a folder (path from the root, "" the root) really lies, links
    followed; it is asked once for each folder. *diverted*: path -> (where it was moved to,
    name of the package that may keep the place), as in dpkg's diversions.
    """
    programs = sorted(executables)
    others = [package for package in packages if package.ecosystem not in SYSTEM_TYPES]
    asked = {program.path for program in programs} | {_file(package) for package in others}
    listed = _listed(contents, asked, cache(folder), diverted or {})
    owners = {
        p.ref: listed[at] for p in others if (at := _file(p)) in listed and _of_system(listed[at])
    }
    files = {p.path: listed[p.path] for p in programs if p.path in listed}
    for package in others:
        if package.ref not in owners:
            files.setdefault(_file(package), package.ref)
            # The program that starts a .NET assembly lies beside what tells of it.
            files.setdefault(_file(package).removesuffix(".deps.json"), package.ref)
    _inside(programs, [p for p in others if p.ref not in owners], files)
    explained: dict[str, str] = {}
    for program in programs:
        if program.same and program.path in files:
            explained.setdefault(program.same, files[program.path])
    missing: dict[str, str] = {}
    for program in programs:
        if program.path in files:
            continue
        if program.same in explained:
            files[program.path] = explained[program.same]
        else:
            missing.setdefault(program.same or program.path, program.path)
    paths = {program.path for program in programs}
    return Ownership(
        owners=owners,
        files={path: files[path] for path in sorted(files) if path in paths},
        unexplained=tuple(sorted(missing.values())),
    )


def _of_system(ref: str) -> bool:
    """Return whether a package (by its ref) is one of the operating system's."""
    return ref.partition("#pkg:")[2].partition("/")[0] in SYSTEM_TYPES


def _file(package: Package) -> str:
    """Return the file that told of a package: of one in an archive, the outermost archive."""
    return package.path.partition("!")[0]


def _listed(
    contents: Iterable[Contents],
    asked: set[str],
    folder: Callable[[str], str],
    diverted: Mapping[str, tuple[str, str]],
) -> dict[str, str]:
    """Return the packages that list the paths that are asked for; of several, the first."""
    found: dict[str, str] = {}
    for item in contents:
        ref = f"package {item.id}"
        for told in item.files:
            path = told
            if path in diverted:
                moved, keeper = diverted[path]
                if not _named(item.id, keeper):
                    path = moved
            above, slash, name = path.rpartition("/")
            real = folder(above)
            if real != above:
                path = f"{real}/{name}" if real else name
            elif not slash:
                path = name
            if path in asked:
                found.setdefault(path, ref)
    return found


def _named(identity: str, name: str) -> bool:
    """Return whether the id of a package (``path#purl``) is of the package called *name*."""
    url = identity.rpartition("#")[2] if "#" in identity else identity
    return url.partition("?")[0].partition("@")[0].rpartition("/")[2] == name


# What a program built from source brings beside itself: by the package's name, patterns of
# paths below the folder that the first pattern finds in the path of the file that told of it.
_PYTHON = (
    r"lib/python[0-9.]+t?/(?!site-packages/|dist-packages/).*|"
    r"bin/(?:python|idle|pydoc|2to3|pyvenv)[0-9.]*t?(?:-config|-build-details)?"
)
_RUBY = (
    r"lib/ruby/.*|"
    r"bin/(?:gem|erb|irb|rake|bundler?|rdoc|ri|racc|rbs|typeprof|syntax_suggest|rdbg|test-unit)"
)
_PHP = (
    r"lib/php/.*|"
    r"s?bin/(?:phar(?:\.phar)?|php-config|phpize|php[a-z-]*|pear|pecl|peardev|docker-php-.*)"
)
_PERL = (
    r"lib/perl5?/.*|bin/[a-z0-9]*perl[a-z0-9]*|"
    r"bin/(?:cpan|prove|pod2.*|h2xs|h2ph|xsubpp|corelist|ptar.*|shasum|splain|streamzip|"
    r"zipdetails|encguess|enc2xs|json_pp|instmodsh|piconv|pl2pm|libnetcfg)"
)
_POSTGRES = (
    r"lib/postgresql/.*|bin/(?:pg_.*|psql|initdb|createdb|createuser|dropdb|dropuser|clusterdb|"
    r"reindexdb|vacuumdb|vacuumlo|ecpg|oid2name|pgbench|postmaster)"
)
_RUST = (
    r"lib/rustlib/.*|lib/lib(?:std|test|rustc_driver|LLVM)-[^/]*|"
    r"(?:bin|libexec)/(?:rustc|rustdoc|rustfmt|rust-[a-z-]+|cargo|cargo-[a-z-]+|clippy-driver)"
)
_BESIDE: dict[str, tuple[str, str]] = {
    "python": (r"^(.*?)(?:bin|lib)/[^/]*$", _PYTHON),
    "ruby": (r"^(.*?)(?:bin|lib)/[^/]*$", _RUBY),
    "php": (r"^(.*?)s?bin/[^/]*$|^(.*?)lib/.*$", _PHP),
    "perl": (r"^(.*?)bin/[^/]*$", _PERL),
    "go": (r"^(.*/)VERSION$", r".*"),
    "jdk": (r"^(.*/)release$", r".*"),
    "jre": (r"^(.*/)release$", r".*"),
    "openjdk": (r"^(.*/)release$", r".*"),
    "erlang": (r"^(.*/erlang/)releases/.*$", r".*"),
    "elixir": (r"^(.*/)lib/elixir/ebin/elixir\.app$", r"bin/(?:elixirc?|iex|mix)|lib/.*"),
    "node": (r"^(.*?)bin/[^/]*$", r"bin/(?:npm|npx|corepack|yarn|yarnpkg)"),
    "rust": (r"^(.*/)lib/[^/]*$", _RUST),
    "postgresql": (r"^(.*?)bin/[^/]*$", _POSTGRES),
}  # fmt: skip
_GEM = re.compile(r"^(.*/)specifications/(?:default/)?([^/]+)\.gemspec$")
_LIBRARY = {
    "npm": re.compile(r"^(.*node_modules/(?:@[^/]+/)?[^/]+/)package\.json$"),
    "composer": re.compile(r"^(.*/vendor/)composer/installed\.json$"),
}


def _inside(programs: list[Executable], packages: list[Package], files: dict[str, str]) -> None:
    """Add the executables that lie in a package's own folders or belong to a runtime."""
    left = [program for program in programs if program.path not in files]
    if not left:
        return
    folders: dict[str, str] = {}
    rules: list[tuple[re.Pattern[str], str]] = []
    for package in packages:
        path = _file(package)
        whole = _LIBRARY.get(package.ecosystem)
        if whole is not None and (match := whole.match(path)):
            folders.setdefault(match[1].removesuffix("/"), package.ref)
        elif package.ecosystem in {"nix", "guix"}:
            folders.setdefault(path, package.ref)
        elif package.ecosystem == "gem" and (match := _GEM.match(path)):
            home = match[1]
            folders.setdefault(f"{home}gems/{match[2]}", package.ref)
            folders.setdefault(f"{home}extensions", package.ref)
            folders.setdefault(f"{home}bin", package.ref)
        elif package.name in _BESIDE and package.installed:
            place, brings = _BESIDE[package.name]
            if match := re.match(place, path):
                home = next((group for group in match.groups() if group is not None), "")
                rules.append((re.compile(f"{re.escape(home)}(?:{brings})"), package.ref))
    for program in left:
        ref = _above(program.path, folders)
        if not ref:
            ref = next((owner for rule, owner in rules if rule.fullmatch(program.path)), "")
        if ref:
            files[program.path] = ref


def _above(path: str, folders: dict[str, str]) -> str:
    """Return the ref of the innermost of *folders* that *path* lies in, or ""."""
    at = path.rfind("/")
    while at > 0 and folders:
        ref = folders.get(path[:at])
        if ref is not None:
            return ref
        at = path.rfind("/", 0, at)
    return ""
