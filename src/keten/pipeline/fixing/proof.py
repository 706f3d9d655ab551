"""The proof of a fix: what was asked for is gone, and nothing else changed but what follows.

The editor proves of each file that its values are the old ones with the edits. Here the whole
target, judged before and after, is compared: findings, what could not be judged, what could not
be read, what each namespace would refuse, and every fact about what was not touched.
"""

import posixpath
from collections import Counter
from collections.abc import Iterator, Mapping

from msgspec import Struct, structs

from keten.model.delivery import Chart, Credential, File, Image, Package
from keten.model.facts import Node
from keten.model.finding import Finding, Severity
from keten.pipeline.fixing.kustomize import sources
from keten.pipeline.fixing.seen import RENDERED, Seen
from keten.pipeline.fixing.unchanged import Name, differences, values_of
from keten.pipeline.fixing.wishes import refused

Key = tuple[str, str, str]
_HIDES = (".privileged", ".hostNetwork")
CHARTS = ("Chart.yaml", "Chart.yml")


class Proof(Struct, frozen=True):
    """What judging again showed. *what* is the first thing that came up that must not.

    *guilty* are the refs of the edited objects that brought such things; *gone* are the
    findings that are there no more, *count* how many with those that are not told one by one,
    *facts* the number of facts that are as they were.
    *bared* are findings that something worse hid, which is gone: of a privileged container no
    other setting counts, and an object that no API server takes is not judged at all. Each is
    of an object that was edited, at a field that was not.
    """

    holds: bool
    gone: tuple[Finding, ...]
    bared: tuple[Finding, ...] = ()
    what: str = ""
    guilty: frozenset[str] = frozenset()
    facts: int = 0
    count: int = 0


def prove(
    first: Seen, last: Seen, touched: Mapping[str, set[str]], fields: Mapping[str, set[str]]
) -> Proof:
    """Compare two judgements.

    *touched* maps the refs of edited objects to their files, *fields* to what was edited.
    """
    before = {_key(f): f for f in first.result.findings}
    after = {_key(f): f for f in last.result.findings}
    gone = tuple(f for key, f in before.items() if key not in after)
    guilty: set[str] = set()
    said: list[str] = []
    bared: list[Finding] = []
    looked = {item.ref for item in first.facts.looked if item.need == "manifest"}
    counted = _counted(first, last)
    for key, finding in after.items():
        if key not in before and _lot(finding) in counted:
            continue  # one of many that were counted before, and are told one by one now
        if key not in before and _hidden(finding, gone, fields, looked):
            bared.append(finding)
        elif finding.severity > _weight(before.get(key)):
            said.append(f"{finding.check}: {finding.message}")
            guilty |= _blame(finding.subject, touched, last)
    bare = {f.subject for f in gone if f.field.endswith(_HIDES)}
    for text, ref in _unread(first, last, len(bare)):
        said.append(text)
        guilty |= _blame(ref, touched, last) if ref else set()
    for space, title in refused(last) - refused(first):
        said.append(f"namespace {space} would refuse {title}")
        guilty |= {ref for ref in touched if ref.startswith("namespace ")}
    same, strange = _facts(first, last, touched)
    for text, ref in strange:
        said.append(text)
        guilty |= _blame(ref, touched, last)
    for chart, text in _otherwise(first, last, fields):
        said.append(f"{chart} would make {text} otherwise")
        guilty |= _blame_of(sources_of(last, chart), touched)
    if said and not guilty:  # what is not said of an object may be any object's doing
        guilty = set(touched)
    what = min(said, default="")
    left = sum(f.times for f in last.result.findings) - len(bared)
    count = max(len(gone) and 1, sum(f.times for f in first.result.findings) - left)
    return Proof(not said, gone, tuple(bared), what, frozenset(guilty), same, count)


def _hidden(
    new: Finding, gone: tuple[Finding, ...], fields: Mapping[str, set[str]], looked: set[str]
) -> bool:
    """Return whether something worse of the same object hid a finding that is new.

    *looked* are the refs of the objects that were judged before.
    """
    edited = fields.get(new.subject, set())
    if not edited or any(one.startswith(new.field) for one in edited):
        return False
    return new.subject not in looked or any(
        one.subject == new.subject and one.severity >= new.severity and one.field.endswith(_HIDES)
        for one in gone
    )


def _key(finding: Finding) -> Key:
    return finding.check, finding.subject, finding.fingerprint


def _lot(finding: Finding) -> tuple[str, str]:
    """Return check and path: of how many like it one file may have, some are only counted."""
    return finding.check, finding.location.path if finding.location else ""


def _counted(first: Seen, last: Seen) -> set[tuple[str, str]]:
    """Return the lots of which some were only counted, and which are not more than before."""
    before, after = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for found, seen in ((before, first), (after, last)):
        for finding in seen.result.findings:
            found[_lot(finding)] += finding.times
    some = {_lot(finding) for finding in first.result.findings if finding.times > 1}
    return {lot for lot in some if after[lot] <= before[lot]}


