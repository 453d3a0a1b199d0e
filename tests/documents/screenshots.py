"""Take the documents' pictures anew: python -m tests.documents.screenshots REPORT.html.

REPORT.html is what the tour's first command writes. Needs Chromium and its driver.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.documents.blocks import ROOT
from tests.reports.page.browser import chromium, emulate, wait_until_complete

FOLDER = ROOT / "docs" / "images"
WIDTH, HEIGHT = 1200, 900
SCHEMES = ("light", "dark")


def take(report: Path, folder: Path) -> list[Path]:
    """Write one picture a colour scheme into a folder and return their files."""
    taken = []
    with tempfile.TemporaryDirectory() as scratch, chromium(Path(scratch)) as driver:
        driver.set_window_size(WIDTH, HEIGHT)
        for scheme in SCHEMES:
            emulate(driver, scheme)
            driver.get(report.resolve().as_uri())
            wait_until_complete(driver)
            taken.append(folder / f"report-{scheme}.png")
            driver.save_screenshot(str(taken[-1]))
    return taken


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    print(*take(Path(sys.argv[1]), FOLDER), sep="\n")
