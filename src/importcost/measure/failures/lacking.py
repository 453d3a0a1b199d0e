"""What init lacks, worded: all of it in one sentence, with the options that supply it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from importcost.measure.failures.calls_out import call_that_failed
from importcost.measure.failures.diagnosis import InitFailure
from importcost.measure.failures.explain import above_task_root
from importcost.measure.failures.nearby import in_the_project
from importcost.measure.removed import last_version
from importcost.model.profile import Target
from importcost.model.supplies import MissingModule, Placeholder

MOST_NAMED = 12
NO_REMARKS: Mapping[str, str] = {}


def missing_modules(
    modules: Sequence[MissingModule],
    distributions: Mapping[str, str],
    target: Target,
    deployed: str | None,
    remarks: Mapping[str, str] = NO_REMARKS,
) -> str:
    """Say which modules are missing, who holds them, and how to supply them.

    `distributions` are the known ones by module; `deployed` names the file that says what is
    deployed, None without one. `remarks` say by module what else may be the matter.
    """
    for module in modules:
        is_known = module.name in distributions
        elsewhere = None if is_known else above_task_root(module.name, target)
        elsewhere = elsewhere or in_the_project(module.name, target, layers_only=is_known)
        if elsewhere is not None:
            return elsewhere
    named = [
        _module(one, distributions.get(one.name), target, remarks.get(one.name))
        for one in modules[:MOST_NAMED]
    ]
    plural = "s" if len(modules) > 1 else ""
    head = f"{target.handler_file} needs the module{plural} {_listed(named)}"
    if len(remarks) == len(modules):
        return (
            f"{head}: correct the import{plural}, or name what has {'them' if plural else 'it'} "
            "with --with NAME==VERSION, --layer DIR or --requirements FILE."
        )
    options = dict.fromkeys(
        f"--with {shlex.quote(distributions[one.name])}"
        for one in modules
        if one.name in distributions
    )
    pronoun = "them" if plural else "it"
    is_all = all(one.name in distributions for one in modules)
    supplied = pronoun if is_all else "what is known of them"
    supply = f"supply {supplied} for this run with {' '.join(options)}" if options else ""
    if deployed is not None:
        verb = "add their distributions" if plural else "add its distribution"
        layer = f"name the layer that has {pronoun} with --layer DIR"
        ways = [f"{verb} to it", layer, supply or f"supply {pronoun} with --with NAME"]
        return (
            f"{head}, which {deployed} does not bring, so that the deployed package will not have "
            f"{pronoun}: {', or '.join(ways)}."
        )
    rest = (
        "name its requirements with --requirements FILE, a layer with --layer DIR, or the "
        "environment with --python"
    )
    ways = [supply, rest] if supply else [f"supply {pronoun} with --with NAME", rest]
    holder = "neither the task root, a layer nor the measured environment holds"
    return f"{head}, which {holder}: {', or '.join(ways)}."


def removed_from_python(
    modules: Sequence[MissingModule], python_version: str, target: Target
) -> str | None:
    """Say that a missing module was part of an older Python, None where none was."""
    for module in modules:
        last = last_version(module.name, python_version)
        if last is not None:
            return (
                f"{target.handler_file} needs the module {_module(module, None, target)}, which "
                f"Python has had up to {last}, and {python_version} is measured: name an older "
                "interpreter with --python if the function's runtime is one, else replace what "
                "imports it by a newer version."
            )
    return None


def _module(
    module: MissingModule, distribution: str | None, target: Target, remark: str | None = None
) -> str:
    facts = []
    if module.file is not None:
        facts.append(_place(module.file, module.line, target))
    if distribution is not None:
        facts.append(f"in {distribution}")
    if remark is not None:
        facts.append(remark)
    return f"{module.name} ({', '.join(facts)})" if facts else module.name


def _place(file: str, line: int | None, target: Target) -> str:
    """Return the place below the task root, else the whole path."""
    path = Path(file)
    shown = path.relative_to(target.task_root) if path.is_relative_to(target.task_root) else path
    return f"{shown} line {line}" if line else str(shown)


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def unset_variables(variables: Sequence[Placeholder], target: Target) -> str:
    """Say which variables init reads that are not set, all of them, and how to set them."""
    named = [
        one.name if one.file is None else f"{one.name} ({_place(one.file, one.line, target)})"
        for one in variables
    ]
    plural, verb = ("s", "are") if len(variables) > 1 else ("", "is")
    options = " ".join(f"--env {one.name}=VALUE" for one in variables)
    return (
        f"{target.handler_file} reads the environment variable{plural} {_listed(named)}, which "
        f"{verb} not set: pass {'them' if plural else 'it'} with {options} or --env-file FILE."
    )


def placeholder_failed(
    failure: InitFailure, placeholders: Sequence[Placeholder], target: Target
) -> str:
    """Say that init fails even with placeholders, and which of them is to blame where known."""
    what = f"{failure.type}: {' '.join(failure.message.split())}".removesuffix(": ")
    error = {"type": failure.type, "message": failure.message, "traceback": failure.traceback}
    call = call_that_failed(error, target.handler_file, target.task_root)
    # A call that does not go where a placeholder says would fail with the real value as well.
    if call is not None and not any(one.value in failure.message for one in failure.blamed):
        return call
    if failure.blamed:
        values = [f"{one.name} ({one.value})" for one in failure.blamed]
        plural = "s" if len(values) > 1 else ""
        options = " ".join(f"--env {one.name}=VALUE" for one in failure.blamed)
        return (
            f"{target.handler_file} reads variables that are not set, and the "
            f"placeholder{plural} for {_listed(values)} did not pass ({what}): give the real "
            f"value{plural} with {options} or --env-file FILE."
        )
    options = " ".join(f"--env {one.name}=VALUE" for one in placeholders)
    return (
        f"Importing {target.handler_file} raised {what}, with placeholders for variables that are "
        f"not set: if it is for want of their values, pass them with {options} or --env-file FILE; "
        "the traceback shows the line."
    )
