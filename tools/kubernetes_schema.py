"""Write src/keten/formats/kubernetes/api.json from the OpenAPI document of Kubernetes.

    go mod download -json k8s.io/kubernetes@v1.36.3      # names the module's folder, Dir
    python tools/kubernetes_schema.py DIR/api/openapi-spec/swagger.json 1.36.3

The document is Apache-2.0; what is taken from it are facts: the names of the fields and the
JSON type of each. One line a type: ``"PodSpec": {"containers": "[Container", ...}``. A field's
type is a letter (``s`` string, ``b`` boolean, ``i`` int32, ``I`` int64, ``f`` number, ``y``
base64, ``q`` quantity, ``t`` time, ``u`` time with microseconds, ``x`` int or string, ``*``
anything) or the name of a type, behind ``[`` for a list and ``{`` for a map of it.
"""

import json
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "src/keten/formats/kubernetes/api.json"

_NAMED = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "q",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "t",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "u",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "x",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "*",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Patch": "*",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "*",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON": "*",
}
_UNION = {"JSONSchemaPropsOrArray", "JSONSchemaPropsOrBool", "JSONSchemaPropsOrStringArray"}
_PLAIN = {
    ("string", None): "s",
    ("boolean", None): "b",
    ("integer", "int32"): "i",
    ("integer", "int64"): "I",
    ("integer", None): "I",
    ("number", "double"): "f",
    ("string", "byte"): "y",
    ("string", "date-time"): "t",
}


def main(path: str, version: str) -> None:
    """Read the document at *path* and write the data of *version*."""
    definitions = json.loads(Path(path).read_bytes())["definitions"]
    names = _names(definitions)
    types = {}
    kinds = {}
    for full, body in definitions.items():
        if full in _NAMED or full.rpartition(".")[2] in _UNION:
            continue
        name = names[full]
        fields = body.get("properties", {})
        types[name] = {field: _code(spec, names) for field, spec in sorted(fields.items())}
        for kind in body.get("x-kubernetes-group-version-kind", ()):
            group, version_, word = kind["group"], kind["version"], kind["kind"]
            if not word.endswith("Options") and word != "WatchEvent":
                kinds[f"{group}/{version_}/{word}".lstrip("/")] = name
    lines = [f"  {json.dumps(name)}: {_compact(types[name])}" for name in sorted(types)]
    heads = [f"  {json.dumps(k)}: {json.dumps(kinds[k])}" for k in sorted(kinds)]
    source = "k8s.io/kubernetes api/openapi-spec/swagger.json, Apache-2.0"
    text = (
        f'{{"version": {json.dumps(version)},\n"source": {json.dumps(source)},\n'
        f'"kinds": {{\n{_join(heads)}\n}},\n"types": {{\n{_join(lines)}\n}}}}\n'
    )
    TARGET.write_text(text)
    print(f"{len(kinds)} kinds, {len(types)} types, {len(text)} bytes")


def _compact(fields: dict[str, str]) -> str:
    return json.dumps(fields, separators=(",", ":"))


def _join(lines: list[str]) -> str:
    return ",\n".join(lines)


def _names(definitions: dict[str, Any]) -> dict[str, str]:
    """Return a short name for each definition: the last word, with group and version if taken."""
    ends: dict[str, list[str]] = {}
    for full in definitions:
        ends.setdefault(full.rpartition(".")[2], []).append(full)
    names = {}
    for end, fulls in ends.items():
        for full in fulls:
            names[full] = end if len(fulls) == 1 else ".".join(full.split(".")[-3:])
    return names


def _code(spec: dict[str, Any], names: dict[str, str]) -> str:
    if ref := spec.get("$ref"):
        full = ref.rpartition("/")[2]
        if full in _NAMED:
            return _NAMED[full]
        end = full.rpartition(".")[2]
        return f"|{end.removeprefix('JSONSchemaPropsOr')}" if end in _UNION else names[full]
    kind = spec.get("type")
    if kind == "array":
        return "[" + _code(spec["items"], names)
    if kind == "object":
        inner = spec.get("additionalProperties")
        return "{" + _code(inner, names) if isinstance(inner, dict) else "*"
    return _PLAIN[kind, spec.get("format")] if kind else "*"


if __name__ == "__main__":
    main(*sys.argv[1:])
