"""Keep a picture on a branch of its own on GitHub, so that a comment can show it."""

from __future__ import annotations

from importcost.app.comment.hosts import GitHubComments
from importcost.app.comment.web_client import ApiAbsentError, ApiConflictError, CommentDeniedError

BRANCH = "importcost-pictures"
_ATTEMPTS = 5


def picture_address(comments: GitHubComments, server: str, name: str, svg: str) -> str | None:
    """Commit a picture and return the address that shows it; None if the token may not.

    The branch shares no history with the code. The address has the commit, so that no copy of an
    older picture is shown. Raises MeasurementError if GitHub does not answer.
    """
    ask, place = comments.client.ask, f"repos/{comments.repository}/git"
    path = f"{comments.number}/{name}.svg"
    try:
        blob = ask("POST", f"{place}/blobs", {"content": svg, "encoding": "utf-8"}).data["sha"]
        for _ in range(_ATTEMPTS):
            before = _head(comments, place)
            entry = {"path": path, "mode": "100644", "type": "blob", "sha": blob}
            based = {} if before is None else {"base_tree": before}
            tree = ask("POST", f"{place}/trees", {**based, "tree": [entry]}).data["sha"]
            message = f"Picture for pull request {comments.number}"
            parents = [] if before is None else [before]
            commit = ask(
                "POST", f"{place}/commits", {"message": message, "tree": tree, "parents": parents}
            ).data["sha"]
            try:
                _move(comments, place, before, commit)
            except ApiConflictError:  # another run was faster
                continue
            return f"{server.rstrip('/')}/{comments.repository}/raw/{commit}/{path}"
    except (CommentDeniedError, ApiAbsentError):
        return None
    return None


def _head(comments: GitHubComments, place: str) -> str | None:
    try:
        found = comments.client.ask("GET", f"{place}/ref/heads/{BRANCH}").data
    except (ApiAbsentError, ApiConflictError):
        return None
    return str(found["object"]["sha"])


def _move(comments: GitHubComments, place: str, before: str | None, commit: str) -> None:
    if before is None:
        made = {"ref": f"refs/heads/{BRANCH}", "sha": commit}
        comments.client.ask("POST", f"{place}/refs", made)
    else:
        comments.client.ask(
            "PATCH", f"{place}/refs/heads/{BRANCH}", {"sha": commit, "force": False}
        )
