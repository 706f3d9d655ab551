"""XML as a tree with lines, through expat, with everything that can blow up refused.

No document type with an internal subset and no entity of its own is read: that ends entities
that double, and files from elsewhere, before they begin. Names lose their namespace prefix:
the formats read here (pom.xml, MSBuild, NuGet) are known by their local names.
"""

from typing import Any

from keten.errors import CeilingError, InputError

MAX_DEPTH = 400
MAX_ELEMENTS = 1_000_000


class Element:
    """An element: its local *tag*, *attributes*, *text* (stripped), *children* and its place."""

    __slots__ = ("_parts", "attributes", "children", "column", "line", "tag")

    def __init__(self, tag: str, attributes: dict[str, str], line: int, column: int) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children: list[Element] = []
        self.line = line
        self.column = column
        self._parts: list[str] = []

    @property
    def text(self) -> str:
        """Return the text directly inside, without the blanks around it."""
        return "".join(self._parts).strip()

    def find(self, *path: str) -> "Element | None":
        """Return the first child of that name, and on down *path*."""
        here: Element | None = self
        for tag in path:
            if here is None:
                return None
            here = next((child for child in here.children if child.tag == tag), None)
        return here

    def every(self, *path: str) -> "list[Element]":
        """Return all elements at the end of *path*."""
        found = [self]
        for tag in path:
            found = [child for one in found for child in one.children if child.tag == tag]
        return found

    def read(self, *path: str) -> str:
        """Return the text at the end of *path*, or ""."""
        found = self.find(*path)
        return found.text if found is not None else ""

    def add(self, text: str) -> None:
        """Take in a run of text."""
        self._parts.append(text)


def parse(data: bytes) -> Element:
    """Return the root element; InputError with its line where *data* is no safe XML."""
    from xml.parsers import expat

    builder = _Builder(expat.ParserCreate())
    try:
        builder.parser.Parse(data, True)  # noqa: FBT003 the C signature
    except expat.ExpatError as error:
        what = f"no valid XML: {expat.ErrorString(error.code)}"
        raise InputError(what, line=error.lineno, column=error.offset + 1) from error
    except (LookupError, ValueError, UnicodeError) as error:
        raise InputError(f"XML in an encoding that can not be read: {error}") from error
    if builder.root is None:
        raise InputError("no valid XML: no element", line=1)
    return builder.root


class _Builder:
    def __init__(self, parser: Any) -> None:
        self.parser = parser
        self.root: Element | None = None
        self.open: list[Element] = []
        self.count = 0
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.characters
        parser.StartDoctypeDeclHandler = self.doctype
        parser.EntityDeclHandler = self.entity

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        line, column = self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1
        self.count += 1
        if len(self.open) >= MAX_DEPTH:
            raise CeilingError(f"XML nested deeper than {MAX_DEPTH}", line=line)
        if self.count > MAX_ELEMENTS:
            raise CeilingError(f"XML of more than {MAX_ELEMENTS} elements", line=line)
        element = Element(tag.rpartition(":")[2], attributes, line, column)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def end(self, _tag: str) -> None:
        self.open.pop()

    def characters(self, text: str) -> None:
        if self.open:
            self.open[-1].add(text)

    def doctype(self, _name: str, _system: str, _public: str, subset: int) -> None:
        if subset:
            self.entity()

    def entity(self, *_declaration: Any) -> None:
        raise InputError(
            "XML that declares entities of its own is not read: they can double without end",
            line=self.parser.CurrentLineNumber,
            advice="Remove the document type with its entities.",
        )
