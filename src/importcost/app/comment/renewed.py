"""Use case: post one comment, or renew the one that an earlier run posted."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from importcost.app.comment.web_client import (
    ApiAbsentError,
    ApiBusyError,
    ApiConflictError,
    CommentDeniedError,
)

ATTEMPTS = 4
_PAUSE_S = 2.0


@dataclass(frozen=True, slots=True)
class PostedComment:
    """A comment of the token's own user: its id, ordered by age, and its text."""

    id: str
    age: tuple[int, ...]
    body: str


class CommentHost(Protocol):
    """A pull request's comments, as one provider has them."""

    def own_comments(self) -> list[PostedComment]:
        """Return the comments that the token's own user wrote."""

    def create(self, body: str) -> str:
        """Post a comment and return its id."""

    def renew(self, comment: str, body: str) -> None:
        """Replace the text of an own comment."""

    def remove(self, comment: str) -> None:
        """Remove an own comment."""


class CommentOutcome(str, Enum):
    """The end of publishing."""

    CREATED = "created"
    RENEWED = "renewed"
    DENIED = "denied"
    """The token may not comment, as in a pull request from a fork."""


def publish_comment(
    host: CommentHost, marker: str, text: str, sleep: Callable[[float], None] = time.sleep
) -> CommentOutcome:
    """Leave one own comment that starts with `marker`, with this text, and return what was done.

    Only comments that the token's user wrote and that start with the marker are touched. If two
    runs post at the same time, the older comment stays and both renew it. A busy server is asked
    four times. Raises MeasurementError if it does not answer after that.
    """
    body = f"{marker}\n{text}"
    for attempt in range(ATTEMPTS):
        if attempt:
            sleep(_PAUSE_S * 2 ** (attempt - 1))
        try:
            return _understood(host, marker, body)
        except CommentDeniedError:
            return CommentOutcome.DENIED
        # Gone between looking and writing: another run removed its duplicate.
        except (ApiBusyError, ApiConflictError, ApiAbsentError):
            # A failed answer may hide a comment that was made: look again before posting another.
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError


def _understood(host: CommentHost, marker: str, body: str) -> CommentOutcome:
    """Publish; an answer in another form than the documented one is that of a failing server."""
    try:
        return _published(host, marker, body)
    except (LookupError, TypeError, AttributeError, ValueError):
        raise ApiBusyError(
            "The server's answer does not have the documented form: check the address that the CI "
            "server sets."
        ) from None


def _published(host: CommentHost, marker: str, body: str) -> CommentOutcome:
    mine = _with_marker(host, marker)
    if mine:
        host.renew(mine[0].id, body)
        _remove(host, mine[1:])
        return CommentOutcome.RENEWED
    made = host.create(body)
    mine = _with_marker(host, marker)
    if not mine or mine[0].id == made:
        return CommentOutcome.CREATED
    # Another run was first: its comment stays, with what is newest.
    host.renew(mine[0].id, body)
    _remove(host, [one for one in mine[1:] if one.id == made])
    return CommentOutcome.RENEWED


def _with_marker(host: CommentHost, marker: str) -> list[PostedComment]:
    found = [one for one in host.own_comments() if one.body.startswith(marker)]
    return sorted(found, key=lambda one: one.age)


def _remove(host: CommentHost, comments: list[PostedComment]) -> None:
    for one in comments:
        with contextlib.suppress(
            ApiAbsentError, CommentDeniedError
        ):  # the other run did, or it may not
            host.remove(one.id)
