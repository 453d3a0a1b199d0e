"""Times the imports of an init where it really runs: importcost/watch.py in the layer.

It loads nothing that the runtime does not load anyway, and its hook is gone when the runtime asks
for its first event. When the first request is answered, `record.py` beside it writes one line: the
user waits neither for its loading nor for the writing. Standard library only, Python 3.9 to 3.15.
"""

import _thread
import os
import sys
import time
from _frozen_importlib_external import SourceFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Optional

    Moment = tuple[int, int, int]

CLIENT = "awslambdaric.lambda_runtime_client"
LOAD = "_find_and_load"  # CPython finds it by this name for each module that is not loaded
RECORD = "record.py"
# The runtime's calls at the end of init: for an event, for a snapshot, and after a failure.
NEXT, SNAPSHOT, FAILED_INIT = "wait_next_invocation", "restore_next", "post_init_error"
NOT_WRITTEN = b"importcost-init: error="
clock = time.perf_counter_ns


def times() -> "Moment":
    """Return now: wall time, CPU time of the process and of this thread; nanoseconds."""
    return clock(), time.process_time_ns(), time.thread_time_ns()


class Watch:
    """Times what is imported, in each thread, from its making on.

    `rows` are those of `-X importtime`, by thread: name, depth, own and whole nanoseconds, in the
    order in which they end. `border` is the number of rows before the handler's module.
    """

    def __init__(self, begin: "Moment") -> None:
        self.moments = {"begin": begin}
        self.rows: "dict[int, list[tuple[str, int, int, int]]]" = {}
        self.thread = _thread.get_ident()
        self.border = -1
        handler = os.environ.get("_HANDLER", "")
        self.handler = handler.rpartition(".")[0].replace("/", ".")
        self.ends: "list[tuple[Any, str, Any]]" = []
        self.importer = vars(sys.modules["_frozen_importlib"])
        self.load = self.importer[LOAD]
        self.timed = self.importer[LOAD] = self.timing(self.load)

    def timing(self, load: "Callable[[str, Any], Any]") -> "Callable[[str, Any], Any]":
        """Return what takes the place of the importer's own function."""
        modules, states, ident = sys.modules, {}, _thread.get_ident  # type: ignore[var-annotated]

        def _find_and_load(name: str, import_: "Any") -> "Any":
            if name in modules:
                return load(name, import_)
            state = states.get(ident())
            if state is None:
                states[ident()] = state = [0, 0, self.rows.setdefault(ident(), [])]
            depth, before, rows = state
            if depth == 0 and name == self.handler and self.border < 0:
                self.border = len(rows)
                self.moments["handler"] = times()
            state[0], state[1] = depth + 1, 0
            begin = clock()
            try:
                return load(name, import_)
            finally:
                took = clock() - begin
                rows.append((name, depth, took - state[1], took))
                state[0], state[1] = depth, before + took
                if name == CLIENT:
                    self.await_end()
                elif depth == 0 and name == self.handler:
                    self.moments["imported"] = times()

        # The importer's frames are left out of tracebacks and of the levels of warnings.
        name = load.__code__.co_filename
        _find_and_load.__code__ = _find_and_load.__code__.replace(co_filename=name)
        return _find_and_load

    def await_end(self) -> None:
        """Let the runtime's calls at the end of init come here first, once."""
        try:
            for client in list(vars(sys.modules[CLIENT]).values()):
                for name in (NEXT, SNAPSHOT, FAILED_INIT):
                    if isinstance(client, type) and name in vars(client):
                        self.ends.append((client, name, vars(client)[name]))
                        setattr(client, name, self.ending(name, vars(client)[name]))
        except Exception:  # the function starts whatever happens here
            pass

    def ending(self, name: str, call: "Callable[..., Any]") -> "Callable[..., Any]":
        """Return a call of the runtime that ends the watch before it goes on."""

        def end(*args: "Any", **named: "Any") -> "Any":
            if name == NEXT and "end" not in self.moments:
                self.stop()  # the next one comes when the first request is answered
            else:
                self.stop()
                self.write(is_whole=name != FAILED_INIT)
            return call(*args, **named)

        return end

    def stop(self) -> None:
        """Give the importer its own function back: init has ended."""
        if "end" in self.moments:
            return
        self.moments["end"] = times()
        if self.importer[LOAD] is self.timed:
            self.importer[LOAD] = self.load

    def write(self, *, is_whole: bool) -> None:
        """Leave nothing in place, and write the line."""
        ends, self.ends = self.ends, []
        if not ends:
            return
        try:
            for client, name, call in ends:
                setattr(client, name, call)
            path = os.path.join(os.path.dirname(__file__), RECORD)
            scope: "dict[str, Any]" = {"__name__": "importcost_record"}
            loader: "Any" = SourceFileLoader("importcost_record", path)
            exec(loader.get_code("importcost_record"), scope)
            scope["write_record"](self, is_whole=is_whole)
        except Exception as error:  # the function goes on whatever happens here
            try:
                os.write(1, NOT_WRITTEN + type(error).__name__.encode() + b"\n")
            except OSError:
                pass


def prepared(words: "list[str]", begin: "Moment") -> "Optional[Callable[[], None]]":
    """Return what runs `INTERPRETER SCRIPT ...` as the interpreter would; None for other words."""
    if not (words[1:] and words[1].endswith(".py")):
        return None
    if not os.path.samefile(words[0], sys.executable):
        return None
    script = os.path.abspath(words[1])
    with open(script, "rb") as stream:
        code = compile(stream.read(), script, "exec")
    main: "Any" = type(sys)("__main__")
    main.__file__ = script
    main.__builtins__ = __builtins__
    main.__annotations__ = {}
    sys.argv = words[1:]
    sys.executable = words[0]
    sys.orig_argv = words
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = os.path.dirname(os.path.realpath(script))
    sys.modules["__main__"] = main
    watch = Watch(begin)

    def run() -> None:
        watch.moments["run"] = times()
        exec(code, main.__dict__)

    return run
