"""Erlang's formulas for requests that arrive at random (a Poisson process).

Erlang B is the share of requests that find every environment busy and go elsewhere. It depends on
the mean service time alone, not on its distribution (M/G/c/c). Erlang C is the share that must
wait in one queue; it holds for exponential service times (M/M/c). The load is in erlangs: arrivals
a second times seconds of service, the average number at work.
"""

from __future__ import annotations

import math

from importcost.errors import UsageError

MOST_SERVERS = 1_000_000
"""More environments than any account may have: a search ends there."""


def erlang_b(load: float, servers: int) -> float:
    """Return the share (0 to 1) of requests that find all servers busy.

    Raises UsageError for a negative load or number of servers.
    """
    _check(load, servers)
    blocked = 1.0
    for count in range(1, servers + 1):
        blocked = load * blocked / (count + load * blocked)
    return blocked


def erlang_c(load: float, servers: int) -> float:
    """Return the share (0 to 1) of requests that wait in the queue; 1 if it grows without end.

    Raises UsageError for a negative load or number of servers.
    """
    if load >= servers:
        _check(load, servers)
        return 1.0 if load or not servers else 0.0
    blocked = erlang_b(load, servers)
    return servers * blocked / (servers - load * (1 - blocked))


def queue_wait(load: float, servers: int, service: float) -> float:
    """Return the mean wait in the queue, in the unit of `service`; infinite if it never empties."""
    if load >= servers:
        return math.inf
    return erlang_c(load, servers) * service / (servers - load)


def servers_for(load: float, blocked: float) -> int:
    """Return the fewest servers that leave at most this share (0 to 1) without a free one.

    Raises UsageError for a share of 0 or less, and for a load beyond any account's quota.
    """
    _check(load, 0)
    if blocked <= 0:
        raise UsageError("No number of environments leaves nobody without a free one: allow some.")
    share, count = 1.0, 0
    while share > blocked:
        count += 1
        if count > MOST_SERVERS:
            raise UsageError(f"A load of {load:,.0f} needs over {MOST_SERVERS:,} environments.")
        share = load * share / (count + load * share)
    return count


def _check(load: float, servers: int) -> None:
    if not 0 <= load < math.inf or servers < 0:
        raise UsageError(f"A load of {load} on {servers} environments does not exist.")
