"""The request and the result of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from importcost.app.bill.place import Billed
from importcost.app.gate.handler_requests import HowToMeasure
from importcost.gate.beyond_noise import Compared
from importcost.gate.checks import Check
from importcost.gate.compare import DEFAULT_PAIRS

CPU, INSTRUCTIONS, BYTECODE = "cpu", "instructions", "bytecode"


@dataclass(frozen=True, slots=True)
class CompareRequest:
    """The options of `importcost compare`.

    `base` and `head` are git refs or folders. `targets` are handlers to compare without a
    configuration, web apps with `adapter` and `server`, `plain` the settings of a target that is
    not a handler, `names` those of the configuration, empty
    for all. `install` is a command
    with `{target}`, `lock` a requirements file, both of each version. `pairs` are declared
    before the first launch; where they do not tell, twice as many are measured, once.
    `max_increase` (a share) goes before the configuration's.
    """

    base: str
    head: str = "."
    names: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    adapter: str | None = None
    server: str | None = None
    plain: Mapping[str, Any] | None = None
    config: str | None = None
    install: str | None = None
    lock: str | None = None
    merge_base: bool = False
    skip_failing_base: bool = False
    pairs: int = DEFAULT_PAIRS
    metric: str = CPU
    max_increase: float | None = None
    attribution: bool = True
    how: HowToMeasure = field(default_factory=lambda: HowToMeasure(runner="local"))


@dataclass(frozen=True, slots=True)
class CompareReport:
    """All checks, the comparisons with what accounts for them, and both versions' bills.

    `root` is the folder of head that files are named from; `places` the file of each
    handler. `billed` are the profiles
    of base and head with their bills, by handler.
    """

    checks: tuple[Check, ...]
    compared: tuple[Compared, ...] = ()
    root: str = ""
    places: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    billed: Mapping[str, tuple[Billed, Billed]] = field(default_factory=dict)
