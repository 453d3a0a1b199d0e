"""SAM's Globals: values that hold for every function of a template."""

from __future__ import annotations

from typing import Any

from importcost.projects.documents import DocumentTable

KNOWN = frozenset(
    {
        "Function",
        "Api",
        "HttpApi",
        "WebSocketApi",
        "SimpleTable",
        "StateMachine",
        "LayerVersion",
        "CapacityProvider",
    }
)
"""The sections that SAM knows (its specification, docs/globals.rst, read 2026-11-30)."""


def unknown_globals(document: DocumentTable, file: str) -> tuple[str, ...]:
    """Return a sentence for each section of Globals that SAM does not know."""
    found = document.get("Globals")
    if not isinstance(found, DocumentTable):
        return ()
    return tuple(
        f"{file} line {found.line_of(key)}: SAM's Globals have no section {key}; it is left out."
        for key in found
        if key not in KNOWN
    )


def with_globals(shared: Any, own: Any) -> Any:
    """Merge a function's property over the shared one: tables by key, lists one after the other."""
    if isinstance(shared, dict) and isinstance(own, dict) and not _is_expression(shared, own):
        merged = DocumentTable({**shared, **own}, getattr(own, "line", 1))
        merged.lines = {**getattr(shared, "lines", {}), **getattr(own, "lines", {})}
        for key in shared.keys() & own.keys():
            merged[key] = with_globals(shared[key], own[key])
        return merged
    if isinstance(shared, list) and isinstance(own, list):
        return [*shared, *own]
    return own


def _is_expression(*tables: dict[str, Any]) -> bool:
    return any(
        len(table) == 1 and next(iter(table)).startswith(("Fn::", "Ref")) for table in tables
    )
