"""Calls whose result depends on when they run: the clock, random numbers, what is next in line."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

_MOMENTS = (
    "time",
    "random",
    "uuid",
    "secrets",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    "os.getpid",
    "os.urandom",
    "os.times",
    "numpy.random",
    "email.utils.formatdate",
    "email.utils.localtime",
    "email.utils.make_msgid",
    "tracemalloc",
    "resource",
    "gc",
    "sys._getframe",
    "inspect",
)
_STEADY = (
    "time.sleep",
    "time.strptime",
    "time.tzset",
    "uuid.UUID",
    "uuid.uuid3",
    "uuid.uuid5",
    "tracemalloc",
    "resource",
    "gc",
    "sys._getframe",
    "inspect",
)
"""Of those, the ones that say nothing about when a module was imported."""

_TAKERS = frozenset(
    (
        "__next__", "get_nowait", "pop", "popitem", "popleft", "read", "readline", "readlines",
        "recv", "fetchone", "fetchmany", "fetchall", "send",
    )
)  # fmt: skip


_TIMELY_METHODS = frozenset(
    (
        "now", "utcnow", "today", "generate_presigned_url", "generate_presigned_post",
        "generate_db_auth_token", "generate_db_connect_auth_token", "get_login_token",
    )
)  # fmt: skip
"""Methods, of whatever object, whose result is good for a while from when they run."""
_TIMELY_TEXTS = frozenset(("now", "today", "tomorrow", "yesterday"))
"""Arguments that stand for the moment: `pandas.Timestamp("now")`."""


def is_timely(call: ast.Call, dotted: str | None) -> bool:
    """Return True if a call's result depends on when it runs; `dotted` is its name, if known."""
    if dotted is not None and is_moment(dotted):
        return True
    if isinstance(call.func, ast.Attribute):
        method = call.func.attr
        # Without a zone, it is the one that the process has then.
        is_local = method == "astimezone" and not call.args and not call.keywords
        if is_local or method in _TIMELY_METHODS:
            return True
    texts = (each.value for each in call.args if isinstance(each, ast.Constant))
    return any(isinstance(text, str) and text.lower() in _TIMELY_TEXTS for text in texts)


def tells_call_time(call: ast.Call, dotted: str | None) -> bool:
    """Return True if a module that makes this call while it is imported keeps the moment."""
    return is_timely(call, dotted) and not (dotted is not None and under(dotted, _STEADY))


def is_moment(dotted: str) -> bool:
    """Return True if this call's result depends on when it runs."""
    return under(dotted, _MOMENTS)


def tells_import_time(dotted: str) -> bool:
    """Return True if a module that calls this while it is imported keeps the moment."""
    return is_moment(dotted) and not under(dotted, _STEADY)


def under(dotted: str, known: Iterable[str]) -> bool:
    """Return True if a dotted name is one of these, or lies in one of them."""
    return any(dotted == item or dotted.startswith(f"{item}.") for item in known)


def takes(nodes: Iterable[ast.AST], own: Collection[str]) -> Iterator[ast.Call]:
    """Yield the calls that take what comes next from a shared iterator, queue or file.

    `own` are the names that the code binds itself: nothing else takes from those.
    """
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        source: ast.expr | None = None
        if isinstance(node.func, ast.Name) and node.func.id == "next" and node.args:
            source = node.args[0]
        elif isinstance(node.func, ast.Attribute) and node.func.attr in _TAKERS:
            source = node.func.value
        while isinstance(source, ast.Attribute):
            source = source.value
        if isinstance(source, ast.Name) and (source.id in _INSTANCE or source.id not in own):
            yield node


_INSTANCE = frozenset(("self", "cls"))
"""Parameters whose attributes other calls share."""
