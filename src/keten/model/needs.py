"""The evidence a check can need: what it is, whether it leaves the subject, how to get it.

A check whose needs all stay within its subject is judged where its facts are made; the
others wait for the whole graph. That follows from this table, not from an author's care.
"""

from msgspec import Struct


class Need(Struct, frozen=True):
    """One kind of evidence. *wide*: it takes other nodes than the subject. *how*: to get it."""

    what: str
    how: str
    wide: bool = False


_LIST = "Take the snapshot with the right to list them (keten snapshot --role prints the role)."

NEEDS: dict[str, Need] = {
    "manifest": Need(
        "the Kubernetes object as the API server would store it",
        "Mend the file so that the API server would accept it, or render the template.",
    ),
    "pipeline": Need("the pipeline's definition, read in full", "Mend the file."),
    "dockerfile": Need("the build recipe, read in full", "Mend the file."),
    "lockfile": Need("the lockfile or manifest, read in full", "Mend or regenerate the file."),
    "packages": Need(
        "every package that the lockfile or manifest names",
        "Mend or regenerate the file.",
        wide=True,
    ),
    "content": Need("the file's bytes, searched in full", "Make the file readable."),
    "commit": Need("the commit object", "Scan a git checkout that holds its history."),
    "history": Need(
        "the newest commits and tags",
        "Scan a git checkout that holds its history (git fetch --unshallow).",
        wide=True,
    ),
    "signers": Need(
        "who may sign: an allowed-signers file or a keyring",
        "Name them in keten.toml: [source] allowed-signers or keyring.",
    ),
    "advisories": Need(
        "advisories that cover the ecosystem and are not stale",
        "keten db import PATH (OSV all.zip of the ecosystem), then scan again.",
        wide=True,
    ),
    "malicious-packages": Need(
        "reports of malicious packages that cover the ecosystem and are not stale",
        "keten db import PATH (OSV all.zip of the ecosystem, with its MAL- records).",
        wide=True,
    ),
    "objects": Need(
        "the other objects that are applied together with it",
        "Render the templates beside it, or scan the folder they are applied from.",
        wide=True,
    ),
    "references": Need(
        "the secrets, config maps, claims and classes of the cluster that it names",
        "Take the snapshot with the right to list them: keten snapshot k8s://CONTEXT.",
        wide=True,
    ),
    "tree": Need("the whole tree the file stands in", "Scan the root of the project.", wide=True),
    "provenance": Need(
        "signed provenance of the image",
        "Have the build sign SLSA provenance and hand it to keten.",
        wide=True,
    ),
    "registry": Need(
        "the image's manifest in its registry",
        "Scan the image where it lies.",
        wide=True,
    ),
    "image": Need(
        "the image's manifest, configuration and layers, each checked against its digest",
        "Scan the image itself, whole: keten scan IMAGE.",
    ),
    "installed": Need(
        "every file of the image or root filesystem that says what is installed",
        "Scan the image itself, whole: keten scan IMAGE.",
        wide=True,
    ),
    "support": Need(
        "until when the operating system's release is supported",
        "Name an operating system release that keten knows, or tell its last day of support.",
    ),
    "license": Need(
        "the package's licence, in words that can be judged",
        "Tell it in keten.toml: [[licenses.package]] purl, license, reason; or set "
        '[licenses] unknown = "ignore".',
        wide=True,
    ),
    "index": Need(
        "which index the package came from",
        "Write the lockfile with addresses, or name the one index in the file.",
        wide=True,
    ),
    "issuer": Need(
        "who may sign or issue the certificate: the signature is one, and nobody is named for it",
        "Name them in keten.toml: [attestations] trusted-root (Sigstore's trusted_root.json), "
        "npm-keys (what the registry answers at /-/npm/v1/keys).",
        wide=True,
    ),
    "publisher": Need(
        "who publishes the package: the signature holds, and nobody says whose it has to be",
        "Name them in keten.toml: [[attestations.publisher]] ecosystem, names, issuer, identity.",
        wide=True,
    ),
    "reference": Need(
        "the image's reference, with every variable put in",
        "Scan what the template renders to, or give the variable a default.",
        wide=True,
    ),
    "flags": Need(
        "the program's whole command line, or the configuration that it is made of",
        "Take it from the node: keten node prints the script.",
    ),
    "server-files": Need(
        "the files that the API server's flags name: authentication, authorization",
        "Take them from the node: keten node prints the script.",
    ),
    "nodes": Need(
        "the nodes of the live cluster",
        _LIST,
        wide=True,
    ),
    "releases": Need(
        "the nodes and pods of the live cluster",
        _LIST,
        wide=True,
    ),
    "node-programs": Need(
        "the nodes and DaemonSets of the live cluster",
        _LIST,
        wide=True,
    ),
    "admission": Need(
        "the webhooks and admission policies of the live cluster",
        _LIST,
        wide=True,
    ),
    "runtime-class": Need(
        "which runtime class keten.toml asks of the pods: their namespace is not said",
        "Name the namespace in the manifest, or ask by labels in [[sandbox]] of keten.toml.",
        wide=True,
    ),
    "cluster": Need(
        "the live cluster",
        "Scan the cluster (keten scan k8s://CONTEXT) or a snapshot of it (keten snapshot).",
        wide=True,
    ),
}


def wide(needs: tuple[str, ...]) -> bool:
    """Return whether any of *needs* leaves the subject."""
    return any(NEEDS[need].wide for need in needs)
