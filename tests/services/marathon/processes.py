"""Real scheduler processes for the tests, and a client that reads and polls them."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.lab.processes import HOST, Daemon, Master, ZooKeeper, free_port, wait_for

Json = dict[str, Any]

SLEEP = {"cmd": "exec sleep 600", "cpus": 0.05, "mem": 16, "disk": 0}
# The servers' tick is half a second; two ticks are the shortest session they grant.
SESSION_MILLISECONDS = 1500


def request(method: str, url: str, **options: Any) -> httpx.Response:
    """Send one request over a connection of its own, without a look at the machine's CAs."""
    with httpx.Client(verify=False, timeout=10) as client:
        return client.request(method, url, **options)


class Marathon(Daemon):
    """One scheduler; those with the same path in ZooKeeper elect a leader among them."""

    def __init__(
        self,
        directory: Path,
        master: str,
        zookeeper: str,
        environment: Mapping[str, str] = {},
    ) -> None:
        self.port = free_port()
        self.address = f"{HOST}:{self.port}"
        self.url = f"http://{self.address}"
        variables = {
            "MARATHON_MASTER": master,
            "MARATHON_ZK": zookeeper,
            "MARATHON_HOSTNAME": HOST,
            "MARATHON_HTTP_ADDRESS": HOST,
            "MARATHON_HTTP_PORT": str(self.port),
            "MARATHON_ZK_SESSION_TIMEOUT": str(SESSION_MILLISECONDS),
            "MARATHON_FRAMEWORK_NAME": f"marathon-{uuid.uuid4().hex[:8]}",
            **environment,
        }
        argv = [sys.executable, "-W", "error", "-m", "mesosdeploy.services.marathon"]
        super().__init__(argv, directory / "marathon.log", variables)

    def is_ready(self) -> bool:
        """Tell whether it answers, or has ended already."""
        assert self._process is not None
        if self._process.poll() is not None:
            return True
        try:
            return request("GET", f"{self.url}/ping").text.strip() == "pong"
        except httpx.HTTPError:
            return False

    def wait(self, seconds: float = 20) -> int:
        """Wait until the process ends by itself; the exit code."""
        assert self._process is not None
        return self._process.wait(seconds)

    def run(self) -> tuple[int, str]:
        """Run a process that is to end by itself; its exit code and its log."""
        self.start()
        return self.wait(), self.log.read_text()

    @property
    def leads(self) -> bool:
        """Tell whether it says itself that it leads."""
        try:
            found = request("GET", f"{self.url}/v2/leader").json()
            return bool(found.get("leader") == self.address)
        except httpx.HTTPError:
            return False


class Api:
    """The REST API of a scheduler, or of whichever of several answers."""

    def __init__(self, *schedulers: Marathon) -> None:
        self._schedulers = schedulers

    @property
    def url(self) -> str:
        return next((one.url for one in self._schedulers if one.leads), self._schedulers[0].url)

    def get(self, path: str) -> Any:
        answer = request("GET", f"{self.url}{path}")
        answer.raise_for_status()
        return answer.json()

    def send(self, method: str, path: str, body: object = None, status: int = 200) -> Any:
        answer = request(method, f"{self.url}{path}", json=body)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def wait(self, what: str, probe: Callable[[], Any], seconds: float = 30) -> Any:
        def patient() -> Any:
            try:
                return probe()
            except httpx.HTTPError as exc:
                raise OSError(str(exc)) from exc

        return wait_for(what, patient, seconds)

    def wait_for_leader(self) -> None:
        self.wait("a leader", lambda: any(one.leads for one in self._schedulers))

    def create(self, app_id: str, **fields: object) -> Json:
        return self.send("POST", "/v2/apps", {"id": app_id, **SLEEP, **fields}, 201)

    def tasks(self, app_id: str, state: str = "TASK_RUNNING") -> list[Json]:
        tasks = self.get(f"/v2/apps{app_id}/tasks")["tasks"]
        return [one for one in tasks if one["state"] == state]

    def wait_running(self, app_id: str, count: int, seconds: float = 30) -> list[Json]:
        """Wait until exactly so many tasks run, and no deployment is under way."""

        def probe() -> list[Json] | None:
            tasks = self.tasks(app_id)
            idle = not self.get("/v2/deployments")
            return tasks if len(tasks) == count and idle else None

        if count:
            return self.wait(f"{count} tasks of {app_id}", probe, seconds)
        self.wait(f"no task of {app_id}", lambda: not self.get(f"/v2/apps{app_id}/tasks")["tasks"])
        return []

    def wait_idle(self, seconds: float = 30) -> None:
        self.wait("the end of deployments", lambda: not self.get("/v2/deployments"), seconds)


def state_path(zookeeper: ZooKeeper) -> str:
    """Return the URL of a new path for the state."""
    return f"zk://{HOST}:{zookeeper.port}/marathon-{uuid.uuid4().hex[:8]}"


def mesos_tasks(master: Master, framework_id: str) -> list[Json]:
    """Return what the master itself says of a framework's tasks that have not ended."""
    state = request("GET", f"{master.url}/state").json()
    found = [one for one in state["frameworks"] if one["id"] == framework_id]
    return [task for one in found for task in one["tasks"]]


@contextmanager
def removed_afterwards(api: Api, master: Master) -> Iterator[Api]:
    """Remove the framework with its tasks in the end."""
    framework_id = ""
    try:
        api.wait_for_leader()
        framework_id = api.wait("the framework", lambda: api.get("/v2/info")["frameworkId"])
        yield api
    finally:
        if framework_id:
            request("POST", f"{master.url}/teardown", data={"frameworkId": framework_id})
