"""Runs inside the process of a web app's server: runs the server until it is ready.

The probe executes this file where a web app is measured (see `probe.py`), under the probe's own
file name, so that its frames count as the probe's. Ready is what lwa_probe.py says from outside: it
sends this process a signal, and each forked copy of it. At the first signal a process takes its
figures and leaves "taken.PID" beside the result: whether it has the app, and its CPU time. At the
second it reports. A copy counts its parent's time until the fork as its own, since readiness waited
for both. Nothing is imported but what the server's own start needs: it would get that for free.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # quoted annotations only
    from typing import Any


class Served:
    """The server's run in this process; `probe` is the probe's own namespace.

    `take` is called once, with the clocks at readiness, and `report` ends the process.
    """

    def __init__(self, os: "Any", spec: "Any", probe: "Any", scratch: str) -> None:
        _signal: Any = __import__("_signal")  # built in, as signal is not
        self._os = os
        self._spec = spec
        self._probe = probe
        self._scratch = scratch
        self._set_signal = _signal.signal
        self._signal = getattr(_signal, "SIGURG", _signal.SIGTERM)
        self._modules = sys.modules
        self._before_fork: Any = None
        self._rows_at_fork = -1
        self._is_taken = self._is_held = False
        self.app_error: BaseException | None = None
        self.copies: list[Any] = []
        """Called in each forked copy."""

    def run(self, machinery: "Any", begin: "Any", take: "Any", report: "Any") -> None:
        """Run the server's command here; returns or raises only if it ends before it is ready."""
        self._begin, self._take, self._report = begin, take, report
        self._set_signal(self._signal, self._on_signal)
        self._os.register_at_fork(before=self._at_fork, after_in_child=self._in_copy)
        how, name, *more = self._spec["server"]
        if how == "module":
            self._run_module(name, more[0])
        elif how == "call":
            self._call(name, *more)
        else:
            self._run_file(machinery, name, more[0])

    def _run_module(self, name: str, arguments: "list[str]") -> None:
        import runpy  # `python -m` imports it too

        sys.argv = [name, *arguments]
        runpy.run_module(name, run_name="__main__", alter_sys=True)

    def _call(self, name: str, attribute: str, program: str, arguments: "list[str]") -> None:
        sys.argv = [program, *arguments]
        __import__(name)
        function: Any = sys.modules[name]
        for part in attribute.split("."):
            function = getattr(function, part)
        sys.exit(function())

    def _run_file(self, machinery: "Any", path: str, arguments: "list[str]") -> None:
        sys.argv = [path, *arguments]
        sys.path.insert(0, self._os.path.dirname(path))
        module = type(sys)("__main__")
        loader = machinery.external.SourceFileLoader("__main__", path)
        module.__file__, module.__loader__ = path, loader
        sys.modules["__main__"] = module
        exec(loader.get_code("__main__"), module.__dict__)  # noqa: S102 - the user's own file

    def watch_app(self, bootstrap: "Any") -> None:
        """Keep the error that ends the app's import: servers turn it into an exit code."""
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
            probe["_thread_time_ns"](),
            probe["_process_time_ns"](),
            probe["_run_delay_ns"](),
        )

    def _in_copy(self) -> None:
        """Go on counting from the parent's clocks, and note this process's id."""
        probe, (thread, process, delay) = self._probe, self._before_fork
        own_thread, own_process = probe["_own_clocks"]
        own_delay = probe["_own_run_delay"]

        def run_delay_ns() -> "int | None":
            found = own_delay()
            return None if found is None or delay is None else found + delay

        probe["_thread_time_ns"] = lambda: own_thread() + thread
        probe["_process_time_ns"] = lambda: own_process() + process
        probe["_run_delay_ns"] = run_delay_ns
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

    def _on_signal(self, _number: int, _frame: "Any") -> None:
        end = self._probe["_clock_at_end"]()
        if self._is_taken:
            self._report(None)
            return
        self._is_taken = True
        span = critical_span(self._probe["_span"](self._begin, end))
        self._take(span)
        words = f"{int(self.has_app())} {span['cpu_ns']} {int(self._is_held)} {self._rows_at_fork}"
        self._append("taken." + str(self._os.getpid()), words)


def critical_span(span: "Any") -> "Any":
    """Count what other threads compute while the main thread waits for them as computing.

    A server may run the app in a thread of its own: without this, that would be waiting, which is
    not scaled to Lambda's speed.
    """
    others = span["process_cpu_ns"] - span["cpu_ns"]
    blocked = span["wall_ns"] - span["cpu_ns"] - (span["run_delay_ns"] or 0)
    return {**span, "cpu_ns": span["cpu_ns"] + max(0, min(others, blocked))}
