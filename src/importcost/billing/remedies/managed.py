"""Managed Instances: environments on EC2 instances that serve many requests at once.

With Python, the runtime forks N workers before each of them imports the handler: an environment
needs N times the handler's memory, every worker does the imports on its own, and the environment
is ready with the first worker. No request starts an environment; one that finds every worker busy
is refused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from importcost.billing.estimate import Estimate
from importcost.billing.figures.assumptions import assumed
from importcost.billing.figures.datafiles import python_minor
from importcost.billing.figures.managed import InstanceType, ManagedFigures, load_managed
from importcost.billing.queueing.capacity import FixedCapacity
from importcost.billing.queueing.erlang import erlang_c, queue_wait
from importcost.billing.queueing.simulate import simulate_queue
from importcost.billing.remedies.demand import Demand
from importcost.model.profile import Profile, RunKind

HOUR_S = 3600
_MB_PER_GB = 1024
_SPARE_GB = 0.5
"""The memory that the instance's own system takes."""
_SIZES = {1: "large", 2: "xlarge", 4: "2xlarge", 8: "4xlarge", 16: "8xlarge"}


@dataclass(frozen=True, slots=True)
class ManagedChoice:
    """The user's own figures of Managed Instances; None: chosen or as shipped."""

    workers: int | None = None
    dollars_per_hour: float | None = None


@dataclass(frozen=True, slots=True)
class EnvironmentSize:
    """An environment that holds its workers: MB, vCPUs. `wanted` workers may not all fit."""

    workers: int
    wanted: int
    memory_mb: int
    vcpus: int


@dataclass(frozen=True, slots=True)
class ManagedFleet:
    """Instances and environments under some traffic; US dollars a month, shares from 0 to 1.

    `refused_share` of the requests find every worker busy. `cpu_wait_share` and `cpu_wait_ms` are
    the share that waits for a processor and the mean wait, if requests only compute (Erlang C, or
    simulated where requests do not come one by one at random).
    """

    size: EnvironmentSize
    environments: int
    instance: InstanceType
    instances: int
    dollars: float
    refused_share: float
    cpu_wait_share: float
    cpu_wait_ms: float


def peak_rss_mb(profile: Profile) -> float | None:
    """Return the most memory that a launch of the handler held, MB, or None if not measured."""
    # Tracing and wrapped imports hold memory of their own.
    kinds = [run for run in profile.runs if run.kind is RunKind.TIMED] or profile.runs
    peaks = [run.peak_rss_kb for run in kinds if run.peak_rss_kb]
    return max(peaks) / 1024 if peaks else None


