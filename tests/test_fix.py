"""keten fix: what it changes, what it proves, what it leaves, and how it writes."""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from shared_data import ROOT, SHARED, needs_shared

from keten import config, plugs
from keten.cli.fix import main
from keten.cluster.podsecurity.standard import Level, Pod, allows
from keten.errors import InputError
from keten.formats.yaml.fields import Edit, applied, steps
from keten.model.check import Check
from keten.model.delivery import Chart, Credential
from keten.model.finding import Change
from keten.model.kube import Workload
from keten.model.pod import PodSpec
from keten.pipeline.fixing import rounds
from keten.pipeline.fixing.kustomize import origin
from keten.pipeline.fixing.proof import Proof
from keten.pipeline.fixing.rounds import Outcome, fix
from keten.pipeline.fixing.seen import Bytes, Looker
from keten.pipeline.fixing.wishes import Asked
from keten.remedy.exact import edit_of
from keten.remedy.levels import steps_to, unique
from keten.remedy.unified import unified
from keten.testing.examples import facts_of
from keten.transport.files import Tree
from keten.transport.rewriting import rewrite

TODAY = date(2026, 11, 23)


def fixed(root: Path, asked: Asked | None = None, *, render: bool = False) -> Outcome:
    """Return what comes of fixing *root*."""
    policy = structs.replace(config.load(None, root), render=render)
    looker = Looker(root, policy, database=None, now=TODAY, progress=lambda *_: None)
    return fix(looker, looker.look({}), asked or Asked())


