"""Credentials come from OpenStack's own places, and go nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from mesosdeploy.providers.cloud import CloudError, Kind
from tests.services.openstack.conftest import PASSWORD, USER, Cloud, Provide

CANARY = "canary-password-of-nobody"


@pytest.fixture
def without_variables(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """Take away the variables that say who asks."""
    for name in [name for name in os.environ if name.startswith("OS_")]:
        monkeypatch.delenv(name)
    return cloud


def write_clouds(directory: Path, **entry: Any) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    YAML().dump({"clouds": {"mine": entry}}, directory / "clouds.yaml")


def test_an_entry_of_clouds_yaml_is_enough(
    without_variables: Cloud, provide: Provide, tmp_path: Path
) -> None:
    auth = {"auth_url": without_variables.plane.auth_url, "username": USER, "password": PASSWORD}
    domains = {"user_domain_name": "Default", "project_domain_name": "Default"}
    write_clouds(tmp_path / ".config/openstack", auth={**auth, **domains, "project_name": USER})
    (finding,) = provide(cloud="mine").check()
    assert finding.ok, finding


def test_an_application_credential_is_enough(
    without_variables: Cloud, provide: Provide, tmp_path: Path
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
    provider = provide(cloud="mine")
    (finding,) = provider.check()
    assert finding.ok, finding
    assert provider.leftovers() == []


def test_without_credentials_the_remedy_is_told(without_variables: Cloud, provide: Provide) -> None:
    assert without_variables.servers() == []
    for options in ({}, {"cloud": "nobody-s"}):
        (finding,) = provide(**options).check()
        assert not finding.ok
        assert "clouds.yaml" in finding.remedy


def test_a_wrong_password_is_told_and_shown_nowhere(
    cloud: Cloud, provide: Provide, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_PASSWORD", CANARY)
    with pytest.raises(CloudError) as told:
        provide().list()
    assert told.value.kind is Kind.AUTH
    inventory = tmp_path / "inventory"
    inventory.mkdir()
    data = {
        "name": "c1",
        "provider": {
            "type": "openstack",
            "admin_cidrs": ["203.0.113.0/24"],
            "flavor": "m1.small",
            "image": {"name": "debian-12"},
        },
        "groups": {"masters": {"count": 1}, "agents": {"count": 1}},
    }
    YAML().dump(data, inventory / "cluster.yml")
    texts = []
    for words in (("plan",), ("doctor",), ("down", "--yes")):
        ended = subprocess.run(
            [sys.executable, "-m", "mesosdeploy", *words, "-i", str(inventory)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200"},
        )
        assert ended.returncode != 0
        assert "Traceback" not in ended.stderr
        texts += [ended.stdout, ended.stderr]
    state = tmp_path / "state"
    texts += [file.read_text(errors="replace") for file in state.rglob("*") if file.is_file()]
    assert any("requires authentication" in text for text in texts)
    assert not [text for text in texts if CANARY in text]
    assert cloud.servers() == []
