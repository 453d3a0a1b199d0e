"""Events for a handler that was given none: chosen by what its source reads."""

import json

import pytest

from importcost.app.defer.synthetic_events import synthetic_events

EMPTY = "an empty event"


@pytest.mark.parametrize(
    ("source", "likeliest"),
    [
        ("def handler(e, c):\n    return 1\n", "a made-up HTTP API event"),
        ("e['httpMethod'], e['resource'], e['multiValueHeaders']\n", "a made-up REST API event"),
        ("e['rawPath'], e['requestContext']['http']\n", "a made-up HTTP API event"),
        ("for r in e['Records']: r['s3']['bucket'], r['s3']['object']\n", "a made-up S3 event"),
        ("for r in e['Records']: r['body'], r['messageId']\n", "a made-up SQS event"),
        ("for r in e['Records']: r['dynamodb']['NewImage']\n", "a made-up DynamoDB stream event"),
        ("for r in e['Records']: r['Sns']['Message']\n", "a made-up SNS event"),
        ("for r in e['Records']: b64decode(r['kinesis']['data'])\n", "a made-up Kinesis event"),
        ("e['detail']['x'], e['detail-type'], e['source']\n", "a made-up EventBridge event"),
        ("def broken(:\n", "a made-up HTTP API event"),
    ],
)
def test_the_likeliest_trigger_comes_after_the_empty_event(source, likeliest):
    events = synthetic_events([source, "x = 1\n"])
    assert [one.name for one in events[:2]] == [EMPTY, likeliest]
    assert len(events) in (2, 3)
    assert all(one.is_made_up for one in events)
    assert [one.name for one in synthetic_events([source], is_quick=True)] == [likeliest]


def test_every_event_is_json_and_names_are_unique():
    events = synthetic_events(["def handler(e, c): pass"])
    assert json.loads(json.dumps([one.value for one in events])) == [one.value for one in events]
    assert len({one.name for one in events}) == len(events)
