"""What the commands about clusters share: the objects of a target, and where each stands."""

import argparse

from msgspec import Struct, structs

from keten.cli import arguments as common
from keten.cluster.estates import Estate, gather
from keten.errors import UsageError
from keten.graph.places import Places
from keten.model.evidence import Problem
from keten.model.facts import Facts, Node

_NONE = ("none/asked",)
"""A pattern that no check's id fits."""


class Target(Struct, frozen=True):
    """The clusters of a target. *problems* are what could not be read or listed there."""

    estate: Estate
    places: Places
    problems: tuple[Problem, ...]

    def node(self, ref: str) -> Node | None:
        """Return the object that *ref* names."""
        return self.estate.find(ref)

    def where(self, node: Node, field: str = "") -> str:
        """Return ``path:line`` of *field* of *node* for a reader, "" where nothing can be opened.

        The objects of a live cluster stand in no file; they are named by what is told of them.
        """
        found = self.places.find(node, field)
        return "" if found is None or found.thing else found.text

    def at(self, node: Node, field: str = "") -> str:
        """Return ``path:line`` in what was read, for programs; "" where it is not known."""
        found = self.places.find(node, field)
        return "" if found is None else structs.replace(found, thing="").text


def parser(command: str, description: str) -> argparse.ArgumentParser:
    """Return a parser with what each of these commands takes."""
    made = argparse.ArgumentParser(prog=f"keten {command}", description=description)
    add(made)
    return made


def add(made: argparse.ArgumentParser) -> None:
    """Add what each of these commands takes."""
    made.add_argument("target", nargs="?", default=".", metavar="TARGET", help=common.CLUSTERS)
    common.objects(made)


def facts_of(arguments: argparse.Namespace, name: str) -> Facts:
    """Return the facts of the target *name*; no check is asked, as no verdict is wanted."""
    target = common.target(name)
    policy = common.policy(target.folder, arguments)
    checks = structs.replace(policy.config.checks, only=_NONE)
    policy = structs.replace(policy, config=structs.replace(policy.config, checks=checks))
    return common.collected(arguments, target, policy, now=common.day(arguments.now)).facts


def collected(arguments: argparse.Namespace) -> Target:
    """Return the clusters of the target; UsageError where it has no objects of Kubernetes."""
    facts = facts_of(arguments, arguments.target)
    estate = gather(facts.nodes)
    if not estate.clusters:
        raise UsageError(
            f"{arguments.target}: no Kubernetes objects there",
            advice="Name a folder of manifests, a dump of a cluster, or k8s://CONTEXT.",
        )
    return Target(estate, Places(facts.places), facts.problems)
