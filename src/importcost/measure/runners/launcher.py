"""Start one interpreter, watch it, and return its results: the same code on both sides.

The local runner calls `launch` in its own process. The container runner hands this file's text
to the container's Python, where `serve` answers one JSON line per job, so that one container
carries all runs and dies by itself when its standard input closes (the host was killed).
Standard library only, Python 3.9 and later, imports nothing of importcost.

A job is a dict:
  argv         list; in an item `{scratch}` becomes the folder of the files, `{clocks}` four numbers
               at the start: monotonic clock, and the process's thread CPU, process CPU and run
               delay so far, nanoseconds
  env          dict, the whole environment, or additions to this process's if `inherit_env`; in a
               value `{home}` becomes a fresh empty folder, `{scratch}` as above; CLOCKS_VARIABLE in
               it gets the four numbers
  cwd          working directory
  timeout_s    seconds until the process group is killed
  files        {name: text} written into the scratch folder first
  scratch_parent  where to make the scratch folder (None: the platform's temporary folder)
  rows_limit_bytes  more than this on descriptor 2 is thrown away (default ROWS_LIMIT_BYTES)
  contained    this process is a container's main process: see `_Container`
  throttled    the quota is so small a part of a core that it holds back: see `await_period`
  private      how to give the process temporary folders of its own, or None: {command (what
               enters a private namespace, see enter_private.py), folders, in_memory, links, paths
               (see private_folders.py), binds ([source, path] to be seen there as well)}
  private_only  what the process needs is seen in such a namespace only: without one, it fails
  env_shared   {name: value} for where it shares the machine's temporary folders; `{tmp}` in a
               value becomes a fresh empty folder
The answer is a dict: exit_code (negative: killed by that signal), timed_out, total_wall_us,
rows (what came on file descriptor 2, as latin-1), rows_cut, result (text of
`{scratch}/result.json` or None), result_odd (what is there instead of such a file, or None),
output_tail (text), output_bytes,
oom_kills (processes that the memory limit killed meanwhile; 0 unless `contained`),
shared_because (why the process shared the machine's temporary folders, None if it did not).
"""

from __future__ import annotations

import binascii
import contextlib
import errno
import json
import marshal
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

ROWS_LIMIT_BYTES = 256 * 1024 * 1024
OUTPUT_TAIL_BYTES = 64 * 1024
RESULT_LIMIT_BYTES = 64 * 1024 * 1024
ROWS_CHECK_S = 0.05
THROTTLED_GAP_S = 0.003
THROTTLED_WAIT_S = 1.0
CLOCKS_VARIABLE = "IMPORTCOST_CLOCKS"
KEPT_IN_TMP = "importcost-bytecode"  # session.BYTECODE_DIR
# The folders of a container that may be written: engines differ in which of these they mount.
WRITABLE_INSIDE = ("/tmp", "/var/tmp", "/dev/shm", "/run/shm")  # noqa: S108 - the container's own


