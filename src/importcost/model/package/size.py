"""The deployed package by size: places, distributions, data of AWS services, and its bytecode."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from importcost.model.package.bytecode import PackageBytecode

BYTES_PER_MB = 1 << 20
"""Lambda's own: its limit of 250 MB is 262,144,000 bytes."""


class PackageForm(str, Enum):
    """The form in which the package was at hand when it was measured."""

    BUILT = "built"
    """A ZIP, or a folder with its dependencies in it: each file counts as it is."""
    SOURCES = "sources"
    """The function's own sources, and the packages that are deployed with them.

    Bytecode does not count: it depends on the packager if there will be any.
    """
    IMAGE = "image"
    """The function's own container image."""


@dataclass(frozen=True, slots=True)
class PlaceSize:
    """One part of the package, unpacked: the function itself, or one layer."""

    name: str
    files: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class DistributionSize:
    """One distribution in one place of the package, unpacked.

    `name` is the distribution, or FUNCTION for files without an owner, and `place` the name of its
    `PlaceSize`. The loaded files are those that init read or mapped, and the bytecode beside the
    sources among them. `native_bytes` are those of extension modules and shared libraries;
    `data_bytes` those of everything else that is not Python.
    """

    name: str
    version: str | None
    place: str
    files: int
    size_bytes: int
    loaded_files: int
    loaded_bytes: int
    native_bytes: int
    data_bytes: int

    @property
    def unloaded_share(self) -> float:
        """The share (0 to 1) of its bytes that init does not load."""
        return 1.0 - self.loaded_bytes / self.size_bytes if self.size_bytes else 0.0


@dataclass(frozen=True, slots=True)
class ServiceData:
    """botocore's data files, which hold one folder for each AWS service.

    `loaded` are the services whose data init read, and `named` those that the function's own code
    passes to `client` or `resource`; `used_bytes` is the size of both. `is_certain` is False if
    own code names a service by a value that only a run knows.
    """

    distribution: str
    services: int
    size_bytes: int
    loaded: tuple[str, ...]
    named: tuple[str, ...]
    used_bytes: int
    is_certain: bool


@dataclass(frozen=True, slots=True)
class PackageSize:
    """The unpacked size of what is deployed: the function, its packages and its layers.

    `distributions` start with the largest. `is_loading_known` is False if only the loaded modules
    are known and not the data and native code. `lacking` are sentences: why the package may be
    larger than this. `left_out` are folders of the task root that no packager deploys,
    and reports that importcost wrote there.
    """

    form: PackageForm
    places: tuple[PlaceSize, ...]
    distributions: tuple[DistributionSize, ...]
    services: ServiceData | None = None
    is_loading_known: bool = True
    lacking: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    bytecode: PackageBytecode | None = None
    """That of what was built; None if only sources are at hand."""

    @property
    def size_bytes(self) -> int:
        """The size of all places together."""
        return sum(place.size_bytes for place in self.places)

    @property
    def files(self) -> int:
        """The number of all files."""
        return sum(place.files for place in self.places)

    @property
    def loaded_bytes(self) -> int:
        """The size of the files that init loads."""
        return sum(one.loaded_bytes for one in self.distributions)

    @property
    def loaded_files(self) -> int:
        """The number of files that init loads."""
        return sum(one.loaded_files for one in self.distributions)

    @property
    def size_mb(self) -> float:
        """The size of all places in megabytes, as Lambda's limit counts them."""
        return self.size_bytes / BYTES_PER_MB

    @property
    def unloaded_share(self) -> float:
        """The share (0 to 1) of all bytes that init does not load."""
        return 1.0 - self.loaded_bytes / self.size_bytes if self.size_bytes else 0.0
