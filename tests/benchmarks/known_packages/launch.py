"""Runs inside a fresh interpreter: time one program, and write what it took as JSON.

    python -I -S launch.py SPECIFICATION RESULT

The specification is JSON: `code`, `use`, `without`, `search_path`, `preload` (modules), `watched`
(a module name). The result has `cpu_ms` of the importing thread, `used_ms` (the same with `use`),
`modules`, `rss_mb`, `is_loaded` (if the watched module was loaded by the code), `answer` (the
representation of what `use` gave), or `error`. Standard library only.
"""
# ruff: noqa: PTH123 - pathlib would be loaded before the program asks for it

import contextlib
import json
import os
import sys
import time
import traceback


class Hiding:
    """A finder that cannot find some packages, as if they were not installed."""

    def __init__(self, finder, hidden):
        self._finder = finder
        self._hidden = hidden
        self._names = {name.lower().replace("_", "-") for name in hidden}

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self._hidden:
            return None
        return self._finder.find_spec(name, path, target)

    def find_distributions(self, *context):
        for one in self._finder.find_distributions(*context):
            if str(one.metadata["Name"]).lower().replace("_", "-") not in self._names:
                yield one

    def invalidate_caches(self):
        self._finder.invalidate_caches()


def resident_mb():
    """Return the resident memory in MB, or 0 if the platform does not tell it."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def failure(error):
    last = traceback.extract_tb(error.__traceback__)[-1]
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words} ({last.name}, line {last.lineno})"[:500]


def measured(given):
    sys.path[:0] = given["search_path"]
    for name in given["preload"]:
        with contextlib.suppress(ImportError):
            __import__(name)
    sys.meta_path[:] = [
        Hiding(finder, set(given["without"])) if "PathFinder" in repr(finder) else finder
        for finder in sys.meta_path
    ]
    code = compile(given["code"], "handler.py", "exec")
    use = compile(given["use"] or "None", "use.py", "eval")
    names = {"__name__": "handler", "__builtins__": __builtins__}
    rss_mb = resident_mb()
    before = set(sys.modules)
    start = time.thread_time_ns()
    exec(code, names)
    cpu_ms = (time.thread_time_ns() - start) / 1e6
    rss_mb = resident_mb() - rss_mb
    loaded = set(sys.modules) - before
    inside = given["watched"] + "."
    result = {
        "cpu_ms": cpu_ms,
        "rss_mb": rss_mb,
        "modules": len(loaded),
        "is_loaded": any(name == given["watched"] or name.startswith(inside) for name in loaded),
    }
    start = time.thread_time_ns()
    answer = eval(use, names)
    return {
        **result,
        "used_ms": cpu_ms + (time.thread_time_ns() - start) / 1e6,
        "answer": repr(answer),
    }


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        given = json.load(file)
    # Programs may print: the result has a file of its own.
    try:
        result = measured(given)
    except BaseException as error:  # noqa: BLE001 - whatever the program does is its result
        result = {"error": failure(error)}
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(result, file)
        file.flush()
    # Threads that a package started must not keep the process.
    os._exit(0)


main()
