"""Applications of Erlang and Elixir: ``lib/NAME-VERSION/ebin/NAME.app`` of a release.

The file is one Erlang term, ``{application, NAME, [{vsn, "1.0"}, ...]}.``, read by its literals.
Which of them Hex publishes it does not say, so the URL is ``pkg:otp``.
"""

from keten.errors import InputError
from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system import _language as language

_HEAD = lazy(r"\{\s*application\s*,\s*(?:'([^']{1,255})'|([a-z][\w@]{0,254}))\s*,")
_VERSION = lazy(r"\{\s*vsn\s*,\s*\"([^\"\\]{1,255})\"\s*\}")
_NEEDS = lazy(r"\{\s*(?:included_)?applications\s*,\s*\[([^\[\]]*+)\]")
_ATOM = lazy(r"[a-z][\w@]*+")
_LICENSES = lazy(r"\{\s*licenses\s*,\s*\[([^\[\]]*+)\]")
_TEXT = lazy(r"\"([^\"\\]{1,255})\"")
_COMMENT = lazy(r"(?m)^\s*%.*$")


def read(source: Source) -> Facts:
    """Return one application; InputError where the term names none."""
    text = _COMMENT.sub("", source.data.decode("utf-8", "replace"))
    head = _HEAD.search(text)
    version = _VERSION.search(text)
    if head is None:
        raise InputError("no Erlang application: no {application, Name, ...}", line=1)
    if version is None or "%" in version.group(1):
        return Facts()  # the source of one, whose version the build puts in
    needs = [name for found in _NEEDS.findall(text) for name in _ATOM.findall(found)]
    licenses = _LICENSES.search(text)
    one = language.package(
        source.path,
        "otp",
        head.group(1) or head.group(2),
        version.group(1),
        licenses=language.licenses(_TEXT.findall(licenses.group(1)) if licenses else ()),
        wants=needs,
    )
    return language.facts([one])


READER = Reader(
    title="Erlang application",
    media_type="text/plain",
    read=read,
    link=Link.DEPENDENCIES,
    scope=Scope.SYSTEM,
    ceiling=4 << 20,
    paths=("*/ebin/*.app",),
)
