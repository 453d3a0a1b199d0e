"""AWS calls that a handler in a container makes at import are answered by the mock on the host."""

from __future__ import annotations

import pytest

from importcost.app.profile.measured import profile_handler
from importcost.app.profile.request import ProfileRequest
from tests.app.profile.test_rehearsal import Notes
from tests.harness import write_files

pytestmark = [pytest.mark.engine, pytest.mark.slow]
# Signed by hand: the image need not have an SDK.
HANDLER = """
import os, urllib.request
SCOPE = "%s/20261130/us-east-1/sts/aws4_request"
request = urllib.request.Request(
    os.environ["AWS_ENDPOINT_URL"],
    b"Action=GetCallerIdentity&Version=2011-06-15",
    {"Authorization": "AWS4-HMAC-SHA256 Credential=" + SCOPE % os.environ["AWS_ACCESS_KEY_ID"]},
)
assert b"<Account>123456789012</Account>" in urllib.request.urlopen(request).read()
try:
    urllib.request.urlopen("http://198.51.100.7/")
except OSError as error:
    assert "unreachable" in str(error)
def handler(event, context): pass
"""


def test_the_mock_is_reached_and_nothing_else(tmp_path, engine, lambda_image):
    write_files(tmp_path, {"handler.py": HANDLER})
    request = ProfileRequest(
        target=f"{tmp_path / 'handler.py'}:handler",
        runner=engine.name,
        image=lambda_image,
        runs=5,
        memory_mb=512,
        installs=False,
        boto3="none",
        mock_aws=True,
    )
    profile = profile_handler(request, Notes())
    assert profile.supplies.mocked == ("sts GetCallerIdentity",)
    assert [one.place for one in profile.network] == ["198.51.100.7:80"]
