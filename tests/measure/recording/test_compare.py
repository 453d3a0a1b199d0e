"""Calls that two versions make, compared: what is the same, what is unstable by itself."""

from dataclasses import replace

import pytest

from importcost.measure.recording.compare import (
    call_differences,
    call_summary,
    expected_calls,
    hider,
)
from importcost.model.results.aws_calls import AwsCall, Recording

OWN = "AKIAIOSFODNN7EXAMPLE"


def call(name="s3 GetObject", status=200, region="us-east-1", key=OWN, **parameters):
    service, operation = name.split()
    return AwsCall(service, operation, region, key, tuple(sorted(parameters.items())), status)


def differences(before, after, *, second=None, hide=str):
    recordings = [
        Recording(tuple(calls)) for calls in (before, before if second is None else second)
    ]
    return call_differences(expected_calls(recordings), Recording(tuple(after)), hide)


READ, WRITE = call(Bucket="a", Key="k"), call("s3 PutObject", Bucket="a", Key="k", Body="x")
LOOK = call("dynamodb GetItem", TableName="t")


def test_the_same_calls_do_not_differ():
    assert differences([READ, WRITE, LOOK], [READ, WRITE, LOOK]) == []
    assert differences([], []) == []


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ([READ], "s3 PutObject(Body=x, Bucket=a, Key=k) is no longer made"),
        (
            [READ, WRITE, LOOK],
            "dynamodb GetItem(TableName=t) is made, which the original does not make",
        ),
        (
            [READ, WRITE, WRITE],
            "s3 PutObject(Body=x, Bucket=a, Key=k) is made, which the original does not make",
        ),
        (
            [READ, replace(WRITE, key="PARTNERKEY")],
            f"s3 PutObject signs with another key: PARTNERKEY instead of {OWN}",
        ),
        (
            [READ, replace(WRITE, key="")],
            f"s3 PutObject signs with another key: no key instead of {OWN}",
        ),
        (
            [READ, replace(WRITE, region="eu-west-1")],
            "s3 PutObject goes to eu-west-1 instead of us-east-1",
        ),
        (
            [READ, replace(WRITE, status=403)],
            "s3 PutObject is answered with status 403 instead of 200",
        ),
        (
            [READ, call("s3 PutObject", Bucket="a", Key="other", Body="x")],
            "s3 PutObject is made with Key=other instead of k",
        ),
        (
            [READ, call("s3 PutObject", Bucket="a", Key="k", Body="x", ACL="private")],
            "s3 PutObject is made with ACL=private",
        ),
        ([READ, call("s3 PutObject", Bucket="a", Key="k")], "s3 PutObject is made without Body=x"),
    ],
)
def test_each_difference_is_one_clause(after, said):
    assert differences([READ, WRITE], after) == [said]


def test_several_differences_are_told_apart_by_the_nearest_calls():
    many = [call(Bucket="a", Key=str(number)) for number in range(4)]
    changed = [*many[:2], replace(many[2], region="eu-west-1")]
    assert differences(many, changed) == [
        "s3 GetObject goes to eu-west-1 instead of us-east-1",
        "s3 GetObject(Bucket=a, Key=3) is no longer made",
    ]


def test_the_order_counts_within_one_client():
    (said,) = differences([READ, WRITE], [WRITE, READ])
    now, was = "s3 PutObject(Body=x, Bucket=a, Key=k)", "s3 GetObject(Bucket=a, Key=k)"
    assert said == f"{now} is made before {was}, which came first"


@pytest.mark.parametrize(
    "other",
    [LOOK, replace(READ, region="eu-west-1"), replace(READ, key="PARTNERKEY")],
)
def test_the_order_between_clients_may_change_as_a_call_moves_out_of_init(other):
    assert differences([other, READ, WRITE], [READ, other, WRITE]) == []


def test_an_order_that_changes_by_itself_is_not_compared():
    threads = [call(Bucket="a", Key=str(number)) for number in range(4)]
    assert differences(threads, threads[2:] + threads[:2], second=threads[::-1]) == []
    assert differences(threads, threads[1:], second=threads[::-1]) == [
        "s3 GetObject(Bucket=a, Key=0) is no longer made"
    ]


def test_a_value_that_changes_by_itself_is_not_compared():
    first = [call("s3 PutObject", Bucket="a", Key="2026-11-30T12:00:00")]
    second = [call("s3 PutObject", Bucket="a", Key="2026-11-30T12:00:01")]
    third = [call("s3 PutObject", Bucket="a", Key="2026-11-30T12:00:09")]
    assert differences(first, third, second=second) == []
    other = [call("s3 PutObject", Bucket="b", Key="2026-11-30T12:00:09")]
    assert differences(first, other, second=second) == [
        "s3 PutObject is made with Bucket=b instead of a"
    ]


def test_a_parameter_that_comes_and_goes_by_itself_is_not_compared():
    plain, more = call(Bucket="a"), call(Bucket="a", Range="bytes=0-9")
    assert differences([plain], [more], second=[more]) == []
    assert differences([more], [plain], second=[plain]) == []


def test_a_number_of_calls_that_changes_by_itself_is_not_compared():
    assert differences([READ, LOOK, LOOK], [READ, LOOK], second=[READ, LOOK, LOOK, LOOK]) == []
    assert differences([READ, LOOK], [LOOK], second=[READ, LOOK, LOOK]) == [
        "s3 GetObject(Bucket=a, Key=k) is no longer made"
    ]


def test_the_summary_counts_what_is_compared_and_names_what_is_not():
    lost = replace(call("bedrock-runtime Converse", status=501), is_answered=False)
    first = Recording((READ, READ, LOOK, lost), ("db.example.com:5432",))
    expected = expected_calls([first, Recording((READ, READ, LOOK, LOOK, lost))])
    found = call_summary(expected, first)
    assert (found.compared, found.varying) == (3, 1)
    assert dict(found.names)["s3 GetObject"] == 2
    assert found.unanswered == ("bedrock-runtime Converse",)
    assert found.unrecorded == ("db.example.com:5432",)
    assert call_summary(None, None) is None


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("hunter2-secret", "(the value of PASSWORD)"),
        ("x=hunter2-secret&y", "x=(the value of PASSWORD)&y"),
        ("ab", "(the value of PIN)"),
        ("cable", "cable"),
        ("hunter2-secret" * 20, "(the value of PASSWORD)(the value of PASSWORD)(the value of…"),
        ("\x1b[31mred", "\N{REPLACEMENT CHARACTER}[31mred"),
    ],
)
def test_no_value_of_a_variable_and_no_control_character_is_shown(value, shown):
    hide = hider({"PIN": "ab", "PASSWORD": "hunter2-secret", "EMPTY": ""})
    assert differences([call(Key="k")], [call(Key=value)], hide=hide) == [
        f"s3 GetObject is made with Key={shown} instead of k"
    ]
