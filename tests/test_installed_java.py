"""Java archives: which coordinates are certain, which are a guess, what lies in what."""

import pytest
from installed_files import jar, pom

from keten.formats.archives import java_archive
from keten.model.delivery import Package
from keten.model.facts import Facts
from keten.model.plug import Source
from keten.readers.system import java_archive as reader
from keten.testing.examples import Memory


def read(name: str, entries: dict[str, bytes]) -> Facts:
    sifted = java_archive.sift(jar(entries))
    return reader.read(Source(f"app/{name}", sifted, Memory({})))


def sources(facts: Facts) -> dict[str, str]:
    return {node.purl: node.source for node in facts.nodes if isinstance(node, Package)}


def manifest(**said: str) -> dict[str, bytes]:
    lines = [f"{key.replace('_', '-')}: {value}\r\n" for key, value in said.items()]
    return {"META-INF/MANIFEST.MF": "".join(["Manifest-Version: 1.0\r\n", *lines]).encode()}


CLASS = {"org/springframework/core/Ordered.class": b""}
SPRING = "pkg:maven/org.springframework/spring-core@5.3.20"
TITLE = manifest(Implementation_Title="spring-core", Implementation_Version="5.3.20")
OWNS = [
    # A pom of the same name.
    ("a-b-1.0.jar", pom("org.x", "a-b", "1.0"), "pkg:maven/org.x/a-b@1.0"),
    ("a-b-1.0-linux-x86_64.jar", pom("org.x", "a-b", "1.0"), "pkg:maven/org.x/a-b@1.0"),
    ("a-b.jar", pom("org.x", "a-b", "1.0"), "pkg:maven/org.x/a-b@1.0"),
    ("log4j-1.2-api-2.17.1.jar", pom("o.a", "log4j-1.2-api", "2.17.1"),
     "pkg:maven/o.a/log4j-1.2-api@2.17.1"),
    # The only pom, and nothing speaks against it.
    ("app.jar", pom("com.example", "demo", "0.1"), "pkg:maven/com.example/demo@0.1"),
    ("app.jar", {**pom("org.y", "lib", "9"), **manifest(Implementation_Version="1.0")},
     "pkg:generic/app@1.0"),
    # A known name with the folder of classes that proves it.
    ("spring-core-5.3.20.jar", {**TITLE, **CLASS}, SPRING),
    ("spring-core.jar", {**TITLE, **CLASS}, SPRING),
    ("spring-core-5.3.20.jar", TITLE, "pkg:generic/spring-core@5.3.20"),
    ("core.jar", {"org/jenkinsci/A.class": b""}, "pkg:generic/core"),
    ("asm-3.3.1.jar", {"org/objectweb/asm/A.class": b""}, "pkg:generic/asm@3.3.1"),
    ("asm-9.1.jar", {"org/objectweb/asm/A.class": b""}, "pkg:maven/org.ow2.asm/asm@9.1"),
    ("spring-boot-starter-web-2.7.5.jar", manifest(Automatic_Module_Name="spring.boot.starter.web"),
     "pkg:maven/org.springframework.boot/spring-boot-starter-web@2.7.5"),
    # The manifest, as Maven and Jenkins write it.
    ("thing-2.0.jar",
     manifest(Implementation_Vendor_Id="org.thing", Implementation_Title="thing",
              Implementation_Version="2.0"),
     "pkg:maven/org.thing/thing@2.0"),
    ("thing-3.0.jar",
     manifest(Implementation_Vendor_Id="org.thing", Implementation_Title="thing",
              Implementation_Version="2.0"),
     "pkg:generic/thing@3.0"),
    ("git.hpi",
     manifest(Group_Id="org.jenkins-ci.plugins", Short_Name="git", Plugin_Version="5.2.0 (x)"),
     "pkg:maven/org.jenkins-ci.plugins/git@5.2.0"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "entries", "purl"), OWNS, ids=lambda value: str(value)[:40])
def test_what_an_archive_itself_is(name: str, entries: dict[str, bytes], purl: str) -> None:
    found = sources(read(name, entries))

    assert next(iter(found)) == purl
    assert found[purl].startswith("guessed") == purl.startswith("pkg:generic")


def test_what_is_shaded_and_what_is_nested() -> None:
    facts = read("uber-1.0.jar", {
        **pom("org.u", "uber", "1.0"),
        **pom("org.s", "shaded", "2.0"),
        "BOOT-INF/lib/inner-3.0.jar": jar(
            {**pom("org.i", "inner", "3.0"), **pom("org.s", "deep", "4")}
        ),
        "BOOT-INF/lib/plain.jar": jar({"a/B.class": b""}),
        "lib/broken.jar": b"PK no",
    })  # fmt: skip

    assert sources(facts) == {
        "pkg:maven/org.u/uber@1.0": "",
        "pkg:maven/org.s/shaded@2.0": "shaded",
        "pkg:maven/org.i/inner@3.0": "nested:BOOT-INF/lib/inner-3.0.jar",
        "pkg:maven/org.s/deep@4": "shaded:BOOT-INF/lib/inner-3.0.jar",
        "pkg:generic/plain": "guessed:BOOT-INF/lib/plain.jar",
    }
    short = {
        (edge.src.rpartition("/")[2], edge.relation, edge.dst.rpartition("/")[2])
        for edge in facts.edges
    }
    assert short == {
        ("uber@1.0", "contains", "shaded@2.0"),
        ("uber@1.0", "contains", "inner@3.0"),
        ("inner@3.0", "contains", "deep@4"),
        ("uber@1.0", "contains", "plain"),
    }
    (problem,) = facts.problems
    assert problem.what.startswith("lib/broken.jar no zip file")


def test_hashes_and_names() -> None:
    data = jar(pom("org.x", "a", "1"))
    facts = reader.read(Source("a-1.jar", java_archive.sift(data), Memory({})))

    (one,) = (node for node in facts.nodes if isinstance(node, Package))
    assert one.name == "org.x:a"
    assert one.hashes[0].startswith("sha1:")
    assert len(one.hashes[0]) == 45


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("log4j-core-2.17.1.jar", ("log4j-core", "2.17.1")),
        ("log4j-1.2-api-2.17.1.jar", ("log4j-1.2-api", "2.17.1")),
        ("bcprov-jdk15on-1.70.jar", ("bcprov-jdk15on", "1.70")),
        ("guava-31.1-jre.jar", ("guava", "31.1-jre")),
        ("a-1.0-beta-9.jar", ("a", "1.0-beta-9")),
        ("netty-4.1.77.Final-linux-x86_64.jar", ("netty", "4.1.77.Final-linux-x86_64")),
        ("commons-io.WAR", ("commons-io", "")),
        ("-1.jar", ("-1", "")),
        ("a" + "-1" * 5000 + ".jar", ("a", "1" + "-1" * 4999)),
    ],
)
def test_names_of_files(name: str, parts: tuple[str, str]) -> None:
    assert reader.split(name) == parts


@pytest.mark.parametrize(
    ("written", "licenses"),
    [
        ("https://www.apache.org/licenses/LICENSE-2.0.txt", ("Apache-2.0",)),
        ('"Apache-2.0";link="https://x, y"', ("Apache-2.0",)),
        ("MIT OR Apache-2.0", ("MIT OR Apache-2.0",)),
        ("<<EXTERNAL>>", ()),
    ],
)
def test_licences_of_bundles(written: str, licenses: tuple[str, ...]) -> None:
    facts = read("a-1.jar", {**pom("x.y", "a", "1"), **manifest(Bundle_License=written)})

    assert facts.nodes[0].licenses[:1] == licenses
