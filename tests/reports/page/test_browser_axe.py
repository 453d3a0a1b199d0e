"""axe-core finds nothing on any page, in light and in dark, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from importcost.app.gate.diff import difference
from importcost.model.behaviour import Behaviour
from importcost.reports.page.html import render_difference_html, render_html
from tests.reports.page.browser import chromium, emulate, wait_until_complete
from tests.reports.page_factory import (
    advised_profile,
    changed_profile,
    deep_profile,
    empty_profile,
    estimate_of,
    facts_of,
    hostile_profile,
    packaged_profile,
    proven_profile,
    small_profile,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AXE = Path(__file__).parents[2] / "data/axe/axe.min.js"
UNPROVEN = proven_profile(Behaviour(("models.order", "client"), ("models.order", "client")))
BUDGET = {"status": "fail", "text": "Billed init 406 ms is over the budget of 350 ms."}
RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ['violations']}).then((found) => done(found.violations.map(
  (one) => `${one.id}: ${one.help} ${one.nodes.map((node) => node.target.join(' '))}`)));
"""
PAGES: dict[str, Callable[[], str]] = {
    "advised": lambda: render_html(
        advised_profile(), estimate_of(advised_profile()), facts_of(advised_profile()), BUDGET
    ),
    "unproven": lambda: render_html(UNPROVEN, estimate_of(UNPROVEN), facts_of(UNPROVEN), BUDGET),
    "small": lambda: render_html(
        small_profile(), estimate_of(small_profile()), facts_of(small_profile())
    ),
    "packaged": lambda: render_html(
        packaged_profile(), estimate_of(packaged_profile()), facts_of(packaged_profile())
    ),
    "hostile": lambda: render_html(
        hostile_profile(), estimate_of(hostile_profile()), facts_of(hostile_profile())
    ),
    "empty": lambda: render_html(
        empty_profile(), estimate_of(empty_profile()), facts_of(empty_profile())
    ),
    "deep": lambda: render_html(
        deep_profile(300), estimate_of(deep_profile(300)), facts_of(deep_profile(300))
    ),
    "difference": lambda: render_difference_html(difference(small_profile(), changed_profile())),
}


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("chromium")) as started:
        yield started


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(
    driver: Chrome, tmp_path: Path, name: str, scheme: str, width: int, height: int
) -> None:
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        emulate(driver, scheme)
        file = tmp_path / "page.html"
        file.write_text(PAGES[name](), encoding="utf-8")
        driver.get(file.as_uri())
        wait_until_complete(driver)
        # Opened without the mouse: near the fold a click may meet what just moved there.
        driver.execute_script("document.querySelectorAll('details').forEach(d => {d.open = true})")
        driver.find_element(By.ID, "icicle").send_keys("\ue015")
        # Evaluated by the debugger: the page's own policy would not let it in.
        driver.execute_cdp_cmd("Runtime.evaluate", {"expression": AXE.read_text("utf-8")})
        assert driver.execute_async_script(RUN) == []
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_axe_would_find_something(driver: Chrome, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    broken = PAGES["small"]().replace('<label for="search" class="hidden-label">', "<label>", 1)
    file.write_text(broken.replace('placeholder="Search modules"', "", 1), encoding="utf-8")
    driver.get(file.as_uri())
    wait_until_complete(driver)
    driver.execute_cdp_cmd("Runtime.evaluate", {"expression": AXE.read_text("utf-8")})
    assert any(found.startswith("label:") for found in driver.execute_async_script(RUN))
