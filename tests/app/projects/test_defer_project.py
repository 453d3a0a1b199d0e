"""The edits of a project's functions are joined: each file once, and none that harms a function."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from importcost.app.projects.defer_project import FunctionDeferral, build_reason, join_edits
from importcost.files.journal import FileEdit
from importcost.model.advice import DeferStyle, DeferVerdict, SourcePlace, VerdictKind
from importcost.projects.functions import CodeForm, FunctionCode, ProjectFunction, SourceLine

SHARED = Path("/shop/src/shared.py")


def function(name, **code):
    held = FunctionCode(**{"form": CodeForm.FOLDER, "path": "/shop/src", **code})
    return ProjectFunction(name, SourceLine("/shop/template.yaml", 3), code=held)


def finding(line=3, kind=VerdictKind.DEFERRABLE, file=SHARED, reason="it may move"):
    style = DeferStyle.FUNCTION if kind is VerdictKind.DEFERRABLE else None
    return SimpleNamespace(
        place=SourcePlace(str(file), line, line, 0), verdict=DeferVerdict(kind, reason, style=style)
    )


def deferral(name, edits=None, findings=(), saved_us=20_000, **code):
    """Return a function's deferral that changes files to these texts."""
    changes = [n for n, one in enumerate(findings) if one.verdict.style is not None]
    best = SimpleNamespace(finding_ids=tuple(changes), exclusive_us=saved_us, verification=None)
    found = SimpleNamespace(
        rewrite=SimpleNamespace(
            edits=tuple(FileEdit(path, b"old", text) for path, text in (edits or {}).items())
        ),
        profile=SimpleNamespace(advice=SimpleNamespace(findings=tuple(findings), best_set=best)),
    )
    return FunctionDeferral(function(name, **code), found)


def reasons(functions):
    return {one.function.name: one.held_back for one in functions}


def test_a_file_that_two_functions_change_alike_is_edited_once():
    own = Path("/shop/src/add.py")
    joined, edits = join_edits(
        [
            deferral("Add", {SHARED: b"new", own: b"mine"}, [finding()]),
            deferral("Show", {SHARED: b"new"}, [finding()]),
        ]
    )
    assert reasons(joined) == {"Add": None, "Show": None}
    assert [(one.edit.path, one.functions) for one in edits] == [
        (SHARED, ("Add", "Show")),
        (own, ("Add",)),
    ]


def test_a_second_edit_of_a_file_waits_for_the_first_and_takes_none_of_its_files():
    own = Path("/shop/src/show.py")
    joined, edits = join_edits(
        [
            deferral("Add", {SHARED: b"new"}, [finding()]),
            deferral("Show", {own: b"mine", SHARED: b"other"}, [finding()]),
        ]
    )
    assert reasons(joined)["Show"] == (
        "shared.py gets the edit of Add: run defer again once it is written"
    )
    assert [one.edit.path for one in edits] == [SHARED]


def test_a_change_that_another_function_must_not_have_is_held_back():
    stays = finding(kind=VerdictKind.NOT_DEFERRABLE, reason="its handler reads the environment")
    joined, edits = join_edits(
        [deferral("Add", {SHARED: b"new"}, [finding()]), deferral("Show", {}, [stays])]
    )
    assert edits == ()
    assert reasons(joined) == {
        "Add": "Show loads shared.py line 3, too, and there it must stay: its handler reads the"
        " environment",
        "Show": None,
    }


@pytest.mark.parametrize("other", [finding(line=4), finding(file=Path("/shop/src/other.py"))])
def test_a_refusal_of_another_import_holds_nothing_back(other):
    refused = SimpleNamespace(
        place=other.place, verdict=DeferVerdict(VerdictKind.NOT_DEFERRABLE, "it must stay")
    )
    joined, edits = join_edits(
        [deferral("Add", {SHARED: b"new"}, [finding()]), deferral("Show", {}, [refused])]
    )
    assert len(edits) == 1
    assert set(reasons(joined).values()) == {None}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ({"form": CodeForm.ZIP, "path": "/shop/code.zip"}, "its code is the ZIP /shop/code.zip"),
        ({"form": CodeForm.INLINE}, "written inline at /shop/template.yaml line 3"),
        ({"is_built": True}, "/shop/src is what a build made"),
    ],
)
def test_what_a_build_made_is_not_edited(code, words):
    joined, edits = join_edits([deferral("Add", {SHARED: b"new"}, [finding()], **code)])
    assert edits == ()
    assert words in joined[0].held_back
    assert build_reason(function("Add")) is None


def test_the_saving_is_as_measured_and_nothing_if_it_does_not_hold():
    one = deferral("Add", {SHARED: b"new"}, [finding()], saved_us=30_000)
    assert (one.saved_ms, one.is_verified) == (30.0, False)
    best = one.found.profile.advice.best_set
    best.verification = SimpleNamespace(failure=None, saving_us=SimpleNamespace(value=21_500))
    assert (one.saved_ms, one.is_verified) == (21.5, True)
    best.verification = SimpleNamespace(failure="it saves nothing", saving_us=None)
    assert (one.saved_ms, one.is_verified) == (0.0, False)
    assert replace(one, found=None).saved_ms == 0.0
