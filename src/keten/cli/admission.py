"""``keten admission``: the policy written out for the API server, and what webhooks can stop."""

import argparse
import sys
from pathlib import Path
from typing import Any

from keten.cli import arguments as common
from keten.cli import printing
from keten.cluster.admission.policies import Wanted, written
from keten.cluster.podsecurity.namespaces import SERVED
from keten.cluster.podsecurity.standard import Level
from keten.errors import UsageError

LONG = 70
"""Characters of a text from which on YAML shows it as a block."""


def main(argv: list[str]) -> int:
    """Write the objects, or tell of the webhooks."""
    if argv[:1] == ["webhooks"]:
        from keten.cli import admission_webhooks

        return admission_webhooks.main(argv[1:])
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
        warn_only=arguments.warn_only,
    )
    objects = written(wanted)
    if not objects:
        raise UsageError(
            "there is nothing to write out",
            advice="Name --level baseline or restricted, --digests, or in keten.toml "
            "[registries] images.",
        )
    if arguments.format == "json":
        printing.document({"apiVersion": "v1", "kind": "List", "items": objects})
        return 0
    _yaml(objects)
    return 0


def _yaml(objects: list[dict[str, Any]]) -> None:
    """Write *objects*, what is long folded into blocks."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes expressions as blocks, which no quotes disturb."""

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        style = ">" if len(value) > LONG else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    yaml.dump_all(objects, sys.stdout, Dumper, sort_keys=False, width=100, allow_unicode=True)


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    made = argparse.ArgumentParser(
        prog="keten admission",
        usage="keten admission policy --level LEVEL [options]\n"
        "       keten admission webhooks [TARGET]",
        description="policy writes your policy out as ValidatingAdmissionPolicy objects with their "
        "bindings, which the API server (1.30 and newer) evaluates itself: a level of the Pod "
        "Security Standards, and the registries that keten.toml here permits. Apply it with "
        "kubectl apply -f -. webhooks tells which webhooks a cluster waits for, and what it can "
        "not do while they do not answer.",
    )
    made.add_argument("what", choices=("policy", "webhooks"), help="see above")
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
        "--warn-only", action="store_true",
        help="refuse nothing yet: warn who applies, and tell the audit log",
    )  # fmt: skip
    made.add_argument(
        "--exempt", action="append", default=[], metavar="NAMESPACE",
        help="a namespace that is left out, as those of Kubernetes are",
    )  # fmt: skip
    made.add_argument("--name", default="keten", help="what the names begin with (default: keten)")
    made.add_argument("--format", choices=("yaml", "json"), default="yaml", help="default: yaml")
    made.add_argument("--policy", type=Path, metavar="FILE", help="instead of keten.toml here")
    made.set_defaults(check=[], db=None, now=None, render=False)
    return made
