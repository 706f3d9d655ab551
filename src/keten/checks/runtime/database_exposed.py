"""Database is behind a load balancer open to every address.

Databases are made for the few clients that know their password, and not for everybody: one
that every address reaches is found within hours by those who scan for its port. In the
attacks of 2017 tens of thousands of open MongoDB and Elasticsearch servers were emptied, and
a note was left that asked for money.

Reported where a Service of type LoadBalancer, which nothing narrows, leads to the port that a
database of a well-known image listens on, and network policies let every address in to it.
Annotations that make the balancer internal, and classes of balancers, are honoured.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from keten.checks._balancers import open_to_all
from keten.checks._examples import manifest
from keten.checks._images import parse
from keten.cluster.estates import estate
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Service, Workload

if TYPE_CHECKING:  # most scans need no engine, and it is many modules
    from keten.cluster.network.exposure import Exposed

_PORTS = {
    "postgres": 5432, "postgresql": 5432, "timescaledb": 5432, "postgis": 5432, "spilo-15": 5432,
    "mysql": 3306, "mysql-server": 3306, "mariadb": 3306, "percona": 3306,
    "mongo": 27017, "mongodb": 27017, "mongodb-community-server": 27017,
    "redis": 6379, "valkey": 6379, "keydb": 6379, "dragonfly": 6379, "memcached": 11211,
    "elasticsearch": 9200, "opensearch": 9200, "cassandra": 9042, "scylla": 9042,
    "couchdb": 5984, "clickhouse-server": 8123, "cockroach": 26257, "neo4j": 7687, "etcd": 2379,
    "influxdb": 8086, "arangodb": 8529, "rethinkdb": 28015,
}  # fmt: skip
"""The port of a database, by the last part of the name of its image."""


def run(service: Service, view: View) -> Iterator[Violation]:
    """Report each database that *service* opens to every address."""
    found = estate(view).of(service).network
    if not found.settled:
        return
    from keten.cluster.network.exposure import through_service

    told: set[str] = set()
    for way in through_service(found, service):
        name = _database(way, view)
        if not name or way.peer.title in told:
            continue
        told.add(way.peer.title)
        at = "spec.type"
        yield Violation(
            f"every address reaches {name} of {way.peer.kind}/{way.peer.name} on TCP "
            f"{_PORTS[name]} through {service.title}",
            at,
            about=way.peer.refs[:1],
            key=way.peer.title,
            change=Change(at, "LoadBalancer", "ClusterIP", f"Keep {service.title} in the cluster"),
        )


def _applies(service: Service) -> bool:
    """Return whether *service* opens a port to every address that a database may listen on."""
    ports = service.spec.get("ports")
    return (
        bool(service.namespace)
        and open_to_all(service)
        and any(
            _may_be(port.get("targetPort", port.get("port")))
            for port in (ports if isinstance(ports, list) else ())
            if isinstance(port, dict)
        )
    )


def _may_be(port: object) -> bool:
    return isinstance(port, str) or port in _PORTS.values()


def _database(way: "Exposed", view: View) -> str:
    """Return the image's name where a container is a database whose port is open for sure."""
    for ref in way.peer.refs:
        workload = view.node(ref)
        if not isinstance(workload, Workload):
            continue
        for container in workload.pod.containers:
            image = parse(container.image)
            name = image.repository.rpartition("/")[2] if image is not None else ""
            if name in _PORTS and way.flow.sure.holds("TCP", _PORTS[name]):
                return name
    return ""


CHECK = Check(
    title="Database is behind a load balancer open to every address",
    subject=Service,
    applies=_applies,
    threats=(Threat.ACTOR,),
    severity=Severity.HIGH,
    needs=("manifest", "objects"),
    fix="Make it a ClusterIP service; clients outside come through a VPN or "
    "loadBalancerSourceRanges.",
    controls=(
        "nsa-cisa/network-policies", "nis2/e", "pci-dss/1.3", "pci-dss/1.4",
        "hipaa/164.312(a)", "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/concepts/services-networking/service/#loadbalancer",),
    bad=manifest("""
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec:
  type: LoadBalancer
  selector: {app: db}
  ports: [{port: 5432}]
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec:
  containers:
  - {name: db, image: "registry.example/library/postgres:17.2"}
"""),
    good=manifest("""
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec:
  type: LoadBalancer
  selector: {app: db}
  ports: [{port: 5432}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{ipBlock: {cidr: 192.0.2.0/24}}]
    ports: [{port: 5432}]
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec:
  containers:
  - {name: db, image: "registry.example/library/postgres:17.2"}
"""),
    run=run,
)  # fmt: skip
