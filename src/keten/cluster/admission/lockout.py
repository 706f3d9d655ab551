"""Which requests that a cluster needs to repair itself must wait for which webhook.

A webhook that fails closed and is served from inside is asked before its own pods are made
again. Matching follows the API server: rules, matchPolicy (Equivalent: versions of one resource
are the same), namespaceSelector (which lets cluster-scoped objects pass), objectSelector.
Match conditions are CEL and are not evaluated: what has some is matched *perhaps*.

Sources: kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers, and
Kubernetes 1.36, apiserver/pkg/admission/plugin/webhook. The configurations of webhooks and the
admission policies are never sent to webhooks, so that one can always be deleted; policies
(CEL) ask nobody, and so can not keep waiting.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from msgspec import Struct

from keten.cluster.selectors import Labelled, Selector, equality, selector
from keten.model.kube import Namespace, Object, Service, Webhook, Workload

TIMEOUT = 10
"""Seconds that a webhook has where it does not say (admissionregistration.k8s.io/v1)."""
REQUEST = 34
"""Seconds after which the API server gives a write up (apiserver, requestTimeoutUpperBound):
also where every webhook that did not answer fails open."""
NAME = "kubernetes.io/metadata.name"


class Sure(StrEnum):
    """Whether a request is sent to a webhook."""

    NO = "no"
    PERHAPS = "perhaps"
    YES = "yes"


class Request(Struct, frozen=True):
    """A request that a cluster makes to start, or to stay up. *namespace* "" is cluster-wide."""

    what: str
    operation: str
    group: str
    resource: str
    namespace: str = ""
    version: str = "v1"


ESSENTIAL = (
    Request("register a node", "CREATE", "", "nodes"),
    Request("report a node's status", "UPDATE", "", "nodes/status"),
    Request("renew a node's lease", "UPDATE", "coordination.k8s.io", "leases", "kube-node-lease"),
    Request("hold an election", "UPDATE", "coordination.k8s.io", "leases", "kube-system"),
    Request("certify a node", "CREATE", "certificates.k8s.io", "certificatesigningrequests"),
    Request("review a token", "CREATE", "authentication.k8s.io", "tokenreviews"),
    Request("ask for a right", "CREATE", "authorization.k8s.io", "subjectaccessreviews"),
    Request("make a system pod's token", "CREATE", "", "serviceaccounts/token", "kube-system"),
    Request("make a pod of the system", "CREATE", "", "pods", "kube-system"),
    Request("bind a pod of the system", "CREATE", "", "pods/binding", "kube-system"),
    Request("report a system pod's status", "UPDATE", "", "pods/status", "kube-system"),
)


class Hook(Struct, frozen=True):
    """One webhook of a configuration. *index* is its place in ``webhooks``.

    *again*: it is asked once more where something after it changed the object.
    """

    configuration: Webhook
    index: int
    name: str
    mutating: bool
    closed: bool
    seconds: int
    service: tuple[str, str] | None
    again: bool = False

    @property
    def raw(self) -> dict[str, Any]:
        """Return the webhook as in the API."""
        return self.configuration.webhooks[self.index]


class Wait(Struct, frozen=True):
    """A request and the webhooks that it may wait for."""

    request: Request
    hooks: tuple[tuple[Hook, Sure], ...]

    @property
    def summed(self) -> int:
        """Return the time-outs added up: mutating webhooks follow one another, validating do not.

        A mutating one may be asked twice where its reinvocationPolicy lets it: after another
        webhook, or a plugin of the API server, changed the object.
        """
        mutating = sum(h.seconds * (1 + h.again) for h, _ in self.hooks if h.mutating)
        return mutating + max((h.seconds for h, _ in self.hooks if not h.mutating), default=0)

    @property
    def seconds(self) -> int:
        """Return the longest wait: the API server gives a request up after REQUEST seconds."""
        return min(self.summed, REQUEST)


def hooks(objects: Iterable[Object]) -> list[Hook]:
    """Return every webhook, in the order of configurations and places."""
    found: list[Hook] = []
    for item in sorted((o for o in objects if isinstance(o, Webhook)), key=lambda o: o.ref):
        found += hooks_of(item)
    return found


def hooks_of(configuration: Webhook) -> Iterator[Hook]:
    """Yield the webhooks of one configuration."""
    for index, raw in enumerate(configuration.webhooks):
        client = raw.get("clientConfig")
        service = client.get("service") if isinstance(client, dict) else None
        seconds = raw.get("timeoutSeconds")
        yield Hook(
            configuration=configuration,
            index=index,
            name=str(raw.get("name") or ""),
            mutating=configuration.kind == "MutatingWebhookConfiguration",
            closed=raw.get("failurePolicy") in (None, "Fail"),
            seconds=seconds if isinstance(seconds, int) else TIMEOUT,
            service=_named(service),
            again=raw.get("reinvocationPolicy") == "IfNeeded",
        )


def _named(service: Any) -> tuple[str, str] | None:
    match service:
        case {"name": str(name), "namespace": str(namespace)}:
            return namespace, name
        case _:
            return None


class Admission:
    """What is known of namespaces, services and pods, to tell what webhooks are asked."""

    def __init__(self, objects: Iterable[Object]) -> None:
        every = list(objects)
        self.hooks = hooks(every)
        self._spaces = {o.name: o.labels for o in every if isinstance(o, Namespace)}
        self._services = {(o.namespace, o.name): o for o in every if isinstance(o, Service)}
        self._workloads: dict[str, list[Workload]] = {}
        for item in every:
            if isinstance(item, Workload):
                self._workloads.setdefault(item.namespace, []).append(item)

    def service(self, hook: Hook) -> Service | None:
        """Return the service that answers for *hook*, where it is known."""
        return self._services.get(hook.service) if hook.service else None

    def behind(self, hook: Hook) -> Sequence[Workload]:
        """Return the workloads whose pods answer for *hook*."""
        service = self.service(hook)
        wanted = equality(service.spec.get("selector") or {}) if service else None
        if service is None or wanted is None or not wanted.wants:
            return ()
        those = self._workloads.get(service.namespace, [])
        return [those[i] for i in Labelled(_labels(w) for w in those).select(wanted)]

    def silent(self, hook: Hook) -> str:
        """Return why nobody answers for *hook*: no service, no pods; "" where somebody does.

        It takes all of the service's namespace to be known: see ``sees``.
        """
        if hook.service is None:
            return ""
        namespace, name = hook.service
        service = self.service(hook)
        if service is None:
            return f"there is no Service/{name} in {namespace}"
        if not service.spec.get("selector"):
            return ""  # its endpoints are set by hand
        behind = self.behind(hook)
        if not behind:
            return f"Service/{name} in {namespace} selects no pod"
        if all(item.spec.get("replicas") == 0 for item in behind):
            return f"{behind[0].title} behind it is scaled to zero"
        return ""

    def sees(self, namespace: str) -> bool:
        """Return whether services and workloads of *namespace* are among what is known."""
        return namespace in self._workloads and namespace in {space for space, _ in self._services}

    def own(self, hook: Hook) -> Iterator[Request]:
        """Yield what is needed to bring the pods of *hook* back."""
        if hook.service is None:
            return
        space = hook.service[0]
        yield Request("make the webhook's own pods", "CREATE", "", "pods", space)
        yield Request("bind the webhook's own pods", "CREATE", "", "pods/binding", space)
        group = "discovery.k8s.io"
        yield Request("list the webhook's endpoints", "UPDATE", group, "endpointslices", space)

    def asked(self, hook: Hook, request: Request) -> Sure:
        """Return whether *request* is sent to *hook*."""
        raw = hook.raw
        if not _ruled(raw, request):
            return Sure.NO
        sure = [self._spaced(raw.get("namespaceSelector"), request)]
        sure.append(self._selected(hook, request))
        if raw.get("matchConditions"):
            sure.append(Sure.PERHAPS)
        if Sure.NO in sure:
            return Sure.NO
        return Sure.PERHAPS if Sure.PERHAPS in sure else Sure.YES

    def waits(self) -> Iterator[Wait]:
        """Yield each essential request that some webhook is, or may be, asked about."""
        for request in ESSENTIAL:
            found = ((hook, self.asked(hook, request)) for hook in self.hooks)
            those = tuple((hook, sure) for hook, sure in found if sure is not Sure.NO)
            if those:
                yield Wait(request, those)

    def _spaced(self, spec: Any, request: Request) -> Sure:
        wanted = selector(spec)
        if wanted is None:
            return Sure.PERHAPS
        if not request.namespace or wanted == Selector():
            return Sure.YES
        labels = self._spaces.get(request.namespace)
        return held(wanted, {**(labels or {}), NAME: request.namespace}, whole=labels is not None)

    def _selected(self, hook: Hook, request: Request) -> Sure:
        wanted = selector(hook.raw.get("objectSelector"))
        if wanted is None:
            return Sure.PERHAPS
        if wanted == Selector():
            return Sure.YES
        if not request.resource.startswith("pods"):
            return held(wanted, {}, whole=False)
        own = hook.service is not None and request.namespace == hook.service[0]
        those = self.behind(hook) if own else self._workloads.get(request.namespace, ())
        if not those:
            return Sure.PERHAPS
        sure = {held(wanted, _labels(item), whole=True) for item in those}
        return Sure.YES if Sure.YES in sure else Sure.NO


def held(wanted: Selector, labels: Mapping[str, str], *, whole: bool) -> Sure:
    """Return whether *labels* fit; where they are not the *whole*, more may be there."""
    perhaps = False
    for key, values in wanted.wants:
        said = labels.get(key)
        if said is None and not whole and key != NAME:
            perhaps = True
        elif said is None or (values is not None and said not in values):
            return Sure.NO
    for key, values in wanted.bars:
        said = labels.get(key)
        if said is not None and (values is None or said in values):
            return Sure.NO
        if said is None and not whole and key != NAME:
            perhaps = True
    return Sure.PERHAPS if perhaps else Sure.YES


def _labels(workload: Workload) -> Mapping[str, str]:
    return workload.pod_labels or (workload.labels if workload.kind == "Pod" else {})


def _ruled(raw: dict[str, Any], request: Request) -> bool:
    exact = raw.get("matchPolicy") == "Exact"
    rules = raw.get("rules")
    return any(
        isinstance(rule, dict) and _rule(rule, request, exact=exact)
        for rule in (rules if isinstance(rules, list) else ())
    )


def _rule(rule: dict[str, Any], request: Request, *, exact: bool) -> bool:
    scope = rule.get("scope") or "*"
    if scope != "*" and (scope == "Cluster") != (not request.namespace):
        return False
    groups, versions = _words(rule.get("apiGroups")), _words(rule.get("apiVersions"))
    return (
        (request.group in groups or "*" in groups)
        and (not exact or request.version in versions or "*" in versions)
        and not {"*", request.operation}.isdisjoint(_words(rule.get("operations")))
        and _resource(_words(rule.get("resources")), request.resource)
    )


def _resource(said: Sequence[str], resource: str) -> bool:
    """Return whether one of *said* is *resource*: ``pods/*`` is ``pods`` too, ``*`` no part."""
    name, slash, sub = resource.partition("/")
    other = f"*/{sub}" if slash else "*"
    return not {resource, other, f"{name}/*", "*/*"}.isdisjoint(said)


def _words(value: Any) -> list[str]:
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []
