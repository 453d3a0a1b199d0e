"""With --mock-aws a handler that calls AWS while it is imported is measured, and told as that."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from importcost.app.profile.measured import measure_billed, profile_handler
from importcost.app.profile.report import report_on
from importcost.app.profile.request import ProfileRequest
from importcost.cli.outputs import terminal_report
from importcost.errors import HandlerError, UsageError
from importcost.measure.recording import endpoint
from importcost.model.codec import profile_from_plain, profile_to_plain
from tests.app.profile.test_rehearsal import Notes
from tests.harness import write_files

pytestmark = [
    pytest.mark.usefixtures("few_launches"),
    pytest.mark.skipif(
        importlib.util.find_spec("moto") is None, reason="moto is not installed: the extra record"
    ),
]

CALLS = (
    "import os\n"
    "import boto3\n"
    "ssm = boto3.client('ssm')\n"
    "TABLE = ssm.get_parameter(Name='/orders/table')['Parameter']['Value']\n"
    "SECRET = boto3.client('secretsmanager').get_secret_value(SecretId='orders')\n"
    "WHO = boto3.client('sts').get_caller_identity()['Account']\n"
    "QUEUE = boto3.client('sqs').create_queue(QueueName='orders')['QueueUrl']\n"
    "assert boto3.client('sqs').list_queues()['QueueUrls'] == [QUEUE]\n"
)


def request(root, text: str = CALLS, **options):
    write_files(root, {"app/handler.py": text, "app/requirements.txt": "boto3\n"})
    values = {"runner": "local", "python": sys.executable, "runs": 5, **options}
    return ProfileRequest(target=str(root / "app/handler.py"), **values)


@pytest.mark.slow
def test_calls_at_import_are_answered_and_every_launch_finds_the_same(tmp_path):
    billed = measure_billed(request(tmp_path, mock_aws=True), Notes())
    supplies = billed.profile.supplies
    assert supplies.mocked == (
        "ssm GetParameter",
        "secretsmanager GetSecretValue",
        "sts GetCallerIdentity",
        "sqs CreateQueue",
        "sqs ListQueues",
    )
    assert supplies.made == ("ssm /orders/table", "secretsmanager orders")
    assert billed.profile.network == ()
    text = " ".join(terminal_report(report_on(billed)).split())
    assert "A mock on this machine answered the AWS calls of init (ssm GetParameter" in text
    assert "neither the answers nor the time that they took are AWS's" in text
    assert profile_from_plain(profile_to_plain(billed.profile)).supplies == supplies


@pytest.mark.slow
def test_a_handler_that_calls_nobody_needs_no_word_about_the_mock(tmp_path):
    profile = profile_handler(request(tmp_path, "import decimal\n", mock_aws=True), Notes())
    assert profile.supplies.mocked == ()
    assert not [one for one in profile.warnings if one.code.value == "mocked"]


@pytest.mark.slow
def test_other_places_are_still_refused_and_named(tmp_path):
    text = CALLS + (
        "import urllib.request\n"
        "try:\n"
        "    urllib.request.urlopen('http://198.51.100.7/')\n"
        "except OSError:\n"
        "    pass\n"
    )
    profile = profile_handler(request(tmp_path, text, mock_aws=True), Notes())
    (attempt,) = profile.network
    assert attempt.place == "198.51.100.7:80"
    assert attempt.line == 11


@pytest.mark.unhurried
def test_without_it_the_error_names_the_option(tmp_path):
    with pytest.raises(HandlerError) as caught:
        profile_handler(request(tmp_path), Notes())
    message = str(caught.value)
    assert "handler.py line 4 calls out while it is imported, to ssm.us-east-1" in message
    assert "--mock-aws" in message


@pytest.mark.slow
def test_what_the_mock_cannot_answer_ends_as_on_lambda(tmp_path):
    text = "import boto3\nboto3.client('s3').head_object(Bucket='orders', Key='settings')\n"
    with pytest.raises(HandlerError, match="ClientError"):
        profile_handler(request(tmp_path, text, mock_aws=True), Notes())


def test_without_the_extra_one_sentence_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setattr(endpoint, "_NEEDED", ("importcost_no_such_module",))
    with pytest.raises(UsageError) as caught:
        profile_handler(request(tmp_path, mock_aws=True), Notes())
    assert str(caught.value) == (
        "--mock-aws needs moto's server, which is not installed: run "
        "`pip install 'importcost-lambda[record]'`."
    )
