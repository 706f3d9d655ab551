"""What the commands print can hold nothing that steers a terminal."""

import io

import pytest

from keten.cli import printing


def test_no_control_character_gets_through() -> None:
    out = io.StringIO()
    printing.write(["a\x1b]0;title\x07b \u202e c  ", "plain", "c\u0085d\nforged: 0 findings"], out)
    assert out.getvalue() == "a ]0;title b   c\nplain\nc d forged: 0 findings\n"


def test_a_problem_with_its_advice(capsys: pytest.CaptureFixture[str]) -> None:
    printing.problem("shop\x1b[2J: can not be read", "Mend it.")
    printing.problem("again")
    assert capsys.readouterr().err == "keten: shop [2J: can not be read\n  Mend it.\nketen: again\n"


def test_numbers_of_things() -> None:
    assert [printing.count(n, "package") for n in (0, 1, 2)] == [
        "0 packages", "1 package", "2 packages",
    ]  # fmt: skip
