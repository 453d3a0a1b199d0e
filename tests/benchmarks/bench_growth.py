"""Time every reader over inputs that double, up to 100 MB or the reader's own limit.

    python tests/benchmarks/bench_growth.py [--only lists] [--largest-mb 100] [--seconds 60]

The texts are those that once took time by the square (`tests/fuzz/test_growth.py`), and for each
reader one of the usual kind. Each reading is a process of its own, whose processor time counts; the
least of `--rounds` is taken. A text is doubled until it is 100 MB or too large for the reader, or
until the next reading would take more than `--seconds`. A line of JSON a reader: sizes in MB,
seconds, the worst and the mean quotient of a doubling (readings below 50 ms are left out).
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from importcost.errors import ImportcostError
from importcost.gate.baseline import baseline_from_text
from importcost.model.codec import profile_to_plain
from importcost.projects.artefact import read_artefact
from importcost.projects.find import read_project_place
from importcost.projects.functions import ReadOptions
from importcost.reports.index.exports import read_project_figures
from importcost.reports.json_ import read_profile
from importcost.targets.requirements import read_requirements
from tests.benchmarks.tell import tell
from tests.fuzz.saved import figures_text
from tests.fuzz.test_growth import GROWING, HEADER, STREAM, lambda_log, numbered, row, rows
from tests.reports.page_factory import large_profile

MB = 1_000_000
DOCUMENT_MB = 49.9
"""Templates, services and plans are refused from 50 MB on."""
STEPS = 6
"""Doublings up to the largest size."""
MEASURABLE_S = 0.05
MOST_MEMORY = 8 * 2**30
ENDS_WELL, OUT_OF_MEMORY = 0, 3

Read = Callable[[str], object]
TextOf = Callable[[int], str]


class Reader(NamedTuple):
    """A reader with what makes its text of so many parts; `largest_mb` is its own limit."""

    read: Read
    text_of: TextOf
    largest_mb: float = 100


def _file(name: str, read: Callable[[Path], object]) -> Read:
    """Return what writes a text to a file of this name and reads it, in a folder of its own."""

    def written(text: str) -> object:
        folder = Path(os.environ["IMPORTCOST_CACHE_DIR"])
        (folder / ".git").mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        return read(folder / name)

    return written


def _project(name: str) -> Read:
    return _file(name, lambda file: read_project_place(file, ReadOptions()))


def _profile(count: int) -> str:
    return json.dumps(profile_to_plain(large_profile(count)))


def _figures(count: int) -> str:
    document = json.loads(figures_text())
    document["functions"] = document["functions"][:1] * count
    return json.dumps(document)


def _archive(text: str) -> object:
    """Read a ZIP of as many small files as the text has lines, and as large a one."""
    file = Path(os.environ["IMPORTCOST_CACHE_DIR"], "f.zip")
    with zipfile.ZipFile(file, "w") as made:
        for number in range(text.count("\n") // 100):
            made.writestr(f"pkg/m{number}.py", "x = 1\n" * 100)
    return read_artefact(file, ReadOptions())


RECORD = '{"time":"2026-11-30T12:00:00Z","type":"platform.report","record":{"requestId":"{k}",'
METRICS = '"metrics":{"durationMs":1.5,"initDurationMs":{k}.25,"memorySizeMB":128}}}\n'
FUNCTION = " F{k}:\n  Type: AWS::Serverless::Function\n  Properties: {CodeUri: src, Handler: a.b}\n"
PLANNED = '{"address": "f{k}", "type": "aws_lambda_function", "values": {"handler": "a.b"}},'
USUAL: dict[str, Reader] = {
    "usual rows": Reader(rows, lambda n: HEADER + (row(9, 1, "a.b") * 9 + row(99, 0)) * (n // 10)),
    "usual log": Reader(
        lambda_log,
        lambda n: numbered(
            "2026-11-30T12:00:00.123Z START RequestId: {k}\nREPORT RequestId: {k}\tDuration: 1 ms\t"
            "Billed Duration: 2 ms\tMemory Size: 128 MB\tInit Duration: {k}.5 ms\t\n", n,
        ),
    ),
    "usual records": Reader(lambda_log, lambda n: numbered(RECORD + METRICS, n)),
    "records in one list": Reader(
        lambda_log, lambda n: "[" + numbered((RECORD + METRICS).strip() + ",", n) + "{}]"
    ),
    "events of the command line": Reader(
        lambda_log,
        lambda n: '{"events": [' + numbered(
            '{"timestamp": {k}, "message": "REPORT RequestId: {k}\\tInit Duration: 5 ms", '
            f'"logStreamName": "{STREAM}"}},', n
        ) + "{}]}",
    ),
    "usual profile": Reader(lambda text: read_profile(text, "a.json"), _profile),
    "usual figures": Reader(lambda text: read_project_figures(text, "a.json"), _figures),
    "usual baseline": Reader(
        lambda text: baseline_from_text(text, "b.json"),
        lambda n: '{"schema": "importcost-baseline", "schema_version": 1, "handlers": {'
        + numbered('"h{k}": {"modules": ["a", "b"]},', n) + '"z": {}}}',
    ),
    "usual template": Reader(
        _project("template.yaml"), lambda n: "Resources:\n" + numbered(FUNCTION, n), DOCUMENT_MB
    ),
    "usual template in JSON": Reader(
        _project("template.json"),
        lambda n: '{"Resources": {' + numbered(
            '"F{k}": {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "a.b"}},\n', n
        ) + '"Z": {"Type": "AWS::S3::Bucket"}}}',
        DOCUMENT_MB,
    ),
    "usual service": Reader(
        _project("serverless.yml"),
        lambda n: "service: a\nprovider: {name: aws, runtime: python3.12}\nfunctions:\n"
        + numbered(" f{k}: {handler: src/a.b, environment: {A: '${self:service}'}}\n", n),
        DOCUMENT_MB,
    ),
    "usual plan": Reader(
        _project("plan.json"),
        lambda n: '{"planned_values": {"root_module": {"resources": ['
        + numbered(PLANNED, n) + "{}]}}}",
        DOCUMENT_MB,
    ),
    "usual Terraform": Reader(
        _project("main.tf"),
        lambda n: numbered('resource "aws_lambda_function" "f{k}" {\n  handler = "a.b"\n}\n', n),
        0.5,  # of 2 MB: the parser takes minutes for more
    ),
    "usual requirements": Reader(
        _file("requirements.txt", lambda file: read_requirements(str(file))),
        lambda n: numbered("package-{k}==1.{k} # a\n", n),
        15.9,
    ),
    "usual uv.lock": Reader(
        _file("uv.lock", lambda file: read_requirements(str(file))),
        lambda n: "version = 1\n" + numbered(
            '[[package]]\nname = "p{k}"\nversion = "1"\nsource = {registry = "https://x"}\n', n
        ),
    ),
    "usual ZIP": Reader(_archive, lambda n: "x = 1\n" * n, 50),
}  # fmt: skip
LIMITS_MB = {
    "configured handlers": 0.99,
    **dict.fromkeys(
        ("a text of many lines", "keys of a template", "aliases", "repeated keys"), DOCUMENT_MB
    ),
    "modules of a plan": DOCUMENT_MB,
}
_WITHOUT_END = ("nested rows",)
"""Texts of a fixed size."""


def readers() -> dict[str, Reader]:
    """Return all readers by the kind of their text."""
    odd = {
        name: Reader(read, text_of, LIMITS_MB.get(name, 100))
        for name, (read, text_of) in GROWING.items()
        if name not in _WITHOUT_END
    }
    return {**odd, **USUAL}


def seconds_of(read: Read, text: str) -> float | str:
    """Return the processor time of one reading in a process of its own, or why there is none."""
    taking, giving = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(taking)
        os._exit(_measured(read, text, giving))
    os.close(giving)
    with open(taking, encoding="utf-8") as told:  # noqa: PTH123 - a descriptor
        said = told.read()
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code == ENDS_WELL:
        return float(said)
    return (
        f"needs more than {MOST_MEMORY >> 30} GiB" if code == OUT_OF_MEMORY else said or str(code)
    )


def _measured(read: Read, text: str, giving: int) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["IMPORTCOST_CACHE_DIR"] = folder
        began = time.process_time()
        try:
            read(text)
        except MemoryError:
            return OUT_OF_MEMORY
        except ImportcostError as error:
            refusal = str(error)
            if "endless" in refusal or "larger than" in refusal:
                os.write(giving, refusal[-200:].encode())
                return 1
        os.write(giving, f"{time.process_time() - began:.4f}".encode())
    return ENDS_WELL


def text_of_size(reader: Reader, size_mb: float) -> str:
    """Return a text of nearly this size."""
    few, more = (len(reader.text_of(count)) for count in (1_000, 2_000))
    return reader.text_of(max(int(size_mb * MB / (more - few) * 1_000), 1))


def growth(reader: Reader, largest_mb: float, limit_s: float, rounds: int) -> dict[str, Any]:
    """Return sizes, seconds and quotients of one reader."""
    largest = min(largest_mb, reader.largest_mb)
    sizes, taken, why = [], [], None
    for step in range(STEPS, -1, -1):
        text = text_of_size(reader, largest / 2**step)
        if taken and 2 * taken[-1] > limit_s:
            why = f"more would take over {limit_s:g} s"
            break
        found = [seconds_of(reader.read, text) for _ in range(rounds)]
        if any(isinstance(one, str) for one in found):
            why = next(one for one in found if isinstance(one, str))
            break
        sizes.append(round(len(text) / MB, 3))
        taken.append(min(one for one in found if isinstance(one, float)))
    pairs = list(zip(sizes, taken, strict=True))
    quotients = [
        (more_s / less_s) ** (1 / (more / less - 1))
        for (less, less_s), (more, more_s) in itertools.pairwise(pairs)
        if less_s >= MEASURABLE_S
    ]
    return {
        "mb": sizes,
        "s": taken,
        "worst": round(max(quotients), 2) if quotients else None,
        "mean": round(statistics.geometric_mean(quotients), 2) if quotients else None,
        "ended": why,
    }


def main() -> int:
    """Print a line for each reader; return 1 if one grows more than 2.2 times a doubling."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    known = readers()
    parser.add_argument("--only", choices=known, action="append")
    parser.add_argument("--largest-mb", type=float, default=100)
    parser.add_argument("--seconds", type=float, default=60, help="of the longest reading")
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    worst = worst_mean = 0.0
    largest = ""
    for name in given.only or known:
        grown = growth(known[name], given.largest_mb, given.seconds, given.rounds)
        print(json.dumps({"reader": name, **grown}), flush=True)
        if (grown["worst"] or 0) > worst:
            worst, largest = grown["worst"], name
        worst_mean = max(worst_mean, grown["mean"] or 0)
        tell(worst=(worst, largest), worst_mean=worst_mean)
    return int(worst > 2.2)


if __name__ == "__main__":
    sys.exit(main())
