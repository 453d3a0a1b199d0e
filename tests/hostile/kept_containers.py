"""One container for many handlers: each command finds it running, and leaves it running.

A start takes one to two seconds, a launch in a running container a tenth of one. What a handler
leaves in it, the next one would find.
"""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from importcost.app.profile import bench
from importcost.measure.runners.container import start
from importcost.measure.runners.container.inside import ContainerOptions
from importcost.measure.runners.container.runner import ContainerRunner
from importcost.measure.runners.engines import Engine
from tests.harness import PATIENCE_S

WRITABLE = ("/tmp", "/var/tmp", "/dev/shm", "/run/shm", "/var/importcost")
# What a container holds besides its main process and the one that asks.
_LOOK = f"""
import json, os, sys
pids = [pid for pid in os.listdir("/proc") if pid.isdigit()]
others = sorted(set(pids) - {{"1", str(os.getpid()), str(os.getppid())}})
files = []
for folder in {WRITABLE!r}:
    if os.path.isdir(folder):
        files += [os.path.join(folder, name) for name in os.listdir(folder)]
own = os.path.dirname(os.path.dirname(sys.argv[1]))
with open(sys.argv[1], "w") as stream:
    json.dump({{"processes": others, "files": [f for f in files if not own.startswith(f)]}}, stream)
"""


class _Kept:
    """A command's runner, which takes over the container of the one before and passes it on.

    What differs between handlers, their environment, comes with each launch.
    """

    STATE = ("_started", "_layout", "_facts", "_folder")

    def __init__(self, runner: ContainerRunner, owner: ContainerRunner | None) -> None:
        self.runner = runner
        self.owner = owner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.runner, name)

    def __enter__(self):
        if self.owner is not None:
            self._pass_on(self.owner, self.runner)
        self.runner._running()
        return self

    def __exit__(self, *_error):
        if self.owner is not None:
            self._pass_on(self.runner, self.owner)

    def _pass_on(self, giver: ContainerRunner, taker: ContainerRunner) -> None:
        for name in self.STATE:
            setattr(taker, name, getattr(giver, name))


class KeptContainers:
    """The container of one engine and task root, for as many commands as come."""

    def __init__(self, engine: Engine, task_root: Path) -> None:
        self.engine = engine
        self.owner: ContainerRunner | None = None
        self.mark = uuid.uuid4().hex[:8]
        self._task_root = task_root

    def runner(self, engine: Engine, options: ContainerOptions) -> _Kept | ContainerRunner:
        """Return a runner in the running container; a new one for another task root."""
        runner = ContainerRunner(engine, options)
        if options.task_root != self._task_root:
            return runner
        kept = _Kept(runner, self.owner)
        self.owner = self.owner or runner
        return kept

    def end(self) -> None:
        """Remove the container."""
        if self.owner is not None:
            self.owner.__exit__(None, None, None)

    def inside(self) -> dict[str, list[str]]:
        """Return the processes and files in the container that no handler may have left."""
        assert self.owner is not None
        words = ("-S", "-c", _LOOK, "{scratch}/result.json")
        return dict(self.owner.launch(words, {}, PATIENCE_S).result or {})

    def names(self) -> frozenset[str]:
        """Return the names of the containers that were started meanwhile, but for the one kept.

        Other sessions use the engine, too.
        """
        listed = subprocess.run(
            [self.engine.command, "ps", "--all", "--format", "{{.Names}}"],
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE_S,
        )
        kept = self.owner.container_name if self.owner else None
        ours = [
            name for name in listed.stdout.split() if name.startswith(f"importcost-{self.mark}")
        ]
        return frozenset(name for name in ours if name != kept)

    def random_id(self) -> SimpleNamespace:
        """Return what names a container: its first letters say that it is of this session."""
        return SimpleNamespace(hex=self.mark + uuid.uuid4().hex)


@contextmanager
def kept_containers(engine: Engine, task_root: Path) -> Iterator[KeptContainers]:
    """Let commands on this task root share containers; all are gone at the end."""
    kept = KeptContainers(engine, task_root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench, "ContainerRunner", kept.runner)
        patch.setattr(start, "uuid", SimpleNamespace(uuid4=kept.random_id))
        try:
            yield kept
        finally:
            kept.end()
    assert kept.names() == frozenset()


def no_leftovers(kept: KeptContainers) -> None:
    """Assert that the container is as after its start."""
    assert kept.inside() == {"processes": [], "files": []}
