"""Use case: defer imports in all functions of a project, each shared file edited once."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from importcost.app.defer.defer import Deferral, DeferRequest, defer_handler
from importcost.app.profile.request import Listener
from importcost.app.projects.listing import shown_place
from importcost.app.projects.requests import measurable_functions, request_for_function
from importcost.errors import ImportcostError
from importcost.files.journal import FileEdit
from importcost.model.advice import ImportFinding, VerdictKind
from importcost.model.results.project_deferral import (
    DeferredFunction,
    DeferredProject,
    EditedFile,
)
from importcost.projects.functions import CodeForm, DeployedProject, ProjectFunction


@dataclass(frozen=True, slots=True)
class FunctionDeferral:
    """One function's deferral, or the reason for having none.

    `held_back` is the reason why its edits are not among the project's, None if they are or if it
    has none.
    """

    function: ProjectFunction
    found: Deferral | None
    reason: str | None = None
    held_back: str | None = None

    @property
    def edits(self) -> tuple[FileEdit, ...]:
        """Return the edits that change a file."""
        edits = self.found.rewrite.edits if self.found is not None else ()
        return tuple(one for one in edits if one.before != one.after)

    @property
    def saved_ms(self) -> float:
        """Return what the best set saves of one cold start: as measured here, else as predicted."""
        advice = self.found.profile.advice if self.found is not None else None
        best = advice.best_set if advice is not None else None
        if best is None or not best.finding_ids:
            return 0.0
        proof = best.verification
        if proof is None:
            return best.exclusive_us / 1000
        if proof.failure is not None or proof.saving_us is None:
            return 0.0
        return proof.saving_us.value / 1000

    @property
    def is_verified(self) -> bool:
        """Return True if the saving was measured in pairs and holds."""
        advice = self.found.profile.advice if self.found is not None else None
        best = advice.best_set if advice is not None else None
        proof = best.verification if best is not None else None
        return proof is not None and proof.failure is None

    @property
    def figures(self) -> DeferredFunction:
        """Return the figures that reports show."""
        return DeferredFunction(
            self.function.name,
            self.saved_ms,
            self.is_verified,
            len(self.edits),
            self.held_back,
            self.reason,
        )


@dataclass(frozen=True, slots=True)
class SharedEdit:
    """The edit of one file, with the functions that load it and gain from it."""

    edit: FileEdit
    functions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProjectDeferral:
    """All functions of a project, those that gain most first, and the edits to write.

    `root` is the folder that holds every file to edit.
    """

    place: str
    functions: tuple[FunctionDeferral, ...]
    edits: tuple[SharedEdit, ...]
    root: str

    @property
    def result(self) -> DeferredProject:
        """Return the figures that reports show."""
        return DeferredProject(
            self.place,
            tuple(one.figures for one in self.functions),
            tuple(
                EditedFile(os.path.relpath(one.edit.path, self.root), one.functions)
                for one in self.edits
            ),
        )


class ManyListener(Listener, Protocol):
    """Receives the progress over several functions, too."""

    def functions_done(self, done: int, total: int, name: str) -> None:
        """Receive that a function is done."""


def defer_project(
    project: DeployedProject,
    request: DeferRequest,
    given: Collection[str],
    listener: ManyListener,
) -> ProjectDeferral:
    """Judge and prove the imports of each function, and join the edits of all.

    `request` has the options for each, `given` the fields that the user set. Raises UsageError if
    no function can be measured here; one that fails has its reason instead.
    """
    ready = measurable_functions(project)
    found = []
    for done, function in enumerate(ready, 1):
        listener.note(f"Function {done} of {len(ready)}: {function.name}.")
        found.append(_deferred(function, request, given, listener))
        listener.functions_done(done, len(ready), function.name)
    left = [FunctionDeferral(one, None, one.problem) for one in project.functions if one.problem]
    ranked = sorted(found, key=lambda one: -one.saved_ms)
    joined, edits = join_edits(ranked)
    return ProjectDeferral(
        shown_place(project), (*joined, *left), edits, _common_root(project.folder, edits)
    )


def _deferred(
    function: ProjectFunction, request: DeferRequest, given: Collection[str], listener: Listener
) -> FunctionDeferral:
    try:
        own = request_for_function(function, request.measure, given)
        return FunctionDeferral(function, defer_handler(replace(request, measure=own), listener))
    except ImportcostError as error:
        return FunctionDeferral(function, None, str(error))


def join_edits(
    functions: Sequence[FunctionDeferral],
) -> tuple[tuple[FunctionDeferral, ...], tuple[SharedEdit, ...]]:
    """Return the functions with what holds their edits back, and one edit for each file.

    The edits of a function are taken together or not at all. They are held back if a function that
    loads one of the files must not have the change, if they would edit a build instead of the
    sources, or if a file has another edit already.
    """
    taken: dict[Path, FileEdit] = {}
    users: dict[Path, list[str]] = {}
    joined = []
    for one in functions:
        why = _built(one) or _refused(one, functions) or _other_edit(one, taken, users)
        if why is None:
            for edit in one.edits:
                taken[edit.path] = edit
                users.setdefault(edit.path, []).append(one.function.name)
        joined.append(replace(one, held_back=why) if one.edits else one)
    return tuple(joined), tuple(
        SharedEdit(edit, tuple(users[path])) for path, edit in taken.items()
    )


def build_reason(function: ProjectFunction) -> str | None:
    """Return why a function's measured code must not be edited, None if it is the source itself."""
    code = function.code
    if code.form is CodeForm.ZIP:
        return f"its code is the ZIP {code.path}: change the sources that it is made of"
    if code.form is CodeForm.INLINE:
        return f"its code is written inline at {function.declared}: change it there"
    if code.is_built:
        return f"{code.path} is what a build made: change its sources and build again"
    return None


def _built(one: FunctionDeferral) -> str | None:
    return build_reason(one.function) if one.edits else None


def _refused(one: FunctionDeferral, functions: Sequence[FunctionDeferral]) -> str | None:
    """Return the reason why another function must not have one of the changes, or None."""
    for finding in _changed(one):
        for other in functions:
            if other is one or other.found is None or other.found.profile.advice is None:
                continue
            same = (
                judged
                for judged in other.found.profile.advice.findings
                if (judged.place.file, judged.place.line)
                == (finding.place.file, finding.place.line)
            )
            for judged in same:
                if judged.verdict.kind is VerdictKind.NOT_DEFERRABLE:
                    file = Path(finding.place.file).name
                    return (
                        f"{other.function.name} loads {file} line {finding.place.line}, too, and"
                        f" there it must stay: {judged.verdict.reason}"
                    )
    return None


def _changed(one: FunctionDeferral) -> tuple[ImportFinding, ...]:
    """Return the findings of a function's best set."""
    advice = one.found.profile.advice if one.found is not None else None
    if advice is None or advice.best_set is None:
        return ()
    return tuple(advice.findings[number] for number in advice.best_set.finding_ids)


def _other_edit(
    one: FunctionDeferral, taken: dict[Path, FileEdit], users: dict[Path, list[str]]
) -> str | None:
    for edit in one.edits:
        known = taken.get(edit.path)
        if known is not None and known.after != edit.after:
            return (
                f"{edit.path.name} gets the edit of {users[edit.path][0]}: run defer again once it"
                " is written"
            )
    return None


def _common_root(folder: str, edits: Sequence[SharedEdit]) -> str:
    """Return the folder that holds the project and every file to edit."""
    places = [str(one.edit.path.parent.resolve()) for one in edits]
    return os.path.commonpath([str(Path(folder).resolve()), *places])
