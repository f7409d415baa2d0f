"""Emptying agents before their machines go, so that no task is cut off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from packaging.version import Version

from mesosdeploy.errors import DeployError
from mesosdeploy.providers.base import Report
from mesosdeploy.workflow import way
from mesosdeploy.workflow.environment import Environment

if TYPE_CHECKING:
    from mesosdeploy.mesos.maintenance import Maintenance
    from mesosdeploy.mesos.views import AgentView, ClusterView

GRACE_SECONDS = 120
_MARGIN_SECONDS = 120
_FIRST_WITH_DRAINING = Version("1.9.0")


def drain(environment: Environment, nodes: Sequence[str], report: Report) -> None:
    """Drain the agents on these nodes and tell the master that they are gone.

    A node without a registered agent needs nothing. Raises DeployError when nobody leads or an
    agent is not empty in time; machines are then still there.
    """
    from mesosdeploy.mesos import operator

    view = operator.observe(way.inventory(environment), timeout=5)
    leaving = [agent for agent in view.agents if agent.node in nodes and agent.registered]
    unknown = [agent for agent in view.agents if agent.node in nodes and agent.registered is None]
    if unknown:
        raise DeployError(
            f"{', '.join(agent.node for agent in unknown)} cannot be drained: no master leads",
            hint="mesosdeploy doctor says what the masters lack",
        )
    if leaving:
        can_drain = Version(environment.spec.versions.mesos.version) >= _FIRST_WITH_DRAINING
        _drain(view, leaving, report, can_drain=can_drain)


def _drain(
    view: ClusterView, leaving: Sequence[AgentView], report: Report, *, can_drain: bool
) -> None:
    from mesosdeploy.mesos import asking
    from mesosdeploy.mesos.maintenance import Maintenance

    leader = next(master for master in view.masters if master.is_leader)
    with asking.client() as client:
        maintenance = Maintenance(f"http://{leader.address}:{leader.port}", client)
        for agent in leaving if can_drain else ():
            report(f"drain {agent.node}")
            maintenance.drain(str(agent.id), grace_seconds=GRACE_SECONDS)
        for agent in leaving:
            if can_drain:
                _wait_until_empty(maintenance, agent)
                report(f"{agent.node} is empty")
            else:
                report(f"{agent.node}: Mesos before 1.9 cannot drain; its tasks end with it")
            maintenance.dismiss(str(agent.id))


def _wait_until_empty(maintenance: Maintenance, agent: AgentView) -> None:
    from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

    attempts = Retrying(
        retry=retry_if_result(lambda drained: not drained),
        stop=stop_after_delay(GRACE_SECONDS + _MARGIN_SECONDS),
        wait=wait_fixed(1),
    )
    try:
        attempts(maintenance.is_drained, str(agent.id))
    except RetryError as exc:
        raise DeployError(
            f"{agent.node} still runs tasks {GRACE_SECONDS + _MARGIN_SECONDS} s after the drain",
            hint="look at its sandboxes; the drain goes on, so repeat the same command later",
        ) from exc
