"""Read the text of the programs that run inside the measured interpreter or container."""

from __future__ import annotations

from importlib import resources


def read_program(name: str) -> str:
    """Return the text of the file `name` of probe/, such as `probe.py`."""
    return resources.files("importcost.probe").joinpath(name).read_text(encoding="utf-8")
