"""A git checkout: its newest commits and tags, and what their signatures prove.

One git process reads objects by their hashes (see keten.transport.git for why that is safe);
signatures are judged in process.
"""

import heapq
import re
from pathlib import Path

from keten.errors import InputError
from keten.formats import git
from keten.model.delivery import Commit, Repo, Signer
from keten.model.evidence import Link, Problem
from keten.model.facts import Edge, Facts, Looked, Trust
from keten.model.plug import Collector
from keten.transport import git as transport
from keten.transport.git_worktree import modified
from keten.trust.git_signature import Judgement, Signers, Trusted, judge, trusted

WINDOW = 100
"""How many of the newest commits are read."""
TAGS = 50
"""How many of the newest annotated tags are kept."""
TAG_CANDIDATES = 400
"""How many tags, the highest names first, are read to find the newest."""
TREE_SIGNERS = (".github/allowed_signers", ".gitsigners", ".allowed_signers")
"""Where projects keep their own lists: told, never trusted."""

_ORIGIN = "git"
_DIGITS = re.compile(r"(\d{1,18})")


def takes(target: str) -> bool:
    """Return whether *target* lies in a git checkout."""
    try:
        return transport.find(Path(target)) is not None
    except InputError:
        return True


def collect(
    root: Path, *, signers: Signers | None = None, window: int = WINDOW, tags: int = TAGS
) -> Facts:
    """Return the facts of the checkout that *root* is in; no facts where it is in none.

    What can not be read is a Problem. *signers* come from the user's configuration.
    """
    try:
        checkout = transport.find(root)
    except InputError as error:
        return Facts(problems=(_problem(error.what, advice=error.advice),))
    if checkout is None:
        return Facts()
    with transport.Objects(checkout) as objects:
        return _Reading(checkout, objects, signers or Signers()).facts(
            root.resolve(), window=window, tags=tags
        )


def tracked_paths(root: Path) -> frozenset[str] | None:
    """Return the paths that git tracks below *root*, relative to it; None where not known."""
    try:
        checkout = transport.find(root)
        entries = transport.tracked(checkout) if checkout else None
    except InputError:
        return None
    if checkout is None or entries is None:
        return None
    below = root.resolve().relative_to(checkout.root).as_posix()
    prefix = "" if below == "." else f"{below}/"
    paths = (e.path.decode("utf-8", "backslashreplace") for e in entries)
    return frozenset(p.removeprefix(prefix) for p in paths if p.startswith(prefix))


