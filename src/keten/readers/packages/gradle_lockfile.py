"""gradle.lockfile, buildscript-gradle.lockfile, and the older ``*.lockfile`` of one
configuration: https://docs.gradle.org/current/userguide/dependency_locking.html.
"""  # noqa: D205 one sentence

from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, decode

_LINE = lazy(r"([^:=\s]++):([^:=\s]++):([^:=\s]++)(?:=(\S*+))?")


def read(source: Source) -> Facts:
    """Return the modules that one lockfile of Gradle pins."""
    draft = Draft(source, ecosystem="maven", format="gradle.lockfile", lock=True)
    base = source.path.rpartition("/")[2]
    script = base.startswith(("buildscript", "settings"))
    single = "" if base.endswith("gradle.lockfile") else base.removesuffix(".lockfile")
    for number, raw in enumerate(decode(source.data).split("\n"), 1):
        line = raw.strip()
        if not line or line.startswith(("#", "empty=")):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            draft.problem(f"no line of a Gradle lockfile: {line[:60]!r}", number)
            continue
        group, artifact, version, configurations = found.groups()
        names = (configurations or single).split(",")
        draft.add(
            f"{group}:{artifact}",
            version,
            line=number,
            development=script or all(_development(name) for name in names),
        )
    return draft.facts()


def _development(configuration: str) -> bool:
    """Return whether what only this configuration holds stays out of the program."""
    name = configuration.lower()
    return (
        name.startswith("test")
        or "test" in name.partition("compile")[0]
        or name.endswith("annotationprocessor")
        or name in ("checkstyle", "pmd", "jacocoagent", "jacocoant", "spotbugs", "detekt", "ktlint")
    )


READER = Reader(
    title="Gradle lockfile",
    media_type="text/x-gradle-lockfile",
    read=read,
    link=Link.DEPENDENCIES,
    names=("gradle.lockfile", "*-gradle.lockfile"),
    paths=("*gradle/dependency-locks/*.lockfile",),
)
