"""The answers of the original and the changed handler to the events of `importcost defer`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from importcost.model.results.aws_calls import CallSummary, Recording


@dataclass(frozen=True, slots=True)
class SingleChange:
    """One suggestion carried out by itself; `number` indexes `Advice.findings`."""

    number: int

    @property
    def label(self) -> str:
        """Return the name that keeps this variant's bytecode apart."""
        return str(self.number)


@dataclass(frozen=True, slots=True)
class JointChange:
    """The changes of the best set carried out together."""

    @property
    def label(self) -> str:
        """Return the name that keeps this variant's bytecode apart."""
        return "best"


@dataclass(frozen=True, slots=True)
class ShippedBytecode:
    """The unchanged source, with the bytecode that the package could have."""


VariantKey = SingleChange | JointChange | ShippedBytecode
"""A version of the handler that is measured against the original."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """The result of one call of the handler.

    `answer` is the result or the error as text, for comparing. `loaded` are the modules that the
    call loaded, and `wall_ms` is its duration on this machine, unthrottled. `recording` are the AWS
    calls of init and call, None if they were not recorded. `threads` is the number of threads that
    init and call started.
    """

    answer: str
    failed: bool
    loaded: frozenset[str]
    wall_ms: float
    recording: Recording | None = None
    threads: int = 0


@dataclass(frozen=True, slots=True)
class EventOutcome:
    """One event on the original and on each variant.

    `is_repeatable` is True if two calls of the original gave the same answer, so that comparing is
    meaningful. `differing` describes how a variant's answer differs, by variant. `loaded` holds the
    modules that a call of each variant loaded. `recorded` sums up the original's AWS calls, None
    without `--record`.
    """

    name: str
    original: Invocation
    is_repeatable: bool
    differing: Mapping[VariantKey, str]
    loaded: Mapping[VariantKey, frozenset[str]]
    wall_ms: Mapping[VariantKey, float]
    recorded: CallSummary | None = None
