"""The pstats file, for `python -m pstats`, snakeviz and other readers of cProfile's output.

Every frame gets a key of its own: readers merge equal keys, and a name that occurs twice, or
inside itself, would then have more cumulative time than there was.
"""

from __future__ import annotations

import marshal
from pathlib import PurePosixPath

from importcost.billing.estimate import Estimate
from importcost.model.profile import Profile
from importcost.model.results.facts import ProfileFacts
from importcost.model.tree import NO_PARENT
from importcost.reports.exports.facts import ModuleText, module_texts
from importcost.reports.exports.frames import NO_NODE, Frames, build_frames
from importcost.reports.exports.names import clean
from importcost.reports.text import elide

MARSHAL_VERSION = 4
"""Python 3.4 and later read it; later versions of the format need later Pythons."""
NAME_LENGTH = 200

StatsKey = tuple[str, int, str]
_NOWHERE = ("~", 0)
# snakeviz writes names into a script element as they are, where `<` may end the element.
_ANGLES = str.maketrans({"<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}"})


def render_pstats(
    profile: Profile,
    estimate: Estimate,  # noqa: ARG001 - the table's
    facts: ProfileFacts,
) -> bytes:
    """Return marshalled pstats, the cold start first; times are seconds.

    A key is (file, line) of the import statement that loaded the module, and its name.
    """
    frames = build_frames(profile)
    keys = _keys(profile, facts, frames)
    stats = {}
    for frame, key in enumerate(keys):
        times = (1, 1, frames.self_us[frame] / 1e6, frames.total_us[frame] / 1e6)
        parent = frames.parents[frame]
        callers = {} if parent == NO_PARENT else {keys[parent]: times}
        stats[key] = (*times, callers)
    return marshal.dumps(stats, MARSHAL_VERSION)


def _keys(profile: Profile, facts: ProfileFacts, frames: Frames) -> list[StatsKey]:
    texts, tree = module_texts(profile, facts), profile.tree
    unique = _UniqueKeys()
    keys = []
    for name, node in zip(frames.names, frames.nodes, strict=True):
        place = _place(texts[tree.name_ids[node]]) if node != NO_NODE else _NOWHERE
        keys.append(unique.key(place, elide(clean(name), NAME_LENGTH).translate(_ANGLES)))
    return keys


def _place(fact: ModuleText) -> tuple[str, int]:
    if not fact.imported_at or fact.line is None:
        return _NOWHERE
    return elide(clean(fact.importer_file), NAME_LENGTH).translate(_ANGLES), fact.line


class _UniqueKeys:
    """Number names that came before: unique alone, and in the forms that readers print."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._counts: dict[str, int] = {}

    def key(self, place: tuple[str, int], name: str) -> StatsKey:
        """Return the key of one more frame."""
        count = self._counts.get(name, 0)
        while True:
            count += 1
            numbered = name if count == 1 else f"{name} ({count})"
            forms = {numbered, *_printed(place, numbered)}
            if self._taken.isdisjoint(forms):
                break
        self._counts[name] = count
        self._taken |= forms
        return (*place, numbered)


def _printed(place: tuple[str, int], name: str) -> tuple[str, str]:
    file, line = place
    return f"{file}:{line}({name})", f"{PurePosixPath(file).name}:{line}({name})"
