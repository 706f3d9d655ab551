"""Images as targets: what lies in them is found behind links and in layers, and nothing else."""

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from image_builder import build, docker_archive, image, layout

from keten.config import Checks, Config, Policy
from keten.model.delivery import Credential, Image, Package
from keten.model.facts import Facts
from keten.model.image import SystemFile
from keten.model.result import Result
from keten.pipeline.flow import Scanned
from keten.pipeline.targets import Access, collect, named, scan

NOW = date(2026, 11, 23)
RELEASE = b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12"\n'
STATUS = "var/lib/dpkg/status"


def stanza(name: str, version: str) -> str:
    return (
        f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\n"
        f"Version: {version}\nMaintainer: A <a@example.org>\n\n"
    )


BASE = [
    ("etc/os-release", "file", RELEASE),
    (STATUS, "file", stanza("a", "1.0") + stanza("b", "1.0")),
]


def collected(target: Path | str, tmp_path: Path, **access: Any) -> Scanned:
    policy = Policy(Config(), "default", "", tmp_path)
    options = Access(cache=str(tmp_path / "cache"), **access)
    return collect(named(str(target)), policy, access=options, now=NOW, progress=lambda *_: None)


def scanned(target: Path | str, tmp_path: Path) -> Result:
    policy = Policy(Config(), "default", "", tmp_path)
    return scan(
        named(str(target)),
        policy,
        access=Access(cache=str(tmp_path / "cache")),
        database=None,
        now=NOW,
        progress=lambda *_: None,
    )


def packages(facts: Facts) -> dict[str, Package]:
    return {node.name: node for node in facts.nodes if isinstance(node, Package)}


def versions(facts: Facts) -> dict[str, str]:
    return {name: node.version for name, node in packages(facts).items()}


def test_each_package_has_the_layer_and_the_instruction_that_brought_it(tmp_path: Path) -> None:
    upper = stanza("a", "1.0") + stanza("b", "2.0") + stanza("c", "3.0")
    history = [
        {"created_by": "/bin/sh -c #(nop) ADD file:1 in / "},
        {"created_by": '/bin/sh -c #(nop)  CMD ["bash"]', "empty_layer": True},
        {"created_by": "RUN /bin/sh -c apt-get install -y c # buildkit"},
    ]
    built = build(
        tmp_path / "image", [BASE, [(STATUS, "file", upper)]], config={"history": history}
    )
    found = packages(collected(built.path, tmp_path).facts)
    below, above = (layer.diff_id for layer in built.layers)
    assert {n: p.layer for n, p in found.items()} == {"a": below, "b": above, "c": above}
    assert found["a"].instruction == "ADD file:1 in /"
    assert found["c"].instruction == "RUN /bin/sh -c apt-get install -y c"
    assert (found["a"].based, found["c"].based) == (True, False)


def test_a_base_that_is_named_decides_what_is_own(tmp_path: Path) -> None:
    upper = [(STATUS, "file", stanza("a", "1.0") + stanza("c", "3.0"))]
    base = build(tmp_path / "base", [BASE])
    other = build(tmp_path / "other", [[("x", "file", b"x")]])
    own = build(tmp_path / "image", [BASE, upper])
    found = packages(collected(own.path, tmp_path, base=str(base.path)).facts)
    assert (found["a"].based, found["c"].based) == (True, False)
    found = packages(collected(own.path, tmp_path, base=str(other.path)).facts)
    assert found["a"].based is None


@pytest.mark.parametrize(
    "upper",
    [
        pytest.param(
            [
                ("srv/real", "file", stanza("x", "9")),
                (STATUS, "hardlink", "srv/real"),
            ],
            id="hard link in a layer",
        ),
        pytest.param(
            [
                ("srv/real", "file", stanza("x", "9")),
                (".wh.nothing", "file", b""),
                (STATUS, "symlink", "/srv/real"),
            ],
            id="symbolic link",
        ),
        pytest.param(
            [
                ("var/lib/.wh.dpkg", "file", b""),
                ("srv/db/status", "file", stanza("x", "9")),
                ("var/lib/dpkg", "symlink", "../../srv/db"),
            ],
            id="a folder becomes a link",
        ),
        pytest.param([(f"/./{STATUS}", "file", stanza("x", "9"))], id="absolute name"),
        pytest.param(
            [(STATUS, "file", stanza("y", "1")), (STATUS, "file", stanza("x", "9"))],
            id="the same name twice",
        ),
        pytest.param(
            [
                ("var/lib/dpkg/.wh..wh..opq", "file", b""),
                (STATUS, "file", stanza("x", "9")),
            ],
            id="opaque folder",
        ),
    ],
)
def test_the_database_is_found_where_a_process_would_find_it(
    upper: list[Any], tmp_path: Path
) -> None:
    built = build(tmp_path / "image", [BASE, upper])
    assert versions(collected(built.path, tmp_path).facts) == {"x": "9"}


