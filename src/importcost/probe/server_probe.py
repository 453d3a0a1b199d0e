"""Runs inside the process of a web app's server: runs the server until it is ready.

The probe executes this file where a web app is measured (see `probe.py`), under the probe's own
file name, so that its frames count as the probe's. Ready is what lwa_probe.py says from outside: it
sends this process a signal, and each forked copy of it. At the first signal a process takes its
figures and leaves "taken.PID" beside the result: whether it has the app, and its CPU time. At the
second it reports. A copy counts its parent's time until the fork as its own, since readiness waited
for both. A worker that multiprocessing spawns starts the probe again and counts in the same way.
Nothing is imported but what the server's own start needs: it would get that for free.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # quoted annotations only
    from typing import Any


MOST_ASKED = 50
THIS_MACHINE = ("127.", "::1", "localhost")


class _Command:
    """The server's command, run in this process as lwa_probe.py resolved it."""

    def __init__(self, os: "Any") -> None:
        self._os = os

    def run(self, resolved: "list[Any]", machinery: "Any") -> None:
        """Run it; returns or raises only if the server ends."""
        how, name, *more = resolved
        if how == "module":
            self._run_module(name, more[0])
        elif how == "call":
            self._call(name, *more)
        elif how == "spawned":
            self._run_spawned(more[1])
        else:
            self._run_file(machinery, name, more[0])

    def _run_module(self, name: str, arguments: "list[str]") -> None:
        import runpy  # `python -m` imports it too

        sys.argv = [name, *arguments]
        runpy.run_module(name, run_name="__main__", alter_sys=True)

    def _call(self, name: str, attribute: str, program: str, arguments: "list[str]") -> None:
        sys.argv = [program, *arguments]
        # As an installed script does, whose `from granian import cli` may import a submodule.
        first = attribute.partition(".")[0]
        function: Any = __import__(name, fromlist=[first])
        for part in attribute.split("."):
            function = getattr(function, part)
        sys.exit(function())

    def _run_spawned(self, given: "list[str]") -> None:
        """Do what the command line of a spawned worker says: multiprocessing knows the rest."""
        sys.argv = ["-c", "--multiprocessing-fork"]
        values = [word.partition("=") for word in given]
        from multiprocessing.spawn import spawn_main

        # Their values are descriptors, and None for what is only known on Windows.
        numbers: Any = {name: int(value) for name, _, value in values if value != "None"}
        spawn_main(**numbers)

    def _run_file(self, machinery: "Any", path: str, arguments: "list[str]") -> None:
        sys.argv = [path, *arguments]
        sys.path.insert(0, self._os.path.dirname(path))
        module = type(sys)("__main__")
        loader = machinery.external.SourceFileLoader("__main__", path)
        module.__file__, module.__loader__ = path, loader
        sys.modules["__main__"] = module
        exec(loader.get_code("__main__"), module.__dict__)  # noqa: S102 - the user's own file


