"""How a command or a variable turns off the check of what is fetched."""

from collections.abc import Callable

from keten.checks._downloads import CURL_VALUED, inside, url_of
from keten.checks._shell import Command, options

Ask = Callable[[tuple[str, ...]], str]


def unverified(one: Command) -> str:
    """Say how *one* turns off the check of what it fetches; "" if it does not."""
    program, args = one.program, one.args
    if program not in _TOOLS:
        return ""
    said = _TOOLS[program](args)
    return "" if said and _local(args) else said


def _local(args: tuple[str, ...]) -> bool:
    url = url_of(args)
    return "://" in url and inside(url)


def _curl(args: tuple[str, ...]) -> str:
    for flag in options(args, CURL_VALUED):
        if flag in ("-k", "--insecure", "--proxy-insecure"):
            return f"curl {flag}"
    return ""


def _any(tool: str, *flags: str) -> Ask:
    def ask(args: tuple[str, ...]) -> str:
        return next((f"{tool} {w}" for w in args if w in flags), "")

    return ask


def _pip(args: tuple[str, ...]) -> str:
    if "pip" in args[:2]:
        args = args[args.index("pip") + 1 :]
    for at, word in enumerate(args):
        name, equals, host = word.partition("=")
        if name == "--trusted-host" or word == "global.trusted-host":
            host = host if equals else "".join(args[at + 1 : at + 2])
            if host.partition(":")[0] not in ("localhost", "127.0.0.1", ""):
                return f"pip --trusted-host {host}"[:80]
    return ""


def _npm(args: tuple[str, ...]) -> str:
    said = " ".join(args).replace("=", " ").replace("--strict-ssl", "strict-ssl").lower()
    return "strict-ssl false" if "strict-ssl false" in said else ""


def _git(args: tuple[str, ...]) -> str:
    said = " ".join(args).replace("=", " ").lower()
    return "git http.sslVerify false" if "http.sslverify false" in said else ""


def _apt(args: tuple[str, ...]) -> str:
    for word in args:
        low = word.lower()
        if low in ("--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories"):
            return f"apt {word}"
        if low.startswith(("apt::get::allowunauthenticated=", "acquire::allowinsecurerepositories=",
                           "acquire::https::verify-peer=")):  # fmt: skip
            off = low.endswith(("=false", "=0")) == low.startswith("acquire::https")
            return f"apt -o {word}"[:80] if off else ""
    return ""


def _echo(args: tuple[str, ...]) -> str:
    for word in args:
        if word.startswith("deb") and "[" in word and "trusted=yes" in word.partition("]")[0]:
            return "apt source [trusted=yes]"
        if word.strip().startswith("gpgcheck=0"):
            return "gpgcheck=0"
    return ""


_TOOLS: dict[str, Ask] = {
    "curl": _curl,
    "wget": _any("wget", "--no-check-certificate"),
    "pip": _pip,
    "pip3": _pip,
    "python": _pip,
    "python3": _pip,
    "npm": _npm,
    "yarn": _npm,
    "pnpm": _npm,
    "git": _git,
    "apt": _apt,
    "apt-get": _apt,
    "apk": _any("apk", "--allow-untrusted"),
    "yum": _any("yum", "--nogpgcheck", "--nogpg"),
    "dnf": _any("dnf", "--nogpgcheck", "--no-gpgchecks"),
    "microdnf": _any("microdnf", "--nogpgcheck"),
    "zypper": _any("zypper", "--no-gpg-checks"),
    "rpm": _any("rpm", "--nosignature", "--nogpgcheck"),
    "echo": _echo,
    "printf": _echo,
}

_OFF = {
    "NODE_TLS_REJECT_UNAUTHORIZED": ("0",),
    "PYTHONHTTPSVERIFY": ("0",),
    "GIT_SSL_NO_VERIFY": ("1", "true", "yes", "on"),
    "NPM_CONFIG_STRICT_SSL": ("false",),
    "npm_config_strict_ssl": ("false",),
    "YARN_STRICT_SSL": ("false",),
    "YARN_ENABLE_STRICT_SSL": ("false",),
    "GOSUMDB": ("off",),
}


def switched_off(name: str, value: str) -> bool:
    """Return whether the environment variable *name* turns a check off when it is *value*."""
    return value.strip().strip("\"'").lower() in _OFF.get(name, ())
