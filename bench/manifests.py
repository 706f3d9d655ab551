"""10,000 Deployments (14 MB of YAML in 100 files): keten beside kube-score, in one run.

    PYTHONPATH=src python bench/manifests.py [--count 10000] [--keep FOLDER]

Prints seconds of wall and peak memory: the reader alone in this process, ``keten scan`` with
every check, and kube-score where KETEN_PEERS (default ``~/.cache/keten-peers/bin``) has it.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PEERS = Path(os.environ.get("KETEN_PEERS", "~/.cache/keten-peers/bin")).expanduser()
FILES = 100

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: shop-{space}
  labels:
    app.kubernetes.io/name: {name}
    app.kubernetes.io/part-of: shop
spec:
  replicas: {replicas}
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {name}
      annotations:
        prometheus.io/scrape: "true"
    spec:
      serviceAccountName: {name}
      securityContext:
        runAsNonRoot: {nonroot}
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: web
          image: registry.example.com/shop/{name}:1.{replicas}.0
          args: ["--port=8080", "--log=info"]
          ports:
            - containerPort: 8080
              name: http
          env:
            - name: DATABASE_HOST
              value: db.shop-{space}.svc
            - name: DATABASE_PASSWORD
              valueFrom:
                secretKeyRef:
                  name: {name}-db
                  key: password
          readinessProbe:
            httpGet:
              path: /ready
              port: http
            periodSeconds: 10
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
            limits:
              memory: 256Mi
          securityContext:
            allowPrivilegeEscalation: {escalate}
            readOnlyRootFilesystem: true
            capabilities:
              drop: ["ALL"]
          volumeMounts:
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: tmp
          emptyDir: {{}}
"""


def write(folder: Path, count: int) -> int:
    """Write *count* Deployments into FILES files; return the bytes."""
    size = 0
    for number in range(FILES):
        documents = [
            DEPLOYMENT.format(
                name=f"service-{i}",
                space=i % 40,
                replicas=i % 5 + 1,
                nonroot="true" if i % 7 else "false",
                escalate="false" if i % 5 else "true",
            )
            for i in range(number, count, FILES)
        ]
        data = "---\n".join(documents).encode()
        (folder / f"part-{number:03}.yaml").write_bytes(data)
        size += len(data)
    return size


class _Nothing:
    def read(self, _: str) -> bytes | None:
        return None

    def exists(self, _: str) -> bool:
        return False


def read_alone(folder: Path) -> tuple[float, int]:
    """Return the seconds the reader takes on one core, and how many nodes it makes."""
    from keten import plugs
    from keten.model.plug import Reader, Source

    reader = plugs.load(Reader, "k8s")
    start, nodes = time.perf_counter(), 0
    for path in sorted(folder.iterdir()):
        nodes += len(reader.read(Source(path.name, path.read_bytes(), _Nothing())).nodes)
    return time.perf_counter() - start, nodes


def timed(command: list[str]) -> str:
    """Run *command* and return its wall, processor time and peak memory as text."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # as installed: compiled once
    status = subprocess.run(command, stdout=subprocess.DEVNULL, check=False, env=env).returncode
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{wall:6.2f} s wall, {cpu:6.2f} s cpu, {after.ru_maxrss >> 10} MB, status {status}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--only-reader", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="keten-bench-") as name:
        folder = Path(name)
        size = write(folder, options.count)
        print(f"{options.count} Deployments, {size / 1e6:.1f} MB in {FILES} files")
        seconds, nodes = read_alone(folder)
        print(f"reader, one core: {seconds:.2f} s, {size / 1e6 / seconds:.2f} MB/s, {nodes} nodes")
        if options.only_reader:
            return
        print("keten scan:", timed([sys.executable, "-m", "keten", "scan", name]))
        score = shutil.which("kube-score", path=f"{PEERS}{os.pathsep}{os.environ.get('PATH', '')}")
        if score is None:
            print("kube-score: not here")
            return
        files = [str(path) for path in sorted(folder.iterdir())]
        print("kube-score:", timed([score, "score", *files]))


if __name__ == "__main__":
    main()
