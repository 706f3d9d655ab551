"""Nothing asks at admission where images come from.

Whoever may create a pod, and every controller in whose name an intruder acts, runs any image of
the world in this cluster: what was scanned and signed in the pipeline is not what has to run.
Images with miners in a public registry were pulled 20 million times before anybody told (Unit 42,
2021). An admission controller that verifies signatures, or the plugin ImagePolicyWebhook, refuses
them.

Reported where no webhook of the cluster is asked of pods but those known to inject something,
and no ValidatingAdmissionPolicy reads images of pods. A webhook of another purpose that keten
does not know passes. Binary Authorization of GKE and the policies of OpenShift are not seen
from inside: there nothing is said.
"""

from collections.abc import Iterator

from keten.cluster.scopes import inside
from keten.model.check import Check, Example, Threat
from keten.model.control_plane import API_SERVER, Component
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Cluster, Resource, Webhook

_HIDDEN = frozenset({"GKE", "OpenShift", "OKE", "IKS"})
"""Where the cloud itself may judge images, out of sight."""
_OTHERS = (
    "inject", "pod-identity", "azure-wi", "workload-identity", "vpa", "vertical-pod",
    "cert-manager",
    "load-balancer", "elbv2", "keda", "kueue", "karpenter", "istio", "linkerd", "consul", "vault",
    "opentelemetry", "instrumentation", "spark", "nvidia", "descheduler", "jobset", "lws",
    "metallb", "longhorn", "kubevirt", "cdi-api", "prometheus", "datadog", "dynatrace",
)  # fmt: skip
"""What stands in the names of webhooks that do other things to pods."""


def _applies(cluster: Cluster) -> bool:
    """Return whether all that judges is to be seen from inside: else nothing passes."""
    return cluster.provider not in _HIDDEN


def run(cluster: Cluster, view: View) -> Iterator[Violation]:
    """Report a cluster in which nothing is asked of a pod that could judge its images."""
    if any(_judges(item) for item in view.every(Webhook) if inside(item.path, cluster)):
        return
    if any(_reads_images(item) for item in view.every(Resource) if inside(item.path, cluster)):
        return
    for server in view.every(Component):
        plugins = server.words("enable-admission-plugins")
        if server.name == API_SERVER and "ImagePolicyWebhook" in plugins:
            return
    yield Violation(
        "no webhook or policy asks at admission where the images of pods come from",
        change=Change("", "", "", "Verify images at admission"),
    )


def _judges(item: Webhook) -> bool:
    """Return whether a configuration has a webhook of pods that may judge images."""
    for hook in item.webhooks:
        name = f"{hook.get('name')} {item.name}".lower()
        if any(word in name for word in _OTHERS):
            continue
        for rule in hook.get("rules") or ():
            if isinstance(rule, dict) and _of_pods(rule):
                return True
    return False


def _of_pods(rule: dict[str, object]) -> bool:
    def asked(key: str, *names: str) -> bool:
        said = rule.get(key)
        return isinstance(said, list | tuple) and any(name in said for name in names)

    return (
        asked("apiGroups", "", "*")
        and asked("resources", "pods", "*", "*/*")
        and asked("operations", "CREATE", "*")
    )


def _reads_images(item: Resource) -> bool:
    """Return whether an object is a policy that has a look at images of pods."""
    if item.kind not in (
        "ValidatingAdmissionPolicy",
        "ImageValidatingPolicy",
        "ClusterImagePolicy",
    ):
        return False
    return item.kind != "ValidatingAdmissionPolicy" or ".image" in str(item.spec)


CHECK = Check(
    title="Nothing asks at admission where images come from",
    subject=Cluster,
    severity=Severity.INFO,
    needs=("cluster", "admission"),
    fix=(
        "Verify signatures at admission (Sigstore policy-controller, Kyverno, Ratify, "
        "Connaisseur), or at least write out keten admission policy for the registries."
    ),
    threats=(Threat.SUPPLY_CHAIN, Threat.INSIDER),
    controls=(
        "nsa-cisa/trusted-images", "cis-kubernetes/5.5.1", "slsa/dependencies", "nis2/d",
        "pci-dss/6.3.2",
    ),
    refs=("https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/",),
    bad=Example("$", "$ kubectl get validatingwebhookconfigurations\nNo resources found\n"),
    good=Example(
        "$", "$ kubectl get validatingwebhookconfigurations\npolicy.sigstore.dev   1   20d\n"
    ),
    applies=_applies,
    run=run,
)  # fmt: skip
