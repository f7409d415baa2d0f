"""What a client gets when a request cannot be served, and who may send one at all."""

from __future__ import annotations

import base64
import logging

import pytest

from mesosdeploy.services.marathon.settings import Settings
from tests.unit.services.marathon.api.fakes import FakeScheduler, exchange


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v2/apps"),
        ("PUT", "/v2/apps"),
        ("PATCH", "/v2/apps"),
        ("PUT", "/v2/apps/web"),
        ("PATCH", "/v2/apps/web"),
        ("POST", "/v2/tasks/delete"),
        ("PUT", "/v2/groups/web"),
    ],
)
@pytest.mark.parametrize("body", [b"{", b"\xff"], ids=["cut off", "no text"])
def test_malformed_json_is_400(
    scheduler: FakeScheduler, method: str, path: str, body: bytes
) -> None:
    answer = exchange(scheduler, method, path, body)
    assert answer.status == 400
    assert answer.json["message"] == "Invalid JSON"
    assert answer.json["details"]


def test_an_absent_body_is_400(scheduler: FakeScheduler) -> None:
    assert exchange(scheduler, "POST", "/v2/apps").json["message"] == "Invalid JSON"


def test_another_content_type_is_415(scheduler: FakeScheduler) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = exchange(scheduler, "POST", "/v2/apps", b"id=web", headers)
    assert answer.status == 415
    assert "application/json" in answer.json["message"]


def test_json_may_name_its_charset(scheduler: FakeScheduler) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    answer = exchange(scheduler, "PUT", "/v2/apps/web", {"instances": 1}, headers)
    assert answer.status == 200


def test_an_unknown_path_is_404_in_json(scheduler: FakeScheduler) -> None:
    answer = exchange(scheduler, "GET", "/v2/pods")
    assert (answer.status, answer.json) == (404, {"message": "Not Found"})


def test_a_wrong_method_is_405_and_names_the_right_ones(scheduler: FakeScheduler) -> None:
    answer = exchange(scheduler, "DELETE", "/v2/queue")
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET,HEAD"


def test_a_body_that_is_too_large_is_413(scheduler: FakeScheduler) -> None:
    body = b'{"id": "/x", "cmd": "' + b"x" * (9 * 1024 * 1024) + b'"}'
    answer = exchange(scheduler, "POST", "/v2/apps", body)
    assert answer.status == 413
    assert answer.json["message"]


def test_a_label_selector_that_is_none_is_422(scheduler: FakeScheduler) -> None:
    answer = exchange(scheduler, "GET", "/v2/apps?label=a==")
    assert answer.status == 422
    assert answer.json["message"].startswith("Can not parse label selector a==.")


def test_a_bug_is_in_the_log_and_not_in_the_answer(
    scheduler: FakeScheduler, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise KeyError("private")

    monkeypatch.setattr(scheduler, "apps", broken)
    with caplog.at_level(logging.ERROR):
        answer = exchange(scheduler, "GET", "/v2/apps")
    assert answer.status == 500
    assert b"private" not in answer.body
    assert b"Traceback" not in answer.body
    reference = answer.json["message"].rpartition(" ")[2]
    (record,) = [each for each in caplog.records if reference in each.getMessage()]
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], KeyError)


CREDENTIALS = "operator:pass:wörd"


@pytest.fixture
def guarded() -> FakeScheduler:
    settings = Settings(master="a:5050", hostname="node1", http_credentials=CREDENTIALS)
    return FakeScheduler(settings=settings)


def _basic(credentials: str) -> str:
    return "Basic " + base64.b64encode(credentials.encode()).decode()


@pytest.mark.parametrize("path", ["/ping", "/metrics", "/v2/apps", "/v2/events", "/unknown"])
@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("Basic", id="scheme only"),
        pytest.param("Basic !!!", id="no base64"),
        pytest.param(_basic("operator"), id="no password"),
        pytest.param(_basic("operator:wrong"), id="wrong password"),
        pytest.param(_basic("other:pass:wörd"), id="wrong user"),
        pytest.param("Bearer " + _basic(CREDENTIALS).partition(" ")[2], id="other scheme"),
    ],
)
def test_nobody_comes_in_without_the_credentials(
    guarded: FakeScheduler, path: str, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = exchange(guarded, "GET", path, headers=headers)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Mesosphere"'
    assert answer.json == {"message": "Invalid username or password."}


@pytest.mark.parametrize("path", ["/ping", "/v2/apps"])
def test_the_credentials_let_in(guarded: FakeScheduler, path: str) -> None:
    headers = {"Authorization": _basic(CREDENTIALS)}
    assert exchange(guarded, "GET", path, headers=headers).status == 200


def test_answers_name_the_leader_and_are_not_cached(scheduler: FakeScheduler) -> None:
    for path in ("/ping", "/v2/apps", "/unknown"):
        headers = exchange(scheduler, "GET", path).headers
        assert headers["X-Marathon-Leader"] == "http://node1:8080"
        assert "no-store" in headers["Cache-Control"]
        assert "Server" not in headers


def test_a_slash_at_the_end_of_a_collection_makes_no_difference(scheduler: FakeScheduler) -> None:
    assert (
        exchange(scheduler, "GET", "/v2/apps/").json == exchange(scheduler, "GET", "/v2/apps").json
    )