def test_a_parent_that_an_earlier_layer_made_a_link_is_followed(tmp_path: Path) -> None:
    lower = [("srv/lib", "dir"), ("var/lib", "symlink", "../srv/lib"), *BASE[:1]]
    built = build(tmp_path / "image", [lower, [(STATUS, "file", stanza("x", "9"))]])
    assert versions(collected(built.path, tmp_path).facts) == {"x": "9"}


def test_what_a_whiteout_removes_is_gone(tmp_path: Path) -> None:
    built = build(tmp_path / "image", [BASE, [("var/lib/dpkg/.wh.status", "file", b"")]])
    assert versions(collected(built.path, tmp_path).facts) == {}


@pytest.mark.parametrize("kind", ["oci", "docker"])
def test_nothing_of_a_layer_that_was_changed_counts(kind: str, tmp_path: Path) -> None:
    made = image([BASE, [(STATUS, "file", stanza("x", "9"))]], compression="none")
    if kind == "oci":
        path = layout(tmp_path / "image", {"latest": made})
        blob = path / "blobs/sha256" / made.layers[1].digest.partition(":")[2]
        blob.write_bytes(blob.read_bytes().replace(b"Version: 9", b"Version: 8"))
    else:
        path = docker_archive(tmp_path / "image.tar", {"a:1": made})
        path.write_bytes(path.read_bytes().replace(b"Version: 9", b"Version: 8"))
    result = scanned(path, tmp_path)
    wrong = [f for f in result.findings if f.check == "image/digest-mismatch"]
    assert wrong
    expected = made.layers[1].diff_id
    assert any(expected in f.message and f.message.count("sha256:") == 2 for f in wrong)
    facts = collected(path, tmp_path).facts
    assert "x" not in versions(facts)
    assert any(u.what.startswith("layer") or "layer" in u.why for u in result.unknown)
    assert result.decision.verdict != "allowed"


def test_a_blob_that_is_changed_after_a_scan_is_noticed(tmp_path: Path) -> None:
    made = image([BASE], compression="none")
    path = layout(tmp_path / "image", {"latest": made})
    assert not [f for f in scanned(path, tmp_path).findings if f.check == "image/digest-mismatch"]
    blob = path / "blobs/sha256" / made.layers[0].digest.partition(":")[2]
    data = blob.read_bytes().replace(b"Version: 1.0", b"Version: 1.1")
    blob.unlink()
    blob.write_bytes(data)
    assert [f for f in scanned(path, tmp_path).findings if f.check == "image/digest-mismatch"]


def test_a_second_scan_reads_nothing_and_says_the_same(tmp_path: Path) -> None:
    built = build(tmp_path / "image", [BASE, [("srv/a", "file", b"a")]])
    first = collected(built.path, tmp_path)
    again = collected(built.path, tmp_path)
    assert again.facts == first.facts
    assert again.target == first.target
    for entry in (tmp_path / "cache").rglob("*"):
        if entry.is_file():
            entry.write_bytes(entry.read_bytes()[:-1] + b"?")
    assert collected(built.path, tmp_path).facts == first.facts


def test_a_secret_that_a_later_layer_deletes_is_found(tmp_path: Path) -> None:
    token = "gh" + "p_" + "Zq7xK2mN9vB4cW8sT1yR5uL3pD6fJ0h2AbCd"
    config = {"config": {"Env": [f"DEPLOY_KEY={token}"]}}
    built = build(
        tmp_path / "image",
        [
            [*BASE, ("app/settings.ini", "file", f"token = {token}\n")],
            [("app/.wh.settings.ini", "file", b"")],
        ],
        config=config,
    )
    scan_of = collected(built.path, tmp_path)
    found = [node for node in scan_of.facts.nodes if isinstance(node, Credential)]
    deleted = {node.path: (node.deleted, node.layer) for node in found}
    assert deleted["app/settings.ini"] == (True, built.layers[0].diff_id)
    assert "configuration" in deleted
    assert token not in repr(scan_of.facts)


def test_setuid_files_and_lone_programs_are_told(tmp_path: Path) -> None:
    elf = b"\x7fELF" + bytes(60)
    built = build(
        tmp_path / "image",
        [
            [
                *BASE,
                ("var/lib/dpkg/info/a.list", "file", b"/.\n/usr/bin/known\n"),
                ("usr/bin/known", "file", elf, {"mode": 0o4755}),
                ("usr/local/bin/lone", "file", elf, {"mode": 0o755}),
                ("opt/helper", "file", b"#!/bin/sh\n", {"mode": 0o6755}),
            ]
        ],
    )
    facts = collected(built.path, tmp_path).facts
    files = {node.id: node for node in facts.nodes if isinstance(node, SystemFile)}
    assert files["usr/bin/known"].traits == ("setuid",)
    assert "/a@1.0" in files["usr/bin/known"].owner
    assert files["usr/local/bin/lone"].traits == ("unexplained",)
    assert files["opt/helper"].traits == ("setuid", "setgid")


