"""Runs beside the measured server: starts it, waits for readiness as Lambda Web Adapter does.

Started as `python lwa_probe.py server.json RESULT PYTHON_ARGUMENTS`. The arguments start the probe
in the server's own process (see probe.py), which runs the server's command in itself; `{started}`
in them becomes the clocks at its start. The server is a child in this process's group, so that
whoever ends the group ends both. Standard library only, Python 3.9 to 3.15; it imports nothing of
importcost and is imported by nothing.

server.json:
  command      the words that start the server, as in a shell; $PORT is the port, a leading
               NAME=VALUE sets a variable
  search_path  folders in which the server's program is looked up
  requests     [[method, path], ...], sent one after the other once the server is ready
  timeout_s    seconds until the server must be ready, and for each answer
  check        the settings of the check, or null: those of the environment
  port         the port that the server is asked on if it is free here, or null

RESULT holds the probe's own result, and "server": {"outcome", "detail", "ready_when", "healthy",
"deprecated", "status", "polls", "listening_ns", "ready_ns", "poll_idle_ns", "is_held", "stands",
"asked", "answers": [{"status", "first_byte_ns", "first_body_ns", "last_byte_ns", "body_bytes",
"bursts", "chunked", "error"}]}. "stands" is the stack that imports the app of a server that is
late, and "asked" the places on this machine that it connected to. Ready is what the adapter's
settings in the environment say: without any, an answer of 100 to 499 to `GET /`. "ready_when" and
"healthy" say it in words. "deprecated" lists settings whose names the adapter gives up in 2.0. The
outcome is "ready", or the reason for no figures: "settings", "not python", "no server", "ended",
"not ready", "not seen" (no process that importcost sees has the app) or "no answer" (the process
did not take its own figures). Each but "ready" and "ended" stands in a RESULT without the probe's
part; "detail" has the words.

The server is asked each 10 ms, as the adapter does; the port is tried each 2 ms until it takes
connections, so that the wait between the two can be told. "is_held" is true if the port
took connections before the serving process had the app: then its request waited there, no poll was
in vain, and readiness is not a step late.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # quoted annotations only
    from typing import Any

POLL_S = 0.01
CONNECT_S = 0.002
TAKING_S = 10.0
REPORTING_S = 60.0
ACCEPTING_S = 2.0
BURST_NS = 2_000_000
HOST = "127.0.0.1"
TAKE = getattr(signal, "SIGURG", signal.SIGTERM)
"""Tells the server's process to take its figures, and the second time to report them."""
LIMIT = 1 << 16


