"""docs/platforms.md says what the data file says; run this file to write its tables anew."""

import re
from pathlib import Path

from importcost.billing.figures.platforms import Platform, load_platforms

DOCUMENT = Path(__file__).parents[2] / "docs" / "platforms.md"
HEAD = "|---|---|---|---|---|---|---|\n"


def row(platform: Platform) -> str:
    price, limit = platform.price, platform.limit
    cost = "no price of its own" if price is None else price_words(platform)
    if platform.name == "lambda":
        cost = "its milliseconds at the memory size's price of a GB-second"
    cells = (
        f"`{platform.name}`",
        platform.title,
        "yes" if platform.runs_lambda_runtime else "no",
        platform.memory.words if platform.memory else "no choice",
        " or ".join(platform.arches) or "no choice",
        f"{limit.init_ms / 1000:g} s" if limit else "not known" if platform.facts else "none",
        cost,
    )
    return f"| {' | '.join(cells)} |\n"


def price_words(platform: Platform) -> str:
    price = platform.price
    assert price is not None
    how = f"allocated, in steps of {price.step_ms:g} ms" if price.step_ms else "as used"
    return f"vCPU and memory {how}"


def facts(platform: Platform) -> str:
    lines = [f"**{platform.title}** (`{platform.name}`)\n\n"]
    lines += [
        f"- {fact.topic}: {fact.says} ({fact.source}; {fact.date})\n" for fact in platform.facts
    ]
    if platform.limit is not None:
        limit = platform.limit
        words = f"{limit.init_ms / 1000:g} s; {limit.past}"
        lines.append(f"- limit: {words} ({limit.source}; {limit.date})\n")
    return "".join(lines)


def tables() -> tuple[str, str]:
    known = load_platforms().values()
    told = [facts(one) for one in known if one.facts]
    return "".join(row(one) for one in known), "\n".join(told)


def test_the_document_says_what_the_data_says():
    text = DOCUMENT.read_text(encoding="utf-8")
    rows, told = tables()
    assert f"{HEAD}{rows}\n" in text, "run tests/billing/test_platform_document.py"
    assert f"## What is known\n\n{told}\n##" in text, "run tests/billing/test_platform_document.py"


def test_every_fact_has_a_date_and_a_source():
    for platform in load_platforms().values():
        dated = [*platform.facts, platform.limit, platform.price, platform.snapshot]
        for one in dated:
            assert one is None or re.fullmatch(r"20\d\d-\d\d-\d\d", one.date)
            assert one is None or one.source


if __name__ == "__main__":
    text = DOCUMENT.read_text(encoding="utf-8")
    rows, told = tables()
    text = re.sub(
        rf"({re.escape(HEAD)}).*?(?=\n## )", lambda found: f"{found[1]}{rows}", text, flags=re.S
    )
    text = re.sub(
        r"(## What is known\n\n).*?(?=\n## )", lambda found: f"{found[1]}{told}", text, flags=re.S
    )
    DOCUMENT.write_text(text, encoding="utf-8")
