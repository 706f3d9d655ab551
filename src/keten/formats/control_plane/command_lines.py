"""Command lines of Kubernetes' programs: which program, and the value of each flag.

The flags are those of pflag (``--name=value``, ``--name value``, ``--name`` of a boolean,
``_`` for ``-``) and, of etcd, of Go's flag package (one dash or two). Of a flag given twice the
last holds; of a list all parts do.
"""

from collections.abc import Sequence

from msgspec import Struct

from keten.formats.lazy_pattern import lazy
from keten.model import control_plane as plane

WORDS = 2_000
"""The most arguments of one command line that are read."""
SCRIPT = 64 << 10
"""The most characters of a shell script that starts a program."""
LONG = 4_096
"""The most characters of a flag's value that are kept."""

NAMES = frozenset({
    plane.API_SERVER, plane.CONTROLLER, plane.SCHEDULER, plane.ETCD, plane.KUBELET, plane.PROXY,
})  # fmt: skip
_HYPERKUBE = {
    "apiserver": plane.API_SERVER, "controller-manager": plane.CONTROLLER,
    "scheduler": plane.SCHEDULER, "kubelet": plane.KUBELET, "proxy": plane.PROXY,
}  # fmt: skip
_BEFORE = frozenset({"exec", "nice", "go-runner", "tini", "dumb-init", "env", "nohup", "sudo"})
_SHELLS = frozenset({"sh", "bash", "ash", "dash"})
_BOOLEANS = frozenset({
    "allow-privileged", "anonymous-auth", "authorization-always-allow", "auto-tls",
    "client-cert-auth", "contention-profiling", "enable-aggregator-routing",
    "enable-bootstrap-token-auth", "enable-garbage-collector", "enable-pprof", "enable-v2",
    "encryption-provider-config-automatic-reload", "leader-elect", "make-iptables-util-chains",
    "peer-auto-tls", "peer-client-cert-auth", "profiling", "protect-kernel-defaults",
    "rotate-certificates", "rotate-server-certificates", "seccomp-default",
    "service-account-extend-token-expiration", "service-account-lookup",
    "use-service-account-credentials", "authentication-token-webhook", "allocate-node-cidrs",
    "insecure-skip-tls-verify", "register-node", "fail-swap-on", "watch-cache", "version",
    "cleanup", "masquerade-all", "write-config-to", "experimental-initial-corrupt-check",
    "strict-reconfig-check", "kubelet-https", "audit-log-compress", "enable-server",
})  # fmt: skip
_LISTS = frozenset({
    "enable-admission-plugins", "disable-admission-plugins", "admission-control",
    "authorization-mode", "feature-gates", "tls-cipher-suites", "cipher-suites",
    "service-account-key-file", "service-account-issuer", "runtime-config", "api-audiences",
    "controllers", "etcd-servers", "allowed-unsafe-sysctls", "oidc-groups-claim",
})  # fmt: skip
_EXPANSION = lazy(r"[`]|\$\(|\$\{?[A-Za-z_@*]")
_KUBERNETES = lazy(r"\$\([A-Za-z_][A-Za-z0-9_.-]*\)")


class Command(Struct, frozen=True):
    """A program that a command line starts: *words* are its arguments, *first* their index.

    *whole* is False where a shell puts in what is not told here.
    """

    name: str
    words: tuple[str, ...]
    first: int
    whole: bool = True
    script: bool = False


def program(words: Sequence[str]) -> Command | None:
    """Return which program of Kubernetes *words* start, None for any other."""
    for i, word in enumerate(words[:8]):
        name = word.rpartition("/")[2]
        if name in NAMES:
            return Command(name, tuple(words[i + 1 : i + 1 + WORDS]), i + 1)
        if name in ("hyperkube", "kube"):
            after = words[i + 1].removeprefix("/") if i + 1 < len(words) else ""
            known = after if after in NAMES else _HYPERKUBE.get(after)
            return Command(known, tuple(words[i + 2 : i + 2 + WORDS]), i + 2) if known else None
        if name in _SHELLS:
            return _shell(words, i)
        if name not in _BEFORE and not word.startswith("-") and "=" not in word:
            return None
    return None


def _shell(words: Sequence[str], at: int) -> Command | None:
    import shlex

    for i in range(at + 1, min(len(words), at + 5)):
        if words[i].startswith("-"):
            continue
        text = words[i].replace("\\\n", " ")
        if len(text) > SCRIPT:
            return None
        try:
            parts = shlex.split(text.replace("\n", " ; "), comments=False)
        except ValueError:
            return None
        for j, part in enumerate(parts):
            name = part.rpartition("/")[2]
            if name in NAMES and (part != name or j == 0 or parts[j - 1] in {"exec", ";", "&&"}):
                rest = _until_end(parts[j + 1 :])
                if not any(word.startswith("-") for word in rest):
                    continue
                whole = not any(_expands(word) for word in rest)
                return Command(name, tuple(rest[:WORDS]), i, whole, script=True)
        return None
    return None


def _until_end(parts: Sequence[str]) -> list[str]:
    found = []
    for part in parts:
        if part in {";", "&", "&&", "|", "||", "2>&1", "1>>", ">", ">>"}:
            break
        found.append(part)
    return found


def _expands(word: str) -> bool:
    return _EXPANSION.search(_KUBERNETES.sub("", word)) is not None


def flags(words: Sequence[str], *, single: bool = False) -> tuple[dict[str, str], dict[str, int]]:
    """Return each flag's value and the index of the word where it stands.

    *single*: one dash begins a flag too, as in etcd.
    """
    values: dict[str, str] = {}
    where: dict[str, int] = {}
    i = 0
    while i < len(words):
        word, at = words[i], i
        i += 1
        if word == "--":
            break
        if not word.startswith("--") and not (single and word.startswith("-")):
            continue
        name, equals, value = word.lstrip("-").partition("=")
        name = name.replace("_", "-")
        if not name:
            continue
        if not equals:
            if name in _BOOLEANS or i >= len(words) or words[i].startswith("--"):
                value = "true"
            else:
                value = words[i]
                i += 1
        put(values, name, value.strip("\"'") if equals else value)
        where[name] = at
    return values, where


def put(values: dict[str, str], name: str, value: str) -> None:
    """Set a flag: a list's part is added to those before it."""
    value = value[:LONG]
    if name in _LISTS and values.get(name):
        value = f"{values[name]},{value}"[: LONG * 4]
    values[name] = value


def variables(environment: dict[str, str]) -> dict[str, str]:
    """Return what etcd takes from its environment (``ETCD_CERT_FILE``), as flags."""
    return {
        name.removeprefix("ETCD_").replace("_", "-").lower(): value[:LONG]
        for name, value in environment.items()
        if name.startswith("ETCD_") and value
    }
