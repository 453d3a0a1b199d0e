"""Runs inside the measured interpreter: init, snapshot and restore as SnapStart does them.

Started as `python snapstart_probe.py spec.json RESULT MODE`; MODE is "time" (nothing is traced:
the durations of init and of each hook are real) or "trace" (what init consumes, and what of it is
held before and after the hooks). Standard library only, Python 3.9 to 3.15; it imports nothing of
importcost and is imported by nothing.

spec.json: module, search_path, runtime_dir, task_root, and sends_sources (whether RESULT is to hold
the text of the own modules, which only the image has).

A restore is simulated by forked copies of the process. A fork reseeds `random`, a real restore
does not: each copy gets the generator's state of the snapshot back before the hooks run. Two
copies that end up with the same value have what a real fleet would have; in a third the held
values are replaced by a marker first, so that a hook that writes the same value again (a date, a
variable) is seen to have written.

RESULT holds {"init_ns", "hooks": [{"when", "name", "file", "line", "ns", "error"}], "error",
"stand_in", "registered", "modules": {name: file}, "events": [...], "held": {stage: {module: {name:
[type, fingerprint]}}}, "open_sockets", "temporary_paths", "late_hooks"}. priming_probe.py and
server_state.py, beside this file in the measured interpreter, use its parts.
"""

import json
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # quoted annotations only
    from typing import Any

CO_OPTIMIZED = 1  # functions have it, module and class bodies do not
HOOK_NAMES = ("register_before_snapshot", "register_after_restore")
PLAIN = (str, bytes, int, float, complex, bool, type(None))
DEPTH = 4
WIDTH = 200
CLOCK_CALLS = (
    "time time_ns monotonic monotonic_ns perf_counter perf_counter_ns clock_gettime "
    "clock_gettime_ns localtime gmtime ctime now utcnow today"
)
C_NAMES = frozenset((CLOCK_CALLS + " urandom getrandom random getrandbits").split())
RANDOM_METHODS = (
    "randint randrange choice choices sample shuffle uniform gauss normalvariate triangular "
    "betavariate expovariate gammavariate lognormvariate vonmisesvariate paretovariate "
    "weibullvariate binomialvariate randbytes"
)
PY_ENTRIES = {
    "uuid": dict.fromkeys("uuid1 uuid4 uuid6 uuid7".split(), "uuid"),
    "secrets": dict.fromkeys("token_bytes token_hex token_urlsafe randbelow".split(), "secrets"),
    "random": dict.fromkeys([*RANDOM_METHODS.split(), "__init__", "random", "getrandbits"], ""),
    "tempfile": dict.fromkeys(
        "mkstemp mkdtemp mktemp NamedTemporaryFile TemporaryFile __init__".split(), "tempfile"
    ),
    "os": {"__getitem__": "environment", "__iter__": "environment"},
    "boto3.session": {"get_credentials": "credentials"},
    "botocore.credentials": {"get_frozen_credentials": "credentials"},
    "botocore.client": {"_api_call": "credentials"},
}
TRANSPARENT = ("os", "collections.abc", "_collections_abc")  # what os.environ is made of
PY_NAMES = frozenset(name for names in PY_ENTRIES.values() for name in names)
SECRET_CALLS = frozenset(
    "get_secret_value batch_get_secret_value get_parameter get_parameters assume_role "
    "get_session_token get_authorization_token get_federation_token".split()
)


def lay_out_path(spec: "Any") -> None:
    """Put Lambda's folders first on sys.path, as the runtime does."""
    if sys.path:
        del sys.path[0]  # the folder of this file
    folders = list(spec["search_path"])
    if spec["runtime_dir"]:
        folders.append(spec["runtime_dir"])
    sys.path[:0] = folders
    if not sys.flags.no_site:
        return
    # Does the work of site: handlers call exit(), and packages elsewhere are found through .pth
    # files.
    import site

    for add in (site.setquit, site.setcopyright, site.sethelper):
        add()
    for folder in folders:
        if os.path.isdir(folder):
            for name in sorted(one for one in os.listdir(folder) if one.endswith(".pth")):
                site.addpackage(folder, name, set(sys.path))


