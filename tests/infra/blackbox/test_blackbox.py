"""What is true of a node that probes front ends, names and certificates."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.verify import infra
from mesosdeploy.verify.on_node import program_of_debian

_PROBE = (
    program_of_debian("prometheus-blackbox-exporter", "127.0.0.1:9115")
    + """
config = "/etc/prometheus/blackbox.yml"
def probe(module, target):
    body = get("/probe?" + urllib.parse.urlencode({"module": module, "target": target}))[1]
    return {k: v for k, v in re.findall(r"^(probe_success|probe_ssl_earliest_cert_expiry) (\\S+)", body, re.MULTILINE)}
# What the Prometheus of this node has probed: its jobs with a module, and their targets.
settings = read("/etc/prometheus/prometheus.yml")
probed = [
    [job, module, target]
    for job, module in re.findall(r'job_name: (\\S+)(?:(?!job_name:).)*?params: {module: ."([^"]+)".}', settings, re.DOTALL)
    for target in re.findall(r'targets: ."([^"]+)".', open(f"/etc/prometheus/targets/{job}.yml").read())
]
print(json.dumps({
    "unit": state_of(unit, "DropInPaths"),
    "listens": argument("web.listen-address"),
    "valid": run("prometheus-blackbox-exporter", "--config.check", "--config.file=" + config),
    "mode": oct(os.stat(config).st_mode & 0o777) if os.path.exists(config) else "",
    "healthy": get("/-/healthy")[0],
    "read": re.findall(r"^blackbox_exporter_config_last_reload_successful (\\d)", get("/metrics")[1], re.MULTILINE),
    "probed": [[*each, probe(*each[1:])] for each in probed],
    "nowhere": probe("http", "http://127.0.0.1:9/"),
    "applied": run("sha256sum", "--check", "--quiet", "/run/mesosdeploy/blackbox/applied"),
}))
"""  # noqa: E501 - a program of its own
)

# Job of pages that are the operators' business: one that does not answer is no fault of the node.
_OF_THE_OPERATORS = "probe_url"


@pytest.fixture(scope="session")
def seen(host: Any) -> dict[str, Any]:
    """Return what one command finds on the node."""
    return infra.look(host, _PROBE)


def test_prober_runs_now_and_after_a_reboot(seen: dict[str, Any]) -> None:
    unit = seen["unit"]
    assert unit["ActiveState"] == "active", (
        f"prometheus-blackbox-exporter.service is {unit['ActiveState']}; see `systemctl status`"
    )
    assert unit["UnitFileState"] == "enabled", "the prober does not start after a reboot"
    assert unit["Restart"] == "always", "the prober stays down when it dies"
    assert "mesosdeploy.conf" in unit["DropInPaths"], "the unit is Debian's alone"


def test_configuration_is_valid(seen: dict[str, Any]) -> None:
    code, text = seen["valid"]
    assert code == 0, f"the prober would not start again: {text.strip()}"


def test_configuration_is_private(seen: dict[str, Any]) -> None:
    assert seen["mode"] == "0o640", f"/etc/prometheus/blackbox.yml has mode {seen['mode']}"


def test_prober_answers_with_its_configuration(seen: dict[str, Any]) -> None:
    assert seen["healthy"] == 200, f"/-/healthy answers {seen['healthy']} on {seen['listens']}"
    assert seen["read"] == ["1"], "the prober refused its configuration; see its journal"


def test_strangers_cannot_use_the_prober(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    if "blackbox_listen_address" in expected:
        pytest.skip("the operators chose the address that it listens on")
    assert seen["listens"].startswith("127.0.0.1:"), f"the prober listens on {seen['listens']}"


def test_what_does_not_answer_fails(seen: dict[str, Any]) -> None:
    assert seen["nowhere"] == {"probe_success": "0"}, f"a closed port gives {seen['nowhere']}"


def test_what_belongs_to_the_cluster_answers(seen: dict[str, Any]) -> None:
    own = [each for each in seen["probed"] if each[0] != _OF_THE_OPERATORS]
    if not own:
        pytest.skip("Prometheus on this node has nothing of the cluster probed")
    failed = [f"{url} ({job})" for job, _, url, result in own if result["probe_success"] != "1"]
    assert not failed, f"probes fail: {', '.join(failed)}"


def test_certificates_of_pages_are_watched(seen: dict[str, Any]) -> None:
    pages = {url: result for *_, url, result in seen["probed"] if url.startswith("https://")}
    answering = [url for url, result in pages.items() if result["probe_success"] == "1"]
    if not answering:
        pytest.skip("no page with a certificate answers")
    silent = [url for url in answering if "probe_ssl_earliest_cert_expiry" not in pages[url]]
    assert not silent, f"no end of the certificate of {', '.join(silent)}"


def test_running_prober_has_the_settings_that_are_written(seen: dict[str, Any]) -> None:
    if seen["unit"]["ActiveState"] != "active":
        pytest.skip("the prober does not run, which a check of its own says")
    code, text = seen["applied"]
    assert code == 0, f"the prober was started with other settings; run `up`: {text.strip()}"
