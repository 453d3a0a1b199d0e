"""Runs inside the measured interpreter: import what Lambda imports, and time it.

Started as `python [-X importtime] -c STUB probe.py spec.json RESULT KIND TOKEN CLOCKS`, where STUB
(see measure/session.py) takes the first clock readings before this file is even compiled, so
that the probe's own compilation stands in no phase. Standard library only, Python 3.9 to 3.15.

Nothing may be imported here that the runtime does not load anyway (json, logging, os, sys,
time, traceback ...): the handler would get it for free and its cost would vanish.

The parts in init/ are not imported where this runs: measure/programs.py joins them and this file
into one text, whose names are all in one place.

RESULT is the file to leave the result in; KIND is "timed", "traced", "graph", "warm-up",
"statements" (times the top-level statements of `timed_files` one by one), "invoke" (also calls
the handler function with `event`) or "diagnosis" (finds what init lacks, with the help of
diagnosis.py beside this file); TOKEN a random word that makes phase markers unforgeable; CLOCKS
four clocks at launch, with colons between: monotonic, and the thread CPU, process CPU and run
delay that the process had before its interpreter began, nanoseconds. Arguments beyond these start
a worker that a web app's server spawned, see server_probe.py.
spec.json:
  module, function what Lambda imports; function may be null
  argv0            sys.argv[0] as the runtime has it
  search_path      folders put first on sys.path, in Lambda's order
  runtime_dir      folder of the real awslambdaric, or null
  runtime_packages folders of boto3 and what else the runtime brings: their bytecode counts as
                   it lies there
  runtime_modules  what stands in for awslambdaric where it is not to be had
  bytecode         "zip": sources outside the standard library and the runtime are compiled at
                   every import unless their bytecode is hash-based; "image": valid bytecode,
                   kept under `bytecode_dir`; "local": the bytecode that lies beside installed
                   files, for all others valid one under `bytecode_dir`; "as-is": leave the loader
                   alone
  bytecode_dir     for "image", and for runtime packages that lie there without bytecode
and, where they are wanted:
  replacements     {file: text as latin-1}: what the loader reads instead of these sources
  timed_files      for "statements"
  event            for "invoke": the event
  diagnosis        for "diagnosis": see diagnosis.py
  list_modules     whether the result names the modules loaded
  lazy_imports     whether every import of the handler is lazy (Python 3.15)
  speed_samples    whether init is interrupted now and then to time the machine
  recording        for "invoke": how AWS calls are recorded, see recorded_network.py
  server           for a web app: the file in which lwa_probe.py leaves what starts its server;
                   init is then the server's start until it is ready, see server_probe.py
  app_file         for a web app: the file of `module`
  stub             for a web app: STUB, for workers that its server spawns
  configured_handler  for a function with an exec wrapper: _HANDLER as Lambda sets it before
  also_imports     a module that is imported after `module`, as a part of init, or null
  network          how requests to other machines are refused during init, see watched_network.py
  bytecodes        the program that counts the instructions of init, see bytecode_count.py
  plain            for a target that is not a handler: {is_main (whether it is run as __main__
                   instead of imported), text (of that __main__, null to read file), file, argv,
                   runs (whether its end counts, as a program's does), own (folders of the user's
                   own files), expects (the file that the module has to come from, or null)}

The result file holds {"phases": {name: {wall_ns, cpu_ns, process_cpu_ns, run_delay_ns}},
"peak_rss_kb", "module_count", "runtime", "handler_found", "error", "graph", "modules",
"statements", "invocation", "rows_redirected", "absent", "diagnosis", "touched", "speed_samples",
"threads", "module_times", "network", "bytecodes"};
"bytecodes" holds {"count", "how" (the interface that counted), "lost" (whether the handler took it
over)};
"module_times" of a traced run holds {module: [CPU time, time blocked]} without what it imports, ns;
"speed_samples" holds [CPU time of init before the sample, the sample's own], ns; of a graph or a
warm-up run "absent" holds [name, file, line] of variables that init read in vain, of a graph run
"touched" ["made" or "used", path] of files that it made, wrote to or met in temporary folders;
of a graph or an invoke run "threads" is the number of threads that init and call started.
The "files" of a graph are the files that init loaded: "read" [path, bytes, module that was being
loaded], "mapped" [path, the same module, size of the file, resident bytes, whether it is code].
Where the probe itself fails, it leaves none, writes a line that starts with PROBE_FAILED to
descriptor 1 and ends with exit code 1.
"""

