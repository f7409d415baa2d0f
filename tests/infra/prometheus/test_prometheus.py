"""What is true of a node that runs Prometheus."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.verify import infra
from mesosdeploy.verify.prometheus import CLIENT

_PROBE = (
    CLIENT
    + """
files = sorted(glob.glob("/etc/prometheus/targets/*.yml"))
wanted = sorted(
    [os.path.basename(f)[:-4], a, n] for f in files
    for a, n in re.findall(r'targets: ."([^"]+)".\\n +labels: .node: "([^"]+)"', open(f).read())
)
def known():
    return sorted([t["labels"]["job"], t["discoveredLabels"]["__address__"], t["labels"].get("node", "")]
                  for t in ask("targets?state=active").get("activeTargets", []))
# Files are read as they change, and at each start within seconds.
deadline = time.monotonic() + 15
while known() != wanted and time.monotonic() < deadline:
    time.sleep(0.5)
rules = [r for g in ask("rules").get("groups", []) for r in g["rules"]]
state = "/run/mesosdeploy/prometheus/"
configured = f"sha256sum {CONFIG} /etc/prometheus/rules/*.yml | cmp - {state}configured"
reloaded = re.findall(r"^prometheus_config_last_reload_successful (\\d)", get("/metrics", secret)[1], re.MULTILINE)
print(json.dumps({
    "unit": state_of(unit, "DropInPaths"),
    "asks": bool(argument("web.config.file")), "secret": bool(secret),
    "valid": run("promtool", "check", "config", CONFIG),
    "mode": oct(os.stat(CONFIG).st_mode & 0o777),
    "ready": get("/-/ready", secret)[0], "stranger": get("/-/ready")[0],
    "reloaded": reloaded, "wanted": wanted, "known": known(),
    "alerts": sorted({r["name"] for r in rules if r["type"] == "alerting"}),
    "broken": [[r["name"], r["lastError"]] for r in rules if r.get("lastError")],
    "alertmanagers": [len(re.findall(r"^alerting:", settings, re.MULTILINE)),
                      [a["url"] for a in ask("alertmanagers").get("activeAlertmanagers", [])]],
    "cluster": ask("status/config").get("yaml", ""),
    "applied": run("sha256sum", "--check", "--quiet", state + "applied"),
    "configured": run("sh", "-c", configured),
}))
"""  # noqa: E501 - a program of its own
)

# One of each file of rules.
_ALERTS = {
    "MesosNoLeader",
    "ZooKeeperQuorumAtRisk",
    "MarathonNoLeader",
    "BackendWithoutServers",
    "NodeDown",
    "Watchdog",
}


@pytest.fixture(scope="session")
def seen(host: Any) -> dict[str, Any]:
    """Return what one command finds on the node."""
    return infra.look(host, _PROBE)


@pytest.fixture(scope="session")
def asked(seen: dict[str, Any]) -> dict[str, Any]:
    """Return the same, where Prometheus can be asked."""
    if seen["asks"] and not seen["secret"]:
        pytest.skip("Prometheus asks for a password, which the node does not know")
    return seen


def test_prometheus_runs_now_and_after_a_reboot(seen: dict[str, Any]) -> None:
    unit = seen["unit"]
    assert unit["ActiveState"] == "active", (
        f"prometheus.service is {unit['ActiveState']}; see `systemctl status prometheus`"
    )
    assert unit["UnitFileState"] == "enabled", "prometheus.service does not start after a reboot"
    assert unit["Restart"] == "always", "Prometheus stays down when it dies"
    assert "mesosdeploy.conf" in unit["DropInPaths"], "the unit is Debian's alone"


def test_configuration_is_valid(seen: dict[str, Any]) -> None:
    code, text = seen["valid"]
    assert code == 0, f"Prometheus would not start again: {text.strip()}"


def test_configuration_is_private(seen: dict[str, Any]) -> None:
    assert seen["mode"] == "0o640", f"/etc/prometheus/prometheus.yml has mode {seen['mode']}"


def test_prometheus_is_ready(asked: dict[str, Any]) -> None:
    assert asked["ready"] == 200, f"/-/ready answers {asked['ready']}"


def test_prometheus_asks_for_credentials_where_there_are_some(seen: dict[str, Any]) -> None:
    wanted = 401 if seen["asks"] else 200
    assert seen["stranger"] == wanted, f"a stranger gets {seen['stranger']}, not {wanted}"


def test_last_reload_was_successful(asked: dict[str, Any]) -> None:
    assert asked["reloaded"] == ["1"], "Prometheus refused its configuration; see its journal"


def test_prometheus_knows_the_targets_of_its_files_and_no_others(asked: dict[str, Any]) -> None:
    assert asked["wanted"], "no file in /etc/prometheus/targets names a target"
    assert asked["known"] == asked["wanted"]


def test_alert_rules_are_loaded_and_can_be_evaluated(asked: dict[str, Any]) -> None:
    missing = _ALERTS - set(asked["alerts"])
    assert not missing, f"no rule {', '.join(sorted(missing))}"
    assert not asked["broken"], f"rules that fail: {asked['broken']}"


def test_alertmanager_is_known_where_there_is_one(asked: dict[str, Any]) -> None:
    named, active = asked["alertmanagers"]
    assert bool(active) == bool(named), f"Prometheus sends alerts to {active}"


def test_what_leaves_prometheus_names_the_cluster(
    asked: dict[str, Any], expected: dict[str, Any]
) -> None:
    wanted = f"cluster: {expected['mesosdeploy_cluster']}"
    assert wanted in asked["cluster"], f"Prometheus' configuration has no external label {wanted}"


def test_running_prometheus_has_the_settings_that_are_written(seen: dict[str, Any]) -> None:
    if seen["unit"]["ActiveState"] != "active":
        pytest.skip("Prometheus does not run, which a check of its own says")
    for name in ("applied", "configured"):
        code, text = seen[name]
        assert code == 0, f"Prometheus runs with other settings; run `up`: {text.strip()}"
