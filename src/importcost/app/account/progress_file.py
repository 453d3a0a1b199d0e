"""The part of a survey that is done, kept until all of it is: a killed run goes on from there."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from importcost.account.log_queries import Window
from importcost.errors import ImportcostError
from importcost.files.append import append_file
from importcost.files.cache import cache_folder
from importcost.files.replace import replace_file
from importcost.model.codec import from_plain, to_plain
from importcost.model.results.account import FunctionLog

GOOD_FOR_S = 6 * 3_600
"""A survey that was left longer ago begins again: its window would end in the past."""


class ProgressFile:
    """The part of one survey that is known, one line of JSON a group of functions.

    The first line has the window, so that a run which goes on reads the same time. It is a cache:
    a line that cannot be read is asked for again.
    """

    def __init__(self, asked: Sequence[str], window: Window) -> None:
        digest = hashlib.sha256(json.dumps(list(asked)).encode()).hexdigest()[:32]
        self._path = cache_folder() / "account" / f"{digest}.jsonl"
        self._known: dict[str, FunctionLog] = {}
        self.window = self._read() or window
        """The window of the run that is continued, else the given one."""
        self.is_continued = bool(self._known)
        if not self.is_continued:
            self.window = window
            self._begin()

    def known(self, arn: str) -> FunctionLog | None:
        """Return a function's log if an earlier run read it."""
        return self._known.get(arn)

    def keep(self, logs: Mapping[str, FunctionLog]) -> None:
        """Keep logs by their functions' ARNs, all or none of them."""
        plain = {arn: to_plain(log) for arn, log in logs.items()}
        text = json.dumps({"window": list(self.window), "logs": plain})
        # A disk that is full costs the continuation, not the survey.
        with contextlib.suppress(OSError):
            append_file(self._path, text.encode() + b"\n")

    def finish(self) -> None:
        """Remove the file: everything is known."""
        with contextlib.suppress(OSError):
            self._path.unlink()

    def _begin(self) -> None:
        head = {"window": list(self.window), "begun": int(time.time())}
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._path, json.dumps(head).encode() + b"\n")

    def _read(self) -> Window | None:
        try:
            lines = self._path.read_bytes().splitlines()
        except OSError:
            return None
        window = _window(lines[0]) if lines else None
        if window is None:
            return None
        for line in lines[1:]:
            self._known.update(_logs(line, window))
        return window


def remove_old_progress(folder: Path | None = None) -> None:
    """Remove files of surveys that nobody will continue."""
    folder = folder or cache_folder() / "account"
    with contextlib.suppress(OSError):
        for path in folder.glob("*.jsonl"):
            if time.time() - path.stat().st_mtime > GOOD_FOR_S:
                path.unlink()


def _window(line: bytes) -> Window | None:
    head = _parsed(line)
    try:
        since_s, until_s = (int(value) for value in head["window"])
        begun = int(head["begun"])
    except (KeyError, TypeError, ValueError):
        return None
    return Window(since_s, until_s) if 0 <= time.time() - begun < GOOD_FOR_S else None


def _logs(line: bytes, window: Window) -> dict[str, FunctionLog]:
    data = _parsed(line)
    # Another run of the same survey may have begun the file again, with a window of its own.
    if data.get("window") != list(window) or not isinstance(data.get("logs"), dict):
        return {}
    try:
        return {
            str(arn): from_plain(FunctionLog, log, "the log of a function")
            for arn, log in data["logs"].items()
        }
    except ImportcostError:
        return {}


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except ValueError:  # the last one of a run that was killed
        return {}
    return data if isinstance(data, dict) else {}