def free_port(wanted: int = 0) -> int:
    """Return a free port on loopback, `wanted` if it is one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError:
            probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def status_ranges(text: str) -> "list[tuple[int, int]]":
    """Return the ranges of statuses in a text such as `200-399,404`, as the adapter reads it.

    It leaves out what is not a number or two of them, so that a wrong text may hold no status.
    """
    ranges = []
    for part in text.split(","):
        ends = part.strip().split("-")
        if len(ends) <= 2 and all(end.isascii() and end.isdigit() for end in ends):
            ranges.append((int(ends[0]), int(ends[-1])))
    return ranges


class Readiness:
    """The adapter's readiness check by the settings of an environment (its version 1.0).

    Names with the prefix AWS_LWA_ come before those without, which 2.0 gives up. Raises ValueError
    with a sentence for settings with which the adapter does not start.
    """

    def __init__(self, environment: "Any", port: int) -> None:
        self.deprecated: list[str] = []
        self._environment = environment
        # The port of the app is another one here than on Lambda.
        app_port = self._value("PORT", "8080", is_deprecated=False)
        checked = self._value("READINESS_CHECK_PORT", app_port)
        if not (checked.isascii() and checked.isdigit() and int(checked) < 1 << 16):
            raise ValueError("AWS_LWA_READINESS_CHECK_PORT is " + checked + ", which is not a port")
        self.port = port if checked == app_port else int(checked)
        self.path = self._value("READINESS_CHECK_PATH", "/") or "/"
        if self.path[0] not in "/?#":
            raise ValueError(
                "AWS_LWA_READINESS_CHECK_PATH is " + self.path + ", which does not start with /"
            )
        protocol = self._value("READINESS_CHECK_PROTOCOL", "HTTP")
        self.is_tcp = protocol.lower() == "tcp"  # the adapter takes all else for HTTP
        self.healthy = self._healthy()

    def _value(self, name: str, default: str, *, is_deprecated: bool = True) -> str:
        prefixed = "AWS_LWA_" + name
        if prefixed in self._environment:
            return str(self._environment[prefixed])
        if name not in self._environment:
            return default
        if is_deprecated:
            self.deprecated.append(name)
        return str(self._environment[name])

    def _healthy(self) -> "list[tuple[int, int]]":
        name, older = "AWS_LWA_READINESS_CHECK_HEALTHY_STATUS", "MIN_UNHEALTHY_STATUS"
        if name in self._environment:
            return status_ranges(self._environment[name])
        older = "AWS_LWA_READINESS_CHECK_" + older
        if older not in self._environment:
            return [(100, 499)]
        self.deprecated.append(older)
        least = self._environment[older]
        is_number = least.isascii() and least.isdigit()
        return [(100, int(least) - 1 if is_number else 499)]

    def is_healthy(self, status: int) -> bool:
        """Return True if the adapter takes a status for ready."""
        return any(low <= status <= high for low, high in self.healthy)

    @property
    def words(self) -> str:
        """The check in words."""
        if self.is_tcp:
            return "a TCP connection"
        return "GET " + self.path

    def wanted(self) -> str:
        """The statuses that count as ready, in words."""
        ranges = [str(low) if low == high else f"{low} to {high}" for low, high in self.healthy]
        return ", ".join(ranges) or "no status at all"

    def ask(self, timeout_s: float) -> "tuple[bool, int]":
        """Return whether the app is ready now, and the status of its answer, 0 for none."""
        if self.is_tcp:
            try:
                with socket.create_connection((HOST, self.port), timeout=timeout_s):
                    return True, 0
            except OSError:
                return False, 0
        status = ask(self.port, "GET", self.path.partition("#")[0] or "/", timeout_s)["status"]
        return self.is_healthy(status), status


class _Answer:
    """One answer, read as it arrives; times are since `started`, which is before connecting."""

    def __init__(self, started: int) -> None:
        self._started = started
        self._head = b""
        self._last_read = 0
        self.body = 0
        self.facts: dict[str, Any] = {"status": 0, "bursts": 0, "chunked": False, "error": None}

    def take(self, data: bytes) -> None:
        now = time.monotonic_ns() - self._started
        self.facts.setdefault("first_byte_ns", now)
        self.facts["last_byte_ns"] = now
        if "first_body_ns" in self.facts:
            self._take_body(data, now)
            return
        self._head += data
        head, end, rest = self._head.partition(b"\r\n\r\n")
        if end:
            self.facts["chunked"] = b"transfer-encoding: chunked" in head.lower()
            self.facts["status"] = int(head.split(b" ", 2)[1])
            if rest:
                self._take_body(rest, now)

    def _take_body(self, data: bytes, now: int) -> None:
        self.facts.setdefault("first_body_ns", now)
        if self.body == 0 or now - self._last_read > BURST_NS:
            self.facts["bursts"] += 1
        self._last_read = now
        self.body += len(data)
        self.facts["body_bytes"] = self.body


def ask(port: int, method: str, path: str, timeout_s: float) -> "Any":
    """Send one request and return the timing of its answer; `error` is the reason for none."""
    answer = _Answer(time.monotonic_ns())
    request = method + " " + path + " HTTP/1.1\r\nHost: " + HOST + ":" + str(port)
    request += "\r\nUser-Agent: importcost\r\nAccept: */*\r\nConnection: close\r\n"
    request += "Content-Length: 0\r\n\r\n" if method in ("POST", "PUT", "PATCH") else "\r\n"
    try:
        with socket.create_connection((HOST, port), timeout=timeout_s) as link:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link.sendall(request.encode("latin-1"))
            while True:
                data = link.recv(LIMIT)
                if not data:
                    break
                answer.take(data)
    except (OSError, ValueError, IndexError) as error:
        answer.facts["error"] = type(error).__name__ + ": " + str(error)
    return answer.facts


def _run_delay_ns() -> int:
    """Return how long this process was ready to run and waited for a processor."""
    try:
        with open("/proc/self/schedstat", "rb") as stream:
            return int(stream.read().split()[1])
    except (OSError, IndexError, ValueError):
        return 0


class _Wait:
    """The wait for readiness; times are nanoseconds since the server's start."""

    def __init__(
        self, processes: "Any", readiness: Readiness, started: int, timeout_s: float
    ) -> None:
        self._server, self._has_failed = processes.server, processes.has_failed
        self._readiness = readiness
        self._started = started
        self._deadline = started + int(timeout_s * 1e9)
        self._last_try = started
        self.facts: dict[str, Any] = {"polls": 0, "status": 0, "listening_ns": None}

    def until_ready(self) -> str:
        """Poll as the adapter does; return the outcome."""
        outcome = self._until_listening()
        while outcome == "listening":
            if self._server.poll() is not None or self._has_failed():
                return "ended"
            if time.monotonic_ns() >= self._deadline:
                return "not ready"
            asked = time.monotonic_ns()
            delay = _run_delay_ns()
            self.facts["polls"] += 1
            is_ready, seen = self._readiness.ask(self._left_s())
            self.facts["status"] = seen or self.facts["status"]
            if is_ready:
                self._ready(asked, delay)
                return "ready"
            self._last_try = time.monotonic_ns()
            time.sleep(POLL_S)
        return outcome

    def _until_listening(self) -> str:
        while time.monotonic_ns() < self._deadline:
            if self._server.poll() is not None or self._has_failed():
                return "ended"
            tried = time.monotonic_ns()
            try:
                socket.create_connection((HOST, self._readiness.port), timeout=1.0).close()
            except OSError:
                self._last_try = tried
                time.sleep(CONNECT_S)
                continue
            self.facts["listening_ns"] = time.monotonic_ns() - self._started
            return "listening"
        return "not ready"

    def _ready(self, asked: int, delay: int) -> None:
        """Keep the times; the server rested for half of the last wait between two tries."""
        ready = time.monotonic_ns()
        self.facts["ready_ns"] = ready - self._started
        rested = max(0, asked - self._last_try) // 2
        self.facts["poll_idle_ns"] = rested + max(0, _run_delay_ns() - delay)

    def _left_s(self) -> float:
        return max(0.01, (self._deadline - time.monotonic_ns()) / 1e9)


