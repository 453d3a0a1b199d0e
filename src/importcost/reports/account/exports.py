"""An account's survey as JSON and CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

from importcost.model.codec import to_plain
from importcost.model.results.account import AccountRow, AccountSurvey
from importcost.model.results.validation import AccountValidation
from importcost.reports.account.validation import validation_data
from importcost.reports.exports.csv_ import cell
from importcost.reports.json_text import json_text

ACCOUNT_SCHEMA_NAME = "importcost-account"
ACCOUNT_SCHEMA_VERSION = 1
ACCOUNT_COLUMNS = (
    "function", "region", "arn", "runtime", "memory_mb", "arch", "package_type", "layers",
    "code_bytes", "invocations", "cold_starts", "cold_share", "init_p50_ms", "init_p90_ms",
    "init_p99_ms", "init_max_ms", "init_types", "billed_init_s", "init_dollars_a_month",
    "waited_s", "restores", "failed_inits", "retried_inits", "timeouts", "problems",
)  # fmt: skip


def account_json(survey: AccountSurvey, validation: AccountValidation | None = None) -> str:
    """Return the survey as JSON text, with the model's errors where they were found out."""
    data = {"schema": ACCOUNT_SCHEMA_NAME, "schema_version": ACCOUNT_SCHEMA_VERSION}
    model = {} if validation is None else {"model": validation_data(validation)}
    return json_text({**data, **to_plain(survey), **model}, indent=1) + "\n"


def account_csv(survey: AccountSurvey) -> str:
    """Return one row a function; a text that a spreadsheet would run is kept from running."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(ACCOUNT_COLUMNS)
    for row in survey.rows:
        writer.writerow(
            ["" if value is None else cell(value) if isinstance(value, str) else value
             for value in _values(row)]
        )  # fmt: skip
    return out.getvalue()


def _values(row: AccountRow) -> list[Any]:
    one, init = row.function, row.init_ms
    quantiles = [None] * 4 if init is None else [init.p50, init.p90, init.p99, init.longest]
    return [
        one.name, one.region, one.arn, one.runtime, one.memory_mb, one.arch, one.package_type,
        " ".join(layer.arn for layer in one.layers), one.code_bytes, row.invocations,
        row.cold_starts, row.cold_share, *quantiles,
        ", ".join(f"{count} {kind}" for kind, count in sorted(row.kinds.items())),
        row.billed_init_s, row.init_dollars_a_month, row.waited_s, row.restores, row.failed,
        row.retried, row.timeouts, " ".join(row.problems),
    ]  # fmt: skip