def await_period() -> None:
    """Return at the start of a period of the CPU quota, with nothing saved up, on one core.

    A process that starts in a container that rested gets one quota and soon the next: on a small
    one a short init would be a fifth faster than the quota allows. So this computes until it was
    held back twice. The kernel hands out a quota in slices of 5 ms to each core, and a slice that
    one core holds is missing on the other: hence one core.
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
        # Closed here, not by the waiting thread: closing blocks while a read is under way.
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
    """Ends a process at its deadline, and empties its rows file if that grows past a limit.

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
    """The main process's view of a container and its work between runs.

    One container carries many runs, and each must find it like a fresh one, without processes or
    files of the run before. Only `KEPT_IN_TMP` stays in /tmp.
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
        """Let the memory limit hit this process, not the one that has to report it."""
        with contextlib.suppress(OSError), open(f"/proc/{pid}/oom_score_adj", "w") as stream:
            stream.write("1000")

    @staticmethod
    def clean(scratch_parent: str | None) -> None:
        # Under an init of the engine's, -1 might reach the machine's processes.
        if os.getpid() == 1:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(-1, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                while True:
                    os.waitpid(-1, 0)
        empty_folders([*WRITABLE_INSIDE, *([scratch_parent] if scratch_parent else [])])


def empty_folders(folders: list[str], kept: tuple[str, ...] = (KEPT_IN_TMP,)) -> None:
    """Remove everything in these folders except the names in `kept`; missing ones are fine."""
    for folder in folders:
        with contextlib.suppress(OSError):
            for name in set(os.listdir(folder)).difference(kept):
                path = os.path.join(folder, name)
                if os.path.isdir(path) and not os.path.islink(path):
                    remove_folder(path)
                else:
                    with contextlib.suppress(OSError):
                        os.unlink(path)


def remove_folder(folder: str) -> None:
    """Remove a folder with everything in it, whatever its depth and its permissions.

    Folders are moved up first: a thousand in each other are more than recursion, or a path, holds.
    """
    flat = tempfile.mktemp(prefix=".gone-", dir="")  # noqa: S306 - a name, used in one folder only
    pending, number = [folder], 0
    while pending:
        here = pending.pop()
        _open_up(here)
        for name in _names_in(here):
            path = os.path.join(here, name)
            if os.path.isdir(path) and not os.path.islink(path):
                number += 1
                _open_up(path)
                pending.append(_moved(path, os.path.join(folder, f"{flat}-{number}")))
            else:
                with contextlib.suppress(OSError):
                    os.unlink(path)
        if here != folder:
            with contextlib.suppress(OSError):
                os.rmdir(here)
    with contextlib.suppress(OSError):
        os.rmdir(folder)


def _open_up(folder: str) -> None:
    with contextlib.suppress(OSError):
        os.chmod(folder, stat.S_IRWXU)


def _names_in(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _moved(path: str, wanted: str) -> str:
    """Move a folder and return its path, the old one if it cannot be moved."""
    try:
        os.rename(path, wanted)
    except OSError:
        return path
    return wanted


class _Orphans:
    """Ends what a launch leaves outside its process group: daemons, and what they started.

    While a launch runs, this process is the one that the kernel gives them as their parent when
    their own has ended (Linux). In a container the main process is that anyway.
    """

    SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
    MOST_S = 5.0

    def __init__(self) -> None:
        self._control = _process_control()
        self._before = _children()
        self._set(1)

    def end(self) -> None:
        """Kill them until none comes any more; what they forked becomes a child here, too."""
        deadline = time.monotonic() + self.MOST_S
        while time.monotonic() < deadline:
            left = _children() - self._before
            if not left:
                break
            for pid in left:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            for pid in left:
                with contextlib.suppress(OSError):
                    os.waitpid(pid, 0)
        self._set(0)

    def _set(self, value: int) -> None:
        if self._control is not None:
            self._control(self.SUBREAPER, value, 0, 0, 0)


def _process_control() -> Any:
    """Return prctl, None on machines without it."""
    if not sys.platform.startswith("linux") or os.getpid() == 1:
        return None
    try:
        import ctypes

        return ctypes.CDLL(None).prctl
    except (ImportError, OSError, AttributeError):
        return None


def _children() -> set[int]:
    """Return the ids of this process's children, where /proc tells them."""
    found: set[int] = set()
    for task in _names_in("/proc/self/task"):
        listed = _read(f"/proc/self/task/{task}/children", 1 << 20) or b""
        found.update(map(int, listed.split()))
    return found


def kill_group(pid: int) -> None:
    """Kill the rest of a process group; a group that is gone is fine."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _read(path: str, limit: int) -> bytes | None:
    try:
        with open(path, "rb") as stream:
            return stream.read(limit)
    except OSError:
        return None


def _read_result(path: str) -> tuple[bytes | None, str | None]:
    """Return a result's bytes, or what lies in its place; the handler may put anything there."""
    try:
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        return None, None
    except OSError as error:
        is_link = error.errno == errno.ELOOP
        return None, "a link" if is_link else f"not readable: {error.strerror}"
    try:
        info = os.fstat(descriptor)
        if not stat.S_ISREG(info.st_mode):
            return None, "not a file"
        if info.st_size > RESULT_LIMIT_BYTES:
            return None, f"larger than {RESULT_LIMIT_BYTES >> 20} MB"
        with os.fdopen(os.dup(descriptor), "rb") as stream:
            return stream.read(RESULT_LIMIT_BYTES), None
    finally:
        os.close(descriptor)


