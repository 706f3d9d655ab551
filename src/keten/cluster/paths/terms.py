"""The words of paths: where an intruder stands, the steps that lead on, what takes them away."""

from enum import StrEnum

from msgspec import Struct

Point = tuple[str, ...]
"""Where an intruder stands; the first word says what kind of place it is:

``internet``; ``anonymous`` (a request to the API server that nobody answers for); ``reach POD``
(can send to it) and ``code POD`` (runs in it); ``account NAMESPACE NAME`` (holds its token);
``secret NAMESPACE NAME``, ``secrets NAMESPACE`` (all there; "" everywhere); ``node NAME`` ("":
one that is not known), ``nodes`` (every one); ``cloud IDENTITY``; ``cluster`` (may do
everything). Others stand between and are not told of.
"""

ASSUMED = 6
"""The effort of a fault that nobody knows of yet; a known one is less, an exploited one least."""
UNSURE = 3
"""What a step that is not known to be open adds to its effort."""
_WEIGHTS = {"critical": 2, "high": 3, "medium": 5}
"""The effort of a known vulnerability, by its severity."""

INTERNET: Point = ("internet",)
ANONYMOUS: Point = ("anonymous",)
CLUSTER: Point = ("cluster",)
NODES: Point = ("nodes",)
SECRETS: Point = ("secrets", "")
PLACES = frozenset({
    "internet", "anonymous", "reach", "code", "account", "secret", "secrets", "node", "nodes",
    "cloud", "cluster",
})  # fmt: skip
"""The kinds of points that are told of."""


class Means(StrEnum):
    """What kind of change takes a step away."""

    HARDEN = "harden"
    TOKEN = "token"
    USED_TOKEN = "used token"
    ROLE = "role"
    BINDING = "binding"
    POLICY = "policy"
    METADATA = "metadata"
    ENFORCE = "enforce"
    CLOUD = "cloud"
    ENTRY = "entry"
    UPGRADE = "upgrade"


COSTS = {
    Means.TOKEN: 10,
    Means.HARDEN: 11,
    Means.ENFORCE: 12,
    Means.UPGRADE: 15,
    Means.METADATA: 20,
    Means.POLICY: 30,
    Means.ROLE: 31,
    Means.BINDING: 33,
    Means.USED_TOKEN: 50,
    Means.CLOUD: 60,
    Means.ENTRY: 100,
}
"""What a change costs those who run the cluster, against the others: to close what serves the
Internet is dear, not to mount a token is cheap unless its account was given rights to use. No
two are alike, so that cuts are stable."""


class Part(Struct, frozen=True, order=True):
    """What is taken out of an object: item *index* of a binding's subjects, of a role's rules.

    Of a rule of the role *ref* only *resources*, where some are named: it keeps the others.
    """

    index: int
    ref: str = ""
    resources: tuple[str, ...] = ()


class Change(Struct, frozen=True, order=True, omit_defaults=True):
    """A change that takes steps away. *subject* is the ref of what is changed, or its name.

    *parts* are what goes, where not all of the object is meant.
    """

    means: Means
    subject: str
    title: str
    parts: tuple[Part, ...] = ()

    @property
    def cost(self) -> int:
        """Return what it costs; see COSTS."""
        return COSTS[self.means]


class Step(Struct, frozen=True):
    """A step an intruder takes. *ref* and *field* are what shows that it is open.

    *sure* is false where something that is not known leaves it open; *assumed* where it takes a
    fault that nobody knows of yet. *label* is what it goes by, in a few words.
    """

    text: str
    ref: str = ""
    field: str = ""
    sure: bool = True
    assumed: bool = False
    change: Change | None = None
    label: str = ""


class Weakness(Struct, frozen=True, order=True):
    """A known vulnerability of what a pod runs, that can be used from afar.

    *source* says where that is known from: the result of a scan, by its file or day.
    """

    id: str
    package: str
    exploited: bool = False
    severity: str = ""
    fixed: str = ""
    source: str = ""

    @property
    def effort(self) -> int:
        """Return how much it takes to use it: what is used in attacks takes least."""
        return 1 if self.exploited else _WEIGHTS.get(self.severity, 5)


_BETWEEN = {
    "run": "pods of its own", "accounts": "every ServiceAccount", "pods": "every pod",
    "all-of": "everything",
}  # fmt: skip


def called(point: Point) -> str:
    """Return how a point is called in a heading."""
    match point:
        case ("internet",):
            return "the Internet"
        case ("anonymous",):
            return "an anonymous request"
        case ("cluster",):
            return "cluster-admin"
        case ("nodes",):
            return "every node"
        case ("secrets", ""):
            return "all secrets"
        case ("secrets", space):
            return f"the secrets of {space}"
        case ("node", ""):
            return "a node"
        case ("code", pod):
            return f"code in {pod}"
        case ("reach" | "inside", pod):
            return f"requests to {pod}"
        case ("account", space, own):
            return f"ServiceAccount {space}/{own}"
        case ("cloud", identity):
            return f"cloud: {identity}"
        case ("run" | "accounts" | "pods" | "all-of" as kind, space):
            return f"{_BETWEEN[kind]} in {space}" if space else f"{_BETWEEN[kind]} anywhere"
        case _:
            return " ".join((point[0], "/".join(point[1:])))
