"""The words for a project's values that several of its reports show."""

from __future__ import annotations

from importcost.model.results.project import CulpritKind

KIND_WORDS = {
    CulpritKind.PACKAGE: "package",
    CulpritKind.LAYER: "layer",
    CulpritKind.MODULE: "own module",
    CulpritKind.CHANGE: "change",
}
VERDICT_WORDS = {"pass": "within", "fail": "over", "unknown": "not decided"}
"""By the value of a budget's verdict, as the page words it."""