def test_a_folder_that_is_a_root_is_read_like_an_image(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "var/lib/dpkg").mkdir(parents=True)
    (root / "etc").mkdir()
    (root / "usr/lib").mkdir(parents=True)
    (root / STATUS).write_text(stanza("a", "1.0"))
    (root / "usr/lib/os-release").write_bytes(RELEASE)
    (root / "etc/os-release").symlink_to("../usr/lib/os-release")
    outside = tmp_path / "outside"
    outside.write_text(stanza("evil", "1"))
    (root / "var/lib/dpkg/status-old").symlink_to(outside)
    found = collected(root, tmp_path)
    assert versions(found.facts) == {"a": "1.0"}
    assert found.target.kind == "rootfs"
    assert packages(found.facts)["a"].purl == "pkg:deb/debian/a@1.0?arch=amd64&distro=debian-12"


def test_every_kind_of_source_says_the_same(tmp_path: Path) -> None:
    made = image([BASE, [("srv/a", "file", b"a")]])
    paths = [
        layout(tmp_path / "layout", {"latest": made}),
        docker_archive(tmp_path / "docker.tar", {"a:1": made}),
    ]
    shutil.make_archive(str(tmp_path / "archive"), "tar", paths[0])
    paths.append(tmp_path / "archive.tar")
    lists = [
        sorted((p.purl, p.layer) for p in packages(collected(path, tmp_path).facts).values())
        for path in paths
    ]
    assert lists[0] == lists[1] == lists[2]
    assert len(lists[0]) == 2


def test_the_image_node_tells_its_configuration_and_no_values(tmp_path: Path) -> None:
    config = {
        "created": "2026-01-02T03:04:05Z",
        "config": {
            "User": "1000:1000", "Env": ["PATH=/bin", "MODE=x"], "ExposedPorts": {"80/tcp": {}},
            "Entrypoint": ["/app"], "Cmd": ["serve"], "Labels": {"a": "b"},
            "Healthcheck": {"Test": ["CMD", "true"]},
        },
    }  # fmt: skip
    built = build(tmp_path / "image", [BASE], config=config)
    facts = collected(built.path, tmp_path).facts
    (node,) = (node for node in facts.nodes if isinstance(node, Image))
    content = node.content
    assert content is not None
    assert content.config == built.config_digest
    assert content.manifest == built.manifest_digest
    assert (content.user, content.ports, content.environment) == (
        "1000:1000", ("80/tcp",), ("PATH", "MODE"),
    )  # fmt: skip
    assert content.health == ("CMD", "true")
    assert content.layers[0].unpacked == len(built.layers[0].tar)


def test_a_result_names_the_image_by_its_digest(tmp_path: Path, capsys: Any) -> None:
    from keten.cli import main

    built = build(tmp_path / "image", [BASE])
    main(["scan", str(built.path), "--no-cache", "--quiet", "--format", "json"])
    told = json.loads(capsys.readouterr().out)
    assert told["targets"][0]["digest"] == built.manifest_digest
    assert told["targets"][0]["kind"] == "image"


def test_a_layer_that_is_not_there_makes_the_rest_unknown(tmp_path: Path) -> None:
    made = image([BASE, [(STATUS, "file", stanza("x", "9"))]])
    path = layout(tmp_path / "image", {"latest": made})
    (path / "blobs/sha256" / made.layers[1].digest.partition(":")[2]).unlink()
    result = scanned(path, tmp_path)
    assert any("layer 2 could not be read" in u.why for u in result.unknown)
    assert versions(collected(path, tmp_path).facts) == {"a": "1.0", "b": "1.0"}
    assert result.decision.verdict != "allowed"


def test_no_instruction_with_a_secret_is_kept_where_none_is_asked_for(tmp_path: Path) -> None:
    token = "gh" + "p_" + "Zq7xK2mN9vB4cW8sT1yR5uL3pD6fJ0h2AbCd"
    config = {"history": [{"created_by": f"RUN deploy {token}"}, {"created_by": "RUN true"}]}
    built = build(tmp_path / "image", [BASE, [("a", "file", b"a")]], config=config)
    policy = Policy(Config(checks=Checks(only=("image/*",))), "default", "", tmp_path)
    facts = collect(
        named(str(built.path)),
        policy,
        access=Access(cache=""),
        now=NOW,
        progress=lambda *_: None,
    ).facts
    assert token not in repr(facts)
    assert "RUN true" in repr(facts)
