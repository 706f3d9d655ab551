"""What tells work that grows too fast from work that does not: it must see the difference."""

import pytest
from growing import Work, linear, steps


def pairs(many: range) -> list[int]:
    return [a for a in many for b in many if a < b]


def test_linear_work_passes() -> None:
    linear(Work(range, lambda many: [n for n in many if n], 10_000))
    linear(Work(range, len, 10_000))


def test_quadratic_work_fails() -> None:
    with pytest.raises(AssertionError, match="for twice that"):
        linear(Work(range, pairs, 10_000))


def test_the_same_work_has_the_same_steps() -> None:
    assert steps(lambda: pairs(range(100))) == steps(lambda: pairs(range(100))) > 10_000
