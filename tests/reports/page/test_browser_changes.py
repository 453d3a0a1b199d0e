"""The best changes, the memory slider and who pays, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from importcost.billing.estimate import throttle_factor
from importcost.model.behaviour import Behaviour, BehaviourProof, ProofKind
from importcost.reports.page.changes import proof_text
from importcost.reports.page.html import render_html
from tests.harness import PATIENCE_S
from tests.reports.page.browser import by_id, chromium, wait_until_complete
from tests.reports.page_factory import (
    DIFF,
    advised_profile,
    estimate_of,
    facts_of,
    proven_profile,
    small_profile,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


@pytest.fixture
def driver(started: Chrome, tmp_path: Path) -> Chrome:
    file = tmp_path / "report.html"
    profile = advised_profile()
    budget = {"status": "fail", "text": "406 ms is over 350 ms."}
    file.write_text(
        render_html(profile, estimate_of(profile), facts_of(profile), budget), encoding="utf-8"
    )
    started.get("about:blank")
    started.get(file.as_uri())
    wait_until_complete(started)
    return started


def rows(driver: Chrome) -> list[WebElement]:
    return driver.find_elements(By.CSS_SELECTOR, "#changes > li")


def test_five_changes_say_what_is_proved(driver: Chrome) -> None:
    shown = rows(driver)
    assert len(shown) == 5
    assert "\N{MINUS SIGN}124 ms" in shown[0].text
    assert "119.0 to 130.2 ms, 12 pairs" in shown[0].text
    assert "verified" in shown[0].text
    assert "predicted" in shown[4].text
    assert "not verified" in shown[4].text
    looks = [row.find_element(By.CSS_SELECTOR, ".saving").value_of_css_property("font-style")
             for row in (shown[0], shown[4])]  # fmt: skip
    assert looks[0] != looks[1]
    assert "orders/store.py:3" in shown[1].text
    assert "orders.store" in shown[1].text


def test_the_times_of_notes_lie_within_their_boxes(driver: Chrome) -> None:
    outside = driver.execute_script(
        "return [...document.querySelectorAll('.notice-box .note-ms')].map((time) =>"
        " time.getBoundingClientRect().left"
        " - time.closest('.notice-box').getBoundingClientRect().left)"
    )
    assert outside
    assert min(outside) >= 0


def test_the_headline_and_each_change_say_what_proof_there_is(
    started: Chrome, tmp_path: Path
) -> None:
    tests = BehaviourProof(ProofKind.TESTS, 1, "pytest -q <b>", "34 passed")
    proven = Behaviour(("client",), (), (tests,))
    unproven = Behaviour(("client",), ("client",))
    for name, behaviour in {"proven": proven, "unproven": unproven}.items():
        profile = proven_profile(behaviour)
        file = tmp_path / f"{name}.html"
        file.write_text(render_html(profile, estimate_of(profile), facts_of(profile)), "utf-8")
        started.get(file.as_uri())
        wait_until_complete(started)
        assert by_id(started, "proof").text == proof_text(profile)
        statuses = [row.find_element(By.CSS_SELECTOR, ".status").text for row in rows(started)]
        word = "verified, " if name == "proven" else "imports, not behaviour, verified, "
        assert all(text.startswith(word) for text in statuses[:2])
        assert statuses[2].startswith("verified, ")


def test_a_page_without_a_set_has_no_line_about_proof(started: Chrome, tmp_path: Path) -> None:
    profile = small_profile()
    file = tmp_path / "small.html"
    file.write_text(render_html(profile, estimate_of(profile), facts_of(profile)), "utf-8")
    started.get(file.as_uri())
    wait_until_complete(started)
    assert not by_id(started, "proof").is_displayed()


def test_the_budget_stands_beside_the_headline(driver: Chrome) -> None:
    assert by_id(driver, "budget").text == "Over budget 406 ms is over 350 ms."


def test_the_fix_is_copied(driver: Chrome) -> None:
    driver.execute_script(
        "navigator.clipboard.writeText = (text) => { window.__copied = text;"
        " return Promise.resolve(); }"
    )
    rows(driver)[1].find_element(By.CSS_SELECTOR, ".copy").click()
    assert driver.execute_script("return window.__copied") == DIFF
    WebDriverWait(driver, PATIENCE_S).until(lambda d: "Diff copied" in by_id(d, "toast").text)


@pytest.mark.parametrize(("steps", "memory_mb"), [(-3, 128), (-1, 384), (1, 768), (6, 2048)])
def test_the_slider_reprices_everything(driver: Chrome, steps: int, memory_mb: int) -> None:
    slider = by_id(driver, "memory")
    slider.send_keys(*([Keys.ARROW_RIGHT if steps > 0 else Keys.ARROW_LEFT] * abs(steps)))
    assert by_id(driver, "memory-label").text == f"{memory_mb:,} MB"
    dollars = memory_mb / 1024 * 0.406 * 0.0000166667 * 1e6
    assert by_id(driver, "dollars").text == f"${dollars:,.2f}"
    # Init itself is not scaled by memory.
    assert by_id(driver, "billed").text == "406"
    worth = rows(driver)[0].find_element(By.CSS_SELECTOR, ".change-worth").text
    factor = throttle_factor(memory_mb)
    if factor == 1:
        assert "no longer than init did" in worth
    else:
        assert f"waits {198 * factor:,.0f} ms" in worth
        assert f"pays below {round(100 / factor)} %" in worth


def test_a_change_shows_its_import_in_the_chart(driver: Chrome) -> None:
    rows(driver)[1].find_element(By.CSS_SELECTOR, "button.name").click()
    facts = by_id(driver, "detail-list").text
    assert facts.startswith("Selected\nboto3")
    assert "Exclusive" in facts
    assert "Bytecode\nabsent" in facts


def test_who_pays_turns_the_tree_over(driver: Chrome) -> None:
    by_id(driver, "order-pay").click()
    canvas = by_id(driver, "icicle")
    seen = []
    canvas.send_keys(Keys.ARROW_DOWN)
    for _ in range(6):
        seen.append(by_id(driver, "detail-list").find_element(By.TAG_NAME, "dd").text)
        canvas.send_keys(Keys.ARROW_RIGHT)
    assert seen[0] == "botocore"
    assert "urllib3" in seen


def test_a_selection_leads_to_who_pays_for_it(driver: Chrome) -> None:
    search = by_id(driver, "search")
    search.send_keys("urllib3.util")
    WebDriverWait(driver, PATIENCE_S).until(lambda d: by_id(d, "search-result").text)
    search.send_keys(Keys.ENTER)
    canvas = by_id(driver, "icicle")
    canvas.send_keys("p")
    crumbs = [e.text for e in driver.find_elements(By.CSS_SELECTOR, "#crumbs .crumb")]
    assert crumbs == ["Everything", "urllib3"]
    canvas.send_keys(Keys.ARROW_DOWN)
    facts = by_id(driver, "detail-list").text
    assert "botocore.session" in facts
    assert "15.0 ms, 71 % of it" in facts


def chosen(driver: Chrome) -> str:
    return by_id(driver, "detail-list").find_element(By.TAG_NAME, "dd").text


def find_in_chart(driver: Chrome, text: str) -> WebElement:
    search = by_id(driver, "search")
    search.send_keys(text)
    WebDriverWait(driver, PATIENCE_S).until(lambda d: by_id(d, "search-result").text)
    search.send_keys(Keys.ENTER)
    return by_id(driver, "icicle")


def test_a_module_stands_between_its_importers_and_its_imports(driver: Chrome) -> None:
    canvas = find_in_chart(driver, "urllib3")
    canvas.send_keys("s")
    crumbs = [e.text for e in driver.find_elements(By.CSS_SELECTOR, "#crumbs .crumb")]
    assert crumbs == ["urllib3"]
    assert not by_id(driver, "detail-sandwich").is_displayed(), "it is open already"
    facts = by_id(driver, "detail-list").text
    assert "21.0 ms" in facts, "urllib3 and urllib3.util, which requests brings in"
    assert "Brought in by\n2 modules" in facts
    canvas.send_keys(Keys.ARROW_UP)
    assert chosen(driver) == "botocore.session", "the one that pays most stands first"
    assert "15.0 ms, 71 % of it" in by_id(driver, "detail-list").text
    canvas.send_keys(Keys.ARROW_RIGHT)
    assert chosen(driver) == "requests"
    assert "Imports\nurllib3.util" in by_id(driver, "detail-list").text
    canvas.send_keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    assert chosen(driver) == "urllib3.util"


def test_a_sandwich_is_reached_by_a_button_and_left_by_the_orders(driver: Chrome) -> None:
    canvas = find_in_chart(driver, "botocore.session")
    by_id(driver, "detail-sandwich").click()
    canvas.send_keys(Keys.ARROW_DOWN)
    assert chosen(driver) == "botocore.client"
    by_id(driver, "order-time").click()
    assert chosen(driver) == "botocore.client", "the selection goes along"
    assert by_id(driver, "chart-title-text").text == "Import tree"


def test_dragging_the_minimap_moves_the_window(driver: Chrome) -> None:
    canvas = by_id(driver, "icicle")
    canvas.send_keys("+", "+")
    driver.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0]))")
    ruler = "return document.getElementById('ruler').toDataURL()"
    before = driver.execute_script(ruler)
    picture = "return document.getElementById('icicle').toDataURL()"
    shown = driver.execute_script(picture)
    minimap = by_id(driver, "minimap")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", minimap)
    ActionChains(driver).click_and_hold(minimap).move_by_offset(300, 0).release().perform()
    WebDriverWait(driver, PATIENCE_S).until(lambda d: d.execute_script(picture) != shown)
    assert driver.execute_script(ruler) == before
