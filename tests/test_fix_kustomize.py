"""keten fix over overlays, with the real kubectl: edited is what sets a field."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from api_server import PEERS
from test_fix import DEPLOYMENT, fixed, laid, passes

from keten.cluster.podsecurity.standard import Level
from keten.errors import InputError
from keten.formats.yaml.edit import edited
from keten.formats.yaml.fields import Edit
from keten.model.delivery import Chart
from keten.model.kube import Workload
from keten.pipeline.fixing.kustomize import origin
from keten.pipeline.fixing.patches import aims, ordered, wanted
from keten.pipeline.fixing.seen import Bytes
from keten.pipeline.fixing.wishes import Asked
from keten.testing.examples import facts_of
from keten.transport.files import Tree
from keten.transport.render import render

KUBECTL = shutil.which("kubectl") or (
    str(PEERS / "kubectl") if (PEERS / "kubectl").exists() else ""
)


@pytest.mark.skipif(not KUBECTL, reason="kubectl is not here")
class TestKustomize:
    """What an overlay sets is edited where it is set."""

    @pytest.fixture(autouse=True)
    def _found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", f"{os.environ['PATH']}{os.pathsep}{Path(KUBECTL).parent}")

    def test_patches_and_base(self, tmp_path: Path) -> None:
        laid(
            tmp_path,
            base__web=DEPLOYMENT,
            base__kustomization="resources:\n- web.yaml\n",
            over__kustomization=(
                "# production\nnamePrefix: prod-\nresources:\n- ../base\npatches:\n"
                "- path: debug.yaml\n- patch: |-\n    # for May\n    apiVersion: apps/v1\n"
                "    kind: Deployment\n    metadata: {name: web}\n    spec:\n      template:\n"
                "        spec:\n          hostPID: true # debug\n"
            ),
            over__debug=(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
                "  template:\n    spec:\n      containers:\n      - name: web\n"
                "        securityContext: {privileged: true} # debug\n"
            ),
        )
        outcome = fixed(tmp_path, Asked(level=Level.RESTRICTED), render=True)
        assert outcome.proof.holds
        assert passes(outcome, Level.RESTRICTED)
        texts = {path: new.decode() for path, (_, new) in outcome.files.items()}
        assert sorted(texts) == ["base/web.yaml", "over/debug.yaml", "over/kustomization.yaml"]
        assert "          hostPID: false # debug\n" in texts["over/kustomization.yaml"]
        assert "    # for May\n" in texts["over/kustomization.yaml"]
        assert "{privileged: false} # debug" in texts["over/debug.yaml"]

    def test_what_breaks_an_overlay_is_not_done(self, tmp_path: Path) -> None:
        """No API server takes a privileged container that may not escalate its privileges."""
        patch = "/spec/template/spec/containers/1/securityContext"
        laid(
            tmp_path,
            a=DEPLOYMENT,
            base__web=DEPLOYMENT + "        securityContext: {}\n",
            base__kustomization="resources:\n- web.yaml\n",
            over__kustomization=(
                "resources:\n- ../base\npatches:\n- target: {kind: Deployment}\n  patch: |-\n"
                f"    - {{op: add, path: {patch}/privileged, value: true}}\n"
            ),
        )
        outcome = fixed(tmp_path, Asked(checks=("deployment/privilege-escalation",)), render=True)
        assert outcome.proof.holds, outcome.proof.what
        setting = b"allowPrivilegeEscalation: false"
        counts = {path: new.count(setting) for path, (_, new) in outcome.files.items()}
        assert counts == {"a.yaml": 2, "base/web.yaml": 1}  # the other container of the overlay
        assert any("would refuse this" in why for why in outcome.refused.values())

    def test_json_patches(self, tmp_path: Path) -> None:
        """The last that sets the field, inline or in a file, of a value or of what is around it."""
        pod = "/spec/template/spec"
        root = laid(
            tmp_path,
            base__web=DEPLOYMENT,
            base__kustomization="resources:\n- web.yaml\n",
            over__kustomization=(
                "resources:\n- ../base\npatches:\n- target: {kind: Deploy.*, name: w.b}\n"
                "  patch: |-\n    # for May\n"
                f"    - {{op: add, path: {pod}/hostPID, value: true}} # debug\n"
                "- target: {kind: Deployment, labelSelector: app=other}\n  patch: |-\n"
                f"    - {{op: add, path: {pod}/hostIPC, value: true}}\n"
                "patchesJson6902:\n- target: {version: v1, kind: Deployment, name: web}\n"
                "  path: orders.json\n"
            ),
        )
        (root / "over/orders.json").write_text(
            f'[\n  {{"op": "add", "path": "{pod}/containers/1/securityContext",\n'
            '   "value": {"privileged": true}},\n'
            f'  {{"op": "add", "path": "{pod}/containers/-", "value":\n'
            '    {"name": "log", "image": "example.org/l:1"}}\n]\n'
        )
        outcome = fixed(tmp_path, Asked(level=Level.RESTRICTED), render=True)
        assert outcome.proof.holds, outcome.proof.what
        assert passes(outcome, Level.RESTRICTED)
        texts = {path: new.decode() for path, (_, new) in outcome.files.items()}
        assert sorted(texts) == ["base/web.yaml", "over/kustomization.yaml", "over/orders.json"]
        assert "hostPID, value: false} # debug\n" in texts["over/kustomization.yaml"]
        assert "    # for May\n" in texts["over/kustomization.yaml"]
        assert '"privileged": false' in texts["over/orders.json"]
        assert not outcome.refused

    def test_what_a_json_patch_takes_out_is_told(self, tmp_path: Path) -> None:
        base = DEPLOYMENT + "        securityContext: {allowPrivilegeEscalation: false}\n"
        laid(
            tmp_path,
            base__web=base,
            base__kustomization="resources:\n- web.yaml\n",
            over__kustomization=(
                "resources:\n- ../base\npatches:\n- target: {kind: Deployment}\n  patch: |-\n"
                "    - {op: remove, path: /spec/template/spec/containers/1/securityContext}\n"
            ),
        )
        outcome = fixed(tmp_path, Asked(checks=("deployment/privilege-escalation",)), render=True)
        assert outcome.proof.holds
        assert any("a JSON patch does remove" in why for why in outcome.refused.values())
        assert any("over/kustomization.yaml by hand" in why for why in outcome.refused.values())

    def test_components_and_containers_that_a_patch_brings(self, tmp_path: Path) -> None:
        laid(
            tmp_path,
            base__web=DEPLOYMENT,
            base__kustomization="resources:\n- web.yaml\n",
            part__kustomization=(
                "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
                "patches:\n- path: sidecar.yaml\n"
            ),
            part__sidecar=(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
                "  template:\n    spec:\n      hostIPC: true # shared\n      containers:\n"
                "      - name: log # of May\n        image: example.org/l:1\n"
            ),
            over__kustomization=(
                "resources: [../base]\ncomponents: [../part]\nnameSuffix: -x\nnamespace: prod\n"
            ),
        )
        outcome = fixed(tmp_path, Asked(level=Level.RESTRICTED), render=True)
        assert outcome.proof.holds, outcome.proof.what
        assert passes(outcome, Level.RESTRICTED)
        part = outcome.files["part/sidecar.yaml"][1].decode()
        assert "hostIPC: false # shared\n" in part
        assert "- name: log # of May\n" in part
        assert "allowPrivilegeEscalation: false" in part

    def test_a_patch_that_replaces(self, tmp_path: Path) -> None:
        laid(
            tmp_path,
            base__web=DEPLOYMENT + "        securityContext: {privileged: false}\n",
            base__kustomization="resources:\n- web.yaml\n",
            over__kustomization=(
                "resources:\n- ../base\npatchesStrategicMerge:\n- |-\n  apiVersion: apps/v1\n"
                "  kind: Deployment\n  metadata: {name: web}\n  spec:\n    template:\n      spec:\n"
                "        containers:\n        - name: web\n          securityContext:\n"
                "            $patch: replace\n            runAsUser: 5\n"
            ),
        )
        outcome = fixed(tmp_path, Asked(level=Level.RESTRICTED), render=True)
        assert outcome.proof.holds, outcome.proof.what
        assert passes(outcome, Level.RESTRICTED)
        assert b"allowPrivilegeEscalation: false" in outcome.files["over/kustomization.yaml"][1]

    def test_the_same_name_in_two_namespaces(self, tmp_path: Path) -> None:
        two = DEPLOYMENT.replace("  name: web\n", "  name: web\n  namespace: a\n", 1)
        two += "---\n" + two.replace("namespace: a", "namespace: b", 1)
        two = two.replace("    spec:\n", "    spec:\n      hostPID: true\n").replace(
            "hostPID: true", "hostPID: false", 1
        )
        laid(
            tmp_path,
            base__web=two,
            base__kustomization="resources:\n- web.yaml\n",
            over__kustomization="resources: [../base]\nnamePrefix: p-\nimages: [{name: x}]\n",
        )
        outcome = fixed(tmp_path, Asked(checks=("deployment/host-pid",)), render=True)
        assert outcome.proof.holds
        assert outcome.files["base/web.yaml"][1].count(b"hostPID: false") == 2
        assert not outcome.refused

    def test_what_is_not_in_the_target(self, tmp_path: Path) -> None:
        """A remote base is not fetched: what comes of it is not known."""
        laid(
            tmp_path,
            over__kustomization=(
                "resources:\n- https://example.invalid/base?ref=v1\nimages: [{name: a}]\n"
            ),
        )
        outcome = fixed(tmp_path, Asked(level=Level.BASELINE), render=True)
        assert not outcome.files
        assert any("could not render over" in p.what for p in outcome.last.result.problems)

    @pytest.mark.parametrize(
        ("field", "to", "text", "after"),
        [
            ("spec.replicas", 2, "replicas:\n- {name: web, count: 1}\n", {"count": 2}),
            (
                "spec.template.spec.containers[1].image", "example.org/web:2",
                "images:\n- name: example.org/web # ours\n  newTag: '1.5'\n", {"newTag": "2"},
            ),
            (
                "spec.template.spec.containers[1].image", f"example.org/web@sha256:{'0' * 64}",
                "images:\n- name: example.org/web\n  newTag: '1.5'\n",
                {"digest": f"sha256:{'0' * 64}"},
            ),
            (
                "spec.template.spec.containers[1].image", "mirror.example.org/w:3",
                "images:\n- name: example.org/web\n  newName: other.example.org/w\n  newTag: '1'\n",
                {"newName": "mirror.example.org/w", "newTag": "3"},
            ),
        ],
    )  # fmt: skip
    def test_images_and_replicas(
        self, tmp_path: Path, field: str, to: Any, text: str, after: dict[str, Any]
    ) -> None:
        """The kustomization's own lists, as kubectl itself reads them."""
        laid(tmp_path, web=DEPLOYMENT, kustomization=f"resources: [web.yaml]\n{text}")
        made = render("kustomize", str(tmp_path))
        item = next(n for n in facts_of({"a.yaml": made}).nodes if isinstance(n, Workload))
        held: Any = SimpleNamespace(files=Bytes(Tree(tmp_path), {}))
        path, spot, change = origin(
            held, Chart("kustomization.yaml", tool="kustomize"), item, Edit(field, to)
        )
        assert path == "kustomization.yaml"
        file = tmp_path / path
        file.write_bytes(edited(file.read_bytes(), {spot: [change]}))
        said = yaml.safe_load(file.read_text())
        entry = next(iter(said.get("images") or said.get("replicas")))
        assert {key: entry.get(key) for key in after} == after
        assert ("# ours" in text) == ("# ours" in file.read_text())
        now = yaml.safe_load(render("kustomize", str(tmp_path)))
        spec = now["spec"]
        assert to in (spec.get("replicas"), spec["template"]["spec"]["containers"][1]["image"])


