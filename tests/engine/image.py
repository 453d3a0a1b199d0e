"""Build an image laid out like AWS's Python image, without any image registry.

A Debian root, the CPython that runs the tests under /var/lang, the real awslambdaric under
/var/runtime and the real Runtime Interface Emulator (it ships inside aws-sam-cli's wheel).
`python tests/engine/image.py` builds the tarball and prints its path.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
TAG = f"importcost-test/lambda-python:{VERSION}"
LABEL = "importcost.recipe"
SUITE = "bookworm"
RUNTIME_PACKAGES = ("awslambdaric>=3,<5", "boto3>=1.35,<2", "snapshot-restore-py>=1,<2")
EMULATOR_WHEEL = "aws-sam-cli>=1.120,<2"
LIBRARY_PATH = (
    "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"
)
CHANGES = (
    "ENV PATH=/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin",
    "ENV LANG=en_US.UTF-8",
    "ENV TZ=:/etc/localtime",
    f"ENV LD_LIBRARY_PATH={LIBRARY_PATH}",
    "ENV LAMBDA_TASK_ROOT=/var/task",
    "ENV LAMBDA_RUNTIME_DIR=/var/runtime",
    "WORKDIR /var/task",
)
# What the C library itself consists of comes from the Debian root, never from the host.
C_LIBRARY = re.compile(r"^(ld-linux|libc\.|libm\.|libdl\.|libpthread\.|librt\.|libresolv\.)")
STDLIB_LEFT_OUT = ("site-packages", "dist-packages", "test", "tests", "idlelib", "turtledemo")
ROOT_LEFT_OUT = ("usr/share/doc", "usr/share/man", "usr/share/locale", "var/cache/apt")


def recipe_key() -> str:
    """Return the hash of all that decides what the image holds."""
    parts = (Path(__file__).read_bytes(), sys.version.encode(), platform.machine().encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def cache_folder() -> Path:
    """Return the folder that keeps finished root file systems between test runs."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(base) / "importcost-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def missing_tools() -> str:
    """Return why the image cannot be built here, empty if it can."""
    if not tarball_path().exists():
        if os.geteuid() != 0:
            return "building the test image takes root (debootstrap)"
        if shutil.which("debootstrap") is None:
            return "debootstrap is not installed"
    return ""


def tarball_path() -> Path:
    return cache_folder() / f"lambda-python-{VERSION}-{recipe_key()}.tar"


def tarball() -> Path:
    """Return the root file system as a tarball, built if this recipe's is not cached yet."""
    target = tarball_path()
    with _locked(cache_folder() / "lock"):
        if target.exists():
            return target
        for old in cache_folder().glob(f"lambda-python-{VERSION}-*.tar"):
            old.unlink()
        with tempfile.TemporaryDirectory(prefix="importcost-image-") as work:
            root = Path(work) / "root"
            _build(root, Path(work))
            part = target.with_suffix(".part")
            _run("tar", "-C", str(root), "-cf", str(part), ".")
            part.replace(target)
    return target


def load(command: str) -> str:
    """Import the image into an engine unless it has this recipe's already; return its tag."""
    with _locked(cache_folder() / "load-lock"):  # other sessions share podman's storage
        if _recipe_in(command) != recipe_key():
            changes = [*CHANGES, f"LABEL {LABEL}={recipe_key()}"]
            flags = [part for change in changes for part in ("--change", change)]
            _run(command, "import", *flags, str(tarball()), TAG)
    return TAG


def _recipe_in(command: str) -> str | None:
    """Return the recipe of the image that an engine has, None if it has none."""
    template = f'{{{{index .Config.Labels "{LABEL}"}}}}'
    have = subprocess.run(
        [command, "image", "inspect", "--format", template, TAG],
        capture_output=True,
        text=True,
        check=False,
    )
    return have.stdout.strip() if have.returncode == 0 else None


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _run(*argv: str) -> str:
    done = subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)} failed:\n{done.stdout[-4000:]}")
    return done.stdout


def _build(root: Path, work: Path) -> None:
    _run("debootstrap", "--variant=minbase", SUITE, str(root))
    for name in ROOT_LEFT_OUT:
        shutil.rmtree(root / name, ignore_errors=True)
    for name in ("var/task", "opt"):
        (root / name).mkdir(parents=True, exist_ok=True)
    _copy_python(root / "var/lang")
    runtime = root / "var/runtime"
    _pip("install", "--target", str(runtime), *RUNTIME_PACKAGES)
    _copy_emulator(root / "usr/local/bin/aws-lambda-rie", work)
    # AWS's image has valid bytecode for the standard library and the runtime.
    python = f"/var/lang/bin/python{VERSION}"
    env = "/usr/bin/env", "-i", "LD_LIBRARY_PATH=/var/lang/lib"
    compile_all = (python, "-m", "compileall", "-qq", "-f", "/var/lang/lib", "/var/runtime")
    _run("chroot", str(root), *env, *compile_all)
    _run("chroot", str(root), *env, python, "-c", "import ssl, ctypes, sqlite3, lzma, bz2, zlib")


def _pip(*words: str) -> None:
    _run(sys.executable, "-m", "pip", "--quiet", "--no-input", *words)


def _copy_python(target: Path) -> None:
    """Copy the interpreter that runs the tests, be it pyenv's, Debian's or another."""
    binary = Path(os.path.realpath(sys.executable))
    stdlib = Path(sysconfig.get_path("stdlib"))
    (target / "bin").mkdir(parents=True)
    shutil.copy2(binary, target / "bin" / f"python{VERSION}")
    for link in ("python3", "python"):
        (target / "bin" / link).symlink_to(f"python{VERSION}")
    shutil.copytree(
        stdlib,
        target / "lib" / stdlib.name,
        ignore=shutil.ignore_patterns("__pycache__", "config-*", *STDLIB_LEFT_OUT),
    )
    (target / "lib" / stdlib.name / "site-packages").mkdir()
    for library in _libraries([binary, *(stdlib / "lib-dynload").glob("*.so")]):
        shutil.copy2(library, target / "lib" / library.name)


def _libraries(binaries: list[Path]) -> list[Path]:
    """Return the shared libraries that these files need, without the C library and tkinter."""
    wanted = [str(path) for path in binaries if "tkinter" not in path.name]
    found = re.findall(r"(\S+) => (/\S+)", _run("ldd", *wanted))
    return sorted({Path(path) for name, path in found if not C_LIBRARY.match(name)})


def _copy_emulator(target: Path, work: Path) -> None:
    _pip("download", "--no-deps", "--dest", str(work), EMULATOR_WHEEL)
    arch = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]
    with zipfile.ZipFile(next(work.glob("aws_sam_cli-*.whl"))) as wheel:
        target.write_bytes(wheel.read(f"samcli/local/rapid/aws-lambda-rie-{arch}"))
    target.chmod(0o755)


if __name__ == "__main__":
    print(tarball())
