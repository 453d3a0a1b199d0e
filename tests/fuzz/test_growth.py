"""Time grows in proportion to what is read: four times as much takes far less than sixteen times.

Only processor time is compared, of one process with itself, the least of three tries each. Other
work on the machine can only make a try slower, so one round of several that is in proportion shows
that the reader is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from importcost.config.read import read_config
from importcost.model.cloudwatch.logs import read_lambda_log
from importcost.model.cloudwatch.request_times import read_request_times
from importcost.model.importtime.nest import build_tree
from importcost.model.importtime.parse import parse_importtime
from importcost.model.importtime.partial import nest_partial
from importcost.model.parsing.json_text import parse_json
from importcost.projects.documents import parse_yaml
from importcost.projects.functions import ReadOptions
from importcost.projects.serverless.variables import ServiceVariables
from tests.fuzz.written import read_project_files, read_template_text

TIMES = 4
MOST_GROWTH = 10.0
"""Linear work takes 4 times as long, or 5 with a logarithm; work by the square 16 times."""
MEASURABLE_S = 0.02
ROUNDS = 4
STREAM = "2026/11/30/[$LATEST]0123456789abcdef0123456789abcdef"


def rows(text: str) -> None:
    log = parse_importtime(text)
    build_tree(log)
    nest_partial(log.rows, "handler_imports")


def row(cumulative_us: int, depth: int, name: str = "a") -> str:
    return f"import time: {1:9d} | {cumulative_us:10d} | {'  ' * depth}{name}\n"


def variables(text: str) -> None:
    ServiceVariables({}, Path(), Path()).resolved(text)


def lambda_log(text: str) -> None:
    read_lambda_log(text)
    read_request_times(text)


def template(text: str) -> None:
    read_template_text(b"template.yaml\n" + text.encode())


def template_json(text: str) -> None:
    read_template_text(b"template.json\n" + text.encode())


def plan(text: str) -> None:
    read_project_files({"plan.json": text.encode()}, ReadOptions())


def numbered(form: str, count: int) -> str:
    """Return a text so many times, with `{k}` as its number."""
    return "".join(form.replace("{k}", str(number)) for number in range(count))


REPORT = "REPORT RequestId: {k}\tDuration: 1 ms\tInit Duration: {k}.5 ms\t"
FAILED = "Status: error\tError Type: Runtime.ImportModuleError\n"
HEADER = "import time: self [us] | cumulative | imported package\n"
GROWING: dict[str, tuple[Callable[[str], object], Callable[[int], str]]] = {
    "flat rows": (rows, lambda n: HEADER + row(1, 0) * n),
    "nested rows": (rows, lambda n: "".join(row(d, d) for d in range(min(n, 900), 0, -1)) * 4),
    "rows without parents": (rows, lambda n: (row(1, 3) + row(1, 0) + HEADER) * n),
    "glued rows": (rows, lambda n: "x" + row(1, 0).strip() * n),
    "broken rows": (rows, lambda n: "import time: 1 | \n" * n),
    "escapes": (rows, lambda n: "import time: \x1b]" * n),
    "messages in JSON": (rows, lambda n: '{"message": "import time: \\"log\\":\\"' * n),
    "a report of many lines": (lambda_log, lambda n: REPORT + "\n" + "Duration: 1 ms\n" * n),
    "failed inits": (lambda_log, lambda n: numbered(REPORT + FAILED, n)),
    "open records": (lambda_log, lambda n: "{\n" * n),
    "prefixes": (lambda_log, lambda n: ("2026-11-30 " * 50 + "x\n") * n),
    "streams": (lambda_log, lambda n: numbered(f"{STREAM[:-8]}{{k}} REPORT\n", n)),
    "cells": (lambda_log, lambda n: "@message,@initDuration\n" + '"REPORT\n' * n),
    "brackets in a variable": (variables, lambda n: "${self:" + "(" * n + "}"),
    "quotes in a variable": (variables, lambda n: "${self:" + "'(\"" * n + "}"),
    "starts of variables": (variables, lambda n: "${" * n),
    "lists": (parse_json, lambda n: "[" + "[]," * n + "1]"),
    "keys of a template": (template, lambda n: "Resources:\n" + numbered(" a{k}: 1\n", n)),
    "aliases": (template, lambda n: "A: &a [1]\nResources: {A: [" + "*a, " * n + "1]}\n"),
    "modules of a plan": (
        plan,
        lambda n: '{"planned_values": {"root_module": {"child_modules": ['
        + '{"resources": []},' * n + "{}]}}}",
    ),
    "repeated keys": (
        template_json, lambda n: '{"Resources": {' + '"A": 1, "B": 1, ' * n + '"C": 1}}'
    ),
    "configured handlers": (
        lambda text: read_config(text, "importcost.toml"),
        lambda n: numbered("[handlers.a{k}]\nhandler = 'a.py'\n", n),
    ),
    "a text of many lines": (
        lambda text: parse_yaml(text, "x.yml"), lambda n: "a: |\n" + "  x\n" * n
    ),
}  # fmt: skip


def cpu_s(read: Callable[[str], object], text: str) -> float:
    """Return the least processor time of three readings."""
    taken = []
    for _ in range(3):
        began = time.process_time()
        read(text)
        taken.append(time.process_time() - began)
    return min(taken)


@pytest.mark.unhurried
@pytest.mark.parametrize(("read", "text_of"), GROWING.values(), ids=GROWING)
def test_time_grows_in_proportion(read, text_of):
    size = 100
    while (once := cpu_s(read, text_of(size))) < MEASURABLE_S and size < 50_000:
        size *= 2
    for _ in range(ROUNDS):
        once = cpu_s(read, text_of(size))
        more = cpu_s(read, text_of(TIMES * size))
        if more < MOST_GROWTH * max(once, MEASURABLE_S / 4):
            return
    pytest.fail(f"{more} s for {TIMES * size}, {once} s for {size}")


@pytest.mark.unhurried
def test_a_reader_by_the_square_is_seen():
    def slow(text: str) -> None:
        for place in range(0, len(text), 64):
            text.count("b", place)

    with pytest.raises(pytest.fail.Exception):
        test_time_grows_in_proportion(slow, lambda n: "a" * (512 * n))
