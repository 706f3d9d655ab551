"""Package's name is one slip of a key from a name that everyone knows.

Attackers register what people type by mistake and wait: "crossenv" on npm (2017) sent away the
environment of who meant cross-env, "jeIlyfish" on PyPI (2019) the SSH keys of who meant
jellyfish, "rustdecimal" on crates.io (2022) looked for GitLab runners, and a Go module
"shopsprint/decimal" (found in 2025) waited behind shopspring/decimal. A model that writes code
invents such names, too, and somebody registers them.

Compared are names from the public registry with some hundred of the most used of the same
ecosystem: one letter more, less, other or swapped, other separators, a language added
("python3-requests"). Names of real packages with many users that happen to be near are known.
"""

from collections.abc import Iterator
from functools import cache, lru_cache

from keten.checks import _locks
from keten.model import Change, Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import Package

_SHORTEST = 6
"""Words of five letters have too many honest neighbours."""
_SEPARATORS = str.maketrans("", "", "-_.")
_ADDED = {
    "npm": (("node-", "js-"), ("-js", ".js", "-node")),
    "pypi": (("python-", "python3-", "py-"), ("-python", "-python3", "-py")),
    "cargo": (("rust-", "rs-"), ("-rs", "-rust")),
    "gem": (("ruby-", "rb-"), ("-ruby", "-rb")),
}
_ECOSYSTEMS = frozenset({*_ADDED, "golang"})
_PUBLIC = ("registry.npmjs.org", "registry.yarnpkg.com", "registry.npmmirror.com", "pypi.org",
           "files.pythonhosted.org", "rubygems.org", "crates.io", "proxy.golang.org")  # fmt: skip


def run(package: Package, _: View) -> Iterator[Violation]:
    """Report the popular name that this one looks like."""
    meant = _meant(package.ecosystem, package.name)
    if meant:
        label = f"{_locks.cut(package.name)} {package.version}".rstrip()
        yield Violation(
            f"{label} has nearly the name of {meant}, which everyone knows",
            key=meant,
            change=Change("name", package.name, meant, f"Find out whether {meant} is meant"),
        )


def applies(package: Package) -> bool:
    """Take what a public registry may have served; an operating system names its own."""
    if package.ecosystem not in _ECOSYSTEMS or package.owner or package.name.startswith("@"):
        return False
    return not package.source or _locks.host(package.source) in _PUBLIC


@lru_cache(4096)
def _meant(ecosystem: str, name: str) -> str:
    """Return the popular name that *name* looks like; "" for none, and for what is known."""
    known = _Known.of(ecosystem)
    name = known.spelled(name)
    if not name or name in known.names:
        return ""
    if ecosystem == "golang":
        return known.near(name)
    bare = name.translate(_SEPARATORS)
    return known.bare.get(bare, "") or known.added(name) or known.near(name)


class _Known:
    """The popular names of one ecosystem, so that a name's neighbours are a few look-ups."""

    def __init__(self, ecosystem: str) -> None:
        from keten.checks import _popular_names

        popular = _popular_names.POPULAR[ecosystem].split()
        self.ecosystem = ecosystem
        self.popular = {self.spelled(name): name for name in popular}
        real = _popular_names.REAL.get(ecosystem, "").split()
        self.names = frozenset((*self.popular, *map(self.spelled, real)))
        long = [name for name in self.popular if len(name) >= _SHORTEST]
        self.bare = {name.translate(_SEPARATORS): self.popular[name] for name in long}
        # One edit leaves the first letters or the last ones as they are; three of each where a
        # swap in the middle can not touch both.
        self.edges: dict[tuple[str, str, int], list[str]] = {}
        for name in long:
            size = 2 if len(name) == _SHORTEST else 3
            for key in (name[:size], ""), ("", name[-size:]):
                self.edges.setdefault((*key, len(name)), []).append(name)

    @staticmethod
    @cache
    def of(ecosystem: str) -> "_Known":
        """Return the names of an ecosystem, made ready once."""
        return _Known(ecosystem)

    def spelled(self, name: str) -> str:
        """Return *name* as its registry compares it."""
        match self.ecosystem:
            case "golang":
                parts = name.lower().split("/")[:3]
                return "/".join(parts) if len(parts) == 3 else ""  # noqa: PLR2004 host, owner, name
            case "pypi":
                return name.lower().replace("_", "-").replace(".", "-")
            case "cargo":
                return name.lower().replace("_", "-")
            case _:
                return name

    def added(self, name: str) -> str:
        """Return the popular name of which *name* is one with a language added."""
        before, after = _ADDED[self.ecosystem]
        for word in before:
            if name.startswith(word) and len(name) - len(word) >= _SHORTEST:
                found = self.popular.get(name[len(word) :])
                if found:
                    return found
        for word in after:
            if name.endswith(word) and len(name) - len(word) >= _SHORTEST:
                found = self.popular.get(name[: -len(word)])
                if found:
                    return found
        return ""

    def near(self, name: str) -> str:
        """Return the first popular name at one edit."""
        if len(name) > 100:  # noqa: PLR2004 no popular name is as long
            return ""
        meant = [
            item
            for size in (2, 3)
            for key in ((name[:size], ""), ("", name[-size:]))
            for length in (len(name) - 1, len(name), len(name) + 1)
            for item in self.edges.get((*key, length), ())
            if _one_edit(name, item) and self.counts(name, item)
        ]
        return self.popular[min(meant)] if meant else ""

    def counts(self, name: str, meant: str) -> bool:
        """Leave out another number at the end, and of Go another module of the same owner."""
        if self.ecosystem == "golang":
            host, owner, last = meant.split("/")
            return name.startswith(f"{host}/") and name.endswith(f"/{last}") and owner not in name
        return name.rstrip("0123456789") != meant.rstrip("0123456789")


def _one_edit(a: str, b: str) -> bool:
    """Return whether one letter more, less or other, or two swapped, lie between the two."""
    if abs(len(a) - len(b)) > 1 or a == b:
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    a, b = a[start:], b[start:]
    return a[1:] == b or a == b[1:] or a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])


CHECK = Check(
    title="Package's name is one slip of a key from a name that everyone knows",
    subject=Package,
    severity=Severity.MEDIUM,
    needs=("lockfile",),
    fix="Look the package up. If the other one is meant, replace it and take the machines that "
    "installed it as lost; if not, waive this with the reason.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("slsa/dependencies", "owasp-cicd/3", "nis2/d", "pci-dss/6.3.2"),
    bad=Example("requirements.txt", "reqeusts==2.31.0\n"),
    good=Example("requirements.txt", "requests==2.31.0\n"),
    run=run,
    applies=applies,
    refs=("https://arxiv.org/abs/2005.09535",),
)
