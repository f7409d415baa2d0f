"""Resolves what a PUT or PATCH says to a complete app definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mesosdeploy.services.marathon.api import reading
from mesosdeploy.services.marathon.definition import App, Json, merge
from mesosdeploy.services.marathon.identity import absolute
from mesosdeploy.services.marathon.model import NotFoundError
from mesosdeploy.services.marathon.validation import Detail, InvalidError, check_app

if TYPE_CHECKING:
    from mesosdeploy.services.marathon.scheduler import Scheduler


@dataclass(frozen=True)
class Updates:
    """Reads updates against the definitions that the scheduler has now."""

    scheduler: Scheduler

    def find(self, app_id: str) -> App | None:
        """Return the app, None when it does not exist."""
        try:
            return self.scheduler.app(app_id)
        except NotFoundError:
            return None

    def named(self, data: object) -> dict[str, Json]:
        """Return updates of several apps by ID; InvalidError when one has none."""
        entries = data if isinstance(data, list) else [data]
        objects = [reading.as_object(each) for each in entries]
        unnamed = [index for index, each in enumerate(objects) if not each.get("id")]
        if unnamed or not objects:
            details = [Detail(path=f"({index})/id", errors=("must be set",)) for index in unnamed]
            raise InvalidError(tuple(details) or (Detail(path="/", errors=("must not be empty",)),))
        return {absolute(str(each["id"])): each for each in objects}

    async def resolve(self, app_id: str, data: Json, *, partial: bool, may_create: bool) -> Json:
        """Return the checked definition that the app shall have.

        A body of a version alone (and perhaps the ID) takes the app back to that version. Raises
        NotFoundError for an app or a version that does not exist, InvalidError otherwise.
        """
        existing = self.find(app_id)
        if existing is None:
            if not may_create:
                message = f"App '{app_id}' does not exist"
                raise NotFoundError(message)
            return check_app(data, app_id=app_id)
        if data.get("version") and not data.keys() - {"id", "version"}:
            earlier = await self.scheduler.app_at(app_id, str(data["version"]))
            return check_app(earlier.to_json(), app_id=app_id)
        if partial:
            given = check_app(data, app_id=app_id, partial=True)
            return check_app(merge(existing, given), app_id=app_id)
        return check_app(data, app_id=app_id)
