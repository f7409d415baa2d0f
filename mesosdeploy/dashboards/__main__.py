"""Writes the pages for Prometheus and for Grafana: `python -m mesosdeploy.dashboards`."""

from __future__ import annotations

from mesosdeploy.dashboards import files

if __name__ == "__main__":
    files.write()
