"""The package as a file: content, control data, and the errors of building it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mesosdeploy.artifacts import Wanted, load_lock
from mesosdeploy.errors import DeployError
from mesosdeploy.lab import VERSIONS, build_package, source_digest, upload
from tests.lab.conftest import Packages, mesos_archive

_PROGRAMS = (
    "usr/sbin/mesos-master",
    "usr/sbin/mesos-agent",
    "usr/libexec/mesos/mesos-containerizer",
    "usr/libexec/mesos/mesos-io-switchboard",
)
_SCRIPTS = ("mesos-executor", "mesos-default-executor", "mesos-fetcher")
_NEWEST = VERSIONS[-1]


def output(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def field(package: Path, name: str) -> str:
    return output("dpkg-deb", "-f", package, name).strip()


def test_package_says_what_it_is_and_what_it_cannot_do(packages: Packages) -> None:
    package = packages.build(_NEWEST)
    assert package.name == f"mesos_{field(package, 'Version')}_amd64.deb"
    assert field(package, "Version").startswith(f"{_NEWEST}+lab")
    description = field(package, "Description")
    for limit in ("laptops", "no TLS", "no Docker containerizer", "not meant for prod"):
        assert limit in description


def test_package_brings_programs_only(packages: Packages) -> None:
    package = packages.build(_NEWEST)
    paths = [line.split()[5] for line in output("dpkg-deb", "-c", package).splitlines()]
    assert {f"./{program}" for program in _PROGRAMS} <= set(paths)
    assert not [path for path in paths if "systemd" in path or path.startswith("./etc/")]
    assert output("dpkg-deb", "-I", package).count(" root/root ") == 0
    control = output("dpkg-deb", "--ctrl-tarfile", package)
    assert "postinst" not in control
    assert "conffiles" not in control


def test_building_twice_gives_the_same_bytes(packages: Packages, tmp_path: Path) -> None:
    first = packages.build(_NEWEST)
    second = build_package(
        version=_NEWEST, archive=mesos_archive(_NEWEST), output=tmp_path, report=lambda _step: None
    )
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("program", _PROGRAMS)
def test_every_import_of_a_program_resolves(root: Path, program: str) -> None:
    # Binding at once makes the loader refuse a program with an import that nothing provides.
    environment = {"LD_BIND_NOW": "1", "PATH": "/usr/bin:/bin"}
    argument = "help" if program.endswith("containerizer") else "--help"
    result = subprocess.run(
        [root / program, argument], capture_output=True, text=True, env=environment, check=False
    )
    assert "symbol lookup error" not in result.stderr
    assert "Usage:" in result.stdout + result.stderr


@pytest.mark.parametrize("path", ["usr/sbin/mesos-agent", "usr/lib/libmesos.so"])
def test_every_import_of_the_libraries_resolves(root: Path, path: str) -> None:
    result = subprocess.run(["ldd", "-r", root / path], capture_output=True, text=True, check=True)
    report = result.stdout + result.stderr
    assert "libmesos.so" in report
    assert "undefined" not in report
    assert "not found" not in report


def test_library_for_the_jvm_is_where_agents_and_java_look_for_it(root: Path) -> None:
    link = root / "usr/lib/libmesos.so"
    assert link.readlink() == Path(f"libmesos-{_NEWEST}.so")
    assert "SONAME               libmesos-jvm.so" in output("objdump", "-p", link)
    # What the agent looks for is compiled into the library.
    program = (root / "usr/lib/mesos/libmesos.so").read_bytes()
    assert b"MESOS_NATIVE_JAVA_LIBRARY" in program
    symbols = output("nm", "-D", "--defined-only", link).splitlines()
    names = [line.split()[-1] for line in symbols]
    assert len(names) >= 28
    assert [name for name in names if not name.startswith(("Java_org_apache_", "JNI_OnLoad"))] == []


@pytest.mark.parametrize("script", _SCRIPTS)
def test_script_runs_with_the_systems_python(root: Path, script: str) -> None:
    path = root / "usr/libexec/mesos" / script
    result = subprocess.run([path], capture_output=True, text=True, env={}, check=False)
    # Far enough to miss what the agent would have told it.
    assert "MESOS_" in result.stderr
    assert "ImportError" not in result.stderr


def test_unknown_version_names_the_known_ones() -> None:
    with pytest.raises(DeployError, match=r"'0\.28\.0'") as error:
        upload("0.28.0")
    assert error.value.hint is not None
    assert all(version in error.value.hint for version in VERSIONS)


def test_other_archive_than_the_pinned_one_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "archive.tar.gz"
    archive.write_bytes(b"something else")
    with pytest.raises(DeployError, match="is not the pinned"):
        build_package(version=_NEWEST, archive=archive, output=tmp_path, report=lambda _step: None)


def test_missing_compiler_names_the_packages_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        DeployError, match=r"cannot be built without binutils, dpkg, g\+\+"
    ) as error:
        build_package(version=_NEWEST, archive=tmp_path, output=tmp_path, report=lambda _step: None)
    assert error.value.hint == "apt-get install binutils dpkg g++"


@pytest.mark.parametrize("version", VERSIONS)
def test_lock_of_the_artifacts_pins_the_same_uploads(version: str) -> None:
    pinned = upload(version)
    entry = load_lock().find(Wanted(name="mesos-upload", version=version, flavour="lab"))
    assert (entry.filename, entry.sha256, entry.size) == (
        pinned.filename,
        pinned.sha256,
        pinned.size,
    )
    assert [source.location for source in entry.sources] == [pinned.project]


def test_source_digest_differs_between_versions() -> None:
    digests = {source_digest(version) for version in VERSIONS}
    assert len(digests) == len(VERSIONS) == 4
    assert source_digest(_NEWEST) in digests
