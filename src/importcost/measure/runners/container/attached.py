"""One running container, its launcher attached: jobs go in, answers come back, line by line."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from importcost.errors import MeasurementError
from importcost.measure.runners.engines import Engine, call
from importcost.processes import bounded

CLOSE_TIMEOUT_S = 5.0
REMOVE_TIMEOUT_S = 30.0
COMPLAINT_BYTES = 16 * 1024


class AttachedContainer:
    """A container that runs for as long as its standard input is open; `remove` it in the end.

    `argv` is the engine's command that starts it in the foreground. Raises OSError if the engine's
    command cannot be started.
    """

    def __init__(self, engine: Engine, name: str, argv: list[str], folder: Path) -> None:
        self._engine = engine
        self.name = name
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._complaint = b""
        # podman's monitor drops a file named `oom` into the folder that it was started in.
        self._process = bounded.start(
            argv, cwd=folder, takes=bounded.PIPE, out=bounded.PIPE, error=bounded.PIPE
        )
        answers, complaints = _own(self._process.stdout), _own(self._process.stderr)
        self._threads = [
            threading.Thread(target=self._read_lines, args=(answers,), daemon=True),
            threading.Thread(target=self._read_complaint, args=(complaints,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _read_lines(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self._lines.put(line)
        self._lines.put(b"")

    def _read_complaint(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self._complaint = (self._complaint + line)[-COMPLAINT_BYTES:]

    def send(self, job: Mapping[str, Any]) -> None:
        """Hand a job over; a container that is gone is noticed when the answer is awaited."""
        stdin = self._process.stdin
        if stdin is not None:
            with contextlib.suppress(OSError):
                stdin.write(json.dumps(job).encode() + b"\n")
                stdin.flush()

    def receive(self, timeout_s: float) -> dict[str, Any] | None:
        """Return the next answer, None if the container ended. Raises TimeoutError."""
        while True:
            try:
                line = self._lines.get(timeout=timeout_s)
            except queue.Empty:
                raise TimeoutError from None
            if not line:
                return None
            with contextlib.suppress(ValueError):
                answer = json.loads(line)
                if isinstance(answer, dict):
                    return answer

    def exit_code(self) -> int | None:
        """Return the container's exit code; None if the engine's client still runs."""
        return bounded.wait(self._process, CLOSE_TIMEOUT_S)

    def complaint(self) -> str:
        """Return the error output of the engine or the launcher."""
        self._threads[1].join(timeout=1.0)
        return self._complaint.decode("utf-8", "replace")

    def remove(self) -> None:
        """End the container and wait until it is gone."""
        ended = False
        try:
            if self._process.stdin is not None:
                with contextlib.suppress(OSError):
                    self._process.stdin.close()
            ended = self.exit_code() == 0
        finally:
            try:
                if not ended:
                    call(self._engine, "rm", "--force", self.name, timeout_s=REMOVE_TIMEOUT_S)
                    self.exit_code()
            finally:
                bounded.end(self._process)
            for thread in self._threads:
                thread.join(timeout=1.0)


def _own(stream: IO[bytes] | None) -> IO[bytes]:
    """Return a reader of a pipe that its thread closes: another thread's close would block."""
    if stream is None:  # both are pipes; for the type checker
        raise MeasurementError("The engine's output could not be read; report this as a bug.")
    return os.fdopen(os.dup(stream.fileno()), "rb")