class _Reading:
    """One reading of one checkout."""

    def __init__(
        self, checkout: transport.Checkout, objects: transport.Objects, signers: Signers
    ) -> None:
        self.checkout = checkout
        self.objects = objects
        self.given = signers.allowed_signers is not None or signers.keyring is not None
        self.trusted: Trusted
        self.trusted, faults = trusted(signers)
        self.problems = [_problem(what, need="signers") for what in faults]
        self.nodes: list[Commit] = []
        self.edges: list[Edge] = []
        self.signers: dict[str, set[str]] = {}
        self.looked: list[Looked] = []
        self.whole = True
        self.unjudged: dict[str, int] = {}
        self.cut = transport.shallow(checkout)

    def facts(self, target: Path, *, window: int, tags: int) -> Facts:
        head = branch = ""
        try:
            refs = transport.Refs(self.checkout)
            head, branch = refs.head()
            if not head:
                self._missing("the branch has no commits yet, or HEAD can not be read")
            self._walk(head, window)
            self._tags(refs, tags)
        except InputError as error:
            self._missing(error.what, error.advice)
        commits = sum(not node.tag_name for node in self.nodes)
        repo = Repo(
            ".", head=head, branch=branch, modified=self._modified(target), window=commits,
            shallow=bool(self.cut),
            signed=sum(node.signature != "none" for node in self.nodes),
        )  # fmt: skip
        self._finish(repo)
        signer_nodes = (Signer(k, principals=tuple(sorted(p))) for k, p in self.signers.items())
        return Facts(
            nodes=(repo, *self.nodes, *signer_nodes),
            edges=tuple(self.edges),
            looked=tuple(self.looked),
            problems=tuple(self.problems),
        )

    def _modified(self, target: Path) -> int | None:
        try:
            entries = transport.tracked(self.checkout)
            return None if entries is None else modified(self.checkout, entries, target)
        except InputError:
            return None

    def _finish(self, repo: Repo) -> None:
        if self.whole:
            self.looked.append(Looked(repo.ref, "history"))
        if self.given and not self.unjudged:
            self.looked.append(Looked(repo.ref, "signers"))
        for why, count in sorted(self.unjudged.items()):
            what = f"{count} of the newest commits and tags: {why}"
            self.problems.append(_problem(what, about=repo.ref, need="signers"))
        if repo.signed and not self.given:
            root = self.checkout.root
            own = [p for p in TREE_SIGNERS if transport.read_small(root / p, 1 << 20) is not None]
            advice = "Name them in keten.toml: [source] allowed-signers or keyring."
            if own:
                advice += (
                    f" {own[0]} is in the tree, where whoever can push can change it: "
                    "keep a copy elsewhere and name that."
                )
            what = "signatures were not judged: nobody is named who may sign"
            self.problems.append(_problem(what, advice=advice, about=repo.ref, need="signers"))

    def _walk(self, head: str, window: int) -> None:
        """Read the newest commits by their own dates, all parents, from *head* on."""
        pending: list[tuple[int, str, git.CommitObject]] = []
        seen = {head}
        self._enter(head, pending)
        count = 0
        while pending and count < window:
            _, name, found = heapq.heappop(pending)
            count += 1
            self._add(name, found.committer, found.subject, found.signed, found=found)
            for parent in () if name in self.cut else found.parents:
                if parent not in seen:
                    seen.add(parent)
                    self._enter(parent, pending)

    def _enter(self, name: str, pending: list[tuple[int, str, git.CommitObject]]) -> None:
        data = self._read(name, "commit")
        if data is None:
            return
        try:
            found = git.commit(data, algorithm=self.checkout.algorithm)
        except InputError as error:
            self._missing(f"commit {name[:12]}: {error.what}")
            return
        heapq.heappush(pending, (-found.committer.when, name, found))

    def _tags(self, refs: transport.Refs, most: int) -> None:
        """Read the newest annotated tags; a lightweight tag is a name and can not be signed."""
        named = [(n, h) for n, (h, annotated) in refs.tags().items() if annotated is not False]
        named.sort(key=lambda item: _natural(item[0]), reverse=True)
        found: list[tuple[int, str, str, git.TagObject]] = []
        for name, value in named[:TAG_CANDIDATES]:
            answer = self.objects.read(value)
            if answer is None:
                self._missing(f"tag {name[:80]} names an object that is not here")
            elif answer[0] == "tag" and self._is_true(value, *answer, name):
                tag = git.tag(answer[1], algorithm=self.checkout.algorithm)
                found.append((-tag.tagger.when, name, value, tag))
        for _, name, value, tag in sorted(found, key=lambda item: item[:3])[:most]:
            self._add(value, tag.tagger, tag.subject, tag.signed, tag_name=name)

    def _read(self, name: str, kind: str) -> bytes | None:
        if not name:
            return None
        answer = self.objects.read(name)
        if answer is None or answer[0] != kind:
            self._missing(f"{kind} {name[:12]} is not here, though history names it")
            return None
        return answer[1] if self._is_true(name, *answer, "") else None

    def _is_true(self, name: str, kind: str, data: bytes, tag_name: str) -> bool:
        """Hash the object again: git does not when it reads."""
        if git.name_of(kind, data, algorithm=self.checkout.algorithm) == name:
            return True
        fault = "its bytes are not those that its name is the hash of"
        node = Commit(name, fault=fault, held=False, tag_name=tag_name)
        self.nodes.append(node)
        self.looked.append(Looked(node.ref, "commit"))
        return False

    def _add(
        self, name: str, by: git.Person, subject: str, signed: git.Signed,
        *, found: git.CommitObject | None = None, tag_name: str = "",
    ) -> None:  # fmt: skip
        verdict = Judgement(None)
        if signed.kind != "none":
            verdict = judge(
                signed.kind, signed.armored, signed.payload,
                email=by.email, when=by.when, trusted=self.trusted,
            )  # fmt: skip
        node = Commit(
            name, author=found.author.email if found else by.email, committer=by.email,
            when=by.when, subject=subject[:200], parents=found.parents if found else (),
            signature=signed.kind, fault=verdict.fault, tag_name=tag_name, held=verdict.held,
            doubt=verdict.doubt,
        )  # fmt: skip
        self.nodes.append(node)
        self.looked.append(Looked(node.ref, "commit"))
        if signed.kind != "none" and verdict.held is None and "keyring holds" not in node.doubt:
            self.unjudged[node.doubt] = self.unjudged.get(node.doubt, 0) + 1
        elif self.given:
            self.looked.append(Looked(node.ref, "signers"))
        if verdict.signer:
            self.signers.setdefault(verdict.signer, set()).update(verdict.principals)
            trust = Trust.VERIFIED if verdict.held and not verdict.doubt else Trust.CLAIMED
            self.edges.append(
                Edge(node.ref, "signed-by", f"signer {verdict.signer}", trust, by=_ORIGIN)
            )

    def _missing(self, what: str, advice: str = "") -> None:
        self.whole = False
        if len(self.problems) < TAGS:
            self.problems.append(_problem(what, advice=advice, about="repo .", need="history"))


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """Order names as people number them: v1.10 after v1.9."""
    parts = _DIGITS.split(name)
    return [(p.isdigit(), int(p) if p.isdecimal() else 0, p) for p in parts]


def _problem(what: str, *, advice: str = "", about: str = "", need: str = "") -> Problem:
    return Problem(".git", what, advice=advice, link=Link.SOURCE, about=about, need=need)


COLLECTOR = Collector(title="git checkout", takes=takes, collect=collect)
