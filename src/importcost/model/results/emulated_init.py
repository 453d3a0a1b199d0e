"""The answer of `importcost verify-init`: the emulator's init beside the profile's."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from importcost.model.profile import Phase, PhaseTime, Profile, RunKind
from importcost.model.stats import middle_half

START_PHASES = (Phase.INTERPRETER_START, Phase.RUNTIME)


@dataclass(frozen=True, slots=True)
class VerifiedInit:
    """The profile's phases and the emulator's init, both wall time in the same image and quota.

    Every figure is a mean over the middle half of its launches (midmean): a launch at a small quota
    waits a whole period more or not at all, in one phase or the next, so medians of phases would
    neither add up nor be stable. `emulator_us` has one figure a cold start; `empty_us` the same for
    a module that imports nothing (empty for the function's own image). `own_cpu_us` is the
    emulator's own CPU time, which comes out of the same quota.
    """

    profile: Profile
    image: str
    engine: str
    cpus: float
    emulator_us: tuple[int, ...]
    empty_us: tuple[int, ...]
    own_cpu_us: tuple[int, ...] = ()

    @property
    def init_us(self) -> int:
        """Return the init that the emulator reported, microseconds."""
        return _midmean(self.emulator_us)

    @property
    def start_us(self) -> int | None:
        """Return the init of the empty module, or None."""
        return _midmean(self.empty_us) if self.empty_us else None

    @property
    def profile_us(self) -> int:
        """Return the sum of the profile's phases, microseconds."""
        return sum(phase.wall_us for phase in self.phases)

    @property
    def profile_start_us(self) -> int:
        """Return the profile's interpreter start and runtime, microseconds."""
        return sum(one.wall_us for one in self.phases if one.phase in START_PHASES)

    @property
    def phases(self) -> tuple[PhaseTime, ...]:
        """Return the profile's phases, their wall times over the same launches."""
        return typical_phases(self.profile)

    @property
    def own_wall_us(self) -> int | None:
        """Return the time that the emulator's own CPU takes of init at this quota, None if unknown.

        It is zero from two cores on: the emulator then has its own core.
        """
        if not self.own_cpu_us:
            return None
        if self.cpus > 1:
            return 0
        return round(_midmean(self.own_cpu_us) / self.cpus)

    @property
    def expected_us(self) -> int:
        """Return the init that the emulator should report by the profile, microseconds.

        It is the sum of the phases, and the time that the emulator's own work takes of the quota
        meanwhile. On Lambda the function has the quota alone.
        """
        return self.profile_us + (self.own_wall_us or 0)

    @property
    def error(self) -> float:
        """Return the deviation of the expected init from the emulator's, as a share of that."""
        return (self.expected_us - self.init_us) / self.init_us


def typical_phases(profile: Profile) -> tuple[PhaseTime, ...]:
    """Return a profile's phases with the wall times of the middle half of its timed launches.

    The function's two phases are split as in the profile.
    """
    walls = [
        (run.interpreter_start.wall_us, run.runtime.wall_us, run.function_init.wall_us)
        for run in profile.runs
        if run.kind is RunKind.TIMED
        and run.interpreter_start is not None
        and run.runtime is not None
        and run.function_init is not None
    ]
    if not walls:
        return profile.phases
    middle = middle_half([sum(run) for run in walls])
    start, runtime, function = (
        round(statistics.fmean(walls[place][phase] for place in middle)) for phase in range(3)
    )
    split = {one.phase: one for one in profile.phases}
    traced = split[Phase.HANDLER_IMPORTS].wall_us + split[Phase.MODULE_BODY].wall_us
    imports = round(function * split[Phase.HANDLER_IMPORTS].wall_us / traced) if traced else 0
    figures = (start, runtime, imports, function - imports)
    return tuple(
        replace(one, wall_us=wall_us) for one, wall_us in zip(profile.phases, figures, strict=True)
    )


def _midmean(values: Sequence[int]) -> int:
    return round(statistics.fmean(values[place] for place in middle_half(values)))
