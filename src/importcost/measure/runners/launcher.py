"""Start one interpreter, watch it, and bring back what it left: the same code on both sides.

The local runner calls `launch` in its own process. The container runner hands this file's text
to the container's Python, where `serve` answers one JSON line per job, so that one container
carries all runs and dies by itself when its standard input closes (the host was killed).
Standard library only, Python 3.9 and later, imports nothing of importcost.

A job is a dict:
  argv         list; `{scratch}` and `{now_ns}` in an item are replaced (now_ns: monotonic clock)
  env          dict, the whole environment, or additions to this process's if `inherit_env`
  cwd          working directory
  timeout_s    seconds until the process group is killed
  files        {name: text} written into the scratch folder first
  scratch_parent  where to make the scratch folder (None: the platform's temporary folder)
The answer is a dict: exit_code (negative: killed by that signal), timed_out, total_wall_us,
rows (what came on file descriptor 2, as latin-1), rows_cut, result (text of
`{scratch}/result.json` or None), output_tail (text), output_bytes.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

ROWS_LIMIT_BYTES = 256 * 1024 * 1024
OUTPUT_TAIL_BYTES = 64 * 1024


class _Tail:
    """Reads a stream to its end in a thread and keeps only the last bytes."""

    def __init__(self, stream: Any) -> None:
        self.total = 0
        self._kept = b""
        self._stream = stream
        self._thread = threading.Thread(target=self._drain, daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        while True:
            chunk = self._stream.read1(1 << 16)
            if not chunk:
                return
            self.total += len(chunk)
            self._kept = (self._kept + chunk)[-OUTPUT_TAIL_BYTES:]

    def finish(self) -> bytes:
        # A grandchild that left the process group may hold the pipe open: do not wait for it.
        self._thread.join(timeout=1.0)
        return self._kept


def _fill(text: str, scratch: str) -> str:
    if "{now_ns}" in text:
        text = text.replace("{now_ns}", str(time.monotonic_ns()))
    return text.replace("{scratch}", scratch)


def kill_group(pid: int) -> None:
    """Kill what is left of a process group; a group that is gone is fine."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _read(path: str, limit: int) -> bytes | None:
    try:
        with open(path, "rb") as stream:
            return stream.read(limit)
    except OSError:
        return None


def _run(job: dict[str, Any], scratch: str) -> dict[str, Any]:
    for name, text in job.get("files", {}).items():
        with open(os.path.join(scratch, name), "w", encoding="utf-8") as stream:
            stream.write(text)
    env = dict(os.environ) if job.get("inherit_env") else {}
    env.update({key: _fill(value, scratch) for key, value in job["env"].items()})
    rows_path = os.path.join(scratch, "rows.log")
    with open(rows_path, "wb") as rows_file:
        started = time.monotonic_ns()
        process = subprocess.Popen(
            [_fill(item, scratch) for item in job["argv"]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=rows_file,
            cwd=job["cwd"],
            env=env,
            start_new_session=True,
        )
        job["_pid"] = process.pid
        tail = _Tail(process.stdout)
        timed_out = False
        try:
            process.wait(timeout=job["timeout_s"])
        except subprocess.TimeoutExpired:
            timed_out = True
        finally:
            wall_ns = time.monotonic_ns() - started
            kill_group(process.pid)
            process.wait()
    kept = tail.finish()
    if process.stdout is not None:
        process.stdout.close()
    rows = _read(rows_path, ROWS_LIMIT_BYTES + 1) or b""
    result = _read(os.path.join(scratch, "result.json"), 1 << 28)
    return {
        "exit_code": process.returncode,
        "timed_out": timed_out,
        "total_wall_us": wall_ns // 1000,
        "rows": rows[:ROWS_LIMIT_BYTES].decode("latin-1"),
        "rows_cut": len(rows) > ROWS_LIMIT_BYTES,
        "result": None if result is None else result.decode("utf-8", "replace"),
        "output_tail": kept.decode("utf-8", "replace"),
        "output_bytes": tail.total,
    }


def launch(job: dict[str, Any]) -> dict[str, Any]:
    """Carry out one job; see the module docstring. Raises OSError if it cannot be started."""
    scratch = tempfile.mkdtemp(prefix="importcost-", dir=job.get("scratch_parent"))
    try:
        return _run(job, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _facts() -> dict[str, Any]:
    return {"executable": sys.executable, "version": sys.version.split()[0], "pid": os.getpid()}


def serve() -> None:
    """Answer jobs from standard input, a JSON line each, until it closes.

    Reading happens in a thread of its own so that a closed input ends a run in progress:
    nothing may survive the host.
    """
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    jobs: list[dict[str, Any]] = []
    ready = threading.Semaphore(0)

    def read_jobs() -> None:
        for line in sys.stdin:
            jobs.append(json.loads(line))
            ready.release()
        for job in jobs:
            if "_pid" in job:
                kill_group(job["_pid"])
        os._exit(0)

    channel.write(json.dumps(_facts()) + "\n")
    channel.flush()
    threading.Thread(target=read_jobs, daemon=True).start()
    done = 0
    while True:
        ready.acquire()
        try:
            answer = launch(jobs[done])
        except OSError as error:
            answer = {"error": str(error)}
        jobs[done] = {}
        done += 1
        channel.write(json.dumps(answer) + "\n")
        channel.flush()


if __name__ == "__main__":
    serve()
