"""The configuration that `importcost init` writes: commented, with budgets from a measurement."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from importcost.config.read import SECTION
from importcost.config.schema import HANDLERS, TARGETS
from importcost.declaration import MAX_MEMORY_MB

MARGIN = 0.15
"""The margin on measured figures: the estimate's own band, and room for a patch release."""
_BARE = re.compile(r"[A-Za-z0-9_-]+")


SLOWER_MACHINE = 2
"""A budget in milliseconds of one machine must hold on one that is half as fast."""
LEAST_PACKAGE_MB = 1.0
"""The smallest budget for a package: a function of two files may grow by a third."""


@dataclass(frozen=True, slots=True)
class StartingHandler:
    """A handler as it is now. Figures are None if not measured.

    `init_ms`, `billed_init_ms` and `cost_per_million` (US dollars) are the estimate's. `modules`
    and `memory_mb_used` are those of init; `package_mb` is the unpacked size of what is deployed.
    `placeholders` is True if it reads variables that are not set. `packages` are imported but in no
    requirements file. Paths are as the file will contain them: relative to it.
    """

    name: str
    handler: str
    root: str | None = None
    memory_mb: int = 128
    arch: str = "x86_64"
    package_type: str = "zip"
    runtime: str | None = None
    init_ms: float | None = None
    billed_init_ms: float | None = None
    cost_per_million: float | None = None
    modules: int | None = None
    memory_mb_used: float | None = None
    package_mb: float | None = None
    placeholders: bool = False
    packages: tuple[str, ...] = ()
    plain: tuple[str, str] | None = None
    """The setting and its value that name what is measured instead of a handler."""
    import_ms: float | None = None
    """The time of such a target on the measuring machine."""
    is_of_project: bool = False
    """True for a function of the project that the whole configuration names: it has its handler."""


def starting_configuration(
    handlers: Sequence[StartingHandler],
    *,
    in_project_file: bool,
    margin: float = MARGIN,
    project: str | None = None,
) -> str:
    """Return TOML text for a new importcost.toml, or to append to a pyproject.toml.

    `project` is the place of a project whose functions all have budgets, None without one.
    Budgets are the measured figures plus `margin`, rounded up. `read_config` can read the text
    back. Raises ValueError without handlers or for a negative margin.
    """
    if not handlers:
        raise ValueError("no handlers to write a configuration for")
    if margin < 0:
        raise ValueError(f"the margin must not be negative, not {margin}")
    section = ".".join(SECTION) if in_project_file else ""
    is_lambda = any(one.plain is None for one in handlers)
    blocks = [_defaults(section, project, is_lambda=is_lambda)]
    blocks += [_handler(one, section, margin) for one in handlers]
    return "\n".join(blocks)


def with_margin(value: float, margin: float, digits: int) -> float:
    """Return a figure plus its margin, rounded up to a number of significant digits."""
    raised = value * (1 + margin)
    if raised <= 0:
        return 10.0 ** (1 - digits)
    step = 10.0 ** (math.floor(math.log10(raised)) - digits + 1)
    return float(f"{math.ceil(round(raised / step, 6)) * step:.{digits}g}")


def toml_text(value: str) -> str:
    """Return a TOML basic string; characters that UTF-8 cannot encode become question marks."""
    clean = value.encode("utf-8", "replace").decode("utf-8")
    signs = (_escaped(sign) for sign in clean)
    return '"' + "".join(signs) + '"'


def _escaped(sign: str) -> str:
    if sign in '"\\':
        return "\\" + sign
    # TOML does not end lines at line separators, but many editors do.
    is_plain = sign.isprintable() or sign == " "
    return sign if is_plain else f"\\U{ord(sign):08X}"


def toml_key(name: str) -> str:
    """Return a key, quoted if necessary."""
    return name if _BARE.fullmatch(name) else toml_text(name)


