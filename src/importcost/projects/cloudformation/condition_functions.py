"""CloudFormation's conditions; what only the cloud knows leaves them undecided."""

from __future__ import annotations

from typing import Any

from importcost.projects.cloudformation.evaluator import NO_VALUE, Evaluator
from importcost.projects.placeholders import OpenText, open_reason, plain_placeholder


def fn_if(evaluator: Evaluator, raw: Any) -> Any:
    """Return the branch that a condition chooses; the first one that is there if undecided."""
    if not isinstance(raw, list) or len(raw) != 3:
        return plain_placeholder("its If has no branches")
    judged = evaluator.holds(raw[0]) if isinstance(raw[0], str) else evaluator.value(raw[0])
    if not isinstance(judged, OpenText):
        return evaluator.value(raw[1] if judged else raw[2])
    found = evaluator.value(raw[1])
    if found is NO_VALUE:
        found = evaluator.value(raw[2])
    return OpenText(found, judged.reason) if isinstance(found, str) else found


def fn_condition(evaluator: Evaluator, raw: Any) -> Any:
    """Return whether a named condition holds."""
    if not isinstance(raw, str):
        return plain_placeholder("its Condition names nothing")
    return evaluator.holds(raw)


def fn_equals(evaluator: Evaluator, raw: Any) -> Any:
    """Return whether two values are the same text."""
    pair = evaluator.value(raw)
    if not isinstance(pair, list) or len(pair) != 2:
        return plain_placeholder("its Equals compares nothing")
    reason = open_reason(*pair)
    return (
        plain_placeholder(reason)
        if reason
        else evaluator.text_of(pair[0]) == evaluator.text_of(pair[1])
    )


def fn_not(evaluator: Evaluator, raw: Any) -> Any:
    """Return the opposite of a condition."""
    found = evaluator.value(raw)
    first = found[0] if isinstance(found, list) and found else found
    return first if isinstance(first, OpenText) else not first


def _logic(evaluator: Evaluator, raw: Any, *, decisive: bool) -> Any:
    found = evaluator.value(raw)
    parts = found if isinstance(found, list) else [found]
    if any(one is decisive for one in parts):
        return decisive
    reason = open_reason(*parts)
    return plain_placeholder(reason) if reason else not decisive


def fn_and(evaluator: Evaluator, raw: Any) -> Any:
    """Return whether all conditions hold."""
    return _logic(evaluator, raw, decisive=False)


def fn_or(evaluator: Evaluator, raw: Any) -> Any:
    """Return whether one condition holds."""
    return _logic(evaluator, raw, decisive=True)
