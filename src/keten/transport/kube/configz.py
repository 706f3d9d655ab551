"""What each kubelet says of its configuration: ``/configz`` through the API server."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from keten.errors import InputError, NetworkError
from keten.formats.kubernetes.snapshot import File, Listed, Missed
from keten.transport.kube.client import Client, decoded

NODES = 5_000
"""The most nodes that are asked."""
BYTES = 1 << 20
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,250}[a-z0-9])?", re.ASCII)
_FORBIDDEN = 403
RIGHT = "get nodes/proxy at cluster scope"


def kubelets(
    client: Client, folder: Path, listed: Iterable[Listed]
) -> tuple[tuple[File, ...], list[Missed]]:
    """Write ``configz/NODE.json``, a KubeletConfiguration, for each node; tell what was refused."""
    files: list[File] = []
    missed: list[Missed] = []
    for name in _names(folder, listed)[:NODES]:
        try:
            reply = client.get(f"/api/v1/nodes/{name}/proxy/configz", most=BYTES)
            if reply.status == _FORBIDDEN:
                missed.append(Missed("", "nodes/proxy", RIGHT, "forbidden"))
                break
            told = decoded(reply, dict[str, Any], f"configz of {name}")
        except (InputError, NetworkError) as error:
            missed.append(Missed("", "nodes/proxy", f"configz of node {name}", error.what))
            continue
        config = told.get("kubeletconfig")
        if not isinstance(config, dict):
            missed.append(Missed("", "nodes/proxy", f"configz of node {name}", "no kubeletconfig"))
            continue
        head = {"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration"}
        data = msgspec.json.encode({**config, **head}, order="sorted") + b"\n"
        (folder / "configz").mkdir(exist_ok=True)
        (folder / "configz" / f"{name}.json").write_bytes(data)
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        files.append(File(f"configz/{name}.json", digest, len(data)))
    return tuple(files), missed


def _names(folder: Path, listed: Iterable[Listed]) -> list[str]:
    found = []
    for item in listed:
        if (item.group, item.plural) == ("", "nodes"):
            for file in item.files:
                value = msgspec.json.decode((folder / file.path).read_bytes())
                found += [node["metadata"]["name"] for node in value["items"]]
    return [name for name in found if _NAME.fullmatch(name) and ".." not in name]
