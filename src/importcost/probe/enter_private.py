"""Become the measured interpreter, in a mount namespace with temporary folders of its own.

Started as `python -I -S enter_private.py SPEC STATUS_FD` by the Python that runs importcost, as the
process that is to be measured: it ends by executing the interpreter, so process id, session, exit
code and signals are the interpreter's own. Standard library only, and few modules of it: each
launch waits for them. Imports nothing of importcost.

SPEC is a file with a marshalled dict; all texts in it are bytes:
  folders   [(folder, place, in_memory)]: `place` is made and mounted at `folder`
  links     [(path, target)]: symbolic links that must be found in those folders
  binds     [(source, path, is_folder, is_writable)]: what must be seen at `path` there
  argv, env, cwd   what to execute; `{clocks}` in an item becomes four numbers, see `_clocks`, which
            the variable CLOCKS_VARIABLE has as well if it is there
On STATUS_FD it writes one line: `started NS` (monotonic clock) right before the interpreter takes
over, `refused REASON` where there can be no such namespace, `failed ERRNO` where the interpreter
cannot be executed. Nothing of the machine is changed in either case.
"""

import ctypes
import errno
import marshal
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # quoted annotations only: importing typing would cost each launch
    from typing import Any

CLONE_NEWNS = 0x00020000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 0x20, 0x1000, 0x4000, 0x40000
PR_SET_PDEATHSIG = 1
SIGKILL = 9
REFUSED = 127
CLOCKS_VARIABLE = b"IMPORTCOST_CLOCKS"

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, what + ": " + os.strerror(number))


def _mount(source: bytes, target: bytes, kind: bytes, flags: int, data: bytes = b"") -> None:
    result = _libc.mount(source, target, kind, ctypes.c_ulong(flags), data or None)
    _check(result, "mount on " + os.fsdecode(target))


def _unshare() -> None:
    """Leave the machine's mount namespace; the user stays who they are.

    System V's memory, semaphores and queues outlive who made them: they get a namespace too, where
    the kernel has those.
    """
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        # Without a user namespace: in one, root could not read what other users own.
        _check(_libc.unshare(CLONE_NEWNS), "unshare")
    else:
        _check(_libc.unshare(CLONE_NEWUSER | CLONE_NEWNS), "unshare")
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            descriptor = os.open("/proc/self/" + name, os.O_WRONLY)
            os.write(descriptor, text.encode())
            os.close(descriptor)
    _libc.unshare(CLONE_NEWIPC)
    # From here on no mount reaches the machine.
    _mount(b"none", b"/", b"", MS_REC | MS_PRIVATE)


class _Places:
    """The private folders before they are mounted over the machine's."""

    def __init__(self, folders: "Any") -> None:
        self._places = [(folder + b"/", place) for folder, place, _ in folders]
        for _, place, in_memory in folders:
            os.mkdir(place)
            if in_memory:
                _mount(b"tmpfs", place, b"tmpfs", MS_NOSUID | MS_NODEV, b"mode=1777")
            os.chmod(place, 0o1777)  # noqa: S103 - as temporary folders are

    def of(self, path: bytes) -> bytes:
        for folder, place in self._places:
            if path.startswith(folder):
                return os.path.join(place, path[len(folder) :])
        raise OSError(errno.EINVAL, "no private folder for " + os.fsdecode(path))


def _make_read_only(path: bytes) -> None:
    """Protect a bound path: a handler that empties /tmp must not empty an environment in it."""
    # A user namespace may not drop these flags of the mount; in C, both have the same numbers.
    kept = os.statvfs(path).f_flag & (MS_NOSUID | MS_NODEV | MS_NOEXEC)
    _mount(b"none", path, b"", MS_REMOUNT | MS_BIND | MS_RDONLY | kept)


def _make_file(path: bytes) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


def _lay_out(spec: "Any") -> None:
    """Mount the private folders, with everything that must stay visible already in them."""
    places = _Places(spec["folders"])
    # Create everything before binding anything: later it would be created in the bound folder.
    for path, target in spec["links"]:
        os.makedirs(os.path.dirname(places.of(path)), exist_ok=True)
        os.symlink(target, places.of(path))
    for _, path, is_folder, _ in spec["binds"]:
        os.makedirs(os.path.dirname(places.of(path)), exist_ok=True)
        (os.mkdir if is_folder else _make_file)(places.of(path))
    for source, path, _, is_writable in spec["binds"]:
        _mount(source, places.of(path), b"", MS_BIND | MS_REC)
        if not is_writable:
            _make_read_only(places.of(path))
    # By descriptor: the first mounted folder may hide the places of the others.
    opened = [(folder, os.open(place, os.O_PATH)) for folder, place, _ in spec["folders"]]
    for folder, descriptor in opened:
        _mount(b"/proc/self/fd/%d" % descriptor, folder, b"", MS_BIND | MS_REC)


def _clocks() -> str:
    """Return monotonic clock, thread CPU, process CPU and run delay, nanoseconds.

    The interpreter takes over this process with the CPU time that it has used.
    """
    try:
        with open("/proc/thread-self/schedstat", "rb") as stream:
            delay = int(stream.read().split()[1])
    except (OSError, IndexError, ValueError):
        delay = 0
    process, thread = time.process_time_ns(), time.thread_time_ns()
    return f"{time.monotonic_ns()}:{thread}:{process}:{delay}"


def _restore_signals() -> None:
    # Python ignores these signals, and an executed program keeps ignoring them.
    import _signal  # type: ignore[import-not-found]  # signal itself takes milliseconds

    for name in ("SIGPIPE", "SIGXFSZ", "SIGXFZ"):
        number = getattr(_signal, name, None)
        if number is not None:
            _signal.signal(number, _signal.SIG_DFL)


def _end_with_parent() -> None:
    """Let the kernel kill this process when importcost ends, which may be killed itself."""
    _libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)


def _execute(spec: "Any", status: int) -> None:
    _end_with_parent()
    _restore_signals()
    os.chdir(spec["cwd"])
    clocks = _clocks()
    os.write(status, b"started " + clocks.partition(":")[0].encode() + b"\n")
    argv = [item.replace(b"{clocks}", clocks.encode()) for item in spec["argv"]]
    if CLOCKS_VARIABLE in spec["env"]:
        spec["env"][CLOCKS_VARIABLE] = clocks.encode()
    os.execvpe(argv[0], argv, spec["env"])  # noqa: S606 - this is what the process is for


def main() -> None:
    """Enter the namespace and execute the interpreter; the exit code is REFUSED if that fails."""
    status = int(sys.argv[2])
    os.set_inheritable(status, False)
    with open(sys.argv[1], "rb") as stream:
        spec = marshal.load(stream)  # noqa: S302 - written by importcost a moment ago
    try:
        _unshare()
        _lay_out(spec)
    except OSError as error:
        os.write(status, b"refused " + str(error.strerror).encode("utf-8", "replace") + b"\n")
        os._exit(REFUSED)
    try:
        _execute(spec, status)
    except OSError as error:
        os.write(status, b"failed %d\n" % (error.errno or errno.EIO))
    os._exit(REFUSED)


if __name__ == "__main__":
    main()
