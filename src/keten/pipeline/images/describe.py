"""The node of an image: its configuration, its layers and the instructions that made them."""

import re
from contextlib import suppress

from msgspec import structs

from keten.errors import InputError
from keten.formats import reference
from keten.formats.oci.records import Configuration, Execution, Manifest
from keten.model.delivery import Image
from keten.model.image import Content, Layer, Mismatch
from keten.transport.image.source import Opened

INSTRUCTION = 400
"""The most characters of an instruction that are kept."""
BASE_NAME = "org.opencontainers.image.base.name"
BASE_DIGEST = "org.opencontainers.image.base.digest"

_NOP = re.compile(r"^(?:/bin/sh|cmd) (?:-c|/S /C) +#\(nop\) +")
_SHELL = re.compile(r"^/bin/sh -c ")
_KIT = re.compile(r"\s+# buildkit$")


def image(opened: Opened, mismatches: tuple[Mismatch, ...], base: Opened | None) -> Image:
    """Return the image's node. *base* is the image that the user says it was built on."""
    content = _content(opened, mismatches, base)
    if opened.reference:
        with suppress(InputError):
            return structs.replace(reference.parse(opened.reference), content=content)
    return Image(opened.name, digest=opened.manifest_digest, content=content)


def instruction(text: str) -> str:
    """Return ``created_by`` as a recipe has it: without the shell that the builder put around.

    Build arguments before a ``RUN`` (``|1 VERSION=2 /bin/sh -c ...``) stay: they may say much.
    """
    bare = _NOP.sub("", text.strip())
    if bare == text.strip():
        bare = _SHELL.sub("RUN ", bare)
    return _KIT.sub("", " ".join(bare.split()))[:INSTRUCTION]


def settings(opened: Opened) -> bytes:
    """Return what an image's configuration sets and was built by, a line each, to be searched.

    The environment stands first, then the instructions: ``history_line`` counts from there.
    """
    config = opened.configuration
    lines = list((config.config or Execution()).env or ())
    lines += [instruction(item.created_by or "") for item in config.history or ()]
    return "\n".join(line.replace("\n", " ") for line in lines).encode("utf-8", "replace")


def without(found: Image, opened: Opened, lines: frozenset[int]) -> Image:
    """Return the image without the instructions that stand on *lines* of ``settings``.

    They hold a secret, and no secret is ever kept.
    """
    content = found.content
    if not lines or content is None:
        return found
    before = len((opened.configuration.config or Execution()).env or ())
    hidden = {text for n, text in enumerate(content.history, before + 1) if n in lines}

    def told(text: str) -> str:
        return f"{text.partition(' ')[0]} (holds a secret: not shown)" if text in hidden else text

    layers = tuple(structs.replace(x, instruction=told(x.instruction)) for x in content.layers)
    history = tuple(map(told, content.history))
    return structs.replace(found, content=structs.replace(content, layers=layers, history=history))


def _content(opened: Opened, mismatches: tuple[Mismatch, ...], base: Opened | None) -> Content:
    config, manifest = opened.configuration, opened.manifest
    run = config.config or Execution()
    labels = dict(sorted((run.labels or {}).items()))
    told = _told_base(manifest, labels)
    based, trust = _based(config, opened, base)
    health = (run.healthcheck or {}).get("Test")
    return Content(
        manifest=opened.manifest_digest,
        config=opened.config_digest,
        platform="/".join(filter(None, (config.os, config.architecture, config.variant))),
        created=config.created or "",
        user=run.user or "",
        entrypoint=run.entrypoint or (),
        command=run.cmd or (),
        ports=tuple(sorted(run.exposed_ports or ())),
        environment=tuple(item.partition("=")[0] for item in run.env or ()),
        volumes=tuple(sorted(run.volumes or ())),
        folder=run.working_dir or "",
        health=tuple(str(word) for word in health) if isinstance(health, list) else None,
        labels=labels,
        annotations=dict(sorted(manifest.annotations.items())),
        history=tuple(instruction(h.created_by or "") for h in config.history or ()),
        layers=_layers(opened, based),
        size=sum(max(0, ref.descriptor.size) for ref in opened.layers),
        base=(base.reference or base.name) if base else told[0],
        base_digest=base.manifest_digest if base else told[1],
        base_trust=trust or ("annotated" if any(told) else ""),
        base_created=(base.configuration.created or "") if base else "",
        mismatches=mismatches,
    )


def _told_base(manifest: Manifest, labels: dict[str, str]) -> tuple[str, str]:
    """Return what the image itself says of its base: a name and a digest."""
    name = manifest.annotations.get(BASE_NAME) or labels.get(BASE_NAME, "")
    return name, manifest.annotations.get(BASE_DIGEST) or labels.get(BASE_DIGEST, "")


def _based(config: Configuration, opened: Opened, base: Opened | None) -> tuple[int | None, str]:
    """Return how many of the lowest layers came with the base, and how that is known.

    With a *base*: its layers must be the first ones of the image. Without: what builders leave
    in the history. A base ends with the instruction that says how it is run (``CMD``); what
    makes layers after that is the image's own.
    """
    own = [ref.diff_id for ref in opened.layers]
    if base is not None:
        theirs = [ref.diff_id for ref in base.layers]
        return (len(theirs), "given") if own[: len(theirs)] == theirs else (None, "other")
    layers, found = 0, None
    for item in config.history or ():
        if not item.empty_layer:
            layers += 1
        elif instruction(item.created_by or "").startswith("CMD"):
            found = layers if layers < len(own) else found
    return (found, "guessed") if found else (None, "")


def _layers(opened: Opened, based: int | None) -> tuple[Layer, ...]:
    config = opened.configuration
    made = [item for item in config.history or () if not item.empty_layer]
    told = made if len(made) == len(opened.layers) else []
    found = []
    for number, ref in enumerate(opened.layers):
        by = told[number] if told else None
        found.append(
            Layer(
                ref.diff_id,
                digest=ref.descriptor.digest,
                media_type=ref.descriptor.media_type,
                size=max(0, ref.descriptor.size),
                instruction=instruction(by.created_by or "") if by else "",
                created=(by.created or "") if by else "",
                based=None if based is None else number < based,
            )
        )
    return tuple(found)
