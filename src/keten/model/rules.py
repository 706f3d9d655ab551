"""What policy decided beforehand, as facts: which rules there are, and what they say of a node.

A check sees no configuration. What keten.toml says of licences, indexes and registries is put
into the graph by derive/rulings, and the checks ask it there (docs/adr/0008).
"""

from keten.model.facts import Node


class Rules(Node, frozen=True, omit_defaults=True, tag="rules"):
    """A section of keten.toml that says something; id is its name (``licenses``).

    A check with that *section* is asked where this node is, and nowhere else. *used* are the
    conclusions of a person that took part, as ``purl is LICENCE: reason``, *unused* the purls
    of those that match no package; *hosts* those that the section names.
    """

    used: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


class Ruling(Node, frozen=True, omit_defaults=True, tag="ruling"):
    """Why policy does not permit something; id is ``section what``.

    *what* is the thing judged (a licence, an index, a registry), *why* the rule that it breaks
    in words, *wanted* what is permitted instead where that is known.
    """

    what: str = ""
    why: str = ""
    wanted: str = ""
