"""``keten admission``: the policy written out for the API server, and what webhooks can stop."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from keten.cli import arguments as common
from keten.cli import clusters, printing
from keten.cluster.admission.lockout import Admission, Sure, Wait
from keten.cluster.admission.policies import Wanted, written
from keten.cluster.podsecurity.namespaces import SERVED
from keten.cluster.podsecurity.standard import Level
from keten.errors import UsageError

LONG = 70
"""Characters of a text from which on YAML shows it as a block."""


def main(argv: list[str]) -> int:
    """Write the objects, or tell of the webhooks."""
    if argv[:1] == ["webhooks"]:
        return _webhooks(argv[1:])
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
        description="Write policy out as ValidatingAdmissionPolicy objects with their bindings, "
        "which the API server (1.30 and newer) evaluates itself: a level of the Pod Security "
        "Standards, and the registries that keten.toml here permits. keten admission webhooks "
        "TARGET tells what a cluster must do to stay up and which webhooks it waits for then.",
    )
    made.add_argument("what", choices=("policy", "webhooks"), help="the objects to apply")
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
    common.add(made)
    return made


def _webhooks(argv: list[str]) -> int:
    """Print which webhooks stand before what a cluster needs; 1 where one can lock it."""
    made = clusters.parser(
        "admission webhooks",
        "Tell which webhooks a cluster waits for to make what brings it back: nodes, leases, pods "
        "of the system, the webhooks' own pods. Exit status 1 where one fails closed, is served "
        "from the cluster and is certain to be asked; 3 where that is not known.",
    )
    arguments = made.parse_args(argv)
    target = clusters.collected(arguments)
    rows = [row for cluster in target.estate.clusters for row in _rows(cluster.admission)]
    if arguments.format == "json":
        printing.document({"requests": [_document(wait) for wait in rows]})
    else:
        printing.write(_table(rows))
    sure = {
        how for wait in rows for hook, how in wait.hooks if hook.closed and hook.service is not None
    }
    if Sure.YES in sure:
        return 1
    return 3 if Sure.PERHAPS in sure or target.problems else 0


def _rows(admission: Admission) -> Iterator[Wait]:
    yield from admission.waits()
    for hook in admission.hooks:
        for request in admission.own(hook):
            how = admission.asked(hook, request)
            if how is not Sure.NO:
                yield Wait(request, ((hook, how),))


def _table(rows: list[Wait]) -> Iterator[str]:
    if not rows:
        yield "no webhook stands before what the cluster needs to stay up"
    for wait in rows:
        request = wait.request
        where = f" in {request.namespace}" if request.namespace else ""
        asked = f"{request.operation} {request.resource}{where}"
        yield f"{asked}: to {request.what}, {wait.seconds} s at most"
        for hook, how in wait.hooks:
            kind = "mutating" if hook.mutating else "validating"
            closed = "fails closed" if hook.closed else "fails open"
            sure = "" if how is Sure.YES else "  (perhaps: labels or conditions are not known)"
            yield f"    {hook.name}  {kind}, {closed}, {hook.seconds} s{sure}"


def _document(wait: Wait) -> dict[str, Any]:
    return {
        "request": msgspec.to_builtins(wait.request),
        "seconds": wait.seconds,
        "webhooks": [
            {
                "configuration": hook.configuration.title,
                "name": hook.name,
                "mutating": hook.mutating,
                "failsClosed": hook.closed,
                "seconds": hook.seconds,
                "asked": how,
            }
            for hook, how in wait.hooks
        ],
    }
