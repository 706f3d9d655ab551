"""What every kind of network policy comes down to: who is held to it, and its rules in order.

Tiers as the APIs have them: administrators' rules decide first (Allow, Deny, Pass on); then
the policies of namespaces, which together allow only what one of them names for the pods that
they isolate; last the baseline, and where nothing said anything, everything is allowed.
"""

from enum import IntEnum
from typing import Any, Literal

from msgspec import Struct

from keten.cluster.network.ports import EVERY, FIRST, LAST, NONE, Ports, ports
from keten.cluster.network.spans import Spans

Way = Literal["ingress", "egress"]
WAYS: tuple[Way, Way] = ("ingress", "egress")
Action = Literal["allow", "deny", "pass"]

NODES = "{nodes}"
"""The addresses of nodes, and so of what runs in their network."""
SERVER = "{kube-apiserver}"


class Tier(IntEnum):
    """Which rules decide before which."""

    ADMIN = 0
    PLAIN = 1
    BASELINE = 2


class Match(Struct, frozen=True):
    """Ports that a rule names: *fixed* ones, and names of container ports of the destination.

    A name stands with its protocol, or with None where any will do.
    """

    fixed: Ports = NONE
    named: tuple[tuple[str, str | None], ...] = ()


class Rule(Struct, frozen=True):
    """One rule: what it does with traffic from or to whom.

    *everyone*: all there is. Otherwise *pods* (bits) and *perhaps* more, where the labels of a
    namespace are not known; the address *blocks*, the *entities* (names in braces, or of
    hosts). *at* is the field path in its object. Not *sure*: whether it holds can not be
    known; *anyone*: it may also hold for pods that are not seen (an ingress controller).
    *notes* is what the rule asks beyond addresses and ports.
    """

    action: Action
    match: Match
    at: str
    everyone: bool = False
    pods: int = 0
    blocks: tuple[Spans, ...] = ()
    entities: frozenset[str] = frozenset()
    sure: bool = True
    anyone: bool = False
    notes: tuple[str, ...] = ()
    perhaps: int = 0


class Side(Struct, frozen=True):
    """What a policy says of one direction; *isolates* None is "may or may not"."""

    rules: tuple[Rule, ...] = ()
    isolates: bool | None = True


class Policy(Struct, frozen=True):
    """One policy: who is held to it (bits), and *perhaps* more; its sides.

    *network*: of a further network.
    """

    ref: str
    title: str
    tier: Tier
    subjects: int
    ingress: Side | None = None
    egress: Side | None = None
    priority: int = 0
    network: str = ""
    notes: tuple[str, ...] = ()
    nodes: bool = False
    perhaps: int = 0

    def side(self, way: Way) -> Side | None:
        """Return what it says of one direction, None where that is nothing."""
        return self.ingress if way == "ingress" else self.egress


ANYTHING = Match(Ports(EVERY, EVERY, EVERY))


def single(protocol: str, port: Any, end: Any = None) -> Ports | None:
    """Return one port or a range of them; None where it is none that the API takes."""
    if isinstance(port, bool) or not isinstance(port, int):
        return None
    last = port if end is None else end
    if isinstance(last, bool) or not isinstance(last, int):
        return None
    if not FIRST <= port <= last <= LAST:
        return None
    return ports(protocol, [(port, last)])


def unknown(
    ref: str, title: str, subjects: int, why: str, *, over: bool, tier: Tier = Tier.ADMIN
) -> Policy:
    """Return a policy of which it is only known whom it holds.

    *over*: it may also overrule the policies of namespaces, as Calico's can; of *tier*.
    """
    rules = [Rule("allow", ANYTHING, "spec", everyone=True, sure=False)]
    if over:
        rules.append(Rule("deny", ANYTHING, "spec", everyone=True, sure=False))
    side = Side(tuple(rules), isolates=None)
    tier = tier if over else Tier.PLAIN
    return Policy(ref, title, tier, subjects, side, side, priority=-1, notes=(f"{title}: {why}",))
