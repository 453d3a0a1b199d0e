"""Two versions of real handlers, called with a recording endpoint: the calls must be the same."""

import json
import re
from dataclasses import replace

import pytest

from importcost.app.defer.events import HandlerEvent, call_unchanged, judge_event
from importcost.app.defer.recorded import recorded
from importcost.app.profile.bench import open_bench
from importcost.app.profile.request import ProfileRequest
from importcost.errors import UsageError
from importcost.measure.session import Session, Variant
from importcost.model.profile import RunKind
from importcost.model.results.events import JointChange
from tests.harness import write_files


class Silence:
    def note(self, message):
        pass

    detail = progress = note


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A bench whose launches find botocore with its bytecode, which spares most of their time."""
    folder = tmp_path_factory.mktemp("task")
    imports = "import botocore.session, concurrent.futures, urllib.request\n"
    client = 'botocore.session.get_session().create_client("s3")\n'
    write_files(folder, {"handler.py": imports + client, "requirements.txt": "boto3\n"})
    target = f"{folder / 'handler.py'}:handler"
    request = ProfileRequest(target, runner="local", package_type="image", installs=False)
    with open_bench(request, Silence()) as bench:
        Session(bench.runner, bench.subject).launch_probe(RunKind.WARM_UP)
        yield bench


class Versions:
    """Two sources of one handler, called with one event."""

    def __init__(self, bench):
        self.bench = bench

    def with_environment(self, environment):
        bench = self.bench
        runner = replace(bench.runner, environment={**bench.runner.environment, **environment})
        request = replace(bench.request, environment=environment)
        return Versions(replace(bench, runner=runner, request=request))

    def outcome(self, before, after, event=None):
        asked = HandlerEvent("event.json", event or {})
        bench = replace(self.bench, subject=self._subject("before", before))
        changed = self._subject("after", after)
        return judge_event(bench, asked, call_unchanged(bench, asked), {JointChange(): changed})

    def difference(self, before, after, event=None):
        return self.outcome(before, after, event).differing.get(JointChange())

    def _subject(self, name, source):
        file = self.bench.subject.target.handler_file
        return replace(self.bench.subject, variant=Variant(name, {file: source.encode()}))


@pytest.fixture
def versions(opened, recorder):
    return Versions(replace(opened, recorder=recorder))


HEAD = """
import os
import threading
import botocore.session
session = botocore.session.get_session()
"""
PARTNER = """
s3 = session.create_client("s3", region_name="eu-west-1")
def handler(event, context):
    os.environ.update(AWS_ACCESS_KEY_ID="PARTNERKEY", AWS_SECRET_ACCESS_KEY="s")
    os.environ.pop("AWS_SESSION_TOKEN", None)
    return len(s3.list_buckets()["Buckets"])
"""
DEFERRED = """
import functools
@functools.cache
def s3():
    return botocore.session.get_session().create_client("s3", region_name="eu-west-1")
def handler(event, context):
    os.environ.update(AWS_ACCESS_KEY_ID="PARTNERKEY", AWS_SECRET_ACCESS_KEY="s")
    os.environ.pop("AWS_SESSION_TOKEN", None)
    return len(s3().list_buckets()["Buckets"])
"""


@pytest.mark.unhurried
def test_a_client_made_later_signs_with_what_the_environment_says_then(versions):
    # The answers are the same: only the calls tell.
    assert versions.difference(HEAD + PARTNER, HEAD + DEFERRED) == (
        "with event.json, s3 ListBuckets signs with another key: PARTNERKEY instead of (hidden)"
    )


READS = """
def client():
    return session.create_client("dynamodb", region_name=os.environ.get("REGION", "us-east-1"))
def handler(event, context):
    table = client()
    {body}
    return {{"ok": True}}