def laid(root: Path, **files: str) -> Path:
    """Write files; ``__`` in a name is a slash, ``_`` before ``yaml`` the dot."""
    for name, text in files.items():
        path = root / (name.replace("__", "/").removesuffix("_yaml") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: side
        image: example.org/side:1
      - name: web # main
        image: example.org/web:1
"""


class TestExact:
    """What checks say exactly is what resolves them."""

    @pytest.mark.parametrize(
        ("change", "value"),
        [
            (Change("a.b", "", "b: false", exact=True), False),
            (Change("a.b", "", "b: {type: x}", exact=True), {"type": "x"}),
            (Change("a.b", "", "[ALL]", exact=True), ["ALL"]),
            (Change("a.b.type", "", "type: x", exact=True), "x"),
            (Change('a["x/y"]', "", "x/y: z", exact=True), "z"),
        ],
    )
    def test_value(self, change: Change, value: Any) -> None:
        edit = edit_of(change)
        assert edit is not None
        assert edit.to == value
        assert not edit.remove

    def test_removal(self) -> None:
        edit = edit_of(Change("a.b", "x", "", exact=True))
        assert edit is not None
        assert edit.remove
        assert edit_of(Change("a.b", "x", "")) is None

    def test_every_check_that_says_so(self, tmp_path: Path) -> None:
        tried = []
        for name in plugs.names(Check):
            if not name.startswith(("deployment/", "runtime/", "access/", "registry/")):
                continue
            check = plugs.load(Check, name)
            if b"harden" not in (source := plugs.source(Check, name)) and b"exact" not in source:
                continue
            root = tmp_path / name
            file = root / check.bad.path
            file.parent.mkdir(parents=True)
            file.write_text(check.bad.text)
            outcome = fixed(root, Asked(checks=(name,)))
            first = [f for f in outcome.first.result.findings if f.check == name]
            if not any(f.change and f.change.exact for f in first):
                continue
            assert outcome.proof.holds, (name, outcome.proof.what)
            left = [f for f in outcome.last.result.findings if f.check == name]
            assert not left, (name, outcome.refused)
            tried.append(name)
        assert len(tried) > 15


class TestProof:
    """What is touched, and what is not."""

    def test_comments_and_other_files_stay(self, tmp_path: Path) -> None:
        root = laid(tmp_path, a=DEPLOYMENT, b=DEPLOYMENT.replace("name: web", "name: other", 1))
        outcome = fixed(root, Asked(findings=(_fingerprint(root, "privilege-escalation"),)))
        assert list(outcome.files) == ["a.yaml"]
        old, new = outcome.files["a.yaml"]
        assert b"- name: web # main\n" in new
        assert len(new.split(b"\n")) == len(old.split(b"\n")) + 2
        assert outcome.proof.holds
        assert [f.check for f in outcome.proof.gone] == ["deployment/privilege-escalation"]

    def test_all_of_one_kind(self, tmp_path: Path) -> None:
        laid(tmp_path, a=DEPLOYMENT + "---\n" + DEPLOYMENT.replace("name: web", "name: b", 1))
        outcome = fixed(tmp_path, Asked(checks=("deployment/privilege-escalation",)))
        assert len(outcome.proof.gone) == 4
        assert outcome.files["a.yaml"][1].count(b"allowPrivilegeEscalation: false") == 4

    def test_a_level_that_would_refuse_pods_is_not_enforced(self, tmp_path: Path) -> None:
        space = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"
        pod = (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\n"
            "spec:\n  hostPID: true\n  containers: [{name: a, image: 'example.org/a:1'}]\n"
        )
        asked = Asked(checks=("deployment/namespace-not-enforcing",))
        assert not fixed(laid(tmp_path, s=space, p=pod), asked).files
        both = Asked(checks=("deployment/namespace-not-enforcing", "deployment/host-pid"))
        outcome = fixed(tmp_path, both)
        assert outcome.proof.holds
        assert b"pod-security.kubernetes.io/enforce: baseline" in outcome.files["s.yaml"][1]

    def test_what_a_privileged_container_hid_comes_to_light(self, tmp_path: Path) -> None:
        text = DEPLOYMENT + "        securityContext:\n          privileged: true\n"
        outcome = fixed(laid(tmp_path, a=text), Asked(checks=("deployment/privileged-container",)))
        assert outcome.proof.holds
        assert {f.check for f in outcome.proof.bared} >= {"deployment/privilege-escalation"}

    def test_an_alias_is_refused_and_the_rest_is_done(self, tmp_path: Path) -> None:
        text = DEPLOYMENT.replace(
            "image: example.org/side:1",
            "image: example.org/side:1\n        securityContext: &s {readOnlyRootFilesystem: true}",
        )
        text += "        securityContext: *s\n"
        outcome = fixed(laid(tmp_path, a=text), Asked(checks=("deployment/*",)))
        assert outcome.proof.holds
        assert any("anchor &s" in why for why in outcome.refused.values())
        assert b"automountServiceAccountToken: false" in outcome.files["a.yaml"][1]

    def test_a_list_in_json(self, tmp_path: Path) -> None:
        items = [yaml.safe_load(DEPLOYMENT), yaml.safe_load(DEPLOYMENT.replace("web", "api"))]
        data = msgspec.json.encode({"apiVersion": "v1", "kind": "List", "items": items})
        (tmp_path / "all.json").write_bytes(msgspec.json.format(data, indent=4))
        outcome = fixed(tmp_path, Asked(level=Level.RESTRICTED))
        assert outcome.proof.holds
        assert msgspec.json.decode(outcome.files["all.json"][1])["items"][1]["metadata"]
        assert passes(outcome, Level.RESTRICTED)


def _fingerprint(root: Path, check: str) -> str:
    looker = Looker(
        root, config.load(None, root), database=None, now=TODAY, progress=lambda *_: None
    )
    found = [f for f in looker.look({}).result.findings if f.check.endswith(check)]
    return found[0].fingerprint


def passes(outcome: Outcome, level: Level) -> bool:
    found = [n for n in outcome.last.facts.nodes if isinstance(n, Workload)]
    return bool(found) and all(allows(Pod(n.pod, n.pod_annotations), level) for n in found)


class TestLevels:
    """The edits for a level, against the engine itself."""

    @needs_shared
    def test_every_fixture(self) -> None:
        """Each refused pod passes after its edits, or it is said which field has none."""
        assert SHARED is not None
        tried = stuck = 0
        for file, level in _fixtures(SHARED / "vectors/pod-security"):
            pod = yaml.safe_load(file.read_text())
            found = facts_of({"pod.yaml": yaml.safe_dump(pod).encode()})
            item = next((n for n in found.nodes if isinstance(n, Workload)), None)
            if item is None:
                continue
            for _ in range(3):
                made = steps_to(item, level)
                pod = applied(pod, unique(made))
                spec = msgspec.convert(pod["spec"], PodSpec)
                notes = pod["metadata"].get("annotations") or {}
                item = structs.replace(item, pod=spec, pod_annotations=notes)
            left = steps_to(item, level)
            assert all(step.edit is None and step.why for step in left), file
            assert all(steps(step.field)[1] == "volumes" for step in left), (file, left)
            tried += 1
            stuck += bool(left)
        assert tried > 40
        assert stuck < tried / 4


def _fixtures(folder: Path) -> Iterator[tuple[Path, Level]]:
    for level in (Level.BASELINE, Level.RESTRICTED):
        for file in sorted((folder / level).rglob("*.yaml")):
            if "fail" in file.parts:
                yield file, level


class TestHostile:
    """Overlays that nobody meant to write."""

    @settings(max_examples=60)
    @given(
        st.recursive(
            st.sampled_from(
                [".", "../over", "web.yaml", "x: [", "kind: Deployment", None, 3, "a\nb: 1"]
            ),
            lambda inner: st.one_of(
                st.lists(inner, max_size=3),
                st.dictionaries(st.sampled_from(["path", "patch", "target", "kind"]), inner),
            ),
            max_leaves=8,
        )
    )
    def test_overlays(self, odd: Any) -> None:
        with TemporaryDirectory() as name:
            root = laid(
                Path(name),
                over__web=DEPLOYMENT,
                over__kustomization=json.dumps(
                    {"patches": odd, "resources": odd, "patchesStrategicMerge": odd}
                ),
            )
            held: Any = SimpleNamespace(files=Bytes(Tree(root), {}))
            chart = Chart("over/kustomization.yaml", tool="kustomize")
            item = Workload("x", kind="Deployment", name="web")
            with contextlib.suppress(InputError):
                origin(held, chart, item, Edit("spec.template.spec.hostPID", to=False))

    def test_an_overlay_of_itself(self, tmp_path: Path) -> None:
        laid(
            tmp_path,
            a__kustomization="resources: [., ../a, ../b]\n",
            b__kustomization="resources: [../a, ../b, ../a]\n",
        )
        held: Any = SimpleNamespace(files=Bytes(Tree(tmp_path), {}))
        chart = Chart("a/kustomization.yaml", tool="kustomize")
        with pytest.raises(InputError, match="in a file of the target"):
            origin(held, chart, Workload("x", kind="Pod", name="w"), Edit("spec.hostPID", to=False))


class TestWriting:
    """Files are replaced whole, or not at all."""

    def test_the_mode_stays(self, tmp_path: Path) -> None:
        file = tmp_path / "a/b.yaml"
        file.parent.mkdir()
        file.write_bytes(b"old")
        file.chmod(0o640)
        rewrite(tmp_path, "a/b.yaml", b"old", b"new")
        assert file.read_bytes() == b"new"
        assert file.stat().st_mode & 0o777 == 0o640
        assert [p.name for p in file.parent.iterdir()] == ["b.yaml"]

    @pytest.mark.parametrize("now", [b"other", b"ol", b"older"])
    def test_what_changed_meanwhile_is_left(self, tmp_path: Path, now: bytes) -> None:
        (tmp_path / "b.yaml").write_bytes(now)
        with pytest.raises(InputError, match="changed meanwhile"):
            rewrite(tmp_path, "b.yaml", b"old", b"new")
        assert (tmp_path / "b.yaml").read_bytes() == now
        assert len(list(tmp_path.iterdir())) == 1

    def test_links_are_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out/b.yaml").write_bytes(b"old")
        root = tmp_path / "root"
        root.mkdir()
        (root / "a").symlink_to("../out")
        (root / "b.yaml").symlink_to("../out/b.yaml")
        for path in ("a/b.yaml", "b.yaml"):
            with pytest.raises(InputError, match="not written"):
                rewrite(root, path, b"old", b"new")
        assert (tmp_path / "out/b.yaml").read_bytes() == b"old"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a\nb\nc", "a\nx\nc"),
        ("a\n" * 50 + "b", "a\n" * 20 + "c\n" + "a\n" * 30 + "d\n"),
        ("a\r\nb\r\n", "a\r\nb\r\nc\r\n"),
        ("a\n", "a\nb\n"),
        ("".join(f"{i}\n" for i in range(6000)), "".join(f"{i // 2}\n" for i in range(6000))),
    ],
)
def test_the_diff_applies(tmp_path: Path, old: str, new: str) -> None:
    """Git makes of the old file the new one."""
    (tmp_path / "f.yaml").write_bytes(old.encode())
    text = "".join(unified("f.yaml", old.encode(), new.encode())).encode()
    subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"],
        input=text, cwd=tmp_path, check=True, env={**os.environ, "GIT_CEILING_DIRECTORIES": "/"},
    )  # fmt: skip
    assert (tmp_path / "f.yaml").read_bytes() == new.encode()


def test_the_webshop(tmp_path: Path) -> None:
    """The example: all that is exact goes, nothing comes, and its comments stay."""
    root = shutil.copytree(ROOT / "examples/webshop", tmp_path / "webshop")
    outcome = fixed(root)
    assert outcome.proof.holds
    assert len(outcome.proof.gone) >= 7
    assert b"ask Kees." in outcome.files["deploy/base/payments.yaml"][1]


def _forms(root: Path) -> Path:
    """Write the same workload as many a tree has it."""
    plain = DEPLOYMENT.replace("# main", "#\tmain\t{x}")
    flow = json.dumps(yaml.safe_load(DEPLOYMENT.replace("name: web", "name: flow", 1)))
    texts = {
        "crlf.yaml": plain.replace("\n", "\r\n"),
        "no-end.yaml": plain.replace("name: web", "name: e", 1).rstrip("\n"),
        "mark.yaml": "\ufeff" + plain.replace("name: web", "name: m", 1),
        "one line.json": flow,
        'q"uo\\te.yaml': plain.replace("name: web", "name: q", 1),
        "lines.json": msgspec.json.format(flow.replace("flow", "lines"), indent=2) + "\n",
        "flow.yaml": f"# it's\n--- # one\n{flow.replace('flow', 'yaml')} # {{\n...\n",
        "deep/indented.yaml": plain.replace("name: web", "name: i", 1)
        .replace("      - ", "        - ").replace("        image", "          image"),
        "anchors.yaml": plain.replace("name: web", "name: &n a", 1)
        .replace("- name: web", "- name: *n"),
        "two.yaml": plain.replace("name: web", "name: t", 1) + "---\n# nothing\n---\n"
        + plain.replace("name: web", "name: u", 1),
        "beyond.yaml": plain.replace("name: web", "name: b", 1)
        .replace("main", "m\u00e4in \U0001f600"),
    }  # fmt: skip
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())
    return root


@pytest.mark.parametrize(
    "tool", [["git", "apply", "--whitespace=nowarn"], ["patch", "-p1", "--binary"]]
)
def test_the_diff_is_what_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], tool: list[str]
) -> None:
    """What the command shows, applied, is to the byte what it writes; all of it passes."""
    if not shutil.which(tool[0]):
        pytest.skip(f"{tool[0]} is not here")
    shown, written = (_forms(tmp_path / name) for name in ("shown", "written"))
    main([str(shown), "--level", "restricted", "--quiet"])
    said = capsys.readouterr().out
    diff = said[: said.index("\n\n") + 1]
    assert main([str(written), "--level", "restricted", "--quiet", "--write"]) == 0
    assert "11 files written" in capsys.readouterr().out
    subprocess.run(
        tool, input=diff.encode(), cwd=shown, check=True, capture_output=True,
        env={**os.environ, "GIT_CEILING_DIRECTORIES": "/"},
    )  # fmt: skip
    for file in sorted(p for p in written.rglob("*") if p.is_file()):
        old, new = file.read_bytes(), (shown / file.relative_to(written)).read_bytes()
        assert old == new, file
    assert main([str(written), "--level", "restricted", "--quiet"]) == 0
    assert "nothing to change" in capsys.readouterr().out


def test_nothing_unproved_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where judging again shows anything else, the files stay as they are."""
    root = laid(tmp_path, a=DEPLOYMENT)
    monkeypatch.setattr(
        rounds, "prove", lambda *_: Proof(holds=False, gone=(), what="a fact would change")
    )
    assert main([str(root), "--quiet", "--write"]) == 1
    said = capsys.readouterr()
    assert "NOT PROVED: a fact would change" in said.out
    assert "nothing is written: it is not proved" in said.err
    assert (root / "a.yaml").read_text() == DEPLOYMENT


@needs_shared
@pytest.mark.parametrize("name", ["kube-prometheus", "online-boutique"])
def test_real_estates(name: str) -> None:
    """Whole estates: every file that is edited says the same but for the edits."""
    assert SHARED is not None
    source = SHARED / "data/estates" / name
    if not source.is_dir():
        pytest.skip(f"{name} is not here")
    outcome = fixed(source, Asked(level=Level.BASELINE))
    assert outcome.proof.holds, outcome.proof.what
    outcome = fixed(source)
    assert outcome.proof.holds, outcome.proof.what
    assert outcome.proof.gone
    for old, new in outcome.files.values():
        assert [row for row in old.splitlines() if b"#" in row and b"# " in row] == [
            row for row in new.splitlines() if b"#" in row and b"# " in row
        ]


def test_what_a_line_that_is_added_moves(tmp_path: Path) -> None:
    """A secret further down is at another line, and is the same."""
    word = "c29tZXRoaW5n" + "bG9uZ2VyMTIz" + "NDU2Nzg5MA"
    text = (
        DEPLOYMENT
        + f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  api_key: {word}\n"
    )
    outcome = fixed(laid(tmp_path, a=text), Asked(level=Level.RESTRICTED))
    found = [n for n in outcome.first.facts.nodes if isinstance(n, Credential)]
    assert found
    assert outcome.proof.holds, outcome.proof.what
    assert passes(outcome, Level.RESTRICTED)
