"""The way into one project of one cloud: OpenStack's own library, and libcloud's driver."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

import openstack

from mesosdeploy.providers.cloud.calls import once, persist
from mesosdeploy.providers.cloud.failures import RETRIED, Kind
from mesosdeploy.providers.openstack.dialect import DIALECT
from mesosdeploy.providers.openstack.driver import TIMEOUT_SECONDS, NovaDriver, nova

T = TypeVar("T")

RELEASE_SECONDS = 120.0
"""How long a port may hold what it was made in, after its machine is gone."""


class Project:
    """Calls to a cloud; where it is and who asks come from where OpenStack's own tools look.

    That is `clouds.yaml` (with `secure.yaml`) in this directory, in ~/.config/openstack or in
    /etc/openstack, an entry of it named by the spec or by OS_CLOUD, or the variables OS_*.
    """

    def __init__(self, cloud: str | None, region: str | None) -> None:
        self._cloud = cloud
        self._region = region

    @cached_property
    def connection(self) -> Any:
        """The connection; CloudError where nothing says how to connect."""
        return once(
            lambda: openstack.connect(
                cloud=self._cloud, region_name=self._region, api_timeout=TIMEOUT_SECONDS
            ),
            what=self.name,
            dialect=DIALECT,
        )

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"OpenStack {self._cloud}" if self._cloud else "OpenStack"

    @cached_property
    def id(self) -> str:
        """The project's id; CloudError when the credentials are refused."""
        return str(self.ask(lambda cloud: cloud.current_project_id, "log in"))

    def ask(self, work: Callable[[Any], T], what: str) -> T:
        """Return what `work` makes of the connection, again while its failure may pass."""
        return persist(lambda: work(self.connection), what=f"{self.name}: {what}", dialect=DIALECT)

    def ensured(self, find: Callable[[], T | None], make: Callable[[], T], what: str) -> T:
        """Return what `find` finds, else what `make` makes in one call.

        After an answer that was lost it is looked for again before it is made again.
        """

        def attempt() -> T:
            found = find()
            return make() if found is None else found

        return persist(attempt, what=f"{self.name}: {what}", dialect=DIALECT)

    def released(self, work: Callable[[Any], object], what: str) -> None:
        """Do what removes an object, again while something still holds it."""
        persist(
            lambda: work(self.connection),
            what=f"{self.name}: {what}",
            dialect=DIALECT,
            seconds=RELEASE_SECONDS,
            retried=RETRIED | {Kind.CONFLICT},
        )

    def driver(self) -> NovaDriver:
        """Return a new libcloud driver with a token that is valid now."""
        return once(
            lambda: nova(
                endpoint=str(self.connection.compute.get_endpoint()),
                token=str(self.connection.session.get_token()),
                verify=self.connection.session.verify,
                refused=self.connection.session.invalidate,
            ),
            what=f"{self.name}: log in",
            dialect=DIALECT,
        )
