"""The table of dangerous rights, its second half: secrets, traffic, guards, loss, traces."""

from keten.cluster.rbac.danger import Ask, Danger, Gain
from keten.model.finding import Severity

INFO, LOW, MEDIUM, HIGH, CRITICAL = Severity

_WRITE = ("create", "update", "patch")
_CHANGE = ("update", "patch")
_READ = ("get", "list", "watch")
_REMOVE = ("delete", "deletecollection")
_RBAC = "rbac.authorization.k8s.io"
_ADMIT = "admissionregistration.k8s.io"

MORE = (
    Danger(
        id="secrets-read", may="read secrets", gain=Gain.SECRETS,
        asks=(Ask(_READ, "", ("secrets",)),), everywhere=HIGH, local=MEDIUM,
        how="list and watch give the contents as get does.",
    ),
    Danger(
        id="secrets-write", may="change secrets", gain=Gain.SECRETS,
        asks=(Ask(_CHANGE, "", ("secrets",)),), everywhere=MEDIUM, local=LOW,
        how="Keys and certificates that others trust are replaced by its own.",
    ),
    Danger(
        id="log-read", may="read the logs of pods", gain=Gain.SECRETS,
        asks=(Ask(("get",), "", ("pods/log",)),), everywhere=LOW, local=INFO,
        how="Logs often hold tokens and personal data.",
    ),
    Danger(
        id="snapshot-read", may="read volumes of others through snapshots", gain=Gain.SECRETS,
        asks=(Ask(_WRITE, "snapshot.storage.k8s.io", ("volumesnapshotcontents",)),),
        everywhere=MEDIUM, how="A content object may name any snapshot of the storage.",
    ),
    Danger(
        id="mutate", may="rewrite whatever is applied", gain=Gain.GUARDS,
        asks=(Ask(_WRITE, _ADMIT, ("mutatingwebhookconfigurations", "mutatingadmissionpolicies")),),
        everywhere=HIGH,
        how="A webhook or policy changes pods, and sees secrets, as they are applied.",
    ),
    Danger(
        id="observe-admission", may="see whatever is applied", gain=Gain.GUARDS,
        asks=(Ask(_WRITE, _ADMIT, ("validatingwebhookconfigurations",)),), everywhere=HIGH,
        how="A webhook is sent every object it asks for, secrets too.",
    ),
    Danger(
        id="guards-off", may="switch admission policies off", gain=Gain.GUARDS,
        asks=(
            Ask(
                (*_CHANGE, *_REMOVE), _ADMIT,
                ("validatingwebhookconfigurations", "mutatingwebhookconfigurations",
                 "validatingadmissionpolicies", "validatingadmissionpolicybindings",
                 "mutatingadmissionpolicies", "mutatingadmissionpolicybindings"),
            ),
        ),
        everywhere=MEDIUM, how="What the policies kept out gets in.",
    ),
    Danger(
        id="kyverno-write", may="change the policies of Kyverno", gain=Gain.GUARDS,
        asks=(
            Ask(
                (*_WRITE, *_REMOVE), "kyverno.io",
                ("clusterpolicies", "policies", "policyexceptions", "clustercleanuppolicies"),
            ),
        ),
        everywhere=MEDIUM, local=LOW,
        how="Exceptions let pods in; what a policy generates is made with Kyverno's rights.",
    ),
    Danger(
        id="gatekeeper-write", may="change the policies of Gatekeeper", gain=Gain.GUARDS,
        asks=(
            Ask((*_WRITE, *_REMOVE), "templates.gatekeeper.sh", ("constrainttemplates",)),
        ),
        everywhere=MEDIUM, how="A template decides what its constraints refuse.",
    ),
    Danger(
        id="namespace-write", may="change the Pod Security labels of namespaces", gain=Gain.GUARDS,
        asks=(Ask(_CHANGE, "", ("namespaces",)),), everywhere=MEDIUM, local=MEDIUM,
        how="Without the label, privileged pods are admitted; policies select by labels, too.",
    ),
    Danger(
        id="network-open", may="change network policies", gain=Gain.GUARDS,
        asks=(Ask((*_WRITE, *_REMOVE), "networking.k8s.io", ("networkpolicies",)),),
        everywhere=MEDIUM, local=LOW, how="Removing one, or adding one that allows, opens.",
    ),
    Danger(
        id="network-open-cilium", may="change Cilium's network policies", gain=Gain.GUARDS,
        asks=(
            Ask(
                (*_WRITE, *_REMOVE), "cilium.io",
                ("ciliumnetworkpolicies", "ciliumclusterwidenetworkpolicies"),
            ),
        ),
        everywhere=MEDIUM, local=LOW, how="Removing one, or adding one that allows, opens.",
    ),
    Danger(
        id="grant-own", may="hand its own rights on to others", gain=Gain.GUARDS,
        asks=(Ask(_WRITE, _RBAC, ("rolebindings", "clusterrolebindings")),),
        everywhere=LOW, local=LOW, how="An intruder leaves a second way in.",
    ),
    Danger(
        id="role-write", may="write roles with the rights that it has", gain=Gain.GUARDS,
        asks=(Ask(_WRITE, _RBAC, ("roles", "clusterroles")),), everywhere=LOW, local=INFO,
        how="What it has is added to a role that others hold, or one is emptied.",
    ),
    Danger(
        id="definition-write", may="change kinds of custom resources", gain=Gain.GUARDS,
        asks=(Ask(_WRITE, "apiextensions.k8s.io", ("customresourcedefinitions",)),),
        everywhere=MEDIUM,
        how="A conversion webhook sees and rewrites every object of the kind.",
    ),
    Danger(
        id="trust-bundle", may="add certificates that pods trust", gain=Gain.GUARDS,
        asks=(Ask(_WRITE, "certificates.k8s.io", ("clustertrustbundles",)),), everywhere=LOW,
        how="Pods that mount the bundle take its servers for theirs.",
    ),
    Danger(
        id="endpoint-write", may="redirect the traffic of services", gain=Gain.TRAFFIC,
        asks=(Ask(_WRITE, "", ("endpoints",)),), everywhere=MEDIUM, local=LOW,
        how="To addresses that the network policies of others let through (CVE-2021-25740).",
    ),
    Danger(
        id="endpointslice-write", may="redirect the traffic of services by slices",
        gain=Gain.TRAFFIC,
        asks=(Ask(_WRITE, "discovery.k8s.io", ("endpointslices",)),), everywhere=MEDIUM, local=LOW,
        how="To addresses that the network policies of others let through (CVE-2021-25740).",
    ),
    Danger(
        id="service-write", may="take addresses with services", gain=Gain.TRAFFIC,
        asks=(Ask(_WRITE, "", ("services",)),), everywhere=MEDIUM, local=LOW,
        how="External addresses take over the traffic that others send there (CVE-2020-8554).",
    ),
    Danger(
        id="service-status", may="take addresses with the status of services", gain=Gain.TRAFFIC,
        asks=(Ask(_CHANGE, "", ("services/status",)),), everywhere=MEDIUM, local=LOW,
        how="A load balancer's address takes over what others send there (CVE-2020-8554).",
    ),
    Danger(
        id="route-write", may="route traffic from outside", gain=Gain.TRAFFIC,
        asks=(Ask(_WRITE, "networking.k8s.io", ("ingresses",)),), everywhere=LOW, local=INFO,
        how="Hosts and paths of others are claimed; annotations configure the proxy.",
    ),
    Danger(
        id="pod-forward", may="connect to ports of pods", gain=Gain.TRAFFIC,
        asks=(Ask(("create", "get"), "", ("pods/portforward",)),), everywhere=MEDIUM, local=LOW,
        how="Past network policies, to what listens on localhost too.",
    ),
    Danger(
        id="pod-proxy", may="send requests to pods through the API server", gain=Gain.TRAFFIC,
        asks=(Ask(("get", *_WRITE, "delete"), "", ("pods/proxy", "services/proxy")),),
        everywhere=MEDIUM, local=LOW, how="From the API server's address, past network policies.",
    ),
    Danger(
        id="namespace-delete", may="delete namespaces", gain=Gain.LOSS,
        asks=(Ask(_REMOVE, "", ("namespaces",)),), everywhere=MEDIUM, local=LOW,
        how="With all that is in them.",
    ),
    Danger(
        id="mass-delete", may="delete all workloads at once", gain=Gain.LOSS,
        asks=(Ask(("deletecollection",), "apps", ("deployments", "statefulsets", "daemonsets")),),
        everywhere=LOW, local=INFO, how="One request removes every one of a namespace.",
    ),
    Danger(
        id="volume-delete", may="delete volumes", gain=Gain.LOSS,
        asks=(Ask(_REMOVE, "", ("persistentvolumes", "persistentvolumeclaims")),),
        everywhere=LOW, local=INFO, how="With their data, where the class says so.",
    ),
    Danger(
        id="definition-delete", may="delete kinds of custom resources", gain=Gain.LOSS,
        asks=(Ask(_REMOVE, "apiextensions.k8s.io", ("customresourcedefinitions",)),),
        everywhere=LOW, how="With every object of the kind.",
    ),
    Danger(
        id="pod-evict", may="remove pods", gain=Gain.LOSS,
        asks=(Ask(_REMOVE, "", ("pods",)),),
        everywhere=LOW, local=INFO, how="Its controller makes another, elsewhere.",
    ),
    Danger(
        id="pod-drain", may="drain pods from nodes", gain=Gain.LOSS,
        asks=(Ask(("create",), "", ("pods/eviction",)),),
        everywhere=LOW, local=INFO, how="As far as disruption budgets allow.",
    ),
    Danger(
        id="pod-status", may="change what pods report", gain=Gain.LOSS,
        asks=(Ask(_CHANGE, "", ("pods/status",)),), everywhere=LOW, local=INFO,
        how="Pods leave their services, or are replaced.",
    ),
    Danger(
        id="lease-write", may="take the leadership of control plane components", gain=Gain.LOSS,
        asks=(
            Ask((*_CHANGE, "delete"), "coordination.k8s.io", ("leases",), space="kube-system"),
        ),
        everywhere=LOW, local=LOW, named=None,
        how="Schedulers and controllers stop; in kube-node-lease, nodes seem lost.",
    ),
    Danger(
        id="finalize", may="force or block deletion", gain=Gain.LOSS,
        asks=(Ask(_CHANGE, "", ("namespaces/finalize",)),), everywhere=LOW, local=INFO,
        how="A namespace ends before what is in it, outside too, was cleaned up.",
    ),
    Danger(
        id="flow-control", may="starve others of the API", gain=Gain.LOSS,
        asks=(
            Ask(
                (*_WRITE, *_REMOVE), "flowcontrol.apiserver.k8s.io",
                ("flowschemas", "prioritylevelconfigurations"),
            ),
        ),
        everywhere=LOW, how="Requests are queued, or refused, as these objects say.",
    ),
    Danger(
        id="priority-write", may="crowd out other pods", gain=Gain.LOSS,
        asks=(Ask(("create",), "scheduling.k8s.io", ("priorityclasses",)),), everywhere=LOW,
        how="Pods of a higher class push others off their nodes.",
    ),
    Danger(
        id="account-write", may="change service accounts", gain=Gain.IDENTITY,
        asks=(Ask(_WRITE, "", ("serviceaccounts",)),), everywhere=LOW, local=INFO,
        how="An annotation ties an account to a cloud identity that trusts it.",
    ),
    Danger(
        id="event-delete", may="delete events", gain=Gain.TRACES,
        asks=(Ask(_REMOVE, "", ("events",)),), everywhere=LOW, local=INFO,
        how="What happened is not seen by who looks later.",
    ),
)  # fmt: skip
