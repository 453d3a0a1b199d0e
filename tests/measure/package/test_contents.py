"""The unpacked package: each file once, by place and owner, with what of it init loaded."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from importcost.app.projects.contents import Contents
from importcost.app.projects.measured_by import MeasuredBy
from importcost.measure.deployed.distributions import installed_distributions
from importcost.measure.package.bytecode import PackedFolder
from importcost.measure.package.contents import LayerFolder, PackageSources, package_size
from importcost.measure.package.packagers import known_packagers
from importcost.measure.package.services import services_named
from importcost.model.graph import BytecodeState, ImportGraph, LoadedFile, LoadedModule
from importcost.model.package.bytecode import ShippedState
from importcost.model.package.size import PackageForm
from importcost.model.package.words import bytecode_sentence
from tests.harness import write_files
from tests.packages import installed

RECIPE = known_packagers()["pip"].recipe("3.12", "build")


def graph_of(*modules: Path, files: tuple[Path, ...] | None = ()) -> ImportGraph:
    loaded = tuple(
        LoadedModule(one.stem, str(one), "any", BytecodeState.ABSENT, None, None, "any", None)
        for one in modules
    )
    kept = None
    if files is not None:
        kept = tuple(LoadedFile(str(one), None, "any", 1, None, False) for one in files)
    return ImportGraph(loaded, (), kept)


def built_of(root: Path, **more) -> PackageSources:
    """Return the sources of a package that lies built in a folder."""
    packed = PackedFolder(str(root), is_archive=True)
    return PackageSources(str(root), "3.12", RECIPE, packed, **more)


def bytes_in(folder: Path) -> int:
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())


@pytest.fixture
def built(tmp_path):
    """Make a built package: own code, two distributions, one with bytecode and data."""
    root = write_files(tmp_path / "built", {"app.py": "import big\n", "own.json": "{}"})
    installed(root, "big", "2.1", files=("big/__init__.py", "big/core.so", "big/data.bin"))
    (root / "big" / "data.bin").write_bytes(b"x" * 5_000)
    (root / "big" / "core.so").write_bytes(b"x" * 3_000)
    write_files(root / "big" / "__pycache__", {"__init__.cpython-312.pyc": "b" * 70})
    installed(root, "small", files=("small.py",), texts={"small.py": "x = 1\n"})
    return root


def test_every_byte_of_a_built_package_has_one_owner(built):
    graph = graph_of(built / "app.py", built / "big/__init__.py", files=(built / "big/core.so",))
    found = package_size(built_of(built), graph)
    assert found.form is PackageForm.BUILT
    assert found.size_bytes == bytes_in(built)
    assert found.size_bytes == sum(one.size_bytes for one in found.distributions)
    by_name = {one.name: one for one in found.distributions}
    assert by_name.keys() == {"big", "small", "function"}
    assert next(iter(by_name)) == "big"  # the largest comes first
    big = by_name["big"]
    assert (big.version, big.native_bytes) == ("2.1", 3_000)
    assert big.data_bytes >= 5_000  # its metadata too
    # the source, its bytecode beside it and the native code
    assert (big.loaded_files, big.loaded_bytes) == (3, 3_070)
    assert by_name["function"].loaded_bytes == len("import big\n")
    assert by_name["small"].loaded_files == 0
    assert found.unloaded_share == pytest.approx(1 - (3_070 + 11) / found.size_bytes)


def test_sources_count_without_what_no_packager_deploys(tmp_path):
    root = write_files(
        tmp_path,
        {
            "app.py": "x = 1\n",
            "__pycache__/app.cpython-312.pyc": "old",
            ".git/objects/pack": "p" * 999,
            "env/pyvenv.cfg": "",
            "env/lib/thing.py": "t" * 999,
            "node_modules/a/index.js": "j" * 999,
        },
    )
    found = package_size(PackageSources(str(root), "3.12", RECIPE), graph_of(root / "app.py"))
    assert (found.size_bytes, found.files) == (6, 1)
    assert found.left_out == (".git", "env", "node_modules")
    assert found.unloaded_share == 0


def test_layers_are_places_of_their_own(tmp_path, built):
    layer = tmp_path / "layer"
    installed(layer / "python", "big", "1.9", files=("big/__init__.py",))
    write_files(layer / "bin", {"tool": "t" * 400})
    packed = PackedFolder(str(layer), is_archive=True)
    layers = (LayerFolder(packed, "layer 1 (deps)"),)
    found = package_size(built_of(built, layers=layers), graph_of(built / "app.py"))
    assert [place.name for place in found.places] == ["function", "layer 1 (deps)"]
    assert [place.size_bytes for place in found.places] == [bytes_in(built), bytes_in(layer)]
    places = {(one.name, one.place, one.version) for one in found.distributions}
    assert ("big", "function", "2.1") in places
    assert ("big", "layer 1 (deps)", "1.9") in places
    assert ("function", "layer 1 (deps)", None) in places  # the tool belongs to no distribution


def test_an_environments_distributions_count_without_their_bytecode(tmp_path):
    root = write_files(tmp_path / "src", {"app.py": "import big\n"})
    site = tmp_path / "site"
    installed(site, "big", files=("big/__init__.py",), texts={"big/__init__.py": "x = 1\n"})
    write_files(site / "big" / "__pycache__", {"__init__.cpython-312.pyc": "b" * 70})
    record = next(site.glob("big-*/RECORD"))
    record.write_text(record.read_text() + "big/__pycache__/__init__.cpython-312.pyc,,\n")
    installed(site, "other")
    big = installed_distributions([str(site)])["big"]
    sources = PackageSources(
        str(root), "3.12", RECIPE, environment=(big,), lacking=("nobody says",)
    )
    found = package_size(sources, graph_of(root / "app.py", site / "big/__init__.py"))
    own = {one.name: one for one in found.distributions}
    assert own.keys() == {"big", "function"}
    metadata = bytes_in(next(site.glob("big-*"))) - record.stat().st_size  # lists itself not
    assert own["big"].size_bytes == 6 + metadata
    assert found.lacking == ("nobody says",)


def test_the_bytecode_of_what_was_built_is_told_by_state(built):
    graph = graph_of(built / "app.py", built / "big/__init__.py")
    found = package_size(built_of(built), graph).bytecode
    assert found is not None
    assert (found.python, found.places) == ("3.12", ("function",))
    counts = {one.state: (one.sources, one.loaded) for one in found.counts}
    assert counts == {
        ShippedState.MISSING: (2, 1),
        ShippedState.OTHER_PYTHON: (1, 1),  # what stands there is no bytecode at all
    }
    assert (found.compiled, found.loaded) == (2, 2)
    assert bytecode_sentence(found) == (
        "All 2 modules of the package that init loads are compiled at every cold start, for lack of"
        " bytecode that Python 3.12 takes: 1 without any, 1 with that of another Python."
    )


def test_sources_have_no_bytecode_to_judge_but_their_layers_do(tmp_path, built):
    root = write_files(tmp_path / "src", {"own.py": ""})
    sources = PackageSources(str(root), "3.12", RECIPE)
    assert package_size(sources, graph_of(root / "own.py")).bytecode is None
    layers = (LayerFolder(PackedFolder(str(built), is_archive=True), "layer 1 (deps)"),)
    sources = PackageSources(str(root), "3.12", RECIPE, layers=layers)
    found = package_size(sources, graph_of(root / "own.py", built / "app.py")).bytecode
    assert found is not None
    assert (found.places, found.loaded) == (("layer 1 (deps)",), 1)


def test_files_that_were_not_recorded_are_said_to_be_unknown(built):
    found = package_size(built_of(built), graph_of(files=None))
    assert not found.is_loading_known


def test_a_folder_that_cannot_be_read_and_a_dead_link_are_no_end(built, monkeypatch):
    (built / "dead").symlink_to("nowhere")
    (built / "again").symlink_to(built)  # a folder's link is not followed
    real = os.scandir

    def scandir(folder):
        if str(folder).endswith("/big"):
            raise PermissionError(13, "Permission denied")
        return real(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    found = package_size(built_of(built), graph_of())
    assert found.lacking == (f"big in {built} cannot be read",)


DATA = {
    f"botocore/data/{service}/2020-01-01/service-2.json.gz": "d" * size
    for service, size in (("s3", 300), ("sqs", 200), ("ec2", 9_000))
}


def test_botocores_data_is_told_by_service(tmp_path):
    root = write_files(
        tmp_path,
        {
            "app.py": 'import boto3\nS3 = boto3.client("s3")\n'
            'def handler(e, c):\n    return boto3.resource(service_name="sqs")\n'
        },
    )
    installed(root, "botocore", files=(*DATA, "botocore/__init__.py"), texts=DATA)
    loaded = root / "botocore/data/s3/2020-01-01/service-2.json.gz"
    found = package_size(built_of(root), graph_of(root / "app.py", files=(loaded,)))
    services = found.services
    assert services is not None
    assert (services.services, services.size_bytes) == (3, 9_500)
    assert (services.loaded, services.named) == (("s3",), ("s3", "sqs"))
    assert services.used_bytes == 500
    assert services.is_certain


@pytest.mark.parametrize(
    ("text", "named", "is_certain"),
    [
        ('import boto3\nboto3.client("s3")\n', {"s3"}, True),
        ('import boto3\nboto3.Session().resource("dynamodb")\n', {"dynamodb"}, True),
        ("import boto3\nboto3.client(NAME)\n", set(), False),
        ('from boto3 import client\nclient("sns")\n', {"sns"}, True),
        ('import httpx\nhttpx.client("s3")\n', set(), True),  # nothing of AWS in it
        ("import boto3\nboto3.client(\n", set(), True),  # does not parse: cannot be loaded either
    ],
)
def test_services_are_named_by_strings(tmp_path, text, named, is_certain):
    source = tmp_path / "app.py"
    source.write_text(text)
    assert services_named([str(source), str(tmp_path / "gone.py")]) == (named, is_certain)


REPORTS = {
    "page.html": '<meta name="generator" content="importcost 0.1.0">',
    "saved/profile.json": '{"schema":"importcost-profile","schema_version":1}',
    "gate.sarif": '{"runs":[{"tool":{"driver":{"name": "importcost"}}}]}',
    "junit.xml": '<testsuites name="importcost" tests="1"/>',
}
OTHERS = {
    "importcost-report.html": "<h1>the user's own page</h1>",
    "data.json": '{"schema": "other", "note": "importcost-profile"}',
}


def test_reports_that_importcost_wrote_are_no_part_of_sources(tmp_path):
    root = write_files(tmp_path / "src", {"app.py": "x = 1\n", **OTHERS})
    before, size = Contents(MeasuredBy(None)).of(root), bytes_in(root)
    write_files(root, REPORTS)
    found = package_size(PackageSources(str(root), "3.12", RECIPE), graph_of(root / "app.py"))
    assert found.size_bytes == size
    assert found.left_out == tuple(sorted(REPORTS))
    assert Contents(MeasuredBy(None)).of(root) == before
    assert Contents(MeasuredBy(None)).of(root, is_built=True) != before
    built = package_size(built_of(root), graph_of(root / "app.py"))
    assert built.size_bytes == bytes_in(root)
