"""Followers and what they pass on: two APIs of schedulers in memory, over real connections."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pytest
from aiohttp import ClientError, ClientSession, web
from aiohttp.test_utils import TestServer

from mesosdeploy.services.marathon.api import proxy
from mesosdeploy.services.marathon.api.application import application
from mesosdeploy.services.marathon.settings import Settings
from tests.lab.processes import HOST, free_port
from tests.unit.services.marathon.api.fakes import FakeScheduler, instance

if TYPE_CHECKING:
    from mesosdeploy.services.marathon.scheduler import Scheduler

CREDENTIALS = "operator:secret"
AUTH = {"Authorization": "Basic " + base64.b64encode(CREDENTIALS.encode()).decode()}


def _scheduler(port: int, **given: object) -> FakeScheduler:
    settings = Settings(
        master="a:5050",
        hostname=HOST,
        http_port=port,
        http_credentials=CREDENTIALS,
        leader_proxy_read_timeout=500,
        leader_proxy_connection_timeout=500,
    )
    return FakeScheduler(settings=settings, **given)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Pair:
    """A leader, a follower, and a client that speaks to the follower only."""

    leader: FakeScheduler
    follower: FakeScheduler
    url: str
    http: ClientSession


@asynccontextmanager
async def _serve(scheduler: FakeScheduler) -> AsyncIterator[None]:
    app = application(cast("Scheduler", scheduler))
    async with TestServer(app, host=HOST, port=scheduler.settings.http_port):
        yield


@asynccontextmanager
async def _pair() -> AsyncIterator[Pair]:
    ports = free_port(), free_port()
    leader = _scheduler(ports[0], leader=f"{HOST}:{ports[0]}")
    leader.put({"id": "/web", "cmd": "sleep 1"})
    leader.running = [instance(number=1)]
    follower = _scheduler(ports[1], leader=f"{HOST}:{ports[0]}", leading=False)
    async with _serve(leader), _serve(follower), ClientSession(headers=AUTH) as http:
        yield Pair(leader, follower, f"http://{HOST}:{ports[1]}", http)


@asynccontextmanager
async def _follower_of(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> AsyncIterator[Pair]:
    """Make a follower of a leader that answers as `handler` does."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    async with TestServer(app, host=HOST) as server:
        follower = _scheduler(free_port(), leader=f"{HOST}:{server.port}", leading=False)
        async with _serve(follower), ClientSession(headers=AUTH) as http:
            url = f"http://{follower.settings.address}"
            yield Pair(follower, follower, url, http)


def test_a_follower_passes_a_read_on_and_says_through_whom() -> None:
    async def run() -> None:
        async with _pair() as pair, pair.http.get(f"{pair.url}/v2/apps//web?embed=x") as answer:
            assert answer.status == 200
            assert (await answer.json())["app"]["id"] == "/web"
            assert answer.headers["Via"] == f"1.1 {pair.follower.settings.address}"
            assert answer.headers["X-Marathon-Leader"] == f"http://{pair.leader.leader}"

    asyncio.run(run())


def test_a_follower_passes_a_change_on_with_its_body() -> None:
    async def run() -> None:
        body = {"id": "/large", "cmd": "x" * 300_000}
        async with _pair() as pair:
            async with pair.http.post(f"{pair.url}/v2/apps", json=body) as answer:
                assert answer.status == 201
                assert answer.headers["Marathon-Deployment-Id"] == "deployment-1"
            assert pair.leader.app("/large").cmd == body["cmd"]

    asyncio.run(run())


def test_a_chunked_body_reaches_the_leader() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b'{"id": "/p', b'ieces", "cm', b'd": "true"}'):
            yield piece

    async def run() -> None:
        headers = {"Content-Type": "application/json"}
        async with _pair() as pair:
            url = f"{pair.url}/v2/apps"
            async with pair.http.post(url, data=pieces(), headers=headers) as answer:
                assert answer.status == 201
            assert pair.leader.app("/pieces").cmd == "true"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        pytest.param("GET", "/v2/apps/no", None, 404, id="not found"),
        pytest.param("POST", "/v2/apps", {"id": "/web", "cmd": "x"}, 409, id="conflict"),
        pytest.param("POST", "/v2/apps", {"id": "/bad", "cpus": -1}, 422, id="invalid"),
        pytest.param("DELETE", "/v2/queue/web/delay", None, 404, id="delete"),
        pytest.param("HEAD", "/v2/apps", None, 200, id="head"),
    ],
)
def test_a_follower_answers_as_the_leader_does(
    method: str, path: str, body: object, status: int
) -> None:
    async def run() -> None:
        async with _pair() as pair:
            answers = []
            for base in (pair.url, f"http://{pair.leader.leader}"):
                async with pair.http.request(method, f"{base}{path}", json=body) as answer:
                    answers.append((answer.status, await answer.read()))
            assert answers[0] == answers[1]
            assert answers[0][0] == status

    asyncio.run(run())


@pytest.mark.parametrize("path", ["/ping", "/v2/leader", "/metrics", "/metrics/prometheus"])
def test_a_follower_speaks_for_itself(path: str) -> None:
    async def run() -> None:
        async with _pair() as pair, pair.http.get(f"{pair.url}{path}") as answer:
            assert answer.status == 200
            assert "Via" not in answer.headers
            if path == "/v2/leader":
                assert await answer.json() == {"leader": pair.leader.leader}
            if path == "/metrics":
                gauges = (await answer.json())["gauges"]
                assert gauges["marathon.apps.active.gauge"] == {"value": 0}

    asyncio.run(run())


