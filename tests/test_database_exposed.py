"""Which services the check of exposed databases is asked about: others are not left unknown."""

from typing import Any

import pytest

from keten.checks.runtime.database_exposed import CHECK
from keten.model.kube import Service


@pytest.mark.parametrize(
    ("spec", "asked"),
    [
        ({"type": "LoadBalancer", "ports": [{"port": 5432}]}, True),
        ({"type": "LoadBalancer", "ports": [{"port": 80, "targetPort": 5432}]}, True),
        ({"type": "LoadBalancer", "ports": [{"port": 80, "targetPort": "db"}]}, True),
        ({"type": "LoadBalancer", "ports": [{"port": 80}]}, False),
        ({"type": "ClusterIP", "ports": [{"port": 5432}]}, False),
        ({"ports": [{"port": 5432}]}, False),
        (
            {
                "type": "LoadBalancer",
                "ports": [{"port": 5432}],
                "loadBalancerSourceRanges": ["192.0.2.0/24"],
            },
            False,
        ),
        ({"type": "LoadBalancer", "ports": "odd"}, False),
    ],
)
def test_only_what_may_open_a_database_is_asked(spec: dict[str, Any], *, asked: bool) -> None:
    service = Service("s", kind="Service", name="s", namespace="shop", spec=spec)
    assert CHECK.applies is not None
    assert CHECK.applies(service) is asked
