"""The data of a project's page: columns of small numbers, as thousands of functions need them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from importcost import __version__
from importcost.model.results.project import Culprit, CulpritKind, FunctionFigures, ProjectFigures
from importcost.reports.page.colours import colours_by_distribution
from importcost.reports.page.columns import NONE, Interner
from importcost.reports.platform_words import index_words, not_modelled

if TYPE_CHECKING:
    # Only types: no command pays for them at its start.
    from importcost.reports.page.contract import (
        IndexChange,
        IndexCulprit,
        IndexFunctions,
        IndexKindCounts,
        IndexLeftOut,
        IndexRuntime,
        IndexSums,
        WholeIndexData,
    )

INDEX_SCHEMA = 1
MOST_CULPRITS_SHOWN = 300
"""Culprits on the page of each kind: nobody reads on, and each own module lists its functions."""
MOST_CHANGES_SHOWN = 3
NO_VERDICT = ""


def index_data(figures: ProjectFigures) -> WholeIndexData:
    """Return the page's data; `WholeIndexData` says what it holds."""
    functions = figures.functions
    tables = _Tables()
    columns = _columns(functions, tables)
    colours = _colours(functions)
    culprits, left = _culprits(figures, tables.packages)
    return {
        "schema": INDEX_SCHEMA,
        "generator": f"importcost {__version__}",
        "created_at": figures.created_at,
        "place": figures.place,
        "tool": figures.tool,
        "words": index_words(functions),
        "sums": _sums(functions),
        "handlers": tables.handlers.values,
        "forms": tables.forms.values,
        "runtimes": list(tables.runtimes),
        "verdicts": tables.verdicts.values,
        "packages": [
            {"name": one, "colour": colours.get(one, "neutral-0")} for one in tables.packages.values
        ],
        "functions": columns,
        "culprits": culprits,
        "culprits_left": left,
        "left_out": _left_out(figures),
        "notes": [*not_modelled(functions), *figures.notes],
        "changes": [_changes(one) for one in functions],
    }


class _Tables:
    """The strings that functions share, each with its number."""

    def __init__(self) -> None:
        self.handlers = Interner()
        self.forms = Interner()
        self.verdicts = Interner([NO_VERDICT])
        self.packages = Interner()
        self.runtimes: list[IndexRuntime] = []
        self._runtime_ids: dict[tuple[str, str | None], int] = {}

    def runtime_id(self, name: str, ends: str | None) -> int:
        """Return the number of a runtime together with its end."""
        number = self._runtime_ids.setdefault((name, ends), len(self.runtimes))
        if number == len(self.runtimes):
            self.runtimes.append({"name": name, "ends": ends})
        return number


def _columns(functions: Sequence[FunctionFigures], tables: _Tables) -> IndexFunctions:
    parts = [part for one in functions for part in one.packages]
    sizes = [one.package for one in functions]
    return {
        "names": [one.name for one in functions],
        "handler_ids": [tables.handlers.id(one.handler) for one in functions],
        "form_ids": [tables.forms.id(f"{one.arch}, {one.package_type}") for one in functions],
        "runtime_ids": [tables.runtime_id(one.runtime, one.runtime_ends) for one in functions],
        "memory_mb": [one.memory_mb for one in functions],
        "billed_ms": [round(one.billed_init_ms.value) for one in functions],
        "low_ms": [round(one.billed_init_ms.low) for one in functions],
        "high_ms": [round(one.billed_init_ms.high) for one in functions],
        "own_ms": [round(one.own_ms, 1) for one in functions],
        "dollars_per_million": [_rounded(_price(one), 4) for one in functions],
        "dollars_a_month": [_rounded(one.dollars_a_month, 4) for one in functions],
        "saved_ms": [round(one.saved_ms, 1) for one in functions],
        "modules": [one.modules for one in functions],
        "memory_used_mb": [_rounded(one.memory_used_mb, 1) for one in functions],
        "package_mb": [None if one is None else round(one.size_mb, 1) for one in sizes],
        "stale_modules": [None if one is None else one.stale_modules for one in sizes],
        "verdict_ids": [tables.verdicts.id(one.verdict or NO_VERDICT) for one in functions],
        "pages": [one.page for one in functions],
        "package_counts": [len(one.packages) for one in functions],
        "package_ids": [tables.packages.id(part.name) for part in parts],
        "package_ms": [round(part.self_ms, 1) for part in parts],
    }


def _price(one: FunctionFigures) -> float | None:
    return None if one.dollars_per_million is None else one.dollars_per_million.value


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _colours(functions: Sequence[FunctionFigures]) -> Mapping[str, str]:
    totals: Counter[str] = Counter()
    for one in functions:
        for part in one.packages:
            totals[part.name] += round(part.self_ms * 1000)
    return colours_by_distribution(totals)


def _sums(functions: Sequence[FunctionFigures]) -> IndexSums:
    months = [one.dollars_a_month for one in functions if one.dollars_a_month is not None]
    return {
        "billed_ms": sum(one.billed_init_ms.value for one in functions),
        "low_ms": sum(one.billed_init_ms.low for one in functions),
        "high_ms": sum(one.billed_init_ms.high for one in functions),
        "saved_ms": sum(one.saved_ms for one in functions),
        "dollars_a_month": sum(months) if months else None,
    }


def _culprits(
    figures: ProjectFigures, packages: Interner
) -> tuple[list[IndexCulprit], IndexKindCounts]:
    """Return the most expensive ones of each kind, in their order, and how many are left out."""
    places: dict[str, list[int]] = {}
    for place, one in enumerate(figures.functions):
        places.setdefault(one.name, []).append(place)
    seen: Counter[str] = Counter()
    found: list[IndexCulprit] = []
    for culprit in figures.culprits:
        kind = culprit.kind.value
        seen[kind] += 1
        if seen[kind] <= MOST_CULPRITS_SHOWN:
            found.append(_culprit(culprit, packages, places))
    return found, {
        "package": max(0, seen["package"] - MOST_CULPRITS_SHOWN),
        "layer": max(0, seen["layer"] - MOST_CULPRITS_SHOWN),
        "module": max(0, seen["module"] - MOST_CULPRITS_SHOWN),
        "change": max(0, seen["change"] - MOST_CULPRITS_SHOWN),
    }


def _culprit(one: Culprit, packages: Interner, places: Mapping[str, list[int]]) -> IndexCulprit:
    is_package = one.kind is CulpritKind.PACKAGE
    ids = [] if is_package else [at for name in one.functions for at in places.get(name, ())]
    return {
        "kind": one.kind.value,
        "name": one.name,
        "code": one.code,
        "package_id": packages.id(one.name) if is_package else NONE,
        "total_ms": round(one.total_ms, 1),
        "functions": len(one.functions),
        "dollars_a_month": _rounded(one.dollars_a_month, 4),
        "function_ids": ids,
    }


def _left_out(figures: ProjectFigures) -> list[IndexLeftOut]:
    reasons: dict[str, list[str]] = {}
    for one in figures.left_out:
        reasons.setdefault(one.reason, []).append(one.name)
    return [{"reason": reason, "names": names} for reason, names in reasons.items()]


def _changes(one: FunctionFigures) -> list[IndexChange]:
    best = sorted(one.changes, key=lambda change: -change.saved_ms)[:MOST_CHANGES_SHOWN]
    return [
        {"place": change.place, "code": change.code, "saved_ms": round(change.saved_ms, 1)}
        for change in best
    ]
