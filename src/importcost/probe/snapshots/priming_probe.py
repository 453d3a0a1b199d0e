"""Runs inside the measured interpreter: one init, its snapshot, and the first request after it.

Started as `python priming_probe.py spec.json RESULT MODE`; MODE is "primed" (the handler is called
with the event before the snapshot), "plain" (it is not) or "left" (primed and traced: what the call
before the snapshot leaves behind). snapstart_probe.py and watched_network.py lie beside it.
Standard library only, Python 3.9 to 3.15; it imports nothing of importcost.

The restore is simulated in the same process: the restore hooks run, then the first request. What
primed and plain launches differ in is the call alone.

spec.json: that of snapstart_probe.py, and function, event, refuses (whether requests to other
machines are refused), stdlib (folders of the standard library).

RESULT holds {"error", "priming": CALL or null, "first": CALL or null, "context": [attributes that
the handler read], "network": [[place, frames]], "hooks", "left": null or {"events", "open",
"open_at_snapshot", "before", "after", "snapshot" (globals, as in snapstart_probe.py), "caches":
[[module, name, entries]], "random", "modules"}}; CALL is {"wall_ns",
"cpu_ns", "run_delay_ns", "error", "loaded": [top-level module that the call loaded]}.
"""

import json
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # quoted annotations only
    from typing import Any

parts: "Any" = __import__("snapstart_probe")


class Context:
    """The context of the calls; `read` are the attributes that the handler asked for."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __getattribute__(self, name: str) -> "Any":
        if name == "read" or name.startswith("__"):
            return object.__getattribute__(self, name)
        if name in VALUES:
            self.read.append(name)
            return VALUES[name]
        return object.__getattribute__(self, name)


UNSTARTED = ("coroutine", "async_generator", "generator")
"""Types of answers that Lambda's runtime would have to run, and does not."""
ARN = "arn:aws:lambda:us-east-1:123456789012:function:importcost"
VALUES: "dict[str, Any]" = {
    "function_name": "importcost",
    "function_version": "$LATEST",
    "invoked_function_arn": ARN,
    "aws_request_id": "00000000-0000-4000-8000-000000000000",
    "log_group_name": "/aws/lambda/importcost",
    "log_stream_name": "importcost",
    "identity": None,
    "client_context": None,
    "memory_limit_in_mb": os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
    "get_remaining_time_in_millis": lambda: 60_000,
}


def missing_variable(error: BaseException) -> "str | None":
    """Return the variable that os.environ lacked, None for another error."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if not isinstance(error, KeyError) or trace is None or not error.args:
        return None
    is_environ = trace.tb_frame.f_locals.get("self") is os.environ
    return str(error.args[0]) if is_environ else None


def run_delay_ns() -> int:
    """Return how long this thread was ready to run and waited for a processor; 0 if unknown."""
    try:
        with open("/proc/thread-self/schedstat", "rb") as stream:
            return int(stream.read().split()[1])
    except (OSError, IndexError, ValueError):
        return 0


class Calls:
    """Calls the handler as the runtime does."""

    def __init__(self, spec: "Any") -> None:
        self._spec = spec
        self._event = json.dumps(spec["event"])
        self.context = Context()

    def call(self) -> "Any":
        """Call the handler once with a fresh copy of the event; return the call's figures."""
        function = getattr(sys.modules[self._spec["module"]], self._spec["function"], None)
        if not callable(function):
            return {"wall_ns": 0, "cpu_ns": 0, "run_delay_ns": 0, "error": {"type": "NoFunction"}}
        event = json.loads(self._event)
        failed, there = None, tops()
        answer: Any = None
        delay, cpu, wall = run_delay_ns(), time.process_time_ns(), time.monotonic_ns()
        try:
            answer = function(event, self.context)
        except BaseException as error:  # noqa: BLE001 - Lambda reports whatever it was
            failed = {**parts.describe(error), "missing_variable": missing_variable(error)}
        now, cpu_now = time.monotonic_ns(), time.process_time_ns()
        kind = type(answer).__name__
        if failed is None and kind in UNSTARTED:
            if kind == "coroutine":
                answer.close()  # else Python warns that it was never awaited
            failed = {"type": "Unstarted", "kind": kind}
        return {
            "wall_ns": now - wall,
            "cpu_ns": cpu_now - cpu,
            "run_delay_ns": run_delay_ns() - delay,
            "error": failed,
            "loaded": sorted(tops() - there),
        }