class _NoServerError(Exception):
    """The command starts no server that can be measured: an outcome, and the words for it."""


class Command:
    """The server's command, resolved to what its own process runs.

    `how` is ["module", name, arguments], ["call", module, attribute, arguments] or ["file", path,
    arguments]. Raises _NoServerError.
    """

    def __init__(self, words: "list[str]", search_path: "list[str]", port: int) -> None:
        self._search_path = [*search_path, *sys.path[1:]]
        self.environment = {"PORT": str(port), "AWS_LWA_PORT": str(port)}
        app_port = os.environ.get("AWS_LWA_PORT") or os.environ.get("PORT")
        app_port = app_port or written_port(words) or "8080"
        known = {**os.environ, **self.environment}
        words = list(words)
        if any("$ASGI_WORKER" in word for word in words):
            known["ASGI_WORKER"] = self._asgi_worker()
        while words and (words[0] == "exec" or _is_assignment(words[0])):
            name, _, value = words.pop(0).partition("=")
            if name != "exec":
                self.environment[name] = _expanded(value, known)
                known[name] = self.environment[name]
        found = [_with_port(_expanded(word, known), app_port, port) for word in words]
        self.how = self._how(found)

    def _how(self, words: "list[str]") -> "list[Any]":
        if not words:
            raise _NoServerError("not python", "it is empty")
        program, rest = os.path.basename(words[0]), words[1:]
        if program.startswith("python") and not program[6:].replace(".", "").strip("0123456789"):
            return self._of_python(rest)
        if program.endswith(".py"):
            return self._of_file(words[0], rest)
        called = self._entry_point(program)
        if called:
            return ["call", *called, words[0], rest]
        if self._has_module(program):
            return ["module", program, rest]
        if program in PYTHON_SERVERS:
            raise _NoServerError("no server", program)
        raise _NoServerError("not python", words[0])

    def _of_python(self, words: "list[str]") -> "list[Any]":
        while words and words[0] in ("-u", "-B", "-s", "-E", "-I", "-O", "-OO"):
            words = words[1:]
        if len(words) > 1 and words[0] == "-m":
            if not self._has_module(words[1]):
                raise _NoServerError("no server", words[1])
            return ["module", words[1], words[2:]]
        if words and not words[0].startswith("-"):
            return self._of_file(words[0], words[1:])
        raise _NoServerError("not python", " ".join(["python", *words]))

    def _of_file(self, path: str, rest: "list[str]") -> "list[Any]":
        if not os.path.isfile(path):
            raise _NoServerError("no file", path)
        return ["file", os.path.abspath(path), rest]

    def _has_module(self, name: str) -> bool:
        from importlib.machinery import PathFinder

        top = name.partition(".")[0]
        if not top.isidentifier():
            return False
        return top in sys.builtin_module_names or bool(PathFinder.find_spec(top, self._search_path))

    def _asgi_worker(self) -> str:
        """Return gunicorn's worker class for ASGI apps: the best one that is installed."""
        if self._has_module("uvicorn_worker"):
            return "uvicorn_worker.UvicornWorker"
        files = (os.path.join(one, "uvicorn", "workers.py") for one in self._search_path)
        if any(map(os.path.isfile, files)):
            return "uvicorn.workers.UvicornWorker"
        return "asgi"

    def _entry_point(self, program: str) -> "tuple[str, str] | None":
        """Return module and attribute of an installed program, as its distribution says."""
        from importlib.metadata import distributions

        for distribution in distributions(path=self._search_path):
            for point in distribution.entry_points:
                if point.group == "console_scripts" and point.name == program:
                    module, _, attribute = point.value.partition(":")
                    return module.strip(), attribute.partition("[")[0].strip()
        return None


