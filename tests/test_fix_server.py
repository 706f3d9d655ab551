"""What keten fix --level makes of refused pods, handed to a real kube-apiserver."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from api_server import needs_server
from shared_data import SHARED, needs_shared
from test_podsecurity_server import server

from keten.cluster.podsecurity.standard import Level
from keten.formats.yaml.edit import Spot, edited
from keten.model.kube import Workload
from keten.remedy.levels import steps_to, unique
from keten.testing.examples import facts_of


def fixed(data: bytes, level: Level) -> tuple[bytes, list[str]]:
    """Return a pod's manifest edited for *level*, and the fields that have no edit."""
    for _ in range(3):
        items = [n for n in facts_of({"a.yaml": data}).nodes if isinstance(n, Workload)]
        made = steps_to(items[0], level) if items else []
        data = edited(data, {Spot(0): unique(made)})
    return data, [step.field for step in made if step.edit is None]


@pytest.mark.slow
@needs_server
@needs_shared
def test_the_server_takes_what_was_fixed() -> None:
    """Every fixture that a level refuses is taken once it is fixed, where it can be."""
    assert SHARED is not None
    taken = 0
    with server() as api:
        assert api.post("/api/v1/namespaces", {"metadata": {"name": "any"}})[0] == 201
        for level in (Level.BASELINE, Level.RESTRICTED):
            labels = {"pod-security.kubernetes.io/enforce": str(level)}
            space = {"metadata": {"name": f"fix-{level}", "labels": labels}}
            assert api.post("/api/v1/namespaces", space)[0] == 201
            pods = f"/api/v1/namespaces/fix-{level}/pods?dryRun=All"
            for file in _refused(SHARED / "vectors/pod-security" / level):
                data, left = fixed(file.read_bytes(), level)
                if left:
                    continue
                status, said = api.post(pods, _named(data))
                if status == 201:
                    taken += 1
                    continue
                # A fixture may be no pod at all to a server: then none of it is, edited or not.
                before, _ = api.post(
                    "/api/v1/namespaces/any/pods?dryRun=All", _named(file.read_bytes())
                )
                assert (status, before) == (422, 422), (str(file), said.get("message"))
    assert taken > 100


def _named(data: bytes) -> dict[str, Any]:
    pod: dict[str, Any] = yaml.safe_load(data)
    pod["metadata"] = {**pod["metadata"], "name": "a"}
    return pod


def _refused(folder: Path) -> list[Path]:
    return [file for file in sorted(folder.rglob("*.yaml")) if "fail" in file.parts]
