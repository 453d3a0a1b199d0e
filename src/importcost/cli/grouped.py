"""A command whose help lists its options below headings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import click


class GroupedCommand(click.Command):
    """A command with its options in groups: `option_groups` maps flags to headings.

    Options that it does not name come last, below `last_heading`.
    """

    def __init__(
        self, *args: Any, option_groups: Mapping[str, str], last_heading: str, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.option_groups = option_groups
        self.last_heading = last_heading

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, each group in the order of declaration."""
        rows: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for parameter in self.get_params(ctx):
            # Arguments are explained in the text above the options.
            row = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if row is not None:
                known = (
                    self.option_groups[flag]
                    for flag in parameter.opts
                    if flag in self.option_groups
                )
                rows[next(known, self.last_heading)].append(row)
        for heading in dict.fromkeys((*self.option_groups.values(), self.last_heading)):
            if rows[heading]:
                with formatter.section(heading):
                    formatter.write_dl(rows[heading])
