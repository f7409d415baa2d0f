"""Builds the lab package: from the verified upload to a Debian package, the same bytes every time.

The library of the upload is only stripped of its debugging symbols. Compiled around it are the
compat library (`compat`) and the programs in `src/`; the executors and the fetcher in `libexec/`
are Python. This is the only module of the package that runs other programs.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

from mesosdeploy.errors import DeployError
from mesosdeploy.lab import compat, debian
from mesosdeploy.lab.uploads import upload

Report = Callable[[str], None]

_HERE: Final = Path(__file__).parent
_SOURCES: Final = _HERE / "src"
_LIBEXEC: Final = _HERE / "libexec"

_TOOLS: Final = {"g++": "g++", "strip": "binutils", "objdump": "binutils", "dpkg-deb": "dpkg"}
_LIBRARY_MEMBER: Final = "_scheduler.so"
_LIBRARY: Final = "libmesos.so"

# Where the programs look for the library: relative to themselves, so that the package also works
# unpacked anywhere. DT_RPATH (not RUNPATH) is what counts for a dependency's dependencies, and
# never LD_LIBRARY_PATH: tasks inherit the environment and would load the compat library as curl.
_RPATHS: Final = {
    "usr/lib": "$ORIGIN/mesos",
    "usr/sbin": "$ORIGIN/../lib/mesos",
    "usr/libexec/mesos": "$ORIGIN/../../lib/mesos",
}
_PROGRAMS: Final = {
    "usr/sbin/mesos-master": ("master", "daemon", "flag_values"),
    "usr/sbin/mesos-agent": ("agent", "daemon", "flag_values"),
    "usr/libexec/mesos/mesos-containerizer": ("containerizer",),
    "usr/libexec/mesos/mesos-io-switchboard": ("io_switchboard", "flag_values"),
}
# The library for frameworks on the JVM, where nobody has to be told of it: Debian's Java looks for
# libmesos.so in /usr/lib, and an agent that finds /usr/lib/libmesos-<version>.so there names it to
# its executors in MESOS_NATIVE_JAVA_LIBRARY.
_JVM_DIRECTORY: Final = "usr/lib"
_JVM_ALIAS: Final = "libmesos.so"
# A name of its own: as libmesos.so it would be taken for the library that it is linked to.
_JVM_SONAME: Final = "libmesos-jvm.so"
_JVM_UNITS: Final = tuple(f"jvm/{path.stem}" for path in sorted((_SOURCES / "jvm").glob("*.cpp")))
_JVM_EXPORTS: Final = _SOURCES / "jvm/exports.map"
# -fPIC, not the default -fPIE: without it the linker copies the library's vtables and strings into
# the programs.
_COMPILE: Final = ("-std=c++17", "-O1", "-fPIC", "-pthread", "-Wall", "-Wextra", "-Werror")
_LAST_LINES: Final = 15


def source_digest(version: str) -> str:
    """Return the sha256 of everything that determines the package: sources, packaging and pin."""
    digest = hashlib.sha256(f"{version} {upload(version).sha256}\n".encode())
    for path in sorted(_HERE.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(_HERE).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def missing_tools() -> tuple[str, ...]:
    """Return the Debian packages that have to be installed before the lab package can be built."""
    return tuple(sorted({_TOOLS[tool] for tool in _TOOLS if shutil.which(tool) is None}))


def build_package(*, version: str, archive: Path | None, output: Path, report: Report) -> Path:
    """Build the package of `version` from the upload `archive` into the directory `output`.

    Returns the path of `mesos_<version>+lab<revision>_amd64.deb`. Raises DeployError if the
    archive is not the pinned one, a tool is missing or a step fails.
    """
    if archive is None:
        raise DeployError(
            "the lab package of Mesos is built from an upload, and the lock entry names none",
            hint="give the entry `from: mesos-upload`",
        )
    _check_tools()
    _check_archive(version, archive)
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mesos-lab-") as scratch:
        work = Path(scratch)
        tree = work / "tree"
        report(f"unpacking the library of Mesos {version}")
        library = _unpack_library(archive, work)
        report(f"compiling the lab package of Mesos {version}")
        _compile(version, library, work, tree)
        report(f"packing the lab package of Mesos {version}")
        _install_scripts(tree)
        debian.write_metadata(tree, version)
        package = work / debian.file_name(version)
        pack(tree, package)
        target = output / package.name
        incoming = target.with_suffix(".partial")
        shutil.copyfile(package, incoming)
        incoming.replace(target)
    return target


def _check_tools() -> None:
    if platform.machine() != "x86_64":
        raise DeployError(
            f"the lab package of Mesos is for x86_64, this machine is {platform.machine()}",
            hint="build on another controller, or choose another flavour of Mesos",
        )
    missing = missing_tools()
    if missing:
        raise DeployError(
            f"the lab package of Mesos cannot be built without {', '.join(missing)}",
            hint=f"apt-get install {' '.join(missing)}",
        )


def _check_archive(version: str, archive: Path) -> None:
    expected = upload(version)
    try:
        with archive.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        raise DeployError(f"cannot read {archive}: {exc.strerror}") from exc
    if actual != expected.sha256:
        raise DeployError(
            f"{archive} is not the pinned {expected.filename}: "
            f"sha256 {actual}, expected {expected.sha256}",
            hint="remove the file, so that it is fetched again",
        )


def _unpack_library(archive: Path, work: Path) -> Path:
    library = work / _LIBRARY_MEMBER
    with tarfile.open(archive) as tar:
        member = next(m for m in tar if Path(m.name).name == _LIBRARY_MEMBER)
        content = tar.extractfile(member)
        if content is None:
            raise DeployError(f"{archive}: {member.name} is not a file")
        with library.open("wb") as file:
            shutil.copyfileobj(content, file)
    return library


def _compile(version: str, library: Path, work: Path, tree: Path) -> None:
    """Fill `tree` with the libraries and the programs, in as many jobs as there are CPUs."""
    for directory in ("usr/lib/mesos", *_RPATHS):
        (tree / directory).mkdir(parents=True, exist_ok=True)
    libraries = tree / "usr/lib/mesos"
    units = sorted({unit for units in [*_PROGRAMS.values(), _JVM_UNITS] for unit in units})
    jobs: list[Callable[[], object]] = [
        *(partial(_compile_unit, version, unit, work) for unit in units),
        partial(_compile_compat, library, work, libraries),
        partial(_run, "strip", "--strip-all", "-o", libraries / _LIBRARY, library),
    ]
    _parallel(jobs)
    (libraries / _LIBRARY).chmod(0o644)
    _parallel(
        [
            *(partial(_link_program, program, work, tree) for program in _PROGRAMS),
            partial(_link_jvm_library, version, work, tree),
        ]
    )


def _compile_unit(version: str, unit: str, work: Path) -> None:
    parts = zip(("MAJOR", "MINOR", "PATCH"), version.split("."), strict=True)
    definitions = [f"-DMESOS_{part}={number}" for part, number in parts]
    definitions.append(f'-DMESOS_VERSION="{version}"')
    source, target = _SOURCES / f"{unit}.cpp", _object(unit, work)
    _run("g++", *_COMPILE, *definitions, "-I", _SOURCES, "-c", source, "-o", target)


def _compile_compat(library: Path, work: Path, libraries: Path) -> None:
    shim = compat.generate(compat.parse_imports(_run("objdump", "-T", library)))
    source, script = work / "compat.c", work / "compat.map"
    source.write_text(shim.source)
    script.write_text(shim.version_script)
    # -w: the stubs are declared with other types than the compiler's built-in functions.
    options = ("-x", "c", "-O1", "-w", "-shared", "-fPIC", "-s", f"-Wl,-soname,{compat.LIBRARY}")
    target = libraries / compat.LIBRARY
    _run("g++", *options, f"-Wl,--version-script={script}", source, "-o", target)
    for alias in compat.ALIASES:
        (libraries / alias).symlink_to(compat.LIBRARY)


def _link_program(program: str, work: Path, tree: Path) -> None:
    _link(tree / program, _PROGRAMS[program], work, tree)


def _link_jvm_library(version: str, work: Path, tree: Path) -> None:
    target = tree / _JVM_DIRECTORY / f"libmesos-{version}.so"
    exports = f"-Wl,-z,defs,--version-script={_JVM_EXPORTS}"
    _link(target, _JVM_UNITS, work, tree, "-shared", f"-Wl,-soname,{_JVM_SONAME}", exports)
    target.chmod(0o644)
    target.with_name(_JVM_ALIAS).symlink_to(target.name)


def _link(target: Path, units: Iterable[str], work: Path, tree: Path, *options: str) -> None:
    rpath = _RPATHS[target.parent.relative_to(tree).as_posix()]
    objects = [_object(unit, work) for unit in units]
    libraries = ("-Wl,--no-as-needed", f"-l:{_LIBRARY}", f"-l:{compat.LIBRARY}")
    # The library's own imports are met by the compat library and the system when it is loaded;
    # an import of ours that the library does not have stays an error here.
    allow = ("-Wl,--allow-shlib-undefined", f"-Wl,--disable-new-dtags,-rpath,{rpath}")
    search = f"-L{tree / 'usr/lib/mesos'}"
    _run("g++", "-pthread", "-s", *options, *objects, search, *libraries, *allow, "-o", target)


def _object(unit: str, work: Path) -> Path:
    return work / f"{unit.replace('/', '-')}.o"


def _install_scripts(tree: Path) -> None:
    for source in sorted(_LIBEXEC.iterdir()):
        if source.is_file():
            target = tree / "usr/libexec/mesos" / source.name
            shutil.copyfile(source, target)
            target.chmod(0o644 if source.suffix else 0o755)


def pack(tree: Path, package: Path) -> None:
    """Make a Debian package of a tree, the same bytes for the same content everywhere."""
    debian.normalise(tree)
    _run("dpkg-deb", "--root-owner-group", "-Zzstd", "-z9", "--build", tree, package)


def _parallel(jobs: Iterable[Callable[[], object]]) -> None:
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for future in [pool.submit(job) for job in jobs]:
            future.result()


def _run(*command: str | Path) -> str:
    """Run a program of the tool chain and return its output; DeployError shows its last lines."""
    argv = [str(argument) for argument in command]
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(debian.EPOCH), "LC_ALL": "C.UTF-8"}
    result = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment)
    if result.returncode != 0:
        lines = result.stderr.strip().splitlines()[-_LAST_LINES:]
        raise DeployError(
            f"{argv[0]} failed with status {result.returncode}: " + "\n".join(lines),
            hint="the command was: " + " ".join(argv),
        )
    return result.stdout
