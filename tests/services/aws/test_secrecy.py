"""Credentials of a cloud are seen by nobody: in no command line of a child, in no log of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mesosdeploy.ansible import Strategy
from mesosdeploy.errors import DeployError
from mesosdeploy.workflow import install
from tests.services.aws.conftest import CANARY_ID, CANARY_SECRET, Aws
from tests.services.aws.test_product import command, inventory, make_machines

__all__ = ["inventory"]

# It stands for OpenSSH, whose machines are none here, and writes down who is running meanwhile.
SSH = """#!/bin/sh
for each in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <"$each"; echo; done >>'{seen}' 2>/dev/null
echo 'nobody is there' >&2
exit 255
"""


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of all command lines that there were when somebody called ssh."""
    directory = tmp_path / "bin"
    directory.mkdir()
    file = tmp_path / "seen"
    (directory / "ssh").write_text(SSH.format(seen=file))
    (directory / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", str(directory), prepend=":")
    return file


def test_credentials_are_in_no_command_line_and_no_log_of_a_child(
    aws: Aws, inventory: Path, seen: Path
) -> None:
    environment = make_machines(inventory)
    assert len(aws.alive()) == 6
    install.write_inventory(environment, environment.provider.list(), {})
    told: list[str] = []
    with pytest.raises(DeployError) as failed:
        install.converge(environment, strategy=Strategy.LINEAR, run="r1", report=told.append)
    told += [failed.value.message, str(failed.value.hint)]
    for words in (("ssh", "master-1", "--", "true"), ("logs", "master-1")):
        ended = command(words[0], "-i", str(inventory), *words[1:])
        assert ended.returncode != 0
        told += [ended.stdout, ended.stderr]
    running = seen.read_text()
    assert "ansible-playbook" in running
    assert "mesosdeploy" in running
    logs = [path for path in environment.directory.rglob("*") if path.is_file()]
    assert any("logs" in path.parts and "nobody is there" in path.read_text() for path in logs)
    told += [running, *(path.read_text(errors="replace") for path in logs)]
    for text in told:
        assert CANARY_SECRET not in text
        assert CANARY_ID not in text
