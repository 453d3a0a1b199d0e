"""The difference of two saved profiles of one handler."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from importcost.billing.estimate import Estimate
from importcost.model.graph import ImportEdge
from importcost.model.interval import Interval
from importcost.model.names import profiled_name
from importcost.model.profile import Profile


@dataclass(frozen=True, slots=True)
class NameChange:
    """One module's or distribution's self times in base and head, microseconds.

    `kind` is added, removed, slower, faster or unchanged. For a distribution `added` and
    `removed` count its modules.
    """

    name: str
    distribution: str
    kind: str
    base_us: int
    head_us: int
    added: int = 0
    removed: int = 0

    @property
    def delta_us(self) -> int:
        """Head less base."""
        return self.head_us - self.base_us


@dataclass(frozen=True, slots=True)
class Difference:
    """Two profiles of one handler, and what accounts for their difference, largest first.

    `dollars_per_million` is what head costs more per million cold starts, None on a platform that
    has no price; `caveats` are sentences on what makes the two hard to compare. The edges are
    those that loaded each module.
    """

    base: Profile
    head: Profile
    base_bill: Estimate
    head_bill: Estimate
    modules: tuple[NameChange, ...]
    distributions: tuple[NameChange, ...]
    dollars_per_million: Interval | None
    caveats: tuple[str, ...]
    base_edges: Mapping[str, ImportEdge] = field(default_factory=dict)
    head_edges: Mapping[str, ImportEdge] = field(default_factory=dict)


def verdict(difference: Difference) -> str:
    """Return slower, faster or same: whether the intervals of function init lie apart."""
    before = difference.base.function_init.cpu_us
    after = difference.head.function_init.cpu_us
    if after.low > before.high:
        return "slower"
    return "faster" if after.high < before.low else "same"


def billed_dollars(difference: Difference) -> Interval | None:
    """Return what head costs more per million cold starts, US dollars, as its bills have it.

    `dollars_per_million` scales the measured shift by one speed ratio; the bills are rounded and
    have a ratio each. Shown beside two bills, the figure has to be their difference.
    """
    found = difference.dollars_per_million
    before = difference.base_bill.dollars_per_million
    after = difference.head_bill.dollars_per_million
    if found is None or before is None or after is None:
        return None
    value = after.value - before.value
    return Interval(min(found.low, value), value, max(found.high, value), found.confidence)


def caveats(base: Profile, head: Profile) -> tuple[str, ...]:
    """Return what differs in how the two were measured: then they differ for that as well."""
    one, other = base.environment, head.environment
    pairs = (
        ("Python", one.python_version, other.python_version),
        ("processor", one.cpu_model or one.machine, other.cpu_model or other.machine),
        ("runner", one.runner, other.runner),
        ("bytecode", one.bytecode, other.bytecode),
        ("platform", base.settings.platform, head.settings.platform),
        ("architecture", base.settings.arch, head.settings.arch),
        ("package type", base.settings.package_type, head.settings.package_type),
        ("runtime", base.settings.runtime, head.settings.runtime),
        ("handler", handler_name(base), handler_name(head)),
    )
    return tuple(
        f"Measured with another {what}: {before} in base, {after} in head. "
        "Part of the difference may come from that."
        for what, before, after in pairs
        if before != after
    )


def handler_name(profile: Profile) -> str:
    """Return the handler of a profile; "none" if it was made from a log."""
    return profiled_name(profile) or "none"


def kind_counts(difference: Difference) -> Mapping[str, int]:
    """Return how many modules are of each kind."""
    return Counter(one.kind for one in difference.modules)