import sys

from importcost.probe.init.absent_reads import AbsentReads
from importcost.probe.init.bytecode import treat_bytecode
from importcost.probe.init.clocks import (
    read_clocks,
    read_clocks_at_end,
    read_peak_rss_kb,
    run_delay_ns,
    span_between,
    stop_timers,
)
from importcost.probe.init.errors import error_result, text_of
from importcost.probe.init.graph import GraphRecorder, record_again
from importcost.probe.init.graph_result import graph_result
from importcost.probe.init.ground import Ground
from importcost.probe.init.invocation import count_threads, invoke_handler
from importcost.probe.init.machinery import ImportMachinery, route_import_module
from importcost.probe.init.marks import PhaseMarks
from importcost.probe.init.module_times import ModuleTimes
from importcost.probe.init.modules import find_stdlib_dirs, loaded_names, module_file
from importcost.probe.init.own import own_modules, own_open
from importcost.probe.init.runtime import keep_output_off_rows, start_runtime
from importcost.probe.init.sources import replace_sources
from importcost.probe.init.speed_samples import SpeedSamples
from importcost.probe.init.statement_timer import StatementTimer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


RESULT_PARTS: "tuple[str, ...]" = ("error", "graph", "modules", "statements", "invocation")
RESULT_PARTS += ("absent", "diagnosis", "touched", "speed_samples", "threads", "module_times")
RESULT_PARTS += ("network", "bytecodes")
NOT_ANSWERED = "importcost.NotAnswered"  # measure/failures/calls_out.py reads it
PROBE_FAILED = "importcost-probe-failed: "  # measure/failures/explain.py reads it


def _import_handler(
    spec: "Any", kind: str, machinery: ImportMachinery, marks: "PhaseMarks", result: "Any"
) -> None:
    """Import the handler as its run kind requires, and time it."""
    name = spec["module"]
    # __import__ gets a row, importlib.import_module does not.
    load: Any = __import__
    if kind not in ("traced", "graph") and "before" not in spec:
        import importlib

        load = importlib.import_module
    speed = SpeedSamples(machinery) if spec.get("speed_samples") else None
    count = _bytecode_count(spec)
    times = ModuleTimes(machinery.bootstrap) if kind == "traced" else None
    if speed:
        speed.start()
    marks.write("function")
    if times:
        times.start()
    begin = read_clocks()
    if count:
        count.start()
    try:
        _load_all(spec, load)
    finally:
        end = read_clocks_at_end()
        if count:
            result["bytecodes"] = count.stop()
        if kind != "invoke":  # the function's own timers may be for its calls
            stop_timers()
        marks.write("after")
        result["phases"]["function_init"] = span_between(begin, end)
        for record in (speed, times):
            if record:
                record.finish(result)
    _check_file(spec, name)
    if spec["function"]:
        found = getattr(sys.modules[name], spec["function"], None)
        result["handler_found"] = callable(found)


def _load_all(spec: "Any", load: "Any") -> None:
    """Import the handler, with what comes before and after it as a part of init."""
    if spec.get("configured_handler"):
        _customize(load)
    load(spec["module"])
    if spec.get("also_imports"):
        load(spec["also_imports"])


def _bytecode_count(spec: "Any") -> "Any":
    """Return what counts the instructions of init, None if they are not counted."""
    if not spec.get("bytecodes"):
        return None
    namespace: dict[str, Any] = {"__name__": "importcost_bytecode_count"}
    exec(spec["bytecodes"], namespace)  # noqa: S102 - importcost's own program
    return namespace["BytecodeCount"]()


class OtherFileError(Exception):
    """A package was found in another place than its own: measure/plain/failures.py reads it."""


def _check_file(spec: "Any", name: str) -> None:
    """Raise OtherFileError if a package came from another file than the one that was named."""
    expected = (spec.get("plain") or {}).get("expects")
    found = module_file(sys.modules.get(name)) if expected else None
    if found is not None:
        real = own_modules["os"].path.realpath
        if real(found) != real(expected):
            raise OtherFileError(found)


