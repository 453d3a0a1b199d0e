"""The import tree in the terminal: heaviest first, with small modules summed up in place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from importcost.model.profile import Profile
from importcost.model.results.facts import ProfileFacts
from importcost.reports.cells import ELLIPSIS, cells, fit
from importcost.reports.exports.facts import owner_labels
from importcost.reports.exports.frames import Frames, build_frames
from importcost.reports.exports.names import clean
from importcost.reports.text import Palette, wrap

MIN_WIDTH, MAX_WIDTH = 40, 120
ROOMY_WIDTH, OWNER_WIDTH = 72, 20
HEAVY_SHARE = 0.1
RAILS_SHARE = 0.5
"""The share of the names' column for the tree's lines; deeper levels lose the outer ones."""


@dataclass(frozen=True, slots=True)
class TreeRow:
    """One line: a frame, or what was left out below its parent (`left_out` modules).

    `rails` holds one flag for every level above, the outermost first: True if that line of the tree
    continues. Times are microseconds; `self_us` is None if modules are summed up.
    """

    label: str
    owner: str
    level: int
    rails: str
    is_last: bool
    total_us: int
    self_us: int | None
    left_out: int = 0


def render_tree(
    profile: Profile,
    facts: ProfileFacts,
    *,
    width: int,
    colour: bool,
    depth: int | None = None,
    min_ms: float = 1.0,
) -> str:
    """Return the tree as text of at most `width` columns (40 to 120 are used).

    `depth` is how many levels of imports are shown, the handler being the first (None: all);
    imports that take less than `min_ms` milliseconds are summed up where they stand.
    """
    frames = build_frames(profile)
    rows = list(tree_rows(frames, owner_labels(profile, facts, frames), depth, min_ms))
    table = _Table(
        style=Palette(colour=colour),
        width=max(MIN_WIDTH, min(MAX_WIDTH, width)),
        total_us=max(frames.total_us[0], 1),
        has_owners=profile.graph is not None,
    )
    clock = "CPU measured here" if profile.runs else "wall in the log"
    time = f"{frames.total_us[0] / 1000:,.1f} ms {clock}"
    title = wrap(f"{fit(clean(frames.names[0]), table.width - 1)}: {time}", table.width)
    left_out = sum(row.left_out for row in rows)
    lines = [*map(table.bold, title), table.head(), *map(table.line, rows)]
    if left_out:
        hint = "--min 0 shows all" if depth is None else "raise --depth, or --min 0"
        count = f"{len(profile.tree):,} modules, {left_out:,} of them summed up: {hint}"
        lines += map(table.quiet, wrap(count, table.width))
    return "\n".join(lines) + "\n"


def tree_rows(
    frames: Frames, owners: list[str], depth: int | None, min_ms: float
) -> Iterator[TreeRow]:
    """Yield the rows from the phases down, the heaviest first; startup phases are folded.

    A frame's total is its own time and the totals of the rows one level below it, exactly.
    """
    builder = _RowBuilder(frames, owners, depth, min_ms)
    waiting = list(reversed(builder.phases()))
    while waiting:
        row, frame = waiting.pop()
        yield row
        if frame is not None and not frames.is_startup(frame):
            waiting.extend(reversed(builder.below(row, frame)))


class _RowBuilder:
    def __init__(self, frames: Frames, owners: list[str], depth: int | None, min_ms: float) -> None:
        self._frames, self._owners = frames, owners
        self._children, self._sizes = frames.children(), frames.sizes()
        self._depth, self._min_ms = depth, min_ms

    def phases(self) -> list[tuple[TreeRow, int | None]]:
        """Return the rows of the phases, in time order."""
        rows: list[tuple[TreeRow, int | None]] = []
        for frame in self._children[0]:
            modules = self._sizes[frame] - 1
            folded = f" ({modules:,} modules)" if self._frames.is_startup(frame) else ""
            rows.append((self._row(frame, 0, "", is_last=False, more=folded), frame))
        return rows

    def below(self, above: TreeRow, frame: int) -> list[tuple[TreeRow, int | None]]:
        """Return the rows one level below a frame's own."""
        children, total_us = self._children[frame], self._frames.total_us
        level = above.level + 1
        rails = above.rails + (" " if above.is_last else "│") if above.level else ""
        too_deep = self._depth is not None and level > self._depth
        shown = [c for c in children if not too_deep and total_us[c] >= self._min_ms * 1000]
        hidden = [c for c in children if too_deep or total_us[c] < self._min_ms * 1000]
        shown.sort(key=lambda child: -total_us[child])
        rows: list[tuple[TreeRow, int | None]] = [
            (self._row(c, level, rails, is_last=c == shown[-1] and not hidden), c) for c in shown
        ]
        if hidden:
            count = sum(self._sizes[child] for child in hidden)
            why = "deeper" if too_deep else f"more below {self._min_ms:g} ms"
            together_us = sum(total_us[child] for child in hidden)
            label = f"{ELLIPSIS} {count:,} {why}"
            rows.append((TreeRow(label, "", level, rails, True, together_us, None, count), None))
        return rows

    def _row(self, frame: int, level: int, rails: str, *, is_last: bool, more: str = "") -> TreeRow:
        return TreeRow(
            label=clean(self._frames.names[frame]) + more,
            owner=self._owners[frame],
            level=level,
            rails=rails,
            is_last=is_last,
            total_us=self._frames.total_us[frame],
            self_us=self._frames.self_us[frame],
        )


