"""Take snapshots of small handlers for real, on this machine."""

from __future__ import annotations

import sys
from pathlib import Path

from importcost.measure.layout import lambda_environment, local_layout
from importcost.measure.runners.local import LocalRunner
from importcost.measure.session import Subject
from importcost.measure.snapstart import INITIALIZATION, SnapshotRun, observe
from importcost.model.profile import Target
from tests.harness import RUNTIME_MODULES, SETTINGS, interpreter_facts


def snapshot_of(root: Path, module: str = "handler", python: str = sys.executable) -> SnapshotRun:
    """Run init, snapshot and restore of a module in `root`."""
    target = Target(module, None, str(root), str(root / f"{module}.py"))
    facts = interpreter_facts(python)
    environment = {**lambda_environment(target, SETTINGS, str(root)), **INITIALIZATION}
    layout = local_layout(target, facts.minor_version)
    runner = LocalRunner(facts.executable, facts, layout, environment)
    return observe(runner, Subject(target, SETTINGS, RUNTIME_MODULES, "zip", None, 30.0))
