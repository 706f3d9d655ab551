"""Signatures of real commits and tags, compared with what git itself says of them."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from git_repos import Gpg, Maker, needs_git, needs_gpg, needs_ssh, public, ssh_key

from keten.collectors.git import collect
from keten.model.delivery import Commit
from keten.model.facts import Facts, Trust
from keten.trust.git_signature import Signers

pytestmark = needs_git


def commits(facts: Facts) -> dict[str, Commit]:
    return {node.id: node for node in facts.nodes if isinstance(node, Commit)}


def verified(facts: Facts) -> set[str]:
    return {e.src.partition(" ")[2] for e in facts.edges if e.trust is Trust.VERIFIED}


def as_git_says(facts: Facts, node: Commit) -> str:
    """Return the letter of ``git log --format=%G?`` that our verdict stands for."""
    if node.signature == "none":
        return "N"
    if node.held is False:
        return "B"
    if node.id in verified(facts):
        return "G"
    if node.held is None:
        return "E"
    if "allowed for" in node.doubt:
        return "B"  # git asks for a principal first, then ssh-keygen refuses the namespace
    if "revoked" in node.doubt:
        return "R"
    return "U"


def git_says(repo: Maker, **more: str) -> dict[str, str]:
    lines = repo.git("log", "--all", "--format=%H %G?", **more).split("\n")
    return dict(line.split(" ") for line in lines)


@needs_ssh
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("ed25519", ()),
        ("ecdsa", ("-b", "256")),
        ("ecdsa", ("-b", "384")),
        ("ecdsa", ("-b", "521")),
        ("rsa", ("-b", "2048")),
    ],
)
@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_ssh_keys_of_each_type(
    tmp_path: Path, kind: str, options: tuple[str, ...], algorithm: str
) -> None:
    repo = Maker(tmp_path, f"--object-format={algorithm}")
    key = ssh_key(tmp_path, "key", kind, *options)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"a@x.org {public(key)}\n")
    repo.sign_with_ssh(key, allowed)
    name = repo.commit("signed", "-S")
    repo.commit("plain")
    repo.git("tag", "-s", "-m", "a tag\n\nof two paragraphs", "v1", name)

    facts = collect(repo.root, signers=Signers(allowed_signers=allowed.read_bytes()))

    assert {as_git_says(facts, n) for n in commits(facts).values() if n.tag_name} == {"G"}
    ours = {n.id: as_git_says(facts, n) for n in commits(facts).values() if not n.tag_name}
    assert ours == git_says(repo)
    assert sorted(ours.values()) == ["G", "N"]
    assert not facts.problems


def tampered(repo: Maker, name: str, before: bytes, after: bytes) -> str:
    raw = subprocess.run(
        ["git", "cat-file", "commit", name], cwd=repo.root, capture_output=True, check=True
    ).stdout
    assert before in raw
    changed = repo.write_object("commit", raw.replace(before, after))
    repo.git("update-ref", "refs/heads/main", changed)
    return changed


@needs_ssh
def test_ssh_agrees_with_git_on_every_kind_of_verdict(tmp_path: Path) -> None:
    repo = Maker(tmp_path)
    names = ("known", "other", "early", "late", "filer", "negated")
    keys = {name: ssh_key(tmp_path, name) for name in names}
    allowed = tmp_path / "allowed"
    allowed.write_text(
        "# who may sign\n"
        f"a@x.org,*@y.org {public(keys['known'])}\n"
        f'a@x.org valid-after="20300101Z" {public(keys["early"])}\n'
        f'a@x.org valid-before="20200101Z",namespaces="git" {public(keys["late"])}\n'
        f'a@x.org namespaces="file" {public(keys["filer"])}\n'
        f"*@x.org {public(keys['negated'])} a comment\n"
    )
    for name, key in keys.items():
        repo.sign_with_ssh(key, allowed)
        repo.commit(name, "-S")
    repo.sign_with_ssh(keys["known"], allowed)
    repo.commit("to be changed", "-S")
    bad = tampered(repo, repo.git("rev-parse", "HEAD"), b"\n\nto be", b"\n\nTO BE")
    repo.commit("plain")

    facts = collect(repo.root, signers=Signers(allowed_signers=allowed.read_bytes()))

    ours = {n.id: as_git_says(facts, n) for n in commits(facts).values()}
    assert ours == git_says(repo)
    assert ours[bad] == "B"
    assert sorted(ours.values()) == ["B", "B", "G", "G", "N", "U", "U", "U"]
    reasons = sorted({n.doubt for n in commits(facts).values() if n.doubt})
    assert [r.split(" ", 1)[1] for r in reasons if r.startswith("SHA256")] == [
        "is not among the allowed signers"
    ]
    assert "the key is allowed for 'file', not for 'git'" in reasons
    assert "the key is allowed only from 2030-01-01 00:00 UTC" in reasons
    assert "the key was allowed only until 2020-01-01 00:00 UTC" in reasons


@needs_ssh
def test_a_known_key_proves_nothing_in_another_name(tmp_path: Path) -> None:
    repo = Maker(tmp_path)
    key = ssh_key(tmp_path, "key")
    repo.sign_with_ssh(key)
    repo.commit("mine", "-S", email="a@x.org")
    theirs = repo.commit("the boss's", "-S", email="boss@x.org")

    facts = collect(repo.root, signers=Signers(allowed_signers=f"a@x.org {public(key)}\n".encode()))

    assert len(verified(facts)) == 1
    assert commits(facts)[theirs].doubt == "the key is not one of boss@x.org"
    assert commits(facts)[theirs].held is True


@needs_ssh
def test_certificates_of_an_allowed_authority(tmp_path: Path) -> None:
    repo = Maker(tmp_path)
    authority = ssh_key(tmp_path, "authority", "ecdsa")
    key, stale = ssh_key(tmp_path, "key"), ssh_key(tmp_path, "stale")
    for each, window in ((key, "20200101:20400101"), (stale, "20100101:20110101")):
        subprocess.run(
            ["ssh-keygen", "-q", "-s", str(authority), "-I", "id", "-n", "a@x.org,other",
             "-V", window, f"{each}.pub"],
            check=True, capture_output=True,
        )  # fmt: skip
    allowed = tmp_path / "allowed"
    allowed.write_text(f"*@x.org cert-authority {public(authority)}\n")
    for each in (key, stale):
        repo.sign_with_ssh(each.with_name(f"{each.name}-cert.pub"), allowed)
        repo.git("config", "user.signingkey", f"{each}-cert.pub")
        repo.commit(each.name, "-S")

    facts = collect(repo.root, signers=Signers(allowed_signers=allowed.read_bytes()))

    ours = {n.subject: as_git_says(facts, n) for n in commits(facts).values()}
    theirs = git_says(repo)
    assert ours == {"key": "G", "stale": "U"}
    assert {n.subject: theirs[n.id] for n in commits(facts).values()} == ours


@pytest.fixture
def gpg(tmp_path: Path) -> Iterator[Gpg]:
    made = Gpg(tmp_path / "gnupg")
    yield made
    made.close()


@needs_gpg
@pytest.mark.parametrize("algorithm", ["ed25519", "rsa2048", "nistp256", "brainpoolP384r1"])
def test_openpgp_keys_of_each_type(tmp_path: Path, gpg: Gpg, algorithm: str) -> None:
    repo = Maker(tmp_path)
    home = {"GNUPGHOME": str(gpg.home)}
    finger = gpg.key("A <a@x.org>", algorithm)
    repo.git("config", "user.signingkey", finger)
    (repo.root / "f").write_text("x")
    repo.git("add", "-A")
    repo.git("commit", "-q", "-S", "-m", "signed", **home)
    repo.git("tag", "-s", "-m", "tagged", "v1", **home)
    signed = repo.git("rev-parse", "HEAD")
    bad = tampered(repo, signed, b"\n\nsigned", b"\n\nSIGNED")
    repo.commit("plain")

    facts = collect(repo.root, signers=Signers(keyring=gpg.run("--armor", "--export")))

    ours = {n.id: as_git_says(facts, n) for n in commits(facts).values()}
    theirs = git_says(repo, **home)
    assert {n: v for n, v in theirs.items() if n in ours} == {
        n: v for n, v in ours.items() if n in theirs
    }
    assert ours[bad] == "B"
    tag = next(n for n in commits(facts).values() if n.tag_name)
    assert ours[tag.id] == "G"
    assert next(e.dst for e in facts.edges if e.src == tag.ref) == f"signer {finger.lower()}"


@needs_gpg
def test_openpgp_unknown_extended_expired_and_revoked_keys(tmp_path: Path, gpg: Gpg) -> None:
    """A key whose life was extended keeps its older signatures, as with git."""
    repo = Maker(tmp_path)
    home = {"GNUPGHOME": str(gpg.home)}
    fingers = {
        n: gpg.key(f"A ({n}) <a@x.org>", when="20240101T000000!")
        for n in ("extended", "unknown", "expired", "revoked")
    }
    wrapper = tmp_path / "gpg-then"
    wrapper.write_text('#!/bin/sh\nexec gpg --faked-system-time 20250101T000000! "$@"\n')
    wrapper.chmod(0o755)
    for name, finger in fingers.items():
        repo.git("config", "user.signingkey", finger)
        repo.git("config", "gpg.program", str(wrapper))
        (repo.root / "f").write_text(name)
        repo.git("add", "-A")
        repo.git("commit", "-q", "-S", "-m", name, **home)
    repo.git("config", "--unset", "gpg.program")
    gpg.run("--quick-set-expire", fingers["extended"], "10y")
    # It ends half a year after it was made: before the signature that says 2025.
    gpg.run("--faked-system-time", "20240101T000100!", "--quick-set-expire", fingers["expired"],
            "20240601T000000")  # fmt: skip
    revocation = gpg.home / "openpgp-revocs.d" / f"{fingers['revoked']}.rev"
    gpg.run("--import", stdin=revocation.read_bytes().replace(b":-----BEGIN", b"-----BEGIN"))
    keep = [f for n, f in fingers.items() if n != "unknown"]

    facts = collect(repo.root, signers=Signers(keyring=gpg.run("--export", *keep)))

    ours = {n.subject: as_git_says(facts, n) for n in commits(facts).values()}
    assert ours["extended"] == "G"
    assert ours["unknown"] == "E"
    assert ours["revoked"] == "R"
    assert ours["expired"] == "U"
    doubts = {n.subject: n.doubt for n in commits(facts).values()}
    assert "had expired" in doubts["expired"]
    theirs = {n.subject: git_says(repo, **home)[n.id] for n in commits(facts).values()}
    assert {k: theirs[k] for k in ("extended", "revoked")} == {"extended": "G", "revoked": "R"}


@needs_gpg
def test_openpgp_signing_subkey(tmp_path: Path, gpg: Gpg) -> None:
    repo = Maker(tmp_path)
    home = {"GNUPGHOME": str(gpg.home)}
    gpg.run("--quick-gen-key", "A <a@x.org>", "ed25519", "cert", "0")
    primary = gpg.fingerprint("a@x.org")
    gpg.run("--quick-add-key", primary, "ed25519", "sign", "1y")
    repo.git("config", "user.signingkey", primary)
    (repo.root / "f").write_text("x")
    repo.git("add", "-A")
    repo.git("commit", "-q", "-S", "-m", "signed", **home)

    facts = collect(repo.root, signers=Signers(keyring=gpg.run("--export")))

    (commit,) = commits(facts).values()
    assert commit.id in verified(facts)
    assert facts.edges[0].dst == f"signer {primary.lower()}"


def test_x509_is_unknown_and_said_once(tmp_path: Path) -> None:
    repo = Maker(tmp_path)
    repo.commit("first")
    tree = repo.git("rev-parse", "HEAD^{tree}")
    who = "A <a@x.org> 1700000000 +0000"
    raw = (
        f"tree {tree}\nauthor {who}\ncommitter {who}\n"
        "gpgsig -----BEGIN SIGNED MESSAGE-----\n MIIB\n -----END SIGNED MESSAGE-----\n\nx\n"
    )
    repo.git("update-ref", "refs/heads/main", repo.write_object("commit", raw.encode()))

    facts = collect(repo.root, signers=Signers(allowed_signers=b""))

    (commit,) = commits(facts).values()
    assert (commit.signature, commit.held) == ("x509", None)
    assert [p.what for p in facts.problems] == [
        "1 of the newest commits and tags: X.509 signatures can not be judged yet"
    ]
    assert ("repo .", "signers") not in {(item.ref, item.need) for item in facts.looked}
