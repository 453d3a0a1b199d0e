"""Sentences about what provisioned environments and Managed Instances give under the traffic."""

from __future__ import annotations

from importcost.billing.estimate import Estimate
from importcost.billing.queueing.capacity import (
    Capacity,
    FixedCapacity,
    ScheduledCapacity,
    TrackedCapacity,
)
from importcost.billing.queueing.erlang import erlang_b
from importcost.billing.remedies.demand import Demand
from importcost.billing.remedies.managed import ManagedFleet
from importcost.billing.remedies.sizing import SizedCapacity


def worded_share(share: float) -> str:
    """Return a share as a percentage of three digits, such as `18.6 %`; never 0 for some."""
    if 0 < share < 1e-7:
        return "under 0.00001 %"
    digits = f"{share * 100:.3g}"
    return f"{float(digits):.10f}".rstrip("0").rstrip(".") + " %"


def worded_capacity(capacity: Capacity) -> str:
    """Return a rule for provisioned environments in words."""
    if isinstance(capacity, FixedCapacity):
        count = capacity.environments
        return f"{count:,} environment{'s' * (count != 1)} all month"
    if isinstance(capacity, ScheduledCapacity):
        hours = ", ".join(f"{count}" for count in capacity.by_hour)
        return f"by the hour of the day from 0 to 23: {hours} environments"
    if isinstance(capacity, TrackedCapacity):
        return f"target tracking from {capacity.least:,} to {capacity.most:,} environments"
    return "a number of environments that changes"


def reserved_remarks(demand: Demand, sized: SizedCapacity) -> tuple[str, ...]:
    """Return what spills over provisioned environments, and what that means for requests."""
    shares, traffic = sized.shares, demand.traffic
    remarks = [worded_capacity(sized.capacity)]
    if not isinstance(sized.capacity, FixedCapacity):
        remarks[0] += f", {shares.run.environments:.1f} on the average"
    formula = ""
    is_random = traffic.recorded is None and traffic.burst == 1 and not traffic.by_hour
    if isinstance(sized.capacity, FixedCapacity) and is_random and traffic.spillover is None:
        blocked = erlang_b(traffic.concurrency, sized.capacity.environments)
        formula = f" (Erlang B: {worded_share(blocked)})"
    stated = "" if traffic.spillover is None else ", as you state,"
    if shares.spilled:
        remarks.append(
            f"{worded_share(shares.spilled)} of requests{stated} find none of them free{formula}"
            f" and run on demand, {worded_share(shares.cold)} of all start cold there"
        )
    else:
        remarks.append(f"none of the simulated requests found all of them busy{formula}")
    if not sized.is_enough:
        remarks.append(
            f"too few to keep {worded_share(traffic.met_share)} of requests from a felt cold start"
        )
    return tuple(remarks)


def managed_remarks(fleet: ManagedFleet, bill: Estimate, rss_mb: float | None) -> tuple[str, ...]:
    """Return what the fleet is made of, its memory, its start, and whom it refuses."""
    size = fleet.size
    memory = "the memory of one was not measured" if rss_mb is None else f"{rss_mb:,.0f} MB each"
    where = f"{fleet.instances:,} {fleet.instance.name}"
    remarks = [
        f"{fleet.environments:,} environments of {size.memory_mb / 1024:.0f} GB on {where}",
        f"in each, {size.workers:,} workers import the handler, each on its own ({memory})",
    ]
    if size.workers < size.wanted:
        remarks.append(f"{size.wanted:,} workers would not fit into its memory")
    late_ms = bill.init_ms.value * max(1.0, size.workers / size.vcpus)
    remarks.append(
        f"an environment is ready with its first worker, {bill.init_ms.value:,.0f} to"
        f" {late_ms:,.0f} ms after its start as workers share processors"
    )
    remarks.append(
        f"{worded_share(fleet.refused_share)} of requests find every worker busy and are refused"
        if fleet.refused_share
        else "none of the simulated requests found every worker busy; one that does is refused"
    )
    remarks.append(
        f"if requests only compute, {worded_share(fleet.cpu_wait_share)} wait for a processor,"
        f" {fleet.cpu_wait_ms:,.2g} ms on the average"
    )
    return tuple(remarks)
