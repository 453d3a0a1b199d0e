"""Imports and objects that code uses which may run when importing does not work."""

from __future__ import annotations

import textwrap

import pytest

from importcost.deferral.source.analyse import reach_of
from importcost.model.advice import Obstacle, VerdictKind
from tests.deferral.source.programs import analysed, import_verdict, source_of


def verdict(text, module="app", imported="colorsys", **others):
    return import_verdict(analysed(text, **others), imported, module)


HANDLER = """
def handler(event, context):
    return colorsys.rgb_to_hsv(0, 0, 0)
"""

LATE = {
    "finalizer by another name": """
        import colorsys
        class Client:
            def close(self):
                colorsys.hsv_to_rgb(0, 0, 0)
            __del__ = close
        """,
    "finalizer given to a class": """
        import colorsys
        class Client: ...
        def bye(self):
            colorsys.hsv_to_rgb(0, 0, 0)
        Client.__del__ = bye
        """,
    "signal handlers from a table": """
        import colorsys
        import signal
        def stop(number, frame):
            colorsys.hsv_to_rgb(0, 0, 0)
        HANDLERS = {signal.SIGTERM: stop}
        for number, action in HANDLERS.items():
            signal.signal(number, action)
        """,
    "exit function that a helper registers": """
        import atexit
        import colorsys
        def bye():
            colorsys.hsv_to_rgb(0, 0, 0)
        def at_end(function):
            atexit.register(function)
        at_end(bye)
        """,
    "stack that is closed at exit": """
        import atexit
        import colorsys
        import contextlib
        def bye():
            colorsys.hsv_to_rgb(0, 0, 0)
        stack = contextlib.ExitStack()
        stack.callback(bye)
        atexit.register(stack.close)
        """,
    "finalizer": """
        import colorsys
        class Client:
            def __del__(self):
                colorsys.hsv_to_rgb(0, 0, 0)
        """,
    "method that a finalizer calls": """
        import colorsys
        class Client:
            def goodbye(self):
                colorsys.hsv_to_rgb(0, 0, 0)
            def __del__(self):
                self.goodbye()
        """,
    "inherited method": """
        import colorsys
        class Base:
            def goodbye(self):
                colorsys.hsv_to_rgb(0, 0, 0)
        class Client(Base):
            def __del__(self):
                self.goodbye()
        """,
    "method of the subclass": """
        import colorsys
        class Base:
            def goodbye(self): ...
            def __del__(self):
                self.goodbye()
        class Client(Base):
            def goodbye(self):
                colorsys.hsv_to_rgb(0, 0, 0)
        """,
    "method of an object that it holds": """
        import colorsys
        class Connection:
            def close(self):
                colorsys.hsv_to_rgb(0, 0, 0)
        class Client:
            def __init__(self, connection):
                self.connection = connection
            def __del__(self):
                self.connection.close()
        """,
    "function that it was given": """
        import colorsys
        def bye():
            colorsys.hsv_to_rgb(0, 0, 0)
        class Client:
            def __init__(self, callback):
                self.callback = callback
            def __del__(self):
                self.callback()
        client = Client(bye)
        """,
    "context manager in a finalizer": """
        import colorsys
        class Quiet:
            def __enter__(self): ...
            def __exit__(self, *error):
                colorsys.hsv_to_rgb(0, 0, 0)
        class Client:
            def __del__(self):
                with Quiet():
                    pass
        """,
    "table of functions": """
        import colorsys
        def bye():
            colorsys.hsv_to_rgb(0, 0, 0)
        STEPS = {"bye": bye}
        class Client:
            def __del__(self):
                STEPS["bye"]()
        """,
    "property": """
        import colorsys
        class Client:
            @property
            def colour(self):
                return colorsys.hsv_to_rgb(0, 0, 0)
            def __del__(self):
                print(self.colour)
        """,
    "weakref.finalize": """
        import colorsys
        import weakref
        def bye():
            colorsys.hsv_to_rgb(0, 0, 0)
        class Client:
            def __init__(self):
                weakref.finalize(self, bye)
        """,
    "weakref.ref": """
        import colorsys
        from weakref import ref
        def gone(reference):
            colorsys.hsv_to_rgb(0, 0, 0)
        def watch(thing):
            return ref(thing, gone)
        """,
    "weakref method": """
        import colorsys
        import weakref
        class Cache:
            def drop(self, reference):
                colorsys.hsv_to_rgb(0, 0, 0)
            def add(self, thing):
                self.all = weakref.ref(thing, self.drop)
        """,
    "weakref lambda": """
        import colorsys
        import weakref
        def watch(thing):
            weakref.finalize(thing, lambda: colorsys.hsv_to_rgb(0, 0, 0))
        """,
    "atexit call": """
        import atexit
        import colorsys
        def bye():
            colorsys.hsv_to_rgb(0, 0, 0)
        atexit.register(bye)
        """,
    "atexit decorator": """
        import colorsys
        from atexit import register
        @register
        def bye():
            colorsys.hsv_to_rgb(0, 0, 0)
        """,
    "atexit method": """
        import atexit
        import colorsys
        class Pool:
            def close(self):
                colorsys.hsv_to_rgb(0, 0, 0)
        pool = Pool()
        atexit.register(pool.close)
        """,
    "atexit partial": """
        import atexit
        import colorsys
        import functools
        def bye(name):
            colorsys.hsv_to_rgb(0, 0, 0)
        atexit.register(functools.partial(bye, "x"))
        """,
    "atexit in a function": """
        import atexit as at
        import colorsys
        def bye():
            colorsys.hsv_to_rgb(0, 0, 0)
        def start():
            at.register(bye)
        """,
    "signal handler": """
        import colorsys
        import signal
        def stop(number, frame):
            colorsys.hsv_to_rgb(0, 0, 0)
        signal.signal(signal.SIGTERM, stop)
        """,
    "signal handler through a helper": """
        import colorsys
        import signal
        def flush():
            colorsys.hsv_to_rgb(0, 0, 0)
        def stop(number, frame):
            flush()
        def main():
            signal.signal(signal.SIGTERM, handler=stop)
        """,
    "loop.add_signal_handler": """
        import asyncio
        import colorsys
        import signal
        def stop():
            colorsys.hsv_to_rgb(0, 0, 0)
        loop = asyncio.new_event_loop()
        loop.add_signal_handler(signal.SIGTERM, stop)
        """,
    "excepthook": """
        import colorsys
        import sys
        def report(kind, error, trace):
            colorsys.hsv_to_rgb(0, 0, 0)
        sys.excepthook = report
        """,
    "threading.excepthook": """
        import colorsys
        import threading
        threading.excepthook = lambda args: report(args)
        def report(args):
            colorsys.hsv_to_rgb(0, 0, 0)
        """,
    "gc.callbacks": """
        import colorsys
        import gc
        def collected(phase, info):
            colorsys.hsv_to_rgb(0, 0, 0)
        gc.callbacks.append(collected)
        """,
    "audit hook": """
        import colorsys
        import sys
        def audit(event, args):
            colorsys.hsv_to_rgb(0, 0, 0)
        sys.addaudithook(audit)
        """,
    "trace function": """
        import colorsys
        import sys
        def trace(frame, event, arg):
            colorsys.hsv_to_rgb(0, 0, 0)
        def start():
            sys.settrace(trace)
        """,
    "import hook": """
        import colorsys
        import sys
        class Finder:
            def find_spec(self, name, path, target=None):
                colorsys.hsv_to_rgb(0, 0, 0)
        sys.meta_path.insert(0, Finder())
        """,
    "fork handler": """
        import colorsys
        import os
        def again():
            colorsys.hsv_to_rgb(0, 0, 0)
        os.register_at_fork(after_in_child=again)
        """,
    "closing a log handler": """
        import colorsys
        import logging
        class Shipper(logging.Handler):
            def emit(self, record): ...
            def close(self):
                colorsys.hsv_to_rgb(0, 0, 0)
        """,
    "thread started during init": """
        import colorsys
        import threading
        def poll():
            colorsys.hsv_to_rgb(0, 0, 0)
        threading.Thread(target=poll, daemon=True).start()
        """,
    "timer that a function called during init starts": """
        import colorsys
        from threading import Timer
        def poll():
            colorsys.hsv_to_rgb(0, 0, 0)
        def start():
            timer = Timer(1.0, poll)
            timer.start()
        start()
        """,
    "own thread class": """
        import colorsys
        import threading
        class Poller(threading.Thread):
            def run(self):
                colorsys.hsv_to_rgb(0, 0, 0)
        poller = Poller()
        poller.start()
        """,
    "pool": """
        import colorsys
        from concurrent.futures import ThreadPoolExecutor
        def warm():
            colorsys.hsv_to_rgb(0, 0, 0)
        pool = ThreadPoolExecutor(2)
        future = pool.submit(warm)
        """,
    "pool.map": """
        import colorsys
        import concurrent.futures
        def warm(region):
            colorsys.hsv_to_rgb(0, 0, 0)
        pool = concurrent.futures.ThreadPoolExecutor()
        list(pool.map(warm, ["eu-west-1"]))
        """,
}


