"""Measure small handlers for real on this machine, with as few launches as a test needs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from importcost.measure.layout import lambda_environment, local_layout
from importcost.measure.runners.base import Layout
from importcost.measure.runners.local import LocalRunner, inspect_interpreter
from importcost.measure.session import Session, Subject
from importcost.model.profile import RunKind, Settings, Target

SETTINGS = Settings(memory_mb=512, arch="x86_64", package_type="zip", runtime="python3.12")
ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 300
"""Seconds that a test waits, on any machine; only a hang takes that long."""
RUNTIME_MODULES = ("json", "logging", "traceback", "decimal")


def write_files(root: Path, files: Mapping[str, str]) -> Path:
    """Write `files` (relative name -> text) below `root` and return it."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@cache
def interpreter_facts(python: str):
    return inspect_interpreter(python)


@cache
def interpreters() -> tuple[str, ...]:
    """Return one interpreter of each supported version that this machine has."""
    found = {interpreter_facts(sys.executable).minor_version: sys.executable}
    versions = Path.home() / ".pyenv" / "versions"
    candidates = [str(path) for path in sorted(versions.glob("3.*/bin/python"))]
    candidates += [path for n in range(9, 16) if (path := shutil.which(f"python3.{n}"))]
    for python in candidates:
        asked = subprocess.run(
            [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
        )
        version = asked.stdout.strip()
        if asked.returncode == 0 and int(version.split(".")[1]) >= 9:
            found.setdefault(version, python)
    return tuple(found.values())


def interpreters_by_name() -> dict[str, str]:
    """Return the same by name, such as `python3.9`."""
    return {f"python{interpreter_facts(one).minor_version}": one for one in interpreters()}


@dataclass
class Handler:
    """A handler in a folder, to be launched as the profile command would."""

    root: Path
    module: str = "handler"
    function: str | None = None
    python: str = sys.executable
    bytecode: str = "zip"
    bytecode_dir: str | None = None
    runtime_dir: str | None = None
    layers: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = PATIENCE_S
    runtime_modules: tuple[str, ...] = RUNTIME_MODULES

    def session(self) -> Session:
        target = Target(
            self.module,
            self.function,
            str(self.root),
            str(self.root / (self.module.replace(".", "/") + ".py")),
            self.layers,
        )
        facts = interpreter_facts(self.python)
        layout = local_layout(target, facts.minor_version)
        layout = Layout(layout.task_root, layout.search_path, self.runtime_dir)
        environment = {**lambda_environment(target, SETTINGS, str(self.root)), **self.environment}
        runner = LocalRunner(facts.executable, facts, layout, environment)
        subject = Subject(
            target,
            SETTINGS,
            self.runtime_modules,
            self.bytecode,
            self.bytecode_dir,
            self.timeout_s,
        )
        return Session(runner, subject)


def graph_of(handler: Handler):
    """Launch one graph run and return (its result, what the handler printed)."""
    session = handler.session()
    result = session.launch_probe(RunKind.GRAPH)
    return result, session.last.output_tail


def trace_of(handler: Handler):
    """Launch one traced run and return its parsed log."""
    session = handler.session()
    session.launch_probe(RunKind.TRACED)
    return session.logs[0]


def rows_in_function(log) -> list[str]:
    """Return the names of the rows between the probe's function and after markers."""
    borders = {marker.label: marker.row for marker in log.markers}
    return log.rows.names[borders["function"] : borders["after"]]
