"""Resolve the variables of a serverless.yml: `${self:custom.x}`, `${opt:stage, 'dev'}`, nested.

The sources are those of the framework's documentation (variables, read 2026-11-30):
https://www.serverless.com/framework/docs/guides/variables
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from importcost.errors import UsageError
from importcost.projects.documents import DocumentTable, read_document
from importcost.projects.placeholders import ACCOUNT, OpenText, plain_placeholder
from importcost.projects.places import inside

MAX_STEPS = 200_000
MAX_NESTED = 60
MAX_CHARACTERS = 20_000_000
"""Characters that the variables of one service may make together."""
_INNERMOST = re.compile(r"\$\{([^${}]*)\}")
_ADDRESS = re.compile(r"(?P<source>[A-Za-z]+)(?:\((?P<argument>[^)]*)\))?(?::(?P<address>.*))?")
# A quote or bracket that nothing closes reaches to the end: else each is looked for again.
_PARTS = re.compile(r"""('[^']*'?|"[^"]*"?|\([^)]*\)?|[^,])+""")
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
_KEPT = "\0{"
"""Stands for a `${` that is CloudFormation's own, such as `${AWS::Region}`."""
_IN_THE_CLOUD = {
    "ssm": "the Parameter Store holds it",
    "cf": "another stack's output holds it",
    "s3": "an object in S3 holds it",
    "aws": "it is known only in the cloud",
    "git": "the repository's state tells it",
    "doppler": "a secret store holds it",
    "vault": "a secret store holds it",
    "terraform": "Terraform's state holds it",
    "output": "another service's output holds it",
}
_LITERALS = {"true": True, "false": False, "null": None}