class TestPatches:
    """Single patches."""

    def item(self) -> Workload:
        found = facts_of({"a.yaml": DEPLOYMENT.encode()})
        return next(n for n in found.nodes if isinstance(n, Workload))

    @pytest.mark.parametrize(
        ("target", "yes"),
        [
            ({"kind": "Deployment"}, True),
            ({"name": "we"}, False),
            ({"name": "we.*", "kind": "(Deployment|Job)"}, True),
            ({"name": "(["}, False),
            ({"namespace": "x"}, False),
            ({"labelSelector": "a=b"}, False),
            ({"labelSelector": "a in (b, c)"}, True),
            ({"kind": ["Deployment"]}, False),
            ([], False),
            ({}, True),
        ],
    )
    def test_targets(self, target: Any, *, yes: bool) -> None:
        assert aims(target, wanted(self.item(), Edit("spec.template.spec.hostPID"))) is yes

    @pytest.mark.parametrize(
        ("order", "made"),
        [
            ({"op": "add", "path": "/spec/template/spec/hostPID", "value": True}, "[0].value"),
            ({"op": "replace", "path": "/spec/template/spec", "value": {}}, "[0].value.hostPID"),
            ({"op": "add", "path": "/spec/template/spec/hostIPC", "value": True}, None),
            ({"op": "add", "path": "", "value": True}, None),
            ({"op": "add", "path": 3}, None),
            ("add", None),
        ],
    )
    def test_orders(self, order: Any, made: str | None) -> None:
        edit = Edit("spec.template.spec.hostPID", to=False)
        want = wanted(self.item(), edit)
        found = ordered([order], want, {"kind": "Deployment"}, edit)
        assert (found and found.at) == made

    @pytest.mark.parametrize("op", ["remove", "move", "copy", "test"])
    def test_orders_that_set_nothing(self, op: str) -> None:
        edit = Edit("spec.template.spec.hostPID", to=False)
        want = wanted(self.item(), edit)
        with pytest.raises(InputError, match="a JSON patch does"):
            ordered([{"op": op, "path": "/spec/template/spec"}], want, {}, edit)
