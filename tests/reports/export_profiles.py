"""Trees that are hard to export: hostile names, disturbed times, great depth, any shape."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from importcost.model.tree import NO_PARENT
from tests.reports.page_factory import (
    HOSTILE_NAMES,
    TreeBuilder,
    deep_profile,
    empty_profile,
    hostile_profile,
    large_profile,
    profile_of,
    small_profile,
)

BAD_NAMES = (
    *HOSTILE_NAMES,
    "",
    " ",
    "semi;colon;1",
    "a 5",
    "a",
    "a (2)",
    "b:2(c",
    "carriage\rreturn",
    "=cmd|'/c calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    'quote"comma,',
    "\x1b[31mred\x1b[0m",
    "pipe|`back``tick`",
    "\ud83d",
    "~",
)
NAMES = st.sampled_from(BAD_NAMES) | st.text(max_size=12)


@st.composite
def profiles(draw):
    """Return a profile of up to 25 nodes; names repeat, also inside themselves."""
    builder, path = TreeBuilder(), []
    pool = draw(st.lists(NAMES, min_size=1, max_size=6))
    for _ in range(draw(st.integers(0, 25))):
        del path[draw(st.integers(0, len(path))) :]
        parent = path[-1] if path else NO_PARENT
        phase = builder.phases[path[0]] if path else draw(st.integers(0, 2))
        name, self_us = draw(st.sampled_from(pool)), draw(st.integers(-20, 40_000))
        path.append(builder.add(name, self_us, parent, phase))
    graph = draw(st.booleans())
    return profile_of(builder, {name: name for name in pool[:3]}, graph=graph)


def self_nested_profile():
    """Return a profile where one name occurs inside itself, and twice beside itself."""
    builder = TreeBuilder()
    above = builder.add("same", 100)
    for self_us in (50, 0, 25):
        above = builder.add("same", self_us, above)
    builder.add("same", 7, 0)
    return profile_of(builder, {})


def as_log(profile):
    """Return the profile as one read from a log: no target, no graph."""
    return replace(profile, target=None, graph=None, source="log")


FIXED = {
    "small": small_profile(),
    "empty": empty_profile(),
    "hostile": hostile_profile(),
    "self-nested": self_nested_profile(),
    "log": as_log(small_profile()),
    "deep": deep_profile(3_000),
    "large": large_profile(3_000),
}


def expected_total_us(profile) -> int:
    """Work out the cold start's total from the profile alone: phases, or rows where more."""
    tree = profile.tree
    rows, groups = [0, 0, 0], []
    for node, parent in enumerate(tree.parents):
        groups.append(min(tree.phase_ids[node], 2) if parent == NO_PARENT else groups[parent])
        rows[groups[node]] += max(0, tree.self_us[node])
    phases = [time.cpu_us for time in profile.phases]
    timed = [phases[0], phases[1], sum(phases[2:])]
    return sum(max(pair) for pair in zip(rows, timed, strict=True))
