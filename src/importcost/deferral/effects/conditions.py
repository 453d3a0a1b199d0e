"""Conditions at module level whose outcome on Lambda is known without running anything."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

_NEVER = ("TYPE_CHECKING", "typing.TYPE_CHECKING", "t.TYPE_CHECKING", "PY2", "six.PY2")
_ALWAYS = ("PY3", "six.PY3", "__debug__")
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def known_outcome(test: ast.expr, python: tuple[int, int]) -> bool | None:
    """Return the value of a condition on Lambda's Linux and this Python, None if unknown."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = known_outcome(test.operand, python)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        return _joined(test, python)
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return _compared(test, python)
    dotted = ast.unparse(test) if isinstance(test, (ast.Name, ast.Attribute)) else ""
    if dotted in _NEVER:
        return False
    return True if dotted in _ALWAYS else None


def _joined(test: ast.BoolOp, python: tuple[int, int]) -> bool | None:
    values = [known_outcome(one, python) for one in test.values]
    decides = isinstance(test.op, ast.Or)
    if decides in values:
        return decides
    return None if None in values else not decides


def _compared(test: ast.Compare, python: tuple[int, int]) -> bool | None:
    left, right = ast.unparse(test.left), test.comparators[0]
    compare = _COMPARE.get(type(test.ops[0]))
    if compare is None:
        return None
    known: object = {
        "__name__": "(imported)",
        "sys.platform": "linux",
        "os.name": "posix",
        "platform.system()": "Linux",
        "sys.version_info": (*python, 99),
        "sys.version_info[:2]": python,
        "sys.version_info[0]": python[0],
        "sys.version_info.major": python[0],
        "sys.version_info.minor": python[1],
        "sys.version_info[1]": python[1],
    }.get(left)
    if known is None:
        return None
    try:
        return bool(compare(known, ast.literal_eval(right)))
    except (ValueError, TypeError, SyntaxError, RecursionError):
        return None
