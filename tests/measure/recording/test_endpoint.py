"""Real requests of botocore, each protocol's, as the endpoint records them."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from botocore.session import Session

from importcost.errors import MeasurementError, UsageError
from importcost.measure.recording import endpoint as module
from importcost.measure.recording.endpoint import OWN_KEY, open_recorder
from importcost.measure.recording.server import refuse_network
from importcost.model.results.aws_calls import SET_ASIDE
from tests.harness import PATIENCE_S


def client(recorder, service, region="us-east-1", key=OWN_KEY):
    session = Session()
    session.set_credentials(key, "secret", "token")
    address = recorder.environment["AWS_ENDPOINT_URL"]
    return session.create_client(service, region_name=region, endpoint_url=address)


def attempt(call, **parameters):
    with suppress(ClientError):
        call(**parameters)


def recorded(recorder):
    return [(one.name, dict(one.parameters), one.status) for one in recorder.recording().calls]


ROLE = "arn:aws:iam::123456789012:role/partner"

REQUESTS = [
    # JSON
    (
        *("dynamodb", "put_item"),
        {"TableName": "t", "Item": {"id": {"S": "1"}, "tags": {"SS": ["b", "a"]}}},
        "dynamodb PutItem",
        {"TableName": "t", "Item/id/S": "1", "Item/tags/SS/0": "a", "Item/tags/SS/1": "b"},
    ),
    (
        *("events", "put_events"),
        {"Entries": [{"Source": "s", "DetailType": "d", "Detail": '{"order": {"id": 7}}'}]},
        "events PutEvents",
        {"Entries/0/Source": "s", "Entries/0/DetailType": "d", "Entries/0/Detail/order/id": "7"},
    ),
    (
        *("secretsmanager", "get_secret_value"),
        {"SecretId": "db"},
        "secretsmanager GetSecretValue",
        {"SecretId": "db"},
    ),
    (
        *("secretsmanager", "create_secret"),
        {"Name": "n", "SecretString": "s", "ClientRequestToken": str(uuid.uuid4())},
        "secretsmanager CreateSecret",
        {"Name": "n", "SecretString": "s", "ClientRequestToken": SET_ASIDE},
    ),
    # Query
    ("sts", "get_caller_identity", {}, "sts GetCallerIdentity", {}),
    (
        *("sns", "publish"),
        {"TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Message": "hi"},
        "sns Publish",
        {"TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Message": "hi"},
    ),
    (
        *("iam", "get_role"),
        {"RoleName": "r"},
        "iam GetRole",
        {"RoleName": "r"},
    ),
    # EC2
    (
        *("ec2", "describe_instances"),
        {"Filters": [{"Name": "vpc-id", "Values": ["v"]}]},
        "ec2 DescribeInstances",
        {"Filter/1/Name": "vpc-id", "Filter/1/Value/1": "v"},
    ),
    # REST with XML
    ("s3", "list_objects_v2", {"Bucket": "bucket", "Prefix": "p/"}, "s3 ListObjectsV2", None),
    ("s3", "get_object", {"Bucket": "bucket", "Key": "a/b c+d"}, "s3 GetObject", None),
    ("s3", "head_object", {"Bucket": "bucket", "Key": "k"}, "s3 HeadObject", None),
    (
        *("s3", "upload_part"),
        {"Bucket": "bucket", "Key": "k", "UploadId": "u", "PartNumber": 2, "Body": b"x"},
        "s3 UploadPart",
        None,
    ),
    (
        *("route53", "change_resource_record_sets"),
        {
            "HostedZoneId": "Z1",
            "ChangeBatch": {
                "Changes": [
                    {
                        "Action": "UPSERT",
                        "ResourceRecordSet": {"Name": "a.example.com", "Type": "A", "TTL": 5},
                    }
                ]
            },
        },
        "route53 ChangeResourceRecordSets",
        None,
    ),
    # REST with JSON
    (
        *("lambda", "invoke"),
        {"FunctionName": "f", "Payload": b'{"a": {"b": 1}}', "InvocationType": "Event"},
        "lambda Invoke",
        {"FunctionName": "f", "InvocationType": "Event", "Payload/a/b": "1"},
    ),
    ("apigatewayv2", "get_apis", {}, "apigatewayv2 GetApis", {}),
    ("apigateway", "get_rest_apis", {"limit": 3}, "apigateway GetRestApis", {"limit": "3"}),
    (
        *("iot-data", "publish"),
        {"topic": "a/b", "payload": b"\x00\xff"},
        "iot-data Publish",
        None,
    ),
]


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("service", "operation", "parameters", "name", "flat"),
    REQUESTS,
    ids=[f"{one[0]}-{one[1]}" for one in REQUESTS],
)
def test_a_request_of_each_protocol_is_the_call_that_was_made(
    recorder, service, operation, parameters, name, flat
):
    attempt(getattr(client(recorder, service), operation), **parameters)
    (found,) = recorder.recording().calls
    assert (found.name, found.key, found.region) == (name, OWN_KEY, "us-east-1")
    kept = dict(found.parameters)
    if flat is not None:
        assert kept == flat
    else:
        plain = {key: str(value) for key, value in parameters.items() if isinstance(value, str)}
        assert plain.items() <= kept.items()


@pytest.mark.unhurried
def test_the_same_request_twice_is_the_same_call(recorder):
    for service, operation, parameters, *_ in REQUESTS:
        recorder.begin()
        for _ in range(2):
            attempt(getattr(client(recorder, service), operation), **parameters)
        first, second = recorder.recording().calls
        assert first.parameters == second.parameters


def test_bodies_keep_their_content_and_files_of_bytes_their_digest(recorder):
    s3 = client(recorder, "s3")
    s3.create_bucket(Bucket="bucket")
    bodies = (b"plain", b'{"id": 1}', b"\x00\xff" * 10, b"x" * 5000)
    for number, body in enumerate(bodies):
        s3.put_object(Bucket="bucket", Key=str(number), Body=body, Metadata={"by": "me"})
    puts = [dict(one.parameters) for one in recorder.recording().calls[1:]]
    assert [one["Metadata/by"] for one in puts] == ["me"] * len(bodies)
    assert puts[0]["Body"] == "plain"
    assert puts[1]["Body/id"] == "1"
    assert puts[2]["Body"].startswith("(20 bytes, SHA-256 ")
    assert puts[3]["Body"].startswith("(5000 characters, SHA-256 ")
    assert not any("Checksum" in name for one in puts for name in one if "Algorithm" not in name)


@pytest.mark.unhurried
def test_who_signs_and_where_is_kept(recorder):
    attempt(client(recorder, "s3", "eu-west-1", "PARTNERKEY").list_buckets)
    attempt(client(recorder, "sts", "ap-south-1").get_caller_identity)
    found = recorder.recording().calls
    assert [(one.key, one.region) for one in found] == [
        ("PARTNERKEY", "eu-west-1"),
        (OWN_KEY, "ap-south-1"),
    ]


@pytest.mark.unhurried
def test_a_key_that_a_call_returned_is_named_after_the_call(recorder):
    for _ in range(2):
        recorder.begin()
        sts = client(recorder, "sts")
        issued = sts.assume_role(RoleArn=ROLE, RoleSessionName="name")["Credentials"]
        attempt(client(recorder, "sqs", key=issued["AccessKeyId"]).list_queues)
        key = recorder.recording().calls[1].key
        assert key == f"the key that AssumeRole returned of {ROLE}"


def test_a_presigned_url_is_a_call_too(recorder):
    url = client(recorder, "s3").generate_presigned_url(
        "get_object", Params={"Bucket": "bucket", "Key": "k"}
    )
    connection = http.client.HTTPConnection("127.0.0.1", recorder.port, timeout=PATIENCE_S)
    connection.request("GET", url.partition(str(recorder.port))[2])
    connection.getresponse().read()
    connection.close()
    (found,) = recorder.recording().calls
    assert (found.name, found.key) == ("s3 GetObject", OWN_KEY)
    assert dict(found.parameters) == {"Bucket": "bucket", "Key": "k"}


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("service", "operation", "parameters", "name"),
    [
        ("textract", "analyze_document", {"Document": {}, "FeatureTypes": []}, "AnalyzeDocument"),
        ("comprehend", "batch_detect_sentiment", {"TextList": ["x"], "LanguageCode": "en"}, None),
        ("bedrock-runtime", "converse", {"modelId": "m"}, "Converse"),
        ("translate", "list_languages", {}, "ListLanguages"),
    ],
)
def test_an_operation_that_moto_does_not_have_is_recorded_and_told(
    recorder, service, operation, parameters, name
):
    with pytest.raises(ClientError, match=r"does not implement|NotImplemented|501"):
        getattr(client(recorder, service), operation)(**parameters)
    (found,) = recorder.recording().calls
    assert not found.is_answered
    assert found.service == service
    assert name in (found.operation, None)


@pytest.mark.unhurried
def test_each_recording_begins_with_an_empty_account(recorder):
    s3 = client(recorder, "s3")
    s3.create_bucket(Bucket="bucket")
    recorder.begin()
    assert recorder.recording().calls == ()
    assert s3.list_buckets()["Buckets"] == []
    identities = []
    for _ in range(2):
        recorder.begin()
        sqs = client(recorder, "sqs")
        url = sqs.create_queue(QueueName="q")["QueueUrl"]
        identities.append(sqs.send_message(QueueUrl=url, MessageBody="x")["MessageId"])
    assert identities[0] == identities[1]


@pytest.mark.unhurried
def test_calls_of_threads_are_all_recorded(recorder):
    dynamodb = client(recorder, "dynamodb")
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda number: attempt(
                    dynamodb.get_item, TableName="t", Key={"id": {"N": str(number)}}
                ),
                range(16),
            )
        )
    found = {dict(one.parameters)["Key/id/N"] for one in recorder.recording().calls}
    assert found == {str(number) for number in range(16)}


def test_the_record_is_nobody_elses(recorder):
    connection = http.client.HTTPConnection("127.0.0.1", recorder.port, timeout=PATIENCE_S)
    connection.request("GET", "/importcost-recorder", headers={"X-Importcost-Token": "guess"})
    assert connection.getresponse().status == http.client.FORBIDDEN
    connection.close()


def test_a_missing_extra_is_one_sentence_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setattr(module, "_NEEDED", ("no_such_module_here",))
    with (
        pytest.raises(UsageError, match=r"pip install 'importcost-lambda\[record\]'") as error,
        open_recorder(),
    ):
        pass
    assert error.value.exit_code == 2


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("raise SystemExit('no port is free')", r"could not be started \(exit code 1\) \(no port"),
        ("import time; time.sleep(999)", "has not started after 0.5 s"),
    ],
)
def test_a_server_that_does_not_start_is_one_sentence(monkeypatch, program, said):
    monkeypatch.setattr(module, "server_command", lambda: [sys.executable, "-c", program])
    with (
        pytest.raises(MeasurementError, match=said),
        open_recorder(0.5 if "sleep" in program else PATIENCE_S),
    ):
        pass


@pytest.mark.unhurried
def test_a_server_that_dies_is_one_sentence():
    with open_recorder() as recorder:
        os.kill(recorder.process.pid, signal.SIGKILL)
        recorder.process.wait()
        with pytest.raises(MeasurementError, match=r"has ended \(exit code -9\)"):
            recorder.begin()


@pytest.mark.unhurried
def test_nothing_is_left_of_a_recorder():
    with open_recorder() as recorder:
        folder = recorder.log.parent
        assert folder.is_dir()
    assert recorder.process.returncode is not None
    assert not folder.exists()


ABANDONED = """
import os, signal
from importcost.measure.recording.endpoint import open_recorder
with open_recorder() as recorder:
    print(recorder.process.pid, recorder.port, recorder.log.parent, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.unhurried
def test_it_ends_with_the_process_that_started_it_even_if_that_is_killed(tmp_path, monkeypatch):
    # Whoever starts one sweeps what others left: nobody else looks here.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", ABANDONED],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    pid, port, folder = done.stdout.split()
    pid, port = int(pid), int(port)
    give_up = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up and is_open(port):
        threading.Event().wait(0.05)
    assert not is_open(port)
    # Its folder goes when the next one starts.
    assert Path(folder).is_dir()
    with open_recorder():
        assert not Path(folder).exists()
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_endpoint_itself_reaches_no_other_machine():
    with pytest.raises(OSError, match="unreachable"):
        refuse_network("socket.connect", (None, ("192.0.2.1", 443)))
    refuse_network("socket.connect", (None, ("127.0.0.1", 443)))
    refuse_network("socket.connect", (None, "/run/socket"))
    refuse_network("open", ("x", "r", 0))
