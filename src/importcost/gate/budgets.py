"""The limits of a handler: its budgets, and the level of each rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Rule(str, Enum):
    """A rule of the check; the value is its name in configuration and reports."""

    MEASUREMENT = "measurement"
    """The handler could be measured at all; it has no level of its own."""
    FORBIDDEN_IMPORT = "forbidden-import"
    MODULE_COUNT = "module-count"
    BYTECODES = "bytecodes"
    NEW_MODULE = "new-module"
    PACKAGE_SIZE = "package-size"
    STALE_BYTECODE = "stale-bytecode"
    NETWORK = "network-at-import"
    SUBPROCESS = "subprocess-at-import"
    FILE_WRITE = "write-at-import"
    MEMORY = "memory"
    IMPORT = "import-time"
    INIT = "init-time"
    BILLED_INIT = "billed-init"
    COST = "cost"
    INCREASE = "increase"
    """Slower than the baseline or the compared version."""


RULE_TEXT: Mapping[Rule, str] = {
    Rule.MEASUREMENT: "The handler imports, and its init could be measured.",
    Rule.FORBIDDEN_IMPORT: "Modules named by `forbid` are not loaded at init.",
    Rule.MODULE_COUNT: "No more modules than `max_modules` are loaded at init.",
    Rule.BYTECODES: "Init executes no more than `max_bytecodes` bytecode instructions.",
    Rule.NEW_MODULE: "No module is loaded at init that the baseline does not have.",
    Rule.PACKAGE_SIZE: "Function and layers stay below `max_package_mb` unpacked.",
    Rule.STALE_BYTECODE: "What was built has valid bytecode for all that init loads.",
    Rule.NETWORK: "No import connects to the network.",
    Rule.SUBPROCESS: "No import starts a process.",
    Rule.FILE_WRITE: "No import writes files.",
    Rule.MEMORY: "Peak memory stays below `max_memory_mb`.",
    Rule.IMPORT: "What is measured without Lambda takes less than `max_import_ms` on this machine.",
    Rule.INIT: "Estimated init on Lambda stays below `max_init_ms`.",
    Rule.BILLED_INIT: "Estimated billed init stays below `max_billed_init_ms`.",
    Rule.COST: "A million cold starts cost less than `max_cost_per_million` dollars.",
    Rule.INCREASE: "Init is not slower than before by more than `max_increase`.",
}
"""One sentence per rule, for reports that explain their rules."""


class Level(str, Enum):
    """The level of a rule: how severe a violation is."""

    OFF = "off"
    WARN = "warn"
    ERROR = "error"


DEFAULT_LEVELS: Mapping[Rule, Level] = {
    # No budget asks for these rules: they only warn until a project asks for more.
    Rule.STALE_BYTECODE: Level.WARN,
    Rule.NETWORK: Level.WARN,
    Rule.SUBPROCESS: Level.WARN,
    Rule.FILE_WRITE: Level.WARN,
}


@dataclass(frozen=True, slots=True)
class Levels:
    """The level of every rule: its own, else the one for all, else the rule's default."""

    every: Level | None = None
    by_rule: Mapping[Rule, Level] = field(default_factory=dict)

    def of(self, rule: Rule) -> Level:
        """Return the level of a rule; MEASUREMENT is an error unless everything else is off.

        Even a project that only wants warnings of slowness must not get a pass from a gate that
        measured nothing.
        """
        if rule is Rule.MEASUREMENT:
            others = {self.of(one) for one in Rule if one is not Rule.MEASUREMENT}
            return Level.OFF if others == {Level.OFF} else Level.ERROR
        return self.by_rule.get(rule) or self.every or DEFAULT_LEVELS.get(rule, Level.ERROR)


@dataclass(frozen=True, slots=True)
class Budgets:
    """The limits of one handler; None if not set.

    Times are milliseconds on Lambda as estimated, dollars are US dollars per million cold starts.
    `max_package_mb` counts megabytes as Lambda's own limit does, 1,048,576 bytes each.
    `max_import_ms` is this machine's time of a target that is not a handler.
    `max_increase` is a share (0.05 for 5 %) of the base. `min_delta_ms` is measured here: a smaller
    slowdown never fails. `forbid` and `allowed_new_modules` are patterns, see `matches`;
    `allowed_new_modules` None allows all.
    """

    max_import_ms: float | None = None
    max_init_ms: float | None = None
    max_billed_init_ms: float | None = None
    max_cost_per_million: float | None = None
    max_increase: float | None = None
    min_delta_ms: float = 0.0
    max_modules: int | None = None
    max_bytecodes: int | None = None
    max_memory_mb: float | None = None
    max_package_mb: float | None = None
    forbid: tuple[str, ...] = ()
    allowed_new_modules: tuple[str, ...] | None = None
