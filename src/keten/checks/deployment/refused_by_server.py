"""API server refuses the pods that the manifest describes.

The object is not taken: what the file says does not run, and what ran before goes on, unpatched,
while everybody believes in the new version. Most pipelines tell; those that apply many files and
look at the last one do not.

Asked: the restart policy that a controller allows, names of ports, and spread constraints. Other
faults of the same kind, such as a selector that does not match, are problems of the file.
"""

from collections.abc import Iterator
from functools import lru_cache

from keten.checks._examples import deployment
from keten.checks._pods import each
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload

_LOOPS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController")
_LONGEST = 15
_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report what validation of the pod template refuses."""
    said = workload.pod.restart_policy
    if workload.kind in _LOOPS:
        wrong = said not in ("", "Always")
    else:
        wrong = workload.kind in ("Job", "CronJob") and said in ("", "Always")
    if wrong and not workload.uid:
        yield _violation(
            workload, "restartPolicy", f"{workload.kind} with restartPolicy {said or 'Always'}"
        )
    for i, one in enumerate(workload.pod.topology_spread_constraints):
        skew, when = one.get("maxSkew"), one.get("whenUnsatisfiable")
        loose = one.get("minDomains") is not None and when != "DoNotSchedule"
        if not isinstance(skew, int) or skew < 1 or loose or not (one.get("topologyKey") and when):
            at = f"topologySpreadConstraints[{i}]"
            yield _violation(workload, at, f"the spread constraint over {one.get('topologyKey')}")
    for path, container in each(workload):
        at = path.removeprefix(f"{workload.pod_path}.")
        for i, port in enumerate(container.ports):
            name = port.get("name")
            if isinstance(name, str) and not _is_port_name(name):
                yield _violation(workload, f"{at}.ports[{i}].name", f"a port named {name}")


def _violation(workload: Workload, below: str, what: str) -> Violation:
    at = f"{workload.pod_path}.{below}"
    return Violation(
        f"the API server refuses {what[:80]}",
        at,
        change=Change(at, "", "", f"Make {workload.title} what the API server takes"),
    )


@lru_cache(1024)
def _is_port_name(name: str) -> bool:
    """Return whether *name* is an IANA service name (RFC 6335, section 5.1), or a variable."""
    if not name or "$" in name:
        return True
    return (
        len(name) <= _LONGEST
        and _NAME.issuperset(name)
        and any(c.isalpha() for c in name)
        and "--" not in name
        and name[0] != "-"
        and name[-1] != "-"
    )


CHECK = Check(
    title="API server refuses the pods that the manifest describes",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.MEDIUM,
    fix="Correct the field; kubectl apply --dry-run=server says whether it is taken.",
    threats=(Threat.INSIDER,),
    controls=("nsa-cisa/upgrades", "nis2/e", "pci-dss/6.5"),
    refs=(
        "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy",
        "https://www.rfc-editor.org/rfc/rfc6335.html#section-5.1",
    ),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  ports: [{name: administration-port, containerPort: 8080}]
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  ports: [{name: admin, containerPort: 8080}]
"""),
    run=run,
)
