"""Claims about which server answers, which redirect is followed, and how refusals are told."""

from __future__ import annotations

import base64
from collections.abc import Callable

import httpx
import pytest

from mesosdeploy.errors import UsageError
from mesosdeploy.marathon import client as module
from mesosdeploy.marathon.client import Client, Server, credentials, server_at
from mesosdeploy.marathon.failures import (
    CREDENTIALS,
    LockedError,
    MarathonError,
    NoAnswerError,
    NotFoundError,
    RejectedError,
)

SERVERS = [Server(name=f"master-{n}", url=f"http://10.0.0.{n}:8080") for n in (1, 2, 3)]
Answers = Callable[[httpx.Request], httpx.Response]


def opened(
    monkeypatch: pytest.MonkeyPatch, answers: Answers, *, login: tuple[str, str] | None = None
) -> Client:
    def http(**_: bool) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(answers))

    monkeypatch.setattr(module, "open_http", http)
    monkeypatch.setattr(module, "_ELECTION_SECONDS", 0)
    return Client(SERVERS, login=login)


def test_the_first_server_that_answers_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def answers(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        if request.url.host == "10.0.0.1":
            raise httpx.ConnectError("refused")
        return httpx.Response(200, json={"queue": []})

    with opened(monkeypatch, answers) as client:
        client.queue()
        client.queue()
    assert asked == ["10.0.0.1", "10.0.0.2", "10.0.0.2"]


def test_silence_of_all_is_told_with_each_ones_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(request: httpx.Request) -> httpx.Response:
        if request.url.host == "10.0.0.2":
            raise httpx.ConnectTimeout("late")
        raise httpx.ConnectError("Connection refused")

    with opened(monkeypatch, answers) as client, pytest.raises(NoAnswerError) as raised:
        client.apps()
    assert raised.value.message.splitlines() == [
        "no Marathon answers:",
        "  master-1 (http://10.0.0.1:8080): Connection refused",
        "  master-2 (http://10.0.0.2:8080): no answer in time",
        "  master-3 (http://10.0.0.3:8080): Connection refused",
    ]


@pytest.mark.parametrize(
    "place", ["http://10.0.0.3:8080/v2/deployments", "http://master-3:8080/v2/deployments"]
)
def test_a_redirect_to_a_server_of_the_cluster_is_followed(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def answers(request: httpx.Request) -> httpx.Response:
        if request.url.host == "10.0.0.3":
            return httpx.Response(200, json=[{"id": "d1"}])
        return httpx.Response(307, headers={"location": place})

    with opened(monkeypatch, answers) as client:
        assert client.deployments() == [{"id": "d1"}]


def test_credentials_go_to_no_server_that_a_redirect_made_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = set()

    def answers(request: httpx.Request) -> httpx.Response:
        asked.add(request.url.host)
        return httpx.Response(302, headers={"location": "http://evil:8080/v2/deployments"})

    with (
        opened(monkeypatch, answers, login=("u", "p")) as client,
        pytest.raises(NoAnswerError, match="master-2 redirects to http://evil:8080/v2/deployments"),
    ):
        client.deployments()
    assert asked == {"10.0.0.1", "10.0.0.2", "10.0.0.3"}


def test_a_change_whose_answer_is_lost_is_not_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def answers(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        raise httpx.ReadTimeout("late")

    with opened(monkeypatch, answers) as client:
        with pytest.raises(NoAnswerError, match="the connection broke before the answer came"):
            client.restart("/web")
        assert asked == ["10.0.0.1"]
        with pytest.raises(NoAnswerError, match="no Marathon answers"):
            client.queue()
    assert len(asked) == 4


def test_no_leader_is_told_after_the_time_of_an_election(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(_: httpx.Request) -> httpx.Response:
        return httpx.Response(503, text="no leader")

    with (
        opened(monkeypatch, answers) as client,
        pytest.raises(NoAnswerError, match="Marathon has no leader: master-1 answers 503"),
    ):
        client.queue()


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        pytest.param(
            httpx.Response(404, json={"message": "App '/web' does not exist"}),
            NotFoundError,
            "App '/web' does not exist",
            id="unknown",
        ),
        pytest.param(
            httpx.Response(409, json={"message": "locked", "deployments": [{"id": "d7"}]}),
            LockedError,
            r"locked \(held by d7\)",
            id="locked",
        ),
        pytest.param(
            httpx.Response(
                422,
                json={
                    "message": "Object is not valid",
                    "details": [{"path": "/cpus", "errors": ["too few", "odd"]}],
                },
            ),
            RejectedError,
            "Object is not valid\n  /cpus: too few; odd",
            id="invalid",
        ),
        pytest.param(
            httpx.Response(401, text="no"), MarathonError, r"wants credentials \(401\)", id="login"
        ),
        pytest.param(
            httpx.Response(200, text="<html>"), MarathonError, "this is no Marathon", id="other"
        ),
        pytest.param(
            httpx.Response(404, text="<h1>Not found"),
            MarathonError,
            "answers GET .* with 404",
            id="other without the path",
        ),
        pytest.param(
            httpx.Response(500, json={"message": "boom"}), MarathonError, "500: boom", id="broken"
        ),
    ],
)
def test_each_refusal_is_an_error_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
    answer: httpx.Response,
    error: type[Exception],
    said: str,
) -> None:
    with opened(monkeypatch, lambda _: answer) as client, pytest.raises(error, match=said) as found:
        client.app("/web")
    assert type(found.value) is error


def test_credentials_are_sent_and_their_refusal_names_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = []

    def answers(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(401)

    with (
        opened(monkeypatch, answers, login=("me", "a:b")) as client,
        pytest.raises(MarathonError, match="does not accept the given credentials") as raised,
    ):
        client.queue()
    assert seen == [f"Basic {base64.b64encode(b'me:a:b').decode()}"]
    assert CREDENTIALS in (raised.value.hint or "")


def test_apps_are_replaced_whole_in_one_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def answers(request: httpx.Request) -> httpx.Response:
        seen.append(f"{request.method} {request.url.raw_path.decode()}")
        return httpx.Response(200, json={"deploymentId": "d1"})

    with opened(monkeypatch, answers) as client:
        client.replace([{"id": "/a/b"}])
        client.replace([{"id": "/a"}, {"id": "/b"}], force=True)
    assert seen == [
        "PUT /v2/apps/a/b?partialUpdate=false",
        "PUT /v2/apps?partialUpdate=false&force=true",
    ]


@pytest.mark.parametrize(
    "text", ["user", "user:", ":password", ":"], ids=["no colon", "no password", "no user", "none"]
)
def test_malformed_credentials_are_refused_without_being_shown(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv(CREDENTIALS, text)
    with pytest.raises(UsageError, match=f"^{CREDENTIALS} is not of the form user:password$"):
        credentials()


@pytest.mark.parametrize(
    "url",
    ["10.0.0.1:8080", "ftp://a", "http://", "http://a:x", "http://a?b=c", "http://u:p@a", ""],
)
def test_what_is_no_base_url_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="--url"):
        server_at(url)


def test_a_base_url_may_have_a_path() -> None:
    assert server_at("https://dcos/service/marathon/") == Server(
        name="dcos", url="https://dcos/service/marathon"
    )


def test_leader_is_the_one_that_the_answer_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v2/leader"
        return httpx.Response(200, json={"leader": "10.0.0.3:8080"})

    with opened(monkeypatch, answers) as client:
        assert client.leader() == "10.0.0.3:8080"
