"""`importcost completion`: the script that lets a shell complete the command line."""

from __future__ import annotations

import click

from importcost.cli.group import COMPLETION_VARIABLE, PROGRAM
from importcost.cli.printing import show

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def command(*, shell: str) -> None:
    """Print a script that completes commands, options, values, configured handlers and files.

    Write it where the shell looks for such scripts, and new shells complete:

    \b
    bash  ~/.local/share/bash-completion/completions/importcost
    zsh   _importcost in a folder of $fpath, before compinit
    fish  ~/.config/fish/completions/importcost.fish

    In the open shell: eval "$(importcost completion bash)", the same for zsh; in fish,
    importcost completion fish | source.
    """
    show(completion_script(shell).encode(), nl=False)


def completion_script(shell: str) -> str:
    """Return the text that `shell`, one of `SHELLS`, runs to complete this command."""
    from click.shell_completion import get_completion_class

    from importcost.cli.group import cli

    kind = get_completion_class(shell)
    if kind is None:  # click knows the three since 8.0
        raise ValueError(f"click has no completion for {shell}")
    made = kind(cli, {}, PROGRAM, COMPLETION_VARIABLE)
    # `source()` would start a bash to learn its version; the script says by itself what it lacks.
    return made.source_template % made.source_vars()
