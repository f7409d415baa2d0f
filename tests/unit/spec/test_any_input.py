"""Whatever is written into a cluster.yml, nothing but a spec or located problems comes out."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mesosdeploy.spec import InvalidSpecError, Problem, load
from mesosdeploy.spec.load import check

_FRAGMENTS = st.sampled_from(
    [
        "name",
        "demo",
        "provider",
        "type",
        "static",
        "hosts",
        "local",
        "groups",
        "masters",
        "agents",
        "count",
        "resources",
        "ports",
        "features",
        ": ",
        ":\n  ",
        "\n",
        "- ",
        "{",
        "}",
        "[",
        "]",
        ", ",
        "&a ",
        "*a",
        "!!int ",
        "<<",
        "3",
        "1.5",
        ".nan",
        "~",
        "true",
        "'",
        '"',
        "|\n",
        "? ",
        "# ",
        "---\n",
        "\t",
        "0x1F",
        "2001-01-01",
        "=",
        "9" * 5000,
        "%TAG",
        "é",
        "\u2028",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(st.lists(_FRAGMENTS, max_size=40).map("".join), st.text(max_size=80)))
def test_any_text_is_a_spec_or_a_spec_error(tmp_path: Path, text: str) -> None:
    found: tuple[Problem, ...] = ()
    (tmp_path / "cluster.yml").write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        load(tmp_path)
    except InvalidSpecError as exc:
        found = exc.problems
    # No fragment makes a whole spec, so something must have been found.
    assert found
    assert all(problem.remedy for problem in found)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
_KEYS = st.sampled_from(
    [
        "name",
        "provider.type",
        "provider.hosts",
        "provider.subnet",
        "provider",
        "groups",
        "groups.masters",
        "groups.agents.count",
        "groups.agents.kind",
        "groups.agents.resources",
        "groups.agents.resources.ports",
        "groups.agents.attributes",
        "groups.x",
        "versions",
        "versions.mesos",
        "versions.mesos.flavour",
        "versions.mesos.version",
        "features.tls",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(_KEYS, _VALUES, max_size=4))
def test_any_data_is_a_spec_or_problems(changes: dict[str, object]) -> None:
    data: dict[str, object] = {
        "name": "demo",
        "provider": {"type": "static", "hosts": {}},
        "groups": {"masters": {"count": 3}, "agents": {"count": 2}},
    }
    for dotted, value in changes.items():
        here = data
        *parents, last = dotted.split(".")
        for key in parents:
            inner = here.get(key)
            child = inner if isinstance(inner, dict) else {}
            here[key] = child
            here = child
        here[last] = value
    spec, problems = check(data)
    assert spec is not None or problems
