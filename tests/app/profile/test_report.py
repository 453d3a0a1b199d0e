"""A profile just measured, held against what is configured for its handler."""

from __future__ import annotations

import sys

import pytest

from importcost.app.bill import place
from importcost.app.profile.measured import measure_billed
from importcost.app.profile.report import judge_profile, report_measured
from importcost.app.profile.request import ProfileRequest
from importcost.config import read
from importcost.config.read import HandlerConfig
from importcost.gate.budgets import Budgets
from importcost.gate.verdict import BudgetOutcome
from tests.gate.profiles import profile_of
from tests.harness import write_files


def handler(budgets=None, **values):
    return HandlerConfig(
        "orders", "handler.py", budgets=budgets or Budgets(max_init_ms=1), **values
    )


def test_a_handler_without_budgets_on_figures_has_no_verdict():
    assert judge_profile(profile_of(), handler(Budgets(max_modules=1, forbid=("x",)))) is None


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"environment": {"TABLE": "x"}}, "without the configured env TABLE"),
        ({"layers": ("/layer",)}, "with other layers"),
        ({"runtime": "python3.9"}, "configured is python3.9"),
        ({"package_type": "image"}, "measured as zip, configured is image"),
    ],
)
def test_what_was_measured_otherwise_is_not_judged(values, words):
    assert judge_profile(profile_of(), handler()).status is BudgetOutcome.FAIL
    found = judge_profile(profile_of(), handler(**values))
    assert found.status is BudgetOutcome.UNKNOWN
    assert words in found.text
    assert "importcost check orders" in found.text


def test_dollars_are_judged_at_the_configured_memory_size():
    profile = profile_of(memory_mb=128)
    budgets = Budgets(max_cost_per_million=1.5)
    small = judge_profile(profile, handler(budgets, memory_mb=128))
    large = judge_profile(profile, handler(budgets, memory_mb=10240))
    assert (small.status, large.status) == (BudgetOutcome.PASS, BudgetOutcome.FAIL)
    assert "MB" not in small.text
    assert large.size_mb == 10240
    assert large.text.endswith(" Judged at the configured 10240 MB.")


@pytest.mark.unhurried
def test_a_command_estimates_first_figures_and_profile_and_reads_its_configuration_once(
    tmp_path, monkeypatch
):
    write_files(
        tmp_path,
        {
            "handler.py": "import json\n\n\ndef handler(event, context):\n    return 1\n",
            "importcost.toml": """
                [handlers.orders]
                handler = "handler.py:handler"
                memory = 512
                max_init_ms = 90000
            """,
        },
    )
    monkeypatch.chdir(tmp_path)
    calls: list[str] = []

    def counted(module, name):
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, **k: calls.append(name) or real(*a, **k))

    counted(read, "read_config")
    counted(place, "estimate")
    target = f"{tmp_path / 'handler.py'}:handler"
    request = ProfileRequest(target, runner="local", python=sys.executable, runs=5, memory_mb=512)
    report = report_measured(measure_billed(request, Silent()))
    assert sorted(calls) == ["estimate", "estimate", "read_config"]
    assert report.verdict is not None
    assert report.verdict.status is BudgetOutcome.PASS
    assert report.estimate.memory_mb == 512


class Silent:
    """A listener that hears nothing."""

    def note(self, message):
        """Drop a note."""

    def detail(self, message):
        """Drop a detail."""

    def progress(self, progress):
        """Drop the progress."""