class Served:
    """The server's run in this process; `probe` is the probe's own namespace.

    `take` is called once, with the clocks at readiness, and `report` ends the process. `arguments`
    are those of the probe in this process.
    """

    def __init__(self, os: "Any", spec: "Any", probe: "Any", arguments: "list[str]") -> None:
        _signal: Any = __import__("_signal")  # built in, as signal is not
        self._os = os
        self._spec = spec
        self._probe = probe
        self._arguments = arguments
        self._scratch = os.path.dirname(arguments[0])
        self._set_signal = _signal.signal
        self._signal = getattr(_signal, "SIGURG", _signal.SIGTERM)
        self._modules = sys.modules
        self._before_fork: Any = None
        self._rows_at_fork = -1
        self._is_taken = self._is_held = False
        self.is_spawned = spec["server"][0] == "spawned"
        self.app_error: BaseException | None = None
        self.copies: list[Any] = []
        """Called in each forked copy, and in a spawned worker."""
        self.asked: list[str] = []
        """The places on this machine that were asked so far, in a graph run."""

    def taken_over(self, begin: "Any", result: "Any") -> "Any":
        """Return the clocks at which a spawned worker's parent began; all times count from there.

        The probe's own start in this process is left out. `result` gets the parent's start of its
        interpreter.
        """
        _, started, words, _ = self._spec["server"]
        values = [None if word == "None" else int(word) for word in words.split(":")]
        names = ("wall_ns", "cpu_ns", "process_cpu_ns", "run_delay_ns")
        result["phases"]["interpreter_start"] = {
            name: values[7 + at] for at, name in enumerate(names)
        }
        self._before_fork, self._rows_at_fork = values[4:7], values[11] or 0
        self._in_copy()
        self._is_held = bool(values[12])
        own = [_less(begin[at], started[at]) for at in range(4)]
        return [_more(values[at], own[at]) for at in range(4)]

    def parent_tried(self) -> "list[str]":
        """Return the modules that a spawned worker's parent has loaded: its rows are kept too."""
        try:
            with open(self.path("parents"), encoding="utf-8") as stream:
                return stream.read().split()
        except OSError:
            return []

    def app_kind(self) -> "str | None":
        """Return `asgi` or `wsgi` by the app's parameters, None if these do not say."""
        module = self._modules.get(self._spec["module"])
        app = getattr(module, self._spec["function"] or "app", None)
        is_function = isinstance(app, type(critical_span))
        called = app if is_function else getattr(type(app), "__call__", None)  # noqa: B004
        count = getattr(getattr(called, "__code__", None), "co_argcount", 0)
        return {2: "wsgi", 3: "asgi"}.get(count - (0 if is_function else 1))

    def run(
        self, machinery: "Any", begin: "Any", phases: "Any", take: "Any", report: "Any"
    ) -> None:
        """Run the server's command here; returns or raises only if it ends before it is ready.

        `phases` are those of the result so far.
        """
        self._begin, self._phases, self._take, self._report = begin, phases, take, report
        self._set_signal(self._signal, self._on_signal)
        self._os.register_at_fork(before=self._at_fork, after_in_child=self._in_copy)
        self._watch_spawning(machinery.bootstrap)
        _Command(self._os).run(self._spec["server"], machinery)

    def _watch_spawning(self, bootstrap: "Any") -> None:
        """Start the probe in each process that multiprocessing spawns from here on."""
        real = bootstrap._find_and_load

        def _find_and_load(name: str, import_: "Any") -> "Any":
            module = real(name, import_)
            if name == "multiprocessing.spawn":
                plain = module.get_command_line
                module.get_command_line = lambda **given: self._spawning(plain(**given), given)
            return module

        bootstrap._find_and_load = _find_and_load

    def _spawning(self, words: "list[str]", given: "Any") -> "list[str]":
        """Return the command line of a spawned worker, with the probe around it."""
        self._at_fork()
        if self._arguments[3] == "graph":
            self._append("parents", " ".join([*self._modules, ""]))
        flags = words[1 : words.index("-c")]
        probe_file, spec_file, result_file, kind, token = self._arguments[:5]
        traced = ["-X", "importtime"] if kind == "traced" else []
        start = self._phases["interpreter_start"]
        facts = [*self._begin, *self._before_fork, *start.values(), self._rows_at_fork]
        facts.append(int(is_listening(self._os.environ.get("AWS_LWA_PORT", "0"))))
        return [
            *(words[0], *flags, *traced, "-c", self._spec["stub"]),
            *(probe_file, spec_file, result_file, kind, token),
            str(self._probe["monotonic_ns"]()) + ":0:0:0",
            ":".join(map(str, facts)),
            *(name + "=" + str(value) for name, value in given.items()),
        ]

    def watch_app(self, bootstrap: "Any") -> None:
        """Keep the error that ends the app's import: servers turn it into an exit code.

        What it connects to on this machine is kept too: a refusal alone does not say it.
        """
        sys.addaudithook(self._audit)
        real = bootstrap._find_and_load
        wanted = self._spec["module"]

        def _find_and_load(name: str, import_: "Any") -> "Any":
            try:
                return real(name, import_)
            except BaseException as error:
                if name == wanted and self.app_error is None:
                    self.app_error = error
                raise

        bootstrap._find_and_load = _find_and_load

    def _audit(self, event: str, args: "Any") -> None:
        if event != "socket.connect" or len(self.asked) >= MOST_ASKED:
            return
        address = args[1]
        if isinstance(address, tuple) and str(address[0]).startswith(THIS_MACHINE):
            place = str(address[0]) + ":" + str(address[1])
            if place not in self.asked:
                self.asked.append(place)

    def has_app(self) -> bool:
        """Return True if this process has imported the app."""
        if self._spec["module"] in self._modules:
            return True
        main = getattr(self._modules.get("__main__"), "__file__", None)
        return main is not None and main == self._spec["app_file"]

    def _at_fork(self) -> None:
        probe = self._probe
        self._rows_at_fork = self._os.fstat(2).st_size
        self._before_fork = (
            probe["thread_time_ns"](),
            probe["process_time_ns"](),
            probe["run_delay_ns"](),
        )

    def _in_copy(self) -> None:
        """Go on counting from the parent's clocks, and note this process's id."""
        probe, (thread, process, delay) = self._probe, self._before_fork
        own_thread, own_process = probe["own_clocks"]
        own_delay = probe["own_run_delay"]

        def run_delay_ns() -> "int | None":
            found = own_delay()
            return None if found is None or delay is None else found + delay

        probe["thread_time_ns"] = lambda: own_thread() + thread
        probe["process_time_ns"] = lambda: own_process() + process
        probe["run_delay_ns"] = run_delay_ns
        pid = str(self._os.getpid())
        # Its parent listens already, and the app is yet to be imported: the check's request waits.
        self._is_held = not self.has_app()
        self._is_taken = False
        self._append("processes", pid + "\n")
        for change in self.copies:
            change(self.path("rows." + pid))

    def path(self, name: str) -> str:
        """Return the path of a file beside the result."""
        return str(self._os.path.join(self._scratch, name))

    def _append(self, name: str, text: str) -> None:
        flags = self._os.O_WRONLY | self._os.O_CREAT | self._os.O_APPEND
        file = self._os.open(self.path(name), flags, 0o600)
        self._os.write(file, text.encode())
        self._os.close(file)

    def _on_signal(self, _number: int, frame: "Any") -> None:
        end = self._probe["read_clocks_at_end"]()
        if self._os.path.exists(self.path("late")):
            lines = ["asked\t" + place for place in self.asked]
            lines += import_stack(self._modules, self._spec["module"], frame)
            self._append("stands." + str(self._os.getpid()), "\n".join([*lines, "end\n"]))
            return
        if self._is_taken:
            self._report(None)
            return
        self._is_taken = True
        span = critical_span(self._probe["span_between"](self._begin, end))
        self._take(span)
        words = f"{int(self.has_app())} {span['cpu_ns']} {int(self._is_held)} {self._rows_at_fork}"
        self._append("taken." + str(self._os.getpid()), words)


