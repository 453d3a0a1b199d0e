"""Cases that the page's script has to answer as Python does: number formats and money.

`python tests/reports/page/page_cases.py` writes them to tests/page/cases.json. The formats are
spelt out here once more, in exact decimal arithmetic; money is that of the estimate.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[3]))

from importcost.billing.curve import memory_curve
from importcost.billing.estimate import estimate
from importcost.model.interval import dollar_digits
from importcost.model.profile import Profile
from importcost.reports.facts import interval_json
from importcost.reports.page.money import money_constants
from tests.reports.page_factory import advised_profile, small_profile

CASES_FILE = Path(__file__).parents[2] / "page" / "cases.json"
MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"
MEMORY_MB = (128, 512, 1024, 1769, 3008, 10_240)
SIZES = (0, 0.4, 0.5, 1, 1.5, 2.5, 7, 94.9, 95, 99.5, 100, 999.5, 1000, 9994, 9995, 9999.5, 10_000,
         94_949, 99_949, 99_951, 100_000, 999_499, 999_500, 1_234_567, 98_765_432)  # fmt: skip
DOLLARS = (0, 0.001, 0.0049, 0.005, 0.01, 0.994, 0.995, 1, 1.005, 3.38, 999.995, 1000, 12_345.678)
SHARES = (
    (0, 1),
    (0.0005, 1),
    (0.001, 1),
    (0.0949, 1),
    (0.0996, 1),
    (0.1, 1),
    (1, 3),
    (5, 0),
    (2, 1),
)
KILOBYTES = (None, 0, 12, 1023, 1024, 1536, 20_480, 2_097_152)


def fixed(value: float, places: int) -> str:
    """Return a number as `toFixed` writes it: the double's exact value, halves away from zero."""
    return str(Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))


def whole(value: float) -> str:
    return f"{int(Decimal(value).quantize(Decimal(1), ROUND_HALF_UP)):,}"


def rounded(value: float) -> int:
    """Return a number as `Math.round` does: halves upwards."""
    return int((Decimal(value) + Decimal("0.5")).to_integral_value(ROUND_FLOOR))


def ms_text(us: float) -> str:
    ms = us / 1000
    if abs(ms) >= 100:
        return f"{rounded(ms):,} ms"
    if abs(ms) >= 10:
        return f"{fixed(ms, 1)} ms"
    return f"{fixed(ms, 2)} ms" if abs(ms) >= 0.1 or us == 0 else f"{rounded(us)} µs"


def ms_column(us: float) -> str:
    ms = us / 1000
    return f"{rounded(ms):,}" if abs(ms) >= 1000 else fixed(ms, 1)


def signed_ms(us: float) -> str:
    if rounded(us) == 0:
        return "±0 ms"
    return (MINUS if us < 0 else "+") + ms_text(abs(us))


def share_text(part: float, total: float) -> str:
    if total <= 0:
        return DASH
    percent = 100 * part / total
    if 0 < percent < 0.1:
        return "<0.1 %"
    return f"{rounded(percent)} %" if percent >= 10 else f"{fixed(percent, 1)} %"


def memory_text(kb: int | None) -> str:
    if kb is None:
        return "not known"
    return f"{fixed(kb / 1024, 1)} MB" if kb >= 1024 else f"{whole(kb)} kB"


def amount(value: float) -> str:
    return f"${dollar_digits(value)}"


def dollars_text(value: float) -> str:
    return "under $0.01" if 0 < value < 0.01 else amount(value)


def signed_dollars(value: float) -> str:
    shown = amount(abs(value))
    return ("±" if shown == "$0.00" else MINUS if value < 0 else "+") + shown


def both_signs(values: tuple[float, ...]) -> list[list[Any]]:
    return [[value] for value in (*values, *(-value for value in values if value))]


