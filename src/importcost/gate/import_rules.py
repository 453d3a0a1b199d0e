"""Rules on which modules are loaded: the same answer on every machine, every time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from importcost.deferral.chains import Chain, Hop, import_chains
from importcost.deferral.flow import own_files
from importcost.gate.attribution import loaded_for_function
from importcost.gate.budgets import Rule
from importcost.gate.checks import Check, Status
from importcost.gate.patterns import first_match, matches, topmost
from importcost.gate.subject import Subject
from importcost.model.graph import ImportGraph

MAX_CHAINS = 20
"""Modules whose chains are shown; the others are counted."""

NO_GRAPH = "Which modules are loaded is not known: measure the handler instead of reading a log."


def forbidden_imports(subject: Subject) -> tuple[Check, ...]:
    """Hold the modules loaded at init against `forbid`, with the chain that loads each."""
    rule, patterns = Rule.FORBIDDEN_IMPORT, subject.budgets.forbid
    graph = subject.evidence.graph
    if not patterns:
        return ()
    if graph is None:
        return (subject.check(rule, Status.NOT_MEASURED, NO_GRAPH),)
    found = _in_load_order(graph, lambda name: first_match(name, patterns) is not None)
    if not found:
        message = f"None of the forbidden {', '.join(patterns)} is loaded at init."
        return (subject.check(rule, Status.PASS, message),)

    def sentence(name: str) -> str:
        pattern = first_match(name, patterns)
        why = "is forbidden" if pattern == name else f"is forbidden by {pattern}"
        return f"{name} {why} and loaded at init"

    return _violations(subject, graph, rule, found, sentence)


def module_count(subject: Subject) -> tuple[Check, ...]:
    """Hold the number of modules that the function loads against `max_modules`."""
    rule, most = Rule.MODULE_COUNT, subject.budgets.max_modules
    graph = subject.evidence.graph
    if most is None:
        return ()
    if graph is None:
        return (subject.check(rule, Status.NOT_MEASURED, NO_GRAPH, budget=most),)
    count = len(loaded_for_function(graph))
    status = Status.FAIL if count > most else Status.PASS
    message = f"{count} modules are loaded at init; max_modules is {most}."
    return (subject.check(rule, status, message, measured=count, budget=most),)


def new_modules(subject: Subject) -> tuple[Check, ...]:
    """Hold the modules loaded at init against the baseline's, less those allowed."""
    rule, allowed = Rule.NEW_MODULE, subject.budgets.allowed_new_modules
    graph, baseline = subject.evidence.graph, subject.baseline
    if allowed is None:
        return ()
    if graph is None:
        return (subject.check(rule, Status.NOT_MEASURED, NO_GRAPH),)
    if baseline is None:
        message = (
            f"There is no baseline of {subject.handler} to tell new modules by: write it with "
            "importcost check --update-baseline."
        )
        return (subject.check(rule, Status.NOT_MEASURED, message),)
    known = frozenset(baseline.modules)
    found = _in_load_order(
        graph, lambda name: name not in known and first_match(name, allowed) is None
    )
    if not found:
        message = "No module is loaded at init that the baseline does not have."
        return (subject.check(rule, Status.PASS, message),)

    def sentence(name: str) -> str:
        inside = sum(matches(one, name) for one in found)
        more = f" (and {inside - 1} in it)" if inside > 1 else ""
        return f"{name}{more} is loaded at init and not in the baseline"

    return _violations(subject, graph, rule, found, sentence)


def _in_load_order(graph: ImportGraph, is_wanted: Callable[[str], bool]) -> tuple[str, ...]:
    loaded = loaded_for_function(graph)
    names = (module.name for module in graph.modules if module.name in loaded)
    return tuple(dict.fromkeys(name for name in names if is_wanted(name)))


def _violations(
    subject: Subject,
    graph: ImportGraph,
    rule: Rule,
    found: Sequence[str],
    sentence: Callable[[str], str],
) -> tuple[Check, ...]:
    """Return one failed check for each package among the modules, the first ones with chains."""
    tops, own = topmost(found), own_files(graph)
    checks = []
    for name in tops[:MAX_CHAINS]:
        chains = import_chains(graph, name, limit=1).chains
        hops = chains[0].hops if chains else ()
        way = f": {_words(subject, chains[0])}" if hops else ""
        checks.append(
            subject.check(rule, Status.FAIL, f"{sentence(name)}{way}.", place=_place(hops, own))
        )
    if len(tops) > MAX_CHAINS:
        rest = tops[MAX_CHAINS:]
        message = f"{len(rest)} more modules break this rule: {', '.join(rest)}."
        checks.append(subject.check(rule, Status.FAIL, message))
    return tuple(checks)


def _words(subject: Subject, chain: Chain) -> str:
    """Return a chain in words: `handler (handler.py:1) > helper (helper.py:4) > pandas`."""
    steps = [_step(subject, hop) for hop in chain.hops]
    return " > ".join([*steps, chain.hops[-1].imported])


def _step(subject: Subject, hop: Hop) -> str:
    where = f" ({subject.short(hop.file)}:{hop.line})" if hop.file and hop.line else ""
    if hop.importer == hop.body:
        return f"{hop.body}{where}"
    return f"{hop.body} > {hop.importer}{where}"


def _place(hops: Sequence[Hop], own: Collection[str]) -> tuple[str | None, int | None]:
    """Return the function's own line that is nearest to the module: the one to change."""
    for hop in reversed(hops):
        if hop.file in own and hop.line is not None:
            return hop.file, hop.line
    return None, None
