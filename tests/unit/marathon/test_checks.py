"""Claims about what is found wrong before sending, and where refusals are placed."""

from __future__ import annotations

from pathlib import Path

import pytest

from mesosdeploy.marathon import checks
from mesosdeploy.marathon.definitions import Definition, InvalidDefinitionError, load
from mesosdeploy.marathon.failures import Detail, RejectedError


def loaded(tmp_path: Path, text: str) -> list[Definition]:
    (tmp_path / "app.yml").write_text(text)
    return load([str(tmp_path / "app.yml")])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id: Web\ncmd: x", '1:5: id: is not a valid id (value "/Web")'),
        ("id: web\ncmd: [x]", "2:6: cmd: must be text"),
        ("id: web\ncmd: x\ncpus: lots", '3:7: cpus: must be a number (value "lots")'),
        ("id: web\ncmd: x\ninstances: true", "3:12: instances: must be a number (value true)"),
        ("id: web\ncmd: x\nmem: -1", "3:6: mem: must not be negative (value -1)"),
        ("id: web\ncmd: x\nlabels: {A: 80}", "3:13: labels.A: must be text (value 80)"),
        ("id: web\ncmd: x\nenv: {A: true}", "3:10: env.A: must be text (value true)"),
        ("id: web\ncmd: x\nargs: [y]", "3:7: args: stands beside cmd"),
        ("id: web", "1:1: the app has nothing to run"),
    ],
    ids=["id", "cmd", "text", "bool", "negative", "label", "variable", "both", "nothing"],
)
def test_a_certain_mistake_is_found_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InvalidDefinitionError) as raised:
        checks.require_valid(loaded(tmp_path, text), flavour="official")
    assert f"app.yml:{said}" in raised.value.message
    assert raised.value.hint == "nothing was sent to Marathon"


@pytest.mark.parametrize(
    "text",
    [
        "id: web\nargs: [x]",
        "id: web\ncontainer: {type: DOCKER, docker: {image: x}}",
        "id: web\ncmd: x\nenv: {A: {secret: s}}\nfutureField: 7",
    ],
    ids=["args", "container", "secret and unknown"],
)
def test_what_another_marathon_may_take_is_left_to_it(tmp_path: Path, text: str) -> None:
    checks.require_valid(loaded(tmp_path, text), flavour="official")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("instancs: 2", '3:1: instancs: unknown field, did you mean "instances"?\n'),
        ("instances: -1", "3:12: instances: must be >= 0, but is -1\n"),
        ("labels: {A: 80}", "3:13: labels.A: must be a string, but is 80\n"),
        ("args: [x]", "1:1: cmd and args exclude each other"),
    ],
    ids=["unknown field", "negative", "label", "both"],
)
def test_what_the_lab_scheduler_would_refuse_is_found_with_its_place(
    tmp_path: Path, line: str, said: str
) -> None:
    with pytest.raises(InvalidDefinitionError) as raised:
        checks.require_valid(loaded(tmp_path, f"id: web\ncmd: x\n{line}"), flavour="lab")
    assert f"app.yml:{said}" in raised.value.message


@pytest.mark.parametrize(
    "path", ["/healthChecks(0)/path", "/healthChecks/0/path", "healthChecks[0]/path"]
)
def test_a_refusal_is_shown_at_its_place_in_the_file(tmp_path: Path, path: str) -> None:
    apps = loaded(tmp_path, "id: web\nhealthChecks:\n- {path: 7}")
    refusal = RejectedError("invalid", (Detail(path=path, errors=("must be text",)),))
    error = checks.located(refusal, apps)
    assert isinstance(error, InvalidDefinitionError)
    assert "app.yml:3:10: healthChecks[0].path: must be text (value 7)" in error.message


def test_of_several_apps_the_index_in_the_path_tells_which(tmp_path: Path) -> None:
    apps = loaded(tmp_path, "- id: a\n  cpus: 1\n- id: b\n  cpus: 0\n")
    refusal = RejectedError("invalid", (Detail(path="/(1)/cpus", errors=("too few",)),))
    assert "app.yml:4:9: [1].cpus: too few" in str(checks.located(refusal, apps))


def test_a_refusal_without_a_place_stays_as_it_is(tmp_path: Path) -> None:
    apps = loaded(tmp_path, "- id: a\n- id: b\n")
    refusal = RejectedError("cycle", (Detail(path="/dependencies", errors=("cycle",)),))
    assert checks.located(refusal, apps) is refusal
