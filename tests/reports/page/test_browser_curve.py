"""The plot of the memory curve, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from importcost.billing.curve import memory_curve
from importcost.billing.estimate import estimate
from importcost.model.interval import Interval
from importcost.model.profile import Profile
from importcost.reports.page.html import render_html
from importcost.reports.page.money import MEMORY_STOPS
from tests.harness import PATIENCE_S
from tests.reports.page.browser import chromium, complaints_of, wait_until_complete
from tests.reports.page_factory import advised_profile, facts_of, small_profile

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDTHS = (1440, 768, 390)
# Whether two texts of one plot lie upon each other, or reach out of it.
TEXTS = """
const found = [];
for (const plot of document.querySelectorAll('.plot')) {
  const frame = plot.getBoundingClientRect();
  const boxes = [...plot.querySelectorAll('text')].map((t) => [t.textContent, t.getBoundingClientRect()]);
  for (const [text, box] of boxes) {
    if (box.left < frame.left - 12 || box.right > frame.right + 12) found.push(`${text} is outside`);
    for (const [other, its] of boxes) {
      const apart = box.right <= its.left || its.right <= box.left
        || box.bottom <= its.top + 3 || its.bottom <= box.top + 3;
      if (text < other && !apart) found.push(`${text} on ${other}`);
    }
  }
}
return found;
"""  # noqa: E501


def slow_profile() -> Profile:
    """Return a profile near Lambda's limit for init on x86_64 and past it with the band."""
    profile = small_profile()
    init = replace(profile.function_init, cpu_us=Interval(32_000_000, 34_000_000, 36_000_000))
    return replace(profile, function_init=init)


def predicted_profile() -> Profile:
    profile = advised_profile()
    assert profile.advice is not None
    assert profile.advice.best_set is not None
    best = replace(profile.advice.best_set, verification=None)
    return replace(profile, advice=replace(profile.advice, best_set=best))


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("chromium")) as started:
        yield started


@pytest.fixture
def show(driver: Chrome, tmp_path: Path) -> Iterator[Callable[..., None]]:
    def open_page(profile: Profile, width: int = 1440) -> None:
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        file = tmp_path / "page.html"
        file.write_text(
            render_html(profile, estimate(profile), facts_of(profile, estimate(profile))),
            encoding="utf-8",
        )
        driver.get(file.as_uri())
        wait_until_complete(driver)
        drawn = "return document.querySelectorAll('#curve-cost .curve-marker circle').length"
        WebDriverWait(driver, PATIENCE_S).until(lambda d: d.execute_script(drawn))

    yield open_page
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def texts(driver: Chrome, selector: str) -> list[str]:
    found = driver.find_elements(By.CSS_SELECTOR, selector)
    return [one.get_attribute("textContent") or "" for one in found]


def table_of(driver: Chrome) -> list[list[str]]:
    rows = driver.find_elements(By.CSS_SELECTOR, "#curve-body tr")
    return [
        [cell.get_attribute("textContent") or "" for cell in row.find_elements(By.XPATH, "*")]
        for row in rows
    ]


def circles(driver: Chrome) -> list[tuple[float, float]]:
    script = """return [...document.querySelectorAll('#curve-cost .curve-marker circle')]
      .map((c) => [c.cx.baseVal.value, c.cy.baseVal.value])"""
    return [(x, y) for x, y in driver.execute_script(script)]


@pytest.mark.parametrize("profile", [advised_profile(), slow_profile()], ids=["usual", "slow"])
def test_the_table_holds_what_the_model_says(
    driver: Chrome, show: Callable[..., None], profile: Profile
) -> None:
    show(profile)
    points = memory_curve(profile, memories=MEMORY_STOPS, package_types=["zip"]).points
    by_place: dict[tuple[str, int], Any] = {
        (one.estimate.arch, one.estimate.memory_mb): one for one in points
    }
    rows = table_of(driver)
    assert [row[0] for row in rows] == [f"{mb:,}" for mb in MEMORY_STOPS]
    for row, mb in zip(rows, MEMORY_STOPS, strict=True):
        own = by_place["x86_64", mb]
        expected = []
        for arch in ("x86_64", "arm64"):
            cost = by_place[arch, mb].estimate.dollars_per_million
            expected += [f"${cost.value:,.2f}", f"${cost.low:,.2f} to ${cost.high:,.2f}"]
        if own.deferred:
            expected.append(f"${own.deferred.dollars_per_million.value:,.2f}")
            assert row[7] == (
                "always" if mb >= 1769 else f"{round(100 * own.deferred.break_even_share)} %"
            )
            assert float(row[6].split()[0].replace(",", "")) == pytest.approx(
                own.deferred.first_use_ms.value, abs=0.6
            )
        assert row[1 : 1 + len(expected)] == expected


