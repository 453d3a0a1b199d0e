"""The functions of an AWS account, what their logs say of cold starts, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from importcost.model.cloudwatch.logs import InitKind
from importcost.model.results.trend import AccountDay


@dataclass(frozen=True, slots=True)
class LayerVersion:
    """A layer of a deployed function: its ARN with the version, and its ZIP's bytes."""

    arn: str
    zipped_bytes: int


@dataclass(frozen=True, slots=True)
class AccountFunction:
    """One deployed function as Lambda describes it, without the values of its variables.

    `runtime` is None for an image, whose language Lambda does not tell. `version` is `$LATEST`
    unless another one was asked for. `code_sha256` is Lambda's own digest of the package, in
    base64. `log_group` is where its logs go; `logs_inits` is False if the level of its system logs
    leaves successful inits out.
    """

    name: str
    arn: str
    region: str
    version: str
    runtime: str | None
    package_type: str
    memory_mb: int
    arch: str
    timeout_s: int
    handler: str | None
    layers: tuple[LayerVersion, ...]
    variable_names: tuple[str, ...]
    code_bytes: int
    code_sha256: str
    modified: str
    log_group: str
    has_snapstart: bool = False
    logs_inits: bool = True


@dataclass(frozen=True, slots=True)
class LoggedInit:
    """One init that succeeded. `at_s` is its time since 1970, `version` that of the function.

    Both are None if the log does not tell.
    """

    init_ms: float
    kind: InitKind
    memory_mb: int | None
    at_s: float | None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class LoggedFailure:
    """One init that failed: ms, its phase (`invoke` is a retry), its status and its time."""

    init_ms: float
    phase: str
    status: str
    at_s: float | None = None


@dataclass(frozen=True, slots=True)
class FunctionLog:
    """The inits of one function in the window. `restores_ms` are SnapStart's.

    `problem` says why the log was not read, or not whole; None if it was.
    """

    inits: tuple[LoggedInit, ...] = ()
    restores_ms: tuple[float, ...] = ()
    failed: tuple[LoggedFailure, ...] = ()
    timeouts: int = 0
    runtime: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class InitQuantiles:
    """Quantiles of init, milliseconds."""

    p50: float
    p90: float
    p99: float
    longest: float


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One function with its figures in the window.

    `invocations` is None if the metrics could not be read; `cold_share` needs it. `kinds` counts
    the inits by the way in which they started; quantiles and dollars are those of the on-demand
    ones alone, `None` if there were none. `waited_s` is the time that users waited for inits in the
    window. `init_dollars_a_month` is the bill of init, failed ones included, for 30 such days.
    `daily` are the same inits by the day, and `inits_ms` one by one, if they were asked for.
    `problems` are whole sentences.
    """

    function: AccountFunction
    invocations: float | None
    cold_starts: int
    cold_share: float | None
    kinds: Mapping[str, int]
    init_ms: InitQuantiles | None
    restores: int
    billed_init_s: float
    init_dollars_a_month: float | None
    waited_s: float
    failed: int
    retried: int
    timeouts: int
    problems: tuple[str, ...] = ()
    daily: tuple[AccountDay, ...] = ()
    inits_ms: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class ScanEstimate:
    """The gigabytes that queries of logs read, and their US dollars; None if not known."""

    gigabytes: float | None
    dollars: float | None


@dataclass(frozen=True, slots=True)
class AccountSurvey:
    """All functions that were asked for, the most expensive init first.

    `since_s` and `until_s` are times since 1970. `calls` counts requests to AWS by operation.
    `problems` are about a region as a whole, `notes` about the survey.
    """

    account: str | None
    regions: tuple[str, ...]
    since_s: int
    until_s: int
    rows: tuple[AccountRow, ...]
    scanned: ScanEstimate
    calls: Mapping[str, int]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def days(self) -> float:
        """The window's length."""
        return (self.until_s - self.since_s) / 86_400