def load_hooks_module(scratch: str) -> bool:
    """Import the hooks' registry, or the substitute if there is no real one."""
    try:
        import snapshot_restore_py  # noqa: F401
    except ImportError:
        sys.path.append(scratch)
        import snapshot_stand_in

        sys.path.remove(scratch)
        sys.modules["snapshot_restore_py"] = snapshot_stand_in
        return True
    return False


def _is_vendored(folder: str) -> "set[str]":
    """Name the package manager's files in the task root: not the user's code."""
    found: set[str] = set()
    for entry in os.listdir(folder):
        if entry.endswith(".dist-info"):
            try:
                with open(os.path.join(folder, entry, "RECORD"), encoding="utf-8") as stream:
                    found.update(line.split("/")[0].split(",")[0] for line in stream)
            except OSError:
                continue
    return found


class Own:
    """Distinguishes the function's own files from libraries."""

    def __init__(self, spec: "Any") -> None:
        self._root = os.path.join(os.path.realpath(spec["task_root"]), "")
        self._vendored = _is_vendored(self._root)
        self._known: dict[str, bool] = {}

    def __call__(self, file: "str | None") -> bool:
        """Return True if a file is the function's own."""
        if not file:
            return False
        answer = self._known.get(file)
        if answer is None:
            answer = self._known[file] = self._judge(file)
        return answer

    def _judge(self, file: str) -> bool:
        if not os.path.isabs(file):  # <frozen ...>, <string>
            return False
        real = os.path.realpath(file)
        if not real.startswith(self._root):
            return False
        parts = real[len(self._root) :].split(os.sep)
        if {"site-packages", "dist-packages"} & set(parts):
            return False
        return parts[0] not in self._vendored

    def modules(self) -> "dict[str, Any]":
        """Return the function's own modules that are loaded, by name."""
        found = {}
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if isinstance(file, str) and self(file):
                found[name] = module
        return found


