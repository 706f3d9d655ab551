"""What of a role, or of a binding, is to go so that a danger is no longer held.

A role of one's own loses what the danger takes: the resource out of the rule, or the whole rule
where it says ``*``. Roles that Kubernetes makes are not to be narrowed, and neither are those
that a controller writes: there the holder goes out of the binding.
"""

from collections.abc import Iterable, Mapping

from msgspec import structs

from keten.cluster.paths.terms import Change, Means, Part
from keten.cluster.rbac import kubernetes
from keten.cluster.rbac.aggregation import Sourced
from keten.cluster.rbac.danger import Ask
from keten.cluster.rbac.rights import Ground, Rights
from keten.cluster.rbac.risks import Risk, key_of_role, meets
from keten.model.kube import Object, Role

_NAMED = 4
"""Resources of a rule that a title names."""
Wanted = dict[str, set[Ask]]
"""What is to be taken out of each role, by its id."""


def wanted(risks: Iterable[Risk]) -> Wanted:
    """Return for each role what its part of the dangers takes: of several asks, the first."""
    found: Wanted = {}
    for risk in risks:
        found.setdefault(risk.grounds[0].role.id, set()).add(risk.danger.asks[0])
    return found


def narrowing(
    ground: Ground, taken: Wanted, rights: Rights, objects: Mapping[str, Object]
) -> Change | None:
    """Return the change that takes what *ground* gives; None where no object of ours gives it."""
    role, binding = ground.role, ground.binding
    rules = rights.rules(role)
    asks = taken.get(role.id, set())
    dangerous = [said for said in rules if any(meets(said.rule, ask) for ask in asks)]
    written = role.aggregation is not None and bool(role.uid)  # by the aggregation's controller
    if dangerous and not written and all(_editable(said.role, objects) for said in dangerous):
        parts = tuple(sorted(_part(said, asks) for said in dangerous))
        return Change(Means.ROLE, role.ref, _title(role, parts, objects), parts)
    if binding.ref not in objects:
        return None
    index = binding.subjects.index(ground.subject)
    who = f"{ground.subject.kind} {_subject(ground)}"
    title = f"Take {who} out of {binding.title} ({role.title})"
    return Change(Means.BINDING, binding.ref, title, (Part(index),))


def _editable(role: Role, objects: Mapping[str, Object]) -> bool:
    return role.ref in objects and kubernetes.allowed(key_of_role(role)) is None


def _part(said: Sourced, asks: Iterable[Ask]) -> Part:
    """Return what goes out of a rule: all of it where it names no resource by itself."""
    rule = said.rule
    if any("*" in resource for resource in rule.resources):
        return Part(said.index, said.role.ref)
    named = {r for ask in asks for r in ask.resources if r in rule.resources and meets(rule, ask)}
    if not named or named == set(rule.resources):
        return Part(said.index, said.role.ref)
    return Part(said.index, said.role.ref, tuple(sorted(named)))


def _title(role: Role, parts: tuple[Part, ...], objects: Mapping[str, Object]) -> str:
    said = []
    for part in parts:
        owner = objects.get(part.ref)
        rules = owner.rules if isinstance(owner, Role) else ()
        named = rules[part.index].resources if part.index < len(rules) else ()
        few = ", ".join(part.resources or named[:_NAMED])
        few += ", ..." if not part.resources and len(named) > _NAMED else ""
        where = f"rules[{part.index}]"
        if owner is not None and part.ref != role.ref:
            where += f" of {owner.title}"
        said.append(f"{few} out of {where}" if part.resources else f"{where} ({few})")
    return f"Narrow {role.title}: take away {'; '.join(said)}"


def _subject(ground: Ground) -> str:
    subject = ground.subject
    return f"{subject.namespace}/{subject.name}" if subject.namespace else subject.name


def without(role: Role, parts: Iterable[Part]) -> Role:
    """Return *role* without what of its rules *parts* name."""
    mine = {part.index: part for part in parts if part.ref == role.ref}
    kept = []
    for index, rule in enumerate(role.rules):
        part = mine.get(index)
        if part is None:
            kept.append(rule)
        elif part.resources:
            left = tuple(r for r in rule.resources if r not in part.resources)
            kept.append(structs.replace(rule, resources=left))
    return structs.replace(role, rules=tuple(kept))
