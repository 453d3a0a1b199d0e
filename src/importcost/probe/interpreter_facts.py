"""Runs in the measured interpreter: describes it and its machine.

Started as `python -s -c TEXT RESULT`, where TEXT is this file and RESULT the file for the answer,
as JSON. Standard library only, Python 3.9 to 3.15.
"""

import os
import platform
import site
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def site_folders() -> "list[str]":
    """Return the folders into which installers put packages."""
    found = site.getsitepackages() if hasattr(site, "getsitepackages") else []
    return [path for path in found if os.path.isdir(path)]


def cpu_model() -> "str | None":
    """Return the processor's name as Linux or the platform module gives it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as stream:
            for line in stream:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or None


def facts() -> "dict[str, Any]":
    """Return the facts under the names of `InterpreterFacts`."""
    return {
        "executable": sys.executable,
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpu_count": os.cpu_count() or 1,
        "cpu_model": cpu_model(),
        "search_path": [path for path in sys.path if path],
        "site_folders": site_folders(),
    }


if __name__ == "__main__":
    import json

    with open(sys.argv[1], "w", encoding="utf-8") as stream:
        json.dump(facts(), stream)
