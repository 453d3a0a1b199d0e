"""Runs as the program that AWS_LAMBDA_EXEC_WRAPPER is to start: the probe, after the clocks.

Lambda gives such a wrapper the interpreter's command line, whose last word is the runtime's file.
Here this file takes that place, as wrappers put options of their own before the last word. What the
probe gets on its command line otherwise lies in the file `arguments` beside this one, a line each:
kind of run, token, and `site` if the interpreter's own packages are to be found. The kind `bare`
only tells how long the interpreter took to start. Standard library only, Python 3.9 to 3.15, and
only what is built in: what this imported, the handler would get for free.
"""

import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # quoted annotations only
    from typing import Any

FOLDER = sys.argv[0].rpartition("/")[0]
CLOCKS = "IMPORTCOST_CLOCKS"
with open(FOLDER + "/arguments", "rb") as stream:
    KIND, TOKEN, SITE = stream.read().decode().split("\n")[:3]
if sys.path and sys.path[0] == FOLDER:
    del sys.path[0]
if SITE:
    import site

    # The wrapper's own counts as a part of init: the probe imports it.
    site.execsitecustomize = lambda: None
    site.main()
STARTED = (time.monotonic_ns(), time.thread_time_ns(), time.process_time_ns())


def launch_clocks() -> "list[int]":
    """Return the clocks at launch, and take them out of the environment.

    A wrapper that starts the interpreter as a child leaves it with CPU clocks of its own.
    """
    import posix

    text = posix.environ.pop(CLOCKS.encode(), b"0:0:0:0").decode()
    posix.unsetenv(CLOCKS)
    if "os" in sys.modules:
        sys.modules["os"].environ.pop(CLOCKS, None)
    clocks = [int(part) for part in text.split(":")]
    for at in (1, 2):
        if STARTED[at] < clocks[at]:
            clocks[at] = 0
    # What its children computed is a part of what the wrapper takes.
    clocks[1] -= children_ns()
    return clocks


def children_ns() -> int:
    """Return the CPU time of the processes that the wrapper started and waited for."""
    import posix

    times = posix.times()
    return int((times.children_user + times.children_system) * 1e9)


def tell_start(clocks: "list[int]") -> None:
    """Leave what starting the interpreter took as the result."""
    names = ("wall_ns", "cpu_ns", "process_cpu_ns")
    parts = [f'"{name}": {STARTED[at] - clocks[at]}' for at, name in enumerate(names)]
    text = "{" + ", ".join(parts) + "}"
    with open(FOLDER + "/result.json", "w") as stream:
        stream.write(text)


def run_probe(clocks: "list[int]") -> None:
    """Compile and run the probe, as its usual command line does."""
    probe = FOLDER + "/probe.py"
    namespace: dict[str, Any] = {"__name__": "importcost_probe", "__file__": probe}
    with open(probe, "rb") as stream:
        code = compile(stream.read(), probe, "exec")
    exec(code, namespace)  # noqa: S102 - importcost's own program
    words = [probe, FOLDER + "/spec.json", FOLDER + "/result.json", KIND, TOKEN]
    namespace["main"](STARTED, [*words, ":".join(map(str, clocks))])


if KIND == "bare":
    tell_start(launch_clocks())
else:
    run_probe(launch_clocks())
