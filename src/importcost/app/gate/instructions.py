"""Count the instructions of both versions, by what can count them here, and judge the difference.

Of the processor's instructions, by valgrind or perf, or of Python's bytecode, by the measured
interpreter itself. A count of one kind is compared only with another of the same kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from importcost.app.profile.bench import Bench
from importcost.errors import MeasurementError, NoCounterError, UsageError
from importcost.gate.budgets import Budgets, Levels, Rule
from importcost.gate.checks import Check, Status
from importcost.gate.relative import relative_value
from importcost.measure.programs import read_program
from importcost.measure.runners.base import Launch, Runner
from importcost.measure.runners.callgrind import collected, under_callgrind
from importcost.measure.runners.counting import FIXED_HASHES
from importcost.measure.runners.perf_stat import perf_instructions, under_perf
from importcost.measure.session import Session, Subject, Variant
from importcost.model.profile import RunKind

NOISE_SHARE = 0.005
"""The largest difference of two runs of the same code: clocks read, files listed."""
BYTECODE_NOISE_SHARE = 0.001
"""The same for bytecodes; tests/benchmarks/RESULTS.md has the differences of real packages."""
BYTECODE_RUNS = 2
"""Launches that count bytecodes: they show whether the code itself varies."""


class CountMethod(str, Enum):
    """A way to count instructions."""

    VALGRIND = "valgrind"
    PERF = "perf"
    BYTECODE = "bytecode"


@dataclass(frozen=True, slots=True)
class Instructions:
    """Instructions of one launch: the whole process, and with an empty file as the handler.

    Bytecodes are counted of the handler's import alone: their `floor` is 0. `spread` is the
    difference between launches of the same code, where there were several.
    """

    total: int
    floor: int
    method: CountMethod = CountMethod.VALGRIND
    spread: int = 0

    @property
    def function_init(self) -> int:
        """The instructions of the function's own init."""
        return max(self.total - self.floor, 1)

    @property
    def noise(self) -> float:
        """The largest difference that another run of the same code may have."""
        share = BYTECODE_NOISE_SHARE if self.method is CountMethod.BYTECODE else NOISE_SHARE
        # A share of the whole process, because that is what was run.
        return max(share * self.total, self.spread)

    @property
    def words(self) -> str:
        """The count with its unit."""
        if self.method is CountMethod.BYTECODE:
            return f"{self.function_init:,} bytecode instructions"
        return f"{self.function_init / 1e6:,.1f} million instructions"


def count_instructions(
    bench: Bench, methods: tuple[CountMethod, ...], tell: Callable[[str], None]
) -> Instructions:
    """Count a bench's handler by the first of the methods that works here.

    `tell` receives a sentence that names the method, and why those before it do not work. Raises
    HandlerError if init fails, MeasurementError if nothing can count it.
    """
    _refuse_server(bench)
    reasons = []
    for method in methods:
        try:
            found = _COUNTERS[method](bench)
        except NoCounterError as error:
            reasons.append(f"{method.value}: {str(error).rstrip('.')}")
            continue
        because = f" ({'; '.join(reasons)})" if reasons else ""
        tell(f"Instructions are counted by {_NAMES[method]}{because}.")
        return found
    raise MeasurementError(
        f"No instructions can be counted here ({'; '.join(reasons)}): compare CPU time with "
        "--metric cpu."
    )


def bytecodes_of(bench: Bench) -> Instructions:
    """Count the bytecodes that a bench's handler executes during init, in two launches.

    The bench's environment must fix the hashes. Raises HandlerError if init fails,
    MeasurementError if the handler takes the counter over.
    """
    _refuse_server(bench)
    program = {"bytecodes": read_program("bytecode_count.py")}
    counts = [_bytecodes(bench, program) for _ in range(BYTECODE_RUNS)]
    spread = max(counts) - min(counts)
    return Instructions(min(counts), 0, CountMethod.BYTECODE, spread)


