#!/var/lang/bin/python3
"""Starts Lambda's Python runtime watched: /opt/importcost-wrapper in the layer.

Lambda runs the program that AWS_LAMBDA_EXEC_WRAPPER names with the interpreter and its arguments,
`/var/lang/bin/python3.12 /var/runtime/bootstrap.py`. This is that interpreter already, so nothing
is started twice. It is compiled at each cold start, and so only loads the rest, which has bytecode.
Whatever goes wrong here, the runtime starts as without it. Python 3.9 to 3.15.
"""

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

BEGIN = time.perf_counter_ns(), time.process_time_ns(), time.thread_time_ns()


def watched(words: "list[str]") -> "Any":
    """Return what runs `INTERPRETER SCRIPT ...` watched, None if that is not possible."""
    from _frozen_importlib_external import SourceFileLoader

    path = os.path.dirname(os.path.abspath(__file__)) + "/importcost/watch.py"
    scope: "dict[str, Any]" = {"__name__": "importcost_watch", "__file__": path}
    loader: "Any" = SourceFileLoader("importcost_watch", path)
    exec(loader.get_code("importcost_watch"), scope)
    return scope["prepared"](words, BEGIN)


if __name__ == "__main__":
    run = None
    try:
        run = watched(sys.argv[1:])
    except Exception:
        pass
    if run is None:
        os.execv(sys.argv[1], sys.argv[1:])
    run()
