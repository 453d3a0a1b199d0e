"""The data of the pages is what the contract says, in Python, as a schema and for the script."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from importcost.app.gate.diff import difference
from importcost.model.profile import Profile
from importcost.model.supplies import Placeholder, Supplies
from importcost.reports.page.data import page_data
from importcost.reports.page.difference import difference_data
from tests.reports.page.contract_files import SCHEMA_FILE, TYPES_FILE, schema_text, types_text
from tests.reports.page_factory import (
    advised_profile,
    changed_profile,
    deep_profile,
    empty_profile,
    estimate_of,
    facts_of,
    hostile_profile,
    small_profile,
)


def log_profile() -> Profile:
    return replace(small_profile(), source="log", graph=None, runs=(), target=None)


def supplied_profile() -> Profile:
    placeholders = (Placeholder("TABLE_NAME", "placeholder", "/srv/task/handler.py", 4),)
    return replace(small_profile(), supplies=Supplies((), placeholders))


PROFILES: list[Callable[[], Profile]] = [
    small_profile,
    advised_profile,
    hostile_profile,
    empty_profile,
    deep_profile,
    log_profile,
    supplied_profile,
]
WRITE = "write it with python tests/reports/page/contract_files.py"


def test_the_schema_says_what_the_types_say() -> None:
    assert SCHEMA_FILE.read_text("utf-8") == schema_text(), WRITE


def test_the_scripts_types_say_what_the_types_say() -> None:
    assert TYPES_FILE.read_text("utf-8") == types_text(), WRITE


def validator(name: str) -> Draft202012Validator:
    schema = json.loads(SCHEMA_FILE.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": schema["$defs"]})


def saved(data: Any) -> Any:
    return json.loads(json.dumps(data))


@pytest.mark.unhurried
@pytest.mark.parametrize("make", PROFILES)
@pytest.mark.parametrize("budget", [None, {"status": "fail", "text": "Over."}])
def test_a_profiles_data_fits_the_schema(make: Callable[[], Profile], budget: Any) -> None:
    profile = make()
    data = saved(page_data(profile, estimate_of(profile), facts_of(profile), budget))
    assert list(validator("WholePageData").iter_errors(data)) == []


@pytest.mark.unhurried
@pytest.mark.parametrize("make", PROFILES)
def test_a_differences_data_fits_the_schema(make: Callable[[], Profile]) -> None:
    data = saved(difference_data(difference(changed_profile(), make())))
    assert list(validator("DifferenceData").iter_errors(data)) == []


@pytest.mark.unhurried
def test_a_key_that_the_contract_does_not_know_is_noticed() -> None:
    profile = small_profile()
    data = saved(page_data(profile, estimate_of(profile), facts_of(profile)))
    data["function"]["region"] = "eu-west-1"
    assert list(validator("WholePageData").iter_errors(data)) != []
