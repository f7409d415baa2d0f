"""Pages as Grafana dashboards, in the form of Grafana 10 and 11 (schema 39)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mesosdeploy.dashboards.model import Chart, Column, Levels, Page, Query, Stat, Table, Unit

Json = dict[str, Any]

_SCHEMA = 39
_WIDTH = 24
_TAG = "mesosdeploy"
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_UNITS = {
    Unit.NUMBER: "short",
    Unit.RATIO: "percentunit",
    Unit.BYTES: "bytes",
    Unit.BYTES_PER_SECOND: "binBps",
    Unit.SECONDS: "s",
    Unit.PER_SECOND: "ops",
    Unit.PER_MINUTE: "opm",
}
_SIZES = {"stat": (4, 4), "chart": (12, 8), "table": (24, 8)}
_GOOD, _WARN, _BAD = "green", "orange", "red"


def dashboard(page: Page) -> Json:
    """Return the dashboard of a page; its uid and its panels' ids depend on the page alone."""
    return {
        "uid": f"mesosdeploy-{page.name}",
        "title": f"Mesos: {page.title}",
        "description": page.help,
        "tags": [_TAG],
        "schemaVersion": _SCHEMA,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "timezone": "browser",
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "annotations": {"list": []},
        "templating": {"list": _variables(page)},
        "links": [
            {
                "type": "dashboards",
                "title": "Mesos",
                "tags": [_TAG],
                "asDropdown": True,
                "includeVars": False,
                "keepTime": True,
                "targetBlank": False,
            }
        ],
        "panels": list(_panels(page)),
    }


def _variables(page: Page) -> list[Json]:
    source = {"name": "datasource", "label": "source", "type": "datasource", "query": "prometheus"}
    if page.filter is None:
        return [source]
    label = page.filter.label
    asked = f"label_values({page.filter.of}, {label})"
    choice = {
        "name": label,
        "label": label,
        "type": "query",
        "datasource": _SOURCE,
        "definition": asked,
        "query": {"query": asked, "refId": label},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": ["All"], "value": ["$__all"]},
    }
    return [source, choice]


def _panels(page: Page) -> Iterator[Json]:
    top, number = 0, 1
    if page.alerts:
        yield _alerts(number, top)
        top, number = top + _SIZES["table"][1], number + 1
    for section in page.sections:
        yield {
            "id": number,
            "type": "row",
            "title": section.title,
            "collapsed": False,
            "panels": [],
            "gridPos": {"x": 0, "y": top, "w": _WIDTH, "h": 1},
        }
        top, number = top + 1, number + 1
        left = height = 0
        for panel in section.panels:
            wide, high = _SIZES[panel.kind]
            if left + wide > _WIDTH or height not in (0, high):
                top, left = top + height, 0
            height = high
            yield {
                "id": number,
                "title": panel.title,
                "description": panel.help,
                "datasource": _SOURCE,
                "gridPos": {"x": left, "y": top, "w": wide, "h": high},
                **_form(panel),
            }
            left, number = left + wide, number + 1
        top += height


def _alerts(number: int, top: int) -> Json:
    hidden = ["Time", "Value", "__name__", "alertstate"]
    wide, high = _SIZES["table"]
    asked = Query(expr='ALERTS{alertstate="firing",severity!="none"}')
    return {
        "id": number,
        "type": "table",
        "title": "Alerts",
        "description": "Alerts that fire now; Alertmanager has what they mean and what to do.",
        "datasource": _SOURCE,
        "gridPos": {"x": 0, "y": top, "w": wide, "h": high},
        "targets": [_target(asked, 0, table=True)],
        "fieldConfig": {"defaults": {"noValue": "none"}, "overrides": []},
        "options": {"showHeader": True},
        "transformations": [
            {"id": "organize", "options": {"excludeByName": dict.fromkeys(hidden, True)}}
        ],
    }


def _form(panel: Stat | Chart | Table) -> Json:
    if isinstance(panel, Stat):
        return _stat(panel)
    return _chart(panel) if isinstance(panel, Chart) else _table(panel)


def _stat(panel: Stat) -> Json:
    targets = [_target(query, index) for index, query in enumerate(panel.queries)]
    if panel.of:
        targets[0]["legendFormat"], targets[1]["legendFormat"] = "now", "of"
    return {
        "type": "stat",
        "targets": targets,
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": {
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            "textMode": "name" if panel.label else "auto",
            "colorMode": "value" if panel.levels else "none",
            "graphMode": "none",
        },
    }