@dataclass(slots=True)
class ServiceVariables:
    """The sources of a service's variables; `service` is its raw document.

    `given` are the user's values for options, parameters and environment variables alike. Values of
    this machine's own environment are never read: they may be secrets.
    """

    service: Mapping[str, Any]
    folder: Path
    top: Path
    stage: str | None = None
    region: str | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    _files: dict[Path, Any] = field(default_factory=dict)
    _steps: int = 0
    _depth: int = 0
    _characters: int = 0
    _busy: set[str] = field(default_factory=set)

    def resolved(self, raw: Any) -> Any:
        """Return a raw value with every variable in it resolved.

        Raises UsageError for a service that expands without end.
        """
        self._steps += 1
        self._depth += 1
        try:
            if self._steps > MAX_STEPS or self._characters > MAX_CHARACTERS:
                raise self._endless()
            if self._depth > MAX_NESTED:
                return plain_placeholder("its variable contains itself")
            if isinstance(raw, dict):
                table = DocumentTable(line=getattr(raw, "line", 1))
                table.lines = getattr(raw, "lines", {})
                for key, one in raw.items():
                    table[str(key)] = self.resolved(one)
                return table
            if isinstance(raw, list):
                return [self.resolved(one) for one in raw]
            return self._text_once(raw) if isinstance(raw, str) and "${" in raw else raw
        finally:
            self._depth -= 1

    def _text_once(self, raw: str) -> Any:
        """Return a text's value; met again on the way to it, the text contains itself."""
        if raw in self._busy:
            return plain_placeholder("its variable contains itself")
        self._busy.add(raw)
        try:
            return self._text(raw)
        finally:
            self._busy.discard(raw)

    def _endless(self) -> UsageError:
        return UsageError(
            f"{self.folder} has variables that expand without end: correct serverless.yml."
        )

    def _text(self, raw: str) -> Any:
        text, reason = raw, None
        for _ in range(MAX_NESTED):
            match = _INNERMOST.search(text)
            if match is None:
                break
            found = self._variable(match[1], match[0])
            if match.span() == (0, len(text)) and not isinstance(found, str):
                return found
            if isinstance(found, dict | list):
                found = plain_placeholder("a table or list stands inside a text")
            if isinstance(found, OpenText):
                reason = reason or found.reason
            self._characters += len(text)
            if self._characters > MAX_CHARACTERS:
                raise self._endless()
            text = text[: match.start()] + _shown(found) + text[match.end() :]
        text = text.replace(_KEPT, "${")
        return OpenText(text, reason) if reason else text

    def _variable(self, inner: str, whole: str) -> Any:
        """Return the first of a variable's alternatives that is there."""
        parts = [part[0].strip() for part in _PARTS.finditer(inner)]
        if not parts or not self._is_variable(parts[0]):
            return whole.replace("${", _KEPT)
        opened: OpenText | None = None
        for part in parts:
            found = self._alternative(part)
            if isinstance(found, OpenText) and found == plain_placeholder(""):
                opened = opened or found
            elif found is not None:
                return found
        return opened or plain_placeholder(f"nothing gives {inner.strip()[:60]}")

    def _is_variable(self, text: str) -> bool:
        match = _ADDRESS.fullmatch(text)
        if match is None:
            return False
        has_address = match["address"] is not None or match["argument"] is not None
        return has_address and not (match["address"] or "").startswith(":")

    def _alternative(self, text: str) -> Any:
        if text[:1] in ("'", '"'):
            return text.strip("'\"")
        if text in _LITERALS:
            return _LITERALS[text]
        if _WHOLE_NUMBER.fullmatch(text):
            return int(text)
        match = _ADDRESS.fullmatch(text)
        if match is None or not self._is_variable(text):
            return text or None
        source, address = match["source"], match["address"] or ""
        if source in ("self", "file", "opt", "param", "env", "sls", "strToBool"):
            return getattr(self, f"_from_{source.lower()}")(address, match["argument"])
        if source == "aws" and address == "region":
            return self.region
        if source == "aws" and address == "accountId":
            return OpenText(ACCOUNT, "the account is known only in the cloud")
        return plain_placeholder(_IN_THE_CLOUD.get(source, f"{source} is not read"))

    def _from_self(self, address: str, _argument: str | None) -> Any:
        return self._at(self.service, address)

    def _from_opt(self, address: str, _argument: str | None) -> Any:
        known = {"stage": self.stage, "region": self.region}
        return self.given.get(address, known.get(address))

    def _from_param(self, address: str, _argument: str | None) -> Any:
        if address in self.given:
            return self.given[address]
        stage = self._stage()
        for place in (f"stages.{stage}.params", f"params.{stage}", "stages.default.params",
                      "params.default"):  # fmt: skip
            found = self._at(self.service, f"{place}.{address}")
            if found is not None:
                return found
        return None

    def _from_env(self, address: str, _argument: str | None) -> Any:
        found = self.given.get(address)
        return plain_placeholder(f"{address} of the environment") if found is None else found

    def _from_sls(self, address: str, _argument: str | None) -> Any:
        if address == "stage":
            return self._stage()
        return plain_placeholder(f"sls:{address} is made when it is deployed")

    def _from_strtobool(self, _address: str, argument: str | None) -> Any:
        text = (argument or "").strip("'\" ").lower()
        return text in ("true", "1", "yes", "y", "t", "on")

    def _from_file(self, address: str, argument: str | None) -> Any:
        name = (argument or "").strip().strip("'\"")
        path = inside(name.removeprefix("~/"), self.folder, self.top, f"{self.folder}: ${{file()}}")
        if path.suffix not in (".yml", ".yaml", ".json"):
            return plain_placeholder(f"{name} is code or text, which is not run")
        if not path.is_file():
            return None
        if path not in self._files:
            self._files[path] = read_document(path)
        found = self._files[path]
        return self._at(found, address) if address else self.resolved(found)

    def _stage(self) -> str:
        if self.stage is not None:
            return self.stage
        provider = self.service.get("provider")
        raw = provider.get("stage") if isinstance(provider, dict) else None
        if isinstance(raw, str) and "sls:stage" not in raw:
            found = self.resolved(raw)
            return found if isinstance(found, str) and not isinstance(found, OpenText) else "dev"
        return "dev"

    def _at(self, data: Any, address: str) -> Any:
        """Return what lies at a dotted address, resolving what stands on the way."""
        found = data
        for key in filter(None, address.split(".")):
            if isinstance(found, str):
                found = self.resolved(found)
            if isinstance(found, dict):
                found = found.get(key)
            elif (
                isinstance(found, list)
                and _WHOLE_NUMBER.fullmatch(key)
                and 0 <= int(key) < len(found)
            ):
                found = found[int(key)]
            else:
                return found if isinstance(found, OpenText) else None
        return self.resolved(found)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