PYTHON_SERVERS = frozenset(
    (
        *("uvicorn", "gunicorn", "hypercorn", "daphne", "waitress", "waitress-serve", "flask"),
        *("fastapi", "granian"),
    )
)


def _is_assignment(word: str) -> bool:
    name, equals, _ = word.partition("=")
    return bool(equals) and name.isidentifier()


def _expanded(word: str, known: "dict[str, str]") -> str:
    """Replace $NAME, ${NAME} and ${NAME:-default} as a shell does."""
    import re

    def value(found: "Any") -> str:
        name, default = found[1] or found[3], found[2]
        return known.get(name) or default or ""

    return re.sub(r"\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))", value, word)


def written_port(words: "list[str]") -> str:
    """Return the port that a command writes out: `--bind 0.0.0.0:8000`; empty without one."""
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in ("-b", "--bind", "-p", "--port", "--listen") and not equals:
            value = words[at + 1] if at + 1 < len(words) else ""
        elif name not in ("--bind", "--port", "--listen"):
            continue
        port = value.rpartition(":")[2]
        if port.isascii() and port.isdigit():
            return port
    return ""


def _with_port(word: str, app_port: str, port: int) -> str:
    """Replace the adapter's port, written out, by the one that is free here."""
    head, sign, last = word, "", word
    for sign in ":=":
        if sign in word:
            head, _, last = word.rpartition(sign)
            break
    if last != app_port:
        return word
    return str(port) if last == word else head + sign + str(port)


