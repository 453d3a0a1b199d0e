"""The page in a real browser: it draws, answers keys, and runs nothing it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from importcost.model.profile import Profile, ProfileWarning, WarningCode
from importcost.reports.page.html import render_html
from tests.harness import PATIENCE_S
from tests.reports.page.browser import (
    by_id,
    chromium,
    complaints_of,
    emulate,
    open_anew,
    requests_of,
    wait_until_complete,
)
from tests.reports.page_factory import (
    HOSTILE_NAMES,
    advised_profile,
    deep_profile,
    empty_profile,
    estimate_of,
    facts_of,
    hostile_profile,
    large_profile,
    packaged_profile,
    small_profile,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROW_PX = 23
PROFILES: dict[str, Callable[[], Profile]] = {
    "small": small_profile,
    "advised": advised_profile,
    "packaged": packaged_profile,
    "hostile": hostile_profile,
    "empty": empty_profile,
    "deep": deep_profile,
    "large": large_profile,
    "more than is printed": lambda: large_profile(600),
}


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("chromium")) as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    files = {}
    for name, make in PROFILES.items():
        profile = make()
        files[name] = folder / f"{name}.html"
        files[name].write_text(
            render_html(profile, estimate_of(profile), facts_of(profile)), encoding="utf-8"
        )
    return files


@pytest.fixture
def show(driver: Chrome, pages: dict[str, Path]) -> Callable[..., str]:
    return lambda name, fragment="": open_anew(driver, pages[name], fragment)


def crumbs(driver: Chrome) -> list[str]:
    return [item.text for item in driver.find_elements(By.CSS_SELECTOR, "#crumbs .crumb")]


def selected(driver: Chrome) -> str:
    return by_id(driver, "detail").find_element(By.TAG_NAME, "dd").text


def keys(driver: Chrome, *pressed: str) -> None:
    by_id(driver, "icicle").send_keys(*pressed)


def search(driver: Chrome, text: str) -> str:
    by_id(driver, "search").send_keys(text)
    wait = WebDriverWait(driver, PATIENCE_S)
    return wait.until(lambda d: by_id(d, "search-result").text)


def click_chart(driver: Chrome, row: int, part: float) -> None:
    canvas = by_id(driver, "icicle")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", canvas)
    size = canvas.size
    x = int((part - 0.5) * size["width"])
    y = int(row * ROW_PX + ROW_PX / 2 - size["height"] / 2)
    ActionChains(driver).move_to_element_with_offset(canvas, x, y).click().perform()


def colours_painted(driver: Chrome) -> int:
    """Count distinct colours among the canvas's pixels, in steps that skip the edges of text."""
    return driver.execute_script(
        """
        const canvas = document.getElementById('icicle');
        const { width, height } = canvas;
        const bytes = canvas.getContext('2d').getImageData(0, 0, width, height).data;
        const counts = new Map();
        for (let i = 0; i < bytes.length; i += 4) {
          if (!bytes[i + 3]) continue;
          const key = bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2];
          counts.set(key, (counts.get(key) || 0) + 1);
        }
        return [...counts.values()].filter((count) => count > 200).length;
        """
    )


def dimmed_pixels(driver: Chrome) -> int:
    """Count pixels through which the page shows: what a filter leaves out is painted so."""
    return driver.execute_script(
        """
        const canvas = document.getElementById('icicle');
        const { width, height } = canvas;
        const bytes = canvas.getContext('2d').getImageData(0, 0, width, height).data;
        let count = 0;
        for (let i = 3; i < bytes.length; i += 4) if (bytes[i] > 0 && bytes[i] < 250) count += 1;
        return count;
        """
    )


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_opens_without_a_request_or_a_complaint(
    driver: Chrome, show: Callable[..., str], name: str, scheme: str
) -> None:
    emulate(driver, scheme)
    url = show(name)
    keys(driver, Keys.ARROW_DOWN, Keys.ENTER, "?")
    assert complaints_of(driver) == []
    foreign = [asked for asked in requests_of(driver) if not asked.startswith((url, "data:image"))]
    assert foreign == []


