"""What the measured interpreter tells of itself and its machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from importcost.measure.runners.base import InterpreterFacts

# Runs in the measured interpreter (Python 3.9 to 3.15) and writes to the path in argv[1].
FACTS_SCRIPT = """
import json, os, platform, sys
def cpu_model():
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as stream:
            for line in stream:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or None
facts = {
    "executable": sys.executable,
    "version": platform.python_version(),
    "implementation": platform.python_implementation(),
    "platform": platform.platform(),
    "machine": platform.machine(),
    "cpu_count": os.cpu_count() or 1,
    "cpu_model": cpu_model(),
    "search_path": [path for path in sys.path if path],
}
with open(sys.argv[1], "w", encoding="utf-8") as stream:
    json.dump(facts, stream)
"""


def parse_facts(data: Mapping[str, Any]) -> InterpreterFacts:
    """Turn what FACTS_SCRIPT wrote into facts."""
    return InterpreterFacts(
        executable=data["executable"],
        version=data["version"],
        implementation=data["implementation"],
        platform=data["platform"],
        machine=data["machine"],
        cpu_count=data["cpu_count"],
        cpu_model=data["cpu_model"],
        search_path=tuple(data["search_path"]),
    )


def load_result(text: str | None) -> Mapping[str, Any] | None:
    """Parse a result file's text; None where there is none or it was cut off."""
    if text is None:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
