"""What failed calls say of the resources that they missed, and that those are made."""

import pytest

from importcost.measure.recording.resources import NeededResource, missing_resources
from importcost.model.results.aws_calls import AwsCall, Recording
from tests.measure.recording.test_endpoint import client


def missed(service, operation="X", status=400, region="us-east-1", is_answered=True, **parameters):
    pairs = tuple(sorted((name.replace("__", "/"), text) for name, text in parameters.items()))
    call = AwsCall(service, operation, region, "KEY", pairs, status, is_answered)
    return missing_resources(Recording((call, call)))


TOPIC = "arn:aws:sns:eu-west-1:123456789012:news"


@pytest.mark.parametrize(
    ("service", "parameters", "expected"),
    [
        ("s3", {"Bucket": "b", "Key": "k"}, NeededResource("s3", "b", "us-east-1")),
        ("sqs", {"QueueUrl": "https://x/1/q"}, NeededResource("sqs", "q", "us-east-1")),
        ("sqs", {"QueueName": "q.fifo"}, NeededResource("sqs", "q.fifo", "us-east-1")),
        ("sns", {"TopicArn": TOPIC}, NeededResource("sns", "news", "eu-west-1")),
        ("ssm", {"Name": "/a/b"}, NeededResource("ssm", "/a/b", "us-east-1")),
        ("kinesis", {"StreamName": "s"}, NeededResource("kinesis", "s", "us-east-1")),
        ("secretsmanager", {"SecretId": "db"}, NeededResource("secretsmanager", "db", "us-east-1")),
        (
            "dynamodb",
            {"TableName": "t", "Key__sk__N": "1", "Key__user__S": "u"},
            NeededResource("dynamodb", "t", "us-east-1", (("user", "S"), ("sk", "N"))),
        ),
        (
            "dynamodb",
            {"TableName": "t", "Item__amount__N": "1", "Item__orderId__S": "o"},
            NeededResource("dynamodb", "t", "us-east-1", (("orderId", "S"),)),
        ),
        (
            "dynamodb",
            {
                "TableName": "t",
                "KeyConditionExpression": "#n0 = :v0",
                "ExpressionAttributeNames__#n0": "owner",
                "ExpressionAttributeValues__:v0__S": "me",
            },
            NeededResource("dynamodb", "t", "us-east-1", (("owner", "S"),)),
        ),
        (
            "dynamodb",
            {"TableName": "t"},
            NeededResource("dynamodb", "t", "us-east-1", (("id", "S"),)),
        ),
    ],
)
def test_a_failed_call_names_what_it_missed_once(service, parameters, expected):
    assert missed(service, **parameters) == (expected,)


@pytest.mark.parametrize(
    ("service", "more"),
    [
        ("s3", {"Bucket": "b", "status": 200}),
        ("s3", {"Bucket": "b", "is_answered": False}),
        ("bedrock-runtime", {"Bucket": "b"}),
        ("sns", {"TopicArn": "arn:aws:sns:eu-west-1:999999999999:news"}),
        ("sns", {"PhoneNumber": "+15550100"}),
        ("sqs", {}),
    ],
)
def test_other_calls_ask_for_nothing(service, more):
    assert missed(service, **more) == ()


@pytest.mark.unhurried
def test_each_resource_is_found_by_the_next_launch_and_is_no_call_of_the_handlers(recorder):
    recorder.begin(
        [
            NeededResource("s3", "bucket", "eu-west-1"),
            NeededResource("sqs", "q.fifo", "us-east-1"),
            NeededResource("sns", "news", "us-east-1"),
            NeededResource("ssm", "/a/b", "us-east-1"),
            NeededResource("kinesis", "s", "us-east-1"),
            NeededResource("secretsmanager", "db", "us-east-1"),
            NeededResource("dynamodb", "t", "us-east-1", (("user", "S"), ("sk", "N"))),
            NeededResource("dynamodb", "no table name!", "us-east-1", (("id", "S"),)),
        ]
    )
    assert recorder.recording().calls == ()
    client(recorder, "s3", "eu-west-1").put_object(Bucket="bucket", Key="k", Body=b"")
    client(recorder, "sqs").get_queue_url(QueueName="q.fifo")
    topic = TOPIC.replace("eu-west-1", "us-east-1")
    client(recorder, "sns").publish(TopicArn=topic, Message="x")
    assert client(recorder, "ssm").get_parameter(Name="/a/b")["Parameter"]["Value"] == "example"
    client(recorder, "kinesis").put_record(StreamName="s", Data=b"x", PartitionKey="1")
    client(recorder, "secretsmanager").get_secret_value(SecretId="db")
    client(recorder, "dynamodb").get_item(TableName="t", Key={"user": {"S": "u"}, "sk": {"N": "1"}})
    assert len(recorder.recording().calls) == 7
    recorder.begin()
    assert client(recorder, "s3").list_buckets()["Buckets"] == []
