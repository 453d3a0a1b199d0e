"""The data that the HTML page draws: a finished profile and its estimate as plain JSON values.

Everything that recurs is interned and every table is columnar: 20,000 nodes stay near a megabyte.
Tree figures are local CPU microseconds, the headline is modelled on Lambda; the page labels both.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from importcost.billing.estimate import FLOOR_LABEL, Estimate
from importcost.billing.figures.platforms import load_platforms
from importcost.billing.readiness import WEB_EXPLANATIONS, WEB_LABELS
from importcost.model.module_facts import STARTUP_PHASES
from importcost.model.names import profiled_name
from importcost.model.profile import Phase, Profile
from importcost.model.results.facts import BytecodeAdvice, ProfileFacts
from importcost.reports.facts import BYTECODE_ORDER, interval_json, interval_or_none, short_path
from importcost.reports.init_parts import init_parts, on_lambda_ms
from importcost.reports.page.changes import advice_notes, best_changes, proof_text
from importcost.reports.page.colours import distribution_totals
from importcost.reports.page.columns import (
    distribution_ids,
    importers_of,
    module_columns,
    tree_columns,
)
from importcost.reports.page.money import curve, money_constants
from importcost.reports.page.package import package_data
from importcost.reports.page.platform import platform_data
from importcost.reports.page_cache import page_cache_words
from importcost.reports.supplies import package_words, placeholder_facts
from importcost.reports.web_notes import web_notes
from importcost.reports.wrapper_notes import wrapper_notes

if TYPE_CHECKING:
    # Only types: no command pays for them at its start.
    from importcost.reports.page.contract import (
        BudgetData,
        BytecodeData,
        FunctionData,
        HeadlineData,
        LocalData,
        PhaseData,
        SuppliesData,
        WholePageData,
        WrapperData,
    )


PAGE_SCHEMA = 2

PHASE_EXPLANATIONS = {
    FLOOR_LABEL: "What any hello-world function pays before your first import: the sandbox, the "
    "interpreter and the Lambda runtime. No change in your code removes it.",
    Phase.INTERPRETER_START.value: "Starting Python itself, before any code of yours.",
    Phase.RUNTIME.value: "What the Lambda runtime loads for itself before your handler.",
    Phase.HANDLER_IMPORTS.value: "Every module that importing your handler loads. "
    "Deferring or dropping imports shortens this part.",
    Phase.MODULE_BODY.value: "Code at the top level of your handler: clients created, files "
    "read, models loaded.",
}


def page_data(
    profile: Profile,
    estimate: Estimate,
    facts: ProfileFacts,
    budget: BudgetData | None = None,
) -> WholePageData:
    """Return the JSON value behind the page.

    `*_us` are microseconds of CPU on the measuring machine, `*_ms` milliseconds modelled on
    Lambda. `budget` is a gate's verdict where there is one: `status` (pass, fail or unknown) and
    `text`, one sentence. Strings are those of the profile, lone surrogates included: serialize as
    ASCII.
    """
    modules = facts.modules
    distributions = distribution_totals(profile.tree, modules)
    return {
        "schema": PAGE_SCHEMA,
        "generator": f"importcost {profile.importcost_version}",
        "created_at": profile.created_at,
        "source": profile.source,
        "function": _function(profile, estimate),
        "platform": platform_data(estimate),
        "headline": _headline(estimate),
        "local": _local(profile),
        "budget": budget,
        "money": money_constants(profile, estimate),
        "curve": curve(facts),
        "changes": best_changes(profile),
        "proof": proof_text(profile),
        "advice": advice_notes(profile),
        "phases": _phases(profile, estimate),
        "startup_phases": list(STARTUP_PHASES),
        "tree": tree_columns(profile.tree),
        "distribution_ids": distribution_ids(modules),
        "modules": module_columns(profile, modules, facts.exclusive_us),
        "bytecode_states": [state.value for state in BYTECODE_ORDER],
        "distributions": distributions,
        "most_expensive": list(facts.most_expensive),
        "most_expensive_ms": _most_expensive_ms(profile, estimate, facts),
        "top_importers": importers_of(profile, modules, facts.most_expensive),
        "bytecode": _bytecode(facts.bytecode),
        "package": package_data(profile, estimate, facts, distributions),
        "warnings": [{"code": w.code.value, "message": w.message} for w in profile.warnings],
        "supplies": _supplies(profile),
        "web": list(web_notes(profile, estimate)),
        "wrapper": _wrapper(profile, estimate, facts),
        "environment": _environment(profile),
        "notes": list(estimate.notes),
        "sources": [[s.figure, s.source, s.date] for s in estimate.sources],
    }


def _function(profile: Profile, estimate: Estimate) -> FunctionData:
    target = profile.target
    return {
        "handler": profiled_name(profile),
        # The replacement for the handler's name above a log.
        "origin": None if target else profile.environment.runner_reason,
        "module": target.started_module if target else None,
        "file": short_path(target.handler_file, target) if target else None,
        "runtime": estimate.runtime,
        "arch": estimate.arch,
        "package_type": estimate.package_type,
        "memory_mb": estimate.memory_mb,
    }


def _most_expensive_ms(profile: Profile, estimate: Estimate, facts: ProfileFacts) -> list[float]:
    return [round(ms, 3) for ms in on_lambda_ms(profile, estimate, facts).values()]


def _bytecode(advice: BytecodeAdvice | None) -> BytecodeData | None:
    if advice is None:
        return None
    return {
        "compiled_modules": advice.compiled_modules,
        "own_modules": advice.own_modules,
        "command": advice.command,
    }


def _supplies(profile: Profile) -> SuppliesData:
    facts = placeholder_facts(profile)
    return {
        "packages": package_words(profile),
        "placeholders": [
            {"name": fact.name, "value": fact.value, "place": fact.place} for fact in facts
        ],
    }


def _wrapper(profile: Profile, estimate: Estimate, facts: ProfileFacts) -> WrapperData | None:
    parts = facts.wrapped
    if parts is None:
        return None
    return {
        "label": parts.wrapper.label,
        "own_node": parts.own_root,
        "notes": list(wrapper_notes(profile, estimate, facts)),
    }


def _headline(estimate: Estimate) -> HeadlineData:
    return {
        "shown_ms": interval_json(estimate.shown_ms),
        "billed_init_ms": interval_or_none(estimate.billed_init_ms),
        "init_ms": interval_json(estimate.init_ms),
        "floor_ms": interval_json(estimate.floor_ms),
        "function_init_ms": interval_json(estimate.function_init_ms),
        "dollars_per_million": interval_or_none(estimate.dollars_per_million),
        "second_dollars": estimate.second_dollars,
        "speed_ratio": interval_json(estimate.speed_ratio),
        "limit": estimate.limit.value,
        "waiting_ms": estimate.waiting_ms,
        "parts": [{"label": words, "ms": ms} for words, ms in init_parts(estimate)],
    }


def _local(profile: Profile) -> LocalData:
    init = profile.function_init
    return {
        "cpu_us": interval_json(init.cpu_us),
        "wall_us": init.wall_us,
        "process_cpu_us": init.process_cpu_us,
        "blocked_us": init.blocked_us,
        "unattributed_share": init.unattributed_share,
    }


def _phases(profile: Profile, estimate: Estimate) -> list[PhaseData]:
    """Return the modelled phases, each with the local figure under the same label."""
    names = WEB_LABELS if profile.web else {}
    measured = {
        names.get(time.phase.value, time.phase.value): time.cpu_us for time in profile.phases
    }
    explanations = {**PHASE_EXPLANATIONS, **WEB_EXPLANATIONS}
    return [
        {
            "label": phase.label,
            "init_ms": phase.init_ms,
            "share": phase.share,
            "local_us": measured.get(phase.label),
            "explanation": explanations.get(phase.label, ""),
        }
        for phase in estimate.phases
    ]


def _environment(profile: Profile) -> list[list[str]]:
    """Return the measuring environment, as pairs of label and value in reading order."""
    is_on_lambda = load_platforms()[profile.settings.platform].runs_lambda_runtime
    env, kinds = profile.environment, Counter(run.kind.value for run in profile.runs)
    runs = ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "none"
    cpu = f"{env.cpu_model or env.machine}, {env.cpu_count} CPUs"
    rows: list[tuple[str, str | None]] = [
        ("Measured", profile.created_at),
        ("By", f"importcost {profile.importcost_version}"),
        ("Source", profile.source),
        ("Runner", f"{env.runner} ({env.runner_reason})" if env.runner_reason else env.runner),
        ("Image", env.image),
        ("Python", f"{env.python_implementation} {env.python_version}"),
        ("Platform", env.platform),
        ("Processor", cpu),
        ("Lambda runtime", env.runtime_source if is_on_lambda else None),
        ("Bytecode", env.bytecode),
        ("Page cache", page_cache_words(profile) or None),
        ("Requirements", env.requirements),
        ("Packages", env.packages),
        ("From the runtime", env.runtime_packages),
        ("Runs", runs),
        ("Variables passed", ", ".join(profile.settings.environment_names) or None),
    ]
    return [[label, value] for label, value in rows if value]
