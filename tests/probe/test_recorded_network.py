"""The guard of recorded launches, on each Python: AWS calls arrive, other places are refused."""

import pytest

from importcost.model.profile import RunKind
from tests.harness import Handler, interpreters, write_files

HANDLER = """
import os, socket, urllib.request
SCOPE = "%s/20261130/us-east-1/sts/aws4_request"
AT_INIT = dict(os.environ)
def handler(event, context):
    key = os.environ["AWS_ACCESS_KEY_ID"]
    request = urllib.request.Request(
        os.environ["AWS_ENDPOINT_URL"],
        b"Action=GetCallerIdentity&Version=2011-06-15",
        {"Authorization": "AWS4-HMAC-SHA256 Credential=" + SCOPE % key},
    )
    status = urllib.request.urlopen(request).status
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    inside, outside = socket.socketpair()
    inside.sendmsg([b"x"])
    return {
        "status": status,
        "tcp": refused(socket.create_connection, ("192.0.2.1", 5432)),
        "udp": refused(udp.sendto, b"x", ("192.0.2.1", 53)),
        "name": refused(socket.getaddrinfo, "db.example.com", 5432),
        "address": socket.getaddrinfo("127.0.0.1", 80)[0][4][0],
        "left": sorted(name for name in AT_INIT if "PROXY" in name.upper() or "_URL" in name),
    }
def refused(call, *args):
    try:
        call(*args)
    except OSError as error:
        return str(error)
"""
UNREACHABLE = "[Errno 101] Network is unreachable"


@pytest.mark.parametrize("python", interpreters())
def test_aws_calls_arrive_and_other_places_are_refused_and_named(tmp_path, recorder, python):
    write_files(tmp_path, {"handler.py": HANDLER})
    environment = {"https_proxy": "http://192.0.2.9:1", "AWS_ENDPOINT_URL_S3": "https://x.invalid"}
    handler = Handler(tmp_path, function="handler", python=python, environment=environment)
    extra = {"event": {}, "recording": recorder.launch_spec()}
    found = handler.session().launch_probe(RunKind.INVOKE, **extra)["invocation"]
    assert found["error"] is None
    assert found["result"] == (
        '{"address": "127.0.0.1", "left": ["AWS_ENDPOINT_URL"], '
        '"name": "[Errno -3] Temporary failure in name resolution", "status": 200, '
        f'"tcp": "{UNREACHABLE}", "udp": "{UNREACHABLE}"}}'
    )
    places = ["192.0.2.1:5432", "192.0.2.1:53", "db.example.com:5432"]
    assert found["unrecorded"] == places
    (call,) = recorder.recording(found["unrecorded"]).calls
    assert (call.name, call.status) == ("sts GetCallerIdentity", 200)