def test_hostile_names_are_shown_and_never_run(driver: Chrome, show: Callable[..., str]) -> None:
    url = show("hostile")
    # Touch everything that puts a name on the page: chart, tooltip, details, crumbs, table, toast.
    for order in ("heavy", "pay", "time"):
        by_id(driver, f"order-{order}").click()
        for row in range(1, 8):
            click_chart(driver, row, 0.5)
            keys(driver, "s", Keys.ARROW_UP, Keys.ARROW_DOWN, Keys.ARROW_DOWN)
            by_id(driver, f"order-{order}").click()
    search(driver, "script")
    by_id(driver, "search").send_keys(Keys.ENTER, Keys.ENTER)
    for summary in driver.find_elements(By.TAG_NAME, "summary"):
        summary.click()
    for button in driver.find_elements(By.CSS_SELECTOR, ".copy, #detail-copy, #changes .name"):
        if button.tag_name == "button":
            button.click()
    assert driver.execute_script("return window.__pwned") is None
    assert complaints_of(driver) == []
    foreign = [asked for asked in requests_of(driver) if not asked.startswith((url, "data:image"))]
    assert foreign == []
    assert driver.execute_script("return document.scripts.length") == 3
    foreign_tags = "img, svg:not(.plot), iframe, object, [style*=url]"
    assert driver.find_elements(By.CSS_SELECTOR, foreign_tags) == []
    # Asked inside the page: the driver cannot carry a lone surrogate.
    script = "return document.getElementById(arguments[0]).textContent.includes(arguments[1])"
    for place in ("modules-body", "changes", "staying-list", "work-list", "hint-list"):
        assert driver.execute_script(script, place, HOSTILE_NAMES[0]), place


def test_the_policy_stops_a_script_that_gets_in(driver: Chrome, show: Callable[..., str]) -> None:
    """The net under the net: an element added by force runs nothing."""
    show("small")
    driver.execute_script(
        """
        const image = document.createElement('img');
        image.src = 'https://example.invalid/x.png';
        document.body.append(image);
        """
    )
    wait = WebDriverWait(driver, PATIENCE_S)
    seen = wait.until(lambda d: d.execute_script("return window.__violations"))
    assert seen[0].startswith("img-src")


def test_the_first_screen_answers(driver: Chrome, show: Callable[..., str]) -> None:
    show("small")
    assert by_id(driver, "billed").text == "406"
    assert "345 and 487 ms" in by_id(driver, "band").text
    assert by_id(driver, "dollars").text == "$3.38"
    assert by_id(driver, "handler").text == "handler.handler"
    facts = [item.text for item in driver.find_elements(By.CSS_SELECTOR, "#facts li")]
    assert facts == ["python3.12", "x86_64", "zip", "512 MB"]
    rows = driver.find_elements(By.CSS_SELECTOR, "#top-imports tr")
    assert len(rows) == 8
    assert "orders.store" in rows[0].text
    assert "handler.py:" in rows[0].text
    assert "compileall" in by_id(driver, "bytecode-command").text
    canvas_top = driver.execute_script(
        "return document.getElementById('icicle').getBoundingClientRect().top"
    )
    assert canvas_top < 800


def test_the_chart_paints_in_both_schemes(driver: Chrome, show: Callable[..., str]) -> None:
    for scheme in ("light", "dark"):
        emulate(driver, scheme)
        show("small")
        assert colours_painted(driver) >= 6


def test_a_click_zooms_and_a_crumb_zooms_out(driver: Chrome, show: Callable[..., str]) -> None:
    show("small")
    assert crumbs(driver) == ["Everything"]
    click_chart(driver, 2, 0.3)
    assert crumbs(driver) == ["Everything", "handler", "orders.store"]
    assert selected(driver) == "orders.store"
    script = "return location.hash"
    WebDriverWait(driver, PATIENCE_S).until(lambda d: d.execute_script(script) == "#n=7")
    driver.find_elements(By.CSS_SELECTOR, "#crumbs .crumb")[0].click()
    assert crumbs(driver) == ["Everything"]


