"""Count instructions of both versions, one run each, and judge the difference."""

from __future__ import annotations

from dataclasses import dataclass, replace

from importcost.app.profile.bench import Bench
from importcost.errors import MeasurementError
from importcost.gate.budgets import Budgets, Levels, Rule
from importcost.gate.checks import Check, Status
from importcost.gate.relative import relative_value
from importcost.measure.runners.callgrind import collected, under_callgrind
from importcost.measure.session import Session, Subject, Variant
from importcost.model.profile import RunKind

NOISE_SHARE = 0.005
"""The largest difference of two runs of the same code: clocks read, files listed."""


@dataclass(frozen=True, slots=True)
class Instructions:
    """Instructions of one launch: the whole process, and with an empty file as the handler."""

    total: int
    floor: int

    @property
    def function_init(self) -> int:
        """The instructions of the function's own init."""
        return max(self.total - self.floor, 1)


def count_instructions(bench: Bench) -> Instructions:
    """Count a bench's handler, and the same launch with nothing in it.

    Raises HandlerError if init fails, MeasurementError if valgrind cannot run it.
    """
    if bench.subject.server is not None:
        raise MeasurementError(
            "Instructions are counted of one process until it ends, and a web app's server runs "
            "until it is ready: leave --metric out."
        )
    runner = under_callgrind(bench.runner)
    subject = bench.subject
    nothing = Variant("empty", {subject.target.handler_file: b""})
    empty = replace(subject, variant=nothing, target=replace(subject.target, function=None))

    def count(one: Subject) -> int:
        session = Session(runner, one)
        session.launch_handler(RunKind.TIMED)
        if session.last is None:
            raise MeasurementError("callgrind returned no launch: compare again.")
        return collected(session.last)

    return Instructions(total=count(subject), floor=count(empty))


def instruction_check(
    handler: str, levels: Levels, budgets: Budgets, base: Instructions, head: Instructions
) -> Check:
    """Return the verdict: head may take `max_increase` more, or a difference within the noise."""
    more = head.function_init - base.function_init
    percent = 100 * more / base.function_init
    allowed = NOISE_SHARE if budgets.max_increase is None else budgets.max_increase
    # The noise is a share of the whole process, because that is what was run.
    is_noise = abs(more) <= NOISE_SHARE * base.total
    status = Status.FAIL if percent > 100 * allowed and not is_noise else Status.PASS
    change = relative_value(percent, 2, unit="as many")
    said = ", within the noise of one run" if is_noise else ""
    message = (
        f"Init takes {head.function_init / 1e6:,.1f} million instructions, "
        f"{base.function_init / 1e6:,.1f} before ({change}{said}); allowed is "
        f"{100 * allowed:g} %."
    )
    return Check(
        Rule.INCREASE,
        levels.of(Rule.INCREASE),
        status,
        message,
        handler,
        measured=round(percent, 3),
        budget=100 * allowed,
    )
