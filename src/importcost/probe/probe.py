"""Runs inside the measured interpreter: import what Lambda imports, and time it.

Started as `python [-X importtime] -c STUB probe.py spec.json RESULT KIND TOKEN CLOCKS`, where STUB
(see measure/session.py) takes the first clock readings before this file is even compiled, so
that the probe's own compilation stands in no phase. Standard library only, Python 3.9 to 3.15.

Nothing may be imported here that the runtime does not load anyway (json, logging, os, sys,
time, traceback ...): the handler would get it for free and its cost would vanish.

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
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # quoted annotations only: importing typing would change what is measured
    from typing import Any

RESULT_PARTS: "tuple[str, ...]" = ("error", "graph", "modules", "statements", "invocation")
RESULT_PARTS += ("absent", "diagnosis", "touched", "speed_samples", "threads", "module_times")
RESULT_PARTS += ("network", "bytecodes")
NOT_ANSWERED = "importcost.NotAnswered"  # measure/failures/calls_out.py reads it
MOST_TEXT = 40_000
MOST_NAME = 200  # a file of such a name could not exist
PROBE_FAILED = "importcost-probe-failed: "  # measure/failures/explain.py reads it
# The probe's own json, from before the user's path: no later import may find another.
_own_modules: "dict[str, Any]" = {}
# Bound before the handler runs: it may replace names in these modules.
_open = open
_monotonic_ns = time.monotonic_ns
_thread_time_ns = time.thread_time_ns
_process_time_ns = time.process_time_ns
_own_clocks = (_thread_time_ns, _process_time_ns)
_set_timer: "Any" = getattr(sys.modules.get("_signal"), "setitimer", None)


def _run_delay_ns() -> "int | None":
    # Linux counts how long a thread was ready to run and waited for a processor: the wall time
    # beyond this and the CPU time was spent blocked (sleep, disk, network).
    try:
        with _open("/proc/thread-self/schedstat", "rb") as stream:
            return int(stream.read().split()[1])
    except (OSError, IndexError, ValueError):
        return None


_own_run_delay = _run_delay_ns


def _clock() -> "Any":
    # Wall time is last here and first at the end, so the other readings lie outside the span.
    delay, cpu, process_cpu = _run_delay_ns(), _thread_time_ns(), _process_time_ns()
    return (_monotonic_ns(), cpu, process_cpu, delay)


def _clock_at_end() -> "Any":
    # The clocks first: reading /proc must be in no phase, at neither of its borders.
    now = (_monotonic_ns(), _thread_time_ns(), _process_time_ns())
    return (*now, _run_delay_ns())


def _span(start: "Any", end: "Any") -> "Any":
    delay = None if start[3] is None or end[3] is None else end[3] - start[3]
    return {
        "wall_ns": end[0] - start[0],
        "cpu_ns": end[1] - start[1],
        "process_cpu_ns": end[2] - start[2],
        "run_delay_ns": delay,
    }


def _peak_rss_kb() -> "int | None":
    # Not ru_maxrss: it is inherited from the process that launched this one.
    try:
        with _open("/proc/self/status", "rb") as stream:
            for line in stream:
                if line.startswith(b"VmHWM:"):
                    return int(line.split()[1])
    except (OSError, IndexError, ValueError):
        pass
    return None


def _rss_pages() -> "int | None":
    try:
        with _open("/proc/self/statm", "rb") as stream:
            return int(stream.read().split()[1])
    except (OSError, IndexError, ValueError):
        return None


def _stop_timers() -> None:
    """Stop the timers that the handler set: they were to end its init, not the probe's work."""
    try:
        for timer in range(3 if _set_timer else 0):  # of real, virtual and profiling time
            _set_timer(timer, 0)
        watchdog = sys.modules.get("faulthandler")
        if watchdog is not None:
            watchdog.cancel_dump_traceback_later()
    except BaseException:  # noqa: BLE001, S110 - a timer's own handler, or a module of that name
        pass


class _Machinery:
    """The frozen import machinery, as the interpreter set it up."""

    def __init__(self) -> None:
        self.bootstrap: Any = sys.modules["_frozen_importlib"]
        self.external: Any = sys.modules["_frozen_importlib_external"]
        self.cache_from_source: Any = self.external.cache_from_source

    def restore(self) -> None:
        self.external.cache_from_source = self.cache_from_source


class _Marks:
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


class _Ground:
    """The interpreter's state that the probe's last steps rely on, from before the handler ran.

    A handler may replace `builtins.open`, empty `sys.modules`, lower a limit or have a file with
    the name of a standard module. None of that may prevent the report of its figures.
    """

    def __init__(self, os: "Any", stdlib_dirs: "tuple[str, ...]") -> None:
        import builtins

        own = _own_modules
        used: list[Any] = [builtins, os, os.path, time, own["json"], own["json.encoder"]]
        self._namespaces = [(vars(module), dict(vars(module))) for module in used]
        self._modules, self._before = sys.modules, dict(sys.modules)
        self._meta_path, self._path = list(sys.meta_path), list(sys.path)
        self._path_hooks = list(sys.path_hooks)
        self._recursion_limit = sys.getrecursionlimit()
        self._set_recursion_limit = sys.setrecursionlimit
        self._set_umask, self._close = os.umask, os.close
        # A handler may leave no descriptor to write the result with.
        self._spare = [os.dup(1) for _ in range(4)]
        self.stdlib_dirs = stdlib_dirs
        self._separator = os.sep
        self.left: dict[str, Any] = {}

    def take_back(self) -> None:
        """Undo the handler's changes to the interpreter; `left` keeps its modules as found."""
        _stop_timers()
        self._set_umask(0o022)
        while self._spare:
            try:
                self._close(self._spare.pop())
            except OSError:  # closed by the handler
                pass
        self._set_recursion_limit(self._recursion_limit)
        sys.settrace(None)
        sys.setprofile(None)
        for namespace, kept in self._namespaces:
            namespace.update(kept)
        _lift_limits()
        self.left = dict(self._modules)
        sys.modules = self._modules
        self._modules.update(self._before)
        sys.meta_path[:] = self._meta_path
        sys.path_hooks[:] = self._path_hooks

    def forget(self, names: "list[str]") -> None:
        """Take modules for not loaded: what a server then loads itself stays what it uses."""
        for name in names:
            self._modules.pop(name, None)
            self._before.pop(name, None)

    def import_own(self) -> None:
        """Let imports find nothing but the standard library; this cannot be undone.

        A standard module that the handler loaded may hold a file of its own by a standard name.
        """
        for name, module in list(self._modules.items()):
            file = _file_of(module)
            is_own = file is None or _is_stdlib(file, self.stdlib_dirs)
            if not is_own or (file is not None and name not in self._before):
                self._modules.pop(name, None)
        # A submodule may be a frozen one (collections.abc): it comes again with its package.
        for name in sorted(one for one in self._modules if isinstance(one, str) and "." in one):
            if name.rpartition(".")[0] not in self._modules:
                self._modules.pop(name, None)
        own = [path for path in self._path if _is_stdlib(path + self._separator, self.stdlib_dirs)]
        sys.path[:] = own or self._path


def _lift_limits() -> None:
    """Raise limits that a handler may have lowered, as far as possible."""
    resource = sys.modules.get("resource")
    if resource is None:
        return
    for name in ("RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_AS", "RLIMIT_DATA", "RLIMIT_CPU"):
        limit = getattr(resource, name, None)
        try:
            hard = resource.getrlimit(limit)[1]
            resource.setrlimit(limit, (hard, hard))
        except (OSError, ValueError, TypeError, AttributeError):
            pass


def _file_of(module: "Any") -> "str | None":
    """Return a module's file, or None if it has none or is too odd to ask."""
    try:
        file = getattr(getattr(module, "__spec__", None), "origin", None)
        file = file or getattr(module, "__file__", None)
    except BaseException:  # noqa: BLE001 - anything may stand in sys.modules
        return None
    # A module without a file has a word as origin, such as "built-in".
    return file if isinstance(file, str) and "/" in file.replace("\\", "/") else None


