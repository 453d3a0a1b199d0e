"""Calculate the facts that reports show beside a profile's figures, once per command."""

from __future__ import annotations

from importcost.billing.curve import bills_by_architecture
from importcost.billing.estimate import Estimate, file_costs
from importcost.billing.figures.datafiles import load_limits
from importcost.billing.figures.platforms import LAMBDA
from importcost.billing.file_loads import cumulative_ms
from importcost.billing.savings import savings_of
from importcost.deferral.cost.by_name import exclusive_by_name
from importcost.deferral.cost.bytecode import bytecode_advice
from importcost.model.module_facts import first_edges, module_facts, most_expensive
from importcost.model.profile import Profile
from importcost.model.results.facts import PackageFacts, ProfileFacts
from importcost.model.results.wrapping import wrapped_parts


def profile_facts(profile: Profile, bill: Estimate) -> ProfileFacts:
    """Return the facts about a profile whose estimate is `bill`."""
    savings = savings_of(profile)
    return ProfileFacts(
        modules=tuple(module_facts(profile)),
        first_edges=first_edges(profile.graph),
        exclusive_us=exclusive_by_name(profile),
        most_expensive=tuple(most_expensive(profile)),
        bytecode=bytecode_advice(profile),
        savings=savings,
        architectures=bills_by_architecture(profile, bill, savings.deferral),
        files_ms=cumulative_ms(profile.tree, file_costs(profile, bill)),
        wrapped=wrapped_parts(profile),
        package=_package(profile, bill),
    )


def _package(profile: Profile, bill: Estimate) -> PackageFacts | None:
    if profile.package is None:
        return None
    is_lambda = bill.platform == LAMBDA
    limit_mb = load_limits().unpacked_max_mb(bill.package_type) if is_lambda else None
    return PackageFacts(profile.package, limit_mb)
