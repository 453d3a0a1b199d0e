"""The deferrals of all functions of a project, as reports show them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeferredFunction:
    """One function with what its changes save of a cold start here, or the reason for none.

    `is_verified` is True if the saving was measured in pairs and holds. `files` counts its edits.
    `held_back` is the reason why they are not among the project's, None if they are. `reason` says
    why the function could not be judged.
    """

    name: str
    saved_ms: float = 0.0
    is_verified: bool = False
    files: int = 0
    held_back: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class EditedFile:
    """A file that is edited once, relative to the project, with the functions that gain."""

    path: str
    functions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeferredProject:
    """All functions of a project, those that gain most first, and the files to edit."""

    place: str
    functions: tuple[DeferredFunction, ...]
    files: tuple[EditedFile, ...]
