"""The way into one region of one account: boto3's session, its clients, libcloud's driver."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import NoCredentialsError

from mesosdeploy.providers.aws.dialect import DIALECT
from mesosdeploy.providers.aws.driver import Ec2Driver
from mesosdeploy.providers.cloud.calls import once, persist
from mesosdeploy.providers.cloud.failures import RETRIED, Kind

T = TypeVar("T")
CONNECT_SECONDS, ANSWER_SECONDS = 10, 30


class Account:
    """Calls to EC2; credentials and the endpoint come from where AWS' own tools look for them.

    That is the environment, the files below ~/.aws with their profiles, SSO, and the machine's own
    role; `AWS_ENDPOINT_URL` names another server. Clients may be used by several threads.
    """

    def __init__(self, region: str, profile: str | None = None) -> None:
        self.region = region
        self._profile = profile

    @cached_property
    def session(self) -> Any:
        """The session; CloudError where the profile does not exist."""
        return once(
            lambda: boto3.Session(profile_name=self._profile, region_name=self.region),
            what="AWS",
            dialect=DIALECT,
        )

    @cached_property
    def ec2(self) -> Any:
        """The client of EC2. Repeating is left to `ask`, whose patience has a bound in time."""
        config = Config(
            retries={"mode": "standard", "total_max_attempts": 1},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=ANSWER_SECONDS,
        )
        return once(lambda: self.session.client("ec2", config=config), what="AWS", dialect=DIALECT)

    def ask(
        self,
        operation: str,
        *,
        seconds: float | None = None,
        retried: frozenset[Kind] = RETRIED,
        **arguments: Any,
    ) -> dict[str, Any]:
        """Call an operation of EC2 once its failure is no passing one; CloudError otherwise."""
        patience = {} if seconds is None else {"seconds": seconds}
        return persist(
            lambda: getattr(self.ec2, operation)(**arguments),
            what=f"AWS {operation}",
            dialect=DIALECT,
            retried=retried,
            **patience,
        )

    def every(self, operation: str, key: str, **arguments: Any) -> list[dict[str, Any]]:
        """Return what an operation lists under `key`, over all its pages."""

        def pages() -> list[dict[str, Any]]:
            if not self.ec2.can_paginate(operation):
                return list(getattr(self.ec2, operation)(**arguments)[key])
            pages = self.ec2.get_paginator(operation).paginate(**arguments)
            return [item for page in pages for item in page[key]]

        return persist(pages, what=f"AWS {operation}", dialect=DIALECT)

    def driver(self) -> Ec2Driver:
        """Return a new libcloud driver with the credentials that are valid now."""
        endpoint = urlsplit(self.ec2.meta.endpoint_url)
        secure = endpoint.scheme == "https"
        return once(
            lambda: Ec2Driver(
                self._credentials(),
                region=self.region,
                host=str(endpoint.hostname),
                port=endpoint.port or (443 if secure else 80),
                secure=secure,
            ),
            what="AWS",
            dialect=DIALECT,
        )

    def _credentials(self) -> Any:
        found = self.session.get_credentials()
        if found is None:
            raise NoCredentialsError
        return found.get_frozen_credentials()

    def settled(self, work: Callable[[], T], what: str, seconds: float) -> T:
        """Return what `work` returns, tried again while something still depends on the object."""
        return persist(
            work, what=what, dialect=DIALECT, seconds=seconds, retried=RETRIED | {Kind.CONFLICT}
        )
