"""The rows of the Kubernetes control lists, and how far checks answer each of them.

Rows T1 to U3 are those of the NSA/CISA Kubernetes Hardening Guide 1.2 as this project numbers
them; ``1.1.1`` and so on are numbers of the CIS Kubernetes Benchmark (sections 1 to 4 as in 1.10
to 1.12, where they agree; section 5 as in 1.10, with 1.12's number where it differs). The wording
is ours. ``docs/kubernetes-controls.md`` is generated from this; a test holds that each named
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
P2 | manual | rootless engines, user namespaces | |
P3 | automated | file systems that can not be written | deployment/writable-root-filesystem |
P4 | automated | trusted images, scanned, signed | image/unpinned-base registry/mutable-tag |
P5 | automated | no dangerous pod settings | deployment/privileged-container deployment/host-pid |
P6 | automated | Pod Security level of each namespace | deployment/namespace-not-enforcing |
P7 | automated | service account tokens | deployment/default-account-token access/long-lived-token |
P8 | partly | sandboxes, seccomp by default | deployment/seccomp-not-set |
N1 | automated | namespaces separate trust zones | deployment/default-namespace |
N2 | automated | network policies, denied by default | runtime/no-network-policy runtime/metadata-reachable |
N3 | automated | resources are bounded | deployment/no-memory-limit deployment/no-resource-requests |
N4 | manual | control plane: TLS, not on the internet | |
N5 | manual | etcd | |
N6 | manual | kubeconfig files are protected | |
N7 | manual | worker nodes, kubelet | |
N8 | partly | encryption between pods | runtime/mesh-plaintext |
N9 | automated | secrets | deployment/secret-in-environment secrets/token-in-file |
N10 | automated | cloud metadata is out of reach | runtime/metadata-reachable |
A1 | automated | anonymous access is off | access/anonymous-bound |
A2 | manual | users are strongly authenticated | |
A3 | automated | least rights | access/wildcard-role access/cluster-admin-binding |
A4 | partly | third parties | runtime/webhook-fails-open runtime/webhook-can-lock-out |
G1 | manual | audit log | |
G2 | manual | logs of nodes, containers, network | |
G3 | manual | detection of threats | |
G4 | not ours | alerting and response plans | |
U1 | manual | supported versions, patched | |
U2 | partly | scans; what is not used goes | access/dangling-binding runtime/dangling-service |
U3 | automated | CIS Benchmark | | below
""")

CIS = _rows("""
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
5.2.1 | automated | each namespace is held to a pod policy | deployment/namespace-not-enforcing |
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
5.3.1 | manual | the network plugin supports network policies | |
5.3.2 | automated | every namespace has network policies | runtime/no-network-policy |
5.4.1 | automated | secrets as files, not in the environment | deployment/secret-from-environment |
5.4.2 | manual | external storage of secrets is considered | |
5.5.1 | manual | image provenance is judged at admission | |
5.7.1 | partly | namespaces draw boundaries | deployment/default-namespace | 5.6.1 in 1.12
5.7.2 | automated | seccomp profile is set | deployment/seccomp-not-set | 5.6.2 in 1.12
5.7.3 | automated | security contexts are set | deployment/privilege-escalation deployment/writable-root-filesystem | 5.6.3 in 1.12
5.7.4 | automated | the default namespace is not used | deployment/default-namespace | 5.6.4 in 1.12
""")

ROWS: tuple[Row, ...] = (*GUIDE, *CIS)
