"""Helpers of the parser's tests: stored logs, rendered rows, random trees."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from importcost.model.importtime.nest import build_tree
from importcost.model.importtime.parse import parse_importtime
from importcost.model.rows import DisturbanceKind, ImporttimeLog, RowTable

LOGS = Path(__file__).parents[2] / "logs"
HEADER = "import time: self [us] | cumulative | imported package\n"


def load(name: str) -> ImporttimeLog:
    return parse_importtime((LOGS / name).read_bytes())


def row(self_us: int, cumulative_us: int, depth: int, name: str) -> str:
    """One line as CPython prints it: `import time: %9ld | %10ld | %*s%s`."""
    return f"import time: {self_us:9d} | {cumulative_us:10d} | {'  ' * depth}{name}\n"


def log_text(*rows: tuple[int, int, int, str]) -> str:
    return HEADER + "".join(row(*fields) for fields in rows)


def kinds(log: ImporttimeLog) -> list[DisturbanceKind]:
    return [one.kind for one in log.disturbances]


def fields(rows: RowTable) -> list[tuple[int, int, int, str]]:
    return list(zip(rows.self_us, rows.cumulative_us, rows.depth, rows.names, strict=True))


def outline(text_or_log: str | ImporttimeLog) -> list[str]:
    """The tree as indented names in preorder."""
    log = parse_importtime(text_or_log) if isinstance(text_or_log, str) else text_or_log
    tree = build_tree(log)
    levels: list[int] = []
    for parent in tree.parents:
        levels.append(0 if parent < 0 else levels[parent] + 1)
    return ["  " * level + tree.name(node) for node, level in enumerate(levels)]


# A tree is (name, nanoseconds of its own, children).
Tree = tuple[str, int, list]
_names = st.text(st.characters(codec="utf-8", exclude_characters="\n\r\x1b"), min_size=1).map(
    lambda name: f"m{name}m".replace("import time:", "")
)
trees = st.recursive(
    st.tuples(_names, st.integers(0, 5_000_000), st.just([])),
    lambda inner: st.tuples(_names, st.integers(0, 5_000_000), st.lists(inner, max_size=4)),
    max_leaves=25,
)
forests = st.lists(trees, max_size=4)


def _ceil_us(nanoseconds: int) -> int:
    return -(-nanoseconds // 1000)


def _ns(tree: Tree) -> int:
    return tree[1] + sum(map(_ns, tree[2]))


def render(forest: list[Tree], depth: int = 0) -> list[tuple[int, int, int, str]]:
    """Rows as CPython prints a forest: on completion, each figure rounded up."""
    rows = []
    for tree in forest:
        name, own, children = tree
        rows += render(children, depth + 1)
        rows.append((_ceil_us(own), _ceil_us(_ns(tree)), depth, name))
    return rows


def preorder_names(forest: list[Tree], depth: int = 0) -> list[str]:
    lines = []
    for name, _, children in forest:
        lines.append("  " * depth + name)
        lines += preorder_names(children, depth + 1)
    return lines