class Tracer:
    """Watches what init consumes: profile events for calls, audit events for the system."""

    def __init__(self, own: Own) -> None:
        self.events: list[Any] = []
        self.sockets: list[Any] = []
        self.paths: list[Any] = []
        self.databases: list[Any] = []
        """SQLite's connections: the event's number, and the object's id once it is there."""
        self.executed: set[Any] = set()
        self.is_loose = False
        """Record calls below the function's own functions, not only below its module bodies."""
        self._own = own
        self._active = self._is_hooked = False
        self._shared: Any = None
        self._is_connecting = False

    def start(self) -> None:
        """Watch the calling thread from now on."""
        import datetime
        import random
        import tempfile

        self._dates = (datetime.date, datetime.datetime)
        self._random = random
        self._shared = random._inst
        self._folders = tuple({"/tmp/", os.path.join(tempfile.gettempdir(), "")})  # noqa: S108
        self._active = True
        if not self._is_hooked:  # an audit hook stays for good
            self._is_hooked = True
            sys.addaudithook(self._audit)
        sys.setprofile(self.profile)

    def stop(self) -> None:
        """Watch nothing any more; what was found stays."""
        sys.setprofile(None)
        self._active = False

    def profile(self, frame: "Any", event: str, arg: "Any") -> None:
        """Take one event of sys.setprofile."""
        if event == "call":
            code = frame.f_code
            if code.co_flags & CO_OPTIMIZED and self._own(code.co_filename):
                self.executed.add(code)
            if code.co_name in PY_NAMES:
                kind = self._python_entry(frame)
                if kind:
                    self._record(kind[0], frame.f_back, kind[1])
        elif event == "c_call" and getattr(arg, "__name__", None) in C_NAMES:
            kind = self._c_entry(arg)
            if kind:
                self._record(kind[0], frame, kind[1])

    def _c_entry(self, arg: "Any") -> "Any":
        name, owner = arg.__name__, getattr(arg, "__self__", None)
        module = getattr(owner, "__name__", "") if type(owner) is type(sys) else ""
        if module == "time":
            return ("clock", "time." + name)
        if module in ("posix", "nt"):
            return ("urandom", "os." + name)
        if owner in self._dates:
            return ("clock", owner.__name__ + "." + name)
        if owner is self._shared and name in ("random", "getrandbits"):
            return ("random", "random." + name)
        return None

    def _python_entry(self, frame: "Any") -> "Any":
        module, name = frame.f_globals.get("__name__"), frame.f_code.co_name
        kind = PY_ENTRIES.get(module, {}).get(name)
        if kind is None:
            return None
        if module == "random":
            return self._random_entry(frame, name)
        if module == "os":
            if frame.f_locals.get("self") is not os.environ:
                return None
            is_all = name == "__iter__"
            return ("environment", "*" if is_all else str(frame.f_locals["key"]))
        if name == "_api_call":
            called = frame.f_locals.get("py_operation_name") or frame.f_locals.get("operation_name")
            return (kind, str(called)) if called in SECRET_CALLS else None
        label = module if name == "__init__" else module + "." + name
        return (kind, label)

    def _random_entry(self, frame: "Any", name: str) -> "Any":
        generator = frame.f_locals.get("self")
        if name == "__init__":
            is_seeded = frame.f_locals.get("x") is not None
            if is_seeded or isinstance(generator, self._random.SystemRandom):
                return None
            return ("random", "random.Random")
        if isinstance(generator, self._random.SystemRandom):
            return ("secrets", "SystemRandom." + name)
        return ("random", "random." + name) if generator is self._shared else None

    def _audit(self, event: str, args: "Any") -> None:
        if not self._active:
            return
        if event == "socket.__new__":
            if int(args[1]) in (2, 10, 30) and not _is_accepted(sys._getframe(1)):
                # IPv4 and IPv6; 30 is macOS's
                self._record("connection", sys._getframe(1), "socket", args[0])
        elif event.startswith("sqlite3.connect"):
            self._database(event, args[0], sys._getframe(1))
        elif event in ("tempfile.mkstemp", "tempfile.mkdtemp"):
            self._record("tempfile", sys._getframe(1), event, None, str(args[0]))
        elif event == "open" and isinstance(args[0], str) and args[0].startswith(self._folders):
            flags = args[2] if isinstance(args[2], int) else 0
            if flags & (os.O_WRONLY | os.O_RDWR):
                self._record("tempfile", sys._getframe(1), "open", None, args[0])

    def _database(self, event: str, told: "Any", caller: "Any") -> None:
        """Take one of the two events of a connection: its database's name, then its object."""
        if event == "sqlite3.connect":
            count = len(self.events)
            name = os.fsdecode(told) if isinstance(told, (str, bytes)) else ""
            if name != ":memory:":
                self._record("connection", caller, event)
            self._is_connecting = len(self.events) > count
            if self._is_connecting:
                self.databases.append([count, None])
        elif event == "sqlite3.connect/handle" and self._is_connecting:
            self.databases[-1][1] = id(told)  # it takes no weak reference
            self._is_connecting = False

    def _record(
        self,
        kind: str,
        caller: "Any",
        label: str,
        socket: "Any" = None,
        path: "str | None" = None,
    ) -> None:
        self._active, was = False, self._active
        try:
            found = self._site(caller, socket is None and path is None)
            if found is None:
                return
            direct, entry, stack, started = found
            number = len(self.events)
            self.events.append(
                {
                    "kind": kind,
                    "label": label,
                    "direct": direct,
                    "entry": entry,
                    "stack": stack,
                    "started": started,
                }
            )
            if socket is not None:
                self.sockets.append((number, socket))
            if path is not None:
                self.paths.append((number, path))
        finally:
            self._active = was

    def _site(self, frame: "Any", is_call: bool) -> "Any":
        """Find the own module-level statement behind a call.

        None if the import of a library is the cause, or a call that is recorded itself. If it
        `is_loose`, own functions count that something else called; the last value tells them.
        """
        direct, entry, stack = True, "", []
        while frame is not None:
            code = frame.f_code
            if self._own(code.co_filename):
                stack.append([frame.f_globals.get("__name__"), code.co_filename, frame.f_lineno])
                if not code.co_flags & CO_OPTIMIZED:
                    return direct, entry, stack, False
            elif not stack:
                if code.co_name == "<module>":
                    return None
                if is_call and code.co_name in PY_NAMES and self._python_entry(frame):
                    return None
                module = str(frame.f_globals.get("__name__"))
                if module not in TRANSPARENT:
                    direct, entry = False, module + "." + code.co_name
            frame = frame.f_back
        return (direct, entry, stack, True) if self.is_loose and stack else None

    def still_open(self) -> "list[int]":
        """Return the numbers of the events whose connections or files still exist."""
        found = [number for number, one in self.sockets if _is_connection(one)]
        if self.databases:
            there = _open_databases()
            known = {one for _, one in self.databases}
            others = there - known  # Python 3.9 does not tell which connection an event made
            found += [
                number
                for number, one in self.databases
                if one in there or (one is None and others and sys.version_info < (3, 10))
            ]
        return found + [number for number, path in self.paths if os.path.lexists(path)]


