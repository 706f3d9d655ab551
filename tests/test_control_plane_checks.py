"""Checks of the control plane take whatever stands in a configuration, of any type."""

import random
from datetime import date
from typing import Any

import pytest

from keten import plugs
from keten.graph.store import Graph
from keten.model import control_plane as plane
from keten.model.check import Check
from keten.model.facts import Facts, Looked
from keten.model.kubernetes_releases import ends, minor_of, skew

SUBJECTS = (plane.Component, plane.ServerConfig)
CHECKS = [name for name in plugs.names(Check) if plugs.load(Check, name).subject in SUBJECTS]
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 10**30, 1.5, "", "x", "AlwaysAllow", [], ["a"], [1, None, {}],
    [[{}]], {}, {"enabled": 1}, {"enabled": [True]}, {"mode": ["a"]}, {"a": {"b": None}},
)  # fmt: skip
KEYS = (
    "authentication", "anonymous", "enabled", "x509", "clientCAFile", "authorization", "mode",
    "readOnlyPort", "podPidsLimit", "seccompDefault", "tlsCipherSuites", "featureGates",
    "rotateCertificates", "eventRecordQPS", "allowedUnsafeSysctls", "metricsBindAddress",
    "exemptions", "defaults", "enforce", "usernames", "namespaces", "conditions", "authorizers",
    "streamingConnectionIdleTimeout", "makeIPTablesUtilChains", "webhook", "type", "path",
)  # fmt: skip
FLAGS = (
    "anonymous-auth", "audit-log-maxage", "audit-log-path", "authorization-mode", "bind-address",
    "read-only-port", "feature-gates", "tls-cipher-suites", "request-timeout", "insecure-port",
    "terminated-pod-gc-threshold", "event-qps", "metrics-bind-address", "etcd-servers",
    "listen-client-urls", "initial-cluster", "pod-max-pids", "seccomp-default", "address",
)  # fmt: skip
TEXTS = ("", "true", "x", "9" * 5000, "-", "-1", "٣", ",,,", "a=b=c", "https://[", "1h" * 60, "::")


def configuration(pick: random.Random, depth: int = 3) -> dict[str, Any]:
    return {
        key: configuration(pick, depth - 1) if depth and pick.random() < 0.4 else pick.choice(ODD)
        for key in pick.sample(KEYS, 8)
    }


@pytest.mark.parametrize("name", CHECKS)
def test_any_configuration(name: str) -> None:
    check = plugs.load(Check, name)
    pick = random.Random(name)
    view = Graph(Facts(looked=(Looked("*", "flags"),)), date(2026, 11, 22))
    for _ in range(80):
        if check.subject is plane.Component:
            node: Any = plane.Component(
                "a:b",
                name=pick.choice(sorted(COMPONENTS)),
                origin=pick.choice(("pod", "config", "kubeadm", "process")),
                config=pick.choice((None, configuration(pick))),
                flags={flag: pick.choice(TEXTS) for flag in pick.sample(FLAGS, 6)},
                minor=pick.choice((0, 18, 24, 33, 36, 99)),
            )
        else:
            kind = pick.choice(CONFIGS)
            node = plane.ServerConfig("a:b", kind=kind, spec=configuration(pick))
        if check.applies is None or check.applies(node):
            for violation in check.run(node, view):
                assert len(violation.message) < 300


COMPONENTS = {
    "kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "kubelet", "kube-proxy",
}  # fmt: skip
CONFIGS = (
    "AdmissionConfiguration", "PodSecurityConfiguration", "AuthenticationConfiguration",
    "AuthorizationConfiguration",
)  # fmt: skip


def test_what_a_cloud_runs_is_not_judged() -> None:
    for name in CHECKS:
        check = plugs.load(Check, name)
        for component in COMPONENTS if check.subject is plane.Component else ():
            assert check.applies is not None
            assert not check.applies(plane.Component("a", name=component, provider="eks")), name


@pytest.mark.parametrize(
    ("version", "minor"),
    [("v1.36.3", 36), ("1.29", 29), ("v1.31.4-gke.100", 31), ("v1.30+", 30), ("", 0), ("v2.1", 0),
     ("v1.x", 0), ("1", 0), ("v1." + "9" * 5000, 999)],
)  # fmt: skip
def test_minor_versions(version: str, minor: int) -> None:
    assert minor_of(version) == minor


def test_releases() -> None:
    assert ends(34) == date(2026, 10, 27)
    assert ends(1) is None
    assert ends(90) is None
    assert (skew(27), skew(28)) == (2, 3)
    days = [ends(minor) for minor in range(2, 38)]
    assert days == sorted(day for day in days if day)
