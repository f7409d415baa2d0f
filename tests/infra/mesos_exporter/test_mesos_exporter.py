"""What is true of a node whose master, agent or ZooKeeper server is measured for Prometheus."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.verify import infra
from mesosdeploy.verify.on_node import EVERYTHING

LONGEST_SCRAPE_SECONDS = 1.0
_USER = "mesos-exporter"

_PROBE = (
    EVERYTHING
    + """
import pwd
def value(text, name):
    lines = [line for line in text.splitlines() if line.split("{")[0].split(" ")[0] == name]
    return [float(line.rsplit(" ", 1)[1]) for line in lines]
def about(path):
    found = os.stat(path)
    return [pwd.getpwuid(found.st_uid).pw_name, oct(found.st_mode & 0o7777)]
def seen(path):
    lines = [line.strip() for line in open(path)]
    given = dict(line[2:].split("=", 1) for line in lines if line.startswith("--"))
    address = given["listen-address"].replace("0.0.0.0", "127.0.0.1")
    secret = given.get("web-credentials-file")
    credentials = open(secret).read().strip() if secret else ""
    kind, url = given["kind"], f"http://{address}:{given['listen-port']}"
    begin = time.monotonic()
    status, text = fetch(f"{url}/metrics", credentials)
    seconds = time.monotonic() - begin
    errors = [line for line in text.splitlines() if line.startswith("mesos_scrape_error{")]
    files = [given[key] for key in given if key.endswith("credentials-file")]
    applied = f"/run/mesosdeploy/mesos-exporter-{kind}/applied"
    return {
        "unit": state_of(f"mesos-exporter@{kind}", "User"), "status": status,
        "health": fetch(f"{url}/health"), "seconds": seconds, "errors": errors,
        "open": fetch(f"{url}/metrics")[0] if secret else 401,
        "up": value(text, "mesos_up"), "unknown": value(text, "mesos_exporter_unknown_figures"),
        "memory": value(text, "process_resident_memory_bytes"),
        "secrets": {file: about(file) for file in files},
        "applied": run("sha256sum", "--check", "--quiet", applied),
    }
print(json.dumps({
    os.path.basename(path).split(".")[0]: seen(path)
    for path in sorted(glob.glob("/etc/mesos-exporter/*.args"))
}))
"""
)


@pytest.fixture(scope="session")
def seen(host: Any, expected: dict[str, Any]) -> dict[str, Any]:
    """Return what one command finds on the node, by the kind of what is measured."""
    found = infra.look(host, _PROBE)
    assert found, "nothing is measured on the node: there is no /etc/mesos-exporter/*.args"
    return found


def test_everything_wanted_is_measured(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    wanted = {instance["kind"] for instance in expected["mesosdeploy_exporter_instances"]}
    assert set(seen) == wanted, f"{sorted(seen)} are measured, {sorted(wanted)} should be"


def test_exporter_runs_now_and_after_a_reboot(seen: dict[str, Any]) -> None:
    for kind, found in seen.items():
        unit = found["unit"]
        assert unit["ActiveState"] == "active", (
            f"mesos-exporter@{kind} is {unit['ActiveState']}; see `systemctl status`"
        )
        assert unit["UnitFileState"] == "enabled", f"mesos-exporter@{kind} does not start at boot"
        assert unit["Restart"] == "always", f"mesos-exporter@{kind} stays down when it dies"


def test_exporter_is_not_root(seen: dict[str, Any]) -> None:
    assert {found["unit"]["User"] for found in seen.values()} == {_USER}


def test_exporter_answers(seen: dict[str, Any]) -> None:
    for kind, found in seen.items():
        status, body = found["health"]
        assert status == 200, f"/health of the {kind}'s exporter answers {status}: {body}"
        assert found["status"] == 200, f"/metrics of the {kind} answers {found['status']}"


def test_what_is_measured_is_up(seen: dict[str, Any]) -> None:
    for kind, found in seen.items():
        assert found["up"] == [1], f"the {kind} does not answer its exporter: {found['errors']}"
        assert not found["errors"], f"the {kind} answers only in part: {found['errors']}"


def test_scrape_is_fast(seen: dict[str, Any]) -> None:
    for kind, found in seen.items():
        assert found["seconds"] < LONGEST_SCRAPE_SECONDS, (
            f"the metrics of the {kind} took {found['seconds']:.2f} s"
        )


def test_figures_are_all_known(seen: dict[str, Any]) -> None:
    for kind, found in seen.items():
        assert found["unknown"] == [0], (
            f"{found['unknown']} figures of the {kind} have no description in this version"
        )


def test_password_is_asked_for_and_private(seen: dict[str, Any]) -> None:
    for kind, found in seen.items():
        assert found["open"] == 401, f"the metrics of the {kind} are open, though a password is set"
        for path, about in found["secrets"].items():
            assert about == [_USER, "0o600"], f"{path} is {about}"


def test_running_exporter_has_the_settings_that_are_written(seen: dict[str, Any]) -> None:
    for kind, found in seen.items():
        if found["unit"]["ActiveState"] == "active":
            code, text = found["applied"]
            assert code == 0, f"the {kind}'s exporter has other settings; restart it: {text}"
