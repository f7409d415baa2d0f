"""A scheduler's connection to the leading master: calls out, an event stream in, with deadlines."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Self

import httpx
import tenacity

from mesosdeploy.errors import VerifyError
from mesosdeploy.mesos import messages
from mesosdeploy.mesos.asking import Deadline, client
from mesosdeploy.mesos.endpoints import Endpoint, Endpoints
from mesosdeploy.mesos.messages import Message
from mesosdeploy.mesos.recordio import Decoder

_PATH = "/api/v1/scheduler"
_JSON = {"Accept": "application/json"}
_RETRY_SECONDS = 0.3


class _NotSubscribedError(Exception):
    """No master took the subscription this time; the text says what each one answered."""


class Connection:
    """A subscribed framework. Use as a context: leaving it closes the stream, no more."""

    def __init__(self, http: httpx.Client, leader: Endpoint, stream: httpx.Response) -> None:
        self._http = http
        self._stream = stream
        self._headers = {"Mesos-Stream-Id": stream.headers["Mesos-Stream-Id"]}
        self._events: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.leader = leader
        self.framework_id = ""
        threading.Thread(target=self._read, daemon=True, name="mesos-events").start()

    @classmethod
    def open(cls, where: Endpoints, info: Message, deadline: Deadline) -> Self:
        """Subscribe with the leading master, whoever of `where` that is.

        Raises VerifyError with what each master answered when the deadline passes before.
        """
        http = client()
        try:
            retrying = tenacity.Retrying(
                stop=tenacity.stop_after_delay(deadline.left),
                wait=tenacity.wait_fixed(_RETRY_SECONDS),
                retry=tenacity.retry_if_exception_type(_NotSubscribedError),
                reraise=True,
            )
            leader, stream = retrying(_subscribe, http, where, info)
            connection = cls(http, leader, stream)
            connection._expect_subscribed(deadline)
        except BaseException as exc:
            http.close()
            if isinstance(exc, _NotSubscribedError):
                raise VerifyError(
                    f"no Mesos master accepts a scheduler: {exc}",
                    hint="look at `mesosdeploy status` and the masters' journals",
                ) from exc
            raise
        return connection

    def _expect_subscribed(self, deadline: Deadline) -> None:
        event = self.next(deadline.left)
        if event is None or event["type"] != "SUBSCRIBED":
            raise VerifyError(
                f"the master on {self.leader.node} did not confirm the subscription: it sent"
                f" {event['type'] if event else 'nothing'}"
            )
        self.framework_id = event["subscribed"]["framework_id"]["value"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def next(self, timeout: float) -> dict[str, Any] | None:
        """Return the next event; None when `timeout` seconds bring none.

        Raises VerifyError when the stream ends or the master reports an error.
        """
        try:
            event = self._events.get(timeout=max(0.0, timeout))
        except queue.Empty:
            return None
        if event is None:
            raise VerifyError(
                f"the master on {self.leader.node} closed the scheduler's event stream",
                hint="it may have lost its leadership: see `mesosdeploy status`",
            )
        if event["type"] == "ERROR":
            text = event["error"]["message"]
            raise VerifyError(f"the master on {self.leader.node} refused the scheduler: {text}")
        return event

    def events(self, deadline: Deadline) -> Iterator[dict[str, Any]]:
        """Yield events until the deadline."""
        while (event := self.next(deadline.left)) is not None:
            yield event

    def call(self, message: Message) -> None:
        """Send one call; VerifyError unless the master accepts it."""
        body = message | {"framework_id": {"value": self.framework_id}}
        url = f"{self.leader.url}{_PATH}"
        try:
            answer = self._http.post(url, json=body, headers=self._headers, timeout=5)
        except httpx.HTTPError as exc:
            raise VerifyError(f"{message['type']} to {url} failed: {exc}") from exc
        if answer.status_code != httpx.codes.ACCEPTED:
            raise VerifyError(
                f"{message['type']} to {url} answered {answer.status_code}: {answer.text[:200]}"
            )

    def teardown(self) -> None:
        """End the framework and its tasks; a master that is gone by now is left alone."""
        with suppress(VerifyError):
            self.call(messages.teardown())

    def close(self) -> None:
        """Hang up; the master keeps the framework for its failover timeout."""
        network = self._stream.extensions.get("network_stream")
        raw = network.get_extra_info("socket") if network else None
        if raw is not None:
            with suppress(OSError):
                raw.shutdown(socket.SHUT_RDWR)  # wakes the reading thread
        self._http.close()

    def _read(self) -> None:
        """Put every event into the queue, and None at the end of the stream."""
        decoder = Decoder()
        with suppress(httpx.HTTPError, httpx.StreamError, OSError, ValueError):
            for piece in self._stream.iter_raw():
                for event in decoder.feed(piece):
                    self._events.put(event)
        self._events.put(None)


def _subscribe(
    http: httpx.Client, where: Endpoints, info: Message
) -> tuple[Endpoint, httpx.Response]:
    """Ask each master once, first the one that another names as the leader."""
    answers = []
    waiting, asked = list(where.masters), set()
    while waiting:
        master = waiting.pop(0)
        if master.node in asked:
            continue
        asked.add(master.node)
        try:
            stream = _post(http, master, info)
        except httpx.HTTPError as exc:
            answers.append(f"{master.node}: {exc or type(exc).__name__}")
            continue
        if stream.status_code == httpx.codes.OK:
            return master, stream
        answers.append(
            f"{master.node} answered {stream.status_code} {stream.read().decode()[:100]}"
        )
        stream.close()
        leader = where.master_at(stream.headers.get("location", ""))
        if stream.status_code == httpx.codes.TEMPORARY_REDIRECT and leader:
            waiting.insert(0, leader)
    raise _NotSubscribedError("; ".join(answers) or "the inventory has no master")


def _post(http: httpx.Client, master: Endpoint, info: Message) -> httpx.Response:
    # No limit on reading: the stream is quiet between its heartbeats, and `next` has deadlines.
    limits = httpx.Timeout(2, read=None)
    request = http.build_request(
        "POST",
        f"{master.url}{_PATH}",
        json=messages.subscribe(info),
        headers=_JSON,
        timeout=limits,
    )
    return http.send(request, stream=True)
