"""Pairs of launches, written down as microseconds."""

from importcost.model.profile import Pair, Timing


def timing(cpu_us, *, wall_us=None, blocked_us=0, knows_delay=True):
    """A launch that waits for a processor as long as its wall time says beyond what it blocks."""
    wall_us = cpu_us + blocked_us if wall_us is None else wall_us
    delay_us = wall_us - cpu_us - blocked_us if knows_delay else None
    return Timing(wall_us, cpu_us, cpu_us, delay_us)


def pairs(count, base_us, shift_us, *, spread_us=100, **values):
    """`count` pairs whose differences lie `spread_us` apart, evenly around `shift_us`."""
    middle = (count - 1) / 2
    return [
        Pair(
            timing(base_us, **values),
            timing(round(base_us + shift_us + (at - middle) * spread_us), **values),
        )
        for at in range(count)
    ]
