"""The number of launches that `importcost defer` makes, and what it says of them.

The handler is an ordinary one of a shop, its packages stand-ins of the same names. Their times are
made up, on a machine whose speed flips between launches.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from importcost.app.defer.effort import LAUNCHES, QUICK_LAUNCHES
from importcost.model.advice import TOO_NOISY
from importcost.model.codec import profile_from_plain
from tests.clockwork import Times, jitter, run_clocked, two_speeds
from tests.harness import write_files

ORDERS = Path(__file__).parents[1] / "data" / "orders" / "handler.py"
PACKAGES = {
    "boto3/__init__.py": "def resource(name, **options):\n    import boto3.model\n    return {}\n",
    "boto3/model.py": "",
    "jsonschema.py": "def validate(value, schema):\n    pass\n",
    "requests.py": "def post(url, **options):\n    pass\n",
    "aws_lambda_powertools/__init__.py": "class Logger:\n"
    "    def __init__(self, **options):\n        pass\n\n"
    "    def info(self, *args, **options):\n        pass\n\n\n"
    "class Metrics(Logger):\n    pass\n\n\nclass Tracer(Logger):\n    pass\n",
    "aws_lambda_powertools/metrics.py": "class MetricUnit:\n    Count = 'Count'\n",
}
TIMES = Times(
    {
        "handler": 20_000,
        "boto3": 300_000,
        "boto3.model": 200_000,
        "jsonschema": 100_000,
        "requests": 180_000,
        "aws_lambda_powertools": 1_100_000,
    }
)
OWN_NOISE = 0.028
"""Even within this share of either side: a standard deviation of 1.6 %, as on a busy machine."""


@pytest.fixture
def shop(tmp_path):
    layer = {f"layer/python/{name}": text for name, text in PACKAGES.items()}
    write_files(tmp_path, {**layer, "task/handler.py": ORDERS.read_text(), "ping.json": "{}"})
    return tmp_path / "task"


def defer(monkeypatch, shop, *args, seed=0, noise=OWN_NOISE):
    """Run the command; return what it printed, its advice, and the kinds of its launches."""
    launches: list[str] = []
    fixed = ("--layer", "../layer", "--runner", "local", "--verify-seconds", "600")
    done = run_clocked(
        monkeypatch,
        shop,
        ["defer", "handler.py:handler", *fixed, "-o", "../out.json", *args],
        TIMES,
        lambda: two_speeds(seed),
        noise=jitter(seed, noise),
        launches=launches,
    )
    assert done.returncode == 0, done.stderr
    advice = profile_from_plain(json.loads((shop.parent / "out.json").read_text())).advice
    found = {one.code.split()[1]: one.verification for one in advice.findings if one.verification}
    return done, advice.best_set, found, launches


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2, 3))]
)
def test_sixty_launches_verify_a_tenth_of_a_second_where_the_speed_flips(monkeypatch, shop, seed):
    done, best, found, launches = defer(monkeypatch, shop, seed=seed)
    assert len(launches) <= LAUNCHES
    schema = found["jsonschema"]
    assert schema.failure is None
    assert schema.saving_us.low > 0
    assert schema.saving_us.value / schema.original_us == pytest.approx(100 / 1900, rel=0.3)
    assert best.verification.failure is None
    assert best.verification.gone == ("boto3", "boto3.model", "jsonschema", "requests")
    assert "on copies, in interleaved pairs: at most " in done.stderr
    assert " launches, about " in done.stderr


@pytest.mark.unhurried
@pytest.mark.parametrize("events", [(), ("--event", "../ping.json")])
def test_quick_verifies_the_best_set_with_twenty_launches(monkeypatch, shop, events):
    done, best, found, launches = defer(monkeypatch, shop, "--quick", *events)
    assert len(launches) <= QUICK_LAUNCHES
    assert best.verification.failure is None
    assert best.verification.saving_us.low > 0
    assert len(best.finding_ids) == 3
    assert found == {}
    assert "--quick measures only the changes together, not each by itself" in done.stderr
    assert done.stdout.count("predicted, not verified") == 3


@pytest.mark.unhurried
def test_a_saving_that_noise_hides_is_said_to_be_hidden_with_what_to_do(monkeypatch, shop):
    done, _, found, launches = defer(monkeypatch, shop, noise=0.4)
    assert len(launches) <= LAUNCHES
    schema = found["jsonschema"]
    assert schema.failure == TOO_NOISY
    assert schema.saving_us.low < 0 < schema.saving_us.high
    assert "not verified: between -" in done.stdout
    assert f"pairs, {TOO_NOISY}" in " ".join(done.stdout.split())
    assert "with more launches (--launches 120)" in " ".join(done.stdout.split())


@pytest.mark.unhurried
def test_more_launches_find_what_few_did_not(monkeypatch, shop):
    few = defer(monkeypatch, shop, noise=0.15)[2]["jsonschema"]
    _, _, found, launches = defer(monkeypatch, shop, "--launches", "200", noise=0.15)
    assert LAUNCHES < len(launches) <= 200
    width = few.saving_us.high - few.saving_us.low
    assert found["jsonschema"].saving_us.high - found["jsonschema"].saving_us.low < 0.7 * width


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("--quick", "--runs", "9"), "--quick sets the number of launches, as --runs does"),
        (("--quick", "--launches", "30"), "as --launches does: leave one of them out"),
        (("--quick", *("--event", "a") * 2), "too few for 2 events: give one event, or leave"),
    ],
)
def test_what_quick_has_no_launches_for_is_refused(monkeypatch, shop, args, sentence):
    launches: list[str] = []
    done = run_clocked(
        monkeypatch, shop, ["defer", "handler.py:handler", *args], TIMES, launches=launches
    )
    assert done.returncode == 2
    assert sentence in done.stderr
    assert launches == []
