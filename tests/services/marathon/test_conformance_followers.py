"""The official Python client works with whichever scheduler it reaches, by user and password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests
from marathon import MarathonClient
from marathon.exceptions import MarathonError, MarathonHttpError
from marathon.models import MarathonApp

from tests.lab.conftest import Directories
from tests.lab.processes import Master, wait_for
from tests.services.marathon.conftest import Cluster
from tests.services.marathon.processes import Marathon, state_path

USER, PASSWORD = "operator", "a:secret"


class _Guarded(Marathon):
    """A scheduler that wants credentials; without them it answers 401, which is alive."""

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/ping", timeout=5).status_code == 401
        except requests.ConnectionError:
            return False


@pytest.fixture(scope="module")
def schedulers(cluster: Cluster, directories: Directories) -> Iterator[tuple[Marathon, ...]]:
    path = state_path(cluster.zookeeper)
    environment = {
        "MARATHON_HTTP_CREDENTIALS": f"{USER}:{PASSWORD}",
        "MARATHON_FRAMEWORK_NAME": "marathon-followers",
    }
    with ExitStack() as stack:
        started = tuple(
            stack.enter_context(
                _Guarded(directories.make("marathon"), cluster.zookeeper.url, path, environment)
            )
            for _number in range(2)
        )
        client = MarathonClient(started[0].url, username=USER, password=PASSWORD)
        wait_for("a framework", lambda: _framework(client))
        framework_id = _framework(client)
        yield started
        _tear_down(cluster.master, framework_id)


def _framework(client: MarathonClient) -> str:
    try:
        return client.get_info().framework_id or ""
    except MarathonError:
        return ""


def _tear_down(master: Master, framework_id: str) -> None:
    answer = requests.post(f"{master.url}/teardown", data={"frameworkId": framework_id}, timeout=10)
    answer.raise_for_status()


@pytest.fixture
def client(schedulers: tuple[Marathon, ...]) -> Iterator[MarathonClient]:
    """Return a client that knows the follower only."""
    auth = (USER, PASSWORD)
    leader = requests.get(f"{schedulers[0].url}/v2/leader", auth=auth, timeout=5).json()["leader"]
    (follower,) = [each for each in schedulers if each.address != leader]
    made = MarathonClient(follower.url, username=USER, password=PASSWORD)
    assert made.get_leader()["leader"] != follower.address
    yield made
    made.session.close()
    made.sse_session.close()


def test_an_app_lives_and_dies_through_a_follower(client: MarathonClient) -> None:
    app = MarathonApp(cmd="exec sleep 600", cpus=0.05, mem=16, instances=2)
    stream = client.event_stream(event_types=["event_stream_attached", "app_terminated_event"])
    assert next(stream).event_type == "event_stream_attached"
    client.create_app("/far", app)
    wait_for("its tasks", lambda: client.get_app("/far").tasks_running == 2)
    assert {task.app_id for task in client.list_tasks("/far")} == {"/far"}
    client.delete_app("/far")
    assert next(stream).app_id == "/far"


def test_a_follower_says_through_whom_it_answered(client: MarathonClient) -> None:
    (url,) = client.servers
    answer = requests.get(f"{url}/v2/info", auth=(USER, PASSWORD), timeout=5)
    assert answer.headers["Via"] == f"1.1 {url.removeprefix('http://')}"
    leader = client.get_leader()["leader"]
    assert answer.headers["X-Marathon-Leader"] == f"http://{leader}"
    assert answer.json()["leader"] == leader


def test_nobody_comes_in_with_a_wrong_password(schedulers: tuple[Marathon, ...]) -> None:
    for scheduler in schedulers:
        wrong = MarathonClient(scheduler.url, username=USER, password="guess")
        with pytest.raises(MarathonHttpError) as caught:
            wrong.list_apps()
        assert caught.value.status_code == 401
        wrong.session.close()


def test_the_leader_abdicates_when_a_follower_is_asked(
    client: MarathonClient, schedulers: tuple[Marathon, ...]
) -> None:
    before = client.get_leader()["leader"]
    (leader,) = [each for each in schedulers if each.address == before]
    assert client.delete_leader() == {"message": "Leadership abdicated"}
    assert leader.wait() == 105

    def is_led_by_another() -> bool:
        try:
            return client.get_info().leader not in {None, before}
        except MarathonError:
            return False

    wait_for("another leader", is_led_by_another)
