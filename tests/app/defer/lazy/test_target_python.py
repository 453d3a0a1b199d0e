"""The Python that an edit has to work on, as options, configuration and measurement say."""

from dataclasses import replace

import pytest

from importcost.app.defer.advise import Analysis
from importcost.app.defer.findings import JudgedImport
from importcost.app.defer.lazy.target_python import (
    named_python,
    refuse_unparsable,
    running_python,
    without_claims,
)
from importcost.billing.savings import savings_of
from importcost.config.read import HandlerConfig
from importcost.errors import UsageError
from importcost.model.advice import (
    Advice,
    BestSet,
    DeferStyle,
    DeferVerdict,
    ImportFinding,
    SourcePlace,
    VerdictKind,
)
from importcost.reports.terminal.advice import render_advice
from tests.reports.page_factory import small_profile

OLD = HandlerConfig("h", "app.handler", runtime="python3.13")
NEW = HandlerConfig("h", "app.handler", runtime="python3.15")
SILENT = HandlerConfig("h", "app.handler")


@pytest.mark.parametrize(
    ("measured", "runtime", "configured", "version", "source"),
    [
        ((3, 15), "python3.12", None, (3, 12), "--runtime python3.12"),
        ((3, 15), None, OLD, (3, 13), "the configuration's runtime python3.13"),
        ((3, 15), "python3.15", OLD, (3, 15), "the measured one"),
        ((3, 12), "python3.15", None, (3, 12), "the measured one"),
        ((3, 12), None, NEW, (3, 12), "the measured one"),
        ((3, 14), None, None, (3, 14), "the measured one"),
        ((3, 15), None, SILENT, (3, 15), "the measured one"),
    ],
)
def test_the_oldest_python_that_runs_the_edit_counts(
    measured, runtime, configured, version, source
):
    found, named_by = running_python(measured, runtime, configured)
    assert (found, str(named_by)) == (version, source)
    refuses = version < (3, 15)
    if refuses:
        with pytest.raises(UsageError, match="SyntaxError in Python") as error:
            refuse_unparsable(DeferStyle.LAZY, found, named_by)
        assert source in str(error.value)
        assert str(error.value).endswith("use --style function, which works in every Python.")
    else:
        refuse_unparsable(DeferStyle.LAZY, found, named_by)


@pytest.mark.parametrize(
    "style", [None, *(one for one in DeferStyle if one is not DeferStyle.LAZY)]
)
def test_other_styles_are_never_refused_for_the_python(style):
    refuse_unparsable(style, *running_python((3, 9), "python3.9", OLD))


def test_nothing_is_named_without_option_and_setting():
    assert named_python(None, None) is None
    assert named_python(None, SILENT) is None


def finding(style):
    verdict = DeferVerdict(VerdictKind.DEFERRABLE, "only f() uses it", style=style)
    place = SourcePlace("/task/app.py", 1, 1)
    return ImportFinding(place, "import x", ("x",), verdict, 5_000, 5_000, ("x",))


def analysis_of(*styles):
    findings = tuple(finding(style) for style in styles)
    judged = tuple(JudgedImport(one, None, (), (), ()) for one in findings)

    def joint(numbers):
        return BestSet(tuple(numbers), 5_000 * len(numbers), ())

    best = joint(range(len(styles)))
    return Analysis(Advice(findings, (), best, None), judged, None, joint, None)


LISTED, GETTER = DeferStyle.LAZY_MODULES, DeferStyle.GETTER


@pytest.mark.parametrize(
    ("styles", "claimed", "ignored"),
    [
        ((LISTED,), None, (0,)),
        ((LISTED, LISTED), None, (0, 1)),
        ((LISTED, GETTER, LISTED), (1,), (0, 2)),
        ((GETTER,), (0,), ()),
    ],
)
def test_a_listing_that_this_python_ignores_is_no_saving(styles, claimed, ignored):
    found = without_claims(analysis_of(*styles), LISTED, (3, 13))
    best = found.advice.best_set
    assert (best.finding_ids if best else None) == claimed
    assert found.ignored == ignored
    for number in ignored:
        verdict = found.advice.findings[number].verdict
        assert verdict.kind is VerdictKind.NOTHING_TO_GAIN
        assert "Python 3.13 ignores __lazy_modules__" in verdict.reason
        assert not found.findings[number].stands_alone
    if ignored:
        assert found.advice.ignored.predicted_us == 5_000 * len(ignored)
    profile = small_profile()
    saved = savings_of(profile_with(profile, found.advice))
    assert (saved.deferral is None) == (claimed is None)
    text = " ".join(
        render_advice(profile_with(profile, found.advice), width=100, colour=False).split()
    )
    assert ("saves nothing on Python 3.13, which ignores the list" in text) == bool(ignored)
    assert ("Defer 1 statement:" in text) == (claimed is not None)


def profile_with(profile, advice):
    return replace(profile, advice=advice)


@pytest.mark.parametrize(
    ("style", "python"), [(LISTED, (3, 15)), (None, (3, 9)), (DeferStyle.FUNCTION, (3, 9))]
)
def test_other_edits_keep_their_claims(style, python):
    analysis = analysis_of(LISTED, GETTER)
    assert without_claims(analysis, style, python) is analysis
