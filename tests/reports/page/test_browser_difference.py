"""The page of two profiles in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from importcost.app.gate.diff import difference
from importcost.model.profile import Profile
from importcost.reports.page.html import render_difference_html
from tests.harness import PATIENCE_S
from tests.reports.page.browser import (
    chromium,
    complaints_of,
    emulate,
    open_anew,
    requests_of,
)
from tests.reports.page_factory import (
    HOSTILE_NAMES,
    changed_profile,
    deep_profile,
    empty_profile,
    hostile_profile,
    small_profile,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAIRS = {
    "changed": (small_profile, changed_profile),
    "hostile": (small_profile, hostile_profile),
    "same": (small_profile, small_profile),
    "gone": (small_profile, empty_profile),
    "deep": (small_profile, deep_profile),
}


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("chromium")) as started:
        yield started


def open_page(driver: Chrome, folder: Path, base: Profile, head: Profile) -> str:
    file = folder / "difference.html"
    file.write_text(render_difference_html(difference(base, head)), encoding="utf-8")
    return open_anew(driver, file)


def text_of(driver: Chrome, name: str) -> str:
    return driver.find_element(By.ID, name).text


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAIRS)
def test_it_opens_and_answers_keys_without_a_complaint(
    driver: Chrome, tmp_path: Path, name: str, scheme: str
) -> None:
    emulate(driver, scheme)
    base, head = PAIRS[name]
    url = open_page(driver, tmp_path, base(), head())
    canvas = driver.find_element(By.ID, "icicle")
    canvas.send_keys(Keys.ARROW_DOWN, Keys.ENTER, "o", "c", "+", "-", Keys.ESCAPE)
    assert complaints_of(driver) == []
    foreign = [asked for asked in requests_of(driver) if not asked.startswith((url, "data:image"))]
    assert foreign == []
    assert driver.execute_script("return window.__pwned") is None


def test_the_first_screen_says_what_a_change_costs(driver: Chrome, tmp_path: Path) -> None:
    open_page(driver, tmp_path, small_profile(), changed_profile())
    assert text_of(driver, "verdict") == "slower"
    assert text_of(driver, "billed").startswith("+")
    sums = f"{text_of(driver, 'sum-base')} before, {text_of(driver, 'sum-head')} after"
    assert sums == text_of(driver, "band")
    rows = driver.find_elements(By.CSS_SELECTOR, ".changed-row")
    assert rows[0].text.split()[:3] == ["+82.5", "ms", "pandas"]


def test_no_difference_has_no_sign_and_no_colour(driver: Chrome, tmp_path: Path) -> None:
    open_page(driver, tmp_path, small_profile(), small_profile())
    assert text_of(driver, "dollars") == "±$0.00"
    verdict = driver.find_element(By.ID, "verdict")
    assert verdict.value_of_css_property("background-color") == "rgba(0, 0, 0, 0)"


def test_search_counts_within_the_kinds_shown(driver: Chrome, tmp_path: Path) -> None:
    open_page(driver, tmp_path, small_profile(), changed_profile())
    driver.find_element(By.XPATH, "//ul[@id='legend']//button[contains(., 'removed')]").click()
    driver.find_element(By.ID, "search").send_keys("pandas", Keys.ENTER)
    assert text_of(driver, "search-result") == "No match in what is shown"
    driver.find_element(By.ID, "legend-clear").click()
    assert text_of(driver, "search-result") == "2 matches, +88.5 ms"


def test_two_logs_have_their_own_clock(driver: Chrome, tmp_path: Path) -> None:
    log = replace(small_profile(), source="log")
    open_page(driver, tmp_path, log, changed_profile())
    text = driver.find_element(By.TAG_NAME, "main").text
    assert "In the log before, wall" in text
    assert "Measured after, CPU" in text


def test_a_kind_filters_the_table(driver: Chrome, tmp_path: Path) -> None:
    open_page(driver, tmp_path, small_profile(), changed_profile())
    driver.find_element(By.XPATH, "//ul[@id='legend']//button[contains(., 'removed')]").click()
    # In one go: the rows are drawn anew a frame later.
    script = (
        "return [...document.querySelectorAll('#modules-body .name')].map((e) => e.textContent)"
    )
    wanted = ["http.cookies", "requests", "urllib3.util"]
    WebDriverWait(driver, PATIENCE_S).until(lambda d: sorted(d.execute_script(script)) == wanted)
    driver.find_element(By.ID, "legend-clear").click()
    assert text_of(driver, "table-count") == "14 modules"


def test_a_row_shows_its_module_in_the_chart(driver: Chrome, tmp_path: Path) -> None:
    open_page(driver, tmp_path, small_profile(), changed_profile())
    driver.find_element(By.CSS_SELECTOR, "#modules-body .name").click()
    facts = text_of(driver, "detail-list")
    assert facts.startswith("Selected\npandas")
    assert "0.00 ms → 88.5 ms, +88.5 ms" in facts


def test_search_sums_up_the_difference_once(driver: Chrome, tmp_path: Path) -> None:
    open_page(driver, tmp_path, small_profile(), changed_profile())
    driver.find_element(By.ID, "search").send_keys("pandas")
    wait = WebDriverWait(driver, PATIENCE_S)
    assert wait.until(lambda d: text_of(d, "search-result")) == "2 matches, +88.5 ms"


def test_hostile_names_are_text(driver: Chrome, tmp_path: Path) -> None:
    open_page(driver, tmp_path, small_profile(), hostile_profile())
    script = "return document.getElementById('modules-body').textContent.includes(arguments[0])"
    assert driver.execute_script(script, HOSTILE_NAMES[0])
    assert driver.execute_script("return document.scripts.length") == 2


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_it_never_scrolls_sideways(driver: Chrome, tmp_path: Path, width: int) -> None:
    size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        for head in (changed_profile(), hostile_profile()):
            open_page(driver, tmp_path, small_profile(), head)
            script = "return document.documentElement.scrollWidth - innerWidth"
            assert driver.execute_script(script) <= 0
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
