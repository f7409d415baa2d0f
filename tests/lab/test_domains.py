"""What real masters and agents make of fault domains: the facts that roles and plan build on."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

from tests.lab.conftest import Directories
from tests.lab.processes import Agent, Master, get, wait_for
from tests.lab.scheduler import Scheduler, task


def flag(zone: str) -> dict[str, str]:
    return {"MESOS_DOMAIN": json.dumps(domain(zone))}


def domain(zone: str) -> dict[str, Any]:
    return {"fault_domain": {"region": {"name": "north"}, "zone": {"name": zone}}}


def listed(master: Master) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = get(f"{master.url}/slaves")["slaves"]
    return found


def test_an_agent_s_first_domain_keeps_its_id_and_its_tasks(
    root: Path, directories: Directories
) -> None:
    additive = {"MESOS_RECONFIGURATION_POLICY": "additive"}
    with (
        Master(root, directories.make("master"), environment=flag("a")) as master,
        Agent(root, directories.make("agent"), master.address, additive) as agent,
    ):
        framework = Scheduler(master.port)
        lasting = framework.launch(task("exec sleep 60"))
        framework.wait_update(lasting, state="TASK_RUNNING")
        (before,) = listed(master)
        assert "domain" not in before
        agent.signal(signal.SIGKILL)
        agent.environment = {**agent.environment, **flag("b")}
        agent.start()
        after = wait_for(
            "the new domain", lambda: [one for one in listed(master) if "domain" in one]
        )
        assert [(one["id"], one["domain"]) for one in after] == [(before["id"], domain("b"))]
        framework.kill(lasting)
        assert framework.wait_end(lasting)["state"] == "TASK_KILLED"
        framework.close()


def test_an_agent_that_registered_with_a_domain_takes_no_other(
    root: Path, directories: Directories
) -> None:
    environment = {"MESOS_RECONFIGURATION_POLICY": "additive", **flag("a")}
    with (
        Master(root, directories.make("master"), environment=flag("a")) as master,
        Agent(root, directories.make("agent"), master.address, environment) as agent,
    ):
        without = {k: v for k, v in agent.environment.items() if k != "MESOS_DOMAIN"}
        agent.signal(signal.SIGKILL)
        for number, other in enumerate(({**without, **flag("b")}, without), start=1):
            agent.environment = other
            assert agent.launch().wait(20) == 1
            assert agent.log.read_text().count("policy: Domain changed from") == number


def test_a_master_without_a_domain_ignores_an_agent_that_has_one(
    root: Path, directories: Directories
) -> None:
    with Master(root, directories.make("master")) as master:
        agent = Agent(root, directories.make("agent"), master.address, flag("a"))
        try:
            agent.launch()
            wait_for(
                "the master's warning",
                lambda: "the master has no configured domain" in master.log.read_text(),
            )
            assert listed(master) == []
        finally:
            agent.clean_up()
