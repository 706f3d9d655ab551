"""Installed gems: ``specifications/*.gemspec`` (Ruby's default gems too), and gems from git.

Bundler checks a gem from git out to ``bundler/gems/NAME-COMMIT``; its specification is the
author's own, so that a version may be computed there and stays unknown.
"""

from keten.errors import InputError
from keten.formats import gemspec
from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system import _language as language

_CHECKOUT = lazy(r"(?:.*/)?bundler/gems/([^/]+)-([0-9a-f]{7,40})/([^/]+)\.gemspec")
_INSTALLED = lazy(r"(?:.*/)?specifications/(?:default/)?[^/]+\.gemspec")


def read(source: Source) -> Facts:
    """Return one gem; InputError where its specification names none."""
    checkout = _CHECKOUT.fullmatch(source.path)
    if checkout is None and not _INSTALLED.fullmatch(source.path):
        return Facts()
    gem = gemspec.parse(source.data)
    name = gem.name or (checkout.group(3) if checkout else "")
    if not name or not (gem.version or checkout):
        raise InputError("a gem specification without name or version in plain words", line=1)
    one = language.package(
        source.path,
        "gem",
        name,
        gem.version,
        qualifiers={"platform": gem.platform},
        source=f"git#{checkout.group(2)}" if checkout else "",
        licenses=language.licenses(gem.licenses),
        supplier=language.line(", ".join(gem.authors[:5])),
        wants=gem.needs,
    )
    return language.facts([one])


READER = Reader(
    title="Installed gem",
    media_type="text/x-ruby",
    read=read,
    link=Link.DEPENDENCIES,
    scope=Scope.SYSTEM,
    ceiling=4 << 20,
    paths=("*specifications/*.gemspec", "*bundler/gems/*.gemspec"),
)
