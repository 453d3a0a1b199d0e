"""Calls that the world outside the process sees, in a value that a getter would compute later."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from importcost.deferral.source.known import known_outputs
from importcost.deferral.source.names import attribute_chain, parameters
from importcost.deferral.source.reach.units import UnitFacts
from importcost.deferral.source.surroundings.full_names import FullNames

_SERVICES = ("boto3.client.", "boto3.resource.", "boto3.Session.client.", "boto3.Session.resource.")
_SESSION = "boto3.session.Session."
_LOCAL = frozenset(
    (
        "can_paginate", "get_paginator", "get_waiter", "close", "generate_presigned_url",
        "generate_presigned_post", "batch_writer", "register", "unregister",
    )
)  # fmt: skip
_ASKS = re.compile(
    r"(describe|list|get|put|create|delete|update|send|start|stop|batch|head|assume|invoke)_[a-z_]+"
    r"|publish|invoke|scan|query|decrypt|encrypt|execute|fetchone|fetchall"
)
"""Methods of an object that is handed in: what it is, the source does not show."""


def first_output(
    names: FullNames, body: UnitFacts, value: ast.expr, called: Iterable[UnitFacts]
) -> tuple[str, int] | None:
    """Return what computing a value does that others see, with the line; None if nothing is known.

    `called` are the units that computing it runs.
    """
    asked = _loaded_attribute(names, body, value)
    if asked is not None:
        return "calls AWS", asked.lineno
    calls = [(body, node) for node in ast.walk(value) if isinstance(node, ast.Call)]
    for facts in called:
        calls += [(facts, node) for node in facts.nodes if isinstance(node, ast.Call)]
    for facts, node in calls:
        does = _output(names, facts, node)
        if does is not None:
            return does, node.lineno
    return None


def _output(names: FullNames, facts: UnitFacts, node: ast.Call) -> str | None:
    name = (names.of(facts, node.func) or "").replace("()", "").replace("[]", "")
    name = name.replace(_SESSION, "boto3.Session.")
    method = name.rpartition(".")[2]
    if name in known_outputs():
        return known_outputs()[name]
    if name.startswith(_SERVICES) and method.islower() and method not in _LOCAL:
        return "calls AWS"
    if name == "print":
        return "prints"
    if name in ("open", "io.open") and _writes(node):
        return "writes a file"
    chain = attribute_chain(node.func)
    given = {one.arg for one in parameters(facts.node.args)} if hasattr(facts.node, "args") else ()
    is_given = len(chain) == 2 and chain[0] in given and chain[0] != facts.first
    return f"calls {'.'.join(chain)}()" if is_given and _ASKS.fullmatch(chain[1]) else None


def _loaded_attribute(names: FullNames, body: UnitFacts, value: ast.expr) -> ast.expr | None:
    """Return an attribute of a resource of boto3's that asks AWS: `Object("b", "k").e_tag`."""
    parents = {id(node.value) for node in ast.walk(value) if isinstance(node, ast.Attribute)}
    parents |= {id(node.func) for node in ast.walk(value) if isinstance(node, ast.Call)}
    for node in ast.walk(value):
        if not isinstance(node, ast.Attribute) or id(node) in parents:
            continue
        is_part = _RESOURCE.search(names.of(body, node) or "") is not None
        if is_part and node.attr.islower() and not _GIVEN.fullmatch(node.attr):
            return node
    return None


_RESOURCE = re.compile(r"\bresource\(\)\.\w+\(\)\.\w+$")
_GIVEN = re.compile(r"(\w+_)?(name|key|url|arn|id|meta)")
"""Attributes that a resource was made with."""


def _writes(node: ast.Call) -> bool:
    modes = [*node.args[1:2], *(word.value for word in node.keywords if word.arg == "mode")]
    texts = (mode.value for mode in modes if isinstance(mode, ast.Constant))
    return any(isinstance(text, str) and set(text) & set("wax+") for text in texts)
