"""The intrinsic functions of CloudFormation that make values, each of its raw argument."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from importcost.projects.cloudformation.evaluator import NO_VALUE, Evaluator
from importcost.projects.placeholders import (
    ACCOUNT,
    OpenText,
    open_reason,
    plain_placeholder,
    resource_attribute,
    resource_reference,
)

_VARIABLE = re.compile(r"\$\{(!?)([^${}]*)\}")


def fn_ref(evaluator: Evaluator, name: Any) -> Any:
    """Return a parameter's value, a pseudo parameter, or a resource's placeholder."""
    scope = evaluator.scope
    if not isinstance(name, str):
        return plain_placeholder("its Ref names nothing")
    if name in scope.values:
        return scope.values[name]
    if name.startswith("AWS::"):
        return _pseudo(evaluator, name)
    if name in scope.defaultless:
        return plain_placeholder(f"the parameter {name} has no default")
    return resource_reference(evaluator.type_of(name), evaluator.name_of(name), scope.region, name)


def _pseudo(evaluator: Evaluator, name: str) -> Any:
    scope = evaluator.scope
    known = {
        "AWS::Region": scope.region,
        "AWS::AccountId": OpenText(ACCOUNT, "the account is known only in the cloud"),
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
        "AWS::StackName": OpenText(scope.stack_name, "the stack is named when deployed"),
        "AWS::StackId": OpenText(
            f"arn:aws:cloudformation:{scope.region}:{ACCOUNT}:stack/{scope.stack_name}/0",
            "the stack is named when deployed",
        ),
        "AWS::NotificationARNs": [],
        "AWS::NoValue": NO_VALUE,
    }
    return known.get(name, plain_placeholder(f"{name} is known only in the cloud"))


def fn_get_att(evaluator: Evaluator, raw: Any) -> Any:
    """Return the placeholder of a resource's attribute."""
    parts = raw.split(".", 1) if isinstance(raw, str) else raw
    if not isinstance(parts, list) or len(parts) < 2 or not isinstance(parts[0], str):
        return plain_placeholder("its GetAtt names nothing")
    found = evaluator.value(parts[1])
    name = parts[0]
    return resource_attribute(
        evaluator.type_of(name), str(found), evaluator.name_of(name), evaluator.scope.region, name
    )


def fn_sub(evaluator: Evaluator, raw: Any) -> Any:
    """Return the text with its `${}` filled in."""
    parts = raw if isinstance(raw, list) else [raw]
    text, own = [*parts, {}, {}][:2]
    if not isinstance(text, str) or not isinstance(own, dict):
        return plain_placeholder("its Sub has no text")
    given = {key: evaluator.value(one) for key, one in own.items()}
    reasons: list[str] = []

    def put(match: re.Match[str]) -> str:
        name = match[2].strip()
        if match[1]:
            return "${" + match[2] + "}"
        if name in given:
            found = given[name]
        elif "." in name:
            found = fn_get_att(evaluator, name)
        else:
            found = fn_ref(evaluator, name)
        if isinstance(found, OpenText):
            reasons.append(found.reason)
        return evaluator.text_of(found)

    made = _VARIABLE.sub(put, text)
    if "{{resolve:" in made:
        return evaluator.value(made)
    return OpenText(made, reasons[0]) if reasons else made


def fn_join(evaluator: Evaluator, raw: Any) -> Any:
    """Return the parts as one text."""
    if not isinstance(raw, list) or len(raw) != 2:
        return plain_placeholder("its Join has no list")
    parts = evaluator.value(raw[1])
    if not isinstance(parts, list):
        return plain_placeholder(open_reason(parts) or "its Join has no list")
    separator = evaluator.text_of(raw[0])
    evaluator.count_made(characters=len(separator) * len(parts))
    made = separator.join([evaluator.text_of(one) for one in parts])
    reason = open_reason(*parts)
    return OpenText(made, reason) if reason else made


def fn_find_in_map(evaluator: Evaluator, raw: Any) -> Any:
    """Return the value in a mapping, or its default."""
    if not isinstance(raw, list) or len(raw) < 3:
        return plain_placeholder("its FindInMap names no map")
    keys = [evaluator.value(one) for one in raw[:3]]
    found: Any = evaluator.scope.mappings
    for key in keys:
        found = found.get(str(key)) if isinstance(found, dict) else None
    if found is not None:
        return evaluator.value(found)
    if len(raw) > 3 and isinstance(raw[3], dict) and "DefaultValue" in raw[3]:
        return evaluator.value(raw[3]["DefaultValue"])
    way = ".".join(map(str, keys))
    return plain_placeholder(open_reason(*keys) or f"no mapping has {way}")


def fn_select(evaluator: Evaluator, raw: Any) -> Any:
    """Return one item of a list."""
    if not isinstance(raw, list) or len(raw) != 2:
        return plain_placeholder("its Select has no list")
    index, parts = evaluator.value(raw[0]), evaluator.value(raw[1])
    if isinstance(parts, str) and not isinstance(parts, OpenText):
        parts = parts.split(",")
    try:
        return parts[int(index)] if isinstance(parts, list) else plain_placeholder(parts.reason)
    except (AttributeError, IndexError, TypeError, ValueError):
        return plain_placeholder("its Select has no such item")


def fn_split(evaluator: Evaluator, raw: Any) -> Any:
    """Return the parts of a text."""
    if not isinstance(raw, list) or len(raw) != 2 or not isinstance(raw[0], str) or not raw[0]:
        return plain_placeholder("its Split has no text")
    text = evaluator.value(raw[1])
    whole = evaluator.text_of(text)
    evaluator.count_made(values=whole.count(raw[0]))
    parts = whole.split(raw[0])
    if isinstance(text, OpenText):
        return [OpenText(part, text.reason) for part in parts]
    return parts


def fn_base64(evaluator: Evaluator, raw: Any) -> Any:
    """Return the text in Base64."""
    found = evaluator.value(raw)
    made = base64.b64encode(evaluator.text_of(found).encode("utf-8", "replace")).decode()
    return OpenText(made, found.reason) if isinstance(found, OpenText) else made


def fn_get_azs(evaluator: Evaluator, raw: Any) -> Any:
    """Return three zones of a region."""
    region = str(evaluator.value(raw) or evaluator.scope.region)
    return [f"{region}{letter}" for letter in "abc"]


def fn_length(evaluator: Evaluator, raw: Any) -> Any:
    """Return the length of a list."""
    found = evaluator.value(raw)
    return len(found) if isinstance(found, list) else plain_placeholder("its list is not known")


def fn_to_json_string(evaluator: Evaluator, raw: Any) -> Any:
    """Return the value as JSON text."""
    found = evaluator.value(raw)
    if found is NO_VALUE:
        return found
    evaluator.count_made(characters=_length(found))
    made = json.dumps(found, separators=(",", ":"))
    return OpenText(made, "a part is known only in the cloud") if _is_open(found) else made


def _length(value: Any) -> int:
    if isinstance(value, dict):
        return sum(len(key) + _length(one) for key, one in value.items())
    if isinstance(value, list):
        return sum(map(_length, value))
    return len(value) if isinstance(value, str) else 1


def _is_open(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_is_open(one) for one in value.values())
    if isinstance(value, list):
        return any(_is_open(one) for one in value)
    return isinstance(value, OpenText)
