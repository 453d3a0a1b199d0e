"""Start the recording endpoint for a while, and ask it what it was called for.

    with open_recorder() as recorder:
        recorder.begin()                      # an empty account, nothing recorded
        ...                                   # launch with `recorder.launch_spec()`
        recording = recorder.recording()      # the calls since then

`launch_spec` goes into the spec of an "invoke" run of the probe as `recording`. A program that
launches by itself sets `recorder.environment` instead.
"""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from importcost.errors import MeasurementError, Remedy, UsageError, remedy, words
from importcost.files.leftovers import sweep_folders
from importcost.measure.programs import read_program
from importcost.measure.recording.resources import NeededResource
from importcost.measure.recording.server import CONTROL, LOOPBACK, READY, TOKEN_VARIABLE
from importcost.model.results.aws_calls import AwsCall, Recording
from importcost.parameters import Parameter
from importcost.processes.bounded import Process, started

INSTALL = "pip install 'importcost-lambda[record]'"
FOLDER_PREFIX = "importcost-record-"
START_TIMEOUT_S = 60.0
ANSWER_TIMEOUT_S = 60.0
_POLL_S = 0.05
_NEEDED = ("moto", "flask", "flask_cors", "werkzeug", "xmltodict")
OWN_KEY = "AKIAIOSFODNN7EXAMPLE"
"""The key id of AWS's documentation: the function's own identity in a recorded launch."""


@dataclass(frozen=True, slots=True)
class Recorder:
    """A running endpoint on 127.0.0.1; `process` and `log` tell why it has ended."""

    port: int
    token: str
    process: Process
    log: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the variables with which an AWS SDK calls this endpoint, as nobody real."""
        return {
            "AWS_ENDPOINT_URL": f"http://{LOOPBACK}:{self.port}",
            "AWS_ACCESS_KEY_ID": OWN_KEY,
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "AWS_SESSION_TOKEN": "importcost",
            "AWS_EC2_METADATA_DISABLED": "true",
            # An address cannot have a service's prefix before it.
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
            # A call that fails here fails each time: waiting between tries would prove nothing.
            "AWS_MAX_ATTEMPTS": "1",
        }

    def launch_spec(self) -> dict[str, Any]:
        """Return the part of a probe's spec that sends its calls here, and nowhere else."""
        return {
            "program": read_program("recorded_network.py"),
            "environment": dict(self.environment),
            "port": self.port,
        }

    def begin(self, resources: Sequence[NeededResource] = ()) -> None:
        """Empty the record, and the account but for these resources: each launch begins alike."""
        self._ask("POST", json.dumps([asdict(one) for one in resources]).encode())

    def recording(self, unrecorded: Sequence[str] = ()) -> Recording:
        """Return the calls since `begin`; calls that are still being answered are waited for."""
        calls = tuple(
            AwsCall(
                **{**one, "parameters": tuple((name, text) for name, text in one["parameters"])}
            )
            for one in self._ask("GET")
        )
        return Recording(calls, tuple(unrecorded))

    def _ask(self, method: str, body: bytes | None = None) -> Any:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=ANSWER_TIMEOUT_S)
        try:
            connection.request(method, CONTROL, body, headers={"X-Importcost-Token": self.token})
            response = connection.getresponse()
            body = response.read()
            if response.status != http.client.OK:
                raise _failed(f"answers with HTTP status {response.status}", self.log)
            return json.loads(body)
        except (OSError, http.client.HTTPException) as error:
            code = self.process.poll()
            how = "does not answer" if code is None else f"has ended (exit code {code})"
            raise _failed(how, self.log) from error
        finally:
            connection.close()


@contextmanager
def open_recorder(
    timeout_s: float = START_TIMEOUT_S, asked: Parameter = Parameter.RECORD
) -> Iterator[Recorder]:
    """Run the endpoint on a free port of 127.0.0.1 until the context ends, in any way.

    `asked` is the option that asks for it.
    Raises UsageError if moto's server is not installed, MeasurementError if the endpoint does not
    start within `timeout_s` seconds.
    """
    refuse_missing(asked)
    token = secrets.token_hex(16)
    sweep_folders(Path(tempfile.gettempdir()), FOLDER_PREFIX)
    with tempfile.TemporaryDirectory(prefix=f"{FOLDER_PREFIX}{os.getpid()}-") as folder:
        log = Path(folder) / "server.log"
        # Not the user's folder, nor their settings: neither may change what the endpoint answers.
        env = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": folder,
            "TMPDIR": folder,
            TOKEN_VARIABLE: token,
        }
        with (
            log.open("wb") as output,
            started(server_command(), cwd=Path(folder), env=env, out=output) as process,
        ):
            yield Recorder(_wait_for_port(process, log, timeout_s), token, process, log)


def server_command() -> list[str]:
    """Return the command that starts the endpoint's process."""
    return [sys.executable, "-m", "importcost.measure.recording.server"]


def refuse_missing(asked: Parameter = Parameter.RECORD) -> None:
    """Raise UsageError if the extra with moto's server is not installed."""
    if any(importlib.util.find_spec(name) is None for name in _NEEDED):
        raise UsageError(
            words(asked, f" needs moto's server, which is not installed: run `{INSTALL}`.")
        )


def _wait_for_port(process: Process, log: Path, timeout_s: float) -> int:
    """Return the port once the endpoint has printed it."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        lines = log.read_text(errors="replace").splitlines(keepends=True)
        for line in lines:
            if line.startswith(READY) and line.endswith("\n"):
                return int(line.split()[1])
        if process.poll() is not None:
            raise _failed(f"could not be started (exit code {process.returncode})", log)
        time.sleep(_POLL_S)
    raise _failed(f"has not started after {timeout_s:g} s", log)


def _failed(how: str, log: Path) -> MeasurementError:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
    said = next((line for line in reversed(lines) if line and not line.startswith(READY)), "")
    shown = "".join(sign for sign in said if sign.isprintable())[:200]
    reason = f" ({shown})" if shown else ""
    return MeasurementError(f"The recording AWS endpoint {how}{reason}", _advice())


def _advice() -> Remedy:
    return remedy(
        "try again", f"run `{INSTALL}`", words("leave ", Parameter.RECORD, " out"), mark=";"
    )
