"""The wheel carries playbooks, roles, infra tests and plugins, and works from any directory."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*words: str, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        words,
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("dist")
    words = ("-m", "build", "--wheel", "--no-isolation", "--outdir", str(target))
    run(sys.executable, *words, cwd=ROOT)
    return next(target.glob("mesosdeploy-*.whl"))


@pytest.fixture(scope="module")
def binaries(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    environment = tmp_path_factory.mktemp("installed") / "venv"
    run(sys.executable, "-m", "venv", str(environment), cwd=ROOT)
    run(str(environment / "bin" / "pip"), "install", "--quiet", str(wheel), cwd=environment)
    return environment / "bin"


def test_wheel_carries_all_package_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for expected in (
        "mesosdeploy/_data/playbooks/site.yml",
        "mesosdeploy/_data/roles/mesos_agent/tasks/main.yml",
        "mesosdeploy/_data/tests/infra/conftest.py",
        "mesosdeploy/_data/tests/infra/zookeeper/test_zookeeper.py",
        "mesosdeploy/_data/inventories/local/cluster.yml",
        "mesosdeploy/ansible_plugins/inventory/mesosdeploy.py",
        "mesosdeploy/artifacts/artifacts.lock.yml",
        "mesosdeploy/lab/src/master.cpp",
        "mesosdeploy/providers/local/build_image.sh",
    ):
        assert expected in names
    assert not [name for name in names if "__pycache__" in name]


def test_installed_command_works_outside_the_checkout(binaries: Path, tmp_path: Path) -> None:
    command = str(binaries / "mesosdeploy")
    own = {"MESOSDEPLOY_STATE_DIR": str(tmp_path / "state"), "PATH": os.environ["PATH"]}
    run(command, "init", "demo", "--provider", "fake", cwd=tmp_path, **own)
    assert "demo" in run(command, "validate", "-i", "inventories/demo", cwd=tmp_path, **own)
    told = run(command, "up", "-i", "inventories/demo", "--provider", "fake", cwd=tmp_path, **own)
    assert "rehearsed with" in told
    gone = run(command, "down", "-i", "inventories/demo", "--yes", cwd=tmp_path, **own)
    assert "nothing is left" in gone


def test_installed_command_finds_its_own_playbooks(binaries: Path, tmp_path: Path) -> None:
    program = (
        "from mesosdeploy import resources as r;"
        "print(r.playbook('site').is_file(), r.roles_path().is_dir(), r.infra_tests().is_dir(),"
        " (r.ansible_plugins() / 'inventory' / 'mesosdeploy.py').is_file())"
    )
    found = run(str(binaries / "python"), "-c", program, cwd=tmp_path)
    assert found.split() == ["True"] * 4
