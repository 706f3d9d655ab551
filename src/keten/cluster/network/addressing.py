"""Whether a load balancer has a public address, by what its annotations say to the cloud."""

from collections.abc import Mapping

_SAYS: dict[str, tuple[str, ...]] = {
    "service.beta.kubernetes.io/aws-load-balancer-internal": ("true", "0.0.0.0/0"),
    "service.beta.kubernetes.io/aws-load-balancer-scheme": ("internal",),
    "alb.ingress.kubernetes.io/scheme": ("internal",),
    "service.beta.kubernetes.io/azure-load-balancer-internal": ("true",),
    "networking.gke.io/load-balancer-type": ("internal",),
    "cloud.google.com/load-balancer-type": ("internal",),
    "kubernetes.io/ingress.class": ("gce-internal",),
    "service.beta.kubernetes.io/oci-load-balancer-internal": ("true",),
    "service.beta.kubernetes.io/openstack-internal-load-balancer": ("true",),
    "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type": ("intranet",),
    "service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type": ("private",),
    "service.beta.kubernetes.io/cce-load-balancer-internal-vpc": ("true",),
    "yandex.cloud/load-balancer-type": ("internal",),
}
"""The annotations of the clouds' controllers (their references), and what makes them internal."""
_SUBNET = ("service.kubernetes.io/qcloud-loadbalancer-internal-subnetid",)
_BY_DEFAULT = "service.beta.kubernetes.io/aws-load-balancer-type"
"""With ``external`` or ``nlb-ip``: of a controller whose balancers are internal by default."""
_OUTWARD = (
    "service.beta.kubernetes.io/aws-load-balancer-scheme",
    "alb.ingress.kubernetes.io/scheme",
)


def internal(annotations: Mapping[str, str]) -> bool | None:
    """Return whether a balancer has an inner address only; None where that is not known."""
    if any(annotations.get(name, "").lower() in values for name, values in _SAYS.items()):
        return True
    if any(annotations.get(name) for name in _SUBNET):
        return True
    if any(annotations.get(name) == "internet-facing" for name in _OUTWARD):
        return False
    if annotations.get(_BY_DEFAULT) in ("external", "nlb-ip"):
        return None
    return False
