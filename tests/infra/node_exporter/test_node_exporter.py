"""What is true of a node that gives the metrics of its machine."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.verify import infra
from mesosdeploy.verify.on_node import program_of_debian

_PROBE = (
    program_of_debian("prometheus-node-exporter", "127.0.0.1:9100")
    + """
status, metrics = get("/metrics")
names = set(re.findall(r"^([a-z_]\\w*)", metrics, re.MULTILINE))
watched = "/etc/mesosdeploy/expiry.json"
print(json.dumps({
    "unit": state_of(unit, "DropInPaths"),
    "asks": bool(argument("web.config.file")),
    "status": status,
    "names": sorted(n for n in names if n.startswith("node_")),
    "mounts": sorted(set(re.findall(r'^node_filesystem_size_bytes.*mountpoint="([^"]*)"', metrics, re.MULTILINE))),
    "failed": re.findall(r'^node_scrape_collector_success.collector="(\\w+)". 0', metrics, re.MULTILINE),
    "textfile_error": re.findall(r"^node_textfile_scrape_error (\\d+)", metrics, re.MULTILINE),
    "watched": [x["path"] for x in json.load(open(watched))] if os.path.exists(watched) else [],
    "readable": dict(re.findall(r'^node_expiry_readable.*path="([^"]*)".* (\\d)', metrics, re.MULTILINE)),
    "timer": run("systemctl", "is-active", "mesosdeploy-expiry.timer")[1].strip(),
    "applied": run("sha256sum", "--check", "--quiet", "/run/mesosdeploy/node-exporter/applied"),
}))
"""  # noqa: E501 - a program of its own
)

# The alert rules are made of these.
_NEEDED = {
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",
    "node_filesystem_files_free",
    "node_filesystem_readonly",
    "node_time_seconds",
    "node_memory_MemAvailable_bytes",
    "node_load5",
    "node_cpu_seconds_total",
}


@pytest.fixture(scope="session")
def seen(host: Any) -> dict[str, Any]:
    """Return what one command finds on the node."""
    return infra.look(host, _PROBE)


@pytest.fixture(scope="session")
def readable(seen: dict[str, Any]) -> dict[str, Any]:
    """Return the same, where the metrics can be read without a password."""
    if seen["asks"]:
        pytest.skip("the exporter asks for a password, which the node does not know")
    return seen


def test_exporter_runs_now_and_after_a_reboot(seen: dict[str, Any]) -> None:
    unit = seen["unit"]
    assert unit["ActiveState"] == "active", (
        f"prometheus-node-exporter.service is {unit['ActiveState']}; see `systemctl status` of it"
    )
    assert unit["UnitFileState"] == "enabled", "the exporter does not start after a reboot"


def test_exporter_is_run_with_the_settings_of_the_role(seen: dict[str, Any]) -> None:
    unit = seen["unit"]
    assert "mesosdeploy.conf" in unit["DropInPaths"], "the unit is Debian's alone"
    assert unit["Restart"] == "always", "the exporter stays down when it dies"


def test_exporter_answers_and_asks_for_credentials_where_there_are_some(
    seen: dict[str, Any],
) -> None:
    wanted = 401 if seen["asks"] else 200
    assert seen["status"] == wanted, f"/metrics answers {seen['status']}, not {wanted}"


def test_metrics_hold_what_alerts_are_made_of(readable: dict[str, Any]) -> None:
    missing = _NEEDED - set(readable["names"])
    assert not missing, f"no metric {', '.join(sorted(missing))}"


def test_root_directory_is_measured(readable: dict[str, Any]) -> None:
    assert "/" in readable["mounts"], f"disks are {readable['mounts']}: / is not measured"


def test_no_collector_fails_to_read_the_text_files(readable: dict[str, Any]) -> None:
    assert "textfile" not in readable["failed"], "the text files cannot be read"
    assert readable["textfile_error"] == ["0"], "a text file holds no metrics"


def test_certificates_and_keys_are_watched(readable: dict[str, Any]) -> None:
    if not readable["watched"]:
        pytest.skip("nothing is to be watched on this node")
    assert readable["timer"] == "active", f"mesosdeploy-expiry.timer is {readable['timer']}"
    assert readable["readable"] == dict.fromkeys(readable["watched"], "1"), (
        "a certificate or key cannot be read; see `journalctl -u mesosdeploy-expiry`"
    )


def test_running_exporter_has_the_settings_that_are_written(seen: dict[str, Any]) -> None:
    if seen["unit"]["ActiveState"] != "active":
        pytest.skip("the exporter does not run, which a check of its own says")
    code, text = seen["applied"]
    assert code == 0, f"the exporter was started with other settings; run `up`: {text.strip()}"
