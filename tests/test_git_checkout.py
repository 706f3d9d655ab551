"""Checkouts of every kind, and hostile ones: nothing of a repository's own is ever run."""

import contextlib
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest
from git_repos import Maker, environment, needs_git
from hypothesis import given, settings
from hypothesis import strategies as st

from keten.collectors.git import COLLECTOR, collect, tracked_paths
from keten.errors import InputError
from keten.formats import git
from keten.model.delivery import Commit, Repo
from keten.model.facts import Facts

pytestmark = needs_git


def repo_of(facts: Facts) -> Repo:
    return next(node for node in facts.nodes if isinstance(node, Repo))


def commits(facts: Facts) -> list[Commit]:
    return [node for node in facts.nodes if isinstance(node, Commit)]


def looked(facts: Facts) -> set[tuple[str, str]]:
    return {(item.ref, item.need) for item in facts.looked}


def test_plain_checkout(tmp_path: Path) -> None:
    made = Maker(tmp_path)
    first = made.commit("first")
    second = made.commit("second")
    made.git("tag", "-a", "-m", "annotated", "v1")
    made.git("tag", "light")

    facts = collect(made.root)

    repo = repo_of(facts)
    assert (repo.head, repo.branch, repo.window, repo.modified) == (second, "main", 2, 0)
    found = {(c.id, c.subject, c.parents, c.tag_name) for c in commits(facts)}
    assert (second, "second", (first,), "") in found
    assert [c.subject for c in commits(facts) if c.tag_name] == ["annotated"]
    assert ("repo .", "history") in looked(facts)
    assert not facts.problems


def test_no_checkout_says_nothing(tmp_path: Path) -> None:
    assert collect(tmp_path) == Facts()
    assert not COLLECTOR.takes(str(tmp_path))


def test_hostile_configuration_runs_nothing(tmp_path: Path) -> None:
    made = Maker(tmp_path)
    made.commit("first")
    marker = tmp_path / "marker"
    script = tmp_path / "run.sh"
    script.write_text(f"#!/bin/sh\ntouch {marker}\ncat\n")
    script.chmod(0o755)
    for key in (
        "core.fsmonitor", "gpg.program", "gpg.ssh.program", "core.sshCommand", "core.pager",
        "filter.x.clean", "filter.x.smudge", "filter.x.process", "diff.external", "core.editor",
        "core.gitProxy", "credential.helper", "core.alternateRefsCommand",
        "uploadpack.packObjectsHook",
    ):  # fmt: skip
        made.git("config", key, str(script))
    made.git("config", "alias.cat-file", f"!{script}")
    made.git("config", "core.hooksPath", str(tmp_path))
    made.git("config", "remote.o.url", f"ext::{script}")
    made.git("config", "remote.o.promisor", "true")
    made.git("config", "extensions.partialClone", "o")
    (made.root / ".gitattributes").write_text("* filter=x diff=x\n")
    (made.root / "file.txt").write_text("changed, so that its content must be looked at")
    parent = "1" * 40
    tree = made.git("rev-parse", "HEAD^{tree}")
    made.git("status")
    assert marker.exists(), "the trap works: git itself falls into it"
    made.git("config", "include.path", str(script))
    who = "A <a@x.org> 1700000000 +0000"
    raw = f"tree {tree}\nparent {parent}\nauthor {who}\ncommitter {who}\n\na missing parent\n"
    name = git.name_of("commit", raw.encode(), algorithm="sha1")
    loose = made.root / ".git" / "objects" / name[:2]
    loose.mkdir(exist_ok=True)
    (loose / name[2:]).write_bytes(zlib.compress(b"commit %d\0" % len(raw) + raw.encode()))
    (made.root / ".git" / "refs" / "heads" / "main").write_text(name + "\n")
    marker.unlink(missing_ok=True)

    facts = collect(made.root)

    assert not marker.exists()
    assert [c.id for c in commits(facts)] == [name]
    assert [p.what for p in facts.problems] == [
        "commit 111111111111 is not here, though history names it"
    ]
    assert ("repo .", "history") not in looked(facts)


def test_alternates_and_replacements_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Maker(tmp_path / "other")
    secret = other.commit("secret")
    made = Maker(tmp_path)
    mine = made.commit("mine")
    (made.root / ".git/objects/info").mkdir(exist_ok=True)
    (made.root / ".git/objects/info/alternates").write_text(f"{other.root}/.git/objects\n")
    (made.root / ".git/refs/heads/main").write_text(secret + "\n")

    facts = collect(made.root)

    assert commits(facts) == []
    assert facts.problems
    (made.root / ".git/refs/heads/main").write_text(mine + "\n")
    (made.root / ".git/refs/replace").mkdir()
    (made.root / f".git/refs/replace/{mine}").write_text(secret + "\n")
    assert [c.subject for c in commits(collect(made.root))] == ["mine"]