def _customize(load: "Any") -> None:
    """Import the sitecustomize that an exec wrapper has put on the path.

    The interpreter does so at its start, where no row and no clock would show what it takes.
    """
    try:
        load("sitecustomize")
    except ImportError as error:
        if error.name != "sitecustomize":
            print("sitecustomize:", error, file=sys.stderr)
    except Exception as error:  # noqa: BLE001 - the interpreter goes on, too
        print("sitecustomize:", text_of(error), file=sys.stderr)


def _load_plain(os: "Any", spec: "Any", machinery: ImportMachinery, report: "_Report") -> None:
    """Let the process run a target that is not a handler."""
    plain: Any = spec.get("plain")
    if not plain:
        return
    namespace: dict[str, Any] = {"__name__": "importcost_plain"}
    with own_open(
        os.path.join(os.path.dirname(report.probe_file), "main_module.py"), "rb"
    ) as stream:
        # Under the probe's name, so that its frames are left out of tracebacks like the probe's.
        exec(compile(stream.read(), report.probe_file, "exec"), namespace)  # noqa: S102
    if report.recorder:
        report.recorder.main_file = plain["file"] if plain["is_main"] else None
    namespace["install"](machinery, plain)


def _forget_own(spec: "Any", report: "_Report") -> None:
    """Take what the probe loaded for not loaded, where no runtime has loaded anything."""
    if "before" not in spec:
        return
    # importlib stays: what the target imports through it is to get rows.
    own = [name for name in sys.modules if name not in spec["before"]]
    report.forget([name for name in own if name.partition(".")[0] != "importlib"])
    if report.recorder:
        record_again(report.recorder)


def _record_server(recorder: GraphRecorder, served: "Any") -> None:
    """Let a graph run record a server from here on, and in its forked copies."""
    record_again(recorder)
    recorder.tried.update(served.parent_tried())
    served.copies.append(lambda _rows: recorder.files.follow())


def _serve(
    os: "Any", spec: "Any", machinery: ImportMachinery, result: "Any", report: "_Report"
) -> None:
    """Run the server, time it until it is ready, and report; never returns."""
    scratch = os.path.dirname(report.probe_file)
    namespace: dict[str, Any] = {"__name__": "importcost_server"}
    with own_open(os.path.join(scratch, "server_probe.py"), "rb") as stream:
        # Under the probe's name, so that its frames are left out of tracebacks like the probe's.
        exec(compile(stream.read(), report.probe_file, "exec"), namespace)  # noqa: S102
    served = namespace["Served"](os, spec, globals(), report.arguments)
    served.copies.append(report.marks.follow)
    speed = SpeedSamples(machinery) if spec.get("speed_samples") else None
    report.forget(spec["own_modules"])
    if report.recorder:
        _record_server(report.recorder, served)
        served.watch_app(machinery.bootstrap)

    def take(span: "Any") -> None:
        result["phases"]["function_init"] = span
        result["app_kind"] = served.app_kind()
        if speed:
            speed.finish(result)
        result["peak_rss_kb"] = read_peak_rss_kb()

    def end(error: "BaseException | None") -> None:
        report.marks.write("after")
        report.finish_server(error)

    if speed:
        speed.start()
    if not served.is_spawned:
        report.marks.write("function")
    begin = read_clocks()
    if served.is_spawned:
        begin = served.taken_over(begin, result)
    try:
        served.run(machinery, begin, result["phases"], take, end)
        sys.exit(0)
    except BaseException as error:  # noqa: BLE001 - a server that ends was never ready
        result["app_failed"], result["nearby"] = served.app_error is not None, served.asked
        if served.is_spawned and not result["app_failed"]:
            os._exit(_exit_code(error))  # any process of the app, whose parent knows what it means
        report.finish_server(served.app_error or error, error)


def _watch_network(os: "Any", spec: "Any", result: "Any", report: "_Report") -> "Any":
    """Refuse what init asks of other machines; return the watch, None if it may ask.

    If init goes on trying, the launch ends with that as its error.
    """
    settings = spec.get("network")
    if not settings:
        return None

    def give_up(stack: str) -> None:
        result["error"] = {
            "type": NOT_ANSWERED,
            "message": "",
            "traceback": stack,
            **dict.fromkeys(("missing_module", "missing_variable", "exit_code", "file", "line")),
            "python": "{}.{}".format(*sys.version_info),
        }
        _finish(os, report.result_file, result)

    namespace: dict[str, Any] = {"__name__": "importcost_watched_network"}
    # Under the probe's name, so that its frames are left out of tracebacks like the probe's.
    code = compile(settings["program"], report.probe_file, "exec")
    exec(code, namespace)  # noqa: S102 - importcost's own program
    watch = namespace["Watch"]({**settings, "stdlib": find_stdlib_dirs(os)}, give_up)
    result["network"] = watch.found
    return watch


