"""What each hostile input costs: wall seconds, peak memory, exit status, and what is said of it.

    KETEN_OSV=FOLDER PYTHONPATH=src python bench/bad_input.py [--only TEXT] [--keep FOLDER]

Makes each input of ``tests/bad_inputs.py`` beside one good manifest or package and scans it in a
process of its own, with an advisory database: of the good package, and of the OSV records that
KETEN_OSV names. Exit status 1 when one takes more than 5 s or 300 MB (images, bills of materials:
256 MB), is not named, hides what is good, or breaks keten.
"""

import argparse
import json
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from msgspec import Struct

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests")]

from bad_inputs import BAD  # noqa: E402 tests are beside the package
from hostile_files import ADVISORY, GOOD, Bad  # noqa: E402 as above

SECONDS = 5.0
MEGABYTES = 300.0
STRICT = 256.0
"""The most megabytes of what is no folder of files."""
PATIENCE = 100
"""Seconds after which a scan is ended."""
SCAN = [sys.executable, "-m", "keten", "scan"]


class Run(Struct):
    """What one scan cost and said."""

    seconds: float
    cpu: float
    megabytes: float
    status: int
    said: str
    faults: list[str]


def main() -> int:
    """Print the table; return 1 when a bar is passed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="inputs whose name holds this")
    parser.add_argument("--keep", type=Path, help="make the inputs here, and leave them")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="keten-bad-") as made:
        top = arguments.keep or Path(made)
        database = _database(Path(made))
        chosen = {name: bad for name, bad in BAD.items() if arguments.only in name}
        wrong = 0
        context = multiprocessing.get_context("fork")
        print(f"{'input':<48} {'s':>6} {'cpu':>6} {'MB':>6} exit  what is said")
        for number, name in enumerate(chosen):
            with context.Pool(1, maxtasksperchild=1) as pool:  # for _judge: see _made
                run = pool.apply(judged, (top / str(number), name, database))
            wrong += bool(run.faults)
            over = f"OVER: {'; '.join(run.faults)} | " if run.faults else ""
            cost = f"{run.seconds:6.2f} {run.cpu:6.2f} {run.megabytes:6.0f} {run.status:4}"
            print(f"{name:<48} {cost}  {over}{run.said}", flush=True)
            if not arguments.keep:
                subprocess.run(["rm", "-rf", str(top / str(number))], check=True)
    print(f"{len(chosen)} inputs, {wrong} over the bar")
    return int(wrong > 0)


def _database(folder: Path) -> list[str]:
    records = folder / "osv/PyPI"
    records.mkdir(parents=True)
    (records / "KETEN-1.json").write_text(ADVISORY)
    given = os.environ.get("KETEN_OSV")
    file = folder / "advisories.db"
    command = [
        sys.executable,
        "-m",
        "keten",
        "db",
        "import",
        "--db",
        str(file),
        str(records.parent),
    ]
    command += [given] if given else []
    subprocess.run(command, check=True, capture_output=True)
    return ["--db", str(file)]


def judged(folder: Path, name: str, database: list[str]) -> Run:
    """Measure the input of that name."""
    return measure(folder, BAD[name], database)


def measure(folder: Path, bad: Bad, database: list[str]) -> Run:
    """Make *bad* in *folder*, scan it, and judge what came out."""
    target = folder / "target"
    target.mkdir(parents=True)
    (target / "good.yaml").write_text(GOOD)
    _made(bad, target)
    given = [item.replace("{}", str(target)) for item in bad.arguments]
    own = [] if "--db" in given else database
    what = bad.target.replace("{}", str(target)) if "{}" in bad.target else target / bad.target
    command = [*SCAN, str(what), "--format", "json", "--quiet", *own, *given]
    start = time.perf_counter()
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, start_new_session=True)
        status, usage = _wait(process.pid)
    seconds = time.perf_counter() - start
    megabytes = usage.ru_maxrss / 1024
    faults = []
    if seconds > SECONDS:
        faults.append("time")
    if megabytes > (STRICT if bad.target else MEGABYTES):
        faults.append("memory")
    said, wrong = _judge(folder, bad, status)
    return Run(seconds, usage.ru_utime + usage.ru_stime, megabytes, status, said, faults + wrong)


def _made(bad: Bad, target: Path) -> None:
    """Make the input in a process of its own: a scan's peak begins at that of its parent."""
    pid = os.fork()
    if not pid:
        bad.make(target)
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
        raise SystemExit("the input could not be made")


def _wait(pid: int) -> tuple[int, resource.struct_rusage]:
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(pid, signal.SIGKILL))
    signal.alarm(PATIENCE)
    _, status, usage = os.wait4(pid, 0)
    signal.alarm(0)
    return os.waitstatus_to_exitcode(status), usage


def _judge(folder: Path, bad: Bad, status: int) -> tuple[str, list[str]]:
    error = (folder / "err").read_text(errors="replace").strip().splitlines()
    out = (folder / "out").read_bytes()
    if status in {2, 3} and not out:  # what the user gave is refused before anything is scanned
        faults = [] if error and error[0].startswith("keten: ") else ["broke"]
        faults += ["all is refused"] if bad.target and bad.named not in {"!", "?"} else []
        return error[0][:200] if error else "", faults
    if status not in {0, 1, 3} or not out:
        return error[-1][:200] if error else "", ["broke"]
    result = json.loads(out)
    problems = result["problems"]
    faults = [p["what"] for p in problems if "broke" in p["what"]]
    faults += [f["message"] for f in result["findings"] if f["verdict"] == "error"]
    named = [p for p in problems if bad.named and bad.named in p["path"]]
    if bad.target:
        named += [p for p in problems if bad.named and bad.named in p["what"]]
    if bad.named.strip("!?") and not named:
        faults.append("not named")
    if not any("good" in f["subject"] for f in result["findings"]):
        faults.append("the good manifest is hidden")
    if bad.status is not None and status not in {1, bad.status}:
        faults.append(f"exit status {status}")
    told = named or problems
    said = f"{told[0]['path'][:40]}: {told[0]['what'][:90]}" if told else "no problem"
    return ascii(said)[1:-1] + (f" (+{len(told) - 1})" if len(told) > 1 else ""), faults


if __name__ == "__main__":
    sys.exit(main())
