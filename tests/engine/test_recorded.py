"""AWS calls out of a container reach the recording endpoint, or are refused before any launch."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from importcost.app.defer.events import HandlerEvent, call_unchanged
from importcost.app.defer.recorded import recorded
from importcost.app.profile.bench import open_bench
from importcost.app.profile.request import ProfileRequest
from importcost.errors import UsageError
from tests.harness import write_files

pytestmark = [pytest.mark.engine, pytest.mark.slow]
# Signed by hand: the image need not have an SDK.
HANDLER = """
import os, urllib.request
SCOPE = "%s/20261130/us-east-1/sts/aws4_request"
def handler(event, context):
    key = os.environ["AWS_ACCESS_KEY_ID"]
    request = urllib.request.Request(
        os.environ["AWS_ENDPOINT_URL"],
        b"Action=GetCallerIdentity&Version=2011-06-15",
        {"Authorization": "AWS4-HMAC-SHA256 Credential=" + SCOPE % key},
    )
    body = urllib.request.urlopen(request).read().decode()
    try:
        urllib.request.urlopen("http://192.0.2.1/")
    except OSError as error:
        return [body.partition("<Account>")[2].partition("<")[0], str(error)]
"""


class Silence:
    def note(self, message):
        pass

    detail = progress = note


@contextmanager
def bench_in(folder, engine, image, **options):
    write_files(folder, {"handler.py": HANDLER})
    target = f"{folder / 'handler.py'}:handler"
    request = ProfileRequest(
        target, runner=engine.name, image=image, installs=False, boto3="none", **options
    )
    with open_bench(request, Silence()) as bench:
        yield bench


def test_the_hosts_network_reaches_the_endpoint_and_nothing_else(tmp_path, engine, lambda_image):
    with (
        bench_in(tmp_path, engine, lambda_image, network="host") as opened,
        recorded(opened, Silence(), is_asked=True) as bench,
    ):
        call = call_unchanged(bench, HandlerEvent("event.json", {}))
    assert call.first.answer == (
        '["123456789012", "<urlopen error [Errno 101] Network is unreachable>"]'
    )
    assert [one.name for one in call.first.recording.calls] == ["sts GetCallerIdentity"]
    assert call.first.recording.unrecorded == ("192.0.2.1:80",)


def test_without_the_hosts_network_it_is_refused(tmp_path, engine, lambda_image):
    with (
        bench_in(tmp_path, engine, lambda_image) as opened,
        pytest.raises(UsageError, match="add --network host, or use --runner local"),
        recorded(opened, Silence(), is_asked=True),
    ):
        pass
