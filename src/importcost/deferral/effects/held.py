"""Methods of built-in containers and of loggers, which need no source to be known."""

from __future__ import annotations

import re

from importcost.deferral.effects.refs import FRESH, Ref, RefForm, item_of
from importcost.deferral.effects.run import BodyRun, CallSite, shown
from importcost.model.effects import EffectKind

_LIST = ("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse")
_DEQUE = ("appendleft", "extendleft", "popleft", "rotate")
_SET = ("add", "update", "discard", "remove", "pop", "clear")
_OTHER_SETS = ("difference_update", "intersection_update", "symmetric_difference_update")
_DICT = ("update", "setdefault", "pop", "popitem", "clear", "__setitem__", "move_to_end")
_CHANGERS = {
    "dict": frozenset((*_DICT, "subtract")),
    "list": frozenset((*_LIST, *_DEQUE)),
    "set": frozenset((*_SET, *_OTHER_SETS)),
    "text": frozenset[str](),
    "number": frozenset[str](),
}
LOGGING_METHODS = frozenset(("info", "warning", "warn", "error", "exception", "critical", "log"))
ANY_CHANGER = frozenset().union(*_CHANGERS.values())


def method_of_held(run: BodyRun, base: Ref, name: str, site: CallSite) -> Ref | None:
    """Call a method of a logger or of a built-in container; None if it is neither."""
    if base.form is RefForm.LOGGER:
        _logger(run, base, name, site)
        return FRESH
    if base.form is RefForm.OBJECT and base.type in _CHANGERS:
        if name in _CHANGERS[base.type]:
            run.changes(base, f"calls {shown(base.dotted)}.{name}()", EffectKind.REGISTERS)
        return item_of(base) if name in ("get", "setdefault", "pop") else FRESH
    return None


def _logger(run: BodyRun, base: Ref, name: str, site: CallSite) -> None:
    """Judge a call of a logger's method."""
    if name in LOGGING_METHODS:
        outputs(run, site, "writes to the log", base.dotted)
    if not re.match(r"(set|add|remove)[A-Z]", name):
        return
    handler = site.positional[0] if site.positional else FRESH
    if name == "addHandler" and handler.of is not None and handler.of.path == "NullHandler":
        return
    change_logger(run, base, f"calls {name}()")


def outputs(run: BodyRun, site: CallSite, does: str, target: str) -> None:
    """Record output by own code, in a module of the function: it would come at another time."""
    if run.is_library(run.module) or run.is_library(site.scope.module):
        return
    run.record(EffectKind.PROCESS, f"{run.how}, which {does}" if run.depth else does, target, "")


def change_logger(run: BodyRun, base: Ref, does: str) -> None:
    """Record a change of a logger, unless it is named after the module's own package."""
    own = run.module.partition(".")[0]
    if run.is_asked or (base.path and base.path.partition(".")[0] == own):
        return
    logger = f"the logger {base.path}" if base.path else "the root logger"
    does = f"{run.how}, which changes {logger}" if run.depth else f"{does} of {logger}"
    run.record(EffectKind.PROCESS, does, f"logging.{base.path}".rstrip("."), base.module)
