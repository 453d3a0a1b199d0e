"""Intrinsic functions are evaluated as CloudFormation does; what stays open is visible."""

import pytest

from importcost.errors import UsageError
from importcost.projects.cloudformation.evaluator import TemplateScope
from importcost.projects.cloudformation.intrinsics import evaluator_of
from importcost.projects.cloudformation.loops import expanded
from importcost.projects.documents import parse_yaml
from importcost.projects.placeholders import PLACEHOLDER, OpenText

NAMES = """
Mappings:
  Sizes: {us-east-1: {small: 256, zones: [x, y]}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsDev: !Not [!Condition IsProd]
  Both: !And [!Condition IsDev, !Equals [!Ref Stage, dev]]
  Either: !Or [!Condition IsProd, !Equals [a, a]]
  Open: !Equals [!Ref Nowhere, x]
  OpenButFalse: !And [!Condition Open, !Condition IsProd]
  OpenButTrue: !Or [!Condition Open, !Condition IsDev]
  Circle: !Not [!Condition Circle]
Resources:
  Table: {Type: AWS::DynamoDB::Table}
  Named: {Type: AWS::DynamoDB::Table, Properties: {TableName: !Sub "${Stage}-orders"}}
  Own: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Own}}
  Queue: {Type: AWS::SQS::Queue}
  Topic: {Type: AWS::SNS::Topic}
  Odd: {Type: Custom::Thing}
"""


@pytest.fixture
def evaluator():
    names = parse_yaml(NAMES, "t.yaml")
    return evaluator_of(
        TemplateScope(
            file="t.yaml",
            values={"Stage": "dev", "Zones": ["a", "b"]},
            defaultless=frozenset({"Nowhere"}),
            mappings=names["Mappings"],
            conditions=names["Conditions"],
            resources=names["Resources"],
        )
    )


def value(evaluator, text):
    return evaluator.value(parse_yaml(f"x: {text}", "t.yaml"))["x"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("!Ref Stage", "dev"),
        ("!Ref AWS::Region", "us-east-1"),
        ("!Ref AWS::Partition", "aws"),
        ("!Ref Named", "dev-orders"),
        ("!Sub '${Stage}-${!Kept}'", "dev-${Kept}"),
        ("!Sub ['${A}/${Stage}', {A: !Ref Stage}]", "dev/dev"),
        ("!Join ['-', [a, !Ref Stage, 3]]", "a-dev-3"),
        ("!Join [',', !Ref Zones]", "a,b"),
        ("!FindInMap [Sizes, !Ref 'AWS::Region', small]", 256),
        ("!FindInMap [Sizes, !Ref 'AWS::Region', zones]", ["x", "y"]),
        ("!FindInMap [Sizes, nowhere, small, {DefaultValue: 9}]", 9),
        ("!Select [1, !Split [',', 'a,b,c']]", "b"),
        ("!Select ['0', [x, y]]", "x"),
        ("!Base64 abc", "YWJj"),
        ("!If [IsDev, 1, 2]", 1),
        ("!If [IsProd, 1, 2]", 2),
        ("!If [Both, 1, 2]", 1),
        ("!If [Either, 1, 2]", 1),
        ("!If [OpenButFalse, 1, 2]", 2),
        ("!If [OpenButTrue, 1, 2]", 1),
        ("!GetAZs ''", ["us-east-1a", "us-east-1b", "us-east-1c"]),
        ("{'Fn::Length': !Ref Zones}", 2),
        ("{'Fn::ToJsonString': {a: !Ref Stage}}", '{"a":"dev"}'),
    ],
)
def test_what_the_files_hold_is_evaluated(evaluator, text, expected):
    found = value(evaluator, text)
    assert found == expected
    assert not isinstance(found, OpenText)


