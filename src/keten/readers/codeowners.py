"""CODEOWNERS, where GitHub, GitLab, Gitea and Forgejo look for it."""

from keten.formats import codeowners
from keten.model.checkout import OwnerRule, Owners
from keten.model.evidence import Link, Place
from keten.model.facts import Facts, Looked
from keten.model.plug import Reader, Source

_WORKFLOWS = {
    ".github/": ".github/workflows/any.yml",
    ".gitlab/": ".gitlab-ci.yml",
    ".gitea/": ".gitea/workflows/any.yml",
    ".forgejo/": ".forgejo/workflows/any.yml",
}


def read(source: Source) -> Facts:
    """Return the file's rules, and whether it gives itself and the workflows an owner."""
    parsed = codeowners.parse(source.data)
    pipelines = next((v for k, v in _WORKFLOWS.items() if source.path.startswith(k)), None)
    node = Owners(
        source.path,
        rules=tuple(OwnerRule(r.pattern, r.line, r.owners) for r in parsed.rules),
        itself=codeowners.owned(parsed, source.path),
        workflows=codeowners.owned(parsed, pipelines or _WORKFLOWS[".github/"]),
        faults=tuple(f"line {line}: {what}" for line, what in parsed.faults),
    )
    place = Place(node.ref, source.path, parsed.faults[0][0] if parsed.faults else 1)
    return Facts((node,), looked=(Looked(node.ref, "content"),), places=(place,))


READER = Reader(
    title="CODEOWNERS",
    media_type="text/x-codeowners",
    paths=(
        "CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS",
        ".gitea/CODEOWNERS", ".forgejo/CODEOWNERS",
    ),
    read=read,
    link=Link.SOURCE,
)  # fmt: skip
