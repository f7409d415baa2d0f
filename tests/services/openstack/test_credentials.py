"""Credentials come from OpenStack's own places, and go nowhere else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.services.aws.test_product import command
from tests.services.openstack.conftest import PASSWORD, USER, Cloud, Provide

CANARY = "canary-password-of-nobody"


@pytest.fixture
def without_variables(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """Take away the variables that say who asks."""
    for name in [name for name in os.environ if name.startswith("OS_")]:
        monkeypatch.delenv(name)
    return cloud


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """Return an environment whose cloud is the entry `mine`."""
    target = tmp_path / "inventory"
    target.mkdir()
    data = {
        "name": "c1",
        "provider": {
            "type": "openstack",
            "cloud": "mine",
            "admin_cidrs": ["203.0.113.0/24"],
            "flavor": "m1.small",
            "image": {"name": "debian-12"},
        },
        "groups": {"masters": {"count": 1}, "agents": {"count": 1}},
    }
    YAML().dump(data, target / "cluster.yml")
    return target


def write_clouds(directory: Path, **entry: Any) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    YAML().dump({"clouds": {"mine": entry}}, directory / "clouds.yaml")


def password(cloud: Cloud, word: str) -> dict[str, str]:
    """Return the entry's way to log in with a password."""
    domains = {"user_domain_name": "Default", "project_domain_name": "Default"}
    name = {"username": USER, "project_name": USER, "password": word}
    return {"auth_url": cloud.plane.auth_url, **name, **domains}


def test_an_entry_of_clouds_yaml_is_enough(
    without_variables: Cloud, inventory: Path, tmp_path: Path
) -> None:
    write_clouds(tmp_path / ".config/openstack", auth=password(without_variables, PASSWORD))
    ended = command("gc", "-i", str(inventory), "-o", "json")
    assert (ended.returncode, ended.stdout.strip()) == (0, "[]"), ended.stderr


def test_an_application_credential_is_enough(
    without_variables: Cloud, inventory: Path, tmp_path: Path
) -> None:
    made = without_variables.user.identity.create_application_credential(
        without_variables.user.current_user_id, name=f"for-{tmp_path.name}"
    )
    auth = {
        "auth_url": without_variables.plane.auth_url,
        "application_credential_id": made.id,
        "application_credential_secret": made.secret,
    }
    write_clouds(tmp_path, auth_type="v3applicationcredential", auth=auth)
    ended = command("gc", "-i", str(inventory), "-o", "json")
    assert (ended.returncode, ended.stdout.strip()) == (0, "[]"), ended.stderr


def test_without_credentials_the_remedy_is_told(without_variables: Cloud, provide: Provide) -> None:
    assert without_variables.servers() == []
    for options in ({}, {"cloud": "nobody-s"}):
        (finding,) = provide(**options).check()
        assert not finding.ok
        assert "clouds.yaml" in finding.remedy


def test_a_wrong_password_is_told_and_shown_nowhere(
    without_variables: Cloud, inventory: Path, tmp_path: Path
) -> None:
    write_clouds(tmp_path, auth=password(without_variables, CANARY))
    texts = []
    for words in (("plan",), ("doctor",), ("gc",), ("down", "--yes")):
        ended = command(*words, "-i", str(inventory))
        assert ended.returncode != 0
        assert "Traceback" not in ended.stderr
        texts += [ended.stdout, ended.stderr]
    state = tmp_path / "state"
    texts += [file.read_text(errors="replace") for file in state.rglob("*") if file.is_file()]
    assert any("requires authentication" in text for text in texts)
    assert any("openstack token issue" in text for text in texts)
    assert not [text for text in texts if CANARY in text]