@pytest.mark.parametrize("name", LATE)
def test_an_import_that_late_code_uses_stays(name):
    found = verdict(textwrap.dedent(LATE[name]) + HANDLER)
    assert found.kind is VerdictKind.NOT_DEFERRABLE
    assert "colorsys" in found.reason
    assert "line" in found.reason


NEAR = {
    "finalizer that uses builtins": """
        import colorsys
        class Client:
            def __del__(self):
                print("bye")
        """,
    "method that no finalizer calls": """
        import colorsys
        class Client:
            def colour(self):
                return colorsys.hsv_to_rgb(0, 0, 0)
            def close(self):
                self.socket = None
            def __del__(self):
                self.close()
        """,
    "exit function that uses builtins": """
        import atexit
        import colorsys
        def bye():
            print("bye")
        atexit.register(bye)
        """,
    "context manager": """
        import colorsys
        class Scratch:
            def __enter__(self): ...
            def __exit__(self, *error):
                colorsys.hsv_to_rgb(0, 0, 0)
        """,
    "weak reference without a callback": """
        import colorsys
        import weakref
        def watch(thing):
            return weakref.ref(thing)
        """,
    "ignored signal": """
        import colorsys
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        """,
    "thread that the handler starts": """
        import colorsys
        import threading
        def work():
            colorsys.hsv_to_rgb(0, 0, 0)
        def start():
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        """,
    "exit function under the main guard": """
        import atexit
        import colorsys
        def bye():
            colorsys.hsv_to_rgb(0, 0, 0)
        if __name__ == "__main__":
            atexit.register(bye)
        """,
    "log handler": """
        import colorsys
        import logging
        class Shipper(logging.Handler):
            def emit(self, record):
                colorsys.hsv_to_rgb(0, 0, 0)
        """,
}


