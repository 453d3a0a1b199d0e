import ast
import json
import re
from datetime import date
from importlib.resources import files

import jsonschema
import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from importcost.deferral.cost.known_facts import (
    OWN_CODE,
    Effect,
    HelpKind,
    KnownProgram,
    load_entries,
    parse_entries,
)
from importcost.errors import UsageError
from tests.benchmarks.known_packages.judge import is_worth
from tests.deferral.known_packages_page import HEADINGS, PAGE, page_text

TEXT = {"type": "string", "minLength": 1}
NUMBER = {"type": "number", "minimum": 0}
COUNT = {"type": "integer", "minimum": 0}
NAMES = {"type": "array", "items": TEXT, "minItems": 1, "uniqueItems": True}
MODULE = {"type": "string", "pattern": r"^[A-Za-z_]\w*(\.\w+)*$"}


def closed(optional=(), **properties):
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


PROGRAM = closed(
    ("packages", "without", "environment", "use"),
    code={"type": "string"},
    packages=NAMES,
    without=NAMES,
    environment={"type": "object", "additionalProperties": {"type": "string"}},
    use=TEXT,
)
EFFECT = closed(
    before_ms=NUMBER,
    after_ms=NUMBER,
    before_modules=COUNT,
    after_modules=COUNT,
    before_mb=NUMBER,
    after_mb=NUMBER,
    how=closed(("packages",), packages={**NAMES, "minItems": 0}, before=PROGRAM, after=PROGRAM),
)
ENTRY = closed(
    id={"type": "string", "pattern": r"^[a-z0-9_-]+$"},
    helps={"enum": [kind.value for kind in HelpKind]},
    distribution=TEXT,
    module=MODULE,
    importer={"anyOf": [{"type": "null"}, {"const": OWN_CODE}, MODULE]},
    advice={"type": "string", "maxLength": 300},
    source=TEXT,
    python={"type": "string", "pattern": r"^3\.\d+\.\d+$"},
    versions={"type": "object", "additionalProperties": {"type": "string"}},
    date={"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
    effect=EFFECT,
)
SCHEMA = closed(description=TEXT, entries={"type": "array", "minItems": 120, "items": ENTRY})
SHIPPED = load_entries()


def shipped_text():
    path = files("importcost.deferral").joinpath("data", "knowledge.json")
    return path.read_text(encoding="utf-8")


def test_the_shipped_file_fits_its_schema():
    jsonschema.validate(json.loads(shipped_text()), SCHEMA)


def test_names_of_entries_are_unique():
    names = [entry.id for entry in SHIPPED]
    assert sorted(set(names)) == sorted(names)


def test_no_two_entries_are_about_the_same():
    subjects = [(one.module, one.importer, one.helps, one.effect.after.code) for one in SHIPPED]
    assert len(set(subjects)) == len(subjects)


def test_no_two_entries_advise_against_the_same_optional_package():
    optional = (HelpKind.WITHOUT, HelpKind.EXTRA, HelpKind.VERSION, HelpKind.VARIABLE)
    subjects = [(one.module, one.importer) for one in SHIPPED if one.helps in optional]
    assert len(set(subjects)) == len(subjects)


@pytest.mark.parametrize("entry", SHIPPED, ids=lambda entry: entry.id)
def test_a_shipped_entry_is_dated_helps_and_has_no_unknown_placeholder(entry):
    effect = entry.effect
    assert date(2026, 1, 1) <= date.fromisoformat(entry.date)
    assert is_worth(effect.before_ms - effect.after_ms, effect.before_ms)
    assert set(re.findall(r"{(\w*)}", entry.advice)) <= {"importers"}
    assert entry.advice.endswith(".")


@pytest.mark.parametrize("entry", SHIPPED, ids=lambda entry: entry.id)
def test_the_programs_of_a_shipped_entry_parse_and_differ(entry):
    before, after = entry.effect.before, entry.effect.after
    for program in (before, after):
        ast.parse(program.code)
        ast.parse(program.use or "None", mode="eval")
        for package in program.packages:
            Requirement(package)
    assert (before.code, before.packages, before.without, before.environment) != (
        after.code,
        after.packages,
        after.without,
        after.environment,
    )
    assert (before.use is None) == (after.use is None), "answers are compared, so both need a use"
    for version in (entry.python, *entry.versions.values()):
        Version(version)


@pytest.mark.parametrize("entry", SHIPPED, ids=lambda entry: entry.id)
def test_the_kind_of_help_is_what_the_programs_do(entry):
    before, after = entry.effect.before, entry.effect.after
    if entry.helps is HelpKind.WITHOUT:
        assert entry.module.partition(".")[0] in after.without
        assert before.code == after.code
        assert before.use == after.use
    elif entry.helps is HelpKind.VARIABLE:
        assert before.environment != after.environment
        assert before.code == after.code
    elif entry.helps in (HelpKind.EXTRA, HelpKind.VERSION):
        assert before.packages != after.packages
    else:
        assert before.code != after.code


@pytest.mark.parametrize(
    "text", ["", "[]", '{"entries": [{"id": "x"}]}', '{"entries": [1]}', '{"other": []}']
)
def test_a_damaged_file_is_one_sentence(text):
    with pytest.raises(UsageError, match=r"knowledge base here\.json cannot be read"):
        parse_entries(text, "here.json")


@pytest.mark.parametrize("wrong", [{"helps": "magic"}, {"effect": {"how": []}}, {"effect": 1}])
def test_a_damaged_entry_is_one_sentence(wrong):
    first = json.loads(shipped_text())["entries"][0]
    with pytest.raises(UsageError, match=r"knowledge base here\.json cannot be read"):
        parse_entries(json.dumps({"entries": [{**first, **wrong}]}), "here.json")


def how(before, after):
    return Effect(2.0, 1.0, 2, 1, 0.2, 0.1, before, after).how


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (
            KnownProgram("import a"),
            KnownProgram("import a", without=("b", "c")),
            "`import a` against `without b,c; import a`",
        ),
        (
            KnownProgram("import a\na.run()"),
            KnownProgram("", environment={"X": "1"}),
            "`import a; a.run()` against `X=1`",
        ),
        (
            KnownProgram("class M:\n    x = 1"),
            KnownProgram(""),
            "`class M:; x = 1` against `nothing`",
        ),
        (
            KnownProgram("import a", ("a[all]",)),
            KnownProgram("import a", ("a",)),
            "`import a` with a[all] installed against `import a` with a installed",
        ),
    ],
)
def test_the_two_programs_are_told_in_words(before, after, words):
    assert how(before, after) == words


def test_what_an_entry_was_checked_with():
    by_id = {entry.id: entry for entry in SHIPPED}
    assert by_id["std-asyncio"].checked_version == f"Python {by_id['std-asyncio'].python}"
    assert re.fullmatch(
        r"pandas [\d.]+ with pyarrow [\d.]+", by_id["pandas-pyarrow"].checked_version
    )


def test_the_document_is_made_from_the_data():
    assert PAGE.read_text(encoding="utf-8") == page_text(SHIPPED), (
        "run tests/deferral/known_packages_page.py"
    )


def test_every_kind_of_help_has_a_heading():
    assert set(HEADINGS) == set(HelpKind)
