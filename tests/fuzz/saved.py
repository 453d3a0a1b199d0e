"""Targets that read what importcost saved: profiles, and the figures of a project."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

from importcost.errors import UsageError
from importcost.model.interval import Interval
from importcost.model.results.project import (
    FunctionFigures,
    MonthlyTraffic,
    NotMeasured,
    OwnModuleCost,
    PackageCost,
    ProjectFigures,
    SuggestedChange,
    culprits_of,
)
from importcost.reports.index.exports import project_json, read_project_figures
from importcost.reports.json_ import read_profile
from tests.fuzz.choices import Choices, broken
from tests.fuzz.scratch import scratch
from tests.hostile.answers import call
from tests.hostile.test_damaged_profiles import HUNTED, LOG, READERS
from tests.reports.page_factory import advised_profile, large_profile, small_profile

OTHERS: tuple[Any, ...] = tuple(
    {repr(value): value for kind in HUNTED.values() for value in kind}.values()
)
"""Values that belong nowhere, or only in some places."""
SIMULATING = "strategies"


def read_saved_profile(data: bytes) -> None:
    """Read a damaged profile; what is accepted goes through a command that reads profiles."""
    choices = Choices(data)
    text = _damaged(choices.pick(_profiles()), choices)
    reader = choices.pick(tuple(READERS))
    if reader == SIMULATING and not choices.chance(16):
        reader = "view"  # a month of requests is simulated, which takes longer than all the rest
    try:
        read_profile(text, "bad.json")
    except UsageError:
        return
    folder = _folder()
    (folder / "bad.json").write_text(text, encoding="utf-8", errors="surrogatepass")
    call(folder, *READERS[reader]).assert_answered()


def read_figures(data: bytes) -> None:
    """Read the damaged figures of a project; what is accepted is merged and rendered."""
    choices = Choices(data)
    text = _damaged(figures_text(), choices)
    output = choices.pick(("out.json", "out.html", "out.csv", "out.md"))
    try:
        read_project_figures(text, "bad.json")
    except UsageError:
        return
    folder = _folder()
    (folder / "bad.json").write_text(text, encoding="utf-8", errors="surrogatepass")
    call(folder, "merge", "bad.json", "good-figures.json", "-o", output).assert_answered()


def _damaged(text: str, choices: Choices) -> str:
    """Return a document with some of its values replaced, or with characters lost and doubled."""
    if choices.chance(4):
        return broken(text, choices)
    document = json.loads(text)
    for _ in range(1 + choices.number(3)):
        _replace(document, choices)
    try:
        return broken(json.dumps(document), choices) if choices.chance(32) else json.dumps(document)
    except (ValueError, RecursionError):
        return text


def _replace(document: Any, choices: Choices) -> None:
    """Replace one value, found by walking down from the top."""
    above, key = document, None
    while isinstance(above, dict | list) and above:
        keys = tuple(above) if isinstance(above, dict) else tuple(range(len(above)))
        key = choices.pick(keys)
        inner = above[key]
        if not isinstance(inner, dict | list) or not inner or choices.chance(6):
            above[key] = _other(inner, choices)
            return
        above = inner


def _other(value: Any, choices: Choices) -> Any:
    if isinstance(value, list) and choices.chance(2):
        return choices.pick((value[:-1], value * 2, value[::-1], value[1:]))
    if isinstance(value, int | float) and not isinstance(value, bool) and choices.chance(2):
        return choices.pick((value + 1, -value, value * 1000, 0, value - 1, 2**62, 1e308))
    return copy.deepcopy(choices.pick(OTHERS))  # what is put in may be changed in its turn


@cache
def _profiles() -> tuple[str, ...]:
    from importcost.model.codec import profile_to_plain

    made = (small_profile(), advised_profile(), large_profile(12))
    return tuple(json.dumps(profile_to_plain(one)) for one in made)


@cache
def figures_text() -> str:
    functions = tuple(_function(name) for name in ("orders", "users"))
    left = (NotMeasured("jobs", "its code lies in S3."),)
    return project_json(
        ProjectFigures(
            "shop", "SAM", "2026-11-30", functions, left, culprits_of(functions), ("A note.",)
        )
    )


def _function(name: str) -> FunctionFigures:
    band = Interval(100.0, 90.0, 110.0)
    return FunctionFigures(
        name=name,
        handler=f"{name}.handler",
        runtime="python3.12",
        memory_mb=512,
        arch="arm64",
        package_type="zip",
        billed_init_ms=band,
        own_ms=80.0,
        dollars_per_million=Interval(0.5, 0.4, 0.6),
        modules=120,
        memory_used_mb=60.5,
        packages=(PackageCost("requests", 40.0, 30), PackageCost("function", 2.0, 2)),
        own_modules=(OwnModuleCost("shared", "shared.py", 30.0),),
        changes=(SuggestedChange("app.py:3", "import pandas", 20.0),),
        saved_ms=20.0,
        verdict="passed",
        traffic=MonthlyTraffic(1e6, 0.01),
        page=f"{name}.html",
    )


@cache
def _folder() -> Path:
    folder = scratch("saved")
    (folder / "good.json").write_text(_profiles()[0])
    (folder / "good-figures.json").write_text(figures_text())
    (folder / "log.txt").write_text(3 * LOG)
    return folder
