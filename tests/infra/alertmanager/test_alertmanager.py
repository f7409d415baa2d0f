"""What is true of a node that runs Alertmanager."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.verify import infra
from mesosdeploy.verify.on_node import program_of_debian

_PROBE = (
    program_of_debian("prometheus-alertmanager", "127.0.0.1:9093")
    + """
config = "/etc/prometheus/alertmanager.yml"
def receiver(*labels):
    argv = ("amtool", "config", "routes", "test", "--config.file=" + config, *labels)
    return subprocess.run(argv, capture_output=True, text=True).stdout.strip()
metrics = get("/metrics")[1]
state = "/run/mesosdeploy/alertmanager/"
files = "find /etc/prometheus/alertmanager.yml /etc/prometheus/alertmanager_templates -type f"
configured = f"{files} -exec sha256sum {{}} + | sort | cmp - {state}configured"
print(json.dumps({
    "unit": state_of(unit, "DropInPaths"),
    "asks": bool(argument("web.config.file")),
    "valid": run("amtool", "check-config", config),
    "mode": oct(os.stat(config).st_mode & 0o777),
    "ready": get("/-/ready")[0],
    "reloaded": re.findall(r"^alertmanager_config_last_reload_successful (\\d)", metrics, re.MULTILINE),
    "webhook": "name: webhook" in open(config).read(),
    "to": receiver("alertname=NodeDown", "severity=critical", "node=x"),
    "watchdog": receiver("alertname=Watchdog", "severity=none"),
    "applied": run("sha256sum", "--check", "--quiet", state + "applied"),
    "configured": run("sh", "-c", configured),
}))
"""  # noqa: E501 - a program of its own
)


@pytest.fixture(scope="session")
def seen(host: Any) -> dict[str, Any]:
    """Return what one command finds on the node."""
    return infra.look(host, _PROBE)


def test_alertmanager_runs_now_and_after_a_reboot(seen: dict[str, Any]) -> None:
    unit = seen["unit"]
    assert unit["ActiveState"] == "active", (
        f"prometheus-alertmanager.service is {unit['ActiveState']}; see `systemctl status` of it"
    )
    assert unit["UnitFileState"] == "enabled", "Alertmanager does not start after a reboot"
    assert unit["Restart"] == "always", "Alertmanager stays down when it dies"
    assert "mesosdeploy.conf" in unit["DropInPaths"], "the unit is Debian's alone"


def test_configuration_is_valid(seen: dict[str, Any]) -> None:
    code, text = seen["valid"]
    assert code == 0, f"Alertmanager would not start again: {text.strip()}"


def test_configuration_is_private(seen: dict[str, Any]) -> None:
    assert seen["mode"] == "0o640", f"/etc/prometheus/alertmanager.yml has mode {seen['mode']}"


def test_alertmanager_answers_and_asks_for_credentials_where_there_are_some(
    seen: dict[str, Any],
) -> None:
    wanted = 401 if seen["asks"] else 200
    assert seen["ready"] == wanted, f"/-/ready answers {seen['ready']}, not {wanted}"


def test_last_reload_was_successful(seen: dict[str, Any]) -> None:
    if seen["asks"]:
        pytest.skip("Alertmanager asks for a password, which the node does not know")
    assert seen["reloaded"] == ["1"], "Alertmanager refused its configuration; see its journal"


def test_alerts_go_to_the_webhook_where_there_is_one(seen: dict[str, Any]) -> None:
    if not seen["webhook"]:
        pytest.skip("no webhook is set (alertmanager_webhook_url)")
    assert seen["to"], "a dead node's alert has no receiver"
    assert seen["to"] != "none", "a dead node's alert is sent to nobody"


def test_watchdog_is_not_sent_to_people(seen: dict[str, Any]) -> None:
    assert seen["watchdog"] in ("none", "watchdog"), f"the watchdog goes to {seen['watchdog']}"


def test_running_alertmanager_has_the_settings_that_are_written(seen: dict[str, Any]) -> None:
    if seen["unit"]["ActiveState"] != "active":
        pytest.skip("Alertmanager does not run, which a check of its own says")
    for name in ("applied", "configured"):
        code, text = seen[name]
        assert code == 0, f"Alertmanager runs with other settings; run `up`: {text.strip()}"
