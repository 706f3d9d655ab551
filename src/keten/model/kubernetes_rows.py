"""The rows of the Kubernetes control lists, and how far checks answer each of them.

Rows T1 to U3 are those of the NSA/CISA Kubernetes Hardening Guide 1.2 as this project numbers
them; ``1.1.1`` and so on are numbers of the CIS Kubernetes Benchmark (sections 1 to 4 as in 1.10
to 1.12, where they agree; section 5 as in 1.10, with the later number where it differs), held
against kube-bench's cfg/cis-1.10, cis-1.11 and cis-1.12. The wording is ours. ``docs/kubernetes-controls.md`` is generated from this; a test holds that each named
check exists.

State: ``automated`` a check answers the row from evidence that keten reads; ``partly`` it answers
some of it; ``manual`` a person has to; ``not ours`` it is no question of configuration.
"""

# ruff: noqa: E501 a row is a line

from msgspec import Struct

AUTOMATED, PARTLY, MANUAL, NOT_OURS = "automated", "partly", "manual", "not ours"


class Row(Struct, frozen=True):
    """A row: its *key*, what it asks, its *state*, the ids of *checks*, and what to know."""

    key: str
    asks: str
    state: str = MANUAL
    checks: tuple[str, ...] = ()
    note: str = ""


def _rows(text: str) -> tuple[Row, ...]:
    """Return the rows of lines ``key | state | asks | checks | note``."""
    found = []
    for line in text.strip().splitlines():
        key, state, asks, checks, *note = (part.strip() for part in line.split("|"))
        found.append(Row(key, asks, state, tuple(checks.split()), "".join(note)))
    return tuple(found)


