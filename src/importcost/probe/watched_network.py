"""Runs inside the measured interpreter: refuse what init asks of other machines, and note who asks.

Read by the probe as text (`network` of its spec) before anything of the handler's is imported. Each
attempt is answered at once, as a machine without a network answers it, and noted with the frames
that made it. An init that goes on trying is given up after a few seconds instead of at the launch's
own limit. Standard library only, Python 3.9 to 3.15, and only what is loaded already: what this
imported, the handler would get for free.

The spec's "network" holds
  program     this file's text
  patience_s  how long init may wait after the first refused attempt, None for as long as it likes
  stdlib      left out of the frames: folders of the standard library, set by the probe
"""

import errno
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # quoted annotations only
    from typing import Any

LOCAL = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104 - compared, not bound
MOST_ATTEMPTS = 50
MOST_FRAMES = 40
EAI_AGAIN = -3
COMPUTING_SHARE = 0.05
"""An init that runs for a larger share of the time is still at work."""
_open = open  # bound before the handler runs: it may replace the name


class Watch:
    """The attempts of one init: `found` holds [place, [[file, line, module], ...]] of each.

    Frames are those outside of the standard library, the innermost first. Errors follow at once,
    and an SDK of AWS makes no second attempt: waiting between attempts would prove nothing.
    """

    def __init__(self, settings: "Any", give_up: "Any") -> None:
        import _thread

        self.found: list[Any] = []
        self._places: set[str] = set()
        self._patience_s = settings["patience_s"]
        self._stdlib = tuple(settings["stdlib"])
        self._give_up = give_up
        self._start_thread, self._ident = _thread.start_new_thread, _thread.get_ident
        self._importing = _thread.get_ident()
        self._lock = _thread.allocate_lock()
        self._lock.acquire()
        self._is_on = True
        # Not by asking for it: that would count as a variable that init reads.
        if "AWS_MAX_ATTEMPTS" not in list(os.environ):
            os.environ["AWS_MAX_ATTEMPTS"] = "1"
        sys.addaudithook(self._audit)

    def stop(self) -> None:
        """Refuse nothing any more: init has ended."""
        if self._is_on:
            self._is_on = False
            self._lock.release()

    def _audit(self, event: str, args: "tuple[Any, ...]") -> None:
        if not self._is_on:
            return
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            address = args[1]
            if isinstance(address, tuple) and len(address) > 1 and not _is_local(address[0]):
                self._note(str(address[0]) + ":" + str(address[1]))
                raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))
        elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
            host = args[0].decode("ascii", "replace") if isinstance(args[0], bytes) else args[0]
            if host is None or _is_number(str(host)) or _is_local(host):
                return
            port = args[1] if len(args) > 1 else None
            self._note(str(host) if port in (None, "", 0) else str(host) + ":" + str(port))
            error = getattr(sys.modules.get("_socket"), "gaierror", OSError)
            raise error(EAI_AGAIN, "Temporary failure in name resolution")

    def _note(self, place: str) -> None:
        if place in self._places or len(self.found) >= MOST_ATTEMPTS:
            return
        is_first = not self.found
        self._places.add(place)
        self.found.append([place, self._frames(sys._getframe(2))])
        if is_first and self._patience_s is not None:
            self._start_thread(self._wait, ())

    def _frames(self, frame: "Any") -> "list[Any]":
        frames: list[Any] = []
        while frame is not None and len(frames) < MOST_FRAMES:
            file = frame.f_code.co_filename
            if not file.startswith("<") and not self._is_stdlib(file):
                name = frame.f_globals.get("__name__")
                frames.append([file, frame.f_lineno or 0, name if type(name) is str else None])
            frame = frame.f_back
        return frames

    def _is_stdlib(self, file: str) -> bool:
        is_package = "site-packages" in file or "dist-packages" in file
        return file.startswith(self._stdlib) and not is_package

    def _wait(self) -> None:
        """Give init up once it has waited, not computed, for so long."""
        ran_ns = _ran_ns()
        while not self._lock.acquire(True, self._patience_s):
            now_ns = _ran_ns()
            if now_ns - ran_ns < self._patience_s * 1e9 * COMPUTING_SHARE:
                break
            ran_ns = now_ns
        else:
            return
        if self._is_on:
            self._is_on = False
            self._give_up(self._stack())

    def _stack(self) -> str:
        """Return where the importing thread waits, as a traceback shows it."""
        lines = []
        frame: Any = sys._current_frames().get(self._importing)
        while frame is not None:
            code = frame.f_code
            lines.append(f'  File "{code.co_filename}", line {frame.f_lineno}, in {code.co_name}\n')
            frame = frame.f_back
        lines.reverse()
        return "Traceback (most recent call last):\n" + "".join(lines)


def _ran_ns() -> int:
    """Return how long the main thread has run or waited for a processor."""
    try:
        with _open("/proc/self/schedstat", "rb") as stream:
            ran, waited = stream.read().split()[:2]
        return int(ran) + int(waited)
    except (OSError, ValueError):
        return time.process_time_ns()


def _is_local(host: object) -> bool:
    return str(host).startswith(LOCAL)


def _is_number(host: str) -> bool:
    """Return True for an address: looking it up asks nobody."""
    return ":" in host or host.replace(".", "").isdigit() or host == ""
