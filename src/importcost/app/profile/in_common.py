"""Keep what functions that are measured one after the other have in common, for one run over them.

Outside of such a run nothing is kept: each measurement finds out everything itself.
"""

from __future__ import annotations

import atexit
import contextlib
import threading
from collections.abc import Callable, Hashable, Iterator
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")


class _Shelf:
    """The values of one run in this process, and the contexts that stay open until its end."""

    def __init__(self, run: str) -> None:
        self.run = run
        self._values: dict[Hashable, Any] = {}
        self._open = contextlib.ExitStack()
        self._lock = threading.RLock()

    def once(self, key: Hashable, make: Callable[[contextlib.ExitStack], T]) -> T:
        with self._lock:
            if key not in self._values:
                self._values[key] = make(self._open)
            value: T = self._values[key]
            return value

    def close(self) -> None:
        with self._lock:
            self._values.clear()
            self._open.close()


_SHELF: ContextVar[_Shelf | None] = ContextVar("_SHELF", default=None)
_shelves: list[_Shelf] = []
_CHANGES = threading.Lock()


@contextlib.contextmanager
def in_run(run: str) -> Iterator[None]:
    """Share what `once` and `kept_open` make with all measurements of the run of this id.

    It stays in this process until another run begins, `end_of_run`, or the end of the process. An
    empty id is no run.
    """
    token = _SHELF.set(_shelf_of(run) if run else None)
    try:
        yield
    finally:
        _SHELF.reset(token)


def end_of_run() -> None:
    """Close and forget what was kept for a run in this process."""
    with _CHANGES:
        ended, _shelves[:] = list(_shelves), []
    for shelf in ended:
        shelf.close()


def once(key: Hashable, make: Callable[[], T]) -> T:
    """Return what `make` returns, made once in a run for each key. Raises as `make` does."""
    shelf = _SHELF.get()
    return make() if shelf is None else shelf.once(key, lambda _: make())


@contextlib.contextmanager
def kept_open(
    key: Hashable, make: Callable[[], contextlib.AbstractContextManager[T]]
) -> Iterator[T]:
    """Open a context; in a run once for each key, and until its end. Raises as `make` does."""
    shelf = _SHELF.get()
    if shelf is not None:
        yield shelf.once(key, lambda stack: stack.enter_context(make()))
        return
    with make() as value:
        yield value


def _shelf_of(run: str) -> _Shelf:
    with _CHANGES:
        found = next((one for one in _shelves if one.run == run), None)
    if found is None:
        end_of_run()
        found = _Shelf(run)
        with _CHANGES:
            _shelves.append(found)
    return found


atexit.register(end_of_run)