@pytest.mark.parametrize("name", NEAR)
def test_an_import_that_no_late_code_uses_can_move(name):
    assert verdict(textwrap.dedent(NEAR[name]) + HANDLER).kind is VerdictKind.DEFERRABLE


def test_late_code_reaches_other_files():
    helper = """
        import colorsys
        def bye():
            return colorsys.hsv_to_rgb(0, 0, 0)
        """
    app = """
        import helper
        class Client:
            def __del__(self):
                helper.bye()
        def handler(event, context):
            return Client()
        """
    found = verdict(app, "helper", helper=helper)
    assert found.kind is VerdictKind.NOT_DEFERRABLE
    assert found.obstacle == Obstacle("finalizer", "app", 4, "colorsys")
    assert found.reason == (
        "Client.__del__ (app, line 4) uses colorsys through bye(), and may run when importing no"
        " longer works"
    )
    assert verdict(app, imported="helper", helper=helper).kind is VerdictKind.NOT_DEFERRABLE


def test_a_function_that_a_file_imports_from_another_is_reached():
    found = verdict(
        """
        import atexit
        from helper import bye
        atexit.register(bye)
        def handler(event, context): ...
        """,
        "helper",
        helper="""
        import colorsys
        from deeper import colour
        def bye():
            return colour() or colorsys.hsv_to_rgb(0, 0, 0)
        """,
        deeper="def colour(): ...",
    )
    assert found.kind is VerdictKind.NOT_DEFERRABLE
    assert found.reason.startswith("bye() (app, line 4) uses colorsys, and runs at exit")


def test_an_object_that_late_code_uses_gets_no_getter():
    text = """
        import colorsys
        HUE = colorsys.rgb_to_hsv(1, 0, 0)
        class Client:
            def __del__(self):
                print(HUE)
        def handler(event, context):
            return HUE
        """
    found = analysed(text)["app"]
    assert found.objects[0].verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert found.objects[0].verdict.reason.startswith("Client.__del__ (line 5) uses HUE, and may")
    assert found.imports[0].verdict.kind is VerdictKind.NOT_DEFERRABLE


def test_routes_name_the_functions_between():
    text = """
        import colorsys
        def first():
            second()
        def second():
            return colorsys.hsv_to_rgb(0, 0, 0)
        class Client:
            def __del__(self):
                first()
        def handler(event, context): ...
        """
    assert "through first(), second(), and may" in verdict(text).reason


def test_threads_are_found_by_source():
    text = """
        import threading
        from concurrent.futures import ThreadPoolExecutor
        def submitted(): return inner()
        def inner(): return 1
        def alone(): return 2
        def handler(event, context):
            with ThreadPoolExecutor() as pool:
                pool.submit(submitted)
                threading.Thread(target=lambda: print("x")).start()
            return alone()
        """
    reach = reach_of({"app": source_of(text)}, ["app.handler"])
    code = reach.graph.files["app"]
    threaded = {unit.name for unit in code.units if unit.name and reach.in_thread("app", unit.span)}
    assert {"submitted", "inner"} <= threaded
    assert "alone" not in threaded
    assert "handler" not in threaded
    route = reach.in_thread("app", code.body.functions["inner"].span)
    assert route.words == "submitted() (line 9)"
    assert route.through == " through inner()"
