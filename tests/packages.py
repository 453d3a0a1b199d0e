"""Installs made-up distributions by hand: no index, no installer."""

from __future__ import annotations

from pathlib import Path

from tests.harness import write_files


def installed(folder: Path, name: str, version: str = "1.0", **facts) -> None:
    """Install a distribution by hand: `needs` are its requirements, `files` what it brings."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {line}\n" for line in facts.get("needs", ()))
    extras = "".join(f"Provides-Extra: {extra}\n" for extra in facts.get("extras", ()))
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}{extras}"
    files = facts.get("files", (f"{name}.py",))
    texts = facts.get("texts", {})
    write_files(folder, {file: texts.get(file, "") for file in files})
    record = "".join(f"{file},,\n" for file in (*files, f"{info.name}/METADATA"))
    write_files(info, {"METADATA": text, "RECORD": record})
    if facts.get("requested"):
        (info / "REQUESTED").write_text("")
