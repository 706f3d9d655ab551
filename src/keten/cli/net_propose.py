"""``keten net propose``: policies that allow what services declare, or what Hubble observed."""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keten.cli import net, printing
from keten.cluster.network import proposal
from keten.cluster.network.peers import Peer, by_title
from keten.cluster.network.proof import Proof, prove
from keten.cluster.network.proposal import Link, Proposal
from keten.cluster.network.reach import Network
from keten.errors import Exit, InputError, UsageError

if TYPE_CHECKING:
    from keten.cli.clusters import Target
    from keten.cluster.estates import Cluster
    from keten.formats.hubble import End

_FIRST = 20
_OUTSIDE = ("world", "kube-apiserver", "remote-node", "host", "unmanaged")


def propose(arguments: argparse.Namespace, target: "Target", cluster: "Cluster") -> int:
    """Write the policies; return 0 where they are proved to allow exactly the links, else 3."""
    network: Network = net.network(arguments, cluster)
    gaps: dict[str, None] = {}
    if arguments.flows:
        seen = _observed(network, Path(arguments.flows), gaps)
        links = list({link.key: link for link in seen}.values())
    else:
        links = proposal.declared(network)
    made = proposal.propose(network, links, everywhere=arguments.system)
    proof = prove(network.objects, made, links)
    text = _manifests(made)
    if arguments.output:
        try:
            Path(arguments.output).write_text(text)
        except OSError as error:
            raise UsageError(f"--output {arguments.output}: {error.strerror}") from error
    if arguments.json:
        net.put({
            "policies": list(made.policies), "not_said": [*gaps, *made.gaps],
            "missing": list(proof.missing), "further": list(proof.further),
        })  # fmt: skip
    elif not arguments.output:
        sys.stdout.write(text)
    printing.write(_report(made, proof, [*gaps, *made.gaps]), sys.stderr)
    net.told(target.problems, network.notes)
    return Exit.UNKNOWN if proof.missing or proof.further else Exit.ALLOWED


def _manifests(made: Proposal) -> str:
    import yaml

    return str(
        yaml.dump_all(made.policies, Dumper=_dumper(), sort_keys=False, default_flow_style=False)
    )


def _dumper() -> Any:
    """Return a writer that repeats what occurs twice: no anchors in a manifest."""
    import yaml

    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, _: Any) -> bool:
            return True

    return Plain


def _report(made: Proposal, proof: Proof, gaps: list[str]) -> Iterator[str]:
    count = printing.count(len(made.links), "connection")
    policies = f"{len(made.policies)} {'policy' if len(made.policies) == 1 else 'policies'}"
    yield f"keten: {policies} for {count}"
    for gap in gaps[:_FIRST]:
        yield f"keten: not said: {gap}"
    if len(gaps) > _FIRST:
        yield f"keten: not said: {len(gaps) - _FIRST} more"
    if not proof.missing and not proof.further:
        yield "keten: proved: with them, exactly these connections and DNS are open"
    for head, those in (("not open", proof.missing), ("open besides", proof.further)):
        for line in those[:_FIRST]:
            yield f"keten: {head}: {line}"
        if len(those) > _FIRST:
            yield f"keten: {head}: {len(those) - _FIRST} more"


def _observed(network: Network, file: Path, gaps: dict[str, None]) -> Iterator[Link]:
    from keten.formats import hubble

    find = by_title(network.peers)
    try:
        with file.open("rb") as stream:
            for flow in hubble.read(stream):
                src = _end(network, find, flow.src, gaps)
                dst = _end(network, find, flow.dst, gaps)
                if src is None or dst is None or src is dst:
                    continue
                if not isinstance(src, Peer) and not isinstance(dst, Peer):
                    continue
                yield Link(src, dst, flow.protocol, flow.port, "Hubble")
    except OSError as error:
        raise UsageError(f"--flows {file}: {error.strerror}") from error
    except InputError as error:
        where = f" line {error.line}:" if error.line else ""
        raise UsageError(f"--flows {file}:{where} {error.what}", advice=error.advice) from error


def _end(
    network: Network, find: Callable[[str], list[Peer]], end: "End", gaps: dict[str, None]
) -> Peer | str | None:
    """Return whom an end of a flow is; None, and a gap, where nobody of the target is."""
    if not end.namespace:
        if end.reserved in _OUTSIDE or not end.reserved:
            if end.reserved in ("host", "remote-node"):
                return None  # a node reaches its own pods in any case: no policy can say less
            if end.address:
                return f"{end.address}/{128 if ':' in end.address else 32}"
        return None
    kind, _, name = end.workload.partition("/")
    found = [p for p in find(f"{end.namespace}/{name}") if not kind or p.kind == kind]
    labels = dict(end.labels)
    if len(found) != 1:
        among = found or [p for p in network.peers if p.namespace == end.namespace]
        found = [p for p in among if p.labels and p.labels.items() <= labels.items()]
        most = max((len(p.labels) for p in found), default=0)
        found = [p for p in found if len(p.labels) == most]
    if len(found) != 1 and end.pod:
        found = [
            p for p in network.peers
            if p.namespace == end.namespace
            and (end.pod == p.name or end.pod.startswith(f"{p.name}-"))
        ]  # fmt: skip
    if len(found) == 1:
        return found[0]
    who = end.workload.removeprefix("/") or end.pod
    gaps[f"{end.namespace}/{who} of a flow is no workload of the target"] = None
    return None
