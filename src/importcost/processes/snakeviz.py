"""Run the snakeviz server on loopback while the user looks at a profile."""

from __future__ import annotations

import http.client
import os
import re
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from importcost.errors import MeasurementError
from importcost.processes.bounded import Process, started

LOOPBACK = "127.0.0.1"
START_TIMEOUT_S = 30.0
_POLL_S = 0.05
# With the line's end, because the address might still be half written.
_URL = re.compile(r"^(http://\S+/snakeviz/\S+)\r?\n", re.MULTILINE)
_ADVICE = "write the file with -o FILE.prof and open it elsewhere, or reinstall importcost"


@dataclass(frozen=True, slots=True)
class SnakevizServer:
    """A running server; `url` shows the profile."""

    url: str
    process: Process
    log: Path

    def wait(self) -> None:
        """Wait until the server ends by itself, which it should not: raises MeasurementError."""
        code = self.process.wait()
        raise MeasurementError(
            f"snakeviz has ended by itself (exit code {code}{_reason(self.log)}): start it again, "
            f"or {_ADVICE}."
        )


@contextmanager
def serve_profile(
    data: bytes, name: str, timeout_s: float = START_TIMEOUT_S
) -> Iterator[SnakevizServer]:
    """Serve pstats `data` with snakeviz on a free port of 127.0.0.1, shown as `name`.

    The server runs in a process group and a temporary folder of its own; both are removed when the
    context ends, in any way. Raises MeasurementError if it does not answer within `timeout_s`
    seconds.
    """
    with tempfile.TemporaryDirectory(prefix=f"importcost-snakeviz-{os.getpid()}-") as folder:
        file, log = Path(folder) / f"{_safe(name)}.prof", Path(folder) / "server.log"
        file.write_bytes(data)
        # Not the user's folder: Python would import snakeviz's own imports from there.
        with (
            log.open("wb") as output,
            started(_command(file), cwd=Path(folder), out=output) as server,
        ):
            yield SnakevizServer(_wait_for_answer(server, log, timeout_s), server, log)


def _command(file: Path) -> list[str]:
    address = ["-s", "-H", LOOPBACK, "-p", str(free_port())]
    return [sys.executable, "-u", "-m", "snakeviz", *address, str(file)]


def free_port() -> int:
    """Return a free port of 127.0.0.1; snakeviz chooses another if it must."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _safe(name: str) -> str:
    """Return a file name of letters that need no quoting in a URL, for the page's title."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:60].strip("-") or "profile"


def _wait_for_answer(process: Process, log: Path, timeout_s: float) -> str:
    """Return the page's address once the server shows it."""
    end = time.monotonic() + timeout_s
    while (left_s := end - time.monotonic()) > 0:
        if process.poll() is not None:
            raise MeasurementError(
                f"snakeviz could not be started (exit code {process.returncode}{_reason(log)}): "
                f"{_ADVICE}."
            )
        # The port is read from snakeviz's output: it may have had to choose another one.
        found = _URL.search(log.read_text(errors="replace"))
        status = _status(found[1], left_s) if found else None
        if found and status == http.client.OK:
            return found[1]
        if status is not None:
            raise MeasurementError(
                f"snakeviz cannot show this profile (HTTP status {status}{_reason(log)}): "
                f"{_ADVICE}."
            )
        time.sleep(_POLL_S)
    raise MeasurementError(f"snakeviz does not answer after {timeout_s:g} s: {_ADVICE}.")


def _status(url: str, timeout_s: float) -> int | None:
    """Return the HTTP status of a page read whole; None if nothing answers yet."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)
    try:
        connection.request("GET", parts.path)
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException):
        return None
    else:
        return response.status
    finally:
        connection.close()


def _reason(log: Path) -> str:
    """Return the last line that the server printed, as the end of a parenthesis."""
    lines = log.read_text(errors="replace").split("\n")
    said = next((line.strip() for line in reversed(lines) if line.strip()), "")
    shown = "".join(sign for sign in said if sign.isprintable())
    return f": {shown[:200]}" if shown else ""
