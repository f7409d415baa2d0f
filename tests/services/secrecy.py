"""What is told of a cluster while it is installed: by files, by output, by who runs meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from mesosdeploy.ansible import Strategy
from mesosdeploy.errors import DeployError
from mesosdeploy.workflow import install
from mesosdeploy.workflow.environment import Environment
from tests.services.aws.test_product import command

# It stands for OpenSSH, because the machines are none, and writes down who is running meanwhile.
_SSH = """#!/bin/sh
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
    (directory / "ssh").write_text(_SSH.format(seen=file))
    (directory / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", str(directory), prepend=":")
    return file


def told(environment: Environment, seen: Path) -> list[str]:
    """Let Ansible and ssh try the nodes; return everything that was written about it anywhere."""
    install.write_inventory(environment, environment.provider.list(), {})
    texts: list[str] = []
    with pytest.raises(DeployError) as failed:
        install.converge(environment, strategy=Strategy.LINEAR, run="r1", report=texts.append)
    texts += [failed.value.message, str(failed.value.hint)]
    for words in (("ssh", "master-1", "--", "true"), ("plan",)):
        ended = command(words[0], "-i", str(environment.source), *words[1:])
        texts += [ended.stdout, ended.stderr]
    running = seen.read_text()
    assert "ansible-playbook" in running
    assert "mesosdeploy" in running
    files = [path for path in environment.directory.rglob("*") if path.is_file()]
    logs = [path for path in files if "logs" in path.parts]
    assert any("nobody is there" in path.read_text() for path in logs)
    return [*texts, running, *(path.read_text(errors="replace") for path in files)]