GUIDE = _rows("""
T1 | automated | supply chain as a source of threats | | each check names its sources of threat
T2 | automated | malicious actors as a source of threats | | each check names its sources of threat
T3 | automated | insiders as a source of threats | | each check names its sources of threat
P1 | automated | containers do not run as root | deployment/runs-as-root deployment/may-run-as-root image/root-user |
P2 | automated | rootless engines, user namespaces | deployment/host-users | whether the engine itself is rootless shows on nodes only
P3 | automated | file systems that can not be written | deployment/writable-root-filesystem deployment/installs-at-start |
P4 | automated | trusted images, scanned, signed | image/unpinned-base registry/mutable-tag registry/latest-tag registry/unexpected-registry registry/unqualified-image deployment/image-not-pulled deployment/unverified-script dependencies/known-vulnerability image/unjudged-at-admission |
P5 | automated | no dangerous pod settings | deployment/privileged-container deployment/host-pid deployment/host-ipc deployment/host-network deployment/host-path deployment/host-port deployment/privilege-escalation deployment/capabilities-not-dropped deployment/added-capabilities deployment/proc-mount deployment/unsafe-sysctls deployment/volume-type deployment/selinux-options deployment/apparmor-unconfined deployment/seccomp-unconfined deployment/mount-propagation |
P6 | automated | Pod Security level of each namespace | deployment/namespace-not-enforcing deployment/pod-security-admission-off deployment/pod-security-exempted deployment/pod-security-default-open deployment/refused-by-namespace deployment/namespace-could-enforce-more deployment/pod-security-label-misspelt |
P7 | automated | service account tokens | deployment/default-account-token access/long-lived-token access/token-life-stretched access/token-lookup-off access/token-key-shared deployment/long-projected-token deployment/token-without-rights deployment/missing-account access/signing-key-old |
P8 | automated | sandboxes, seccomp by default | deployment/seccomp-not-set deployment/seccomp-default-off deployment/seccomp-unconfined deployment/host-users deployment/unsandboxed | what belongs into a sandbox (RuntimeClass) keten.toml says
N1 | automated | namespaces separate trust zones | deployment/default-namespace deployment/reserved-namespace runtime/host-claimed-twice runtime/gateway-open-to-all runtime/route-crosses-namespace |
N2 | automated | network policies, denied by default | runtime/no-network-policy runtime/metadata-reachable |
N3 | automated | resources are bounded | deployment/no-memory-limit deployment/no-resource-requests deployment/process-limit-missing deployment/partly-unbounded deployment/memory-overcommitted deployment/namespace-unbounded deployment/job-unbounded |
N4 | automated | control plane: TLS, not on the internet | access/managed-endpoint-public access/insecure-port runtime/control-plane-listens-widely runtime/api-certificate-missing runtime/old-tls runtime/weak-ciphers | firewalls and separate networks outside the cluster are not seen
N5 | automated | etcd | runtime/etcd-plain runtime/etcd-clients-unchecked runtime/etcd-peers-plain runtime/etcd-peers-unchecked runtime/etcd-authority-shared runtime/etcd-client-certificate access/etcd-data-mode secrets/encryption-off | backups are a question to a person
N6 | automated | kubeconfig files are protected | access/node-kubeconfig-mode access/node-file-owner access/kubeconfig-unverified access/kubeconfig-lasting-login access/kubeconfig-masters | the end of the certificates in them is told
N7 | automated | worker nodes, kubelet | access/kubelet-anonymous-auth access/kubelet-always-allow access/kubelet-read-only-port access/node-restriction-off access/node-authorizer-off access/kubelet-client-authority runtime/node-port |
N8 | partly | encryption between pods | runtime/mesh-plaintext runtime/ingress-without-tls runtime/plain-http-listener runtime/route-without-tls runtime/backend-not-verified runtime/client-certificate-optional runtime/ingress-secret-missing | encryption by the network plugin (WireGuard, IPsec) is not seen
N9 | automated | secrets | deployment/secret-in-environment secrets/token-in-file secrets/encryption-off secrets/encryption-identity-first secrets/encryption-not-of-secrets secrets/encryption-key-beside-data secrets/encryption-kms-v1 secrets/encryption-key-old access/secrets-readable deployment/secret-in-arguments deployment/secret-from-environment |
N10 | automated | cloud metadata is out of reach | runtime/metadata-reachable access/managed-node-identity-shared runtime/egress-open runtime/external-name deployment/probe-host |
A1 | automated | anonymous access is off | access/anonymous-bound access/api-anonymous-auth access/anonymous-paths access/kubelet-anonymous-auth |
A2 | partly | users are strongly authenticated | access/static-token-file access/no-identity-provider access/kubeconfig-lasting-login access/kubeconfig-masters access/masters-group-bound access/managed-local-accounts | whether the provider asks for a second factor is not seen
A3 | automated | least rights | access/wildcard-role access/cluster-admin-binding access/authorization-always-allow access/rbac-off access/authorizers-open access/controllers-share-account |
A4 | automated | third parties | runtime/webhook-fails-open runtime/webhook-can-lock-out access/webhook-configure access/api-service-register access/insecure-api-service access/unserved-api-service access/unserved-crd-webhook | keten operators
G1 | automated | audit log | runtime/audit-off runtime/audit-gaps runtime/audit-secret-bodies runtime/audit-rule-without-effect runtime/audit-log-age runtime/audit-log-backups runtime/audit-log-size runtime/managed-audit-off | that the log leaves the cluster, and its integrity, are not seen; keten audit simulate
G2 | partly | logs of nodes, containers, network | runtime/node-logs-uncollected runtime/managed-audit-off runtime/kubelet-events-dropped runtime/monitor-selects-nothing | that a collector is there is seen, not what it keeps
G3 | partly | detection of threats | runtime/detection-missing | that a sensor is there is seen, not who reads its alarms
G4 | not ours | alerting and response plans | |
U1 | automated | supported versions, patched | runtime/version-ended runtime/component-version-ended runtime/managed-version-ended runtime/node-version-ended runtime/kubelet-skew runtime/proxy-skew runtime/control-plane-skew runtime/alpha-gates runtime/alpha-apis runtime/security-gate-off |
U2 | partly | scans; what is not used goes | access/dangling-binding runtime/dangling-service access/default-account-bound dependencies/known-vulnerability access/account-unused access/role-unbound access/binding-idle runtime/dangling-ingress deployment/missing-object deployment/job-kept deployment/disruption-budget-selects-nothing deployment/autoscaler-without-target | penetration tests are for a person
U3 | automated | CIS Benchmark | | below
""")

