"""`importcost estimate` as a user types it."""

from __future__ import annotations

import json

import pytest

from importcost.billing.curve import memory_curve
from importcost.billing.estimate import estimate
from importcost.reports.terminal.curve import plain_curve
from tests.cli.bill_factory import advice, importcost, saved_profile


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("estimate")
    saved_profile(root, found=advice(share=0.5, bytecode_share=0.3))
    return root


def series(folder, *args):
    done = importcost(folder, "estimate", "p.json", "--json", *args)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)["series"]


def test_all_sizes_architectures_and_package_types_by_default(folder):
    found = series(folder)
    assert len(found) == 4
    sizes = [point["memory_mb"] for point in found[0]["points"]]
    assert (sizes[0], sizes[-1], len(sizes)) == (128, 10_240, 10)


@pytest.mark.parametrize(
    "args",
    [("--memory", "512,128"), ("--memory", "128", "--memory", "512"), ("--memory=512, 128",)],
)
def test_memory_takes_a_list(folder, args):
    for one in series(folder, *args):
        assert [point["memory_mb"] for point in one["points"]] == [128, 512]


def test_given_settings_leave_the_others_out_and_go_before_the_profiles(folder):
    found = series(folder, "--arch", "arm64", "--package-type", "image", "--runtime", "python3.13")
    assert [(one["arch"], one["package_type"], one["runtime"]) for one in found] == [
        ("arm64", "image", "python3.13")
    ]


def test_the_figures_are_those_of_the_estimate_and_of_the_page(folder):
    profile = saved_profile(folder, "q.json", found=advice(share=0.5))
    done = importcost(folder, "estimate", "q.json", "--json")
    assert json.loads(done.stdout) == json.loads(
        json.dumps(plain_curve(memory_curve(profile), profile))
    )
    bill = estimate(profile, memory_mb=128)
    assert json.loads(done.stdout)["series"][0]["init_ms"]["value"] == bill.init_ms.value


def test_the_table_says_what_is_verified(folder):
    done = importcost(folder, "estimate", "p.json", "--memory", "512")
    assert done.returncode == 0
    assert "(verified in pairs)" in " ".join(done.stdout.split())
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    "args",
    [
        ("p.json", "--memory", "100"),
        ("p.json", "--memory", "512,"),
        ("p.json", "--memory", "big"),
        ("p.json", "--memory", "²"),
        ("p.json", "--runtime", "node20"),
        ("nowhere.json",),
        ("nowhere.py",),
    ],
)
def test_what_cannot_be_estimated_is_said_in_a_sentence(folder, args):
    done = importcost(folder, "estimate", *args)
    assert done.returncode == 2
    assert done.stderr.count("Error:") == 1
    assert "Traceback" not in done.stderr


@pytest.mark.unhurried
def test_a_handler_is_profiled_first(folder):
    args = ("handler.py:handler", "--runner", "local", "--runs", "8", "--json", "--memory", "256")
    done = importcost(folder, "estimate", *args)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["handler"] == "handler.handler"