def _open_databases() -> "set[int]":
    """Return the ids of SQLite's connections that exist and are not closed."""
    import gc

    base: Any = sys.modules["sqlite3"].Connection
    gc.collect()  # a connection is in a cycle with its cache of statements
    tracked = gc.get_objects()
    if sys.version_info < (3, 10):  # noqa: UP036 - it tracks none: look into what holds them
        tracked = gc.get_referents(*tracked)
    return {id(one) for one in tracked if issubclass(type(one), base) and _answers(one)}


def _answers(connection: "Any") -> bool:
    try:
        connection.in_transaction  # noqa: B018 - a closed connection raises
        connection.total_changes  # noqa: B018
    except Exception:  # noqa: BLE001 - the handler's own subclass may answer
        return False
    return True


def _is_accepted(frame: "Any") -> bool:
    """Return True if a server's own socket makes this one, for a request that it takes."""
    caller = frame.f_back
    is_socket = frame.f_globals.get("__name__") == "socket" and caller is not None
    return is_socket and caller.f_code.co_name == "accept"


def _is_connection(socket: "Any") -> bool:
    """Return True for an open socket that is not a server's own, which waits for connections."""
    if socket.fileno() == -1:
        return False
    module: Any = sys.modules["socket"]
    try:
        return not socket.getsockopt(module.SOL_SOCKET, module.SO_ACCEPTCONN)
    except (OSError, AttributeError):
        return True


def _fingerprint(value: "Any", depth: int, seen: "set[int]") -> str:
    """Describe a value's state in words that change when it does."""
    try:
        if isinstance(value, PLAIN):
            return type(value).__name__ + repr(value)
        if depth == 0 or id(value) in seen:
            return "#" + str(id(value))
        seen = seen | {id(value)}
        head = type(value).__name__ + "#"
        if isinstance(value, dict):
            items = list(value.items())[:WIDTH]
            parts = [repr(key)[:80] + _fingerprint(item, depth - 1, seen) for key, item in items]
            return head + str(len(value)) + ",".join(parts)
        if isinstance(value, (list, tuple, set, frozenset)):
            parts = [_fingerprint(item, depth - 1, seen) for item in list(value)[:WIDTH]]
            return head + str(len(value)) + ",".join(parts)
        return head + _object_state(value, depth, seen)
    except BaseException as error:  # noqa: BLE001 - the handler's own code answers here
        return "#" + str(id(value)) + type(error).__name__


def _object_state(value: "Any", depth: int, seen: "set[int]") -> str:
    module = type(value).__module__
    if module in ("uuid", "datetime", "decimal", "fractions", "random"):
        state = value.getstate() if module == "random" else value
        return repr(state)
    if isinstance(value, type):
        kept = {key: item for key, item in vars(value).items() if not key.startswith("__")}
        return str(id(value)) + _fingerprint(kept, depth - 1, seen)
    defaults = (getattr(value, "__defaults__", None), getattr(value, "__kwdefaults__", None))
    state = getattr(value, "__dict__", None)
    more = _fingerprint(defaults, depth - 1, seen) if any(defaults) else ""
    return str(id(value)) + more + (_fingerprint(state, depth - 1, seen) if state else "")


def held_in(modules: "dict[str, Any]") -> "Any":
    """Return the type and the fingerprint of each global, by module and name."""
    found: dict[str, Any] = {}
    for name, module in modules.items():
        values = {
            key: [type(value).__name__, str(hash(_fingerprint(value, DEPTH, set())))]
            for key, value in list(vars(module).items())
            if not key.startswith("__") and type(value) is not type(sys)
        }
        found[name] = values
    return found


