"""Hostile trees: what each makes is told by its name."""

# ruff: noqa: E501 an input is a line: broken up it would not be the input

import os
from pathlib import Path

from hostile_files import GOOD, HEAD, POD, file


def alias_bomb() -> str:
    """Return YAML whose aliases double 11 times over nine."""
    levels = "\n".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12))
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: b}}\na0: &a0 [x]\n{levels}\n"


def sparse(at: Path) -> None:
    """Make a file of 1 GB that holds nothing."""
    for name in ("sparse.yaml", "package-lock.json"):
        with (at / name).open("wb") as out:
            out.truncate(1 << 30)


def xml_bomb() -> str:
    """Return a pom.xml whose entities grow tenfold eleven times."""
    entities = '<!ENTITY a0 "lol">' + "".join(
        f'<!ENTITY a{i} "' + f"&a{i - 1};" * 10 + '">' for i in range(1, 12)
    )
    return f"<!DOCTYPE p [{entities}]><project>&a11;</project>"


def cycle(at: Path) -> None:
    """Make pipelines and requirements that include one another in a ring, and themselves."""
    file(".gitlab-ci.yml", "include:\n  - local: a.yml\n  - local: .gitlab-ci.yml\n")(at)
    file("a.yml", "include: b.yml\njob: {script: [ls]}\n")(at)
    file(
        "b.yml", "include: a.yml\njob2: {script: [ls], extends: [job2, .x]}\n.x: {extends: job2}\n"
    )(at)
    file("requirements.txt", "-r requirements-b.txt\n-r requirements.txt\n")(at)
    file("requirements-b.txt", "-r requirements.txt\n")(at)
    uses = "on: workflow_call\njobs:\n  a:\n    uses: ./.github/workflows/{}.yml\n"
    file(".github/workflows/one.yml", uses.format("two"))(at)
    file(".github/workflows/two.yml", uses.format("one"))(at)
    file("kustomization.yaml", "resources: [., ../.., kustomization.yaml]\n")(at)
    file("go.work", "go 1.22\nuse .\nuse ./go.work\n")(at)


def includes(at: Path) -> None:
    """Make 3,000 pipelines that each include all the others' wildcard."""
    file(".gitlab-ci.yml", "include:\n  - local: 'ci/*.yml'\n")(at)
    for i in range(3000):
        file(
            f"ci/{i}.yml",
            f"include: ['ci/*.yml', 'ci/{(i + 1) % 3000}.yml']\nj{i}: {{script: ls}}\n",
        )(at)


def links(at: Path) -> None:
    """Make symbolic links: loops, out of the root, to devices."""
    for name, to in {
        "loop": ".", "a.yaml": "b.yaml", "b.yaml": "a.yaml", "out.yaml": "/etc/passwd",
        "up": "../..", "zero.yaml": "/dev/zero", "package-lock.json": "/dev/zero",
        "Dockerfile": "/proc/self/environ", "keten.toml": "/dev/zero", ".gitmodules": "/dev/urandom",
    }.items():  # fmt: skip
        (at / name).symlink_to(to)


def pipes(at: Path) -> None:
    """Make named pipes under names that readers want."""
    for name in ("pipe.yaml", "package-lock.json", "Dockerfile", "keten.toml", "CODEOWNERS"):
        os.mkfifo(at / name)


