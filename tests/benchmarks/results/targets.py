"""The target of a figure: a comparison, and how it is put into words."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

MOST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Comparison:
    """One way to compare: whether a value holds beside the bound, and the words before it."""

    holds: Callable[[float, float], bool]
    words: str


COMPARISONS: Mapping[str, Comparison] = {
    "<=": Comparison(operator.le, "at most "),
    ">=": Comparison(operator.ge, "at least "),
    "==": Comparison(operator.eq, ""),
    "within": Comparison(lambda value, bound: abs(value) <= bound, "within "),
}
_TARGET = re.compile(r"(<=|>=|==|within) *(-?\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure has to come to: `<=`, `>=` or `==` a bound, or `within` it either way of 0."""

    comparison: str
    bound: float

    def is_met_by(self, value: float) -> bool:
        """Return True if the value meets the target; a value that is not a number never does."""
        return not math.isnan(value) and COMPARISONS[self.comparison].holds(value, self.bound)

    def worded(self, unit: str) -> str:
        """Return the target as people say it."""
        return f"{COMPARISONS[self.comparison].words}{worded_value(self.bound, unit)}"


def read_target(text: str) -> Target:
    """Return the target in a text such as `<= 1.15`. Raises ValueError for any other text."""
    said = _TARGET.fullmatch(text)
    if said is None:
        raise ValueError(f"a target is one of {', '.join(COMPARISONS)} and a number, not {text!r}")
    target = Target(said[1], float(said[2]))
    if target.comparison == "within" and target.bound < 0:
        raise ValueError(f"nothing is within {said[2]} of 0")
    return target


def worded_value(value: float, unit: str, digits: int = MOST_DIGITS) -> str:
    """Return a value with its unit, rounded to so many digits behind the point."""
    text = f"{value:,.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    text = "0" if text == "-0" else text
    return f"{text} {unit}".rstrip()
