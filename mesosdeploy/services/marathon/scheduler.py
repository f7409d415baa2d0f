"""The scheduler as its API sees it: apps and deployments are asked for here, and looked at."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from kazoo.client import KazooClient

from mesosdeploy.services.marathon import changes, deployments, events, records
from mesosdeploy.services.marathon.catalog import Catalog
from mesosdeploy.services.marathon.core import Core
from mesosdeploy.services.marathon.definition import App, Json
from mesosdeploy.services.marathon.events import EventBus
from mesosdeploy.services.marathon.instances import Registry
from mesosdeploy.services.marathon.leadership import Leadership
from mesosdeploy.services.marathon.mesos import Mesos
from mesosdeploy.services.marathon.model import (
    ConflictError,
    Deployment,
    Instance,
    NotFoundError,
    QueueItem,
    TaskFailure,
)
from mesosdeploy.services.marathon.settings import Settings, ZooKeeperUrl
from mesosdeploy.services.marathon.store import Store

log = logging.getLogger(__name__)

_LOCKED = (
    "App is locked by one or more deployments. Override with the option '?force=true'. "
    "View details at '/v2/deployments/<DEPLOYMENT_ID>'."
)


class FrameworkIdMissingError(Exception):
    """Instances are stored without the id of the framework that launched them; exit code 108."""


class Scheduler:
    """Apps, their instances and deployments. A follower knows the leader and its settings only.

    `leading` is true from the moment that the state is loaded. Everything happens on one asyncio
    loop; requests see a change as soon as the call that made it returns.
    """

    def __init__(self, settings: Settings, client: KazooClient) -> None:
        path = ZooKeeperUrl.parse(settings.zk).path
        self.settings = settings
        self.events = EventBus()
        self.leading = False
        self.leader = ""
        self.abdicated = asyncio.Event()
        self._since = 0.0
        store = Store(client, path)
        self._core = Core(
            settings=settings,
            bus=self.events,
            store=store,
            catalog=Catalog(store, max_versions=settings.zk_max_versions),
            registry=Registry(store, self.events),
            mesos=Mesos(settings),
        )
        self._leadership = Leadership(self._core)

    async def lead(self, election_node: str) -> None:
        """Load the state and schedule until cancelled; raises what ends the leadership."""
        found = await self._core.store.load(election_node)
        instances = [
            records.to_instance(data)
            for path, data in found.items()
            if path.startswith("instances/")
        ]
        framework = found.get("framework")
        if instances and not framework:
            raise FrameworkIdMissingError(f"{len(instances)} instances, but no framework id")
        await self._core.catalog.load(found, instances)
        self._core.registry.load(instances)
        self._core.mesos.framework_id = framework["value"] if framework else ""
        log.info("elected: %d apps, %d instances", len(self._core.catalog.apps), len(instances))
        self._since = time.monotonic()
        self.leading, self.leader = True, self.settings.address
        try:
            await self._leadership.run()
        finally:
            self.leading, self.leader = False, ""

    async def abdicate(self) -> None:
        """Give up the leadership, after the answer to whoever asked for it: exit code 105."""
        log.info("asked to give up the leadership")
        self.abdicated.set()

    @property
    def leading_seconds(self) -> float:
        """Return for how long this scheduler has led; 0 on a follower."""
        return time.monotonic() - self._since if self.leading else 0.0

    @property
    def framework_id(self) -> str:
        """Return the id that Mesos gave; "" before the first subscription."""
        return self._core.mesos.framework_id

    @property
    def counters(self) -> Counter[str]:
        """Return counts since the start by Marathon's metric names, such as mesos.offers.used."""
        return self._core.counters

    def apps(self) -> list[App]:
        """Return the apps as they are wanted, by id."""
        return [app for _, app in sorted(self._core.catalog.apps.items())]

    def app(self, app_id: str) -> App:
        """Return one app; raises NotFoundError."""
        return self._core.catalog.app(app_id)

    async def versions(self, app_id: str) -> list[str]:
        """Return an app's versions, the newest first; raises NotFoundError."""
        return self._core.catalog.versions(app_id)

    async def app_at(self, app_id: str, version: str) -> App:
        """Return an app as it was in a version; raises NotFoundError."""
        self.app(app_id)
        return await self._core.catalog.at(app_id, version)

    def instances(self, app_id: str | None = None) -> list[Instance]:
        """Return the instances of one app or of all, the oldest first."""
        return self._core.registry.all(app_id)

    def last_failure(self, app_id: str) -> TaskFailure | None:
        """Return how an app's last failed task ended; None when none has failed."""
        return self._core.catalog.failures.get(app_id)

    def deployments(self) -> list[Deployment]:
        """Return the deployments under way."""
        return list(self._core.catalog.deployments.values())

    def queue(self) -> list[QueueItem]:
        """Return the apps that miss instances, and why offers did not do."""
        return self._leadership.launcher.queue()

    def reset_delay(self, app_id: str) -> None:
        """Let an app launch without waiting for its back-off."""
        self._core.delays.pop(app_id, None)
        self._core.wake.set()

    async def create(self, bodies: list[Json]) -> Deployment:
        """Deploy new apps; raises ConflictError when one exists, InvalidError."""
        for body in bodies:
            if body["id"] in self._core.catalog.apps:
                raise ConflictError(f"An app with id [{body['id']}] already exists.")
        return await self.update({body["id"]: body for body in bodies}, partial=False, force=False)

    async def update(self, bodies: Mapping[str, Json], *, partial: bool, force: bool) -> Deployment:
        """Deploy changed and new apps; with `partial`, what a body leaves out stays as it is.

        Raises ConflictError when deployments of these apps run and `force` is not given, and
        InvalidError.
        """
        apps = self._core.catalog.apps
        version = self._core.catalog.stamp()
        ports = range(self.settings.local_port_min, self.settings.local_port_max + 1)
        target = changes.updated(apps, bodies, version=version, partial=partial, ports=ports)
        return await self._deploy(target, force=force, version=version)

    async def delete(self, app_id: str, *, force: bool) -> Deployment:
        """Remove an app with its instances; raises NotFoundError, ConflictError."""
        self.app(app_id)
        return await self._deploy({app_id: None}, force=force)

    async def delete_group(self, group_id: str, *, force: bool) -> Deployment:
        """Remove every app of a group; raises NotFoundError, ConflictError."""
        prefix = group_id.rstrip("/") + "/"
        found = [app_id for app_id in self._core.catalog.apps if app_id.startswith(prefix)]
        if not found:
            raise NotFoundError(f"Group '{group_id}' does not exist")
        return await self._deploy(dict.fromkeys(found), force=force)

    async def restart(self, app_id: str, *, force: bool) -> Deployment:
        """Replace an app's instances by new ones; raises NotFoundError, ConflictError."""
        version = self._core.catalog.stamp()
        target = {app_id: changes.restarted(self.app(app_id), version)}
        return await self._deploy(target, force=force, version=version)

    async def kill(self, task_ids: Sequence[str], *, scale: bool, wipe: bool) -> Deployment | None:
        """End some tasks, and with `scale` let their apps have that many instances less.

        Unknown tasks are left out. `wipe` changes nothing here: no app keeps data on an agent.
        Raises ConflictError when deployments of these apps run and `scale` is given.
        """
        del wipe
        known = [one for task in task_ids if (one := self._core.registry.get(task))]
        deployment = None
        if scale:
            version = self._core.catalog.stamp()
            less = Counter(one.app_id for one in known if one.app_id in self._core.catalog.apps)
            target = {
                app_id: self.app(app_id).with_instances(
                    max(0, self.app(app_id).instances - count), version=version
                )
                for app_id, count in less.items()
            }
            deployment = await self._deploy(target, force=False, version=version)
        await self._leadership.killer.kill([one.task_id for one in known])
        return deployment

    async def cancel(self, deployment_id: str, *, force: bool) -> Deployment | None:
        """End a deployment: by one that goes back, or with `force` as things stand (None).

        Raises NotFoundError.
        """
        found = self._core.catalog.deployments.get(deployment_id)
        if found is None:
            raise NotFoundError(f"DeploymentPlan {deployment_id} does not exist")
        if not force:
            return await self._deploy(dict(found.original), force=True)
        await self._core.catalog.finish(found, self.instances())
        self.events.publish(events.deployment_event("deployment_failed", found))
        self._core.wake.set()
        return None

    async def _deploy(
        self, target: Mapping[str, App | None], *, force: bool, version: str = ""
    ) -> Deployment:
        catalog = self._core.catalog
        others = catalog.deployments_of(target.keys())
        if others and not force:
            raise ConflictError(_LOCKED, tuple(one.id for one in others))
        deployment = changes.deployment(
            catalog.apps,
            target,
            version=version or catalog.stamp(),
            stale=[app.id for app in target.values() if app and self._is_mixed(app)],
        )
        for app_id in target:
            self._core.delays.pop(app_id, None)
        stored = catalog.begin(deployment, others)
        self._tell_start(deployment, others)
        await stored
        if not deployment.steps:
            self.events.publish(events.deployment_event("deployment_success", deployment))
        self._core.wake.set()
        return deployment

    def _is_mixed(self, app: App) -> bool:
        return len(self._core.fresh(app)) < len(self.instances(app.id))

    def _tell_start(self, deployment: Deployment, ended: Iterable[Deployment]) -> None:
        for one in ended:
            log.info("deployment %s gives way to %s", one.id, deployment.id)
            self.events.publish(events.deployment_event("deployment_failed", one))
        log.info("deployment %s: %s", deployment.id, deployments.describe(deployment))
        self.events.publish(events.deployment_event("deployment_info", deployment))