def late_hooks(own: Own, executed: "set[Any]") -> "list[Any]":
    """Find own functions that would register hooks but have not run: too late for a snapshot."""
    found: list[Any] = []

    def look(code: "Any") -> None:
        if code.co_flags & CO_OPTIMIZED and code not in executed:
            place = [code.co_filename, code.co_firstlineno, code.co_name]
            found.extend([*place, name] for name in HOOK_NAMES if name in code.co_names)
        for item in code.co_consts:
            if hasattr(item, "co_names"):
                look(item)

    for module in own.modules().values():
        try:
            with open(module.__file__, "rb") as stream:
                look(compile(stream.read(), module.__file__, "exec"))
        except (OSError, SyntaxError, ValueError):
            continue
    return found


def describe(error: BaseException) -> "Any":
    """Return an error as the probe reports one."""
    import traceback

    lines = traceback.format_exception(type(error), error, error.__traceback__)
    name = getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None
    return {
        "type": type(error).__name__,
        "message": str(error),
        "traceback": "".join(lines),
        "missing_module": name,
        "missing_variable": None,
        "exit_code": None,
        "file": None,
        "line": None,
    }


def _run_hook(when: str, entry: "Any", told: "list[Any]") -> bool:
    function, args, kwargs = entry
    code = getattr(function, "__code__", None)
    started = time.monotonic_ns()
    failed = None
    try:
        function(*args, **kwargs)
    except BaseException as error:  # noqa: BLE001 - Lambda ends the process whatever it was
        failed = type(error).__name__ + ": " + str(error)
    told.append(
        {
            "when": when,
            "name": getattr(function, "__qualname__", type(function).__name__),
            "file": getattr(code, "co_filename", None),
            "line": getattr(code, "co_firstlineno", None),
            "ns": time.monotonic_ns() - started,
            "error": failed,
        }
    )
    return failed is None


def registered_hooks() -> int:
    """Return how many hooks are registered."""
    registry = sys.modules["snapshot_restore_py"]
    return len(registry.get_before_snapshot()) + len(registry.get_after_restore())


def run_before_hooks(told: "list[Any]") -> bool:
    """Run the hooks before a snapshot; return True if all succeeded."""
    registry = sys.modules["snapshot_restore_py"].get_before_snapshot()
    while registry:  # as awslambdaric does: last in, first out
        if not _run_hook("before", registry.pop(), told):
            return False
    return True


def run_after_hooks(told: "list[Any]") -> bool:
    """Run the hooks after a restore; return True if all succeeded."""
    entries = list(sys.modules["snapshot_restore_py"].get_after_restore())
    return all(_run_hook("after", entry, told) for entry in entries)


def _in_clone(work: "Any") -> "Any":
    """Do `work` in a forked copy that has the snapshot's generator state, and return its answer."""
    random = sys.modules.get("random")
    state = random.getstate() if random else None
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(read_end)
            if random is not None:
                random.setstate(state)
            with os.fdopen(write_end, "w") as stream:
                stream.write(json.dumps(work()))
        except BaseException:  # noqa: BLE001, S110 - no answer is the answer
            pass
        finally:
            os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end) as stream:
        text = stream.read()
    os.waitpid(pid, 0)
    return json.loads(text) if text else None


def generator_word() -> "str | None":
    """Return a word that changes when random's shared generator does, None if it is not loaded."""
    random = sys.modules.get("random")
    return None if random is None else str(hash(repr(random.getstate())))


MARKER = "importcost: replaced before the restore hooks"


def poison(modules: "dict[str, Any]") -> None:
    """Replace plain values, so that a hook that writes the same one again is seen."""
    for module in modules.values():
        for key, value in list(vars(module).items()):
            is_plain = type(value).__module__ in ("datetime", "uuid", "builtins")
            is_other = callable(value) or isinstance(value, (dict, list))
            if is_plain and not is_other and not key.startswith("__"):
                setattr(module, key, MARKER)


