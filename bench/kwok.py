"""Scan a living cluster of 1,000 nodes and more than 50,000 objects.

kube-apiserver, kube-controller-manager and kube-scheduler are the real ones, kwok plays the nodes
(tests/kwok_cluster.py; ``tools/peers kubernetes kwok`` builds them). Deployments, services,
accounts, policies, roles, secrets and config maps are posted; their ReplicaSets and pods are made
by the controllers, placed by the scheduler and set running by kwok. That takes some ten minutes.
Then keten collects and judges the cluster as a user's command does; the server works on the same
machine at the same time.

    python bench/kwok.py                 # 1,000 nodes, 4,000 Deployments of 5 replicas
    python bench/kwok.py --nodes 100 --apps 400 --all    # smaller; every command about clusters
"""

import argparse
import contextlib
import http.client
import json
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "src")]

from cluster import application  # noqa: E402 the objects of the other bench, beside this file
from kwok_cluster import ABSENT, living  # noqa: E402 tests are beside the package
from live_cluster import Live  # noqa: E402 as above

from keten.formats.kubernetes.listed import ROWS  # noqa: E402 as above

SPACES = 200
THREADS = 16
TRIES = 7
ROUNDS = 3
WAIT = 3600.0  # seconds
QUIET = (
    "--enable-priority-and-fairness=false", "--max-requests-inflight=0",
    "--max-mutating-requests-inflight=0",
)  # fmt: skip
MADE = {"replicasets", "pods"}  # the controllers make these
COMMANDS = (
    "pss k8s://live", "rbac dangers k8s://live", "rbac unused k8s://live",
    "rbac who-can get secrets k8s://live", "net exposed k8s://live", "net reach k8s://live",
    "paths k8s://live --cut", "operators k8s://live", "admission webhooks k8s://live",
)  # fmt: skip
Value = dict[str, Any]


class Poster:
    """Posts objects to the server over connections that stay open, one for each thread."""

    def __init__(self, live: Live) -> None:
        self._host = live.url.removeprefix("https://")
        self._headers = {"Authorization": f"Bearer {live.token}",
                         "Content-Type": "application/json"}  # fmt: skip
        self._context = ssl.create_default_context(cadata=live.authority.decode())
        self._mine = threading.local()

    def post(self, row: tuple[str, str, Value]) -> None:
        """Create an object; one that is there already stays."""
        group, plural, value = row
        kind = next(r for r in ROWS if (r.group, r.plural) == (group, plural))
        base = f"/apis/{group}/{kind.version}" if group else f"/api/{kind.version}"
        space = value["metadata"].get("namespace")
        path = f"{base}/namespaces/{space}/{plural}" if space else f"{base}/{plural}"
        version = f"{group}/{kind.version}" if group else kind.version
        meta = {k: v for k, v in value["metadata"].items() if k in ("name", "namespace", "labels")}
        body = {"apiVersion": version, "kind": kind.kind, **value, "metadata": meta}
        body.pop("status", None)
        data = json.dumps(body).encode()
        said = ""
        for attempt in range(TRIES):
            try:
                status, text = self._send(path, data)
            except (OSError, http.client.HTTPException) as error:
                self._mine.connection, said = None, repr(error)
            else:
                if status in (HTTPStatus.CREATED, HTTPStatus.CONFLICT):
                    return
                said = f"{status} {text[:300]!r}"
                if status < HTTPStatus.INTERNAL_SERVER_ERROR:
                    break
            time.sleep(2**attempt)
        raise RuntimeError(f"{path}: {said}")

    def _send(self, path: str, body: bytes) -> tuple[int, bytes]:
        connection = getattr(self._mine, "connection", None)
        if connection is None:
            connection = http.client.HTTPSConnection(self._host, context=self._context, timeout=60)
            self._mine.connection = connection
        connection.request("POST", path, body, self._headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


def plain(count: int) -> Iterator[tuple[str, str, Value]]:
    """Yield objects that nothing is made of: config maps, every fourth a Secret."""
    for number in range(count):
        meta = {"name": f"plain-{number:05}", "namespace": f"shop-{number % SPACES:03}"}
        if number % 4:
            yield "", "configmaps", {"metadata": meta, "data": {"level": "info", "region": "west"}}
        else:
            yield "", "secrets", {"metadata": meta, "stringData": {"key": f"{number}"}}


def posted(apps: int, replicas: int) -> Iterator[tuple[str, str, Value]]:
    """Yield what is posted: what the controllers do not make themselves."""
    for number in range(SPACES):
        yield "", "namespaces", {"metadata": {"name": f"shop-{number:03}"}}
    for number in range(apps):
        for group, plural, value in application(number):
            if plural in MADE:
                continue
            if plural == "deployments":
                value["spec"]["replicas"] = replicas
                value["spec"]["template"]["spec"].pop("serviceAccount")
            yield group, plural, value


def fill(live: Live, apps: int, replicas: int, more: int) -> None:
    """Post everything, and wait until as many pods run as are wanted."""
    poster = Poster(live)
    rows = [*posted(apps, replicas), *plain(more)]
    start = time.perf_counter()
    first = [row for row in rows if row[1] == "namespaces"]
    accounts = [row for row in rows if row[1] == "serviceaccounts"]
    rest = [row for row in rows if row[1] not in ("namespaces", "serviceaccounts")]
    with ThreadPoolExecutor(THREADS) as pool:
        for some in (first, accounts, rest):
            for number, _ in enumerate(pool.map(poster.post, some), 1):
                if number % 5000 == 0:
                    took = time.perf_counter() - start
                    print(f"  {number} of {len(some)} posted, {took:.0f} s", flush=True)
    print(f"{len(rows)} objects posted in {time.perf_counter() - start:.0f} s", flush=True)
    wanted = apps * replicas
    ends = time.monotonic() + WAIT
    while (running := _running(live)) < wanted:
        print(f"  {running} of {wanted} pods run, {time.perf_counter() - start:.0f} s", flush=True)
        if time.monotonic() > ends:
            raise TimeoutError(f"{running} of {wanted} pods run")
        time.sleep(20)
    print(f"{wanted} pods run after {time.perf_counter() - start:.0f} s", flush=True)


def _running(live: Live) -> int:
    path = '{range .items[*]}{.status.readyReplicas}{"\\n"}{end}'
    said = live.run("get", "deployments", "-A", "-o", f"jsonpath={path}").split()
    return sum(map(int, said))


class Peak:
    """The most memory that a process and all below it held: the largest, and all together."""

    def __init__(self, pid: int) -> None:
        self.largest = self.together = 0
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        """End the watch."""
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            sizes = [_resident(pid) for pid in _below(self._pid)]
            self.largest = max(self.largest, *sizes)
            self.together = max(self.together, sum(sizes))


def _below(pid: int) -> list[int]:
    found = [pid]
    for at in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{at}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def measured(live: Live, words: Sequence[str]) -> tuple[float, float, int, int, bytes]:
    """Return (wall, CPU seconds, bytes of the largest process, of all, standard output)."""
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT / "src"), "KUBECONFIG": live.admin(),
        "KETEN_CACHE": "",
    }  # fmt: skip
    start = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "keten", *words, "--quiet"], stdout=out, cwd=live.folder,
            env=environment,
        )  # fmt: skip
        peak = Peak(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        peak.stop()
        wall = time.perf_counter() - start
        out.seek(0)
        text = out.read()
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(words)}: {process.returncode} {text[-500:]!r}")
    return wall, usage.ru_utime + usage.ru_stime, peak.largest, peak.together, text


