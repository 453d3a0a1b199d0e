"""Runs in the process of a web app's server: tells what its state is when it is asked.

Started as `python server_state.py spec.json SCRATCH`; server_snapshot.py, beside it, starts it, and
sends this process and its forked copies a signal after writing the next step into SCRATCH/step.
Each step leaves `step.NUMBER.PID` with the answer. snapstart_probe.py lies beside this file.
Standard library only, Python 3.9 to 3.15; it imports nothing of importcost.

spec.json: that of snapstart_probe.py, and app_file, traces (whether calls are traced), refuses and
stdlib (as for priming_probe.py), port and own_port (a port that the server binds whatever it is
told, and the one that it gets instead; 0 for none).

Steps: "ready" ends the trace of init and takes the globals; "watch" traces on, "watched" ends that;
"snapshot" takes the globals, and keeps them with the state of random's generator; "restore" sets
both back, as a restored copy has them; "state" takes the globals; "poison" restores, and replaces
plain values by a marker; "written" names the globals that have been written since.
"""

import json
import os
import runpy
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # quoted annotations only
    from typing import Any

TAKE = getattr(signal, "SIGURG", signal.SIGTERM)
parts: "Any" = __import__("snapstart_probe")


class State:
    """The state of this process's own modules, step by step."""

    def __init__(self, spec: "Any", scratch: str) -> None:
        self._spec = spec
        self._scratch = scratch
        self._own = parts.Own(spec)
        self._tracer = parts.Tracer(self._own) if spec["traces"] else None
        self._kept: list[Any] = []
        self._bindings: dict[str, Any] = {}
        self._random: Any = None
        self._marked: Any = None
        self._watch: Any = None
        self._is_traced = False
        self.app_error: BaseException | None = None

    def start(self) -> None:
        """Answer signals from now on, here and in forked copies, and trace init if asked to."""
        signal.signal(TAKE, self._on_signal)
        os.register_at_fork(after_in_child=self._in_copy)
        self._watch_app()
        if self._tracer:
            self._tracer.is_loose = True
            self._trace(is_on=True)

    def _watch_app(self) -> None:
        """Keep the error that ends the app's import: servers turn it into an exit code."""
        import importlib

        bootstrap: Any = importlib.__dict__["_bootstrap"]
        real, wanted = bootstrap._find_and_load, self._spec["module"]

        def _find_and_load(name: str, import_: "Any") -> "Any":
            try:
                return real(name, import_)
            except BaseException as error:
                if name == wanted and self.app_error is None:
                    self.app_error = error
                raise

        bootstrap._find_and_load = _find_and_load

    def _in_copy(self) -> None:
        with open(os.path.join(self._scratch, "processes"), "a", encoding="utf-8") as stream:
            stream.write(str(os.getpid()) + "\n")

    def _trace(self, *, is_on: bool) -> None:
        if self._tracer and is_on is not self._is_traced:
            (self._tracer.start if is_on else self._tracer.stop)()
            self._is_traced = is_on
            _profile_threads(self._tracer.profile if is_on else None)

    def _on_signal(self, _number: int, _frame: "Any") -> None:
        was_traced = self._is_traced
        self._trace(is_on=False)
        with open(os.path.join(self._scratch, "step"), encoding="utf-8") as stream:
            number, step = stream.read().split()
        answer: dict[str, Any] = {}
        try:
            answer = getattr(self, "step_" + step)()
        except BaseException as error:  # noqa: BLE001 - objects of the app answer here
            answer = {"failed": type(error).__name__ + ": " + str(error)}
        if step == "watch":
            self._trace(is_on=True)
        elif step not in ("ready", "watched"):
            self._trace(is_on=was_traced)
        self._leave("step." + number + "." + str(os.getpid()), json.dumps(answer))

    def _leave(self, name: str, text: str) -> None:
        path = os.path.join(self._scratch, name)
        with open(path + ".part", "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(path + ".part", path)

    def has_app(self) -> bool:
        """Return True if this process has imported the app."""
        main = getattr(sys.modules.get("__main__"), "__file__", None)
        return self._spec["module"] in sys.modules or main == self._spec["app_file"]

    def step_ready(self) -> "Any":
        """Take the state at the end of init."""
        if self._spec["refuses"]:
            self._watch = _watch(self._spec)
        taken = str(int(self.has_app())) + " " + str(parts.time.process_time_ns()) + " 0 -1"
        self._leave("taken." + str(os.getpid()), taken)
        modules = self._own.modules()
        self._kept = [dict(vars(module)) for module in modules.values()]  # no id is used again
        tracer = self._tracer
        return {
            "modules": {name: module.__file__ for name, module in modules.items()},
            "sources": parts.sources_of(modules) if self._spec["sends_sources"] else {},
            "held": parts.held_in(modules),
            "events": tracer.events if tracer else [],
            "late_hooks": parts.late_hooks(self._own, tracer.executed) if tracer else [],
            "registered": parts.registered_hooks(),
            **self._open(),
        }

    def _open(self) -> "Any":
        tracer = self._tracer
        return {
            "sockets": [number for number, _ in tracer.sockets] if tracer else [],
            "paths": [number for number, _ in tracer.paths] if tracer else [],
            "open": tracer.still_open() if tracer else [],
        }

    def step_watch(self) -> "Any":
        """Take the state before a request that is traced."""
        random = sys.modules.get("random")
        self._random = random.getstate() if random else None
        return {"held": parts.held_in(self._own.modules())}

    def step_watched(self) -> "Any":
        """Take the state after it."""
        random = sys.modules.get("random")
        is_same = random is None or self._random is None or random.getstate() == self._random
        return {
            "held": parts.held_in(self._own.modules()),
            "events": self._tracer.events if self._tracer else [],
            "random": not is_same,
            "network": self._watch.found if self._watch else [],
            **self._open(),
        }

    def step_snapshot(self) -> "Any":
        """Take the state, and keep it to restore it."""
        modules = self._own.modules()
        random = sys.modules.get("random")
        self._random = random.getstate() if random else None
        self._bindings = {name: dict(vars(module)) for name, module in modules.items()}
        held = parts.held_in(modules)
        return {"held": held, "generator": parts.generator_word(), **self._open()}

    def step_restore(self) -> "Any":
        """Set globals and the generator back to the snapshot's; objects stay as they are."""
        for name, kept in self._bindings.items():
            values = vars(sys.modules[name])
            for key in [key for key in values if key not in kept]:
                del values[key]
            values.update(kept)
        if self._random is not None:
            sys.modules["random"].setstate(self._random)
        return {}

    def step_state(self) -> "Any":
        """Take the state."""
        held = parts.held_in(self._own.modules())
        return {"held": held, "generator": parts.generator_word(), **self._open()}

    def step_poison(self) -> "Any":
        """Restore, and mark plain values."""
        self.step_restore()
        parts.poison(self._own.modules())
        self._marked = parts.held_in(self._own.modules())
        return {}

    def step_written(self) -> "Any":
        """Name the globals that were written since they were marked."""
        after = parts.held_in(self._own.modules())
        return {
            name: [key for key, value in values.items() if after.get(name, {}).get(key) != value]
            for name, values in self._marked.items()
        }


def _profile_threads(function: "Any") -> None:
    """Trace other threads too: servers run plain functions in a pool of them."""
    import threading

    everywhere = getattr(threading, "setprofile_all_threads", threading.setprofile)  # from 3.12 on
    everywhere(function)


def _watch(spec: "Any") -> "Any":
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "watched_network.py")
    namespace: dict[str, Any] = {"__name__": "importcost_watched_network"}
    with open(program, encoding="utf-8") as stream:
        exec(compile(stream.read(), program, "exec"), namespace)  # noqa: S102 - importcost's own
    return namespace["Watch"]({"patience_s": None, "stdlib": spec["stdlib"]}, None)


