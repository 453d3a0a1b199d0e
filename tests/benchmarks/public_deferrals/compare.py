"""Compare an original's runs with a rewritten handler's, less what differs by itself."""

from __future__ import annotations

import json
import re
from typing import Any

LEAD = 200
SHOWN = 3000
"""Characters of what differs: before the first difference, and in all."""

VOLATILE = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I), "<uuid>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?([.,]\d+)?(Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\d{8}T\d{6}Z|\b20\d{6}\b"), "<time>"),
    (re.compile(r"\d\d:\d\d:\d\d(?:[.,]\d+)?"), "<time>"),
    (re.compile(r"\b1[789]\d{8}(?:\d{3,9}|\.\d+)?\b"), "<time>"),
    (re.compile(r"0x[0-9a-f]+"), "<address>"),
    (re.compile(r"\b[0-9a-f]{16,}\b"), "<hex>"),
    (re.compile(r"X-Amz-Signature=\w+|X-Amz-Credential=[^&\s\"]+"), "<signature>"),
    (re.compile(r"1-[0-9a-f]{8}-\w+"), "<trace>"),
    (re.compile(r"/tmp/tmp\w+|tmp[a-z0-9_]{8}"), "<temporary>"),
)  # fmt: skip
FIRST_USE = re.compile(r".*Found (credentials in environment|endpoint for \S+ via).*\n")
PLACES = (
    (re.compile(r"\bline \d+"), "line N"),
    # Stack traces quote lines of code, of which an edit changes some; in JSON, too.
    (re.compile(r"(, in [\w.<>]+(\\n|\n))(?:    (?:(?!\2)[^\n])*\2)+"), r"\1    CODE\2"),
    (re.compile(r'"statement":"(?:[^"\\]|\\.)*"'), '"statement":"CODE"'),
    (re.compile(r"(\.py|[\w.]+\"?):\d+"), r"\1:N"),
    (re.compile(r"\b\d+(?:\.\d+)?\b"), "N"),
)


def steady(text: str) -> str:
    """Return a text without what changes from run to run by its nature."""
    for pattern, name in VOLATILE:
        text = pattern.sub(name, text)
    return text


def without_first_use(text: str) -> str:
    """Return logs without what botocore says when it makes a client, whenever that is."""
    return FIRST_USE.sub("", text)


def rough(text: str) -> str:
    """Return logs without numbers either: an edit moves lines."""
    text = steady(without_first_use(text))
    for pattern, name in PLACES:
        text = pattern.sub(name, text)
    return text


def parts_of(run: dict[str, Any]) -> dict[str, Any]:
    """Return what is compared, by name: each call's answer, requests, logs and state."""
    result = run.get("result")
    if result is None:
        return {"end": "no end" if not run["ended"] else rough(run["said"][-2000:])}
    parts: dict[str, Any] = {"end": rough(run["said"])}
    imported = result["import"]
    parts["import"] = steady(json.dumps([imported.get("error"), imported.get("message")]))
    for number, one in enumerate(result.get("calls", ())):
        said = [one.get("answer"), one.get("error"), one.get("message")]
        parts[f"answer {number}"] = lines_gone(steady(json.dumps(said)))
        parts[f"output {number}"] = rough(one["output"])
        for name, held in one["state"].items():
            parts[f"state {number} {name}"] = held
    for mark, rows in requests_of(run["requests"]).items():
        parts[f"requests {mark}"] = rows
    return parts


def lines_gone(text: str) -> str:
    return re.sub(r"\bline \d+", "line N", text)


def requests_of(rows: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return the requests of each call, made steady."""
    found: dict[str, list[str]] = {}
    mark = "import"
    for row in rows:
        if "mark" in row:
            mark = row["mark"]
        else:
            found.setdefault(mark, []).append(steady(json.dumps(row, sort_keys=True)))
    return found


def differences(
    first: dict[str, Any], second: dict[str, Any], changed: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return what the changed handler's run has otherwise than both of the original's."""
    one, two, other = parts_of(first), parts_of(second), parts_of(changed)
    found = []
    for name in dict.fromkeys([*one, *other]):
        before, again, after = (parts.get(name) for parts in (one, two, other))
        if before != again:
            before, again, after = unordered(before), unordered(again), unordered(after)
            if before != again:
                continue
        if name.endswith((" containers", " subclasses")):
            before, after = both(before, after)
        elif name.endswith(" environment"):
            before, after = less(before, after)
        if before != after:
            one_text, other_text = json.dumps(before), json.dumps(after)
            pairs = enumerate(zip(one_text, other_text, strict=False))
            start = max(0, next((at for at, (a, b) in pairs if a != b), 0) - LEAD)
            shown = {"before": one_text[start:][:SHOWN], "after": other_text[start:][:SHOWN]}
            found.append({"part": name, **shown})
    return found


def unordered(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


def both(before: Any, after: Any) -> tuple[Any, Any]:
    """Return the entries that both have of modules that both have loaded.

    A getter takes an object's name away, and that is all that a name may lose.
    """
    before, after = before or {}, after or {}
    names = set(before) & set(after)
    if any(isinstance(before[name], dict) for name in names):
        pairs = {name: both(before[name], after[name]) for name in names}
        return {n: one for n, (one, _) in pairs.items()}, {n: two for n, (_, two) in pairs.items()}
    return {name: before[name] for name in names}, {name: after[name] for name in names}


def less(before: Any, after: Any) -> tuple[Any, Any]:
    """Return the entries that differ."""
    before, after = before or {}, after or {}
    names = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    return (
        {name: before.get(name) for name in names},
        {name: after.get(name) for name in names},
    )


def requests_made(run: dict[str, Any]) -> int:
    """Return how many requests to AWS a run made."""
    return sum("mark" not in row and row["service"] != "http" for row in run["requests"])