def test_the_slider_moves_the_marker_and_its_figures(
    driver: Chrome, show: Callable[..., None]
) -> None:
    show(advised_profile())
    before, said = circles(driver), texts(driver, "#curve-key strong")
    driver.find_element(By.ID, "memory").send_keys(Keys.ARROW_RIGHT)
    after = circles(driver)
    assert len(before) == len(after) == 3
    assert all(x2 > x1 and y2 < y1 for (x1, y1), (x2, y2) in zip(before, after, strict=True))
    figures = texts(driver, "#curve-key strong")
    assert figures[0] == driver.find_element(By.ID, "dollars").text != said[0]
    assert texts(driver, "#curve-at") == ["at 768 MB"]
    assert complaints_of(driver) == []


def test_a_click_on_the_plot_chooses_the_size_for_the_whole_page(
    driver: Chrome, show: Callable[..., None]
) -> None:
    show(advised_profile())
    plot = driver.find_element(By.CSS_SELECTOR, "#curve-cost .plot")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", plot)
    half = plot.size["width"] // 2
    ActionChains(driver).move_to_element_with_offset(plot, half - 14, 0).click().perform()
    assert driver.find_element(By.ID, "memory-label").text == "10,240 MB"
    assert texts(driver, "#curve-at") == ["at 10,240 MB"]


def test_verified_and_predicted_lines_differ_and_none_says_why(
    driver: Chrome, show: Callable[..., None]
) -> None:
    dashes = "return getComputedStyle(document.querySelector(arguments[0])).strokeDasharray"
    show(advised_profile())
    assert driver.execute_script(dashes, ".curve-line.deferred") == "none"
    show(predicted_profile())
    assert driver.execute_script(dashes, ".curve-line.deferred") != "none"
    assert "(predicted)" in texts(driver, "#curve-key li")[2]
    show(small_profile())
    assert driver.find_elements(By.CSS_SELECTOR, ".curve-line.deferred") == []
    assert not driver.find_element(By.ID, "curve-wait-figure").is_displayed()
    assert "importcost defer" in driver.find_element(By.ID, "curve-note").text


def test_the_limit_is_said_where_it_is_near(driver: Chrome, show: Callable[..., None]) -> None:
    show(small_profile())
    assert not driver.find_element(By.ID, "curve-limit").is_displayed()
    profile = slow_profile()
    show(profile)
    said = driver.find_element(By.ID, "curve-limit").text
    assert estimate(profile).limit.value == "near"
    assert "x86_64" in said
    assert "10 s" in said


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("memory_mb", [128, 512, 1800, 10_240])
@pytest.mark.parametrize("profile", [advised_profile(), slow_profile()], ids=["usual", "slow"])
def test_no_text_lies_on_another(
    driver: Chrome, show: Callable[..., None], profile: Profile, memory_mb: int, width: int
) -> None:
    show(replace(profile, settings=replace(profile.settings, memory_mb=memory_mb)), width)
    named = texts(driver, "#curve-cost .plot text")
    assert {f"{memory_mb:,}", "as configured"} <= set(named)
    assert driver.execute_script(TEXTS) == []
    wide = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert driver.execute_script(wide)


def test_the_plot_follows_the_windows_width(driver: Chrome, show: Callable[..., None]) -> None:
    show(advised_profile(), 1440)
    script = "return document.querySelector('#curve-cost .plot').viewBox.baseVal.width"
    wide = driver.execute_script(script)
    size = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    WebDriverWait(driver, PATIENCE_S).until(lambda d: d.execute_script(script) < wide)
    assert driver.execute_script(TEXTS) == []
