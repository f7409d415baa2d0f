"""The balancer's metrics, as Prometheus reads them."""

from __future__ import annotations

from mesosdeploy.services.balancer.figures import Figures, exposition


def test_figures_are_told_with_type_and_meaning() -> None:
    lines = exposition(Figures(reloads_total=3)).splitlines()
    start = lines.index("# TYPE mesosdeploy_balancer_reloads_total counter")
    assert lines[start - 1 : start + 2] == [
        "# HELP mesosdeploy_balancer_reloads_total Reloads of HAProxy",
        "# TYPE mesosdeploy_balancer_reloads_total counter",
        "mesosdeploy_balancer_reloads_total 3.0",
    ]


def test_time_keeps_its_seconds() -> None:
    text = exposition(Figures(last_success_timestamp_seconds=1795368334.5))
    assert "mesosdeploy_balancer_last_success_timestamp_seconds 1795368334.5\n" in text
