"""What a cloud's failures mean: eight kinds, how they are told apart, and what to do about each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import requests
from libcloud.common.exceptions import BaseHTTPError
from libcloud.common.types import InvalidCredsError, LibcloudError, MalformedResponseError

from mesosdeploy.errors import ProviderError

LONGEST = 300
"""Characters of a cloud's own words that a message repeats."""


class Kind(StrEnum):
    """What a failure means for whoever asked."""

    AUTH = "auth"
    QUOTA = "quota"
    CAPACITY = "capacity"
    THROTTLE = "throttle"
    TRANSIENT = "transient"
    NOT_FOUND = "not found"
    CONFLICT = "conflict"
    INVALID = "invalid"


RETRIED = frozenset({Kind.THROTTLE, Kind.TRANSIENT})
"""What may succeed when the same is asked again."""

REMEDIES: Mapping[Kind, str] = {
    Kind.AUTH: "check the credentials and what they are allowed to do",
    Kind.QUOTA: "ask the cloud for a higher quota or lower the counts, then run `mesosdeploy up`"
    " again: it continues with what is there",
    Kind.CAPACITY: "choose another size or zone, or try later: `mesosdeploy up` continues",
    Kind.THROTTLE: "the account makes too many calls: wait some minutes, then repeat",
    Kind.TRANSIENT: "look at the network and the cloud's status page, then repeat the command",
    Kind.NOT_FOUND: "correct the name in the spec, or repeat: somebody may have removed it",
    Kind.CONFLICT: "something else uses it or has its name: look at it in the cloud, then repeat",
    Kind.INVALID: "correct the provider's options in cluster.yml (mesosdeploy validate)",
}


class CloudError(ProviderError):
    """A failure of a cloud; `retry_after` is how many seconds it wants to be left alone."""

    def __init__(
        self, message: str, *, kind: Kind, hint: str | None = None, retry_after: float = 0
    ) -> None:
        super().__init__(message, hint=hint or REMEDIES[kind])
        self.kind = kind
        self.retry_after = retry_after


_CODES: Mapping[int, Kind] = {
    404: Kind.NOT_FOUND,
    409: Kind.CONFLICT,
    413: Kind.THROTTLE,
    429: Kind.THROTTLE,
    # CloudStack's own (its class ApiErrorCode).
    531: Kind.AUTH,
    532: Kind.QUOTA,
    533: Kind.CAPACITY,
    535: Kind.QUOTA,
    536: Kind.CONFLICT,
    537: Kind.CONFLICT,
}


def words_of(exc: Exception) -> str:
    """Return what an exception says, without what it must not say.

    The text of a failed connection holds the whole address, and that may hold user-data.
    """
    if isinstance(exc, (requests.exceptions.RequestException, OSError)):
        return f"no answer ({type(exc).__name__})"
    return str(exc)


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How one cloud words its failures.

    `rules` are (pattern, kind), searched in the words of a failure before anything else is looked
    at, the first match wins. `foreign` are the exceptions of further libraries, `words` reads
    them, and `remedies` replace the general ones.
    """

    rules: tuple[tuple[str, Kind], ...] = ()
    foreign: tuple[type[Exception], ...] = ()
    words: Callable[[Exception], str] = words_of
    remedies: Mapping[Kind, str] = field(default_factory=dict)

    @property
    def exceptions(self) -> tuple[type[Exception], ...]:
        """The exceptions by which a driver fails; its parsers also stumble over odd answers."""
        return (LibcloudError, BaseHTTPError, OSError, ValueError, LookupError, *self.foreign)

    def kind_of(self, exc: Exception) -> Kind:
        """Tell what a failure means."""
        words = self.words(exc)
        for pattern, kind in self.rules:
            if re.search(pattern, words):
                return kind
        if isinstance(exc, (OSError, MalformedResponseError)):
            return Kind.TRANSIENT
        return _by_code(exc, words)

    def error(self, exc: Exception, what: str) -> CloudError:
        """Return the failure of doing `what` as an error for the user."""
        kind = self.kind_of(exc)
        words = " ".join(self.words(exc).split())[:LONGEST] or type(exc).__name__
        return CloudError(
            f"{what}: {words}",
            kind=kind,
            hint=self.remedies.get(kind),
            retry_after=float(getattr(exc, "retry_after", 0) or 0),
        )


def _by_code(exc: Exception, words: str) -> Kind:
    """Read an HTTP status as every cloud means it; quotas are often told as 403."""
    code = int(getattr(exc, "code", 0) or getattr(exc, "http_code", 0) or 0)
    if isinstance(exc, InvalidCredsError) or code in {401, 403}:
        return Kind.QUOTA if re.search(r"(?i)quota|limit", words) else Kind.AUTH
    return _CODES.get(code, Kind.TRANSIENT if code >= 500 else Kind.INVALID)
