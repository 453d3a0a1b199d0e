"""Blocks of a body that make blocks: `dynamic "environment" { for_each = ... content { ... } }`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

MOST_BLOCKS = 100
"""Blocks that one of them may make: a function has one of each kind that counts here."""


class DynamicBlock(NamedTuple):
    """A block that makes those called `label`, one for each of the values of `for_each`.

    Expressions in `content` mean the value by the name `iterator`.
    """

    label: str
    iterator: str
    for_each: Any
    content: Any


def dynamic_blocks(raw: Any) -> Iterator[DynamicBlock]:
    """Yield the blocks in a parsed body's `dynamic`; what has another form is left out."""
    for one in raw if isinstance(raw, list) else ():
        for key, body in one.items() if isinstance(one, dict) else ():
            if isinstance(body, dict):
                label = str(key).strip('"')
                iterator = str(body.get("iterator", label)).strip('"${}')
                yield DynamicBlock(label, iterator, body.get("for_each"), body.get("content", []))
