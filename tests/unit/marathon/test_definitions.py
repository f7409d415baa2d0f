"""Claims about how files become app definitions."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from mesosdeploy.marathon.definitions import (
    Definition,
    InvalidDefinitionError,
    absolute,
    load,
)


def loaded(tmp_path: Path, text: str, name: str = "app.yml") -> list[Definition]:
    (tmp_path / name).write_text(text)
    return load([str(tmp_path / name)])


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        pytest.param("id: web\ncmd: x", ["/web"], id="one app"),
        pytest.param('{\n\t"id":\t"/web", "cmd": "x"}', ["/web"], id="JSON with tabs"),
        pytest.param("- id: a\n- id: /b/c", ["/a", "/b/c"], id="list"),
        pytest.param("apps:\n- id: a\n- id: b", ["/a", "/b"], id="document with apps"),
        pytest.param("---\nid: a\n---\nid: b\n", ["/a", "/b"], id="two documents"),
        pytest.param("# why\n---\nid: a\n---\n# nothing\n", ["/a"], id="documents of comments"),
        pytest.param(
            "id: /shop\napps: [{id: web}]\ngroups:\n- id: data\n  apps: [{id: db}, {id: /x}]",
            ["/shop/web", "/shop/data/db", "/x"],
            id="group with a group",
        ),
    ],
)
def test_every_form_of_a_file_gives_apps_with_absolute_ids(
    tmp_path: Path, text: str, ids: list[str]
) -> None:
    assert [one.id for one in loaded(tmp_path, text)] == ids


def test_dependencies_of_a_group_become_those_of_its_apps(tmp_path: Path) -> None:
    text = "id: /shop\ngroups:\n- {id: web, dependencies: [db, /queue], apps: [{id: ui}]}"
    (app,) = loaded(tmp_path, text)
    assert app.body["dependencies"] == ["/shop/db", "/queue"]


def test_standard_input_is_a_file_called_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"id: web")))
    assert [one.id for one in load(["-"])] == ["/web"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("cmd: x", "app.yml:1:1: id: is missing", id="no id"),
        pytest.param("id: 7", "app.yml:1:5: id: is not the name of an app (value 7)", id="number"),
        pytest.param("id: /", 'is not the name of an app (value "/")', id="root"),
        pytest.param("7", "app.yml:1:1: is not an app", id="scalar"),
        pytest.param("- id: a\n- 7", "app.yml:2:3: [1]: is not an app", id="item"),
        pytest.param("apps: {id: a}", "app.yml:1:7: apps: is not a list of apps", id="apps"),
        pytest.param("groups: []\ndependencies: 7", "dependencies: is not a list of ids", id="ids"),
        pytest.param("apps: []", "app.yml: has no app in it", id="no app"),
        pytest.param("groups: 1", "app.yml:1:9: groups: is not a list of groups", id="groups"),
        pytest.param("id: g\napps: []\npods: []", "3:1: pods: is no key of a group", id="pods"),
        pytest.param("id: a\n---\nid: [", "is not YAML", id="second document"),
        pytest.param("id: a\nid: b", "app.yml:2:1: id: is given twice", id="key twice"),
        pytest.param("- id: a\n- id: /a", "2:7: [1].id: the app /a is defined twice", id="twice"),
        pytest.param("", "app.yml: is empty", id="empty"),
    ],
)
def test_what_is_no_app_is_an_error_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InvalidDefinitionError) as raised:
        loaded(tmp_path, text)
    assert said in raised.value.message
    assert "remedy: " in raised.value.message
    assert raised.value.exit_code == 3


def test_places_in_later_documents_are_those_of_the_file(tmp_path: Path) -> None:
    _, second = loaded(tmp_path, "id: a\n---\n\nid: b\ncpus: -1\n")
    problem = second.located(("cpus",), "is wrong", "mend it")
    assert (problem.line, problem.column, problem.source) == (5, 7, "cpus: -1")


def test_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("7")
    with pytest.raises(InvalidDefinitionError) as raised:
        load([str(tmp_path / "a.yml"), str(tmp_path / "missing.yml")])
    assert "a.yml:1:1: is not an app" in raised.value.message
    assert "missing.yml: cannot be read: No such file or directory" in raised.value.message


@pytest.mark.parametrize(
    ("app_id", "base", "result"),
    [
        ("web", "/", "/web"),
        ("/web", "/shop", "/web"),
        ("./web", "/shop", "/shop/web"),
        ("../web", "/shop/data", "/shop/web"),
        ("../../../web", "/shop", "/web"),
    ],
)
def test_relative_ids_are_taken_from_their_group(app_id: str, base: str, result: str) -> None:
    assert absolute(app_id, base) == result
