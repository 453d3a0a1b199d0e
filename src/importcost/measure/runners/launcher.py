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
  rows_limit_bytes  more than this on descriptor 2 is thrown away (default ROWS_LIMIT_BYTES)
  contained    this process is a container's main process: see `_Container`
  throttled    the quota is so small a part of a core that it holds back: see `await_period`
The answer is a dict: exit_code (negative: killed by that signal), timed_out, total_wall_us,
rows (what came on file descriptor 2, as latin-1), rows_cut, result (text of
`{scratch}/result.json` or None), output_tail (text), output_bytes,
oom_kills (processes that the memory limit killed meanwhile; 0 unless `contained`).
"""

from __future__ import annotations

import binascii
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
ROWS_CHECK_S = 0.05
THROTTLED_GAP_S = 0.003
THROTTLED_WAIT_S = 1.0
KEPT_IN_TMP = "importcost-bytecode"  # session.BYTECODE_DIR


def await_period() -> None:
    """Return where a period of the CPU quota begins, with nothing saved up, on one core.

    What starts in a container that rested finds one quota and soon the next: on a small one a
    short init would be a fifth faster than the quota says. So this computes until it was held
    back twice. The kernel hands a quota out in slices of 5 ms to each core, and what one core
    holds the other waits for: hence one core.
    """
    if hasattr(os, "sched_setaffinity"):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    before = time.monotonic()
    deadline = before + THROTTLED_WAIT_S
    gaps = 0
    while gaps < 2 and before < deadline:
        now = time.monotonic()
        gaps += now - before > THROTTLED_GAP_S
        before = now


class _Tail:
    """Reads a stream to its end in a thread and keeps only the last bytes."""

    def __init__(self, stream: Any) -> None:
        self.total = 0
        self._kept = b""
        self._stream = stream
        self._thread = threading.Thread(target=self._drain, daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        # Closed here, not by who waits: closing blocks while a read is under way.
        with self._stream:
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


class _Watch:
    """Ends a process at its deadline, and empties its rows file when that grows past a limit.

    A thread, so that the main one can wait for the exit itself: `Popen.wait(timeout=...)` polls
    and notices an exit up to 50 ms late.
    """

    def __init__(self, process: Any, rows_fd: int, job: dict[str, Any]) -> None:
        self.timed_out = False
        self.rows_cut = False
        self._process = process
        self._rows_fd = rows_fd
        self._limit = job.get("rows_limit_bytes", ROWS_LIMIT_BYTES)
        self._deadline = time.monotonic() + job["timeout_s"]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._ended.wait(ROWS_CHECK_S):
            if os.fstat(self._rows_fd).st_size > self._limit:
                self.rows_cut = True
                os.ftruncate(self._rows_fd, 0)
            if time.monotonic() >= self._deadline:
                self.timed_out = True
                kill_group(self._process.pid)
                return

    def wait_for_exit(self) -> None:
        """Return when the process has ended; it stays unreaped, so its id stays taken."""
        try:
            if hasattr(os, "waitid"):
                os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
            else:
                self._process.wait()
        finally:
            self._ended.set()
            self._thread.join()


class _Container:
    """What the main process of a container can see and do between runs.

    One container carries many runs, and each is to find it as a fresh one: no process of the
    run before, no file in /tmp. Only `KEPT_IN_TMP` stays there.
    """

    # cgroup version 2, then 1
    COUNTERS = ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")

    @classmethod
    def oom_kills(cls) -> int:
        for path in cls.COUNTERS:
            for line in (_read(path, 4096) or b"").splitlines():
                if line.startswith(b"oom_kill "):
                    return int(line.split()[1])
        return 0

    @staticmethod
    def kill_first(pid: int) -> None:
        """Let the memory limit hit this process, not the one that has to tell of it."""
        with contextlib.suppress(OSError), open(f"/proc/{pid}/oom_score_adj", "w") as stream:
            stream.write("1000")

    @staticmethod
    def clean() -> None:
        if os.getpid() != 1:  # under an init of the engine's: -1 would reach it too
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(-1, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)
        for folder in ("/tmp", "/dev/shm"):  # noqa: S108 - the container's own
            for name in _names(folder):
                path = os.path.join(folder, name)
                if os.path.isdir(path) and not os.path.islink(path):
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    with contextlib.suppress(OSError):
                        os.unlink(path)


def _names(folder: str) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if name != KEPT_IN_TMP]
    except OSError:
        return []


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
    contained = bool(job.get("contained"))
    oom_kills = _Container.oom_kills() if contained else 0
    if job.get("throttled"):
        await_period()
    # Appending, so that a file emptied by the watch is written from its start again.
    with open(rows_path, "ab") as rows_file:
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
        if contained:
            _Container.kill_first(process.pid)
        tail = _Tail(process.stdout)
        watch = _Watch(process, rows_file.fileno(), job)
        try:
            watch.wait_for_exit()
        finally:
            wall_ns = time.monotonic_ns() - started
            kill_group(process.pid)
            process.wait()
    kept = tail.finish()
    limit = job.get("rows_limit_bytes", ROWS_LIMIT_BYTES)
    rows = _read(rows_path, limit + 1) or b""
    result = _read(os.path.join(scratch, "result.json"), 1 << 28)
    return {
        "exit_code": process.returncode,
        "timed_out": watch.timed_out,
        "total_wall_us": wall_ns // 1000,
        "rows": rows[:limit].decode("latin-1"),
        "rows_cut": watch.rows_cut or len(rows) > limit,
        "result": None if result is None else result.decode("utf-8", "replace"),
        "output_tail": kept.decode("utf-8", "replace"),
        "output_bytes": tail.total,
        "oom_kills": _Container.oom_kills() - oom_kills if contained else 0,
    }


def launch(job: dict[str, Any]) -> dict[str, Any]:
    """Carry out one job; see the module docstring. Raises OSError if it cannot be started."""
    scratch = tempfile.mkdtemp(prefix="importcost-", dir=job.get("scratch_parent"))
    try:
        return _run(job, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        if job.get("contained"):
            _Container.clean()


def _greeting() -> dict[str, Any]:
    """Tell which of the folders named on the command line there are (`{version}`: like 3.12)."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    folders = [item.replace("{version}", version) for item in sys.argv[1:]]
    return {"pid": os.getpid(), "folders": [item for item in folders if os.path.isdir(item)]}


def serve() -> None:
    """Greet, then answer jobs from standard input, a JSON line each, until it closes.

    Answers are as `launch` gives them, but with `rows` as base64. Reading happens in a thread of
    its own so that a closed input ends a run in progress: nothing may survive the host.
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

    channel.write(json.dumps(_greeting()) + "\n")
    channel.flush()
    threading.Thread(target=read_jobs, daemon=True).start()
    done = 0
    while True:
        ready.acquire()
        try:
            answer = launch(jobs[done])
            # Escaped as JSON text, odd bytes would grow sixfold and hit the memory limit here.
            answer["rows"] = binascii.b2a_base64(answer["rows"].encode("latin-1")).decode()
        except OSError as error:
            answer = {"error": str(error)}
        jobs[done] = {}
        done += 1
        channel.write(json.dumps(answer) + "\n")
        channel.flush()


if __name__ == "__main__":
    serve()
