"""No program takes the logs of containers and nodes away.

The kubelet keeps a few megabytes of each container's log on its node, and none of a container
that is gone; who owns the node edits them. After an attack the logs that would tell of it are
those that are no longer there.

Known are the usual collectors (Fluent Bit, Fluentd, Vector, OpenTelemetry, Grafana Alloy,
Filebeat and those of vendors and clouds). Logs that programs send themselves, and collectors
that keten does not know by their names, are not seen: then this is for a person to set aside.
"""

from collections.abc import Iterator

from keten.checks import _agents as agents
from keten.model.check import Check, Example, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Cluster

KNOWN = (
    "fluent", "vector", "promtail", "alloy", "grafana-agent", "filebeat", "elastic-agent",
    "logstash", "otel", "opentelemetry", "datadog", "splunk", "sumologic", "newrelic",
    "nri-bundle", "oneagent", "dynatrace", "dynakube", "logzio", "logdna", "mezmo", "coralogix",
    "logscale", "humio", "ama-logs", "omsagent", "cloudwatch", "nxlog", "rsyslog", "syslog",
    "instana", "sematext", "logging", "stackdriver", "logagent", "log-agent", "observe", "loki",
    "collector", "logs", "logtail", "ilogtail", "loongcollector", "appdynamics", "honeycomb",
    "last9", "betterstack", "axiom", "openobserve", "victorialogs", "vlagent", "graylog", "beats",
)  # fmt: skip
"""What stands in the names of collectors."""


def run(cluster: Cluster, view: View) -> Iterator[Violation]:
    """Report a cluster whose DaemonSets are none of those that collect logs."""
    yield from agents.lacking(
        cluster,
        view,
        KNOWN,
        what="log collector",
        action="Collect the logs of nodes and containers",
    )


CHECK = Check(
    title="No program takes the logs of containers and nodes away",
    subject=Cluster,
    severity=Severity.INFO,
    needs=("cluster", "node-programs"),
    fix="Run a log collector on every node, and keep what it sends where the nodes can not go.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=("nsa-cisa/audit-logging", "nis2/b", "pci-dss/10.2", "hipaa/164.312(b)", "gdpr/32"),
    refs=("https://kubernetes.io/docs/concepts/cluster-administration/logging/",),
    bad=Example("$", "$ kubectl get daemonsets -A\nkube-system   kube-proxy\n"),
    good=Example("$", "$ kubectl get daemonsets -A\nkube-system   kube-proxy\nlogs   fluent-bit\n"),
    applies=agents.has_nodes,
    run=run,
)
