"""Estimates beside logs: the figures, and an account on loopback from survey to page."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys

import pytest

from importcost.app.account.validate import validate_account
from importcost.errors import MeasurementError, UsageError
from importcost.model.interval import Interval
from importcost.model.results.validation import AccountValidation, LoggedAgainstModel
from importcost.reports.account.exports import account_json
from importcost.reports.account.page import render_account_page
from importcost.reports.account.validation import render_validation, validation_data
from tests.account.aws import loopback_account, report_line, zipped
from tests.account.test_trend import survey
from tests.harness import PATIENCE_S


class Quiet:
    def note(self, message: str) -> None:
        pass

    detail = progress = note


def beside(name, logged, *predicted):
    found = Interval(*predicted) if predicted else None
    return LoggedAgainstModel(name, "eu-west-1", 20, logged, found, None if found else "no wheel")


FOUND = AccountValidation(
    (beside("a", 400, 300, 360, 420), beside("b", 200, 240, 300, 330), beside("<c>", 100)), ()
)


def test_errors_are_shares_and_the_band_is_the_estimates():
    first, second, third = FOUND.functions
    assert (first.error, first.is_in_band) == (pytest.approx(-0.1), True)
    assert (second.error, second.is_in_band) == (pytest.approx(0.5), False)
    assert (third.error, third.is_in_band) == (None, False)
    assert FOUND.median_error == pytest.approx(0.3)


def test_text_json_and_page_tell_the_same():
    text = render_validation(FOUND, width=80, colour=False)
    assert "2 functions: median error 30%, 1 within" in text
    assert "+50% !" in text
    assert "<c> was not measured: no wheel" in text
    assert validation_data(FOUND)["median_error"] == pytest.approx(0.3)
    assert '"is_in_band": false' in account_json(survey(0, 1), FOUND)
    page = render_account_page(survey(0, 1), FOUND)
    assert page.count("<circle") == 2
    assert "b: logged 200 ms, estimated 300 ms" in page
    assert "&lt;c&gt;" in page
    assert "<script" not in page
    places = [float(place) for place in re.findall(r'c[xy]="([\d.]+)"', page)]
    assert all(46 <= place <= 406 for place in places)


def test_too_few_cold_starts_are_no_test():
    with pytest.raises(MeasurementError, match="cold starts that tell"):
        validate_account(survey(0, 0).rows, Quiet())


def test_what_cannot_be_measured_stays_with_its_reason():
    def fails(request, listener):
        raise UsageError("There is no wheel for it.")

    (row,) = survey(0, 0).rows
    own = dataclasses.replace(row.function, arn="arn:aws:s3:::no-function")
    row = dataclasses.replace(row, function=own, inits_ms=tuple(300.0 + n for n in range(12)))
    found = validate_account([row], Quiet(), profile_of=fails)
    assert found.measured == ()
    assert found.functions[0].problem


@pytest.mark.slow
def test_an_accounts_functions_are_measured_beside_their_logs(tmp_path):
    env = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    env |= {"IMPORTCOST_CACHE_DIR": str(tmp_path / "cache")}
    with loopback_account() as account:
        for name, module, middle in (("small", "wave", 100), ("large", "asyncio", 220)):
            source = f"import {module}\n\ndef handler(event, context):\n    pass\n"
            account.function(name, Code={"ZipFile": zipped({"app.py": source})})
            account.invocations(name, 400)
            lines = [report_line(f"{name}-{n}", 9, middle + n) for n in range(12)]
            account.logs(f"/aws/lambda/{name}", lines, ago_s=0)
        done = subprocess.run(
            [sys.executable, "-m", "importcost", "account", "--calibrate", "-o", "a.html"],
            env=env | account.environment, cwd=tmp_path, capture_output=True, text=True,
            timeout=10 * PATIENCE_S, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "2 functions: median error" in done.stdout
    assert "<circle" in (tmp_path / "a.html").read_text()
