"""libcloud's Nova driver, with a token that OpenStack's own library got."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from libcloud.common.exceptions import BaseHTTPError
from libcloud.compute.drivers.openstack import OpenStack_2_Connection, OpenStack_2_NodeDriver

TIMEOUT_SECONDS = 30
UNAUTHORIZED = 401


class NovaConnection(OpenStack_2_Connection):  # type: ignore[misc]
    """A connection that checks the server's certificate as the cloud's configuration says.

    `refused` is called when the cloud takes the token no more, so that the next one is a new one.
    """

    verify: bool | str = True

    @staticmethod
    def refused() -> object:
        """Do nothing."""

    def request(self, *given: Any, **named: Any) -> Any:
        """Call the cloud; a failure is told and never repeated here."""
        try:
            return super().request(*given, **named)
        except BaseHTTPError as exc:
            if exc.code == UNAUTHORIZED:
                self.refused()
            raise

    def connect(self, *given: Any, **named: Any) -> Any:
        """Connect; libcloud itself has one setting for the certificates of all clouds."""
        result = super().connect(*given, **named)
        self.connection.verify = self.verify is not False
        self.connection.ca_cert = self.verify if isinstance(self.verify, str) else None
        return result


class NovaDriver(OpenStack_2_NodeDriver):  # type: ignore[misc]
    """Machines of one project and region; for one thread only, like every libcloud driver."""

    connectionCls = NovaConnection  # noqa: N815 - libcloud's own form


def nova(
    *, endpoint: str, token: str, verify: bool | str, refused: Callable[[], object]
) -> NovaDriver:
    """Return a driver; it makes no call before it is asked for something."""
    driver = NovaDriver(
        "",
        "",
        ex_force_base_url=endpoint,
        ex_force_auth_token=token,
        # Wanted before the first call, and with a token never used.
        ex_force_auth_url=endpoint,
        ex_tenant_name="-",
        ex_domain_name="-",
        timeout=TIMEOUT_SECONDS,
    )
    driver.connection.verify = verify
    driver.connection.refused = refused
    return driver
