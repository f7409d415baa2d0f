"""One question to one process: over plain HTTP, within a deadline that all questions share."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import httpx

from mesosdeploy import route
from mesosdeploy.mesos.endpoints import Endpoint


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """A moment until which an answer is worth something."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Return the deadline that is `seconds` from now."""
        return cls(at=time.monotonic() + seconds)

    @property
    def left(self) -> float:
        """Return the seconds that remain, never so few that a call cannot be made."""
        return max(0.05, self.at - time.monotonic())


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One process, and how it is asked: a client, and the deadline for all of its answers."""

    client: httpx.Client
    endpoint: Endpoint
    deadline: Deadline

    def get(self, path: str, **params: str) -> httpx.Response:
        """Return the answer to `GET path`; a redirect is an answer too."""
        return self.client.get(
            f"{self.endpoint.url}{path}", params=params, timeout=self.deadline.left
        )

    def json(self, path: str, **params: str) -> Any:
        """Return the JSON of `GET path`; ValueError says which other answer came."""
        answer = self.get(path, **params)
        if answer.status_code != httpx.codes.OK:
            text = answer.text.strip()[:200]
            raise ValueError(f"{path} answered {answer.status_code} {text}".rstrip())
        return answer.json()


def client() -> httpx.Client:
    """Return a client for the cluster's own network: our way to it, no redirects, plain HTTP."""
    return route.client(secure=False)


def reason(exc: Exception, place: Endpoint) -> str:
    """Say why a question had no usable answer."""
    if isinstance(exc, httpx.TimeoutException):
        return f"no answer from {place.url} in time"
    if isinstance(exc, KeyError):
        return f"{place.url} answered without {exc}"
    return f"{place.url}: {exc or type(exc).__name__}"
