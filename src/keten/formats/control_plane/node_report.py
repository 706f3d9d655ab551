"""What the node script printed, as the nodes that its files and processes are.

A line is ``word rest``; ``|`` begins a line of a text or an argument of a process, ``$`` a
variable of etcd's environment. The report must close with ``end``: one that does not was cut.
"""

from collections.abc import Container, Iterator, Mapping

from msgspec import Struct, field, structs

from keten.errors import CeilingError, InputError
from keten.formats.control_plane import command_lines as lines
from keten.formats.control_plane import credentials, k3s, kubelet, node_settings, pods, server_files
from keten.formats.control_plane.gathered import Found, documents
from keten.formats.control_plane.node_script import HEAD
from keten.model import control_plane as plane

BYTES = 32 << 20
ENTRIES = 40_000
"""The most files, texts and processes of one report."""
DROPIN, DROPINS, RANCHER = "kubelet-dropin", "kubelet-dropins", "rancher-config"
"""What the script calls a drop-in of the kubelet, their folder, and k3s's and RKE2's files."""
_CUT = "the report ends in the middle: the script was stopped"
_HIDDEN = "what starts it is put together by a shell or a file: its flags are not all known"
_ADVICE = "Run the script as root and keep all that it prints."


class Process(Struct):
    """A process: its words, and etcd's variables."""

    words: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)


class Report(Struct):
    """A report, as it was printed."""

    host: str = ""
    files: list[plane.NodeFile] = field(default_factory=list)
    texts: dict[str, tuple[str, list[str], int]] = field(default_factory=dict)
    processes: list[tuple[int, Process]] = field(default_factory=list)
    ended: bool = False
    changed: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)


def read(data: bytes, path: str) -> Iterator[Found]:
    """Yield what a report tells. InputError for what is none, or is not whole."""
    report = parse(data, path)
    if not report.ended:
        raise InputError(_CUT, advice=_ADVICE)
    for file in report.files:
        yield Found(file, {}, report.lines.get(file.id, 1))
    node = _node(report)
    running = set()
    for line, process in report.processes:
        for item in _component(process, report.host, path, line, node):
            running.add(item.node.name)
            yield item
    for where, (role, text, line) in report.texts.items():
        whole = "\n".join(text).encode("utf-8", "replace")
        one = _Text(
            role, whole, f"{path}:{where}", report.host, line, path,
            report.changed.get(where, ""), node.texts,
        )  # fmt: skip
        yield from _text(one, running)
    yield from _rancher(report, node, path, running)


def _rancher(
    report: Report, node: node_settings.Node, path: str, running: set[str]
) -> Iterator[Found]:
    """Yield what k3s's or RKE2's files say together of programs that do not tell it themselves."""
    for product in ("k3s", "rke2"):
        main = f"/etc/rancher/{product}/config.yaml"
        texts = sorted(
            where
            for where, (role, _, _) in report.texts.items()
            if role == RANCHER and (where == main or where.startswith(f"{main}.d/"))
        )
        said = k3s.merged(
            document.value for where in texts for document in documents(node.texts[where])
        )
        if not k3s.is_one(said):
            continue
        line = report.texts[texts[0]][2]
        for one in k3s.found(said, {}, f"{path}:{main}", line):
            if one.node.name not in running:
                held = node_settings.embedded(one.node, product, node)
                made = structs.replace(
                    one.node, node=report.host, at={}, flags=held.flags, config=held.config
                )
                yield Found(made, {}, line, not held.lacks, held.lacks, _ADVICE)


def parse(data: bytes, path: str) -> Report:
    """Return the report in *data*; InputError for what is none."""
    if len(data) > BYTES:
        raise CeilingError(f"a report of {len(data):,} bytes; keten reads {BYTES:,}")
    rows = data.decode("utf-8", "replace").split("\n")
    if rows[0].strip() != HEAD:
        raise InputError(f"a report that does not begin with {HEAD}", line=1)
    report, entries = Report(), 0
    into: list[str] | None = None
    process: Process | None = None
    for number, row in enumerate(rows[1:], 2):
        if row.startswith("|"):
            if into is not None:
                into.append(row[1:])
            continue
        if row.startswith("$"):
            name, _, value = row[1:].partition("=")
            if process is not None and len(process.variables) < lines.WORDS:
                process.variables[name] = value
            continue
        entries += 1
        if entries > ENTRIES:
            raise CeilingError(f"a report of more than {ENTRIES:,} entries", line=number)
        word, _, rest = row.partition(" ")
        into = None
        if word == "host":
            report.host = rest.strip()[:253]
        elif word == "file":
            file = _file(rest, report.host, path)
            if file is not None and all(file.id != known.id for known in report.files[-3:]):
                report.files.append(file)
                report.lines.setdefault(file.id, number)
        elif word == "changed":
            seconds, _, where = rest.partition(" ")
            report.changed.setdefault(where, _day(seconds))
        elif word == "text":
            role, _, where = rest.partition(" ")
            into = []
            report.texts.setdefault(where, (role, into, number))
        elif word == "process":
            process = Process()
            into = process.words
            report.processes.append((number, process))
        elif word == "end":
            report.ended = True
    report.files = [
        structs.replace(file, changed=report.changed.get(file.path, ""))
        for file in {file.id: file for file in report.files}.values()
    ]
    return report


