"""keten fix over charts, with the real helm: values are edited, all else is told."""

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
import yaml
from api_server import PEERS
from hypothesis import given, settings
from hypothesis import strategies as st
from test_fix import fixed, laid

from keten.cli.fix import main
from keten.cluster.podsecurity.standard import Level
from keten.errors import InputError
from keten.formats.helm_output import documents, pieces, source_at, without
from keten.formats.yaml.fields import at, steps
from keten.model.kube import Workload
from keten.pipeline.charts import _settled
from keten.pipeline.fixing import templates
from keten.pipeline.fixing.rounds import Outcome
from keten.pipeline.fixing.templates import Keys
from keten.pipeline.fixing.unchanged import differences, every
from keten.pipeline.fixing.values import Values
from keten.pipeline.fixing.wishes import Asked

HELM = shutil.which("helm") or (str(PEERS / "helm") if (PEERS / "helm").exists() else "")
needs_helm = pytest.mark.skipif(not HELM, reason="helm is not here: tools/peers helm")
slow = pytest.mark.slow  # most that render with it; what is left alone stays in the fast suite

HEAD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-{{ .Chart.Name }}
spec:
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
"""
PLAIN = f"""\
{HEAD}\
      {{{{- with .Values.podSecurityContext }}}}
      securityContext:
        {{{{- toYaml . | nindent 8 }}}}
      {{{{- end }}}}
      automountServiceAccountToken: {{{{ .Values.automount }}}}
      containers:
      - name: main
        image: "{{{{ .Values.image.repository }}}}:{{{{ .Values.image.tag }}}}"
        {{{{- with .Values.securityContext }}}}
        securityContext:
          {{{{- toYaml . | nindent 10 }}}}
        {{{{- end }}}}
"""
VALUES = """\
# how it runs
image:
  repository: example.org/a
  tag: '1'
automount: true # token
podSecurityContext: {}
  # fsGroup: 2000
securityContext: {}
"""


def chart(root: Path, *, values: str | None = VALUES, more: str = "", **files: str) -> Path:
    """Write a chart; names as ``laid`` has them."""
    laid(root, Chart=f"apiVersion: v2\nname: {root.name}\nversion: 1.0.0\n{more}", **files)
    if values is not None:
        laid(root, values=values)
    return root


def level(root: Path, want: Level = Level.RESTRICTED) -> Outcome:
    """Return what comes of asking for a level."""
    return fixed(root, Asked(level=want), render=True)


def new(outcome: Outcome, path: str = "values.yaml") -> Any:
    """Return the new values."""
    return yaml.safe_load(outcome.files[path][1])


def why(outcome: Outcome) -> list[str]:
    """Return why something was left."""
    return list(outcome.refused.values())


@pytest.fixture
def helm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put helm on PATH."""
    monkeypatch.setenv("PATH", f"{Path(HELM).parent}{os.pathsep}{os.environ['PATH']}")


