"""Work on tasks for tests, in modules that other processes can import."""

import os
import time
from pathlib import Path

from importcost.app.projects.run import FunctionResult
from importcost.errors import MeasurementError
from importcost.model.interval import Interval
from importcost.model.results.project import FunctionFigures, OwnModuleCost, PackageCost


def figures(name, ms=100.0, packages=(), own=(), **changes):
    """Return plausible figures of one function."""
    fields = {
        "handler": "app.handler",
        "runtime": "python3.12",
        "memory_mb": 128,
        "arch": "x86_64",
        "package_type": "zip",
        "billed_init_ms": Interval(ms * 0.8, ms, ms * 1.25, 0.8),
        "own_ms": ms / 2,
        "dollars_per_million": Interval(ms / 500, ms / 400, ms / 300, 0.8),
        "modules": 10,
        "memory_used_mb": 40.0,
        "packages": tuple(PackageCost(one, cost, 3) for one, cost in packages),
        "own_modules": tuple(OwnModuleCost(one, f"{one}.py", cost) for one, cost in own),
        "changes": (),
        "saved_ms": 0.0,
    }
    return FunctionFigures(name=name, **{**fields, **changes})


def measure(task):
    """Write a line for each call, so that a test can count them across processes."""
    name = task.function.name
    with (Path(task.folder) / "calls").open("a") as calls:
        calls.write(f"{name}\n")
    if name.startswith("fails"):
        raise MeasurementError(f"{name} did not start: correct it.")
    if name.startswith("bug"):
        raise ZeroDivisionError
    if name.startswith("dies") and not _was_here(task, name):
        time.sleep(0.05)
        os._exit(9)
    if name.startswith("always-dies"):
        os._exit(9)
    return FunctionResult(name, figures(name), page=f"<p>{name}</p>".encode())


def _was_here(task, name):
    mark = Path(task.folder) / f"{name}.mark"
    if mark.exists():
        return True
    mark.touch()
    return False


def measure_by_number(task):
    """Return figures made of the function's name, as large as real ones, and a small page."""
    name = task.function.name
    number = sum(name.encode())
    packages = [(f"package-{(number + one) % 40}", 1.0 + one) for one in range(12)]
    own = [(f"shared/module_{(number + one) % 30}", 0.6 + one) for one in range(8)]
    found = figures(name, ms=80.0 + number % 700, packages=packages, own=own)
    return FunctionResult(name, found, page=b"<p>" + name.encode() * 100 + b"</p>")
