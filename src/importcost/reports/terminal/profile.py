"""The terminal report: the cost of one cold start and its causes, on one screen."""

from __future__ import annotations

import math
from collections.abc import Sequence

from importcost.billing.estimate import Estimate, file_costs
from importcost.billing.function_parts import LAMBDA_LOG
from importcost.model.graph import (
    FUNCTION,
    RUNTIME,
    STDLIB,
    UNKNOWN_DISTRIBUTION,
    ImportEdge,
    LoadedModule,
)
from importcost.model.profile import Profile, WarningCode
from importcost.model.results.facts import BytecodeAdvice, ProfileFacts
from importcost.model.tree import NO_PARENT, NOT_IN_LOG
from importcost.reports.facts import importer_word, short_path
from importcost.reports.init_parts import on_lambda_ms, parts_sentence
from importcost.reports.page_cache import page_cache_words
from importcost.reports.platform_words import (
    init_words,
    limit_sentence,
    measured_words,
    nothing_imported,
    place_words,
    platform_notes,
    price_unit,
    price_words,
    start_noun,
    start_verb,
    time_basis,
    time_place,
)
from importcost.reports.supplies import supply_lines
from importcost.reports.terminal.advice import suggestion_lines
from importcost.reports.terminal.package import package_lines, shipped_lines
from importcost.reports.terminal.web_adapter import web_lines
from importcost.reports.terminal.wrapper import wrapper_lines
from importcost.reports.text import (
    MAX_WIDTH,
    NARROWEST,
    Palette,
    elide,
    milliseconds,
    printable,
    wrap,
)

BAR_COLOURS = ("90", "34", "36", "35", "33")
BAR_MARKS = "█▓▒░▚"
"""One for each phase: a web app has five."""
MIN_WIDTH = 72
# From here on the table has room for local times beside those on Lambda.
WIDE = 90
NAME_SHARE = 0.34
LABEL_ROOM = 44
# Imports that the first sentence names: direct ones of at least this share, and not many.
TOP_SHARE, TOP_COUNT = 0.1, 3
LEAST_MS = 1.0
"""An import below this on Lambda does not explain the cost of a cold start."""


_LOG_NOTES = {
    True: "From a log written on Lambda: its own wall times.",
    False: "From a log: its own wall times. No INIT_START or REPORT line says that Lambda wrote "
    "it, so they count as an unknown machine's and the band is wide: keep those lines in the file.",
}


