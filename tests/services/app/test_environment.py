"""`mesosdeploy app -i DIR`: servers and agents out of an inventory, also when the leader dies."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.lab.conftest import Directories
from tests.lab.processes import wait_for
from tests.services.app.conftest import ElectedMaster
from tests.services.marathon.processes import Marathon, state_path

SPEC = "name: demo\nprovider: {type: fake}\ngroups: {masters: {count: 1}, agents: {count: 2}}\n"
APP = """\
id: web
cmd: 'echo began; exec sleep 600'
instances: 2
cpus: 0.1
mem: 16
healthChecks:
- {protocol: COMMAND, command: {value: test -e go}, delaySeconds: 0, intervalSeconds: 1,
   gracePeriodSeconds: 60}
"""
_SECONDS = 90


class HostMarathon(Marathon):
    """A scheduler at an address of its own with Marathon's port, as those on machines are."""

    def __init__(self, directory: Path, master: ElectedMaster, path: str) -> None:
        self.host = f"127.{random.randrange(1, 255)}.{random.randrange(1, 255)}.1"
        own = {
            "MARATHON_HOSTNAME": self.host,
            "MARATHON_HTTP_ADDRESS": self.host,
            "MARATHON_HTTP_PORT": "8080",
            "MARATHON_FRAMEWORK_NAME": "marathon-app",
        }
        super().__init__(directory, master.zookeeper.url, path, own)
        self.address, self.url = f"{self.host}:8080", f"http://{self.host}:8080"

    def is_ready(self) -> bool:
        try:
            return super().is_ready()
        except httpx.ConnectError:
            return False


@pytest.fixture
def schedulers(
    master: ElectedMaster, directories: Directories
) -> Iterator[tuple[HostMarathon, HostMarathon]]:
    path = state_path(master.zookeeper)
    with (
        HostMarathon(directories.make("first"), master, path) as first,
        HostMarathon(directories.make("second"), master, path) as second,
    ):
        wait_for("a leader", lambda: first.leads or second.leads)
        yield first, second
        leader = first if first.leads else second
        framework = httpx.get(f"{leader.url}/v2/info").json()["frameworkId"]
        httpx.post(f"{master.url}/teardown", data={"frameworkId": framework})


@pytest.fixture
def environment(
    schedulers: tuple[HostMarathon, HostMarathon], master: ElectedMaster, tmp_path: Path
) -> dict[str, str]:
    """Write spec and inventory of these processes; return what names them to the command."""
    (tmp_path / "cluster.yml").write_text(SPEC)
    agents = httpx.get(f"{master.url}/slaves").json()["slaves"]
    hosts = {f"agent-{n}": one["hostname"] for n, one in enumerate(agents, 1)}
    inventory = {
        "_meta": {"hostvars": {name: {"mesosdeploy_address": at} for name, at in hosts.items()}},
        "all": {
            "vars": {
                "mesosdeploy_cluster": "demo",
                "mesosdeploy_marathon_flavour": "lab",
                "mesosdeploy_marathon_servers": [
                    {"name": f"master-{n}", "address": one.host}
                    for n, one in enumerate(schedulers, 1)
                ],
            }
        },
        "mesos_agent": {"hosts": list(hosts)},
    }
    (tmp_path / "state" / "demo").mkdir(parents=True)
    (tmp_path / "state" / "demo" / "inventory.json").write_text(json.dumps(inventory))
    return {
        **os.environ,
        "MESOSDEPLOY_STATE_DIR": str(tmp_path / "state"),
        "MESOSDEPLOY_INVENTORY": str(tmp_path),
    }


def test_a_deployment_survives_the_leading_scheduler(
    schedulers: tuple[HostMarathon, HostMarathon], environment: dict[str, str], tmp_path: Path
) -> None:
    """Its tasks become healthy only after the leader has died and the other one has taken over."""
    (tmp_path / "web.yml").write_text(APP)
    command = [sys.executable, "-m", "mesosdeploy", "app"]
    deploy = subprocess.Popen(
        [*command, "deploy", str(tmp_path / "web.yml")],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert deploy.stderr is not None
        assert any("/web: 2 of 2 run" in line for line in iter(deploy.stderr.readline, ""))
        leader, other = sorted(schedulers, key=lambda one: not one.leads)
        tasks = httpx.get(f"{other.url}/v2/apps/web/tasks").json()["tasks"]
        leader.signal(signal.SIGKILL)
        wait_for("the other to lead", lambda: other.leads)
        state = {one["host"]: httpx.get(f"http://{one['host']}:5051/state").json() for one in tasks}
        for one in tasks:
            (Path(sandbox(state[one["host"]], one["id"])) / "go").touch()
        _, err = deploy.communicate(timeout=_SECONDS)
    finally:
        deploy.kill()
        deploy.wait()
    assert deploy.returncode == 0, err
    assert "/web: 2 of 2 run, 2 of 2 healthy" in err
    shown = subprocess.run(
        [*command, "show", "web", "-o", "json"], env=environment, capture_output=True, check=True
    )
    assert {one["id"] for one in json.loads(shown.stdout)["tasks"]} == {one["id"] for one in tasks}
    logs = subprocess.run(
        [*command, "logs", "web"], env=environment, capture_output=True, check=True, text=True
    )
    assert logs.stdout.count(" began\n") == 2


def sandbox(state: dict[str, object], task_id: str) -> str:
    from mesosdeploy.mesos.sandbox import directory

    return directory(state, task_id)
