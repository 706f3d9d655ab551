"""Container installs software when it starts.

What runs is then not what was built and scanned, but whatever the package index gives at that
moment: a taken-over package runs at the next restart, in production, with the pod's rights. It
also needs a way out to the internet and a file system that can be written, both of which an
intruder wants as well.

Jobs, hooks and init containers of tests are often meant so: a Job is for information.
"""

from collections.abc import Iterator
from functools import lru_cache

from keten.checks._examples import deployment
from keten.checks._pods import called, each
from keten.checks._shell import commands
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload

_VERBS = {
    "apt": ("install",), "apt-get": ("install",), "apk": ("add",), "yum": ("install",),
    "dnf": ("install",), "microdnf": ("install",), "tdnf": ("install",),
    "zypper": ("install", "in"),
    "pip": ("install",), "pip3": ("install",), "npm": ("install", "i"), "gem": ("install",),
    "yarn": ("add",), "cargo": ("install",), "go": ("install",),
}  # fmt: skip
_HERE = ("-r", "--requirement", "-e", ".", "--no-index")


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report the first package manager that each container's command runs."""
    for path, container in each(workload):
        for at, words in (("command", container.command), ("args", container.args)):
            found = next((said for word in words if (said := _installs(word))), "")
            if found:
                yield Violation(
                    f"{called(path, container)} runs {found} when it starts",
                    f"{path}.{at}",
                    key=f"{path} installs",
                    severity=Severity.INFO if workload.kind in ("Job", "CronJob") else None,
                    change=Change(
                        f"{path}.{at}", found, "", f"Build the image of {workload.title} beforehand"
                    ),
                )
                break


@lru_cache(1024)
def _installs(script: str) -> str:
    """Return ``apt-get install``, say, where a script does so; "" where it does not."""
    if " " not in script or not ("install" in script or " add" in script or " i " in script):
        return ""
    for one in commands(script):
        verbs = _VERBS.get(one.program, ())
        said = next((w for w in one.args if not w.startswith("-")), "")
        if said in verbs and not any(word in _HERE for word in one.args):
            return f"{one.program} {said}"
    return ""


CHECK = Check(
    title="Container installs software when it starts",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.LOW,
    fix="Install it in the image's build, by version, and run the image as it is.",
    threats=(Threat.SUPPLY_CHAIN,),
    controls=(
        "nsa-cisa/trusted-images",
        "nsa-cisa/immutable-filesystem",
        "slsa/dependencies",
        "nis2/d",
        "pci-dss/6.3.2",
    ),
    refs=("https://kubernetes.io/docs/concepts/containers/images/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  command: [sh, -c, "apt-get update && apt-get install -y ffmpeg && exec web"]
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  command: [web]
"""),
    run=run,
)
