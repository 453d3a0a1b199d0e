"""Values of templates: intrinsic functions, variables, references, anchors, nested at will."""

from __future__ import annotations

import json

from tests.fuzz.choices import Choices

NAMES = ("A", "B", "C", "F", "G", "T", "X", "N", "V", "L", "Ref", "Type", "Properties", "Default")
FUNCTIONS = (
    "Ref", "Condition", "Fn::Sub", "Fn::Join", "Fn::GetAtt", "Fn::If", "Fn::Select", "Fn::Split",
    "Fn::FindInMap", "Fn::Equals", "Fn::Not", "Fn::And", "Fn::Or", "Fn::Base64", "Fn::Length",
    "Fn::ToJsonString", "Fn::GetAZs", "Fn::ImportValue", "Fn::Transform", "Fn::Cidr",
    "Fn::ForEach::L",
)  # fmt: skip
SCALARS = (
    "A", "B", "C", "T", "app.handler", "src", "src/app.handler", "python3.12", "AWS::NoValue",
    "AWS::Region", "AWS::AccountId", "AWS::Serverless::Function", "nested.yaml", "${A}", "${B.Arn}",
    "${!A}", "${self:custom.a}", "${self:custom}", "${opt:stage, 'dev'}", "${file(more.yml):a}",
    "${file(more.yml)}", "${self:}", "${env:HOME}", "${sls:stage}", "${param:A}", "${ssm:/x}",
    "${strToBool(x)}", "${self:custom.${self:custom.b}}", "${cf:x.y, self:custom.a, 5}", "${}",
    "${file(../../x.yml)}", "{{resolve:secretsmanager:x}}", "../..", "/", "x://y", "", "A.Arn",
    "\ud800", "\0", "~", "*", "a" * 300,
)  # fmt: skip
OTHERS = ("1", "0", "-5", "512", "1.5", "true", "null", "1e400", "9" * 30, "[]", "{}")
YAML_ONLY = (
    "*a", "*b", "{<<: *a}", "{<<: [*a, *b]}", "{*a : 1}", "{? [x, *a] : 1}", "!Ref A", "!Sub x",
    "!GetAtt A.B", "!Sub [x, {}]", "!X {a: 1}", "!!binary x", "!!int x", "!!python/object:os.x {}",
    "!!set {a}", "!!omap [a: 1]", "2026-11-30", ".nan", "0o7", "12:30:45", "!!float x", "!!null x",
    "!!timestamp x", "!!str [a]", "!!bool x", "!!map [a]", "!!seq {a: 1}", "!!pairs [a: 1]", "=",
)  # fmt: skip
DEEPEST = 6


def value_text(choices: Choices, depth: int = 0, *, is_json: bool) -> str:
    """Return the text of one value, in YAML's flow style or in JSON."""
    kind = 0 if depth > DEEPEST else choices.number(8)
    if kind < 2:
        return json.dumps(choices.pick(SCALARS), ensure_ascii=is_json)
    if kind == 2:
        return choices.pick(OTHERS)
    if kind == 3 and not is_json:
        return choices.pick(YAML_ONLY)
    if kind == 4 and not is_json:
        anchor = choices.pick(["&a ", "&b ", "!Sub ", "!Join ", "!If "])
        return anchor + value_text(choices, depth + 1, is_json=False)
    if kind == 5:
        inner = [value_text(choices, depth + 1, is_json=is_json) for _ in range(choices.number(5))]
        return "[" + ", ".join(inner) + "]"
    if kind == 6:
        return _table(NAMES, choices.number(4), choices, depth, is_json=is_json)
    return _table(FUNCTIONS, 1, choices, depth, is_json=is_json)


def _table(keys: tuple[str, ...], size: int, choices: Choices, depth: int, *, is_json: bool) -> str:
    entries = [
        f'"{choices.pick(keys)}": {value_text(choices, depth + 1, is_json=is_json)}'
        for _ in range(size)
    ]
    return "{" + ", ".join(entries) + "}"
