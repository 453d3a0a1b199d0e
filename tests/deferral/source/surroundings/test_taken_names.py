"""Names that an import takes before they are replaced, and what is put among the built-in names."""

from __future__ import annotations

import pytest

from importcost.deferral.source.surroundings.installed import InstalledSources
from importcost.model.advice import VerdictKind
from tests.deferral.source.programs import analysed, import_verdict, object_verdict

TRACED = """
{tool}
from store import count

{call}

def handler(event, context):
    return count() if event else None
"""
TOOLS = {
    "xray patch": ("from aws_xray_sdk.core import patch", "patch(('sqlite3',))"),
    "xray patch_all": ("from aws_xray_sdk.core import patch_all", "patch_all()"),
    "tracer": ("from aws_lambda_powertools import Tracer", "tracer = Tracer()"),
}
TAKEN = {
    "sqlite3": "from sqlite3 import connect\ndef count(): return connect('x')\n",
    "under another name": "from psycopg2 import connect as go\ndef count(): return go('x')\n",
    "in a method's default": "from pymysql import connect\ndef count(make=connect): return make\n",
}


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("taken", TAKEN)
def test_a_name_taken_before_a_tool_replaces_it_is_taken_at_init(tool, taken):
    text = TRACED.format(tool=TOOLS[tool][0], call=TOOLS[tool][1])
    files = analysed(text, store=TAKEN[taken])
    verdict = import_verdict(files, "store")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert "Tracer()" in verdict.reason or "patch" in verdict.reason


def test_a_name_taken_two_files_further_is_seen():
    tool, call = TOOLS["xray patch"]
    text = TRACED.format(tool=tool, call=call)
    files = analysed(text, store="from base import count\n", base=TAKEN["sqlite3"])
    assert import_verdict(files, "store").kind is VerdictKind.NOT_DEFERRABLE
    assert import_verdict(files, "sqlite3", "base").kind is VerdictKind.NOT_DEFERRABLE


def test_a_module_whose_parts_are_looked_up_later_can_wait():
    tool, call = TOOLS["xray patch"]
    store = "import sqlite3\nfrom csv import reader\ndef count(): return reader(sqlite3)\n"
    files = analysed(TRACED.format(tool=tool, call=call), store=store)
    assert import_verdict(files, "store").kind is VerdictKind.DEFERRABLE


LOADS = {
    "http.client": ["ssl", "socket"],
    "urllib.request": ["http.client"],
    "smtplib": ["ssl", "socket"],
    "csv": ["re"],
    "ssl": ["socket"],
    "socket": [],
    "re": [],
}
INSTALLED = InstalledSources(dict.fromkeys(LOADS), LOADS)
MADE = {
    "connection": ("http.client", "http.client.HTTPSConnection('h')"),
    "opener": ("urllib.request", "urllib.request.build_opener()"),
    "mail server": ("smtplib", "smtplib.SMTP_SSL('h')"),
}
PATCHED = """
import ssl
import socket
import {module}

thing = {value}

def change(event):
    {change}

def handler(event, context):
    change(event)
    return thing if event else None
"""


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize(
    "change", ["ssl._create_default_https_context = event", "socket.socket = event"]
)
def test_an_object_of_the_standard_library_reads_the_modules_that_it_loads(name, change):
    module, value = MADE[name]
    text = PATCHED.format(module=module, value=value, change=f"{change} = event")
    verdict = object_verdict(analysed(text, installed=INSTALLED), "thing")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE


def test_an_object_of_a_module_that_loads_none_of_it_can_wait():
    text = PATCHED.format(module="csv", value="csv.Sniffer()", change="ssl.x = event")
    verdict = object_verdict(analysed(text, installed=INSTALLED), "thing")
    assert verdict.kind is VerdictKind.NEEDS_GETTER


INSTALLS = {
    "an own subclass": (
        "import gettext\nclass Words(gettext.NullTranslations):\n    pass\n"
        "def speak(lang): Words().install()\n"
    ),
    "from a table": "WORDS = {}\ndef speak(lang): WORDS[lang].install()\n",
    "a parameter": "def speak(words): words.install()\n",
    "a variable": (
        "import gettext\ndef speak(lang):\n    words = gettext.translation('app', lang)\n"
        "    words.install()\n"
    ),
}


@pytest.mark.parametrize("name", INSTALLS)
def test_texts_stay_in_the_language_of_init(name):
    text = (
        "from i18n import speak\nfrom receipts import render\n"
        "def handler(event, context):\n    speak(event)\n    return render() if event else None\n"
    )
    receipts = "TITLE = _('Receipt').title()\ndef render(): return TITLE\n"
    files = analysed(text, i18n=INSTALLS[name], receipts=receipts)
    assert object_verdict(files, "TITLE", "receipts").kind is VerdictKind.NOT_DEFERRABLE
    assert import_verdict(files, "receipts").kind is VerdictKind.NOT_DEFERRABLE


LOGS = "import logging\nlog = logging.getLogger('audit')\ndef check(): log.info('x')\n"
KIT = (
    "import logging\ndef level():\n    return 1\ndef quiet(): print(logging.root.manager.{table})\n"
)


@pytest.mark.parametrize("where", ["module", "function"])
@pytest.mark.parametrize("table", ["loggerDict", "disable"])
def test_loggers_stay_ahead_of_an_installed_function_that_goes_through_all_of_them(
    tmp_path, where, table
):
    kit = tmp_path / "kit.py"
    kit.write_text(KIT.format(table=table))
    called = "kit.quiet()" if where == "module" else "def setup():\n    kit.quiet()\nsetup()"
    text = (
        f"import kit\nfrom audit import check\n{called}\n"
        "def handler(event, context): return check() if event else None\n"
    )
    files = analysed(text, audit=LOGS, installed=InstalledSources({"kit": str(kit)}, {}))
    verdict = import_verdict(files, "audit")
    stays = table == "loggerDict"
    assert verdict.kind is (VerdictKind.NOT_DEFERRABLE if stays else VerdictKind.DEFERRABLE)