def _refuse_server(bench: Bench) -> None:
    if bench.subject.server is not None:
        raise MeasurementError(
            "Instructions are counted of one process until it ends, and a web app's server runs "
            "until it is ready: compare its CPU time."
        )


def _bytecodes(bench: Bench, program: Mapping[str, Any]) -> int:
    found = Session(bench.runner, bench.subject).launch_handler(RunKind.TIMED, **program)
    counted = found.get("bytecodes")
    if counted is None:
        raise MeasurementError("The probe counted no bytecodes: report this as a bug.")
    if counted["lost"]:
        raise MeasurementError(
            f"The handler sets {counted['how']} for itself during init, which counts its "
            "bytecodes: compare CPU time with --metric cpu."
        )
    return int(counted["count"])


def _counted(
    bench: Bench, under: Callable[[Runner], Runner], read: Callable[[Launch], int]
) -> tuple[int, int]:
    """Return the instructions of a launch, and of the same launch with nothing in it."""
    runner = under(bench.runner)
    subject = bench.subject
    nothing = Variant("empty", {subject.target.handler_file: b""})
    empty = replace(subject, variant=nothing, target=replace(subject.target, function=None))

    def count(one: Subject) -> int:
        session = Session(runner, one)
        session.launch_handler(RunKind.TIMED)
        if session.last is None:
            raise MeasurementError("The counter returned no launch: compare again.")
        return read(session.last)

    floor = count(empty)
    return count(subject), floor


def _by_valgrind(bench: Bench) -> Instructions:
    return Instructions(*_counted(bench, under_callgrind, collected))


def _by_perf(bench: Bench) -> Instructions:
    return Instructions(*_counted(bench, under_perf, perf_instructions), CountMethod.PERF)


_COUNTERS: Mapping[CountMethod, Callable[[Bench], Instructions]] = {
    CountMethod.VALGRIND: _by_valgrind,
    CountMethod.PERF: _by_perf,
    CountMethod.BYTECODE: bytecodes_of,
}
_NAMES = {
    CountMethod.VALGRIND: "valgrind",
    CountMethod.PERF: "perf, from the processor's counter",
    CountMethod.BYTECODE: "the interpreter: bytecodes, without what native code does",
}
METHODS: Mapping[str, tuple[CountMethod, ...]] = {
    "instructions": tuple(CountMethod),
    "bytecode": (CountMethod.BYTECODE,),
}
"""The methods of each metric, the first that works is taken."""


def methods_of(metric: str) -> tuple[CountMethod, ...]:
    """Return the methods of a metric that counts. Raises UsageError for another one."""
    try:
        return METHODS[metric]
    except KeyError:
        raise UsageError(f"--metric is {metric}: name {' or '.join(METHODS)}.") from None


def instruction_check(
    handler: str, levels: Levels, budgets: Budgets, base: Instructions, head: Instructions
) -> Check:
    """Return the verdict: head may take `max_increase` more, or a difference within the noise."""
    more = head.function_init - base.function_init
    percent = 100 * more / base.function_init
    share = BYTECODE_NOISE_SHARE if base.method is CountMethod.BYTECODE else NOISE_SHARE
    allowed = share if budgets.max_increase is None else budgets.max_increase
    is_noise = abs(more) <= max(base.noise, head.noise if head.spread else 0)
    status = Status.FAIL if percent > 100 * allowed and not is_noise else Status.PASS
    change = relative_value(percent, 2, unit="as many")
    said = ", within the noise of one run" if is_noise else ""
    before = base.words.partition(" ")[0]
    changed = f"{head.words}, {before} before ({change}{said})"
    message = f"Init takes {changed}; allowed is {100 * allowed:g} %."
    return Check(
        Rule.INCREASE,
        levels.of(Rule.INCREASE),
        status,
        message,
        handler,
        measured=round(percent, 3),
        budget=100 * allowed,
    )


def fixed_hashes(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which hashes are the same in every launch."""
    return {**environment, **FIXED_HASHES}