def replace_port(port: int, own_port: int) -> None:
    """Let what binds `port` get `own_port` instead: another program here may have it."""
    import socket

    real: Any = socket.socket.bind

    def bind(self: "Any", address: "Any") -> None:
        if isinstance(address, tuple) and address[1] == port:
            address = (address[0], own_port, *address[2:])
        real(self, address)

    setattr(socket.socket, "bind", bind)  # noqa: B010 - a method of a class that is not ours


def run(how: "list[Any]") -> None:
    """Run the server's command in this process; returns or raises when it ends."""
    kind, name, *more = how
    if kind == "module":
        sys.argv = [name, *more[0]]
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    elif kind == "call":
        attribute, program, arguments = more
        sys.argv = [program, *arguments]
        function: Any = __import__(name, fromlist=[attribute.partition(".")[0]])
        for part in attribute.split("."):
            function = getattr(function, part)
        sys.exit(function())
    else:
        sys.argv = [name, *more[0]]
        sys.path.insert(0, os.path.dirname(name))
        main = type(sys)("__main__")
        main.__file__ = name
        sys.modules["__main__"] = main
        with open(name, "rb") as stream:
            code = compile(stream.read(), name, "exec")
        exec(code, main.__dict__)  # noqa: S102 - the user's own file


def main(spec_file: str, scratch: str) -> None:
    """Run the server until it ends."""
    sys.dont_write_bytecode = True
    with open(spec_file, encoding="utf-8") as stream:
        spec = json.load(stream)
    parts.lay_out_path(spec)
    parts.load_hooks_module(scratch)
    if spec["port"]:
        replace_port(spec["port"], int(os.environ["PORT"]))
    with open(os.path.join(scratch, "command.json"), encoding="utf-8") as stream:
        how = json.load(stream)
    state = State(spec, scratch)
    state.start()
    ended: BaseException | None = None
    try:
        run(how)
    except BaseException as error:  # noqa: BLE001 - SystemExit too: whatever ended it counts
        ended = error
    is_exit = isinstance(ended, (SystemExit, KeyboardInterrupt))
    cause = state.app_error or (None if is_exit else ended)
    if cause is not None and not os.path.exists(os.path.join(scratch, "failed.json")):
        with open(os.path.join(scratch, "failed.json"), "w", encoding="utf-8") as stream:
            json.dump(parts.describe(cause), stream)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0 if ended is None else 1)


if __name__ == "__main__":
    main(*sys.argv[1:3])