def formats() -> dict[str, list[dict[str, Any]]]:
    """Return the cases by the function of the page's script that has to answer them."""
    rng = random.Random(11)
    times = (*SIZES, *(round(10 ** rng.uniform(-1, 8), 3) for _ in range(60)))
    prices = (*DOLLARS, *(round(10 ** rng.uniform(-4, 5), 6) for _ in range(40)))
    inputs: dict[str, tuple[Callable[..., str], list[list[Any]]]] = {
        "wholeText": (whole, [[value] for value in times]),
        "msText": (ms_text, both_signs(times)),
        "msColumn": (ms_column, [[value] for value in times]),
        "signedMs": (signed_ms, both_signs(times)),
        "shareText": (share_text, [list(pair) for pair in SHARES]),
        "memoryText": (memory_text, [[value] for value in KILOBYTES]),
        "dollarsText": (dollars_text, [[value] for value in prices]),
        "signedDollars": (signed_dollars, both_signs(prices)),
    }
    return {
        name: [{"in": case, "out": text(*case)} for case in cases]
        for name, (text, cases) in inputs.items()
    }


def profiles() -> Iterator[tuple[str, Profile]]:
    """Return profiles whose init is below, around and past Lambda's limit, also by waiting."""
    small = advised_profile()
    yield "small", small
    for name, factor in (("near the limit", 160), ("past the limit", 220)):
        init = small.function_init
        cpu = init.cpu_us
        times = tuple(
            replace(p, cpu_us=p.cpu_us * factor, wall_us=p.wall_us * factor) for p in small.phases
        )
        longer = replace(
            cpu, low=cpu.low * factor, value=cpu.value * factor, high=cpu.high * factor
        )
        init = replace(init, cpu_us=longer, wall_us=init.wall_us * factor)
        yield name, replace(small, function_init=init, phases=times)
    waits_us = 11_000_000
    init = replace(
        small.function_init, blocked_us=waits_us, wall_us=small.function_init.wall_us + waits_us
    )
    yield "waiting past the limit", replace(small, function_init=init)


def bills() -> list[dict[str, Any]]:
    """Return what the estimate bills at several memory sizes, beside what the page knows."""
    found = []
    for name, profile in profiles():
        for memory_mb in MEMORY_MB:
            bill = estimate(profile, memory_mb=memory_mb)
            found.append(
                {
                    "name": f"{name}, {memory_mb} MB",
                    "bill": {
                        "money": money_constants(profile, bill),
                        "headline": {
                            "init_ms": interval_json(bill.init_ms),
                            "waiting_ms": bill.waiting_ms,
                        },
                        "function": {"memory_mb": memory_mb},
                    },
                    "billed": interval_json(bill.billed_init_ms),
                    "dollars": interval_json(bill.dollars_per_million),
                }
            )
    return found


def deferrals() -> list[dict[str, Any]]:
    """Return the memory curve's points with their deferral."""
    profile = replace(small_profile(), advice=advised_profile().advice)
    bill = estimate(profile)
    points = memory_curve(
        profile, memories=MEMORY_MB, arches=(bill.arch,), package_types=("zip",)
    ).points
    return [
        {
            "bill": {
                "money": money_constants(profile, point.estimate),
                "headline": {
                    "init_ms": interval_json(point.estimate.init_ms),
                    "waiting_ms": point.estimate.waiting_ms,
                },
                "function": {"memory_mb": point.estimate.memory_mb},
            },
            "saved_ms": point.deferred.saved_ms.value,
            "first_use_ms": point.deferred.first_use_ms.value,
            "break_even_share": point.deferred.break_even_share,
        }
        for point in points
        if point.deferred is not None
    ]


def cases_text() -> str:
    """Return the file of cases."""
    cases = {"formats": formats(), "bills": bills(), "deferrals": deferrals()}
    return json.dumps(cases, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    CASES_FILE.write_text(cases_text(), encoding="utf-8")
    sys.stdout.write(f"{CASES_FILE}\n")


if __name__ == "__main__":
    main()
