"""Licences, indexes and registries: what keten.toml permits, from file to finding."""

import json
from datetime import date
from pathlib import Path

import pytest
from folder_scan import scan

from keten.cli import licenses as command
from keten.config import Config, Licenses, Policy, parse
from keten.derive import rulings
from keten.errors import UsageError
from keten.graph.store import merge
from keten.model.delivery import Image, Package
from keten.policy import licensing, places
from keten.testing.examples import facts_of

LOCK = {
    "lockfileVersion": 3,
    "packages": {
        "": {"dependencies": {"a": "1"}},
        "node_modules/a": {
            "version": "1.0.0", "license": "AGPL-3.0", "integrity": "sha512-eA==",
            "resolved": "https://registry.npmjs.org/a/-/a-1.0.0.tgz",
        },
        "node_modules/b": {
            "version": "1.0.0", "license": "(MIT OR GPL-3.0)", "integrity": "sha512-eA==",
            "resolved": "https://registry.npmjs.org/b/-/b-1.0.0.tgz",
        },
        "node_modules/c": {"version": "2.0.0", "license": {"type": "see LICENSE"}},
        "node_modules/d": {"version": "1.0.0"},
        "node_modules/@shop/e": {
            "version": "9.0.0", "license": "MIT", "integrity": "sha512-eA==",
            "resolved": "https://registry.npmjs.org/@shop/e/-/e-9.0.0.tgz",
        },
        "node_modules/@shop/f": {
            "version": "1.0.0", "license": "MIT", "integrity": "sha512-eA==",
            "resolved": f"https://user:{chr(119)}@NPM.s.example:443/npm/f-1.0.0.tgz",
        },
        "node_modules/@shop/g": {"version": "1.0.0", "license": "MIT"},
    },
}  # fmt: skip


def judged(text: str, *, allow: tuple[str, ...] = (), deny: tuple[str, ...] = ()) -> list[str]:
    rules = licensing.Rules(Licenses(allow=allow, deny=deny))
    return [f"{item.licence} {item.why}" for item in rules.judge((text,)).denied]


def found(folder: Path, policy: str) -> dict[str, list[str]]:
    """Return the messages of a scan of *folder* by check, verdict fail."""
    result = scan(
        folder,
        Policy(parse(policy.encode()), "keten.toml", "", folder),
        database=None,
        now=date(2026, 11, 23),
        progress=lambda *_: None,
    )
    messages: dict[str, list[str]] = {}
    for finding in result.findings:
        messages.setdefault(finding.check, []).append(finding.message)
    messages["notes"] = [note for note in result.notes if "conclu" in note]
    unknown = [check for item in result.unknown for check in item.checks]
    messages["unknown"] = sorted(check for check in unknown if check in OURS)
    messages["asked"] = sorted(tally.check for tally in result.checks if tally.check in OURS)
    return messages


OURS = frozenset({
    "dependencies/denied-license", "dependencies/unknown-license",
    "dependencies/unexpected-index", "registry/unexpected-registry",
})  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "package-lock.json").write_text(json.dumps(LOCK, indent=1))
    (tmp_path / "Dockerfile").write_text("FROM ghcr.io/somebody/web:1.4\nFROM alpine:3.22\n")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "allow", "deny", "why"),
    [
        ("MIT", (), ("MIT",), ["MIT denied: MIT"]),
        ("mit license", (), ("MIT",), ["MIT denied: MIT"]),
        ("MIT OR GPL-3.0-only", (), ("GPL-3.0-only",), []),
        ("MIT AND GPL-3.0-only", (), ("GPL-3.0",), ["GPL-3.0-only denied: GPL-3.0"]),
        ("(MIT OR ISC) AND (Zlib OR AGPL-3.0-only)", (), ("category:copyleft",), []),
        ("GPL-2.0-only OR AGPL-3.0-only", (), ("category:copyleft",),
         ["GPL-2.0-only denied: category:copyleft", "AGPL-3.0-only denied: category:copyleft"]),
        # "or later" is a choice of versions.
        ("GPL-2.0-or-later", (), ("GPL-2.0-only",), []),
        ("GPL-2.0-or-later", (), ("GPL-2.0-only", "GPL-3.0-only"),
         ["GPL-2.0-or-later denied: GPL-2.0-only"]),
        ("GPL-3.0-or-later", (), ("GPL-3.0-only",), ["GPL-3.0-or-later denied: GPL-3.0-only"]),
        ("GPL-3.0-only", (), ("GPL-2.0-or-later",), ["GPL-3.0-only denied: GPL-2.0-or-later"]),
        ("GPL-3.0-only", ("GPL-2.0-or-later",), (), ["GPL-3.0-only not among the allowed"]),
        ("GPL-2.0-or-later", ("GPL-2.0-or-later",), (), []),
        ("GPL-2.0-or-later", ("GPL-3.0-only",), (), []),
        ("GPL-2.0-only", ("GPL-3.0-only",), (), ["GPL-2.0-only not among the allowed"]),
        ("Apache-1.1+", ("Apache-2.0",), (), []),
        ("Apache-2.0+", (), ("Apache-2.0",), ["Apache-2.0+ denied: Apache-2.0"]),
        ("BSD-3-Clause+", ("MIT",), (), ["BSD-3-Clause+ not among the allowed"]),
        # An exception permits more, and the entry that says most decides.
        ("GPL-2.0-only WITH Classpath-exception-2.0", (), ("category:strong-copyleft",), []),
        ("GPL-2.0-only WITH Classpath-exception-2.0", (), ("category:weak-copyleft",),
         ["GPL-2.0-only WITH Classpath-exception-2.0 denied: category:weak-copyleft"]),
        ("GPL-2.0-only WITH Classpath-exception-2.0",
         ("GPL-2.0-only WITH Classpath-exception-2.0",), ("GPL-2.0-only",), []),
        ("GPL-2.0-only", ("GPL-2.0-only WITH Classpath-exception-2.0",), (),
         ["GPL-2.0-only not among the allowed"]),
        ("GPL-2.0-only WITH Classpath-exception-2.0", ("GPL-2.0-only",), (), []),
        ("MPL-2.0", ("MPL-2.0",), ("category:copyleft",), []),
        ("EPL-2.0", ("MPL-2.0",), ("category:copyleft",), ["EPL-2.0 denied: category:copyleft"]),
        ("MIT", ("category:permissive",), ("MIT",), ["MIT denied: MIT"]),
        ("MIT", ("MIT",), ("MIT",), ["MIT denied: MIT"]),
        ("Sendmail", (), ("category:copyleft",), []),
        ("see  the LICENSE", (), ("text:See the license",),
         ["see  the LICENSE denied: text:See the license"]),
    ],
)  # fmt: skip
def test_expressions_are_evaluated_exactly(
    text: str, allow: tuple[str, ...], deny: tuple[str, ...], why: list[str]
) -> None:
    assert judged(text, allow=allow, deny=deny) == why


