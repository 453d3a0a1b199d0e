"""The one verdict that several checks of budgets make."""

from __future__ import annotations

import pytest

from importcost.billing.estimate import estimate
from importcost.gate.budgets import Budgets, Level, Levels, Rule
from importcost.gate.checks import Check, Status
from importcost.gate.subject import JudgedHandler, evidence_of
from importcost.gate.verdict import BudgetOutcome, judge_budgets, verdict_of_checks
from importcost.reports.gate.budget import page_verdict, render_budget
from tests.gate.profiles import profile_of


def check(status, rule=Rule.INIT, message="Init is slow."):
    return Check(rule, Level.ERROR, status, message, "orders")


@pytest.mark.parametrize(
    ("statuses", "outcome", "text"),
    [
        (["pass"], BudgetOutcome.PASS, "Init is slow."),
        (["pass", "pass"], BudgetOutcome.PASS, "Init is slow. 1 more is within its budget too."),
        (["pass", "warn"], BudgetOutcome.UNKNOWN, "Init is slow."),
        (["not-measured", "pass"], BudgetOutcome.UNKNOWN, "Init is slow."),
        (["pass", "warn", "fail"], BudgetOutcome.FAIL, "Init is slow."),
        (["fail"] * 3, BudgetOutcome.FAIL, "Init is slow. 2 more are over their budgets too."),
        (["skipped"], None, None),
        ([], None, None),
    ],
)
def test_the_gravest_check_decides(statuses, outcome, text):
    found = verdict_of_checks([check(Status(one)) for one in statuses])
    assert (found and found.status, found and found.text) == (outcome, text)


def test_rules_that_are_no_budgets_do_not_count():
    assert verdict_of_checks([check(Status.FAIL, Rule.FORBIDDEN_IMPORT)]) is None


def judged(levels=None, **budgets):
    profile, levels = profile_of(), levels or Levels()
    return judge_budgets(
        JudgedHandler("o", Budgets(**budgets), evidence_of(profile, estimate(profile)), levels)
    )


def test_only_a_whole_interval_over_the_budget_fails():
    bill = estimate(profile_of()).billed_init_ms
    assert bill.low < bill.value < bill.high
    assert judged(max_billed_init_ms=bill.high).status is BudgetOutcome.PASS
    unclear = judged(max_billed_init_ms=(bill.low + bill.value) / 2)
    assert unclear.status is BudgetOutcome.UNKNOWN
    assert "not proven" in unclear.text
    assert judged(max_billed_init_ms=bill.low * 0.9).status is BudgetOutcome.FAIL
    assert judged() is None
    off = Levels(by_rule={Rule.BILLED_INIT: Level.OFF})
    assert judged(off, max_billed_init_ms=1) is None


def test_the_sentence_obeys_no_terminal_and_keeps_its_width():
    found = verdict_of_checks([check(Status.FAIL, message="a\x1b[2J\n" + "word " * 40)])
    assert page_verdict(found)["status"] == "fail"
    assert "\x1b" not in page_verdict(found)["text"]
    text = render_budget(found, width=50)
    assert text.startswith("Over budget: ")
    assert "\x1b" not in text
    assert all(len(line) <= 50 for line in text.split("\n"))
    assert render_budget(found, colour=True).startswith("\x1b[31;1mOver budget\x1b[0m: ")
    assert page_verdict(None) is None
