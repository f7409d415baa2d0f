"""The commands `mesosdeploy artifacts …` on an inventory whose files lie beside it."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from mesosdeploy.artifacts.lock import FILE
from mesosdeploy.commands.artifacts import app
from mesosdeploy.errors import MesosDeployError

Run = Callable[..., Result]

CLUSTER = """\
name: demo
provider: {type: fake}
groups:
  masters: {count: 1}
  agents: {count: 1}
versions:
  mesos: {flavour: apache, version: 1.11.0}
features: {marathon: false, service_discovery: false, monitoring: false}
"""


def _package() -> bytes:
    members = {"debian-binary": b"2.0\n", "control.tar": b"cc", "data.tar": b"dd"}
    parts = [b"!<arch>\n"]
    for name, data in members.items():
        parts.append(f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode() + data)
    return b"".join(parts)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "debs" / "mesos_1.11.0-2_amd64.deb"
    path.parent.mkdir()
    path.write_bytes(_package())
    return path


@pytest.fixture
def inventory(tmp_path: Path, package: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MESOSDEPLOY_MIRROR", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    directory = tmp_path / "demo"
    directory.mkdir()
    (directory / "cluster.yml").write_text(CLUSTER)
    entry = {
        "name": "mesos",
        "version": "1.11.0",
        "flavour": "apache",
        "kind": "file",
        "licence": "Apache-2.0",
        "filename": package.name,
        "sha256": hashlib.sha256(package.read_bytes()).hexdigest(),
        "size": package.stat().st_size,
        "sources": [{"kind": "file", "path": "../debs/" + package.name}],
    }
    (directory / FILE).write_text(json.dumps({"format": 1, "artifacts": [entry]}))
    return directory


@pytest.fixture
def run(inventory: Path) -> Run:
    def invoke(command: str, *arguments: str) -> Result:
        return CliRunner().invoke(app, [command, "-i", str(inventory), *arguments])

    return invoke


def failure(result: Result) -> MesosDeployError:
    assert isinstance(result.exception, MesosDeployError), result.output
    return result.exception


def entry_of(result: Result, flavour: str) -> dict[str, object]:
    assert result.exit_code == 0, result.output
    found = [row for row in json.loads(result.stdout) if row["flavour"] == flavour]
    assert found
    return dict(found[0])


def test_list_says_what_is_stored(run: Run, package: Path) -> None:
    before = entry_of(run("list", "-o", "json"), "apache")
    assert before == {
        "name": "mesos",
        "version": "1.11.0",
        "flavour": "apache",
        "platform": "linux-x86_64",
        "kind": "file",
        "size": package.stat().st_size,
        "licence": "Apache-2.0",
        "stored": False,
    }
    assert run("fetch").exit_code == 0
    assert entry_of(run("list", "-o", "json"), "apache")["stored"] is True


def test_list_works_without_an_inventory(run: Run, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["list", "-i", str(tmp_path / "none" / "none")])
    assert result.exit_code == 0
    for word in ("mesos-upload", "1.8.1", "lab", "27.3 MB", "linux-x86_64", "Apache-2.0"):
        assert word in result.stdout


def test_fetch_brings_what_the_inventory_needs(run: Run, package: Path) -> None:
    result = run("fetch", "-o", "json")
    (found,) = json.loads(result.stdout)
    assert found["package_version"] == "1.11.0-2"
    assert found["origin"] == f"file {package}"
    assert Path(found["path"]).read_bytes() == package.read_bytes()
    assert "next: mesosdeploy up -i" in result.stderr
    package.unlink()
    assert json.loads(run("fetch", "-o", "json").stdout)[0]["origin"] == "store"


def test_fetch_of_a_changed_file_is_an_artifact_error(run: Run, package: Path) -> None:
    package.write_bytes(package.read_bytes()[:-1])
    error = failure(run("fetch"))
    assert error.exit_code == 5
    assert "truncated" in error.message
    assert error.hint


def test_fetch_of_an_operators_flavour_without_a_lock_says_what_to_write(
    run: Run, inventory: Path
) -> None:
    (inventory / FILE).unlink()
    error = failure(run("fetch"))
    assert error.exit_code == 5
    assert "must be named by the operator" in error.message
    assert FILE in (error.hint or "")


def test_a_malformed_lock_is_located(run: Run, inventory: Path) -> None:
    (inventory / FILE).write_text("format: 1\nartifacts:\n  - name: 3\n")
    error = failure(run("fetch"))
    assert error.exit_code == 3
    assert f"{FILE}:3:11: artifacts[0].name" in error.message


def test_doctor_is_content_with_a_working_source(run: Run) -> None:
    result = run("doctor")
    assert result.exit_code == 0, result.output
    assert "sha256 compared" in result.stdout


def test_doctor_exits_5_when_no_source_is_left_even_if_the_store_has_it(
    run: Run, package: Path
) -> None:
    run("fetch")
    package.unlink()
    result = run("doctor", "-o", "json")
    error = failure(result)
    assert error.exit_code == 5
    assert "mesos 1.11.0 (apache" in error.message
    rows = json.loads(result.stdout)
    assert [row["status"] for row in rows] == ["gone", "ok"]
    assert all(row["remedy"] for row in rows if row["status"] != "ok")


def test_a_bundle_stands_in_for_every_source(
    run: Run, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out" / "b.tar"
    result = run("bundle", "--out", str(out))
    assert result.exit_code == 0, result.output
    assert f"--offline {out}" in result.stderr
    package.unlink()
    monkeypatch.setenv("MESOSDEPLOY_CACHE_DIR", str(tmp_path / "another cache"))
    assert failure(run("fetch")).exit_code == 5
    fetched = run("fetch", "--offline", str(out), "-o", "json")
    assert json.loads(fetched.stdout)[0]["origin"] == f"bundle {out}"


def test_a_bundle_with_a_changed_byte_is_refused(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "b.tar"
    run("bundle", "-o", str(out))
    changed = bytearray(out.read_bytes())
    changed[len(changed) // 2] ^= 1
    out.write_bytes(changed)
    monkeypatch.setenv("MESOSDEPLOY_CACHE_DIR", str(tmp_path / "another cache"))
    error = failure(run("fetch", "--offline", str(out)))
    assert error.exit_code == 5
    assert "is not a bundle as" in error.message


def test_a_bundle_of_a_built_artifact_holds_build_and_input(
    run: Run, inventory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mesosdeploy import lab

    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("x"))
    upload = tmp_path / "upload.tar.gz"
    upload.write_bytes(stream.getvalue())
    (inventory / "cluster.yml").write_text(CLUSTER.replace("apache", "lab"))
    entry = {
        "name": "mesos-upload",
        "version": "1.11.0",
        "flavour": "lab",
        "kind": "file",
        "licence": "Apache-2.0",
        "filename": upload.name,
        "sha256": hashlib.sha256(upload.read_bytes()).hexdigest(),
        "sources": [{"kind": "file", "path": str(upload)}],
    }
    (inventory / FILE).write_text(json.dumps({"format": 1, "artifacts": [entry]}))

    def build(*, version: str, archive: Path, output: Path, report: object) -> Path:
        made = output / f"mesos_{version}+lab2_amd64.deb"
        made.write_bytes(_package())
        return made

    monkeypatch.setattr(lab, "build_package", build)
    out = tmp_path / "b.tar"
    assert run("bundle", "-o", str(out)).exit_code == 0
    with tarfile.open(out) as archive:
        names = [Path(member.name).name for member in archive]
    assert {"upload.tar.gz", "mesos_1.11.0+lab2_amd64.deb", FILE, "manifest.json"} <= set(names)
    monkeypatch.delattr(lab, "build_package")
    monkeypatch.setenv("MESOSDEPLOY_CACHE_DIR", str(tmp_path / "another cache"))
    (found,) = json.loads(run("fetch", "--offline", str(out), "-o", "json").stdout)
    assert found["origin"] == f"bundle {out}"
    assert found["package_version"] == "1.11.0+lab2"


def test_the_mirror_of_the_environment_is_asked(
    run: Run, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    package.rename(mirror / package.name)
    monkeypatch.setenv("MESOSDEPLOY_MIRROR", str(mirror))
    assert json.loads(run("fetch", "-o", "json").stdout)[0]["origin"].startswith("mirror ")


@pytest.mark.parametrize("command", ["list", "fetch", "doctor", "bundle"])
def test_help_teaches_with_examples(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert "Examples:" in result.stdout
    assert "mesosdeploy artifacts" in result.stdout
