"""One real Chromium for the tests that need it, or the reason why there is none."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.harness import PATIENCE_S

REQUIRE_ALL = "IMPORTCOST_REQUIRE_ALL"
SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--window-size=1440,900",
)
# Runs before the page's own script, so that nothing the page does goes unseen.
WITNESS = """
window.__violations = [];
window.__errors = [];
document.addEventListener('securitypolicyviolation',
  (event) => window.__violations.push(event.violatedDirective + ' ' + event.blockedURI));
addEventListener('error', (event) => window.__errors.push(String(event.message)));
addEventListener('unhandledrejection', (event) => window.__errors.push(String(event.reason)));
"""


def find_browser() -> tuple[str, str]:
    """Return the paths of Chromium and its driver; skip, or fail where nothing may be skipped."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    driver = shutil.which("chromedriver")
    if browser and driver:
        return browser, driver
    missing = "Chromium" if not browser else "chromedriver"
    message = f"{missing} is not on PATH; the page can only be tested in a real browser"
    if os.environ.get(REQUIRE_ALL) == "1":
        pytest.fail(f"{message} ({REQUIRE_ALL}=1)")
    pytest.skip(message)


@contextmanager
def chromium(user_data: Path, trace: str = "") -> Iterator[webdriver.Chrome]:
    """Start Chromium with a fresh profile, quiet network and logs of all that it does.

    `trace` names categories of tracing events to add to the performance log.
    """
    browser, driver_path = find_browser()
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for switch in (*SWITCHES, f"--user-data-dir={user_data}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    if trace:
        options.add_experimental_option("perfLoggingPrefs", {"traceCategories": trace})
    # The path is given: otherwise selenium would look for a driver on the network.
    driver = webdriver.Chrome(options=options, service=Service(driver_path))
    driver.set_script_timeout(PATIENCE_S)
    driver.set_page_load_timeout(PATIENCE_S)
    try:
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WITNESS})
        emulate(driver, scheme="light")
        yield driver
    finally:
        driver.quit()


def emulate(driver: webdriver.Chrome, scheme: str, motion: str = "reduce") -> None:
    """Set the media features that the page adapts to."""
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": motion},
    ]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def requests_of(driver: webdriver.Chrome) -> list[str]:
    """Return every address asked for since the last call, and forget them."""
    messages = (json.loads(entry["message"])["message"] for entry in driver.get_log("performance"))
    return [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]


def open_anew(driver: webdriver.Chrome, file: Path, fragment: str = "") -> str:
    """Open a page with nothing left of the one before, and return its address.

    A blank page comes between: changing only the fragment would not load again.
    """
    driver.get("about:blank")
    driver.get_log("browser")
    requests_of(driver)
    url = file.as_uri()
    driver.get(url + fragment)
    wait_until_complete(driver)
    return url


def by_id(driver: webdriver.Chrome, name: str) -> WebElement:
    """Return the element of a page with that id."""
    return driver.find_element(By.ID, name)


def complaints_of(driver: webdriver.Chrome) -> list[Any]:
    """Return violations, errors and console messages since the page opened."""
    seen = driver.execute_script("return [...window.__violations, ...window.__errors]")
    return [*seen, *(entry["message"] for entry in driver.get_log("browser"))]


def wait_until_complete(driver: webdriver.Chrome) -> None:
    """Wait for what a page draws after its first frame."""
    script = "return performance.getEntriesByName('complete').length"
    WebDriverWait(driver, PATIENCE_S).until(lambda d: d.execute_script(script))


def main_thread_tasks(
    driver: webdriver.Chrome,
) -> tuple[list[tuple[float, float]], dict[str, float]]:
    """Return the page's main-thread tasks as (start, CPU), and its user marks, in milliseconds.

    Needs a browser that traces `toplevel,blink.user_timing`. CPU time, because on a shared
    machine most of a task's length is waiting for a processor. A mark set twice counts first.
    """
    messages = (json.loads(entry["message"])["message"] for entry in driver.get_log("performance"))
    events = [m["params"] for m in messages if m["method"] == "Tracing.dataCollected"]
    marks = [e for e in events if e.get("cat") == "blink.user_timing" and e["ph"] in "IRin"]
    page = next(e for e in reversed(marks) if e["name"] in ("interactive", "navigationStart"))
    place = (page["pid"], page["tid"])
    tasks = [
        (event["ts"] / 1000, event.get("tdur", 0) / 1000)
        for event in events
        if event["ph"] == "X" and (event["pid"], event["tid"]) == place
        if event["name"] == "ThreadControllerImpl::RunTask"
    ]
    times: dict[str, float] = {}
    for event in marks:
        if (event["pid"], event["tid"]) == place:
            times.setdefault(event["name"], event["ts"] / 1000)
    return sorted(tasks), times