class _Processes:
    """The server's process and its forked copies, by the file in which each notes its id."""

    def __init__(self, server: "Any", scratch: str, port: int) -> None:
        self.server = server
        self._probed = os.path.join(scratch, "probed.json")
        self._scratch = scratch
        self.has_answered = self.is_held = False
        self.forked_at = -1
        self._port = port
        self._mark = ("AWS_LWA_PORT=" + str(port)).encode()

    def ids(self) -> "list[int]":
        text = _text(os.path.join(self._scratch, "processes"))
        return [self.server.pid, *map(int, text.split())]

    def choose(self) -> "int | None":
        """Let each take its figures; return the one that has the app and takes requests.

        Of several the one that computed most, where it is unknown who takes them.
        """
        waiting = {pid for pid in self.ids() if self._is_own(pid) and _send(pid)}
        deadline = time.monotonic() + TAKING_S
        taken: dict[int, list[str]] = {}
        while waiting and time.monotonic() < deadline:
            for pid in list(waiting):
                found = _text(os.path.join(self._scratch, "taken." + str(pid))).split()
                if len(found) == 4:
                    taken[pid] = found
                if len(found) == 4 or not self._is_own(pid):
                    waiting.discard(pid)
            time.sleep(CONNECT_S)
        serving = [(int(cpu), pid) for pid, (has_app, cpu, _, _) in taken.items() if has_app == "1"]
        self.has_answered = bool(taken)
        chosen = max(serving)[1] if serving else None
        if len(serving) > 1:
            chosen = self._accepting([pid for _, pid in serving]) or chosen
        if chosen is not None:
            self.is_held = taken[chosen][2] == "1"
            self.forked_at = int(taken[chosen][3])
        return chosen

    def _accepting(self, candidates: "list[int]") -> "int | None":
        """Return the process that takes a connection, None if that is not found out."""
        deadline = time.monotonic() + ACCEPTING_S
        try:
            with socket.create_connection((HOST, self._port), timeout=1.0) as link:
                link.sendall(b"GET ")
                while time.monotonic() < deadline and os.path.isdir("/proc/self"):
                    name = _server_socket(self._port, link.getsockname()[1])
                    found = [pid for pid in candidates if name and _has_open(pid, name)]
                    if found:
                        return found[-1]
                    time.sleep(CONNECT_S)
        except OSError:
            pass
        return None

    def has_failed(self) -> bool:
        """Return True if the app's import ended a process: its server may start it for ever."""
        return os.path.exists(self._probed) and bool(_read_result(self._probed).get("app_failed"))

    def stand(self) -> "tuple[list[Any], list[str]]":
        """Return the stack that imports the app, the innermost frame first, and what it asked.

        Each process tells it at a signal, if its main thread runs Python again; empty otherwise.
        """
        with open(os.path.join(self._scratch, "late"), "wb"):
            pass
        waiting = {pid for pid in self.ids() if self._is_own(pid) and _send(pid)}
        deadline = time.monotonic() + ACCEPTING_S
        frames: list[Any] = []
        asked: dict[str, None] = {}
        while waiting and time.monotonic() < deadline:
            for pid in list(waiting):
                lines = _text(os.path.join(self._scratch, "stands." + str(pid))).splitlines()
                if not lines or lines[-1] != "end":
                    continue
                waiting.discard(pid)
                parts = [line.split("\t") for line in lines[:-1]]
                asked.update((one[1], None) for one in parts if one[0] == "asked")
                own = [[one[1], int(one[2]), one[3]] for one in parts if one[0] == "at"]
                frames = frames or own
            time.sleep(CONNECT_S)
        return frames, list(asked)

    def end(self) -> None:
        """End the server, and copies that left its group."""
        if self.server.poll() is None:
            self.server.send_signal(signal.SIGTERM)
        copies = [pid for pid in self.ids()[1:] if self._is_own(pid)]
        for pid in copies:
            _send(pid, signal.SIGKILL)
        try:
            self.server.wait(timeout=3)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()
        for pid in self.ids()[1:]:  # made while ending
            if self._is_own(pid):
                _send(pid, signal.SIGKILL)

    def other_port(self) -> str:
        """Return a port on which one of them listens, empty if that is not found out."""
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            for line in _text(table).splitlines()[1:]:
                words = line.split()
                name = "socket:[" + words[9] + "]"
                if words[3] == "0A" and any(_has_open(pid, name) for pid in self.ids()):
                    return str(int(words[1].rpartition(":")[2], 16))
        return ""

    def memory_kb(self) -> int:
        """Return the memory of all of them, shared pages counted once; 0 if it is unknown."""
        total = 0
        for pid in self.ids():
            for line in _text("/proc/" + str(pid) + "/smaps_rollup").splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        return total

    def _is_own(self, pid: int) -> bool:
        """Return True if a process still is the server's: its id may be another's by now."""
        if pid == self.server.pid:
            return self.server.poll() is None
        if not os.path.isdir("/proc/self"):
            return True
        try:
            with open("/proc/" + str(pid) + "/environ", "rb") as stream:
                return self._mark in stream.read().split(b"\0")
        except OSError:
            return False


def _server_socket(port: int, own_port: int) -> str:
    """Return the server's end of a connection as /proc/PID/fd names it; empty if it has none yet.

    A connection that nobody has accepted has no socket.
    """
    wanted = [f":{port:04X}", f":{own_port:04X}"]
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in _text(table).splitlines()[1:]:
            words = line.split()
            ends = [words[1][-5:], words[2][-5:]]
            if ends == wanted and words[9] != "0":
                return "socket:[" + words[9] + "]"
    return ""


def _has_open(pid: int, name: str) -> bool:
    folder = "/proc/" + str(pid) + "/fd"
    try:
        return any(os.readlink(folder + "/" + file) == name for file in os.listdir(folder))
    except OSError:
        return False


def _send(pid: int, number: int = TAKE) -> bool:
    try:
        os.kill(pid, number)
    except OSError:
        return False
    return True


def _text(path: str) -> str:
    try:
        with open(path, "rb") as stream:
            return stream.read().decode("latin-1")
    except OSError:
        return ""


def _read_result(path: str) -> "Any":
    text = _text(path)
    return json.loads(text.encode("latin-1").decode("utf-8")) if text else {"error": None}


