"""Launch two versions of a handler in interleaved pairs, each through its own runner.

`pairs` measures changes of one task root; here base and head have their own folders, installed
requirements and interpreters. A pair is one launch of each, one right after the other in random
order, so that a machine whose speed drifts slows both alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from random import Random

from importcost.errors import HandlerError, MeasurementError
from importcost.measure.runners.base import Runner
from importcost.measure.session import Session, Subject
from importcost.model.profile import Pair, RunKind, Timing

OnLaunch = Callable[[], None]
"""Called after every launch."""


class Side(str, Enum):
    """One of the two versions."""

    BASE = "base"
    HEAD = "head"


@dataclass(frozen=True, slots=True)
class Version:
    """One of the two versions, laid out and ready to launch."""

    runner: Runner
    subject: Subject


class SideFailedError(Exception):
    """The handler of one side failed; `error` is the failure and `side` the side."""

    def __init__(self, side: Side, error: HandlerError) -> None:
        super().__init__(f"{side.value}: {error}")
        self.side = side
        self.error = error


class Interleaved:
    """Launches base and head in turn and returns pairs of timings."""

    def __init__(self, base: Version, head: Version, random: Random) -> None:
        self._sessions = {
            Side.BASE: Session(base.runner, base.subject),
            Side.HEAD: Session(head.runner, head.subject),
        }
        self._is_warmed = {
            Side.BASE: base.subject.bytecode_dir is not None,
            Side.HEAD: head.subject.bytecode_dir is not None,
        }
        self._random = random

    def warm_up(self, on_launch: OnLaunch) -> None:
        """Launch each side once outside the pairs: its files are read cold, and it fails fast.

        Head goes first: its failure is what the gate looks for, whatever base does. Raises
        SideFailedError, or MeasurementError if the interpreter or engine fails.
        """
        for side in (Side.HEAD, Side.BASE):
            if self._is_warmed[side]:
                self._launch(side, RunKind.WARM_UP)
            self._launch(side, RunKind.TIMED, is_gated=side is Side.HEAD)
            on_launch()

    def pairs(self, count: int, on_launch: OnLaunch) -> tuple[Pair, ...]:
        """Return `count` pairs. Raises as `warm_up` does."""
        found = []
        for _ in range(count):
            order = [Side.BASE, Side.HEAD]
            self._random.shuffle(order)
            timed = {}
            for side in order:
                timed[side] = self._launch(side, RunKind.TIMED)
                on_launch()
            found.append(Pair(timed[Side.BASE], timed[Side.HEAD]))
        return tuple(found)

    def _launch(self, side: Side, kind: RunKind, *, is_gated: bool = False) -> Timing:
        session = self._sessions[side]
        try:
            if is_gated:
                session.launch_handler(kind)
            else:
                session.launch_probe(kind)
        except HandlerError as error:
            raise SideFailedError(side, error) from error
        timing = session.runs[-1].function_init
        if timing is None:
            raise MeasurementError(f"A launch of {side.value} brought no timing: compare again.")
        return timing
