"""All intrinsic functions of CloudFormation by name.

They are those of the CloudFormation reference (read 2026-11-30):
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from importcost.projects.cloudformation import condition_functions as conditions
from importcost.projects.cloudformation import value_functions as values
from importcost.projects.cloudformation.evaluator import Evaluator, Intrinsic, TemplateScope
from importcost.projects.placeholders import plain_placeholder


def evaluator_of(scope: TemplateScope) -> Evaluator:
    """Return the evaluator of a template with the names in `scope`."""
    return Evaluator(scope, INTRINSICS)


def _open(reason: str) -> Intrinsic:
    """Return a function whose value only the cloud knows."""

    def unknown(_evaluator: Evaluator, _raw: Any) -> Any:
        return plain_placeholder(reason)

    return unknown


INTRINSICS: Mapping[str, Intrinsic] = {
    "Ref": values.fn_ref,
    "Fn::GetAtt": values.fn_get_att,
    "Fn::Sub": values.fn_sub,
    "Fn::Join": values.fn_join,
    "Fn::FindInMap": values.fn_find_in_map,
    "Fn::Select": values.fn_select,
    "Fn::Split": values.fn_split,
    "Fn::Base64": values.fn_base64,
    "Fn::GetAZs": values.fn_get_azs,
    "Fn::Length": values.fn_length,
    "Fn::ToJsonString": values.fn_to_json_string,
    "Condition": conditions.fn_condition,
    "Fn::If": conditions.fn_if,
    "Fn::Equals": conditions.fn_equals,
    "Fn::Not": conditions.fn_not,
    "Fn::And": conditions.fn_and,
    "Fn::Or": conditions.fn_or,
    "Fn::ImportValue": _open("another stack exports it"),
    "Fn::Cidr": _open("Fn::Cidr is not evaluated"),
    "Fn::Transform": _open("a transform makes it in the cloud"),
}