"""
TWO = 'table.create_table(TableName="t", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], '
TWO += 'AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], '
TWO += 'BillingMode="PAY_PER_REQUEST"); '
TWO += 'table.put_item(TableName="t", Item={"id": {"S": event.get("id", "0")}})'


def reads(body):
    return HEAD + READS.format(body=body)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (reads(TWO), reads(TWO), None),
        (
            reads(TWO),
            reads(TWO.partition("; ")[0]),
            "dynamodb PutItem(Item/id/S=7, TableName=t) is no longer made",
        ),
        (
            reads(TWO),
            reads(TWO + '; table.get_item(TableName="t", Key={"id": {"S": "7"}})'),
            "dynamodb GetItem(Key/id/S=7, TableName=t) is made, which the original does not make",
        ),
        (
            reads(TWO),
            'import os\nos.environ["REGION"] = "eu-central-1"\n' + reads(TWO),
            "dynamodb CreateTable goes to eu-central-1 instead of us-east-1",
        ),
        (
            reads(TWO),
            reads(TWO.replace('event.get("id", "0")', '"8"')),
            "dynamodb PutItem is made with Item/id/S=8 instead of 7",
        ),
    ],
    ids=["same", "missing", "extra", "region", "parameter"],
)
def test_the_calls_of_both_versions_are_compared(versions, before, after, said):
    found = versions.difference(before, after, {"id": "7"})
    assert found == (said and f"with event.json, {said}")


ORDER = """
def handler(event, context):
    sqs = session.create_client("sqs", region_name="us-east-1")
    {first}
    {second}
"""
FIRST, SECOND = (f'sqs.create_queue(QueueName="{name}")' for name in ("first", "second"))


@pytest.mark.slow
def test_the_order_of_one_clients_calls_is_compared(versions):
    before = HEAD + ORDER.format(first=FIRST, second=SECOND)
    after = HEAD + ORDER.format(first=SECOND, second=FIRST)
    assert versions.difference(before, after) == (
        "with event.json, sqs CreateQueue(QueueName=second) is made before "
        "sqs CreateQueue(QueueName=first), which came first"
    )


MOVED = """
{init}
def handler(event, context):
    s3 = session.create_client("s3")
    s3.list_buckets()
    {call}
    return "done"
"""
WHO = 'session.create_client("sts").get_caller_identity()'


@pytest.mark.slow
def test_a_call_of_init_may_come_later_and_must_come(versions):
    before = HEAD + MOVED.format(init=WHO, call="")
    moved = HEAD + MOVED.format(init="", call=WHO)
    found = versions.outcome(before, moved)
    assert not found.differing
    assert dict(found.recorded.names) == {"sts GetCallerIdentity": 1, "s3 ListBuckets": 1}
    lost = HEAD + MOVED.format(init="", call="")
    assert versions.difference(before, lost) == (
        "with event.json, sts GetCallerIdentity() is no longer made"
    )


THREADS = """
from concurrent.futures import ThreadPoolExecutor
def handler(event, context):
    sqs = session.create_client("sqs", region_name="us-east-1")
    barrier = threading.Barrier(6)
    def make(number):
        barrier.wait()
        sqs.create_queue(QueueName="q%d" % number)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(make, range({first}, {first} + 6)))
    return 6
"""


@pytest.mark.slow
def test_threads_may_call_in_any_order_but_must_make_the_same_calls(versions):
    source = HEAD + THREADS.format(first=0)
    found = versions.outcome(source, source)
    assert not found.differing
    other = versions.difference(source, HEAD + THREADS.format(first=1))
    assert re.search(r"CreateQueue is made with QueueName=q\d instead of q\d", other)


UNSTABLE = """
import time, uuid
def handler(event, context):
    s3 = session.create_client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="%s-%d" % (uuid.uuid4(), time.time_ns()), Body=b"{body}")
    return "stored"
"""


@pytest.mark.slow
def test_what_changes_by_itself_is_not_compared_and_the_rest_is(versions):
    source = HEAD + UNSTABLE.format(body="x")
    found = versions.outcome(source, source)
    assert not found.differing
    assert (found.recorded.compared, found.recorded.varying) == (2, 0)
    assert versions.difference(source, HEAD + UNSTABLE.format(body="y")) == (
        "with event.json, s3 PutObject is made with Body=y instead of x"
    )


FAILING = """
ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:none"
def handler(event, context):
    session.create_client("stepfunctions").start_execution(stateMachineArn=ARN, input="{id}")
"""


@pytest.mark.slow
def test_a_handler_that_fails_counts_if_both_call_alike(versions):
    source = HEAD + FAILING.format(id=1)
    found = versions.outcome(source, source)
    assert found.original.failed
    assert "StateMachineDoesNotExist" in found.original.answer
    assert not found.differing
    assert found.recorded.compared == 1
    assert versions.difference(source, HEAD + FAILING.format(id=2)) == (
        "with event.json, stepfunctions StartExecution is made with input=2 instead of 1"
    )


DEEP = """
def handler(event, context):
    table = session.create_client("dynamodb")
    found = table.get_item(TableName="orders", Key={"id": {"S": "1"}}).get("Item")
    session.create_client("s3").put_object(Bucket="reports", Key="k", Body=b"x")
    sqs = session.create_client("sqs")
    url = sqs.get_queue_url(QueueName="done")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="1")
    return found
