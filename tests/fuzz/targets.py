"""Every target of fuzzing by its name; docs: `drive.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.fuzz.logs import read_importtime, read_log_records, read_log_text, read_rows
from tests.fuzz.saved import read_figures, read_saved_profile
from tests.fuzz.sources import rewrite_source, rewrite_source_text
from tests.fuzz.terraform import (
    read_terraform_blocks,
    read_terraform_expression,
    read_terraform_file,
    read_terraform_plan_file,
    read_terraform_text,
)
from tests.fuzz.tools import read_tool_text
from tests.fuzz.written import (
    read_archive,
    read_archive_bytes,
    read_configuration,
    read_template,
    read_template_text,
)

Target = Callable[[bytes], None]

TARGETS: Mapping[str, Target] = {
    "importtime": read_importtime,
    "rows": read_rows,
    "log-text": read_log_text,
    "log-records": read_log_records,
    "profile": read_saved_profile,
    "figures": read_figures,
    "configuration": read_configuration,
    "template": read_template,
    "template-text": read_template_text,
    "terraform": read_terraform_file,
    "terraform-blocks": read_terraform_blocks,
    "terraform-expression": read_terraform_expression,
    "terraform-plan": read_terraform_plan_file,
    "terraform-text": read_terraform_text,
    "tool-text": read_tool_text,
    "archive": read_archive,
    "archive-bytes": read_archive_bytes,
    "source": rewrite_source,
    "source-text": rewrite_source_text,
}
"""Each takes any bytes, and returns; any exception is a defect, and so is an input without end."""
