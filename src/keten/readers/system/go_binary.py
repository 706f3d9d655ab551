"""Go programs: the modules that they are built of, the standard library, linked functions.

The main module has a version only where that is certain: stamped by ``go install`` or
``go build`` from a tag, or set with ``-X`` at link time in a variable that is called version.
``v0.0.0-…`` of the main module is no version: it is what a shallow clone without tags gives.
"""

import msgspec
from msgspec import Struct

from keten.errors import InputError
from keten.formats.lazy_pattern import lazy
from keten.formats.programs import executable, go_buildinfo, go_symbols
from keten.formats.programs.go_buildinfo import Build, Module
from keten.model.delivery import Package
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.image import Symbols
from keten.model.plug import Reader, Scope, Source
from keten.readers.system._program import Program

CEILING = 512 << 20
"""The largest program that is read, in bytes."""

_BY = "system/go-binary"
_RELEASE = lazy(r"go(\d+(?:\.\d+){1,2})(?:(rc|beta)(\d+))?(?!\d|\.\d)")
_NO_TAG = lazy(r"v\d+\.0\.0-\d{14}-[0-9a-f]{12}(?:\+\S*)?|v\d+\.\d+\.\d+-(?:\S+\.)?0\.\d{14}-\S*")
_TAGGED = lazy(r"v?(\d+\.\d+\.\d+(?:-(?:rc|alpha|beta)[.-]?\d+(?:\.\d+)*)?)")
_VARIABLE = lazy(r"""-X[ =]?(?:'([^'=]+)=([^']*)'|"([^"=]+)=([^"]*)"|([^\s'"=]+)=(\S*))""")
_VERSION_NAMES = frozenset(
    {"version", "gitversion", "buildversion", "appversion", "releaseversion", "versionnumber"}
)
_MINOR = lazy(r"go1\.(\d{1,3})")
_HOSTS = ("github.com/", "gitlab.com/", "bitbucket.org/")
# Programs that keep their version in a module of their own that is not the main one.
_ELSEWHERE = {"k8s.io/kubernetes": ("k8s.io/component-base/version.gitVersion",)}


class _Sifted(Struct, frozen=True, array_like=True):
    version: str
    text: str
    functions: dict[str, str]
    complete: bool
    fault: str = ""


def sift(data: bytes) -> bytes:
    """Keep the build information and the names of functions; nothing of what is not Go.

    Of a file of several architectures it is the first that says something: they are one build.
    """
    return next(filter(None, map(_sift, executable.parts(data))), b"")


def _sift(data: executable.Buffer) -> bytes:
    if not go_buildinfo.present(data):
        return b""
    try:
        parts = executable.layout(data)
    except InputError:
        return b""
    found = go_buildinfo.raw(data, parts)
    if found is None:
        return b""
    version, text = found
    build = go_buildinfo.parse(text)
    # Code keeps the path that it is imported by, whatever replaced the module.
    modules = {module.replaced[0] or module.path for module in build.modules}
    main = _main_module(build)
    modules |= {main.path} if main else set()
    fault = ""
    functions: dict[str, str] = {}
    try:
        functions = _renamed(go_symbols.functions(data, parts, frozenset(modules)), build)
    except InputError as error:
        fault = error.what
    minor = _MINOR.search(version)
    # Before Go 1.16 the table that is read does not have the names of inlined functions.
    complete = not fault and minor is not None and int(minor[1]) >= 16  # noqa: PLR2004 as said
    return msgspec.msgpack.encode(_Sifted(version, text, functions, complete, fault))


def _renamed(functions: dict[str, str], build: Build) -> dict[str, str]:
    """Call the packages of a replaced module by the module that replaced it, as Package does."""
    new = {
        module.replaced[0]: module.path
        for module in build.modules
        if module.replaced[0] not in ("", module.path) and not _local(module.path)
    }
    if not new:
        return functions
    found: dict[str, str] = {}
    for package, names in functions.items():
        end = len(package)
        while end > 0 and package[:end] not in new:
            end = package.rfind("/", 0, end)
        found[new[package[:end]] + package[end:] if end > 0 else package] = names
    return found


def _local(path: str) -> bool:
    return path.startswith(("./", "../", "/"))


