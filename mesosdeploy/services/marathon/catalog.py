"""The catalog of apps: their versions, the deployments under way, the last failures; all stored."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mesosdeploy.services.marathon import records
from mesosdeploy.services.marathon.definition import App, Json
from mesosdeploy.services.marathon.model import (
    Deployment,
    Instance,
    NotFoundError,
    TaskFailure,
    moment,
    timestamp,
)
from mesosdeploy.services.marathon.store import Store, key, version_key


class Catalog:
    """What is to run. Reads are from memory; each change returns when it is stored."""

    def __init__(self, store: Store, *, max_versions: int) -> None:
        self._store = store
        self._max_versions = max_versions
        self._definitions: dict[tuple[str, str], App] = {}
        self._versions: dict[str, set[str]] = {}
        self._last_stamp = ""
        self.apps: dict[str, App] = {}
        self.deployments: dict[str, Deployment] = {}
        self.failures: dict[str, TaskFailure] = {}

    async def load(self, found: Mapping[str, Json], instances: Iterable[Instance]) -> None:
        """Take over what `Store.load` found, and read the definitions that `instances` run."""
        for path, data in found.items():
            folder, _, name = path.partition("/")
            if folder == "versions":
                app_key, _, version = name.rpartition("@")
                self._versions.setdefault(app_key, set()).add(version)
            elif folder == "deployments":
                self._know_deployment(records.to_deployment(data))
            elif folder == "failures":
                failure = records.to_failure(data)
                self.failures[failure.app_id] = failure
            elif folder == "apps":
                self.apps[data["id"]] = await self.at(data["id"], data["version"])
        for one in instances:
            if (one.app_id, one.version) not in self._definitions:
                await self.at(one.app_id, one.version)
        stamps = (version for known in self._versions.values() for version in known)
        self._last_stamp = max(stamps, default="")

    def _know_deployment(self, deployment: Deployment) -> None:
        self.deployments[deployment.id] = deployment
        for app in (*deployment.original.values(), *deployment.target.values()):
            if app:
                self._definitions[app.id, app.version] = app

    def stamp(self) -> str:
        """Return the present as a version: later than every one before."""
        now = timestamp(datetime.now(UTC))
        if now <= self._last_stamp:
            now = timestamp(moment(self._last_stamp) + timedelta(milliseconds=1))
        self._last_stamp = now
        return now

    def app(self, app_id: str) -> App:
        """Return an app as it is wanted; raises NotFoundError."""
        if app_id not in self.apps:
            raise NotFoundError(f"App '{app_id}' does not exist")
        return self.apps[app_id]

    def versions(self, app_id: str) -> list[str]:
        """Return the versions of an app, the newest first; raises NotFoundError."""
        self.app(app_id)
        return sorted(self._versions[key(app_id)], reverse=True)

    async def at(self, app_id: str, version: str) -> App:
        """Return an app as it was in a version; raises NotFoundError."""
        if (app_id, version) not in self._definitions:
            data = await self._store.read(f"versions/{version_key(app_id, version)}")
            if data is None:
                raise NotFoundError(f"App '{app_id}' has no version {version}")
            self._definitions[app_id, version] = records.to_app(data)
        return self._definitions[app_id, version]

    def runs(self, instance: Instance) -> App:
        """Return the definition that an instance was launched with."""
        return self._definitions[instance.app_id, instance.version]

    def deployments_of(self, app_ids: Collection[str]) -> list[Deployment]:
        """Return the running deployments that affect any of some apps."""
        wanted = set(app_ids)
        running = self.deployments.values()
        return [one for one in running if not wanted.isdisjoint(one.affected_apps)]

    def begin(self, deployment: Deployment, ended: Iterable[Deployment]) -> asyncio.Future[None]:
        """Take over the targets of a deployment, and put it in place of `ended` ones.

        One without steps is over as soon as it is stored.
        """
        changes: dict[str, Json | None] = {}
        for one in ended:
            del self.deployments[one.id]
            changes[f"deployments/{one.id}"] = None
        if deployment.steps:
            self._know_deployment(deployment)
            changes[f"deployments/{deployment.id}"] = records.from_deployment(deployment)
        for app_id, app in deployment.target.items():
            changes |= self._set(app_id, app)
        return self._store.write(changes)

    def _set(self, app_id: str, app: App | None) -> dict[str, Json | None]:
        path = f"apps/{key(app_id)}"
        if app is None:
            self.apps.pop(app_id, None)
            return {path: None}
        self.apps[app_id] = self._definitions[app_id, app.version] = app
        self._versions.setdefault(key(app_id), set()).add(app.version)
        return {
            path: {"id": app_id, "version": app.version},
            f"versions/{version_key(app_id, app.version)}": app.to_json(),
        }

    async def advance(self, deployment: Deployment) -> Deployment:
        """Go to the next step of a deployment."""
        further = replace(deployment, current_step=deployment.current_step + 1)
        self.deployments[deployment.id] = further
        await self._store.write({f"deployments/{further.id}": records.from_deployment(further)})
        return further

    async def finish(self, deployment: Deployment, instances: Collection[Instance]) -> None:
        """Forget a deployment, and versions of its apps that are too many and not in use."""
        del self.deployments[deployment.id]
        changes: dict[str, Json | None] = {f"deployments/{deployment.id}": None}
        for app_id in deployment.affected_apps:
            used = {one.version for one in instances if one.app_id == app_id}
            changes |= self._prune(app_id, used)
        await self._store.write(changes)

    def _prune(self, app_id: str, used: Collection[str]) -> dict[str, Json | None]:
        known = self._versions.get(key(app_id), set())
        app = self.apps.get(app_id)
        kept = set(sorted(known)[-self._max_versions :]) | {app.version} if app else set()
        changes: dict[str, Json | None] = {}
        for version in known - kept - set(used):
            known.discard(version)
            self._definitions.pop((app_id, version), None)
            changes[f"versions/{version_key(app_id, version)}"] = None
        if app is None and app_id in self.failures:
            del self.failures[app_id]
            changes[f"failures/{key(app_id)}"] = None
        return changes

    async def fail(self, failure: TaskFailure) -> None:
        """Remember an app's last failure."""
        if failure.app_id in self.apps:
            self.failures[failure.app_id] = failure
            path = f"failures/{key(failure.app_id)}"
            await self._store.write({path: records.from_failure(failure)})
