"""Real alerts are listed, silenced, counted and told of as both programs have them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mesosdeploy.workflow import alerts as workflow
from tests.alerts.drill import wait_for
from tests.services.monitoring.processes import AGENT, PASSWORD, Watched, is_installed

DOWN, BUSY, FULL = ("AgentDown", "agent-1"), ("AgentBusy", "agent-1"), ("AgentFull", "agent-1")
LOAD = "mesos_agent_system_load_1min"


@pytest.fixture
def broken(watched: Watched) -> Iterator[Watched]:
    """Give the cluster with one agent down and very busy, and mend it afterwards."""
    watched.agents["agent-1"].figures |= {"mesos_up": 0.0, LOAD: 1000.0}
    expected = {DOWN: "firing", BUSY: "inhibited", FULL: "pending"}
    wait_for(lambda: watched.states() == expected, "alerts are as they should be")
    yield watched
    watched.agents["agent-1"].figures = dict(AGENT)
    wait_for(lambda: not watched.states(), "no alert is left")


def test_well_cluster_has_no_alert(watched: Watched) -> None:
    ended = watched.run("alerts", "--exit-code")
    assert (ended.code, ended.stdout, ended.stderr) == (0, "", "no alert fires\n")


def test_what_fires_is_shown_and_what_follows_from_it_is_not(broken: Watched) -> None:
    (alert,) = broken.data("alerts")["alerts"]
    assert (alert["name"], alert["severity"], alert["node"]) == ("AgentDown", "critical", "agent-1")
    assert alert["description"] == "Value 0 on agent-1."
    assert alert["labels"]["cluster"] == "watched"
    assert broken.run("alerts", "--exit-code").code == 6
    noted = workflow.noted(broken.inventory, timeout=10)
    assert noted is not None
    assert noted.alerts is not None
    assert noted.alerts.counts == {"critical": 1, "warning": 0, "info": 0}


def test_silenced_alert_is_quiet_until_the_silence_ends(broken: Watched) -> None:
    made = broken.run("alerts", "silence", "AgentDown", "--node", "agent-1", "--for", "5m")
    assert made.code == 0, made.stderr
    wait_for(lambda: broken.states()[DOWN] == "silenced", "it is silenced")
    assert broken.run("alerts", "--exit-code").code == 0
    ended = broken.run("alerts", "unsilence", made.stdout.strip())
    assert ended.code == 0, ended.stderr
    wait_for(lambda: broken.states()[DOWN] == "firing", "it fires again")


def test_misspelt_alert_is_not_silenced(watched: Watched) -> None:
    ended = watched.run("alerts", "silence", "AgentDwn")
    assert ended.code == 2
    assert 'did you mean "AgentDown"?' in ended.stderr


def test_changes_are_told_to_a_pipe_as_they_come(watched: Watched, tmp_path: Path) -> None:
    log = tmp_path / "changes"
    with log.open("w") as file:
        process = subprocess.Popen(
            [*watched.words("alerts"), "--watch", "--interval", "1", "-o", "json"],
            env=watched.environment,
            stdout=file,
        )
    try:
        watched.agents["agent-2"].figures["mesos_up"] = 0.0
        wait_for(lambda: '"begins"' in log.read_text(), "it begins")
        watched.agents["agent-2"].figures["mesos_up"] = 1.0
        wait_for(lambda: '"ends"' in log.read_text(), "it ends")
    finally:
        watched.agents["agent-2"].figures = dict(AGENT)
        process.terminate()
        process.wait(timeout=20)
    told = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(one["event"], one["alert"]["name"], one["alert"]["node"]) for one in told] == [
        ("begins", "AgentDown", "agent-2"),
        ("ends", "AgentDown", "agent-2"),
    ]


@pytest.mark.skipif(not is_installed(), reason="needs Debian's prometheus")
def test_passwords_are_given_where_they_are_asked_for(tmp_path: Path) -> None:
    guarded = Watched(tmp_path, password=True)
    variables = {
        f"MESOSDEPLOY_{name}_CREDENTIALS": f"ops:{PASSWORD}"
        for name in ("PROMETHEUS", "ALERTMANAGER")
    }
    try:
        wait_for(
            lambda: "Watchdog" in guarded.run("alerts", "--all", **variables).stdout,
            "alerts are told to those who know the password",
        )
        refused = guarded.run("alerts")
        assert refused.code == 5
        assert "wants credentials (401)" in refused.stderr
        assert "MESOSDEPLOY_PROMETHEUS_CREDENTIALS" in refused.stderr
        wrong = dict.fromkeys(variables, "ops:wrong")
        assert "does not accept the given credentials" in guarded.run("alerts", **wrong).stderr
    finally:
        guarded.stop()
