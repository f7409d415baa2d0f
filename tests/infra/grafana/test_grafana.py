"""What is true of a node that runs Grafana."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.verify import infra
from mesosdeploy.verify.on_node import EVERYTHING

_PROBE = (
    EVERYTHING
    + """
import configparser, pwd
ini = configparser.RawConfigParser(comment_prefixes=(";", "#"))
ini.read("/etc/grafana/grafana.ini")
listens = ini.get("server", "http_addr", fallback="127.0.0.1").replace("0.0.0.0", "127.0.0.1")
address = f"{listens}:{ini.get('server', 'http_port', fallback='3000')}"
user = ini.get("security", "admin_user", fallback="")
password = open("/etc/grafana/admin_password").read().strip()
def get(path, credentials=""):
    status, text = fetch(f"http://{address}{path}", credentials)
    try:
        return status, json.loads(text)
    except ValueError:
        return status, {"error": text}
def mode(path):
    found = os.stat(path)
    return f"{pwd.getpwuid(found.st_uid).pw_name} {found.st_mode & 0o777:o}"
def setting(section, key):
    return settings.get(section, {}).get(key, ini.get(section, key, fallback=""))
me = f"{user}:{password}"
settings = get("/api/admin/settings", me)[1]
quiet = [("analytics", "reporting_enabled"), ("analytics", "check_for_updates"), ("plugins", "plugin_admin_enabled"),
         ("analytics", "check_for_plugin_updates"), ("news", "news_feed_enabled"), ("snapshots", "external_enabled")]
secrets = ["/etc/grafana/grafana.ini", "/etc/grafana/admin_password", "/etc/grafana/secret_key",
           "/etc/grafana/provisioning/datasources/mesosdeploy.yml"]
print(json.dumps({
    "unit": state_of("grafana-server", "FragmentPath", "User"),
    "health": get("/api/health"),
    "modes": {path: mode(path) for path in secrets},
    "guessed": password in ("admin", user, ""),
    "me": get("/api/user", me)[0],
    "stranger": get("/api/search?type=dash-db")[0],
    "anonymous": setting("auth.anonymous", "enabled"),
    "talks": [f"{section}.{key}" for section, key in quiet if setting(section, key) != "false"],
    "source": get("/api/datasources/uid/prometheus/health", me),
    "files": sorted(json.load(open(path))["uid"] for path in glob.glob("/etc/grafana/dashboards/*.json")),
    "dashboards": [each["uid"] for each in get("/api/search?type=dash-db&limit=5000", me)[1] or []],
    "logs": glob.glob("/var/lib/grafana/log/*.log"),
    "applied": run("sha256sum", "--check", "--quiet", "/run/mesosdeploy/grafana/applied"),
}))
"""  # noqa: E501 - a program of its own
)


@pytest.fixture(scope="session")
def seen(host: Any) -> dict[str, Any]:
    """Return what one command finds on the node."""
    return infra.look(host, _PROBE)


def test_grafana_runs_now_and_after_a_reboot(seen: dict[str, Any]) -> None:
    unit = seen["unit"]
    assert unit["ActiveState"] == "active", (
        f"grafana-server.service is {unit['ActiveState']}; see `systemctl status grafana-server`"
    )
    assert unit["UnitFileState"] == "enabled", "Grafana does not start after a reboot"
    assert unit["Restart"] == "always", "Grafana stays down when it dies"


def test_grafana_is_run_as_a_user_of_its_own_by_the_unit_of_the_role(seen: dict[str, Any]) -> None:
    assert seen["unit"]["FragmentPath"] == "/etc/systemd/system/grafana-server.service"
    assert seen["unit"]["User"] == "grafana"


def test_grafana_and_its_database_are_well(seen: dict[str, Any]) -> None:
    status, answer = seen["health"]
    assert (status, answer.get("database")) == (200, "ok"), f"/api/health answers {seen['health']}"


def test_secrets_are_private(seen: dict[str, Any]) -> None:
    open_to_others = {path: mode for path, mode in seen["modes"].items() if mode != "root 640"}
    assert not open_to_others


def test_administrator_has_the_password_of_the_settings(seen: dict[str, Any]) -> None:
    assert not seen["guessed"], "the administrator's password is one that everybody knows"
    assert seen["me"] == 200, f"the administrator's password is not accepted ({seen['me']})"


def test_strangers_see_dashboards_only_where_the_operators_want_it(seen: dict[str, Any]) -> None:
    wanted = 200 if seen["anonymous"] == "true" else 401
    assert seen["stranger"] == wanted, f"a stranger gets {seen['stranger']}, not {wanted}"


def test_grafana_calls_nobody_outside(seen: dict[str, Any]) -> None:
    assert not seen["talks"], f"switched on in grafana.ini: {', '.join(seen['talks'])}"


def test_prometheus_answers_grafana(seen: dict[str, Any]) -> None:
    status, answer = seen["source"]
    assert (status, answer.get("status")) == (200, "OK"), f"the data source says {seen['source']}"


def test_every_dashboard_is_shown(seen: dict[str, Any]) -> None:
    assert seen["files"], "no dashboard in /etc/grafana/dashboards"
    missing = set(seen["files"]) - set(seen["dashboards"])
    assert not missing, f"Grafana does not show {', '.join(sorted(missing))}; see its journal"


def test_logs_go_to_the_journal_alone(seen: dict[str, Any]) -> None:
    assert not seen["logs"], f"Grafana writes {', '.join(seen['logs'])}, which nobody rotates"


def test_running_grafana_has_the_settings_that_are_written(seen: dict[str, Any]) -> None:
    if seen["unit"]["ActiveState"] != "active":
        pytest.skip("Grafana does not run, which a check of its own says")
    code, text = seen["applied"]
    assert code == 0, f"Grafana was started with other settings; run `up`: {text.strip()}"
