"""Objects that belong to a thread, to boto3's default session, or to a built-in name."""

from __future__ import annotations

import pytest

from importcost.model.advice import VerdictKind
from tests.deferral.source.programs import analysed, import_verdict, object_verdict

USED = "def handler(event, context):\n    if event:\n        return {name}.execute('x')\n"

THREADED = {
    "thread": "import threading\ndef go(f):\n    threading.Thread(target=f).start()\n",
    "timer": "from threading import Timer\ndef go(f):\n    Timer(1, f).start()\n",
    "pool": (
        "from concurrent.futures import ThreadPoolExecutor\ndef go(f):\n"
        "    with ThreadPoolExecutor() as pool:\n        pool.submit(f)\n"
    ),
}


@pytest.mark.parametrize("name", THREADED)
def test_a_connection_stays_with_the_thread_that_made_it(name):
    text = f"import sqlite3\nconn = sqlite3.connect(':memory:')\n{THREADED[name]}"
    files = analysed(text + USED.format(name="conn").replace("if event:", "if go(event):"))
    verdict = object_verdict(files, "conn")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert "the thread that it runs in" in verdict.reason


def test_without_threads_a_connection_can_wait():
    text = "import sqlite3\nconn = sqlite3.connect(':memory:')\n" + USED.format(name="conn")
    assert object_verdict(analysed(text), "conn").kind is VerdictKind.NEEDS_GETTER


SESSIONS = {
    "call": "    boto3.setup_default_session(region_name=event['region'])\n",
    "attribute": "    boto3.DEFAULT_SESSION = boto3.Session(region_name=event['region'])\n",
}
AWS = {
    "client": "import boto3\nsqs = boto3.client('sqs')\n",
    "resource": "import boto3\nsqs = boto3.resource('sqs')\n",
    "part of a resource": "import boto3\nsqs = boto3.resource('sqs').Queue('u')\n",
}


@pytest.mark.parametrize("change", SESSIONS)
@pytest.mark.parametrize("made", AWS)
def test_a_file_whose_clients_come_from_the_default_session_stays_if_that_is_replaced(made, change):
    text = (
        f"import boto3\nfrom aws import sqs\ndef use(event):\n{SESSIONS[change]}"
        "def handler(event, context):\n    if event:\n        use(event)\n"
        "    return sqs.send_message(QueueUrl='u')\n"
    )
    verdict = import_verdict(analysed(text, aws=AWS[made]), "aws")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE


def test_a_client_stays_if_a_function_replaces_open():
    text = (
        "import builtins\nimport boto3\ns3 = boto3.client('s3')\n"
        "def handler(event, context):\n    builtins.open = event\n"
        "    return s3.list_buckets() if event else None\n"
    )
    verdict = object_verdict(analysed(text), "s3")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert "the built-in names" in verdict.reason
