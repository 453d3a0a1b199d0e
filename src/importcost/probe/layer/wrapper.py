#!/var/lang/bin/python3
"""Starts Lambda's Python runtime watched: /opt/importcost-wrapper in the layer.

Lambda runs the program that AWS_LAMBDA_EXEC_WRAPPER names with the interpreter and its arguments,
`/var/lang/bin/python3.12 /var/runtime/bootstrap.py`. This is that interpreter already, so nothing
is started twice. This text is compiled at each cold start, at a millisecond for thirty lines, and
so only loads the rest, which has bytecode. Whatever goes wrong here, the runtime starts as without
it. Python 3.9 to 3.15.
"""

import os
import sys
import time
from _frozen_importlib_external import SourceFileLoader

begin = time.perf_counter_ns(), time.process_time_ns(), time.thread_time_ns()
try:
    file = __file__.rpartition("/")[0] + "/importcost/watch.py"
    scope = {"__name__": "importcost_watch", "__file__": file}
    exec(SourceFileLoader("importcost_watch", file).get_code("importcost_watch"), scope)  # type: ignore[arg-type]
    run = scope["prepared"](sys.argv[1:], begin)  # type: ignore[operator]
except Exception:
    run = None
if run is None:
    os.execv(sys.argv[1], sys.argv[1:])
run()
