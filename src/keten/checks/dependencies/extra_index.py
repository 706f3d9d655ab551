"""Further index is searched beside the main one.

pip takes the highest version that any index offers, whichever that is; Poetry asks a
supplemental source last. Whoever publishes the name of an internal package on the public index,
with a high version, is installed instead of it: Alex Birsan's dependency confusion of 2021 ran
code at Apple, Microsoft and more than thirty others, and in December 2022 "torchtriton" on PyPI
went before the one on PyTorch's own index.

Not reported where every requirement has a hash. A well-known public index beside PyPI (that of
PyTorch, of NVIDIA) is low.
"""

from collections.abc import Iterator

from keten.checks import _locks
from keten.model import Change, Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import Manifest

_PUBLIC = ("pytorch.org", "nvidia.com", "pypi.org", "pyg.org", "vllm.ai", "anaconda.org",
           "huggingface.co", "googleapis.com", "jetson-ai-lab.dev", "sglang.ai")  # fmt: skip


def run(manifest: Manifest, _: View) -> Iterator[Violation]:
    """Report each further index."""
    if manifest.hashed is True:
        return
    for i, item in enumerate(_locks.items(manifest, "indexes")):
        if not isinstance(item, dict) or not item.get("extra"):
            continue
        host = _locks.host(str(item.get("url", "")))
        if not host:
            continue  # a variable: not known here
        public = any(host == name or host.endswith(f".{name}") for name in _PUBLIC)
        at = f"indexes[{i}]"
        yield Violation(
            f"{_locks.cut(host)} is searched beside the main index: a public namesake may win",
            at,
            severity=Severity.LOW if public else None,
            change=Change(
                at, "extra index", "one index that passes the others on", "Search one index"
            ),
        )


def applies(manifest: Manifest) -> bool:
    """Take what says of indexes at all, and requirements files."""
    if _locks.is_sample(manifest.id):
        return False
    return manifest.format == "requirements" or bool(manifest.settings.get("indexes"))


CHECK = Check(
    title="Further index is searched beside the main one",
    subject=Manifest,
    severity=Severity.MEDIUM,
    needs=("lockfile",),
    fix="Use one index that passes the others on and keeps internal names to itself, or a tool "
    "that ties a package to its index (uv and Poetry with explicit indexes); add hashes.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("slsa/dependencies", "owasp-cicd/3", "nis2/d", "pci-dss/6.2"),
    bad=Example(
        "requirements.txt",
        "--extra-index-url https://pypi.corp.example/simple\nshop-models==1.4.0\n",
    ),
    good=Example(
        "requirements.txt", "--index-url https://pypi.corp.example/simple\nshop-models==1.4.0\n"
    ),
    run=run,
    applies=applies,
    refs=("https://pytorch.org/blog/compromised-nightly-dependency/",),
)
