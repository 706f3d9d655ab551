"""The reader beside a real API server: random spellings, by ``kubectl apply --dry-run=server``.

The programs are built once, outside the tree: kube-apiserver and kubectl of Kubernetes 1.36
from the module k8s.io/kubernetes (``CGO_ENABLED=0 go build k8s.io/kubernetes/cmd/kubectl``)
into KETEN_PEERS, etcd is Debian's etcd-server.
"""

import json
import random
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from api_server import needs_server, serving
from suites.yaml_truth import seen

SCALARS = """
true True TRUE tRuE false no No NO off Off y Y n N yes on On oN null Null NULL ~ nULL
0 1 -1 +1 00 017 0o17 0O17 08 09 0x1F 0X1f 0b101 -0b1 0x 0o8 1_000 1__0 _1 1_ 12:30 1:30:00
190:20:30 1e3 1E3 1e+3 1e-3 1.0 1000.0 1. .5 .5e1 5.e0 -.5 +.5 1.5 1e21 1e400 0.0 -0.0 .inf
-.INF .nan +.inf
2147483647 2147483648 9223372036854775807 9223372036854775808 18446744073709551616 1e18 1e19
2024-01-01 2024-01-01T00:00:00Z 2024-1-1 foo a-b "true" 'true' "1" '' "" "null" '~' "a\\tb" 'it''s'
!!str true !!str 12 !!str !!bool yes !!bool "no" !!bool 1 !!int "12" !!int 1.0 !!int 0x10 !!float 12
!!float "1e3" !!float foo !!null "" !!null foo !!binary aGk= !!binary "?" !foo bar !foo 12
! yes ! "yes" !!timestamp 2024-01-01 !!timestamp foo !<tag:yaml.org,2002:bool> yes &a 1 &b
true [] {} [1] {a: 1}
= << @x 'a' a#b 1,000 1k 100Mi 1.5Gi 1Ki 0.1 100m 1e3m 5% - ? : -- .1.2 1.2.3 v1 0xZ é
"\\u00e9" 0777 0o777
"""
TOKENS = [
    m.group()
    for m in re.finditer(
        r"""![^ \n]* (?:"[^"\n]*"|'[^'\n]*'|[^\s]+)|![^\s]*|&\w \S+|"""
        r""""[^"\n]*"|'(?:''|[^'\n])*'|\S+""",
        SCALARS,
    )
]


_NUMBERS = """0 1 00 017 0o17 0O17 0x1F 0X1f 0b101 1_000 1__0 1_ 1e3 1E3 1e+3 1.0 1000.0 1.
5.e0 .5e1
+1 -0 08 09 ~"""
_TEXTS = """foo a-b 'it' "1" '1' 12:30 2024-01-01 nULL tRuE oN a_b a.b 1.2.3 v1 0xZ _1 0o8
null ~ '' 1k 100Mi x--y"""
FITTING = {
    "privileged": "true True TRUE false no No NO off Off y Y n N yes on On ON null ~ False",
    "runAsUser": _NUMBERS,
    "grace": _NUMBERS,
    "label": _TEXTS,
    "env": _TEXTS,
}


