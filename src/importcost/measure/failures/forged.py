"""Check a probe's result: the handler runs in the same process and may write anything there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from importcost.model.graph import BytecodeState, EdgeKind

_Check = Callable[[Any], bool]
_LARGEST = 2**62
"""More nanoseconds than a century has."""


def _text(value: object) -> bool:
    return type(value) is str


def _flag(value: object) -> bool:
    return type(value) is bool


def _number(value: object) -> bool:
    return type(value) is int and abs(value) < _LARGEST


def _count(value: object) -> bool:
    return type(value) is int and 0 <= value < _LARGEST


def _or_none(check: _Check) -> _Check:
    return lambda value: value is None or check(value)


def _list(check: _Check) -> _Check:
    return lambda value: type(value) is list and all(map(check, value))


def _row(*checks: _Check) -> _Check:
    def check(value: object) -> bool:
        return (
            type(value) is list
            and len(value) == len(checks)
            and all(one(item) for one, item in zip(checks, value, strict=True))
        )

    return check


def _table(**checks: _Check) -> _Check:
    """Return the check of an object that has these keys; others may be there, too."""

    def check(value: object) -> bool:
        return type(value) is dict and all(
            name in value and one(value[name]) for name, one in checks.items()
        )

    return check


def _map(check: _Check) -> _Check:
    return lambda value: type(value) is dict and all(map(check, value.values()))


def _one_of(*known: str) -> _Check:
    return lambda value: type(value) is str and value in known


_SPAN = _table(wall_ns=_count, cpu_ns=_count, process_cpu_ns=_count, run_delay_ns=_or_none(_number))
_ERROR = _table(
    type=_text,
    message=_text,
    traceback=_text,
    missing_module=_or_none(_text),
    missing_variable=_or_none(_text),
    exit_code=_or_none(_text),
    file=_or_none(_text),
    line=_or_none(_number),
)
_STATE = _one_of(*(state.value for state in BytecodeState))
_PAGES = _or_none(_number)
_NAME = _or_none(_text)
_MODULE = _row(_text, _NAME, _NAME, _PAGES, _PAGES, _text, _STATE, _flag)
_KIND = _one_of(*(kind.value for kind in EdgeKind))
_EDGE = _row(_NAME, _NAME, _or_none(_number), _KIND, _NAME, _or_none(_number), _text, _flag)
_GRAPH = _table(
    modules=_list(_MODULE),
    edges=_list(_EDGE),
    tried=_list(_text),
    owners=_map(_text),
    page_bytes=_count,
)
_EVENTS = _list(_row(_text, _text))
_STATEMENT = _row(_text, _count, _count, _number, _number, _number, _EVENTS, _or_none(_count))
_PARTS: Mapping[str, _Check] = {
    "peak_rss_kb": _or_none(_count),
    "runtime": _NAME,
    "handler_found": _or_none(_flag),
    "graph": _or_none(_GRAPH),
    "statements": _or_none(_list(_STATEMENT)),
    "touched": _or_none(_list(_row(_text, _text))),
    "threads": _or_none(_count),
    "network": _or_none(_list(_row(_text, _list(_row(_text, _count, _NAME))))),
    "modules": _or_none(_list(_text)),
    "bytecodes": _or_none(_table(count=_count, how=_text, lost=_flag)),
    "speed_samples": _or_none(_list(_row(_number, _number))),
}
_PHASES = _table(interpreter_start=_SPAN, runtime=_SPAN, function_init=_SPAN)


def odd_part(result: Mapping[str, Any], *, has_phases: bool = True) -> str | None:
    """Return the first part of a result that no probe writes, as a clause; None if all are right.

    An init that failed has no phases after it; only a timed init `has_phases`.
    """
    if "error" not in result:
        return "without an error or its absence"
    if not _or_none(_ERROR)(result["error"]):
        return "with an error that no launch has"
    if not has_phases:
        return None
    for name, check in _PARTS.items():
        if not check(result.get(name)):
            return f"with {name} that no launch has"
    phases = _PHASES if result["error"] is None else _map(_SPAN)
    return None if phases(result.get("phases")) else "with phases that no launch has"
