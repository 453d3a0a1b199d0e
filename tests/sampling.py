"""A stable sample of what would take minutes to test in full.

By default a sweep takes the cases whose hashes come first: the same ones everywhere and always.
IMPORTCOST_SAMPLE=TEXT draws another sample, IMPORTCOST_WHOLE=1 takes every case.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from typing import TypeVar

import pytest

Case = TypeVar("Case")


def is_whole() -> bool:
    """Return True if sweeps are to take every case."""
    return os.environ.get("IMPORTCOST_WHOLE") == "1"


def is_thorough() -> bool:
    """Return True where tests look longer: in the check of one commit, and in whole sweeps."""
    return is_whole() or os.environ.get("IMPORTCOST_REQUIRE_ALL") == "1"


def examples(most: int) -> int:
    """Return how many examples a property is tried on: `most`, or a third in a quick run."""
    return most if is_thorough() else max(most // 3, 10)


def sample(cases: Iterable[Case], size: int, key: Callable[[Case], str] = str) -> list[Case]:
    """Return `size` of the cases, or all of them, in an order that their keys alone decide."""
    salt = os.environ.get("IMPORTCOST_SAMPLE", "")

    def rank(case: Case) -> bytes:
        return hashlib.sha256(f"{salt}\n{key(case)}".encode()).digest()

    ordered = sorted(cases, key=rank)
    return ordered if is_whole() else ordered[:size]


def rest_slow(cases: Iterable[object], fast: int = 2) -> list[object]:
    """Return the cases of a parametrized test, all but the first ones marked as slow."""
    return [
        case
        if number < fast
        else pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.slow)
        for number, case in enumerate(cases)
    ]
