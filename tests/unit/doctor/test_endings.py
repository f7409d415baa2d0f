"""Exit codes of Marathon: each is explained, a vague one only after the journal."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.doctor import endings, judge, probe
from mesosdeploy.doctor.signatures import matches
from mesosdeploy.nodes import UNITS

DOCUMENTED = range(100, 113)
HEALTHY: dict[str, Any] = {
    "hostname": "master-1",
    "addresses": ["10.0.0.1"],
    "disks": {},
    "memory_mb": 4096.0,
    "memory_available_mb": 2048.0,
}


def finding(code: int, journal: str) -> tuple[str, str]:
    state = {
        "ActiveState": "failed",
        "SubState": "failed",
        "LoadState": "loaded",
        "Result": "exit-code",
        "ExecMainStatus": str(code),
    }
    seen = {**HEALTHY, "units": {"marathon": state}, "journals": {"marathon": journal}}
    found = judge.node(seen, frozenset({"marathon"}), clock_skew=0.0)
    (bad,) = [one for one in found if not one.ok]
    assert bad.check == "unit marathon"
    return bad.message, bad.remedy


@pytest.mark.parametrize("code", DOCUMENTED)
def test_documented_exit_code_has_cause_and_remedy(code: int) -> None:
    ending = endings.of("marathon", str(code))
    assert ending is not None
    assert ending.cause
    assert ending.remedy


@pytest.mark.parametrize(
    ("unit", "code"),
    [
        pytest.param("marathon", "1", id="code-of-any-program"),
        pytest.param("marathon", "", id="no-code"),
        pytest.param("mesos-master", "112", id="other-daemon"),
    ],
)
def test_other_exit_code_means_nothing(unit: str, code: str) -> None:
    assert endings.of(unit, code) is None


@pytest.mark.parametrize(
    ("code", "journal", "message", "remedy"),
    [
        pytest.param(112, "", "an option does not exist", "marathon_options", id="bad-option"),
        pytest.param(111, "x", "holds its port", "admin.serverPort", id="port-taken"),
        pytest.param(110, "", "removed the framework", "while every Marathon", id="removed"),
        pytest.param(100, "", "cannot connect to ZooKeeper", "2181", id="no-zookeeper"),
        pytest.param(
            112, "No space left on device", "an option does not exist", "", id="telling-code-first"
        ),
        pytest.param(
            107,
            "java.lang.UnsatisfiedLinkError: no mesos in java.library.path",
            "Java cannot load libmesos",
            "marathon_mesos_native_library",
            id="no-libmesos",
        ),
        pytest.param(107, "boom", "an unexpected error", "mesosdeploy logs", id="vague-code-last"),
        pytest.param(
            1, "No java installations was detected.", "no Java", "java_home", id="no-java"
        ),
        pytest.param(
            1,
            "[scallop] Error: Unknown option 'supress_offers'",
            "option of Marathon does not exist",
            "marathon_options",
            id="scallop-ends-with-1",
        ),
        pytest.param(1, "odd", "last line: odd", "systemctl start marathon", id="unknown"),
    ],
)
def test_stopped_marathon_is_explained(code: int, journal: str, message: str, remedy: str) -> None:
    said, helps = finding(code, journal)
    assert f"exit status {code}" in said
    assert message in said
    assert remedy in helps


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param(
            "java.lang.UnsupportedClassVersionError: x", "needs 8 or 11", id="class-version"
        ),
        pytest.param("this is likely due to an ABI mismatch in libmesos.", "another", id="abi"),
        pytest.param("java.net.BindException: Address already in use", "port", id="bind"),
        pytest.param("Framework has been removed", "removed the framework", id="removed"),
    ],
)
def test_line_of_marathon_is_known(line: str, words: str) -> None:
    ((signature, shown),) = matches(f"before\n{line}\nafter")
    assert words in signature.cause
    assert shown == line


def test_probe_looks_at_every_unit_that_a_role_runs() -> None:
    assert set(probe.UNITS) == set(UNITS.values())