@dataclass(frozen=True, slots=True)
class _Table:
    """Lays rows out in columns of one width."""

    style: Palette
    width: int
    total_us: int
    has_owners: bool

    @property
    def _is_roomy(self) -> bool:
        return self.width >= ROOMY_WIDTH

    @property
    def _owner_width(self) -> int:
        return OWNER_WIDTH if self._is_roomy and self.has_owners else 0

    def bold(self, text: str) -> str:
        return self.style(text, "1")

    def quiet(self, text: str) -> str:
        return self.style(text, "90")

    def head(self) -> str:
        figures = self._figures("total ms", "self ms", "share") if self._is_roomy else ""
        figures = figures or self._figures("total", "self", "")
        owner = "distribution" if self._owner_width else ""
        return self.bold(self._columns(figures, "", "import", owner).rstrip())

    def line(self, row: TreeRow) -> str:
        share = row.total_us / self.total_us
        own = "" if row.self_us is None else f"{row.self_us / 1000:,.1f}"
        figures = self._figures(f"{row.total_us / 1000:,.1f}", own, f"{share:.0%}")
        rails = self._rails(row)
        room = self.width - len(figures) - len(rails)
        # If there is no room for the reason, the number left out is still shown.
        is_tight = row.left_out and cells(row.label) > room
        label = f"{ELLIPSIS} {row.left_out:,}" if is_tight else row.label
        text = self._columns(figures, rails, label, row.owner).rstrip()
        if row.left_out:
            return self.quiet(text)
        if self.style.is_plain:
            return text
        after = text[len(figures) + len(rails) :]
        shown = self.bold(figures) if share >= HEAVY_SHARE else figures
        return shown + (self.quiet(rails) if rails else "") + after

    def _figures(self, total: str, own: str, share: str) -> str:
        if self._is_roomy:
            return f"{total:>9} {own:>8} {share:>5}  "
        return f"{total:>7} {own:>6} {share:>4} "

    def _columns(self, figures: str, rails: str, label: str, owner: str) -> str:
        room = max(self.width - len(figures) - len(rails) - self._owner_width, 1)
        name = fit(label, room - (1 if self._owner_width else 0))
        if not self._owner_width:
            return f"{figures}{rails}{name}"
        blanks = " " * (room - cells(name))
        return f"{figures}{rails}{name}{blanks}{fit(owner, self._owner_width)}"

    def _rails(self, row: TreeRow) -> str:
        """Return the lines before a name; where they take too much room, the innermost ones."""
        if not row.level:
            return ""
        step = 3 if self._is_roomy else 2
        room = self.width - len(self._figures("", "", "")) - self._owner_width
        most = max(int(room * RAILS_SHARE) // step, 2)
        shown, marker = row.rails, ""
        if len(row.rails) > most:
            marker = f"{len(row.rails)}{ELLIPSIS}"
            columns = -(-len(marker) // step)
            shown = row.rails[len(row.rails) - max(most - columns, 0) :]
            marker = f"{len(row.rails) - len(shown)}{ELLIPSIS}".ljust(columns * step)
        corner = ("└" if row.is_last else "├") + "─" * (step - 2) + " " * (step > 2)
        return marker + "".join(sign.ljust(step) for sign in shown) + corner.ljust(step)
