"""Use case: attribute the difference between two saved profiles."""

from __future__ import annotations

from dataclasses import replace

from importcost.app.bill.place import bill, handlers_of
from importcost.billing.figures.platforms import GENERIC
from importcost.gate.attribution import Attribution, attribute
from importcost.gate.difference import Difference, NameChange, caveats
from importcost.model.module_facts import first_edges
from importcost.model.profile import Profile


def difference(base: Profile, head: Profile) -> Difference:
    """Return the causes of the difference between two profiles.

    What two platforms bill has no common measure, so their profiles are compared by their times
    here, without dollars. Raises UsageError for settings that Lambda does not have.
    """
    differences = caveats(base, head)
    if base.settings.platform != head.settings.platform:
        differences += ("The two platforms bill differently, so only the times here are compared.",)
        base, head = _here(base), _here(head)
    base_handler, head_handler = handlers_of(base.target, head.target)
    base_bill = bill(base, base_handler).estimate
    head_bill = bill(head, head_handler).estimate
    found = attribute(base, head, head_bill)
    return Difference(
        base=base,
        head=head,
        base_bill=base_bill,
        head_bill=head_bill,
        modules=_modules(found),
        distributions=_distributions(found),
        dollars_per_million=found.dollars_per_million,
        caveats=differences,
        base_edges=first_edges(base.graph),
        head_edges=first_edges(head.graph),
    )


def _here(profile: Profile) -> Profile:
    """Return a profile as if it were of the platform that has neither price nor other speed."""
    return replace(profile, settings=replace(profile.settings, platform=GENERIC))


def _modules(found: Attribution) -> tuple[NameChange, ...]:
    return tuple(
        NameChange(one.module, one.distribution, one.kind.value, one.base_us, one.head_us)
        for one in found.modules
    )


def _distributions(found: Attribution) -> tuple[NameChange, ...]:
    return tuple(
        NameChange(
            one.distribution,
            one.distribution,
            one.kind.value,
            one.base_us,
            one.head_us,
            one.added,
            one.removed,
        )
        for one in found.distributions
    )