def render_terminal(
    profile: Profile, estimate: Estimate, facts: ProfileFacts, *, width: int, colour: bool
) -> str:
    """Return the report as text of at most `width` columns (40 to 110 are used)."""
    style = Palette(colour=colour)
    width = max(NARROWEST, min(MAX_WIDTH, width))
    blocks = [
        _headline(profile, estimate, facts, style, width),
        _phase_bar(estimate, style, width),
        web_lines(profile, estimate, width),
        wrapper_lines(profile, estimate, facts, width),
        _imports(profile, estimate, facts, style, width),
        _packages(profile, estimate, width),
        package_lines(facts.package, style, width),
        shipped_lines(profile, estimate, facts, style, width)
        or _bytecode(facts.bytecode, style, width),
        list(suggestion_lines(profile, style, width)),
        _warnings(profile, style, width),
        supply_lines(profile, width),
        _notes(profile, estimate, width),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _headline(
    profile: Profile, estimate: Estimate, facts: ProfileFacts, style: Palette, width: int
) -> list[str]:
    if profile.web:
        name = elide(f"{profile.web.app} under {profile.web.server}", 60)
    elif profile.target and profile.target.plain:
        name = elide(profile.target.handler, 60)
    elif profile.target:
        name = elide(short_path(profile.target.handler_file, profile.target), 60)
    else:
        log = profile.environment.log or "a log"
        name = "the handler in " + elide("a log on stdin" if log == "-" else log, 45)
    if profile.target and profile.target.function and not profile.web:
        name = f"{name}:{printable(profile.target.function)}"
    shown, price = estimate.shown_ms, price_words(estimate)
    is_least = any(one.code is WarningCode.LOG_IS_CUT for one in profile.warnings)
    about = "at least" if is_least else "about"
    first = f"{start_noun(estimate)} of {style(name, '1')} {start_verb(estimate)} {about}"
    figure = init_words(estimate, style(milliseconds(shown.value), "1;33"))
    band = f"({shown.low:,.0f} to {shown.high:,.0f} ms){measured_words(estimate)}"
    place = place_words(estimate, " · ")
    money = [style(f"{price} cold starts", "1"), f"{price_unit(estimate)},"] if price else []
    if width >= MIN_WIDTH:
        lines = [f"{first} {figure} {band}", " ".join((*money, place))]
    else:
        lines = [first, f"{figure} {band}", *money[:1], " ".join((*money[1:], place))]
    lines += _why(profile, estimate, facts, width)
    limit = limit_sentence(estimate)
    if limit is not None:
        lines += [style(line, "31") for line in wrap(limit, width)]
    for note in platform_notes(estimate):
        lines += wrap(note, width)
    return lines


def _why(profile: Profile, estimate: Estimate, facts: ProfileFacts, width: int) -> list[str]:
    """Name the imports that cause most of the init: the reader's next question."""
    tree, ratio = profile.tree, estimate.speed_ratio.value / 1000
    on_lambda = on_lambda_ms(profile, estimate, facts)
    entered = [n for n in facts.most_expensive if _enters_from_own_code(profile, n)]
    entered.sort(key=lambda node: -on_lambda[node])
    least = max(profile.function_init.local_us * TOP_SHARE, LEAST_MS / ratio)
    top = [node for node in entered if tree.cumulative_us[node] > least][:TOP_COUNT]
    if not top:
        return []
    named = []
    for node in top:
        where = _importer(profile, facts.first_edges.get(tree.name(node)))
        place = f" ({where})" if where else ""
        named.append(f"{tree.name(node)}{place} {milliseconds(on_lambda[node])}")
    is_most = sum(on_lambda[node] for node in top) > estimate.init_ms.value / 2
    words = "Most of it is imports" if is_most else "Its largest imports"
    return wrap(f"{words}: {', '.join(named)}.", width)


def _enters_from_own_code(profile: Profile, node: int) -> bool:
    """Return True if the function's own code imported a module of somebody else's."""
    tree = profile.tree
    modules = profile.graph.modules if profile.graph else ()
    own = {module.name for module in modules if module.distribution == FUNCTION}
    if profile.target is not None:
        own.add(profile.target.started_module)
        if profile.target.wrapper is not None and tree.name(node) == profile.target.wrapper.program:
            return False
    above = tree.parents[node]
    while above != NO_PARENT and tree.name(above) in own:
        above = tree.parents[above]
    return above == NO_PARENT and tree.name(node) not in own


def _phase_bar(estimate: Estimate, style: Palette, width: int) -> list[str]:
    total = sum(phase.init_ms for phase in estimate.phases)
    if total <= 0:
        return []
    cells = _apportion([phase.init_ms for phase in estimate.phases], width)
    marks = BAR_MARKS if style.is_plain else "█" * len(BAR_MARKS)
    bar = "".join(
        style(marks[index % len(marks)] * count, BAR_COLOURS[index % len(BAR_COLOURS)])
        for index, count in enumerate(cells)
    )
    label_room = min(LABEL_ROOM, width - 20)
    legend = []
    for index, phase in enumerate(estimate.phases):
        mark = style(marks[index % len(marks)], BAR_COLOURS[index % len(BAR_COLOURS)])
        figure = f"{milliseconds(phase.init_ms):>10}  {phase.share:>4.0%}"
        legend.append(f"{mark} {elide(phase.label, label_room):<{label_room}}{figure}")
    made_of = wrap(parts_sentence(estimate), width)
    return [style(f"Where it goes, as {time_basis(estimate)}", "1"), bar, *legend, *made_of]


def _apportion(values: Sequence[float], width: int) -> list[int]:
    """Share `width` cells out by value, largest remainders first, so that they add up."""
    total = sum(values)
    exact = [value / total * width for value in values]
    cells = [math.floor(value) for value in exact]
    order = sorted(range(len(values)), key=lambda index: cells[index] - exact[index])
    for index in order[: width - sum(cells)]:
        cells[index] += 1
    return cells


def _imports(
    profile: Profile, estimate: Estimate, facts: ProfileFacts, style: Palette, width: int
) -> list[str]:
    if not facts.most_expensive:
        return wrap(nothing_imported(estimate), width)
    tree = profile.tree
    figures = on_lambda_ms(profile, estimate, facts)
    nodes = sorted(facts.most_expensive, key=lambda node: -figures[node])
    # The denominator of the phases above: their shares and those of imports can be compared.
    whole = max(sum(phase.init_ms for phase in estimate.phases), 1e-9)
    room = int(width * NAME_SHARE) if width >= MIN_WIDTH else width - 21
    head = f"{'Most expensive imports':<{room}} {time_place(estimate):>12} {'of init':>7}"
    if width >= WIDE and estimate.is_modelled:
        head += f" {'here' if profile.runs else 'logged':>9} {'self':>8}"
    where_room = width - len(head) - 2
    if width >= MIN_WIDTH:
        head += "  imported by"
    lines = [style(elide(head, width), "1")]
    for node in nodes:
        cumulative, own = tree.cumulative_us[node] / 1000, tree.self_us[node] / 1000
        on_lambda = milliseconds(figures[node])
        share = min(1.0, figures[node] / whole)
        line = f"{elide(tree.name(node), room):<{room}} {on_lambda:>12} {share:>7.0%}"
        if width >= WIDE and estimate.is_modelled:
            line += f" {cumulative:>9,.1f} {own:>8,.1f}"
        if width >= MIN_WIDTH:
            line += "  " + elide(
                _importer(profile, facts.first_edges.get(tree.name(node))), where_room
            )
        lines.append(line.rstrip())
    local = profile.function_init
    missing_us = 0.0 if profile.runs else local.unattributed_share * max(local.local_us, 1.0)
    if missing_us:
        missing_ms = missing_us / 1000 * estimate.speed_ratio.value
        on_lambda, share = milliseconds(missing_ms), min(1.0, missing_ms / whole)
        lines.append(f"{elide(NOT_IN_LOG, room):<{room}} {on_lambda:>12} {share:>7.0%}")
    return lines


def _importer(profile: Profile, edge: ImportEdge | None) -> str:
    if edge is None:
        return ""
    if edge.file is None or edge.line is None:
        return importer_word(profile, edge)
    return f"{short_path(edge.file, profile.target)}:{edge.line}"


def _packages(profile: Profile, estimate: Estimate, width: int) -> list[str]:
    """Name the packages of Lambda's runtime, and others assumed deployed without a file."""
    environment, modules = profile.environment, profile.graph.modules if profile.graph else ()
    brought = {module.name for module in modules if module.from_runtime}
    lines = []
    if brought:
        tree, ratio = profile.tree, estimate.speed_ratio.value / 1000
        own_us = sum(tree.self_us[node] for node in range(len(tree)) if tree.name(node) in brought)
        own_ms = own_us * ratio + file_costs(profile, estimate).ms_of(brought)
        owners = sorted({module.distribution for module in modules if module.from_runtime})
        whose = "their" if len(owners) > 1 else "its"
        lines += wrap(
            f"From Lambda's runtime: {', '.join(owners)}, {milliseconds(own_ms)} of "
            f"{whose} own, which the function pays for all the same "
            f"({environment.runtime_packages}).",
            width,
        )
    if environment.requirements is None and any(_is_elsewhere(module) for module in modules):
        lines += wrap(f"Packages: {environment.packages}.", width) if environment.packages else []
    return lines


def _is_elsewhere(module: LoadedModule) -> bool:
    """Return True if a module belongs to a package that is neither the user's nor Lambda's."""
    own = (FUNCTION, STDLIB, RUNTIME, UNKNOWN_DISTRIBUTION)
    return module.distribution not in own and not module.from_runtime


def _bytecode(advice: BytecodeAdvice | None, style: Palette, width: int) -> list[str]:
    if advice is None:
        return []
    count = advice.compiled_modules
    text = (
        f"{count} module{'s' * (count != 1)} ({advice.own_modules} of the function's own) "
        f"{'is' if count == 1 else 'are'} compiled at every cold start: a ZIP's timestamp "
        "bytecode is never valid and /var/task is read-only. Ship hash-based bytecode "
        "instead, made in the build folder with Lambda's Python version:"
    )
    return [style("Bytecode", "1"), *wrap(text, width), "  " + style(advice.command, "36")]


def _warnings(profile: Profile, style: Palette, width: int) -> list[str]:
    lines = []
    for warning in profile.warnings:
        first, *rest = wrap(warning.message, width - 2)
        lines += [style("!", "33") + " " + first, *("  " + line for line in rest)]
    return lines


def _notes(profile: Profile, estimate: Estimate, width: int) -> list[str]:
    function = profile.function_init
    cpu = function.cpu_us
    timed = sum(run.kind.value == "timed" for run in profile.runs)
    if not timed and not estimate.is_modelled:
        return ["From a log: its own wall times."]
    if not timed:
        return wrap(_LOG_NOTES[profile.source == LAMBDA_LOG], width)
    text = (
        f"Measured here: {cpu.value / 1000:,.1f} ms CPU of function init (median of {timed}"
        f"{_median_range(profile)}), {function.wall_us / 1000:,.1f} ms wall; "
        f"{function.unattributed_share:.1%} belongs to no module; Python "
        f"{profile.environment.python_version}, runner {profile.environment.runner}."
    )
    return [*wrap(text, width), *wrap(page_cache_words(profile), width)]


def _median_range(profile: Profile) -> str:
    """Return the interval of the local median in words, unless a warning gives a wider one."""
    if any(warning.code is WarningCode.NOISY for warning in profile.warnings):
        return ""
    cpu = profile.function_init.cpu_us
    return f", {cpu.low / 1000:,.1f} to {cpu.high / 1000:,.1f} with {cpu.confidence:.0%} confidence"