def _watch(os: "Any", probe_file: str, spec: "Any", kind: str) -> "Any":
    """Start watching what init lacks, in the kinds of run whose times are not used."""
    if kind not in ("graph", "warm-up", "diagnosis"):
        return None
    watcher = _load_diagnosis(os, probe_file, spec) if kind == "diagnosis" else AbsentReads(os)
    watcher.install()
    return watcher


def _load_diagnosis(os: "Any", probe_file: str, spec: "Any") -> "Any":
    path = os.path.join(os.path.dirname(probe_file), "diagnosis.py")
    namespace: dict[str, Any] = {"__name__": "importcost_diagnosis", "__file__": path}
    with own_open(path, "rb") as stream:
        # Under the probe's name, so that its frames are left out of tracebacks like the probe's.
        exec(compile(stream.read(), probe_file, "exec"), namespace)  # noqa: S102
    return namespace["Diagnosis"](spec, probe_file)


def _exit_code(ended: "BaseException | None") -> int:
    """Return the exit code that an interpreter has which ends with this error."""
    if ended is None:
        return 0
    code = getattr(ended, "code", 1) if isinstance(ended, SystemExit) else 1
    return 0 if code is None else code if isinstance(code, int) else 1


def _finish(os: "Any", path: str, result: "Any", exit_code: int = 0) -> None:
    """Leave the result and end at once.

    Lambda does not end the process after init: atexit hooks and threads are no part of it.
    """
    with own_open(path + ".part", "w", encoding="utf-8") as stream:
        own_modules["json"].dump(result, stream)
    os.replace(path + ".part", path)
    for output in (sys.stdout, sys.stderr):
        try:
            output.flush()
        except BaseException:  # noqa: BLE001, S110 - the handler may have put anything there
            pass
    os._exit(exit_code)


def _run_handler(
    os: "Any", spec: "Any", kind: str, machinery: ImportMachinery, result: "Any", report: "_Report"
) -> "BaseException | None":
    """Import the handler as its run kind requires; return the error that ended its init early."""
    if spec.get("replacements"):
        replace_sources(os, machinery, spec["replacements"])
    timer = StatementTimer(os, spec["timed_files"]) if kind == "statements" else None
    if timer:
        timer.install(machinery)
    network = _watch_network(os, spec, result, report)
    if kind in ("graph", "invoke"):  # no time of init is taken from these
        count_threads(result)
    ended = None
    if spec.get("lazy_imports"):
        set_mode: Any = getattr(sys, "set_lazy_imports", None)
        set_mode("all")
    if timer:
        result["statements"] = timer.found
    if spec.get("server"):
        _serve(os, spec, machinery, result, report)
    sys.argv = [spec["argv0"]]
    _forget_own(spec, report)
    _load_plain(os, spec, machinery, report)
    try:
        _import_handler(spec, kind, machinery, report.marks, result)
    except BaseException as error:  # noqa: BLE001 - SystemExit too: whatever ended init counts
        ended = error
    if timer:
        timer.stop()
    if network:
        network.stop()
    return ended


def main(started: "tuple[int, int, int]", args: "list[str]") -> None:
    """Carry out one run. `started`: the stub's monotonic, thread and process clocks, ns.

    A failure of the probe itself is reported on descriptor 1, so that it is not mistaken for the
    handler's.
    """
    import os

    write, leave = os.write, os._exit
    try:
        _carry_out(os, started, args)
    except BaseException as error:  # noqa: BLE001
        line = PROBE_FAILED + type(error).__name__ + ": " + " ".join(text_of(error).split())
        for descriptor in (1, 2):
            try:
                write(descriptor, ("\n" + line + "\n").encode("utf-8", "replace"))
                break
            except OSError:
                pass
        leave(1)