def environment_size(rss_mb: float | None, workers: int | None) -> EnvironmentSize | None:
    """Return the smallest environment that holds the workers, None if none does.

    Without a number of workers it is the default for one vCPU, or as many of them as fit.
    """
    figures = load_managed()
    wanted = figures.workers_per_vcpu if workers is None else workers
    needed_mb = wanted * (rss_mb or 0.0)
    most_vcpus = figures.memory_max_mb // _MB_PER_GB // max(figures.gb_per_vcpu)
    for vcpus in range(1, most_vcpus + 1):
        for ratio in figures.gb_per_vcpu:
            memory_mb = max(figures.memory_min_mb, ratio * vcpus * _MB_PER_GB)
            if needed_mb <= memory_mb <= figures.memory_max_mb:
                return EnvironmentSize(wanted, wanted, memory_mb, vcpus)
        if workers is None:
            memory_mb = max(figures.gb_per_vcpu) * _MB_PER_GB
            fitting = int(memory_mb // (rss_mb or 1.0))
            return EnvironmentSize(fitting, wanted, memory_mb, 1) if fitting else None
    return None


def managed_fleet(
    profile: Profile, bill: Estimate, demand: Demand, choice: ManagedChoice, region: str
) -> ManagedFleet | str:
    """Return the cheapest fleet that serves the traffic, or a sentence that says why none does."""
    figures = load_managed()
    if python_minor(bill.runtime) < figures.minimum_python:
        return (
            f"Managed Instances: {bill.runtime} is too old, they need"
            f" python3.{figures.minimum_python} or later."
        )
    if region != figures.region and choice.dollars_per_hour is None:
        return (
            f"Managed Instances: EC2's prices are known for {figures.region} only, not for"
            f" {region}: state that of a large instance (--instance-price)."
        )
    rss_mb = peak_rss_mb(profile)
    size = environment_size(rss_mb, choice.workers)
    if size is None:
        workers = choice.workers or 1
        return (
            f"Managed Instances: {workers:,} workers of {rss_mb or 0:,.0f} MB each do not fit into"
            f" the {figures.memory_max_mb // _MB_PER_GB} GB that an environment may have: state"
            " fewer (--workers)."
        )
    count, refused = _environments(size, demand, figures)
    queue = _queue(demand, count * size.vcpus)
    fleets = [
        _fleet(size, count, refused, _priced(instance, choice), queue, figures)
        for instance in figures.instances
        if instance.arch == bill.arch
    ]
    known = [fleet for fleet in fleets if fleet is not None]
    if not known:
        return f"Managed Instances: no {bill.arch} instance is known that holds its environment."
    return min(known, key=lambda fleet: fleet.dollars)


def _priced(instance: InstanceType, choice: ManagedChoice) -> InstanceType:
    if choice.dollars_per_hour is None:
        return instance
    return replace(instance, dollars_per_hour=choice.dollars_per_hour)


def _environments(
    size: EnvironmentSize, demand: Demand, figures: ManagedFigures
) -> tuple[int, float]:
    """Return how many environments leave processors and workers enough, and the refused share.

    The busiest hour decides.
    """
    hours = demand.arrivals.by_hour
    peak = max(hours) * len(hours) / sum(hours) if hours else 1.0
    busy = demand.traffic.concurrency * peak / figures.most_busy_share / size.vcpus
    count = max(figures.least_environments, math.ceil(busy))
    allowed = 1 - demand.traffic.met_share
    while True:
        run = demand.provisioned(0.0, FixedCapacity(count * size.workers)).run
        if run.spilled_share <= allowed:
            return count, run.spilled_share
        count += max(1, count // 4)


def _queue(demand: Demand, processors: int) -> tuple[float, float]:
    """Return the share of requests that wait for a processor, and the mean wait in ms."""
    traffic = demand.traffic
    if traffic.recorded is None and traffic.burst == 1 and not traffic.by_hour:
        load = traffic.concurrency
        return erlang_c(load, processors), queue_wait(load, processors, traffic.duration_ms)
    waiting, wait_s = simulate_queue(demand.arrivals, processors)
    return waiting, wait_s * 1000


def _fleet(
    size: EnvironmentSize,
    count: int,
    refused: float,
    instance: InstanceType,
    queue: tuple[float, float],
    figures: ManagedFigures,
) -> ManagedFleet | None:
    memory_gb = size.memory_mb / _MB_PER_GB
    for times, name in _SIZES.items():
        each = min(
            instance.vcpus * times // size.vcpus,
            int((instance.memory_gb * times - _SPARE_GB) // memory_gb),
        )
        if each < 1:
            continue
        large = replace(
            instance,
            name=instance.name.replace(".large", f".{name}"),
            vcpus=instance.vcpus * times,
            memory_gb=instance.memory_gb * times,
            dollars_per_hour=instance.dollars_per_hour * times,
        )
        # At least one instance in each of the zones that the environments are spread over.
        instances = max(figures.least_environments, math.ceil(count / each))
        hours = assumed("month_seconds").value / HOUR_S
        dollars = instances * hours * large.dollars_per_hour * (1 + figures.management_share)
        return ManagedFleet(
            size=size,
            environments=count,
            instance=large,
            instances=instances,
            dollars=dollars,
            refused_share=refused,
            cpu_wait_share=queue[0],
            cpu_wait_ms=queue[1],
        )
    return None
