"""How fast a large bill of materials is judged: ``python bench/sbom.py [--db FILE]``.

The document is made here and is always the same: CycloneDX 1.6 as tools write it, of packages of
npm, PyPI, Maven and Debian with hashes, licences, addresses, properties and what requires what.
Some are real versions that have known vulnerabilities, so that a database has answers. The whole
process is measured (the least and the median of several runs), then each stage in this process,
as processor time: stages are the functions that flow calls, so what one calls is in its figure.
"""

import argparse
import gc
import hashlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

SEED = 20261123
LICENCES = ("MIT", "Apache-2.0", "ISC", "BSD-3-Clause", "BSD-2-Clause", "EPL-2.0", "MPL-2.0")
WORDS = (
    "async", "buffer", "cache", "cluster", "codec", "config", "core", "data", "delta", "engine",
    "event", "fast", "file", "graph", "http", "index", "json", "kernel", "log", "merge", "node",
    "path", "parse", "pool", "proxy", "query", "react", "render", "router", "schema", "stream",
    "string", "table", "text", "token", "type", "util", "value", "web", "worker",
)  # fmt: skip
REAL = {
    "pypi": (("django", "3.2"), ("jinja2", "2.11.1"), ("pillow", "8.0.0"), ("requests", "2.19.0"),
             ("urllib3", "1.24"), ("cryptography", "3.2"), ("pyyaml", "5.1"), ("flask", "0.12")),
    "maven": (("org.apache.logging.log4j/log4j-core", "2.14.1"),
              ("com.fasterxml.jackson.core/jackson-databind", "2.9.8"),
              ("org.springframework/spring-core", "5.2.0.RELEASE"),
              ("org.apache.struts/struts2-core", "2.3.30")),
    "deb": (("openssl", "3.0.11-1~deb12u2"), ("curl", "7.88.1-10+deb12u4"),
            ("glibc", "2.36-9+deb12u3"), ("zlib", "1:1.2.13.dfsg-1")),
    "npm": (("lodash", "4.17.15"), ("minimist", "1.2.0"), ("@babel/traverse", "7.20.0")),
}  # fmt: skip
KINDS = ("npm",) * 6 + ("maven",) * 2 + ("pypi", "deb")


def document(components: int, edges: int) -> bytes:
    """Return a bill of materials of so many components and edges, the same each time."""
    chance = random.Random(SEED)  # noqa: S311 the same document each time
    real = [(kind, name, version) for kind, some in REAL.items() for name, version in some]
    taken = list(dict.fromkeys(real))
    seen = {(kind, name) for kind, name, _ in taken}
    while len(taken) < components:
        kind = chance.choice(KINDS)
        name = "-".join(chance.sample(WORDS, 3))
        if kind == "maven":
            name = f"org.{chance.choice(WORDS)}.{chance.choice(WORDS)}/{name}"
        elif kind == "npm" and chance.random() < 0.25:  # noqa: PLR2004 a share
            name = f"@{chance.choice(WORDS)}/{name}"
        if (kind, name) in seen and kind != "npm":
            continue  # npm has several versions of one package side by side
        seen.add((kind, name))
        version = ".".join(str(chance.randrange(40)) for _ in range(3))
        version += f"-{chance.randrange(1, 9)}" if kind == "deb" else ""
        taken.append((kind, name, version))
    listed = list({c["bom-ref"]: c for c in (_component(*item, chance) for item in taken)}.values())
    refs = [c["bom-ref"] for c in listed]
    below: dict[str, set[str]] = {ref: set() for ref in refs}
    for number in range(edges):
        at = number % (len(refs) - 1)
        below[refs[at]].add(refs[chance.randrange(at + 1, len(refs))])
    made = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "urn:uuid:8f6b6d3c-4c5e-4a39-9d0f-2f0a7b8f4d11",
        "version": 1,
        "metadata": {
            "timestamp": "2026-11-01T08:00:00Z",
            "tools": {"components": [{"type": "application", "name": "bench", "version": "1"}]},
            "component": {"bom-ref": "shop", "type": "application", "name": "shop", "version": "4"},
        },
        "components": listed,
        "dependencies": [{"ref": "shop", "dependsOn": refs[:40]}]
        + [{"ref": ref, "dependsOn": sorted(found)} for ref, found in below.items()],
    }
    return json.dumps(made, separators=(",", ":")).encode()