def watch(spec: "Any") -> "Any":
    """Refuse requests to other machines from now on; return the watch, None if they may be made."""
    if not spec["refuses"]:
        return None
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "watched_network.py")
    namespace: dict[str, Any] = {"__name__": "importcost_watched_network"}
    with open(program, encoding="utf-8") as stream:
        exec(compile(stream.read(), program, "exec"), namespace)  # noqa: S102 - importcost's own
    settings = {"patience_s": None, "stdlib": spec["stdlib"]}
    return namespace["Watch"](settings, None)


def caches(modules: "dict[str, Any]") -> "dict[Any, int]":
    """Return the entries in the caches of functions (functools.lru_cache), by module and name."""
    found = {}
    for name, module in modules.items():
        for key, value in list(vars(module).items()):
            info = getattr(value, "cache_info", None)
            if callable(info) and hasattr(value, "__wrapped__"):
                found[name, key] = info().currsize
    return found


def tops() -> "set[str]":
    """Return the top-level modules that are loaded."""
    return {name.partition(".")[0] for name in list(sys.modules)}


class Left:
    """The state that priming leaves: around the call, and after the hooks before a snapshot."""

    def __init__(self, own: "Any", tracer: "Any") -> None:
        self._own = own
        self._tracer = tracer
        self.facts: dict[str, Any] = {}

    def start(self) -> None:
        """Keep the state before the call, and trace."""
        modules = self._own.modules()
        self._kept = [dict(vars(module)) for module in modules.values()]  # no id is used again
        self._caches = caches(modules)
        self.facts["before"] = parts.held_in(modules)
        self._random = _random_state()
        self._tracer.is_loose = True
        self._tracer.start()

    def stop(self) -> None:
        """Keep the state after the call."""
        tracer, modules = self._tracer, self._own.modules()
        tracer.stop()
        self.facts["random"] = self._random is not None and _random_state() != self._random
        self.facts["after"] = parts.held_in(modules)
        self.facts["events"] = tracer.events
        self.facts["open"] = tracer.still_open()
        grown = caches(modules).items()
        self.facts["caches"] = [
            [*key, size] for key, size in grown if size > self._caches.get(key, 0)
        ]
        self.facts["modules"] = {name: module.__file__ for name, module in modules.items()}

    def at_snapshot(self) -> None:
        """Keep the state that the snapshot would have."""
        self.facts["snapshot"] = parts.held_in(self._own.modules())
        self.facts["open_at_snapshot"] = self._tracer.still_open()


def _random_state() -> "Any":
    random = sys.modules.get("random")
    return None if random is None else random.getstate()


def carry_out(spec: "Any", mode: str, result: "Any") -> None:
    """Prime, take the snapshot, restore, and make the first request."""
    own = parts.Own(spec)
    left = Left(own, parts.Tracer(own)) if mode == "left" else None
    watched = watch(spec)
    calls = Calls(spec)
    if mode != "plain":
        if left:
            left.start()
        result["priming"] = calls.call()
        if left:
            left.stop()
    if result["priming"] is None or result["priming"]["error"] is None:
        is_ready = parts.run_before_hooks(result["hooks"])
        if left:
            left.at_snapshot()
        if is_ready and parts.run_after_hooks(result["hooks"]):
            result["first"] = calls.call()
    if watched:
        watched.stop()
    result["network"] = watched.found if watched else []
    result["context"] = sorted(set(calls.context.read))
    result["left"] = left.facts if left else None


def main(spec_file: str, result_file: str, mode: str) -> None:
    """Carry out one launch."""
    sys.dont_write_bytecode = True
    with open(spec_file, encoding="utf-8") as stream:
        spec = json.load(stream)
    parts.lay_out_path(spec)
    result: dict[str, Any] = dict.fromkeys(("error", "priming", "first", "left"))
    result["hooks"] = []
    parts.load_hooks_module(os.path.dirname(os.path.abspath(spec_file)))
    parts.import_handler(spec, result, None)
    if result["error"] is None:
        carry_out(spec, mode, result)
    with open(result_file + ".part", "w", encoding="utf-8") as stream:
        json.dump(result, stream)
    os.replace(result_file + ".part", result_file)
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:4])
