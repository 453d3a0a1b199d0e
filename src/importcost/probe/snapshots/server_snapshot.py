"""Runs beside a web app's server: starts it, and does what its platform does around a snapshot.

Started as `python server_snapshot.py server.json RESULT MODE`. lwa_probe.py, whose parts start the
server and wait for readiness, and server_state.py, which answers in the server's process, lie
beside it. MODE is "time" (hooks are timed, nothing is traced), "trace" (what the process holds,
step by step), "plain" or "primed" (the first request after the restore is timed) or "left" (traced:
what a request before the snapshot leaves behind). Standard library only, Python 3.9 to 3.15.

The restore is simulated in the server's own process, which no fork survives: globals are set back
to the snapshot's before the restore hook is called again.

server.json: that of lwa_probe.py, and
  readiness    null for the adapter's settings, else {"path", "port"}: GET, healthy by status 200
  hooks        {"before": path or null, "after": path or null}: POST, an answer of 2xx is success
  hook_s       seconds that an answer to a hook may take
  request      null, or [method, path, body or null] for "plain", "primed" and "left"

RESULT holds {"error", "server" (as of lwa_probe.py), "init_ns", "hooks": [{"when", "name", "ns",
"error"}], "steps": {name: answer of server_state.py}, "workers" (the processes that serve),
"priming" and "first": null or {"wall_ns", "status", "error"}}.
"""

import http.client
import json
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # quoted annotations only
    from typing import Any

lwa: "Any" = __import__("lwa_probe")
STEP_S = 30.0
READY_AGAIN_S = 10.0


class Ping:
    """Readiness by a path that answers 200, as AgentCore Runtime asks."""

    deprecated: "list[str]" = []  # noqa: RUF012 - as the adapter's readiness has one
    is_tcp = False

    def __init__(self, wanted: "Any", port: int) -> None:
        self.path, self.port = wanted["path"], port

    @property
    def words(self) -> str:
        """The check in words."""
        return f"GET {self.path}"

    def wanted(self) -> str:
        """The statuses that count as ready, in words."""
        return "200 and a healthy status"

    def ask(self, timeout_s: float) -> "tuple[bool, int]":
        """Return whether the app is healthy now, and the status of its answer, 0 for none."""
        answer = send(self.port, "GET", self.path, None, timeout_s)
        healthy = answer["status"] == 200 and _says_healthy(answer["body"])
        return healthy, answer["status"]


def _says_healthy(body: str) -> bool:
    try:
        said = json.loads(body)
    except ValueError:
        return True
    status = said.get("status") if isinstance(said, dict) else None
    return status is None or str(status).lower().startswith("healthy")


