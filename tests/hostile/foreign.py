"""What foreign text may do to whoever reads an output, and what shows that it does not."""

from __future__ import annotations

import csv
import io
import json
import pstats
import re
import tempfile
import unicodedata
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

ATTACKS = {
    "escape": "a\x1b]0;pwn\x07\x1b[31mred\x9b2Jb",
    "direction": "a\u202eb\u2066c\u200bd\u2028e\ufefff",
    "github": "::error file=x::inj",
    "github on a line of its own": "a\n::set-output name=x::y\r::add-mask::z\u2028::error::w",
    "github's older form": "a ##[error]inj",
    "azure": "##vso[task.setvariable variable=x]y",
    "teamcity": "##teamcity[buildStatus status='SUCCESS']",
    "html": "<img src=x onerror=alert(1)></script><script>alert(2)</script>",
    "svg": "]]><svg/onload=alert(1)><!--",
    "markdown": "[a](http://e.example)![b](http://e.example/i) | `c` @user #1 **d**",
    "formula": "=cmd|' /C calc'!A0",
    "formula within": "a;=1+1",
    "formula after a space": "  @SUM(1)",
    "sign": "-1+1|cmd",
}
_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_COMMAND = re.compile(r"^\s*::\s*[A-Za-z]|##(?:\w*\[)")
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")


def unseen(text: str) -> list[str]:
    """Return the controls, escapes and invisible signs in a text, without its line ends."""
    found = (sign for sign in text if sign not in "\n\t" and unicodedata.category(sign)[0] == "C")
    return sorted({repr(sign) for sign in found} | set(re.findall("[\u2028\u2029]", text)))


def commands(text: str) -> list[str]:
    """Return the lines that a CI server would carry out."""
    return [line for line in text.splitlines() if _COMMAND.search(line)]


def on_a_terminal(text: str, *, annotates: bool = False) -> list[str]:
    """Return what a terminal or the log of a CI server would take for more than text."""
    lines = text.split("\n")
    if annotates:  # importcost's own commands, of which each is one line
        own = re.compile(r"::(error|warning|notice) [^:\n]*::[^\n]*")
        lines = [line for line in lines if not own.fullmatch(line)]
    text = _STYLE.sub("", "\n".join(lines))
    return unseen(text) + commands(text)


class _Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found += [tag, *(name for name, _ in attrs if name.startswith("on"))]


def in_json(text: str) -> list[str]:
    json.loads(text)
    return unseen(text) + re.findall(r"##\w*\[", text)


def in_html(text: str) -> list[str]:
    data = re.findall(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)
    strings = [one for part in data for one in _strings(json.loads(part))]
    elements = [name for name in _Elements(text).found if name in ("img", "onerror", "onload")]
    return unseen(text) + elements + [sign for one in strings for sign in unseen(one)]


def _strings(data) -> list[str]:
    if isinstance(data, str):
        return [data]
    if isinstance(data, dict):
        data = [*data, *data.values()]
    return [one for part in data for one in _strings(part)] if isinstance(data, list) else []


def in_xml(text: str) -> list[str]:
    tags = {one.tag.rpartition("}")[2] for one in ElementTree.fromstring(text).iter()}
    texts = "\n".join(ElementTree.fromstring(text).itertext())
    return unseen(texts) + sorted(tags & {"img", "script"}) + commands(text)


def in_csv(text: str) -> list[str]:
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    numbers = re.compile(r"-?[0-9.,e+]*$")
    parts = [part for cell in cells for part in cell.split(";")]
    started = [part for part in parts if _FORMULA.match(part) and not numbers.match(part)]
    return unseen(text.replace("\r\n", "\n")) + started + commands("\n".join(cells))


def in_markdown(text: str) -> list[str]:
    outside = re.sub(r"`[^`\n]*`", "", text)
    links = re.findall(r"\]\(http://e|(?<![&\w])@user|(?<![&\w])#1\b|\*\*d", outside)
    tags = [name for name in _Elements(outside).found if name in ("img", "script", "svg")]
    return unseen(text) + links + tags + commands(text)


def in_lines(text: str) -> list[str]:
    return unseen(text) + commands(text)


def in_pstats(data: bytes) -> list[str]:
    with tempfile.NamedTemporaryFile(suffix=".prof") as file:
        Path(file.name).write_bytes(data)
        keys = pstats.Stats(file.name).stats
    return unseen(" ".join(part for key in keys for part in (key[0], key[2])))


CHECKS = {
    ".json": in_json, ".sarif": in_json, ".html": in_html, ".svg": in_xml, ".xml": in_xml,
    ".csv": in_csv, ".md": in_markdown, ".folded": in_lines,
}  # fmt: skip


def harm(path: Path) -> list[str]:
    """Return what in a written file is more than text to what it is for."""
    if path.suffix == ".prof":
        return in_pstats(path.read_bytes())
    return CHECKS[path.suffix](path.read_text("utf-8"))
