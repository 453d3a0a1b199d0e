"""Real launches with made-up times: what a test asserts then depends on no machine.

`Clockwork` replaces every time in what a launch brought back: each module takes what a table says,
each module-level statement too. All that is decided by time (a best set, a verified saving, a
verdict) follows from that table. As launches of one job differ in their times only, each job is
launched once and its answer used again.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import repeat
from pathlib import Path, PurePath
from random import Random
from typing import Any

import click
import pytest

from importcost.app.profile import bench
from importcost.cli.group import cli
from importcost.errors import ImportcostError
from importcost.measure.runners.around import RunnerAround
from importcost.measure.runners.base import Launch, Runner
from tests.commands import click_runner

_ROW = re.compile(rb"import time:\s+\d+ \|\s+\d+ \| ( *)(\S+)$", re.MULTILINE)
INTERPRETER_START_US = 10_000
RUNTIME_US = 20_000
SPEED_US = 100_000
SAMPLE_NS = 100_000
SAMPLE_NOISE = 0.02


@dataclass(frozen=True)
class Times:
    """The times of a handler's parts, in microseconds.

    `modules` holds a module's own time, without what it imports, and `waits` how long it is
    blocked; `variants` and `variant_waits` the same for a rewritten copy, by its name. `statements`
    and `waiting_statements` are module-level statements, by (file name, line). Every other module
    and statement takes no time.
    """

    modules: Mapping[str, int] = field(default_factory=dict)
    statements: Mapping[tuple[str, int], int] = field(default_factory=dict)
    waits: Mapping[str, int] = field(default_factory=dict)
    waiting_statements: Mapping[tuple[str, int], int] = field(default_factory=dict)
    variants: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    variant_waits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def of(self, module: str, variant: str) -> int:
        """Return a module's own time in one variant of the handler."""
        usual = self.modules.get(module, 0)
        return self.variants.get(variant, {}).get(module, usual)

    def waiting(self, module: str, variant: str) -> int:
        """Return how long a module is blocked in one variant of the handler."""
        return self.variant_waits.get(variant, self.waits).get(module, 0)


def jitter(seed: int, share: float = 0.01) -> Iterator[float]:
    """Yield factors that differ from 1 by up to `share`: no two launches take the same."""
    random = Random(seed)
    while True:
        yield 1 + random.uniform(-share, share)


def two_speeds(seed: int, slower: float = 1.6) -> Iterator[float]:
    """Yield factors of a machine that flips between two speeds every few launches."""
    random = Random(seed)
    factor = 1.0
    while True:
        for _ in range(random.randint(1, 6)):
            yield factor * (1 + random.uniform(-0.02, 0.02))
        factor = slower if factor == 1.0 else 1.0


