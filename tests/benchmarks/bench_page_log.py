"""The size of the page of a log of 20,000 names fifteen packages deep.

python tests/benchmarks/bench_page_log.py
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from importcost.reports.page.html import render_html
from tests.benchmarks.tell import tell
from tests.reports.page_factory import deep_log_profile, estimate_of, facts_of


def main() -> None:
    profile = deep_log_profile()
    bill = estimate_of(profile)
    size_mb = len(render_html(profile, bill, facts_of(profile, bill)).encode()) / 1e6
    names_mb = sum(map(len, profile.tree.names)) / 1e6
    print(f"{size_mb:.2f} MB of {names_mb:.2f} MB of names")
    tell(file_mb=(size_mb, f"{names_mb:.1f} MB of names"))


if __name__ == "__main__":
    main()