def test_linked_worktree_and_detached_head(tmp_path: Path) -> None:
    made = Maker(tmp_path)
    name = made.commit("first")
    made.git("worktree", "add", "-q", "--detach", str(tmp_path / "tree"))

    facts = collect(tmp_path / "tree")

    assert (repo_of(facts).head, repo_of(facts).branch) == (name, "")
    assert len(commits(facts)) == 1
    assert repo_of(facts).modified == 0


def test_submodule(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    library = Maker(tmp_path / "lib")
    library.commit("library")
    made = Maker(tmp_path)
    made.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add",
             str(library.root), "third/lib")  # fmt: skip

    facts = collect(made.root / "third" / "lib")

    assert [c.subject for c in commits(facts)] == ["library"]


def test_git_file_that_points_at_another_repository_is_refused(tmp_path: Path) -> None:
    made = Maker(tmp_path)
    made.commit("private")
    trap = tmp_path / "trap"
    trap.mkdir()
    (trap / ".git").write_text(f"gitdir: {made.root}/.git\n")

    facts = collect(trap)

    assert facts.nodes == ()
    assert "does not point back" in facts.problems[0].what
    (trap / ".git").unlink()
    (trap / ".git").symlink_to(made.root / ".git")
    assert "symbolic link" in collect(trap).problems[0].what


def test_refs_do_not_lead_out(tmp_path: Path) -> None:
    made = Maker(tmp_path)
    name = made.commit("first")
    (tmp_path / "outside").write_text(name + "\n")
    for text in ("ref: refs/../../../outside", "ref: ../outside", "ref: /etc/passwd"):
        (made.root / ".git/HEAD").write_text(text + "\n")
        assert commits(collect(made.root)) == []
    (made.root / ".git/HEAD").write_text("ref: refs/heads/link\n")
    (made.root / ".git/refs/heads/link").symlink_to(tmp_path / "outside")
    assert commits(collect(made.root)) == []


def test_shallow_clone_says_so(tmp_path: Path) -> None:
    made = Maker(tmp_path)
    for text in ("one", "two", "three"):
        made.commit(text)
    subprocess.run(
        ["git", "clone", "-q", "--depth=2", f"file://{made.root}", str(tmp_path / "clone")],
        env=environment(made.home), check=True, capture_output=True,
    )  # fmt: skip

    facts = collect(tmp_path / "clone")

    assert repo_of(facts).shallow
    assert repo_of(facts).window == 2
    assert ("repo .", "history") in looked(facts)
    assert not facts.problems


def test_window_takes_the_newest_of_both_sides_of_a_merge(tmp_path: Path) -> None:
    made = Maker(tmp_path)
    made.commit("base")
    made.git("switch", "-q", "-c", "side")
    made.commit("side")
    made.git("switch", "-q", "main")
    made.git("merge", "-q", "--no-ff", "--no-edit", "side",
             GIT_COMMITTER_DATE="1800000000 +0000")  # fmt: skip

    facts = collect(made.root, window=2)

    assert sorted(c.subject for c in commits(facts)) == ["Merge branch 'side'", "side"]


def test_packed_refs_and_packs(tmp_path: Path) -> None:
    made = Maker(tmp_path)
    made.commit("first")
    for i in range(12):
        made.git("tag", "-a", "-m", f"tag {i}", f"v1.{i}",
                 GIT_COMMITTER_DATE=f"{1_700_000_000 + i} +0000")  # fmt: skip
    made.git("gc", "-q")
    assert not (made.root / ".git/refs/heads/main").exists()

    facts = collect(made.root, tags=3)

    assert sorted(c.tag_name for c in commits(facts) if c.tag_name) == ["v1.10", "v1.11", "v1.9"]


def test_object_whose_bytes_are_not_its_name(tmp_path: Path) -> None:
    made = Maker(tmp_path)
    name = made.commit("honest")
    path = made.root / ".git" / "objects" / name[:2] / name[2:]
    raw = zlib.decompress(path.read_bytes())
    path.chmod(0o644)
    path.write_bytes(zlib.compress(raw.replace(b"honest", b"forged")))

    (commit,) = commits(collect(made.root))

    assert commit.held is False
    assert "not those that its name" in commit.fault