def test_the_keyboard_moves_zooms_and_returns(driver: Chrome, show: Callable[..., str]) -> None:
    show("small")
    keys(driver, Keys.ARROW_DOWN)
    assert selected(driver) == "interpreter start"
    keys(driver, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert selected(driver) == "handler"
    keys(driver, Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
    assert selected(driver) == "requests"
    assert "requests" in by_id(driver, "live").get_property("textContent")
    keys(driver, Keys.ENTER)
    assert crumbs(driver)[-1] == "requests"
    keys(driver, Keys.ESCAPE)
    assert crumbs(driver)[-1] == "handler"
    keys(driver, Keys.HOME)
    assert crumbs(driver) == ["Everything"]


def test_startup_is_folded_until_zoomed_into(driver: Chrome, show: Callable[..., str]) -> None:
    show("small")
    keys(driver, Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    assert selected(driver) == "interpreter start"
    keys(driver, Keys.ENTER, Keys.ARROW_DOWN)
    assert selected(driver) == "encodings"


def test_a_match_inside_a_match_counts_its_time_once(
    driver: Chrome, show: Callable[..., str]
) -> None:
    show("small")
    assert search(driver, "botocore") == "2 matches, 120 ms, 55 % of the cold start"
    assert by_id(driver, "table-count").text == "2 of 17 imports"
    by_id(driver, "search").send_keys(Keys.ENTER)
    assert selected(driver) == "botocore.session"


def test_a_legend_entry_filters_the_table_and_dims_the_chart(
    driver: Chrome, show: Callable[..., str]
) -> None:
    show("small")
    # Edges between nodes are part transparent, too, but few.
    assert dimmed_pixels(driver) < 5_000
    entry = driver.find_element(By.XPATH, "//ul[@id='legend']//button[contains(., 'urllib3')]")
    entry.click()
    assert entry.get_attribute("aria-pressed") == "true"
    assert by_id(driver, "table-count").text == "2 of 17 imports"
    WebDriverWait(driver, PATIENCE_S).until(lambda d: dimmed_pixels(d) > 20_000)
    by_id(driver, "legend-clear").click()
    assert by_id(driver, "table-count").text == "17 imports"


def test_search_and_legend_count_what_both_leave(driver: Chrome, show: Callable[..., str]) -> None:
    show("small")
    everything = search(driver, "l")
    driver.find_element(By.XPATH, "//ul[@id='legend']//button[contains(., 'urllib3')]").click()
    fewer = by_id(driver, "search-result").text
    assert fewer != everything
    assert fewer.split()[0] == by_id(driver, "table-count").text.split()[0]
    by_id(driver, "search").send_keys(Keys.ENTER)
    assert selected(driver).startswith("urllib3")
    by_id(driver, "search").send_keys("no such module")
    WebDriverWait(driver, PATIENCE_S).until(lambda d: by_id(d, "search-result").text == "No match")


def test_enter_right_after_typing_goes_to_the_match(
    driver: Chrome, show: Callable[..., str]
) -> None:
    show("small")
    by_id(driver, "search").send_keys("botocore.session", Keys.ENTER)
    assert selected(driver) == "botocore.session"


def test_matches_in_startup_come_last(driver: Chrome, show: Callable[..., str]) -> None:
    show("small")
    by_id(driver, "search").send_keys("o", Keys.ENTER)
    assert "handler" in by_id(driver, "detail-list").text.split("Phase")[1]
    by_id(driver, "search").send_keys(Keys.SHIFT, Keys.ENTER)
    phase = by_id(driver, "detail-list").text.split("Phase")[1].strip()
    assert phase in ("interpreter start", "runtime")


def test_a_held_key_leaves_the_address_alone_until_it_rests(
    driver: Chrome, show: Callable[..., str]
) -> None:
    """Browsers refuse an address that changes a hundred times in a few seconds."""
    show("small")
    driver.execute_script(
        """
        window.__changes = 0;
        const replace = history.replaceState.bind(history);
        history.replaceState = (...all) => { window.__changes += 1; replace(...all); };
        """
    )
    keys(driver, Keys.ARROW_DOWN, Keys.ARROW_RIGHT * 3, Keys.ARROW_DOWN)
    keys(driver, *[Keys.ARROW_RIGHT, Keys.ARROW_LEFT] * 20)
    WebDriverWait(driver, PATIENCE_S).until(lambda d: "#n=" in d.current_url)
    assert driver.execute_script("return window.__changes") <= 2


def test_a_page_that_may_not_have_an_address_still_selects(
    driver: Chrome, show: Callable[..., str]
) -> None:
    show("small")
    driver.execute_script(
        "history.replaceState = () => { throw new DOMException('no', 'SecurityError'); };"
    )
    keys(driver, Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    # Long enough for the address to be tried.
    driver.execute_async_script("setTimeout(arguments[0], 400)")
    assert selected(driver)
    assert complaints_of(driver) == []


def test_the_closest_zoom_has_a_ruler_of_different_figures(
    driver: Chrome, show: Callable[..., str]
) -> None:
    show("small")
    driver.execute_script(
        """
        window.__ticks = [];
        const pen = document.getElementById('ruler').getContext('2d');
        const fill = pen.fillText.bind(pen), clear = pen.clearRect.bind(pen);
        pen.clearRect = (...all) => { window.__ticks = []; clear(...all); };
        pen.fillText = (text, ...all) => { window.__ticks.push(text); fill(text, ...all); };
        """
    )
    keys(driver, "+" * 30)
    script = "return window.__ticks"
    WebDriverWait(driver, PATIENCE_S).until(
        lambda d: any("µs" in one for one in d.execute_script(script))
    )
    ticks = driver.execute_script(script)
    assert len(ticks) > 3
    assert len(set(ticks)) == len(ticks)


def test_on_paper_the_table_takes_the_whole_width(driver: Chrome, show: Callable[..., str]) -> None:
    """More rows than are printed: the line that says so must not make columns of its own."""
    show("more than is printed")
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        driver.execute_script("dispatchEvent(new Event('beforeprint'))")
        used = driver.execute_script(
            """
            const cells = [...document.querySelectorAll('#modules-head th')];
            const width = (one) => one.getBoundingClientRect().width;
            return cells.reduce((sum, one) => sum + width(one), 0) /
              width(document.getElementById('modules'));
            """
        )
        assert used > 0.98
        # Chromium paints a box in a repeated table head on the first page only.
        script = "return getComputedStyle(document.querySelector('.sort')).display"
        assert driver.execute_script(script) == "contents"
    finally:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        emulate(driver, "light")


def test_a_phone_shows_a_figure_beside_each_name(driver: Chrome, show: Callable[..., str]) -> None:
    size = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        show("large")
        script = """
        document.getElementById('table-section').scrollIntoView();
        const cell = document.querySelector('#modules-body tr:not(.spacer) td');
        return cell.getBoundingClientRect().right;
        """
        assert driver.execute_script(script) < 380
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_package_is_a_bar_of_the_limit_and_a_table(
    driver: Chrome, show: Callable[..., str]
) -> None:
    show("small")
    assert not by_id(driver, "package").is_displayed()
    show("packaged")
    wait_until_complete(driver)
    assert "40.0 MB, 16% of Lambda's 250 MB" in by_id(driver, "package-size").text
    rows = driver.find_elements(By.CSS_SELECTOR, "#package-rows tr")
    assert len(rows) == 9
    assert "botocore 1.0 in function" in rows[0].text
    assert "67 %" in rows[0].text  # never loaded
    filled = """
    const bar = document.getElementById('package-bar').getBoundingClientRect();
    const last = document.querySelector('#package-bar > :last-child').getBoundingClientRect();
    return (last.right - bar.left) / bar.width;
    """
    assert driver.execute_script(filled) == pytest.approx(0.16, abs=0.02)
    steps = driver.find_elements(By.CSS_SELECTOR, "#bytecode-steps li")
    assert [step.text for step in steps] == ["after: python3.12 -m compileall"]
    assert not by_id(driver, "bytecode-command").is_displayed()


@pytest.mark.parametrize("source", ["log", "lambda-log"])
def test_a_log_has_its_own_clock(driver: Chrome, tmp_path: Path, source: str) -> None:
    """Its times are wall times of an unknown machine; nothing on the page says CPU."""
    warning = ProfileWarning(WarningCode.OUTPUT, "Run `importcost defer` for more.")
    environment = replace(small_profile().environment, runner_reason="read from cold.log")
    log = replace(small_profile(), source=source, graph=None, runs=(), environment=environment)
    profile = replace(log, target=None, warnings=(warning,))
    file = tmp_path / "log.html"
    file.write_text(render_html(profile, estimate_of(profile), facts_of(profile)), encoding="utf-8")
    driver.get(file.as_uri())
    wait_until_complete(driver)
    for summary in driver.find_elements(By.CSS_SELECTOR, ".fine-print summary"):
        if summary.is_displayed():
            summary.click()
    text = driver.find_element(By.TAG_NAME, "main").text
    assert by_id(driver, "handler").text == "Import log, read from cold.log"
    assert "wall, from the log" in text
    assert "measured here" not in text.lower()
    code = driver.find_element(By.CSS_SELECTOR, "#warning-list code")
    assert code.text == "importcost defer"


def test_the_table_sorts_and_says_how(driver: Chrome, show: Callable[..., str]) -> None:
    show("small")

    def column() -> list[str]:
        cells = driver.find_elements(By.CSS_SELECTOR, "#modules-body tr > :nth-child(3)")
        return [cell.text for cell in cells]

    heads = driver.find_elements(By.CSS_SELECTOR, "#modules-head th")
    assert heads[1].get_attribute("aria-sort") == "descending"
    heads[2].find_element(By.TAG_NAME, "button").click()
    assert heads[2].get_attribute("aria-sort") == "descending"
    assert heads[1].get_attribute("aria-sort") is None
    assert column() == sorted(column(), key=float, reverse=True)
    heads[2].find_element(By.TAG_NAME, "button").click()
    assert heads[2].get_attribute("aria-sort") == "ascending"
    assert column() == sorted(column(), key=float)


def test_a_fragment_selects_its_node(driver: Chrome, show: Callable[..., str]) -> None:
    show("small", "#n=10")
    assert selected(driver) == "botocore.session"


def test_heaviest_first_puts_the_heaviest_left(driver: Chrome, show: Callable[..., str]) -> None:
    show("small")
    by_id(driver, "order-heavy").click()
    keys(driver, Keys.ARROW_DOWN)
    assert selected(driver) == "handler"


def test_three_thousand_levels_scroll(driver: Chrome, show: Callable[..., str]) -> None:
    show("deep", "#n=3000")
    assert selected(driver) == "deep.level_2993"
    assert driver.execute_script("return document.getElementById('icicle-scroll').scrollTop") > 0
    height = driver.execute_script("return document.getElementById('icicle').height")
    assert height < 2_000


@pytest.mark.parametrize(("name", "rows"), [("large", 20_000), ("deep", 3_007)])
def test_rows_exist_only_where_the_table_is_scrolled_to(
    driver: Chrome, show: Callable[..., str], name: str, rows: int
) -> None:
    show(name)
    assert by_id(driver, "modules").get_attribute("aria-rowcount") == str(rows + 1)

    def shown() -> list[int]:
        return driver.execute_script(
            "return [...document.querySelectorAll('#modules-body [aria-rowindex]')]"
            ".map((row) => Number(row.getAttribute('aria-rowindex')))"
        )

    assert shown()[0] == 2
    assert len(shown()) < 100
    driver.execute_script(
        "const box = document.getElementById('table-scroll'); box.scrollTop = box.scrollHeight"
    )
    WebDriverWait(driver, PATIENCE_S).until(lambda _: shown()[-1] == rows + 1)
    assert len(shown()) < 100
    height = driver.execute_script("return document.getElementById('modules').offsetHeight")
    assert height == pytest.approx(30 * (rows + 1), rel=0.01)


def test_after_a_filter_the_rows_below_the_window_follow(
    driver: Chrome, show: Callable[..., str]
) -> None:
    """They come a frame later than those in the window: each once, in order, with a spare."""
    show("large")
    search(driver, "package")
    script = (
        "const rows = [...document.querySelectorAll('#modules-body [aria-rowindex]')];"
        "const seen = document.getElementById('table-scroll').clientHeight / 30;"
        "return [Math.ceil(seen), rows.map((row) => Number(row.getAttribute('aria-rowindex')))];"
    )
    wait = WebDriverWait(driver, PATIENCE_S)
    wait.until(lambda d: "of" in by_id(d, "table-count").text)
    wait.until(lambda d: len(d.execute_script(script)[1]) > d.execute_script(script)[0] + 8)
    _, shown = driver.execute_script(script)
    assert shown == list(range(2, len(shown) + 2))


def test_twenty_thousand_nodes_are_searched(driver: Chrome, show: Callable[..., str]) -> None:
    show("large")
    assert "match" in search(driver, "package01.")


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_the_page_never_scrolls_sideways(
    driver: Chrome, show: Callable[..., str], width: int
) -> None:
    size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        for name in ("small", "hostile"):
            show(name)
            script = "return document.documentElement.scrollWidth - innerWidth"
            assert driver.execute_script(script) <= 0
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


PAINTED = """
const map = document.getElementById('minimap');
const pixels = map.getContext('2d').getImageData(0, 0, map.width, map.height).data;
let painted = 0;
for (let at = 3; at < pixels.length; at += 4) if (pixels[at]) painted += 1;
"""


def test_a_new_width_never_leaves_the_minimap_empty(
    driver: Chrome, show: Callable[..., str]
) -> None:
    show("small")
    WebDriverWait(driver, PATIENCE_S).until(lambda d: d.execute_script(PAINTED + "return painted"))
    least = driver.execute_async_script(
        f"""
        const done = arguments[arguments.length - 1];
        // As on a busy page: what waits for an idle moment waits until the end.
        window.requestIdleCallback = () => {{}};
        const count = () => {{ {PAINTED} return painted; }};
        const counts = [];
        document.querySelector('main').style.maxWidth = '900px';
        const look = () => {{
          counts.push(count());
          if (counts.length < 12) requestAnimationFrame(look);
          else done([Math.min(...counts), document.getElementById('minimap').width]);
        }};
        requestAnimationFrame(look);
        """
    )
    assert least[1] < 900  # the chart has followed
    assert least[0] > 0
