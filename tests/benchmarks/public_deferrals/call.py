"""Call a Lambda handler with events and print what came of it. Runs in the function's Python.

    python call.py SPEC.json RESULT.json

Like the Lambda runtime it puts the task root first on `sys.path`, configures the root logger,
imports the handler's module and calls its function, all events in one process: a warm environment.
After the import and after each call it takes a fingerprint of the state that code may change
without anybody importing anything: environment variables, folder, signal handlers, logging and
the containers of the function's own modules.
"""

import atexit
import decimal
import importlib
import io
import json
import locale
import logging
import os
import random
import signal
import socket
import sys
import warnings
from pathlib import Path

REQUEST_ID = "11111111-2222-4333-8444-555555555555"
MOST_TEXT = 20000


class Context:
    """The context object, with nothing in it that changes from call to call."""

    aws_request_id = REQUEST_ID
    function_name = "public-function"
    function_version = "$LATEST"
    memory_limit_in_mb = "128"
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:public-function"
    log_group_name = "/aws/lambda/public-function"
    log_stream_name = "2026/01/01/[$LATEST]00000000000000000000000000000000"
    client_context = None
    identity = None

    def get_remaining_time_in_millis(self):
        return 25000


class StreamHandler(logging.Handler):
    """Writes records to the current standard output, as the runtime's handler does."""

    def emit(self, record):
        sys.stdout.write(self.format(record) + "\n")


def configure_logging():
    handler = StreamHandler()
    handler.setFormatter(logging.Formatter("[%(levelname)s]\t%(message)s"))
    logging.getLogger().addHandler(handler)


def described(value):
    """Return an answer as JSON text, else as repr."""
    try:
        return json.dumps(value, sort_keys=True)[:MOST_TEXT]
    except (TypeError, ValueError):
        return repr(value)[:MOST_TEXT]


def failure(error):
    return {"error": type(error).__qualname__, "message": str(error)[:MOST_TEXT]}


def containers(task_root):
    """Return the own modules' lists, sets and dictionaries: registries are among them."""
    found = {}
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        if not file.startswith(task_root + "/"):
            continue
        held = {}
        for key, value in sorted(vars(module).items()):
            if not key.startswith("__") and type(value) in (list, dict, set):
                held[key] = len(value), sorted(map(str, value))[:20]
        found[name] = held
    return found


def subclass_names(task_root):
    """Return each own class with the names of its subclasses, if own code may look at them."""
    found = {}
    if not any("__subclasses__" in text for text in own_sources(task_root)):
        return found
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        if file.startswith(task_root + "/"):
            for key, value in sorted(vars(module).items()):
                if isinstance(value, type) and value.__module__ == name:
                    found[name + "." + key] = sorted(
                        sub.__qualname__ for sub in type.__subclasses__(value)
                    )
    return found


def own_sources(task_root):
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None) or ""
        if file.startswith(task_root + "/") and file.endswith(".py"):
            yield Path(file).read_text("utf-8", "replace")


def state(task_root):
    """Return what calls and imports may have changed for everybody in the process."""
    umask = os.umask(0o22)
    os.umask(umask)
    root = logging.getLogger()
    handlers = {}
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM, signal.SIGHUP):
        handlers[number.name] = getattr(signal.getsignal(number), "__qualname__", "default")
    return {
        "environment": dict(os.environ),
        "folder": str(Path.cwd()),
        "umask": umask,
        "path": list(sys.path),
        "signals": handlers,
        "logging": [root.level, [type(one).__name__ for one in root.handlers], root.disabled],
        "disabled": logging.root.manager.disable,
        "warnings": sorted(
            {
                str(one[:2] + one[2:])
                for one in warnings.filters
                if one[2].__module__ == "builtins"  # a package's filter for its own category
            }
        ),
        "timeout": socket.getdefaulttimeout(),
        "precision": decimal.getcontext().prec,
        "locale": locale.setlocale(locale.LC_ALL),
        "recursion": sys.getrecursionlimit(),
        "excepthook": getattr(sys.excepthook, "__qualname__", ""),
        "containers": containers(task_root),
        "subclasses": subclass_names(task_root),
    }


class Output:
    """The process's standard output and error, read piece by piece.

    One stream for all: loggers keep the one that they find when they are made.
    """

    def __init__(self):
        self.stream = io.StringIO()
        self.read = 0
        sys.stdout = sys.stderr = self.stream

    def more(self):
        text = self.stream.getvalue()
        found, self.read = text[self.read :], len(text)
        return found[:MOST_TEXT]


def call(function, event, task_root, output):
    try:
        found = {"answer": described(function(event, Context()))}
    except BaseException as error:  # noqa: BLE001 - an exit is an answer, too
        found = failure(error)
    return {**found, "output": output.more(), "state": state(task_root)}


def run(spec, mark):
    task_root = spec["task_root"]
    sys.path[0:1] = [task_root, *spec["paths"]]  # instead of this file's folder
    os.chdir(task_root)
    output = Output()
    configure_logging()
    mark("import")
    try:
        module = importlib.import_module(spec["module"])
        function = getattr(module, spec["function"])
    except BaseException as error:  # noqa: BLE001
        return {"import": {**failure(error), "output": output.more()}}
    found = {
        "import": {"output": output.more(), "state": state(task_root)},
        "calls": [],
        "modules": len(sys.modules),
    }
    for number, event in enumerate(spec["events"]):
        mark(f"event-{number}")
        found["calls"].append(call(function, event, task_root, output))
    mark("end")
    found["loaded"] = len(sys.modules)
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    return found


def main():
    spec = json.loads(Path(sys.argv[1]).read_text("utf-8"))

    def mark(text):
        connection = socket.create_connection(("127.0.0.1", spec["port"]))
        connection.sendall(f"POST /importcost-mark/{text} HTTP/1.0\r\n\r\n".encode())
        connection.recv(1000)
        connection.close()

    found = run(spec, mark)
    Path(sys.argv[2]).write_text(json.dumps(found, default=repr), "utf-8")


random.seed(7)

if __name__ == "__main__":
    main()
    atexit._run_exitfuncs()
    sys.stdout.flush()
