"""Which instances of which apps fit into an offer, and why the others do not."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mesosdeploy.services.marathon.constraints import attribute_values, satisfied
from mesosdeploy.services.marathon.definition import App
from mesosdeploy.services.marathon.identity import new_task_id
from mesosdeploy.services.marathon.model import Instance
from mesosdeploy.services.marathon.offers import Pool

Json = dict[str, Any]


class Reason(StrEnum):
    """Why an offer does not do; in this order, of which only the first is told."""

    ROLE = "UnfulfilledRole"
    CONSTRAINT = "UnfulfilledConstraint"
    RESERVATION = "NoCorrespondingReservationFound"
    MAINTENANCE = "AgentMaintenance"
    CPUS = "InsufficientCpus"
    MEMORY = "InsufficientMemory"
    DISK = "InsufficientDisk"
    GPUS = "InsufficientGpus"
    PORTS = "InsufficientPorts"
    SCARCE = "DeclinedScarceResources"


@dataclass(frozen=True, kw_only=True)
class Placement:
    """One instance that goes onto the offer's agent, with what it takes from the offer.

    `ports` are host ports in the order of the app's port definitions; `resources` are Mesos
    resources with the roles, reservations and allocation of the offer.
    """

    app: App
    task_id: str
    ports: tuple[int, ...]
    resources: list[Json]
    host: str


@dataclass(frozen=True, kw_only=True)
class Match:
    """What an offer is used for; `rejected` says per app why it got fewer than wanted."""

    placements: tuple[Placement, ...]
    rejected: Mapping[str, Reason]


def match(
    offer: Json,
    wanted: Sequence[tuple[App, int]],
    placed: Mapping[str, Sequence[Instance]],
    *,
    role: str,
    now: float | None = None,
    seed: int | str = 0,
) -> Match:
    """Place up to the wanted number of instances of each app, in the order given.

    `offer` is v1 JSON. `placed` are the live instances per app id, which constraints look at.
    `now` (seconds since the epoch) is compared with announced maintenance; without it, any
    announcement keeps apps away. The same offer and `seed` give the same ports.
    """
    ground = _Ground(offer=offer, role=role, now=now)
    # Which ports are taken is no secret.
    chance = random.Random(f"{seed}/{offer['id']['value']}")  # noqa: S311
    pool = Pool.of(offer)
    placements: list[Placement] = []
    rejected: dict[str, Reason] = {}
    for app, count in wanted:
        beside = _of_this_config(app, placed.get(app.id, ()))
        for _ in range(count):
            instance = instance_on(offer, app, new_task_id(app.id))
            taken = ground.refusal(pool, app, instance, beside) or ground.take(pool, app, chance)
            if isinstance(taken, Reason):
                rejected[app.id] = taken
                break
            pool, placement = taken
            placements.append(dataclasses.replace(placement, task_id=instance.task_id))
            beside.append(instance)
    return Match(placements=tuple(placements), rejected=rejected)


def instance_on(offer: Json, app: App, task_id: str) -> Instance:
    """Return a new instance of `app` on the offer's agent, without ports yet."""
    domain = offer.get("domain", {}).get("fault_domain", {})
    return Instance(
        task_id=task_id,
        app_id=app.id,
        version=app.version,
        agent_id=offer["agent_id"]["value"],
        host=offer["hostname"],
        attributes=attribute_values(offer.get("attributes", ())),
        region=domain.get("region", {}).get("name", ""),
        zone=domain.get("zone", {}).get("name", ""),
    )


def _of_this_config(app: App, instances: Sequence[Instance]) -> list[Instance]:
    """Leave out instances of an older configuration: they will go, and an upgrade needs room."""
    return [one for one in instances if one.version >= app.last_config_change_at]


@dataclass(frozen=True, kw_only=True)
class _Ground:
    """An offer as the scheduler of `role` looks at it at the time `now`."""

    offer: Json
    role: str
    now: float | None

    def roles(self, app: App) -> set[str]:
        """Return the roles whose resources the app may use here."""
        both = {"*", self.role}
        return both & set(app.accepted_resource_roles) if app.accepted_resource_roles else both

    def refusal(
        self, pool: Pool, app: App, instance: Instance, beside: Sequence[Instance]
    ) -> Reason | None:
        """Say what speaks against the agent, amounts of resources aside."""
        if not any(pool.of_roles(self.roles(app))):
            return Reason.ROLE
        if not all(satisfied(constraint, instance, beside) for constraint in app.constraints):
            return Reason.CONSTRAINT
        if self._in_maintenance():
            return Reason.MAINTENANCE
        return None

    def _in_maintenance(self) -> bool:
        announced = self.offer.get("unavailability")
        if not announced or self.now is None:
            return bool(announced)
        start = announced["start"]["nanoseconds"] / 1e9
        duration = announced.get("duration", {}).get("nanoseconds")
        return start <= self.now and (duration is None or self.now < start + duration / 1e9)

    def take(self, pool: Pool, app: App, chance: random.Random) -> tuple[Pool, Placement] | Reason:
        """Take what one instance needs; its task id is still to be given."""
        roles = self.roles(app)
        resources: list[Json] = []
        for name, amount, lack in (
            ("cpus", app.cpus, Reason.CPUS),
            ("mem", app.mem, Reason.MEMORY),
            ("disk", app.disk, Reason.DISK),
        ):
            taken = pool.take_scalar(name, amount, roles)
            if taken is None:
                return lack
            pool, parts = taken
            resources += parts
        ports = pool.take_ports(_wanted_ports(app), roles, chance)
        if ports is None:
            return Reason.PORTS
        if any(share.name == "gpus" and share.thousandths for share in pool.shares):
            return Reason.SCARCE
        left, parts, numbers = ports
        host = self.offer["hostname"]
        return left, Placement(
            app=app, task_id="", ports=numbers, resources=resources + parts, host=host
        )


def _wanted_ports(app: App) -> tuple[int, ...]:
    if app.require_ports:
        return tuple(definition.port for definition in app.port_definitions)
    return (0,) * len(app.port_definitions)
