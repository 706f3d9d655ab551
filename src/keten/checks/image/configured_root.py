"""Image starts as root.

The image's configuration names the user that its process runs as, unless the pod says
otherwise. As root, whoever takes over the process has every file and tool of the container at
hand, and most known ways out of a container begin there.
"""

from collections.abc import Iterable

from keten.model.check import Check, Example, Threat
from keten.model.delivery import Image
from keten.model.facts import Node, View
from keten.model.finding import Change, Severity, Violation

_ROOT = frozenset({"", "0", "root"})


def run(image: Image, _view: View) -> Iterable[Violation]:
    """Judge the configuration's user; an image that runs nothing is there to be copied from."""
    content = image.content
    assert content is not None
    user = content.user.partition(":")[0].strip()
    if user not in _ROOT or not (content.entrypoint or content.command):
        return
    if content.platform.startswith("windows"):
        return
    said = f"its user is {content.user}" if content.user else "it names no user"
    yield Violation(
        f"the image starts as root: {said}",
        change=Change(
            "USER", content.user, "10001", group="Run the image as another user than root"
        ),
    )


def applies(node: Node) -> bool:
    """Return whether the image's configuration was read, and holds."""
    return isinstance(node, Image) and node.content is not None and bool(node.content.config)


CHECK = Check(
    title="Image starts as root",
    subject=Image,
    severity=Severity.MEDIUM,
    needs=("image",),
    fix="Create a user in the Dockerfile and end it with USER and its number.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/non-root", "cis-docker/4.1", "nis2/e", "pci-dss/2.2"),
    bad=Example("$", "$ skopeo inspect --config docker://app:1 | jq .config.User\nnull\n"),
    good=Example("$", '$ skopeo inspect --config docker://app:1 | jq .config.User\n"10001"\n'),
    run=run,
    applies=applies,
    refs=("https://github.com/opencontainers/image-spec/blob/main/config.md",),
)
