"""Prometheus measures everything that the inventory names, fast, and its alerts are delivered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mesosdeploy.verify import infra
from mesosdeploy.verify.infra import Nodes
from mesosdeploy.verify.prometheus import CLIENT

LONGEST_SCRAPE_SECONDS = 1.0
# Pages that the operators name in a variable (prometheus_probe_urls): the inventory has none.
_OF_OPERATORS = {"probe_url"}

# What is not well is looked at once more after its next scrape: a process that has just started
# was not there at the last one, or was slow while everything else started too.
_PROBE = (
    CLIENT
    + r"""
import datetime, sys
longest, began = float(sys.argv[1]), datetime.datetime.now(datetime.timezone.utc)
wanted, deadline = set(map(tuple, json.loads(sys.argv[2]))), time.monotonic() + 45
def targets():
    return {
        (t["labels"]["job"], t["labels"]["instance"]): t
        for t in ask("targets?state=active").get("activeTargets", [])
    }
# How long a probe takes is what it measures, and says nothing about the prober.
def is_probe(target):
    return target["scrapeUrl"].partition("?")[0].endswith("/probe")
def told(target):
    quick = is_probe(target) or target["lastScrapeDuration"] < longest
    well = target["health"] == "up" and quick
    return well or datetime.datetime.fromisoformat(target["lastScrape"]) > began
def watchdog():
    return any(a["labels"]["alertname"] == "Watchdog" and a["state"] == "firing"
               for a in ask("alerts").get("alerts", []))
def settled(found):
    return set(found) >= wanted and all(map(told, found.values())) and watchdog()
found = targets()
while not settled(found) and time.monotonic() < deadline:
    time.sleep(0.3)
    found = targets()
def delivered(url):
    place = re.sub("/api/v[12]/alerts$", "/api/v2/alerts?filter=alertname%3DWatchdog", url)
    while True:
        status, body = fetch(place, secret_of("alertmanager"))
        if status == 200 and json.loads(body):
            return ""
        if time.monotonic() > deadline:
            return body if status != 200 and body else f"it answers {status} and does not know it"
        time.sleep(0.3)
managers = [a["url"] for a in ask("alertmanagers").get("activeAlertmanagers", [])]
rules = [r for g in ask("rules").get("groups", []) for r in g["rules"]]
print(json.dumps({
    "answer": get("/-/ready", secret),
    "targets": [[*key, t["health"], 0 if is_probe(t) else t["lastScrapeDuration"], t["lastError"]]
                for key, t in sorted(found.items())],
    "rules": [[r["name"], r["health"], r.get("lastError", "")] for r in rules],
    "watchdog": watchdog(),
    "alertmanagers": {url.split("/")[2]: delivered(url) for url in managers},
}))
"""
)


@pytest.fixture(scope="session")
def monitor(request: pytest.FixtureRequest) -> str:
    """Return the name of a node that carries Prometheus."""
    return str(request.param)


@pytest.fixture(scope="session")
def wanted(cluster: dict[str, Any]) -> set[tuple[str, str]]:
    """Return job and instance of everything that is to be measured."""
    return {
        (job["job"], target.get("url") or f"{target['node']}:{target['port']}")
        for job in cluster["mesosdeploy_prometheus_jobs"]
        for target in job["targets"]
    }


@pytest.fixture(scope="session")
def seen(nodes: Nodes, monitor: str, wanted: set[tuple[str, str]]) -> dict[str, Any]:
    """Return what Prometheus says, once everything that is not well was measured again."""
    host = infra.connect(monitor, nodes.ssh_config)
    told = infra.look(host, _PROBE, str(LONGEST_SCRAPE_SECONDS), json.dumps(sorted(wanted)))
    status, text = told["answer"]
    if status != 200:
        pytest.fail(f"Prometheus on {monitor} answers {status}: {text}", pytrace=False)
    return told


def test_every_target_is_up(seen: dict[str, Any], wanted: set[tuple[str, str]]) -> None:
    known = {(job, instance) for job, instance, *_ in seen["targets"]}
    assert known, "Prometheus measures nothing"
    missing = sorted(" ".join(one) for one in wanted - known)
    assert not missing, f"Prometheus does not measure {', '.join(missing)}"
    down = [
        f"{job} {instance}: {error or health}"
        for job, instance, health, _, error in seen["targets"]
        if health != "up"
    ]
    assert not down, "; ".join(down)


def test_no_target_is_unexpected(seen: dict[str, Any], wanted: set[tuple[str, str]]) -> None:
    known = {(job, instance) for job, instance, *_ in seen["targets"]}
    strangers = sorted(" ".join(one) for one in known - wanted if one[0] not in _OF_OPERATORS)
    assert not strangers, f"no node of the inventory has {', '.join(strangers)}"


def test_every_scrape_is_fast(seen: dict[str, Any]) -> None:
    slow = [
        f"{job} {instance}: {seconds:.2f} s"
        for job, instance, health, seconds, _ in seen["targets"]
        if health == "up" and seconds >= LONGEST_SCRAPE_SECONDS
    ]
    assert not slow, f"not within {LONGEST_SCRAPE_SECONDS:g} s: {'; '.join(slow)}"


def test_alert_rules_are_healthy(seen: dict[str, Any]) -> None:
    assert seen["rules"], "Prometheus has no alert rules"
    broken = [f"{name}: {error}" for name, health, error in seen["rules"] if health == "err"]
    assert not broken, "; ".join(broken)


def test_watchdog_reaches_every_alertmanager(seen: dict[str, Any], cluster: dict[str, Any]) -> None:
    assert seen["watchdog"], "the alert Watchdog, which always fires, does not"
    known, expected = seen["alertmanagers"], set(cluster["mesosdeploy_alertmanagers"])
    assert set(known) == expected, f"Prometheus sends alerts to {sorted(known)}, not {expected}"
    silent = [f"{address}: {reason}" for address, reason in known.items() if reason]
    assert not silent, f"the watchdog did not arrive at {'; '.join(silent)}"
