r"""Facts as text: what ``keten graph dump`` prints and what cases are written in.

One fact a line; a node's fields follow it, indented, as JSON::

    image shop/cart:1
      registry "docker.io"
    looked image shop/cart:1 provenance
    workload a.yaml:Pod/-/p -> runs -> image shop/cart:1 observed by k8s
    problem "deploy/web.yaml" {"what":"duplicate key"}

Blank lines and lines that begin with ``#`` say nothing. Ids hold no line break; a control
character in one is written as ``\\xNN``.
"""

import msgspec

from keten.errors import InputError
from keten.model.evidence import Place, Problem
from keten.model.facts import Edge, Facts, Looked, Node, Trust
from keten.model.nodes import TYPES

_RESERVED = {"looked", "problem", "place"}


def dump(facts: Facts) -> str:
    """Return *facts* as text, sorted; evidence and problems' places included."""
    lines: list[str] = []
    for node in sorted(facts.nodes, key=lambda n: (n.ref, msgspec.json.encode(n))):
        lines += _node(node)
    lines += sorted(_edge(edge) for edge in facts.edges)
    lines += sorted(f"looked {_safe(item.ref)} {item.need}" for item in facts.looked)
    lines += [
        f"problem {_json(p.path)} {_json(_fields(p, skip='path'))}" for p in sorted(facts.problems)
    ]
    return "\n".join(lines) + "\n" if lines else ""


def parse(text: str) -> Facts:
    """Return the facts that *text* tells; InputError names the line that is no fact."""
    nodes: list[Node] = []
    edges: list[Edge] = []
    looked: list[Looked] = []
    problems: list[Problem] = []
    pending: tuple[str, dict[str, object], int] | None = None

    def flush() -> None:
        if pending is not None:
            head, fields, at = pending
            nodes.append(_to_node(head, fields, at))

    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if raw[0] in " \t":
            if pending is None:
                raise InputError(f"a field without a node: {line!r}", line=number)
            name, _, value = line.partition(" ")
            pending[1][name] = _decode(value, number)
            continue
        flush()
        pending = None
        word, _, rest = line.partition(" ")
        if word == "looked":
            ref, _, need = rest.rpartition(" ")
            looked.append(Looked(ref, need))
        elif word == "problem":
            problems.append(_problem(rest, number))
        elif " -> " in line:
            edges.append(_to_edge(line, number))
        else:
            pending = (line, {}, number)
    flush()
    return Facts(tuple(nodes), tuple(edges), tuple(looked), tuple(problems))


def _node(node: Node) -> list[str]:
    fields = msgspec.to_builtins(node)
    del fields["type"], fields["id"]
    return [_safe(node.ref), *(f"  {name} {_json(value)}" for name, value in fields.items())]


def _edge(edge: Edge) -> str:
    by = f" by {edge.by}" if edge.by else ""
    src, dst = _safe(edge.src), _safe(edge.dst)
    return f"{src} -> {edge.relation} -> {dst} {edge.trust.name.lower()}{by}"


def _to_node(head: str, fields: dict[str, object], line: int) -> Node:
    word, _, key = head.partition(" ")
    if word not in TYPES or word in _RESERVED:
        raise InputError(f"not a fact: {head!r}", line=line)
    known = {field.encode_name for field in msgspec.structs.fields(TYPES[word])}
    if unknown := sorted(fields.keys() - known):
        raise InputError(f"{head}: no field {unknown[0]!r}", line=line)
    try:
        return msgspec.convert({**fields, "type": word, "id": key}, TYPES[word])
    except msgspec.ValidationError as error:
        raise InputError(f"{head}: {error}", line=line) from error


def _to_edge(text: str, line: int) -> Edge:
    src, relation, rest = text.split(" -> ", 2)
    rest, _, by = rest.partition(" by ")
    dst, _, trust = rest.rpartition(" ")
    try:
        return Edge(src, relation, dst, Trust[trust.upper()], by=by)
    except KeyError:
        raise InputError(
            f"an edge ends in claimed, observed or verified: {text!r}", line=line
        ) from None


def _problem(text: str, line: int) -> Problem:
    decoder = msgspec.json.Decoder()
    try:
        path, end = text.split(" {", 1)
        return msgspec.convert({"path": decoder.decode(path), **decoder.decode("{" + end)}, Problem)
    except (ValueError, msgspec.MsgspecError) as error:
        raise InputError(f"not a problem: {text!r}", line=line) from error


def _fields(record: Problem | Place, *, skip: str) -> dict[str, object]:
    return {k: v for k, v in msgspec.to_builtins(record).items() if k != skip}


def _decode(text: str, line: int) -> object:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise InputError(f"a field's value is JSON: {text!r}: {error}", line=line) from error


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _safe(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
