"""Values that tell when init made them, although no clock is called by its name."""

from __future__ import annotations

import pytest

from importcost.model.advice import VerdictKind
from tests.deferral.source.programs import analysed, import_verdict, object_verdict

HANDED = {
    "a dataclass's field": (
        "import time\nfrom dataclasses import dataclass, field\n@dataclass\nclass Boot:\n"
        "    at: float = field(default_factory=time.time)\n"
    ),
    "a lambda in a field": (
        "import uuid\nfrom dataclasses import dataclass, field\n@dataclass\nclass Boot:\n"
        "    id: str = field(default_factory=lambda: uuid.uuid4().hex)\n"
    ),
    "a default value": (
        "import time\nclass Boot:\n    def __init__(self, clock=time.monotonic):\n"
        "        self.at = clock()\n"
    ),
    "an own function as a default value": (
        "import time\ndef now():\n    return time.time()\n"
        "class Boot:\n    def __init__(self, clock=now):\n        self.at = clock()\n"
    ),
    "a static method": (
        "import time\nclass Boot:\n    read = staticmethod(time.monotonic)\n"
        "    def __init__(self):\n        self.at = self.read()\n"
    ),
    "another file's": (
        "import other\nclass Boot:\n    def __init__(self, clock=other.Clock.now):\n"
        "        self.at = clock()\n"
    ),
}
OTHER = "import time\nclass Clock:\n    now = staticmethod(time.time)\n"
STATUS = "\nboot = Boot()\ndef status(): return boot.at\n"
HANDLER = (
    "from start import status\ndef handler(event, context): return status() if event else None\n"
)


@pytest.mark.parametrize("name", HANDED)
def test_a_clock_that_is_handed_over_counts_as_asked(name):
    files = analysed(HANDLER, start=HANDED[name] + STATUS, other=OTHER)
    assert object_verdict(files, "boot", "start").kind is VerdictKind.NOT_DEFERRABLE
    assert import_verdict(files, "start").kind is VerdictKind.NOT_DEFERRABLE


def test_classes_that_hand_over_files_that_hand_over_each_other_are_read():
    first = "import other\nclass Boot:\n    def __init__(self, clock=other.now): ...\n"
    second = "import start\nnow = start.Boot\n"
    files = analysed(HANDLER, start=first + STATUS, other=second)
    assert object_verdict(files, "boot", "start").kind is VerdictKind.NEEDS_GETTER


TIMELY = {
    "presigned": "boto3.client('s3').generate_presigned_url('get_object', Params={})",
    "local time zone": "datetime.datetime(2024, 1, 1).astimezone().utcoffset()",
    "database token": "boto3.client('rds').generate_db_auth_token('h', 5432, 'u')",
    "message id": "email.utils.make_msgid()",
    "date": "email.utils.formatdate()",
    "text": "pandas.Timestamp('now', tz='UTC')",
    "numpy": "numpy.datetime64('today')",
}


@pytest.mark.parametrize("name", TIMELY)
def test_what_is_good_for_a_while_is_made_at_init(name):
    made = f"import boto3, datetime, email.utils, numpy, pandas\nthing = {TIMELY[name]}\n"
    files = analysed(
        "from made import show\ndef handler(event, context): return show() if event else None\n",
        made=f"{made}def show(): return thing\n",
    )
    verdict = object_verdict(files, "thing", "made")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert "depends on when" in verdict.reason
    assert import_verdict(files, "made").kind is VerdictKind.NOT_DEFERRABLE


IN_FILES = {
    "database": "sqlite3.connect('/tmp/a.db')",
    "folder": "tempfile.mkdtemp()",
    "found": "[each.name for each in pathlib.Path('/tmp/models').glob('*')]",
    "listed": "sorted(pathlib.Path('/tmp/models').iterdir())",
}


@pytest.mark.parametrize("name", IN_FILES)
def test_what_is_made_of_files_stays_where_a_function_removes_files(name):
    text = (
        "import os, pathlib, sqlite3, tempfile\nthing = {}\ndef handler(event, context):\n"
        "    {}\n    return thing if event else None\n"
    )
    removed = analysed(text.format(IN_FILES[name], "os.remove(event)"))
    assert object_verdict(removed, "thing").kind is VerdictKind.NOT_DEFERRABLE


ASKED = {
    "size": ("Object('b', 'k').content_length", True),
    "count": ("Table('t').item_count", True),
    "name": ("Table('t').name", False),
    "key": ("Object('b', 'k').bucket_name", False),
}


@pytest.mark.parametrize("name", ASKED)
def test_an_attribute_of_a_resource_may_ask_aws(name):
    part, asks = ASKED[name]
    text = (
        f"import boto3\nthing = boto3.resource('s3').{part}\n"
        "def handler(event, context): return thing if event else None\n"
    )
    verdict = object_verdict(analysed(text), "thing")
    assert verdict.kind is (VerdictKind.NOT_DEFERRABLE if asks else VerdictKind.NEEDS_GETTER)


BUDGETS = {
    "while": "while time.time() < end:\n        work(event)",
    "for": (
        "for row in event:\n        if time.monotonic() > end:\n            break\n"
        "        work(row)"
    ),
}


@pytest.mark.parametrize("name", BUDGETS)
def test_a_loop_with_a_budget_is_a_deadline(name):
    text = (
        "import time\nfrom jobs import work\nend = 9\ndef handler(event, context):\n"
        f"    {BUDGETS[name]}\n"
    )
    files = analysed(text, jobs="import heavy\ndef work(event): return heavy.answer(event)\n")
    verdict = import_verdict(files, "heavy", "jobs")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert "deadline" in verdict.reason
