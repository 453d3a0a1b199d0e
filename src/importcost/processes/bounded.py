"""Run a command to its end within bounds: its time, its output, and everything it starts.

Every child of importcost is started here (the launcher that a container carries excepted), in a
process group of its own, so that Ctrl-C reaches importcost alone and one kill ends them all.
POSIX only: pipes are waited for with `select`.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

Process = subprocess.Popen[bytes]
PIPE, DEVNULL, STDOUT = subprocess.PIPE, subprocess.DEVNULL, subprocess.STDOUT

OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024
_CHUNK_BYTES = 1 << 16
_POLL_S = 0.05
_DRAIN_S = 1.0
"""Seconds of further reading after the command has ended, if its child holds the pipe."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that has ended.

    `exit_code` is negative if a signal ended it. `timed_out` is True if the deadline did. `out` and
    `error` hold the last bytes of each stream, at most the limit; `is_cut` is True if there were
    more.
    """

    exit_code: int
    out: bytes
    error: bytes
    timed_out: bool
    is_cut: bool


class _Kept:
    """The last bytes of one stream, and its lines as they come."""

    def __init__(self, limit_bytes: int, on_line: Callable[[str], None] | None) -> None:
        self._limit = limit_bytes
        self._on_line = on_line
        self._data = bytearray()
        self._line = b""
        self.is_cut = False

    def add(self, chunk: bytes) -> None:
        self._data += chunk
        if len(self._data) > 2 * self._limit:
            self._cut()
        if self._on_line is not None:
            *lines, self._line = (self._line + chunk).split(b"\n")
            for line in lines:
                self._on_line(line.decode("utf-8", "replace").rstrip())

    def _cut(self) -> None:
        self.is_cut = True
        del self._data[: -self._limit]

    def finish(self) -> bytes:
        if self._on_line is not None and self._line:
            self._on_line(self._line.decode("utf-8", "replace").rstrip())
        if len(self._data) > self._limit:
            self._cut()
        return bytes(self._data)


def run(
    argv: Sequence[str],
    *,
    timeout_s: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    merges_streams: bool = False,
    on_line: Callable[[str], None] | None = None,
    grace_s: float = 0.0,
    leaves_children: bool = False,
) -> Finished:
    """Run `argv` without input and return the result, at the latest after `timeout_s`.

    The deadline covers reading as well as waiting. `on_line` gets each line of standard output as
    it comes. With `merges_streams` standard error goes to standard output. A command past its
    deadline, or interrupted, gets SIGTERM and `grace_s` seconds to clean up; then its whole group
    is killed. Children that a finished command left in its group are killed too, unless it
    `leaves_children` on purpose, as an engine's client does. Raises OSError if it cannot be
    started.
    """
    deadline = time.monotonic() + timeout_s
    error = STDOUT if merges_streams else PIPE
    with started(argv, cwd=cwd, env=env, out=PIPE, error=error, grace_s=grace_s) as process:
        kept = (_Kept(OUTPUT_LIMIT_BYTES, on_line), _Kept(OUTPUT_LIMIT_BYTES, None))
        timed_out = not _read(process, kept, deadline)
        timed_out = timed_out or not _await_exit(process, deadline)
        if not timed_out and not leaves_children:
            _signal_group(process, signal.SIGKILL)
    out, errors = (stream.finish() for stream in kept)
    is_cut = any(stream.is_cut for stream in kept)
    return Finished(process.returncode, out, errors, timed_out, is_cut)


@contextmanager
def started(
    argv: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    out: int | IO[bytes] = DEVNULL,
    error: int | IO[bytes] = STDOUT,
    grace_s: float = 0.0,
) -> Iterator[Process]:
    """Start a command without input; it has ended, and with it its group, when the context ends.

    Raises OSError if it cannot be started.
    """
    process = start(argv, cwd=cwd, env=env, out=out, error=error)
    try:
        yield process
    finally:
        end(process, grace_s=grace_s)


def start(
    argv: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    takes: int | IO[bytes] = DEVNULL,
    out: int | IO[bytes] = DEVNULL,
    error: int | IO[bytes] = STDOUT,
) -> Process:
    """Start a command in a group of its own; the caller must `end` it.

    `takes` is its standard input. Raises OSError if it cannot be started.
    """
    return subprocess.Popen(
        list(argv),
        stdin=takes,
        stdout=out,
        stderr=error,
        cwd=cwd,
        env=None if env is None else dict(env),
        start_new_session=True,
    )


def wait(process: Process, timeout_s: float | None = None) -> int | None:
    """Return the exit code, or None if the process still runs after `timeout_s` seconds."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        return process.wait(timeout_s)
    return None


def end(process: Process, *, grace_s: float = 0.0) -> None:
    """End everything that still runs in the process's group, and close its pipes."""
    try:
        if not _has_ended(process):
            if grace_s > 0:
                _signal_group(process, signal.SIGTERM)
                _await_exit(process, time.monotonic() + grace_s)
            _signal_group(process, signal.SIGKILL)
        process.wait()
    finally:
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):  # unsent input of a process that is gone
                    stream.close()


def _signal_group(process: Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _has_ended(process: Process) -> bool:
    """Return True if the process has ended, without reaping it: its id stays taken."""
    if process.returncode is not None:
        return True
    if not hasattr(os, "waitid"):
        return process.poll() is not None
    with contextlib.suppress(ChildProcessError):
        options = os.WEXITED | os.WNOWAIT | os.WNOHANG
        return os.waitid(os.P_PID, process.pid, options) is not None
    return process.poll() is not None


def _await_exit(process: Process, deadline: float) -> bool:
    """Return True once the process has ended, False at the deadline."""
    pause_s = 0.001
    while not _has_ended(process):
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            return False
        time.sleep(min(pause_s, left_s))
        pause_s = min(2 * pause_s, _POLL_S)
    return True


def _read(process: Process, kept: tuple[_Kept, _Kept], deadline: float) -> bool:
    """Read both streams to their end; False if the deadline came before the command's end.

    A child that left the group may hold a pipe open: after the command has ended, reading continues
    only for a moment.
    """
    with selectors.DefaultSelector() as selector:
        for stream, sink in zip((process.stdout, process.stderr), kept, strict=True):
            if stream is not None:
                os.set_blocking(stream.fileno(), False)
                selector.register(stream.fileno(), selectors.EVENT_READ, sink)
        while selector.get_map():
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return _has_ended(process)
            ready = selector.select(min(_POLL_S, left_s))
            for key, _ in ready:
                if not _take(key):
                    selector.unregister(key.fd)
            if not ready and _has_ended(process):
                return True
            if _has_ended(process):
                deadline = min(deadline, time.monotonic() + _DRAIN_S)
    return True


def _take(key: selectors.SelectorKey) -> bool:
    """Read the available bytes of one stream; False at its end."""
    try:
        chunk = os.read(key.fd, _CHUNK_BYTES)
    except BlockingIOError:
        return True
    key.data.add(chunk)
    return bool(chunk)
