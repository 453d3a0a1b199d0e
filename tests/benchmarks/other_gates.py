"""Two other gates on import time, asked about the same handler as `bench_compare`.

PyPI's importtime-check 0.2.0a1 records a baseline and allows 2 % more; PyPI's importcost 0.1.1
(another project of that name) holds a module to a budget in milliseconds, here what it measured
of base plus 2 %. Both import installed modules, so the handler is put into the environment's
site-packages as `bench_orders`; the environment must be made with `python -m venv --copies`,
because importtime-check resolves a symbolic link to the interpreter that it leads to.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

MODULE = "bench_orders"
ALLOWED_PERCENT = 2
REGRESSION = 1


class OtherGates:
    """Both tools in one environment; a context manager that removes what it put there."""

    def __init__(self, environment):
        self._bin = Path(environment, "bin")
        ask = "import site; print(site.getsitepackages()[0])"
        self._site = Path(self._run("python", "-c", ask).stdout.strip())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        (self._site / f"{MODULE}.py").unlink(missing_ok=True)

    def alarms(self, base, head):
        """Return which tools call `head` slower than `base`; both are a handler's text."""
        with tempfile.TemporaryDirectory() as folder:
            return {
                "importtime-check": self._importtime_check(base, head, folder),
                "importcost 0.1.1": self._importcost(base, head, folder),
            }

    def _importtime_check(self, base, head, folder):
        file = str(Path(folder, "baseline.json"))
        allowances = ("--max-increase-us", "0", "--max-increase-percent", str(ALLOWED_PERCENT))
        self._install(base)
        recorded = self._run(
            "importtime-check", "baseline", "record", "--output", file, "--module", MODULE,
            *allowances,
        )  # fmt: skip
        if recorded.returncode != 0:
            raise RuntimeError(recorded.stderr)
        self._install(head)
        return self._verdict(self._run("importtime-check", "check", "--baseline", file))

    def _importcost(self, base, head, folder):
        self._install(base)
        found = self._run("importcost", "profile", f"import {MODULE}", "--json")
        budget_ms = json.loads(found.stdout)["import_ms"] * (1 + ALLOWED_PERCENT / 100)
        Path(folder, "pyproject.toml").write_text(
            f'[tool.importcost]\ntarget = "import {MODULE}"\nmax_import_ms = {budget_ms:.3f}\n'
        )
        self._install(head)
        return self._verdict(self._run("importcost", "check", "--no-drift", cwd=folder))

    def _verdict(self, done):
        if done.returncode not in (0, REGRESSION):
            raise RuntimeError(done.stdout + done.stderr)
        return done.returncode == REGRESSION

    def _install(self, text):
        for stale in (self._site / "__pycache__").glob(f"{MODULE}.*"):
            stale.unlink()
        (self._site / f"{MODULE}.py").write_text(text)

    def _run(self, tool, *args, cwd=None):
        return subprocess.run(
            [str(self._bin / tool), *args], cwd=cwd, capture_output=True, text=True, check=False
        )
