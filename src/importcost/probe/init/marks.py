"""Marks between the phases in the rows of `-X importtime`."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class PhaseMarks:
    """Phase borders in the row stream, which is file descriptor 2 of a traced run."""

    def __init__(self, os: "Any", token: str, traced: bool, is_spawned: bool) -> None:
        self._getpid, self._write, self._fstat = os.getpid, os.write, os.fstat
        self._prefix = "importcost-mark " + token + " "
        self._is_traced = traced
        # A descriptor of its own: the handler may close or redirect 2, as daemons do. A server's
        # spawned worker marks nothing among its parent's rows.
        self._fd = os.dup(2) if traced and not is_spawned else None
        self._pid = os.getpid()

    def write(self, label: str) -> None:
        """Write a mark among the rows, in a traced run."""
        if self._fd is None or self._getpid() != self._pid:  # a forked copy marks nothing
            return
        try:
            self._write(self._fd, (self._prefix + label + "\n").encode())
        except OSError:  # the handler closed this one, too; see rows_redirected
            pass

    def follow(self, rows: str) -> None:
        """Write the marks of a server's worker, and its rows, to a file of their own."""
        if self._is_traced:
            import os

            self._fd = os.open(rows, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(self._fd, 2)
            self._pid = self._getpid()

    def rows_redirected(self) -> bool:
        """Return True if descriptor 2 no longer leads to the rows."""
        if self._fd is None:
            return False
        try:
            here, there = self._fstat(self._fd), self._fstat(2)
        except OSError:
            return True
        return (here.st_dev, here.st_ino) != (there.st_dev, there.st_ino)