def import_stack(modules: "Any", name: str, frame: "Any") -> "list[str]":
    """Return the frames, one a line, if a module or a package around it is being imported."""
    while name and not getattr(
        getattr(modules.get(name), "__spec__", None), "_initializing", False
    ):
        name = name.rpartition(".")[0]
    lines = []
    while name and frame is not None:
        code = frame.f_code
        lines.append(f"at\t{code.co_filename}\t{frame.f_lineno}\t{code.co_name}")
        frame = frame.f_back
    return lines


def is_listening(port: str) -> bool:
    """Return True if the app's port takes connections, so that the check's request waits."""
    wanted = f":{int(port):04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table, "rb") as stream:
                rows = [line.split() for line in stream.read().decode().splitlines()[1:]]
        except OSError:
            continue
        if any(row[1].endswith(wanted) and row[3] == "0A" for row in rows):
            return True
    return False


def _less(left: "int | None", right: "int | None") -> "int | None":
    return None if left is None or right is None else left - right


def _more(left: "int | None", right: "int | None") -> "int | None":
    return None if left is None or right is None else left + right


def critical_span(span: "Any") -> "Any":
    """Count what other threads compute while the main thread waits for them as computing.

    A server may run the app in a thread of its own: without this, that would be waiting, which is
    not scaled to Lambda's speed.
    """
    others = span["process_cpu_ns"] - span["cpu_ns"]
    blocked = span["wall_ns"] - span["cpu_ns"] - (span["run_delay_ns"] or 0)
    return {**span, "cpu_ns": span["cpu_ns"] + max(0, min(others, blocked))}
