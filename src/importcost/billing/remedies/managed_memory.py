"""The memory that the workers of a Managed Instances environment need, beside what it has."""

from __future__ import annotations

from dataclasses import dataclass

from importcost.billing.figures.managed import load_managed
from importcost.billing.remedies.managed import peak_rss_mb
from importcost.errors import UsageError
from importcost.model.profile import Profile

_MB_PER_GB = 1024


@dataclass(frozen=True, slots=True)
class ManagedMemory:
    """Workers of one environment and their memory, MB; times in milliseconds.

    `rss_mb` is that of one worker and `needed_mb` that of all, None if it was not measured. `sizes`
    are memory sizes of the environment, `too_small` those of them that do not hold all workers.
    `ready_low_ms` to `ready_high_ms` after its start an environment is ready: with its first
    worker, which has a processor of its own at best, and shares one with all others at worst.
    """

    workers: int
    rss_mb: float | None
    needed_mb: float | None
    sizes: tuple[int, ...]
    too_small: tuple[int, ...]
    ready_low_ms: float
    ready_high_ms: float


def managed_memory(
    profile: Profile, workers: int, init_ms: float, sizes: tuple[int, ...] = ()
) -> ManagedMemory:
    """Return the memory of `workers` that each import the handler, for some sizes or for all.

    `init_ms` is the estimated init of one. Raises UsageError for a size that no environment of
    Managed Instances has.
    """
    figures = load_managed()
    for size in sizes:
        if not figures.memory_min_mb <= size <= figures.memory_max_mb:
            raise UsageError(
                f"Managed Instances have no memory size of {size} MB: choose"
                f" {figures.memory_min_mb} to {figures.memory_max_mb} MB, or leave out --workers."
            )
    chosen = sizes or tuple(
        size * _MB_PER_GB
        for size in (2, 4, 8, 16, 32)
        if figures.memory_min_mb <= size * _MB_PER_GB <= figures.memory_max_mb
    )
    rss_mb = peak_rss_mb(profile)
    needed_mb = None if rss_mb is None else workers * rss_mb
    return ManagedMemory(
        workers=workers,
        rss_mb=rss_mb,
        needed_mb=needed_mb,
        sizes=chosen,
        too_small=tuple(size for size in chosen if needed_mb is not None and needed_mb > size),
        ready_low_ms=init_ms,
        ready_high_ms=init_ms * workers,
    )
