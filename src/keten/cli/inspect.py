"""``keten inspect``: what an image or root filesystem is, in one page."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from textwrap import shorten, wrap

import msgspec

from keten.cli import arguments as common
from keten.cli import printing
from keten.errors import UsageError
from keten.model.delivery import Image, Package
from keten.model.facts import Facts
from keten.model.image import Content, System, SystemFile
from keten.model.result import Target

WIDTH = 80
LARGEST = 8
LISTED = 12
_HEAD = 9


def main(argv: list[str]) -> int:
    """Print the facts of an image; return 0."""
    arguments = parser().parse_args(argv)
    now = common.day(arguments.now)
    target = common.target(arguments.target)
    policy = common.policy(target.folder, arguments)
    scanned = common.collected(arguments, target, policy, now=now)
    if scanned.target.kind not in ("image", "rootfs"):
        raise UsageError(
            f"{arguments.target} is neither an image nor a root filesystem",
            advice="keten scan judges it; keten graph dump prints all that is known of it.",
        )
    if arguments.json:
        sys.stdout.write(document(scanned.facts, scanned.target))
    else:
        printing.write(page(scanned.facts, scanned.target, now))
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    made = argparse.ArgumentParser(
        prog="keten inspect",
        description="Tell what an image or root filesystem is: how it starts, its base, its "
        "layers and what made them, its packages by size, its shells and setuid files.",
    )
    made.add_argument("target", metavar="IMAGE", help="as for keten scan")
    made.add_argument("--json", action="store_true", help="write JSON")
    made.add_argument("--quiet", action="store_true", help="no progress")
    common.add(made)
    common.images(made)
    return made


def document(facts: Facts, target: Target) -> str:
    """Return the nodes that the page is made of, as JSON."""
    kinds: dict[str, type[object]] = {
        "image": Image,
        "system": System,
        "packages": Package,
        "files": SystemFile,
    }
    told = {
        name: [node for node in facts.nodes if isinstance(node, kind)]
        for name, kind in kinds.items()
    }
    text = msgspec.json.encode({"target": target, **told}, order="deterministic")
    return msgspec.json.format(text, indent=2).decode() + "\n"


def page(facts: Facts, target: Target, now: date) -> Iterator[str]:
    """Yield the lines of the page, at most 80 columns wide."""
    images = [node.content for node in facts.nodes if isinstance(node, Image)]
    content = next((found for found in images if found is not None), None)
    packages = [node for node in facts.nodes if isinstance(node, Package)]
    yield shorten(target.name, WIDTH)
    if content is not None:
        yield from _starts(content, now)
    yield from _system(facts, now)
    if content is not None:
        yield ""
        yield from _layers(content, packages)
    yield ""
    yield from _packages(packages, target)
    yield from _files(facts)
    if content is not None:
        yield from _words("labels", [f"{k}={v}" for k, v in content.labels.items()])
        yield from _words("environ", content.environment)
    if facts.problems:
        yield ""
        yield f"{len(facts.problems)} things could not be read: keten scan tells which, and why."


def _starts(content: Content, now: date) -> Iterator[str]:
    yield from _words("digest", [content.manifest or content.config])
    built = content.created[:10]
    try:
        age = (now - date.fromisoformat(built)).days
        told = f"built {built}, {age} days ago" if age >= 0 else f"built {built}"
    except ValueError:
        told = "nothing says when it was built"
    yield from _words("image", [f"{content.platform or 'no platform named'}; {told}"])
    run = " ".join((*content.entrypoint, *content.command)) or "nothing"
    yield from _words("runs", [f"{run}; as {content.user or 'root (no user named)'}"])
    ports = ", ".join(content.ports)
    if ports or content.volumes:
        volumes = f"volumes {', '.join(content.volumes)}" if content.volumes else ""
        yield from _words("exposes", [x for x in (ports, volumes) if x])
    own = [layer for layer in content.layers if layer.based is False]
    if content.base_trust in ("given", "guessed"):
        count = len(content.layers) - len(own)
        name = content.base or "its name is not told"
        how = "" if content.base_trust == "given" else " (guessed from the history)"
        yield from _words("base", [f"{name}: the first {count} of {len(content.layers)}{how}"])
    elif content.base:
        how = "says the image" if content.base_trust == "annotated" else "as it is now is another"
        yield from _words("base", [f"{content.base}, {how}"])
    else:
        yield from _words("base", ["not known: name it with --base IMAGE"])


def _system(facts: Facts, now: date) -> Iterator[str]:
    for node in facts.nodes:
        if isinstance(node, System):
            name = node.name or f"{node.distro} {node.release}"
            until = f"; fixes until {node.end}" if node.end else ""
            late = " (over)" if node.end and node.end < now else ""
            yield from _words("system", [f"{name}{until}{late}"])


def _layers(content: Content, packages: list[Package]) -> Iterator[str]:
    brought = Counter(package.layer for package in packages)
    yield f"{'layer':<12}{'packed':>9}{'unpacked':>10}{'packages':>9}  made by"
    for number, layer in enumerate(content.layers, 1):
        whose = {True: "base", False: "own", None: ""}[layer.based]
        made = shorten(layer.instruction or "not told", WIDTH - 42, placeholder=" ...")
        yield (
            f"{number:>3} {whose:<8}{_bytes(layer.size):>9}{_bytes(layer.unpacked):>10}"
            f"{brought[layer.diff_id]:>9}  {made}"
        )


def _packages(packages: list[Package], target: Target) -> Iterator[str]:
    kinds = Counter(package.ecosystem for package in packages)
    told = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
    files = f"{target.files:,} files, {_bytes(target.bytes)}"
    yield from _words(
        "packages", [f"{len(packages)} ({told}); {files}" if told else f"none; {files}"]
    )
    large = sorted((p for p in packages if p.size), key=lambda p: (-p.size, p.purl))[:LARGEST]
    yield from _words("largest", [f"{p.name} {_bytes(p.size)}" for p in large])
    yield from _words(
        "licences",
        [
            f"{name} {count}"
            for name, count in Counter(x for p in packages for x in p.licenses).most_common(LARGEST)
        ],
    )


def _files(facts: Facts) -> Iterator[str]:
    files = [node for node in facts.nodes if isinstance(node, SystemFile)]
    for word, trait in (
        ("shells", "shell"), ("managers", "package-manager"), ("setuid", "setuid"),
        ("setgid", "setgid"), ("capable", "capabilities"), ("writable", "world-writable"),
        ("unknown", "unexplained"),
    ):  # fmt: skip
        yield from _words(word, [node.id for node in files if trait in node.traits])


def _words(head: str, items: object) -> Iterator[str]:
    listed = [str(item) for item in items] if isinstance(items, list | tuple) else []
    if not listed:
        return
    more = f" and {len(listed) - LISTED} more" if len(listed) > LISTED else ""
    text = ", ".join(listed[:LISTED]) + more
    lines = wrap(text, WIDTH - _HEAD, break_on_hyphens=False) or [""]
    for number, line in enumerate(lines):
        yield f"{head if number == 0 else '':<{_HEAD}}{line}"


def _bytes(count: int) -> str:
    """Return a size as people write it: 12.3 MB."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":  # noqa: PLR2004 a thousand of one is one of the next
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return ""