def read(source: Source) -> Facts:
    """Return the modules of one Go program; no facts of a program that is not Go."""
    if not source.data:
        return Facts()
    try:
        sifted = msgspec.msgpack.decode(source.data, type=_Sifted)
    except msgspec.MsgspecError as error:
        raise InputError("no sifted Go program") from error
    build = go_buildinfo.parse(sifted.text)
    program = Program(source.path, by=_BY, ecosystem="golang")
    for fault in build.faults:
        program.problem(f"Go build information has a line that is not known: {fault!r}")
    toolchain = program.add("golang", "stdlib", release := _release(sifted.version))
    if not release:
        program.problem(
            f"Go's version {sifted.version[:60]!r} is no release, so nobody can say which "
            "vulnerabilities its standard library has",
            advice="Build the program with a released version of Go.",
            about=toolchain,
        )
    main = _main(program, build)
    for module in build.modules:
        package = _module(program, module)
        if main is not None and package is not None:
            program.require(main, package)
    if main is not None and toolchain is not None:
        program.require(main, toolchain)
    if sifted.fault:
        program.problem(f"which functions are linked is not known: {sifted.fault}")
    program.more.append(
        Symbols(
            source.path,
            ecosystem="golang",
            functions=sifted.functions,
            complete=sifted.complete and bool(sifted.functions),
        )
    )
    settings: dict[str, object] = {
        "go": sifted.version,
        "package": build.package,
        "build": build.settings,
    }
    if build.main is not None:
        settings |= {"module": build.main.path, "stamped": build.main.version}
    return program.facts(program.manifest("go-binary", settings))


def _release(text: str) -> str:
    """Return a version of Go as the advisories write it: ``1.22.3``, ``1.21.0-rc.2``."""
    match = _RELEASE.match(text)
    if match is None:
        return ""
    number, word, count = match.groups()
    if not word:
        return str(number)
    return f"{number}{'.0' * (2 - number.count('.'))}-{word}.{count}"


def _main(program: Program, build: Build) -> Package | None:
    """Take in the main module, with its version where it is certain."""
    main = _main_module(build)
    if main is None:
        return None
    version = "" if main.version == "(devel)" else main.version.removesuffix("+dirty")
    if _NO_TAG.fullmatch(version):
        version = ""
    version = version or _linked(build, main.path)
    return _add(program, main.path, version, pinned=main.sum, source="", direct=True)


def _main_module(build: Build) -> Module | None:
    """Return the main module; of a program built without modules, the forge's repository."""
    if build.main is not None:
        return build.main if build.main.path else None
    path = "/".join(build.package.split("/")[:3])
    if not path.startswith(_HOSTS) or path.count("/") != 2:  # noqa: PLR2004 host, owner, name
        return None
    return Module(path)


def _linked(build: Build, path: str) -> str:
    """Return the version that the linker was told with -X, where all that fit agree."""
    found: set[str] = set()
    for match in _VARIABLE.finditer(build.settings.get("-ldflags", "")[: 1 << 16]):
        name, value = (item for item in match.groups() if item is not None)
        package, _, variable = name.rpartition(".")
        ours = package in ("main", path) or package.startswith(path + "/")
        if name in _ELSEWHERE.get(path, ()) or (ours and variable.lower() in _VERSION_NAMES):
            tagged = _TAGGED.fullmatch(value)
            found.add(f"v{tagged[1]}" if tagged else "")
    return found.pop() if len(found) == 1 else ""


def _module(program: Program, module: Module) -> Package | None:
    """Take in a dependency: what replaced it, where something did."""
    old, _ = module.replaced
    if old and _local(module.path):
        # A folder of the project itself: the module's own versions say nothing of it.
        return _add(program, old, "", pinned="", source=module.path)
    version = "" if module.version == "(devel)" else module.version
    source = f"replaces {old}" if old else ""
    return _add(program, module.path, version, pinned=module.sum, source=source)


def _add(
    program: Program,
    path: str,
    version: str,
    *,
    pinned: str,
    source: str,
    direct: bool | None = None,
) -> Package | None:
    namespace, _, name = path.rpartition("/")
    return program.add(
        "golang",
        name,
        version,
        namespace=namespace,
        hashes=(pinned,) if pinned.startswith("h1:") else (),
        source=source,
        direct=direct,
    )


READER = Reader(
    title="Go program",
    media_type="application/x-executable",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=CEILING,
    magic=(*executable.MAGIC, *executable.FAT),
    sift=sift,
    scope=Scope.SYSTEM,
    version=3,
)
