"""Pod says itself where a public name leads.

hostAliases go into /etc/hosts, before any name server. A name of the cluster or the internet that
is set there leads wherever the manifest says: a change of one line sends credentials elsewhere,
and an address that moved stays wrong for ever.

Names without a dot and addresses of the pod itself are not reported.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import listed
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report the names with a dot that lead elsewhere than to the pod itself."""
    for i, alias in enumerate(workload.pod.host_aliases):
        ip, names = alias.get("ip"), alias.get("hostnames")
        if not isinstance(ip, str) or ip.startswith("127.") or ip in ("::1", "0.0.0.0"):  # noqa: S104 compared
            continue
        public = [n for n in names if isinstance(n, str) and "." in n.strip(".")] if names else []
        if public:
            at = f"{workload.pod_path}.hostAliases[{i}]"
            yield Violation(
                f"the pod takes {ip} for {listed(public, 'name')}",
                at,
                change=Change(at, ip, "", f"Leave names to DNS in {workload.title}"),
            )


CHECK = Check(
    title="Pod says itself where a public name leads",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.INFO,
    fix="Leave the name to DNS: a Service, or a record where the address is kept.",
    threats=(Threat.INSIDER,),
    controls=("nis2/e", "pci-dss/2.2"),
    refs=("https://kubernetes.io/docs/tasks/network/customize-hosts-file-for-pods/",),
    bad=deployment("""
hostAliases:
- {ip: 203.0.113.7, hostnames: [registry.example]}
containers:
- {name: web, image: "registry.example/web:1.4"}
"""),
    good=deployment("""
hostAliases:
- {ip: 127.0.0.1, hostnames: [web.shop.example]}
containers:
- {name: web, image: "registry.example/web:1.4"}
"""),
    run=run,
)
