"""What files beside the code say of it: submodules, who owns what, commands that run unasked."""

from msgspec import Struct

from keten.model.facts import Node


class Submodule(Node, frozen=True, omit_defaults=True, tag="submodule"):
    """A submodule as .gitmodules names it; id is ``path of .gitmodules#name``.

    *name*, *path*, *url*, *branch* and *update* as written.
    """

    name: str = ""
    path: str = ""
    url: str = ""
    branch: str = ""
    update: str = ""


class OwnerRule(Struct, frozen=True, omit_defaults=True):
    """One line of CODEOWNERS: *pattern* and its *owners*; none means that nobody must review."""

    pattern: str
    line: int
    owners: tuple[str, ...] = ()


class Owners(Node, frozen=True, omit_defaults=True, tag="owners"):
    """A CODEOWNERS file; id is its path. *rules* in order: the last that matches counts.

    *itself* is whether the file itself has an owner, *workflows* whether the pipelines beside
    it do (None: there are none to own), *faults* the lines that the forge passes over.
    """

    rules: tuple[OwnerRule, ...] = ()
    itself: bool = False
    workflows: bool | None = None
    faults: tuple[str, ...] = ()


class Autorun(Node, frozen=True, omit_defaults=True, tag="autorun"):
    """A command that runs when someone opens the checkout; id is ``path#where``.

    *tool* is what runs it (``vscode``), *when* the event in words, *command* as written.
    *asks*: the tool asks for trust before it runs it the first time.
    """

    path: str = ""
    tool: str = ""
    when: str = ""
    command: str = ""
    asks: bool = True
