"""Ask every process of a cluster at once, within a deadline, and assemble what they say."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Any

import httpx

from mesosdeploy.mesos import zookeeper
from mesosdeploy.mesos.endpoints import Endpoint, Endpoints, Inventory, endpoints
from mesosdeploy.mesos.quantities import normalized
from mesosdeploy.mesos.views import AgentView, ClusterView, MasterView, ZooKeeperView

_LEADER_REDIRECT = 307

Listed = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """A moment until which an answer is worth something."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Return the deadline that is `seconds` from now."""
        return cls(at=time.monotonic() + seconds)

    @property
    def left(self) -> float:
        """Return the seconds that remain, never so few that a call cannot be made."""
        return max(0.05, self.at - time.monotonic())


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One process, and how it is asked: a client, and the deadline for all of its answers."""

    client: httpx.Client
    endpoint: Endpoint
    deadline: Deadline

    def get(self, path: str, **params: str) -> httpx.Response:
        """Return the answer to `GET path`; a redirect is an answer too."""
        return self.client.get(
            f"{self.endpoint.url}{path}", params=params, timeout=self.deadline.left
        )

    def json(self, path: str, **params: str) -> Any:
        """Return the JSON of `GET path`; ValueError says which other answer came."""
        answer = self.get(path, **params)
        if answer.status_code != httpx.codes.OK:
            text = answer.text.strip()[:200]
            raise ValueError(f"{path} answered {answer.status_code} {text}".rstrip())
        return answer.json()


def client() -> httpx.Client:
    """Return a client for the cluster's own network: no proxy, no redirects, plain HTTP."""
    return httpx.Client(trust_env=False, follow_redirects=False, verify=False)  # noqa: S501


def observe(inventory: Inventory, *, timeout: float = 1.5) -> ClusterView:
    """Ask every master, agent and ZooKeeper server at once and return what they said.

    All answers are in after about `timeout` seconds; a process that was silent until then is
    unreachable in the view. Nothing is raised for a cluster that is down.
    """
    began = time.monotonic()
    where, deadline = endpoints(inventory), Deadline.after(timeout)
    count = len(where.masters) + len(where.agents) + len(where.zookeepers)
    # Not a context manager: leaving one waits for the threads of silent nodes.
    pool = ThreadPoolExecutor(max_workers=max(1, min(count, 64)))
    with client() as http:

        def start[T](read: Callable[[Asked], T], one: Endpoint) -> Future[T]:
            return pool.submit(read, Asked(client=http, endpoint=one, deadline=deadline))
