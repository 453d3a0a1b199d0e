import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.deferral.cost.best_set import MIN_GAIN_US, Candidate, best_set
from tests.deferral.cost.test_costs import SHARED, TIMES, costs_of, import_texts, key


def candidates(costs, **flags):
    return [
        Candidate(at, (statement,), deferrable=flags.get(f"line{statement.place.line}", True))
        for at, statement in enumerate(costs.keys())
    ]


def in_ms(times):
    return {name: us * 1000 for name, us in times.items()}


def test_statements_that_share_numpy_save_it_together():
    costs = costs_of(SHARED, in_ms(TIMES))
    best = best_set(costs, candidates(costs), 178_000)
    assert best.finding_ids == (0, 1, 2)
    assert best.exclusive_us == 177_000
    assert best.modules == ("pandas", "numpy", "scipy", "requests")


def test_sharing_is_lost_where_one_has_to_stay():
    costs = costs_of(SHARED, in_ms(TIMES))
    best = best_set(costs, candidates(costs, line2=False), 178_000)
    assert best.finding_ids == (0, 2)
    assert best.exclusive_us == 107_000


def test_two_that_save_only_together_stay_together():
    costs = costs_of("handler:1 > numpy\nhandler:2 > numpy", {"numpy": 9000})
    assert costs.exclusive_by_statement() == {key(1): 0, key(2): 0}
    best = best_set(costs, candidates(costs), 10_000)
    assert (best.finding_ids, best.exclusive_us) == ((0, 1), 9000)


@pytest.mark.parametrize(
    ("self_us", "init_us", "expected"),
    [
        (MIN_GAIN_US, 1000, (0,)),
        (MIN_GAIN_US - 1, 1000, None),
        (4_999, 1_000_000, None),
        (5_000, 1_000_000, (0,)),
    ],
)
def test_what_adds_less_than_the_least_gain_is_left_alone(self_us, init_us, expected):
    costs = costs_of("handler:1 > a", {"a": self_us})
    best = best_set(costs, candidates(costs), init_us)
    assert (best and best.finding_ids) == expected


def test_an_outer_and_an_inner_statement_are_not_both_changed():
    text = "handler:1 > helper\nhelper:2 > pandas"
    costs = costs_of(text, {"helper": 100, "pandas": 9000})
    best = best_set(costs, candidates(costs), 10_000)
    assert (best.finding_ids, best.exclusive_us) == ((0,), 9100)


def test_of_many_small_ones_that_share_something_large_all_stay():
    text = "\n".join(f"handler:{line} > p{line}\np{line}:1 > numpy" for line in range(1, 8))
    costs = costs_of(text, {"numpy": 9000, **{f"p{line}": 10 for line in range(1, 8)}})
    best = best_set(costs, candidates(costs), 10_000)
    assert best.exclusive_us == 9070
    assert len(best.finding_ids) == 7


def test_a_candidate_may_hold_several_statements_and_work_of_its_own():
    text = "handler:1 > boto3\nboto3:9@handler:5 > botocore.parsers\nhandler:7 > json5"
    costs = costs_of(text, {"boto3": 8000, "botocore.parsers": 2000, "json5": 100})
    group = Candidate(4, (key(1), key(5)), deferrable=True, extra_us=40_000)
    best = best_set(costs, [group, Candidate(5, (key(7),), deferrable=True)], 50_000)
    assert (best.finding_ids, best.exclusive_us) == ((4,), 50_000)


def test_an_object_that_two_candidates_share_goes_with_both():
    text = "handler:1 > a\nhandler:2 > b\na:9@handler:5 > heavy"
    costs = costs_of(text, {"a": 8000, "b": 100, "heavy": 20_000})
    first = Candidate(0, (key(1), key(5)), deferrable=True)
    second = Candidate(1, (key(2), key(5)), deferrable=True)
    best = best_set(costs, [first, second], 30_000)
    assert (best.finding_ids, best.exclusive_us) == ((0,), 28_000)


def test_without_candidates_there_is_no_best_set():
    assert best_set(costs_of(SHARED, in_ms(TIMES)), [], 1.0) is None


@given(import_texts(), st.lists(st.booleans(), min_size=20, max_size=20))
def test_every_member_adds_enough_and_the_saving_is_joint(text, flags):
    names = ["helper", "a", "b", "a.x", "a.y", "b.x", "c"]
    costs = costs_of(text, {name: 150 * (at + 1) for at, name in enumerate(names)})
    pairs = zip(costs.keys(), flags, strict=False)
    options = [Candidate(at, (k,), deferrable=flag) for at, (k, flag) in enumerate(pairs)]
    best = best_set(costs, options, 1000)
    keys = [k for item in options if item.deferrable for k in item.keys]
    chosen = [options[at].keys[0] for at in best.finding_ids] if best else []
    assert set(chosen) <= set(keys)
    joint = costs.exclusive_us(chosen)
    assert joint == (best.exclusive_us if best else 0)
    for statement in chosen:
        rest = [k for k in chosen if k != statement]
        assert joint - costs.exclusive_us(rest) >= MIN_GAIN_US
    for statement in set(keys) - set(chosen):
        # Nothing worthwhile was left behind that still adds by itself.
        if costs.exclusive_us([*chosen, statement]) - joint >= MIN_GAIN_US:
            pytest.fail(f"{statement} was dropped though it adds enough")
