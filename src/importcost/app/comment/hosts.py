"""The comments of a pull request on GitHub, GitLab, Bitbucket and Azure DevOps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from importcost.app.comment.renewed import PostedComment
from importcost.app.comment.web_client import ApiAbsentError, CommentDeniedError, WebClient
from importcost.errors import MeasurementError

_PAGE = 100
_MOST_PAGES = 200


def _pages(client: WebClient, path: str) -> Iterator[Any]:
    """Yield the items of numbered pages, as GitHub and GitLab have them."""
    joint = "&" if "?" in path else "?"
    for number in range(1, _MOST_PAGES + 1):
        items = client.ask("GET", f"{path}{joint}per_page={_PAGE}&page={number}").data
        if not isinstance(items, list):
            raise MeasurementError("The server's list of comments is not a list: try again later.")
        yield from items
        if len(items) < _PAGE:
            return


def _user(client: WebClient, path: str) -> dict[str, Any] | None:
    """Return the token's own user; None if the token may not ask."""
    try:
        found = client.ask("GET", path).data
    except (CommentDeniedError, ApiAbsentError):
        return None
    return found if isinstance(found, dict) else None


class _NotesAt:
    """Notes whose list and items have one place, as on GitLab and Bitbucket."""

    __slots__ = ()
    client: WebClient

    @property
    def _place(self) -> str:
        raise NotImplementedError

    @staticmethod
    def _written(body: str) -> dict[str, Any]:
        """Return a note as the host takes it."""
        return {"body": body}

    def create(self, body: str) -> str:
        """Post a note and return its id."""
        return str(self.client.ask("POST", self._place, self._written(body)).data["id"])

    def renew(self, comment: str, body: str) -> None:
        """Replace a note's text."""
        self.client.ask("PUT", f"{self._place}/{comment}", self._written(body))

    def remove(self, comment: str) -> None:
        """Remove a note."""
        self.client.ask("DELETE", f"{self._place}/{comment}")


@dataclass(frozen=True, slots=True)
class GitHubComments:
    """Comments of `repos/OWNER/NAME/issues/NUMBER`."""

    client: WebClient
    repository: str
    number: str

    def own_comments(self) -> list[PostedComment]:
        """Return the own comments. A job's token has no user that it may ask for: it is a bot."""
        user = _user(self.client, "user")
        place = f"repos/{self.repository}/issues/{self.number}/comments"
        return [
            PostedComment(str(one["id"]), (int(one["id"]),), str(one.get("body") or ""))
            for one in _pages(self.client, place)
            if self._is_own(one.get("user") or {}, user)
        ]

    @staticmethod
    def _is_own(author: Mapping[str, Any], user: Mapping[str, Any] | None) -> bool:
        if user is not None:
            return author.get("id") == user.get("id")
        return author.get("type") == "Bot"

    def create(self, body: str) -> str:
        """Post a comment and return its id."""
        place = f"repos/{self.repository}/issues/{self.number}/comments"
        return str(self.client.ask("POST", place, {"body": body}).data["id"])

    def renew(self, comment: str, body: str) -> None:
        """Replace a comment's text."""
        place = f"repos/{self.repository}/issues/comments/{comment}"
        self.client.ask("PATCH", place, {"body": body})

    def remove(self, comment: str) -> None:
        """Remove a comment."""
        self.client.ask("DELETE", f"repos/{self.repository}/issues/comments/{comment}")


@dataclass(frozen=True, slots=True)
class GitLabNotes(_NotesAt):
    """Notes of a merge request."""

    client: WebClient
    project: str
    number: str

    @property
    def _place(self) -> str:
        return f"projects/{quote(self.project, safe='')}/merge_requests/{self.number}/notes"

    def own_comments(self) -> list[PostedComment]:
        """Return the own notes; none if the token's user is not known."""
        user = _user(self.client, "user")
        return [
            PostedComment(str(one["id"]), (int(one["id"]),), str(one.get("body") or ""))
            for one in _pages(self.client, f"{self._place}?sort=asc&order_by=created_at")
            if user is not None
            and not one.get("system")
            and (one.get("author") or {}).get("id") == user.get("id")
        ]


@dataclass(frozen=True, slots=True)
class BitbucketComments(_NotesAt):
    """Comments of a pull request on Bitbucket Cloud."""

    client: WebClient
    repository: str
    number: str

    @property
    def _place(self) -> str:
        return f"repositories/{self.repository}/pullrequests/{self.number}/comments"

    @staticmethod
    def _written(body: str) -> dict[str, Any]:
        return {"content": {"raw": body}}

    def own_comments(self) -> list[PostedComment]:
        """Return the own comments; none if the token's user is not known."""
        user = _user(self.client, "user")
        found, place = [], f"{self._place}?pagelen={_PAGE}"
        for _ in range(_MOST_PAGES):
            page = self.client.ask("GET", place).data
            for one in page.get("values", ()):
                is_own = user is not None and _uuid(one.get("user")) == _uuid(user)
                if is_own and not one.get("deleted") and "inline" not in one:
                    body = str((one.get("content") or {}).get("raw") or "")
                    found.append(PostedComment(str(one["id"]), (int(one["id"]),), body))
            place = page.get("next")
            if not place:
                break
        return found


def _uuid(user: Any) -> Any:
    return user.get("uuid") if isinstance(user, dict) and user.get("uuid") else object()


@dataclass(frozen=True, slots=True)
class AzureThreads:
    """Threads of a pull request on Azure DevOps; an id is a thread's and its comment's."""

    client: WebClient
    place: str
    """The project's part of the address: PROJECT/_apis/git/repositories/ID/pullRequests/NUMBER."""

    def own_comments(self) -> list[PostedComment]:
        """Return the first comments of threads that the token's own user started."""
        known = _user(self.client, "_apis/connectionData") or {}
        own = (known.get("authenticatedUser") or {}).get("id")
        found = []
        for thread in self.client.ask("GET", self._at("threads")).data.get("value", ()):
            for one in (thread.get("comments") or ())[:1]:
                if own and not one.get("isDeleted") and (one.get("author") or {}).get("id") == own:
                    number = f"{thread['id']}/{one['id']}"
                    body = str(one.get("content") or "")
                    found.append(PostedComment(number, (int(thread["id"]),), body))
        return found

    def create(self, body: str) -> str:
        """Start a thread, closed so that it holds up nothing, and return its id."""
        comment = {"parentCommentId": 0, "content": body, "commentType": 1}
        made = self.client.ask("POST", self._at("threads"), {"comments": [comment], "status": 4})
        return f"{made.data['id']}/{made.data['comments'][0]['id']}"

    def renew(self, comment: str, body: str) -> None:
        """Replace a comment's text."""
        thread, _, number = comment.partition("/")
        place = self._at(f"threads/{thread}/comments/{number}")
        self.client.ask("PATCH", place, {"content": body})

    def remove(self, comment: str) -> None:
        """Remove a thread's only comment."""
        thread, _, number = comment.partition("/")
        self.client.ask("DELETE", self._at(f"threads/{thread}/comments/{number}"))

    def _at(self, rest: str) -> str:
        return f"{self.place}/{rest}?api-version=7.1"
