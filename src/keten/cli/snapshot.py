"""``keten snapshot``: what a live cluster holds, into a folder or tar that is scanned later."""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from keten.cli import arguments as common
from keten.cli import printing
from keten.cli.progress import Bar
from keten.errors import UsageError
from keten.formats.kubernetes.snapshot import Manifest
from keten.pipeline.clusters.aside import not_looked_at

_TARS = (".tar", ".tar.gz", ".tgz")
_SHOWN = 10
_MOST_LIMIT = 10_000


def main(argv: list[str]) -> int:
    """Take a snapshot, or print the role that it takes; return 0 where one was written."""
    arguments = parser().parse_args(argv)
    if arguments.role:
        sys.stdout.write(_role(arguments))
        return 0
    if arguments.to:
        raise UsageError("--to says whom --role binds: it takes --role")
    if not arguments.output:
        raise UsageError("keten snapshot: -o FILE.tar or -o DIR says where to")
    if not arguments.target.startswith("k8s://"):
        raise UsageError(
            f"{arguments.target}: a live cluster is named k8s://CONTEXT",
            advice="k8s:// is the kubeconfig's current context; a folder or dump is scanned as it "
            "is.",
        )
    if not 0 < arguments.limit <= _MOST_LIMIT:
        raise UsageError(f"--limit {arguments.limit}: 1 to {_MOST_LIMIT}")
    manifest = _take(arguments, Path(arguments.output))
    printing.write(told(manifest), sys.stderr)
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    made = argparse.ArgumentParser(
        prog="keten snapshot",
        description="Write down what a live cluster holds, to scan it elsewhere or later. "
        "Values of Secrets and config maps are not kept; nothing in the cluster is changed.",
        formatter_class=common.Formatter,
    )
    made.add_argument(
        "target", nargs="?", default="k8s://", metavar="k8s://[CONTEXT][/NAMESPACE,...]",
        help="a context of your kubeconfig (default: the current one), or k8s://in-cluster",
    )  # fmt: skip
    made.add_argument(
        "-o", "--output", metavar="PATH", help="a new folder, or a .tar, .tar.gz or .tgz file"
    )
    made.add_argument(
        "-n", "--namespace", action="append", default=[], metavar="NS",
        help="these namespaces only; again for more (as k8s://CONTEXT/NS)",
    )  # fmt: skip
    made.add_argument(
        "--resource", action="append", default=[], metavar="NAME.GROUP",
        help="list these too, which keten does not know; again for more",
    )  # fmt: skip
    made.add_argument("--kubeconfig", default="", metavar="FILE", help="instead of KUBECONFIG")
    made.add_argument(
        "--role", action="store_true",
        help="print the ClusterRoles this takes (YAML), or with namespaces the Roles, and end",
    )  # fmt: skip
    made.add_argument(
        "--to", default="", metavar="WHO",
        help="with --role: bind it to NAMESPACE/SERVICEACCOUNT, user:NAME or group:NAME",
    )  # fmt: skip
    made.add_argument(
        "--configz", action="store_true",
        help="ask each kubelet for its configuration too: takes get on nodes/proxy",
    )  # fmt: skip
    made.add_argument(
        "--limit", type=int, default=500, metavar="N", help="objects of a page (default: 500)"
    )
    made.add_argument("--quiet", action="store_true", help="no progress")
    return made


def _role(arguments: argparse.Namespace) -> str:
    from keten.collectors.cluster import namespaces_of
    from keten.formats.kubernetes.grants import role

    spaces = (*namespaces_of(arguments.target), *arguments.namespace)
    return role(
        configz=arguments.configz,
        namespaces=sorted(set(spaces)),
        further=arguments.resource,
        to=arguments.to,
    )


def _take(arguments: argparse.Namespace, to: Path) -> Manifest:
    from keten.collectors import cluster
    from keten.pipeline.clusters import scanning

    packed = to.name.endswith(_TARS)
    _room(to, packed=packed)
    options = cluster.Options(
        scanning.taken(),
        arguments.kubeconfig,
        arguments.limit,
        arguments.configz,
        tuple(arguments.resource),
    )
    account = cluster.account_of(arguments.target, options.kubeconfig)
    account = cluster.within(account, tuple(arguments.namespace))
    with Bar(sys.stderr, shown=not arguments.quiet) as bar, ExitStack() as undo:
        if not packed:
            undo.callback(_empty, to)  # half a snapshot is none
            manifest = cluster.take(account, to, options, bar.tell)
            undo.pop_all()
            return manifest
        with tempfile.TemporaryDirectory(prefix="keten-cluster-") as name:
            manifest = cluster.take(account, Path(name), options, bar.tell)
            scanning.pack(Path(name), to)
            return manifest


def _room(to: Path, *, packed: bool) -> None:
    """Make room for a snapshot; UsageError where something else is there."""
    try:
        if packed:
            if to.exists() and not to.is_file():
                raise UsageError(f"{to}: not a file")
            return
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(to.iterdir()):
            raise UsageError(f"{to}: not empty", advice="Name a new folder, or a .tar file.")
    except OSError as error:
        raise UsageError(f"{to}: {error.strerror}") from error


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()


def told(manifest: Manifest) -> list[str]:
    """Return what is to be said of a snapshot, in lines."""
    objects = sum(item.count for item in manifest.listed)
    version = manifest.server.get("gitVersion", "of a version it does not tell")
    kinds = f"{objects:,} objects of {len(manifest.listed)} resources"
    lines = [f"{manifest.context}: Kubernetes {version}, {kinds}"]
    if not manifest.listed:
        lines.append("  nothing could be listed: name a namespace you may see, k8s://CONTEXT/NAME")
    spaces = sorted({space for item in manifest.listed for space in item.namespaces})
    if spaces:
        lines.append(f"  only of the namespaces: {_short(spaces)}")
    for what, missed in (("denied", manifest.denied), ("not answered", manifest.failed)):
        lines += [f"  {what}: {item.right}" for item in missed[:_SHOWN]]
        if len(missed) > _SHOWN:
            lines.append(f"  and {len(missed) - _SHOWN} more")
    lines += [f"  {note}" for note in manifest.notes]
    custom = not_looked_at(manifest.aside)
    return [*lines, f"  {custom}"] if custom else lines


def _short(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"
