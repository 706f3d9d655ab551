"""Container runs a script straight from the network.

A command such as `curl ... | sh` runs whatever the server, or whoever took it over, sends each
time that a pod starts, with the pod's rights. No scan of the image sees it, nothing pins it, and
two pods of one workload may run different code. In a cluster it is also how miners are started
from an innocent base image.
"""

from collections.abc import Iterator, Sequence

from keten.checks._downloads import run_unverified
from keten.checks._examples import deployment
from keten.checks._pods import called, each
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload
from keten.model.pod import Container


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Follow what each command and hook downloads to where it is run."""
    for path, container in each(workload):
        for at, words in _commands(path, container):
            for word in words:
                if "curl" not in word and "wget" not in word and "aria2c" not in word:
                    continue
                for found in run_unverified(word):
                    yield Violation(
                        f"{called(path, container)}: {found.url[:70]} is {found.how}",
                        at,
                        key=f"{path} {found.url}",
                        severity=Severity.HIGH if found.plain else None,
                        change=Change(at, found.url[:70], "", f"Build {workload.title} beforehand"),
                    )


def _commands(path: str, container: Container) -> Iterator[tuple[str, Sequence[str]]]:
    if container.command:
        yield f"{path}.command", container.command
    if container.args:
        yield f"{path}.args", container.args
    for hook in container.lifecycle or ():
        asked = (container.lifecycle or {}).get(hook)
        runs = asked.get("exec") if isinstance(asked, dict) else None
        words = runs.get("command") if isinstance(runs, dict) else None
        if isinstance(words, list):
            yield f"{path}.lifecycle.{hook}", [w for w in words if isinstance(w, str)]


CHECK = Check(
    title="Container runs a script straight from the network",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.MEDIUM,
    fix="Put what is run into the image, by a version whose checksum the build checks.",
    threats=(
        Threat.SUPPLY_CHAIN,
        Threat.ACTOR,
    ),
    controls=("nsa-cisa/trusted-images", "slsa/dependencies", "nis2/d", "pci-dss/6.2"),
    refs=("https://attack.mitre.org/techniques/T1105/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  command: [sh, -c, "curl -fsSL https://get.example/agent.sh | bash; exec web"]
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  command: [sh, -c, "exec web --listen :8080"]
"""),
    run=run,
)
