"""What a file changes after it imported another one, and what looks at what init left behind."""

from __future__ import annotations

import pytest

from importcost.model.advice import VerdictKind
from tests.deferral.source.programs import analysed, import_verdict, object_verdict

AFTERWARDS = {
    "loggers": ("logging.getLogger('x')", "import logging", "logging.config.dictConfig({})"),
    "loggers by a file": (
        "logging.getLogger('x')",
        "import logging",
        "logging.config.fileConfig('log.ini')",
    ),
    "decimal context": (
        "decimal.Decimal(1) / decimal.Decimal(3)",
        "import decimal",
        "decimal.getcontext().prec = 5",
    ),
    "environment": ("boto3.client('s3')", "import boto3", "os.environ['AWS_PROFILE'] = 'x'"),
    "locale": (
        "locale.localeconv()",
        "import locale",
        "locale.setlocale(locale.LC_ALL, 'de_DE.UTF-8')",
    ),
}
OTHER = "{}\nthing = {}\ndef answer(event): return thing\n"
NAMES = "import decimal, locale, logging.config, os\n"
USE = "\ndef handler(event, context): return other.answer(event)\n"


@pytest.mark.parametrize("name", AFTERWARDS)
def test_a_value_stays_if_the_file_that_imports_its_file_changes_what_it_reads(name):
    value, imports, change = AFTERWARDS[name]
    files = analysed(f"{NAMES}import other\n{change}{USE}", other=OTHER.format(imports, value))
    assert object_verdict(files, "thing", "other").kind is VerdictKind.NOT_DEFERRABLE


@pytest.mark.parametrize("name", AFTERWARDS)
def test_it_can_wait_if_the_change_comes_before_its_file_is_imported(name):
    value, imports, change = AFTERWARDS[name]
    files = analysed(f"{NAMES}{change}\nimport other{USE}", other=OTHER.format(imports, value))
    assert object_verdict(files, "thing", "other").kind is VerdictKind.NEEDS_GETTER


def test_the_file_between_may_be_the_one_that_imports_it():
    value, imports, change = AFTERWARDS["decimal context"]
    text = f"{NAMES}import between\n{change}\ndef handler(event, context): return between.go()\n"
    between = "import other\ndef go(): return other.answer(1)\n"
    files = analysed(text, between=between, other=OTHER.format(imports, value))
    assert object_verdict(files, "thing", "other").kind is VerdictKind.NOT_DEFERRABLE


def test_an_import_in_the_other_file_stays_if_it_makes_loggers_that_are_disabled_afterwards():
    other = "import pandas\ndef answer(event): return pandas.DataFrame()\n"
    files = analysed(f"{NAMES}import other\nlogging.config.dictConfig({{}}){USE}", other=other)
    assert import_verdict(files, "pandas", "other").kind is VerdictKind.NOT_DEFERRABLE


TABLES = {
    "its names": "for name in logging.root.manager.loggerDict:\n    logging.getLogger(name)",
    "a list of it": "print(list(logging.Logger.manager.loggerDict))",
    "its values": "[each for each in logging.getLogger().manager.loggerDict.values()]",
    "from a function": "def quiet():\n    return list(logging.root.manager.loggerDict)\nquiet()",
}


@pytest.mark.parametrize("name", TABLES)
def test_an_import_stays_if_code_goes_through_the_loggers_that_there_are(name):
    use = "def handler(event, context): return pandas.DataFrame()"
    verdict = import_verdict(
        analysed(f"import logging\nimport pandas\n{TABLES[name]}\n{use}\n"), "pandas"
    )
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE


def test_it_can_wait_if_only_named_loggers_are_set_up():
    text = """
import logging
import pandas
logging.getLogger("pandas").setLevel(logging.ERROR)
def handler(event, context): return pandas.DataFrame()
"""
    assert import_verdict(analysed(text), "pandas").kind is VerdictKind.DEFERRABLE


@pytest.mark.parametrize(
    "value",
    [
        "collections.namedtuple('Row', 'id name')",
        "enum.Enum('Row', 'RED GREEN')",
        "enum.IntFlag('Row', 'RED GREEN')",
        "dataclasses.make_dataclass('Row', ['id'])",
        "pydantic.create_model('Row', id=(int, 1))",
        "type('Row', (), {})",
    ],
)
def test_a_class_that_a_call_makes_stays_where_pickle_looks_for_it(value):
    text = f"import collections, dataclasses, enum, pydantic\nRow = {value}\n"
    text += "def handler(event, context): return Row(event)\n"
    verdict = object_verdict(analysed(text), "Row")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert "pickle" in verdict.reason


def test_the_class_of_a_value_may_wait():
    text = "import json\nkind = type(json.loads('1'))\ndef handler(event, context): return kind\n"
    assert object_verdict(analysed(text), "kind").kind is VerdictKind.NEEDS_GETTER


@pytest.mark.parametrize(
    "change",
    [
        "os.environ['MPLCONFIGDIR'] = '/tmp'",
        "os.environ.setdefault('TZ', 'UTC')",
        "os.environ.update(TABLE='x')",
    ],
)
def test_an_import_can_wait_if_only_variables_that_it_does_not_read_are_set(change):
    text = f"import os\nimport zoneinfo\n{change}\n"
    text += "def handler(event, context): return zoneinfo.ZoneInfo(event)\n"
    assert import_verdict(analysed(text), "zoneinfo").kind is VerdictKind.DEFERRABLE


@pytest.mark.parametrize(
    "change",
    [
        "os.environ['PYTHONTZPATH'] = '/tmp'",
        "os.environ[name] = '/tmp'",
        "os.environ.update(variables)",
        "os.environ = {}",
        "os.environ['TABLE'] = 'x'; os.sep = '!'",
    ],
)
def test_an_import_stays_if_variables_that_it_may_read_are_set(change):
    text = f"import os\nimport zoneinfo\nname = 'A'\nvariables = {{}}\n{change}\n"
    text += "def handler(event, context): return zoneinfo.ZoneInfo(event)\n"
    assert import_verdict(analysed(text), "zoneinfo").kind is VerdictKind.NOT_DEFERRABLE
