"""Claims about placement constraints: what they may say, and where they let an instance run."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.services.marathon.constraints import (
    OPERATORS,
    attribute_values,
    constraint_problem,
    satisfied,
)
from mesosdeploy.services.marathon.definition import Constraint
from mesosdeploy.services.marathon.model import Instance


def on(host: str = "h1", rack: str | None = None, **places: str) -> Instance:
    attributes = {} if rack is None else {"rack": rack}
    return Instance(
        task_id="t", app_id="/a", version="1", host=host, attributes=attributes, **places
    )


def racks(*names: str) -> list[Instance]:
    return [on(rack=name) for name in names]


@pytest.mark.parametrize(
    ("constraint", "candidate", "placed", "expected"),
    [
        (["hostname", "UNIQUE"], on("h1"), [on("h2")], True),
        (["@hostname", "UNIQUE"], on("h1"), [on("h2"), on("h1")], False),
        (["rack", "UNIQUE"], on(), [], False),
        (["hostname", "CLUSTER", "h1"], on("h1"), [on("h2")], True),
        (["hostname", "CLUSTER", "h1"], on("h2"), [], False),
        (["rack", "CLUSTER"], on(rack="a"), [], True),
        (["rack", "CLUSTER"], on(rack="a"), racks("b"), False),
        (["rack", "CLUSTER"], on(rack="a"), racks("a", "a"), True),
        (["rack", "GROUP_BY"], on(rack="a"), [], True),
        (["rack", "GROUP_BY"], on(rack="a"), racks("a"), True),
        (["rack", "GROUP_BY"], on(rack="a"), racks("a", "b"), True),
        (["rack", "GROUP_BY"], on(rack="a"), racks("a", "a", "b"), False),
        (["rack", "GROUP_BY"], on(rack="c"), racks("a", "a", "b"), True),
        (["rack", "GROUP_BY", "2"], on(rack="a"), racks("a"), False),
        (["rack", "GROUP_BY", "2"], on(rack="b"), racks("a"), True),
        (["rack", "GROUP_BY", "3"], on(rack="a"), racks("a", "b"), False),
        (["rack", "GROUP_BY", "2"], on(rack="a"), racks("a", "b"), True),
        (["rack", "GROUP_BY", "2"], on(rack="c"), racks("a", "b"), True),
        (["rack", "LIKE", "r[12]"], on(rack="r2"), [], True),
        (["rack", "LIKE", "r[12]"], on(rack="r22"), [], False),
        (["rack", "LIKE", ".*"], on(), [], False),
        (["rack", "UNLIKE", "r[12]"], on(rack="r3"), [], True),
        (["rack", "UNLIKE", "r[12]"], on(rack="r1"), [], False),
        (["rack", "UNLIKE", "r[12]"], on(), [], True),
        (["rack", "MAX_PER", "2"], on(rack="a"), racks("a", "b"), True),
        (["rack", "MAX_PER", "2"], on(rack="a"), racks("a", "a"), False),
        (["rack", "IS", "a"], on(rack="a"), [], True),
        (["rack", "IS", "a"], on(rack="b"), [], False),
        (["rack", "IS", "0.8001"], on(rack="0.8"), [], True),
        (["rack", "IS", "0.80"], on(rack="0.8"), [], True),
        (["@zone", "UNIQUE"], on(zone="z1"), [on(zone="z2")], True),
        (["@zone", "UNIQUE"], on(zone="z1"), [on(zone="z1")], False),
        (["@region", "IS", "east"], on(region="east"), [], True),
        (["@region", "IS", "east"], on(), [], False),
    ],
)
def test_an_agent_meets_a_constraint_or_not(
    constraint: list[str], candidate: Instance, placed: list[Instance], *, expected: bool
) -> None:
    assert satisfied(Constraint.from_json(constraint), candidate, placed) is expected


@pytest.mark.parametrize(
    "constraint",
    [
        ["hostname", "unique"],
        ["rack", "CLUSTER"],
        ["rack", "CLUSTER", "a"],
        ["rack", "GROUP_BY"],
        ["rack", "GROUP_BY", "3"],
        ["rack", "LIKE", "a|b"],
        ["rack", "MAX_PER", "2"],
        ["rack", "IS", "rack-1"],
    ],
)
def test_a_sound_constraint_has_no_problem(constraint: list[str]) -> None:
    assert constraint_problem(constraint) is None


@pytest.mark.parametrize(
    ("constraint", "problem"),
    [
        (["", "UNIQUE"], "the field must not be empty"),
        (["rack", "UNIQUE", "a"], "UNIQUE takes no value, but has 'a'"),
        (["rack", "GROUP_BY", "x"], "GROUP_BY takes a number of groups or nothing, not 'x'"),
        (["rack", "MAX_PER"], "MAX_PER takes the number of instances per value, not ''"),
        (["rack", "MAX_PER", "0"], "MAX_PER takes the number of instances per value, not '0'"),
        (["rack", "LIKE"], "LIKE takes a regular expression, but has none"),
        (["rack", "UNLIKE", ""], "UNLIKE takes a regular expression, but has none"),
        (
            ["rack", "LIKE", "["],
            "'[' is not a regular expression: unterminated character set at position 0",
        ),
        (
            ["rack", "IS", "{a,b}"],
            "IS takes a text of letters, digits and _/.-, or a number, not '{a,b}'",
        ),
        (
            ["rack", "NEAR", "x"],
            f"the operator must be one of {', '.join(OPERATORS)}, but is NEAR",
        ),
    ],
)
def test_an_unsound_constraint_is_explained(constraint: list[str], problem: str) -> None:
    assert constraint_problem(constraint) == problem


@pytest.mark.parametrize(
    ("attribute", "text"),
    [
        pytest.param({"type": "TEXT", "text": {"value": "r1"}}, "r1", id="text"),
        pytest.param({"type": "SCALAR", "scalar": {"value": 0.8}}, "0.8", id="fraction"),
        pytest.param({"type": "SCALAR", "scalar": {"value": 10.0}}, "10", id="whole"),
        pytest.param({"type": "SCALAR", "scalar": {"value": 1.0005}}, "1", id="half to even"),
        pytest.param({"type": "SCALAR", "scalar": {"value": 1e-07}}, "0", id="tiny"),
        pytest.param(
            {
                "type": "RANGES",
                "ranges": {"range": [{"begin": 5, "end": 5}, {"begin": 1, "end": 2}]},
            },
            "[1-2,5-5]",
            id="ranges",
        ),
        pytest.param({"type": "SET", "set": {"item": ["b", "a"]}}, "{a,b}", id="set"),
    ],
)
def test_an_attribute_is_compared_as_mesos_writes_it(attribute: dict[str, Any], text: str) -> None:
    assert attribute_values([{"name": "rack", **attribute}]) == {"rack": text}
