"""Check snapshots of handlers that others wrote, and prime each with an event.

`python tests/benchmarks/bench_priming.py --python VENV/bin/python CASES.jsonl` runs
`importcost snapstart HANDLER --prime EVENT --mock-aws` for each line {"handler":
"FILE.py:function", "event": ...} and prints a row each: exit code, hazards, what priming saves and
leaves, or the one sentence that it ends with. Exits with 1 where importcost itself failed or a
message is not one sentence.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def row(python: str, case: dict[str, Any], seconds: float) -> tuple[str, bool]:
    """Return the table's row of one handler, and whether importcost kept to its contract."""
    words = ["snapstart", case["handler"], "--prime", json.dumps(case["event"]), "--json"]
    words += ["--mock-aws", "--runner", "local", "--python", python]
    done = subprocess.run(
        [sys.executable, "-m", "importcost", *words],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    name = "/".join(Path(case["handler"]).parts[-3:])
    is_right = "importcost itself failed" not in done.stderr
    if done.returncode not in (0, 1) or not done.stdout:
        said = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
        is_right = is_right and len(said) == 1
        return f"| {name} | {done.returncode} | | {' '.join(said)[7:200]} |", is_right
    data = json.loads(done.stdout)
    priming = data["priming"]
    found = [one for one in data["findings"] if one["severity"] == "hazard"]
    left = [one["kind"] for one in priming["findings"] if one["severity"] == "hazard"]
    saving = priming["saving_us"]
    told = (
        f"{priming['verdict']}: {saving['value'] / 1000:.1f} ms ({saving['low'] / 1000:.1f} to "
        f"{saving['high'] / 1000:.1f}); leaves {', '.join(left) or 'nothing'}"
    )
    kinds = ", ".join(one["kind"] for one in found) or "none"
    return f"| {name} | {done.returncode} | {kinds} | {told} |", is_right


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--seconds", type=float, default=240.0)
    parser.add_argument("cases", type=Path)
    options = parser.parse_args()
    lines = options.cases.read_text().splitlines()
    print("| handler | exit code | hazards | priming |\n|---|---|---|---|")
    is_right = True
    for line in lines:
        text, kept = row(options.python, json.loads(line), options.seconds)
        is_right = is_right and kept
        print(text, flush=True)
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
