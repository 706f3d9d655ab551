"""Which load balancers are open to every address, as far as the Service itself says."""

from keten.model.kube import Service

_INTERNAL = (
    "internal",
    "-scheme",
    "load-balancer-type",
    "loadbalancer-class",
    "inbound-cidrs",
    "source-ranges",
    "whitelist",
    "allowed",
)
"""Words of the annotations by which a cloud's balancer is made internal, or narrowed."""


def open_to_all(service: Service) -> bool:
    """Return whether *service* is a load balancer that nothing in it narrows."""
    if service.spec.get("type") != "LoadBalancer" or service.spec.get("loadBalancerSourceRanges"):
        return False
    if service.spec.get("loadBalancerClass"):
        return False
    return not any(word in name.lower() for name in service.annotations for word in _INTERNAL)