def _component(kind: str, name: str, version: str, chance: random.Random) -> dict[str, Any]:
    group, _, bare = name.rpartition("/")
    spelled = name.replace("@", "%40") if kind == "npm" else name
    purl = f"pkg:{kind}/{spelled}@{version.replace('+', '%2B').replace(':', '%3A')}"
    if kind == "deb":
        purl = f"{purl.replace('deb/', 'deb/debian/', 1)}?arch=amd64&distro=debian-12"
    algorithm = {"npm": "SHA-512", "maven": "SHA-1"}.get(kind, "SHA-256")
    hashed = hashlib.new(algorithm.replace("-", "").lower(), purl.encode(), usedforsecurity=False)
    made: dict[str, Any] = {
        "bom-ref": f"{purl}#{hashed.hexdigest()[:16]}",
        "type": "library",
        "name": bare,
        "version": version,
        "scope": "optional" if chance.random() < 0.05 else "required",  # noqa: PLR2004 a share
        "licenses": [{"license": {"id": chance.choice(LICENCES)}}],
        "purl": purl,
        "externalReferences": [
            {"type": "vcs", "url": f"git+https://code.example.org/{name.strip('@')}.git"}
        ],
        "properties": [
            {"name": "internal:foundBy", "value": f"{kind}-cataloger"},
            {"name": "internal:language", "value": "various"},
        ],
    }
    if group:
        made["group"] = group
    if kind != "deb":
        made["hashes"] = [{"alg": algorithm, "content": hashed.hexdigest()}]
    return made


def processes(command: list[str], runs: int) -> None:
    """Run *command* several times; print wall and processor time, and the peak of memory."""
    walls, cores, peak = [], [], 0
    for _ in range(runs):
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, _, used = os.wait4(child.pid, 0)
        walls.append(time.perf_counter() - start)
        cores.append(used.ru_utime + used.ru_stime)
        peak = max(peak, used.ru_maxrss)
    print(
        f"whole process: {min(walls):.3f} s wall (median {statistics.median(walls):.3f}), "
        f"{min(cores):.3f} s of processor, {peak / 1024:.0f} MB"
    )


def stages(file: Path, database: Path | None, runs: int) -> None:
    """Scan in processes of their own; print the least processor time that each stage took."""
    least: dict[str, float] = {}
    for _ in range(runs):
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            with os.fdopen(writing, "w") as told:
                json.dump(_staged(file, database), told)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as told:
            spent = json.load(told)
        os.waitpid(child, 0)
        least = {what: min(took, least.get(what, took)) for what, took in spent.items()}
    for what, seconds in least.items():
        print(f"  {what:24} {seconds * 1000:7.1f} ms")


def _staged(file: Path, database: Path | None) -> dict[str, float]:
    """Scan once in this process; return what each stage took."""
    start = time.process_time()
    from keten.config import load
    from keten.pipeline import conclude, flow, targets
    from keten.pipeline.sbom import claims, scanning

    spent = {"imports": time.process_time() - start}

    def timed(owner: Any, name: str, what: str) -> None:
        plain: Callable[..., Any] = getattr(owner, name)

        def run(*given: Any, **named: Any) -> Any:
            began = time.process_time()
            try:
                return plain(*given, **named)
            finally:
                spent[what] = spent.get(what, 0.0) + time.process_time() - began

        setattr(owner, name, run)

    for owner, name, what in (
        (scanning, "load", "read"), (claims, "facts", "claims"),
        (scanning, "judge_here", "checks of one subject"), (flow, "derived", "derive"),
        (flow, "merge", "merge again"), (flow, "judge_all", "checks of the graph"),
        (conclude, "actions", "conclude: actions"), (flow, "conclude", "conclude, with them"),
    ):  # fmt: skip
        timed(owner, name, what)
    gc.disable()
    start = time.process_time()
    targets.scan(
        targets.named(str(file)), load(Path(os.devnull), file.parent),
        access=targets.Access(cache=""),
        database=database, now=date(2026, 11, 23), progress=lambda *_: None,
    )  # fmt: skip
    spent["all of it"] = time.process_time() - start
    return spent


def main() -> None:
    """Make the document, run the whole process, then the stages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--components", type=int, default=10_000)
    parser.add_argument("--edges", type=int, default=20_000)
    parser.add_argument("--db", type=Path, help="judge the vulnerabilities, too")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--keep", type=Path, help="write the document there")
    given = parser.parse_args()
    # What is installed has its bytecode beside it: that is what is measured.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    with tempfile.TemporaryDirectory() as folder:
        file: Path = given.keep or Path(folder) / "big.cdx.json"
        data = document(given.components, given.edges)
        file.write_bytes(data)
        print(f"{given.components:,} components, {len(data) / 1e6:.1f} MB")
        command = [sys.executable, "-m", "keten", "scan", str(file), "--quiet"]
        command += ["--policy", os.devnull]
        processes(command, given.runs)
        if given.db:
            print("with the database, the")
            processes([*command, "--db", str(given.db)], given.runs)
        stages(file, given.db, given.runs)


if __name__ == "__main__":
    main()
