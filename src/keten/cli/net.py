"""``keten net``: who reaches whom, why, what changed, what is exposed, and policies that fit."""

import argparse
import gc
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from keten.cli import arguments as common
from keten.cli import clusters, printing
from keten.errors import UsageError

if TYPE_CHECKING:
    from keten.cluster.estates import Cluster
    from keten.model.evidence import Problem

ACTIONS = {
    "reach": "[TARGET]",
    "why": "A B PORT [TARGET]",
    "diff": "OLD NEW",
    "exposed": "[TARGET]",
    "propose": "[TARGET]",
}
_ABOUT = """reach    every connection that policies let through, by sender
why      whether A reaches PORT of B, and which rules decide on either side
diff     what opened and what closed between two states
exposed  what the Internet reaches, and what reaches the metadata address
propose  policies that deny by default and allow what services declare, or what
         was observed

A and B are workloads (shop/web, Deployment/web, web), services (svc/db,
db.data.svc), addresses, names of hosts, internet, metadata or ingress. PORT is
5432, UDP/53 or a port's name; of a service, its own port.

Read are NetworkPolicy, AdminNetworkPolicy and its successors, Cilium's
policies, Multus' and user-defined networks. What policies of others say is
unknown, never unreachable. That the network plugin enforces policies is taken
for granted.

exit status: why: 0 yes, 1 no, 3 unknown; diff --fail-on-new: 1 where something
opened; propose: 3 where the policies allow not exactly what is wanted"""
_EXAMPLES = """examples:
  keten net reach deploy/ --to shop/db        who reaches shop/db
  keten net why shop/web shop/db 5432         from the manifests here
  keten net why web internet 443 k8s://prod   from a live cluster
  keten net diff main/deploy deploy --fail-on-new
  keten net propose --flows flows.json        hubble observe -o json wrote it"""


def main(argv: list[str]) -> int:
    """Answer one question; return the exit status."""
    arguments = parser().parse_intermixed_args(argv)
    gc.disable()  # frozen records make no cycles
    words = common.words(arguments, "net", ACTIONS)
    match arguments.action:
        case "reach":
            from keten.cli import net_reach

            return net_reach.reach(arguments, *_one(arguments, words[0]))
        case "why":
            from keten.cli import net_why

            return net_why.why(arguments, *_one(arguments, words[3]), words[:3])
        case "diff":
            from keten.cli import net_reach

            sides = [_one(arguments, word)[1] for word in words]
            return net_reach.diff(arguments, sides[0], sides[1])
        case "exposed":
            from keten.cli import net_exposed

            return net_exposed.exposed(arguments, *_one(arguments, words[0]))
    from keten.cli import net_propose

    return net_propose.propose(arguments, *_one(arguments, words[0]))


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    usage = "\n       ".join(f"keten net {name} {rest}" for name, rest in ACTIONS.items())
    made = argparse.ArgumentParser(
        prog="keten net",
        usage=usage,
        description=_ABOUT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("action", choices=tuple(ACTIONS), help="see above")
    made.add_argument("words", nargs="*", metavar="...", help=common.CLUSTERS)
    made.add_argument("--from", dest="src", default="", metavar="A", help="reach: only from A")
    made.add_argument("--to", dest="dst", default="", metavar="B", help="reach: only to B")
    made.add_argument(
        "--folder", default="", metavar="DIR", help="of several clusters, that of DIR"
    )
    made.add_argument(
        "--host-network", choices=("nodes", "pods"), default="nodes",
        help="take pods in their node's network for the node (default) or for pods",
    )  # fmt: skip
    made.add_argument("--lines", action="store_true", help="reach: A => B : PORTS, line by line")
    made.add_argument(
        "--fail-on-new", action="store_true", help="diff: exit with 1 where something opened"
    )
    made.add_argument(
        "--flows", default="", metavar="FILE",
        help="propose: flows that Hubble observed, JSON lines (hubble observe -o json)",
    )  # fmt: skip
    made.add_argument(
        "--system",
        action="store_true",
        help="propose: for namespaces of the platform, too (kube-, openshift-)",
    )
    made.add_argument("--output", default="", metavar="FILE", help="propose: write there")
    common.objects(made)
    return made


def _one(arguments: argparse.Namespace, name: str) -> "tuple[clusters.Target, Cluster]":
    """Return the target, and the one cluster of it that is asked for."""
    arguments.target = name
    target = clusters.collected(arguments)
    found = [c for c in target.estate.clusters if _networked(c)]
    if arguments.folder:
        wanted = arguments.folder.strip("/")
        found = [c for c in found if c.scope.folder == wanted]
    if len(found) == 1:
        return target, found[0]
    folders = ", ".join(c.scope.folder or "." for c in found[:8])
    if not found:
        raise UsageError(
            f"{name}: no workloads there",
            advice="Name a folder of manifests, a dump (kubectl get -A -o yaml) or a cluster.",
        )
    raise UsageError(
        f"{name}: {len(found)} sets of objects that are applied apart: {folders}",
        advice="Name one of the folders as the target, or with --folder.",
    )


def _networked(cluster: "Cluster") -> bool:
    from keten.cluster.network.machines import makes_pods
    from keten.model.kube import Workload

    return any(isinstance(item, Workload) or makes_pods(item) for item in cluster.objects)


def network(arguments: argparse.Namespace, cluster: "Cluster", hosts: Sequence[str] = ()) -> Any:
    """Return the engine of a cluster, as the command line asks for it; *hosts* are asked for."""
    apart = arguments.host_network == "pods"
    if not apart and not hosts:
        return cluster.network
    from keten.cluster.network.reach import Network

    return Network(cluster.objects, unlisted=cluster.unlisted, hosts_are_pods=apart, hosts=hosts)


def put(document: Any) -> None:
    """Write a document as JSON."""
    printing.document(document, sort=True)


def told(problems: "Sequence[Problem]", notes: Iterable[str]) -> None:
    """Write to standard error what was not read or judged: answers may differ by it."""
    printing.write(_told(problems, notes), sys.stderr)


_FIRST = 3


def _told(problems: "Sequence[Problem]", notes: Iterable[str]) -> Iterator[str]:
    for note in notes:
        yield f"keten: not judged: {note}"
    for problem in problems[:_FIRST]:
        where = f"{problem.path}:{problem.line}" if problem.line else problem.path
        yield f"keten: not read: {where}: {problem.what}"
    if len(problems) > _FIRST:
        yield f"keten: not read: {len(problems) - _FIRST} more problems; keten scan tells them"