@slow
@needs_helm
@pytest.mark.usefixtures("helm")
class TestPlain:
    """What a template takes plainly from a value."""

    def test_what_helm_create_makes(self, tmp_path: Path) -> None:
        subprocess.run([HELM, "create", "web"], cwd=tmp_path, check=True, capture_output=True)
        outcome = fixed(tmp_path / "web", render=True)
        assert outcome.proof.holds, outcome.proof.what
        assert list(outcome.files) == ["values.yaml"]
        old, made = (data.decode() for data in outcome.files["values.yaml"])
        values = yaml.safe_load(made)
        assert values["podSecurityContext"]["runAsNonRoot"] is True
        assert values["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert [row for row in made.split("\n") if "#" in row] == [
            row for row in old.split("\n") if "#" in row
        ]
        assert len(outcome.proof.gone) == 5
        # The pod of the chart's own test takes nothing from a value: the place is told.
        assert any(
            "templates/tests/test-connection.yaml:9, below spec" in one for one in why(outcome)
        )

    def test_a_subfolder_named_charts(self, tmp_path: Path) -> None:
        chart(tmp_path / "charts/web", templates__d=PLAIN)
        outcome = level(tmp_path)
        assert list(outcome.files) == ["charts/web/values.yaml"]
        assert outcome.proof.holds

    def test_a_key_that_the_values_lack(self, tmp_path: Path) -> None:
        values = VALUES.replace("securityContext: {}\n", "", 1).replace("pod  # fs", "# fs")
        values = "\n".join(r for r in values.split("\n") if "ecurityContext" not in r)
        outcome = level(chart(tmp_path / "a", values=values, templates__d=PLAIN))
        assert outcome.proof.holds
        assert new(outcome)["podSecurityContext"]["runAsNonRoot"] is True

    def test_scalars_and_conditions(self, tmp_path: Path) -> None:
        text = HEAD + (
            "      hostPID: {{ .Values.debug.pid | default false }}\n"
            '      hostIPC: {{ default false (index .Values "debug" "ipc") }}\n'
            "      {{- if and .Values.debug .Values.hostNetwork }}\n      hostNetwork: true\n"
            "      {{- end }}\n      containers:\n      - name: a\n        image: example.org/a:1\n"
            "        ports:\n        - containerPort: 80\n"
            "          {{- if .Values.port }}\n          hostPort: {{ .Values.port }}\n"
            "          {{- end }}\n"
        )
        values = "debug: {pid: true, ipc: true}\nhostNetwork: true # why\nport: 80\n"
        outcome = level(chart(tmp_path / "a", values=values, templates__d=text), Level.BASELINE)
        assert outcome.proof.holds, outcome.proof.what
        assert new(outcome) == {"debug": {"pid": False, "ipc": False}, "hostNetwork": False}
        assert b"hostNetwork: false # why\n" in outcome.files["values.yaml"][1]

    def test_named_templates_and_tpl(self, tmp_path: Path) -> None:
        pod = """\
{{- define "a.pod" -}}
{{- $root := . }}
{{- with .Values.podSecurityContext }}
securityContext:
  {{- tpl (toYaml .) $root | nindent 2 }}
{{- end }}
hostPID: {{ .Values.hostPID }}
containers:
  {{- include "a.container" (dict "root" . "name" "main") | nindent 2 }}
{{- end -}}
{{- define "a.container" -}}
- name: {{ .name }}
  image: "{{ .root.Values.image.repository }}:1"
  securityContext: {{- include "a.context" .root | nindent 4 }}
{{- end -}}
{{- define "a.context" -}}
{{- omit .Values.securityContext "enabled" | toYaml }}
{{- end -}}
"""
        text = HEAD.rstrip() + '\n      {{- include "a.pod" . | nindent 6 }}\n'
        values = VALUES.replace("securityContext: {}\n", "securityContext: {}\nhostPID: true\n", 1)
        values = values.replace("\nsecurityContext: {}", "\nsecurityContext: {enabled: true}")
        root = chart(tmp_path / "a", values=values, templates__d=text)
        (root / "templates/_pod.tpl").write_text(pod)
        outcome = level(root)
        assert outcome.proof.holds, outcome.proof.what
        assert new(outcome)["hostPID"] is False
        assert new(outcome)["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert not why(outcome)

    def test_loops_over_lists_and_mappings(self, tmp_path: Path) -> None:
        one = HEAD.replace("{{ .Release.Name }}-{{ .Chart.Name }}", "%s") + (
            "      hostPID: {{ %s.hostPID | default false }}\n"
            "      {{- with %s.pod }}\n      securityContext: {{- toYaml . | nindent 8 }}\n"
            "      {{- end }}\n      containers:\n      - name: a\n        image: example.org/a:1\n"
            "        securityContext: {{- toYaml (%s.context | default dict) | nindent 10 }}\n"
        )
        text = "{{- range .Values.list }}\n---\n" + one % ("{{ .name }}", "", "", "")
        text += "{{- end }}\n{{- range $name, $it := .Values.map }}\n---\n"
        text += one % ("{{ $name }}", "$it", "$it", "$it") + "{{- end }}\n"
        values = (
            "list:\n- name: a\n  hostPID: true\n  context: {}\n- name: b # last\n"
            "map:\n  c:\n    pod: {fsGroup: 5}\n  d: {hostPID: true}\n"
        )
        outcome = level(chart(tmp_path / "a", values=values, templates__d=text))
        assert outcome.proof.holds, outcome.proof.what
        made = new(outcome)
        off = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        safe = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
        assert made["list"] == [
            {"name": "a", "hostPID": False, "context": off, "pod": safe},
            {"name": "b", "context": off, "pod": safe},
        ]
        assert made["map"]["c"] == {"pod": {"fsGroup": 5, **safe}, "context": off}
        assert made["map"]["d"] == {"hostPID": False, "context": off, "pod": safe}
        assert b"- name: b # last\n" in outcome.files["values.yaml"][1]
        assert not why(outcome)

    def test_objects_and_containers_that_are_values(self, tmp_path: Path) -> None:
        values = (
            "extra:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: p}\n  spec:\n"
            "    containers:\n    - name: a # the one\n      image: example.org/a:1\n"
        )
        text = "{{- range .Values.extra }}\n---\n{{ tpl (toYaml .) $ }}\n{{- end }}\n"
        outcome = level(chart(tmp_path / "a", values=values, templates__e=text))
        assert outcome.proof.holds
        assert new(outcome)["extra"][0]["spec"]["securityContext"]["runAsNonRoot"] is True
        assert b"- name: a # the one\n" in outcome.files["values.yaml"][1]


@slow
@needs_helm
@pytest.mark.usefixtures("helm")
class TestCharts:
    """Charts within charts, and what else charts have."""

    def test_own_bought_aliased_and_packed(self, tmp_path: Path) -> None:
        where = "  version: 1.0.0\n  repository: https://charts.example.org\n"
        root = chart(
            tmp_path / "all",
            values="global:\n  hostPID: true # debug\nown: {automount: true}\n",
            more="dependencies:\n- name: own\n  version: 1.0.0\n- name: bought\n"
            f"{where}- name: bought\n  alias: second\n{where}- name: packed\n{where}",
        )
        text = PLAIN.replace(
            "    spec:\n", "    spec:\n      hostPID: {{ .Values.global.hostPID }}\n"
        )
        for name in ("own", "bought"):
            chart(root / "charts" / name, templates__d=text)
        packed = chart(tmp_path / "packed", templates__d=PLAIN)
        with tarfile.open(root / "charts/packed-1.0.0.tgz", "w:gz") as archive:
            archive.add(packed, "packed")
        shutil.rmtree(packed)
        outcome = level(tmp_path)
        assert outcome.proof.holds, outcome.proof.what
        assert sorted(outcome.files) == ["all/charts/own/values.yaml", "all/values.yaml"]
        made = new(outcome, "all/values.yaml")
        assert made["global"] == {"hostPID": False}
        assert made["own"] == {"automount": True}
        for name in ("bought", "second", "packed"):
            assert made[name]["podSecurityContext"]["runAsNonRoot"] is True
        assert not why(outcome)

    def test_a_library(self, tmp_path: Path) -> None:
        root = chart(
            tmp_path / "a", more="dependencies: [{name: lib, version: 1.0.0}]\n",
            templates__d='{{- include "lib.deployment" . }}\n',
        )  # fmt: skip
        lib = chart(root / "charts/lib", more="type: library\n", values=None)
        laid(lib, templates___d="")
        (lib / "templates/_d.tpl").write_text(
            '{{- define "lib.deployment" -}}\n' + PLAIN + "{{- end -}}\n"
        )
        outcome = level(root)
        assert outcome.proof.holds, outcome.proof.what
        assert list(outcome.files) == ["values.yaml"]
        assert not why(outcome)

    def test_other_files_of_values(self, tmp_path: Path) -> None:
        """What is given to helm with -f holds: where such a file says otherwise, that is told."""
        root = chart(tmp_path / "a", templates__d=PLAIN)
        laid(root, values___prod="podSecurityContext: {runAsNonRoot: false, fsGroup: 1}\n")
        laid(root, ci__all___values="podSecurityContext: {runAsNonRoot: true}\nautomount: false\n")
        outcome = level(root)
        assert outcome.proof.holds
        (said,) = [one for one in outcome.cautions if "(-f)" in one]
        assert said.endswith(
            "prod.yaml says podSecurityContext.runAsNonRoot too, which holds where helm is given "
            "it (-f)"
        )

    def test_dependencies_that_are_not_beside_it(self, tmp_path: Path) -> None:
        """A folder of the target is laid in, what is off is not missed, the rest is told."""
        where = "  version: 1.0.0\n  repository: https://charts.example.org\n"
        chart(tmp_path / "libs/web", templates__d=PLAIN)
        root = chart(
            tmp_path / "apps/shop",
            values="web: {automount: false}\nspare: {enabled: false}\n",
            more="dependencies:\n- name: web\n  version: 9.9.9\n  repository: file://../../libs/web\n"
            f"- name: spare\n{where}  condition: spare.enabled\n",
            templates__c="apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
        )
        (root / "Chart.lock").write_text("dependencies: []\n")
        outcome = level(tmp_path)
        assert outcome.proof.holds, outcome.proof.what
        assert list(outcome.files) == ["libs/web/values.yaml"]
        assert not outcome.last.result.problems
        found = {n.path for n in outcome.first.facts.nodes if isinstance(n, Workload)}
        assert found == {f"{name}/Chart.yaml!/rendered.yaml" for name in ("apps/shop", "libs/web")}
        file = root / "Chart.yaml"
        file.write_text(file.read_text() + f"- name: gone\n{where}")
        outcome = level(tmp_path)
        (problem,) = outcome.last.result.problems
        assert problem.what == "chart apps/shop is rendered without gone: not in its charts/"
        assert problem.advice.startswith("helm dependency build apps/shop")
        assert outcome.files

    @pytest.mark.parametrize(
        "source", ["file://../../../out", "file:///etc", "file://..", "file://."]
    )
    def test_a_dependency_outside_the_target(self, tmp_path: Path, source: str) -> None:
        chart(tmp_path / "out", templates__d=PLAIN)
        more = f"dependencies: [{{name: web, version: 1.0.0, repository: '{source}'}}]\n"
        chart(tmp_path / "in/apps/shop", more=more, templates__d=PLAIN)
        outcome = level(tmp_path / "in")
        (problem,) = outcome.last.result.problems
        assert "is rendered without web" in problem.what

    def test_a_schema_that_refuses_one_of_them(self, tmp_path: Path) -> None:
        root = chart(tmp_path / "a", templates__d=PLAIN)
        closed = {
            "type": "object", "additionalProperties": False,
            "properties": {"runAsNonRoot": {"type": "boolean"}},
        }  # fmt: skip
        schema = {"properties": {"podSecurityContext": closed}}
        (root / "values.schema.json").write_bytes(msgspec.json.encode(schema))
        outcome = level(root)
        assert outcome.proof.holds, outcome.proof.what
        assert new(outcome)["podSecurityContext"] == {"runAsNonRoot": True}
        assert new(outcome)["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        # What the pod may not say is said of its container.
        assert new(outcome)["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not why(outcome)
        schema["properties"]["securityContext"] = {
            **closed, "properties": {"capabilities": {}, "allowPrivilegeEscalation": {}}
        }  # fmt: skip
        (root / "values.schema.json").write_bytes(msgspec.json.encode(schema))
        outcome = level(root)
        assert outcome.proof.holds, outcome.proof.what
        assert "seccompProfile" not in new(outcome)["securityContext"]
        (said,) = why(outcome)
        assert "'seccompProfile' not allowed" in said

    def test_a_value_that_makes_something_else_too(self, tmp_path: Path) -> None:
        text = (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  all: |\n"
            "    {{- toYaml .Values.securityContext | nindent 4 }}\n"
        )
        outcome = level(chart(tmp_path / "a", templates__d=PLAIN, templates__c=text))
        assert outcome.proof.holds, outcome.proof.what
        assert new(outcome)["securityContext"] == {}
        assert new(outcome)["podSecurityContext"]["runAsNonRoot"] is True
        assert set(why(outcome)) == {"it would also change ConfigMap/c data.all"}

    def test_what_differs_each_time_is_no_hindrance(self, tmp_path: Path) -> None:
        text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n"
        text += (
            '  a: {{ randAlphaNum 9 | quote }}\n  b: {{ (lookup "v1" "Secret" "a" "b") | quote }}\n'
        )
        text += '  c: {{ required "host!" .Values.automount | quote }}\n'
        text += '  d: {{ include (print $.Template.BasePath "/d.yaml") . | sha256sum }}\n'
        outcome = level(chart(tmp_path / "a", templates__d=PLAIN, templates__c=text))
        assert "podSecurityContext" not in outcome.files  # its sum stands in the ConfigMap
        assert outcome.proof.holds
        text = text[: text.index("  d: ")]
        outcome = level(chart(tmp_path / "a", templates__d=PLAIN, templates__c=text))
        assert outcome.proof.holds
        assert not why(outcome)

    def test_plain_files_hooks_and_definitions(self, tmp_path: Path) -> None:
        """What is no template is judged, and edited, where it stands, and once."""
        pod = (
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations: {helm.sh/hook: test}\n"
        )
        pod += "spec:\n  containers:\n  - name: a\n    image: example.org/a:1\n"
        crd = (
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
            "metadata: {name: xs.example.org}\nspec:\n  group: example.org\n  scope: Namespaced\n"
            "  names: {plural: xs, kind: X}\n  versions:\n"
            "  - name: v1\n    served: true\n    storage: true\n"
            "    schema: {openAPIV3Schema: {type: object}}\n"
        )
        root = chart(tmp_path / "a", templates__d=PLAIN, templates__p=pod, crds__c=crd)
        outcome = level(root)
        assert outcome.proof.holds, outcome.proof.what
        assert sorted(outcome.files) == ["templates/p.yaml", "values.yaml"]
        found = [n for n in outcome.first.facts.nodes if isinstance(n, Workload)]
        assert sorted(n.path for n in found) == ["Chart.yaml!/rendered.yaml", "templates/p.yaml"]

    @pytest.mark.parametrize("asks", ["'>=1.30.0-0'", "<1.25", ">= 1.19 < 1.22"])
    def test_versions_of_kubernetes(self, tmp_path: Path, asks: str) -> None:
        outcome = level(
            chart(
                tmp_path / "a",
                more=f"kubeVersion: '{asks}'\n".replace("''", "'"),
                templates__d=PLAIN,
            )
        )
        assert outcome.proof.holds
        assert not why(outcome)

    def test_a_version_that_there_is_not(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        root = chart(tmp_path / "a", more="kubeVersion: '>=9'\n", templates__d=PLAIN)
        assert main([str(root), "--render", "--quiet"]) == 1
        assert "its kubeVersion names no" in capsys.readouterr().out


@needs_helm
@pytest.mark.usefixtures("helm")
class TestLeft:
    """What is no plain value, or not certain, is left and told."""

    def test_literals(self, tmp_path: Path) -> None:
        text = HEAD + (
            "      hostPID: true\n      containers:\n      - name: a\n"
            "        image: example.org/{{ .Values.x }}:1\n        securityContext:\n"
            "          privileged: true\n"
        )
        outcome = level(chart(tmp_path / "a", values="x: a\n", templates__d=text), Level.BASELINE)
        assert not outcome.files
        where = "no plain value sets it: in templates/d.yaml:"
        inner = "spec.template.spec.containers[0].securityContext"
        assert sorted(why(outcome)) == [
            f"{where}10, below spec.template.spec, write hostPID: false",
            f"{where}15, below {inner}, write privileged: false",
        ]

    def test_no_file_of_values(self, tmp_path: Path) -> None:
        text = PLAIN.replace("{{ .Values.image.repository }}:{{ .Values.image.tag }}", "a:1")
        text = text.replace("{{ .Values.automount }}", "false")
        outcome = level(chart(tmp_path / "a", values=None, templates__d=text))
        assert not outcome.files
        assert (
            "write podSecurityContext: {runAsNonRoot: true} to values.yaml, which has no values"
        ) in why(outcome)

    def test_aliases(self, tmp_path: Path) -> None:
        values = VALUES.replace(
            "podSecurityContext: {}", "x: &c {fsGroup: 1}\npodSecurityContext: *c"
        )
        outcome = level(chart(tmp_path / "a", values=values, templates__d=PLAIN))
        assert outcome.proof.holds
        assert any("it is the alias *c of a value elsewhere" in one for one in why(outcome))
        assert new(outcome)["podSecurityContext"] == {"fsGroup": 1}

    def test_a_value_that_does_something_else(self, tmp_path: Path) -> None:
        """The template looks as if it took the value, and renders another."""
        line = "      hostPID: {{ .Values.hostPID }}\n"
        text = HEAD + "      hostPID: true\n{{- if .Values.never }}\n" + line + "{{- end }}\n"
        text += "      containers: [{name: a, image: 'example.org/a:1'}]\n"
        root = chart(tmp_path / "a", values="hostPID: true\n", templates__d=text)
        outcome = level(root, Level.BASELINE)
        assert outcome.proof.holds
        assert not outcome.files
        assert any(one.startswith("no plain value sets it") for one in why(outcome))

    def test_a_chart_that_can_not_be_rendered(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        root = chart(tmp_path / "a", templates__d=PLAIN + '{{ required "host!" .Values.host }}\n')
        assert main([str(root), "--render", "--quiet"]) == 1
        said = capsys.readouterr().out
        assert "not judged: helm could not render" in said
        assert "host!" in said


def test_without_helm_it_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A chart that nobody renders stays, as not judged."""
    monkeypatch.setenv("PATH", "/nowhere")
    root = chart(tmp_path / "a", templates__d=PLAIN)
    assert main([str(root), "--render", "--level", "restricted", "--quiet"]) == 1
    said = capsys.readouterr().out
    assert "helm is not installed" in said
    assert "nothing to change" in said


class TestRead:
    """What a reading of templates finds."""

    def read(self, text: str, **more: str) -> dict[tuple[str, Keys], templates.Taken]:
        made = templates.read(text, templates.named(more))
        return {(".".join(one.path), one.values): one for one in made.takes}

    def test_plain(self) -> None:
        found = self.read(PLAIN)
        pod = "spec.template.spec"
        assert found[f"{pod}.securityContext", ("podSecurityContext",)].whole
        inner = f"{pod}.containers.[].securityContext"
        assert found[inner, ("securityContext",)].whole
        assert not found[f"{pod}.automountServiceAccountToken", ("automount",)].whole
        assert (f"{pod}.containers.[].image", ("image", "tag")) in found

    def test_actions_over_lines_and_comments(self) -> None:
        text = (
            "{{- /* a: {{ .Values.no }}\n */ -}}\nkind: Pod\nspec:\n  {{- if and\n    .Values.a\n"
            "    .Values.b }}\n  hostPID: true\n  {{- end }}\n  hostIPC: {{ .Values.c }}\n"
        )
        found = self.read(text)
        assert {values for (path, values) in found if path == "spec.hostPID"} == {("a",), ("b",)}
        assert ("spec.hostIPC", ("c",)) in found
        assert not any("no" in values for _, values in found)

    def test_named_in_named(self) -> None:
        inner = (
            '{{- define "b" -}}\nx: {{ .pid }}\ny:\n  {{- include "c" $ | nindent 2 }}\n{{- end }}'
        )
        inner += '{{- define "c" -}}\nz: {{ .Values.z }}\nw: 1\n{{- end }}'
        text = 'kind: Pod\nspec:\n  {{- include "b" .Values.deep | nindent 2 }}\n'
        text += "  v: {{ .Values.v }}\n"
        found = self.read(text, helpers=inner)
        assert set(found) == {
            ("spec.x", ("deep", "pid")), ("spec.y.z", ("z",)), ("spec.v", ("v",)),
        }  # fmt: skip

    def test_a_template_that_includes_itself(self) -> None:
        text = '{{- define "a" -}}\nb: {{ .Values.c }}\n' + '{{ include "a" . }}\n' * 2
        text += "{{- end }}"
        assert self.read('kind: Pod\nspec:\n  {{ include "a" . | nindent 2 }}\n', helpers=text)

    @settings(max_examples=300)
    @given(st.text(alphabet="{}-.|:# \nabV\"'~&*[]<>!%$(/=", max_size=300))
    def test_any_text(self, text: str) -> None:
        body = f"kind: Pod\n{text}\nhostPID: {{{{ .Values.a }}}}\n"
        made = templates.read(
            body, templates.named({"a": f'{{{{ define "a" }}}}{text}', "b": text})
        )
        assert all(one.values and one.path for one in made.takes)

    @pytest.mark.parametrize(
        "part",
        [
            "a: {{ " + "- | " * 50_000,
            "{{- ",
            "{{/* ",
            "{{ if .Values.a }}\n",
            "- - - a:\n",
            "{{\n",
            '{{ include "a" . | nindent 2 }}\n',
            "  a:\n",
            '{{ define "a" }}{{ include "a" . }}\n',
        ],
    )
    def test_long(self, part: str) -> None:
        text = "kind: Pod\n" + part * (400_000 // len(part))
        assert templates.read(text, templates.named({"a": text})).takes is not None


class TestOutput:
    """What helm prints, file by file."""

    DATA = (
        b"---\n# Source: web/templates/a.yaml\nkind: A\n---\n"
        b"# Source: web/charts/s/templates/b.yaml\n"
        b"kind: B\nx: '---'\n---\n# Source: web/crds/c.yaml\nkind: C\n---\n# no source\nkind: D\n"
    )

    def test_pieces(self) -> None:
        found = list(pieces(self.DATA))
        assert [(one.source, one.line) for one in found] == [
            ("templates/a.yaml", 1), ("charts/s/templates/b.yaml", 4), ("crds/c.yaml", 8),
        ]  # fmt: skip
        assert source_at(self.DATA, 6) == "charts/s/templates/b.yaml"
        assert source_at(self.DATA, 13) == "crds/c.yaml"
        left = without(self.DATA, found[:1] + found[2:])
        assert left.count(b"\n") == self.DATA.count(b"\n")
        assert left.strip() == self.DATA[found[1].start : found[1].end].strip()

    def test_documents(self) -> None:
        text = b"kind: A\n---\n# b\nkind: B\n"
        assert documents(text) >= {b"kind: A", b"# b\nkind: B", text.strip()}

    @settings(max_examples=200)
    @given(st.lists(st.sampled_from(["---\n", "# Source: ", "a/b\n", "kind: A\n", "\n", "---"])))
    def test_any(self, parts: list[str]) -> None:
        data = "".join(parts).encode()
        found = list(pieces(data))
        assert all(a.end == b.start for a, b in itertools.pairwise(found))
        assert all(data.count(b"\n", 0, one.start) + 1 == one.line for one in found)
        assert without(data, found).count(b"\n") == data.count(b"\n")
        documents(data)


@settings(max_examples=100)
@given(
    st.recursive(
        st.one_of(
            st.none(), st.integers(0, 1 << 80), st.text(max_size=5),
            st.sampled_from(["..", "**", "web", "file://..", "file://../lib", "file:///", "a.b,c"]),
        ),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(["name", "repository", "condition", "alias"]), inner, max_size=4
            ),
        ),
        max_leaves=12,
    )
)  # fmt: skip
def test_any_dependencies(odd: Any) -> None:
    """Whatever a chart says of what it lacks: nothing but its own copy is touched."""
    with TemporaryDirectory() as kept:
        copy, root = Path(kept, "copy"), Path(kept, "root")
        for folder in (copy, root / "app", root / "lib"):
            folder.mkdir(parents=True)
            (folder / "Chart.yaml").write_text(json.dumps({"name": "x", "dependencies": odd}))
        (copy / "values.yaml").write_text(json.dumps({"a": odd}))
        before = sorted(Path(kept).rglob("*"))
        with contextlib.suppress(InputError):
            lacks = _settled(copy, root / "app", root)
            assert all(isinstance(one, str) for one in lacks)
        new = set(Path(kept).rglob("*")) - set(before)
        assert all(one.is_relative_to(copy / "charts") for one in new)


def test_differences() -> None:
    """What an edit explains: the field, below it, and the same field of another object."""

    def pod(name: str, **spec: Any) -> dict[str, Any]:
        return {"kind": "Pod", "metadata": {"name": name}, "spec": spec}

    old = [pod("a", hostPID=True, v=[1, 2, 3]), pod("b", hostPID=True, x=1)]
    edits = [(("Pod", "", "a"), "spec.hostPID")]
    assert not differences(old, [pod("a", hostPID=False, v=[1, 2, 3]), pod("b", x=1)], edits)
    assert differences(old, [old[0], pod("b", hostPID=True, x=2)], edits) == ["Pod/b spec.x"]
    assert differences(old, old[:1], edits) == ["Pod/b"]
    assert (
        differences(old[:1], [pod("a", hostPID=True, v=[1, 3])], [(("Pod", "", "a"), "spec.v[1]")])
        == []
    )
    assert differences([pod("a", x={})], [pod("a", x={"y": 1})], edits) == ["Pod/a spec.x.y"]


names = st.sampled_from(["a", "b", "context", "items", "x.y"])
trees = st.dictionaries(
    names,
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(0, 9), st.just("t")),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)
        ),
        max_leaves=8,
    ),
    min_size=1, max_size=4,
)  # fmt: skip


@settings(max_examples=100)
@given(trees, st.data())
def test_marks(tree: dict[str, Any], data: st.DataObject) -> None:
    """Whatever mappings a chart puts wherever, each field of them is known to be that value."""
    maps = [path for path, value in every(tree, ()) if path and isinstance(value, dict)]
    shown = data.draw(st.lists(st.sampled_from(maps), unique=True)) if maps else []

    def made(values: Any) -> list[dict[str, Any]]:
        held = {f"k{i}": {"in": [0, at(values, path)]} for i, path in enumerate(shown)}
        return [{"kind": "Pod", "metadata": {"name": "p"}, "spec": held}]

    bench: Any = SimpleNamespace(values=lambda: tree, with_values=made)
    found = Values(bench)
    item = Workload("x", kind="Pod", name="p")
    for i, path in enumerate(shown):
        where = steps(f"spec.k{i}.in[1].some.key")
        assert found.origin(item, where) == (*path, "some", "key")
    assert found.origin(item, steps("spec.other")) == ()


def test_a_loop_that_a_mark_breaks() -> None:
    """Then those mappings alone are marked that are hardly looped over."""
    tree = {"jobs": {"a": {"image": "x", "securityContext": {}}}}

    def made(values: Any) -> list[dict[str, Any]]:
        held = {name: {"at": job["securityContext"]} for name, job in values["jobs"].items()}
        return [{"kind": "Pod", "metadata": {"name": "p"}, "spec": held}]

    def strict(values: Any) -> list[dict[str, Any]]:
        with contextlib.suppress(TypeError):
            return made(values)
        raise InputError("can't evaluate field securityContext in type string")

    bench: Any = SimpleNamespace(values=lambda: tree, with_values=strict)
    item = Workload("x", kind="Pod", name="p")
    path = ("jobs", "a", "securityContext", "z")
    assert Values(bench).origin(item, steps("spec.a.at.z")) == path
