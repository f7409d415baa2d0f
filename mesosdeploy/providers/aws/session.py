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

KNOWN_SECONDS = 30.0
"""How long it may take until all of EC2 knows what was made ("Eventual consistency in EC2")."""

RELEASE_SECONDS = 300.0
"""How long a network interface may hold what it was attached to, after its machine is gone."""


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

    def ask(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Call an operation of EC2, again while its failure may pass; CloudError otherwise."""
        answer: dict[str, Any] = persist(
            lambda: getattr(self.ec2, operation)(**arguments),
            what=f"AWS {operation}",
            dialect=DIALECT,
        )
        return answer

    def ensured(self, find: Callable[[], T | None], make: Callable[[], T], what: str) -> T:
        """Return what `find` finds, else what `make` makes in one call.

        After an answer that was lost it is looked for again before it is made again.
        """

        def attempt() -> T:
            found = find()
            return make() if found is None else found

        return persist(
            attempt, what=f"AWS {what}", dialect=DIALECT, retried=RETRIED | {Kind.NOT_FOUND}
        )

    def soon(self, operation: str, **arguments: Any) -> None:
        """Call an operation on an object that was just made, which not all of EC2 knows yet.

        When the answer was lost and the next one says that it is so already, it is done.
        """
        answer_was_lost = False

        def attempt() -> None:
            nonlocal answer_was_lost
            try:
                getattr(self.ec2, operation)(**arguments)
            except DIALECT.exceptions as exc:
                kind = DIALECT.kind_of(exc)
                if kind is not Kind.CONFLICT or not answer_was_lost:
                    answer_was_lost |= kind is Kind.TRANSIENT
                    raise

        persist(
            attempt,
            what=f"AWS {operation}",
            dialect=DIALECT,
            seconds=KNOWN_SECONDS,
            retried=RETRIED | {Kind.NOT_FOUND},
        )

    def released(self, operation: str, **arguments: Any) -> None:
        """Call an operation that removes an object, again while something still holds it."""
        persist(
            lambda: getattr(self.ec2, operation)(**arguments),
            what=f"AWS {operation} {' '.join(map(str, arguments.values()))}",
            dialect=DIALECT,
            seconds=RELEASE_SECONDS,
            retried=RETRIED | {Kind.CONFLICT},
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
