"""A host process for the tests to kill: runs an endless import in a container.

Called with engine, image and task root; prints the container's name once a run is under way.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from pathlib import Path

from importcost.measure.runners.container.inside import ContainerOptions
from importcost.measure.runners.container.runner import ContainerRunner
from importcost.measure.runners.engines import find_engine


def _raise(number, frame):
    raise SystemExit(128 + number)


def main() -> None:
    """Measure until killed."""
    engine, image, task_root = sys.argv[1:]
    signal.signal(signal.SIGTERM, _raise)
    # A shell that starts a job in the background has it ignore Ctrl-C, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    options = ContainerOptions(image, Path(task_root))
    with ContainerRunner(find_engine(engine), options) as runner:
        # Printed from a thread, a moment after the job went out.
        name = runner.container_name
        threading.Timer(0.3, lambda: print(name, flush=True)).start()
        runner.launch(("-c", "import sys; sys.path.insert(0, '/var/task'); import endless"), {}, 60)
        time.sleep(60)


if __name__ == "__main__":
    main()