def _restore(own: Own, tracer: Tracer) -> "Any":
    modules = own.modules()
    held = held_in(modules)

    def clone() -> "Any":
        told: list[Any] = []
        run_after_hooks(told)
        return {
            "held": held_in(modules),
            "sockets": [number for number, one in tracer.sockets if one.fileno() != -1],
            "paths": [number for number, path in tracer.paths if os.path.lexists(path)],
            "generator": generator_word(),
        }

    def poisoned() -> "Any":
        poison(modules)
        marked = held_in(modules)
        run_after_hooks([])
        after = held_in(modules)
        return {
            name: [key for key, value in values.items() if after[name].get(key) != value]
            for name, values in marked.items()
        }

    first = _in_clone(clone) or {}
    time.sleep(0.002)  # two clones never start in the same clock tick
    second = _in_clone(clone) or {}
    return {
        "generators": [generator_word(), first.get("generator"), second.get("generator")],
        "snapshot": held,
        "clones": [first.get("held"), second.get("held")],
        "written": _in_clone(poisoned) or {},
        "sockets": first.get("sockets", []),
        "paths": first.get("paths", []),
    }


def import_handler(spec: "Any", result: "Any", tracer: "Tracer | None") -> None:
    """Import the handler, traced if there is a tracer; note its duration, and its error."""
    import importlib

    if tracer:
        tracer.start()
    started = time.monotonic_ns()
    try:
        importlib.import_module(spec["module"])
    except BaseException as error:  # noqa: BLE001
        if tracer:
            tracer.stop()
        result["error"] = describe(error)
    finally:
        result["init_ns"] = time.monotonic_ns() - started
        if tracer:
            tracer.stop()


def _client_version() -> "str | None":
    """Return the version of awslambdaric that the interpreter has, None for none."""
    try:
        from importlib.metadata import version

        return version("awslambdaric")
    except Exception:  # noqa: BLE001 - a broken installation is none
        return None


def sources_of(modules: "dict[str, Any]") -> "dict[str, str]":
    """Return the text of modules whose files are only in the image."""
    found = {}
    for module in modules.values():
        try:
            with open(module.__file__, encoding="utf-8", errors="replace") as stream:
                found[module.__file__] = stream.read()
        except OSError:
            continue
    return found


def main(spec_file: str, result_file: str, mode: str) -> None:
    """Carry out one init, snapshot and restore."""
    sys.dont_write_bytecode = True
    with open(spec_file, encoding="utf-8") as stream:
        spec = json.load(stream)
    lay_out_path(spec)
    result: dict[str, Any] = {"error": None, "hooks": [], "events": [], "held": {}}
    result["stand_in"] = load_hooks_module(os.path.dirname(os.path.abspath(spec_file)))
    own = Own(spec)
    tracer = Tracer(own) if mode == "trace" else None
    import_handler(spec, result, tracer)
    result["registered"] = registered_hooks()
    if result["error"] is None:
        modules = own.modules()
        result["modules"] = {name: module.__file__ for name, module in modules.items()}
        result["client"] = _client_version()
        if spec.get("sends_sources"):
            result["sources"] = sources_of(modules)
        if tracer:
            kept = [dict(vars(module)) for module in modules.values()]  # no id is used again
            result["events"] = tracer.events
            result["held"]["init"] = held_in(modules)
            result["late_hooks"] = late_hooks(own, tracer.executed)
            sockets = [number for number, one in tracer.sockets if one.fileno() != -1]
            result["sockets_at_init"] = sockets
            result["socket_events"] = [number for number, _ in tracer.sockets]
            result["path_events"] = [number for number, _ in tracer.paths]
            result["paths_at_init"] = [n for n, path in tracer.paths if os.path.lexists(path)]
            if run_before_hooks(result["hooks"]):
                result["held"].update(_restore(own, tracer))
            del kept
        elif run_before_hooks(result["hooks"]):
            _time_restore(result)
    with open(result_file + ".part", "w", encoding="utf-8") as stream:
        json.dump(result, stream)
    os.replace(result_file + ".part", result_file)
    os._exit(0)


def _time_restore(result: "Any") -> None:
    def timed() -> "Any":
        told: list[Any] = []
        run_after_hooks(told)
        return told

    result["hooks"] += _in_clone(timed) or []


if __name__ == "__main__":
    main(*sys.argv[1:4])