CIS = _rows("""
1.1.1 | automated | the API server's pod manifest: permissions | access/node-manifest-mode |
1.1.2 | automated | the API server's pod manifest: owner | access/node-file-owner |
1.1.3 | automated | the controller manager's pod manifest: permissions | access/node-manifest-mode |
1.1.4 | automated | the controller manager's pod manifest: owner | access/node-file-owner |
1.1.5 | automated | the scheduler's pod manifest: permissions | access/node-manifest-mode |
1.1.6 | automated | the scheduler's pod manifest: owner | access/node-file-owner |
1.1.7 | automated | etcd's pod manifest: permissions | access/node-manifest-mode |
1.1.8 | automated | etcd's pod manifest: owner | access/node-file-owner |
1.1.9 | automated | network plugin files: permissions | access/node-config-mode |
1.1.10 | automated | network plugin files: owner | access/node-file-owner |
1.1.11 | automated | etcd's data: permissions | access/etcd-data-mode |
1.1.12 | automated | etcd's data: owner | access/etcd-data-owner | root's ownership passes too, as kubeadm runs etcd as root
1.1.13 | automated | administrators' kubeconfigs: permissions | access/node-kubeconfig-mode |
1.1.14 | automated | administrators' kubeconfigs: owner | access/node-file-owner |
1.1.15 | automated | the scheduler's kubeconfig: permissions | access/node-kubeconfig-mode |
1.1.16 | automated | the scheduler's kubeconfig: owner | access/node-file-owner |
1.1.17 | automated | the controller manager's kubeconfig: permissions | access/node-kubeconfig-mode |
1.1.18 | automated | the controller manager's kubeconfig: owner | access/node-file-owner |
1.1.19 | automated | the PKI folder and its files: owner | access/node-file-owner |
1.1.20 | automated | PKI certificates: permissions | access/node-certificate-mode |
1.1.21 | automated | PKI keys: permissions | access/node-key-mode |
1.2.1 | automated | no anonymous requests to the API server | access/anonymous-paths access/api-anonymous-auth |
1.2.2 | automated | no static token file | access/static-token-file |
1.2.3 | automated | external addresses of Services are refused | runtime/external-addresses-admitted |
1.2.4 | automated | the API server shows kubelets a client certificate | access/kubelet-client-certificate |
1.2.5 | automated | the API server checks kubelets' certificates | runtime/kubelet-certificate-unchecked |
1.2.6 | automated | authorization is not AlwaysAllow | access/authorization-always-allow access/authorizers-open |
1.2.7 | automated | the Node authorizer is on | access/node-authorizer-off |
1.2.8 | automated | RBAC is on | access/authorizers-open access/managed-rbac-off access/rbac-off |
1.2.9 | automated | events are rate-limited | runtime/events-unlimited |
1.2.10 | automated | AlwaysAdmit is off | runtime/admission-always-admit |
1.2.11 | automated | images are always pulled | registry/images-not-always-pulled |
1.2.12 | automated | the ServiceAccount plugin is on | access/service-account-admission-off |
1.2.13 | automated | the NamespaceLifecycle plugin is on | runtime/namespace-lifecycle-off |
1.2.14 | automated | the NodeRestriction plugin is on | access/node-restriction-off |
1.2.15 | automated | profiling is off (API server) | runtime/profiling-on |
1.2.16 | automated | an audit log is written | runtime/audit-off runtime/managed-audit-off |
1.2.17 | automated | audit logs are kept for days enough | runtime/audit-log-age |
1.2.18 | automated | old audit logs are kept in number enough | runtime/audit-log-backups |
1.2.19 | automated | audit logs are large enough | runtime/audit-log-size |
1.2.20 | automated | requests time out | runtime/request-timeout | more than the 300 seconds that CIS names is told
1.2.21 | automated | revoked service account tokens are refused | access/token-lookup-off |
1.2.22 | automated | service account tokens have a key of their own | access/token-key-shared access/signing-key-old |
1.2.23 | automated | the API server shows etcd a client certificate | runtime/etcd-client-certificate |
1.2.24 | automated | the API server has a certificate of its own | runtime/api-certificate-missing |
1.2.25 | automated | client certificates have an authority | access/client-authority-missing |
1.2.26 | automated | the API server checks etcd's certificate | runtime/etcd-authority-unchecked |
1.2.27 | automated | encryption at rest is configured | secrets/encryption-off secrets/managed-encryption-off |
1.2.28 | automated | encryption providers are fit | secrets/encryption-identity-first secrets/encryption-key-beside-data secrets/encryption-kms-v1 secrets/encryption-not-of-secrets secrets/encryption-key-old |
1.2.29 | automated | the API server's ciphers are strong | runtime/weak-ciphers |
1.2.30 | automated | the life of tokens is not stretched | access/token-life-stretched | since 1.11
1.3.1 | automated | ended pods are collected | runtime/ended-pods-kept |
1.3.2 | automated | profiling is off (controller manager) | runtime/profiling-on |
1.3.3 | automated | each controller has its own account | access/controllers-share-account |
1.3.4 | automated | tokens are signed with a key of their own | access/token-signing-key-missing access/signing-key-old |
1.3.5 | automated | pods get the root certificate | runtime/root-authority-not-published |
1.3.6 | automated | kubelets' serving certificates rotate (controller manager) | runtime/serving-rotation-off |
1.3.7 | automated | the controller manager listens locally | runtime/control-plane-listens-widely | an absent flag is the default, which is all addresses
1.4.1 | automated | profiling is off (scheduler) | runtime/profiling-on |
1.4.2 | automated | the scheduler listens locally | runtime/control-plane-listens-widely | as 1.3.7
2.1 | automated | etcd serves over TLS | runtime/etcd-plain |
2.2 | automated | etcd asks clients for certificates | runtime/etcd-clients-unchecked |
2.3 | automated | etcd makes no certificates for itself | runtime/etcd-signs-itself |
2.4 | automated | etcd's members talk over TLS | runtime/etcd-peers-plain |
2.5 | automated | etcd's members ask each other for certificates | runtime/etcd-peers-unchecked |
2.6 | automated | etcd's members make no certificates for themselves | runtime/etcd-peers-sign-themselves |
2.7 | automated | etcd has an authority of its own | runtime/etcd-authority-shared | seen in the API server's flags
3.1.1 | partly | users do not log in with client certificates | access/kubeconfig-lasting-login access/managed-local-accounts access/no-identity-provider | that there is another way is seen, not who uses which
3.1.2 | partly | users do not log in with service account tokens | access/kubeconfig-lasting-login access/no-identity-provider | as 3.1.1
3.1.3 | partly | users do not log in with bootstrap tokens | access/no-identity-provider access/bootstrap-token-stays | as 3.1.1; tokens that stay are told
3.2.1 | automated | there is an audit policy | runtime/audit-off |
3.2.2 | automated | the audit policy covers what matters | runtime/audit-gaps runtime/audit-rule-without-effect runtime/audit-secret-bodies |
4.1.1 | automated | the kubelet's service file: permissions | access/node-config-mode |
4.1.2 | automated | the kubelet's service file: owner | access/node-file-owner |
4.1.3 | automated | the proxy's kubeconfig: permissions | access/node-kubeconfig-mode |
4.1.4 | automated | the proxy's kubeconfig: owner | access/node-file-owner |
4.1.5 | automated | the kubelet's kubeconfig: permissions | access/node-kubeconfig-mode |
4.1.6 | automated | the kubelet's kubeconfig: owner | access/node-file-owner |
4.1.7 | automated | the client authorities file: permissions | access/node-certificate-mode |
4.1.8 | automated | the client authorities file: owner | access/node-file-owner |
4.1.9 | automated | the kubelet's configuration: permissions | access/node-config-mode |
4.1.10 | automated | the kubelet's configuration: owner | access/node-file-owner |
4.2.1 | automated | no anonymous requests to the kubelet | access/kubelet-anonymous-auth |
4.2.2 | automated | the kubelet's authorization is not AlwaysAllow | access/kubelet-always-allow |
4.2.3 | automated | the kubelet knows the client authority | access/kubelet-client-authority |
4.2.4 | automated | the kubelet's read-only port is closed | access/kubelet-read-only-port |
4.2.5 | automated | the kubelet's idle streams end | runtime/kubelet-streams-unending |
4.2.6 | automated | the kubelet keeps its packet filter rules | runtime/kubelet-packet-filter |
4.2.7 | automated | nodes keep their names | runtime/kubelet-name-overridden |
4.2.8 | automated | the kubelet's events are not dropped | runtime/kubelet-events-dropped | fewer than 5 a second, the default when CIS was written, are told
4.2.9 | automated | the kubelet has a certificate that can be checked | runtime/kubelet-certificate-unverifiable |
4.2.10 | automated | the kubelet's client certificate rotates | runtime/kubelet-certificate-not-rotated |
4.2.11 | automated | the kubelet's serving certificate rotates | runtime/kubelet-certificate-unverifiable runtime/serving-rotation-off |
4.2.12 | automated | the kubelet's ciphers are strong | runtime/weak-ciphers |
4.2.13 | automated | processes of a pod are bounded | deployment/process-limit-missing |
4.2.14 | automated | seccomp is on by default | deployment/seccomp-default-off | since 1.11
4.2.15 | manual | the kubelet's service takes connections of named addresses only | | in 1.11 only; a setting of systemd
4.3.1 | automated | the proxy's metrics are local | runtime/proxy-metrics-open |
5.1.1 | automated | cluster-admin only where required | access/cluster-admin-binding |
5.1.2 | automated | least access to secrets | access/secrets-readable |
5.1.3 | automated | no wildcards in roles | access/wildcard-role |
5.1.4 | automated | least right to create pods | access/workloads-creatable |
5.1.5 | automated | default service accounts are not used | access/default-account-bound |
5.1.6 | automated | tokens only where necessary | deployment/default-account-token |
5.1.7 | automated | system:masters is not used | access/masters-group-bound |
5.1.8 | automated | least bind, impersonate, escalate | access/escalate-bind-impersonate |
5.1.9 | automated | least right to create persistent volumes | access/persistent-volume-create |
5.1.10 | automated | least access to nodes/proxy | access/node-proxy |
5.1.11 | automated | least right to approve certificate requests | access/certificate-approve |
5.1.12 | automated | least right to configure webhooks | access/webhook-configure |
5.1.13 | automated | least right to create tokens | access/token-create |
5.2.1 | automated | each namespace is held to a pod policy | deployment/namespace-not-enforcing deployment/pod-security-admission-off |
5.2.2 | automated | no privileged containers | deployment/privileged-container |
5.2.3 | automated | no host process namespace | deployment/host-pid |
5.2.4 | automated | no host IPC namespace | deployment/host-ipc |
5.2.5 | automated | no host network | deployment/host-network |
5.2.6 | automated | no privilege escalation | deployment/privilege-escalation |
5.2.7 | automated | no root containers | deployment/runs-as-root deployment/may-run-as-root |
5.2.8 | automated | no NET_RAW | deployment/capabilities-not-dropped |
5.2.9 | automated | no added capabilities | deployment/added-capabilities | not in 1.12
5.2.10 | automated | capabilities are dropped | deployment/capabilities-not-dropped | 5.2.9 in 1.12
5.2.11 | automated | no Windows host process containers | deployment/windows-host-process | 5.2.10 in 1.12
5.2.12 | automated | no hostPath volumes | deployment/host-path | 5.2.11 in 1.12
5.2.13 | automated | no host ports | deployment/host-port | 5.2.12 in 1.12
5.3.1 | automated | the network plugin supports network policies | runtime/policies-unenforced | where policies are there and a plugin that is known not to
5.3.2 | automated | every namespace has network policies | runtime/no-network-policy |
5.4.1 | automated | secrets as files, not in the environment | deployment/secret-from-environment |
5.4.2 | manual | external storage of secrets is considered | |
5.5.1 | automated | image provenance is judged at admission | image/unjudged-at-admission image/policy-webhook-fails-open | in live clusters; what the cloud judges out of sight is not asked
5.7.1 | partly | namespaces draw boundaries | deployment/default-namespace | 5.6.1 since 1.11
5.7.2 | automated | seccomp profile is set | deployment/seccomp-not-set | 5.6.2 since 1.11
5.7.3 | automated | security contexts are set | deployment/privilege-escalation deployment/writable-root-filesystem | 5.6.3 since 1.11
5.7.4 | automated | the default namespace is not used | deployment/default-namespace | 5.6.4 since 1.11
""")