def report(live: Live, *, every: bool) -> None:
    """Print what collecting and judging take."""
    taken = live.folder / "taken"
    wall, cpu, largest, _, _ = measured(live, ["snapshot", "k8s://live", "-o", str(taken)])
    manifest = json.loads((taken / "keten-snapshot.json").read_bytes())
    count = sum(item["count"] for item in manifest["listed"])
    size = sum(file.stat().st_size for file in taken.rglob("*.json"))
    print(f"{count} objects, snapshot of {size >> 20} MB: {wall:.1f} s wall, {cpu:.1f} s CPU, "
          f"{largest >> 20} MB", flush=True)  # fmt: skip
    rows = [measured(live, ["scan", "k8s://live", "--format", "json"]) for _ in range(ROUNDS)]
    findings = len(json.loads(rows[0][4])["findings"])
    walls = sorted(row[0] for row in rows)
    print(
        f"scan k8s://: {statistics.median(walls):.1f} s wall ({walls[0]:.1f}-{walls[-1]:.1f}), "
        f"{statistics.median(row[1] for row in rows):.1f} s CPU, largest process "
        f"{max(row[2] for row in rows) >> 20} MB, all together "
        f"{max(row[3] for row in rows) >> 20} MB, {findings} findings",
        flush=True,
    )
    for command in COMMANDS if every else ():
        wall, cpu, largest, _, text = measured(live, command.split())
        print(f"  {command}: {wall:.1f} s wall, {cpu:.1f} s CPU, {largest >> 20} MB, "
              f"{len(text.splitlines())} lines", flush=True)  # fmt: skip


def main() -> int:
    """Start a cluster, fill it and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--apps", type=int, default=4000, help="Deployments, with what they need")
    parser.add_argument("--replicas", type=int, default=5)
    parser.add_argument("--more", type=int, default=0, help="plain objects, too")
    parser.add_argument("--all", action="store_true", help="time every command about clusters")
    parser.add_argument("--hold", action="store_true", help="keep the cluster until Enter")
    arguments = parser.parse_args()
    if ABSENT:
        print(f"not here (KETEN_PEERS): {', '.join(ABSENT)}")
        return 0
    shared = Path("/dev/shm")  # noqa: S108 etcd waits for each write otherwise
    with tempfile.TemporaryDirectory(prefix="keten-kwok-") as name:
        tempfile.tempdir = str(shared) if shared.is_dir() else None
        with living(
            Path(name), *QUIET, nodes=arguments.nodes, parallel=64, rate=2000, concurrent=20
        ) as live:
            fill(live, arguments.apps, arguments.replicas, arguments.more)
            report(live, every=arguments.all)
            if arguments.hold:
                input(f"KUBECONFIG={live.admin()}; Enter ends it ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
