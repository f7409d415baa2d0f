"""Playbooks run for real, on this machine and without a connection."""

from __future__ import annotations

from pathlib import Path

import pytest

from mesosdeploy.ansible import PlaybookRun, Strategy, run_playbook

CANARY = "canary-password-of-nobody"
PLAY = """\
- hosts: all
  connection: local
  gather_facts: false
  tasks:
    - name: Use what only the environment knows
      ansible.builtin.assert:
        that: lookup('ansible.builtin.env', 'MESOSDEPLOY_CANARY') == '%s' | replace('x', '')
      no_log: true
"""


def test_environment_reaches_the_playbook_and_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MESOSDEPLOY_CANARY", CANARY)
    (tmp_path / "play.yml").write_text(PLAY % CANARY.replace("canary", "canaryx"))
    (tmp_path / "hosts.yml").write_text("all: {hosts: {here: {}}}")
    logs = tmp_path / "logs"
    run = PlaybookRun(
        playbook=tmp_path / "play.yml",
        inventory=tmp_path / "hosts.yml",
        hosts=frozenset({"here"}),
        directory=logs,
        recorded=tmp_path / "none.json",
        strategy=Strategy.LINEAR,
    )
    assert run_playbook(run, lambda _text: None).failures == ()
    files = [path for path in logs.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if CANARY in path.read_text(errors="replace")]
