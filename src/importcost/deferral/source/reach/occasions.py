"""Reasons against code that first needs an import when importing may not work."""

from __future__ import annotations

from collections.abc import Iterable

from importcost.deferral.source.facts import Occurrence
from importcost.deferral.source.model import UseKind
from importcost.deferral.source.reach.reach import Route
from importcost.deferral.source.reach.roots import Occasion
from importcost.deferral.source.view import Reason, View
from importcost.model.advice import Obstacle

_NO_IMPORTS = "may run when importing no longer works"
_AMID_IMPORTS = "may run in the middle of another import"
_DANGER = {
    Occasion.FINALIZER: _NO_IMPORTS,
    Occasion.WEAK_REFERENCE: f"is a weak reference's callback: it {_NO_IMPORTS}",
    Occasion.EXIT: f"runs at exit: it {_NO_IMPORTS}",
    Occasion.SIGNAL: f"handles a signal: it {_AMID_IMPORTS}",
    Occasion.HOOK: f"is a hook of the interpreter: it {_AMID_IMPORTS}, or when none works",
    Occasion.IMPORT_HOOK: f"is an import hook: it {_AMID_IMPORTS}",
    Occasion.FORK: "runs around a fork, while another thread may hold the import lock",
    Occasion.LOGGING: "runs for each log record: what it needs may log while it is made",
    Occasion.INIT_THREAD: "runs in a thread that init starts: its import may wait for init's",
    Occasion.DEADLINE: "has a deadline, which making it may exceed",
    Occasion.THREAD: "runs in a thread",
}


def late_use(
    view: View, uses: Iterable[Occurrence], used: str, *, logs: bool = True
) -> Reason | None:
    """Return the reason why `used`, an import or an object, has to be made before its uses run.

    `logs` is False for what logs nothing while it is made: logging itself may need it then.
    """
    for use in uses:
        if use.kind is UseKind.FUNCTION and use.role != "annotation":
            route = view.reach.late(view.module, use.span)
            if route is None and logs:
                route = view.reach.in_logging(view.module, use.span)
            if route is not None:
                obstacle = Obstacle(route.kind.value, route.root.module, route.root.line, used)
                return view.with_obstacle((danger(route, used), use.line), obstacle)
    return None


def danger(route: Route, used: str) -> str:
    """Return why `used` has to be there before a route's code runs, as a sentence."""
    return f"{route.words} uses {used}{route.through}, and {_DANGER[route.kind]}"