class _Report:
    """The end of a run: takes the interpreter back, completes the result, and leaves."""

    def __init__(self, os: "Any", args: "list[str]", result: "Any", marks: "PhaseMarks") -> None:
        self.probe_file, self.result_file, self.kind = args[0], args[2], args[3]
        self.arguments = args
        self.result = result
        self.marks = marks
        self.recorder: GraphRecorder | None = None
        self._os = os
        self._pid = os.getpid()

    def start(
        self, spec: "Any", machinery: ImportMachinery, watcher: "Any", ground: Ground
    ) -> None:
        """Keep what is there before the handler runs."""
        self._spec, self._machinery, self._watcher = spec, machinery, watcher
        self._ground = ground

    @property
    def plain(self) -> "Any":
        """Return what the spec says of a target that is not a handler, None for a handler."""
        return self._spec.get("plain")

    def forget(self, names: "list[str]") -> None:
        """Take modules for not loaded."""
        self._ground.forget(names)

    def finish(self, error: "BaseException | None") -> None:
        """Report a handler's init, which `error` ended early."""
        self._complete(error)
        _finish(self._os, self.result_file, self.result)

    def finish_server(
        self, error: "BaseException | None", ended: "BaseException | None" = None
    ) -> None:
        """Report a server's start: it is ready, or `ended` for the cause `error`."""
        self._complete(error, is_server=True)
        # Of several processes that end, the first knows why.
        if error is None or not self._os.path.exists(self.result_file):
            _finish(self._os, self.result_file, self.result, _exit_code(ended))
        self._os._exit(_exit_code(ended))

    def _complete(self, error: "BaseException | None", is_server: bool = False) -> None:
        os, spec, ground, result = self._os, self._spec, self._ground, self.result
        result["rows_redirected"] = self.marks.rows_redirected()
        if self.kind == "invoke" and error is None:
            result["invocation"] = invoke_handler(os, spec, self.probe_file, ground)
        ground.take_back()
        if os.getpid() != self._pid and not is_server:
            os._exit(0)  # a forked copy of the handler came this far: only the original reports
        result["module_count"] = len(ground.left)
        if spec.get("list_modules"):
            result["modules"] = loaded_names(ground.left)
        if self.recorder:
            result["touched"], loaded = self.recorder.uninstall()
            self._machinery.restore()
            if error is None:
                result["graph"] = graph_result(os, self, self._machinery, ground, loaded)
        watched = self._watcher and self._watcher.result(error)
        result[self.kind if self.kind == "diagnosis" else "absent"] = watched
        if error is not None:
            result["error"] = error_result(error, self.probe_file, ground)


def _carry_out(os: "Any", started: "tuple[int, int, int]", args: "list[str]") -> None:
    # The working folder is the task root, and the runtime finds its own modules before any there.
    if sys.path and sys.path[0] == "":
        del sys.path[0]
    probe_file, spec_file, _, kind, token, clocks, *spawned = args
    start_span = span_between(
        [int(clock) for clock in clocks.split(":")], (*started, run_delay_ns())
    )
    result: Any = dict.fromkeys(("runtime", "handler_found", *RESULT_PARTS))
    result["phases"] = {"interpreter_start": start_span}
    machinery = ImportMachinery()
    recorder = GraphRecorder(os, probe_file) if kind == "graph" else None
    if recorder:
        recorder.install(machinery.bootstrap)
    marks = PhaseMarks(os, token, kind == "traced", bool(spawned))
    spec = start_runtime(os, spec_file, marks, result)
    if spawned:  # a worker of a server, see server_probe.py
        before = (*started, start_span["run_delay_ns"])
        spec["server"] = ["spawned", before, spawned[0], spawned[1:]]
    report = _Report(os, args, result, marks)
    report.recorder = recorder
    keep_output_off_rows(os, bool(spec.get("server")))
    stdlib_dirs = find_stdlib_dirs(os)
    treat_bytecode(os, spec, kind, machinery, stdlib_dirs)
    if kind == "traced" or recorder:
        route_import_module(machinery.bootstrap)
    if recorder:
        recorder.start_function()
    watcher = _watch(os, probe_file, spec, kind)
    report.start(spec, machinery, watcher, Ground(os, stdlib_dirs))
    ended = _run_handler(os, spec, kind, machinery, result, report)
    result["peak_rss_kb"] = read_peak_rss_kb()
    report.finish(ended)
