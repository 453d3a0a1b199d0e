"""Everything that init lacks in one sentence, and how to supply it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from importcost.errors import Remedy, Trouble, Words, remedy, words
from importcost.measure.failures.calls_out import call_that_failed
from importcost.measure.failures.diagnosis import InitFailure
from importcost.measure.failures.explain import above_task_root
from importcost.measure.failures.nearby import in_the_project
from importcost.measure.removed import last_version
from importcost.model.profile import Target
from importcost.model.supplies import MissingModule, Placeholder
from importcost.parameters import Parameter

MOST_NAMED = 12
NO_REMARKS: Mapping[str, str] = {}


def missing_modules(
    modules: Sequence[MissingModule],
    distributions: Mapping[str, str],
    target: Target,
    deployed: str | None,
    remarks: Mapping[str, str] = NO_REMARKS,
) -> Trouble:
    """Name the missing modules, their distributions, and how to supply them.

    `distributions` are the known ones by module. `deployed` names the file that lists the deployed
    packages, None without one. `remarks` have other possible reasons by module.
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
        return Trouble(head, _correct("them" if plural else "it", f"correct the import{plural}"))
    pronoun = "them" if plural else "it"
    supply = _supply(modules, distributions, pronoun)
    if deployed is not None:
        verb = "add their distributions" if plural else "add its distribution"
        layer = words(f"name the layer that has {pronoun} with ", Parameter.LAYERS.named())
        return Trouble(
            f"{head}, which {deployed} does not bring, so that the deployed package will not have "
            f"{pronoun}",
            remedy(f"{verb} to it", layer, supply),
        )
    return Trouble(
        f"{head}, which neither the task root, a layer nor the measured environment holds",
        remedy(
            supply,
            words("name its requirements with ", Parameter.REQUIREMENTS.named()),
            words("a layer with ", Parameter.LAYERS.named()),
            words("the environment with ", Parameter.PYTHON),
        ),
    )


def _correct(pronoun: str, correct: str) -> Remedy:
    """Return the remedy for imports that are probably misspelled."""
    name = words(
        *(
            f"name the package that has {pronoun} with ",
            Parameter.PACKAGES.of("NAME==VERSION"),
            ", ",
        ),
        *(Parameter.LAYERS.named(), " or ", Parameter.REQUIREMENTS.named()),
    )
    return remedy(correct, name)


def _supply(
    modules: Sequence[MissingModule], distributions: Mapping[str, str], pronoun: str
) -> Words:
    """Return the remedy for modules with a known distribution, else for any of them."""
    known = dict.fromkeys(distributions[one.name] for one in modules if one.name in distributions)
    if not known:
        return words(f"supply {pronoun} with ", Parameter.PACKAGES.named())
    is_all = all(one.name in distributions for one in modules)
    supplied = pronoun if is_all else "what is known of them"
    return words(f"supply {supplied} for this run with ", Parameter.PACKAGES.of(*known))


def removed_from_python(
    modules: Sequence[MissingModule], python_version: str, target: Target
) -> Trouble | None:
    """Explain that a missing module was part of an older Python, or return None."""
    for module in modules:
        last = last_version(module.name, python_version)
        if last is not None:
            older = words(
                *("name an older interpreter with ", Parameter.PYTHON),
                " if the function's runtime is one",
            )
            return Trouble(
                f"{target.handler_file} needs the module {_module(module, None, target)}, which "
                f"Python had up to {last}, and {python_version} is measured",
                remedy(older, "replace the package that imports it by a newer version"),
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


def unset_variables(variables: Sequence[Placeholder], target: Target) -> Trouble:
    """Name all variables that init reads and that are not set, and how to set them."""
    named = [
        one.name if one.file is None else f"{one.name} ({_place(one.file, one.line, target)})"
        for one in variables
    ]
    plural, verb = ("s", "are") if len(variables) > 1 else ("", "is")
    env = Parameter.ENV.of(*(one.name for one in variables))
    return Trouble(
        f"{target.handler_file} reads the environment variable{plural} {_listed(named)}, which "
        f"{verb} not set",
        remedy(words(f"pass {'them' if plural else 'it'} with ", env)),
    )


def placeholder_failed(
    failure: InitFailure, placeholders: Sequence[Placeholder], target: Target
) -> Trouble:
    """Explain that init fails even with placeholders, and name the guilty ones if known."""
    what = f"{failure.type}: {' '.join(failure.message.split())}".removesuffix(": ")
    error = {"type": failure.type, "message": failure.message, "traceback": failure.traceback}
    call = call_that_failed(error, target.handler_file, target.task_root)
    # A call that fails for another reason than a placeholder would fail with the real value as
    # well.
    if call is not None and not any(one.value in failure.message for one in failure.blamed):
        return call
    if failure.blamed:
        values = [f"{one.name} ({one.value})" for one in failure.blamed]
        plural = "s" if len(values) > 1 else ""
        env = Parameter.ENV.of(*(one.name for one in failure.blamed))
        return Trouble(
            f"{target.handler_file} reads variables that are not set, and the "
            f"placeholder{plural} for {_listed(values)} did not pass ({what})",
            remedy(words(f"give the real value{plural} with ", env)),
        )
    env = Parameter.ENV.of(*(one.name for one in placeholders))
    return Trouble(
        f"Importing {target.handler_file} raised {what}, with placeholders for variables that are "
        "not set; the traceback shows the line",
        remedy(words("if it needs their values, pass them with ", env)),
    )
