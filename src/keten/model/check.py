"""A check: one question, asked of every node of one type."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any

from msgspec import Struct

from keten.model.facts import Node, View
from keten.model.finding import Severity, Violation


class Threat(StrEnum):
    """The three sources of threat of the NSA/CISA Kubernetes Hardening Guide."""

    SUPPLY_CHAIN = "supply chain"
    ACTOR = "malicious actor"
    INSIDER = "insider"


class Example(Struct, frozen=True):
    """A file as a user would write it. Tests read it: the bad one fails, the good one does not.

    *path* decides which reader reads it. ``$`` as a path is a shell session, which is shown
    and not read.
    """

    path: str
    text: str


class Check(Struct, frozen=True, kw_only=True):
    """A check is a value, not a base class: its question lives in *run*.

    The module's docstring is the page's text: its first line the title, the rest the threat
    (who does this, to whom it happened). *needs* names the evidence (keten.model.needs)
    without which the verdict is UNKNOWN. *controls* are framework keys (keten.model.controls),
    *refs* addresses. *applies* narrows the subject: where it says no, there is no verdict.
    *section* names the section of keten.toml that asks (keten.model.rules): without it, nobody
    does. *asks* is the relation without which *run* has nothing to report of a node: where none
    leaves from it, it passes and is not run (a large estate has ten thousand such packages).
    """

    title: str
    subject: type[Node]
    severity: Severity
    needs: tuple[str, ...]
    fix: str
    threats: tuple[Threat, ...]
    controls: tuple[str, ...]
    bad: Example
    good: Example
    run: Callable[[Any, View], Iterable[Violation]]
    applies: Callable[[Any], bool] | None = None
    refs: tuple[str, ...] = ()
    section: str = ""
    asks: str = ""
