"""Take imports out of a text: whole lines, one alias, one statement of a `;` line."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Collection, Mapping, Sequence

from importcost.deferral.rewrite.edits import Edit
from importcost.deferral.rewrite.tree import AnyImport, Tree


def removal_edits(
    tree: Tree, removed: Mapping[int, Collection[int]], imports: Sequence[AnyImport]
) -> list[Edit]:
    """Return the edits that remove aliases from import statements.

    `removed` maps `id(statement)` of `imports` to the indexes of its aliases to remove. A statement
    that loses all of them is removed, and a block that would be empty gets `pass`.
    """
    edits: list[Edit] = []
    gone: set[int] = set()
    for statement in imports:
        indexes = removed.get(id(statement), ())
        if len(indexes) == len(statement.names):
            gone.add(id(statement))
        elif indexes:
            edits += _alias_edits(tree, statement, indexes)
    done: set[int] = set()
    for statement in imports:
        group = tree.line_group(statement)
        if id(statement) in gone and id(group[0]) not in done:
            done.add(id(group[0]))
            edits += _group_edits(tree, group, gone)
    return edits


def trailing_comment(tree: Tree, statement: AnyImport) -> str:
    """Return the comment after a statement that has its line to itself, else an empty text."""
    group = tree.line_group(statement)
    if len(group) > 1 or not tree.begins_line(tree.start(statement)):
        return ""
    end = tree.span(statement).end
    rest = tree.text[end : tree.line_end(end)].strip(" \t\f;")
    return rest if rest.startswith("#") else ""


def inner_comments(tree: Tree, statement: AnyImport) -> tuple[str, ...]:
    """Return the comments inside a statement of several lines."""
    span = tree.span(statement)
    text = tree.text[span.start : span.end]
    if "#" not in text:
        return ()
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return tuple(token.string for token in tokens if token.type == tokenize.COMMENT)


def _alias_edits(tree: Tree, statement: AnyImport, removed: Collection[int]) -> list[Edit]:
    spans = [tree.span(alias) for alias in statement.names]
    kept = [index for index in range(len(spans)) if index not in removed]
    edits = [
        Edit(spans[index].start, spans[index + 1].start, "")
        for index in removed
        if index < kept[-1]
    ]
    if kept[-1] + 1 < len(spans):
        edits.append(Edit(spans[kept[-1]].end, spans[-1].end, ""))
    return edits


def _group_edits(tree: Tree, group: Sequence[ast.stmt], gone: Collection[int]) -> list[Edit]:
    kept = [index for index, statement in enumerate(group) if id(statement) not in gone]
    if not kept:
        return [_whole_group(tree, group, gone)]
    edits = [
        Edit(tree.start(group[index]), tree.start(group[index + 1]), "")
        for index in range(kept[-1])
        if index not in kept
    ]
    if kept[-1] + 1 < len(group):
        edits.append(Edit(tree.span(group[kept[-1]]).end, tree.span(group[-1]).end, ""))
    return edits


def _whole_group(tree: Tree, group: Sequence[ast.stmt], gone: Collection[int]) -> Edit:
    start, end = tree.start(group[0]), tree.span(group[-1]).end
    place = tree.places[id(group[0])]
    in_module = isinstance(place.parent, ast.Module)
    is_first = place.index == 0
    empties = not in_module and all(id(statement) in gone for statement in place.block)
    if (empties and is_first) or not tree.begins_line(start):
        return Edit(start, end, "pass")
    # A form feed before the statement separates pages, not this statement.
    line_start = start - len(tree.indent_at(start))
    return Edit(line_start, tree.next_line(end), "")
