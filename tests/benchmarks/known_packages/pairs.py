"""Interleaved pairs of fresh launches of an entry's two programs."""

from __future__ import annotations

import json
import os
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from importcost.deferral.cost.known_facts import KnownProgram
from importcost.processes.bounded import run

LAUNCH = Path(__file__).with_name("launch.py")
TIMEOUT_S = 180
PAIRS, MOST_PAIRS = 5, 15
VARIABLES = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_LAMBDA_FUNCTION_NAME": "handler",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
    "LANG": "en_US.UTF-8",
    "TZ": ":UTC",
}
BEFORE, AFTER = "before", "after"


@dataclass(frozen=True)
class Launched:
    """One launch: CPU milliseconds without and with the use, and what was loaded; or an error."""

    cpu_ms: float = 0.0
    used_ms: float = 0.0
    modules: int = 0
    rss_mb: float = 0.0
    is_loaded: bool = False
    answer: str = ""
    error: str | None = None


@dataclass(frozen=True)
class Interpreter:
    """The Python that is measured, and the modules that the runtime loads before the function."""

    executable: str
    version: str
    preload: tuple[str, ...]


def launch(
    interpreter: Interpreter, program: KnownProgram, layer: Path | None, watched: str
) -> Launched:
    """Run a program once in a fresh interpreter, in an empty folder that is also its home."""
    given = {
        "code": program.code,
        "use": program.use,
        "without": program.without,
        "search_path": [str(layer / "python")] if layer else [],
        "preload": interpreter.preload,
        "watched": watched,
    }
    with tempfile.TemporaryDirectory(prefix="known-", ignore_cleanup_errors=True) as folder:
        specification, result = Path(folder, "given.json"), Path(folder, "result.json")
        specification.write_text(json.dumps(given), encoding="utf-8")
        inside = Path(folder, "home")
        inside.mkdir()
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(inside),
            "TMPDIR": str(inside),
            **VARIABLES,
            **program.environment,
        }
        argv = [interpreter.executable, "-I", "-S", str(LAUNCH), str(specification), str(result)]
        done = run(argv, timeout_s=TIMEOUT_S, env=environment, cwd=inside)
        if done.timed_out:
            return Launched(error=f"it ran longer than {TIMEOUT_S} s")
        try:
            return Launched(**json.loads(result.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            last = done.error.decode("utf-8", "replace").strip().split("\n")[-1]
            return Launched(error=f"exit code {done.exit_code}: {last}"[:500])


@dataclass(frozen=True)
class Paired:
    """Launches of both programs, pair by pair."""

    before: tuple[Launched, ...]
    after: tuple[Launched, ...]

    @property
    def savings_ms(self) -> list[float]:
        """The saving in CPU milliseconds of each pair, without the use."""
        return [
            left.cpu_ms - right.cpu_ms for left, right in zip(self.before, self.after, strict=True)
        ]

    @property
    def used_savings_ms(self) -> list[float]:
        """The same, if each function does its work at once."""
        return [
            left.used_ms - right.used_ms
            for left, right in zip(self.before, self.after, strict=True)
        ]

    @property
    def is_clear(self) -> bool:
        """True if the pairs agree which program is the faster: all, or of many four in five."""
        wins = sum(saving > 0 for saving in self.savings_ms)
        needed = 0.8 if len(self.before) >= MOST_PAIRS else 1.0
        return max(wins, len(self.before) - wins) >= needed * len(self.before)


def paired(
    launched: Callable[[str], Launched], is_over: Callable[[Paired], object], pairs: int = PAIRS
) -> Paired:
    """Launch both programs in pairs, in both orders by turns; more pairs while they disagree.

    `launched` gets BEFORE or AFTER. The first launch of each writes bytecode, fills the disk's
    cache and does not count. If `is_over` is true of what there is, there are no further pairs.
    """
    first = Paired((launched(BEFORE),), (launched(AFTER),))
    if is_over(first):
        return first
    found: dict[str, list[Launched]] = {BEFORE: [], AFTER: []}
    while True:
        number = len(found[BEFORE])
        for side in (BEFORE, AFTER) if number % 2 == 0 else (AFTER, BEFORE):
            found[side].append(launched(side))
        result = Paired(tuple(found[BEFORE]), tuple(found[AFTER]))
        if is_over(result) or number + 1 >= (pairs if result.is_clear else MOST_PAIRS):
            return result


def median_of(launches: Sequence[Launched], name: str) -> float:
    """Return the median of one figure."""
    return statistics.median(getattr(one, name) for one in launches)