def test_an_abdication_asked_of_a_follower_is_the_leaders() -> None:
    async def run() -> None:
        async with _pair() as pair, pair.http.delete(f"{pair.url}/v2/leader") as answer:
            assert await answer.json() == {"message": "Leadership abdicated"}
            assert "Via" in answer.headers

    asyncio.run(run())


def test_the_event_stream_is_at_the_leader_only() -> None:
    async def run() -> None:
        path = "/v2/events?event_type=a&event_type=b"
        headers = {"Accept": "text/event-stream"}
        async with _pair() as pair:
            url = f"{pair.url}{path}"
            async with pair.http.get(url, headers=headers, allow_redirects=False) as answer:
                assert answer.status == 307
                assert answer.headers["Location"] == f"http://{pair.leader.leader}{path}"

    asyncio.run(run())


def test_a_follower_lets_nobody_in_without_the_credentials() -> None:
    async def run() -> None:
        async with _pair() as pair:
            headers = {"Authorization": "Basic bm9ib2R5Og=="}
            async with pair.http.get(f"{pair.url}/v2/apps", headers=headers) as answer:
                assert answer.status == 401
                assert "Via" not in answer.headers

    asyncio.run(run())


def test_a_leader_sees_who_asked() -> None:
    seen: list[web.Request] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request)
        return web.json_response({}, headers={"Connection": "X-Hop", "X-Hop": "1", "X-End": "2"})

    async def run() -> None:
        headers = {"X-Forwarded-For": "192.0.2.1", "Connection": "X-Hop", "X-Hop": "1"}
        async with (
            _follower_of(handler) as pair,
            pair.http.get(f"{pair.url}/v2/apps", headers=headers) as answer,
        ):
            assert "X-Hop" not in answer.headers
            assert answer.headers["X-End"] == "2"
        (request,) = seen
        assert request.headers["X-Forwarded-For"] == f"192.0.2.1,{HOST}"
        assert request.headers["Via"] == f"1.1 {pair.follower.settings.address}"
        assert request.headers["Authorization"] == AUTH["Authorization"]
        assert "X-Hop" not in request.headers

    asyncio.run(run())


def test_a_request_that_came_back_is_not_sent_round() -> None:
    async def run() -> None:
        async with _pair() as pair:
            headers = {"Via": f"1.1 other, 1.1 {pair.follower.settings.address}"}
            async with pair.http.get(f"{pair.url}/v2/apps", headers=headers) as answer:
                assert answer.status == 502
                assert await answer.json() == {"message": "Detected proxying loop."}

    asyncio.run(run())


def test_a_leader_that_is_gone_is_502() -> None:
    async def run() -> None:
        async with _pair() as pair:
            pair.follower.leader = f"{HOST}:{free_port()}"
            async with pair.http.get(f"{pair.url}/v2/apps") as answer:
                assert answer.status == 502
                assert pair.follower.leader in (await answer.json())["message"]

    asyncio.run(run())


def test_a_leader_that_hangs_is_504() -> None:
    async def handler(_request: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    async def run() -> None:
        async with (
            _follower_of(handler) as pair,
            pair.http.get(f"{pair.url}/v2/apps") as answer,
        ):
            assert answer.status == 504
            assert "in time" in (await answer.json())["message"]

    asyncio.run(run())


def test_an_answer_that_breaks_off_is_not_taken_for_whole() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(b'{"apps": [')
        assert request.transport is not None
        request.transport.close()
        return response

    async def run() -> None:
        async with _follower_of(handler) as pair:
            with pytest.raises(ClientError):
                async with pair.http.get(f"{pair.url}/v2/apps") as answer:
                    await answer.read()

    asyncio.run(run())


def test_a_request_waits_for_an_election() -> None:
    async def run() -> None:
        async with _pair() as pair:
            elected, pair.follower.leader = pair.follower.leader, ""
            waiting = asyncio.create_task(_status(pair, "/v2/apps"))
            await _until_it_waits(waiting)
            pair.follower.leader = elected
            assert await waiting == 200

    asyncio.run(run())


@pytest.mark.parametrize("own", [False, True], ids=["nobody leads", "leads, but is not ready"])
def test_no_leader_is_503(monkeypatch: pytest.MonkeyPatch, own: bool) -> None:
    monkeypatch.setattr(proxy, "_ELECTION_SECONDS", 0)

    async def run() -> None:
        async with _pair() as pair:
            pair.follower.leader = pair.follower.settings.address if own else ""
            async with pair.http.get(f"{pair.url}/v2/apps") as answer:
                assert answer.status == 503
                message = json.loads(await answer.read())["message"]
                assert message == "Could not determine the current leader"

    asyncio.run(run())


async def _status(pair: Pair, path: str) -> int:
    async with pair.http.get(f"{pair.url}{path}") as answer:
        return answer.status


async def _until_it_waits(task: asyncio.Task[int]) -> None:
    """Give the request some turns of the loop; it must not have an answer then."""
    done, _pending = await asyncio.wait({task}, timeout=0.1)
    assert not done
