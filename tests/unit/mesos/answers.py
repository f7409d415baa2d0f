"""A process that gives canned answers, for the tests of how answers are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from mesosdeploy.mesos.asking import Asked, Deadline
from mesosdeploy.mesos.endpoints import Endpoint


def asked(endpoint: Endpoint, answers: Mapping[str, Any]) -> Asked:
    """Return a process that answers each path as given: JSON, a response, or an error."""

    def handle(request: httpx.Request) -> httpx.Response:
        answer = answers[request.url.path]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    client = httpx.Client(transport=httpx.MockTransport(handle))
    return Asked(client=client, endpoint=endpoint, deadline=Deadline.after(5))