@pytest.mark.parametrize(("change", "count"), [
    (lambda r: (r / "file.txt").write_text("changed"), 1),
    (lambda r: (r / "file.txt").unlink(), 1),
    (lambda r: (r / "file.txt").chmod(0o755), 1),
    (lambda r: (r / "file.txt").touch(), 0),
    (lambda r: (r / "new.txt").write_text("not tracked"), 0),
    (lambda r: (r / "file.txt").write_bytes(b"a\r\nb\r\n"), 1),
])  # fmt: skip
def test_modified_files_are_counted(tmp_path: Path, change: object, count: int) -> None:
    made = Maker(tmp_path)
    made.commit("a\nb\n")
    assert callable(change)
    change(made.root)

    assert repo_of(collect(made.root)).modified == count
    ours = made.git("status", "--porcelain", "-uno")
    assert len(ours.split("\n")) - (ours == "") == count


@pytest.mark.parametrize("version", ["2", "3", "4"])
@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_index_of_each_version(tmp_path: Path, version: str, algorithm: str) -> None:
    made = Maker(tmp_path, f"--object-format={algorithm}")
    for name in ("a/b/c.txt", "a/b/d.txt", "a/e.txt", "z" * 200):
        (made.root / name).parent.mkdir(parents=True, exist_ok=True)
        (made.root / name).write_text(name)
    made.commit("all")
    if version == "3":
        made.git("update-index", "--skip-worktree", "a/e.txt")
    else:
        made.git("update-index", "--index-version", version)

    assert tracked_paths(made.root) == frozenset(made.git("ls-files").split("\n"))
    assert tracked_paths(made.root / "a") == frozenset({"b/c.txt", "b/d.txt", "e.txt"})
    assert repo_of(collect(made.root)).modified == 0
    assert repo_of(collect(made.root / "a")).modified == 0


def test_without_git_the_rest_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Maker(tmp_path)
    made.commit("first")
    monkeypatch.setattr(shutil, "which", lambda _: None)

    facts = collect(made.root)

    assert repo_of(facts).head
    assert "git is not installed" in facts.problems[0].what
    assert ("repo .", "history") not in looked(facts)


def test_reftable_and_empty_repositories_are_unknown(tmp_path: Path) -> None:
    made = Maker(tmp_path)

    empty = collect(made.root)
    made.git("config", "extensions.refStorage", "reftable")

    assert "no commits yet" in empty.problems[0].what
    assert "reftable" in collect(made.root).problems[0].what


def test_own_list_of_signers_is_told_and_not_trusted(tmp_path: Path) -> None:
    made = Maker(tmp_path)
    (made.root / ".github").mkdir()
    (made.root / ".github/allowed_signers").write_text("a@x.org ssh-ed25519 AAAA\n")
    made.commit("first")
    tree = made.git("rev-parse", "HEAD^{tree}")
    who = "A <a@x.org> 1700000000 +0000"
    raw = f"tree {tree}\nauthor {who}\ncommitter {who}\ngpgsig -----BEGIN PGP SIGNATURE-----\n\nx\n"
    made.git("update-ref", "refs/heads/main", made.write_object("commit", raw.encode()))

    (problem, *_) = [p for p in collect(made.root).problems if p.need == "signers"][-1:]

    assert ".github/allowed_signers is in the tree" in problem.advice


_COMMIT = (
    b"tree " + b"1" * 40 + b"\nparent " + b"2" * 40 + b"\nauthor A <a@x> 1 +0000\n"
    b"committer A <a@x> 1 +0000\ngpgsig -----BEGIN SSH SIGNATURE-----\n abc\n -----END\n\nx\n"
)
_INDEX = b"DIRC\0\0\0\4\0\0\0\1" + b"\0" * 60 + b"\0\3\0a/b\0" + b"\0" * 20


@given(st.binary(max_size=300) | st.tuples(st.integers(0, 150), st.binary(max_size=8)))
@settings(max_examples=300, deadline=None)
def test_parsers_survive_anything(mutation: bytes | tuple[int, bytes]) -> None:
    for parser, sample in (
        (git.commit, _COMMIT), (git.tag, _COMMIT.replace(b"tree", b"object")),
        (git.index, _INDEX), (git.packed_refs, b"1" * 40 + b" refs/tags/v1\n^" + b"2" * 40),
        (git.config, b'[a "b"]\n\tc = "d" ; e\n'),
    ):  # fmt: skip
        data = mutation
        if isinstance(data, tuple):
            at, put = data
            data = sample[:at] + put + sample[at + len(put) :]
        with contextlib.suppress(InputError):
            parser(data)


def test_parsers_end_fast_on_large_input() -> None:
    with pytest.raises(InputError):
        git.commit(b"x" * (5 << 20))
    with pytest.raises(InputError):
        git.packed_refs(b"x" * (5 << 20))
    git.config(b"[" * (1 << 20))
    with pytest.raises(InputError):
        git.index(b"DIRC\0\0\0\2\0\0\0\xff" + b"\xff" * 1000)