def _write(result_file: str, result: "Any") -> None:
    with open(result_file + ".part", "w", encoding="utf-8") as stream:
        json.dump(result, stream)
    os.replace(result_file + ".part", result_file)


def _start(python_arguments: "list[str]", command: Command, scratch: str) -> "Any":
    """Start the server's process; its rows and output go where this process's go."""
    with open(os.path.join(scratch, "command.json"), "w", encoding="utf-8") as stream:
        json.dump(command.how, stream)
    flags = ["-S"] if sys.flags.no_site else []
    environment = {**os.environ, **command.environment}
    started = time.monotonic_ns()
    clocks = str(started) + ":0:0:0"
    words = [word.replace("{started}", clocks) for word in python_arguments]
    process = subprocess.Popen(
        [sys.executable, *flags, *words], stdin=subprocess.DEVNULL, env=environment
    )
    return process, started


def _measured(wait: _Wait, processes: _Processes, spec: "Any", port: int, probed: str) -> str:
    """Wait for readiness, let the server's process report, and return the outcome."""
    outcome = wait.until_ready()
    if outcome != "ready":
        return outcome
    chosen = processes.choose()
    if chosen is None:
        return "not seen" if processes.has_answered else "no answer"
    if processes.is_held:
        wait.facts["poll_idle_ns"] = 0
    wait.facts["is_held"] = processes.is_held and wait.facts["polls"] == 1
    wait.facts["memory_kb"] = processes.memory_kb()
    wait.facts["processes"] = len(processes.ids())
    wait.facts["answers"] = [
        ask(port, method, path, spec["timeout_s"]) for method, path in spec["requests"]
    ]
    _send(chosen)
    deadline = time.monotonic() + REPORTING_S
    while not os.path.exists(probed):
        if time.monotonic() > deadline:
            return "no answer"
        time.sleep(CONNECT_S)
    processes.end()
    _pass_on(os.path.join(os.path.dirname(probed), "rows." + str(chosen)), processes.forked_at)
    return "ready"


def _pass_on(rows: str, forked_at: int) -> None:
    """Append a copy's rows to those that its parent had written until the fork.

    Later ones of the parent are of what it does meanwhile, for which readiness does not wait.
    """
    data = _text(rows).encode("latin-1")
    if data and forked_at >= 0:
        os.ftruncate(2, forked_at)
    while data:
        data = data[os.write(2, data) :]


def _listens_elsewhere(port: int) -> str:
    """Return the port that the adapter asks on Lambda if something listens on it, else nothing."""
    given = os.environ.get("AWS_LWA_PORT") or os.environ.get("PORT") or "8080"
    if not given.isdigit() or int(given) == port:
        return ""
    try:
        socket.create_connection((HOST, int(given)), timeout=1.0).close()
    except OSError:
        return ""
    return given


def main(server_file: str, result_file: str, python_arguments: "list[str]") -> None:
    """Start the server once, wait for it, ask it, and end it."""
    with open(server_file, encoding="utf-8") as stream:
        spec = json.load(stream)
    scratch = os.path.dirname(os.path.abspath(server_file))
    port = free_port(spec.get("port") or 0)
    asked = spec.get("check")
    settings = os.environ if asked is None else {**asked, "PORT": str(port)}
    try:
        readiness = Readiness(settings, port)
        command = Command(spec["command"], spec["search_path"], port)
    except ValueError as error:
        _write(result_file, {"server": {"outcome": "settings", "detail": str(error)}})
        return
    except _NoServerError as error:
        outcome, detail = error.args
        _write(result_file, {"server": {"outcome": outcome, "detail": detail}})
        return
    probed = os.path.join(scratch, "probed.json")
    server, started = _start(python_arguments, command, scratch)
    processes = _Processes(server, scratch, port)
    wait = _Wait(processes, readiness, started, spec["timeout_s"])
    detail = ""
    try:
        outcome = _measured(wait, processes, spec, port, probed)
        if outcome == "not ready" and wait.facts["listening_ns"] is None:
            detail = processes.other_port() or _listens_elsewhere(port)
        if outcome == "not ready":
            wait.facts["stands"], wait.facts["asked"] = processes.stand()
    finally:
        processes.end()
    result = _read_result(probed) if outcome in ("ready", "ended") else {}
    result["server"] = {
        **wait.facts,
        "outcome": outcome,
        "detail": detail,
        "exit_code": server.returncode,
        "ready_when": readiness.words,
        "healthy": readiness.wanted(),
        "deprecated": readiness.deprecated,
    }
    _write(result_file, result)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
