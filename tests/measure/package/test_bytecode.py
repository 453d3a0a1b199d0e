"""The bytecode of a package, as Lambda's Python will find it: version, date, size and hash."""

from __future__ import annotations

import importlib.util
import os
import py_compile
import subprocess
import sys
from pathlib import Path
from py_compile import PycInvalidationMode

import pytest

from importcost.measure.package.bytecode import BytecodeReader, BytecodeTally, PackedFolder
from importcost.measure.package.loaded import LoadedPaths
from importcost.measure.package.packagers import known_packagers, packager_of
from importcost.measure.package.paths import bytecode_of_source, source_of_bytecode
from importcost.model.package.bytecode import ShippedState
from tests.harness import interpreters, write_files
from tests.measure.package.test_contents import graph_of

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
OTHER = "3.14" if HERE != "3.14" else "3.13"
EVEN_S = 1_700_000_000


def compiled(folder: Path, mode: PycInvalidationMode, name: str = "app.py") -> Path:
    """Write a source of a fixed, even date and compile it."""
    source = write_files(folder, {name: "x = 1\n"}) / name
    os.utime(source, (EVEN_S, EVEN_S))
    py_compile.compile(str(source), invalidation_mode=mode, doraise=True)
    return source


def state(source: Path, packed: PackedFolder | None = None, python: str = HERE) -> ShippedState:
    packed = packed or PackedFolder(str(source.parent), is_archive=True)
    return BytecodeReader(python).state(str(source), source.stat(), packed)


def test_a_timestamp_holds_only_with_the_date_that_lambda_sees(tmp_path):
    source = compiled(tmp_path, PycInvalidationMode.TIMESTAMP)
    folder = str(tmp_path)
    assert state(source) is ShippedState.VALID
    sam = known_packagers()["sam"].zip_moment_s
    assert state(source, PackedFolder(folder, False, sam)) is ShippedState.OTHER_DATE
    # A ZIP keeps dates in steps of two seconds: one that is even stays, one that is odd does not.
    assert state(source, PackedFolder(folder, False)) is ShippedState.VALID
    os.utime(source, (EVEN_S + 1, EVEN_S + 1))
    py_compile.compile(str(source), invalidation_mode=PycInvalidationMode.TIMESTAMP)
    assert state(source) is ShippedState.VALID
    assert state(source, PackedFolder(folder, False)) is ShippedState.OTHER_DATE


def test_a_timestamp_of_another_size_is_stale_whatever_the_date(tmp_path):
    source = compiled(tmp_path, PycInvalidationMode.TIMESTAMP)
    source.write_text("x = 1234\n")
    os.utime(source, (EVEN_S, EVEN_S))
    assert state(source) is ShippedState.OTHER_SIZE


@pytest.mark.parametrize(
    ("mode", "after_change"),
    [
        (PycInvalidationMode.UNCHECKED_HASH, ShippedState.OLD_CODE),
        (PycInvalidationMode.CHECKED_HASH, ShippedState.OTHER_SOURCE),
    ],
)
def test_hashes_hold_at_any_date_but_not_for_another_source(tmp_path, mode, after_change):
    source = compiled(tmp_path, mode)
    os.utime(source, (1, 1))
    assert state(source) is ShippedState.HASHED
    assert not ShippedState.HASHED.is_compiled
    source.write_text("x = 2\n")
    assert state(source) is after_change


def test_bytecode_of_another_python_is_named_as_such(tmp_path):
    source = compiled(tmp_path, PycInvalidationMode.UNCHECKED_HASH)
    assert state(source, python=OTHER) is ShippedState.OTHER_PYTHON
    cached = Path(importlib.util.cache_from_source(str(source)))
    data = bytearray(cached.read_bytes())
    data[0] ^= 1  # the tag of this version, the number of another: a preview's
    cached.write_bytes(bytes(data))
    assert state(source) is ShippedState.OTHER_PYTHON
    cached.write_bytes(bytes(data[:10]))  # cut
    assert state(source) is ShippedState.OTHER_PYTHON
    cached.unlink()
    assert state(source) is ShippedState.MISSING


@pytest.mark.unhurried
def test_the_known_magic_numbers_are_those_of_the_interpreters_here(tmp_path):
    for python in interpreters():
        folder = tmp_path / python.strip("/").replace("/", "-")
        write_files(folder, {"app.py": "x = 1\n"})
        line = "import sys; print('%d.%d' % sys.version_info[:2])"
        version = subprocess.check_output([python, "-c", line], text=True).strip()
        options = ["-q", "--invalidation-mode", "unchecked-hash"]
        subprocess.run([python, "-m", "compileall", *options, str(folder)], check=True)
        assert state(folder / "app.py", python=version) is ShippedState.HASHED, version


def test_names_of_bytecode_and_source_belong_together():
    name = bytecode_of_source("/a/b.py", "cpython-312")
    assert name == "/a/__pycache__/b.cpython-312.pyc"
    assert source_of_bytecode(name) == "/a/b.py"
    assert source_of_bytecode("/a/b.pyc") is None
    assert source_of_bytecode("/a/__pycache__/b.txt") is None


def test_only_what_init_loads_is_counted_as_compiled(tmp_path):
    fine = compiled(tmp_path, PycInvalidationMode.UNCHECKED_HASH, "fine.py")
    bare = write_files(tmp_path, {"bare.py": "", "unused.py": ""}) / "bare.py"
    tally = BytecodeTally(HERE, LoadedPaths(graph_of(fine, bare)))
    packed = PackedFolder(str(tmp_path), is_archive=True)
    for name in ("fine.py", "bare.py", "unused.py"):
        tally.add(str(tmp_path / name), (tmp_path / name).stat(), packed)
    counts = {one.state: (one.sources, one.loaded) for one in tally.counts()}
    assert counts == {ShippedState.HASHED: (1, 1), ShippedState.MISSING: (2, 1)}
    assert tally.examples == ["bare.py"]


@pytest.mark.parametrize(
    ("files", "place", "key"),
    [
        ({"template.yaml": "Transform: AWS::Serverless-2016-10-31"}, "build", "sam"),
        ({"template.yaml": "Resources: {}"}, "build", "pip"),
        ({"samconfig.toml": ""}, "a/b/fn.zip", "sam"),
        ({"serverless.yml": "service: x"}, ".aws-sam/build/Fn", "sam"),  # built by SAM all the same
        ({"cdk.json": "{}"}, "cdk.out/asset.1234", "cdk"),
        ({"serverless.yml": "service: x"}, ".serverless/fn.zip", "serverless"),
        ({"main.tf": 'resource "aws_lambda_function" "x" {}'}, "build", "terraform"),
        ({"main.tf": 'resource "aws_s3_bucket" "x" {}', "uv.lock": ""}, "build", "uv"),
        ({}, "build", "pip"),
    ],
)
def test_the_packager_is_told_by_the_files_around_a_package(tmp_path, files, place, key):
    write_files(tmp_path, files)
    assert packager_of(tmp_path / place).key == key


@pytest.mark.parametrize("key", sorted(known_packagers()))
def test_every_recipe_names_the_runtimes_python_and_has_a_source(key):
    recipe = known_packagers()[key].recipe("3.13", "build")
    text = "\n".join(recipe.steps)
    assert "hash" in text or "SOURCE_DATE_EPOCH" in text
    assert "{" not in text.replace("{output_dir}", "").replace("${LAMBDA", "").replace(
        '{"command_hooks"', ""
    )
    assert recipe.source.startswith("https://")
    assert recipe.date == "2026-11-30"
