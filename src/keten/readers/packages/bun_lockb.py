"""bun.lockb, Bun's binary lockfile: noted as there, not read."""

from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft


def read(source: Source) -> Facts:
    """Say that the file pins packages, and that they are not known."""
    draft = Draft(source, ecosystem="npm", format="bun.lockb", lock=True)
    draft.problem(
        "the binary lockfile of Bun is not read, so its packages are not known",
        advice="Run bun install --save-text-lockfile and keep bun.lock instead.",
    )
    return draft.facts()


READER = Reader(
    title="Bun's binary lockfile",
    media_type="application/octet-stream",
    read=read,
    link=Link.DEPENDENCIES,
    names=("bun.lockb",),
)
