"""libcloud drivers, one for each thread; a call to one ends in an answer or a CloudError."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import local
from typing import TypeVar

from libcloud.compute.base import NodeDriver

from mesosdeploy.providers.cloud.calls import once, persist
from mesosdeploy.providers.cloud.failures import RETRIED, CloudError, Dialect, Kind

T = TypeVar("T")


class Drivers:
    """The drivers of one provider: a driver keeps the answer of a call in itself."""

    def __init__(self, connect: Callable[[], NodeDriver], dialect: Dialect) -> None:
        self._connect = connect
        self._dialect = dialect
        self._thread = local()

    def call(
        self,
        work: Callable[[NodeDriver], T],
        what: str,
        *,
        retried: frozenset[Kind] = RETRIED,
    ) -> T:
        """Return what `work` makes of this thread's driver, asked again while that may help.

        Credentials that are refused are read once more: those of a session expire.
        """

        def attempt() -> T:
            try:
                return once(lambda: work(self._driver()), what=what, dialect=self._dialect)
            except CloudError as exc:
                if exc.kind is not Kind.AUTH:
                    raise
                self._thread.__dict__.clear()
                return work(self._driver())

        return persist(attempt, what=what, dialect=self._dialect, retried=retried)

    def _driver(self) -> NodeDriver:
        if not hasattr(self._thread, "driver"):
            # libcloud would repeat a call whose answer was lost: a second machine.
            os.environ.pop("LIBCLOUD_RETRY_FAILED_HTTP_REQUESTS", None)
            self._thread.driver = self._connect()
        return self._thread.driver
