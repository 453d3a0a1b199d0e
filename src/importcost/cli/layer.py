"""`importcost layer`: the layer that measures cold starts on Lambda itself."""

from __future__ import annotations

import click

from importcost.cli.printing import show
from importcost.errors import UsageError
from importcost.reports.output import STDOUT

DEFAULT_LAYER = "importcost-layer.zip"


@click.command("layer")
@click.option(
    "-o",
    "--output",
    default=DEFAULT_LAYER,
    show_default=True,
    metavar="FILE.zip",
    help="The layer to write.",
)
@click.option(
    "--interpreter",
    "pythons",
    multiple=True,
    metavar="PATH",
    help="Also hold bytecode of this interpreter (repeatable). Those on PATH are found.",
)
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
def command(*, output: str, pythons: tuple[str, ...], quiet: bool) -> None:
    """Write a layer that measures each cold start where it runs, on Lambda.

    It logs one line a cold start, which `importcost profile --from-log` reads from a file or, with
    aws:NAME, from the account. Without the layer nothing is left of it.
    """
    from importcost.app.layer.pack import WRAPPER, pack_layer
    from importcost.cli.outputs import check_writable
    from importcost.files.replace import check_default_name
    from importcost.reports.output import write_output

    if output == DEFAULT_LAYER:
        check_default_name(DEFAULT_LAYER)
    elif output != STDOUT and not output.lower().endswith(".zip"):
        raise UsageError(f"A layer is a ZIP and {output} is not named so: end it with .zip.")
    check_writable([output])
    packed = pack_layer(pythons)
    write_output(output, packed.data)
    if quiet:
        return
    size = f"{len(packed.data):,} bytes"
    lines = [f"Layer: {output}, {size}, bytecode for {_listed(packed.compiled)}."]
    if packed.uncompiled:
        lines.append(
            "Without bytecode, which costs some milliseconds at each cold start:"
            f" {_listed(packed.uncompiled)} (--interpreter names an interpreter)."
        )
    lines.append(
        f"Publish it, add it to the function, and set AWS_LAMBDA_EXEC_WRAPPER=/opt/{WRAPPER}. After"
        " a cold start: importcost profile --from-log aws:NAME."
    )
    for line in lines:
        show(line, err=output == STDOUT)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "no runtime"
