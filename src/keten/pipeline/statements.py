"""VEX of a result: what keten found, and what waivers and others' VEX say of it.

A finding that is waived says what its waiver says: not affected where it gives a
justification, else under investigation until its day. What another's VEX took away stays so,
with who said it. Everything else is affected, with what to do.
"""

from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from uuid import UUID

import msgspec
from msgspec import structs

from keten.formats import purl as purls
from keten.formats.vex.document import Document, Product, Statement, Status
from keten.model.delivery import Advisory, Image, Manifest, Package
from keten.model.facts import Facts
from keten.model.finding import Finding
from keten.model.result import Result
from keten.policy.vex import CHECK

_FORMATS = {"openvex": "openvex 0.2.0", "csaf": "csaf 2.0", "cyclonedx": "cyclonedx 1.6"}


def document(
    result: Result, facts: Facts, kind: str, *, author: str, now: date, product: str = ""
) -> Document:
    """Return the VEX of *result*; *kind* is the format, *product* a purl in the target's place.

    The same result gives the same document: its id is taken from what it says.
    """
    at = f"{now.isoformat()}T00:00:00Z"
    nodes = {n.ref: n for n in facts.nodes if isinstance(n, Package | Advisory)}
    whole = Product((product,)) if product else target(facts)
    made: dict[Statement, list[Product]] = {}
    for finding, bare in _said(result):
        package = nodes.get(finding.subject)
        advisory = next((nodes.get(ref) for ref in finding.about), None)
        if not isinstance(package, Package) or not isinstance(advisory, Advisory):
            continue
        names = (advisory.vulnerability, *advisory.aliases)
        part = Product((package.purl or package.name,))
        about = part if whole is None else structs.replace(whole, parts=(part,))
        key = structs.replace(bare, names=names, at=at)
        made.setdefault(key, []).append(about)
    statements = tuple(
        structs.replace(key, products=tuple(sorted(set(made[key]))))
        for key in sorted(made, key=lambda one: (one.names, one.status, one.justification,
                                                  one.impact, one.action))
    )  # fmt: skip
    told = msgspec.json.encode((author, at, statements))
    number = UUID(bytes=sha256(told).digest()[:16], version=5)
    return Document(_FORMATS[kind], f"urn:uuid:{number}", author, at, "1", statements)


def _said(result: Result) -> Iterator[tuple[Finding, Statement]]:
    """Yield each finding of a vulnerability with what is said of it."""
    for finding in result.findings:
        if finding.check == CHECK:
            yield finding, Statement((), Status.AFFECTED, (), action=_action(finding))
    for waived in result.waived:
        if waived.finding.check != CHECK:
            continue
        status = waived.status or (
            "not_affected" if waived.justification else "under_investigation"
        )
        who = f"{waived.reason} ({waived.owner}, until {waived.until})"
        if status == Status.AFFECTED:
            yield waived.finding, Statement((), Status.AFFECTED, (), action=who)
            continue
        why = waived.justification if status == Status.NOT_AFFECTED else ""
        yield waived.finding, Statement((), Status(status), (), justification=why, impact=who)
    for aside in result.set_aside:
        told = f"{aside.reason} ({aside.author or aside.document}, {aside.at[:10]})"
        yield (
            aside.finding,
            Statement((), Status(aside.status), (), justification=aside.justification, impact=told),
        )


def _action(finding: Finding) -> str:
    change = finding.change
    if change is None or not change.after:
        return "No fixed version is known: replace the package, or keep it out of reach."
    return f"{change.group} from {change.before} to {change.after}."


def target(facts: Facts) -> Product | None:
    """Return what was scanned as a product: the image by its digest, or the main module."""
    for node in facts.nodes:
        if isinstance(node, Image) and node.content is not None:
            digest = node.digest or node.content.manifest
            name = node.repository.rpartition("/")[2] or "image"
            where = "/".join(filter(None, (node.registry, node.repository)))
            more = {"repository_url": where, "tag": node.tag} if where else {}
            more = {key: text for key, text in more.items() if text}
            return Product(
                (purls.make("oci", "", name, digest, more),), (digest,) if digest else ()
            )
        if isinstance(node, Manifest) and node.settings.get("module"):
            road, _, last = str(node.settings["module"]).rpartition("/")
            return Product((purls.make("golang", road, last),))
    return None
