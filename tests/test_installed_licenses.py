"""Licence expressions: what is certain is SPDX, what is not stays as it was written."""

import pytest
from growing import Work, linear, spelled
from hypothesis import given, settings
from hypothesis import strategies as st

from keten.formats.licences import licence_names, licenses, spdx_ids

CERTAIN = {
    "mit": "MIT",
    "MIT License": "MIT",
    "The Apache Software License, Version 2.0": "Apache-2.0",
    "Apache 2": "Apache-2.0",
    "BSD 3-Clause License": "BSD-3-Clause",
    "GPLv2+": "GPL-2.0-or-later",
    "GPL-2": "GPL-2.0-only",
    "GPL-2.0": "GPL-2.0-only",
    "GPL-2.0-only+": "GPL-2.0-or-later",
    "apache-2.0+": "Apache-2.0+",
    "GPL-2.0-with-classpath-exception": "GPL-2.0-only WITH Classpath-exception-2.0",
    "GPL-2.0+ with classpath-exception-2.0": "GPL-2.0-or-later WITH Classpath-exception-2.0",
    "(MIT or apache-2.0) and GPL-2.0+": "(MIT OR Apache-2.0) AND GPL-2.0-or-later",
    "MIT AND MIT": "MIT",
    "MIT OR (ISC OR Zlib)": "MIT OR ISC OR Zlib",
    "MIT/Apache-2.0": "MIT OR Apache-2.0",
    "LGPL-2.1+ and Apache License 2.0 or MIT": "LGPL-2.1-or-later AND Apache-2.0 OR MIT",
    "LicenseRef-x AND mit": "LicenseRef-x AND MIT",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v2 (LGPLv2)": "LGPL-2.0-only",
    "GNU Affero General Public License v3": "AGPL-3.0-only",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "ISC License (ISCL)": "ISC",
    "Python Software Foundation License": "PSF-2.0",
    "Eclipse Public License - v 2.0": "EPL-2.0",
    "http://www.apache.org/licenses/LICENSE-2.0.txt": "Apache-2.0",
    "https://opensource.org/licenses/MIT": "MIT",
}
OPEN = [
    "", "BSD", "Apache", "GPL", "LGPL", "Artistic", "Public Domain", "UNLICENSED", "MIT OR",
    "MIT AND AND ISC", "SEE LICENSE IN LICENSE", "GPLv2+ and (MIT or BSD)", "MIT, Apache-2.0",
    "MIT WITH", "MIT WITH no-such-exception", "LGPLv2+ with exceptions", "MIT)", "a/b",
    "https://example.org/license", "(" * 2000, "MIT OR " * 1000, "x" * 500_000,
]  # fmt: skip


@pytest.mark.parametrize(("text", "means"), CERTAIN.items())
def test_certain(text: str, means: str) -> None:
    assert licenses.normalise(text) == means
    assert licenses.normalise(means) == means


@pytest.mark.parametrize("text", OPEN, ids=lambda text: text[:30])
def test_not_certain(text: str) -> None:
    assert licenses.parse(text) is None
    assert licenses.normalise(text) == " ".join(text.split())


def _asked(text: str) -> None:
    licenses.parse(text)
    licenses.normalise(text)


HOSTILE = {
    unit: Work(spelled(unit), _asked, size, 1.0)
    for unit, size in {"(": 2000, "MIT OR ": 1000, "x": 5_000_000, " ": 5_000_000}.items()
}


@pytest.mark.parametrize("unit", HOSTILE)
def test_long_expressions_take_steps_by_their_size(unit: str) -> None:
    linear(HOSTILE[unit], part=10)


def test_every_identifier_reads_as_itself() -> None:
    for name in spdx_ids.LICENSES.split():
        assert str(licenses.parse(name.upper())) == name


@pytest.mark.parametrize("table", [licence_names.NAMES, licence_names.ADDRESSES])
def test_what_the_tables_say_is_spdx(table: dict[str, str]) -> None:
    for means in (*table.values(), *spdx_ids.DEPRECATED.values()):
        assert str(licenses.parse(means)) == means


def test_parts_of_an_expression() -> None:
    found = licenses.parse("(MIT OR GPL-2.0+ WITH Classpath-exception-2.0) AND ISC")

    assert found is not None
    assert licenses.ids(found) == ("GPL-2.0-or-later", "ISC", "MIT")
    assert isinstance(found, licenses.AllOf)
    assert isinstance(found.parts[0], licenses.AnyOf)
    assert licenses.known("apache-2.0") == "Apache-2.0"
    assert licenses.gather(["MIT", "mit", "", "BSD"]) == ("MIT", "BSD")


WORDS = [
    "MIT",
    "ISC",
    "GPL-2.0+",
    "and",
    "OR",
    "with",
    "(",
    ")",
    "Classpath-exception-2.0",
    "/",
    "v2",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join) | st.text(max_size=60))
def test_what_was_normalised_stays(text: str) -> None:
    once = licenses.normalise(text)

    assert licenses.normalise(once) == once
