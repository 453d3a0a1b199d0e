import pytest

from importcost.app.defer import is_needed
from importcost.model.advice import ImportFinding, Place, Verdict, VerdictKind


def finding(imported, modules):
    return ImportFinding(
        place=Place("/task/app.py", 1, 1),
        code="import x",
        imported=imported,
        verdict=Verdict(VerdictKind.DEFERRABLE, "only f() uses it"),
        exclusive_us=1,
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