def _chart(panel: Chart) -> Json:
    defaults = _defaults(panel)
    defaults["min"] = 0
    if panel.maximum is not None:
        defaults["max"] = panel.maximum
    defaults["custom"] = {
        "drawStyle": "line",
        "lineWidth": 1,
        "fillOpacity": 40 if panel.stacked else 8,
        "showPoints": "never",
        "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
        "thresholdsStyle": {"mode": "line" if panel.levels else "off"},
    }
    return {
        "type": "timeseries",
        "targets": [
            _target(query, index, ranged=True) for index, query in enumerate(panel.queries)
        ],
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": {
            "legend": {"showLegend": True, "displayMode": "list", "placement": "bottom"},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
    }


def _table(panel: Table) -> Json:
    """Return a table of joined queries: one frame each, whose figure is named after its refId."""
    hidden, names, overrides = {"Time": True}, {}, []
    for index, column in enumerate(panel.columns):
        # A figure that stands alone has no refId in its name, or has one: that depends on Grafana.
        values = [f"Value #{_reference(index)}", *(["Value"] if len(panel.columns) == 1 else [])]
        if column.label:
            hidden |= dict.fromkeys(values, True)
            names[column.label] = column.title
        else:
            names |= dict.fromkeys(values, column.title)
            overrides.append(_override(column))
    return {
        "type": "table",
        "targets": [_target(query, index, table=True) for index, query in enumerate(panel.queries)],
        "fieldConfig": {"defaults": {"noValue": panel.empty or "–"}, "overrides": overrides},
        "options": {"showHeader": True},
        "transformations": [
            {"id": "merge", "options": {}},
            {"id": "organize", "options": {"excludeByName": hidden, "renameByName": names}},
        ],
    }


def _override(column: Column) -> Json:
    set_up = [{"id": name, "value": value} for name, value in _defaults(column).items()]
    if column.unit is Unit.RATIO:
        set_up += [{"id": "min", "value": 0}, {"id": "max", "value": 1}]
        set_up.append({"id": "custom.cellOptions", "value": {"type": "gauge", "mode": "basic"}})
    elif column.levels:
        set_up.append({"id": "custom.cellOptions", "value": {"type": "color-text"}})
    return {"matcher": {"id": "byName", "options": column.title}, "properties": set_up}


def _defaults(figure: Stat | Chart | Column) -> Json:
    """Return what Grafana calls the standard options of a panel's or a column's figures."""
    found: Json = {"unit": _UNITS[figure.unit], "thresholds": _thresholds(figure.levels)}
    if figure.levels is None:
        found["color"] = {"mode": "palette-classic" if isinstance(figure, Chart) else "fixed"}
        if not isinstance(figure, Chart):
            found["color"]["fixedColor"] = "text"
    elif not isinstance(figure, Chart):
        found["color"] = {"mode": "thresholds"}
    if figure.words:
        texts = {str(value): {"text": word} for value, word in figure.words.items()}
        found["mappings"] = [{"type": "value", "options": texts}]
    if not isinstance(figure, Column) and figure.empty:
        found["noValue"] = figure.empty
    return found


def _thresholds(levels: Levels | None) -> Json:
    """Return the steps upwards from the least value, which Grafana writes as null."""
    steps: list[tuple[str, float | None]] = [(_GOOD, None)]
    if levels and levels.worse == "higher":
        steps += [(_WARN, levels.warn), (_BAD, levels.bad)]
    elif levels:
        steps = _falling(levels)
    kept = [step for index, step in enumerate(steps) if index == 0 or step[1] is not None]
    return {
        "mode": "absolute",
        "steps": [{"color": color, "value": value} for color, value in kept],
    }


def _falling(levels: Levels) -> list[tuple[str, float | None]]:
    """Return the steps of a figure that is the worse the lower; bounds count as worse."""
    bounds = [(level, color) for level, color in ((levels.bad, _BAD), (levels.warn, _WARN))]
    known = [(level, color) for level, color in bounds if level is not None]
    colors = [color for _level, color in known] + [_GOOD]
    values = [None] + [level + 1e-9 for level, _color in known]
    return list(zip(colors, values, strict=True))


def _target(query: Query, index: int, *, ranged: bool = False, table: bool = False) -> Json:
    return {
        "refId": _reference(index),
        "datasource": _SOURCE,
        "expr": query.expr,
        "legendFormat": re.sub(r"\{(\w+)\}", r"{{\1}}", query.legend) or "__auto",
        "range": ranged,
        "instant": not ranged,
        "format": "table" if table else "time_series",
    }


def _reference(index: int) -> str:
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[index]
