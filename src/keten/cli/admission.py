"""``keten admission``: the policy written out for the API server itself."""

import argparse
import sys
from pathlib import Path
from typing import Any

import msgspec

from keten.cli import arguments as common
from keten.cluster.admission.policies import Wanted, written
from keten.cluster.podsecurity.namespaces import SERVED
from keten.cluster.podsecurity.standard import Level
from keten.errors import UsageError


def main(argv: list[str]) -> int:
    """Write the objects; return 0."""
    arguments = parser().parse_args(argv)
    config = common.policy(Path(), arguments).config
    wanted = Wanted(
        name=arguments.name,
        level=Level(arguments.level),
        version=arguments.version,
        registries=config.registries.images,
        digests=arguments.digests,
        refuse_controllers=arguments.refuse_controllers,
        exempt=tuple(sorted({*SERVED, *arguments.exempt})),
    )
    objects = written(wanted)
    if not objects:
        raise UsageError(
            "there is nothing to write out",
            advice="Name --level baseline or restricted, --digests, or in keten.toml "
            "[registries] images.",
        )
    sys.stdout.write(_text(objects, arguments.format))
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    made = argparse.ArgumentParser(
        prog="keten admission",
        description="Write policy out as ValidatingAdmissionPolicy objects with their bindings, "
        "which the API server (1.30 and newer) evaluates itself: a level of the Pod Security "
        "Standards, and the registries that keten.toml here permits.",
    )
    made.add_argument("what", choices=("policy",), help="the objects to apply")
    made.add_argument(
        "--level", choices=[str(level) for level in Level], default="privileged",
        help="of the Pod Security Standards (default: privileged, which asks nothing)",
    )  # fmt: skip
    made.add_argument("--version", default="latest", metavar="v1.N", help="of the standards")
    made.add_argument("--digests", action="store_true", help="take images by digest only")
    made.add_argument(
        "--refuse-controllers", action="store_true",
        help="refuse Deployments and their like too; without it they are warned of",
    )  # fmt: skip
    made.add_argument(
        "--exempt", action="append", default=[], metavar="NAMESPACE",
        help="a namespace that is left out, as those of Kubernetes are",
    )  # fmt: skip
    made.add_argument("--name", default="keten", help="what the names begin with (default: keten)")
    made.add_argument("--format", choices=("yaml", "json"), default="yaml", help="default: yaml")
    common.add(made)
    return made


def _text(objects: list[dict[str, Any]], form: str) -> str:
    if form == "json":
        listed = {"apiVersion": "v1", "kind": "List", "items": objects}
        return msgspec.json.format(msgspec.json.encode(listed), indent=2).decode() + "\n"
    import yaml

    return yaml.safe_dump_all(objects, sort_keys=False, width=100, allow_unicode=True)