ROWS: tuple[Row, ...] = (*GUIDE, *CIS)

PROVIDER, SHARED, CUSTOMER = "provider", "shared", "customer"
MANAGED: tuple[tuple[str, str, str], ...] = (
    ("1.2.27", SHARED, "the cloud encrypts its disks; a key of yours is yours to ask for"),
    ("1.2.28", SHARED, "as 1.2.27"),
    ("1.2.16", SHARED, "the cloud writes the log; that it is sent to you is yours to ask for"),
    ("1", PROVIDER, "the cloud runs the API server, controllers and scheduler"),
    ("2", PROVIDER, "the cloud runs etcd"),
    ("3.1", CUSTOMER, "who logs in how is yours; the cloud's identities are at hand"),
    ("3.2", PROVIDER, "the audit policy is the cloud's"),
    ("4.3", PROVIDER, "the proxy is an add-on of the cloud"),
    ("4", SHARED, "node images are the cloud's, their settings yours where you make the nodes"),
    ("5", CUSTOMER, "what you put into the cluster"),
    ("N4", SHARED, "who reaches the API server is yours"),
    ("N5", PROVIDER, "the cloud runs etcd"),
    ("G1", SHARED, "as 1.2.16"),
    ("U1", SHARED, "you say when; the cloud does it"),
)
"""On AKS, EKS and GKE: whose a row is, by the beginning of its key, the first that fits.

What is the provider's is not applicable there: the files and flags are not to be seen, so that
nothing is judged, and it neither fails nor passes. A component that a cloud runs inside of the
cluster (``Component.provider``) is not judged either.
"""


def responsible(key: str) -> tuple[str, str]:
    """Return whose a row is on a managed cluster, and why; the customer's where none says."""
    for start, whose, why in MANAGED:
        if key == start or key.startswith(f"{start}."):
            return whose, why
    return CUSTOMER, ""