class _Place:
    """The folders of one launch, below `base`, and how the process names them.

    A process with temporary folders of its own finds them in a place that nothing on Lambda uses,
    so that its /tmp is empty.
    """

    def __init__(self, base: str, private: dict[str, Any] | None) -> None:
        self.base = base
        self.scratch = os.path.join(base, "run")
        self.private = private
        for name in ("run", "home", "tmp"):
            os.mkdir(os.path.join(base, name), 0o700)
        shown = os.path.dirname(base)
        if private and private["folders"]:
            on_disk = [item for item in private["folders"] if item not in private["in_memory"]]
            shown = (on_disk or private["folders"])[-1]
        self.shown = os.path.join(shown, os.path.basename(base)) if private else base

    def fill(self, text: str) -> str:
        for name, folder in (("{scratch}", "run"), ("{home}", "home"), ("{tmp}", "tmp")):
            text = text.replace(name, os.path.join(self.shown, folder))
        return text


class _Entrance:
    """Starts the process in a private namespace, through `enter_private`."""

    def __init__(self, job: dict[str, Any], place: _Place, env: dict[str, str]) -> None:
        private = place.private or {}
        self._read_fd, self.write_fd = os.pipe()
        file = os.path.join(place.base, "enter")
        with open(file, "wb") as stream:
            marshal.dump(self._spec(job, place, env), stream)
        self.argv = [*private["command"], file, str(self.write_fd)]

    @staticmethod
    def _spec(job: dict[str, Any], place: _Place, env: dict[str, str]) -> dict[str, Any]:
        private = place.private or {}
        real = os.fsencode
        writable = set(private["writable"])
        binds = [(path, path, path in writable) for path in private["paths"]]
        binds += [(source, path, False) for source, path in private.get("binds", ())]
        binds += [
            (os.path.join(place.base, name), os.path.join(place.shown, name), True)
            for name in ("run", "home")
        ]
        return {
            "folders": [
                (
                    real(folder),
                    real(os.path.join(place.base, f"private-{number}")),
                    folder in private["in_memory"],
                )
                for number, folder in enumerate(private["folders"])
            ],
            "links": [(real(link), real(target)) for link, target in private["links"]],
            "binds": [
                (real(here), real(there), os.path.isdir(here), is_writable)
                for here, there, is_writable in binds
            ],
            "argv": [real(place.fill(item)) for item in job["argv"]],
            "env": {real(key): real(value) for key, value in env.items()},
            "cwd": real(job["cwd"]),
        }

    def close(self) -> None:
        os.close(self.write_fd)

    def outcome(self) -> tuple[str, str]:
        """Return (`started`, ns), (`refused`, reason) or (`failed`, errno) once it has ended."""
        with os.fdopen(self._read_fd, "rb") as stream:
            os.set_blocking(self._read_fd, False)
            lines = (stream.read() or b"").decode("utf-8", "replace").splitlines()
        if not lines:
            return "refused", "the namespace could not be entered"
        word, _, rest = lines[-1].partition(" ")
        return word, rest


class _RefusedError(Exception):
    """The machine gives no private namespace; the text is the reason."""


def _environment(job: dict[str, Any], place: _Place) -> dict[str, str]:
    env = dict(os.environ) if job.get("inherit_env") else {}
    given = dict(job["env"])
    if not place.private:
        given = {**job.get("env_shared", {}), **given}
    env.update({key: place.fill(value) for key, value in given.items()})
    return env


class _Started:
    """The process, started in either way; `started_ns` is when its interpreter began."""

    def __init__(self, job: dict[str, Any], place: _Place, rows_file: Any) -> None:
        env = _environment(job, place)
        self._entrance = _Entrance(job, place, env) if place.private else None
        self.started_ns = time.monotonic_ns()
        if self._entrance:
            argv, cwd, start_env, fds = self._entrance.argv, os.sep, None, [self._entrance.write_fd]
        else:
            clocks = f"{self.started_ns}:0:0:0"
            argv = [place.fill(item).replace("{clocks}", clocks) for item in job["argv"]]
            if CLOCKS_VARIABLE in env:
                env[CLOCKS_VARIABLE] = clocks
            cwd, start_env, fds = job["cwd"], env, []
        try:
            self.process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=rows_file,
                cwd=cwd,
                env=start_env,
                start_new_session=True,
                pass_fds=fds,
            )
        except BaseException:
            if self._entrance:
                self._entrance.outcome()
            raise
        finally:
            if self._entrance:
                self._entrance.close()

    def settle(self, timed_out: bool) -> None:
        """Record when the interpreter began; call it when the process has ended.

        Raises _RefusedError if it never began for lack of a namespace, OSError if it cannot be
        executed.
        """
        if self._entrance is None:
            return
        word, rest = self._entrance.outcome()
        if word == "started":
            self.started_ns = int(rest)
        elif word == "failed":
            raise OSError(int(rest), os.strerror(int(rest)))
        elif not timed_out:
            raise _RefusedError(rest)