def _defaults(section: str, project: str | None, *, is_lambda: bool) -> str:
    what = "Lambda cold starts" if is_lambda else "imports"
    each = "handler" if is_lambda else "target"
    header = f"[{section}]\n" if section else ""
    if project is not None:
        header += (
            "# Every function of it is checked, by its logical id; a new one by these settings.\n"
            f"project = {toml_text(project)}\n"
        )
    return f"""\
# What {what} may cost; importcost check holds the code against it.
# Settings here hold for every {each}, unless its own table says otherwise.
{header}\
# Fail when init is proven to be slower than the base by more than this, and by at least so much.
max_increase = "5%"
min_delta_ms = 5
# Never load these at init (pandas means all of it; patterns like *.tests work too).
forbid = []
# false fails on every module that the baseline does not have; a list allows some.
allow_new_modules = true
# off, warn or error for all rules, or by rule, as here.
level = {{ network-at-import = "warn", subprocess-at-import = "warn", write-at-import = "warn" }}
"""


def _handler(one: StartingHandler, section: str, margin: float) -> str:
    if one.plain is not None:
        return _target(one, one.plain, section, margin)
    header = ".".join(filter(None, [section, HANDLERS, toml_key(one.name)]))
    lines = [f"[{header}]"]
    if not one.is_of_project:
        lines.append(f"handler = {toml_text(one.handler)}")
    if one.root is not None:
        lines.append(f"root = {toml_text(one.root)}")
    if one.is_of_project:
        pass  # settings and handler come from there
    elif "::" in one.handler:
        lines[-1] += "  # its settings come from there"
    else:
        lines += [
            f"memory = {one.memory_mb}  # MB",
            f"arch = {toml_text(one.arch)}",
            f"package_type = {toml_text(one.package_type)}",
        ]
    if one.runtime is not None:
        lines.append(f"runtime = {toml_text(one.runtime)}")
    if one.packages:
        listed = ", ".join(map(toml_text, one.packages))
        lines.append(f"with = [{listed}]  # in no requirements file")
    if one.placeholders:
        lines.append("placeholders = true  # for variables that init reads; or set them with env")
    return "\n".join([*lines, *_budgets(one, margin)]) + "\n"


def _target(one: StartingHandler, plain: tuple[str, str], section: str, margin: float) -> str:
    """Return the table of a target that is not a handler."""
    setting, value = plain
    header = ".".join(filter(None, [section, TARGETS, toml_key(one.name)]))
    lines = [f"[{header}]", f"{setting} = {toml_text(value)}"]
    if one.placeholders:
        lines.append("placeholders = true  # for variables that it reads; or set them with env")
    time = None if one.import_ms is None else one.import_ms * SLOWER_MACHINE
    words = "ms where it is checked, room for a slower machine"
    modules = None if one.modules is None else float(one.modules)
    memory = "MB where it is checked"
    for key, figure, unit, measured in (
        ("max_import_ms", time, words, one.import_ms),
        ("max_modules", modules, "modules", modules),
        ("max_memory_mb", one.memory_mb_used, memory, one.memory_mb_used),
    ):
        if figure is None:
            lines.append(f"# {key} =  # {unit}; not measured")
            continue
        budget = with_margin(figure, margin, 2)
        if key == "max_modules":
            budget = max(1.0, math.ceil(budget))
        lines.append(f"{key} = {_number(budget)}  # {unit}; measured {measured:,.4g}")
    return "\n".join(lines) + "\n"


def _budgets(one: StartingHandler, margin: float) -> list[str]:
    """Return a line for each budget: measured and raised, or commented out."""
    measured_memory = one.memory_mb_used
    rows = (
        ("max_init_ms", one.init_ms, "ms on Lambda, as estimated", 2),
        ("max_billed_init_ms", one.billed_init_ms, "ms billed", 2),
        ("max_cost_per_million", one.cost_per_million, "US dollars per million cold starts", 3),
        ("max_modules", None if one.modules is None else float(one.modules), "modules", 2),
        ("max_memory_mb", measured_memory, f"MB, {MAX_MEMORY_MB} at most", 2),
        ("max_package_mb", one.package_mb, "MB unpacked, layers included", 2),
    )
    lines = []
    for key, value, unit, digits in rows:
        if value is None:
            lines.append(f"# {key} =  # {unit}; not measured")
            continue
        budget = with_margin(value, margin, digits)
        if key == "max_modules":
            budget = max(1.0, math.ceil(budget))
        if key == "max_package_mb":
            budget = max(LEAST_PACKAGE_MB, budget)
        lines.append(f"{key} = {_number(budget)}  # {unit}; measured {value:,.4g}")
    return lines


def _number(value: float) -> str:
    return str(int(value)) if value >= 1 and value == int(value) else repr(value)
