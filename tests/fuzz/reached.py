"""Tell which inputs reach lines or branches that none before them reached, at next to no cost.

Python 3.12 and later tell each place once: the first visit of a place switches its telling off, so
that code which was reached runs as fast as ever.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

import importcost

_OWN = str(Path(importcost.__file__).parent)
_EVENTS = ("LINE", "BRANCH_LEFT", "BRANCH_RIGHT")
"""Python 3.12 and 3.13 know lines only: what they call BRANCH cannot be switched off by its end."""


class Reached:
    """Knows which places of importcost's code were reached since it was made."""

    def __init__(self) -> None:
        self.places = 0
        self._told = 0
        if sys.version_info < (3, 12):
            return
        monitoring = sys.monitoring
        tool = monitoring.COVERAGE_ID
        monitoring.use_tool_id(tool, "importcost fuzz")
        known = [
            getattr(monitoring.events, one) for one in _EVENTS if hasattr(monitoring.events, one)
        ]
        for event in known:
            monitoring.register_callback(tool, event, self._visit(monitoring.DISABLE))
        monitoring.set_events(tool, sum(known))

    def _visit(self, done: Any) -> Callable[..., Any]:
        def visit(code: CodeType, *_where: int) -> Any:
            if code.co_filename.startswith(_OWN):
                self.places += 1
            return done

        return visit

    def is_more(self) -> bool:
        """Return True if places were reached since it was asked last."""
        before, self._told = self._told, self.places
        return self.places > before
