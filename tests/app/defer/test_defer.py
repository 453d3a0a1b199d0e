import pytest

from importcost.app.defer.advise import Analysis
from importcost.app.defer.behaviour import is_needed
from importcost.app.defer.defer import untimed_statements
from importcost.app.defer.findings import JudgedImport
from importcost.app.defer.settle import idle_members
from importcost.measure.pairs import NO_SAVING
from importcost.model.advice import (
    Advice,
    BestSet,
    DeferVerdict,
    ImportFinding,
    SourcePlace,
    VerdictKind,
    Verification,
)
from importcost.model.results.events import SingleChange


def finding(imported, modules, exclusive_us=1):
    return ImportFinding(
        place=SourcePlace("/task/app.py", 1, 1),
        code="import x",
        imported=imported,
        verdict=DeferVerdict(VerdictKind.DEFERRABLE, "only f() uses it"),
        exclusive_us=exclusive_us,
        cumulative_us=1,
        modules=modules,
    )


@pytest.mark.parametrize(
    ("imported", "modules", "loaded", "expected"),
    [
        (("pandas",), ("pandas", "numpy", "concurrent"), {"pandas", "numpy"}, True),
        (("pandas",), ("pandas", "numpy", "concurrent"), {"concurrent", "anyio"}, False),
        (("a", "a.b"), ("a.b", "guest"), {"a.b"}, True),
        (("boto3",), ("botocore.endpoint", "urllib3", "http"), {"urllib3", "http"}, True),
        (("boto3",), ("botocore.endpoint", "urllib3", "http"), {"http"}, False),
        (("boto3",), (), {"http"}, False),
        (("boto3",), ("boto3",), set(), False),
    ],
)
def test_an_event_needs_what_the_statement_names_not_its_guests(
    imported, modules, loaded, expected
):
    assert is_needed(finding(imported, modules), loaded) == expected


@pytest.mark.parametrize(
    ("failures", "idle"),
    [
        ({0: None, 1: None}, set()),
        ({0: None, 1: NO_SAVING[1]}, set()),
        ({0: None, 2: NO_SAVING[1]}, {2}),
        ({0: None, 2: NO_SAVING[0]}, {2}),
        ({2: "the changed handler fails: KeyError"}, set()),
        ({0: NO_SAVING[1], 1: NO_SAVING[1], 2: NO_SAVING[1]}, {2}),
    ],
)
def test_what_saves_nothing_leaves_the_set_but_not_what_two_save_together(failures, idle):
    # 0 and 1 share 80 that goes with both only; 2 stands for itself.
    alone = (10, 10, 7)

    def joint(numbers):
        shared = 80 if {0, 1} <= set(numbers) else 0
        return BestSet(tuple(numbers), sum(alone[n] for n in numbers) + shared, ())

    findings = tuple(JudgedImport(finding((), (), us), None, (), (), ()) for us in alone)
    analysis = Analysis(Advice((), (), None, None), findings, None, joint, None)
    measured = {
        SingleChange(number): Verification(
            None, None, 7, (), failure, is_broken=failure not in (None, *NO_SAVING)
        )
        for number, failure in failures.items()
    }
    assert set(idle_members(joint((0, 1, 2)), measured, analysis)) == idle


def test_runs_are_to_be_left_out_only_where_they_were_given():
    assert untimed_statements(5).endswith("leave --runs out, or give 6 or more.")
    assert "--runs" not in untimed_statements(None)
    assert "--runs" not in untimed_statements(6)
