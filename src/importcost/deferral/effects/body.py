"""Read one module's body for its effects on things that are not its own."""

from __future__ import annotations

import contextlib

from importcost.deferral.effects.calls import follow_call
from importcost.deferral.effects.expressions import value_of
from importcost.deferral.effects.lookup import Lookup
from importcost.deferral.effects.refs import NameScope
from importcost.deferral.effects.run import BodyRun, Steps
from importcost.deferral.effects.statements import run_statements
from importcost.deferral.effects.subclass_reads import SubclassReaders
from importcost.model.effects import ImportEffect

_STEPS = Steps(value_of, follow_call, run_statements)


def effects_of_body(
    lookup: Lookup, readers: SubclassReaders, module: str
) -> tuple[ImportEffect, ...]:
    """Return what a module's body does to others' objects; nothing for one without source.

    The code is read, never run. A body too deep to read is given up where that shows.
    """
    code = lookup.codes.code(module)
    if code is None:
        return ()
    run = BodyRun(lookup, module, _STEPS, readers)
    with contextlib.suppress(RecursionError):
        run_statements(run, code.tree.body, NameScope(module))
    return tuple(run.effects.values())
