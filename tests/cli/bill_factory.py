"""Saved profiles and logs for the commands about the bill."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from importcost.billing.estimate import estimate
from importcost.model.advice import (
    Advice,
    BestSet,
    BytecodeFinding,
    DeferStyle,
    DeferVerdict,
    ImportFinding,
    SourcePlace,
    VerdictKind,
    Verification,
)
from importcost.model.interval import Interval
from importcost.model.profile import Target
from importcost.reports.json_ import render_json
from tests.billing.profile_factory import make_profile
from tests.commands import run_here


def importcost(folder: Path, *args: str, stdin: str = "", **variables: str):
    return run_here(folder, *args, variables=variables, stdin=stdin)


def verified(saved_us: float, original_us: float, failure: str | None = None) -> Verification:
    saving = Interval(saved_us * 0.95, saved_us, saved_us * 1.05)
    return Verification(saving, saved_us, 11, (), failure, original_us)


def advice(
    *,
    share: float | None = None,
    bytecode_share: float | None = None,
    init_us: float = 100_000,
    is_verified: bool = True,
    failure: str | None = None,
) -> Advice:
    """Return advice whose best set and bytecode save shares of function init."""
    best = bytecode = None
    if share is not None:
        measured = verified(share * init_us, init_us, failure) if is_verified else None
        best = BestSet((0,), int(share * init_us), (), measured)
    if bytecode_share is not None:
        measured = verified(bytecode_share * init_us, init_us) if is_verified else None
        bytecode = BytecodeFinding(120, "python3.12 -m compileall -q BUILD", measured)
    found = (FINDING,) if best is not None else ()
    return Advice(found, (), best, bytecode)


FINDING = ImportFinding(
    SourcePlace("handler.py", 1, 1),
    "import pandas",
    ("pandas",),
    DeferVerdict(VerdictKind.DEFERRABLE, "only functions use pandas", 1, style=DeferStyle.FUNCTION),
    0,
    0,
    (),
)


def saved_profile(folder: Path, name: str = "p.json", found: Advice | None = None, **settings):
    """Write a handler and its profile into a folder and return the profile."""
    (folder / "handler.py").write_text("def handler(event, context):\n    return 1\n")
    root = str(folder)
    target = Target("handler", "handler", root, str(folder / "handler.py"))
    profile = dataclasses.replace(make_profile(**settings), target=target, advice=found)
    (folder / name).write_text(render_json(profile, estimate(profile)))
    return profile


def report(number: int, init: float, *, memory: int = 512) -> str:
    billed = -int(-(init + 2.13) // 1)
    return (
        f"REPORT RequestId: 8f507cfc-xmpl-4697-b07a-{number:012d}\tDuration: 2.13 ms\t"
        f"Billed Duration: {billed} ms\tMemory Size: {memory} MB\tMax Memory Used: 31 MB\t"
        f"Init Duration: {init:.2f} ms\t\n"
    )


def log_of(middle: float, count: int = 21, spread: float = 0.05) -> str:
    """Return a log of cold starts evenly spread around a median."""
    half = max(count // 2, 1)
    return "".join(report(n, middle * (1 + spread * (n - half) / half)) for n in range(count))