def pod(pick: random.Random, name: str) -> str:
    """Return a pod with one to three fields of a random spelling."""
    base = {"privileged": "false", "runAsUser": "1", "label": "x", "grace": "1", "env": "v"}
    for field in pick.sample(sorted(base), pick.choice([1, 1, 1, 2, 3])):
        base[field] = pick.choice(FITTING[field].split() if pick.random() < 0.6 else TOKENS)
    key = {"privileged": "privileged", "label": "app"}
    if pick.random() < 0.15:
        key["label"] = pick.choice([t for t in TOKENS if ": " not in t])
    if pick.random() < 0.1:
        words = [
            '"privileged"',
            "'privileged'",
            "!!str privileged",
            "? privileged\n     ",
            "Privileged",
        ]
        key["privileged"] = pick.choice(words)
    context = [f"{key['privileged']}: {base['privileged']}", f"runAsUser: {base['runAsUser']}"]
    if pick.random() < 0.15:
        context.append(
            pick.choice(
                [
                    "<<: {privileged: true}",
                    "<<: [{runAsUser: 5}, {runAsUser: 6}]",
                    "privileged: true",
                    "runAsUser: 7",
                    '"<<": {a: 1}',
                    "<<: foo",
                    "extra: 1",
                ]
            )
        )
        pick.shuffle(context)
    body = "\n".join(f"      {line}" for line in context)
    return f"""apiVersion: v1
kind: Pod
metadata:
  name: {name}
  labels:
    {key["label"]}: {base["label"]}
spec:
  terminationGracePeriodSeconds: {base["grace"]}
  containers:
  - name: a
    image: nginx
    env:
    - name: E
      value: {base["env"]}
    securityContext:
{body}
"""


def stream(pick: random.Random, number: int) -> bytes:
    """Return one file: a pod, or two with a separator of some kind."""
    first = pod(pick, f"p{number}a")
    roll = pick.random()
    if roll < 0.75:
        text = first
    elif roll < 0.8:
        text = "\ufeff" + first
    elif roll < 0.85:
        text = first.replace("\n", "\r\n")
    else:
        between = pick.choice(
            [
                "---\n",
                "--- # c\n",
                "---   \n",
                "--- a\n",
                "----\n",
                "...\n",
                "...\n---\n",
                "---\n---\n",
                "---\n# only\n---\n",
                " ---\n",
                "---\t\n",
                "%YAML 1.1\n---\n",
                "--- {}\n",
                "---\nnull\n---\n",
                "---\n[]\n---\n",
            ]
        )
        text = (
            pick.choice(["", "---\n", "# c\n---\n", "# c\n"])
            + first
            + between
            + pod(pick, f"p{number}b")
        )
    return text.encode()


def told(kubectl: list[str], folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the pods the server gives back, by name, and the files something was wrong with.

    kubectl prints no object where one is wrong, so the wrong files are set aside first.
    """
    command = [*kubectl, "apply", "--dry-run=server", "-f", str(folder), "-o"]
    first = subprocess.run([*command, "name"], capture_output=True, text=True, check=False)
    wrong = {
        found[1]: first.stderr[found.end() : found.end() + SAID]
        for found in _NAMED.finditer(first.stderr)
    }
    for name in wrong:
        (folder / name).unlink()
    done = subprocess.run([*command, "json"], capture_output=True, text=True, check=True)
    return {item["metadata"]["name"]: item for item in json.loads(done.stdout)["items"]}, wrong


SAID = 250
_NAMED = re.compile(r"/(f\d{4}\.yaml)")


def view(item: dict[str, Any]) -> dict[str, Any]:
    """Return what is compared of a pod of the server."""
    container = item["spec"]["containers"][0]
    made = dict(container.get("securityContext") or {})
    labels = item["metadata"].get("labels")
    return {**made, **({"labels": labels} if labels else {})}


@pytest.mark.slow
@needs_server
def test_random_spellings_are_read_as_the_server_reads_them(tmp_path: Path) -> None:
    pick = random.Random(20261122)
    files = {f"f{i:04}.yaml": stream(pick, i) for i in range(1000)}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    with serving() as kubectl:
        pods, wrong = told(kubectl, tmp_path)
    assert len(pods) > 200, wrong
    assert len(wrong) > 100
    differ: list[tuple[Any, ...]] = []
    for name, data in files.items():
        ours = seen(name, data)
        number = int(name[1:5])
        theirs = [view(pods[f"p{number}{x}"]) for x in "ab" if f"p{number}{x}" in pods]
        if name in wrong:
            if "refused" not in ours:
                differ.append((name, wrong[name], ours, data.decode()))
        elif ours != {"pods": theirs}:
            differ.append((name, theirs, ours, data.decode()))
    assert not differ, "\n\n".join(map(str, differ[:10])) + f"\n{len(differ)}"