def _weight(finding: Finding | None) -> int:
    """Return the severity of what was there before; -1 for what was not."""
    return -1 if finding is None else Severity(finding.severity)


def _unread(first: Seen, last: Seen, bare: int) -> set[tuple[str, str]]:
    """Return what was read or judged at first and is no more, with the ref that it is about.

    *bare* objects are judged in all for the first time: what is not known of them was not before.
    """
    told = {(p.path, p.what, p.about) for p in first.result.problems}
    found = {
        (f"{p.path}: {p.what}", p.about)
        for p in last.result.problems
        if (p.path, p.what, p.about) not in told
    }
    before, after = (_unjudged(seen) for seen in (first, last))
    more = (pair for pair, times in after.items() if times > before[pair] + bare)
    return found | {(f"{check} would not be judged: {why}", "") for check, why in more}


def _unjudged(seen: Seen) -> Counter[tuple[str, str]]:
    found = Counter[tuple[str, str]]()
    for unknown in seen.result.unknown:
        for check in unknown.checks:
            found[check, unknown.why] += unknown.count
    return found


def _blame(ref: str, touched: Mapping[str, set[str]], last: Seen) -> set[str]:
    """Return the edited objects that may have brought something about *ref*."""
    if ref in touched:
        return {ref}
    place = last.places.get(ref)
    path = place.path if place else ""
    made_of = sources_of(last, path.partition(RENDERED)[0]) if RENDERED in path else {path}
    return _blame_of(made_of, touched)


def _blame_of(made_of: set[str], touched: Mapping[str, set[str]]) -> set[str]:
    mine = {one for one, files in touched.items() if files & made_of}
    return mine or set(touched)


def sources_of(seen: Seen, chart: str) -> set[str]:
    """Return the files that the overlay, or the chart, with this id is made of."""
    if posixpath.basename(chart) not in CHARTS:
        return sources(seen.files, chart)
    head = posixpath.dirname(chart)
    return {e.path for e in seen.files.tree.entries if not head or e.path.startswith(f"{head}/")}


def _otherwise(
    first: Seen, last: Seen, fields: Mapping[str, set[str]]
) -> Iterator[tuple[str, str]]:
    """Yield (chart, object and field) of what was rendered and differs by more than the edits."""
    edits: list[tuple[Name, str]] = []
    for ref in sorted(fields):
        item = first.object(ref) or last.object(ref)
        if item is not None:
            name = item.kind, item.namespace, item.name
            edits += [(name, field) for field in sorted(fields[ref])]
    for chart in sorted(first.made.keys() & last.made.keys()):
        old, new = first.made[chart], last.made[chart]
        if old == new:
            continue
        before = values_of(old)
        found = differences(before, values_of(new), edits)
        if found:  # what differs each time that it is rendered is nobody's doing
            again = first.again(chart)
            random = set(differences(before, values_of(again), [])) if again else set()
            yield from ((chart, one) for one in found if one not in random)


def _facts(
    first: Seen, last: Seen, touched: Mapping[str, set[str]]
) -> tuple[int, list[tuple[str, str]]]:
    """Return how many facts are as they were, and which changed that nothing edited.

    With each comes the ref that it is about.
    """
    files = {path for paths in touched.values() for path in paths}
    same = 0
    said: list[tuple[str, str]] = []
    for ref in first.nodes.keys() | last.nodes.keys():
        old, new = first.nodes.get(ref), last.nodes.get(ref)
        if old == new or _moved(old) == _moved(new):
            same += 1
        elif not _may(ref, first, last, touched, files):
            said.append((f"{ref} would change with it", ref))
    edges = {e for e in first.facts.edges if e.src not in touched}
    others = {e for e in last.facts.edges if e.src not in touched}
    said += [
        (f"{edge.src} {edge.relation} {edge.dst} would change with it", edge.src)
        for edge in edges ^ others
        if not _may(edge.src, first, last, touched, files)
    ]
    return same + len(edges & others), said


def _moved(node: Node | None) -> Node | None:
    """Return *node* without the line at which it stands: lines that were added move it."""
    return structs.replace(node, line=0) if isinstance(node, Credential | Package) else node


def _may(
    ref: str, first: Seen, last: Seen, touched: Mapping[str, set[str]], files: set[str]
) -> bool:
    """Return whether a fact about *ref* may differ: it was edited, or rendered from what was.

    An image is there for as long as something runs it.
    """
    node = last.nodes.get(ref) or first.nodes.get(ref)
    if ref in touched or isinstance(node, Image):
        return True
    place = last.places.get(ref) or first.places.get(ref)
    path = place.path if place else ""
    # A kustomization or chart is what its file says; a file with something odd has its size.
    return RENDERED in path or (isinstance(node, Chart | File) and path in files)