def _day(seconds: str) -> str:
    """Return the day of a time in seconds since 1970; "" for what is none."""
    from datetime import UTC, datetime

    if not seconds.isdecimal() or not seconds.isascii() or len(seconds) > 11:  # noqa: PLR2004 the year 5138
        return ""
    return datetime.fromtimestamp(int(seconds), UTC).date().isoformat()


def _file(rest: str, host: str, path: str) -> plane.NodeFile | None:
    """Return a file as ``ROLE -rw------- OWNER GROUP PATH`` tells it."""
    parts = rest.split(" ", 4)
    if len(parts) < 5 or len(parts[1]) < 10:  # noqa: PLR2004 as in the docstring
        return None
    role, mode, owner, group, where = parts
    bits = 0
    for char in mode[1:10]:
        bits = bits << 1 | (char in "rwxst")
    return plane.NodeFile(f"{path}:{where}", where, host, role, bits, owner, group, mode[0] == "d")


def _node(report: Report) -> node_settings.Node:
    """Return the texts of a report, and the folders of drop-ins that were listed."""
    return node_settings.Node(
        {
            where: "\n".join(text).encode("utf-8", "replace")
            for where, (role, text, _) in report.texts.items()
        },
        frozenset(file.path for file in report.files if file.role == DROPINS and file.folder),
    )


def _component(
    process: Process, host: str, path: str, line: int, node: node_settings.Node
) -> Iterator[Found]:
    started = lines.program(process.words)
    if started is None:
        return
    etcd = started.name == plane.ETCD
    values, _ = lines.flags(started.words, single=etcd)
    if etcd:
        values = lines.variables(process.variables) | values
    held = node_settings.settings(started.name, values, node)
    hidden = not started.whole or (etcd and "config-file" in values)
    made = plane.Component(
        f"{path}:{started.name}", name=started.name, path=path, origin="process",
        node=host, flags=held.flags, config=held.config,
    )  # fmt: skip
    whole = not hidden and not held.lacks
    yield Found(made, {}, line, whole, held.lacks or _HIDDEN, _ADVICE)


class _Text(Struct, frozen=True):
    """A file's text: *name* is the report's path and the file's, *line* its line there."""

    role: str
    data: bytes
    name: str
    host: str
    line: int
    path: str
    changed: str
    beside: Mapping[str, bytes]


def _text(item: _Text, running: set[str]) -> Iterator[Found]:
    """Yield what a file of the node says, by its kind."""
    role, name, host, line, path = item.role, item.name, item.host, item.line, item.path
    if role in (DROPIN, RANCHER):  # parts of a whole
        return
    if role == "certificate":
        for certificate in credentials.certificates(item.data, name, node=host):
            yield Found(certificate, {}, line)
        return
    for document in documents(item.data):
        value = document.value
        if role == "kubeconfig":
            found = credentials.kubeconfig(value, {}, name, line, node=host, files=item.beside)
        elif role == "manifest":
            found = (
                made for made in pods.found(value, {}, path, line)
                if made.node.name not in running
            )  # fmt: skip
        elif role == "kubelet-config":
            found = (
                made for made in kubelet.found(value, {}, path, line)
                if made.node.name not in running
            )  # fmt: skip
        else:
            found = _server(value, name, line, item.changed, item.beside)
        for one in found:
            yield Found(one.node, {}, line, one.whole, one.why, one.advice)


def _server(
    value: dict[str, object], name: str, line: int, changed: str, beside: Container[str]
) -> Iterator[Found]:
    for found in server_files.encryption(value, {}, name, line):
        yield structs.replace(found, node=structs.replace(found.node, changed=changed))
    yield from server_files.audit_policy(value, {}, name, line)
    yield from server_files.configuration(value, {}, name, line, beside=beside)
