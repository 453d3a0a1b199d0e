from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.deferral.rewrite.edits import Edit, OverlapError, apply_edits


@st.composite
def texts_with_edits(draw):
    """Cut a text at random places and replace some of the pieces."""
    text = draw(st.text(max_size=60))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=12)))
    borders = [0, *cuts, len(text)]
    pieces, edits = [], []
    for start, end in pairwise(borders):
        new = draw(st.none() | st.text(max_size=5))
        if new is None or start == end:
            pieces.append(text[start:end])
        else:
            edits.append(Edit(start, end, new))
            pieces.append(new)
    return text, draw(st.permutations(edits)), "".join(pieces)


@given(texts_with_edits())
def test_edits_replace_their_pieces_and_nothing_else(case):
    text, edits, expected = case
    assert apply_edits(text, edits) == expected


@given(st.text("ab\r\n", max_size=30), st.data())
def test_insertions_keep_every_character_and_their_order(text, data):
    places = data.draw(st.lists(st.integers(0, len(text)), max_size=6))
    edits = [Edit(place, place, f"<{number}>") for number, place in enumerate(places)]
    result = apply_edits(text, edits)
    for place in set(places):
        assert "".join(edit.new for edit in edits if edit.start == place) in result
    for edit in edits:
        result = result.replace(edit.new, "", 1)
    assert result == text


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(0, 3, "x"), Edit(2, 4, "y")],
        [Edit(0, 3, "x"), Edit(0, 3, "y")],
        [Edit(0, 4, "x"), Edit(2, 2, "inside")],
        [Edit(2, 9, "beyond the end")],
        [Edit(3, 2, "backwards")],
    ],
)
def test_overlapping_edits_are_refused(edits):
    with pytest.raises(OverlapError):
        apply_edits("abcde", edits)


def test_a_replacement_given_twice_counts_once_but_insertions_add_up():
    assert apply_edits("abc", [Edit(1, 2, "x"), Edit(1, 2, "x")]) == "axc"
    assert apply_edits("abc", [Edit(1, 1, "x"), Edit(1, 1, "x")]) == "axxbc"


def test_an_insertion_may_touch_a_replacement_on_both_sides():
    edits = [Edit(1, 2, "B"), Edit(1, 1, "<"), Edit(2, 2, ">")]
    assert apply_edits("abc", edits) == "a<B>c"