def send(port: int, method: str, path: str, body: "Any", timeout_s: float) -> "Any":
    """Send one request; return its time, status, body and error."""
    answer: dict[str, Any] = {"status": 0, "body": "", "error": None}
    headers = {"User-Agent": "importcost", "Connection": "close"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    started = time.monotonic_ns()
    link = http.client.HTTPConnection(lwa.HOST, port, timeout=timeout_s)
    try:
        link.request(method, path, body, headers)
        got = link.getresponse()
        answer["status"] = got.status
        answer["body"] = got.read().decode("utf-8", "replace")[:2000]
    except (OSError, http.client.HTTPException) as error:
        answer["error"] = type(error).__name__ + ": " + str(error)
    finally:
        link.close()
    answer["wall_ns"] = time.monotonic_ns() - started
    return answer


class Steps:
    """Asks the server's process for its state."""

    def __init__(self, scratch: str, processes: "Any") -> None:
        self._scratch = scratch
        self._processes = processes
        self._number = 0
        self.pid = 0
        self.answers: dict[str, Any] = {}

    def begin(self) -> bool:
        """Let all processes take their state; return False if none of them has the app."""
        self._write("ready")
        chosen = self._processes.choose()
        if chosen is None:
            return False
        self.pid = chosen
        self.answers["ready"] = self._answer()
        return True

    def ask(self, step: str, name: str = "") -> None:
        """Let the serving process do a step, and keep its answer as `name`."""
        self._write(step)
        lwa._send(self.pid)
        self.answers[name or step] = self._answer()

    def _write(self, step: str) -> None:
        self._number += 1
        path = os.path.join(self._scratch, "step")
        with open(path + ".part", "w", encoding="utf-8") as stream:
            stream.write(str(self._number) + " " + step)
        os.replace(path + ".part", path)

    def _answer(self) -> "Any":
        path = os.path.join(self._scratch, f"step.{self._number}.{self.pid}")
        deadline = time.monotonic() + STEP_S
        while time.monotonic() < deadline:
            try:
                with open(path, encoding="utf-8") as stream:
                    return json.load(stream)
            except OSError:
                time.sleep(lwa.CONNECT_S)
        return {"failed": "no answer"}


class Snapshot:
    """One snapshot of a ready server, its restore, and the requests around both."""

    def __init__(self, spec: "Any", port: int, readiness: "Any", steps: Steps) -> None:
        self._spec = spec
        self._port = port
        self._readiness = readiness
        self._steps = steps
        self.result: dict[str, Any] = {"hooks": [], "priming": None, "first": None}

    def carry_out(self, mode: str) -> None:
        """Do what the mode says."""
        if mode in ("time", "trace"):
            self._hazards(mode)
        else:
            self._primed(mode)

    def _hook(self, when: str, *, is_kept: bool = True) -> bool:
        """Call a hook if there is one; return False if it fails."""
        path = self._spec["hooks"][when]
        if path is None:
            return True
        answer = send(self._port, "POST", path, None, self._spec["hook_s"])
        error = answer["error"]
        if error is None and not 200 <= answer["status"] <= 299:
            error = f"it answered {answer['status']}"
        elif error is None and when == "after" and not self._is_ready_again():
            error = f"{self._readiness.words} was not healthy after it"
        if is_kept or error is not None:
            name = "POST " + path
            told = {"when": when, "name": name, "ns": answer["wall_ns"], "error": error}
            self.result["hooks"].append(told)
        return error is None

    def _is_ready_again(self) -> bool:
        deadline = time.monotonic() + READY_AGAIN_S
        while time.monotonic() < deadline:
            if self._readiness.ask(READY_AGAIN_S)[0]:
                return True
            time.sleep(lwa.POLL_S)
        return False

    def _hazards(self, mode: str) -> None:
        ask = self._steps.ask
        if not self._hook("before"):
            return
        if mode == "time":
            self._hook("after")
            return
        ask("snapshot")
        if self._spec["hooks"]["after"] is None or not self._hook("after"):
            return
        ask("state", "first clone")
        time.sleep(0.002)  # two clones never start in the same clock tick
        ask("restore")
        if self._hook("after", is_kept=False):
            ask("state", "second clone")
        ask("poison")
        if self._hook("after", is_kept=False):
            ask("written")

    def _primed(self, mode: str) -> None:
        method, path, body = self._spec["request"]
        ask = self._steps.ask if mode == "left" else _nothing
        if mode != "plain":
            ask("watch")
            priming = send(self._port, method, path, body, self._spec["timeout_s"])
            self.result["priming"] = priming
            ask("watched")
            if priming["error"] is not None or priming["status"] >= 400:
                return
        if not self._hook("before"):
            return
        ask("snapshot")
        if self._hook("after"):
            self.result["first"] = send(self._port, method, path, body, self._spec["timeout_s"])


def _nothing(step: str) -> None:
    """Ask for no step: nothing is traced in a timed launch."""


def _workers(scratch: str, processes: "Any") -> int:
    """Return how many forked copies have the app; 1 if the server's own process serves."""
    taken = [lwa._text(os.path.join(scratch, f"taken.{pid}")) for pid in processes.ids()[1:]]
    return max(1, len([text for text in taken if text.startswith("1")]))


def _failure(scratch: str) -> "Any":
    try:
        with open(os.path.join(scratch, "failed.json"), encoding="utf-8") as stream:
            return json.load(stream)
    except OSError:
        return None


def _run(spec: "Any", scratch: str, mode: str, command: "Any", readiness: "Any") -> "Any":
    """Start the server, wait for it, and carry the mode out; return the result."""
    python = [os.path.join(scratch, "server_state.py"), os.path.join(scratch, "spec.json"), scratch]
    server, started = lwa._start(python, command, scratch)
    processes = lwa._Processes(server, scratch, readiness.port)
    wait = lwa._Wait(processes, readiness, started, spec["timeout_s"])
    steps = Steps(scratch, processes)
    snapshot = Snapshot(spec, readiness.port, readiness, steps)
    try:
        outcome = wait.until_ready()
        if outcome == "ready" and not steps.begin():
            outcome = "not seen" if processes.has_answered else "no answer"
        if outcome == "ready":
            snapshot.carry_out(mode)
    finally:
        processes.end()
    failed = _failure(scratch) if outcome == "ended" else None
    return {
        **snapshot.result,
        "error": failed,
        "app_failed": failed is not None,
        "init_ns": wait.facts.get("ready_ns", 0),
        "steps": steps.answers,
        "workers": _workers(scratch, processes),
        "server": {
            **wait.facts,
            "outcome": outcome,
            "detail": "",
            "exit_code": server.returncode,
            "ready_when": readiness.words,
            "healthy": readiness.wanted(),
            "deprecated": readiness.deprecated,
        },
    }


def main(server_file: str, result_file: str, mode: str) -> None:
    """Carry out one launch."""
    with open(server_file, encoding="utf-8") as stream:
        spec = json.load(stream)
    scratch = os.path.dirname(os.path.abspath(server_file))
    port = lwa.free_port()
    try:
        wanted = spec["readiness"]
        readiness = lwa.Readiness(os.environ, port) if wanted is None else Ping(wanted, port)
        command = lwa.Command(spec["command"], spec["search_path"], port)
    except ValueError as error:
        told = {"outcome": "settings", "detail": str(error)}
        lwa._write(result_file, {"error": None, "server": told})
        return
    except lwa._NoServerError as error:
        outcome, detail = error.args
        lwa._write(result_file, {"error": None, "server": {"outcome": outcome, "detail": detail}})
        return
    lwa._write(result_file, _run(spec, scratch, mode, command, readiness))


if __name__ == "__main__":
    main(*sys.argv[1:4])