def nested_folders(at: Path) -> None:
    """Make folders 400 deep, with a file in each."""
    here = os.open(at, os.O_RDONLY)
    try:
        for _ in range(400):
            os.mkdir("d", dir_fd=here)
            below = os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
            os.close(os.open("package.json", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    finally:
        os.close(here)


def crowd(at: Path) -> None:
    """Make a folder of 200,000 empty files."""
    (at / "crowd").mkdir()
    here = os.open(at / "crowd", os.O_RDONLY)
    for i in range(200_000):
        os.close(os.open(f"{i}.txt", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


ODD_NAMES = (
    b"new\nline", b"esc\x1b[31mred\x1b[0m", b"back\\slash", b"\xff\xfe", b"quote\"'`<>&",
    b"\x01\x02\x7f", b"\xc2\x9b31m", b"x" * 240, b"\xe2\x80\xae\xe2\x81\xa6gnp", b"tab\tcr\r",
    b"|pipe|", b"a%0Ab::error::c", b"::error file=x::y", b"]]>", b"\xef\xbf\xbe", b"\xed\xa0\x80",
    b"-- --", b"$(id)", b" ",
)  # fmt: skip
"""Names of files and folders that would break a careless report."""


def odd_names(at: Path) -> None:
    """Make a good and a broken manifest under each odd name, in a folder of it too."""
    for name in ODD_NAMES:
        raw = os.fsencode(at) + b"/" + name
        os.mkdir(raw)  # noqa: PTH102 pathlib has no bytes
        for path in (raw + b"/a.yaml", raw + b".yaml"):
            with open(path, "wb") as out:  # noqa: PTH123 pathlib has no bytes
                out.write(
                    GOOD.replace("good", f"g{len(name)}").encode() + b"---\napiVersion: v1\nkind: ["
                )


def odd_values(at: Path) -> None:
    """Make a manifest whose names and texts hold what reports must escape."""
    odd = r'"a\e[31m\n\r\0\x01\u202e\u2028\ud7ff]]>&<\"|`::error::\x7f\x9b"'
    text = GOOD.replace("name: good", f"name: {odd}").replace("name: c", f"name: {odd}")
    file("odd.yaml", text.replace("docker.io/library/busybox:1.36", odd))(at)
    file("Dockerfile", "FROM \x1b[31mx\x9b]]>:latest\nRUN curl http://\x1b]0;title\x07 | sh\n")(at)
    file("requirements.txt", "a\x1b[31m==1\n\x1b]0;t\x07==2\n")(at)
    file(
        "package-lock.json",
        '{"lockfileVersion":3,"packages":{"node_modules/\\u001b[31mlodash":{"version":"4.17.0\\u001b[0m\\u0000"}}}',
    )(at)


def many_documents(at: Path) -> None:
    """Make 60,000 small documents in one file, as data and as objects."""
    file("tiny.yaml", HEAD + "---\na: 1\n" * 60_000)(at)


def many_broken(at: Path) -> None:
    """Make 60,000 broken documents in one file."""
    file("broken.yaml", POD + "---\na: [\n" * 60_000)(at)


def many_objects(at: Path) -> None:
    """Make 30,000 objects in one file."""
    one = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{}}}\n"
    file("many.yaml", "".join(one.format(i) for i in range(30_000)))(at)


def odd_json(at: Path) -> None:
    """Make 6 MB of JSON that holds little but brackets."""
    file("odd.json", '{"apiVersion":"v1","kind":"Pod","spec":[' + "{}," * 2_000_000 + "{}]}")(at)
    file("list.json", '{"apiVersion":"v1","kind":"List","items":[' + "{}," * 2_000_000 + "{}]}")(at)


def odd_locks(at: Path) -> None:
    """Make 20 MB of brackets for each reader of JSON."""
    for name in ("package-lock.json", "composer.lock", "Pipfile.lock", "bun.lock", "package.json"):
        file(name, '{"packages":[' + "[]," * 7_000_000 + "[]]}")(at)


def duplicates(at: Path) -> None:
    """Make files in which one key stands 100,000 times."""
    file("dup.yaml", HEAD + "spec:\n" + "  a: 1\n" * 100_000)(at)
    file(
        "package-lock.json",
        '{"packages":{' + '"node_modules/a":{"version":"1"},' * 100_000 + '"b":{}}}',
    )(at)
    file("composer.json", "{" + '"require":{"a/b":"1"},' * 100_000 + '"b":{}}')(at)
    file("pylock.toml", "a = 1\na = 2\n")(at)
    file("yarn.lock", 'a@1:\n  version "1"\n' * 100_000)(at)
