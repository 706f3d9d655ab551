"""JSON: all of the result; the schema is published in docs/result.schema.json.

Keys are added, never changed. Sorted, no time but *now*, paths relative to the target.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from keten.model.plug import Report
from keten.model.result import Result, Style
from keten.reports._document import Document, document


def write(result: Result, style: Style) -> Iterator[str]:
    """Yield the document, indented, with a line feed at its end."""
    del style
    yield msgspec.json.format(msgspec.json.encode(document(result)), indent=1).decode()
    yield "\n"


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A result of keten scan",
        **msgspec.json.schema(Document),
    }


REPORT = Report(title="JSON, for programs", media_type="application/json", write=write)
