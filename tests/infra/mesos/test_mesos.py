"""What is true of a node that has the Mesos package."""

from __future__ import annotations

import json
from typing import Any

import pytest

_PROBE = """
import json, os, pwd, subprocess, sys
package, user = sys.argv[1:]
def run(*argv):
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except OSError as error:
        return 127, str(error)
    return done.returncode, done.stdout
users = {entry.pw_name: entry.pw_uid for entry in pwd.getpwall()}
query = ("dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Version}", package)
print(json.dumps({
    "package": run(*query)[1].strip(),
    "uid": users.get(user),
    "programs": {p: run("/usr/sbin/" + p, "--version") for p in ("mesos-master", "mesos-agent")},
    "missing": [d for d in ("/etc/mesos", "/var/lib/mesos") if not os.path.isdir(d)],
}))
"""


@pytest.fixture(scope="session")
def seen(host: Any, expected: dict[str, Any]) -> dict[str, Any]:
    """Return what one command finds on the node."""
    package = "aventer-mesos" if expected["mesosdeploy_mesos_flavour"] == "clusterd" else "mesos"
    user = expected.get("mesos_task_user", "mesos")
    answer: dict[str, Any] = json.loads(
        host.check_output("python3 -c %s %s %s", _PROBE, package, user)
    )
    return answer


def test_package_is_installed_in_the_wanted_version(
    seen: dict[str, Any], expected: dict[str, Any]
) -> None:
    wanted = f"installed {expected['mesosdeploy_mesos_package_version']}"
    assert seen["package"] == wanted, f"dpkg says '{seen['package']}', wanted is '{wanted}'"


def test_programs_start(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    assert seen["programs"], "no program to look at"
    wrong = [
        f"{name}: {text.strip()}"
        for name, (code, text) in seen["programs"].items()
        if code != 0 or expected["mesosdeploy_mesos_version"] not in text
    ]
    assert not wrong, f"--version does not work (a library may be missing): {'; '.join(wrong)}"


def test_tasks_have_a_user(seen: dict[str, Any]) -> None:
    assert seen["uid"] is not None, "the system user for tasks is missing"
    assert seen["uid"] < 1000, f"the user for tasks has uid {seen['uid']}, not one of a system user"


def test_directories_exist(seen: dict[str, Any]) -> None:
    assert not seen["missing"], f"missing: {', '.join(seen['missing'])}"
