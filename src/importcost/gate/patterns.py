"""Patterns of module names, as `forbid` and `allow_new_modules` write them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase


def matches(name: str, pattern: str) -> bool:
    """Return True if a pattern matches a module: itself, everything in it, or by wildcards.

    `pandas` matches pandas and pandas.core; `*.tests` matches every module of that name, and
    everything in it. Patterns are case-sensitive, as imports are.
    """
    while name:
        if fnmatchcase(name, pattern):
            return True
        name = name.rpartition(".")[0]
    return False


def first_match(name: str, patterns: Iterable[str]) -> str | None:
    """Return the first pattern that matches a module, or None."""
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
