"""Remember an installation that failed until the end of a run over many functions."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path

from importcost.errors import MeasurementError, NoNetworkError
from importcost.files.replace import replace_file

_RUN: ContextVar[str] = ContextVar("_RUN", default="")


@contextlib.contextmanager
def failing_once(run: str) -> Iterator[None]:
    """Let installations that failed in the run of this id fail at once, in all its processes.

    An empty id is no run: then every installation is tried.
    """
    token = _RUN.set(run)
    try:
        yield
    finally:
        _RUN.reset(token)


def known_failure(entry: Path) -> None:
    """Raise the error with which installing `entry` of the cache failed earlier in this run."""
    if not _RUN.get():
        return
    try:
        kept = json.loads(_file(entry).read_text(encoding="utf-8"))
        is_known = kept["run"] == _RUN.get()
        kind = NoNetworkError if kept["is_network"] else MeasurementError
        sentence = str(kept["sentence"])
    except (OSError, ValueError, LookupError, TypeError):
        return
    if is_known:
        raise kind(sentence)


def keep_failure(entry: Path, error: MeasurementError) -> None:
    """Remember why installing `entry` failed, if this is a run over many functions."""
    if not _RUN.get():
        return
    kept = {
        "run": _RUN.get(),
        "sentence": str(error),
        "is_network": isinstance(error, NoNetworkError),
    }
    with contextlib.suppress(OSError):  # then it is tried once more
        replace_file(_file(entry), json.dumps(kept).encode())


def _file(entry: Path) -> Path:
    return entry.with_name(f".failed-{entry.name}.json")
