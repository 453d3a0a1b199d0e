"""Every setting of importcost.toml with its meaning; those of a measurement from their options."""

from __future__ import annotations

from collections.abc import Mapping

from importcost.config.schema import SETTINGS
from importcost.declaration import MEASUREMENT, Choice
from importcost.gate.budgets import RULE_TEXT, Rule
from tests.documents.reference.text import page, plain, table

INTRODUCTION = """
Settings stand in `importcost.toml`, or under `[tool.importcost]` of pyproject.toml; the nearest
file above the current folder counts. Those above the tables hold for every handler, those in a
table `[handlers.NAME]` for one. What is measured without Lambda has tables `[targets.NAME]`. A name
that no setting has is an error with the line, never ignored.
"""
MEANING: Mapping[str, str] = {
    "handler": "The handler: `src/app.py`, `src/app.py:function`, a handler string like "
    "`orders/create.handler`, `main:app` for a web app, or `template.yaml::LogicalId`.",
    "module": "A package, for what `import package` takes: in a table `[targets.NAME]`.",
    "command": "Code, for what `python -c` takes: in a table `[targets.NAME]`.",
    "script": "A console script with its arguments, like `mycli --help`: in `[targets.NAME]`.",
    "file": "A Python file that is run, with its arguments: in a table `[targets.NAME]`.",
    "extras": "The package's extras that a target has, and nothing else of the environment.",
    "project": "A template or a folder: every function that it deploys is checked.",
    "min_delta_ms": "A slowdown below this, in milliseconds measured here, never fails.",
    "level": "How severe a finding is: `off`, `warn` or `error`, for all rules or a table by rule.",
    "allow_new_modules": RULE_TEXT[Rule.NEW_MODULE],
    "calibration": "The function's own floor and speed, as `importcost calibrate` stores them.",
    "env": "A table of environment variables for init.",
    "install_missing": "`true` to install missing modules of well-known packages.",
    "inputs": "Further files and folders that the handler depends on, for `check --since`.",
    "placeholders": "`true` to give variables that init reads and that are not set a placeholder.",
}
EXAMPLES: Mapping[str, str] = {
    "handler": '"src/orders/app.py"',
    "project": '"template.yaml"',
    "module": '"mypkg"',
    "command": '"from mypkg import fast"',
    "script": '"mycli --help"',
    "file": '"tools/report.py x"',
    "extras": '["cli"]',
    "max_import_ms": "150",
    "max_init_ms": "800",
    "max_billed_init_ms": "900",
    "max_cost_per_million": "2.5",
    "max_increase": '"5%"',
    "min_delta_ms": "1.0",
    "max_modules": "400",
    "max_memory_mb": "180",
    "max_package_mb": "60",
    "forbid": '["pandas", "*.tests"]',
    "allow_new_modules": '["mycompany.*"]',
    "level": '{ network-at-import = "error" }',
    "env": '{ TABLE = "orders" }',
}


def settings_page() -> str:
    """Return the page: a row for each setting, in the order of the schema."""
    rows = [
        (f"`{name}`", f"`{EXAMPLES[name]}`" if name in EXAMPLES else "", meaning(name))
        for name in SETTINGS
    ]
    return page("Settings", INTRODUCTION, table(("setting", "as", "meaning"), rows))


def meaning(name: str) -> str:
    """Return what a setting means. Raises KeyError for one that nothing explains."""
    if name in MEANING:
        return MEANING[name]
    of_rules = [text for text in RULE_TEXT.values() if f"`{name}`" in text]
    if of_rules:
        return of_rules[0]
    options = {one.setting: one for one in MEASUREMENT if one.setting}
    one = options[name]
    words = one.kind.words if isinstance(one.kind, Choice) else ()
    said = plain(one.help or f"{' or '.join(words)}.")
    return f"{said} The option `{one.flag}` says the same."
