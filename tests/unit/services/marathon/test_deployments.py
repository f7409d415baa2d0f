"""Plans of deployments, and what an app is held to in the course of one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mesosdeploy.services.marathon import changes
from mesosdeploy.services.marathon.definition import App
from mesosdeploy.services.marathon.deployments import CycleError, Goal, describe, goal, levels, plan
from mesosdeploy.services.marathon.model import Action, Deployment
from mesosdeploy.services.marathon.validation import InvalidError
from tests.unit.services.marathon.apps import V1, V2, app

_ONE = app("/a")
_SCALED = _ONE.with_instances(3, version=V2)
_CHANGED = app("/a", version=V2, cmd="sleep 2")


def steps(original: dict[str, App | None], target: dict[str, App | None]) -> list[list[str]]:
    found = plan(original, target)
    return [
        [f"{one.action.removesuffix('Application')} {one.app}" for one in step] for step in found
    ]


@pytest.mark.parametrize(
    ("original", "target", "expected"),
    [
        ({}, {"/a": _ONE}, [["Start /a"], ["Scale /a"]]),
        ({"/a": _ONE}, {"/a": None}, [["Stop /a"]]),
        ({"/a": _ONE}, {"/a": _SCALED}, [["Scale /a"]]),
        ({"/a": _ONE}, {"/a": _CHANGED}, [["Restart /a"]]),
        ({"/a": _ONE}, {"/a": _ONE}, []),
        (
            {"/a": _ONE, "/c": app("/c")},
            {"/a": _SCALED, "/b": app("/b"), "/c": None},
            [["Stop /c"], ["Start /b"], ["Scale /a", "Scale /b"]],
        ),
    ],
    ids=["new", "removed", "scaled", "changed", "same", "all at once"],
)
def test_plan(
    original: dict[str, App | None], target: dict[str, App | None], expected: list[list[str]]
) -> None:
    assert steps(original, target) == expected


def test_leftovers_of_an_abandoned_deployment_are_replaced() -> None:
    (step,) = plan({"/a": _ONE}, {"/a": _SCALED}, stale=["/a"])
    assert step == (Action(action="RestartApplication", app="/a"),)


def test_apps_come_after_what_they_depend_on() -> None:
    target: dict[str, App | None] = {
        "/shop/web": app("/shop/web", dependencies=["/shop/api", "/data"]),
        "/shop/api": app("/shop/api", dependencies=["/data/db"]),
        "/data/db": app("/data/db"),
        "/data/cache": app("/data/cache"),
        "/gone": None,
    }
    assert levels({name: one for name, one in target.items() if one}) == [
        ["/data/cache", "/data/db"],
        ["/shop/api"],
        ["/shop/web"],
    ]
    assert steps({"/gone": app("/gone")}, target) == [
        ["Stop /gone"],
        ["Start /data/cache", "Start /data/db"],
        ["Scale /data/cache", "Scale /data/db"],
        ["Start /shop/api"],
        ["Scale /shop/api"],
        ["Start /shop/web"],
        ["Scale /shop/web"],
    ]


def test_dependency_outside_of_the_deployment_is_not_waited_for() -> None:
    assert levels({"/a": app("/a", dependencies=["/elsewhere"])}) == [["/a"]]


def test_circle_of_dependencies_is_refused_with_its_path() -> None:
    apps = {"/a": app("/a", dependencies=["/b"]), "/b": app("/b", dependencies=["/a"])}
    with pytest.raises(CycleError, match=r"/a -> /b -> /a|/b -> /a -> /b"):
        levels(apps)
    with pytest.raises(InvalidError):
        changes.deployment({}, apps, version=V1)


_DEPENDENT = app("/b", dependencies=["/a"])
_OLD_B = replace(_DEPENDENT, cmd="old")


def _deployment(current_step: int) -> Deployment:
    target: dict[str, App | None] = {"/a": _ONE, "/b": _CHANGED_B, "/c": None}
    planned = changes.deployment({"/b": _OLD_B, "/c": app("/c")}, target, version=V2)
    return replace(planned, current_step=current_step)


_CHANGED_B = replace(_DEPENDENT, version=V2, last_config_change_at=V2)


@pytest.mark.parametrize(
    ("step", "app_id", "expected"),
    [
        (0, "/c", Goal(action="StopApplication", app=app("/c"))),
        (0, "/a", None),
        (1, "/a", Goal(action="StartApplication", app=_ONE)),
        (2, "/a", Goal(action="ScaleApplication", app=_ONE)),
        (3, "/a", Goal(action="ScaleApplication", app=_ONE)),
        (2, "/b", Goal(action="ScaleApplication", app=_OLD_B)),
        (3, "/b", Goal(action="RestartApplication", app=_CHANGED_B)),
        (3, "/c", None),
    ],
    ids=[
        "stopping",
        "new one before its step",
        "starting",
        "scaling",
        "new one after its step",
        "old one before its step",
        "replacing",
        "gone",
    ],
)
def test_app_is_held_to_what_the_deployment_has_come_to(
    step: int, app_id: str, expected: Goal | None
) -> None:
    deployment = _deployment(step)
    assert goal(app_id, deployment.target[app_id], deployment) == expected


def test_app_without_a_deployment_keeps_its_count() -> None:
    assert goal("/a", _ONE, None) == Goal(action="ScaleApplication", app=_ONE)
    assert goal("/a", None, None) is None


def test_description_names_each_step() -> None:
    assert describe(_deployment(0)) == (
        "StopApplication /c, StartApplication /a, ScaleApplication /a, RestartApplication /b"
    )
    assert describe(changes.deployment({}, {}, version=V1)) == "nothing to do"
