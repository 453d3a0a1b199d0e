"""`importcost strategies` as a user types it."""

from __future__ import annotations

import json

import pytest

from tests.cli.bill_factory import advice, importcost, saved_profile

MONTH = ("--invocations", "300000", "--cold-rate", "2%", "--duration", "2500")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("strategies")
    found = advice(share=0.5, bytecode_share=0.4, init_us=1_000_000)
    saved_profile(root, found=found, cpu_us=(950_000, 1_000_000, 1_050_000))
    predicted = advice(share=0.5, init_us=1_000_000, is_verified=False)
    saved_profile(root, "old.json", predicted, runtime="python3.11", python_version="3.11.7")
    return root


def compared(folder, *args, name="p.json"):
    done = importcost(folder, "strategies", name, *MONTH, "--json", *args)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.unhurried
def test_every_strategy_is_compared_cheapest_first(folder):
    found = compared(folder, "--payload-kb", "8", "--use-share", "20%")
    labels = [one["label"] for one in found["options"]]
    assert set(labels) >= {"as it is", "bytecode", "deferral", "SnapStart", "provisioned", "pinger"}
    assert "bytecode + deferral + streaming" in labels
    dollars = [one["monthly"]["value"] for one in found["options"]]
    assert dollars == sorted(dollars)
    assert found["recommendation"]["option"] == "bytecode + deferral + streaming"
    assert all(one["source"] and one["date"] for one in found["assumptions"])


@pytest.mark.unhurried
def test_the_text_spells_out_what_it_rests_on(folder):
    done = importcost(folder, "strategies", "old.json", *MONTH)
    assert done.returncode == 0, done.stderr
    text = " ".join(done.stdout.split())
    for word in (
        "Recommendation",
        "python3.11 is too old",
        "predicted, not verified",
        "no answer to stream",
        "utilisation",
        "AWS price list",
        "2026-09-19",
    ):
        assert word in text


@pytest.mark.unhurried
def test_memory_and_architecture_go_before_the_profiles(folder):
    found = compared(folder, "--memory", "1769", "--arch", "arm64")
    assert (found["memory_mb"], found["arch"]) == (1769, "arm64")
    assert compared(folder)["memory_mb"] == 512


@pytest.mark.unhurried
@pytest.mark.parametrize("rate", ["0.02", "2%", "2 %"])
def test_a_share_is_written_either_way(folder, rate):
    done = importcost(
        folder, "strategies", "p.json", *MONTH[:2], "--cold-rate", rate, *MONTH[4:], "--json"
    )
    assert json.loads(done.stdout)["traffic"]["cold_rate"] == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (("--cold-rate", "2"), "0 to 1"),
        (("--cold-rate", "often"), "not a share"),
        (("--cold-rate", "nan"), "0 to 1"),
        (("--invocations", "0"), "--invocations"),
        (("--duration", "0"), "--duration"),
        (("--first-byte", "10"), "--payload-kb"),
        (("--first-byte", "9999", "--payload-kb", "8"), "first byte"),
        (("--tmp", "5"), "--tmp"),
        (("--duration", "nan"), "duration must be"),
        (("--duration", "1e308"), "30 minutes"),
        (("--duration", "1800001"), "30 minutes"),
        (("--invocations", "9" * 400), "number of invocations"),
        (("--versions", "9" * 400), "number of versions"),
        (("--provisioned", "9" * 400), "number of provisioned"),
        (("--payload-kb", "nan"), "payload"),
        (("--payload-kb", "inf"), "payload"),
        (("--max-added", "nan"), "longest wait"),
        (("--max-cost", "nan"), "highest cost"),
        (("--max-cost", "inf"), "highest cost"),
        (("--percentile", "often"), "not a percentile"),
        (("--percentile", "100"), "below 100"),
        (("--by-hour", "1,2"), "24 figures"),
        (("--by-hour", "often"), "24 numbers"),
        (("--burst", "nan"), "burst"),
        (("--idle-reclaim", "nan"), "idle time"),
        (("--arrivals", "p.json"), "--invocations"),
    ],
)
def test_figures_that_cannot_be_are_refused(folder, args, word):
    done = importcost(folder, "strategies", "p.json", *MONTH, *args)
    assert done.returncode == 2
    assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_traffic_must_be_stated(folder):
    done = importcost(folder, "strategies", "p.json", "--invocations", "5")
    assert done.returncode == 2
    assert "--duration" in done.stderr
    assert "--arrivals" in done.stderr


def test_a_log_tells_the_traffic(folder):
    line = (
        "2026-11-30T10:{minute:02}:{second:02}.500000Z REPORT RequestId: r{number}\t"
        "Duration: 200.00 ms\tBilled Duration: 200 ms\t"
        "Memory Size: 512 MB\tMax Memory Used: 90 MB\n"
    )
    log = "".join(
        line.format(minute=number // 60, second=number % 60, number=number) for number in range(600)
    )
    (folder / "log.txt").write_text(log)
    done = importcost(folder, "strategies", "p.json", "--arrivals", "log.txt", "--json")
    assert done.returncode == 0, done.stderr
    traffic = json.loads(done.stdout)["traffic"]
    assert traffic["invocations"] == pytest.approx(2_628_000, rel=0.01)
    assert traffic["duration_ms"] == pytest.approx(200.0)
    assert traffic["recorded"] == {"requests": 600}
    assert traffic["cold_rate"] is None


@pytest.mark.unhurried
def test_spillover_and_the_percentile_are_in_the_json(folder):
    month = ("--invocations", "5000000", "--duration", "120")
    args = ("--environments", "1", "--percentile", "p99.99", "--json")
    done = importcost(folder, "strategies", "p.json", *month, *args)
    found = json.loads(done.stdout)
    assert found["provisioned"]["environments"] == 1
    assert found["provisioned"]["spillover"] == pytest.approx(0.186, abs=0.004)
    assert found["traffic"]["met_share"] == pytest.approx(0.9999)


def test_estimate_warns_of_workers_that_do_not_fit(folder):
    done = importcost(folder, "estimate", "p.json", "--workers", "16", "--memory", "2048,32768")
    assert done.returncode == 0, done.stderr
    assert "Managed Instances with 16 workers" in done.stdout
    assert "was not measured" in done.stdout
    done = importcost(folder, "estimate", "p.json", "--workers", "16", "--memory", "512")
    assert done.returncode == 2
    assert "512 MB" in done.stderr
