"""The pages look as they did when somebody last looked at them, give or take a font.

Pictures are compared as averages of blocks, so that another font or renderer passes and a lost
column, a wrong colour or an overlap does not. `IMPORTCOST_UPDATE_PICTURES=1` takes new ones: look
at them before you commit them.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.support.ui import WebDriverWait

from importcost.app.gate.diff import difference
from importcost.reports.page.html import render_difference_html, render_html
from tests.harness import PATIENCE_S
from tests.reports.page.browser import chromium, emulate, wait_until_complete
from tests.reports.page_factory import (
    advised_profile,
    changed_profile,
    estimate_of,
    facts_of,
    small_profile,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FOLDER = Path(__file__).parents[2] / "data/pictures"
UPDATE = "IMPORTCOST_UPDATE_PICTURES"
SCALE = 0.5
BLOCK_PX = 24
MOST_MEAN = 9.0
"""Mean difference of all blocks, of 255."""
FAR = 48.0
MOST_FAR = 0.06
"""Share of blocks that may differ by more than FAR: lines of text may break elsewhere."""
BUDGET = {"status": "fail", "text": "Billed init 406 ms is over the budget of 350 ms."}
PAGES: dict[str, Callable[[], str]] = {
    "report": lambda: render_html(
        advised_profile(), estimate_of(advised_profile()), facts_of(advised_profile()), BUDGET
    ),
    "difference": lambda: render_difference_html(difference(small_profile(), changed_profile())),
}
BLOCKS = """
const [first, second, blockPx, far, done] = arguments;
const blocks = async (data) => {
  const image = new Image();
  image.src = `data:image/png;base64,${data}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil(image.width / blockPx);
  canvas.height = Math.ceil(image.height / blockPx);
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return [image.width, image.height, pen.getImageData(0, 0, canvas.width, canvas.height).data];
};
(async () => {
  const [one, other] = [await blocks(first), await blocks(second)];
  const same = one[0] === other[0] && one[1] === other[1];
  let [sum, apart] = [0, 0];
  for (let i = 0; same && i < one[2].length; i += 4) {
    const by = Math.max(...[0, 1, 2].map((c) => Math.abs(one[2][i + c] - other[2][i + c])));
    sum += by;
    if (by > far) apart += 1;
  }
  const count = one[2].length / 4;
  done({same, mean: sum / count, apart: apart / count});
})();
"""


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("chromium")) as started:
        yield started


def picture_of(driver: Chrome, html: str, folder: Path, size: tuple[int, int], scheme: str) -> str:
    """Return the first screen as base64 of a PNG, at half its size."""
    file = folder / "page.html"
    file.write_text(html, encoding="utf-8")
    width, height = size
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    driver.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
    emulate(driver, scheme)
    driver.get(file.as_uri())
    wait_until_complete(driver)
    # The minimap comes when nothing else is to be done.
    script = "return document.getElementById('minimap').width"
    WebDriverWait(driver, PATIENCE_S).until(lambda d: d.execute_script(script) > width // 2)
    driver.execute_async_script("requestIdleCallback(arguments[0])")
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": SCALE}
    return str(driver.execute_cdp_cmd("Page.captureScreenshot", {"clip": clip})["data"])


def compare(driver: Chrome, one: str, other: str) -> dict[str, float]:
    driver.get("about:blank")
    found: dict[str, float] = driver.execute_async_script(BLOCKS, one, other, BLOCK_PX * SCALE, FAR)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1440, 900), (768, 1024), (390, 844)], ids=lambda s: f"{s[0]}")
@pytest.mark.parametrize("name", PAGES)
def test_a_page_looks_as_it_did(
    driver: Chrome, tmp_path: Path, name: str, size: tuple[int, int], scheme: str
) -> None:
    now = picture_of(driver, PAGES[name](), tmp_path, size, scheme)
    golden = FOLDER / f"{name}-{size[0]}-{scheme}.png"
    if os.environ.get(UPDATE) == "1":
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_bytes(base64.b64decode(now))
    found = compare(driver, base64.b64encode(golden.read_bytes()).decode(), now)
    seen = tmp_path / golden.name
    seen.write_bytes(base64.b64decode(now))
    message = f"{golden.name} changed ({found}): look at {seen}"
    assert found["same"], message
    assert found["mean"] <= MOST_MEAN, message
    assert found["apart"] <= MOST_FAR, message


def test_a_missing_part_is_noticed(driver: Chrome, tmp_path: Path) -> None:
    whole = PAGES["report"]()
    style = "</style><style>.verdict { display: none }</style>"
    broken = whole.replace("</style>", style, 1).replace("Content-Security-Policy", "x", 1)
    pictures = [
        picture_of(driver, html, tmp_path, (1440, 900), "light") for html in (whole, broken)
    ]
    found = compare(driver, *pictures)
    assert found["mean"] > MOST_MEAN or found["apart"] > MOST_FAR


def test_it_prints_on_paper(driver: Chrome, tmp_path: Path) -> None:
    """All rows of a small report reach the paper, and a large one stays a report."""
    file = tmp_path / "page.html"
    file.write_text(PAGES["report"](), encoding="utf-8")
    emulate(driver, "dark")
    driver.get(file.as_uri())
    wait_until_complete(driver)
    options = {"preferCSSPageSize": True, "printBackground": False}
    paper = base64.b64decode(driver.execute_cdp_cmd("Page.printToPDF", options)["data"])
    assert paper.startswith(b"%PDF")
    assert 1 <= paper.count(b"/Type /Page\n") <= 4
