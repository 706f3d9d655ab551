"""What shell text fetches and then runs or trusts without having checked it."""

from collections.abc import Iterator

from msgspec import Struct

from keten.checks._shell import Command, behind, commands, options

_FETCH = frozenset({"curl", "wget", "wget2", "aria2c"})
_SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ksh", "ash"})
_RUNNERS = frozenset({"python", "python3", "python2", "perl", "ruby", "node", "php"})
_VERIFY = frozenset(
    [
        "sha256sum",
        "sha512sum",
        "sha1sum",
        "sha384sum",
        "shasum",
        "gpg",
        "gpgv",
        "gpg2",
        "cosign",
        "minisign",
        "md5sum",
        "openssl",
        "b2sum",
        "b3sum",
        "slsa-verifier",
        "rhash",
    ]
)
CURL_VALUED = "oHdXuAebcFTmwxEKQrtyYzCDUPh"
_HEX = frozenset("0123456789abcdef")
_COMMIT = 40


class Run(Struct, frozen=True):
    """A download that is run: *url* as written, *how* (``piped to bash``), *line* from 0."""

    url: str
    how: str
    line: int

    @property
    def plain(self) -> bool:
        """Return whether it comes over a connection that anyone on the way can change."""
        return self.url.startswith("http://")


def run_unverified(script: str) -> Iterator[Run]:
    """Yield what *script* downloads and runs with nothing that checks it in between."""
    if not any(word in script for word in ("curl", "wget", "aria2c")):
        return
    kept: dict[str, str] = {}
    verified = False
    for one in commands(script):
        program = one.program
        verified = verified or program in _VERIFY
        if program in _FETCH:
            yield from _substituted(one)
            if target := _saved_to(one):
                kept[target] = url_of(one.args)
        elif program in _SHELLS | _RUNNERS:
            yield from _piped(one, program)
            if not verified:
                yield from _kept(one, program, kept)


def _piped(one: Command, program: str) -> Iterator[Run]:
    if not _reads_input(program, one.args):
        return
    if any(_name(up) in _VERIFY for up in one.upstream):
        return
    for up in one.upstream:
        rest = behind(up)
        if _name(up) in _FETCH and (url := url_of(rest[1:])) and not pinned(url):
            yield Run(url, f"piped to {program}", one.line)


def _reads_input(program: str, args: tuple[str, ...]) -> bool:
    if program in _SHELLS:
        for word in args:
            if word in ("-c", "-n") or (word[:1] == "-" and word[1:2] != "-" and "c" in word[1:]):
                return False
            if word in ("-s", "-", "--") or (word[:1] == "-" and word.endswith("s")):
                return True
            if not word.startswith(("-", "+")):
                return word == "/dev/stdin"
        return True
    return args in ((), ("-",))


def _substituted(one: Command) -> Iterator[Run]:
    """``bash -c "$(curl ...)"``, ``eval "$(curl ...)"``, ``bash <(curl ...)``."""
    outer = behind(one.parent)
    url = url_of(one.args)
    if not outer or not url or pinned(url) or one.writes:
        return
    name = outer[0].rpartition("/")[2]
    opens = outer[-1].startswith(("$(", "`"))
    shell = name in _SHELLS
    if (shell and "-c" in outer[1:-1] and opens) or (name == "eval" and opens):
        yield Run(url, f"run by {name}", one.line)
    elif (shell or name in ("source", ".")) and outer[-1].startswith("<("):
        yield Run(url, f"read by {name}", one.line)


def _kept(one: Command, program: str, kept: dict[str, str]) -> Iterator[Run]:
    for word in one.args:
        if word.startswith("-"):
            continue
        url = kept.get(word.removeprefix("./"), "")
        if url and not pinned(url):
            yield Run(url, f"saved and run by {program}", one.line)
        return


def _saved_to(one: Command) -> str:
    for target in one.writes:
        if not target.startswith(("&", "/dev/")):
            return target.removeprefix("./")
    args = one.args
    flags = ("-o", "--output") if one.program == "curl" else ("-O", "--output-document")
    for at, word in enumerate(args):
        if word in flags or (word[:1] == "-" and word[1:2] != "-" and word.endswith(flags[0][1])):
            return args[at + 1].removeprefix("./") if at + 1 < len(args) else ""
        if word.startswith(f"{flags[1]}="):
            return word.partition("=")[2].removeprefix("./")
    remote = one.program != "curl" or any(
        flag in ("-O", "--remote-name") for flag in options(args, CURL_VALUED)
    )
    return url_of(args).rpartition("/")[2].partition("?")[0] if remote else ""


def url_of(args: tuple[str, ...]) -> str:
    """Return the address among a fetching command's arguments, as written; "" if none."""
    for word in args:
        if word.startswith(("http://", "https://", "ftp://")):
            return word
    for word in args:
        if "." in word and "/" in word and not word.startswith(("-", "/", ".", "$", "<", ">")):
            return word
    return next((w for w in args if w.startswith(("$", "${")) and "://" not in w), "")


def inside(url: str) -> bool:
    """Return whether the address never leaves the machine or its own network."""
    host = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    name = host.partition(":")[0]
    if host.startswith("[::1]") or name.endswith((".local", ".internal", ".localhost", ".svc")):
        return True
    return name in ("localhost", "127.0.0.1", "0.0.0.0", "169.254.169.254")  # noqa: S104 compared


def pinned(url: str) -> bool:
    """Return whether the address names content (a commit), or stays inside."""
    if inside(url):
        return True
    return any(len(part) == _COMMIT and set(part) <= _HEX for part in url.split("/"))


def _name(words: tuple[str, ...]) -> str:
    rest = behind(words)
    return rest[0].rpartition("/")[2] if rest else ""