"""


@pytest.mark.unhurried
def test_what_the_first_calls_miss_is_made_so_that_later_calls_are_seen(versions):
    found = versions.outcome(HEAD + DEEP, HEAD + DEEP.replace('Body="1"', 'Body="2"'))
    assert found.recorded.supplied == ("dynamodb orders", "s3 reports", "sqs done")
    assert dict(found.recorded.names) == {
        "dynamodb GetItem": 1,
        "s3 PutObject": 1,
        "sqs GetQueueUrl": 1,
        "sqs SendMessage": 1,
    }
    assert found.differing[JointChange()] == (
        "with event.json, sqs SendMessage is made with MessageBody=2 instead of 1"
    )


SECRET = """
def handler(event, context):
    session.create_client("secretsmanager").create_secret(Name={name}, SecretString="x")
"""


@pytest.mark.unhurried
def test_the_value_of_a_variable_is_not_shown(versions):
    before = HEAD + SECRET.format(name='"plain"')
    after = HEAD + SECRET.format(name='os.environ["PASSWORD"]')
    said = versions.with_environment({"PASSWORD": "hunter2-s3cret"}).difference(before, after)
    assert said == (
        "with event.json, secretsmanager CreateSecret is made with "
        "Name=(the value of PASSWORD) instead of plain"
    )


ELSEWHERE = """
import socket, urllib.request
def attempt(call, *args):
    try:
        call(*args)
    except OSError as error:
        return type(error).__name__
def handler(event, context):
    explicit = session.create_client("s3", endpoint_url="http://minio.example.com:9000")
    return [
        attempt(socket.create_connection, ("192.0.2.1", 5432)),
        attempt(urllib.request.urlopen, "https://api.example.com/path"),
        attempt(socket.gethostbyname, "db.example.com"),
        repr(attempt_client(explicit)),
    ]
def attempt_client(client):
    try:
        client.list_buckets()
    except Exception as error:
        return type(error).__name__
"""


@pytest.mark.unhurried
def test_places_beside_the_endpoint_are_refused_and_named(versions):
    found = versions.outcome(HEAD + ELSEWHERE, HEAD + ELSEWHERE)
    answer = json.loads(found.original.answer)
    assert answer == ["OSError", "URLError", "gaierror", "'EndpointConnectionError'"]
    assert set(found.recorded.unrecorded) == {
        "192.0.2.1:5432",
        "api.example.com:443",
        "db.example.com",
        "minio.example.com:9000",
    }
    assert found.recorded.compared == 0


@pytest.mark.unhurried
def test_variables_that_send_calls_elsewhere_do_not(versions):
    environment = {
        "AWS_ENDPOINT_URL_S3": "https://s3.example.com",
        "AWS_ENDPOINT_URL": "https://aws.example.com",
        "HTTPS_PROXY": "http://proxy.example.com:3128",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "AWS_ACCESS_KEY_ID": "REALKEY",
    }
    source = HEAD + 'def handler(event, context): session.create_client("s3").list_buckets()\n'
    found = versions.with_environment(environment).outcome(source, source)
    (call,) = found.original.recording.calls
    assert (call.name, call.key) == ("s3 ListBuckets", "AKIAIOSFODNN7EXAMPLE")
    assert found.recorded.unrecorded == ()


@pytest.mark.unhurried
def test_a_target_without_a_function_is_refused(tmp_path):
    write_files(tmp_path, {"handler.py": "x = 1\n"})
    request = ProfileRequest(str(tmp_path / "handler.py"), runner="local", installs=False)
    with (
        open_bench(request, Silence()) as bench,
        pytest.raises(UsageError, match="--record calls the handler"),
        recorded(bench, Silence(), is_asked=True),
    ):
        pass


def test_nothing_is_started_unless_asked(tmp_path):
    write_files(tmp_path, {"handler.py": "def handler(event, context): pass\n"})
    request = ProfileRequest(f"{tmp_path}/handler.py:handler", runner="local", installs=False)
    with (
        open_bench(request, Silence()) as bench,
        recorded(bench, Silence(), is_asked=False) as same,
    ):
        assert same is bench