def _run(job: dict[str, Any], place: _Place) -> dict[str, Any]:
    for name, text in job.get("files", {}).items():
        with open(os.path.join(place.scratch, name), "w", encoding="utf-8") as stream:
            stream.write(text)
    contained = bool(job.get("contained"))
    oom_kills = _Container.oom_kills() if contained else 0
    limit = job.get("rows_limit_bytes", ROWS_LIMIT_BYTES)
    if job.get("throttled"):
        await_period()
    # Appending, so that a file emptied by the watch is written from its start again.
    with open(os.path.join(place.scratch, "rows.log"), "a+b") as rows_file:
        orphans = None if contained else _Orphans()
        started = _Started(job, place, rows_file)
        process = started.process
        job["_pid"] = process.pid
        if contained:
            _Container.kill_first(process.pid)
        tail = _Tail(process.stdout)
        watch = _Watch(process, rows_file.fileno(), job)
        try:
            watch.wait_for_exit()
        finally:
            ended_ns = time.monotonic_ns()
            kill_group(process.pid)
            process.wait()
            if orphans:
                orphans.end()
        kept = tail.finish()
        started.settle(watch.timed_out)
        # By its descriptor: the handler may have removed the file.
        rows_file.seek(0)
        rows = rows_file.read(limit + 1)
    if not os.path.isdir(place.scratch):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), place.base)
    result, odd = _read_result(os.path.join(place.scratch, "result.json"))
    return {
        "exit_code": process.returncode,
        "timed_out": watch.timed_out,
        "total_wall_us": (ended_ns - started.started_ns) // 1000,
        "rows": rows[:limit].decode("latin-1"),
        "rows_cut": watch.rows_cut or len(rows) > limit,
        "result": None if result is None else result.decode("utf-8", "replace"),
        "result_odd": odd,
        "output_tail": kept.decode("utf-8", "replace"),
        "output_bytes": tail.total,
        "oom_kills": _Container.oom_kills() - oom_kills if contained else 0,
    }


def _in_place(job: dict[str, Any], private: dict[str, Any] | None) -> dict[str, Any]:
    # With the process's id: what a killed one left is removed by the next.
    base = tempfile.mkdtemp(prefix=f"importcost-{os.getpid()}-", dir=job.get("scratch_parent"))
    try:
        return _run(job, _Place(os.path.realpath(base), private))
    finally:
        remove_folder(base)


def launch(job: dict[str, Any]) -> dict[str, Any]:
    """Carry out one job; see the module docstring.

    Raises OSError if it cannot be started, or if its folder is gone at the end.
    """
    reason = job.get("shared_because")
    try:
        if job.get("private"):
            try:
                return {**_in_place(job, job["private"]), "shared_because": None}
            except _RefusedError as error:
                reason = str(error)
        if job.get("private_only"):
            raise PermissionError(errno.EPERM, reason or "there is no mount namespace")
        return {**_in_place(job, None), "shared_because": reason}
    finally:
        if job.get("contained"):
            _Container.clean(job.get("scratch_parent"))


def _greeting() -> dict[str, Any]:
    """Report which of the folders named on the command line exist.

    `{version}` in them stands for one like 3.12, `{prefix}` for this Python's own folder.
    """
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    named = [item.replace("{version}", version) for item in sys.argv[1:]]
    folders = [item.replace("{prefix}", sys.prefix) for item in named]
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
            answer = {
                "error": error.strerror or str(error),
                "errno": error.errno,
                "path": error.filename,
            }
        jobs[done] = {}
        done += 1
        channel.write(json.dumps(answer) + "\n")
        channel.flush()


if __name__ == "__main__":
    serve()