class Clockwork(RunnerAround):
    """A runner that launches through another one and replaces the times that came back.

    `factors` slow down the machine, which its speed samples show; `noise` is in init's time alone.
    `launches` are the kinds of all launches so far.
    """

    def __init__(
        self,
        runner: Runner,
        times: Times,
        factors: Iterator[float] | None = None,
        noise: Iterator[float] | None = None,
        launches: list[str] | None = None,
    ):
        super().__init__(runner)
        self._times = times
        self._factors = factors if factors is not None else repeat(1.0)
        self._noise = noise if noise is not None else repeat(1.0)
        self._answers: dict[str, Launch] = {}
        self._sampled = jitter(17, SAMPLE_NOISE)
        self.launches: list[str] = launches if launches is not None else []

    def launch(
        self,
        python_args: tuple[str, ...],
        files: Mapping[str, str],
        timeout_s: float,
        folders: tuple[str, ...] = (),
    ) -> Launch:
        """Launch unless this job was launched before; answer with the table's times."""
        spec: dict[str, Any] = json.loads(files.get("spec.json", "{}"))
        if spec:
            files = {**files, "spec.json": json.dumps({**spec, "list_modules": True})}
        job = json.dumps([python_args, files, timeout_s])
        if job not in self._answers:
            self._answers[job] = super().launch(python_args, files, timeout_s, folders)
        launch = self._answers[job]
        self.launches.append(python_args[-3] if spec else "speed")
        factor = next(self._factors)
        if launch.result is None:
            return launch
        result = dict(launch.result)
        if "speed_us" in result:
            result["speed_us"] = SPEED_US * factor
            result["span"] = _span(SPEED_US * factor)
        if "phases" in result:
            self._retime(result, str(spec.get("variant") or ""), factor)
        total = sum(span["wall_ns"] for span in result.get("phases", {}).values()) // 1000
        rows = self._rows(launch.rows_text, str(spec.get("variant") or ""), factor)
        return replace(launch, total_wall_us=total or SPEED_US, rows_text=rows, result=result)

    def _retime(self, result: dict[str, Any], variant: str, factor: float) -> None:
        loaded = set(result.get("modules") or ())
        cpu_us = sum(self._times.of(name, variant) for name in loaded)
        waits_us = sum(self._times.waiting(name, variant) for name in loaded)
        result["phases"] = {
            "interpreter_start": _span(INTERPRETER_START_US * factor),
            "runtime": _span(RUNTIME_US * factor),
            # Waiting takes as long at any speed.
            "function_init": _span(cpu_us * factor * next(self._noise), waits_us),
        }
        if result.get("module_times"):
            result["module_times"] = {
                name: [
                    round(self._times.of(name, variant) * factor * 1000),
                    self._times.waiting(name, variant) * 1000,
                ]
                for name in result["module_times"]
            }
        if result.get("speed_samples"):
            samples = (next(self._sampled) * factor * SAMPLE_NS for _ in range(20))
            result["speed_samples"] = [[at, round(took)] for at, took in enumerate(samples)]
        if result.get("statements"):
            result["statements"] = [self._statement(row, factor) for row in result["statements"]]

    def _statement(self, row: list[Any], factor: float) -> list[Any]:
        place = PurePath(row[0]).name, row[1]
        own_ns = round(self._times.statements.get(place, 0) * factor * 1000)
        wall_ns = own_ns + self._times.waiting_statements.get(place, 0) * 1000
        return [*row[:3], own_ns, 0, wall_ns, *row[6:]]

    def _rows(self, text: bytes, variant: str, factor: float) -> bytes:
        """Return the rows of `-X importtime` with each module's own time from the table."""
        children: dict[int, int] = {}

        def retimed(found: re.Match[bytes]) -> bytes:
            depth = len(found[1]) // 2
            name = found[2].decode()
            waits_us = self._times.waiting(name, variant)
            own_us = round(self._times.of(name, variant) * factor) + waits_us
            total_us = own_us + children.pop(depth + 1, 0)
            children[depth] = children.get(depth, 0) + total_us
            return b"import time: %9d | %10d | %s%s" % (own_us, total_us, found[1], found[2])

        return _ROW.sub(retimed, text)


def _span(cpu_us: float, waits_us: float = 0) -> dict[str, int]:
    cpu_ns = round(cpu_us * 1000)
    return {
        "wall_ns": cpu_ns + round(waits_us * 1000),
        "cpu_ns": cpu_ns,
        "process_cpu_ns": cpu_ns,
        "run_delay_ns": 0,
    }


class _Seeded(Random):
    """The order of launches is random where nobody seeds it: here it is always the same."""

    def __init__(self, seed: int = 5) -> None:
        super().__init__(seed)


def run_clocked(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    args: list[str],
    times: Times,
    factors: Callable[[], Iterator[float]] = lambda: jitter(7),
    noise: Iterator[float] | None = None,
    launches: list[str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the command line in this process, in `folder`, with every launch's times made up.

    Nothing of its outcome is left to chance as long as no time limit ends it. The kinds of all
    launches are added to `launches`.
    """
    with monkeypatch.context() as patch:
        for name in ("LocalRunner", "ContainerRunner"):
            real = getattr(bench, name)

            def clocked(*values: Any, _real: Any = real, **named: Any) -> Clockwork:
                return Clockwork(_real(*values, **named), times, factors(), noise, launches)

            patch.setattr(bench, name, clocked)
        patch.setattr("random.Random", _Seeded)
        patch.chdir(folder)
        ran = click_runner().invoke(cli, args, prog_name="importcost", standalone_mode=False)
    code = ran.return_value if isinstance(ran.return_value, int) else 0
    said = ran.stderr
    if isinstance(ran.exception, ImportcostError | click.ClickException):
        code = getattr(ran.exception, "exit_code", 2)
        said += f"Error: {ran.exception}\n"
    elif ran.exception is not None:
        raise ran.exception
    return subprocess.CompletedProcess(args, code, ran.stdout, said)