def _is_package(module: "Any") -> bool:
    """Return True if a module is a package; what raises when it is asked is none."""
    try:
        return hasattr(module, "__path__")
    except BaseException:  # noqa: BLE001 - anything may stand in sys.modules
        return False


def _keep_output_off_rows(os: "Any", is_server: bool) -> None:
    """Send the handler's output to file descriptor 1: descriptor 2 belongs to the rows."""
    out = os.dup(1)
    stream = _open(out, "w", encoding="utf-8", errors="backslashreplace", buffering=1)
    sys.stderr = sys.__stderr__ = stream  # type: ignore[misc]
    # A forked copy would print its rows a second time, and a spawned interpreter its own.
    if not is_server:
        os.register_at_fork(after_in_child=lambda: os.dup2(1, 2))
    xoptions = getattr(sys, "_xoptions", {})
    xoptions.pop("importtime", None)


def _preload_runtime(spec: "Any") -> "str | None":
    """Import the modules that the Lambda runtime loads before it imports the handler.

    Return the version of the real awslambdaric, or None for its list of modules. Nothing is loaded
    where there is neither: no runtime imports the handler.
    """
    if not spec["runtime_dir"] and not spec["runtime_modules"]:
        return None
    if spec["runtime_dir"]:
        sys.path.insert(0, spec["runtime_dir"])
    try:
        import awslambdaric.bootstrap
        import awslambdaric.lambda_runtime_client
    except ImportError:
        loaded = None
    else:
        loaded = awslambdaric.__version__
    if spec["runtime_dir"]:
        sys.path.remove(spec["runtime_dir"])
    if loaded is None:
        for name in spec["runtime_modules"]:
            try:
                __import__(name)
            except ImportError:
                pass
    return loaded


def _lay_out_path(os: "Any", spec: "Any") -> None:
    """Put Lambda's folders first on sys.path and run their `.pth` files, as the runtime does."""
    folders = list(spec["search_path"])
    if spec["runtime_dir"]:
        folders.append(spec["runtime_dir"])
    sys.path[:0] = folders
    for folder in folders:
        try:
            names = sorted(name for name in os.listdir(folder) if name.endswith(".pth"))
        except OSError:
            continue
        if names:
            import site

            known = set(sys.path)
            for name in names:
                site.addpackage(folder, name, known)


def _stdlib_dirs(os: "Any") -> "tuple[str, ...]":
    # The frozen os knows its folder if __file__ is missing.
    file = getattr(os, "__file__", None)
    dirs = [os.path.dirname(file)] if file else []
    real = [os.path.realpath(folder) for folder in dirs]
    return tuple(folder + os.sep for folder in dict.fromkeys(dirs + real))


def _is_stdlib(path: str, stdlib_dirs: "tuple[str, ...]") -> bool:
    return (
        path.startswith(stdlib_dirs) and "site-packages" not in path and "dist-packages" not in path
    )


def _hash_based(path: str, magic: bytes) -> bool:
    try:
        with _open(path, "rb") as stream:
            head = stream.read(8)
    except OSError:
        return False
    return head[:4] == magic and len(head) == 8 and bool(head[4] & 1)


def _is_asked_by(codes: "Any") -> bool:
    """Return True if the nearest caller outside of this file runs one of `codes`."""
    frame: Any = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename == _is_asked_by.__code__.co_filename:
        frame = frame.f_back
    return frame is not None and frame.f_code in codes


def _answer_the_loader(machinery: _Machinery, treated: "Any") -> None:
    """Give the loader `treated` for cache_from_source.

    Whoever else asks (py_compile, the handler) wants the name of a file, not to load one.
    """
    loader = machinery.external.SourceLoader.get_code
    # The second gives a module its __cached__.
    loading = [one.__code__ for one in (loader, getattr(machinery.external, "_get_cached", loader))]

    def cache_from_source(*args: "Any", **options: "Any") -> str:
        asked = treated if _is_asked_by(loading) else machinery.cache_from_source
        return str(asked(*args, **options))

    machinery.external.cache_from_source = cache_from_source


def _treat_bytecode(
    os: "Any", spec: "Any", kind: str, machinery: _Machinery, stdlib_dirs: "tuple[str, ...]"
) -> None:
    """Make the loader see the bytecode that the deployed package will have.

    A loader for which cache_from_source raises NotImplementedError compiles and caches nothing.
    Lambda's read-only /var/task does the same to absent and stale bytecode.
    """
    if spec["bytecode"] == "as-is":
        return
    sys.dont_write_bytecode = kind != "warm-up"
    folder = spec["bytecode_dir"]
    brought = tuple(one + os.sep for one in spec.get("runtime_packages") or ())
    kept = brought + ((spec["runtime_dir"] + os.sep,) if spec["runtime_dir"] else ())
    # A ZIP has such a folder only if the runtime's packages were installed without bytecode.
    is_bare = folder is not None and spec["bytecode"] == "zip"
    tag = "." + str(sys.implementation.cache_tag) + ".pyc"
    replaced = spec.get("replacements") or {}
    # Instrumented or replaced text must not be hidden by bytecode of the original.
    compiled = set(spec["timed_files"]) if kind == "statements" else set()
    key = str(spec.get("variant") or "")
    beside = _bytecode_beside(os, spec, machinery, replaced)

    def cache_from_source(path: "Any", *given: "Any", **options: "Any") -> str:
        # Python 3.15 has no second parameter any more, the deprecated debug_override.
        path = os.fspath(path)
        if path in compiled:
            raise NotImplementedError("importcost: compiled with its statements timed")
        if is_bare and path.startswith(brought) and path not in replaced:
            return str(os.path.join(folder, os.path.abspath(path).lstrip(os.sep) + tag))
        if path.startswith(kept) or _is_stdlib(path, stdlib_dirs):
            if sys.dont_write_bytecode:
                return str(machinery.cache_from_source(path, *given, **options))
        elif folder and spec["bytecode"] in ("image", "local"):
            place = os.path.join(folder, key) if path in replaced else folder
            made = str(os.path.join(place, os.path.abspath(path).lstrip(os.sep) + tag))
            return beside(path) or made
        elif path not in replaced:
            cached = str(machinery.cache_from_source(path, *given, **options))
            if _hash_based(cached, machinery.external.MAGIC_NUMBER):
                return cached
        raise NotImplementedError("importcost: as deployed, this file has no valid bytecode")

    _answer_the_loader(machinery, cache_from_source)


def _bytecode_beside(os: "Any", spec: "Any", machinery: _Machinery, replaced: "Any") -> "Any":
    """Return a function from a source to the bytecode beside it, empty if that is not to be used.

    Installed packages have theirs. Where the user edits, it may be stale, and none is written.
    """
    own = tuple(one + os.sep for one in (spec.get("plain") or {}).get("own", ()))

    def beside(path: str) -> str:
        if spec["bytecode"] != "local" or path in replaced or path.startswith(own):
            return ""
        native = str(machinery.cache_from_source(path))
        return native if os.path.exists(native) else ""

    return beside


def _loaded(modules: "Any") -> "list[str]":
    """Return the names of modules, without lazy ones whose code has not run."""
    # importlib.util.LazyLoader gives them a class of this name, and so does importcost's own edit.
    return [name for name, module in modules.items() if type(module).__name__ != "_LazyModule"]


def _replace_sources(os: "Any", machinery: _Machinery, replacements: "dict[str, str]") -> None:
    """Let the loader read other text for some files: a rewritten copy that needs no folder."""
    added = {path for path in replacements if not os.path.exists(path)}
    if added:
        sys.meta_path.append(_AddedFiles(os, machinery, added))
    loader = machinery.external.FileLoader
    real = loader.get_data

    def get_data(self: "Any", path: str) -> bytes:
        text = replacements.get(path)
        return bytes(real(self, path)) if text is None else text.encode("latin-1")

    loader.get_data = get_data


