"""Replace one file at once: readers see the old bytes or the new ones, and no other file.

A draft has no name until it replaces the target (O_TMPFILE, if the file system has it), so a killed
process leaves nothing. SIGINT, SIGTERM and SIGHUP wait while the names change.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import signal
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from importcost.errors import UsageError
from importcost.files.leftovers import is_running

READER_WAIT_S = 60.0
"""Seconds that a pipe may have no reader: then nobody waits for what is written to it."""
_READER_POLL_S = 0.05
_MARK = ".importcost-draft"
_HELD = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
# The errors of file systems without unnamed files, and of kernels without the flag.
_NO_UNNAMED = (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL, errno.ENOSYS)
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS)


@dataclass(frozen=True, slots=True)
class Draft:
    """The bytes that will replace `target`, written but not yet visible.

    `name` is the draft's own name beside the target, None while it has none.
    """

    target: Path
    descriptor: int
    name: Path | None

    def publish(self) -> None:
        """Put the draft in the target's place. Raises OSError."""
        name = self.name
        if name is None:
            name = _name_beside(self.target)
            self._link(name)
        try:
            name.replace(self.target)
        except BaseException:
            with contextlib.suppress(OSError):
                name.unlink()
            raise

    def publish_new(self) -> None:
        """Give the draft the target's name. Raises FileExistsError if that is taken, OSError."""
        try:
            if self.name is None:
                self._link(self.target)
            else:
                os.link(self.name, self.target, follow_symlinks=False)
        except OSError as error:
            if self.name is None or error.errno not in _NO_LINKS:
                raise
            if os.path.lexists(self.target):
                raise FileExistsError(
                    errno.EEXIST, os.strerror(errno.EEXIST), str(self.target)
                ) from None
            self.name.rename(self.target)

    def _link(self, name: Path) -> None:
        """Give the draft, which has no name yet, this one."""
        # Given a folder's descriptor, Python asks for the link that follows /proc's.
        folder = os.open(self.target.parent, os.O_RDONLY)
        try:
            os.link(f"/proc/self/fd/{self.descriptor}", name, src_dir_fd=folder)
        finally:
            os.close(folder)


def create_file(target: Path, data: bytes) -> None:
    """Write a file that does not exist yet, whole or not at all.

    Raises FileExistsError if it exists, even as a dangling link, or OSError.
    """
    with draft(target, data) as ready, signals_held():
        ready.publish_new()


def check_takes_files(folder: Path) -> None:
    """Raise OSError for a folder that accepts no new file, by writing one that nobody sees.

    Permissions tell nothing about a read-only file system, or about /proc.
    """
    with draft(folder / "any", b""):
        pass


def replace_file(target: Path, data: bytes) -> None:
    """Replace `target` with `data`, keeping its mode and owner; a new file gets the umask's mode.

    Links are not followed: resolve the path first if they should be. Raises OSError, and the target
    is then unchanged.
    """
    with draft(target, data) as ready, signals_held():
        ready.publish()


def check_default_name(path: str | Path) -> None:
    """Raise UsageError where a file that nobody named is a link: it may lead anywhere.

    A repository can hold such a link; who names a file with an option means what it leads to.
    """
    if Path(path).is_symlink():
        raise UsageError(
            f"{path} is a symbolic link, which a default name does not follow: remove it, or name "
            "the file that is to be written."
        )


def write_named(path: str | Path, data: bytes) -> None:
    """Replace the file that `path` leads to; a pipe or a device is written to instead.

    Raises OSError, and a file is as it was; also for a pipe that nobody opens to read it within
    `READER_WAIT_S` seconds.
    """
    target = Path(path)
    if target.is_fifo():
        _write_to_reader(target, data)
    elif target.exists() and not target.is_file():  # /dev/stdout, a device: nothing to replace
        target.write_bytes(data)
    else:
        replace_file(target.resolve(), data)


def _write_to_reader(pipe: Path, data: bytes) -> None:
    """Write to a pipe once it has a reader, who may then take as long as it likes."""
    deadline = time.monotonic() + READER_WAIT_S
    while True:
        try:
            descriptor = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            break
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
        if time.monotonic() >= deadline:
            reason = f"nobody read it within {READER_WAIT_S:g} s"
            raise OSError(errno.ETIMEDOUT, reason, str(pipe))
        time.sleep(_READER_POLL_S)
    os.set_blocking(descriptor, True)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)


@contextmanager
def draft(target: Path, data: bytes) -> Iterator[Draft]:
    """Write `data` for `target` without touching it; an unpublished draft is removed at the end.

    Raises OSError if the folder cannot be written to.
    """
    sweep_drafts(target.parent)
    descriptor, name = _create(target)
    try:
        with os.fdopen(os.dup(descriptor), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        _keep_mode(target, descriptor)
        yield Draft(target, descriptor, name)
    finally:
        os.close(descriptor)
        if name is not None:
            with contextlib.suppress(OSError):
                name.unlink()


@contextmanager
def signals_held() -> Iterator[None]:
    """Let interruptions wait until the context ends; it must be short."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def sweep_drafts(folder: Path) -> None:
    """Remove the drafts of processes that were killed while replacing."""
    with contextlib.suppress(OSError):
        for path in folder.glob(f".*{_MARK}"):
            if not is_running(path.name.removesuffix(_MARK).rpartition(".")[2]):
                with contextlib.suppress(OSError):
                    path.unlink()


def _create(target: Path) -> tuple[int, Path | None]:
    flag = getattr(os, "O_TMPFILE", None)
    if flag is not None and Path("/proc/self/fd").is_dir():
        try:
            return os.open(target.parent, flag | os.O_WRONLY | os.O_CLOEXEC, 0o600), None
        except OSError as error:
            if error.errno not in _NO_UNNAMED or not target.parent.is_dir():
                raise
    name = _name_beside(target)
    return os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600), name


def _name_beside(target: Path) -> Path:
    return target.with_name(f".{secrets.token_hex(4)}.{os.getpid()}{_MARK}")


def _keep_mode(target: Path, descriptor: int) -> None:
    try:
        status = target.stat()
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        os.fchmod(descriptor, 0o666 & ~mask)
        return
    with contextlib.suppress(OSError, AttributeError):  # not permitted, or not supported
        os.fchown(descriptor, status.st_uid, status.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
