"""One comment a pull request, renewed by each run, on a stand-in of each provider."""

from __future__ import annotations

import threading

import pytest

from importcost.app.comment.environment import PROVIDERS, comment_place, provider_of
from importcost.app.comment.renewed import CommentOutcome, publish_comment
from importcost.errors import ImportcostError, MeasurementError, UsageError
from tests.app.comment.stand_in import OTHER, OWN, TOKEN, serving, variables
from tests.commands import run_here

MARKER = "<!-- mine -->"


@pytest.fixture(params=PROVIDERS)
def state(request):
    with serving(request.param) as found:
        yield found


@pytest.fixture
def github():
    with serving("github") as found:
        yield found


def publish(state, text):
    place = comment_place(state.provider, variables(state))
    return publish_comment(place.host, MARKER, text, sleep=lambda _: None)


def bodies(state, author=OWN):
    return [one["body"] for one in state.comments if one["author"] == author]


def test_the_first_run_posts_and_the_next_renews(state):
    assert publish(state, "one") is CommentOutcome.CREATED
    assert publish(state, "two") is CommentOutcome.RENEWED
    assert bodies(state) == [f"{MARKER}\ntwo"]


def test_the_comment_is_found_behind_many_pages(state):
    for number in range(230):
        state.add(OTHER, f"talk {number}")
    mine = state.add(OWN, f"{MARKER}\nold")
    for number in range(30):
        state.add(OTHER, f"more talk {number}")
    assert publish(state, "new") is CommentOutcome.RENEWED
    assert mine["body"] == f"{MARKER}\nnew"
    assert len(state.comments) == 261


def test_nobody_elses_comment_is_touched_even_with_the_marker(state):
    state.add(OTHER, f"{MARKER}\nquoted")
    state.add(OWN, f"I wrote {MARKER} here")
    assert publish(state, "new") is CommentOutcome.CREATED
    assert bodies(state, OTHER) == [f"{MARKER}\nquoted"]
    assert len(bodies(state)) == 2


@pytest.mark.parametrize("code", [500, 502, 503, 429])
def test_a_busy_server_is_asked_again(state, code):
    state.failures = [code, code]
    assert publish(state, "one") is CommentOutcome.CREATED
    assert bodies(state) == [f"{MARKER}\none"]


def test_a_comment_whose_answer_was_lost_is_not_posted_twice(state):
    state.failures = [None, None, "lost"]
    publish(state, "one")
    assert bodies(state) == [f"{MARKER}\none"]


def test_a_server_that_stays_down_is_one_sentence_without_the_token(state):
    state.failures = [503] * 20
    with pytest.raises(MeasurementError, match="answered 503: try again later") as caught:
        publish(state, "one")
    assert TOKEN not in str(caught.value)


def test_a_token_that_may_only_read_fails_nothing(state):
    state.denies = ("POST", "PUT", "PATCH", "DELETE")
    assert publish(state, "one") is CommentOutcome.DENIED
    assert state.comments == []


def test_a_redirect_is_not_followed_with_the_token(state):
    state.failures = [302] * 20
    with pytest.raises(ImportcostError, match="answered 302"):
        publish(state, "one")


def test_two_runs_at_the_same_time_leave_one_comment(state):
    state.barrier = threading.Barrier(2)
    outcomes = []
    runs = [
        threading.Thread(target=lambda text=text: outcomes.append(publish(state, text)))
        for text in ("one", "two")
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    state.barrier = None
    assert len(outcomes) == 2
    publish(state, "three")
    assert bodies(state) == [f"{MARKER}\nthree"]


def test_a_server_that_dies_is_one_sentence():
    with serving("gitlab") as state:
        given = variables(state)
    place = comment_place("gitlab", given)
    with pytest.raises(MeasurementError, match=r"127\.0\.0\.1 does not answer"):
        publish_comment(place.host, MARKER, "one", sleep=lambda _: None)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_provider_is_told_by_its_variables(provider):
    with serving(provider) as state:
        given = variables(state)
    assert provider_of(given) == provider
    for name in [name for name in given if "TOKEN" in name.upper() or "ID" in name[-3:]]:
        with pytest.raises(UsageError, match=name):
            comment_place(provider, {**given, name: ""})


@pytest.mark.parametrize("given", [{}, {"TF_BUILD": "1", "GITLAB_CI": "1"}])
def test_an_unclear_provider_is_asked_for(given):
    with pytest.raises(UsageError, match="--provider"):
        provider_of(given)


def test_a_next_page_on_another_host_does_not_get_the_token():
    with serving("bitbucket") as state:
        for _ in range(150):
            state.add(OTHER, "talk")
        given = variables(state)
        state.address = "http://127.0.0.2:9"
        place = comment_place("bitbucket", given)
        with pytest.raises(MeasurementError, match="another host"):
            publish_comment(place.host, MARKER, "one", sleep=lambda _: None)


SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>'
REPORT = (
    "<!-- importcost-check -->\n### importcost: fine\n\n"
    "<!-- importcost-picture -->\n```text\n██\n```\n<!-- /importcost-picture -->\n"
)


def command(folder, state, *words):
    (folder / "m.md").write_text(REPORT)
    (folder / "c.svg").write_text(SVG)
    absent = dict.fromkeys(("GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD", "GITHUB_STEP_SUMMARY"))
    given = {**absent, **variables(state)}
    return run_here(folder, "comment", "m.md", *words, variables=given)


def test_the_command_posts_a_report_and_never_prints_the_token(state, tmp_path):
    for _ in range(2):
        done = command(tmp_path, state)
        assert done.returncode == 0, done.stderr
        assert TOKEN not in done.stdout + done.stderr
    (body,) = bodies(state)
    assert "importcost-comment importcost" in body.splitlines()[0]
    assert "importcost-check" not in body
    assert "██" in body
    state.denies = ("PUT", "PATCH", "POST")
    done = command(tmp_path, state)
    assert (done.returncode, "may not comment" in done.stderr) == (0, True)
    state.denies, state.failures = (), [400] * 9
    done = command(tmp_path, state)
    assert done.returncode == 3
    assert TOKEN not in done.stdout + done.stderr


def test_on_github_a_picture_is_kept_on_a_branch_and_shown(github, tmp_path):
    for _ in range(2):
        assert command(tmp_path, github, "--picture", "c.svg").returncode == 0
    (body,) = bodies(github)
    commit = github.refs["pictures"]
    assert f"![Init before and after](https://github.com/shop/orders/raw/{commit}/7/" in body
    assert "██" not in body
    assert github.objects[commit]["parents"]
    assert SVG in [one.get("content") for one in github.objects.values()]


def test_without_permission_the_bars_stay(github, tmp_path):
    github.denies = ("POST",)
    done = command(tmp_path, github, "--picture", "c.svg", "--no-post")
    assert done.returncode == 0
    assert "contents: write" in done.stderr
    assert (tmp_path / "m.md").read_text() == REPORT


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--picture", "none.svg"), "none.svg cannot be read"), (("--provider", "x"), "--provider")],
)
def test_bad_input_is_one_sentence(github, tmp_path, words, said):
    done = command(tmp_path, github, *words)
    assert done.returncode == 2
    assert said in done.stderr
