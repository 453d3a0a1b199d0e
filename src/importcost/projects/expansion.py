"""Bound what the aliases of a YAML document expand to, before anything is made of them."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

MAX_EXPANDED = 2_000_000
"""Values, and keys, of a document with every alias written out."""
MAX_EXPANDED_CHARACTERS = 100_000_000
_Size = tuple[int, int]
_UNDER_WAY: _Size = (-1, 0)


def check_expansion(root: yaml.Node) -> None:
    """Raise ConstructorError for a document that grows without end, or holds itself.

    A few lines of aliases of aliases stand for billions of values.
    """
    sizes: dict[int, _Size] = {}
    waiting = [root]
    while waiting:
        node = waiting[-1]
        if id(node) not in sizes:
            sizes[id(node)] = _UNDER_WAY
            waiting += _below(node, sizes)
            continue
        waiting.pop()
        if sizes[id(node)] is _UNDER_WAY:
            sizes[id(node)] = _size(node, sizes)


def _below(node: yaml.Node, sizes: dict[int, _Size]) -> Iterator[yaml.Node]:
    """Yield the parts of a node that have no size yet. Raises ConstructorError for a circle."""
    for part in _parts(node):
        size = sizes.get(id(part))
        if size is _UNDER_WAY:
            raise _refused("an alias stands inside what it names", part)
        if size is None:
            yield part


def _parts(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    elif isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair


def _size(node: yaml.Node, sizes: dict[int, _Size]) -> _Size:
    """Return the values and characters of a node whose parts have theirs."""
    values, characters = 1, len(node.value) if isinstance(node, yaml.ScalarNode) else 0
    for part in _parts(node):
        more_values, more_characters = sizes[id(part)]
        values += more_values
        characters += more_characters
    if values > MAX_EXPANDED or characters > MAX_EXPANDED_CHARACTERS:
        raise _refused("its aliases make too many values", node)
    return values, characters


def _refused(what: str, node: yaml.Node) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, what, node.start_mark)
