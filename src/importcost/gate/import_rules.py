"""Rules on which modules are loaded: the same answer on every machine, every time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from importcost.deferral.cost.chains import import_chains
from importcost.deferral.cost.flow import own_files
from importcost.gate.attribution import loaded_for_function
from importcost.gate.budgets import Rule
from importcost.gate.checks import Check, Status
from importcost.gate.patterns import first_match, matches, topmost, topmost_of
from importcost.gate.subject import JudgedHandler
from importcost.model.graph import ImportGraph
from importcost.model.results.chains import Chain, Hop

MAX_CHAINS = 20
"""Modules shown with their chains; the others are counted."""
MAX_BROUGHT = 12
"""Modules named that came along with another one."""

NO_GRAPH = "The loaded modules are not known: measure the handler instead of reading a log."


def forbidden_imports(subject: JudgedHandler) -> tuple[Check, ...]:
    """Check the modules loaded at init against `forbid`, with the chain that loads each."""
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


def module_count(subject: JudgedHandler) -> tuple[Check, ...]:
    """Check the number of modules that the function loads against `max_modules`."""
    rule, most = Rule.MODULE_COUNT, subject.budgets.max_modules
    graph = subject.evidence.graph
    if most is None:
        return ()
    if graph is None:
        return (subject.check(rule, Status.NOT_MEASURED, NO_GRAPH, budget=most),)
    count = len(loaded_for_function(graph))
    status = Status.FAIL if count > most else Status.PASS
    are = "module is" if count == 1 else "modules are"
    message = f"{count} {are} loaded at init; max_modules is {most}."
    return (subject.check(rule, status, message, measured=count, budget=most),)


def new_modules(subject: JudgedHandler) -> tuple[Check, ...]:
    """Check the modules loaded at init against the baseline's, without those allowed."""
    rule, allowed = Rule.NEW_MODULE, subject.budgets.allowed_new_modules
    graph, baseline = subject.evidence.graph, subject.baseline
    if allowed is None:
        return ()
    if graph is None:
        return (subject.check(rule, Status.NOT_MEASURED, NO_GRAPH),)
    if baseline is None:
        message = (
            f"There is no baseline of {subject.handler} to find new modules: write it with "
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

    brought = _by_cause(graph, found)

    def sentence(name: str) -> str:
        return f"{name}{_company(name, brought[name])} is loaded at init and not in the baseline"

    return _violations(subject, graph, rule, tuple(brought), sentence)


def _by_cause(graph: ImportGraph, found: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the modules that no other of them loaded, each with those that came with it.

    One import that brings sixty modules is one finding, not sixty.
    """
    loaders = {module.name: module.loaded_by for module in graph.modules}
    brought: dict[str, list[str]] = {}
    among = frozenset(found)
    for name in found:
        brought.setdefault(_cause(name, loaders, among), []).append(name)
    return {cause: tuple(names) for cause, names in brought.items()}


def _cause(name: str, loaders: Mapping[str, str | None], among: Collection[str]) -> str:
    """Return the one of some modules that loaded another: follow the first importers."""
    seen = {name}
    while (loader := loaders.get(name)) is not None and loader in among and loader not in seen:
        seen.add(loader)
        name = loader
    return topmost_of(name, among)


def _company(name: str, modules: Sequence[str]) -> str:
    """Name the modules that came along with one, in it and beside it."""
    inside = [one for one in modules if one != name and matches(one, name)]
    beside = topmost(one for one in modules if not matches(one, name))
    # Modules that are never imported by name tell least.
    names = sorted(beside, key=lambda one: one.startswith("_"))
    more = f" and {len(names) - MAX_BROUGHT} more" if len(names) > MAX_BROUGHT else ""
    parts = [f"{len(inside)} in it"] if inside else []
    parts += [f"what it loads: {', '.join(names[:MAX_BROUGHT])}{more}"] if names else []
    return f" (and {'; '.join(parts)})" if parts else ""


def _in_load_order(graph: ImportGraph, is_wanted: Callable[[str], bool]) -> tuple[str, ...]:
    loaded = loaded_for_function(graph)
    names = (module.name for module in graph.modules if module.name in loaded)
    return tuple(dict.fromkeys(name for name in names if is_wanted(name)))


def _violations(
    subject: JudgedHandler,
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
        found_at = _own_hop(hops, own)
        place = (found_at.file, found_at.line) if found_at is not None else (None, None)
        check = subject.check(rule, Status.FAIL, f"{sentence(name)}{way}.", place=place, about=name)
        checks.append(replace(check, imports=found_at.imported) if found_at is not None else check)
    if len(tops) > MAX_CHAINS:
        rest = tops[MAX_CHAINS:]
        message = f"{len(rest)} more modules break this rule: {', '.join(rest)}."
        checks.append(subject.check(rule, Status.FAIL, message, about="more modules"))
    return tuple(checks)


def _words(subject: JudgedHandler, chain: Chain) -> str:
    """Format a chain: `handler (handler.py:1) > helper (helper.py:4) > pandas`."""
    steps = [_step(subject, hop) for hop in chain.hops]
    return " > ".join([*steps, chain.hops[-1].imported])


def _step(subject: JudgedHandler, hop: Hop) -> str:
    where = f" ({subject.short(hop.file)}:{hop.line})" if hop.file and hop.line else ""
    if hop.importer == hop.body:
        return f"{hop.body}{where}"
    return f"{hop.body} > {hop.importer}{where}"


def _own_hop(hops: Sequence[Hop], own: Collection[str]) -> Hop | None:
    """Return the import in the function's own files nearest to the module: the one to change."""
    for hop in reversed(hops):
        if hop.file in own and hop.line is not None:
            return hop
    return None
