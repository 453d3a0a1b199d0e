"""A project's page in a real browser: it sorts, searches, chooses, and runs nothing it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from importcost.reports.index.data import index_data
from importcost.reports.index.page import render_project_page
from tests.harness import PATIENCE_S
from tests.reports.page.browser import (
    by_id,
    chromium,
    complaints_of,
    emulate,
    open_anew,
    requests_of,
)
from tests.reports.page.test_browser_axe import AXE, RUN
from tests.reports.project_factory import (
    hostile_project,
    large_project,
    project_figures,
    small_project,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PROJECTS = {
    "small": small_project,
    "large": lambda: large_project(300),
    "hostile": hostile_project,
    "empty": lambda: project_figures(()),
}
SIZES = {"desk": (1440, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("chromium")) as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    files = {name: folder / f"{name}.html" for name in PROJECTS}
    for name, file in files.items():
        file.write_text(render_project_page(PROJECTS[name]()), encoding="utf-8")
    return files


@pytest.fixture
def show(driver: Chrome, pages: dict[str, Path]) -> Callable[..., str]:
    return lambda name, fragment="": open_anew(driver, pages[name], fragment)


def names(driver: Chrome) -> list[str]:
    """Return the names of the rows, in one step: rows are replaced while one looks."""
    script = "return [...document.querySelectorAll('#modules-body .name')].map(n => n.textContent)"
    found: list[str] = driver.execute_script(script)
    return found


def until(driver: Chrome, holds: Callable[[], object]) -> None:
    WebDriverWait(driver, PATIENCE_S).until(lambda _: holds())


def header(driver: Chrome, title: str) -> WebElement:
    return driver.find_element(By.XPATH, f"//th/button[text()='{title}']")


def fragment(driver: Chrome) -> str:
    return str(driver.execute_script("return location.hash"))


def culprit(driver: Chrome, name: str) -> WebElement:
    return driver.find_element(
        By.XPATH, f"//button[contains(@class, 'culprit')][span[text()='{name}']]"
    )


@pytest.mark.parametrize("name", PROJECTS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_opens_without_a_request_or_a_complaint(
    driver: Chrome, show: Callable[..., str], name: str, scheme: str
) -> None:
    emulate(driver, scheme)
    url = show(name)
    by_id(driver, "skyline").send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, "?")
    assert complaints_of(driver) == []
    foreign = [asked for asked in requests_of(driver) if not asked.startswith((url, "data:image"))]
    assert foreign == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PROJECTS)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    driver: Chrome, show: Callable[..., str], name: str, scheme: str, size: str
) -> None:
    width, height = SIZES[size]
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        emulate(driver, scheme)
        show(name)
        by_id(driver, "skyline").send_keys(Keys.ARROW_RIGHT)
        driver.execute_cdp_cmd("Runtime.evaluate", {"expression": AXE.read_text("utf-8")})
        assert driver.execute_async_script(RUN) == []
        assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_hostile_names_are_shown_and_never_run(driver: Chrome, show: Callable[..., str]) -> None:
    url = show("hostile")
    for kind in (".culprit", ".culprit", ".count", "#choice-clear", ".sort", ".parts-bar"):
        script = "document.querySelectorAll(arguments[0]).forEach((button) => button.click())"
        driver.execute_script(script, kind)
    links = driver.execute_script("return [...document.links].map((link) => link.href)")
    base = url.rsplit("/", 1)[0]
    assert [link for link in links if not link.startswith(base)] == []
    assert driver.execute_script("return window.__pwned") is None
    assert complaints_of(driver) == []
    assert driver.execute_script("return document.scripts.length") == 3
    assert driver.find_elements(By.CSS_SELECTOR, "img, svg, iframe, object") == []


def test_the_headline_says_what_matters(driver: Chrome, show: Callable[..., str]) -> None:
    show("small")
    assert by_id(driver, "billed").text == "1,800"
    assert "4 functions" in by_id(driver, "band").text
    assert by_id(driver, "month").text == "$0.66"
    assert by_id(driver, "saved").text == "310 ms"
    assert by_id(driver, "over").text == "1"
    assert by_id(driver, "ending").text == "1"
    assert "python3.9 ended on 2025-12-15" in by_id(driver, "ending-list").text
    assert by_id(driver, "left-title").text == "Left out: 2 functions"
    assert "nodejs22.x" in by_id(driver, "left-list").text
    assert names(driver) == ["Orders", "Payments", "Users", "Health"]


def test_reports_are_linked_beside_the_page(driver: Chrome, show: Callable[..., str]) -> None:
    url = show("small")
    link = driver.find_element(By.LINK_TEXT, "Orders")
    assert link.get_attribute("href") == f"{url.rsplit('/', 1)[0]}/index-functions/Orders.html"
    assert driver.find_elements(By.LINK_TEXT, "Health") == []


def test_every_column_sorts_both_ways(driver: Chrome, show: Callable[..., str]) -> None:
    show("small")
    for button in driver.find_elements(By.CSS_SELECTOR, "#modules-head .sort"):
        driver.execute_script("arguments[0].click()", button)
        first = names(driver)
        driver.execute_script("arguments[0].click()", button)
        assert sorted(names(driver)) == sorted(first)
        cell = button.find_element(By.XPATH, "..")
        assert cell.get_attribute("aria-sort") in {"ascending", "descending"}
    header(driver, "Function").click()
    assert names(driver) == ["Health", "Orders", "Payments", "Users"]
    header(driver, "Could wait, ms").click()
    assert names(driver)[0] == "Orders"


def test_a_press_on_a_culprit_shows_who_pays_for_it(
    driver: Chrome, show: Callable[..., str]
) -> None:
    show("small")
    culprit(driver, "stripe").click()
    until(driver, lambda: names(driver) == ["Payments"])
    assert by_id(driver, "search-result").text == "1 function, 500 ms"
    assert by_id(driver, "choice-text").text == "Only: stripe"
    culprit(driver, "shared.store.py").click()
    until(driver, lambda: names(driver) == ["Orders", "Payments"])
    assert culprit(driver, "stripe").get_attribute("aria-pressed") == "false"
    culprit(driver, "shared.store.py").click()
    until(driver, lambda: len(names(driver)) == 4)


def test_a_layer_and_a_shared_change_show_their_functions(
    driver: Chrome, show: Callable[..., str]
) -> None:
    show("small")
    layer = culprit(driver, "Shared")
    assert "layer, in 2 of 4" in layer.text
    layer.click()
    until(driver, lambda: names(driver) == ["Orders", "Payments"])
    change = culprit(driver, "shared/store.py:4")
    assert "import stripe, in 2 of 4" in change.text
    assert "110 ms" in change.text
    change.click()
    until(driver, lambda: by_id(driver, "choice-text").text.startswith("Only: import stripe in"))
    assert names(driver) == ["Orders", "Payments"]
    assert layer.get_attribute("aria-pressed") == "false"


def test_later_culprits_are_made_when_opened_and_an_address_may_name_one(
    driver: Chrome, show: Callable[..., str]
) -> None:
    later = index_data(large_project(300))["culprits"]
    name = [one["name"] for one in later if one["kind"] == "package"][-1]
    show("large", f"#only=package%3A{name}")
    assert by_id(driver, "choice-text").text == f"Only: {name}"
    count = "return document.querySelectorAll('#packages-list .culprit').length"
    assert driver.execute_script(count) == 6
    more = driver.find_element(By.CSS_SELECTOR, "#packages-list .plain")
    more.click()
    assert more.get_attribute("aria-expanded") == "true"
    assert driver.execute_script(count) > 20
    assert culprit(driver, name).get_attribute("aria-pressed") == "true"
    more.click()
    assert not culprit(driver, name).is_displayed()
    more.click()
    assert culprit(driver, name).is_displayed()


def test_failed_budgets_and_ending_runtimes_are_a_press_away(
    driver: Chrome, show: Callable[..., str]
) -> None:
    show("small")
    driver.find_element(By.CSS_SELECTOR, "#over button").click()
    until(driver, lambda: names(driver) == ["Orders"])
    driver.find_element(By.CSS_SELECTOR, "#ending button").click()
    until(driver, lambda: names(driver) == ["Users"])
    by_id(driver, "choice-clear").click()
    until(driver, lambda: len(names(driver)) == 4)


def test_search_goes_with_a_choice_and_says_if_nothing_is_left(
    driver: Chrome, show: Callable[..., str]
) -> None:
    show("small")
    culprit(driver, "boto3").click()
    by_id(driver, "search").send_keys("pay")
    until(driver, lambda: names(driver) == ["Payments"])
    by_id(driver, "search").send_keys("x")
    until(driver, lambda: by_id(driver, "table-empty").is_displayed())
    by_id(driver, "search").send_keys(Keys.ESCAPE)
    until(driver, lambda: len(names(driver)) == 3)


def test_the_address_keeps_the_view(driver: Chrome, show: Callable[..., str]) -> None:
    show("small")
    culprit(driver, "boto3").click()
    by_id(driver, "search").send_keys("s")
    header(driver, "Function").click()
    by_id(driver, "skyline").send_keys(Keys.ARROW_RIGHT)
    wanted = "#q=s&only=package%3Aboto3&sort=name&f=Orders"
    until(driver, lambda: fragment(driver) == wanted)
    show("small", wanted)
    until(driver, lambda: names(driver) == ["Orders", "Payments", "Users"])
    assert by_id(driver, "search").get_attribute("value") == "s"
    assert culprit(driver, "boto3").get_attribute("aria-pressed") == "true"
    assert by_id(driver, "detail-title").text == "Orders"
    until(driver, lambda: fragment(driver) == wanted)


def test_an_address_that_names_nothing_shows_everything(
    driver: Chrome, show: Callable[..., str]
) -> None:
    show("small", "#only=package%3Anone&sort=-none&f=Nobody&x=%E0%A4%A")
    assert len(names(driver)) == 4
    assert not by_id(driver, "detail").is_displayed()
    assert complaints_of(driver) == []


def test_a_bar_shows_where_the_init_goes(driver: Chrome, show: Callable[..., str]) -> None:
    show("small")
    bar = driver.find_element(By.CSS_SELECTOR, "[aria-label='Where the init of Orders goes']")
    widths = driver.execute_script(
        "return [...arguments[0].children].map((one) => parseFloat(one.style.width))", bar
    )
    assert sum(widths) == pytest.approx(100, abs=0.5)
    bar.click()
    assert by_id(driver, "detail-list").text.startswith("Billed init\n900 ms (720 to 1,125)")
    parts = by_id(driver, "detail-parts").text.replace("\n", " ")
    assert "pandas" in parts
    assert "300 ms" in parts
    assert "import pandas" in by_id(driver, "detail-change-list").text
    by_id(driver, "detail-close").click()
    assert not by_id(driver, "detail").is_displayed()


def test_a_click_on_a_column_selects_its_function(driver: Chrome, show: Callable[..., str]) -> None:
    show("small")
    script = """
    const box = arguments[0].getBoundingClientRect();
    arguments[0].dispatchEvent(new MouseEvent('click',
      {bubbles: true, clientX: box.left + 150, clientY: box.top + 150}));
    """
    driver.execute_script(script, by_id(driver, "skyline"))
    assert by_id(driver, "detail-title").text == "Payments"


def test_the_keyboard_reaches_search_table_chart_and_all(
    driver: Chrome, show: Callable[..., str]
) -> None:
    show("large")
    body = driver.find_element(By.TAG_NAME, "body")
    focused = "return document.activeElement.id"
    for key, place in (("t", "table-section"), ("c", "skyline"), ("/", "search")):
        body.send_keys(key)
        assert driver.execute_script(focused) == place
    by_id(driver, "search").send_keys("orders", Keys.ENTER)
    assert "Orders" in driver.execute_script("return document.activeElement.textContent")
    driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    until(driver, lambda: by_id(driver, "table-count").text == "300 functions")


def test_only_rows_in_view_exist_and_paper_has_its_fill(
    driver: Chrome, show: Callable[..., str]
) -> None:
    show("large")
    assert len(names(driver)) < 80
    assert by_id(driver, "modules").get_attribute("aria-rowcount") == "301"
    driver.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert len(names(driver)) == 200
    assert "and 100 more, in the page itself" in by_id(driver, "modules-body").text
    driver.execute_script("dispatchEvent(new Event('afterprint'))")
    assert len(names(driver)) < 80


def test_unpacked_sizes_are_a_column_where_they_are_known(
    driver: Chrome, show: Callable[..., str]
) -> None:
    show("small")
    header(driver, "Unpacked, MB").click()
    assert names(driver)[0] == "Orders"
    row = driver.find_element(By.CSS_SELECTOR, "#modules-body tr:not(.spacer)").text
    assert "85.5 stale" in row
    show("large")
    titles = [one.text for one in driver.find_elements(By.CSS_SELECTOR, "th button")]
    assert "Modules" in titles
    assert "Unpacked, MB" not in titles
