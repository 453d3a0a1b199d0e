"""Patterns of module names, as `forbid` and `allow_new_modules` write them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase


def matches(name: str, pattern: str) -> bool:
    """Tell whether a module is meant by a pattern: the module, all in it, or by wildcards.

    `pandas` means pandas and pandas.core; `*.tests` every module of that name, and what lies in
    it. Case counts, as it does in imports.
    """
    while name:
        if fnmatchcase(name, pattern):
            return True
        name = name.rpartition(".")[0]
    return False


def first_match(name: str, patterns: Iterable[str]) -> str | None:
    """Return the first pattern that means a module, None if none does."""
    return next((pattern for pattern in patterns if matches(name, pattern)), None)


def topmost(names: Iterable[str]) -> tuple[str, ...]:
    """Return, in order, the modules whose packages are not among them."""
    known = tuple(names)
    listed = frozenset(known)
    return tuple(name for name in known if not any(up in listed for up in _packages(name)))


def topmost_of(name: str, among: Collection[str]) -> str:
    """Return the outermost of a module's packages that is among some modules, else the module."""
    found = [one for one in _packages(name) if one in among]
    return found[-1] if found else name


def _packages(name: str) -> Iterable[str]:
    while name := name.rpartition(".")[0]:
        yield name
