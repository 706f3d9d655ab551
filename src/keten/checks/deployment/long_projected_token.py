"""Pod asks for a token that lasts for long.

A projected token ends after an hour unless told otherwise, and the kubelet replaces it in time.
One that is asked for days or years is of use to a thief as long, outside of the cluster too,
where its audience is a cloud or a vault.

Reported above a day; a token is bound to its pod, and ends with it wherever that is asked.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload

_DAY = 86_400


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each projected token that is asked for more than a day."""
    for i, volume in enumerate(workload.pod.volumes):
        projected = volume.get("projected")
        sources = projected.get("sources") if isinstance(projected, dict) else None
        for j, source in enumerate(sources if isinstance(sources, list) else ()):
            token = source.get("serviceAccountToken") if isinstance(source, dict) else None
            lasts = token.get("expirationSeconds") if isinstance(token, dict) else None
            if isinstance(lasts, int) and lasts > _DAY:
                at = f"{workload.pod_path}.volumes[{i}].projected.sources[{j}]"
                at = f"{at}.serviceAccountToken.expirationSeconds"
                yield Violation(
                    f"volume {volume.get('name', '')} asks for a token of {_said(lasts)}",
                    at,
                    change=Change(
                        at, str(lasts), "3600", f"Shorten tokens of {workload.title}", exact=True
                    ),
                )


def _said(seconds: int) -> str:
    return f"{seconds // 3600} hours" if seconds < 4 * _DAY else f"{seconds // _DAY} days"


CHECK = Check(
    title="Pod asks for a token that lasts for long",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.LOW,
    fix="Leave expirationSeconds out, or set 3600: the kubelet renews the token by itself.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/service-account-tokens", "nis2/i", "pci-dss/8.6"),
    refs=(
        "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#serviceaccount-token-volume-projection",
    ),
    bad=deployment("""
containers:
- {name: web, image: "registry.example/web:1.4"}
volumes:
- name: token
  projected:
    sources:
    - serviceAccountToken: {path: token, audience: vault, expirationSeconds: 31536000}
"""),
    good=deployment("""
containers:
- {name: web, image: "registry.example/web:1.4"}
volumes:
- name: token
  projected:
    sources:
    - serviceAccountToken: {path: token, audience: vault, expirationSeconds: 3600}
"""),
    run=run,
)
