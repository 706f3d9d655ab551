"""A cluster of 50,000 objects: seconds and peak memory of a scan of it.

    PYTHONPATH=src python bench/cluster.py [--count 50000] [--keep FOLDER] [--dump]

Makes a snapshot as ``keten snapshot`` writes it, of live objects with status and defaults
(Deployments, their ReplicaSets and pods, services, RBAC, policies), and scans it with every
check. With ``--dump`` also one file as ``kubectl get -A -o json`` writes it, field managers
and all. Bars: 60 s, 1 GB.
"""

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from keten.formats.kubernetes import snapshot
from keten.formats.kubernetes.listed import ROWS

ROOT = Path(__file__).parents[1]
SPACES = 200
ENV = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
Value = dict[str, Any]


def ident(*parts: object) -> str:
    """Return a UUID that is the same each time."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(map(str, parts))))


def meta(kind: str, name: str, space: str = "", **more: Any) -> Value:
    """Return the metadata of a live object."""
    made: Value = {
        "name": name,
        "uid": ident(kind, space, name),
        "resourceVersion": "4711",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        **more,
    }
    if space:
        made["namespace"] = space
    return made


def owner(kind: str, name: str, space: str) -> list[Value]:
    """Return the owner references of what a controller made."""
    version = "apps/v1"
    return [
        {
            "apiVersion": version, "kind": kind, "name": name, "uid": ident(kind, space, name),
            "controller": True, "blockOwnerDeletion": True,
        }
    ]  # fmt: skip


def pod_spec(name: str, number: int) -> Value:
    """Return a pod's specification with the server's defaults."""
    return {
        "containers": [
            {
                "name": "web",
                "image": f"registry.example.com/shop/{name}:1.{number % 40}.0",
                "args": ["--port=8080"],
                "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
                "env": [
                    {"name": "DATABASE_HOST", "value": "db"},
                    {
                        "name": "DATABASE_PASSWORD",
                        "valueFrom": {"secretKeyRef": {"name": f"{name}-db", "key": "password"}},
                    },
                ],
                "resources": {"requests": {"cpu": "100m"}, "limits": {"memory": "256Mi"}},
                "readinessProbe": {
                    "httpGet": {"path": "/ready", "port": "http", "scheme": "HTTP"},
                    "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1,
                    "failureThreshold": 3,
                },
                "volumeMounts": [{"name": "tmp", "mountPath": "/work"}],
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
                "imagePullPolicy": "IfNotPresent",
                "securityContext": {
                    "allowPrivilegeEscalation": number % 7 == 0,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
            }
        ],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "serviceAccountName": name,
        "serviceAccount": name,
        "securityContext": {"runAsNonRoot": number % 5 != 0},
        "schedulerName": "default-scheduler",
    }  # fmt: skip


def live(spec: Value, node: int, name: str) -> Value:
    """Return a pod's specification as admission and the scheduler leave it."""
    mount = {
        "name": f"kube-api-access-{ident(name)[:5]}", "readOnly": True,
        "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
    }  # fmt: skip
    access = {
        "name": mount["name"],
        "projected": {
            "defaultMode": 420,
            "sources": [
                {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                {
                    "configMap": {
                        "name": "kube-root-ca.crt",
                        "items": [{"key": "ca.crt", "path": "ca.crt"}],
                    }
                },
            ],
        },
    }
    container = spec["containers"][0]
    return {
        **spec,
        "containers": [{**container, "volumeMounts": [*container["volumeMounts"], mount]}],
        "volumes": [*spec["volumes"], access],
        "nodeName": f"node-{node:04}",
        "tolerations": [
            {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"}
        ],
        "priority": 0,
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
    }


def objects(count: int) -> Iterator[tuple[str, str, Value]]:
    """Yield (group, plural, object) of a cluster of about *count* objects."""
    apps = count * 2 // 25
    for number in range(SPACES):
        yield "", "namespaces", {"metadata": meta("Namespace", f"shop-{number:03}"), "spec": {}}
    for number in range(500):
        yield "", "nodes", {
            "metadata": meta("Node", f"node-{number:04}"),
            "spec": {"podCIDR": "10.0.0.0/24"},
            "status": {"nodeInfo": {"kubeletVersion": "v1.36.3"}},
        }  # fmt: skip
    for number in range(apps):
        yield from application(number)


def application(number: int) -> Iterator[tuple[str, str, Value]]:
    """Yield what belongs to a Deployment."""
    space, name = f"shop-{number % SPACES:03}", f"app-{number:05}"
    labels = {"app.kubernetes.io/name": name}
    spec = pod_spec(name, number)
    template = {"metadata": {"labels": labels}, "spec": spec}
    selector = {"matchLabels": labels}
    yield "apps", "deployments", {
        "metadata": meta("Deployment", name, space, labels=labels, generation=2),
        "spec": {"replicas": 5, "selector": selector, "template": template},
        "status": {"replicas": 5, "readyReplicas": 5},
    }  # fmt: skip
    for old in (True, False):
        hashed = f"{name}-{'old' if old else 'new'}"
        more = {**labels, "pod-template-hash": "abc"}
        own = owner("Deployment", name, space)
        yield "apps", "replicasets", {
            "metadata": meta("ReplicaSet", hashed, space, labels=more, ownerReferences=own),
            "spec": {
                "replicas": 0 if old else 5, "selector": {"matchLabels": more},
                "template": {"metadata": {"labels": more}, "spec": spec},
            },
            "status": {"replicas": 0 if old else 5},
        }  # fmt: skip
    for replica in range(5):
        pod = f"{name}-new-{replica}"
        own = owner("ReplicaSet", f"{name}-new", space)
        digest = hashlib.sha256(name.encode()).hexdigest()
        yield "", "pods", {
            "metadata": meta(
                "Pod", pod, space, labels={**labels, "pod-template-hash": "abc"},
                ownerReferences=own,
            ),
            "spec": live(spec, (number + replica) % 500, pod),
            "status": {
                "phase": "Running",
                "podIP": f"10.{number % 250}.{number // 250}.{replica}",
                "containerStatuses": [
                    {"name": "web", "imageID": f"registry.example.com/shop/x@sha256:{digest}"}
                ],
            },
        }  # fmt: skip
    yield "", "services", {
        "metadata": meta("Service", name, space),
        "spec": {"selector": labels, "ports": [{"port": 80}], "type": "ClusterIP"},
    }  # fmt: skip
    yield "", "serviceaccounts", {"metadata": meta("ServiceAccount", name, space)}
    yield "", "configmaps", {"metadata": meta("ConfigMap", name, space), "data": {"a": "b"}}
    yield "", "secrets", {"metadata": meta("Secret", f"{name}-db", space), "type": "Opaque"}
    if number % 4 == 0:
        rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}
        rbac = "rbac.authorization.k8s.io"
        yield rbac, "roles", {"metadata": meta("Role", name, space), "rules": [rule]}
        yield rbac, "rolebindings", {
            "metadata": meta("RoleBinding", name, space),
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": space}],
        }  # fmt: skip
        yield "networking.k8s.io", "networkpolicies", {
            "metadata": meta("NetworkPolicy", name, space),
            "spec": {"podSelector": {"matchLabels": labels}, "policyTypes": ["Ingress"]},
        }  # fmt: skip


def write(folder: Path, count: int) -> int:
    """Write a snapshot; return how many objects it has."""
    kinds = {(row.group, row.plural): row for row in ROWS}
    by: dict[tuple[str, str], list[tuple[tuple[str, str], bytes]]] = {}
    for group, plural, value in objects(count):
        key, kept = snapshot.lean(value, kinds[group, plural].kind)
        by.setdefault((group, plural), []).append((key, json.dumps(kept).encode()))
    listed = []
    for (group, plural), items in by.items():
        row = kinds[group, plural]
        items.sort()
        files = []
        for number, at in enumerate(range(0, len(items), snapshot.ITEMS), 1):
            part = [item for _, item in items[at : at + snapshot.ITEMS]]
            data = snapshot.as_list(group, row.version, row.kind, part)
            path = f"{snapshot.folder_of(group, row.version)}/{plural}.{number:04}.json"
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
            files.append(
                snapshot.File(path, f"sha256:{hashlib.sha256(data).hexdigest()}", len(data))
            )
        listed.append(
            snapshot.Listed(group, row.version, plural, row.kind, len(items), tuple(files))
        )
    manifest = snapshot.Manifest(
        snapshot.SCHEMA, "2026-01-01T00:00:00Z", "0", "bench", listed=tuple(listed),
        server={"gitVersion": "v1.36.3"}, groups={"": ("v1",)},
    )  # fmt: skip
    import msgspec

    (folder / snapshot.NAME).write_bytes(msgspec.json.encode(manifest))
    return sum(map(len, by.values()))


def write_dump(file: Path, count: int) -> None:
    """Write all of it as ``kubectl get -A -o json`` does, with the managers of each field."""
    kinds = {(row.group, row.plural): row for row in ROWS}
    managed = [
        {
            "manager": "kube-controller-manager", "operation": "Update", "apiVersion": "v1",
            "fieldsType": "FieldsV1",
            "fieldsV1": {f"f:field-{n}": {".": {}, "f:name": {}} for n in range(25)},
        }
    ]  # fmt: skip
    with file.open("w") as out:
        out.write('{\n    "apiVersion": "v1",\n    "items": [\n')
        for number, (group, plural, value) in enumerate(objects(count)):
            row = kinds[group, plural]
            version = f"{group}/{row.version}" if group else row.version
            whole = {"apiVersion": version, "kind": row.kind, **value}
            whole["metadata"] = {**value["metadata"], "managedFields": managed}
            text = json.dumps(whole, indent=4).replace("\n", "\n        ")
            out.write(",\n        " * bool(number) + text)
        out.write('\n    ],\n    "kind": "List",\n    "metadata": {"resourceVersion": ""}\n}\n')


def measured(target: Path, *more: str) -> None:
    """Scan *target* and print what it took."""
    command = [sys.executable, "-m", "keten", "scan", str(target), "--format", "json", *more]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, cwd=target.parent, env=ENV, check=False)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    said = json.loads(done.stdout) if done.stdout else {}
    found = len(said.get("findings", ()))
    print(
        f"{target.name}: {wall:.1f} s wall, {cpu:.1f} s CPU, largest process "
        f"{after.ru_maxrss // 1024} MB, status {done.returncode}, {found} findings"
    )
    if done.stderr:
        print(done.stderr.decode()[-2000:])


def main() -> None:
    """Make a cluster and scan it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--dump", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="keten-bench-") as name:
        folder = arguments.keep or Path(name)
        taken = folder / "snapshot"
        if not taken.exists():
            taken.mkdir(parents=True)
            start = time.perf_counter()
            made = write(taken, arguments.count)
            print(f"{made} objects made in {time.perf_counter() - start:.0f} s")
        measured(taken)
        if arguments.dump:
            dump = folder / "dump.json"
            if not dump.exists():
                write_dump(dump, arguments.count)
            print(f"{dump.stat().st_size >> 20} MB")
            measured(dump)


if __name__ == "__main__":
    main()
