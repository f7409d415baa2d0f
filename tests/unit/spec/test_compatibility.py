# ruff: noqa: E501 (a sentence is kept in one line, where a search finds it)
"""The matrix refuses what does not work, and names a way out."""

from __future__ import annotations

import pytest

from mesosdeploy.spec import compatibility
from mesosdeploy.spec.compatibility import FEATURES, FLAVOURS, Platform

DEBIAN = {"system": "debian-12", "architecture": "x86_64", "cgroup_mode": "hybrid"}

CASES = {
    "v2 with apache": (
        "apache",
        {"cgroup_mode": "v2"},
        (
            "cgroup_mode: apache needs cgroup v1 or hybrid, the node has cgroup v2 | use the flavour clusterd, or boot the node with systemd.unified_cgroup_hierarchy=0"
        ),
    ),
    "v1 with clusterd": (
        "clusterd",
        {"cgroup_mode": "v1"},
        (
            "cgroup_mode: clusterd needs cgroup v2, the node has cgroup v1 | use the flavour lab or apache"
        ),
    ),
    "arm": (
        "lab",
        {"architecture": "aarch64"},
        "architecture: lab is not built for aarch64 | use machines of x86_64",
    ),
    "system": (
        "lab",
        {"system": "fedora-42"},
        "system: lab is not made for fedora-42 | use debian-12",
    ),
    "docker 26": (
        "apache",
        {"docker": "26.1.4"},
        (
            "docker: apache needs a Docker Engine before 26, the node has 26.1.4 | install an older engine (Debian 12 carries 20.10), or use clusterd"
        ),
    ),
    "old docker": (
        "apache",
        {"docker": "1.7.1"},
        "docker: apache needs Docker 1.8 or later, the node has 1.7.1 | install a later engine",
    ),
    "java 17": (
        "apache",
        {"java": 17},
        (
            "java: the Java binding of apache needs Java 8, the node has 17 | install that Java beside the distribution's and name it in JAVA_HOME"
        ),
    ),
}


@pytest.mark.parametrize(("flavour", "node", "expected"), CASES.values(), ids=CASES.keys())
def test_node_that_does_not_fit_is_told(
    flavour: str, node: dict[str, object], expected: str
) -> None:
    platform = Platform(**node)  # type: ignore[arg-type]
    features = () if flavour == "lab" else ("docker_containerizer", "jni")
    found = compatibility.problems(
        flavour, compatibility.newest(flavour), features=features, platform=platform
    )
    assert [f"{each.subject}: {each.message} | {each.remedy}" for each in found] == [expected]


def test_docker_and_java_matter_only_where_they_are_used() -> None:
    platform = Platform(docker="27.0", java=17)
    assert list(compatibility.problems("apache", "1.11.0", platform=platform)) == []


def test_debian_12_with_a_hybrid_hierarchy_suits_the_lab() -> None:
    platform = Platform(**DEBIAN)  # type: ignore[arg-type]
    assert list(compatibility.problems("lab", "1.11.0", platform=platform)) == []


@pytest.mark.parametrize("java", [17, 25])
def test_java_of_a_distribution_suits_the_lab(java: int) -> None:
    platform = Platform(**DEBIAN, java=java)  # type: ignore[arg-type]
    assert list(compatibility.problems("lab", "1.11.0", features=["jni"], platform=platform)) == []


def test_unknown_flavour_is_a_problem() -> None:
    found = list(compatibility.problems("lap", "1.11.0"))
    assert [each.remedy for each in found] == ['did you mean "lab"? known: lab, apache, clusterd']


def test_every_feature_can_be_had_somewhere() -> None:
    assert FEATURES
    assert all(compatibility.capable(feature) for feature in FEATURES)


def test_flavours_deny_only_features_that_exist() -> None:
    assert FLAVOURS
    for flavour in FLAVOURS.values():
        assert set(flavour.cannot) <= set(FEATURES)
        assert flavour.versions
