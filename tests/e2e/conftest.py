"""The installed command against real containers: what is made here is removed at the end."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.e2e.monitoring import Monitored

COMMAND = Path(sys.executable).parent / "mesosdeploy"
LOCAL = "{type: local}"
SPEC = """\
name: {name}
provider: {{type: local}}
groups:
  masters: {{count: {masters}}}
  agents:
    count: {agents}
    attributes: {{rack: r1}}
    resources: {{cpus: 1, mem_mb: 512, disk_mb: 1024, ports: ["31000-32000"]}}
"""
MONITORS = "  monitors: {count: 1}\n"
WITHOUT_SERVICES = """\
features: {marathon: false, load_balancer: false, service_discovery: false, monitoring: false}
"""


@dataclass
class Cluster:
    """One environment and its state directory, driven only through the command line."""

    inventory: Path
    state: Path
    name: str
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.environment = {**os.environ, "MESOSDEPLOY_STATE_DIR": str(self.state), "CI": "true"}

    def arguments(self, *words: str) -> list[str]:
        return [str(COMMAND), words[0], "-i", str(self.inventory), *words[1:]]

    def run(self, *words: str, seconds: float = 420) -> subprocess.CompletedProcess[str]:
        """Run a command to its end and return what it printed."""
        return subprocess.run(
            self.arguments(*words),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            env=self.environment,
            stdin=subprocess.DEVNULL,
        )

    def ok(self, *words: str, seconds: float = 420) -> str:
        """Run a command that must succeed; return its stdout."""
        done = self.run(*words, seconds=seconds)
        assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *words: str) -> Any:
        """Run a command that shows something, and return its JSON whatever its exit code."""
        return json.loads(self.run(*words, "-o", "json", seconds=120).stdout)

    def on(self, node: str, command: str) -> str:
        """Run a shell command on a node; return what it printed."""
        done = subprocess.run(
            ["ssh", "-F", str(self.state / self.name / "ssh_config"), node, command],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, f"{node}: {command}: {done.stderr}"
        return done.stdout

    def journal(self) -> list[dict[str, Any]]:
        """Return the complete entries of the cluster's journal."""
        path = self.state / self.name / "journal.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("}")]

    def until(self, what: str, seconds: float, holds: Callable[[], bool]) -> float:
        """Wait until a condition holds and return the seconds it took; fail after `seconds`."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if holds():
                return time.monotonic() - began
            time.sleep(0.2)
        pytest.fail(f"not within {seconds:.0f} s: {what}")


MakeCluster = Callable[..., Cluster]


@contextmanager
def made_clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeCluster]:
    """Give a maker of environments; whatever was made of them is removed at the end.

    A cluster's name ends with digits of this run, so that another checkout's run on the same
    computer, or what a killed run left, is never mistaken for it. `provider` is YAML in one line.
    """
    made: list[Cluster] = []
    run = secrets.token_hex(2)

    def make(
        name: str,
        *,
        masters: int = 1,
        agents: int = 1,
        services: bool = False,
        provider: str = LOCAL,
    ) -> Cluster:
        root = tmp_path_factory.mktemp(name)
        name = f"{name}-{run}"
        inventory = root / "inventory"
        inventory.mkdir()
        (inventory / "cluster.yml").write_text(
            SPEC.format(name=name, masters=masters, agents=agents).replace(LOCAL, provider)
            + (MONITORS if services else WITHOUT_SERVICES)
        )
        made.append(Cluster(inventory=inventory, state=root / "state", name=name))
        return made[-1]

    yield make
    for cluster in made:
        cluster.ok("down", "--yes")


@pytest.fixture(scope="session")
def make_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeCluster]:
    """Return a maker of environments on this computer."""
    with made_clusters(tmp_path_factory) as make:
        yield make


@pytest.fixture(scope="session")
def cluster(make_cluster: MakeCluster) -> Cluster:
    """The cluster of three masters and two agents that most tests here look at."""
    made = make_cluster("e2e", masters=3, agents=2)
    done = made.run("up", seconds=900)
    assert done.returncode == 0, done.stdout + done.stderr
    (made.state / "up.txt").write_text(done.stderr)
    return made


@pytest.fixture(scope="session")
def monitored(
    make_cluster: MakeCluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Monitored]:
    """The cluster with every service, one of them deployed, whose alerts are listened to."""
    from tests.e2e.monitoring import Monitored
    from tests.e2e.services import definition

    made = Monitored(make_cluster("mon", masters=3, agents=2, services=True))
    made.up(tmp_path_factory.mktemp("apps"), definition(release="one", instances=2))
    yield made
    made.webhook.stop()


def engine(cluster: Cluster, *words: str) -> str:
    """Run the container engine that the cluster's provider found, as the provider runs it."""
    from mesosdeploy.workflow.environment import Environment

    provider: Any = Environment.load(cluster.inventory).provider
    return str(provider.engine.run(*words, timeout_seconds=120))
