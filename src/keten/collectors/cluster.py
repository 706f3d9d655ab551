"""A live cluster, listed into a folder that is scanned like any other.

Nothing is changed in the cluster, and of Secrets only the names and types are asked for. How
it is listed: keten.transport.kube.taking.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from keten.errors import KetenError, UsageError
from keten.formats.kubernetes import snapshot
from keten.formats.kubernetes.snapshot import Manifest
from keten.model.evidence import Evidence, Origin
from keten.model.facts import Facts
from keten.model.plug import Collector
from keten.transport.kube import in_cluster, kubeconfig
from keten.transport.kube.account import Account
from keten.transport.kube.client import Client
from keten.transport.kube.discovery import discover
from keten.transport.kube.taking import Options, Progress, Taking
from keten.transport.kube.wanted import LABEL

__all__ = ["COLLECTOR", "Options", "account_of", "namespaces_of", "take", "within"]

PREFIX = "k8s://"
IN_CLUSTER = "in-cluster"


def takes(target: str) -> bool:
    """Return whether *target* names a live cluster."""
    return target.startswith(PREFIX)


def account_of(target: str, file: str = "") -> Account:
    """Return how the cluster that *target* names is reached, and which namespaces it names.

    ``k8s://`` is the kubeconfig's current context, or the cluster around where there is no
    kubeconfig; ``k8s://in-cluster`` that always; ``k8s://CONTEXT`` a context. A ``/`` and
    namespaces with commas between may follow; a context whose name holds it all comes first.
    """
    name = target.removeprefix(PREFIX)
    before, slash, after = name.rpartition("/")
    if name == IN_CLUSTER and not file:
        return in_cluster.account()
    if before == IN_CLUSTER and not file:
        return within(in_cluster.account(), after.split(","))
    config = kubeconfig.load(file)
    if slash and name not in config.contexts:
        return within(_of_context(config, before), after.split(","))
    return _of_context(config, name)


def _of_context(config: kubeconfig.Config, name: str) -> Account:
    if not name and not config.found:
        try:
            return in_cluster.account()
        except UsageError:
            pass  # the kubeconfig's error says more
    return config.account(name)


def within(account: Account, namespaces: Sequence[str]) -> Account:
    """Return *account*, asking of *namespaces* only; UsageError for what can be none."""
    return msgspec.structs.replace(account, only=_named((*account.only, *namespaces)))


def _named(namespaces: Sequence[str]) -> tuple[str, ...]:
    for name in namespaces:
        if LABEL.fullmatch(name) is None:
            raise UsageError(
                f"{name!r} can not be the name of a namespace",
                advice="k8s://CONTEXT/NAMESPACE, or k8s:///NAMESPACE for the current context.",
            )
    return tuple(sorted(set(namespaces)))


def namespaces_of(target: str) -> tuple[str, ...]:
    """Return the namespaces that *target* names, whatever a kubeconfig says of its contexts."""
    _, slash, after = target.removeprefix(PREFIX).rpartition("/")
    return _named(after.split(",")) if slash else ()


def take(
    account: Account, folder: Path, options: Options, progress: Progress = lambda *_: None
) -> Manifest:
    """Write a snapshot of the cluster into *folder*, which is empty; return its manifest."""
    with Client(account) as client:
        manifest = Taking(client, folder, options, discover(client), progress).run()
    data = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
    (folder / snapshot.NAME).write_bytes(data)
    return manifest


def collect(target: str, folder: Path, options: Options) -> Facts:
    """Take a snapshot into *folder*; its manifest, which names all else, is the evidence."""
    try:
        take(account_of(target, options.kubeconfig), folder, options)
    except OSError as error:
        raise KetenError(f"{folder}: {error.strerror}") from error
    data = (folder / snapshot.NAME).read_bytes()
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    origin = Origin("cluster", target, snapshot.NAME)
    return Facts(evidence=(Evidence(digest, "application/json", len(data), origin),))


COLLECTOR = Collector(title="live cluster", takes=takes, collect=collect)
