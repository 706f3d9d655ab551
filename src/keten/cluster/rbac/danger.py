"""What a dangerous right is: the rights it takes, what it gives, and how much it weighs."""

from enum import StrEnum

from msgspec import Struct

from keten.model.finding import Severity


class Gain(StrEnum):
    """What a dangerous right gives its holder."""

    CLUSTER = "the cluster"
    IDENTITY = "other identities"
    NODE = "nodes"
    CODE = "code in pods"
    SECRETS = "secrets"
    TRAFFIC = "traffic"
    GUARDS = "guards"
    LOSS = "loss"
    TRACES = "traces"


class Ask(Struct, frozen=True):
    """One of *verbs* on one of *resources* of the API *group*; ``*`` asks for everything.

    With *only*, a rule that names resources counts as naming none where it names one of these,
    and not at all otherwise. *space*: it counts in this namespace alone. *loose*: whatever one
    thing a rule names will do.
    """

    verbs: tuple[str, ...]
    group: str
    resources: tuple[str, ...]
    only: tuple[str, ...] = ()
    space: str = ""
    loose: bool = False


class Danger(Struct, frozen=True, kw_only=True):
    """A dangerous right: all *asks* together let the holder *may*.

    *everywhere* is how much it weighs in the whole cluster, *local* in one namespace (None: it
    gives nothing there), *named* where the rule names what it may be used on (None: nothing).
    *includes* are ids that need not be said beside it. *how* says how it is used, and when not.
    """

    id: str
    may: str
    gain: Gain
    asks: tuple[Ask, ...]
    everywhere: Severity
    local: Severity | None = None
    named: Severity | None = Severity.LOW
    includes: tuple[str, ...] = ()
    how: str = ""
