"""/v2/groups against a scheduler in memory: the tree of the apps' IDs."""

from __future__ import annotations

import pytest

from tests.unit.services.marathon.api.fakes import FakeScheduler, exchange, version


@pytest.fixture
def shop(scheduler: FakeScheduler) -> FakeScheduler:
    scheduler.put({"id": "/shop/api", "cmd": "true", "instances": 3})
    scheduler.put({"id": "/shop/db/main", "cmd": "true", "instances": 1})
    return scheduler


def test_the_root_holds_groups_in_groups(shop: FakeScheduler) -> None:
    root = exchange(shop, "GET", "/v2/groups").json
    assert (root["id"], [app["id"] for app in root["apps"]]) == ("/", ["/web"])
    (group,) = root["groups"]
    assert (group["id"], [app["id"] for app in group["apps"]]) == ("/shop", ["/shop/api"])
    (inner,) = group["groups"]
    assert (inner["id"], [app["id"] for app in inner["apps"]]) == ("/shop/db", ["/shop/db/main"])
    assert root["version"] == version(1)
    assert "tasks" not in root["apps"][0]


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        pytest.param("", {"apps", "groups"}, id="both by default"),
        pytest.param("?embed=group.apps", {"apps"}, id="apps"),
        pytest.param("?embed=group.groups", {"groups"}, id="groups"),
    ],
)
def test_a_group_embeds_what_is_asked_for(shop: FakeScheduler, query: str, keys: set[str]) -> None:
    group = exchange(shop, "GET", f"/v2/groups//shop{query}").json
    assert group.keys() & {"apps", "groups"} == keys


def test_the_apps_of_a_group_embed_their_tasks(shop: FakeScheduler) -> None:
    query = "?embed=group.apps&embed=group.apps.tasks"
    (app,) = exchange(shop, "GET", f"/v2/groups{query}").json["apps"]
    assert len(app["tasks"]) == 2


def test_the_root_is_there_without_apps() -> None:
    answer = exchange(FakeScheduler(), "GET", "/v2/groups")
    assert (answer.status, answer.json["apps"], answer.json["groups"]) == (200, [], [])


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v2/groups/no"), ("GET", "/v2/groups/no/versions"), ("DELETE", "/v2/groups/no")],
)
def test_an_unknown_group_is_404(shop: FakeScheduler, method: str, path: str) -> None:
    answer = exchange(shop, method, path)
    assert (answer.status, answer.json) == (404, {"message": "Group '/no' does not exist"})


def test_versions_of_a_group_are_those_of_its_apps(shop: FakeScheduler) -> None:
    exchange(shop, "PUT", "/v2/apps/shop/api", {"instances": 4})
    listed = exchange(shop, "GET", "/v2/groups/shop/versions").json
    assert listed == [version(2), version(1)]
    assert exchange(shop, "GET", "/v2/groups/versions").json == [version(2), version(1)]


def test_a_group_is_scaled_by_a_factor_and_rounded_up(shop: FakeScheduler) -> None:
    answer = exchange(shop, "PUT", "/v2/groups/shop", {"scaleBy": 1.5})
    assert answer.status == 200
    bodies = {"/shop/api": {"instances": 5}, "/shop/db/main": {"instances": 2}}
    assert shop.calls == [("update", bodies, True, False)]


@pytest.mark.parametrize("factor", [-1, "2", True, None])
def test_a_factor_that_is_none_is_refused(shop: FakeScheduler, factor: object) -> None:
    answer = exchange(shop, "PUT", "/v2/groups/shop", {"scaleBy": factor})
    assert answer.status == 422
    assert answer.json["details"][0]["path"] == "/scaleBy"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("POST", "/v2/groups", {"id": "/g", "apps": []}, id="create"),
        pytest.param("PUT", "/v2/groups/shop", {"apps": []}, id="define"),
        pytest.param("PATCH", "/v2/groups/shop", {"enforceRole": True}, id="patch"),
        pytest.param("GET", f"/v2/groups/shop/versions/{version(1)}", None, id="version"),
    ],
)
def test_what_is_not_built_says_what_to_do_instead(
    shop: FakeScheduler, method: str, path: str, body: object
) -> None:
    answer = exchange(shop, method, path, body)
    assert answer.status == 501
    assert "/v2/apps" in answer.json["message"]
    assert shop.calls == []


def test_a_group_is_deleted_without_force_by_default(shop: FakeScheduler) -> None:
    assert exchange(shop, "DELETE", "/v2/groups/shop").status == 200
    assert exchange(shop, "DELETE", "/v2/groups//shop?force=true").status == 200
    assert shop.calls == [("delete_group", "/shop", False), ("delete_group", "/shop", True)]
