"""The HTML report: one file that opens from disk, loads nothing and runs only its own script."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from importcost.billing.estimate import Estimate
from importcost.gate.difference import Difference
from importcost.model.profile import Profile
from importcost.model.results.facts import ProfileFacts
from importcost.reports.json_text import json_text
from importcost.reports.page.assets import asset, templates_folder
from importcost.reports.page.data import page_data
from importcost.reports.page.difference import difference_data
from importcost.reports.page.script import page_script
from importcost.reports.text import printable_lines
from importcost.secrecy import with_strings

if TYPE_CHECKING:
    # Only types: no command pays for them at its start.
    from jinja2 import Environment

    from importcost.reports.page.contract import BudgetData


REPORT_ORDERS = (("time", "Time order"), ("heavy", "Heaviest left"), ("pay", "Who pays"))
STYLES = ("report.css",)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def render_html(
    profile: Profile,
    estimate: Estimate,
    facts: ProfileFacts,
    budget: BudgetData | None = None,
) -> str:
    """Return the page for a profile: a whole document that encodes as UTF-8.

    `budget` is a gate's verdict to show beside the headline; see `page_data`.
    """
    whole = page_data(profile, estimate, facts, budget)
    words = {
        "orders": REPORT_ORDERS,
        "legend_label": "Distributions by their own time; press to show only these",
        "table_title": "All imports",
        "has_payers": True,
        # Separate, so that the page need not read it before the chart is drawn.
        "details": whole["modules"],
    }
    data = {key: value for key, value in whole.items() if key != "modules"}
    return render_page("report.html.j2", data, page_script("report.js"), words)


def render_difference_html(difference: Difference) -> str:
    """Return the page for two profiles: a whole document that encodes as UTF-8."""
    words = {
        "orders": REPORT_ORDERS[:2],
        "legend_label": "Kinds of change; press to show only these",
        "table_title": "All modules",
        "has_payers": False,
    }
    data = difference_data(difference)
    return render_page("difference.html.j2", data, page_script("difference.js"), words)


def render_page(
    template: str,
    data: Mapping[str, Any],
    script: str,
    words: Mapping[str, Any],
    styles: Sequence[str] = STYLES,
) -> str:
    """Return a template filled with data and `words`, the script and its style inside it."""
    style = _joined(styles)
    text = (
        _templates()
        .get_template(template)
        .render(
            **{name: _shown(value) for name, value in words.items()},
            data=_shown(data),
            script=script,
            style=style,
            policy=content_security_policy(script, style),
        )
    )
    return _LONE_SURROGATE.sub("\ufffd", text)


@functools.cache
def _templates() -> Environment:
    """Return the templates, which are compiled once for all pages."""
    # Imported here because most commands never write a page.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(str(templates_folder())),
        # Set explicitly: select_autoescape() goes by the suffix and does not escape .html.j2.
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    # ASCII only: a lone surrogate is legal in a Python module name and in JSON, not in UTF-8.
    environment.policies["json.dumps_kwargs"] = {"is_compact": True}
    environment.policies["json.dumps_function"] = json_text
    return environment


def _shown(value: Any) -> Any:
    """Return data without what would turn the direction of a page's text or hide in it."""
    return with_strings(value, printable_lines)


def content_security_policy(script: str, style: str) -> str:
    """Return a policy under which only this script and this style apply and nothing loads.

    `img-src data:` is for the icon alone. Trusted types refuse every sink that parses markup,
    so not even a mistake in our own script can turn a name into an element.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hash_source(script)}",
            f"style-src {_hash_source(style)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _joined(names: Sequence[str]) -> str:
    """Return the files as one text, line ends as LF: browsers hash what they parsed."""
    return "\n" + "\n".join(asset(name).replace("\r\n", "\n") for name in names)


def _hash_source(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
