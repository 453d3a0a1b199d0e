"""No report speaks of Lambda for what runs elsewhere, or of a bill without a price."""

import json
import re
from dataclasses import replace

import pytest

from importcost.app.gate.diff import difference
from importcost.billing.estimate import LOGGED, estimate
from importcost.billing.figures.platforms import load_platforms
from importcost.reports.exports.formats import FORMATS, render
from importcost.reports.json_ import render_json
from importcost.reports.page.html import render_difference_html, render_html
from importcost.reports.terminal.difference import render_difference
from importcost.reports.terminal.profile import render_terminal
from tests.reports.page_factory import advised_profile, facts_of, packaged_profile
from tests.web.test_figures import web_profile

ELSEWHERE = [name for name in load_platforms() if name != "lambda"]
PROFILES = {"advised": advised_profile, "packaged": packaged_profile, "web": web_profile}


def on(platform, profile):
    known = load_platforms()[platform]
    settings = replace(
        profile.settings,
        platform=platform,
        memory_mb=known.memory.usual if known.memory else 128,
        package_type=known.bytecode or "zip",
    )
    # The factory's own warnings are sentences on Lambda.
    return replace(profile, settings=settings, warnings=())


def reported(platform, kind="advised"):
    profile = on(platform, PROFILES[kind]())
    return profile, estimate(profile)


def expected_note(profile):
    """Return the sentence on the times: a log's are those of the machine that wrote it."""
    known = load_platforms()[profile.settings.platform]
    return known.not_modelled if profile.runs else LOGGED


def assert_nothing_of_lambda(text, platform):
    title = load_platforms()[platform].title
    rest = text.replace(title, "").replace("awslambdaric", "")
    found = [
        line for line in rest.splitlines() if re.search("lambda|SnapStart|/var/task", line, re.I)
    ]
    assert not found or platform == "lambda-managed"


def visible(page):
    """Return what a page shows without its script, and its data without what the tree names."""
    markup = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.S)
    data = re.search(r'id="data">(.*?)</script>', page, re.S).group(1)
    found = json.loads(data)
    found.pop("environment", None)
    return markup + "\n" + json.dumps(found, indent=1)


@pytest.mark.parametrize("kind", PROFILES)
@pytest.mark.parametrize("platform", ELSEWHERE)
@pytest.mark.parametrize("width", [40, 80, 110])
def test_the_terminal(platform, kind, width):
    profile, bill = reported(platform, kind)
    text = render_terminal(profile, bill, facts_of(profile, bill), width=width, colour=False)
    assert_nothing_of_lambda(text, platform)
    flat = " ".join(text.split())
    assert expected_note(profile) in flat
    assert ("per million" in flat) is (bill.dollars_per_million is not None)
    assert (" bills " in flat.partition(" ms")[0]) is (bill.billed_init_ms is not None)


@pytest.mark.parametrize("kind", PROFILES)
@pytest.mark.parametrize("platform", ELSEWHERE)
def test_the_page(platform, kind):
    profile, bill = reported(platform, kind)
    page = render_html(profile, bill, facts_of(profile, bill))
    shown = visible(page)
    assert_nothing_of_lambda(shown, platform)
    assert expected_note(profile) in shown
    assert 'id="memory"' not in shown
    assert 'id="curve-cost"' not in shown
    assert ('id="dollars"' in shown) is (bill.dollars_per_million is not None)


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize("platform", ELSEWHERE)
def test_each_export(platform, name):
    profile, bill = reported(platform)
    text = render(name, profile, bill, facts_of(profile, bill))
    if name == "json":
        text = json.dumps({**json.loads(text), "environment": None})
    if isinstance(text, str):
        assert_nothing_of_lambda(visible(text) if name == "html" else text, platform)


@pytest.mark.parametrize("platform", ELSEWHERE)
def test_the_json_says_what_is_not_known(platform):
    profile, bill = reported(platform)
    found = json.loads(render_json(profile, bill))["derived"]["estimate"]
    assert found["platform"] == platform
    assert (found["billed_init_ms"] is None) is (found["dollars_per_million"] is None)
    assert_nothing_of_lambda(json.dumps(found, indent=1), platform)


@pytest.mark.parametrize("platform", ELSEWHERE)
def test_a_difference(platform):
    base, bill = reported(platform)
    head = replace(base, function_init=replace(base.function_init, wall_us=10**6))
    found = difference(base, head)
    text = render_difference(found, width=100, colour=False)
    assert_nothing_of_lambda(text, platform)
    assert ("per million" in text) is (bill.dollars_per_million is not None)
    assert_nothing_of_lambda(visible(render_difference_html(found)), platform)


def test_lambda_keeps_its_words():
    profile = advised_profile()
    bill = estimate(profile)
    facts = facts_of(profile, bill)
    text = render_terminal(profile, bill, facts, width=100, colour=False)
    assert "as modelled on Lambda" in text
    assert 'id="memory"' in render_html(profile, bill, facts)
