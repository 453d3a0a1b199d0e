"""The handlers that a change may have touched, and the files that each budget depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TakenHandler:
    """A handler that is measured, and why: clauses with paths from the repository's top."""

    name: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SinceSelection:
    """The handlers that a change since `commit` may have touched, and those that it did not.

    `changed` counts the files that differ, untracked ones included. `gone` are handlers that only
    the commit has.
    """

    ref: str
    commit: str
    changed: int
    taken: tuple[TakenHandler, ...]
    left_out: tuple[str, ...]
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HandlerBudget:
    """One handler's budgets, and the files on which its figures depend.

    `inputs` are paths from the repository's top, sorted: own code, layers, lists of packages, the
    configuration. `digest` changes when a budget, a setting, a file's content or what the function
    sees of its list of packages does. `unknown` says why the files cannot be told, None if they
    can.
    """

    name: str
    budgets: Mapping[str, Any]
    inputs: tuple[str, ...]
    digest: str
    unknown: str | None = None


@dataclass(frozen=True, slots=True)
class BudgetInputs:
    """All handlers' budgets, by name; `top` is the folder that paths start from."""

    top: str
    handlers: tuple[HandlerBudget, ...]