class _AddedFiles:
    """Finds modules whose files only the rewritten copy has: no folder lists them."""

    def __init__(self, os: "Any", machinery: _Machinery, paths: "set[str]") -> None:
        self._join = os.path.join
        self._machinery = machinery
        self._paths = paths

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Any":
        for folder in sys.path if path is None else path:
            file = self._join(str(folder), name.rpartition(".")[2] + ".py")
            if file in self._paths:
                external = self._machinery.external
                loader = external.SourceFileLoader(name, file)
                return external.spec_from_file_location(name, file, loader=loader)
        return None


class _SpeedSamples:
    """Times a little fixed work again and again while the handler is imported.

    A machine's speed changes within seconds, and its samples tell how fast it was during this
    launch. They are taken where a module is about to be loaded, and are no part of init's time.
    """

    EVERY_NS = 4_000_000
    AT_BORDERS = 5
    COMPILED = "def f(a, b=1, *c):\n    return [x for x in c if a > b]\n"
    BODY = """
class Pair:
    __slots__ = ("left", "right")

    def __init__(self, left, right=None):
        self.left = left
        self.right = right

    @property
    def both(self):
        return (self.left, self.right)


def short(data, *, limit=10):
    found = {}
    for key, value in data.items():
        if isinstance(value, str):
            found[key] = value[:limit]
    return found


TABLE = {"name_%d" % number: str(number) for number in range(40)}
WORDS = " ".join(sorted(short(TABLE, limit=3).values())).title().lower().split()
PAIRS = [Pair(key, value).both for key, value in TABLE.items()]
"""

    def __init__(self, machinery: _Machinery) -> None:
        import _thread
        import marshal

        is_loaded = "gc" in sys.modules
        import gc

        if not is_loaded:
            del sys.modules["gc"]  # the handler's own import of it must cost what it costs
        self._gc = (gc.isenabled, gc.disable, gc.enable)
        self._ident, self._thread = _thread.get_ident, _thread.get_ident()
        self._loads, self._compile, self._exec = marshal.loads, compile, exec
        # Bound now, like these: the handler may replace built-in functions.
        self._len, self._at_borders = len, (None,) * self.AT_BORDERS
        self._data = marshal.dumps(compile(self.BODY, "<speed>", "exec"))
        self._external = machinery.external
        self._is_on = False
        self._begin = self._last = self._spent = 0
        self._found: list[Any] = []

    def start(self) -> None:
        """Take the first samples, and go on with each module that is loaded."""
        real = self._external.cache_from_source

        def cache_from_source(*args: "Any", **options: "Any") -> "Any":
            is_here = self._is_on and self._ident() == self._thread
            if is_here and _thread_time_ns() - self._last >= self.EVERY_NS:
                self._sample()
            return real(*args, **options)

        self._external.cache_from_source = cache_from_source
        self._found, self._spent = self._at_border(0), 0
        self._is_on = True
        self._begin = self._last = _thread_time_ns()

    def _at_border(self, own_ns: int) -> "list[Any]":
        """Return the middle one of a few samples, in a list: a short init has no others."""
        self._found = []
        for _ in self._at_borders:
            self._sample()
        took = [sample[1] for sample in self._found]
        took.sort()
        return [[own_ns, took[self._len(took) // 2]]] if took else []

    def _sample(self) -> None:
        is_enabled, disable, enable = self._gc
        begin = _thread_time_ns()
        collects = is_enabled()
        disable()  # a collection of the handler's objects is the handler's time
        try:
            started = _thread_time_ns()
            self._exec(self._loads(self._data), {"__name__": "speed"})
            self._compile(self.COMPILED, "<speed>", "exec")
            self._found.append([begin - self._begin - self._spent, _thread_time_ns() - started])
        except Exception:  # noqa: BLE001, S110 - too deep a recursion: this sample is left out
            pass
        if collects:
            enable()
        self._last = _thread_time_ns()
        self._spent += self._last - begin

    def finish(self, result: "Any") -> None:
        """Take the last samples, and keep all of them and init's own time in the result."""
        self._is_on = False
        span = result["phases"]["function_init"]
        for clock in ("wall_ns", "cpu_ns", "process_cpu_ns"):
            span[clock] -= self._spent
        during = self._found
        result["speed_samples"] = during + self._at_border(span["cpu_ns"])


class _ModuleTimes:
    """Measures each module's own time in a traced run, without its wait for a processor.

    Rows are wall time: on a busy machine a row that others interrupted is several times too long,
    and long rows are interrupted more often.
    """

    GAP_NS = 200_000
    """Wall time beyond CPU time from which on the kernel is asked how much of it was waiting."""

    def __init__(self, bootstrap: "Any") -> None:
        import _thread

        self._ident, self._thread = _thread.get_ident, _thread.get_ident()
        self._found: dict[str, list[int]] = {}
        self._loading: list[str] = []
        self._is_on = False
        self._cpu = self._wall = 0
        self._delay: int | None = None
        real = bootstrap._find_and_load

        def find_and_load(name: str, import_: "Any") -> "Any":
            if not self._is_on or self._ident() != self._thread:
                return real(name, import_)
            self._lap()
            self._loading.append(name)
            try:
                return real(name, import_)
            finally:
                self._lap()
                self._loading.pop()

        bootstrap._find_and_load = find_and_load

    def start(self) -> None:
        self._delay = _run_delay_ns()
        self._is_on = True
        self._cpu, self._wall = _thread_time_ns(), _monotonic_ns()

    def _lap(self) -> None:
        """Add the time since the last lap to the module that was being loaded."""
        cpu, wall = _thread_time_ns() - self._cpu, _monotonic_ns() - self._wall
        if self._loading:
            own = self._found.setdefault(self._loading[-1], [0, 0])
            own[0] += cpu
            gap = wall - cpu
            if gap > self.GAP_NS:
                delay = _run_delay_ns()
                if delay is not None and self._delay is not None:
                    gap -= delay - self._delay
                self._delay = delay
                own[1] += gap if gap > 0 else 0
        self._cpu, self._wall = _thread_time_ns(), _monotonic_ns()

    def finish(self, result: "Any") -> None:
        """Keep the times in the result."""
        self._is_on = False
        result["module_times"] = self._found


_WATCHED = (
    "socket.connect",
    "socket.sendto",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "subprocess.Popen",
    "os.system",
    "os.posix_spawn",
    "os.fork",
    "os.exec",
    "sqlite3.connect",
    "os.mkdir",
    "os.rename",
    "os.remove",
)
_MARK_NAME = "__importcost_mark__"


class _FileWatch:
    """Records the files that the handler creates, and those that it finds in temporary folders.

    An audit hook cannot be removed, so only the graph run has one: its times are not reported.
    """

    MOST = 200
    MOST_READ = 20_000
    TEMPORARY = ("/tmp/", "/private/tmp/", "/var/tmp/", "/dev/shm/")  # noqa: S108
    NOT_FILES = ("/dev/", "/proc/", "/sys/")

    def __init__(self, os: "Any", own_folder: str, loading: "Any") -> None:
        self.found: dict[tuple[str, str], None] = {}
        self.read: dict[str, Any] = {}
        # Extension modules that began to load, and libraries that Python code asked for.
        self.native: list[Any] = []
        self._loading = loading
        self._own = own_folder + os.sep
        self._writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT
        self._lstat, self._fsdecode = os.lstat, os.fsdecode
        self._abspath, self._getpid, self._pid = os.path.abspath, os.getpid, os.getpid()
        self._is_on = True
        # The index of the path among an event's arguments.
        self._makers = {"os.mkdir": 0, "sqlite3.connect": 0}
        self._makers.update(dict.fromkeys(("os.rename", "os.link", "os.symlink"), 1))

    def install(self) -> None:
        sys.addaudithook(self._audit)

    def stop(self) -> None:
        self._is_on = False

    def follow(self) -> None:
        """Take this process, a server's forked copy, for the watched one."""
        self._pid = self._getpid()

    def _audit(self, event: str, args: "Any") -> None:
        if not self._is_on:
            return
        try:
            if event == "open":
                flags = args[2] if isinstance(args[2], int) else 0
                self._note(args[0], bool(flags & self._writes))
                if not flags & self._writes and isinstance(args[0], (str, bytes)):
                    self._note_read(self._abspath(self._fsdecode(args[0])))
            elif event == "import" and isinstance(args[1], str):
                self.native.append((args[0], args[1]))
            elif event == "ctypes.dlopen":
                self.native.append((self._loading(), ""))
            elif event in self._makers:
                self._note(args[self._makers[event]], True)
            elif event in ("os.listdir", "os.scandir"):
                self._note(args[0], False)
        except BaseException:  # noqa: BLE001, S110 - an error in a hook would be the handler's
            pass

    def _note(self, path: "Any", is_write: bool) -> None:
        if isinstance(path, int) or path is None or len(self.found) >= self.MOST:
            return
        file = self._abspath(self._fsdecode(path))
        is_temporary = file.startswith(self.TEMPORARY)
        if file.startswith(self._own) or self._getpid() != self._pid:
            return
        if is_write and (is_temporary or not file.startswith(self.NOT_FILES)):
            self.found[("used" if self._is_there(file) else "made", file)] = None
        elif is_temporary:
            # One entry of the folder is enough.
            start = next(folder for folder in self.TEMPORARY if file.startswith(folder))
            self.found[("used", start + file[len(start) :].partition("/")[0])] = None

    def _note_read(self, file: str) -> None:
        is_own = file.startswith((self._own, *self.NOT_FILES)) or self._getpid() != self._pid
        if not is_own and len(self.read) < self.MOST_READ:
            self.read.setdefault(file, self._loading())

    def _is_there(self, file: str) -> bool:
        try:
            self._lstat(file)
        except OSError:
            return False
        return True


class _MappedFiles:
    """Finds the files that the process maps into memory, and the module whose load mapped each.

    Extension modules and the libraries that they need are read through these pages. Reading the
    maps takes time, so only the graph run has them.
    """

    def __init__(self, os: "Any") -> None:
        self._fsdecode, self._realpath = os.fsdecode, os.path.realpath
        self._before: set[str] = set()
        self._owners: dict[str, Any] = {}

    def start(self) -> None:
        """Leave out what is mapped by now: the interpreter, and what the runtime loads."""
        self._before = set(self._paths())

    def note(self, module: str, started: "list[Any]") -> None:
        """Keep what is newly mapped, with its module.

        `started` are extension modules whose loads began, with their files, outermost first: an
        extension may import another before its own load ends, so the libraries are the first's.
        """
        new = {path for path in self._paths() if path not in self._before | self._owners.keys()}
        own = {self._realpath(file): name for name, file in started if file}
        first = next((name for name, _ in started if name), module)
        for path in new:
            self._owners[path] = own.get(path, first)

    def _lines(self, name: str) -> "list[bytes]":
        try:
            with _open("/proc/self/" + name, "rb") as stream:
                return list(stream.read().splitlines())
        except OSError:
            return []

    def _path(self, line: bytes) -> "str | None":
        # address, permissions, offset, device, inode, path; the path may contain spaces
        parts = line.split(None, 5)
        if len(parts) < 6 or not parts[5].startswith(b"/") or b"-" not in parts[0]:
            return None
        is_file = parts[4] != b"0" and not parts[5].startswith((b"/dev/", b"/memfd:"))
        return str(self._fsdecode(parts[5])) if is_file else None

    def _paths(self) -> "list[str]":
        return [path for path in map(self._path, self._lines("maps")) if path is not None]

    def result(self, os: "Any") -> "list[Any] | None":
        """Return [path, module, file size, resident bytes, whether it is code], None without /proc.

        Resident are the pages that init touched, or that the kernel read with them.
        """
        lines = self._lines("smaps")
        found: dict[str, Any] = {}
        entry: Any = None
        for line in lines:
            if not line[:1].isupper():  # the head of a mapping; its figures follow
                path = self._path(line)
                entry = None
                if path is not None and path not in self._before:
                    entry = found.setdefault(path, [path, self._owners.get(path), 0, 0, False])
                    entry[4] = entry[4] or b"x" in line.split(None, 2)[1]
            elif entry is not None and line.startswith(b"Rss:"):
                entry[3] += int(line.split()[1]) * 1024
        for entry in found.values():
            entry[2] = _size_of(os, entry[0])
        return list(found.values()) if lines else None


def _size_of(os: "Any", path: str) -> int:
    try:
        return int(os.stat(path).st_size)
    except OSError:
        return 0


class _StatementTimer:
    """Times the top-level statements of some files one by one, separately from their imports.

    Each statement is compiled with a call before and after it. Audit hooks record which of them use
    the network, start processes or write files.
    """

    MAX_EVENTS = 20

    def __init__(self, os: "Any", files: "list[str]") -> None:
        import _thread

        self.found: list[Any] = []
        self._os = os
        self._files = set(files)
        self._ident = _thread.get_ident
        self._thread = _thread.get_ident()
        # [index, wall, cpu, wall and cpu spent importing, loads under way, events]
        self._stack: list[Any] = []
        self._is_on = True

    def install(self, machinery: _Machinery) -> None:
        import builtins

        loader = machinery.external.SourceLoader
        real_code = loader.source_to_code
        real_load = machinery.bootstrap._find_and_load

        def source_to_code(
            this: "Any", data: "Any", path: "Any", *args: "Any", **kw: "Any"
        ) -> "Any":
            known = len(self.found)
            if path in self._files:
                try:
                    return real_code(this, self._instrumented(data, path), path, *args, **kw)
                except RecursionError:
                    # Python reads deeper source from text than from a tree of objects: the file
                    # runs as it is, and its statements go untimed.
                    del self.found[known:]
            return real_code(this, data, path, *args, **kw)

        def find_and_load(name: str, import_: "Any") -> "Any":
            top = self._stack[-1] if self._stack and self._ident() == self._thread else None
            if top is None or top[5] or name in sys.modules:
                return real_load(name, import_)
            top[5] = True
            wall, cpu = _monotonic_ns(), _thread_time_ns()
            try:
                return real_load(name, import_)
            finally:
                top[4] += _thread_time_ns() - cpu
                top[3] += _monotonic_ns() - wall
                top[5] = False

        setattr(builtins, _MARK_NAME, self._mark)
        loader.source_to_code = source_to_code
        machinery.bootstrap._find_and_load = find_and_load
        sys.addaudithook(self._audit)

    def stop(self) -> None:
        self._is_on = False

    def _instrumented(self, data: "Any", path: str) -> "Any":
        # PyCF_ONLY_AST. _ast is built in: importing ast would hide its cost from the handler.
        import _ast

        tree: Any = compile(data, path, "exec", 0x400, dont_inherit=True)
        body: list[Any] = []
        for position, node in enumerate(tree.body):
            is_future = isinstance(node, _ast.ImportFrom) and node.module == "__future__"
            is_text = isinstance(node, _ast.Expr) and isinstance(node.value, _ast.Constant)
            if is_future or (is_text and position == 0):
                body.append(node)
                continue
            # A decorated definition starts at its first decorator.
            lines = [one.lineno for one in getattr(node, "decorator_list", ())]
            index = len(self.found)
            first = min([*lines, node.lineno])
            self.found.append([path, first, node.end_lineno, 0, 0, 0, [], node.col_offset])
            body += [self._call(_ast, index, node), node, self._call(_ast, -index - 1, node)]
        tree.body[:] = body
        return tree

    @staticmethod
    def _call(_ast: "Any", number: int, node: "Any") -> "Any":
        place = {
            "lineno": node.lineno,
            "col_offset": node.col_offset,
            "end_lineno": node.lineno,
            "end_col_offset": node.col_offset,
        }
        name = _ast.Name(id=_MARK_NAME, ctx=_ast.Load(), **place)
        argument = _ast.Constant(value=number, kind=None, **place)
        call = _ast.Call(func=name, args=[argument], keywords=[], **place)
        return _ast.Expr(value=call, **place)

    def _mark(self, number: int) -> None:
        """Start statement `number`, or end statement -number - 1."""
        wall, cpu = _monotonic_ns(), _thread_time_ns()
        if number >= 0:
            self._stack.append([number, wall, cpu, 0, 0, False, []])
            return
        # A module that failed half-way did not end its statement.
        while self._stack and self._stack[-1][0] != -number - 1:
            self._stack.pop()
        if self._stack:
            index, began, cpu_began, import_wall, import_cpu, _, events = self._stack.pop()
            row = self.found[index]
            row[3] += cpu - cpu_began - import_cpu
            row[4] += import_cpu
            row[5] += wall - began - import_wall
            row[6] += events

    def _audit(self, event: str, args: "Any") -> None:
        if not self._is_on or not self._stack or len(self._stack[-1][6]) >= self.MAX_EVENTS:
            return
        if event == "open":
            flags = args[2] if len(args) > 2 and isinstance(args[2], int) else 0
            if flags & (self._os.O_WRONLY | self._os.O_RDWR) and isinstance(args[0], (str, bytes)):
                self._stack[-1][6].append(["open for writing", repr(args[0])[:200]])
        elif event in _WATCHED:
            detail = (
                args[1] if event in ("socket.connect", "socket.sendto") else args[0] if args else ""
            )
            self._stack[-1][6].append([event, repr(detail)[:200]])


def _count_threads(result: "Any") -> None:
    """Count, in the result, the threads that Python code starts from here on.

    Not by an audit hook: Python 3.10 has no event for this.
    """
    import _thread

    def counted(real: "Any") -> "Any":
        def start(*args: "Any", **options: "Any") -> "Any":
            result["threads"] += 1
            return real(*args, **options)

        return start

    result["threads"] = 0
    threading = sys.modules.get("threading")
    for name in ("start_new_thread", "start_new", "start_joinable_thread"):
        real = getattr(_thread, name, None)
        if real is not None:
            setattr(_thread, name, counted(real))
        # It has a name of its own for the function, from when it was imported.
        if real is not None and getattr(threading, "_" + name, None) is real:
            setattr(threading, "_" + name, counted(real))


class _Context:
    """The context that Lambda passes to the handler with the event."""

    function_name = "importcost"
    function_version = "$LATEST"
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:importcost"
    aws_request_id = "00000000-0000-4000-8000-000000000000"
    log_group_name = "/aws/lambda/importcost"
    log_stream_name = "importcost"
    identity = None
    client_context = None

    def __init__(self, os: "Any") -> None:
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def _invoke(os: "Any", spec: "Any", probe_file: str, ground: _Ground) -> "Any":
    """Call the handler function once with the event, and return the result."""
    function = getattr(sys.modules[spec["module"]], spec["function"])
    before = set(_loaded(sys.modules))
    answer: Any = {"result": None, "is_json": True, "error": None}
    value: Any = None
    failure: BaseException | None = None
    begin = _clock()
    try:
        value = function(spec["event"], _Context(os))
    except BaseException as error:  # noqa: BLE001 - sys.exit in a handler is a result, too
        failure = error
    answer["span"] = _span(begin, _clock_at_end())
    answer["unrecorded"] = list(spec.get("unrecorded") or ())
    ground.take_back()
    answer["loaded"] = sorted(set(_loaded(ground.left)) - before)
    if failure is not None:
        answer["error"] = _error_result(failure, probe_file, ground)
        return answer
    try:
        answer["result"] = _own_modules["json"].dumps(value, sort_keys=True)
    except BaseException:  # noqa: BLE001 - the value's own methods may raise anything
        answer["result"], answer["is_json"] = _text(value, repr), False
    return answer


def _route_import_module(bootstrap: "Any") -> None:
    """Make `importlib.import_module` behave like the import statement, which prints rows."""
    import importlib

    original = importlib.import_module

    def import_module(name: str, package: "str | None" = None) -> "Any":
        if not isinstance(name, str) or name.startswith(".") or not name:
            if not isinstance(name, str) or not package:
                return original(name, package)
            level = len(name) - len(name.lstrip("."))
            name = bootstrap._resolve_name(name[level:], package, level)
        __import__(name)
        return sys.modules[name]

    importlib.import_module = import_module


class _GraphRecorder:
    """Records every load and every import statement; its run's times are never reported."""

    def __init__(self, os: "Any", probe_file: str) -> None:
        own_folder = os.path.dirname(os.path.dirname(probe_file))
        self.files = _FileWatch(os, own_folder, self._loading)
        self._mapped = _MappedFiles(os)
        self._os = os
        self.loads: list[Any] = []
        self.edges: dict[Any, bool] = {}
        self.phase = "runtime"
        self._probe_file = probe_file
        self.main_file: str | None = None  # of the target itself, if it is the main module
        self._stacks: dict[int, list[Any]] = {}
        self.before = list(sys.modules)
        self.tried: set[str] = set()
        self.failed: dict[str, Any] = {}

    def install(self, bootstrap: "Any") -> None:
        """Wrap the import machinery. `bootstrap` is the frozen importlib."""
        import _thread
        import builtins

        self._ident = _thread.get_ident
        self._bootstrap = bootstrap
        self._real_import = builtins.__import__
        self._real_load = bootstrap._find_and_load
        builtins.__import__ = self._import
        bootstrap._find_and_load = self._find_and_load
        # The two wrappers add frames that the handler's own recursion limit does not include.
        set_limit = sys.setrecursionlimit
        set_limit(sys.getrecursionlimit() * 2)
        sys.setrecursionlimit = lambda limit: set_limit(limit * 2)

    def start_function(self) -> None:
        import faulthandler

        faulthandler.enable(file=sys.stderr)  # a crash then leaves the handler's own stack
        self.phase = "function"
        self._mapped.start()
        self.files.install()

    def _loading(self) -> "str | None":
        """Return the name of the module that this thread is loading."""
        stack = self._stacks.get(self._ident())
        return stack[-1][0] if stack else None

    def loaded_files(self) -> "Any":
        """Return the files that init read and mapped; see the head of this file."""
        read = self.files.read.items()
        sized = [[path, _size_of(self._os, path), module] for path, module in read]
        return {
            "read": [entry for entry in sized if entry[1]],
            "mapped": self._mapped.result(self._os),
        }

    def uninstall(self) -> "Any":
        """Remove the wrappers; return the files that the handler touched, and those it loaded."""
        import builtins

        self.files.stop()
        builtins.__import__ = self._real_import
        self._bootstrap._find_and_load = self._real_load
        return [list(key) for key in self.files.found], self.loaded_files()

    def _find_and_load(self, name: str, import_: "Any") -> "Any":
        stack = self._stacks.setdefault(self._ident(), [])
        self.tried.add(name)
        if name in sys.modules:
            return self._real_load(name, import_)
        # [name, loaded by, rss before, rss of what it loaded itself, phase]
        entry: Any = [name, stack[-1][0] if stack else None, _rss_pages(), 0, self.phase]
        stack.append(entry)
        try:
            return self._real_load(name, import_)
        finally:
            stack.pop()
            after = _rss_pages()
            grown = None if after is None or entry[2] is None else after - entry[2]
            if stack and grown is not None:
                stack[-1][3] += grown
            if name in sys.modules:
                own = None if grown is None else grown - entry[3]
                self.loads.append((name, entry[1], own, grown, entry[4]))
                self._note_mapped(name)
            elif name not in self.failed:
                self.failed[name] = self._where(sys._getframe(1))[:3]

    def _note_mapped(self, name: str) -> None:
        """Keep what was mapped since the last load, if native code was asked for."""
        started, self.files.native = self.files.native, []
        if started:
            self._mapped.note(name, started)

    def _import(
        self,
        name: str,
        globals: "Any" = None,  # noqa: A002 - the signature of builtins.__import__
        locals: "Any" = None,  # noqa: A002
        fromlist: "Any" = (),
        level: int = 0,
    ) -> "Any":
        frame = sys._getframe(1)
        absolute = name
        if level:
            try:
                package = self._bootstrap._calc___package__(globals)
                absolute = self._bootstrap._resolve_name(name, package, level)
            except (ImportError, KeyError, TypeError, ValueError):
                absolute = name
        cached = absolute in sys.modules
        known = {
            item: absolute + "." + item in sys.modules
            for item in fromlist or ()
            if isinstance(item, str)
        }
        try:
            return self._real_import(name, globals, locals, fromlist, level)
        finally:
            if absolute in sys.modules:
                self._record(frame, absolute, cached, known)

    def _record(self, frame: "Any", absolute: str, cached: bool, known: "dict[str, bool]") -> None:
        where = self._where(frame)
        self._edge(where, absolute, cached)
        if not known:
            return  # looking into a lazy module would load it
        namespace = getattr(sys.modules[absolute], "__dict__", {})
        if "*" in known:
            exported = namespace.get("__all__")
            if isinstance(exported, (list, tuple)):
                known = {item: cached for item in exported if isinstance(item, str)}
        for item, was_loaded in known.items():
            full = absolute + "." + item
            # A name that is not a submodule, or hides one, is not an import of its own.
            if full in sys.modules and namespace.get(item) is sys.modules[full]:
                self._edge(where, full, was_loaded)

    def _edge(self, where: "Any", imported: str, cached: bool) -> None:
        key = (where, imported)
        # The first time counts: a statement that runs again finds everything loaded.
        if key not in self.edges:
            self.edges[key] = cached

    def _where(self, frame: "Any") -> "Any":
        """Name the statement behind a frame: (importer, file, line, kind, cause, cause line).

        Frames of importlib and of this file belong to their caller. If the import is inside a
        function, the cause is the nearest module body up the stack.
        """
        kind = "statement"
        while frame is not None and self._is_machinery(frame):
            if frame.f_code.co_name == "import_module":
                kind = "dynamic"
            frame = frame.f_back
        # Executed text (exec, eval, code generators) belongs to the code that executes it.
        while frame is not None and self._is_generated(frame) and frame.f_back is not None:
            if self._is_outside(frame.f_back):
                break
            frame = frame.f_back
        if frame is None or self._is_outside(frame):
            return (None, None, None, kind, None, None)
        importer = _string(frame.f_globals.get("__name__"))
        file, line = frame.f_code.co_filename, frame.f_lineno
        body = frame
        while body is not None and not self._is_outside(body):
            if body.f_code.co_name == "<module>" and not self._is_generated(body):
                break
            body = body.f_back
        if body is None or self._is_outside(body):
            return (importer, file, line, kind, None, None)
        cause = _string(body.f_globals.get("__name__"))
        return (importer, file, line, kind, cause, body.f_lineno)

    @staticmethod
    def _is_generated(frame: "Any") -> bool:
        file = frame.f_code.co_filename
        return "__name__" not in frame.f_globals or (
            file.startswith("<") and not file.startswith("<frozen")
        )

    def _is_outside(self, frame: "Any") -> bool:
        """Return True if a frame is the probe's own, or of the program that starts a server.

        The wrappers that serve the handler are not.
        """
        if frame.f_globals.get("__name__") == "__main__":
            return bool(frame.f_code.co_filename != self.main_file)
        return frame.f_code.co_filename == self._probe_file and not self._is_wrapper(frame)

    def _is_wrapper(self, frame: "Any") -> bool:
        wrappers = ("import_module", "_import", "_find_and_load", "_record")
        return frame.f_code.co_filename == self._probe_file and frame.f_code.co_name in wrappers

    def _is_machinery(self, frame: "Any") -> bool:
        name = frame.f_globals.get("__name__") or ""
        starts = ("importlib._bootstrap", "_frozen_importlib")
        return name.startswith(starts) or name in ("importlib", "runpy") or self._is_wrapper(frame)


class _AbsentReads:
    """Records the environment variables that a graph run's init reads in vain, and from where.

    [name, file, line] of each; they decide if more launches can explain a failed init.
    """

    MAX_READS = 1000

    def __init__(self, os: "Any") -> None:
        self.found: list[Any] = []
        self._os = os
        abc_file = getattr(sys.modules.get("_collections_abc"), "__file__", "")
        self._between = (os.__file__, "<frozen os>", abc_file, "<frozen _collections_abc>")

    def install(self) -> None:
        environ: Any = type(self._os.environ)
        real = environ.__getitem__

        def get_item(mapping: "Any", key: "Any") -> "Any":
            try:
                return real(mapping, key)
            except KeyError:
                if len(self.found) < self.MAX_READS and isinstance(key, str):
                    frame: Any = sys._getframe(1)
                    while frame.f_back and frame.f_code.co_filename in self._between:
                        frame = frame.f_back
                    self.found.append([key, frame.f_code.co_filename, frame.f_lineno])
                raise

        environ.__getitem__ = get_item

    def result(self, _error: "BaseException | None") -> "Any":
        return self.found


def _bytecode_state(os: "Any", origin: "str | None", machinery: _Machinery) -> str:
    """Return the state of the bytecode beside a module's source."""
    if origin is None or not origin.endswith(".py"):
        return "not-applicable"
    try:
        with _open(machinery.cache_from_source(origin), "rb") as stream:
            head = stream.read(16)
        info = os.stat(origin)
    except NotImplementedError:
        return "not-applicable"
    except OSError:
        return "absent"
    if len(head) < 16 or head[:4] != machinery.external.MAGIC_NUMBER:
        return "stale"
    flags = int.from_bytes(head[4:8], "little")
    if flags & 1:
        return "checked-hash" if flags & 2 else "unchecked-hash"
    mtime = int.from_bytes(head[8:12], "little")
    size = int.from_bytes(head[12:16], "little")
    fresh = mtime == int(info.st_mtime) & 0xFFFFFFFF and size == info.st_size & 0xFFFFFFFF
    return "valid" if fresh else "stale"


def _owners(os: "Any", files: "set[str]", search_path: "list[str]") -> "dict[str, str]":
    """Map each file to the distribution whose RECORD (or file list) names it.

    An environment may have hundreds of distributions with tens of thousands of files. A folder that
    contains none of the files is skipped, and only metadata of owners is read.
    """
    import importlib.metadata

    owners: dict[str, str] = {}
    # Like the import system: an entry of sys.path that is not a string names no folder.
    for folder in [entry for entry in search_path if isinstance(entry, str)]:
        starts = (os.path.join(folder, ""), os.path.join(os.path.realpath(folder), ""))
        inside = [file for file in files if file.startswith(starts)]
        wanted = {os.path.realpath(file): file for file in inside}
        names = {os.path.basename(path) for path in (*inside, *wanted)}
        for distribution in importlib.metadata.distributions(path=[folder]) if inside else ():
            found = []
            for entry in _entries(distribution):
                if entry.rpartition("/")[2] in names:
                    path = os.path.realpath(str(distribution.locate_file(entry)))
                    if path in wanted:
                        found.append(wanted[path])
            name = distribution.metadata["Name"] if found else None
            if name:
                for file in found:
                    owners.setdefault(file, name)
    return owners


def _entries(distribution: "Any") -> "list[str]":
    """Return the files that a distribution lists, relative to its folder, with slashes.

    `distribution.files` gives the same, but creates an object of many parts for each line.
    """
    record = distribution.read_text("RECORD")
    if not record:
        return [entry.as_posix() for entry in distribution.files or ()]
    found = []
    for line in record.splitlines():
        if line.startswith('"'):
            found.append(line[1:].partition('",')[0].replace('""', '"'))
        else:
            found.append(line.partition(",")[0])
    return found


def _without_own(files: "set[str]", plain: "Any") -> "set[str]":
    """Return the files that a distribution may own: those that the user works on are the user's."""
    own = tuple(folder + "/" for folder in plain["own"]) if plain else ()
    installed = ("/site-packages/", "/dist-packages/")
    return {
        file
        for file in files
        if not file.startswith(own) or any(name in file for name in installed)
    }


def _graph_result(
    os: "Any", report: "_Report", machinery: _Machinery, ground: _Ground, loaded: "Any"
) -> "Any":
    recorder: Any = report.recorder
    stdlib_dirs = ground.stdlib_dirs
    loads: list[Any] = [(name, None, None, None, "start") for name in recorder.before]
    loads += recorder.loads
    modules: list[Any] = []
    files: set[str] = set()
    for name, loaded_by, own, grown, phase in loads:
        module = ground.left.get(name)
        if module is None or (name == "__main__" and phase == "start"):
            continue
        file = _file_of(module)
        if file is None or not os.path.isabs(file):
            file = None
        # Without a file a module is built in or frozen, unless it is a namespace package.
        is_builtin = file is None and not _is_package(module)
        stdlib = is_builtin or (file is not None and _is_stdlib(file, stdlib_dirs))
        if file is not None and not stdlib:
            files.add(file)
        state = _bytecode_state(os, file, machinery)
        modules.append([name, file, loaded_by, own, grown, phase, state, stdlib])
    edges = [[*where, imported, cached] for (where, imported), cached in recorder.edges.items()]
    page_bytes = os.sysconf("SC_PAGE_SIZE")
    files.update(entry[0] for entry in (*loaded["read"], *(loaded["mapped"] or ())))
    search_path = list(sys.path)
    ground.import_own()
    return {
        "modules": modules,
        "edges": edges,
        "tried": sorted(recorder.tried),
        "failed": [[name, *where] for name, where in recorder.failed.items()],
        "owners": _owners(os, _without_own(files, report.plain), search_path),
        "page_bytes": page_bytes,
        "files": loaded,
    }


def _clean(summary: "Any", probe_file: str) -> None:
    """Drop the frames of this file and of importlib: the user asked about their own code."""
    while summary is not None:
        kept = [
            frame
            for frame in summary.stack
            if frame.filename != probe_file and not frame.filename.startswith("<frozen importlib")
        ]
        summary.stack[:] = kept
        if summary.__cause__ is not None:
            summary = summary.__cause__
        elif not summary.__suppress_context__:
            summary = summary.__context__
        else:
            summary = None


def _missing_variable(error: BaseException) -> "str | None":
    """Name the environment variable whose absence raised `error`, or return None."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if not isinstance(error, KeyError) or trace is None or not error.args:
        return None
    frame = trace.tb_frame
    owner = frame.f_locals.get("self")
    if frame.f_code.co_name == "__getitem__" and type(owner).__name__ == "_Environ":
        return _text(error.args[0])
    return None


def _text(value: object, show: "Any" = str) -> str:
    """Return `show(value)`, which is the handler's code and may itself raise."""
    try:
        return str(show(value))
    except BaseException:  # noqa: BLE001
        return "(its text cannot be shown)"


def _module_name(value: "Any") -> "str | None":
    """Return the name of a module that may exist; whoever raises may claim any other."""
    name = _string(value)
    if name is None or len(name) > MOST_NAME:
        return None
    return name if all(part.isidentifier() for part in name.split(".")) else None


def _cut(text: str) -> str:
    """Return a text without its middle if it is very long: an error may hold all of a request."""
    if len(text) <= MOST_TEXT:
        return text
    return text[: MOST_TEXT // 2] + "\n...\n" + text[-MOST_TEXT // 2 :]


def _string(value: "Any") -> "str | None":
    """Return a string as one of the built-in type, None for anything else."""
    return str.__str__(value) if isinstance(value, str) else None


def _error_result(error: BaseException, probe_file: str, ground: _Ground) -> "Any":
    try:
        return _describe(error, probe_file)
    except BaseException:  # noqa: BLE001 - a module of the handler's stands in for a standard one
        ground.import_own()
        return _describe(error, probe_file)


def _describe(error: BaseException, probe_file: str) -> "Any":
    import traceback

    summary = traceback.TracebackException(type(error), error, error.__traceback__)
    _clean(summary, probe_file)
    # Cause and context each have a chain of their own; printing follows the same rule as _clean.
    text = "".join(summary.format())
    code = getattr(error, "code", None) if isinstance(error, SystemExit) else None
    line = error.lineno if isinstance(error, SyntaxError) else None
    missing = _module_name(error.name) if isinstance(error, ModuleNotFoundError) else None
    return {
        "type": str(type(error).__name__),
        "message": _cut(_text(error.msg if isinstance(error, SyntaxError) else error)),
        "traceback": _cut(text),
        "missing_module": missing,
        "missing_variable": _missing_variable(error),
        "exit_code": None if code is None else _text(code),
        "file": _string(error.filename) if isinstance(error, SyntaxError) else None,
        "line": line if isinstance(line, int) else None,
        "python": "{}.{}".format(*sys.version_info),
    }


def _import_handler(
    spec: "Any", kind: str, machinery: _Machinery, marks: "_Marks", result: "Any"
) -> None:
    """Import the handler as its run kind requires, and time it."""
    name = spec["module"]
    # __import__ gets a row, importlib.import_module does not.
    load: Any = __import__
    if kind not in ("traced", "graph") and "before" not in spec:
        import importlib

        load = importlib.import_module
    speed = _SpeedSamples(machinery) if spec.get("speed_samples") else None
    count = _bytecode_count(spec)
    times = _ModuleTimes(machinery.bootstrap) if kind == "traced" else None
    if speed:
        speed.start()
    marks.write("function")
    if times:
        times.start()
    begin = _clock()
    if count:
        count.start()
    try:
        _load_all(spec, load)
    finally:
        end = _clock_at_end()
        if count:
            result["bytecodes"] = count.stop()
        if kind != "invoke":  # the function's own timers may be for its calls
            _stop_timers()
        marks.write("after")
        result["phases"]["function_init"] = _span(begin, end)
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
    found = _file_of(sys.modules.get(name)) if expected else None
    if found is not None:
        real = _own_modules["os"].path.realpath
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
        print("sitecustomize:", _text(error), file=sys.stderr)


def _record_again(recorder: _GraphRecorder) -> None:
    """Forget what was recorded: what is loaded now was loaded at the start."""
    recorder.before = list(sys.modules)
    for record in (recorder.loads, recorder.edges, recorder.tried):
        record.clear()


def _load_plain(os: "Any", spec: "Any", machinery: _Machinery, report: "_Report") -> None:
    """Let the process run a target that is not a handler."""
    plain: Any = spec.get("plain")
    if not plain:
        return
    namespace: dict[str, Any] = {"__name__": "importcost_plain"}
    with _open(os.path.join(os.path.dirname(report.probe_file), "main_module.py"), "rb") as stream:
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
        _record_again(report.recorder)


def _record_server(recorder: _GraphRecorder, served: "Any") -> None:
    """Let a graph run record a server from here on, and in its forked copies."""
    _record_again(recorder)
    recorder.tried.update(served.parent_tried())
    served.copies.append(lambda _rows: recorder.files.follow())


def _serve(os: "Any", spec: "Any", machinery: _Machinery, result: "Any", report: "_Report") -> None:
    """Run the server, time it until it is ready, and report; never returns."""
    scratch = os.path.dirname(report.probe_file)
    namespace: dict[str, Any] = {"__name__": "importcost_server"}
    with _open(os.path.join(scratch, "server_probe.py"), "rb") as stream:
        # Under the probe's name, so that its frames are left out of tracebacks like the probe's.
        exec(compile(stream.read(), report.probe_file, "exec"), namespace)  # noqa: S102
    served = namespace["Served"](os, spec, globals(), report.arguments)
    served.copies.append(report.marks.follow)
    speed = _SpeedSamples(machinery) if spec.get("speed_samples") else None
    report.forget(spec["own_modules"])
    if report.recorder:
        _record_server(report.recorder, served)
        served.watch_app(machinery.bootstrap)

    def take(span: "Any") -> None:
        result["phases"]["function_init"] = span
        result["app_kind"] = served.app_kind()
        if speed:
            speed.finish(result)
        result["peak_rss_kb"] = _peak_rss_kb()

    def end(error: "BaseException | None") -> None:
        report.marks.write("after")
        report.finish_server(error)

    if speed:
        speed.start()
    if not served.is_spawned:
        report.marks.write("function")
    begin = _clock()
    if served.is_spawned:
        begin = served.taken_over(begin, result)
    try:
        served.run(machinery, begin, result["phases"], take, end)
        sys.exit(0)
    except BaseException as error:  # noqa: BLE001 - a server that ends was never ready
        result["app_failed"] = served.app_error is not None
        if served.is_spawned and not result["app_failed"]:
            os._exit(_exit_code(error))  # any process of the app, whose parent knows what it means
        report.finish_server(served.app_error or error, error)


def _add_site_builtins() -> None:
    """Give `exit`, `help` and their like to an interpreter that was started without site.

    Handlers call exit(), and on Lambda they can.
    """
    if not sys.flags.no_site:
        return
    import site

    for add in ("setquit", "setcopyright", "sethelper"):
        getattr(site, add)()


def _start_runtime(os: "Any", spec_file: str, marks: "_Marks", result: "Any") -> "Any":
    """Do what the runtime does before the handler, time it, and return the spec."""
    marks.write("runtime")
    begin = _clock()
    before = set(sys.modules)
    # json is part of the runtime's own preload: its cost belongs to this phase.
    import json

    _own_modules.update({name: sys.modules[name] for name in ("os", "json", "json.encoder")})
    with _open(spec_file, "rb") as stream:
        spec = json.loads(stream.read())
    if spec.get("recording"):
        spec["unrecorded"] = _record_network(spec["recording"])
    has_runtime = spec["runtime_dir"] or spec["runtime_modules"]
    if spec.get("server") or spec.get("plain") or not has_runtime:
        return _start_nothing(os, spec, spec_file, marks, result, before)
    _add_site_builtins()
    result["runtime"] = _preload_runtime(spec)
    _lay_out_path(os, spec)
    if spec.get("configured_handler"):
        _take_handler(os, spec)
    result["phases"]["runtime"] = _span(begin, _clock_at_end())
    marks.write("probe")
    return spec


def _take_handler(os: "Any", spec: "Any") -> None:
    """Take the handler that the function's exec wrapper left in _HANDLER, as the runtime does."""
    handler = os.environ.get("_HANDLER") or ""
    module, dot, function = handler.rpartition(".")
    if handler != spec["configured_handler"] and dot:
        spec["module"], spec["function"] = module.replace("/", "."), function


def _start_nothing(
    os: "Any", spec: "Any", spec_file: str, marks: "_Marks", result: "Any", before: "set[str]"
) -> "Any":
    """Prepare a process in which no runtime starts, and return the spec.

    What a server, a plain target or a handler that no runtime imports loads of json's modules must
    cost what it costs.
    """
    marks.write("probe")
    if spec.get("server"):
        with _open(os.path.join(os.path.dirname(spec_file), spec["server"]), "rb") as stream:
            spec["server"] = _own_modules["json"].loads(stream.read())
    spec["own_modules"] = sorted(set(sys.modules) - before)
    spec["before"] = before
    _add_site_builtins()
    _lay_out_path(os, spec)
    now = _clock()
    result["phases"]["runtime"] = _span(now, now)
    return spec


def _record_network(recording: "Any") -> "Any":
    """Send the AWS calls of the handler to a recording endpoint; return the other places, a list.

    Before the runtime is imported: it may read the variables.
    """
    namespace: dict[str, Any] = {"__name__": "importcost_recorded_network"}
    exec(recording["program"], namespace)  # noqa: S102 - importcost's own program
    return namespace["install"](recording)


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
    watch = namespace["Watch"]({**settings, "stdlib": _stdlib_dirs(os)}, give_up)
    result["network"] = watch.found
    return watch


def _watch(os: "Any", probe_file: str, spec: "Any", kind: str) -> "Any":
    """Start watching what init lacks, in the kinds of run whose times are not used."""
    if kind not in ("graph", "warm-up", "diagnosis"):
        return None
    watcher = _load_diagnosis(os, probe_file, spec) if kind == "diagnosis" else _AbsentReads(os)
    watcher.install()
    return watcher


def _load_diagnosis(os: "Any", probe_file: str, spec: "Any") -> "Any":
    path = os.path.join(os.path.dirname(probe_file), "diagnosis.py")
    namespace: dict[str, Any] = {"__name__": "importcost_diagnosis", "__file__": path}
    with _open(path, "rb") as stream:
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
    with _open(path + ".part", "w", encoding="utf-8") as stream:
        _own_modules["json"].dump(result, stream)
    os.replace(path + ".part", path)
    for output in (sys.stdout, sys.stderr):
        try:
            output.flush()
        except BaseException:  # noqa: BLE001, S110 - the handler may have put anything there
            pass
    os._exit(exit_code)


def _run_handler(
    os: "Any", spec: "Any", kind: str, machinery: _Machinery, result: "Any", report: "_Report"
) -> "BaseException | None":
    """Import the handler as its run kind requires; return the error that ended its init early."""
    if spec.get("replacements"):
        _replace_sources(os, machinery, spec["replacements"])
    timer = _StatementTimer(os, spec["timed_files"]) if kind == "statements" else None
    if timer:
        timer.install(machinery)
    network = _watch_network(os, spec, result, report)
    if kind in ("graph", "invoke"):  # no time of init is taken from these
        _count_threads(result)
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
        line = PROBE_FAILED + type(error).__name__ + ": " + " ".join(_text(error).split())
        for descriptor in (1, 2):
            try:
                write(descriptor, ("\n" + line + "\n").encode("utf-8", "replace"))
                break
            except OSError:
                pass
        leave(1)


class _Report:
    """The end of a run: takes the interpreter back, completes the result, and leaves."""

    def __init__(self, os: "Any", args: "list[str]", result: "Any", marks: "_Marks") -> None:
        self.probe_file, self.result_file, self.kind = args[0], args[2], args[3]
        self.arguments = args
        self.result = result
        self.marks = marks
        self.recorder: _GraphRecorder | None = None
        self._os = os
        self._pid = os.getpid()

    def start(self, spec: "Any", machinery: _Machinery, watcher: "Any", ground: _Ground) -> None:
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
            result["invocation"] = _invoke(os, spec, self.probe_file, ground)
        ground.take_back()
        if os.getpid() != self._pid and not is_server:
            os._exit(0)  # a forked copy of the handler came this far: only the original reports
        result["module_count"] = len(ground.left)
        if spec.get("list_modules"):
            result["modules"] = _loaded(ground.left)
        if self.recorder:
            result["touched"], loaded = self.recorder.uninstall()
            self._machinery.restore()
            if error is None:
                result["graph"] = _graph_result(os, self, self._machinery, ground, loaded)
        watched = self._watcher and self._watcher.result(error)
        result[self.kind if self.kind == "diagnosis" else "absent"] = watched
        if error is not None:
            result["error"] = _error_result(error, self.probe_file, ground)


def _carry_out(os: "Any", started: "tuple[int, int, int]", args: "list[str]") -> None:
    # The working folder is the task root, and the runtime finds its own modules before any there.
    if sys.path and sys.path[0] == "":
        del sys.path[0]
    probe_file, spec_file, _, kind, token, clocks, *spawned = args
    start_span = _span([int(clock) for clock in clocks.split(":")], (*started, _run_delay_ns()))
    result: Any = dict.fromkeys(("runtime", "handler_found", *RESULT_PARTS))
    result["phases"] = {"interpreter_start": start_span}
    machinery = _Machinery()
    recorder = _GraphRecorder(os, probe_file) if kind == "graph" else None
    if recorder:
        recorder.install(machinery.bootstrap)
    marks = _Marks(os, token, kind == "traced", bool(spawned))
    spec = _start_runtime(os, spec_file, marks, result)
    if spawned:  # a worker of a server, see server_probe.py
        before = (*started, start_span["run_delay_ns"])
        spec["server"] = ["spawned", before, spawned[0], spawned[1:]]
    report = _Report(os, args, result, marks)
    report.recorder = recorder
    _keep_output_off_rows(os, bool(spec.get("server")))
    stdlib_dirs = _stdlib_dirs(os)
    _treat_bytecode(os, spec, kind, machinery, stdlib_dirs)
    if kind == "traced" or recorder:
        _route_import_module(machinery.bootstrap)
    if recorder:
        recorder.start_function()
    watcher = _watch(os, probe_file, spec, kind)
    report.start(spec, machinery, watcher, _Ground(os, stdlib_dirs))
    ended = _run_handler(os, spec, kind, machinery, result, report)
    result["peak_rss_kb"] = _peak_rss_kb()
    report.finish(ended)
