"""The Python that runs an edit: lazy imports mean something from 3.15 on only."""

from __future__ import annotations

from dataclasses import replace

from importcost.app.defer.advise import Analysis
from importcost.app.defer.findings import JudgedImport
from importcost.config.read import HandlerConfig
from importcost.deferral.rewrite.lazy import FIRST_LAZY
from importcost.errors import UsageError, Words, remedy, words
from importcost.model.advice import DeferStyle, DeferVerdict, IgnoredEdit, VerdictKind
from importcost.parameters import Parameter

PythonVersion = tuple[int, int]


def refuse_unparsable(style: DeferStyle | None, python: PythonVersion, named_by: Words) -> None:
    """Raise UsageError if the edit is a SyntaxError for the Python that runs the function.

    `named_by` says where that version comes from.
    """
    if style is not DeferStyle.LAZY or python >= FIRST_LAZY:
        return
    raise UsageError(
        words(
            "--style lazy needs Python 3.15: `lazy import` is a SyntaxError in ",
            f"Python {dotted(python)} ({named_by}), and no runtime that Lambda offers generally "
            "has 3.15",
        ),
        remedy("use --style function, which works in every Python"),
    )


def named_python(
    runtime: str | None, configured: HandlerConfig | None
) -> tuple[PythonVersion, Words] | None:
    """Return the Python that an option or the configuration names for Lambda, and which did.

    None if neither does. The option wins, as everywhere.
    """
    if runtime is not None:
        return version_of(runtime), words(Parameter.RUNTIME, f" {runtime}")
    if configured is not None and configured.runtime is not None:
        return version_of(configured.runtime), words(
            f"the configuration's runtime {configured.runtime}"
        )
    return None


def running_python(
    measured: PythonVersion, runtime: str | None, configured: HandlerConfig | None
) -> tuple[PythonVersion, Words]:
    """Return the oldest Python that has to run the edit, and where it comes from.

    That is the measured one, which runs the edited copies, or the one that Lambda is to run.
    """
    named = named_python(runtime, configured)
    if named is not None and named[0] < measured:
        return named
    return measured, words("the measured one")


def without_claims(analysis: Analysis, style: DeferStyle | None, python: PythonVersion) -> Analysis:
    """Return the analysis without savings of listings that this Python ignores.

    The edits stay: `ignored` are the numbers of their findings.
    """
    if style is not DeferStyle.LAZY_MODULES or python >= FIRST_LAZY:
        return analysis
    ignored = tuple(
        number
        for number, one in enumerate(analysis.findings)
        if one.finding.verdict.style is DeferStyle.LAZY_MODULES
    )
    best = analysis.advice.best_set
    listed = [number for number in best.finding_ids if number in ignored] if best else []
    findings = tuple(
        _ignored(one, python) if number in ignored else one
        for number, one in enumerate(analysis.findings)
    )
    advice = replace(analysis.advice, findings=tuple(one.finding for one in findings))
    if best is not None and listed:
        claimed = [number for number in best.finding_ids if number not in ignored]
        predicted_us = analysis.joint(listed).exclusive_us
        advice = replace(
            advice,
            best_set=analysis.joint(claimed) if claimed else None,
            ignored=IgnoredEdit(dotted(python), dotted(FIRST_LAZY), len(listed), predicted_us),
        )
    return replace(analysis, advice=advice, findings=findings, ignored=tuple(listed))


def _ignored(one: JudgedImport, python: PythonVersion) -> JudgedImport:
    reason = f"Python {dotted(python)} ignores __lazy_modules__, so a listing saves nothing there"
    verdict = DeferVerdict(VerdictKind.NOTHING_TO_GAIN, reason)
    return replace(one, finding=replace(one.finding, verdict=verdict), stands_alone=False)


def dotted(python: PythonVersion) -> str:
    """Return a version as `3.12`."""
    return ".".join(map(str, python))


def version_of(runtime: str) -> PythonVersion:
    """Return the version that a runtime's name ends with, `python3.13` or `3.13`."""
    major, _, minor = runtime.removeprefix("python").partition(".")
    return int(major), int(minor)
