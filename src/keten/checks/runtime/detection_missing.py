"""No program that detects attacks runs on the nodes.

What gets past all that is to keep it out is seen in what processes do: a shell in a web server,
a miner, a read of the host's keys. In 2018 Tesla's cluster mined for strangers until somebody
from outside told. Without a sensor on the nodes nobody notices, and nothing tells afterwards
what was done.

Known are the sensors of Falco, Tetragon, Tracee, KubeArmor, Kubescape, NeuVector, StackRox and
of vendors. What watches from outside the nodes, and what keten does not know by its name, is
not seen: then this is for a person to set aside.
"""

from collections.abc import Iterator

from keten.checks import _agents as agents
from keten.model.check import Check, Example, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Cluster

KNOWN = (
    "falco", "tetragon", "tracee", "kubearmor", "neuvector", "stackrox", "rhacs", "sysdig",
    "twistlock", "prisma", "aquasec", "aqua-agent", "enforcer", "crowdstrike", "sentinelone",
    "s1-agent", "wiz-", "lacework", "guardduty", "defender", "trendmicro", "threatstack",
    "uptycs", "deepfence", "cbcontainers", "octarine", "carbonblack", "wazuh", "elastic-agent",
    "elastic-defend", "auditbeat", "osquery", "kubescape", "security-agent", "upwind", "armo",
    "spyderbat", "ksoc", "container-watcher", "qualys", "tenable", "sophos",
    "bitdefender", "cortex-xdr", "cortex-agent", "panoptica", "orca-", "sweet-security", "oligo",
    "cilium-enterprise", "isovalent",
)  # fmt: skip
"""What stands in the names of sensors."""


def run(cluster: Cluster, view: View) -> Iterator[Violation]:
    """Report a cluster whose DaemonSets are none of those that detect attacks."""
    yield from agents.lacking(
        cluster, view, KNOWN, what="sensor", action="Run a sensor on the nodes"
    )


CHECK = Check(
    title="No program that detects attacks runs on the nodes",
    subject=Cluster,
    severity=Severity.INFO,
    needs=("cluster", "node-programs"),
    fix="Run a sensor on every node (Falco, Tetragon, or a vendor's), and have its alarms read.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=("nsa-cisa/audit-logging", "nis2/b", "pci-dss/10.2", "hipaa/164.312(b)", "gdpr/32"),
    refs=("https://kubernetes.io/docs/concepts/security/cloud-native-security/",),
    bad=Example("$", "$ kubectl get daemonsets -A\nkube-system   kube-proxy\n"),
    good=Example("$", "$ kubectl get daemonsets -A\nkube-system   kube-proxy\nfalco   falco\n"),
    applies=agents.has_nodes,
    run=run,
)