def test_what_can_not_be_judged_is_told() -> None:
    rules = licensing.Rules(Licenses(allow=("MIT", "text:public domain")))

    assert rules.judge(("BSD", "MIT")).unknown == ("BSD",)
    assert rules.judge(("Public Domain",)) == licensing.Judgement()
    assert rules.judge(("NOASSERTION",)).nothing
    assert rules.judge(()).nothing


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('licenses.allow = ["Apach-2.0"]', "no SPDX identifier; did you mean 'Apache-2.0'?"),
        ('licenses.deny = ["category:network"]', "did you mean 'network-copyleft'?"),
        ('licenses.deny = ["MIT OR ISC"]', "write an entry for each"),
        ('[[licenses.package]]\npurl = "npm/x"\nlicense = "MIT"\nreason = "r"', "licenses.package"),
        ('[[licenses.package]]\npurl = "pkg:npm/x"\nlicense = "see"\nreason = "r"', "is no SPDX"),
    ],
)  # fmt: skip
def test_entries_that_mean_nothing_are_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        licensing.Rules(parse(text.encode()).licenses)

    assert said in error.value.what


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('licenses.unknown = "tell"', "licenses.unknown: 'tell'"),
        ('licenses.alow = ["MIT"]', "unknown key 'licenses.alow'; did you mean 'allow'?"),
        ('[[licenses.package]]\npurl = "pkg:npm/x"\nlicense = "MIT"\nreason = " "', "reason must"),
        ('registries.images = ["https://registry.example"]', "leave the scheme out"),
        ('[[registries.index]]\necosystem = "npm"\nnames = []\nhosts = ["x"]', "name names"),
        ('[[registries.index]]\necosystem = "npm"\nname = ["x"]', "did you mean 'names'?"),
    ],
)
def test_keys_and_values_are_held_to_what_can_be_meant(text: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        parse(text.encode())

    assert said in error.value.what


def test_an_ecosystem_that_is_none_is_refused() -> None:
    text = b'[[registries.index]]\necosystem = "pipy"\nnames = ["x"]\nhosts = ["x"]'

    with pytest.raises(UsageError) as error:
        places.check(parse(text).registries)

    assert "'pipy' is no PURL type; did you mean 'pypi'?" in error.value.what


def test_without_policy_nobody_asks(shop: Path) -> None:
    said = found(shop, "")

    assert not said["asked"]
    assert rulings.derive(facts_of({"package-lock.json": json.dumps(LOCK).encode()}), Config()) == (
        merge([])
    )


def test_licences_from_file_to_finding(shop: Path) -> None:
    said = found(
        shop,
        '[licenses]\ndeny = ["category:copyleft"]\n'
        '[[licenses.package]]\npurl = "pkg:npm/c@2.0.0"\nlicense = "AGPL-3.0-or-later"\n'
        'reason = "read its LICENSE"\n'
        '[[licenses.package]]\npurl = "pkg:npm/gone"\nlicense = "MIT"\nreason = "was there"\n',
    )

    assert sorted(said["dependencies/denied-license"]) == [
        "a 1.0.0 stands under AGPL-3.0-only, denied: category:copyleft",
        "c 2.0.0 stands under AGPL-3.0-or-later (as a person concluded), denied: category:copyleft",
    ]
    assert said["unknown"] == ["dependencies/denied-license"]  # d, which tells none
    assert said["notes"] == [
        "licence concluded by a person: pkg:npm/c@2.0.0 is AGPL-3.0-or-later: read its LICENSE",
        "conclusion on the licence of pkg:npm/gone matches no package: remove it",
    ]


def test_unknown_licences_are_findings_only_where_policy_asks(shop: Path) -> None:
    said = found(shop, '[licenses]\nunknown = "report"\nallow = ["MIT"]')

    assert sorted(said["dependencies/unknown-license"]) == [
        "c 2.0.0 says of its licence 'see LICENSE', no SPDX expression",
        "d 1.0.0 tells no licence",
    ]
    assert not said["unknown"]
    ignored = found(shop, '[licenses]\nunknown = "ignore"\nallow = ["MIT"]')
    assert not ignored["unknown"]
    assert "dependencies/unknown-license" not in ignored


def test_indexes_from_file_to_finding(shop: Path) -> None:
    (shop / "requirements.txt").write_text(
        "--index-url https://pypi.shop.example/simple\n"
        "--extra-index-url https://pypi.org/simple\nshop-models==1.0\nrequests==2.31\n"
    )
    said = found(
        shop,
        '[[registries.index]]\necosystem = "npm"\nnames = ["@shop/*"]\n'
        'hosts = ["npm.s.example/npm"]\n'
        '[[registries.index]]\necosystem = "pypi"\nnames = ["shop-*"]\n'
        'hosts = ["pypi.shop.example"]\n',
    )

    assert sorted(said["dependencies/unexpected-index"]) == [
        "@shop/e 9.0.0 comes from registry.npmjs.org: @shop/* of npm come from npm.s.example/npm",
        "shop-models 1.0 may come from pypi.org: shop-* of pypi come from pypi.shop.example",
    ]
    assert said["unknown"] == ["dependencies/unexpected-index"]  # @shop/g


def test_images_from_file_to_finding(shop: Path) -> None:
    said = found(shop, 'registries.images = ["docker.io/library", "b.io"]')

    assert said["registry/unexpected-registry"] == [
        "image ghcr.io/somebody/web:1.4 comes from ghcr.io; permitted are docker.io/library, b.io"
    ]


@pytest.mark.parametrize(
    ("registry", "repository", "permitted"),
    [
        ("registry.example", "team/web", True),
        ("registry.example", "teams/web", False),
        ("registry.example", "team", True),
        ("registry.example.evil.example", "team/web", False),
        ("docker.io", "library/alpine", True),
        ("docker.io", "somebody/alpine", False),
    ],
)
def test_a_place_is_held_part_by_part(registry: str, repository: str, *, permitted: bool) -> None:
    rules = parse(b'registries.images = ["registry.example/team", "docker.io/library/"]').registries
    image = Image("x", registry=registry, repository=repository)

    assert places.image_permitted(image, rules) is permitted


def test_the_table_counts_packages(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "keten.toml").write_text('licenses.deny = ["AGPL-3.0-only"]')

    assert command.main([str(shop), "--quiet"]) == 1
    assert capsys.readouterr().out == (
        "     3  MIT  permissive\n"
        "     1  AGPL-3.0-only  network-copyleft  DENIED AGPL-3.0-only denied: AGPL-3.0-only\n"
        "        - a 1.0.0\n"
        "     1  MIT OR GPL-3.0-only\n"
        "     1  see LICENSE\n"
        "     1  no licence told\n"
        "        - d 1.0.0\n"
    )
    assert command.main([str(shop), "--quiet", "--json", "--policy", "/dev/null"]) == 0
    rows = json.loads(capsys.readouterr().out)["licenses"]
    assert rows[0] == {
        "license": "MIT",
        "packages": ["@shop/e 9.0.0", "@shop/f 1.0.0", "@shop/g 1.0.0"],
        "category": "permissive",
    }


def test_licences_of_composer_are_a_choice() -> None:
    lock = {
        "packages": [
            {"name": "a/a", "version": "1", "license": ["MIT", "GPL-2.0-or-later"]},
            {"name": "a/b", "version": "1", "license": ["BSD-3-Clause"]},
            {"name": "a/c", "version": "1", "license": []},
        ]
    }
    nodes = facts_of({"composer.lock": json.dumps(lock).encode()}).nodes

    assert [node.licenses for node in nodes if isinstance(node, Package)] == [
        ("MIT OR GPL-2.0-or-later",), ("BSD-3-Clause",), (),
    ]  # fmt: skip


def test_licences_that_bind_are_told_one_by_one() -> None:
    texts = ("MIT AND (ISC OR Zlib)", "MIT", "BSD")

    assert licensing.binding(texts) == ("MIT", "ISC OR Zlib", "BSD")
