"""Claims that hold for every input: a bad file is an error with a place, never a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mesosdeploy.errors import SpecError
from mesosdeploy.marathon import checks, diff
from mesosdeploy.marathon.definitions import load
from mesosdeploy.marathon.normal import comparable
from tests.unit.marathon.test_normal import FULL

_LEAVES = (
    st.none() | st.booleans() | st.integers(-2, 70000) | st.sampled_from(["", "a", "/b", "x:y"])
)
_NAMES = st.sampled_from(
    (
        *FULL,
        *("apps", "groups", "dependencies", "ports", "uris", "container", "portMappings", "name"),
        *("unreachableStrategy", "networks", "role", "version", "port", "protocol", "args", "gpus"),
    )
)
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3)
)
_APPS = st.dictionaries(_NAMES, _VALUES, max_size=6)
_SLOW = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.parametrize("flavour", ["lab", "official"])
@_SLOW
@given(app=_APPS)
def test_every_mapping_is_planned_or_refused(tmp_path: Path, flavour: str, app: Any) -> None:
    file = tmp_path / "app.json"
    file.write_text(json.dumps(app))

    def planned() -> None:
        found = load([str(file)])
        checks.require_valid(found, flavour=flavour)
        changes = diff.plan(found, {found[0].id: FULL})
        assert [one.id for one in changes] == [one.id for one in found]

    assert refusal(planned) in {"", str(file)}


@_SLOW
@given(text=st.text(alphabet="-:[]{}\"'#&*%|>! \n\tabid01", max_size=40))
def test_every_text_is_read_or_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "app.yml"
    file.write_text(text)
    assert refusal(lambda: load([str(file)])) in {"", str(file)}


def refusal(work: Callable[[], object]) -> str:
    """Return the file that the first line of the refusal names; "" when nothing is refused."""
    try:
        work()
    except SpecError as exc:
        return exc.message.partition(":")[0]
    return ""


@_SLOW
@given(running=_APPS)
def test_whatever_marathon_answers_is_compared(running: Any) -> None:
    new, old = comparable(FULL, running)
    assert comparable(FULL, FULL)[0] == comparable(FULL, FULL)[1]
    assert isinstance(new == old, bool)