ACCOUNT = "123456789012"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("!Ref Table", PLACEHOLDER),
        ("!Ref Nowhere", PLACEHOLDER),
        ("!Ref Queue", f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/{PLACEHOLDER}"),
        ("!GetAtt Queue.Arn", f"arn:aws:sqs:us-east-1:{ACCOUNT}:{PLACEHOLDER}"),
        ("!Ref Topic", f"arn:aws:sns:us-east-1:{ACCOUNT}:{PLACEHOLDER}"),
        ("!GetAtt Named.Arn", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/dev-orders"),
        ("!GetAtt Odd.Whatever", PLACEHOLDER),
        ("!GetAtt Nested.Outputs.Url", PLACEHOLDER),
        ("!ImportValue other", PLACEHOLDER),
        ("'{{resolve:ssm:/a/b}}'", PLACEHOLDER),
        ("'x-{{resolve:secretsmanager:s:SecretString:p}}'", f"x-{PLACEHOLDER}"),
        ("!Sub '${Table}-x'", f"{PLACEHOLDER}-x"),
        ("!Join ['/', [a, !Ref Table]]", f"a/{PLACEHOLDER}"),
        ("!Ref Own", PLACEHOLDER),
        ("!Select [7, [a]]", PLACEHOLDER),
        ("!FindInMap [Sizes, nowhere, small]", PLACEHOLDER),
        ("!If [Circle, a, b]", "a"),
        ("!If [Open, a, b]", "a"),
    ],
)
def test_what_only_the_cloud_knows_is_a_placeholder_in_its_shape(evaluator, text, expected):
    found = value(evaluator, text)
    assert found == expected
    assert isinstance(found, OpenText)
    assert found.reason


def test_no_value_leaves_a_property_out(evaluator):
    raw = parse_yaml("a: !If [IsProd, 1, !Ref AWS::NoValue]\nb: [1, !Ref AWS::NoValue]", "t.yaml")
    assert evaluator.value(raw) == {"b": [1]}


@pytest.mark.parametrize("text", ["!Join x", "!Sub []", "!If [a]", "!Split [a]", "!Select []"])
def test_malformed_functions_are_placeholders(evaluator, text):
    assert isinstance(value(evaluator, text), OpenText)


def test_an_expression_that_contains_itself_is_told(evaluator):
    with pytest.raises(UsageError, match="an alias stands inside what it names"):
        value(evaluator, "&a [*a]")


def test_aliases_that_double_are_told(evaluator):
    text = "a0: &a0 [x, x]\n" + "".join(
        f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)
    )
    with pytest.raises(UsageError, match="aliases make too many values"):
        evaluator.value(parse_yaml(text, "t.yaml"))


def doubled(levels: int) -> str:
    """Return a Sub in a Sub in a Sub, each of which doubles the text of the next."""
    text = "xy"
    for _ in range(levels):
        text = '{"Fn::Sub": ["${A}${A}", {A: ' + text + "}]}"
    return text


ENDLESS = {
    "texts that double": doubled(40),
    "Base64 of Base64": '{"Fn::Base64": ' * 80 + "xy" + "}" * 80,
    "JSON of JSON": '{"Fn::ToJsonString": ' * 60 + "['\"']" + "}" * 60,
    "a join of joins": "{'Fn::Join': ['', [" + f"{doubled(20)}, " * 60 + "x]]}",
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
def test_a_text_that_grows_without_end_is_told(evaluator, text):
    with pytest.raises(UsageError, match="expands without end"):
        value(evaluator, text)


@pytest.mark.unhurried
def test_loops_in_loops_over_one_name_are_told(evaluator):
    """Every turn makes the same entry: a count of entries would never end it."""
    section = "{F: x}"
    for level in range(8):
        items = ", ".join(f"i{number}" for number in range(100))
        section = f"{{'Fn::ForEach::L{level}': [V{level}, [{items}], {section}]}}"
    with pytest.raises(UsageError, match="expands without end"):
        expanded(parse_yaml(section, "t.yaml"), evaluator)
