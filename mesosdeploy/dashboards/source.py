"""Reads the pages, in the order in which they are linked to one another."""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML

from mesosdeploy.dashboards.model import Page

_PAGES = Path(__file__).with_name("pages")
ORDER = ("overview", "masters", "agents", "frameworks", "zookeeper", "services", "nodes")


def pages() -> tuple[Page, ...]:
    """Return all pages, the overview first."""
    return tuple(_page(name) for name in ORDER)


def _page(name: str) -> Page:
    content = YAML(typ="safe").load(_PAGES / f"{name}.yml")
    return Page.model_validate({"name": name, **content})
